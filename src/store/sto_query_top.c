/* The most frequent values of fields, of what matches. */
#include "base/grow.h"
#include "store/look.h"
#include "store/seg_tally.h"

#include <stdlib.h>

#define FIELDS_MAX 16u
#define VALUES_MAX (1u << 20) /* of a field; what comes beyond isn't counted, and the answer isn't exact */

struct value { /* of a field; as a filter says it */
    size_t at, len; /* in values.texts */
    struct hg_tally tally;
    int64_t first_us, last_us;
};

struct values {
    enum hg_filter_field field;
    unsigned columns[2], n_columns;
    struct value *rows;
    size_t n, cap;
    uint32_t *slots; /* places of rows + 1 by the text's hash; 0: free */
    size_t n_slots;
    struct hg_buf texts;
    struct value none; /* events without the field */
    bool full;
};

struct top {
    struct values fields[FIELDS_MAX];
    size_t n;
    struct hg_tally sum;
};

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for values");
}

/* ---- a field's values of all segments */

static struct hg_slice text_of(const struct values *values, const struct value *row)
{
    return (struct hg_slice){values->texts.p + row->at, row->len};
}

static uint32_t *slot_of(const struct values *values, struct hg_slice text)
{
    size_t i = hg_hash64(text, 0) & (values->n_slots - 1);
    while (values->slots[i] != 0 && !hg_slice_eq(text_of(values, &values->rows[values->slots[i] - 1]), text))
        i = (i + 1) & (values->n_slots - 1);
    return &values->slots[i];
}

static bool values_grow(struct values *values)
{
    struct value *rows = hg_grow(values->rows, values->n, &values->cap, sizeof *rows);
    if (rows == NULL)
        return false;
    values->rows = rows;
    if (values->n_slots >= 2 * values->cap)
        return true;
    free(values->slots);
    values->n_slots = 2 * values->cap;
    values->slots = calloc(values->n_slots, sizeof *values->slots);
    for (size_t i = 0; values->slots != NULL && i < values->n; i++)
        *slot_of(values, text_of(values, &rows[i])) = (uint32_t)i + 1;
    return values->slots != NULL;
}

/* The place of a value; NULL in *ret: no room is left. */
static enum hg_rc value_at(struct values *values, struct hg_slice text, struct value **ret, struct hg_err *reterr)
{
    *ret = &values->none;
    if (text.p == NULL)
        return HG_OK;
    if (!values_grow(values))
        return no_memory(reterr);
    uint32_t *slot = slot_of(values, text);
    *ret = NULL;
    if (*slot == 0 && values->n >= VALUES_MAX) {
        values->full = true;
        return HG_OK;
    }
    if (*slot == 0) {
        size_t at = values->texts.len;
        hg_buf_put(&values->texts, text);
        if (values->texts.failed)
            return no_memory(reterr);
        values->rows[values->n] = (struct value){.at = at, .len = text.len};
        *slot = (uint32_t)++values->n;
    }
    *ret = &values->rows[*slot - 1];
    return HG_OK;
}

static void value_add(struct value *sum, const struct value *part)
{
    bool first = sum->tally.events == 0;
    hg_tally_add(&sum->tally, &part->tally);
    sum->first_us = first || part->first_us < sum->first_us ? part->first_us : sum->first_us;
    sum->last_us = first || part->last_us > sum->last_us ? part->last_us : sum->last_us;
}

/* ---- of one segment: by code */

static void count_row(struct value *value, const struct segment *segment, const struct tally_marks *marks, uint32_t i)
{
    int64_t time_us = segment->times[i];
    if (value->tally.events == 0) {
        value->first_us = value->last_us = time_us;
    } else {
        value->first_us = time_us < value->first_us ? time_us : value->first_us;
        value->last_us = time_us > value->last_us ? time_us : value->last_us;
    }
    tally_add_row(marks, i, &value->tally);
}

static bool has_address(const struct segment *segment, unsigned column, uint32_t i)
{
    struct hg_event_row row;
    const struct column *c = &segment->columns[column];
    value_row_none(&row);
    value_put(&row, column, column_value(c, column_code(c, i)));
    return hg_event_has(&row.event, column == COLUMN_SRC ? HG_FIELD_source_ip : HG_FIELD_destination_ip);
}

