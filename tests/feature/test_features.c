#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/rng.h"
#include "feature/feature.h"

#include <math.h>
#include <stdlib.h>

/* A TCP flow that has every field, on Wednesday 2025-01-08 at 21:13:31 UTC. */
static struct hg_event whole_event(void)
{
    struct hg_event event = {
        .time_us = INT64_C(1736370811) * HG_SECOND,
        .dataset = HG_DATASET_suricata,
        .direction = HG_INBOUND,
        .tcp_flags = HG_TCP_SYN | HG_TCP_ACK | HG_TCP_PSH,
        .destination_port = 443,
        .source_ip = hg_ip_v4(0xc0000201),      /* 192.0.2.1 */
        .destination_ip = hg_ip_v4(0x0a000001), /* 10.0.0.1 */
        .duration = 4,
        .bytes_sent = 300,
        .bytes_received = 900,
        .packets_sent = 6,
        .packets_received = 2,
        .protocol = HG_SLICE("tcp"),
    };
    event.protocol_code = hg_code32(event.protocol);
    event.application_code = 77;
    event.kind_code = 88;
    return event;
}

static struct hg_matrix features_of(const struct hg_event *event)
{
    struct hg_matrix matrix = {0};
    struct hg_feature_settings settings = hg_feature_settings_default();
    assert_int_equal(hg_matrix_reserve(&matrix, 1, NULL), HG_OK);
    for (int f = HG_FEATURE_FIRST_BEHAVIOUR; f < HG_FEATURE_FIRST_CODE; f++)
        hg_matrix_column(&matrix, (enum hg_feature)f)[0] = NAN; /* another stage's */
    hg_features(&settings, &event, 1, &matrix);
    return matrix;
}

static float feature_of(const struct hg_event *event, enum hg_feature feature)
{
    struct hg_matrix matrix = features_of(event);
    float value = hg_matrix_column(&matrix, feature)[0];
    hg_matrix_free(&matrix);
    return value;
}

static uint32_t code_of(const struct hg_event *event, enum hg_feature feature)
{
    struct hg_matrix matrix = features_of(event);
    uint32_t code = hg_matrix_codes(&matrix, feature)[0];
    hg_matrix_free(&matrix);
    return code;
}

#define ASSERT_FEATURE(event, name, expected) assert_true(feature_of(event, HG_FEATURE_##name) == (float)(expected))
#define ASSERT_MISSING(event, name)           assert_true(isnan(feature_of(event, HG_FEATURE_##name)))

static void test_whole(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    ASSERT_FEATURE(&event, duration, 4);
    ASSERT_FEATURE(&event, total_bytes, 1200);
    ASSERT_FEATURE(&event, total_packets, 8);
    ASSERT_FEATURE(&event, bytes_per_second, 300);
    ASSERT_FEATURE(&event, packets_per_second, 2);
    ASSERT_FEATURE(&event, bytes_per_packet, 150);
    ASSERT_FEATURE(&event, bytes_ratio, 0.25);
    ASSERT_FEATURE(&event, packets_ratio, 0.75);
    ASSERT_FEATURE(&event, hour, 21);
    ASSERT_FEATURE(&event, day_of_week, 2);
    ASSERT_FEATURE(&event, is_weekend, 0);
    ASSERT_FEATURE(&event, is_business_hours, 0);
    ASSERT_FEATURE(&event, flag_syn, 1);
    ASSERT_FEATURE(&event, flag_ack, 1);
    ASSERT_FEATURE(&event, flag_fin, 0);
    ASSERT_FEATURE(&event, flag_rst, 0);
    ASSERT_FEATURE(&event, flag_psh, 1);
    ASSERT_FEATURE(&event, src_is_private, 0);
    ASSERT_FEATURE(&event, dst_is_private, 1);
    ASSERT_FEATURE(&event, is_internal, 0);
    ASSERT_FEATURE(&event, dst_port_is_common, 1);
    ASSERT_FEATURE(&event, direction, 2);
    assert_int_equal(code_of(&event, HG_FEATURE_protocol_rarity), hg_code32(HG_SLICE("tcp")));
    assert_int_equal(code_of(&event, HG_FEATURE_application_rarity), 77);
    assert_int_equal(code_of(&event, HG_FEATURE_port_rarity), 444);
    assert_int_equal(code_of(&event, HG_FEATURE_kind_rarity), 88);
}

