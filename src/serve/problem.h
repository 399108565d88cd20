/* Problem documents (RFC 9457). */
#ifndef HG_SERVE_PROBLEM_H
#define HG_SERVE_PROBLEM_H

#include "core/counts.h"
#include "core/filter.h"

struct hg_problem {
    unsigned status;
    const char *title;
    struct hg_slice detail; /* {NULL, 0}: none */
    uint64_t line;          /* of the record at fault, 0: none */
    const char *reason;     /* its name in reasons.def, NULL: none */
    const struct hg_counts *counts; /* what became of the records, NULL: none */
    const struct hg_filter_fault *filter; /* where it is wrong, NULL: it isn't */
};

void hg_problem_json(const struct hg_problem *problem, struct hg_buf *buf);

#endif
