/* The named detectors, over real windows: what makes each fire and what doesn't, its evidence, its settings, its state. Addresses of
 * RFC 5737 play those outside. */
#include "support/cmocka_all.h"

#include "behave/behave.h"
#include "behave/rules.h"
#include "behave/settings.h"

#include "base/instant.h"

#define START   (INT64_C(20000) * HG_DAY)
#define INSIDE  UINT32_C(0x0a000000) /* 10.0.0.0 */
#define OUTSIDE UINT32_C(0xcb007100) /* 203.0.113.0 */
#define ELSEWHERE UINT32_C(0xc6336400) /* 198.51.100.0 */

/* Windows that show rules of our own what they see. */
struct scene {
    struct hg_behave *behave;
    struct rules *rules;
    struct hg_matrix matrix;
    int64_t now_us;
    bool fired;
    struct hg_finding finding;
    unsigned findings[HG_RULE_COUNT]; /* so far */
};

static void judge(void *self, const struct hg_event *event, const struct hg_context *context)
{
    struct scene *scene = self;
    scene->finding = (struct hg_finding){0};
    scene->fired = rules_judge(scene->rules, event, context, &scene->finding);
    if (scene->fired)
        scene->findings[scene->finding.rule]++;
}

static void begin_with(struct scene *scene, const struct hg_behave_settings *settings)
{
    *scene = (struct scene){.now_us = START};
    assert_int_equal(hg_behave_create(NULL, &scene->behave, NULL), HG_OK);
    assert_int_equal(rules_create(settings, &scene->rules, NULL), HG_OK);
    assert_int_equal(hg_matrix_reserve(&scene->matrix, 1, NULL), HG_OK);
    hg_behave_watch(scene->behave, judge, scene);
}

static void begin(struct scene *scene)
{
    begin_with(scene, NULL);
}

static void end(struct scene *scene)
{
    hg_behave_destroy(scene->behave);
    rules_destroy(scene->rules);
    hg_matrix_free(&scene->matrix);
}

static struct hg_event flow(uint32_t from, uint32_t to, uint16_t port)
{
    struct hg_event event = {.dataset = HG_DATASET_iscx, .source_ip = hg_ip_v4(from), .destination_ip = hg_ip_v4(to), .direction = HG_DIRECTION_NONE,
                             .destination_port = port, .source_port = 40000, .protocol = HG_SLICE("tcp"), .kind = HG_SLICE("flow"),
                             .duration = 1, .bytes_sent = 900, .bytes_received = 1200, .packets_sent = 6, .packets_received = 7,
                             .tcp_flags = HG_TCP_SYN | HG_TCP_ACK | HG_TCP_FIN};
    return event;
}

/* So many seconds after the one before; what was found is in the scene. */
static void then(struct scene *scene, double seconds, struct hg_event event)
{
    struct hg_finding findings[1];
    scene->now_us += (int64_t)(seconds * 1e6);
    event.time_us = scene->now_us;
    const struct hg_event *events[] = {&event};
    (void)hg_behave_run(scene->behave, events, 1, &scene->matrix, findings);
}

static const char *words(const struct hg_finding *finding)
{
    static char text[256];
    struct hg_buf buf;
    hg_buf_init(&buf, sizeof text - 1);
    hg_finding_words(finding, &buf);
    assert_false(buf.failed);
    memcpy(text, buf.p, buf.len);
    text[buf.len] = '\0';
    hg_buf_free(&buf);
    return text;
}

#define assert_says(scene, rule_, text) do { \
        assert_true((scene)->fired); \
        assert_string_equal(hg_rule_name((scene)->finding.rule), #rule_); \
        assert_string_equal(words(&(scene)->finding), text); \
    } while (0)

/* Each of two web servers is visited twice a minute, by ever new addresses: for so many minutes. */
static void everyday(struct scene *scene, unsigned minutes)
{
    for (unsigned i = 0; i < minutes * 2; i++) {
        then(scene, 15, flow(ELSEWHERE + (i * 7) % 250, INSIDE + 10, 443));
        then(scene, 15, flow(ELSEWHERE + (i * 11) % 250, INSIDE + 11, 80));
        if (i % 20 == 0)
            then(scene, 0, flow(INSIDE + 77, ELSEWHERE + 1, 443)); /* and one inside keeps to a server outside */
    }
}

