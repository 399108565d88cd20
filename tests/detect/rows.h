/* Made-up events and feature rows for the detectors' tests. Directly into the matrix: the features have tests of their
 * own. */
#ifndef HG_TESTS_DETECT_ROWS_H
#define HG_TESTS_DETECT_ROWS_H

#include "base/rng.h"
#include "core/event.h"
#include "core/matrix.h"

#include <math.h>
#include <stdlib.h>

struct rows {
    struct hg_event *events;
    const struct hg_event **pointers;
    struct hg_matrix matrix;
    size_t n;
};

static inline struct rows rows_create(size_t n)
{
    struct rows rows = {.events = calloc(n, sizeof *rows.events), .pointers = calloc(n, sizeof *rows.pointers), .n = n};
    HG_ASSERT(rows.events != NULL && rows.pointers != NULL);
    HG_ASSERT(hg_matrix_reserve(&rows.matrix, n, NULL) == HG_OK);
    for (size_t i = 0; i < n; i++) {
        rows.pointers[i] = &rows.events[i];
        for (int f = 0; f < HG_FEATURE_FIRST_CODE; f++)
            hg_matrix_column(&rows.matrix, (enum hg_feature)f)[i] = NAN;
        for (int f = HG_FEATURE_FIRST_CODE; f < HG_FEATURE_COUNT; f++)
            hg_matrix_codes(&rows.matrix, (enum hg_feature)f)[i] = 0;
    }
    return rows;
}

static inline void rows_free(struct rows *rows)
{
    free(rows->events);
    free(rows->pointers);
    hg_matrix_free(&rows->matrix);
}

static inline void rows_set(struct rows *rows, size_t i, enum hg_feature feature, float value)
{
    hg_matrix_column(&rows->matrix, feature)[i] = value;
}

static inline void rows_set_code(struct rows *rows, size_t i, enum hg_feature feature, uint32_t code)
{
    hg_matrix_codes(&rows->matrix, feature)[i] = code;
}

static inline float rows_heavy(struct hg_rng *rng) /* from 1 to about 1e6 */
{
    return (float)exp(hg_rng_unit(rng) * hg_rng_unit(rng) * 14);
}

/* A flow like many: heavy tails, a few ports, flags; a tenth without duration and so without rates. */
static inline void rows_fill_flow(struct rows *rows, size_t i, struct hg_rng *rng)
{
    static const uint32_t ports[] = {80, 443, 22, 53, 8080};
    struct hg_event *event = &rows->events[i];
    event->dataset = HG_DATASET_suricata;
    event->kind = HG_SLICE("flow");
    event->time_us = INT64_C(1700000000000000) + (int64_t)i * HG_SECOND;
    uint32_t port = ports[hg_rng_below(rng, 5)];
    bool instant = hg_rng_below(rng, 10) == 0;
    float duration = instant ? 0 : rows_heavy(rng) / 100, bytes = 40 * rows_heavy(rng), packets = ceilf(bytes / 700);
    event->destination_port = (uint16_t)port;
    rows_set(rows, i, HG_FEATURE_duration, duration);
    rows_set(rows, i, HG_FEATURE_total_bytes, bytes);
    rows_set(rows, i, HG_FEATURE_total_packets, packets);
    rows_set(rows, i, HG_FEATURE_bytes_per_packet, bytes / packets);
    rows_set(rows, i, HG_FEATURE_bytes_ratio, (float)hg_rng_unit(rng));
    rows_set(rows, i, HG_FEATURE_packets_ratio, (float)hg_rng_unit(rng));
    if (!instant) {
        rows_set(rows, i, HG_FEATURE_bytes_per_second, bytes / duration);
        rows_set(rows, i, HG_FEATURE_packets_per_second, packets / duration);
    }
    rows_set(rows, i, HG_FEATURE_hour, (float)(i / 3600 % 24));
    for (int f = HG_FEATURE_flag_syn; f <= HG_FEATURE_flag_psh; f++)
        rows_set(rows, i, (enum hg_feature)f, (float)hg_rng_below(rng, 2));
    rows_set(rows, i, HG_FEATURE_src_is_private, (float)hg_rng_below(rng, 2));
    rows_set(rows, i, HG_FEATURE_dst_is_private, 1);
    rows_set(rows, i, HG_FEATURE_dst_port_is_common, port != 8080);
    rows_set_code(rows, i, HG_FEATURE_port_rarity, port + 1);
    rows_set_code(rows, i, HG_FEATURE_protocol_rarity, hg_rng_below(rng, 8) == 0 ? 17 : 6);
    rows_set_code(rows, i, HG_FEATURE_kind_rarity, 1);
    rows_set_code(rows, i, HG_FEATURE_application_rarity, 100 + (uint32_t)hg_rng_below(rng, 6));
    rows_set(rows, i, HG_FEATURE_direction, (float)hg_rng_below(rng, 3));
    rows_set(rows, i, HG_FEATURE_is_internal, (float)hg_rng_below(rng, 2));
}

static inline struct rows rows_flows(size_t n, uint64_t seed)
{
    struct rows rows = rows_create(n);
    struct hg_rng rng = hg_rng_seeded(seed);
    for (size_t i = 0; i < n; i++)
        rows_fill_flow(&rows, i, &rng);
    return rows;
}

#endif
