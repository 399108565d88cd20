#include "evaluate/evaluate.h"

#include <math.h>
#include <stdio.h>

static void value(struct hg_buf *buf, int width, double number)
{
    if (isnan(number))
        hg_buf_printf(buf, "%*s", width, "-");
    else
        hg_buf_printf(buf, "%*.3f", width, number);
}

static void with_interval(struct hg_buf *buf, const struct hg_figures *figures, enum hg_figure figure)
{
    value(buf, 7, figures->value[figure]);
    if (isnan(figures->low[figure]))
        hg_buf_printf(buf, "%15s", "");
    else
        hg_buf_printf(buf, "  %.3f-%.3f  ", figures->low[figure], figures->high[figure]);
}

static void header(struct hg_buf *buf, const char *what)
{
    hg_buf_printf(buf, "\n%-24s %8s %8s %7s%15s%7s%15s%8s %7s %7s %7s %6s\n", what, "n", "attacks", "AUROC", "95 %        ", "AUPR",
                  "95 %        ", "R 1e-2", "R 1e-3", "R 1e-4", "R budg.", "mask");
}

static void line(struct hg_buf *buf, const struct hg_part *part, const char *mark)
{
    hg_buf_printf(buf, "%-.23s%-*s %8zu %8zu ", part->name, 24 - (int)(strlen(part->name) < 23 ? strlen(part->name) : 23), mark,
                  part->figures.n, part->figures.positives);
    with_interval(buf, &part->figures, HG_AUROC);
    with_interval(buf, &part->figures, HG_AUPRC);
    for (size_t r = 0; r < HG_RECALL_RATES + 1; r++)
        value(buf, r == 0 ? 7 : 8, part->figures.value[HG_RECALL_2 + r]);
    value(buf, 7, part->mask);
    hg_buf_char(buf, '\n');
}

static void kinds(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    bool honeypots = false, left_out = false;
    header(buf, "by data set");
    for (size_t i = 0; i < evaluation->n_kinds; i++) {
        const struct hg_part *part = &evaluation->kinds[i];
        line(buf, part, part->in_headline ? "" : "*");
        left_out |= !part->in_headline;
        honeypots |= part->is_honeypot;
        if (part->unscored > 0)
            hg_buf_printf(buf, "    %zu rows more could not be scored: too few like them to learn from\n", part->unscored);
    }
    if (left_out)
        hg_buf_text(buf, "* not in the headline: its tested rows are all attacks or all normal, so that nothing can be told apart in it\n");
    if (honeypots)
        hg_buf_text(buf, "Of a honeypot's rows the score means \"unusual for this honeypot\", not \"an attack\".\n");
}

static void families(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    if (evaluation->n_families == 0)
        return;
    header(buf, evaluation->split == HG_SPLIT_FAMILIES ? "by family, never learnt" : "by family");
    for (size_t i = 0; i < evaluation->n_families; i++)
        line(buf, &evaluation->families[i], "");
    hg_buf_text(buf, "Each family against the normal rows of the data sets that it was met in.\n");
}

static void null_tests(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    const struct hg_controls *at = &evaluation->controls;
    if (at->pairs_possible == 0) {
        hg_buf_text(buf, "  null test                                           -  no kind of rows lacks columns that another has\n");
        return;
    }
    if (at->n_pairs == 0)
        hg_buf_printf(buf, "  null test                                           -  %s\n",
                      at->pairs_passed_over > 0 ? "the columns in common don't vary" : "too few normal rows");
    for (size_t i = 0; i < at->n_pairs; i++)
        hg_buf_printf(buf, "  null test: normal %s as %s%*s %5.3f  0.5 is as it must be (%zu rows a side)\n", evaluation->kind_names[at->pairs[i].kind],
                      evaluation->kind_names[at->pairs[i].mask_of],
                      (int)(27 - strlen(evaluation->kind_names[at->pairs[i].kind]) - strlen(evaluation->kind_names[at->pairs[i].mask_of])), "",
                      at->pairs[i].auroc, at->pairs[i].n);
}