static void test_missing_counters(void **state)
{
    (void)state;
    static const enum hg_field bytes[] = {HG_FIELD_bytes_sent, HG_FIELD_bytes_received};
    for (int i = 0; i < 2; i++) { /* one direction alone is no total */
        struct hg_event event = whole_event();
        hg_event_set_missing(&event, bytes[i]);
        ASSERT_MISSING(&event, total_bytes);
        ASSERT_MISSING(&event, bytes_per_second);
        ASSERT_MISSING(&event, bytes_per_packet);
        ASSERT_MISSING(&event, bytes_ratio);
        ASSERT_FEATURE(&event, total_packets, 8);
    }
    struct hg_event event = whole_event();
    hg_event_set_missing(&event, HG_FIELD_packets_received);
    ASSERT_MISSING(&event, total_packets);
    ASSERT_MISSING(&event, packets_per_second);
    ASSERT_MISSING(&event, bytes_per_packet);
    ASSERT_MISSING(&event, packets_ratio);
    ASSERT_FEATURE(&event, total_bytes, 1200);
}

static void test_zero_denominators(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    event.duration = 0;
    ASSERT_FEATURE(&event, duration, 0);
    ASSERT_MISSING(&event, bytes_per_second);
    ASSERT_MISSING(&event, packets_per_second);
    ASSERT_FEATURE(&event, bytes_per_packet, 150);
    hg_event_set_missing(&event, HG_FIELD_duration);
    ASSERT_MISSING(&event, duration);

    event = whole_event();
    event.bytes_sent = event.bytes_received = event.packets_sent = event.packets_received = 0;
    ASSERT_FEATURE(&event, total_bytes, 0);
    ASSERT_FEATURE(&event, bytes_per_second, 0);
    ASSERT_MISSING(&event, bytes_per_packet);
    ASSERT_MISSING(&event, bytes_ratio);
    ASSERT_MISSING(&event, packets_ratio);
    event.bytes_received = 10; /* bytes without packets: no infinity */
    ASSERT_MISSING(&event, bytes_per_packet);
    ASSERT_FEATURE(&event, bytes_ratio, 0);
}

static void test_extremes_stay_finite(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    event.bytes_sent = event.bytes_received = INT64_MAX;
    event.duration = 1e-300;
    ASSERT_MISSING(&event, bytes_per_second);
    assert_true(feature_of(&event, HG_FEATURE_total_bytes) > 1.8e19f);
    event.duration = 1e300;
    ASSERT_MISSING(&event, duration);
}

static void test_flags(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    hg_event_set_missing(&event, HG_FIELD_tcp_flags);
    event.tcp_flags = 0;
    ASSERT_MISSING(&event, flag_syn);
    ASSERT_MISSING(&event, flag_psh);
    event.protocol = HG_SLICE("udp");
    event.protocol_code = hg_code32(event.protocol);
    ASSERT_FEATURE(&event, flag_syn, 0);
    ASSERT_FEATURE(&event, flag_rst, 0);
    hg_event_set_present(&event, HG_FIELD_tcp_flags); /* a source that writes flags for UDP */
    event.tcp_flags = HG_TCP_SYN;
    ASSERT_FEATURE(&event, flag_syn, 0);
    event.protocol_code = 0; /* nobody said which protocol */
    ASSERT_FEATURE(&event, flag_syn, 1);
}

static void test_places(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    event.source_ip = hg_ip_v4(0xc0a80105); /* 192.168.1.5 */
    ASSERT_FEATURE(&event, src_is_private, 1);
    ASSERT_FEATURE(&event, is_internal, 1);
    hg_event_set_missing(&event, HG_FIELD_source_ip);
    ASSERT_MISSING(&event, src_is_private);
    ASSERT_MISSING(&event, is_internal);
    ASSERT_FEATURE(&event, dst_is_private, 1);
    hg_event_set_missing(&event, HG_FIELD_destination_ip);
    ASSERT_MISSING(&event, dst_is_private);
    event.direction = HG_DIRECTION_NONE;
    ASSERT_MISSING(&event, direction);
}

static void test_ports(void **state)
{
    (void)state;
    static const uint16_t common[] = {80, 443, 22, 21, 25, 53, 3389};
    struct hg_event event = whole_event();
    for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
        event.destination_port = common[i];
        ASSERT_FEATURE(&event, dst_port_is_common, 1);
    }
    event.destination_port = 23;
    ASSERT_FEATURE(&event, dst_port_is_common, 0);
    event.destination_port = 65535;
    assert_int_equal(code_of(&event, HG_FEATURE_port_rarity), 65536);
    event.destination_port = 0; /* port 0 is a port; no port is none */
    assert_int_equal(code_of(&event, HG_FEATURE_port_rarity), 1);
    hg_event_set_missing(&event, HG_FIELD_destination_port);
    ASSERT_MISSING(&event, dst_port_is_common);
    assert_int_equal(code_of(&event, HG_FEATURE_port_rarity), 0);
}

