#include "base/grow.h"
#include "pipeline/ingest_priv.h"

#include <stdlib.h>

/* ---- the index: identities are hashes already */

static size_t slot_of(const struct hg_ingest *ingest, const struct hg_id *identity)
{
    uint64_t hash;
    memcpy(&hash, identity->b, sizeof hash);
    return (size_t)hash & (ingest->index_size - 1);
}

static void index_put(struct hg_ingest *ingest, size_t input)
{
    size_t i = slot_of(ingest, &ingest->inputs[input]->state.identity);
    while (ingest->inputs_index[i] != 0)
        i = (i + 1) & (ingest->index_size - 1);
    ingest->inputs_index[i] = (uint32_t)input + 1;
}

/* Room for one more. */
static bool index_grow(struct hg_ingest *ingest)
{
    if (2 * (ingest->n_inputs + 1) <= ingest->index_size)
        return true;
    size_t size = ingest->index_size == 0 ? 64 : 2 * ingest->index_size;
    uint32_t *index = calloc(size, sizeof *index);
    if (index == NULL)
        return false;
    free(ingest->inputs_index);
    ingest->inputs_index = index;
    ingest->index_size = size;
    for (size_t i = 0; i < ingest->n_inputs; i++)
        index_put(ingest, i);
    return true;
}

static struct input_entry *known(const struct hg_ingest *ingest, const struct hg_id *identity)
{
    for (size_t i = ingest->index_size == 0 ? 0 : slot_of(ingest, identity); ingest->index_size > 0 && ingest->inputs_index[i] != 0;
         i = (i + 1) & (ingest->index_size - 1)) {
        struct input_entry *entry = ingest->inputs[ingest->inputs_index[i] - 1];
        if (memcmp(&entry->state.identity, identity, sizeof *identity) == 0)
            return entry;
    }
    return NULL;
}

/* ---- entries */

static enum hg_rc append(struct hg_ingest *ingest, const struct hg_input_state *state, const struct hg_decoder *decoder, const char *kind,
                         struct input_entry **ret, struct hg_err *reterr)
{
    struct source *source;
    enum hg_rc rc = sources_find(ingest, hg_slice_of(state->name), kind, &source, reterr);
    if (rc != HG_OK)
        return rc;
    struct input_entry **inputs = hg_grow(ingest->inputs, ingest->n_inputs, &ingest->cap_inputs, sizeof(struct input_entry *));
    if (inputs == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for another input");
    ingest->inputs = inputs;
    struct input_entry *entry = index_grow(ingest) ? calloc(1, sizeof *entry) : NULL;
    if (entry == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for another input");
    entry->state = *state;
    entry->state.index = (uint32_t)ingest->n_inputs;
    entry->decoder = decoder;
    entry->source = source;
    atomic_store(&entry->taken, state->next_offset);
    hg_id_print(&entry->state.identity, entry->identity_text);
    ingest->inputs[ingest->n_inputs] = entry;
    index_put(ingest, ingest->n_inputs++);
    *ret = entry;
    return HG_OK;
}

enum hg_rc inputs_load(struct hg_ingest *ingest, struct hg_err *reterr)
{
    struct hg_input_state *states;
    size_t n;
    enum hg_rc rc = hg_store_inputs(ingest->store, &ingest->inputs_arena, &states, &n, reterr);
    if (rc != HG_OK)
        return rc;
    for (size_t i = 0; rc == HG_OK && i < n; i++) {
        struct input_entry *made;
        HG_ASSERT(states[i].index == i);
        const struct hg_decoder *decoder = hg_formats_by_name(ingest->settings.inputs.formats, hg_slice_of(states[i].format));
        rc = append(ingest, &states[i], decoder, "push", &made, reterr);
    }
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
    free(ingest->inputs_index);
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

static enum hg_rc make(struct hg_ingest *ingest, const struct input_spec *spec, struct input_entry **ret, struct hg_err *reterr)
{
    struct hg_input_state state = {.identity = spec->identity,
                                   .name = keep_text(ingest, spec->name),
                                   .format = spec->decoder == NULL ? "unknown" : spec->decoder->name,
                                   .header = spec->header.p == NULL ? HG_SLICE_NONE : hg_arena_copy(&ingest->inputs_arena, spec->header),
                                   .shift_us = spec->shift_us,
                                   .timezone_us = spec->timezone_us,
                                   .first_event_us = HG_TIME_NONE,
                                   .last_event_us = HG_TIME_NONE,
                                   .last_arrival_us = HG_TIME_NONE};
    if (state.name == NULL || (spec->header.p != NULL && state.header.p == NULL))
        return hg_fail(reterr, HG_ENOMEM, "no memory for another input: there are %zu", ingest->n_inputs);
    enum hg_rc rc = append(ingest, &state, spec->decoder, spec->kind, ret, reterr);
    if (rc == HG_OK)
        (*ret)->dirty = true;
    return rc;
}

static enum hg_rc find(struct hg_ingest *ingest, const struct input_spec *spec, struct input_entry **ret, struct hg_err *reterr)
{
    struct input_entry *entry = known(ingest, &spec->identity);
    enum hg_rc rc = entry == NULL ? make(ingest, spec, &entry, reterr) : HG_OK;
    if (rc != HG_OK)
        return rc;
    if (entry->context == NULL && spec->decoder != NULL) {
        int64_t zone = spec->timezone_us != HG_TIMEZONE_DEFAULT ? spec->timezone_us : entry->state.timezone_us;
        if (zone == HG_TIMEZONE_DEFAULT)
            zone = ingest->settings.inputs.timezone_us[spec->decoder->dataset];
        rc = hg_decode_context_create(spec->decoder, spec->decoder->framing, hg_slice_of(entry->state.name), entry->state.header, &spec->identity, zone,
                                      &entry->context, reterr);
    }
    *ret = entry;
    return rc;
}

enum hg_rc inputs_find(struct hg_ingest *ingest, const struct input_spec *spec, struct input_entry **ret, struct hg_err *reterr)
{
    pthread_mutex_lock(&ingest->inputs_lock);
    enum hg_rc rc = find(ingest, spec, ret, reterr);
    pthread_mutex_unlock(&ingest->inputs_lock);
    return rc;
}

uint64_t inputs_taken(void *self, const struct hg_id *identity)
{
    struct hg_ingest *ingest = self;
    pthread_mutex_lock(&ingest->inputs_lock);
    struct input_entry *entry = known(ingest, identity);
    uint64_t taken = entry == NULL ? 0 : atomic_load(&entry->taken);
    pthread_mutex_unlock(&ingest->inputs_lock);
    return taken;
}

uint64_t inputs_position(struct hg_ingest *ingest, struct hg_slice name)
{
    uint64_t position = 0;
    pthread_mutex_lock(&ingest->inputs_lock);
    for (size_t i = 0; i < ingest->n_inputs; i++) {
        uint64_t taken = atomic_load(&ingest->inputs[i]->taken);
        if (taken > position && hg_slice_is(name, ingest->inputs[i]->state.name))
            position = taken;
    }
    pthread_mutex_unlock(&ingest->inputs_lock);
    return position;
}

void inputs_move(struct input_entry *entry, uint64_t next_offset)
{
    entry->state.next_offset = next_offset;
    atomic_store(&entry->taken, next_offset);
    entry->dirty = true;
}

bool inputs_take(struct input_entry *entry, uint64_t offset)
{
    if (offset < entry->state.next_offset)
        return false;
    inputs_move(entry, offset + 1);
    return true;
}
