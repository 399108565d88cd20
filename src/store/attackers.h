/*
 * Sets of addresses as the store keeps them: exact and sorted up to HG_ATTACKERS_EXACT distinct ones, beyond that a HyperLogLog
 * sketch. Which of the two, and its bytes, depend on what is in the set alone, not on how it got there.
 *
 * Bytes: 0, number of IPv4 addresses (4, little endian), these (4 each, ascending), then the others (16 each, ascending);
 * or 1 and the sketch's registers.
 */
#ifndef HG_STORE_ATTACKERS_H
#define HG_STORE_ATTACKERS_H

#include "base/err.h"
#include "core/rollup.h"
#include "store/hll.h"

struct address_set {      /* for writing */
    struct hg_ip *ips;    /* sorted; unused when sketched */
    size_t n, cap;
    struct hg_ip *spare;  /* to merge into */
    size_t spare_cap;
    bool sketched;
    uint8_t registers[HLL_REGISTERS];
    uint8_t *bytes;       /* room for the set's bytes */
    size_t bytes_cap;
};

void address_set_free(struct address_set *set); /* of a zeroed one */
/* The set that the bytes hold; {NULL, 0} is the empty one. HG_EFORMAT: damaged. */
HG_MUST_USE enum hg_rc address_set_load(struct address_set *set, struct hg_slice bytes, struct hg_err *reterr);
/* Rows' minutes don't matter; rows in any order, repeats allowed. */
HG_MUST_USE enum hg_rc address_set_add(struct address_set *set, const struct hg_attacker *rows, size_t n, struct hg_err *reterr);
HG_MUST_USE enum hg_rc address_set_bytes(struct address_set *set, struct hg_slice *ret, struct hg_err *reterr);

struct address_union {    /* for reading: how many distinct addresses several sets have */
    struct hg_ip *slots;  /* open addressing; all zero is free */
    size_t n;
    bool has_zero, sketched;
    uint8_t registers[HLL_REGISTERS];
};

HG_MUST_USE enum hg_rc address_union_begin(struct address_union *u, struct hg_err *reterr); /* of a zeroed or used one */
void address_union_free(struct address_union *u);
HG_MUST_USE enum hg_rc address_union_add(struct address_union *u, struct hg_slice bytes, struct hg_err *reterr);
void address_union_add_ip(struct address_union *u, const struct hg_ip *ip);
void address_union_count(const struct address_union *u, uint64_t *ret_count, bool *ret_estimated);

#endif
