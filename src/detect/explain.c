#include "detect/explain_priv.h"
#include "detect/phrase.h"
#include "detect/quantity.h"

#include <math.h>

static enum hg_rc copy_row(const struct hg_feature_row *row, struct hg_matrix *matrix, struct hg_err *reterr)
{
    enum hg_rc rc = hg_matrix_reserve(matrix, EXPLAIN_ROWS, reterr);
    for (size_t i = 0; rc == HG_OK && i < EXPLAIN_ROWS; i++)
        hg_matrix_set_row(matrix, i, row);
    return rc;
}

static void find_nearest(const struct explaining *explaining, struct hg_explanation *explanation)
{
    float nearest[HG_FEATURE_COUNT];
    explanation->has_nearest = explain_nearest(explaining, nearest);
    for (size_t i = 0; i < explanation->n; i++)
        explanation->nearest[i] = explanation->has_nearest ? nearest[explanation->features[i].feature] : NAN;
}

static void explain(struct explaining *explaining, struct hg_explanation *ret)
{
    hg_model_score(explaining->model, explaining->scratch, &explaining->event, 1, explaining->matrix, &ret->score);
    if (ret->score.state != HG_SCORED)
        return;
    ret->n = hg_model_contributions(explaining->model, explaining->scratch, explaining->event, 0, explaining->matrix,
                                    ret->score.by_behaviour, HG_FEATURE_COUNT, ret->features);
    ret->score.n_top = (uint8_t)(ret->n < HG_TOP_FEATURES ? ret->n : HG_TOP_FEATURES);
    memcpy(ret->score.top, ret->features, ret->score.n_top * sizeof *ret->features);
    explaining->scorer = model_row_of_matrix(explaining->model, explaining->scratch, explaining->event, 0, explaining->matrix,
                                             ret->score.by_behaviour, &explaining->submodel);
    find_nearest(explaining, ret);
    explain_counterfactuals(explaining, ret);
}

enum hg_rc hg_explain(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event,
                      const struct hg_feature_row *row, double rate, struct hg_explanation *ret, struct hg_err *reterr)
{
    struct hg_matrix matrix = {0};
    struct explaining explaining = {.model = model, .scratch = scratch, .event = event, .row = row, .matrix = &matrix};
    *ret = (struct hg_explanation){.rate = rate};
    enum hg_rc rc = copy_row(row, &matrix, reterr);
    if (rc == HG_OK)
        explain(&explaining, ret);
    hg_matrix_free(&matrix);
    return rc;
}

/* ---- words */

void hg_value_words(enum hg_feature feature, float value, struct hg_buf *buf)
{
    if (isnan(value))
        hg_buf_text(buf, "-");
    else if (phrase_has_quantity(feature))
        phrase_put_quantity(feature, (double)value, false, buf);
    else if (hg_feature_kind(feature) == HG_KIND_code)
        quantity_put_percent((double)value, buf);
    else
        phrase_put_state(feature, (double)value, buf);
}

/* What is said before the figure. Rounded figures were tried; others are shown as about what they are. */
static const char *before_of(const struct hg_change *change, bool up, bool ends)
{
    static const char *const words[2][3] = {{"", "at most ", "at least "}, {"about ", "at most about ", "at least about "}};
    enum hg_feature feature = (enum hg_feature)change->feature;
    bool exact = !phrase_has_quantity(feature) || (float)phrase_round(feature, (double)change->value, up) == change->value;
    return words[!exact][!ends ? 0 : up ? 2 : 1];
}

/* Rounded up, so that whatever is as frequent as is said is ordinary. */
static void put_category(const struct hg_change *change, bool ends, struct hg_buf *buf)
{
    static const char *const names[] = {"transport", "application protocol", "port", "kind of event"};
    double share = quantity_round((double)change->value * 100, true) / 100;
    hg_buf_printf(buf, "its %s been one that makes up ", names[change->feature - HG_FEATURE_FIRST_CODE]);
    hg_buf_text(buf, share > 0.99 ? "" : ends ? "at least " : "about ");
    quantity_put_percent(share < 0.0001 ? 0.0001 : share, buf);
    hg_buf_text(buf, " of what was learnt");
}

static void put_change(const struct hg_change *change, bool up, bool ends, struct hg_buf *buf)
{
    if (hg_feature_kind((enum hg_feature)change->feature) == HG_KIND_code)
        put_category(change, ends, buf);
    else
        phrase_put_condition((enum hg_feature)change->feature, before_of(change, up, ends), (double)change->value, buf);
}

