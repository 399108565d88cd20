#include "store/attackers.h"

#include <math.h>
#include <stdlib.h>

#define EXACT  0
#define SKETCH 1
#define SEED   UINT64_C(0x61747461636b6572) /* on disk by way of the registers: never change it */
#define SLOTS  (2u * HG_ATTACKERS_EXACT)    /* of a union */
#define MAPPED 12                           /* bytes in front of an IPv4 address */

static uint64_t ip_hash(const struct hg_ip *ip)
{
    return hg_hash64((struct hg_slice){(const char *)ip->b, sizeof ip->b}, SEED);
}

static int ip_order(const void *left, const void *right)
{
    const struct hg_ip *a = left, *b = right;
    return memcmp(a->b, b->b, sizeof a->b);
}

/* ---- reading bytes */

struct cursor { /* over an exact set's addresses */
    const uint8_t *v4, *others;
    size_t n_v4, n_others;
};

static bool cursor_open(struct hg_slice bytes, struct cursor *ret)
{
    const uint8_t *p = (const uint8_t *)bytes.p;
    if (bytes.len < 5)
        return false;
    size_t n_v4 = (size_t)p[1] | (size_t)p[2] << 8 | (size_t)p[3] << 16 | (size_t)p[4] << 24;
    size_t rest = bytes.len - 5;
    if (n_v4 > rest / 4 || (rest - 4 * n_v4) % 16 != 0)
        return false;
    *ret = (struct cursor){p + 5, p + 5 + 4 * n_v4, n_v4, (rest - 4 * n_v4) / 16};
    return n_v4 + ret->n_others <= HG_ATTACKERS_EXACT;
}

static struct hg_ip cursor_v4(const struct cursor *cursor, size_t i)
{
    const uint8_t *p = cursor->v4 + 4 * i;
    return hg_ip_v4((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]);
}

static struct hg_ip cursor_other(const struct cursor *cursor, size_t i)
{
    struct hg_ip ip;
    memcpy(ip.b, cursor->others + 16 * i, sizeof ip.b);
    return ip;
}

static enum hg_rc damaged(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_EFORMAT, "store: a set of attackers is damaged");
}

static bool is_sketch(struct hg_slice bytes)
{
    return bytes.len == 1 + HLL_REGISTERS && bytes.p[0] == SKETCH;
}

/* ---- a set to write */

void address_set_free(struct address_set *set)
{
    free(set->ips);
    free(set->spare);
    free(set->bytes);
}

static bool grow(struct hg_ip **ips, size_t *cap, size_t n)
{
    if (n <= *cap)
        return true;
    size_t more = n > 2 * *cap ? n : 2 * *cap;
    struct hg_ip *p = realloc(*ips, more * sizeof *p);
    if (p == NULL)
        return false;
    *ips = p;
    *cap = more;
    return true;
}

static enum hg_rc no_memory(struct hg_err *reterr)
{
    return hg_fail(reterr, HG_ENOMEM, "store: no memory for a set of attackers");
}

enum hg_rc address_set_load(struct address_set *set, struct hg_slice bytes, struct hg_err *reterr)
{
    set->n = 0;
    set->sketched = is_sketch(bytes);
    if (set->sketched)
        memcpy(set->registers, bytes.p + 1, HLL_REGISTERS);
    if (set->sketched || bytes.p == NULL)
        return HG_OK;
    struct cursor cursor;
    if (bytes.len == 0 || bytes.p[0] != EXACT || !cursor_open(bytes, &cursor))
        return damaged(reterr);
    if (!grow(&set->ips, &set->cap, cursor.n_v4 + cursor.n_others))
        return no_memory(reterr);
    for (size_t i = 0; i < cursor.n_others; i++)
        set->ips[set->n++] = cursor_other(&cursor, i);
    for (size_t i = 0; i < cursor.n_v4; i++)
        set->ips[set->n++] = cursor_v4(&cursor, i);
    if (cursor.n_others > 0 && cursor.n_v4 > 0) /* which come first depends on the addresses */
        qsort(set->ips, set->n, sizeof *set->ips, ip_order);
    return HG_OK;
}

static size_t unique(struct hg_ip *ips, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || !hg_ip_eq(&ips[i], &ips[kept - 1]))
            ips[kept++] = ips[i];
    return kept;
}

/* Merges the sorted a[0..n) and set->ips, both without repeats, back into set->ips by way of spare. */
static void merge(struct address_set *set, const struct hg_ip *a, size_t n)
{
    struct hg_ip *out = set->spare + n; /* a stands in spare[0..n) */
    size_t i = 0, j = 0, kept = 0;
    while (i < n || j < set->n) {
        int order = i == n ? 1 : j == set->n ? -1 : ip_order(&a[i], &set->ips[j]);
        out[kept++] = order <= 0 ? a[i] : set->ips[j];
        i += order <= 0;
        j += order >= 0;
    }
    memcpy(set->ips, out, kept * sizeof *out);
    set->n = kept;
}

static void sketch(struct address_set *set)
{
    memset(set->registers, 0, sizeof set->registers);
    for (size_t i = 0; i < set->n; i++)
        hll_add(set->registers, ip_hash(&set->ips[i]));
    set->sketched = true;
    set->n = 0;
}

