#include "decode/csv.h"

#include <stdint.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/* ---- records */

/* The first quote or newline in [p, end), or end. */
static const char *quote_or_newline(const char *p, const char *end)
{
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"'), newline = _mm_set1_epi8('\n');
    for (; end - p >= 16; p += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, newline)));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
    }
#endif
    while (p < end && *p != '"' && *p != '\n')
        p++;
    return p;
}

/* The first quote in [p, end), or NULL. Quoted cells are short: most end within the first look. */
static inline const char *find_quote(const char *p, const char *end)
{
#if defined(__SSE2__)
    if (end - p >= 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
        int mask = _mm_movemask_epi8(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
        if (mask != 0)
            return p + __builtin_ctz((unsigned)mask);
        p += 16;
    }
#endif
    return memchr(p, '"', (size_t)(end - p));
}

/* The quote that closes the cell whose text starts at p, or NULL. */
static const char *closing_quote(const char *p, const char *end)
{
    while ((p = find_quote(p, end)) != NULL) {
        if (p + 1 == end || p[1] != '"')
            return p;
        p += 2;
    }
    return NULL;
}

static size_t to_newline(const char *bytes, size_t len)
{
    const char *newline = memchr(bytes, '\n', len);
    return newline == NULL ? 0 : (size_t)(newline - bytes) + 1;
}

/* A closing quote that no cell's end follows: over several lines it is more likely the next row's. */
static bool is_astray(const char *quote, const char *end)
{
    return quote + 1 < end && quote[1] != ',' && quote[1] != '\n' && quote[1] != '\r';
}

size_t hg_csv_record(const char *bytes, size_t len, size_t limit, bool final)
{
    const char *p = bytes, *end = bytes + len;
    const char *far = len > limit ? bytes + limit : end; /* a quote that isn't closed before is not going to be */
    while ((p = quote_or_newline(p, end)) < end) {
        if (*p == '\n')
            return (size_t)(p - bytes) + 1;
        bool opens = p == bytes || p[-1] == ',';
        p++;
        if (!opens)
            continue;
        const char *close = p > far ? NULL : closing_quote(p, far);
        if (close != NULL && is_astray(close, end) && memchr(bytes, '\n', (size_t)(close - bytes)) != NULL)
            return to_newline(bytes, len);
        if (close == NULL) {
            size_t n = final || len > limit ? to_newline(bytes, len) : 0;
            return n == 0 && final ? len : n;
        }
        p = close + 1;
    }
    return final ? len : 0;
}

/* ---- cells */

struct cells {
    struct hg_csv_cell *cells;
    size_t n, max;
};

static inline void add_cell(struct cells *c, const char *start, const char *end, bool doubled)
{
    if (c->n < c->max)
        c->cells[c->n] = (struct hg_csv_cell){{start, (size_t)(end - start)}, doubled};
    c->n++;
}

bool hg_csv_split_reference(struct hg_slice record, struct hg_csv_cell *cells, size_t max, size_t *ret_n)
{
    const char *p = record.p, *end = record.p + record.len;
    struct cells c = {cells, 0, max};
    for (;;) {
        const char *start = p;
        bool doubled = false;
        if (p < end && *p == '"') {
            start = ++p;
            while (p < end && (*p != '"' || (p + 1 < end && p[1] == '"'))) {
                doubled |= *p == '"';
                p += *p == '"' ? 2 : 1;
            }
            if (p == end || (p + 1 < end && p[1] != ','))
                return false;
            add_cell(&c, start, p, doubled);
            p++;
        } else {
            while (p < end && *p != ',')
                p++;
            add_cell(&c, start, p, false);
        }
        if (p == end)
            break;
        p++;
    }
    *ret_n = c.n;
    return true;
}

#if defined(__SSE2__)

struct scan { /* where the commas and quotes are in 64 bytes */
    const char *base, *end;
    uint64_t commas, quotes;
};

static inline void scan_block(struct scan *s, const char *base)
{
    const __m128i comma = _mm_set1_epi8(','), quote = _mm_set1_epi8('"');
    s->base = base;
    s->commas = s->quotes = 0;
    for (int i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(base + 16 * i));
        s->commas |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, comma)) << 16 * i;
        s->quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << 16 * i;
    }
}

/* The first comma (or quote) from p on, or end. p is not before the block. */
static inline const char *scan_next(struct scan *s, const char *p, bool quote)
{
    while (p - s->base >= 64)
        scan_block(s, s->base + 64);
    uint64_t mask = (quote ? s->quotes : s->commas) & UINT64_MAX << (p - s->base);
    while (mask == 0) {
        if (s->end - s->base <= 64)
            return s->end;
        scan_block(s, s->base + 64);
        mask = quote ? s->quotes : s->commas;
    }
    p = s->base + __builtin_ctzll(mask);
    return p < s->end ? p : s->end;
}

/* The quoted cell whose text starts at p; returns what follows its closing quote, NULL where there is none. */
static inline const char *split_quoted(struct scan *s, const char *p, struct cells *c)
{
    const char *start = p;
    bool doubled = false;
    while ((p = scan_next(s, p, true)) < s->end) {
        if (p + 1 == s->end || p[1] != '"') {
            add_cell(c, start, p, doubled);
            return p + 1;
        }
        doubled = true;
        p += 2;
        if (p >= s->end)
            break;
    }
    return NULL;
}

bool hg_csv_split(struct hg_slice record, struct hg_csv_cell *cells, size_t max, size_t *ret_n)
{
    struct scan s = {.end = record.p + record.len};
    struct cells c = {cells, 0, max};
    const char *p = record.p;
    scan_block(&s, p);
    for (;;) {
        if (p < s.end && *p == '"') {
            p = split_quoted(&s, p + 1, &c);
            if (p == NULL || (p < s.end && *p != ','))
                return false;
        } else {
            const char *start = p;
            p = scan_next(&s, p, false);
            add_cell(&c, start, p, false);
        }
        if (p == s.end)
            break;
        p++;
    }
    *ret_n = c.n;
    return true;
}

#else

bool hg_csv_split(struct hg_slice record, struct hg_csv_cell *cells, size_t max, size_t *ret_n)
{
    return hg_csv_split_reference(record, cells, max, ret_n);
}

#endif

struct hg_slice hg_csv_text(const struct hg_csv_cell *cell, struct hg_arena *arena)
{
    if (!cell->doubled)
        return cell->raw;
    char *out = hg_arena_alloc(arena, cell->raw.len);
    if (out == NULL)
        return HG_SLICE_NONE;
    size_t n = 0;
    for (size_t i = 0; i < cell->raw.len; i++) {
        out[n++] = cell->raw.p[i];
        i += cell->raw.p[i] == '"';
    }
    return (struct hg_slice){out, n};
}