/* ---- scans */

static void test_scan_of_ports(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    for (uint16_t port = 1; port <= 4; port++) {
        then(&scene, 30, flow(OUTSIDE + 1, INSIDE + 10, port));
        assert_false(scene.fired);
    }
    then(&scene, 30, flow(OUTSIDE + 1, INSIDE + 10, 2));
    assert_false(scene.fired); /* no new port */
    then(&scene, 30, flow(OUTSIDE + 1, INSIDE + 10, 99));
    assert_says(&scene, scan_vertical, "Turned to 5 ports of one host within 3 minutes.");
    then(&scene, 1, flow(OUTSIDE + 1, INSIDE + 10, 99));
    assert_true(scene.fired); /* it holds on */
    then(&scene, 601, flow(OUTSIDE + 1, INSIDE + 10, 98));
    assert_false(scene.fired);
    for (uint16_t port = 1; port <= 60; port++)
        then(&scene, 2, flow(INSIDE + 1, INSIDE + 10, port)); /* a host inside has trades of its own */
    assert_int_equal(scene.findings[HG_RULE_scan_vertical], 2);
    end(&scene);
}

static void test_scan_of_hosts(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    for (unsigned host = 1; host <= 5; host++) {
        then(&scene, 1, flow(OUTSIDE + 1, INSIDE + host, 80));
        assert_false(scene.fired);
    }
    then(&scene, 1, flow(OUTSIDE + 1, INSIDE + 6, 80));
    assert_says(&scene, scan_horizontal, "Turned to 6 hosts within 5 seconds.");
    for (unsigned host = 1; host <= 200; host++)
        then(&scene, 1, flow(INSIDE + 1, INSIDE + 100 + host, 80)); /* all of them answer */
    assert_int_equal(scene.findings[HG_RULE_scan_horizontal], 1);
    for (unsigned host = 1; host <= 120; host++) {
        struct hg_event refused = flow(INSIDE + 2, INSIDE + 300 + host, 80);
        refused.packets_received = host % 2 ? 0 : 7;
        then(&scene, 1, refused);
    }
    assert_int_equal(scene.findings[HG_RULE_scan_horizontal], 1);
    for (unsigned host = 121; host <= 150; host++) {
        struct hg_event refused = flow(INSIDE + 2, INSIDE + 300 + host, 80);
        refused.packets_received = host % 2 ? 0 : 7;
        then(&scene, 1, refused);
    }
    assert_says(&scene, scan_horizontal, "Turned to 150 hosts within 2 minutes.");
    end(&scene);
}

static void test_shares_nobody_asked_for(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    then(&scene, 0, flow(INSIDE + 1, INSIDE + 20, 445));
    everyday(&scene, 70);
    for (unsigned client = 30; client < 40; client++)
        then(&scene, 5, flow(INSIDE + client, INSIDE + 20, 445)); /* that is the file server */
    assert_false(scene.fired);
    for (unsigned host = 40; host < 50; host++) {
        struct hg_event refused = flow(INSIDE + 2, INSIDE + host, 445);
        refused.packets_received = 0;
        then(&scene, 5, refused);
        assert_false(scene.fired);
    }
    then(&scene, 20, flow(INSIDE + 3, INSIDE + 41, 445));
    then(&scene, 20, flow(INSIDE + 3, INSIDE + 41, 445));
    then(&scene, 20, flow(INSIDE + 3, INSIDE + 42, 445));
    assert_false(scene.fired);
    then(&scene, 20, flow(INSIDE + 3, INSIDE + 43, 445));
    assert_says(&scene, scan_horizontal, "Turned to 3 hosts for shared files that nobody had asked for any, within an hour.");
    for (uint16_t port = 1; port < 40; port++)
        then(&scene, 2, flow(INSIDE + 4, INSIDE + 50u + port, port % 2 ? 445 : port)); /* an inventory */
    assert_int_equal(scene.findings[HG_RULE_scan_horizontal], 1 + 7); /* until it shows */
    end(&scene);
}