enum hg_rc address_set_add(struct address_set *set, const struct hg_attacker *rows, size_t n, struct hg_err *reterr)
{
    if (set->sketched) {
        for (size_t i = 0; i < n; i++)
            hll_add(set->registers, ip_hash(&rows[i].ip));
        return HG_OK;
    }
    size_t before = set->n;
    if (!grow(&set->spare, &set->spare_cap, 2 * n + before) || !grow(&set->ips, &set->cap, n + before))
        return no_memory(reterr);
    for (size_t i = 0; i < n; i++)
        set->spare[i] = rows[i].ip;
    qsort(set->spare, n, sizeof *set->spare, ip_order);
    merge(set, set->spare, unique(set->spare, n));
    if (set->n > HG_ATTACKERS_EXACT)
        sketch(set);
    return HG_OK;
}

enum hg_rc address_set_bytes(struct address_set *set, struct hg_slice *ret, struct hg_err *reterr)
{
    size_t most = set->sketched ? 1 + HLL_REGISTERS : 5 + 16 * set->n;
    if (most > set->bytes_cap) {
        uint8_t *p = realloc(set->bytes, most);
        if (p == NULL)
            return no_memory(reterr);
        set->bytes = p;
        set->bytes_cap = most;
    }
    uint8_t *out = set->bytes;
    if (set->sketched) {
        *out = SKETCH;
        memcpy(out + 1, set->registers, HLL_REGISTERS);
        *ret = (struct hg_slice){(const char *)out, 1 + HLL_REGISTERS};
        return HG_OK;
    }
    uint8_t *p = out + 5;
    uint32_t n_v4 = 0;
    for (size_t i = 0; i < set->n; i++) {
        if (!hg_ip_is_v4(&set->ips[i]))
            continue;
        memcpy(p, set->ips[i].b + MAPPED, 4);
        p += 4;
        n_v4++;
    }
    for (size_t i = 0; i < set->n; i++) {
        if (hg_ip_is_v4(&set->ips[i]))
            continue;
        memcpy(p, set->ips[i].b, 16);
        p += 16;
    }
    out[0] = EXACT;
    for (int i = 0; i < 4; i++)
        out[1 + i] = (uint8_t)(n_v4 >> 8 * i);
    *ret = (struct hg_slice){(const char *)out, (size_t)(p - out)};
    return HG_OK;
}

/* ---- a union to count */

enum hg_rc address_union_begin(struct address_union *u, struct hg_err *reterr)
{
    if (u->slots == NULL) {
        u->slots = calloc(SLOTS, sizeof *u->slots);
        if (u->slots == NULL)
            return no_memory(reterr);
    } else if (u->n > 0) {
        memset(u->slots, 0, SLOTS * sizeof *u->slots);
    }
    u->n = 0;
    u->has_zero = u->sketched = false;
    memset(u->registers, 0, sizeof u->registers);
    return HG_OK;
}

void address_union_free(struct address_union *u)
{
    free(u->slots);
}

static void union_sketch(struct address_union *u)
{
    static const struct hg_ip zero = {{0}};
    u->sketched = true;
    if (u->has_zero)
        hll_add(u->registers, ip_hash(&zero));
    for (size_t i = 0; i < SLOTS; i++)
        if (!hg_ip_eq(&u->slots[i], &zero))
            hll_add(u->registers, ip_hash(&u->slots[i]));
}

void address_union_add_ip(struct address_union *u, const struct hg_ip *ip)
{
    static const struct hg_ip zero = {{0}};
    uint64_t at = ip_hash(ip);
    if (u->sketched) {
        hll_add(u->registers, at);
        return;
    }
    if (hg_ip_eq(ip, &zero)) {
        u->n += !u->has_zero;
        u->has_zero = true;
    } else {
        struct hg_ip *slot;
        while (!hg_ip_eq(slot = &u->slots[at % SLOTS], &zero)) {
            if (hg_ip_eq(slot, ip))
                return;
            at++;
        }
        *slot = *ip;
        u->n++;
    }
    if (u->n > HG_ATTACKERS_EXACT)
        union_sketch(u);
}

enum hg_rc address_union_add(struct address_union *u, struct hg_slice bytes, struct hg_err *reterr)
{
    if (is_sketch(bytes)) {
        if (!u->sketched)
            union_sketch(u);
        hll_merge(u->registers, (const uint8_t *)bytes.p + 1);
        return HG_OK;
    }
    struct cursor cursor;
    if (bytes.len == 0 || bytes.p[0] != EXACT || !cursor_open(bytes, &cursor))
        return damaged(reterr);
    for (size_t i = 0; i < cursor.n_v4; i++) {
        struct hg_ip ip = cursor_v4(&cursor, i);
        address_union_add_ip(u, &ip);
    }
    for (size_t i = 0; i < cursor.n_others; i++) {
        struct hg_ip ip = cursor_other(&cursor, i);
        address_union_add_ip(u, &ip);
    }
    return HG_OK;
}

void address_union_count(const struct address_union *u, uint64_t *ret_count, bool *ret_estimated)
{
    *ret_estimated = u->sketched;
    *ret_count = u->sketched ? (uint64_t)(hll_estimate(u->registers) + 0.5) : u->n;
}
