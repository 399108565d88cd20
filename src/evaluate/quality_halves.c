#include "evaluate/quality_priv.h"

#include <stdlib.h>

struct timed_row {
    int64_t time_us;
    uint32_t row;
    uint8_t kind;
};

static int by_kind_and_time(const void *a, const void *b)
{
    const struct timed_row *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind - y->kind;
    if (x->time_us != y->time_us)
        return x->time_us > y->time_us ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

static void add_kind(struct quality_run *run, uint8_t kind, const struct timed_row *rows, size_t n)
{
    struct hg_quality *out = run->out;
    size_t half = n / 2;
    for (size_t i = 0; i < half; i++)
        run->learnt[run->n_learnt++] = rows[i].row;
    if (n - half < HG_QUALITY_TRIED_MIN)
        return;
    run->first[out->n_kinds] = run->n_tried;
    for (size_t i = half; i < n; i++)
        run->tried[run->n_tried++] = rows[i].row;
    out->of_kind[out->n_kinds] = kind;
    out->kinds[out->n_kinds++] = (struct hg_quality_kind){.name = run->subject->kinds[kind], .learnt = half, .tried = n - half,
                                                          .from_us = rows[half].time_us, .to_us = rows[n - 1].time_us};
}

enum hg_rc quality_halves(struct quality_run *run, struct hg_err *reterr)
{
    size_t n = run->subject->n;
    struct timed_row *rows = malloc((n + 1) * sizeof *rows);
    if (rows == NULL)
        return hg_fail(reterr, HG_ENOMEM, "quality: no memory for %zu rows", n);
    for (size_t i = 0; i < n; i++)
        rows[i] = (struct timed_row){run->subject->cases[i].time_us, (uint32_t)i, run->subject->cases[i].kind};
    qsort(rows, n, sizeof *rows, by_kind_and_time);
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first; end < n && rows[end].kind == rows[first].kind; end++)
            ;
        add_kind(run, rows[first].kind, rows + first, end - first);
    }
    free(rows);
    if (run->n_tried == 0)
        return hg_fail(reterr, HG_ESTATE, "no kind of event has %u rows to be tried: with fewer nothing can be told", 2 * HG_QUALITY_TRIED_MIN);
    return HG_OK;
}