/* ---- log-ins */

static struct hg_event log_in(const char *kind, const char *password)
{
    struct hg_event event = {.dataset = HG_DATASET_cowrie, .source_ip = hg_ip_v4(OUTSIDE + 5), .destination_ip = hg_ip_v4(INSIDE + 9),
                             .destination_port = 22, .protocol = HG_SLICE("tcp"), .kind = hg_slice_of(kind), .direction = HG_DIRECTION_NONE,
                             .missing = 1u << HG_FIELD_duration | 1u << HG_FIELD_bytes_sent | 1u << HG_FIELD_bytes_received |
                                        1u << HG_FIELD_packets_sent | 1u << HG_FIELD_packets_received | 1u << HG_FIELD_tcp_flags};
    event.traits[HG_TRAIT_password] = hg_slice_of(password);
    return event;
}

static void test_failed_log_ins(void **state)
{
    (void)state;
    static const char *const passwords[] = {"a", "b", "c"};
    struct scene scene;
    begin(&scene);
    for (unsigned i = 0; i < 9; i++) {
        then(&scene, 20, log_in("login.failed", passwords[i % 3]));
        assert_false(scene.fired);
    }
    then(&scene, 20, log_in("login.failed", "a"));
    assert_says(&scene, brute_force, "10 failed log-ins in 3 minutes with 3 passwords.");
    then(&scene, 5, log_in("login.success", "d"));
    assert_says(&scene, brute_force_success, "Logged in after 10 failed attempts in 3 minutes with 3 passwords.");
    then(&scene, 5, log_in("session.closed", NULL));
    assert_false(scene.fired);
    then(&scene, 700, log_in("login.success", "d")); /* another day's */
    assert_false(scene.fired);
    end(&scene);
}

static void test_short_connections(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    struct hg_event session = flow(OUTSIDE + 5, INSIDE + 9, 22);
    session.duration = 600;
    session.bytes_received = 900000;
    for (unsigned i = 0; i < 39; i++)
        then(&scene, 10, flow(OUTSIDE + 5, INSIDE + 9, 22));
    assert_int_equal(scene.findings[HG_RULE_brute_force], 0);
    then(&scene, 10, flow(OUTSIDE + 5, INSIDE + 9, 22));
    assert_says(&scene, brute_force, "40 short connections to a log-in service in 7 minutes.");
    then(&scene, 10, session);
    assert_says(&scene, brute_force_success, "A long session at a log-in service after 40 short connections in 7 minutes.");
    session.source_ip = hg_ip_v4(OUTSIDE + 6);
    then(&scene, 10, session); /* who didn't guess may work */
    assert_false(scene.fired);
    end(&scene);
}

static void test_many_guess_at_once(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    for (unsigned i = 0; i < 30; i++)
        then(&scene, 1, flow(OUTSIDE + i % 10, INSIDE + 9, 22));
    assert_int_equal(scene.findings[HG_RULE_brute_force], 0); /* nobody knows what is usual */
    everyday(&scene, 120);
    for (unsigned i = 0; i < 13; i++)
        then(&scene, 3, flow(OUTSIDE + 20 + i % 5, INSIDE + 9, 22));
    assert_int_equal(scene.findings[HG_RULE_brute_force], 0);
    then(&scene, 3, flow(OUTSIDE + 20, INSIDE + 9, 22));
    assert_says(&scene, brute_force, "14 connections to a log-in service within a minute, from 5 addresses; usual is up to 3.");
    end(&scene);
}

/* ---- floods and hints */

