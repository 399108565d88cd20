/* How fast a model scores flows, whole: gather, 100 trees a row, severity. Prints rows a second on one core, median
 * of 5. */
#include "base/instant.h"
#include "detect/model.h"
#include "tests/detect/rows.h"

#include <stdio.h>

#define ROWS   65536u
#define ROUNDS 5

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    struct rows rows = rows_flows(ROWS, 1);
    struct hg_trainer *trainer;
    struct hg_model *model;
    struct hg_score_scratch *scratch;
    struct hg_score *scores = calloc(ROWS, sizeof *scores);
    if (scores == NULL || hg_trainer_create(&(struct hg_train_settings){.seed = 1}, &trainer, NULL) != HG_OK ||
        hg_trainer_add(trainer, rows.pointers, rows.n, &rows.matrix, NULL) != HG_OK)
        return 1;
    int64_t start = hg_time_monotonic_us();
    if (hg_trainer_fit(trainer, &model, NULL) != HG_OK || hg_score_scratch_create(&scratch, NULL) != HG_OK)
        return 1;
    printf("fit of %u rows: %.0f ms\n", ROWS, (double)(hg_time_monotonic_us() - start) / 1000);
    double rates[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        start = hg_time_monotonic_us();
        for (int i = 0; i < 4; i++)
            hg_model_score(model, scratch, rows.pointers, rows.n, &rows.matrix, scores);
        rates[round] = 4.0 * ROWS / (double)(hg_time_monotonic_us() - start);
    }
    qsort(rates, ROUNDS, sizeof *rates, compare);
    printf("score: %.2f million rows a second a core (%u columns)\n", rates[ROUNDS / 2], (unsigned)scores[0].columns);
    start = hg_time_monotonic_us();
    for (size_t i = 0; i < 20000; i++)
        hg_model_explain(model, scratch, rows.pointers[i], i, &rows.matrix, &scores[i]);
    printf("explain: %.2f microseconds an event\n", (double)(hg_time_monotonic_us() - start) / 20000);
    hg_score_scratch_destroy(scratch);
    hg_model_destroy(model);
    hg_trainer_destroy(trainer);
    free(scores);
    rows_free(&rows);
    return 0;
}
