/* How fast events become features. Prints events a second on one core, median of 5 rounds, in batches of 1,000. */
#include "base/instant.h"
#include "base/rng.h"
#include "feature/feature.h"

#include <stdio.h>
#include <stdlib.h>

#define EVENTS 100000u /* about 25 MB: more than the caches hold */
#define BATCH  1000u
#define ROUNDS 5

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void fill(struct hg_event *event, struct hg_rng *rng)
{
    static const struct hg_slice protocols[] = {HG_SLICE("tcp"), HG_SLICE("udp"), HG_SLICE("icmp")};
    *event = (struct hg_event){
        .time_us = (int64_t)hg_rng_below(rng, UINT64_C(1) << 50),
        .dataset = (uint8_t)hg_rng_below(rng, HG_DATASET_COUNT),
        .direction = (uint8_t)hg_rng_below(rng, 5),
        .tcp_flags = (uint8_t)hg_rng_below(rng, 64),
        .destination_port = (uint16_t)hg_rng_below(rng, 4000),
        .source_ip = hg_ip_v4((uint32_t)hg_rng_next(rng)),
        .destination_ip = hg_ip_v4(0x0a000000u | (uint32_t)hg_rng_below(rng, 65536)),
        .duration = hg_rng_unit(rng) * 60,
        .bytes_sent = (int64_t)hg_rng_below(rng, 100000),
        .bytes_received = (int64_t)hg_rng_below(rng, 100000),
        .packets_sent = (int64_t)hg_rng_below(rng, 100),
        .packets_received = (int64_t)hg_rng_below(rng, 100),
        .protocol = protocols[hg_rng_below(rng, 3)],
    };
    event->protocol_code = hg_code32(event->protocol);
    if (hg_rng_below(rng, 8) == 0)
        hg_event_set_missing(event, HG_FIELD_duration);
}

int main(void)
{
    struct hg_event *events = malloc(EVENTS * sizeof *events);
    const struct hg_event **pointers = malloc(EVENTS * sizeof *pointers);
    struct hg_matrix matrix = {0};
    struct hg_feature_settings settings = hg_feature_settings_default();
    struct hg_rng rng = hg_rng_seeded(1);
    if (events == NULL || pointers == NULL || hg_matrix_reserve(&matrix, BATCH, NULL) != HG_OK)
        return 1;
    for (size_t i = 0; i < EVENTS; i++) {
        fill(&events[i], &rng);
        pointers[i] = &events[i];
    }
    double rates[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = hg_time_monotonic_us();
        for (size_t pass = 0; pass < 20; pass++)
            for (size_t i = 0; i < EVENTS; i += BATCH)
                hg_features(&settings, pointers + i, BATCH, &matrix);
        rates[round] = 20.0 * EVENTS / (double)(hg_time_monotonic_us() - start);
    }
    qsort(rates, ROUNDS, sizeof *rates, compare);
    printf("features: %.1f million events a second a core\n", rates[ROUNDS / 2]);
    hg_matrix_free(&matrix);
    free(events);
    free(pointers);
    return 0;
}
