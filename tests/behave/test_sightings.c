/* Seen on the honeypot: what is noted, what matches, what doesn't, and that the state goes through bytes. */
#include "support/cmocka_all.h"

#include "base/instant.h"
#include "behave/sightings.h"

#include <math.h>

#define START (INT64_C(1741248000) * HG_SECOND) /* 6 March 2025 */
#define FILE_A  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define PRINT_A "00112233445566778899aabbccddeeff"
#define PRINT_B "ffeeddccbbaa99887766554433221100"
#define ATTACKER "203.0.113.7"
#define HONEYPOT "198.51.100.250"

static struct hg_ip ip_of(const char *text)
{
    struct hg_ip ip;
    assert_true(hg_ip_parse(hg_slice_of(text), &ip));
    return ip;
}

static struct hg_event event_at(enum hg_dataset dataset, int64_t seconds, const char *source, const char *target)
{
    struct hg_event event = {.time_us = START + seconds * HG_SECOND, .dataset = (uint8_t)dataset, .source_port = 40000,
                             .destination_port = 22, .protocol = HG_SLICE("tcp"), .kind = HG_SLICE("flow"), .direction = HG_DIRECTION_NONE,
                             .packets_sent = 9, .packets_received = 9, .missing = 1u << HG_FIELD_tcp_flags};
    if (source != NULL)
        event.source_ip = ip_of(source);
    else
        hg_event_set_missing(&event, HG_FIELD_source_ip);
    if (target != NULL)
        event.destination_ip = ip_of(target);
    else
        hg_event_set_missing(&event, HG_FIELD_destination_ip);
    return event;
}

static struct hg_event with(struct hg_event event, enum hg_trait trait, const char *value)
{
    event.traits[trait] = hg_slice_of(value);
    return event;
}

/* At the honeypot, from a port that nothing else uses. */
static struct hg_event at_honeypot(int64_t seconds, const char *source)
{
    struct hg_event event = event_at(HG_DATASET_cowrie, seconds, source, HONEYPOT);
    event.source_port = 50000;
    return event;
}

static struct hg_event elsewhere(int64_t seconds, const char *source)
{
    return event_at(HG_DATASET_suricata, seconds, source, "10.0.0.5");
}

static struct hg_sightings *open_list(void)
{
    struct hg_sightings *sightings;
    assert_int_equal(hg_sightings_create(HG_SIGHTINGS_DAYS, &sightings, NULL), HG_OK);
    return sightings;
}

static void note(struct hg_sightings *sightings, struct hg_event event)
{
    hg_sightings_note(sightings, &event);
}

static bool matches(struct hg_sightings *sightings, struct hg_event event)
{
    struct hg_finding finding;
    return hg_sightings_match(sightings, &event, &finding);
}

static int64_t day(double n)
{
    return (int64_t)(n * 86400);
}

/* ---- addresses */

static void an_address_with_its_evidence(void **state)
{
    struct hg_sightings *s = open_list();
    struct hg_finding finding = {.row = 5};
    (void)state;
    struct hg_event event = elsewhere(100, ATTACKER);
    assert_false(hg_sightings_match(s, &event, &finding)); /* not seen yet */
    note(s, at_honeypot(200, ATTACKER));
    note(s, at_honeypot(220, ATTACKER));
    event = elsewhere(310, ATTACKER);
    assert_true(hg_sightings_match(s, &event, &finding));
    assert_int_equal(finding.rule, HG_RULE_honeypot_sighting);
    assert_int_equal(finding.trait, 0);
    assert_int_equal(finding.dataset, HG_DATASET_cowrie);
    assert_float_equal((double)finding.counted, 2, 0);
    assert_float_equal((double)finding.second, 1, 0);
    assert_float_equal((double)finding.seconds, 90, 0);
    assert_true(finding.seen_us == START + 220 * HG_SECOND);
    assert_float_equal(finding.p, hg_finding_p(2, 1), 0);
    assert_true(matches(s, event_at(HG_DATASET_suricata, 320, "10.0.0.5", ATTACKER))); /* our host calls it */
    assert_false(matches(s, elsewhere(330, "203.0.113.8")));
    assert_false(matches(s, elsewhere(199, ATTACKER))); /* before it was there */
    assert_false(matches(s, event_at(HG_DATASET_iscx, 340, NULL, NULL)));
    hg_sightings_destroy(s);
}

