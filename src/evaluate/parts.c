#include "evaluate/run_priv.h"

#include <math.h>
#include <stdlib.h>

struct selection {
    int kind, family;  /* -1: any */
    const bool *kinds; /* NULL: any */
};

static bool is_selected(const struct hg_case *at, const struct selection *selection)
{
    return (selection->kind < 0 || at->kind == selection->kind) && (selection->kinds == NULL || selection->kinds[at->kind]) &&
           (selection->family < 0 || at->truth == HG_LABEL_NORMAL || at->family == selection->family);
}

static void no_budget(struct hg_figures *figures)
{
    figures->value[HG_RECALL_BUDGET] = figures->low[HG_RECALL_BUDGET] = figures->high[HG_RECALL_BUDGET] = (double)NAN;
}

static enum hg_rc make_part(struct run *run, const double *p, const struct selection *selection, const char *name, struct hg_part *ret,
                            struct hg_err *reterr)
{
    size_t n = 0, scored = 0;
    for (uint32_t i = 0; i < run->subject->n; i++) {
        const struct hg_case *at = &run->subject->cases[i];
        if (isnan(p[i]) || !is_selected(at, selection))
            continue;
        run->rows[n++] = i;
        if (p[i] <= 1)
            run->judged[scored++] = (struct hg_judged){p[i], at->truth == HG_LABEL_ATTACK, p[i] < run->out->rate};
    }
    *ret = (struct hg_part){.name = name, .unscored = n - scored};
    enum hg_rc rc = hg_figures_make(run->judged, scored, run->settings->draws, run->settings->train.seed, &ret->figures, reterr);
    if (isnan(run->out->rate))
        no_budget(&ret->figures);
    return rc == HG_OK ? hg_control_mask(run->subject, run->rows, n, &ret->mask, reterr) : rc;
}

enum hg_rc make_overall(struct run *run, struct hg_err *reterr)
{
    struct selection headline = {.kind = -1, .family = -1, .kinds = run->in_headline};
    return make_part(run, run->p, &headline, "all", &run->out->overall, reterr);
}

enum hg_rc make_kinds(struct run *run, struct hg_err *reterr)
{
    const struct hg_subject *subject = run->subject;
    for (size_t kind = 0; kind < subject->n_kinds; kind++) {
        struct selection selection = {.kind = (int)kind, .family = -1};
        struct hg_part part;
        enum hg_rc rc = make_part(run, run->p, &selection, subject->kinds[kind], &part, reterr);
        if (rc != HG_OK)
            return rc;
        part.is_honeypot = subject->is_honeypot != NULL && subject->is_honeypot((uint8_t)kind);
        part.in_headline = run->in_headline[kind];
        if (part.figures.n + part.unscored > 0)
            run->out->kinds[run->out->n_kinds++] = part;
    }
    return HG_OK;
}

enum hg_rc make_family(struct run *run, const double *p, size_t family, struct hg_err *reterr)
{
    const struct hg_subject *subject = run->subject;
    bool *kinds = calloc(subject->n_kinds, sizeof *kinds), met = false;
    if (kinds == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory");
    for (size_t i = 0; i < subject->n; i++) {
        const struct hg_case *at = &subject->cases[i];
        if (!isnan(p[i]) && at->truth == HG_LABEL_ATTACK && at->family == family && run->in_headline[at->kind])
            met = kinds[at->kind] = true;
    }
    struct selection selection = {.kind = -1, .family = (int)family, .kinds = kinds};
    enum hg_rc rc = HG_OK;
    if (met)
        rc = make_part(run, p, &selection, subject->families[family], &run->out->families[run->out->n_families++], reterr);
    free(kinds);
    return rc;
}

enum hg_rc make_families(struct run *run, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    for (size_t family = 0; rc == HG_OK && family < run->subject->n_families; family++)
        rc = make_family(run, run->p, family, reterr);
    return rc;
}
