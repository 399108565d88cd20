/* How fast detectors score prepared numbers: [NAME...], the ensemble and its kin where none is named. Rows a second on one core
 * (median of 5) and the 99th percentile of one event at a time. */
#include "base/instant.h"
#include "base/rng.h"
#include "detect/neighbour.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS    65536u
#define FITTED  16384u
#define COLUMNS 24u
#define ROUNDS  5
#define EVENTS  20000u

static float cells[ROWS * COLUMNS], scores[ROWS];

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double now_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return 1e9 * (double)at.tv_sec + (double)at.tv_nsec;
}

/* Flags, categories of a few values, and sums: what prepared features look like. */
static void fill(void)
{
    struct hg_rng rng = hg_rng_seeded(1);
    for (size_t c = 0; c < COLUMNS; c++)
        for (size_t i = 0; i < ROWS; i++)
            cells[c * ROWS + i] = c % 3 == 0   ? (float)hg_rng_below(&rng, 2)
                                  : c % 3 == 1 ? (float)hg_rng_below(&rng, 40) * 0.25f
                                               : (float)(hg_rng_unit(&rng) + hg_rng_unit(&rng) + hg_rng_unit(&rng));
}

static double rate(const struct hg_detector *detector, const struct hg_detector_state *state)
{
    double rates[ROUNDS];
    struct hg_table table = {.cells = cells, .rows = ROWS, .columns = COLUMNS, .stride = ROWS};
    for (int round = 0; round < ROUNDS; round++) {
        double start = now_ns();
        detector->score(state, &table, scores);
        rates[round] = ROWS / (now_ns() - start) * 1e3;
    }
    qsort(rates, ROUNDS, sizeof *rates, compare);
    return rates[ROUNDS / 2];
}

static void one_at_a_time(const struct hg_detector *detector, const struct hg_detector_state *state)
{
    static double ns[EVENTS];
    for (size_t i = 0; i < EVENTS; i++) {
        struct hg_table table = {.cells = cells + i, .rows = 1, .columns = COLUMNS, .stride = ROWS};
        double start = now_ns();
        detector->score(state, &table, scores);
        ns[i] = now_ns() - start;
    }
    qsort(ns, EVENTS, sizeof *ns, compare);
    printf("  one event: median %.2f, 99th percentile %.2f microseconds\n", ns[EVENTS / 2] / 1000, ns[EVENTS * 99 / 100] / 1000);
}

static void explanations(const struct hg_detector *detector, const struct hg_detector_state *state)
{
    float row[COLUMNS], shares[COLUMNS];
    double start = now_ns();
    for (size_t i = 0; i < 1000; i++) {
        for (size_t c = 0; c < COLUMNS; c++)
            row[c] = cells[c * ROWS + i];
        detector->explain(state, row, shares);
    }
    printf("  explain: %.1f microseconds\n", (now_ns() - start) / 1e6);
}

/* The neighbour with each of its kernels that runs here. */
static int kernels(void)
{
    static uint32_t rows[FITTED], distances[ROWS];
    struct hg_table table = {.cells = cells, .rows = FITTED, .columns = COLUMNS, .stride = ROWS};
    struct neighbour *neighbour;
    for (uint32_t i = 0; i < FITTED; i++)
        rows[i] = i;
    if (neighbour_fit(&table, rows, FITTED, 1, &neighbour, NULL) != HG_OK)
        return 1;
    for (size_t k = 0; k < neighbour_kernel_count; k++) {
        double rates[ROUNDS];
        table.rows = k + 1 < neighbour_kernel_count ? ROWS : ROWS / 16;
        for (int round = 0; round < ROUNDS && neighbour_kernels[k]->runs_here(); round++) {
            double start = now_ns();
            neighbour_distances_with(neighbour_kernels[k], neighbour, &table, distances);
            rates[round] = (double)table.rows / (now_ns() - start) * 1e3;
        }
        if (!neighbour_kernels[k]->runs_here())
            continue;
        qsort(rates, ROUNDS, sizeof *rates, compare);
        printf("neighbour, %s: %.2f million rows a second a core\n", neighbour_kernels[k]->name, rates[ROUNDS / 2]);
    }
    neighbour_destroy(neighbour);
    return 0;
}

static int measure(const char *name)
{
    const struct hg_detector *detector = hg_detector_named(hg_slice_of(name));
    struct hg_table table = {.cells = cells, .rows = FITTED, .columns = COLUMNS, .stride = ROWS};
    struct hg_detector_state *state;
    struct hg_err err;
    if (detector == NULL)
        return 2;
    double start = now_ns();
    if (detector->fit(&table, &(struct hg_fit_settings){.seed = 1, .contamination = HG_CONTAMINATION}, &state, &err) != HG_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    printf("%s\n  fit of %u x %u: %.1f ms\n", name, FITTED, COLUMNS, (now_ns() - start) / 1e6);
    printf("  score: %.2f million rows a second a core\n", rate(detector, state));
    one_at_a_time(detector, state);
    explanations(detector, state);
    detector->destroy(state);
    return 0;
}

int main(int argc, char **argv)
{
    static const char *const kin[] = {"iforest", "neighbour", "ecod", "ensemble"};
    int status = 0;
    fill();
    for (int i = 1; i < argc && status == 0; i++)
        status = measure(argv[i]);
    for (size_t i = 0; argc == 1 && i < sizeof kin / sizeof *kin && status == 0; i++)
        status = measure(kin[i]);
    return argc == 1 && status == 0 ? kernels() : status;
}
