/* The bytes of a segment's parts: a head, then elements of one width. In the machine's own byte order: on another one they count as damaged. */
#include "store/index.h"

struct head {
    uint64_t check; /* hash of what follows, with the part's number */
    uint64_t base;  /* what is added to each element; of one value for all rows: that */
    uint32_t n;     /* elements; of a dictionary: values */
    uint32_t width; /* bytes of an element; 0: all are alike (codes), or one more each (sequences) */
};
_Static_assert(sizeof(struct head) == 24, "without gaps");

static uint64_t check_of(int64_t id, const char *bytes, size_t len)
{
    return hg_hash64((struct hg_slice){bytes + sizeof(uint64_t), len - sizeof(uint64_t)}, (uint64_t)id);
}

/* ---- out */

static void put_width(struct hg_buf *buf, uint64_t value, uint32_t width)
{
    const uint8_t one = (uint8_t)value;
    const uint16_t two = (uint16_t)value;
    const uint32_t four = (uint32_t)value;
    hg_buf_add(buf, width == 1 ? (const void *)&one : width == 2 ? (const void *)&two : width == 4 ? (const void *)&four : (const void *)&value, width);
}

static void put_dictionary(const struct column *column, struct head *head, struct hg_buf *buf)
{
    head->n = column->n;
    head->width = 4;
    hg_buf_add(buf, column->ends, column->n * sizeof *column->ends);
    hg_buf_add(buf, column->bytes, column->ends[column->n - 1]);
}

static void put_codes(const struct column *column, uint32_t n, struct head *head, struct hg_buf *buf)
{
    head->n = n;
    head->base = column->codes == NULL ? column->constant : 0;
    head->width = column->codes == NULL ? 0 : column->n <= 256 ? 1 : 2;
    for (uint32_t i = 0; i < n && head->width == 1; i++)
        hg_buf_char(buf, (char)(uint8_t)column->codes[i]);
    if (head->width == 2)
        hg_buf_add(buf, column->codes, n * sizeof *column->codes);
}

static void put_times(const struct segment *segment, struct head *head, struct hg_buf *buf)
{
    head->base = (uint64_t)segment->min_us;
    head->width = (uint64_t)segment->max_us - (uint64_t)segment->min_us > UINT32_MAX ? 8 : 4;
    for (uint32_t i = 0; i < segment->n; i++)
        put_width(buf, (uint64_t)segment->times[i] - head->base, head->width);
}

static void put_sequences(const struct segment *segment, struct head *head, struct hg_buf *buf)
{
    head->base = segment->sequences[0];
    uint64_t span = segment->sequences[segment->n - 1] - head->base;
    head->width = span == segment->n - 1 ? 0 : span > UINT32_MAX ? 8 : 4;
    for (uint32_t i = 0; i < segment->n && head->width > 0; i++)
        put_width(buf, segment->sequences[i] - head->base, head->width);
}

struct hg_slice part_print(const struct segment *segment, unsigned part, bool codes, struct hg_buf *buf)
{
    struct head head = {.n = segment->n};
    hg_buf_clear(buf);
    hg_buf_add(buf, &head, sizeof head);
    if (part < COLUMN_COUNT && !codes) {
        put_dictionary(&segment->columns[part], &head, buf);
    } else if (part < COLUMN_COUNT) {
        put_codes(&segment->columns[part], segment->n, &head, buf);
    } else if (part == PART_TIMES) {
        put_times(segment, &head, buf);
    } else if (part == PART_SEQUENCES) {
        put_sequences(segment, &head, buf);
    } else if (part == PART_KEPT) {
        head.width = 8;
        head.n = (uint32_t)SEGMENT_WORDS(segment->n);
        hg_buf_add(buf, segment->kept, head.n * sizeof *segment->kept);
    } else {
        head.width = 4;
        hg_buf_add(buf, segment->ids, segment->n * sizeof *segment->ids);
    }
    if (buf->failed)
        return HG_SLICE_NONE;
    memcpy(buf->p, &head, sizeof head);
    head.check = check_of(part_id(segment->number, part, codes), buf->p, buf->len);
    memcpy(buf->p, &head, sizeof head);
    return hg_buf_slice(buf);
}

