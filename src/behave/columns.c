#include "behave/columns.h"

#include "base/instant.h"

#include <math.h>

#define COLUMNS    (HG_FEATURE_FIRST_CODE - HG_FEATURE_FIRST_BEHAVIOUR)
#define COLUMN(of) (HG_FEATURE_##of - HG_FEATURE_FIRST_BEHAVIOUR)

static float share(const struct hg_window *window)
{
    return window->known == 0 ? NAN : (float)window->failed / (float)window->known;
}

static float is_new(const struct hg_entity_view *entity, int64_t time_us)
{
    return time_us - entity->first_us < HG_HOUR ? 1 : 0;
}

static void put_source(const struct hg_entity_view *source, int64_t time_us, float *row)
{
    const struct hg_window *windows = source->windows;
    row[COLUMN(src_events_1m)] = (float)windows[HG_SPAN_1M].events;
    row[COLUMN(src_events_1h)] = (float)windows[HG_SPAN_1H].events;
    row[COLUMN(src_targets_10m)] = (float)windows[HG_SPAN_10M].peers;
    row[COLUMN(src_ports_10m)] = (float)windows[HG_SPAN_10M].ports;
    row[COLUMN(src_failed_10m)] = share(&windows[HG_SPAN_10M]);
    row[COLUMN(src_bytes_sent_1h)] = (float)windows[HG_SPAN_1H].bytes_sent;
    row[COLUMN(src_is_new)] = is_new(source, time_us);
}

static void put_target(const struct hg_entity_view *target, int64_t time_us, float *row)
{
    const struct hg_window *windows = target->windows;
    row[COLUMN(dst_events_1m)] = (float)windows[HG_SPAN_1M].events;
    row[COLUMN(dst_events_10m)] = (float)windows[HG_SPAN_10M].events;
    row[COLUMN(dst_sources_1m)] = (float)windows[HG_SPAN_1M].peers;
    row[COLUMN(dst_sources_10m)] = (float)windows[HG_SPAN_10M].peers;
    row[COLUMN(dst_failed_10m)] = share(&windows[HG_SPAN_10M]);
    row[COLUMN(dst_is_new)] = is_new(target, time_us);
}

static void put_pair(const struct hg_entity_view *pair, int64_t time_us, float *row)
{
    const struct hg_window *windows = pair->windows;
    row[COLUMN(pair_events_10m)] = (float)windows[HG_SPAN_10M].events;
    row[COLUMN(pair_events_1h)] = (float)windows[HG_SPAN_1H].events;
    row[COLUMN(pair_ports_10m)] = (float)windows[HG_SPAN_10M].ports;
    row[COLUMN(pair_bytes_sent_1h)] = (float)windows[HG_SPAN_1H].bytes_sent;
    row[COLUMN(pair_interval_1h)] = pair->interval_s;
    row[COLUMN(pair_regularity_1h)] = pair->regularity;
    row[COLUMN(pair_is_new)] = is_new(pair, time_us);
}

void columns_put(const struct hg_context *context, int64_t time_us, struct hg_matrix *matrix, size_t at)
{
    float row[COLUMNS];
    bool watched = time_us - context->since_us >= HG_HOUR; /* nobody can say before the longest window has passed */
    for (int i = 0; i < COLUMNS; i++)
        row[i] = NAN;
    if (watched && context->of[HG_ENTITY_SOURCE].windows != NULL)
        put_source(&context->of[HG_ENTITY_SOURCE], time_us, row);
    if (watched && context->of[HG_ENTITY_TARGET].windows != NULL)
        put_target(&context->of[HG_ENTITY_TARGET], time_us, row);
    if (watched && context->of[HG_ENTITY_PAIR].windows != NULL)
        put_pair(&context->of[HG_ENTITY_PAIR], time_us, row);
    float *cell = hg_matrix_column(matrix, HG_FEATURE_FIRST_BEHAVIOUR) + at;
    for (size_t i = 0; i < COLUMNS; i++, cell += matrix->stride)
        *cell = row[i];
}
