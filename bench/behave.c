/*
 * What watching behaviour costs: nanoseconds an event on one core, median of 5 rounds, in runs of 4,096, of made-up events of 30,000
 * sources; and the memory that it took. Slow: 2,000 events an hour, as generated logs have them; busy: 1,000 a second; crowded:
 * more sources than there is room for, so that each event gives somebody up.
 */
#include "base/rng.h"
#include "behave/behave.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define RUN    4096u
#define RUNS   100u
#define ROUNDS 5

/* Of this thread: the machine may have other things to do. */
static int64_t spent_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

struct load {
    const char *name;
    uint32_t sources, destinations;
    int64_t step_us; /* mean time between two events */
    bool is_flat;    /* every source as often as any */
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Few do much, many little. */
static uint32_t somebody(struct hg_rng *rng, uint32_t n)
{
    double u = hg_rng_unit(rng);
    return (uint32_t)(u * u * u * n);
}

/* The next run of events, as hot in the caches as a decoder leaves them. */
static void fill(struct hg_event *events, const struct load *load, struct hg_rng *rng, int64_t *clock)
{
    static const uint16_t ports[] = {443, 80, 53, 22, 445, 25, 3389, 8080};
    for (size_t i = 0; i < RUN; i++) {
        *clock += (int64_t)hg_rng_below(rng, 2 * (uint64_t)load->step_us + 1);
        bool odd = hg_rng_below(rng, 10) == 0;
        uint32_t source = load->is_flat ? (uint32_t)hg_rng_below(rng, load->sources) : somebody(rng, load->sources);
        events[i] = (struct hg_event){
            .time_us = *clock,
            .source_ip = hg_ip_v4(0x0a000000u + source),
            .destination_ip = hg_ip_v4(0x0b000000u + somebody(rng, load->destinations)),
            .destination_port = odd ? (uint16_t)hg_rng_below(rng, 65536) : ports[hg_rng_below(rng, 8)],
            .bytes_sent = (int64_t)hg_rng_below(rng, 100000),
            .packets_received = (int64_t)hg_rng_below(rng, 5),
            .kind = HG_SLICE("flow"),
        };
    }
}

static double nanoseconds(struct hg_event *events, const struct load *load, struct hg_matrix *matrix, struct hg_behave_memory *ret_memory)
{
    static struct hg_finding findings[RUN];
    const struct hg_event *pointers[RUN];
    struct hg_behave *behave = NULL;
    struct hg_rng rng = hg_rng_seeded(1);
    int64_t clock = INT64_C(1741258800) * HG_SECOND, spent = 0;
    if (hg_behave_create(NULL, &behave, NULL) != HG_OK)
        exit(1);
    for (size_t run = 0; run < RUNS; run++) {
        fill(events, load, &rng, &clock);
        for (size_t i = 0; i < RUN; i++)
            pointers[i] = &events[i];
        int64_t start = spent_ns();
        (void)hg_behave_run(behave, pointers, RUN, matrix, findings);
        if (run >= RUNS / 2) /* half is for warming up */
            spent += spent_ns() - start;
    }
    *ret_memory = hg_behave_memory(behave);
    hg_behave_destroy(behave);
    return (double)spent / ((RUNS - RUNS / 2) * (double)RUN);
}

int main(void)
{
    static const struct load loads[] = {
        {"slow", 30000, 2000, 1800000, false}, {"busy", 30000, 100, 1000, false}, {"crowded", 4000000, 2000, 1000, true}};
    struct hg_event *events = malloc(RUN * sizeof *events);
    struct hg_matrix matrix = {0};
    if (events == NULL || hg_matrix_reserve(&matrix, RUN, NULL) != HG_OK)
        return 1;
    for (size_t load = 0; load < sizeof loads / sizeof *loads; load++) {
        double times[ROUNDS];
        struct hg_behave_memory memory;
        for (int round = 0; round < ROUNDS; round++)
            times[round] = nanoseconds(events, &loads[load], &matrix, &memory);
        qsort(times, ROUNDS, sizeof *times, compare);
        printf("behave, %s: %.0f ns an event (%.2f million a second), %.1f MiB of %.0f, %llu sources, %llu targets, %llu pairs; given up %llu\n",
               loads[load].name, times[ROUNDS / 2], 1000.0 / times[ROUNDS / 2], (double)memory.bytes / 1048576.0,
               (double)memory.bytes_max / 1048576.0, (unsigned long long)memory.entities[0], (unsigned long long)memory.entities[1],
               (unsigned long long)memory.entities[2], (unsigned long long)(memory.given_up[0] + memory.given_up[1] + memory.given_up[2]));
    }
    hg_matrix_free(&matrix);
    free(events);
    return 0;
}
