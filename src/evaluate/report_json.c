#include "evaluate/evaluate.h"

static void number(struct hg_jsonw *w, const char *key, double value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_f64(w, value);
}

static void count(struct hg_jsonw *w, const char *key, uint64_t value)
{
    hg_jsonw_key(w, key);
    hg_jsonw_u64(w, value);
}

static void interval(struct hg_jsonw *w, const char *key, const struct hg_figures *figures, enum hg_figure figure)
{
    hg_jsonw_key(w, key);
    hg_jsonw_open(w, '[');
    hg_jsonw_f64(w, figures->low[figure]);
    hg_jsonw_f64(w, figures->high[figure]);
    hg_jsonw_close(w, ']');
}

static void values(struct hg_jsonw *w, const struct hg_figures *figures)
{
    number(w, "auroc", figures->value[HG_AUROC]);
    number(w, "auprc", figures->value[HG_AUPRC]);
    hg_jsonw_key(w, "recall_at_fpr");
    hg_jsonw_open(w, '{');
    for (size_t r = 0; r < HG_RECALL_RATES; r++)
        number(w, hg_recall_name(r), figures->value[HG_RECALL_2 + r]);
    hg_jsonw_close(w, '}');
    number(w, "recall_at_budget", figures->value[HG_RECALL_BUDGET]);
}

static void intervals(struct hg_jsonw *w, const struct hg_figures *figures)
{
    hg_jsonw_key(w, "intervals");
    hg_jsonw_open(w, '{');
    interval(w, "auroc", figures, HG_AUROC);
    interval(w, "auprc", figures, HG_AUPRC);
    hg_jsonw_key(w, "recall_at_fpr");
    hg_jsonw_open(w, '{');
    for (size_t r = 0; r < HG_RECALL_RATES; r++)
        interval(w, hg_recall_name(r), figures, (enum hg_figure)(HG_RECALL_2 + r));
    hg_jsonw_close(w, '}');
    interval(w, "recall_at_budget", figures, HG_RECALL_BUDGET);
    hg_jsonw_key(w, "sampled");
    hg_jsonw_bool(w, figures->sampled);
    hg_jsonw_close(w, '}');
}

static void part_members(struct hg_jsonw *w, const struct hg_part *part)
{
    count(w, "n", part->figures.n);
    count(w, "positives", part->figures.positives);
    count(w, "unscored", part->unscored);
    values(w, &part->figures);
    intervals(w, &part->figures);
    number(w, "mask_auroc", part->mask);
}

/* A family's name may be anything that a table has in its cells. */
static void part_key(struct hg_jsonw *w, const char *name)
{
    struct hg_buf key;
    hg_buf_init(&key, 4096);
    struct hg_jsonw text = {.buf = &key};
    hg_jsonw_str(&text, hg_slice_of(name));
    w->comma ? hg_buf_char(w->buf, ',') : (void)0;
    hg_buf_put(w->buf, hg_buf_slice(&key));
    hg_buf_char(w->buf, ':');
    w->comma = false;
    w->buf->failed |= key.failed;
    hg_buf_free(&key);
}

static void kinds(struct hg_jsonw *w, const struct hg_evaluation *evaluation)
{
    hg_jsonw_key(w, "by_dataset");
    hg_jsonw_open(w, '{');
    for (size_t i = 0; i < evaluation->n_kinds; i++) {
        const struct hg_part *part = &evaluation->kinds[i];
        hg_jsonw_key(w, part->name);
        hg_jsonw_open(w, '{');
        part_members(w, part);
        hg_jsonw_key(w, "in_headline");
        hg_jsonw_bool(w, part->in_headline);
        hg_jsonw_key(w, "score_means");
        hg_jsonw_text(w, part->is_honeypot ? "unusual for this honeypot" : "unlike normal rows");
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, '}');
}

static void families(struct hg_jsonw *w, const struct hg_evaluation *evaluation)
{
    hg_jsonw_key(w, "by_attack_type");
    hg_jsonw_open(w, '{');
    for (size_t i = 0; i < evaluation->n_families; i++) {
        part_key(w, evaluation->families[i].name);
        hg_jsonw_open(w, '{');
        part_members(w, &evaluation->families[i]);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, '}');
}

static void controls(struct hg_jsonw *w, const struct hg_evaluation *evaluation)
{
    const struct hg_controls *at = &evaluation->controls;
    hg_jsonw_key(w, "controls");
    hg_jsonw_open(w, '{');
    number(w, "mask_auroc", at->mask);
    number(w, "dataset_auroc", at->dataset);
    number(w, "label_by_dataset_auroc", at->label_by_dataset);
    hg_jsonw_key(w, "label_is_dataset");
    hg_jsonw_bool(w, at->label_is_dataset);
    number(w, "null_test_auroc", at->null_worst);
    hg_jsonw_key(w, "null_tests");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < at->n_pairs; i++) {
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "rows_of");
        hg_jsonw_text(w, evaluation->kind_names[at->pairs[i].kind]);
        hg_jsonw_key(w, "mask_of");
        hg_jsonw_text(w, evaluation->kind_names[at->pairs[i].mask_of]);
        number(w, "auroc", at->pairs[i].auroc);
        count(w, "n", at->pairs[i].n);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
}

static void budget(struct hg_jsonw *w, const struct hg_evaluation *evaluation)
{
    bool by_rate = evaluation->budget.mode == HG_BUDGET_RATE;
    hg_jsonw_key(w, "budget");
    hg_jsonw_open(w, '{');
    number(w, by_rate ? "false_alarm_rate" : "alerts_per_day", by_rate ? evaluation->budget.rate : evaluation->budget.alerts_per_day);
    number(w, "rate", evaluation->rate);
    number(w, "events_per_day", evaluation->events_a_day);
    number(w, "false_alarms_per_day", evaluation->false_alarms_a_day);
    number(w, "realised_alerts_per_day", evaluation->alerts_a_day);
    hg_jsonw_close(w, '}');
}

static void account(struct hg_jsonw *w, const struct hg_evaluation *evaluation)
{
    hg_jsonw_key(w, "split");
    hg_jsonw_text(w, hg_split_name(evaluation->split));
    count(w, "folds", evaluation->folds);
    count(w, "folds_failed", evaluation->folds_failed);
    hg_jsonw_key(w, "judged_by");
    hg_jsonw_text(w, evaluation->truth);
    count(w, "rows_seen", evaluation->seen);
    count(w, "rows", evaluation->rows);
    count(w, "duplicates", evaluation->duplicates);
    count(w, "unknown", evaluation->unknown);
    count(w, "bootstrap", evaluation->draws);
    count(w, "seed", evaluation->seed);
}

void hg_evaluation_json(const struct hg_evaluation *evaluation, struct hg_jsonw *w)
{
    bool believed = evaluation->warning[0] == '\0';
    struct hg_part headline = evaluation->overall;
    if (!believed) {
        for (size_t f = 0; f < HG_FIGURE_COUNT; f++)
            headline.figures.value[f] = headline.figures.low[f] = headline.figures.high[f] = (double)__builtin_nan("");
    }
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "warning");
    hg_jsonw_text(w, believed ? NULL : evaluation->warning);
    part_members(w, &headline);
    if (!believed) {
        hg_jsonw_key(w, "not_believed");
        hg_jsonw_open(w, '{');
        values(w, &evaluation->overall.figures);
        hg_jsonw_close(w, '}');
    }
    kinds(w, evaluation);
    families(w, evaluation);
    controls(w, evaluation);
    budget(w, evaluation);
    account(w, evaluation);
    hg_jsonw_close(w, '}');
}
