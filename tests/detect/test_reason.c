/* Reasons as a person would say them. */
#include "support/cmocka_all.h"

#include "detect/model.h"

static void assert_words(const struct hg_event *event, const struct hg_score *score, const char *expected)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 4096);
    hg_reason_words(event, score, &buf);
    hg_buf_char(&buf, '\0');
    assert_string_equal(buf.p, expected);
    hg_buf_free(&buf);
}

static struct hg_score because(enum hg_feature feature, float value, float low, float high)
{
    return (struct hg_score){
        .n_top = 1, .top = {{.feature = (uint8_t)feature, .share = 1, .value = value, .low = low, .high = high}}};
}

static void test_words(void **state)
{
    (void)state;
    struct hg_event event = {
        .destination_port = 4444, .application_protocol = HG_SLICE("<b>evil</b>"), .protocol = HG_SLICE("udp")};
    static const struct {
        enum hg_feature feature;
        float value, low, high;
        const char *words;
    } cases[] = {
        {HG_FEATURE_total_bytes, 3.8e9f, 60, 25e6f, "Moved 3.8 GB in both directions; usual here is up to 25 MB."},
        {HG_FEATURE_total_bytes, 40, 60, 25e6f, "Moved 40 B in both directions; usual here is at least 60 B."},
        {HG_FEATURE_duration, 2460, 0, 12, "Stayed open for 41 minutes; usual here is up to 12 seconds."},
        {HG_FEATURE_duration, 5, 0, 12, "Stayed open for 5 seconds; common by itself, but not together with the rest."},
        {HG_FEATURE_total_packets, 12400, 1, 900, "Took 12,400 packets in both directions; usual here is up to 900."},
        {HG_FEATURE_bytes_per_second, 3200000, 1, 25000, "Moved 3.2 MB a second; usual here is up to 25 kB."},
        {HG_FEATURE_bytes_ratio, 0.97f, 0.1f, 0.4f, "Sent 97 % of the bytes itself; usual here is up to 40 %."},
        {HG_FEATURE_total_packets, 1, 2, 900, "Took 1 packet in both directions; usual here is at least 2."},
        {HG_FEATURE_total_packets, 7, 1, 1, "Took 7 packets in both directions; usual here is 1."},
        {HG_FEATURE_bytes_ratio, 0.5f, 0, 0, "Sent 50 % of the bytes itself; usual here is none."},
        {HG_FEATURE_hour, 3, 8, 18, "Came at 03:00; usual here is at least 08:00."},
        {HG_FEATURE_src_events_1m, 480, 1, 12, "The source caused 480 events within a minute; usual here is up to 12."},
        {HG_FEATURE_src_ports_10m, 48, 1, 3, "The source turned to 48 ports within 10 minutes; usual here is up to 3."},
        {HG_FEATURE_src_ports_10m, 1, 1, 3,
         "The source turned to 1 port within 10 minutes; common by itself, but not together with the rest."},
        {HG_FEATURE_src_targets_10m, 250, 1, 9, "The source turned to 250 addresses within 10 minutes; usual here is up to 9."},
        {HG_FEATURE_src_failed_10m, 0.996f, 0, 0.1f, "The source failed in over 99 % of its tries within 10 minutes; usual here is up to 10 %."},
        {HG_FEATURE_src_bytes_sent_1h, 3.8e9f, 0, 25e6f, "The source sent 3.8 GB within an hour; usual here is up to 25 MB."},
        {HG_FEATURE_dst_sources_1m, 1200, 1, 4, "The target heard from 1,200 addresses within a minute; usual here is up to 4."},
        {HG_FEATURE_dst_failed_10m, 1, 0, 0, "The target refused or left unanswered 100 % of all tries within 10 minutes; usual here is none."},
        {HG_FEATURE_pair_ports_10m, 48, 1, 1, "The source turned to 48 ports of this target within 10 minutes; usual here is 1."},
        {HG_FEATURE_pair_interval_1h, 60, 0.5f, 20, "The two addresses left 60 seconds between two events on average; usual here is up to 20 seconds."},
        {HG_FEATURE_pair_regularity_1h, 0.98f, 0, 0.4f, "The two addresses met with 98 % regularity; usual here is up to 40 %."},
        {HG_FEATURE_src_is_new, 1, 0, 0, "The source was first seen within the hour, which is unusual here."},
        {HG_FEATURE_pair_is_new, 1, 0, 0, "The two addresses met for the first time within the hour, which is unusual here."},
        {HG_FEATURE_day_of_week, 6, 0, 4, "Came on a Sunday, which is unusual here."},
        {HG_FEATURE_port_rarity, 0.0002f, 0.01f, 0.5f, "Port 4444 is rare here: 0.02 % of what was learnt."},
        {HG_FEATURE_port_rarity, 0, 0.01f, 0.5f, "Port 4444 is new here: never in what was learnt."},
        {HG_FEATURE_application_rarity, 0, 0.01f, 0.5f,
         "This application protocol is new here: never in what was learnt."},
        {HG_FEATURE_protocol_rarity, 0.004f, 0.2f, 0.8f, "The transport udp is rare here: 0.4 % of what was learnt."},
        {HG_FEATURE_flag_syn, 0, 1, 1, "Sent no SYN, which is unusual here."},
        {HG_FEATURE_direction, 1, 2, 2, "Went out, which is unusual here."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hg_score score = because(cases[i].feature, cases[i].value, cases[i].low, cases[i].high);
        assert_words(&event, &score, cases[i].words);
        assert_string_equal(hg_reason_key(&event, &score), hg_reason_of_feature(cases[i].feature, false));
    }
    struct hg_score silent = {.state = HG_SCORED};
    event.label = HG_LABEL_ATTACK;
    assert_words(&event, &silent, "The log itself says so: an attack.");
    assert_string_equal(hg_reason_key(&event, &silent), "label");
    event.attack_type = HG_ATTACK_TYPE_brute_force;
    assert_words(&event, &silent, "The log itself says so: password guessing.");
    assert_string_equal(hg_reason_key(&event, &silent), "brute_force");
}

/* What windows of other lengths, or the other end of the same traffic, say of one thing is one alert. */
static void test_windows_that_say_the_same_share_an_alert(void **state)
{
    static const enum hg_feature busy[] = {HG_FEATURE_src_events_1m, HG_FEATURE_src_events_1h, HG_FEATURE_pair_events_10m, HG_FEATURE_pair_events_1h};
    static const enum hg_feature visited[] = {HG_FEATURE_dst_events_1m, HG_FEATURE_dst_events_10m, HG_FEATURE_dst_sources_1m, HG_FEATURE_dst_sources_10m};
    static const enum hg_feature spread[] = {HG_FEATURE_src_targets_10m, HG_FEATURE_src_ports_10m, HG_FEATURE_pair_ports_10m};
    struct hg_event inside = {.dataset = HG_DATASET_suricata}, outside = inside;
    (void)state;
    assert_true(hg_ip_parse(HG_SLICE("10.0.0.7"), &inside.source_ip));
    assert_true(hg_ip_parse(HG_SLICE("198.51.100.7"), &outside.source_ip));
    for (size_t i = 0; i < 4; i++) {
        struct hg_score of_busy = because(busy[i], 90, 1, 9), of_visited = because(visited[i], 90, 1, 9);
        assert_string_equal(hg_reason_key(&inside, &of_busy), "src_activity");
        assert_int_equal(hg_reason_grouping(&inside, &of_busy), HG_GROUP_SOURCE);
        assert_string_equal(hg_reason_key(&outside, &of_busy), "surge");
        assert_string_equal(hg_reason_key(&inside, &of_visited), "surge");
        assert_int_equal(hg_reason_grouping(&inside, &of_visited), HG_GROUP_TARGET);
    }
    for (size_t i = 0; i < 3; i++) {
        struct hg_score score = because(spread[i], 90, 1, 9);
        assert_string_equal(hg_reason_key(&outside, &score), "src_spread");
        assert_int_equal(hg_reason_grouping(&outside, &score), HG_GROUP_SOURCE);
    }
    struct hg_score sent = because(HG_FEATURE_pair_bytes_sent_1h, 90, 1, 9);
    assert_string_equal(hg_reason_key(&inside, &sent), "pair_bytes_sent_1h");
}

/* Each feature has words of its own for what is above, below and at what is usual, whatever it is and however odd its value. */
static void test_every_feature_has_words(void **state)
{
    static const float values[] = {0, 1e-9f, 0.3f, 1, 2, 1e9f, 3e38f};
    struct hg_event event = {0};
    (void)state;
    for (int f = 0; f < HG_FEATURE_COUNT; f++) {
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            for (float usual = 0; usual < 3; usual++) {
                struct hg_buf buf;
                struct hg_score score = because((enum hg_feature)f, values[v], usual / 2, usual);
                hg_buf_init(&buf, 4096);
                hg_reason_words(&event, &score, &buf);
                assert_true(buf.len > 12 && buf.p[0] >= 'A' && buf.p[0] <= 'Z' && buf.p[buf.len - 1] == '.');
                hg_buf_char(&buf, '\0');
                assert_true(values[v] > 2 || strstr(buf.p, "odd") == NULL);
                assert_null(strstr(buf.p, " 1 packets"));
                assert_null(strstr(buf.p, "  "));
                hg_buf_free(&buf);
            }
        }
    }
}

/* What was counted says more than a figure that stands out. */
static void test_a_finding_speaks_first(void **state)
{
    (void)state;
    struct hg_event event = {.dataset = HG_DATASET_suricata};
    struct hg_score score = because(HG_FEATURE_total_bytes, 3.8e9f, 60, 25e6f);
    score.finding = (struct hg_finding){.rule = HG_RULE_NONE + 1, .counted = 48, .limit = 20, .seconds = 60};
    struct hg_buf expected;
    hg_buf_init(&expected, 4096);
    hg_finding_words(&score.finding, &expected);
    hg_buf_char(&expected, '\0');
    assert_words(&event, &score, expected.p);
    assert_string_equal(hg_reason_key(&event, &score), hg_rule_name(HG_RULE_NONE + 1));
    event.dataset = HG_DATASET_cowrie; /* there it is evidence, and groups nothing */
    assert_string_equal(hg_reason_key(&event, &score), "total_bytes");
    hg_buf_free(&expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_windows_that_say_the_same_share_an_alert),
        cmocka_unit_test(test_every_feature_has_words),
        cmocka_unit_test(test_a_finding_speaks_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
