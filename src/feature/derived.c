#include "feature/feature.h"

#include <math.h>

/*
 * Rows are taken a run at a time: the events' scattered fields are first gathered into short arrays, then each column
 * is one loop without branches over them. NaN carries "missing" through the arithmetic, so that no column tests for it.
 */
#define RUN_ROWS 128

struct run {
    double duration[RUN_ROWS], sent[RUN_ROWS], received[RUN_ROWS], packets_sent[RUN_ROWS], packets_received[RUN_ROWS];
    float hour[RUN_ROWS], weekday[RUN_ROWS];
    float flags_known[RUN_ROWS]; /* 0, or NaN where the flags of a TCP event are missing */
    uint8_t flags[RUN_ROWS];
    float src_private[RUN_ROWS], dst_private[RUN_ROWS], common_port[RUN_ROWS], direction[RUN_ROWS];
};

struct hg_feature_settings hg_feature_settings_default(void)
{
    struct hg_feature_settings settings = {0};
    settings.local_zone_us[HG_DATASET_iscx] = -3 * HG_HOUR;
    return settings;
}

/* Keeps infinity (a zero denominator) and what float can't hold out of the matrix. */
static inline float cell_of(double value)
{
    float x = (float)value;
    return x - x == 0.0f ? x : NAN;
}

static double number(const struct hg_event *event, enum hg_field field, double value)
{
    return hg_event_has(event, field) ? value : (double)NAN;
}

static float yes_no(const struct hg_event *event, enum hg_field field, bool value)
{
    return hg_event_has(event, field) ? (float)value : NAN;
}

static bool port_is_common(uint16_t port)
{
    switch (port) {
    case 21:
    case 22:
    case 25:
    case 53:
    case 80:
    case 443:
    case 3389:
        return true;
    default:
        return false;
    }
}

static void gather_clock(const struct hg_feature_settings *settings, const struct hg_event *event, size_t i,
                         struct run *run)
{
    run->hour[i] = run->weekday[i] = NAN;
    if (!hg_event_has(event, HG_FIELD_event_time))
        return;
    int hour, weekday;
    hg_time_clock(event->time_us, settings->local_zone_us[event->dataset], &hour, &weekday);
    run->hour[i] = (float)hour;
    run->weekday[i] = (float)weekday;
}

static void gather_flags(const struct hg_event *event, uint32_t tcp_code, size_t i, struct run *run)
{
    bool has = hg_event_has(event, HG_FIELD_tcp_flags);
    bool may_be_tcp = event->protocol_code == tcp_code || event->protocol_code == 0;
    run->flags[i] = has && may_be_tcp ? event->tcp_flags : 0;
    run->flags_known[i] = has || !may_be_tcp ? 0.0f : NAN;
}

static void gather(const struct hg_feature_settings *settings, const struct hg_event *const *events, size_t n,
                   struct run *run)
{
    const uint32_t tcp_code = hg_code32(HG_SLICE("tcp"));
    for (size_t i = 0; i < n; i++) {
        const struct hg_event *event = events[i];
        run->duration[i] = number(event, HG_FIELD_duration, event->duration);
        run->sent[i] = number(event, HG_FIELD_bytes_sent, (double)event->bytes_sent);
        run->received[i] = number(event, HG_FIELD_bytes_received, (double)event->bytes_received);
        run->packets_sent[i] = number(event, HG_FIELD_packets_sent, (double)event->packets_sent);
        run->packets_received[i] = number(event, HG_FIELD_packets_received, (double)event->packets_received);
        gather_clock(settings, event, i, run);
        gather_flags(event, tcp_code, i, run);
        run->src_private[i] = yes_no(event, HG_FIELD_source_ip, hg_ip_is_private(&event->source_ip));
        run->dst_private[i] = yes_no(event, HG_FIELD_destination_ip, hg_ip_is_private(&event->destination_ip));
        run->common_port[i] = yes_no(event, HG_FIELD_destination_port, port_is_common(event->destination_port));
        run->direction[i] = event->direction < HG_DIRECTION_NONE ? (float)event->direction : NAN;
    }
}

static void amounts(const struct run *run, size_t n, struct hg_matrix *matrix, size_t row)
{
    float *duration = hg_matrix_column(matrix, HG_FEATURE_duration) + row;
    float *bytes = hg_matrix_column(matrix, HG_FEATURE_total_bytes) + row;
    float *packets = hg_matrix_column(matrix, HG_FEATURE_total_packets) + row;
    float *byte_rate = hg_matrix_column(matrix, HG_FEATURE_bytes_per_second) + row;
    float *packet_rate = hg_matrix_column(matrix, HG_FEATURE_packets_per_second) + row;
    float *size = hg_matrix_column(matrix, HG_FEATURE_bytes_per_packet) + row;
    float *byte_ratio = hg_matrix_column(matrix, HG_FEATURE_bytes_ratio) + row;
    float *packet_ratio = hg_matrix_column(matrix, HG_FEATURE_packets_ratio) + row;
    for (size_t i = 0; i < n; i++) {
        duration[i] = cell_of(run->duration[i]);
        bytes[i] = cell_of(run->sent[i] + run->received[i]);
        packets[i] = cell_of(run->packets_sent[i] + run->packets_received[i]);
    }
    for (size_t i = 0; i < n; i++) {
        byte_rate[i] = cell_of((run->sent[i] + run->received[i]) / run->duration[i]);
        packet_rate[i] = cell_of((run->packets_sent[i] + run->packets_received[i]) / run->duration[i]);
    }
    for (size_t i = 0; i < n; i++)
        size[i] = cell_of((run->sent[i] + run->received[i]) / (run->packets_sent[i] + run->packets_received[i]));
    for (size_t i = 0; i < n; i++) {
        byte_ratio[i] = cell_of(run->sent[i] / (run->sent[i] + run->received[i]));
        packet_ratio[i] = cell_of(run->packets_sent[i] / (run->packets_sent[i] + run->packets_received[i]));
    }
}

