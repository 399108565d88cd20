/* Syslog headers and the framing of streams, byte by byte. */
#include "support/cmocka_all.h"

#include "source/framing.h"
#include "source/syslog.h"

#define STREAM_MAX ((size_t)1 << 20)

static struct hg_slice message(const char *packet)
{
    return hg_syslog_message(hg_slice_of(packet));
}

/* ---- headers */

static void the_examples_of_rfc_5424(void **state)
{
    (void)state;
    assert_slice(message("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8"),
                 "'su root' failed for lonvick on /dev/pts/8");
    assert_slice(message("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts."),
                 "%% It's time to make the do-nuts.");
    assert_slice(message("<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" "
                         "eventSource=\"Application\" eventID=\"1011\"] \xef\xbb\xbf"
                         "An application event log entry..."),
                 "An application event log entry...");
    assert_slice(message("<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut=\"3\" "
                         "eventSource=\"Application\" eventID=\"1011\"][examplePriority@32473 class=\"high\"]"),
                 "");
}

static void structured_data_may_hold_anything_in_quotes(void **state)
{
    (void)state;
    assert_slice(message("<1>1 - - - - - [a b=\"x \\\" ] { \\] \\\\\"][c d=\"\"] {\"k\":1}"), "{\"k\":1}");
    assert_slice(message("<1>1 - h a p m [id] {}"), "{}");
    assert_slice(message("<1>1 - h a p m [id b=\"never ends {}"), "[id b=\"never ends {}");
    assert_slice(message("<1>1 - h a p m [id]x {}"), "[id]x {}");
}

static void headers_of_rfc_3164_and_like_it(void **state)
{
    (void)state;
    static const char *const headers[] = {"<13>Oct 11 22:14:15 mymachine suricata[8710]: ", "<13>Oct  1 22:14:15 mymachine suricata: ",
                                          "<13>Oct  1 22:14:15 suricata[1]: ", "<13>suricata: ", "<13>", "<13>Oct  1 22:14:15 host ",
                                          "<13>2026-01-08T21:13:31.885951+00:00 host eve: ", "<13>Oct 11 22:14:15 host eve: @cee: ",
                                          "<13>@cee:", "<0>Oct 11 22:14:15 host @cee: ", "<191>1 2026-01-08T21:13:31Z h a - - - @cee:", ""};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char packet[256];
        snprintf(packet, sizeof packet, "%s{\"a\": [\"b: c\"]}", headers[i]);
        assert_slice(message(packet), "{\"a\": [\"b: c\"]}");
    }
    assert_slice(message("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick"), "'su root' failed for lonvick");
}

static void what_is_no_header_stays(void **state)
{
    (void)state;
    static const char *const packets[] = {"", "<", "<>{}", "<1", "<1234>{}", "<x>{}", "{\"a\":\"<13>\"}", "some words: {}", "1 - - {}"};
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++)
        assert_slice(message(packets[i]), packets[i]);
    assert_slice(message("<1>1"), "1");
    assert_slice(message("<13>"), "");
    assert_slice(message("<1>1 2003 h a p m - {}"), "1 2003 h a p m - {}");
}

/* ---- framing */

struct reading {
    bool (*frame)(struct hg_slice bytes, bool ended, struct framing *ret);
    char held[FRAMING_BYTES_MAX];
    size_t len, bad;
    uint64_t skip;
    bool skip_line;
    struct hg_buf out;
};

static struct reading *reading_of(bool (*frame)(struct hg_slice, bool, struct framing *))
{
    struct reading *r = calloc(1, sizeof *r);
    assert_non_null(r);
    r->frame = frame;
    hg_buf_init(&r->out, STREAM_MAX);
    return r;
}

static void reading_free(struct reading *r)
{
    hg_buf_free(&r->out);
    free(r);
}