static void test_flood(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    everyday(&scene, 120);
    assert_int_equal(scene.findings[HG_RULE_flood] + scene.findings[HG_RULE_surge], 0);
    unsigned at = 0;
    for (unsigned i = 0; i < 40 && at == 0; i++) {
        then(&scene, 1, flow(OUTSIDE + i, INSIDE + 10, 443));
        at = scene.fired && scene.finding.rule == HG_RULE_flood ? i + 1 : 0;
    }
    assert_in_range(at, 8, 20);
    assert_non_null(strstr(words(&scene.finding), " addresses at once, with "));
    assert_non_null(strstr(words(&scene.finding), " connections within a minute; usual is up to "));
    then(&scene, 1, flow(OUTSIDE + 99, INSIDE + 11, 80)); /* the other server has peace */
    assert_false(scene.fired);
    end(&scene);
}

/* What is usual is learnt: a crowd that comes all day is no flood. */
static void test_crowd_is_usual(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    for (unsigned i = 0; i < 60 * 180; i++)
        then(&scene, 1, flow(ELSEWHERE + i % 250, INSIDE + 10, 443)); /* 60 addresses a minute */
    assert_int_equal(scene.findings[HG_RULE_flood], 0);
    end(&scene);
}

static void test_new_addresses_come_back(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    everyday(&scene, 70);
    for (unsigned i = 0; i < 6; i++)
        then(&scene, 20, flow(OUTSIDE + 30 + i % 2, INSIDE + 10, 443));
    assert_says(&scene, surge, "New addresses came back 4 times within 5 minutes; usual is up to 3.");
    assert_true(scene.finding.p > HG_FINDING_P); /* a hint is worth less */
    end(&scene);
}

static unsigned hints_with(double per_day)
{
    struct scene scene;
    struct hg_behave_settings settings = hg_behave_settings_default();
    settings.new_destination_per_day = per_day;
    settings.new_destination_connections = 5; /* too few for a beacon */
    begin_with(&scene, &settings);
    then(&scene, 0, flow(INSIDE + 1, ELSEWHERE, 443));
    then(&scene, 86400, flow(INSIDE + 1, ELSEWHERE, 443));
    for (unsigned target = 0; target < 100; target++)
        for (unsigned i = 0; i < 5; i++)
            then(&scene, 30, flow(INSIDE + 1, OUTSIDE + target, 443));
    unsigned n = scene.findings[HG_RULE_new_destination];
    end(&scene);
    return n;
}

static void test_frequent_hints_fall_silent(void **state)
{
    (void)state;
    assert_int_equal(hints_with(1e6), 100);
    assert_in_range(hints_with(20), 25, 31); /* 20 * 1.44, and a little that was forgotten */
    assert_int_equal(hints_with(0), 0);
}

/* ---- what leaves the house */

static struct hg_event upload(uint32_t to, int64_t bytes)
{
    struct hg_event event = flow(INSIDE + 77, to, 443);
    event.bytes_sent = bytes;
    return event;
}

static void test_exfiltration(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    everyday(&scene, 70);
    for (unsigned i = 0; i < 10; i++)
        then(&scene, 60, upload(ELSEWHERE + 1, 50000000)); /* an old acquaintance */
    assert_int_equal(scene.findings[HG_RULE_exfiltration], 0);
    for (unsigned i = 0; i < 7; i++)
        then(&scene, 60, upload(OUTSIDE + 1, 300000));
    assert_false(scene.fired); /* few connections */
    then(&scene, 60, upload(OUTSIDE + 1, 300000));
    assert_says(&scene, exfiltration, "2.4 MB sent in 8 connections to an address and port first seen 7 minutes ago.");
    for (unsigned i = 0; i < 10; i++) {
        struct hg_event page = upload(OUTSIDE + 2, 300000);
        page.bytes_received = 90000;
        then(&scene, 60, page); /* as much comes back: people talk */
    }
    assert_int_equal(scene.findings[HG_RULE_exfiltration], 1);
    end(&scene);
}