static void addresses_that_are_not_noted(void **state)
{
    static const char *const sources[] = {"10.0.0.9", "192.168.3.4", "172.17.0.1", "127.0.0.1", "169.254.3.3", "fd00::1"};
    struct hg_sightings *s = open_list();
    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        note(s, at_honeypot(10, sources[i]));
        assert_false(matches(s, elsewhere(20, sources[i])));
    }
    note(s, at_honeypot(10, NULL));
    assert_int_equal(hg_sightings_count(s, HG_SIGHTING_address), 0);
    hg_sightings_destroy(s);
}

static void they_age(void **state)
{
    struct hg_sightings *s;
    (void)state;
    assert_int_equal(hg_sightings_create(2, &s, NULL), HG_OK);
    note(s, at_honeypot(0, ATTACKER));
    assert_true(matches(s, elsewhere(day(2), ATTACKER)));
    assert_false(matches(s, elsewhere(day(2) + 1, ATTACKER)));
    hg_sightings_destroy(s);
    assert_int_equal(hg_sightings_create(0, &s, NULL), HG_EUSAGE);
    assert_int_equal(hg_sightings_create((double)NAN, &s, NULL), HG_EUSAGE);
}

/* ---- acquaintances */

static void acquaintances_do_not_match(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    assert_false(matches(s, elsewhere(0, ATTACKER)));
    note(s, at_honeypot(day(1) + 1, ATTACKER));
    assert_false(matches(s, elsewhere(day(1) + 100, ATTACKER)));
    assert_false(matches(s, event_at(HG_DATASET_suricata, day(1) + 200, "10.0.0.5", ATTACKER)));
    hg_sightings_destroy(s);
}

static void records_out_of_order_count_too(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    assert_false(matches(s, elsewhere(day(0.5), ATTACKER)));
    assert_false(matches(s, elsewhere(0, ATTACKER)));
    note(s, at_honeypot(day(1.2), ATTACKER));
    assert_false(matches(s, elsewhere(day(1.3), ATTACKER)));
    note(s, at_honeypot(day(2), "203.0.113.9"));
    note(s, at_honeypot(day(1.9), "203.0.113.9"));
    assert_true(matches(s, elsewhere(day(1.95), "203.0.113.9")));
    hg_sightings_destroy(s);
}

static void known_for_less_than_a_day_does(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    assert_false(matches(s, elsewhere(0, ATTACKER)));
    note(s, at_honeypot(day(1) - 1, ATTACKER));
    assert_true(matches(s, elsewhere(day(1) + 100, ATTACKER)));
    hg_sightings_destroy(s);
}

static void unanswered_refused_and_labelled_make_no_acquaintance(void **state)
{
    struct hg_event silent = elsewhere(0, "203.0.113.1"), refused = elsewhere(0, "203.0.113.2"), labelled = elsewhere(0, "203.0.113.3");
    struct hg_sightings *s = open_list();
    (void)state;
    silent.packets_received = 0;
    refused.packets_received = 1;
    labelled.label = HG_LABEL_ATTACK;
    const struct hg_event events[] = {silent, refused, labelled};
    static const char *const sources[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3"};
    for (size_t i = 0; i < 3; i++) {
        assert_false(matches(s, events[i]));
        note(s, at_honeypot(day(2), sources[i]));
        assert_true(matches(s, elsewhere(day(2) + 100, sources[i])));
    }
    hg_sightings_destroy(s);
}

/* ---- honeypots themselves */

static void traffic_to_the_honeypot_is_no_other_traffic(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    note(s, at_honeypot(0, ATTACKER));
    assert_false(matches(s, event_at(HG_DATASET_suricata, 1, ATTACKER, HONEYPOT)));
    assert_false(matches(s, event_at(HG_DATASET_suricata, 2, HONEYPOT, ATTACKER)));
    /* nor does it make acquaintances */
    assert_false(matches(s, event_at(HG_DATASET_suricata, 3, "203.0.113.9", HONEYPOT)));
    note(s, at_honeypot(day(2), "203.0.113.9"));
    assert_true(matches(s, elsewhere(day(2) + 1, "203.0.113.9")));
    hg_sightings_destroy(s);
}

/* The honeypot knows itself as 172.18.0.2, the sensor as 10.0.0.250: they see the same connections. */
static void a_honeypot_behind_a_translation_is_found(void **state)
{
    struct hg_sightings *s = open_list();
    char source[32];
    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(source, sizeof source, "203.0.113.%d", i + 1);
        struct hg_event there = event_at(HG_DATASET_cowrie, 10 * i, source, "172.18.0.2");
        there.source_port = (uint16_t)(41000 + i);
        note(s, there);
        struct hg_event here = event_at(HG_DATASET_suricata, 10 * i + 1, source, "10.0.0.250");
        here.source_port = (uint16_t)(42000 + i);
        assert_true(matches(s, here)); /* another port, and nobody knows that host yet */
        here.source_port = there.source_port;
        assert_false(matches(s, here)); /* the connection itself */
    }
    assert_false(matches(s, event_at(HG_DATASET_suricata, 40, "203.0.113.1", "10.0.0.250")));
    assert_true(matches(s, event_at(HG_DATASET_suricata, 41, "203.0.113.1", "10.0.0.251")));
    hg_sightings_destroy(s);
}

