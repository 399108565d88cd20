/* Decodes by a mapping: the record's values first, then the event. Attributes are the columns or keys that no field is made of. */
#include "decode/mapping.h"

#include <stdio.h>

static inline const struct mapping *of(const struct hg_decoder *decoder)
{
    return (const struct mapping *)decoder;
}

static struct hg_slice json_text(const struct hg_json_value *value, struct hg_arena *arena)
{
    if (value == NULL || value->type == HG_JSON_STRING || value->type == HG_JSON_NUMBER)
        return hg_json_number_text(value, arena);
    return value->type == HG_JSON_TRUE || value->type == HG_JSON_FALSE ? value->raw : HG_SLICE_NONE;
}

static enum hg_reason read_json(const struct mapping *mapping, struct hg_decode_worker *worker, struct hg_slice record,
                                struct hg_arena *arena, struct mapping_values *ret)
{
    enum hg_reason reason = hg_worker_read_plan(worker, mapping->plan, record);
    for (size_t i = 0; i < mapping->n_used && reason == HG_REASON_NONE; i++)
        ret->at[i] = mapping_value(mapping, json_text(hg_json_get(&worker->doc, (int)i), arena));
    return reason;
}

static enum hg_reason read_row(const struct hg_columns *columns, struct hg_slice record, struct hg_csv_cell cells[MAPPING_CELLS + 1])
{
    size_t n;
    enum hg_reason reason = mapping_split(columns->mapping, record, cells, &n);
    if (reason == HG_REASON_NONE && n != columns->n)
        reason = HG_REASON_column_count;
    cells[MAPPING_CELLS] = (struct hg_csv_cell){HG_SLICE_NONE, false};
    return reason;
}

static enum hg_reason read_table(const struct hg_columns *columns, struct hg_slice record, struct hg_arena *arena,
                                 struct mapping_values *ret)
{
    struct hg_csv_cell cells[MAPPING_CELLS + 1];
    enum hg_reason reason = read_row(columns, record, cells);
    for (size_t i = 0; i < columns->mapping->n_used && reason == HG_REASON_NONE; i++)
        ret->at[i] = mapping_value(columns->mapping, hg_csv_text(&cells[columns->at[i]], arena));
    return reason;
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    const struct mapping *mapping = of(context->decoder);
    struct mapping_values values;
    enum hg_reason reason = mapping->log == LOG_JSONL ? read_json(mapping, worker, record, arena, &values)
                                                      : read_table(context->columns, record, arena, &values);
    if (reason == HG_REASON_NONE)
        reason = mapping_take(mapping, context, worker, &values, arena, ret_event, counts);
    if (reason == HG_REASON_NONE)
        return HG_DECODED;
    *ret_reason = reason;
    return HG_MALFORMED;
}

/* ---- recognising */

int mapping_probe(const struct mapping *mapping, struct hg_decode_worker *worker, struct hg_slice record)
{
    int sure = mapping->shipped ? 90 : 92; /* who wrote a mapping of his own means it */
    if (record.len == 0)
        return 0;
    if (mapping->log != LOG_JSONL)
        return mapping_knows_table(mapping, record) ? sure : 0;
    if (hg_worker_read_plan(worker, mapping->plan, record) != HG_REASON_NONE)
        return 0;
    return (mapping->recognised & ~worker->doc.present) == 0 ? sure : 0;
}

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    (void)worker; /* hg_formats_probe() asks a mapping by mapping_probe(): it has to know which */
    (void)record;
    return 0;
}

/* ---- attributes */

static void put_name(struct hg_jsonw *w, struct hg_slice name)
{
    hg_jsonw_str(w, name); /* a log's own word: escaped as any text */
    hg_buf_char(w->buf, ':');
    w->comma = false;
}