static void test_beaconing(void **state)
{
    (void)state;
    struct scene scene;
    begin(&scene);
    everyday(&scene, 70);
    for (unsigned i = 0; i < 7; i++)
        then(&scene, i % 2 ? 60 : 62, flow(INSIDE + 77, OUTSIDE + 1, 8443));
    assert_false(scene.fired);
    then(&scene, 61, flow(INSIDE + 77, OUTSIDE + 1, 8443));
    assert_says(&scene, beaconing, "A connection every 61 s, 8 so far, regular to 2 %, to an address and port first seen 7 minutes ago.");
    for (unsigned i = 0; i < 20; i++)
        then(&scene, i % 2 ? 30 : 90, flow(INSIDE + 78, OUTSIDE + 2, 8443)); /* irregular */
    for (unsigned i = 0; i < 20; i++)
        then(&scene, 60, flow(INSIDE + 79, ELSEWHERE + 1, 443)); /* regular, but known of old */
    assert_int_equal(scene.findings[HG_RULE_beaconing], 1);
    end(&scene);
}

/* ---- settings, state */

static void test_settings(void **state)
{
    (void)state;
    struct hg_behave_settings settings = hg_behave_settings_default();
    struct hg_err err;
    size_t n = 0;
    for (const struct hg_rule_setting *s; (s = hg_rule_setting(n)) != NULL; n++) {
        enum hg_rule rule;
        char name[80];
        assert_true(hg_rule_parse(hg_slice_of(s->rule), &rule));
        assert_true(strlen(s->words) > 20 && s->words[strlen(s->words) - 1] == '.');
        assert_true(s->least <= s->usual && s->usual <= s->most);
        assert_true(hg_rule_setting_value(&settings, n) == s->usual);
        (void)snprintf(name, sizeof name, "%s.%s", s->rule, s->name);
        char most[32];
        (void)snprintf(most, sizeof most, "%.0f", s->most);
        assert_int_equal(hg_rule_setting_parse(&settings, hg_slice_of(name), hg_slice_of(most), &err), HG_OK);
        assert_true(hg_rule_setting_value(&settings, n) == s->most);
        (void)snprintf(most, sizeof most, "%.0f", s->most * 2 + 1);
        assert_int_equal(hg_rule_setting_parse(&settings, hg_slice_of(name), hg_slice_of(most), &err), HG_EUSAGE);
        assert_int_equal(hg_rule_setting_parse(&settings, hg_slice_of(name), HG_SLICE("many"), &err), HG_EUSAGE);
    }
    assert_int_equal(n * sizeof(double), sizeof settings);
    assert_int_equal(hg_rule_setting_parse(&settings, HG_SLICE("brute_force"), HG_SLICE("1"), &err), HG_EUSAGE);
    assert_int_equal(hg_rule_setting_parse(&settings, HG_SLICE("brute_force.nothing"), HG_SLICE("1"), &err), HG_EUSAGE);
    assert_int_equal(hg_rule_setting_parse(&settings, HG_SLICE_NONE, HG_SLICE_NONE, &err), HG_EUSAGE);
}

static void test_settings_count(void **state)
{
    (void)state;
    struct scene scene;
    struct hg_behave_settings settings = hg_behave_settings_default();
    assert_int_equal(hg_rule_setting_parse(&settings, HG_SLICE("scan_vertical.ports"), HG_SLICE("3"), NULL), HG_OK);
    begin_with(&scene, &settings);
    for (uint16_t port = 1; port <= 3; port++)
        then(&scene, 1, flow(OUTSIDE + 1, INSIDE + 10, port));
    assert_says(&scene, scan_vertical, "Turned to 3 ports of one host within 2 seconds.");
    end(&scene);
}

static struct hg_event any_event(struct hg_rng *rng)
{
    static const uint16_t ports[] = {22, 80, 443, 445, 3389, 8443, 9};
    static const char *const passwords[] = {"one", "two", "three"};
    uint64_t r = hg_rng_next(rng);
    if (r % 7 == 0)
        return log_in(r % 3 == 0 ? "login.success" : "login.failed", passwords[r / 7 % 3]);
    uint32_t outside = OUTSIDE + (uint32_t)(r >> 8) % 40, inside = INSIDE + (uint32_t)(r >> 20) % 12;
    struct hg_event event = r % 3 == 0 ? flow(inside, outside, ports[r / 3 % 7]) : flow(outside, inside, ports[r / 3 % 7]);
    event.bytes_sent = (int64_t)(r >> 40) % 3000000;
    return event;
}

