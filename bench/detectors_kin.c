/* The default ensemble, its members and ECOD behind the detectors' interface, from prepared numbers; the neighbour's kernels. */
#include "bench/detectors.h"
#include "detect/neighbour.h"

#define FITTED 16384u

struct fitted {
    const struct hg_detector *detector;
    struct hg_detector_state *state;
};

static void rate(const struct fitted *fitted, const struct hg_table *table, float *scores)
{
    double rates[BENCH_ROUNDS];
    for (int round = 0; round < BENCH_ROUNDS; round++) {
        double start = bench_cpu_ns();
        fitted->detector->score(fitted->state, table, scores);
        rates[round] = (double)table->rows / (bench_cpu_ns() - start) * 1e9;
    }
    bench_figure(bench_at(rates, BENCH_ROUNDS, 0.5), "rows/s", "%s, from numbers", fitted->detector->name);
}

static void score_one(const void *self, const struct hg_table *row, float *ret)
{
    const struct fitted *fitted = self;
    fitted->detector->score(fitted->state, row, ret);
}

static void explanations(const struct fitted *fitted, const struct hg_table *table)
{
    float row[BENCH_COLUMNS], shares[BENCH_COLUMNS];
    double start = bench_cpu_ns();
    for (size_t i = 0; i < 1000; i++) {
        for (size_t c = 0; c < BENCH_COLUMNS; c++)
            row[c] = table->cells[c * table->stride + i];
        fitted->detector->explain(fitted->state, row, shares);
    }
    bench_figure((bench_cpu_ns() - start) / 1e6, "us", "%s, explain", fitted->detector->name);
}

static void measure(const char *name, const struct hg_table *table, float *scores)
{
    struct fitted fitted = {.detector = hg_detector_named(hg_slice_of(name))};
    struct hg_table learnt = *table;
    struct hg_err err;
    learnt.rows = FITTED;
    double start = bench_cpu_ns();
    if (fitted.detector->fit(&learnt, &(struct hg_fit_settings){.seed = 1, .contamination = HG_CONTAMINATION}, &fitted.state, &err) != HG_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(1);
    }
    bench_figure((bench_cpu_ns() - start) / 1e6, "ms", "%s, fit of %u x %u", name, FITTED, BENCH_COLUMNS);
    rate(&fitted, table, scores);
    bench_one_event(name, table, score_one, &fitted);
    explanations(&fitted, table);
    fitted.detector->destroy(fitted.state);
}

static void neighbour_kernels_of(struct hg_table table)
{
    static uint32_t rows[FITTED];
    struct neighbour *neighbour;
    size_t all = table.rows;
    uint32_t *distances = malloc(all * sizeof *distances);
    for (uint32_t i = 0; i < FITTED; i++)
        rows[i] = i;
    table.rows = FITTED;
    HG_ASSERT(distances != NULL && neighbour_fit(&table, rows, FITTED, 1, &neighbour, NULL) == HG_OK);
    for (size_t k = 0; k < neighbour_kernel_count; k++) {
        double rates[BENCH_ROUNDS];
        if (!neighbour_kernels[k]->runs_here())
            continue;
        table.rows = k + 1 < neighbour_kernel_count ? all : all / 16; /* the portable one is slow */
        for (int round = 0; round < BENCH_ROUNDS; round++) {
            double start = bench_cpu_ns();
            neighbour_distances_with(neighbour_kernels[k], neighbour, &table, distances);
            rates[round] = (double)table.rows / (bench_cpu_ns() - start) * 1e9;
        }
        bench_figure(bench_at(rates, BENCH_ROUNDS, 0.5), "rows/s", "neighbour, %s", neighbour_kernels[k]->name);
    }
    neighbour_destroy(neighbour);
    free(distances);
}

void bench_kin(const struct bench *bench)
{
    static const char *const kin[] = {"ensemble", "iforest", "neighbour", "ecod"};
    struct hg_table table = bench_table(bench->quick ? 65536 : 262144, 1);
    float *scores = malloc(table.rows * sizeof *scores);
    HG_ASSERT(scores != NULL);
    for (size_t i = 0; i < sizeof kin / sizeof *kin; i++)
        measure(kin[i], &table, scores);
    neighbour_kernels_of(table);
    free(scores);
    bench_free(&table);
}
