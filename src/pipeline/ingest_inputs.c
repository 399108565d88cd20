#include "pipeline/ingest_priv.h"

#include <stdlib.h>

static enum hg_rc append(struct hg_ingest *ingest, const struct input_entry *entry, struct input_entry **ret, struct hg_err *reterr)
{
    if (ingest->n_inputs == ingest->cap_inputs) {
        size_t cap = ingest->cap_inputs == 0 ? 16 : ingest->cap_inputs * 2;
        struct input_entry **inputs = realloc(ingest->inputs, cap * sizeof(struct input_entry *));
        if (inputs == NULL)
            return hg_fail(reterr, HG_ENOMEM, "no memory for another input");
        ingest->inputs = inputs;
        ingest->cap_inputs = cap;
    }
    struct input_entry *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for another input");
    *copy = *entry;
    copy->state.index = (uint32_t)ingest->n_inputs;
    hg_id_print(&copy->state.identity, copy->identity_text);
    ingest->inputs[ingest->n_inputs++] = copy;
    *ret = copy;
    return HG_OK;
}

enum hg_rc inputs_load(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_input_state *states;
    size_t n;
    enum hg_rc rc = hg_store_inputs(ingest->store, &ingest->inputs_arena, &states, &n, reterr);
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        struct input_entry entry = {.state = states[i], .decoder = hg_decoder_by_name(hg_slice_of(states[i].format))}, *made;
        HG_ASSERT(states[i].index == i);
        rc = append(ingest, &entry, &made, reterr);
    }
    if (rc == HG_OK || n > 0)
        free(states);
    return rc;
}

void inputs_free(struct hg_ingest *ingest)
{
    for (size_t i = 0; i < ingest->n_inputs; i++) {
        hg_decode_context_destroy(ingest->inputs[i]->context);
        free(ingest->inputs[i]);
    }
    free(ingest->inputs);
    hg_arena_free(&ingest->inputs_arena);
}

static const char *keep_text(struct hg_ingest *ingest, struct hg_slice text)
{
    char *copy = hg_arena_alloc(&ingest->inputs_arena, text.len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    return copy;
}

static enum hg_rc make(struct hg_ingest *ingest, const struct hg_decoder *decoder, struct hg_slice name, struct hg_slice header,
                       const struct hg_id *identity, int64_t shift_us, struct input_entry **ret, struct hg_err *reterr)
{
    struct input_entry entry = {.decoder = decoder, .dirty = true};
    entry.state = (struct hg_input_state){.identity = *identity,
                                          .name = keep_text(ingest, name),
                                          .format = decoder == NULL ? "unknown" : decoder->name,
                                          .header = header.p == NULL ? HG_SLICE_NONE : hg_arena_copy(&ingest->inputs_arena, header),
                                          .shift_us = shift_us,
                                          .first_event_us = HG_TIME_NONE,
                                          .last_event_us = HG_TIME_NONE};
    if (entry.state.name == NULL || (header.p != NULL && entry.state.header.p == NULL))
        return hg_fail(reterr, HG_ENOMEM, "no memory for another input: there are %zu", ingest->n_inputs);
    return append(ingest, &entry, ret, reterr);
}

static enum hg_rc find(struct hg_ingest *ingest, const struct hg_decoder *decoder, struct hg_slice name, struct hg_slice header,
                       const struct hg_id *identity, int64_t shift_us, struct input_entry **ret, struct hg_err *reterr)
{
    struct input_entry *entry = NULL;
    for (size_t i = ingest->n_inputs; i > 0 && entry == NULL; i--)
        if (memcmp(&ingest->inputs[i - 1]->state.identity, identity, sizeof *identity) == 0)
            entry = ingest->inputs[i - 1];
    enum hg_rc rc = entry == NULL ? make(ingest, decoder, name, header, identity, shift_us, &entry, reterr) : HG_OK;
    if (rc != HG_OK)
        return rc;
    if (entry->context == NULL && decoder != NULL)
        rc = hg_decode_context_create(decoder, decoder->framing, hg_slice_of(entry->state.name), entry->state.header, identity,
                                      ingest->settings.inputs.timezone_us[decoder->dataset], &entry->context, reterr);
    *ret = entry;
    return rc;
}

enum hg_rc inputs_find(struct hg_ingest *ingest, const struct hg_decoder *decoder, struct hg_slice name, struct hg_slice header,
                       const struct hg_id *identity, int64_t shift_us, struct input_entry **ret, struct hg_err *reterr)
{
    pthread_mutex_lock(&ingest->inputs_lock);
    enum hg_rc rc = find(ingest, decoder, name, header, identity, shift_us, ret, reterr);
    pthread_mutex_unlock(&ingest->inputs_lock);
    return rc;
}

bool inputs_take(struct input_entry *entry, uint64_t offset)
{
    if (offset < entry->state.next_offset)
        return false;
    entry->state.next_offset = offset + 1;
    return true;
}