static bool step(struct reading *r, bool ended)
{
    static char line[HG_LISTENER_LINE_MAX + 1];
    struct framing framing = {0};
    size_t used = r->skip < r->len ? (size_t)r->skip : r->len;
    r->skip -= used;
    bool go_on = used > 0, found = false;
    if (!go_on && r->skip_line) {
        used = framing_skip_line((struct hg_slice){r->held, r->len}, &found);
        r->skip_line = !found;
        go_on = used > 0;
    } else if (!go_on) {
        go_on = r->frame((struct hg_slice){r->held, r->len}, ended, &framing);
        used = framing.used;
        if (go_on) {
            hg_buf_add(&r->out, line, framing_put_line(framing.message, line));
            r->skip = framing.skip;
            r->skip_line = framing.skip_line;
            r->bad += framing.bad;
        }
        go_on = go_on || used > 0;
    }
    assert_true(used <= r->len);
    memmove(r->held, r->held + used, r->len -= used);
    return go_on;
}

static void feed(struct reading *r, const char *p, size_t n)
{
    while (n > 0) {
        size_t part = sizeof r->held - r->len < n ? sizeof r->held - r->len : n;
        assert_true(part > 0);
        memcpy(r->held + r->len, p, part);
        r->len += part;
        p += part;
        n -= part;
        while (step(r, false)) {}
    }
}

static void end(struct reading *r)
{
    while (step(r, true)) {}
    assert_int_equal(r->len, 0);
}

static const char mixed[] = "<13>1 - h a - - - {\"a\":1}\n"
                            "9 {\"b\":\n2}{\"c\":3}\r\n"
                            "7 {\"d\":4}\n" /* a line end behind the count */
                            "\n\r\n"
                            "{\"e\":5}\0"
                            "3 {}\n"
                            "0 no count\n"
                            "12345678901 no count either\n"
                            "2026-01-01 nor this\n"
                            "16 {\"f\":\"six\nteen\"}"
                            "99 cut short";
static const char mixed_lines[] = "<13>1 - h a - - - {\"a\":1}\n{\"b\": 2}{\n\"c\":3}\n{\"d\":4}\n{\"e\":5}\n{}\n0 no count\n"
                                  "12345678901 no count either\n2026-01-01 nor this\n{\"f\":\"six teen\"}\ncut short\n";

static void a_stream_split_anywhere_gives_the_same_lines(void **state)
{
    (void)state;
    const size_t len = sizeof mixed - 1;
    for (size_t first = 0; first <= len; first++)
        for (size_t second = first; second <= len; second += first % 7 + 1) {
            struct reading *r = reading_of(framing_syslog);
            feed(r, mixed, first);
            feed(r, mixed + first, second - first);
            feed(r, mixed + second, len - second);
            end(r);
            assert_slice(hg_buf_slice(&r->out), mixed_lines);
            assert_int_equal(r->bad, 3);
            reading_free(r);
        }
}

static void lines_have_no_counts(void **state)
{
    (void)state;
    static const char text[] = "7 {\"d\":4}\r\n\n{\"a\":1}\0" "3 {}\ncut";
    for (size_t first = 0; first < sizeof text; first++) {
        struct reading *r = reading_of(framing_line);
        feed(r, text, first);
        feed(r, text + first, sizeof text - 1 - first);
        end(r);
        assert_slice(hg_buf_slice(&r->out), "7 {\"d\":4}\n{\"a\":1}\n3 {}\ncut\n");
        reading_free(r);
    }
}

static void hostile_counts_take_no_memory_and_no_later_line(void **state)
{
    (void)state;
    static const char *const counts[] = {"18446744073709551616", "18446744073709551615", "4294967296", "99999999", "16777217", "00000003", "-1"};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct reading *r = reading_of(framing_syslog);
        char text[128], expected[128];
        int n = snprintf(text, sizeof text, "%s {\"a\":1}\n{\"b\":2}\n", counts[i]);
        feed(r, text, (size_t)n);
        snprintf(expected, sizeof expected, "%s", text);
        assert_slice(hg_buf_slice(&r->out), expected);
        assert_int_equal(r->bad, counts[i][0] != '-');
        reading_free(r);
    }
}