static void clocks(const struct run *run, size_t n, struct hg_matrix *matrix, size_t row)
{
    float *hour = hg_matrix_column(matrix, HG_FEATURE_hour) + row;
    float *weekday = hg_matrix_column(matrix, HG_FEATURE_day_of_week) + row;
    float *weekend = hg_matrix_column(matrix, HG_FEATURE_is_weekend) + row;
    float *business = hg_matrix_column(matrix, HG_FEATURE_is_business_hours) + row;
    for (size_t i = 0; i < n; i++) {
        float unknown = run->hour[i] - run->hour[i]; /* 0 or NaN */
        hour[i] = run->hour[i];
        weekday[i] = run->weekday[i];
        weekend[i] = (run->weekday[i] >= 5.0f ? 1.0f : 0.0f) + unknown;
        business[i] = (run->hour[i] >= 9.0f && run->hour[i] <= 17.0f && run->weekday[i] < 5.0f ? 1.0f : 0.0f) + unknown;
    }
}

static void flags(const struct run *run, size_t n, struct hg_matrix *matrix, size_t row)
{
    static const struct {
        enum hg_feature feature;
        uint8_t bit;
    } columns[] = {{HG_FEATURE_flag_syn, HG_TCP_SYN},
                   {HG_FEATURE_flag_ack, HG_TCP_ACK},
                   {HG_FEATURE_flag_fin, HG_TCP_FIN},
                   {HG_FEATURE_flag_rst, HG_TCP_RST},
                   {HG_FEATURE_flag_psh, HG_TCP_PSH}};
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        float *column = hg_matrix_column(matrix, columns[c].feature) + row;
        for (size_t i = 0; i < n; i++)
            column[i] = ((run->flags[i] & columns[c].bit) != 0 ? 1.0f : 0.0f) + run->flags_known[i];
    }
}

static void places(const struct run *run, size_t n, struct hg_matrix *matrix, size_t row)
{
    float *src = hg_matrix_column(matrix, HG_FEATURE_src_is_private) + row;
    float *dst = hg_matrix_column(matrix, HG_FEATURE_dst_is_private) + row;
    float *internal = hg_matrix_column(matrix, HG_FEATURE_is_internal) + row;
    float *common = hg_matrix_column(matrix, HG_FEATURE_dst_port_is_common) + row;
    float *direction = hg_matrix_column(matrix, HG_FEATURE_direction) + row;
    for (size_t i = 0; i < n; i++) {
        src[i] = run->src_private[i];
        dst[i] = run->dst_private[i];
        internal[i] = run->src_private[i] * run->dst_private[i];
        common[i] = run->common_port[i];
        direction[i] = run->direction[i];
    }
}

/* The kind of an event as the models see it. That Suricata raised an alert is its verdict, not a property of the traffic: told
 * to a model it would be the answer. */
static uint32_t kind_code(const struct hg_event *event)
{
    bool verdict = event->dataset == HG_DATASET_suricata && hg_slice_is(event->kind, "alert");
    return verdict ? 0 : event->kind_code;
}

static void codes(const struct hg_event *const *events, size_t n, struct hg_matrix *matrix, size_t row)
{
    uint32_t *protocol = hg_matrix_codes(matrix, HG_FEATURE_protocol_rarity) + row;
    uint32_t *application = hg_matrix_codes(matrix, HG_FEATURE_application_rarity) + row;
    uint32_t *port = hg_matrix_codes(matrix, HG_FEATURE_port_rarity) + row;
    uint32_t *kind = hg_matrix_codes(matrix, HG_FEATURE_kind_rarity) + row;
    for (size_t i = 0; i < n; i++) {
        const struct hg_event *event = events[i];
        protocol[i] = event->protocol_code;
        application[i] = event->application_code;
        port[i] = hg_event_has(event, HG_FIELD_destination_port) ? event->destination_port + 1u : 0;
        kind[i] = kind_code(event);
    }
}

void hg_features(const struct hg_feature_settings *settings, const struct hg_event *const *events, size_t n,
                 struct hg_matrix *matrix)
{
    HG_ASSERT(n <= matrix->stride);
    for (size_t row = 0; row < n; row += RUN_ROWS) {
        size_t rows = n - row < RUN_ROWS ? n - row : RUN_ROWS;
        struct run run;
        gather(settings, events + row, rows, &run);
        amounts(&run, rows, matrix, row);
        clocks(&run, rows, matrix, row);
        flags(&run, rows, matrix, row);
        places(&run, rows, matrix, row);
        codes(events + row, rows, matrix, row);
    }
}
