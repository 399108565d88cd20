/* cmocka with the headers that it wants first, the seed of a run's random choices, and comparisons of text that say both sides. */
#ifndef HG_TESTS_SUPPORT_CMOCKA_ALL_H
#define HG_TESTS_SUPPORT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/num.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* HG_SEED, else the clock; printed as a TAP comment, so that a failure can be repeated. */
static inline struct hg_rng test_rng(void)
{
    uint64_t seed;
    if (!hg_num_parse_u64(hg_slice_of(getenv("HG_SEED")), &seed))
        seed = (uint64_t)time(NULL);
    printf("# seed %llu\n", (unsigned long long)seed);
    return hg_rng_seeded(seed);
}

/* Borrowed text as a string for messages and comparisons; one at a time. */
static inline const char *test_text(struct hg_slice s)
{
    static char text[65536];
    size_t n = s.len < sizeof text ? s.len : sizeof text - 1;
    if (n > 0)
        memcpy(text, s.p, n);
    text[n] = '\0';
    return s.p == NULL ? "(absent)" : text;
}

#define assert_slice(slice, expected) assert_string_equal(test_text(slice), expected)

#endif