/* One attacker alone, or chance now and then, makes no host a honeypot. */
static void a_host_is_not_taken_for_a_honeypot(void **state)
{
    struct hg_sightings *s = open_list();
    char source[32];
    (void)state;
    for (int i = 0; i < 3000; i++) {
        snprintf(source, sizeof source, "203.0.%d.%d", i / 250, i % 250 + 1);
        note(s, at_honeypot(i, source));
        struct hg_event here = elsewhere(i, source);
        if (i % 500 == 0)
            here.source_port = 50000;
        assert_int_equal(matches(s, here), i % 500 != 0);
    }
    for (int i = 0; i < 50; i++) { /* shares its port on purpose */
        note(s, at_honeypot(4000 + i, ATTACKER));
        struct hg_event here = event_at(HG_DATASET_suricata, 4000 + i, ATTACKER, "10.0.0.6");
        here.source_port = 50000;
        assert_false(matches(s, here));
    }
    note(s, at_honeypot(5000, "203.0.113.77"));
    assert_true(matches(s, event_at(HG_DATASET_suricata, 5001, "203.0.113.77", "10.0.0.6")));
    hg_sightings_destroy(s);
}

/* ---- other kinds */

static struct hg_event login(struct hg_event event, const char *name, const char *password)
{
    return with(with(event, HG_TRAIT_username, name), HG_TRAIT_password, password);
}

static void credentials(void **state)
{
    static const char *const common[][2] = {{"admin", "admin"}, {"root", "12345"}, {"root", "Password"}, {"operator", "OPERATOR"},
                                            {"root", "123456"}, {"", "a-good-one"}, {"root", ""}};
    struct hg_sightings *s = open_list();
    struct hg_finding finding;
    (void)state;
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        note(s, login(at_honeypot(0, ATTACKER), common[i][0], common[i][1]));
    assert_int_equal(hg_sightings_count(s, HG_SIGHTING_credential), 0);
    note(s, login(at_honeypot(0, ATTACKER), "backup", "vF8x-made-up"));
    note(s, login(at_honeypot(0, "10.0.0.9"), "backup", "vF8x-made-up")); /* from wherever */
    struct hg_event event = login(event_at(HG_DATASET_custom1, 60, "203.0.113.200", "10.0.0.5"), "backup", "vF8x-made-up");
    assert_true(hg_sightings_match(s, &event, &finding));
    assert_int_equal(finding.trait, 1 + HG_TRAIT_password);
    assert_float_equal((double)finding.counted, 2, 0);
    assert_float_equal((double)finding.second, 2, 0);
    assert_false(matches(s, login(event_at(HG_DATASET_custom1, 60, "203.0.113.200", "10.0.0.5"), "backup", "vF8x-made-up2")));
    assert_false(matches(s, login(event_at(HG_DATASET_custom1, 60, "203.0.113.200", "10.0.0.5"), "root", "vF8x-made-up")));
    hg_sightings_destroy(s);
}

