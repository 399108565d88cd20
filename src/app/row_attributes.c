#include "app/row_attributes.h"

#include "core/batch.h"

#include <stdlib.h>

struct hg_row_attributes {
    const struct hg_formats *formats;
    const struct hg_input_state *inputs;
    struct hg_decode_context **contexts; /* one an input; NULL: not made yet, or it can't be */
    bool *tried;
    size_t n_inputs;
    struct hg_decode_worker *worker;
    struct hg_buf out;
};

void hg_row_attributes_destroy(struct hg_row_attributes *attributes)
{
    if (attributes == NULL)
        return;
    for (size_t i = 0; attributes->contexts != NULL && i < attributes->n_inputs; i++)
        hg_decode_context_destroy(attributes->contexts[i]);
    hg_decode_worker_destroy(attributes->worker);
    hg_buf_free(&attributes->out);
    free(attributes->contexts);
    free(attributes->tried);
    free(attributes);
}

enum hg_rc hg_row_attributes_create(const struct hg_formats *formats, const struct hg_input_state *inputs, size_t n_inputs,
                                    struct hg_row_attributes **ret, struct hg_err *reterr)
{
    struct hg_row_attributes *attributes = calloc(1, sizeof *attributes);
    if (attributes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for attributes");
    attributes->formats = formats;
    attributes->inputs = inputs;
    attributes->n_inputs = n_inputs;
    attributes->contexts = calloc(n_inputs + 1, sizeof(struct hg_decode_context *));
    attributes->tried = calloc(n_inputs + 1, sizeof *attributes->tried);
    hg_buf_init(&attributes->out, (size_t)8 * HG_RECORD_BYTES_MAX);
    enum hg_rc rc = attributes->contexts == NULL || attributes->tried == NULL ? hg_fail(reterr, HG_ENOMEM, "no memory for attributes")
                                                                              : hg_decode_worker_create(&attributes->worker, reterr);
    if (rc != HG_OK) {
        hg_row_attributes_destroy(attributes);
        return rc;
    }
    *ret = attributes;
    return HG_OK;
}

static size_t input_of(const struct hg_row_attributes *attributes, uint32_t index)
{
    size_t i = 0;
    while (i < attributes->n_inputs && attributes->inputs[i].index != index)
        i++;
    return i;
}

const char *hg_row_source(const struct hg_row_attributes *attributes, const struct hg_event *event)
{
    size_t i = input_of(attributes, event->input);
    return i < attributes->n_inputs ? attributes->inputs[i].name : NULL;
}

static const struct hg_decode_context *context_of(struct hg_row_attributes *attributes, uint32_t index)
{
    size_t i = input_of(attributes, index);
    if (i == attributes->n_inputs)
        return NULL;
    if (!attributes->tried[i]) {
        const struct hg_input_state *input = &attributes->inputs[i];
        const struct hg_decoder *decoder = hg_formats_by_name(attributes->formats, hg_slice_of(input->format));
        struct hg_err unknown;
        attributes->tried[i] = true;
        if (decoder != NULL && hg_decode_context_create(decoder, decoder->framing, HG_SLICE(""), input->header, &input->identity,
                                                        HG_TIMEZONE_DEFAULT, &attributes->contexts[i], &unknown) != HG_OK)
            attributes->contexts[i] = NULL;
    }
    return attributes->contexts[i];
}

/* The stored bytes are copied, since a decoder reads beyond its record's end. */
struct hg_slice hg_row_attributes_of(struct hg_row_attributes *attributes, const struct hg_event *event, struct hg_arena *scratch)
{
    const struct hg_decode_context *context = event->record.p == NULL ? NULL : context_of(attributes, event->input);
    char *copy = context == NULL ? NULL : hg_arena_alloc(scratch, event->record.len + HG_BATCH_PADDING);
    struct hg_jsonw w = {.buf = &attributes->out};
    if (copy == NULL)
        return HG_SLICE("{}");
    memcpy(copy, event->record.p, event->record.len);
    memset(copy + event->record.len, 0, HG_BATCH_PADDING);
    hg_buf_clear(&attributes->out);
    hg_jsonw_open(&w, '{');
    context->decoder->attributes(context, attributes->worker, (struct hg_slice){copy, event->record.len}, scratch, &w);
    hg_jsonw_close(&w, '}');
    return attributes->out.failed ? HG_SLICE("{}") : hg_buf_slice(&attributes->out);
}
