/* A subject of made-up rows, whose models remember which rows they were fitted to. */
#ifndef HG_TESTS_EVALUATE_MADE_H
#define HG_TESTS_EVALUATE_MADE_H

#include "support/cmocka_all.h"

#include "evaluate/evaluate.h"

#include <math.h>

#define FAMILIES 4

struct made {
    struct hg_case *cases;
    size_t n;
};

static inline struct made made_rows(size_t n)
{
    struct made made = {calloc(n, sizeof *made.cases), n};
    assert_non_null(made.cases);
    for (size_t i = 0; i < n; i++)
        made.cases[i] = (struct hg_case){.time_us = (int64_t)i * HG_HOUR, .truth = HG_LABEL_NORMAL, .family = HG_NO_FAMILY};
    return made;
}

static inline void made_attack(struct made *made, size_t i, uint16_t family)
{
    made->cases[i].truth = HG_LABEL_ATTACK;
    made->cases[i].family = family;
}

static inline struct hg_subject made_subject(const struct made *made)
{
    static const char *const kinds[] = {"first", "second", "third"};
    static const char *const families[FAMILIES] = {"scan", "flood", "worm", "never"};
    return (struct hg_subject){.cases = made->cases, .n = made->n, .seen = made->n, .n_kinds = 3, .kinds = kinds, .n_families = FAMILIES,
                               .families = families, .has_times = true};
}

#endif
