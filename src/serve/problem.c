#include "serve/problem.h"

void hg_problem_json(const struct hg_problem *problem, struct hg_buf *buf)
{
    struct hg_jsonw w = {.buf = buf};
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "type");
    hg_jsonw_text(&w, "about:blank");
    hg_jsonw_key(&w, "title");
    hg_jsonw_text(&w, problem->title);
    hg_jsonw_key(&w, "status");
    hg_jsonw_u64(&w, problem->status);
    if (problem->detail.p != NULL) {
        hg_jsonw_key(&w, "detail");
        hg_jsonw_str(&w, problem->detail);
    }
    if (problem->line != 0) {
        hg_jsonw_key(&w, "line");
        hg_jsonw_u64(&w, problem->line);
    }
    if (problem->reason != NULL) {
        hg_jsonw_key(&w, "reason");
        hg_jsonw_text(&w, problem->reason);
    }
    if (problem->counts != NULL) {
        hg_jsonw_key(&w, "counts");
        hg_counts_json(problem->counts, &w);
    }
    if (problem->filter != NULL) {
        hg_jsonw_key(&w, "filter");
        hg_jsonw_open(&w, '{');
        hg_jsonw_key(&w, "offset");
        hg_jsonw_u64(&w, problem->filter->offset);
        hg_jsonw_key(&w, "length");
        hg_jsonw_u64(&w, problem->filter->len);
        hg_jsonw_key(&w, "expected");
        hg_jsonw_text(&w, problem->filter->expected);
        hg_jsonw_close(&w, '}');
    }
    hg_jsonw_close(&w, '}');
}