static void files(void **state)
{
    struct hg_sightings *s = open_list();
    struct hg_finding finding;
    (void)state;
    note(s, with(at_honeypot(0, ATTACKER), HG_TRAIT_file, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
    note(s, with(at_honeypot(0, ATTACKER), HG_TRAIT_file, PRINT_A)); /* no SHA-256 */
    note(s, with(at_honeypot(0, ATTACKER), HG_TRAIT_file, "=cmd|' /C calc'!A0xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_int_equal(hg_sightings_count(s, HG_SIGHTING_file), 0);
    note(s, with(at_honeypot(0, ATTACKER), HG_TRAIT_file, "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff"));
    struct hg_event event = with(elsewhere(60, ATTACKER), HG_TRAIT_file, FILE_A);
    assert_true(hg_sightings_match(s, &event, &finding)); /* the file says more than its address */
    assert_int_equal(finding.trait, 1 + HG_TRAIT_file);
    hg_sightings_destroy(s);
}

static void fingerprints(void **state)
{
    struct hg_sightings *s = open_list();
    struct hg_finding finding;
    (void)state;
    assert_false(matches(s, elsewhere(0, "198.51.100.1"))); /* other traffic begins */
    note(s, with(at_honeypot(day(0.5), ATTACKER), HG_TRAIT_hassh, PRINT_A));
    note(s, with(at_honeypot(day(0.5), "10.0.0.9"), HG_TRAIT_hassh, PRINT_B)); /* a scanner of our own */
    assert_int_equal(hg_sightings_count(s, HG_SIGHTING_hassh), 1);
    struct hg_event event = with(elsewhere(day(1.5), "198.51.100.2"), HG_TRAIT_hassh, PRINT_A);
    assert_true(hg_sightings_match(s, &event, &finding));
    assert_int_equal(finding.trait, 1 + HG_TRAIT_hassh);
    assert_false(matches(s, with(elsewhere(day(1.5), "198.51.100.2"), HG_TRAIT_ja3, PRINT_A)));
    assert_false(matches(s, with(elsewhere(day(1.5), "198.51.100.2"), HG_TRAIT_hassh, PRINT_B)));
    hg_sightings_destroy(s);
}

static void usual_fingerprints_do_not_match(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    assert_false(matches(s, elsewhere(0, "198.51.100.1")));
    assert_false(matches(s, with(elsewhere(day(2), "198.51.100.2"), HG_TRAIT_ja3, PRINT_A))); /* met before its first sighting */
    note(s, with(at_honeypot(day(3), ATTACKER), HG_TRAIT_ja3, PRINT_A));
    assert_false(matches(s, with(elsewhere(day(4), "198.51.100.2"), HG_TRAIT_ja3, PRINT_A)));
    hg_sightings_destroy(s);
    s = open_list();
    note(s, with(at_honeypot(0, ATTACKER), HG_TRAIT_ja3, PRINT_A));
    assert_false(matches(s, with(elsewhere(10, "198.51.100.2"), HG_TRAIT_ja3, PRINT_A))); /* on the first day */
    assert_false(matches(s, with(elsewhere(day(5), "198.51.100.2"), HG_TRAIT_ja3, PRINT_A)));
    hg_sightings_destroy(s);
}

static void an_attack_makes_no_fingerprint_usual(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    assert_false(matches(s, elsewhere(0, "198.51.100.1")));
    struct hg_event alert = with(elsewhere(day(2), "198.51.100.2"), HG_TRAIT_ja3, PRINT_A);
    alert.label = HG_LABEL_ATTACK;
    assert_false(matches(s, alert));
    note(s, with(at_honeypot(day(3), ATTACKER), HG_TRAIT_ja3, PRINT_A));
    assert_true(matches(s, with(elsewhere(day(4), "198.51.100.2"), HG_TRAIT_ja3, PRINT_A)));
    hg_sightings_destroy(s);
}

/* ---- the list */

static void the_one_noted_longest_ago_goes(void **state)
{
    struct hg_sightings *s = open_list();
    struct hg_sighting sighting;
    uint32_t cursor = 0, n = 0;
    char source[32];
    (void)state;
    for (int i = 0; i < 32768 + 10; i++) {
        snprintf(source, sizeof source, "203.%d.%d.%d", i >> 16, i >> 8 & 255, i & 255);
        note(s, at_honeypot(i, source));
        if (i == 100)
            note(s, at_honeypot(i, "203.0.0.0")); /* seen again: it stays */
    }
    assert_int_equal(hg_sightings_count(s, HG_SIGHTING_address), 32768);
    assert_false(matches(s, elsewhere(40000, "203.0.0.1")));
    assert_false(matches(s, elsewhere(40000, "203.0.0.10")));
    assert_true(matches(s, elsewhere(40000, "203.0.0.11")));
    assert_true(matches(s, elsewhere(40000, "203.0.0.0")));
    while (hg_sightings_next(s, HG_SIGHTING_address, &cursor, &sighting)) {
        if (n++ == 0)
            assert_slice(((struct hg_slice){sighting.value, sighting.value_bytes}), "203.0.128.9");
        assert_true(sighting.count == 1 || sighting.count == 2);
    }
    assert_int_equal(n, 32768);
    assert_true(hg_sightings_bytes(s) < 16u << 20);
    hg_sightings_destroy(s);
}

static void sources_are_estimated(void **state)
{
    static const uint32_t counts[] = {1, 2, 5, 50, 500, 1000};
    char source[32];
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        struct hg_sightings *s = open_list();
        struct hg_sighting sighting;
        uint32_t cursor = 0;
        for (uint32_t i = 0; i < counts[c]; i++) {
            snprintf(source, sizeof source, "198.51.%u.%u", i / 200, i % 200 + 1);
            note(s, with(at_honeypot(i, source), HG_TRAIT_hassh, PRINT_A));
        }
        assert_true(hg_sightings_next(s, HG_SIGHTING_hassh, &cursor, &sighting));
        double error = (double)sighting.sources / counts[c] - 1;
        assert_true(error > -0.2 && error < 0.2);
        assert_int_equal(sighting.count, counts[c]);
        assert_false(hg_sightings_next(s, HG_SIGHTING_hassh, &cursor, &sighting));
        hg_sightings_destroy(s);
    }
}

static bool is_usual(const struct hg_sightings *s, enum hg_sighting_kind kind)
{
    struct hg_sighting sighting;
    uint32_t cursor = 0;
    assert_true(hg_sightings_next(s, kind, &cursor, &sighting));
    return sighting.usual;
}

static void the_list_says_what_is_usual(void **state)
{
    struct hg_sightings *s = open_list();
    (void)state;
    assert_false(matches(s, with(elsewhere(0, ATTACKER), HG_TRAIT_ja3, PRINT_A)));
    note(s, with(with(at_honeypot(60, "203.0.113.9"), HG_TRAIT_ja3, PRINT_A), HG_TRAIT_hassh, PRINT_A));
    assert_false(is_usual(s, HG_SIGHTING_address));
    assert_true(is_usual(s, HG_SIGHTING_ja3));
    assert_false(is_usual(s, HG_SIGHTING_hassh)); /* never met */
    note(s, at_honeypot(day(1.1), ATTACKER));
    assert_true(is_usual(s, HG_SIGHTING_address));
    hg_sightings_destroy(s);
}

/* ---- bytes: a list that is put and taken at random places does as one that goes on */

static struct hg_event any_event(struct hg_rng *rng, int64_t seconds, char source[32])
{
    static const char *const prints[] = {PRINT_A, PRINT_B, "0123456789abcdef0123456789abcdef"};
    static const char *const words[] = {"vF8x-made-up", "another-one", "third-of-them"};
    static const enum hg_dataset datasets[] = {HG_DATASET_cowrie, HG_DATASET_dionaea, HG_DATASET_suricata, HG_DATASET_iscx,
                                               HG_DATASET_custom1};
    snprintf(source, 32, hg_rng_below(rng, 8) == 0 ? "10.0.0.%d" : "203.0.113.%d", (int)hg_rng_below(rng, 60));
    enum hg_dataset dataset = datasets[hg_rng_below(rng, 5)];
    bool to_honeypot = hg_dataset_is_honeypot(dataset) || hg_rng_below(rng, 8) == 0;
    const char *target = to_honeypot ? HONEYPOT : hg_rng_below(rng, 2) == 0 ? "10.0.0.77" : "10.0.0.78";
    struct hg_event event = event_at(dataset, seconds, source, target);
    event.source_port = (uint16_t)(40000 + hg_rng_below(rng, 1000));
    event.packets_received = (int64_t)hg_rng_below(rng, 4);
    event.label = hg_rng_below(rng, 5) == 0 ? HG_LABEL_ATTACK : HG_LABEL_NONE;
    if (hg_rng_below(rng, 4) == 0)
        event = login(event, "backup", words[hg_rng_below(rng, 3)]);
    if (hg_rng_below(rng, 4) == 0)
        event = with(event, HG_TRAIT_file, FILE_A);
    if (hg_rng_below(rng, 4) == 0)
        event = with(event, hg_rng_below(rng, 2) == 0 ? HG_TRAIT_ja3 : HG_TRAIT_hassh, prints[hg_rng_below(rng, 3)]);
    return event;
}

static bool pass(struct hg_sightings *s, const struct hg_event *event, struct hg_finding *ret)
{
    if (!hg_dataset_is_honeypot((enum hg_dataset)event->dataset))
        return hg_sightings_match(s, event, ret);
    hg_sightings_note(s, event);
    return false;
}

static void taken_back_it_goes_on(void **state)
{
    struct hg_rng rng = test_rng();
    struct hg_sightings *one = open_list(), *two = open_list();
    struct hg_buf a, b;
    int found = 0;
    (void)state;
    hg_buf_init(&a, HG_SIGHTINGS_STATE_MAX);
    hg_buf_init(&b, HG_SIGHTINGS_STATE_MAX);
    for (int i = 0; i < 20000; i++) {
        char source[32];
        struct hg_finding f = {.row = 0}, g = {.row = 0};
        struct hg_event event = any_event(&rng, i * 30 - (int64_t)hg_rng_below(&rng, 100), source);
        assert_int_equal(pass(one, &event, &f), pass(two, &event, &g));
        assert_true(f.rule == g.rule && f.trait == g.trait && f.seen_us == g.seen_us && f.dataset == g.dataset);
        assert_true(f.counted == g.counted && f.second == g.second && f.seconds == g.seconds);
        found += f.rule == HG_RULE_honeypot_sighting;
        if (i % 1000 != 999)
            continue;
        hg_buf_clear(&a);
        hg_buf_clear(&b);
        hg_sightings_put(one, &a);
        hg_sightings_put(two, &b);
        assert_true(hg_slice_eq(hg_buf_slice(&a), hg_buf_slice(&b)));
        hg_sightings_destroy(two);
        two = open_list();
        assert_int_equal(hg_sightings_take(two, hg_buf_slice(&a), NULL), HG_OK);
    }
    assert_true(found > 100);
    hg_buf_free(&a);
    hg_buf_free(&b);
    hg_sightings_destroy(one);
    hg_sightings_destroy(two);
}

static void damaged_bytes_are_refused(void **state)
{
    struct hg_rng rng = test_rng();
    struct hg_sightings *s = open_list();
    struct hg_buf bytes;
    char source[32];
    struct hg_finding finding;
    int refused = 0;
    (void)state;
    hg_buf_init(&bytes, HG_SIGHTINGS_STATE_MAX);
    for (int i = 0; i < 300; i++) {
        struct hg_event event = any_event(&rng, i, source);
        pass(s, &event, &finding);
    }
    hg_sightings_put(s, &bytes);
    for (size_t n = 1; n < bytes.len; n++) { /* cut: never taken; exact blocks, so that a sanitizer sees what reads past */
        char *cut = malloc(n);
        memcpy(cut, bytes.p, n);
        assert_int_equal(hg_sightings_take(s, (struct hg_slice){cut, n}, NULL), HG_EFORMAT);
        free(cut);
    }
    for (int i = 0; i < 2000; i++) {
        size_t at = hg_rng_below(&rng, bytes.len);
        char before = bytes.p[at];
        bytes.p[at] = (char)hg_rng_below(&rng, 256);
        refused += hg_sightings_take(s, hg_buf_slice(&bytes), NULL) == HG_EFORMAT;
        struct hg_event event = any_event(&rng, i, source);
        pass(s, &event, &finding);
        bytes.p[at] = before;
    }
    assert_true(refused > 100);
    assert_int_equal(hg_sightings_take(s, hg_buf_slice(&bytes), NULL), HG_OK);
    assert_int_equal(hg_sightings_take(s, HG_SLICE_NONE, NULL), HG_OK);
    for (int kind = 0; kind < HG_SIGHTING_KINDS; kind++)
        assert_int_equal(hg_sightings_count(s, (enum hg_sighting_kind)kind), 0);
    hg_buf_free(&bytes);
    hg_sightings_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_with_its_evidence),
        cmocka_unit_test(addresses_that_are_not_noted),
        cmocka_unit_test(they_age),
        cmocka_unit_test(acquaintances_do_not_match),
        cmocka_unit_test(records_out_of_order_count_too),
        cmocka_unit_test(known_for_less_than_a_day_does),
        cmocka_unit_test(unanswered_refused_and_labelled_make_no_acquaintance),
        cmocka_unit_test(traffic_to_the_honeypot_is_no_other_traffic),
        cmocka_unit_test(a_honeypot_behind_a_translation_is_found),
        cmocka_unit_test(a_host_is_not_taken_for_a_honeypot),
        cmocka_unit_test(credentials),
        cmocka_unit_test(files),
        cmocka_unit_test(fingerprints),
        cmocka_unit_test(usual_fingerprints_do_not_match),
        cmocka_unit_test(an_attack_makes_no_fingerprint_usual),
        cmocka_unit_test(the_one_noted_longest_ago_goes),
        cmocka_unit_test(sources_are_estimated),
        cmocka_unit_test(the_list_says_what_is_usual),
        cmocka_unit_test(taken_back_it_goes_on),
        cmocka_unit_test(damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