static void test_clock(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    event.dataset = HG_DATASET_iscx; /* three hours west */
    ASSERT_FEATURE(&event, hour, 18);
    ASSERT_FEATURE(&event, is_business_hours, 0);
    event.time_us -= HG_HOUR; /* 17:13:31 still counts */
    ASSERT_FEATURE(&event, is_business_hours, 1);
    event.time_us -= 9 * HG_HOUR;
    ASSERT_FEATURE(&event, hour, 8);
    ASSERT_FEATURE(&event, is_business_hours, 0);
    event.time_us += HG_HOUR + 3 * HG_DAY; /* Saturday at nine */
    ASSERT_FEATURE(&event, hour, 9);
    ASSERT_FEATURE(&event, day_of_week, 5);
    ASSERT_FEATURE(&event, is_weekend, 1);
    ASSERT_FEATURE(&event, is_business_hours, 0);
    event.time_us = -1; /* before the epoch: Wednesday 1969-12-31, 20:59 in that zone */
    ASSERT_FEATURE(&event, hour, 20);
    ASSERT_FEATURE(&event, day_of_week, 2);
    hg_event_set_missing(&event, HG_FIELD_event_time);
    ASSERT_MISSING(&event, hour);
    ASSERT_MISSING(&event, day_of_week);
    ASSERT_MISSING(&event, is_weekend);
    ASSERT_MISSING(&event, is_business_hours);
}

static void test_a_run_equals_its_rows(void **state)
{
    (void)state;
    enum { N = 1000 };
    const uint64_t seed = 8675309;
    print_message("# seed %llu\n", (unsigned long long)seed);
    struct hg_rng rng = hg_rng_seeded(seed);
    static struct hg_event events[N];
    static const struct hg_event *pointers[N];
    for (size_t i = 0; i < N; i++) {
        events[i] = whole_event();
        events[i].missing = (uint32_t)hg_rng_next(&rng) & (uint32_t)hg_rng_next(&rng);
        events[i].duration = (double)hg_rng_below(&rng, 4);
        events[i].bytes_sent = (int64_t)hg_rng_below(&rng, 3);
        events[i].time_us += (int64_t)hg_rng_below(&rng, 1u << 30) * 1000;
        pointers[i] = &events[i];
    }
    struct hg_matrix whole = {0};
    struct hg_feature_settings settings = hg_feature_settings_default();
    assert_int_equal(hg_matrix_reserve(&whole, N, NULL), HG_OK);
    hg_features(&settings, pointers, N, &whole);
    for (size_t i = 0; i < N; i++) {
        struct hg_matrix one = features_of(&events[i]);
        for (int f = 0; f < HG_FEATURE_FIRST_BEHAVIOUR; f++) {
            float a = hg_matrix_column(&whole, (enum hg_feature)f)[i],
                  b = hg_matrix_column(&one, (enum hg_feature)f)[0];
            assert_true(a == b || (isnan(a) && isnan(b)));
            assert_true(isnan(a) || fabsf(a) <= 3.4e38f);
        }
        hg_matrix_free(&one);
    }
    hg_matrix_free(&whole);
}

static void test_csv(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    hg_event_set_missing(&event, HG_FIELD_duration);
    hg_event_set_missing(&event, HG_FIELD_tcp_flags);
    struct hg_matrix matrix = features_of(&event);
    struct hg_buf buf;
    hg_buf_init(&buf, 4096);
    hg_features_csv_header(&buf);
    hg_buf_char(&buf, '\n');
    hg_features_csv_row(&matrix, 0, &buf);
    hg_buf_char(&buf, '\0');
    assert_string_equal(
        buf.p, "duration,total_bytes,total_packets,bytes_per_second,packets_per_second,bytes_per_packet,bytes_ratio,"
               "packets_ratio,hour,day_of_week,is_weekend,is_business_hours,flag_syn,flag_ack,flag_fin,flag_rst,"
               "flag_psh,src_is_private,dst_is_private,is_internal,dst_port_is_common,direction,src_events_1m,src_events_1h,"
               "src_targets_10m,src_ports_10m,src_failed_10m,src_bytes_sent_1h,dst_events_1m,dst_events_10m,dst_sources_1m,"
               "dst_sources_10m,dst_failed_10m,pair_events_10m,pair_events_1h,pair_ports_10m,pair_bytes_sent_1h,"
               "pair_interval_1h,pair_regularity_1h,src_is_new,dst_is_new,pair_is_new\n"
               ",1200,8,,,150,0.25,0.75,21,2,0,0,,,,,,0,1,0,1,2,,,,,,,,,,,,,,,,,,,,");
    hg_buf_free(&buf);
    hg_matrix_free(&matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_missing_counters),
        cmocka_unit_test(test_zero_denominators),
        cmocka_unit_test(test_extremes_stay_finite),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_a_run_equals_its_rows),
        cmocka_unit_test(test_csv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