struct both {
    struct rules *rules[2];
};

static void judge_both(void *self, const struct hg_event *event, const struct hg_context *context)
{
    struct both *both = self;
    struct hg_finding found[2] = {0};
    bool fired = rules_judge(both->rules[0], event, context, &found[0]);
    assert_int_equal(rules_judge(both->rules[1], event, context, &found[1]), fired);
    assert_memory_equal(&found[0], &found[1], sizeof found[0]);
}

/* Put away and taken back, rules go on as if nothing had been. */
static void test_state(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    struct scene scene;
    struct hg_buf bytes, again;
    begin(&scene);
    hg_buf_init(&bytes, 64u << 20);
    hg_buf_init(&again, 64u << 20);
    then(&scene, 0, any_event(&rng));
    then(&scene, 90000, any_event(&rng));
    for (int i = 0; i < 3000; i++)
        then(&scene, (double)hg_rng_below(&rng, 20), any_event(&rng));
    unsigned before = 0;
    for (int rule = 0; rule < HG_RULE_COUNT; rule++)
        before += scene.findings[rule];
    assert_true(before > 100);
    rules_put(scene.rules, &bytes);
    struct rules *taken;
    assert_int_equal(rules_create(NULL, &taken, NULL), HG_OK);
    assert_int_equal(rules_take(taken, hg_buf_slice(&bytes), NULL), HG_OK);
    rules_put(taken, &again);
    assert_int_equal(again.len, bytes.len);
    assert_memory_equal(again.p, bytes.p, bytes.len);
    for (int i = 0; i < 2000; i++) {
        struct hg_event event = any_event(&rng);
        struct both both = {.rules = {scene.rules, taken}};
        hg_behave_watch(scene.behave, judge_both, &both);
        then(&scene, 3, event);
    }
    rules_destroy(taken);
    hg_buf_free(&bytes);
    hg_buf_free(&again);
    end(&scene);
}

/* Damaged bytes are refused, or taken for what they say; nothing crashes, then or later. */
static void test_damaged_state(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    struct scene scene;
    struct hg_buf bytes;
    begin(&scene);
    hg_buf_init(&bytes, 64u << 20);
    for (int i = 0; i < 60; i++)
        then(&scene, 200, any_event(&rng));
    rules_put(scene.rules, &bytes);
    for (size_t len = 0; len < bytes.len; len += 1 + bytes.len / 300)
        assert_int_equal(rules_take(scene.rules, (struct hg_slice){bytes.p, len}, NULL), HG_EFORMAT);
    hg_buf_char(&bytes, 'x');
    assert_int_equal(rules_take(scene.rules, hg_buf_slice(&bytes), NULL), HG_EFORMAT);
    bytes.len--;
    assert_int_equal(rules_take(scene.rules, hg_buf_slice(&bytes), NULL), HG_OK);
    for (int i = 0; i < 2000; i++) {
        size_t at = (size_t)hg_rng_below(&rng, bytes.len);
        char was = bytes.p[at];
        bytes.p[at] = (char)hg_rng_next(&rng);
        (void)!rules_take(scene.rules, hg_buf_slice(&bytes), NULL);
        for (int n = 0; n < 5; n++)
            then(&scene, 7, any_event(&rng));
        bytes.p[at] = was;
    }
    hg_buf_free(&bytes);
    end(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scan_of_ports),
        cmocka_unit_test(test_scan_of_hosts),
        cmocka_unit_test(test_shares_nobody_asked_for),
        cmocka_unit_test(test_failed_log_ins),
        cmocka_unit_test(test_short_connections),
        cmocka_unit_test(test_many_guess_at_once),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_crowd_is_usual),
        cmocka_unit_test(test_new_addresses_come_back),
        cmocka_unit_test(test_frequent_hints_fall_silent),
        cmocka_unit_test(test_exfiltration),
        cmocka_unit_test(test_beaconing),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_settings_count),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_damaged_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
