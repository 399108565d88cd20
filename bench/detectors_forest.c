/* The isolation forest: each kernel from codes, numbers in and scores out, one event at a time, fitting. */
#include "bench/detectors.h"
#include "detect/iforest.h"

static struct forest *fitted(const struct hg_table *table, const struct forest_settings *settings)
{
    struct forest *forest = NULL;
    struct hg_err err;
    if (forest_fit(table, settings, 1, &forest, &err) != HG_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    return forest;
}

static double rate_of(const struct forest_kernel *kernel, const struct forest *forest, const struct forest_source *source,
                      size_t rows, float *scores)
{
    double rates[BENCH_ROUNDS];
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        double start = bench_cpu_ns();
        forest_score_with(kernel, forest, source, rows, scores);
        rates[round] = (double)rows / (bench_cpu_ns() - start) * 1e9;
    }
    return bench_at(rates, BENCH_ROUNDS, 0.5);
}

static void kernels(const char *name, const struct forest *forest, const struct hg_table *table, float *scores)
{
    uint8_t *codes = malloc(table->rows * table->columns);
    HG_ASSERT(codes != NULL);
    forest_code(forest, table, table->rows, codes);
    struct forest_source coded = {.codes = codes, .stride = table->rows}, numbers = {.table = table};
    for (size_t k = 0; k < forest_kernel_count; k++) {
        const struct forest_kernel *kernel = forest_kernels[k];
        if (!kernel->runs_here())
            continue;
        size_t rows = kernel->sums != NULL ? table->rows : table->rows / 8;
        bench_figure(rate_of(kernel, forest, &coded, rows, scores), "rows/s", "%s, %s, from codes", name, kernel->name);
        bench_figure(rate_of(kernel, forest, &numbers, rows, scores), "rows/s", "%s, %s, from numbers", name, kernel->name);
    }
    free(codes);
}

static void score_one(const void *self, const struct hg_table *row, float *ret)
{
    forest_score(self, row, ret);
}

static void explanations(const char *name, const struct forest *forest, const struct hg_table *table)
{
    float row[BENCH_COLUMNS], shares[BENCH_COLUMNS];
    double start = bench_cpu_ns();
    for (size_t i = 0; i < 2000; i++) {
        for (size_t c = 0; c < BENCH_COLUMNS; c++)
            row[c] = table->cells[c * table->stride + i];
        forest_explain(forest, row, shares);
    }
    bench_figure((bench_cpu_ns() - start) / 2e6, "us", "%s, explain", name);
}

static void fits(const char *name, const struct forest_settings *settings, const struct hg_table *table)
{
    double ms[BENCH_ROUNDS];
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        double start = bench_cpu_ns();
        forest_destroy(fitted(table, settings));
        ms[round] = (bench_cpu_ns() - start) / 1e6;
    }
    bench_figure(bench_at(ms, BENCH_ROUNDS, 0.5), "ms", "%s, fit of %zu x %zu", name, table->rows, table->columns);
}

void bench_forest(const struct bench *bench)
{
    static const struct {
        const char *name;
        struct forest_settings settings;
    } sizes[] = {{"forest 100 x 256", {100, 256, 8}}, {"forest 100 x 1024", {100, 1024, 10}}};
    struct hg_table large = bench_table(1000000, 1), some = bench_table(bench->quick ? 65536 : 262144, 2);
    float *scores = malloc(some.rows * sizeof *scores);
    HG_ASSERT(scores != NULL);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct forest *forest = fitted(&large, &sizes[s].settings);
        kernels(sizes[s].name, forest, &some, scores);
        bench_one_event(sizes[s].name, &some, score_one, forest);
        explanations(sizes[s].name, forest, &some);
        fits(sizes[s].name, &sizes[s].settings, &large);
        forest_destroy(forest);
    }
    free(scores);
    bench_free(&large);
    bench_free(&some);
}
