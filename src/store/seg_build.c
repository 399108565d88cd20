/* Segments from rows. */
#include "store/segment.h"

#include <stdlib.h>

static size_t cap_for(size_t cap, size_t need)
{
    for (cap = cap == 0 ? 256 : cap; cap < need;)
        cap *= 2;
    return cap;
}

/* The array with room for `cap` elements; false: no memory, and it is as it was. */
#define RESIZE(array, cap) resize((array), (cap) * sizeof *(array), &grown) && ((array) = grown) != NULL
static bool resize(void *array, size_t bytes, void **ret)
{
    *ret = realloc(array, bytes);
    return *ret != NULL;
}

/* ---- a column */

static void column_begin(struct column_builder *c)
{
    if (c->n > 1)
        memset(c->slots, 0, c->n_slots * sizeof *c->slots);
    c->n = 0;
    c->last = 0;
}

static struct hg_slice value_at(const struct column_builder *c, uint32_t code)
{
    return (struct hg_slice){c->bytes + c->ends[code - 1], c->ends[code] - c->ends[code - 1]};
}

static uint16_t *slot_of(const struct column_builder *c, struct hg_slice value)
{
    size_t i = hg_hash64(value, 0) & (c->n_slots - 1);
    while (c->slots[i] != 0 && !hg_slice_eq(value_at(c, c->slots[i]), value))
        i = (i + 1) & (c->n_slots - 1);
    return &c->slots[i];
}

/* Room for a value more of so many bytes. */
static bool column_grow(struct column_builder *c, size_t len)
{
    size_t used = c->n == 0 ? 0 : c->ends[c->n - 1];
    size_t ends = cap_for(c->cap_ends, c->n + 2), bytes = cap_for(c->cap_bytes, used + len + 1);
    void *grown;
    if (ends != c->cap_ends && !(RESIZE(c->ends, ends)))
        return false;
    c->cap_ends = ends;
    if (bytes != c->cap_bytes && !(RESIZE(c->bytes, bytes)))
        return false;
    c->cap_bytes = bytes;
    if (c->n_slots >= 2 * (c->n + 2))
        return true;
    size_t n_slots = c->n_slots == 0 ? 64 : 2 * c->n_slots;
    uint16_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return false;
    free(c->slots);
    c->slots = slots;
    c->n_slots = n_slots;
    for (uint32_t code = 1; code < c->n; code++)
        *slot_of(c, value_at(c, code)) = (uint16_t)code;
    return true;
}

static bool column_add(struct column_builder *c, size_t row, struct hg_slice value)
{
    if (c->n == 0) {
        if (!column_grow(c, 0))
            return false;
        c->ends[c->n++] = 0;
    }
    if (value.p == NULL) {
        c->codes[row] = 0;
        return true;
    }
    if (c->last != 0 && hg_slice_eq(value_at(c, c->last), value)) {
        c->codes[row] = c->last;
        return true;
    }
    if (!column_grow(c, value.len))
        return false;
    uint16_t *slot = slot_of(c, value);
    if (*slot == 0) {
        if (value.len > 0)
            memcpy(c->bytes + c->ends[c->n - 1], value.p, value.len);
        c->ends[c->n] = c->ends[c->n - 1] + (uint32_t)value.len;
        *slot = (uint16_t)c->n++;
    }
    c->codes[row] = c->last = *slot;
    return true;
}

static struct column column_view(const struct column_builder *c, size_t n)
{
    struct column column = {.n = (uint32_t)c->n, .ends = c->ends, .bytes = c->bytes, .codes = c->codes};
    size_t i = 1;
    while (i < n && c->codes[i] == c->codes[0])
        i++;
    if (n > 0 && i == n) {
        column.codes = NULL;
        column.constant = c->codes[0];
    }
    return column;
}

/* ---- a segment */

void segment_begin(struct segment_builder *builder, uint64_t wanted)
{
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        column_begin(&builder->columns[i]);
    if (builder->scratch.limit == 0)
        hg_buf_init(&builder->scratch, 2 * (size_t)HG_RECORD_BYTES_MAX);
    builder->wanted = wanted;
    builder->n = 0;
    builder->n_kept = 0;
    builder->min_us = INT64_MAX;
    builder->max_us = INT64_MIN;
}

static bool rows_grow(struct segment_builder *b)
{
    size_t cap = cap_for(b->cap, b->n + 1);
    void *grown;
    if (cap == b->cap)
        return true;
    for (unsigned i = 0; i < COLUMN_COUNT; i++)
        if (!(RESIZE(b->columns[i].codes, cap)))
            return false;
    if (!(RESIZE(b->times, cap)) || !(RESIZE(b->sequences, cap)) || !(RESIZE(b->kept, SEGMENT_WORDS(cap))) || !(RESIZE(b->ids, cap)))
        return false;
    b->cap = cap;
    return true;
}

bool segment_add(struct segment_builder *b, const struct hg_event_row *row, bool kept)
{
    if (b->n >= SEGMENT_ROWS || !rows_grow(b))
        return false;
    size_t i = b->n;
    for (uint64_t left = b->wanted; left != 0; left &= left - 1) {
        unsigned column = (unsigned)__builtin_ctzll(left);
        struct hg_slice value = value_of(row, column, &b->scratch);
        if (b->scratch.failed || !column_add(&b->columns[column], i, value))
            return false;
    }
    b->times[i] = row->event.time_us;
    b->sequences[i] = row->sequence;
    memcpy(&b->ids[i], row->event.id.b, sizeof b->ids[i]);
    b->kept[i / 64] = (i % 64 == 0 ? 0 : b->kept[i / 64]) | (uint64_t)kept << i % 64;
    b->n_kept += kept;
    if (kept || b->n_kept == 0) {
        b->id = row->event.id;
        b->id_sequence = row->sequence;
    }
    b->min_us = row->event.time_us < b->min_us ? row->event.time_us : b->min_us;
    b->max_us = row->event.time_us > b->max_us ? row->event.time_us : b->max_us;
    b->n++;
    return true;
}

struct segment segment_view(const struct segment_builder *b, uint64_t first, uint64_t last)
{
    struct segment segment = {.first = first, .last = last, .n = (uint32_t)b->n, .min_us = b->min_us, .max_us = b->max_us, .have = ~UINT64_C(0), .have_values = ~UINT64_C(0),
                              .times = b->times, .sequences = b->sequences, .kept = b->kept, .ids = b->ids, .n_kept = b->n_kept,
                              .id = b->id, .id_sequence = b->id_sequence};
    for (uint64_t left = b->wanted; left != 0; left &= left - 1) {
        unsigned column = (unsigned)__builtin_ctzll(left);
        segment.columns[column] = column_view(&b->columns[column], b->n);
    }
    return segment;
}

void segment_builder_free(struct segment_builder *b)
{
    for (unsigned i = 0; i < COLUMN_COUNT; i++) {
        free(b->columns[i].codes);
        free(b->columns[i].slots);
        free(b->columns[i].ends);
        free(b->columns[i].bytes);
    }
    free(b->times);
    free(b->sequences);
    free(b->kept);
    free(b->ids);
    hg_buf_free(&b->scratch);
}