/* ---- in */

static enum hg_rc damaged(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_EFORMAT, "store: the index is damaged");
}

static uint64_t get_width(const char *p, size_t i, uint32_t width)
{
    uint32_t four;
    uint64_t eight = 0;
    if (width == 8) {
        memcpy(&eight, p + 8 * i, 8);
    } else if (width == 4) {
        memcpy(&four, p + 4 * i, 4);
        eight = four;
    }
    return eight;
}

static bool take_dictionary(struct column *column, const struct head *head, const char *p, size_t len, struct hg_arena *arena)
{
    struct hg_slice copy;
    if (head->n == 0 || head->n > HG_SEGMENT_EVENTS || len < head->n * sizeof *column->ends)
        return false;
    copy = hg_arena_copy(arena, (struct hg_slice){p, len});
    if (copy.p == NULL)
        return false;
    column->n = head->n;
    column->ends = (const uint32_t *)(const void *)copy.p; /* an arena's bytes are aligned */
    column->bytes = copy.p + head->n * sizeof *column->ends;
    return column->ends[head->n - 1] == len - head->n * sizeof *column->ends;
}

static bool take_codes(struct column *column, const struct head *head, const char *p, struct hg_arena *arena)
{
    uint16_t most = (uint16_t)head->base;
    column->codes = NULL;
    column->constant = most;
    if (head->width > 0) {
        uint16_t *codes = hg_arena_alloc(arena, head->n * sizeof *codes + 1);
        if (codes == NULL)
            return false;
        if (head->width == 2)
            memcpy(codes, p, head->n * sizeof *codes);
        for (uint32_t i = 0; i < head->n && head->width == 1; i++)
            codes[i] = (uint8_t)p[i];
        for (uint32_t i = 0; i < head->n; i++)
            most = codes[i] > most ? codes[i] : most;
        column->codes = codes;
    }
    return most < column->n;
}

static bool take_numbers(struct segment *segment, unsigned part, const struct head *head, const char *p)
{
    uint64_t *out = hg_arena_alloc(segment->arena, head->n * sizeof *out + 1);
    if (out == NULL)
        return false;
    for (uint32_t i = 0; i < head->n; i++)
        out[i] = head->base + (head->width == 0 ? i : get_width(p, i, head->width));
    if (part == PART_TIMES)
        segment->times = (const int64_t *)out;
    else if (part == PART_SEQUENCES)
        segment->sequences = out;
    else
        segment->kept = out;
    return true;
}

static bool take_ids(struct segment *segment, const struct head *head, const char *p)
{
    struct hg_slice copy = hg_arena_copy(segment->arena, (struct hg_slice){p, head->n * sizeof(uint32_t)});
    segment->ids = (const uint32_t *)(const void *)copy.p;
    return copy.p != NULL;
}

enum hg_rc part_take(struct segment *segment, unsigned part, bool codes, struct hg_slice bytes, struct hg_err *reterr)
{
    struct head head;
    if (bytes.len < sizeof head)
        return damaged(reterr);
    memcpy(&head, bytes.p, sizeof head);
    if (head.check != check_of(part_id(segment->number, part, codes), bytes.p, bytes.len))
        return damaged(reterr);
    const char *p = bytes.p + sizeof head;
    size_t len = bytes.len - sizeof head;
    if (part < COLUMN_COUNT && !codes)
        return take_dictionary(&segment->columns[part], &head, p, len, segment->arena) ? HG_OK : damaged(reterr);
    if (head.n != (part == PART_KEPT ? SEGMENT_WORDS(segment->n) : segment->n) || len != (size_t)head.n * head.width)
        return damaged(reterr);
    bool taken = part < COLUMN_COUNT ? take_codes(&segment->columns[part], &head, p, segment->arena)
                 : part == PART_IDS  ? take_ids(segment, &head, p)
                                     : take_numbers(segment, part, &head, p);
    return taken ? HG_OK : damaged(reterr);
}