/* A message of `len` bytes, by count or by line, then another: the first is cut, the second whole, however they come. */
static void check_long(size_t len, bool counted, size_t piece)
{
    static char text[STREAM_MAX];
    struct reading *r = reading_of(framing_syslog);
    size_t n = counted ? (size_t)snprintf(text, 32, "%zu ", len) : 0;
    memset(text + n, 'x', len);
    n += len;
    n += (size_t)snprintf(text + n, 32, "%s{\"next\":1}\n", counted ? "" : "\n");
    for (size_t at = 0; at < n; at += piece)
        feed(r, text + at, n - at < piece ? n - at : piece);
    end(r);
    size_t kept = len < HG_LISTENER_LINE_MAX ? len : HG_LISTENER_LINE_MAX;
    assert_int_equal(r->out.len, kept + 1 + 11);
    assert_int_equal(r->out.p[kept], '\n');
    assert_memory_equal(r->out.p + kept + 1, "{\"next\":1}\n", 11);
    reading_free(r);
}

static void a_message_too_long_is_cut_and_the_next_is_whole(void **state)
{
    (void)state;
    static const size_t lengths[] = {HG_LISTENER_LINE_MAX - 1, HG_LISTENER_LINE_MAX,  HG_LISTENER_LINE_MAX + 1, FRAMING_BYTES_MAX - 7,
                                     FRAMING_BYTES_MAX - 6,    FRAMING_BYTES_MAX - 5, FRAMING_BYTES_MAX - 1,    FRAMING_BYTES_MAX,
                                     FRAMING_BYTES_MAX + 1,    500000};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        for (int counted = 0; counted < 2; counted++) {
            check_long(lengths[i], counted, 1000);
            check_long(lengths[i], counted, STREAM_MAX);
        }
    check_long(FRAMING_BYTES_MAX + 1, true, 61);
}

/* Random bytes of the alphabet that matters: any two ways to split them agree. */
static void noise_split_in_two_ways_agrees(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    static const char alphabet[] = "0123456789   <>{}\n\r\0\"x";
    for (int round = 0; round < 3000; round++) {
        char text[96];
        size_t n = hg_rng_below(&rng, sizeof text);
        for (size_t i = 0; i < n; i++)
            text[i] = alphabet[hg_rng_below(&rng, sizeof alphabet - 1)];
        struct reading *whole = reading_of(framing_syslog), *parts = reading_of(framing_syslog);
        feed(whole, text, n);
        for (size_t at = 0, piece; at < n; at += piece) {
            piece = 1 + hg_rng_below(&rng, 9);
            piece = piece < n - at ? piece : n - at;
            feed(parts, text + at, piece);
        }
        end(whole);
        end(parts);
        assert_int_equal(whole->out.len, parts->out.len);
        if (whole->out.len > 0)
            assert_memory_equal(whole->out.p, parts->out.p, whole->out.len);
        assert_int_equal(whole->bad, parts->bad);
        reading_free(whole);
        reading_free(parts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_of_rfc_5424),
        cmocka_unit_test(structured_data_may_hold_anything_in_quotes),
        cmocka_unit_test(headers_of_rfc_3164_and_like_it),
        cmocka_unit_test(what_is_no_header_stays),
        cmocka_unit_test(a_stream_split_anywhere_gives_the_same_lines),
        cmocka_unit_test(lines_have_no_counts),
        cmocka_unit_test(hostile_counts_take_no_memory_and_no_later_line),
        cmocka_unit_test(a_message_too_long_is_cut_and_the_next_is_whole),
        cmocka_unit_test(noise_split_in_two_ways_agrees),
    };
    return cmocka_run_group_tests_name("syslog", tests, NULL, NULL);
}
