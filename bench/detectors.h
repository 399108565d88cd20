/* What the benchmarks of detectors share: rows as prepared features look like, medians, and the form of a figure. */
#ifndef HG_BENCH_DETECTORS_H
#define HG_BENCH_DETECTORS_H

#include "base/rng.h"
#include "detect/detect.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BENCH_ROUNDS  5
#define BENCH_EVENTS  20000u
#define BENCH_COLUMNS 24u

struct bench {
    bool quick; /* fewer rows */
};
/* A set of figures each: bench/detectors_<name>.c has it, main in bench/detectors.c calls it. */
void bench_forest(const struct bench *bench);
void bench_kin(const struct bench *bench);
void bench_model(const struct bench *bench);
void bench_ocsvm(const struct bench *bench);
/* Not among them: numbers of a file in, scores out, on two threads. */
int bench_matrix(const char *path, size_t columns);

/* The median and the 99th percentile of events that are scored one at a time. */
void bench_one_event(const char *words, const struct hg_table *table, void (*score)(const void *self, const struct hg_table *row, float *ret),
                     const void *self);
/* One line: words, colon, value, unit. bench/run.py reads them. */
__attribute__((format(printf, 3, 4))) void bench_figure(double value, const char *unit, const char *words, ...);

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static inline double bench_cpu_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at); /* others may be at work on the machine */
    return 1e9 * (double)at.tv_sec + (double)at.tv_nsec;
}

static inline double bench_wall_ns(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return 1e9 * (double)at.tv_sec + (double)at.tv_nsec;
}

static inline double bench_at(double *values, size_t n, double quantile)
{
    qsort(values, n, sizeof *values, bench_compare);
    return values[(size_t)(quantile * (double)(n - 1))];
}

/* Column-major, its stride its rows. */
static inline struct hg_table bench_table(size_t rows, uint64_t seed)
{
    struct hg_rng rng = hg_rng_seeded(seed);
    float *cells = malloc(rows * BENCH_COLUMNS * sizeof *cells);
    HG_ASSERT(cells != NULL);
    for (size_t c = 0; c < BENCH_COLUMNS; c++)
        for (size_t i = 0; i < rows; i++)
            cells[c * rows + i] = c % 6 == 0   ? (float)hg_rng_below(&rng, 2)
                                  : c % 6 == 1 ? (float)hg_rng_below(&rng, 40) * 0.25f
                                               : (float)(hg_rng_unit(&rng) + hg_rng_unit(&rng) + hg_rng_unit(&rng));
    return (struct hg_table){.cells = cells, .rows = rows, .columns = BENCH_COLUMNS, .stride = rows};
}

static inline void bench_free(struct hg_table *table)
{
    free((void *)(uintptr_t)table->cells);
}

#endif