/* How far it stays so, where that isn't as far as there is anything. */
static void put_until(const struct hg_counterfactual *counterfactual, bool up, struct hg_buf *buf)
{
    enum hg_feature feature = (enum hg_feature)counterfactual->changes[0].feature;
    if (counterfactual->n != 1 || counterfactual->to_the_end || !phrase_has_quantity(feature) ||
        counterfactual->until == counterfactual->changes[0].value)
        return;
    hg_buf_text(buf, up ? " (or more, up to " : " (or less, down to ");
    phrase_put_quantity(feature, phrase_round(feature, (double)counterfactual->until, !up), false, buf);
    hg_buf_char(buf, ')');
}

void hg_counterfactual_words(const struct hg_counterfactual *counterfactual, struct hg_buf *buf)
{
    hg_buf_text(buf, "Had ");
    for (uint8_t i = 0; i < counterfactual->n; i++) {
        const struct hg_change *change = &counterfactual->changes[i];
        bool up = change->value > change->own;
        const char *subject = phrase_subject((enum hg_feature)change->feature);
        if (i > 0)
            hg_buf_text(buf, " and ");
        if (subject[0] != '\0' && (i == 0 || strcmp(subject, phrase_subject((enum hg_feature)change[-1].feature)) != 0))
            hg_buf_printf(buf, "%s ", subject);
        put_change(change, up, counterfactual->n == 1 && counterfactual->to_the_end, buf);
        put_until(counterfactual, up, buf);
    }
    hg_buf_text(buf, ", it would be ordinary.");
}

/* ---- JSON */

static void put_number(const char *key, float value, struct hg_jsonw *w)
{
    hg_jsonw_key(w, key);
    if (isfinite(value))
        hg_jsonw_f32(w, value);
    else
        hg_jsonw_null(w);
}

static void put_feature(const struct hg_explanation *explanation, size_t i, struct hg_jsonw *w)
{
    const struct hg_contribution *feature = &explanation->features[i];
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "feature");
    hg_jsonw_text(w, hg_feature_name((enum hg_feature)feature->feature));
    hg_jsonw_key(w, "words");
    hg_jsonw_text(w, hg_feature_words((enum hg_feature)feature->feature));
    hg_jsonw_key(w, "unit");
    hg_jsonw_text(w, hg_feature_unit((enum hg_feature)feature->feature));
    put_number("share", feature->share, w);
    put_number("value", feature->value, w);
    put_number("low", feature->low, w);
    put_number("median", feature->median, w);
    put_number("high", feature->high, w);
    put_number("nearest", explanation->nearest[i], w);
    hg_jsonw_close(w, '}');
}

static void put_counterfactual(const struct hg_counterfactual *counterfactual, struct hg_jsonw *w)
{
    struct hg_buf words;
    hg_buf_init(&words, 1024);
    hg_counterfactual_words(counterfactual, &words);
    hg_jsonw_open(w, '{');
    hg_jsonw_key(w, "words");
    hg_jsonw_str(w, hg_buf_slice(&words));
    hg_jsonw_key(w, "changes");
    hg_jsonw_open(w, '[');
    for (uint8_t i = 0; i < counterfactual->n; i++) {
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "feature");
        hg_jsonw_text(w, hg_feature_name((enum hg_feature)counterfactual->changes[i].feature));
        put_number("value", counterfactual->changes[i].value, w);
        if (counterfactual->n == 1)
            put_number("until", counterfactual->until, w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_close(w, '}');
    hg_buf_free(&words);
}

void hg_explanation_json_members(const struct hg_explanation *explanation, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "p_value");
    if (explanation->score.state == HG_NO_SUBMODEL)
        hg_jsonw_null(w);
    else
        hg_jsonw_f64(w, explanation->score.p);
    hg_jsonw_key(w, "rate");
    hg_jsonw_f64(w, explanation->rate);
    hg_jsonw_key(w, "ordinary");
    hg_jsonw_bool(w, !(explanation->score.p < explanation->rate));
    hg_jsonw_key(w, "features");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < explanation->n; i++)
        put_feature(explanation, i, w);
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "has_nearest");
    hg_jsonw_bool(w, explanation->has_nearest);
    hg_jsonw_key(w, "counterfactuals");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < explanation->n_counterfactuals; i++)
        put_counterfactual(&explanation->counterfactuals[i], w);
    hg_jsonw_close(w, ']');
}
