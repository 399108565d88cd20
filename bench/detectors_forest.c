/* The isolation forest: each kernel from codes, numbers in and scores out, one event at a time, fitting. */
#include "bench/detectors.h"
#include "detect/iforest.h"

#define EVENTS 20000u

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
        rates[round] = (double)rows / (bench_cpu_ns() - start) * 1e3;
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
        printf("forest %s, %s: %.2f million rows a second a core from codes, ", name, kernel->name,
               rate_of(kernel, forest, &coded, rows, scores));
        printf("%.2f from numbers\n", rate_of(kernel, forest, &numbers, rows, scores));
    }
    free(codes);
}

static void one_event(const char *name, const struct forest *forest, const struct hg_table *table, float *scores)
{
    double *ns = malloc(EVENTS * sizeof *ns);
    HG_ASSERT(ns != NULL);
    for (size_t i = 0; i < EVENTS; i++) {
        struct hg_table row = *table;
        row.cells += i * 31 % table->rows;
        row.rows = 1;
        double start = bench_wall_ns();
        forest_score(forest, &row, scores);
        ns[i] = bench_wall_ns() - start;
    }
    double p99 = bench_at(ns, EVENTS, 0.99);
    printf("forest %s, one event: median %.2f, 99th percentile %.2f microseconds\n", name, ns[EVENTS / 2] / 1e3, p99 / 1e3);
    free(ns);
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
    printf("forest %s, explain: %.2f microseconds\n", name, (bench_cpu_ns() - start) / 2e6);
}

static void fits(const char *name, const struct forest_settings *settings, const struct hg_table *table)
{
    double ms[BENCH_ROUNDS];
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        double start = bench_cpu_ns();
        forest_destroy(fitted(table, settings));
        ms[round] = (bench_cpu_ns() - start) / 1e6;
    }
    printf("forest %s, fit of %zu x %zu: %.2f ms\n", name, table->rows, table->columns, bench_at(ms, BENCH_ROUNDS, 0.5));
}

void bench_forest(const struct bench *bench)
{
    static const struct {
        const char *name;
        struct forest_settings settings;
    } sizes[] = {{"100 x 256", {100, 256, 8}}, {"100 x 1024", {100, 1024, 10}}};
    struct hg_table large = bench_table(bench->quick ? 100000 : 1000000, 1), some = bench_table(bench->quick ? 65536 : 262144, 2);
    float *scores = malloc(some.rows * sizeof *scores);
    HG_ASSERT(scores != NULL);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        struct forest *forest = fitted(&large, &sizes[s].settings);
        printf("forest %s: %u nodes, %s\n", sizes[s].name, forest->n_nodes, forest->slices != NULL ? "sliced" : "too many tests");
        kernels(sizes[s].name, forest, &some, scores);
        one_event(sizes[s].name, forest, &some, scores);
        explanations(sizes[s].name, forest, &some);
        fits(sizes[s].name, &sizes[s].settings, &large);
        forest_destroy(forest);
    }
    free(scores);
    bench_free(&large);
    bench_free(&some);
}
