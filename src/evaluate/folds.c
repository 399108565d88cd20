#include "evaluate/folds.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {"time", "leave-one-attack-out", "leave-one-day-out", "none"};

const char *hg_split_name(enum hg_split split)
{
    return names[split];
}

bool hg_split_parse(const char *name, enum hg_split *ret)
{
    for (int split = HG_SPLIT_TIME; split < HG_SPLIT_NONE; split++) {
        if (strcmp(name, names[split]) == 0) {
            *ret = (enum hg_split)split;
            return true;
        }
    }
    return false;
}

/* ---- the cut in time, kind by kind */
struct moment {
    int64_t time_us;
    uint32_t row;
    uint8_t kind;
};

static int by_moment(const void *a, const void *b)
{
    const struct moment *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->time_us != y->time_us)
        return x->time_us < y->time_us ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

/* Does the row count for where the cut lies? */
static bool weighs(const struct hg_case *at, bool normal_only)
{
    return !at->duplicate && (!normal_only || at->truth == HG_LABEL_NORMAL);
}

/* Of one kind's rows in order: those before the cut are early. Where families are left out, the cut divides the normal rows: a table
 * sorted by its labels is divided too. */
static void cut_kind(const struct hg_case *cases, const struct moment *moments, size_t n, bool by_normal, bool *early)
{
    size_t weight = 0, normal = 0;
    for (size_t i = 0; i < n; i++) {
        weight += weighs(&cases[moments[i].row], false);
        normal += weighs(&cases[moments[i].row], true);
    }
    bool normal_only = by_normal && normal > 0;
    double wanted = HG_TRAIN_SHARE * (double)(normal_only ? normal : weight);
    double before = 0;
    for (size_t i = 0; i < n; i++) {
        early[moments[i].row] = before < wanted;
        before += weighs(&cases[moments[i].row], normal_only);
    }
}

static enum hg_rc cut(struct hg_folds *folds, struct hg_err *reterr)
{
    size_t n = folds->subject->n;
    const struct hg_case *cases = folds->subject->cases;
    struct moment *moments = malloc((n + 1) * sizeof *moments);
    folds->early = calloc(n + 1, sizeof *folds->early);
    if (moments == NULL || folds->early == NULL) {
        free(moments);
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", n);
    }
    for (size_t i = 0; i < n; i++)
        moments[i] = (struct moment){cases[i].time_us, (uint32_t)i, cases[i].kind};
    qsort(moments, n, sizeof *moments, by_moment);
    for (size_t start = 0, end; start < n; start = end) {
        for (end = start + 1; end < n && moments[end].kind == moments[start].kind;)
            end++;
        cut_kind(cases, moments + start, end - start, folds->split == HG_SPLIT_FAMILIES, folds->early);
    }
    free(moments);
    return HG_OK;
}

/* ---- one fold a family, one a day */
static enum hg_rc list_families(struct hg_folds *folds, struct hg_err *reterr)
{
    const struct hg_subject *subject = folds->subject;
    bool *met = calloc(subject->n_families + 1, sizeof *met);
    folds->families = calloc(subject->n_families + 1, sizeof *folds->families);
    if (met == NULL || folds->families == NULL) {
        free(met);
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu families", subject->n_families);
    }
    for (size_t i = 0; i < subject->n; i++)
        if (subject->cases[i].family < subject->n_families)
            met[subject->cases[i].family] = true;
    for (size_t f = 0; f < subject->n_families; f++)
        if (met[f])
            folds->families[folds->n++] = (uint16_t)f;
    free(met);
    return folds->n > 0 ? HG_OK : hg_fail(reterr, HG_ESTATE, "no row is known to be an attack: there is no family to leave out");
}

static int by_day(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int64_t day_of(const struct hg_case *at)
{
    return hg_time_floor(at->time_us, HG_DAY);
}

static enum hg_rc list_days(struct hg_folds *folds, struct hg_err *reterr)
{
    const struct hg_subject *subject = folds->subject;
    int64_t *days = malloc((subject->n + 1) * sizeof *days);
    size_t n = 0;
    if (days == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", subject->n);
    folds->days = days;
    for (size_t i = 0; i < subject->n; i++)
        if (subject->cases[i].time_us != HG_TIME_NONE)
            days[n++] = day_of(&subject->cases[i]);
    qsort(days, n, sizeof *days, by_day);
    for (size_t i = 0; i < n; i++)
        if (folds->n == 0 || days[folds->n - 1] != days[i])
            days[folds->n++] = days[i];
    return folds->n > 1 ? HG_OK : hg_fail(reterr, HG_ESTATE, "the rows are of %zu day%s: to leave one out there must be two or more", folds->n,
                                          folds->n == 1 ? "" : "s");
}

enum hg_rc hg_folds_make(const struct hg_subject *subject, enum hg_split split, struct hg_folds *ret, struct hg_err *reterr)
{
    *ret = (struct hg_folds){.subject = subject, .split = split, .n = split == HG_SPLIT_TIME || split == HG_SPLIT_NONE};
    if (split == HG_SPLIT_DAYS && !subject->has_times)
        return hg_fail(reterr, HG_EUSAGE, "a table has no days: --split takes time (the order of its rows) or leave-one-attack-out");
    enum hg_rc rc = split == HG_SPLIT_TIME || split == HG_SPLIT_FAMILIES ? cut(ret, reterr) : HG_OK;
    if (rc == HG_OK && split == HG_SPLIT_FAMILIES)
        rc = list_families(ret, reterr);
    if (rc == HG_OK && split == HG_SPLIT_DAYS)
        rc = list_days(ret, reterr);
    return rc;
}

void hg_folds_free(struct hg_folds *folds)
{
    free(folds->early);
    free(folds->days);
    free(folds->families);
    *folds = (struct hg_folds){0};
}

static enum hg_role of_family(const struct hg_folds *folds, size_t fold, uint32_t row, const struct hg_case *at)
{
    bool left_out = at->truth == HG_LABEL_ATTACK && at->family == folds->families[fold];
    if (at->duplicate)
        return HG_ROLE_NONE;
    if (left_out || (at->truth == HG_LABEL_NORMAL && !folds->early[row]))
        return HG_ROLE_TEST;
    return folds->early[row] ? HG_ROLE_TRAIN : HG_ROLE_NONE;
}

enum hg_role hg_folds_role(const struct hg_folds *folds, size_t fold, uint32_t row)
{
    const struct hg_case *at = &folds->subject->cases[row];
    bool tested = true;
    if (folds->split == HG_SPLIT_FAMILIES)
        return of_family(folds, fold, row, at);
    if (folds->split == HG_SPLIT_TIME)
        tested = !folds->early[row];
    else if (folds->split == HG_SPLIT_DAYS)
        tested = at->time_us != HG_TIME_NONE && day_of(at) == folds->days[fold];
    if (tested)
        return at->duplicate ? HG_ROLE_REPEAT : HG_ROLE_TEST;
    return at->duplicate ? HG_ROLE_NONE : HG_ROLE_TRAIN;
}

void hg_folds_name(const struct hg_folds *folds, size_t fold, char out[HG_FOLD_NAME_BYTES])
{
    out[0] = '\0';
    if (folds->split == HG_SPLIT_FAMILIES)
        snprintf(out, HG_FOLD_NAME_BYTES, "%s", folds->subject->families[folds->families[fold]]);
    if (folds->split == HG_SPLIT_DAYS) {
        char text[HG_TIME_TEXT_BYTES];
        hg_time_print(folds->days[fold], text);
        snprintf(out, HG_FOLD_NAME_BYTES, "%.10s", text);
    }
}