/* Of two addresses of an event: one without the other isn't "none", and the same one counts once. */
static bool counts_as_ip(const struct segment *segment, unsigned column, uint32_t i)
{
    const struct column *src = &segment->columns[COLUMN_SRC], *dst = &segment->columns[COLUMN_DST];
    bool has_src = has_address(segment, COLUMN_SRC, i), has_dst = has_address(segment, COLUMN_DST, i);
    if (column == COLUMN_SRC)
        return has_src || !has_dst;
    return has_dst && !(has_src && hg_slice_eq(column_value(src, column_code(src, i)), column_value(dst, column_code(dst, i))));
}

static enum hg_rc add_codes(struct look *look, struct values *values, const struct column *column, unsigned which, const struct value *counted,
                            struct hg_err *reterr)
{
    struct hg_buf text;
    enum hg_rc rc = HG_OK;
    hg_buf_init(&text, (size_t)2 * HG_RECORD_BYTES_MAX);
    for (uint32_t code = 0; code < column->n && rc == HG_OK; code++) {
        struct value *sum;
        if (counted[code].tally.events == 0)
            continue;
        hg_buf_clear(&text);
        rc = value_at(values, value_words(values->field, which, column_value(column, code), &look->names, &text), &sum, reterr);
        if (rc == HG_OK && sum != NULL)
            value_add(sum, &counted[code]);
    }
    hg_buf_free(&text);
    return rc;
}

static enum hg_rc top_column(struct look *look, struct values *values, unsigned which, const struct segment *segment, const struct mask *mask,
                             const struct tally_marks *marks, struct hg_err *reterr)
{
    const struct column *column = &segment->columns[which];
    struct value *counted = calloc(column->n + 1, sizeof *counted);
    if (counted == NULL)
        return no_memory(reterr);
    bool of_two = values->n_columns == 2;
    FOR_BITS(i, mask->yes, segment->n)
        if (!of_two || counts_as_ip(segment, which, i))
            count_row(&counted[column_code(column, i)], segment, marks, i);
    enum hg_rc rc = add_codes(look, values, column, which, counted, reterr);
    free(counted);
    return rc;
}

static enum hg_rc top_visit(struct look *look, struct segment *segment, const struct mask *mask, struct hg_err *reterr)
{
    struct top *top = look->self;
    struct tally_marks marks;
    enum hg_rc rc = HG_OK;
    if (!tally_marks_make(segment, &look->reader->desk->scratch, &marks))
        return no_memory(reterr);
    FOR_BITS(i, mask->yes, segment->n)
        tally_add_row(&marks, i, &top->sum);
    for (size_t f = 0; f < top->n; f++)
        for (unsigned k = 0; k < top->fields[f].n_columns && rc == HG_OK; k++)
            rc = top_column(look, &top->fields[f], top->fields[f].columns[k], segment, mask, &marks, reterr);
    return rc;
}

/* ---- the first of them */

struct ranked {
    const struct value *value;
    struct hg_slice key;
};

/* Is a before b? What has no value is before equals. */
static bool is_before(enum hg_query_order order, const struct ranked *a, const struct ranked *b)
{
    const struct hg_tally *x = &a->value->tally, *y = &b->value->tally;
    uint64_t m = order == HG_BY_EVENTS ? x->events : hg_tally_anomalous(x), n = order == HG_BY_EVENTS ? y->events : hg_tally_anomalous(y);
    if (m != n)
        return m > n;
    size_t len = a->key.len < b->key.len ? a->key.len : b->key.len;
    int differ = len == 0 ? 0 : memcmp(a->key.p, b->key.p, len);
    return differ != 0 ? differ < 0 : a->key.len < b->key.len;
}

static void rank_add(struct ranked *first, size_t *n, size_t limit, enum hg_query_order order, struct ranked one)
{
    if (limit == 0 || (*n == limit && !is_before(order, &one, &first[limit - 1])))
        return;
    size_t i = *n < limit ? (*n)++ : limit - 1;
    for (; i > 0 && is_before(order, &one, &first[i - 1]); i--)
        first[i] = first[i - 1];
    first[i] = one;
}

