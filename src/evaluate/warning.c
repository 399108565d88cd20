#include "evaluate/evaluate.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Sentences behind one another, as far as there is room. */
static void __attribute__((format(printf, 2, 3))) say(char warning[HG_WARNING_BYTES], const char *format, ...)
{
    size_t len = strlen(warning);
    va_list args;
    va_start(args, format);
    vsnprintf(warning + len, HG_WARNING_BYTES - len, format, args);
    va_end(args);
}

static void say_undefined(struct hg_evaluation *evaluation)
{
    size_t n = evaluation->overall.figures.n, positives = evaluation->overall.figures.positives;
    const char *none = positives == 0 ? "attack" : "normal row";
    if (n == 0)
        say(evaluation->warning, "There is no AUROC: no tested row could be scored, for no kind of row had enough to learn from.");
    else
        say(evaluation->warning, "There is no AUROC: of the rows that could be scored none is %s %s.", positives == 0 ? "an" : "a", none);
    if (evaluation->controls.label_is_dataset)
        say(evaluation->warning, " And it could not be believed: no data set has both attacks and normal rows, so that telling the data sets "
                                 "apart would pass for finding attacks.");
    else if (evaluation->controls.mask > HG_CONTROL_HIGH)
        say(evaluation->warning, " And it could not be believed: what is missing in a row tells by itself whether it is an attack (AUROC %.2f).",
            evaluation->controls.mask);
}

static const struct hg_null_pair *worst_pair(const struct hg_controls *controls)
{
    for (size_t i = 0; i < controls->n_pairs; i++)
        if (controls->pairs[i].auroc == controls->null_worst)
            return &controls->pairs[i];
    return NULL;
}

/* Off by more than chance explains: three standard errors of an AUROC of two like halves. */
static bool is_off(const struct hg_null_pair *pair)
{
    double chance = 3 / sqrt(6 * (double)pair->n);
    return (pair->auroc < HG_NULL_LOW || pair->auroc > HG_NULL_HIGH) && fabs(pair->auroc - 0.5) > chance;
}

static void say_controls(struct hg_evaluation *evaluation)
{
    const struct hg_controls *controls = &evaluation->controls;
    const struct hg_null_pair *worst = worst_pair(controls);
    bool mask = controls->mask > HG_CONTROL_HIGH;
    bool dataset = controls->dataset > HG_CONTROL_HIGH && controls->label_by_dataset > HG_CONTROL_HIGH;
    bool null = worst != NULL && is_off(worst);
    if (!mask && !dataset && !null && !controls->label_is_dataset)
        return;
    char *warning = evaluation->warning;
    say(warning, "AUROC %.2f can't be believed:", evaluation->overall.figures.value[HG_AUROC]);
    if (controls->label_is_dataset)
        say(warning, " no data set has both attacks and normal rows, so that telling the data sets apart would pass for finding attacks;");
    if (mask)
        say(warning, " the mask of missing columns alone reaches %.2f, so that telling apart what a row lacks would pass for finding attacks;",
            controls->mask);
    if (dataset)
        say(warning, " the rows' values tell their data set (%.2f) and the data set tells the label (%.2f), so that telling apart the data sets "
                     "would pass for it;", controls->dataset, controls->label_by_dataset);
    if (null)
        say(warning, " normal rows of %s that pass for %s get %.2f against others of %s where there is nothing to find (0.50);",
            evaluation->kind_names[worst->kind], evaluation->kind_names[worst->mask_of], worst->auroc, evaluation->kind_names[worst->kind]);
    warning[strlen(warning) - 1] = '.';
}

void hg_evaluation_warn(struct hg_evaluation *evaluation)
{
    evaluation->warning[0] = '\0';
    if (isnan(evaluation->overall.figures.value[HG_AUROC]))
        say_undefined(evaluation);
    else
        say_controls(evaluation);
}