static void controls(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    const struct hg_controls *at = &evaluation->controls;
    hg_buf_text(buf, "\nControls (AUROC without looking for attacks)\n");
    hg_buf_text(buf, "  what is missing in a row tells its label        ");
    value(buf, 5, at->mask);
    hg_buf_text(buf, "\n  a row's values tell its data set                ");
    value(buf, 5, at->dataset);
    hg_buf_text(buf, "\n  its data set tells its label                    ");
    value(buf, 5, at->label_by_dataset);
    hg_buf_char(buf, '\n');
    null_tests(evaluation, buf);
}

static void account(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    static const char *const splits[] = {
        [HG_SPLIT_TIME] = "learnt from the first 70 % of each kind of rows in order of time, tested on the rest",
        [HG_SPLIT_FAMILIES] = "each family of attacks in turn left out of learning, tested on it and on the last 30 % of the normal rows",
        [HG_SPLIT_DAYS] = "each day in turn left out of learning and tested on", [HG_SPLIT_NONE] = "a model as it is, tested on all rows"};
    hg_buf_printf(buf, "%zu rows", evaluation->rows);
    if (evaluation->seen > evaluation->rows)
        hg_buf_printf(buf, ", an even sample of %llu", (unsigned long long)evaluation->seen);
    hg_buf_printf(buf, ", of which %zu repeat the inputs of another and were left out. Judged by %s.\n", evaluation->duplicates,
                  evaluation->truth);
    hg_buf_printf(buf, "Split: %s", splits[evaluation->split]);
    if (evaluation->folds > 1)
        hg_buf_printf(buf, " (%zu folds%s)", evaluation->folds, evaluation->folds_failed > 0 ? ", some without enough to learn from" : "");
    hg_buf_text(buf, ".\n");
    if (evaluation->unknown > 0)
        hg_buf_printf(buf, "%zu tested rows are left out of the figures: nobody said what they are.\n", evaluation->unknown);
}

static void budget(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    if (isnan(evaluation->rate))
        return;
    if (evaluation->budget.mode == HG_BUDGET_RATE)
        hg_buf_printf(buf, "\nBudget: a false-alarm rate of %g", evaluation->budget.rate);
    else
        hg_buf_printf(buf, "\nBudget: %g alerts a day; with %.0f events a day, an event alarms where p < %.2g", evaluation->budget.alerts_per_day,
                      evaluation->events_a_day, evaluation->rate);
    if (!isnan(evaluation->false_alarms_a_day))
        hg_buf_printf(buf, ".\nAmong the tested rows, repeats too: %.1f false alarms a day", evaluation->false_alarms_a_day);
    if (!isnan(evaluation->alerts_a_day))
        hg_buf_printf(buf, ", %.1f alerts a day, true and false", evaluation->alerts_a_day);
    hg_buf_text(buf, ".\n");
}

void hg_evaluation_text(const struct hg_evaluation *evaluation, struct hg_buf *buf)
{
    account(evaluation, buf);
    if (evaluation->warning[0] != '\0') {
        hg_buf_printf(buf, "\nWARNING: %s\n", evaluation->warning);
    } else {
        header(buf, "");
        line(buf, &evaluation->overall, "");
    }
    kinds(evaluation, buf);
    families(evaluation, buf);
    controls(evaluation, buf);
    budget(evaluation, buf);
    hg_buf_text(buf, "\nR 1e-3: recall where 1 normal row in 1,000 is let pass for an attack. mask: AUROC of what is missing in a row, alone.\n");
    if (evaluation->overall.figures.sampled)
        hg_buf_printf(buf, "Intervals are drawn from a sample of %u rows of a class: wider than need be.\n", HG_DRAW_ROWS_MAX);
}