static enum hg_rc rank(const struct values *values, enum hg_query_order order, size_t limit, struct hg_arena *arena, struct hg_query_values *ret,
                       struct hg_err *reterr)
{
    size_t n = 0, most = limit < values->n + 1 ? limit : values->n + 1;
    struct ranked *first = calloc(most + 1, sizeof *first);
    ret->rows = hg_arena_alloc(arena, (most + 1) * sizeof *ret->rows);
    if (first == NULL || ret->rows == NULL) {
        free(first);
        return no_memory(reterr);
    }
    if (values->none.tally.events > 0)
        rank_add(first, &n, most, order, (struct ranked){&values->none, HG_SLICE_NONE});
    for (size_t i = 0; i < values->n; i++)
        rank_add(first, &n, most, order, (struct ranked){&values->rows[i], text_of(values, &values->rows[i])});
    bool copied = true;
    for (size_t i = 0; i < n; i++) {
        struct hg_slice key = first[i].key.p == NULL ? HG_SLICE_NONE : hg_arena_copy(arena, first[i].key);
        copied = copied && (first[i].key.p == NULL || key.p != NULL);
        ret->rows[i] = (struct hg_query_value){key, first[i].value->tally, first[i].value->first_us, first[i].value->last_us};
    }
    free(first);
    ret->n = n;
    ret->distinct = values->n;
    return copied ? HG_OK : no_memory(reterr);
}

static enum hg_rc top_begin(struct top *top, struct look *look, const enum hg_filter_field *fields, size_t n_fields, struct hg_err *reterr)
{
    if (n_fields > FIELDS_MAX)
        return hg_fail(reterr, HG_EUSAGE, "at most %u fields at once", FIELDS_MAX);
    for (size_t f = 0; f < n_fields; f++) {
        struct values *values = &top->fields[f];
        values->field = fields[f];
        values->n_columns = columns_of_field(fields[f], values->columns);
        if (values->n_columns == 0)
            return hg_fail(reterr, HG_EUSAGE, "values of %s can't be counted", hg_filter_field_name(fields[f]));
        hg_buf_init(&values->texts, (size_t)256 * 1024 * 1024);
        if (!hg_buf_reserve(&values->texts, 1)) /* an empty text stands somewhere, too */
            return no_memory(reterr);
        top->n++;
        for (unsigned k = 0; k < values->n_columns; k++)
            look->columns |= COLUMN_BIT(values->columns[k]);
        look->needs_names = look->needs_names || fields[f] == HG_FILTER_source;
    }
    return HG_OK;
}

static void top_free(struct top *top)
{
    for (size_t f = 0; f < top->n; f++) {
        free(top->fields[f].rows);
        free(top->fields[f].slots);
        hg_buf_free(&top->fields[f].texts);
    }
    free(top);
}

enum hg_rc hg_query_top(struct hg_reader_db *reader, const struct hg_query *query, const enum hg_filter_field *fields, size_t n_fields,
                        enum hg_query_order order, size_t limit, struct hg_arena *arena, struct hg_query_values *rets, struct hg_err *reterr)
{
    struct top *top = calloc(1, sizeof *top);
    struct look look = {.reader = reader, .query = query, .high = INT64_MAX, .visit = top_visit, .self = top,
                        .columns = TALLY_PARTS | COLUMN_BIT(PART_TIMES)};
    if (top == NULL)
        return no_memory(reterr);
    enum hg_rc rc = top_begin(top, &look, fields, n_fields, reterr);
    if (rc == HG_OK)
        rc = look_run(&look, reterr);
    for (size_t f = 0; f < n_fields && rc == HG_OK; f++) {
        rets[f] = (struct hg_query_values){.sum = top->sum, .exact = !look.over && !top->fields[f].full};
        rc = rank(&top->fields[f], order, limit, arena, &rets[f], reterr);
    }
    top_free(top);
    return rc;
}