static void table_attributes(const struct hg_columns *columns, struct hg_slice record, struct hg_arena *arena, struct hg_jsonw *w)
{
    struct hg_csv_cell cells[MAPPING_CELLS + 1];
    if (read_row(columns, record, cells) != HG_REASON_NONE)
        return;
    int n = 0;
    for (size_t i = 0; i < columns->n && n < MAPPING_ATTRIBUTES; i++) {
        struct hg_slice name = columns->names[i], text;
        char numbered[32];
        if (columns->mapped[i] || (text = mapping_value(columns->mapping, hg_csv_text(&cells[i], arena))).len == 0)
            continue;
        if (name.len == 0)
            name = (struct hg_slice){numbered, (size_t)snprintf(numbered, sizeof numbered, "column_%zu", i + 1)};
        put_name(w, name);
        hg_jsonw_str(w, text);
        n++;
    }
}

/* The members of a text that is known to be one valid object, one after the other. */
static const char *skip_space(const char *p)
{
    while (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r')
        p++;
    return p;
}

static const char *skip_string(const char *p)
{
    for (p++; *p != '"'; p++)
        p += *p == '\\';
    return p + 1;
}

static const char *skip_value(const char *p)
{
    int depth = 0;
    if (*p == '"')
        return skip_string(p);
    if (*p != '{' && *p != '[')
        return p + strcspn(p, ",}] \t\r\n");
    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        depth += (*p == '{' || *p == '[') - (*p == '}' || *p == ']');
        p++;
    } while (depth > 0);
    return p;
}

static uint8_t type_at(const char *p)
{
    return *p == '"' ? HG_JSON_STRING : *p == 'n' ? HG_JSON_NULL : HG_JSON_NUMBER; /* the others are written as they stand, too */
}

struct member {
    struct hg_json_value key, value;
};

static const char *read_member(const char *p, struct member *ret)
{
    const char *end = skip_string(p);
    ret->key = (struct hg_json_value){{p + 1, (size_t)(end - p) - 2}, HG_JSON_STRING, memchr(p, '\\', (size_t)(end - p)) != NULL};
    p = skip_space(skip_space(end) + 1);
    end = skip_value(p);
    bool string = *p == '"';
    ret->value = (struct hg_json_value){{p + string, (size_t)(end - p) - 2 * string}, type_at(p), false};
    return skip_space(end);
}

static bool is_mapped(const struct mapping *mapping, struct hg_slice key)
{
    for (size_t i = 0; i < mapping->n_used; i++) {
        struct hg_slice name = mapping->sources[i].name;
        if (name.p[0] == '/')
            name = hg_slice_from(name, 1);
        if (hg_slice_eq(name, key))
            return true;
    }
    return false;
}

/* Of a key that is there twice the last value counts. */
static void keep_member(struct member *members, size_t *n, const struct member *member)
{
    for (size_t i = 0; i < *n; i++) {
        if (hg_slice_eq(members[i].key.raw, member->key.raw)) {
            members[i] = *member;
            return;
        }
    }
    if (*n < MAPPING_ATTRIBUTES)
        members[(*n)++] = *member;
}

static void json_attributes(const struct mapping *mapping, struct hg_decode_worker *worker, struct hg_slice record,
                            struct hg_arena *arena, struct hg_jsonw *w)
{
    struct member members[MAPPING_ATTRIBUTES], member;
    size_t n = 0;
    if (hg_worker_read_plan(worker, mapping->plan, record) != HG_REASON_NONE)
        return;
    const char *p = skip_space((const char *)memchr(record.p, '{', record.len) + 1);
    while (*p == '"') {
        p = read_member(p, &member);
        member.key.raw = hg_json_text(&member.key, arena);
        member.key.escaped = false;
        if (!is_mapped(mapping, member.key.raw))
            keep_member(members, &n, &member);
        p += *p == ',';
        p = skip_space(p);
    }
    for (size_t i = 0; i < n; i++) {
        if (members[i].value.type == HG_JSON_NULL || (members[i].value.type == HG_JSON_STRING && members[i].value.raw.len == 0))
            continue;
        put_name(w, members[i].key.raw);
        hg_json_put(w, &members[i].value);
    }
}

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    const struct mapping *mapping = of(context->decoder);
    if (mapping->log == LOG_JSONL)
        json_attributes(mapping, worker, record, arena, w);
    else
        table_attributes(context->columns, record, arena, w);
}

const struct hg_decoder mapping_decoder = {
    .probe = probe,
    .decode = decode,
    .attributes = attributes,
};
