/* A model whole, as `train` makes it by default: gather, prepare, score, p-value, severity; and reasons. */
#include "bench/detectors.h"
#include "detect/model.h"
#include "tests/detect/rows.h"

#define ROWS 65536u

static double rate(const struct hg_model *model, struct hg_score_scratch *scratch, const struct rows *rows, struct hg_score *scores)
{
    double rates[BENCH_ROUNDS];
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        double start = bench_cpu_ns();
        for (int i = 0; i < 4; i++)
            hg_model_score(model, scratch, rows->pointers, rows->n, &rows->matrix, scores);
        rates[round] = 4.0 * ROWS / (bench_cpu_ns() - start) * 1e9;
    }
    return bench_at(rates, BENCH_ROUNDS, 0.5);
}

static struct hg_model *train(const struct rows *rows)
{
    struct hg_trainer *trainer;
    struct hg_model *model;
    enum hg_rc rc = hg_trainer_create(&(struct hg_train_settings){.seed = 1}, &trainer, NULL);
    HG_ASSERT(rc == HG_OK);
    rc = hg_trainer_add(trainer, rows->pointers, rows->n, &rows->matrix, NULL);
    HG_ASSERT(rc == HG_OK);
    double start = bench_cpu_ns();
    rc = hg_trainer_fit(trainer, &model, NULL);
    HG_ASSERT(rc == HG_OK);
    bench_figure((bench_cpu_ns() - start) / 1e6, "ms", "default model, fit of %u events", ROWS);
    hg_trainer_destroy(trainer);
    return model;
}

void bench_model(const struct bench *bench)
{
    (void)bench;
    struct rows rows = rows_flows(ROWS, 1);
    struct hg_model *model = train(&rows);
    struct hg_score_scratch *scratch;
    struct hg_score *scores = calloc(ROWS, sizeof *scores);
    enum hg_rc rc = hg_score_scratch_create(&scratch, NULL);
    HG_ASSERT(scores != NULL && rc == HG_OK);
    bench_figure(rate(model, scratch, &rows, scores), "events/s", "default model");
    double start = bench_cpu_ns();
    for (size_t i = 0; i < BENCH_EVENTS; i++)
        hg_model_explain(model, scratch, rows.pointers[i], i, &rows.matrix, &scores[i]);
    bench_figure((bench_cpu_ns() - start) / 1e3 / BENCH_EVENTS, "us", "default model, explain");
    hg_score_scratch_destroy(scratch);
    hg_model_destroy(model);
    free(scores);
    rows_free(&rows);
}
