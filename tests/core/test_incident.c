/* Which alerts are one incident, and that its story says what was counted and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/incident.h"

#include <stdio.h>

#define START (INT64_C(1736370811) * HG_SECOND)

static struct hg_alert alert(unsigned id, unsigned host, int64_t from_minute, int64_t to_minute, double score)
{
    struct hg_alert made = {.id.b = {(uint8_t)id}, .source_ip = hg_ip_v4(0xc6336400u + host), .first_us = START + from_minute * HG_MINUTE,
                            .last_us = START + to_minute * HG_MINUTE, .count = id, .by_label = 1, .by_score = id - 1};
    made.score.value = score;
    return made;
}

static void grouped(void **state)
{
    (void)state;
    struct hg_alert alerts[] = {
        alert(1, 7, 0, 10, 0.5), alert(2, 7, 70, 71, 0.9),   /* an hour after the end: the same */
        alert(3, 7, 132, 133, 0.4),                          /* a minute more than that: another */
        alert(4, 8, 0, 200, 0.9),  alert(5, 8, 100, 101, 0.1), alert(6, 8, 255, 256, 0.2), /* within the long one, and after its end */
        alert(7, 9, 0, 1, 0.9),
    };
    struct hg_incident found[7];
    assert_int_equal(hg_incidents_group(alerts, 7, found), 4);
    static const uint64_t events[] = {15, 3, 7, 3}; /* by score, then newest: 8's, then 7's first, then 9's, then 7's second */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(found[i].events, events[i]);
    assert_int_equal(found[0].n, 3);
    assert_int_equal(found[0].last_us, START + 256 * HG_MINUTE);
    assert_int_equal(alerts[found[0].top].id.b[0], 4);
    assert_int_equal(alerts[found[1].top].id.b[0], 2);
    assert_int_equal(alerts[found[1].first].id.b[0], 1);
    assert_int_equal(found[1].by_label, 2);
    assert_int_equal(hg_incidents_group(alerts, 0, found), 0);
}

static void without_source(void **state)
{
    (void)state;
    struct hg_alert alerts[] = {alert(1, 7, 0, 1, 0.5), alert(2, 7, 2, 3, 0.5), alert(3, 7, 4, 5, 0.5)};
    struct hg_incident found[3];
    alerts[0].missing = alerts[2].missing = 1u << HG_FIELD_source_ip;
    assert_int_equal(hg_incidents_group(alerts, 3, found), 3);
}

static void told(const struct hg_incident_facts *facts, const struct hg_finding *finding, const char *reason, const char *wanted)
{
    const struct hg_incident incident = {.first_us = START, .last_us = START + 9 * HG_MINUTE, .events = 1240};
    struct hg_buf buf;
    hg_buf_init(&buf, 4096);
    hg_incident_story(&incident, facts, finding, hg_slice_of(reason), &buf);
    hg_buf_char(&buf, '\0');
    assert_false(buf.failed);
    assert_string_equal(buf.p, wanted);
    hg_buf_free(&buf);
}

static void stories(void **state)
{
    (void)state;
    struct hg_incident_facts facts = {.source = HG_SLICE("198.51.100.7"), .country = HG_SLICE("NL"), .passwords = 412, .users = 3, .application = HG_SLICE("SSH"),
                                      .logged_in = true, .got_in_as = HG_SLICE("root"), .commands = 6, .files = 1};
    told(&facts, NULL, "", "198.51.100.7 (NL) tried 412 passwords on ssh over 9 minutes, got in as \"root\", ran 6 commands, fetched 1 file");
    facts.passwords = facts.commands = 0;
    facts.users = 1;
    facts.got_in_as = HG_SLICE_NONE;
    told(&facts, NULL, "", "198.51.100.7 (NL) tried 1 user name on ssh over 9 minutes, got in, fetched 1 file");
    told(&(struct hg_incident_facts){.source = HG_SLICE("192.168.1.7"), .country = HG_SLICE("NL"), .own = true, .commands = 1}, NULL, "", "Our own 192.168.1.7 ran 1 command");
    struct hg_finding finding = {.rule = HG_RULE_scan_vertical, .counted = 48, .limit = 20, .seconds = 170, .seen_us = HG_TIME_NONE};
    struct hg_buf words;
    char wanted[512];
    hg_buf_init(&words, 1024);
    hg_finding_words(&finding, &words);
    assert_true(words.len > 2 && words.p[words.len - 1] == '.');
    snprintf(wanted, sizeof wanted, "203.0.113.9: %c%.*s", words.p[0] | 0x20, (int)words.len - 2, words.p + 1);
    told(&(struct hg_incident_facts){.source = HG_SLICE("203.0.113.9")}, &finding, "", wanted);
    hg_buf_free(&words);
    told(&(struct hg_incident_facts){.source = HG_SLICE("203.0.113.9"), .type = HG_SLICE("scan"), .targets = 3, .ports = 1, .port = 445}, NULL, "",
         "203.0.113.9: 1,240 odd events (scan) at 3 addresses, port 445 over 9 minutes");
    told(&(struct hg_incident_facts){0}, NULL, "TLS is rare here.", "Many addresses: 1,240 odd events over 9 minutes; TLS is rare here");
}

/* What attackers wrote stands in quotes, and is cut where a character ends. */
static void foreign_text(void **state)
{
    (void)state;
    told(&(struct hg_incident_facts){.source = HG_SLICE("203.0.113.9"), .logged_in = true, .got_in_as = HG_SLICE("123456789012345678901234567890123456789\xc3\xa4 and more")}, NULL, "",
         "203.0.113.9 got in as \"123456789012345678901234567890123456789\xe2\x80\xa6\"");
    told(&(struct hg_incident_facts){.source = HG_SLICE("203.0.113.9"), .commands = 2, .signature = HG_SLICE("EXAMPLE <b>"), .signature_events = 3}, NULL, "",
         "203.0.113.9 ran 2 commands, set off \"EXAMPLE <b>\" 3 times");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grouped),
        cmocka_unit_test(without_source),
        cmocka_unit_test(stories),
        cmocka_unit_test(foreign_text),
    };
    return cmocka_run_group_tests_name("incidents", tests, NULL, NULL);
}
