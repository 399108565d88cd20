/* Figures of detectors, a line each: bench_detectors [--quick], or [--matrix FILE COLUMNS] for numbers in, scores out on two threads.
 * To add some: bench/detectors_<name>.c with a function named in detectors.h. */
#include "bench/detectors.h"

#include <stdarg.h>
#include <string.h>

void bench_figure(double value, const char *unit, const char *words, ...)
{
    va_list args;
    va_start(args, words);
    vprintf(words, args);
    va_end(args);
    printf(": %.6g %s\n", value, unit);
    fflush(stdout);
}

void bench_one_event(const char *words, const struct hg_table *table, void (*score)(const void *self, const struct hg_table *row, float *ret),
                     const void *self)
{
    double *us = malloc(BENCH_EVENTS * sizeof *us);
    float one;
    HG_ASSERT(us != NULL);
    for (size_t i = 0; i < BENCH_EVENTS; i++) {
        struct hg_table row = *table;
        row.cells += i * 31 % table->rows;
        row.rows = 1;
        double start = bench_wall_ns();
        score(self, &row, &one);
        us[i] = (bench_wall_ns() - start) / 1e3;
    }
    bench_figure(bench_at(us, BENCH_EVENTS, 0.99), "us", "%s, one event, 99th percentile", words);
    bench_figure(bench_at(us, BENCH_EVENTS, 0.5), "us", "%s, one event, median", words);
    free(us);
}

int main(int argc, char **argv)
{
    struct bench bench = {.quick = argc > 1 && strcmp(argv[1], "--quick") == 0};
    if (argc == 4 && strcmp(argv[1], "--matrix") == 0)
        return bench_matrix(argv[2], strtoul(argv[3], NULL, 10));
    bench_forest(&bench);
    bench_kin(&bench);
    bench_model(&bench);
    bench_ocsvm(&bench);
    return 0;
}
