/* ISCX IDS 2012 flows as JSON: the dumps that people make of the CSV or the XML, as arrays or a line a flow. */
#include "decode/iscx.h"

static bool is_nan(const char *p, const char *end)
{
    return end - p >= 3 && memcmp(p, "NaN", 3) == 0;
}

/* Data frames write NaN where JSON has null. Each becomes an empty string, which is as long and as empty; what stands in strings
 * stays. {NULL, 0} without memory. */
static struct hg_slice without_nan(struct hg_slice record, struct hg_arena *arena)
{
    char *copy = hg_arena_alloc(arena, record.len + HG_BATCH_PADDING);
    bool in_string = false;
    if (copy == NULL)
        return HG_SLICE_NONE;
    memcpy(copy, record.p, record.len);
    memset(copy + record.len, 0, HG_BATCH_PADDING);
    for (size_t i = 0; i < record.len; i++) {
        if (in_string && copy[i] == '\\') {
            i++;
        } else if (copy[i] == '"') {
            in_string = !in_string;
        } else if (!in_string && is_nan(copy + i, copy + record.len)) {
            memcpy(copy + i, "\"\" ", 3);
            i += 2;
        }
    }
    return (struct hg_slice){copy, record.len};
}

/* Reads the record's members into the worker's document. */
static enum hg_reason read_members(struct hg_decode_worker *worker, struct hg_slice record, struct hg_arena *arena)
{
    if (record.len > 0 && memmem(record.p, record.len, "NaN", 3) != NULL) {
        record = without_nan(record, arena);
        if (record.p == NULL)
            return HG_REASON_no_memory;
    }
    return hg_worker_read(worker, hg_iscx_names, HG_ISCX_COLUMNS, record);
}

struct object {
    struct hg_csv_cell cells[HG_ISCX_COLUMNS];
    struct hg_iscx_flow flow; /* made of them */
};

static enum hg_reason read_flow(struct hg_decode_worker *worker, struct hg_slice record, struct hg_arena *arena, struct object *object)
{
    enum hg_reason reason = read_members(worker, record, arena);
    if (reason != HG_REASON_NONE)
        return reason;
    for (int i = 0; i < HG_ISCX_COLUMNS; i++)
        object->cells[i] = (struct hg_csv_cell){hg_json_number_text(hg_json_get(&worker->doc, i), arena), false};
    object->flow = (struct hg_iscx_flow){.cells = object->cells, .at = hg_iscx_in_order};
    object->flow.has_base64 = (worker->doc.present >> HG_ISCX_SOURCE_BASE64 & 1) != 0;
    return HG_REASON_NONE;
}

static bool has_member(struct hg_slice record, int column)
{
    const char *name = hg_iscx_names[column];
    const char *at = memmem(record.p, record.len, name, strlen(name));
    size_t behind = at == NULL ? record.len : (size_t)(at - record.p) + strlen(name);
    return behind < record.len && record.p[behind] == '"' && at > record.p && at[-1] == '"';
}

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    const uint64_t wanted = UINT64_C(1) << HG_ISCX_START | UINT64_C(1) << HG_ISCX_SOURCE | UINT64_C(1) << HG_ISCX_DESTINATION;
    struct hg_arena arena;
    if (record.len == 0 || memchr(record.p, '{', record.len) == NULL)
        return 0;
    hg_arena_init(&arena, 4096, (size_t)4 * HG_RECORD_BYTES_MAX);
    enum hg_reason reason = read_members(worker, record, &arena);
    hg_arena_free(&arena);
    if (reason == HG_REASON_NONE)
        return (worker->doc.present & wanted) == wanted ? 95 : 0;
    /* the first one may be cut */
    return has_member(record, HG_ISCX_APP_NAME) && has_member(record, HG_ISCX_SOURCE_BYTES) ? 40 : 0;
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    struct object object;
    enum hg_reason reason = read_flow(worker, record, arena, &object);
    if (reason != HG_REASON_NONE) {
        *ret_reason = reason;
        return HG_MALFORMED;
    }
    object.flow.attack = (enum hg_attack_type)context->attack_type;
    return hg_iscx_decode(context, worker, &object.flow, arena, ret_event, ret_reason, counts);
}

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    struct object object;
    (void)context;
    if (read_flow(worker, record, arena, &object) == HG_REASON_NONE)
        hg_iscx_attributes(&object.flow, arena, w);
}

const struct hg_decoder hg_decoder_iscx_json = {
    .name = "iscx_json",
    .summary = "ISCX IDS 2012 labelled flows, JSON: an array, or a flow a line",
    .dataset = HG_DATASET_iscx,
    .framing = HG_FRAME_LINES,
    .naive_offset_us = HG_ISCX_ZONE,
    .probe = probe,
    .decode = decode,
    .attributes = attributes,
};
