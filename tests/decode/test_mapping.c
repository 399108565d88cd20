/*
 * Mapping files: what is wrong in one is said with its line; what is right in one comes out of the records: units, zones, null words,
 * vocabularies, headers of every kind. Their recognition, and that two never share a data set.
 */
#include "support/cmocka_all.h"

#include "decode/decode_support.h"
#include "decode/mapping.h"

#include <unistd.h>

#define HEAD "format: mine\nsummary: my log\ndataset: custom1\n" /* lines 1 to 3 */
#define CSV  HEAD "log: csv\nrecognise: {has: [when, who]}\n"     /* to line 5 */

static struct mapping *parse(const char *text)
{
    struct mapping *mapping;
    struct hg_err err = {.msg = ""};
    if (mapping_parse("my.yaml", false, hg_slice_of(text), &mapping, &err) != HG_OK)
        fail_msg("%s", err.msg);
    return mapping;
}

/* ---- errors */

static void errors_name_their_line(void **state)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "my.yaml:1: expected keys such as format and fields, found nothing"},
        {"- a\n", "my.yaml:1: expected keys such as format and fields, found something else"},
        {"a: [\n", "my.yaml:2: expected YAML, found something else"},
        {"a: b\n  c: d\n", "my.yaml:2: expected YAML, found something else"},
        {"a: b\n---\nc: d\n", "my.yaml:3: expected one document, found a mapping"},
        {"a: b\n...\n--- [\n", "my.yaml:4: expected YAML, found something else"},
        {HEAD "log: csv\ncolour: red\n", "my.yaml:5: expected one of the keys format summary dataset"},
        {HEAD "log: csv\nlog: csv\n", "my.yaml:5: expected each key once, found 'log'"},
        {"summary: x\n", "my.yaml:1: expected the key format, found none"},
        {"format: Mine\nsummary: x\ndataset: custom1\n", "my.yaml:1: expected a name of a-z, 0-9 and _, up to 31 long, found 'Mine'"},
        {"format: [a]\nsummary: x\ndataset: custom1\n", "my.yaml:1: expected a name of a-z, 0-9 and _, found a list"},
        {"format: a\nsummary: x\ndataset: iscx\n", "my.yaml:3: expected a data set: custom1 to custom4, found 'iscx'"},
        {"format: a\nsummary: x\ndataset: custom5\n", "my.yaml:3: expected a data set: custom1 to custom4, found 'custom5'"},
        {HEAD "log: xml\n", "my.yaml:4: expected csv, tsv or jsonl, found 'xml'"},
        {HEAD "log: csv\nheader: zeek\n", "my.yaml:5: expected header: zeek only with log: tsv, found 'zeek'"},
        {HEAD "log: jsonl\nheader: first\n", "my.yaml:5: expected no header with log: jsonl, found 'first'"},
        {HEAD "log: csv\nseparator: ;\n", "my.yaml:5: expected a separator only with log: tsv, found ';'"},
        {HEAD "log: tsv\nseparator: ab\n", "my.yaml:5: expected one character, found 'ab'"},
        {HEAD "log: csv\nheader: none\n", "my.yaml:1: expected the key columns, found none"},
        {HEAD "log: csv\nheader: none\ncolumns: 300\n", "my.yaml:6: expected the columns' names, or their number from 1 to 256, found '300'"},
        {HEAD "log: csv\ncolumns: 3\n", "my.yaml:5: expected columns only with header: none, found '3'"},
        {HEAD "log: csv\ntried: maybe\n", "my.yaml:5: expected true or false, found 'maybe'"},
        {HEAD "log: csv\nnulls: none\n", "my.yaml:5: expected a list of 1 to 16 words, found 'none'"},
        {CSV, "my.yaml:1: expected the key fields, found none"},
        {HEAD "log: csv\nfields: {event_time: {from: when, time: iso}}\n", "my.yaml:1: expected the key recognise, found none"},
        {HEAD "log: csv\nrecognise: {match: {1: address}}\nfields: {event_time: {from: when, time: iso}}\n",
         "my.yaml:5: expected one of the keys has, found 'match'"},
        {CSV "fields:\n  source_ip: who\n", "my.yaml:7: expected event_time among the fields, found a mapping"},
        {CSV "fields:\n  event_time: when\n", "my.yaml:7: expected the keys from time zone, found 'when'"},
        {CSV "fields:\n  event_time: {from: when}\n", "my.yaml:7: expected the key time, found none"},
        {CSV "fields:\n  event_time: {time: iso}\n", "my.yaml:7: expected the key from, found none"},
        {CSV "fields:\n  event_time: {from: when, time: soon}\n",
         "my.yaml:7: expected epoch_s, epoch_ms, epoch_us, iso or a pattern such as %Y-%m-%d %H:%M:%S, found 'soon'"},
        {CSV "fields:\n  event_time:\n    from: when\n    time: '%Y-%q'\n", "my.yaml:9: expected a pattern of %Y %m %d"},
        {CSV "fields:\n  event_time: {from: when, time: '%Y-%m-%d %H:%M%'}\n", "my.yaml:7: expected a pattern of %Y %m %d"},
        {CSV "fields:\n  event_time: {from: when, time: '%Y-%m-%d %Y'}\n", "my.yaml:7: expected a pattern with each part once"},
        {CSV "fields:\n  event_time: {from: when, time: '%Y %H'}\n", "my.yaml:7: expected a pattern with %Y, %d and one of %m and %b"},
        {CSV "fields:\n  event_time: {from: when, time: '%Y-%m-%d'}\n", "my.yaml:7: expected a pattern with %H, or with %I and %p"},
        {CSV "fields:\n  event_time: {from: when, time: '%Y-%m-%d %I'}\n", "my.yaml:7: expected a pattern with %H, or with %I and %p"},
        {CSV "fields:\n  event_time: {from: when, time: iso, zone: CET}\n", "my.yaml:7: expected a zone such as -03:00, found 'CET'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  source_up: who\n", "my.yaml:8: expected a field of the unified event"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  dataset: who\n", "my.yaml:8: expected a field of the unified event"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  source_ip: who\n  source_ip: whom\n", "my.yaml:9: expected each key once"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  source_ip: {from: who, unit: s}\n",
         "my.yaml:8: expected one of the keys from optional, found 'unit'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  source_ip: {from: who, optional: often}\n",
         "my.yaml:8: expected true or false, found 'often'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  duration:\n    from: took\n    unit: min\n",
         "my.yaml:10: expected s, ms, us or ns, found 'min'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  bytes_sent: {from: out, unit: kB}\n", "my.yaml:8: expected B, found 'kB'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  direction: {from: d}\n", "my.yaml:8: expected the key values, found none"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  direction: {from: d, values: {i: inwards}}\n",
         "my.yaml:8: expected internal, outbound, inbound or external, found 'inwards'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  direction: {source_is_local: a}\n",
         "my.yaml:8: expected the key destination_is_local, found none"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  tcp_flags: {from: f, as: words}\n",
         "my.yaml:8: expected letters, number or hex, found 'words'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  tcp_flags: {counts: {X: f}}\n",
         "my.yaml:8: expected one of the keys F S R P A U, found 'X'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  tcp_flags: {from: a, counts: {F: f}}\n",
         "my.yaml:8: expected either from or the other columns, found a mapping"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  label: {from: l, normal: [a]}\n", "my.yaml:8: expected the key else, found none"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  label: {from: l, normal: [a], attack: [b, a], else: none}\n",
         "my.yaml:8: expected each value once, found 'a'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  label: {from: l, normal: [a], else: Normal}\n",
         "my.yaml:8: expected none or Attack, found 'Normal'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  attack_type: {from: l, else: other}\n",
         "my.yaml:7: expected a label beside attack_type"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  label: {from: l, else: Attack}\n  attack_type: {from: l, values: {a: bad}, else: other}\n",
         "my.yaml:9: expected scan, brute_force"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  payload: {from: p, encoding: hex}\n", "my.yaml:8: expected text or base64, found 'hex'"},
        {CSV "fields:\n  event_time: {from: when, time: iso}\n  application_protocol: {from: p, first_of: ', '}\n",
         "my.yaml:8: expected one character, found ', '"},
        {HEAD "log: csv\nheader: none\ncolumns: [a, b]\nrecognise: {match: {c: address}}\nfields: {event_time: {from: a, time: iso}}\n",
         "my.yaml:7: expected a column: 1 to 2, or a name that columns lists, found 'c'"},
        {HEAD "log: csv\nheader: none\ncolumns: 2\nrecognise: {match: {1: word}}\nfields: {event_time: {from: 3, time: iso}}\n",
         "my.yaml:8: expected a column: 1 to 2, or a name that columns lists, found '3'"},
        {HEAD "log: csv\nheader: none\ncolumns: 2\nrecognise: {match: {1: word}}\nfields: {event_time: {from: 2, time: iso}}\n",
         "my.yaml:7: expected address, integer or number, found 'word'"},
        {HEAD "log: jsonl\nrecognise: {has: [a]}\nfields: {event_time: {from: a..b, time: iso}}\n", "my.yaml:6: expected a path such as flow.start"},
        {HEAD "log: jsonl\nrecognise: {has: [/]}\nfields: {event_time: {from: a, time: iso}}\n", "my.yaml:5: expected a path such as flow.start"},
        {HEAD "log: jsonl\nrecognise: {has: [a]}\nfields: {event_time: {from: a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y, time: iso}}\n",
         "my.yaml:6: expected at most 23 objects that are looked into"},
        {HEAD "log: csv\nrecognise: {has: [a]}\nfields: {event_time: {from: \"a\\0b\", time: iso}}\n", "my.yaml:6: expected the name of a column or key"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mapping *mapping = NULL;
        struct hg_err err = {.msg = ""};
        enum hg_rc rc = mapping_parse("my.yaml", false, hg_slice_of(cases[i].text), &mapping, &err);
        if (rc != HG_EUSAGE || strncmp(err.msg, cases[i].error, strlen(cases[i].error)) != 0)
            fail_msg("case %zu: expected \"%s\", got \"%s\"\n%s", i, cases[i].error, rc == HG_OK ? "no error" : err.msg, cases[i].text);
        assert_int_equal(mapping_parse("my.yaml", false, hg_slice_of(cases[i].text), &mapping, NULL), HG_EUSAGE);
    }
}

/* A mapping file cut or hit anywhere is refused or taken, never more. */
static void damaged_files_are_survived(void **state)
{
    struct hg_rng rng = test_rng();
    (void)state;
    for (size_t i = 0; i < n_mapping_shipped; i++) {
        for (int round = 0; round < 300; round++) {
            size_t len = mapping_shipped[i].text.len;
            char *copy = malloc(len); /* exact, so that reading past the end is seen */
            assert_non_null(copy);
            memcpy(copy, mapping_shipped[i].text.p, len);
            for (int hits = (int)hg_rng_below(&rng, 6); hits >= 0; hits--)
                copy[hg_rng_below(&rng, len)] = "{}[]:,'\"\n -#&*!|>%@\0\xff~"[hg_rng_below(&rng, 23)];
            len -= (size_t)hg_rng_below(&rng, 4) == 0 ? (size_t)hg_rng_below(&rng, len) : 0;
            struct mapping *mapping = NULL;
            struct hg_err err = {.msg = ""};
            if (mapping_parse("hit.yaml", true, (struct hg_slice){copy, len}, &mapping, &err) != HG_OK) {
                assert_non_null(strstr(err.msg, "hit.yaml:"));
                assert_non_null(strstr(err.msg, "expected"));
            }
            mapping_destroy(mapping);
            free(copy);
        }
    }
}

/* ---- what comes out */

/* The lines of a log, as the mapping makes them: events without id, rejects and counts as input_print() writes them. */
static void check(const char *text, const char *log, const char *const *fragments)
{
    struct mapping *mapping = parse(text);
    struct input input;
    struct hg_buf got;
    hg_buf_init(&got, 1 << 20);
    assert_true(input_open(&input, &mapping->decoder, "log", hg_slice_of(log)));
    input_print(&input, &got);
    hg_buf_char(&got, '\0');
    const char *at = got.p;
    for (size_t i = 0; fragments[i] != NULL; i++) {
        const char *found = strstr(at, fragments[i]);
        if (found == NULL)
            fail_msg("no more '%s' in\n%s", fragments[i], got.p);
        at = found + strlen(fragments[i]);
    }
    hg_buf_free(&got);
    input_close(&input);
    mapping_destroy(mapping);
}
#define CHECK(text, log, ...) check(text, log, (const char *const[]){__VA_ARGS__, NULL})

#define TIMES(format) CSV "fields: {event_time: {from: when, time: " format "}, source_ip: who}\n"

static void times_of_every_format(void **state)
{
    (void)state;
    CHECK(TIMES("epoch_s"), "when,who\n1700000000.1234567,192.0.2.1\n1700000000,x\n-1.5,x\n1e9,x\n.5,x\n99999999999999,x\n", "2023-11-14T22:13:20.123456Z",
          "2023-11-14T22:13:20.000000Z", "1969-12-31T23:59:58.500000Z", "bad_timestamp", "bad_timestamp", "bad_timestamp");
    CHECK(TIMES("epoch_s"), "when,who\n253402300799,x\n253402300800,x\n-62135596800,x\n-62135596801,x\n", "9999-12-31T23:59:59.000000Z", "bad_timestamp",
          "0001-01-01T00:00:00.000000Z", "bad_timestamp");
    CHECK(TIMES("epoch_ms"), "when,who\n1700000000123.5,x\n", "2023-11-14T22:13:20.123500Z");
    CHECK(TIMES("epoch_us"), "when,who\n1700000000123456,x\n", "2023-11-14T22:13:20.123456Z");
    CHECK(TIMES("iso"), "when,who\n2023-11-14T22:13:20+01:00,x\n", "2023-11-14T21:13:20.000000Z");
    CHECK(TIMES("'%d/%m/%Y %H:%M'"), "when,who\n3/7/2017 8:05,x\n03/07/2017 23:59,x\n31/2/2017 8:05,x\n3/7/2017 24:00,x\n3/7/2017 8:05 ,x\n3/7/2017 8,x\n",
          "2017-07-03T08:05:00", "2017-07-03T23:59:00", "bad_timestamp", "bad_timestamp", "2017-07-03T08:05:00", "bad_timestamp");
    CHECK(TIMES("'%d %b %Y %I:%M:%S.%f %p %z%%'"), "when,who\n3 JUL 2017 12:05:06.07 am -03:30%,x\n3 jul 2017 12:00:00.1 PM Z%,x\n3 Jux 2017 1:00:00.1 PM Z%,x\n",
          "2017-07-03T03:35:06.070000Z", "2017-07-03T12:00:00.100000Z", "bad_timestamp");
    CHECK(TIMES("['%d/%m/%Y %H:%M', iso]"), "when,who\n2017-07-03T08:05:00Z,x\n3/7/2017 8:05,x\n", "2017-07-03T08:05:00.000000Z", "2017-07-03T08:05:00.000000Z");
}

static void zones_of_naive_stamps(void **state)
{
    (void)state;
    const char *text = CSV "fields: {event_time: {from: when, time: [iso, '%Y/%m/%d %H:%M'], zone: '-03:00'}}\n";
    CHECK(text, "when,who\n2017-07-03T08:05:00,x\n2017-07-03T08:05:00Z,x\n2017/7/3 8:05,x\n", "T11:05:00", "T08:05:00", "T11:05:00");
    struct mapping *mapping = parse(text);
    assert_int_equal(mapping->decoder.naive_offset_us, -3 * HG_HOUR);
    mapping_destroy(mapping);
}

static void units_nulls_and_missing(void **state)
{
    (void)state;
#define FIELDS "event_time: {from: when, time: epoch_s}, duration: {from: took, unit: ms}, bytes_sent: {from: out, unit: B}, packets_sent: n"
    CHECK(CSV "nulls: ['-', n/a]\nfields: {" FIELDS "}\n",
          "when,who,took,out,n,more\n1,x,1500,10,2.0,kept\n2,x,-,n/a,,-\n3,x,-1,-1,1,\n4,x,1,1.5,1,\n5,x,NaN,1,1,\n6,x, 2 , 3 ,\t4, spaced \n7,x,N/A,1,1,\n",
          "\"duration\":1.5,\"bytes_sent\":10,\"bytes_received\":0,\"packets_sent\":2", "\"missing\":[\"source_ip\"", "\"more\":\"kept\"",
          "\"duration\":null,\"bytes_sent\":0", "\"duration\",\"bytes_sent\",\"bytes_received\",\"packets_sent\",\"packets_received\"",
          "\"duration\":0,\"bytes_sent\":0", "bad_number", "bad_number", "\"duration\":0.002,\"bytes_sent\":3", "\"packets_sent\":4", "\"more\":\"spaced\"",
          "bad_number", "negative_counters 2");
    CHECK(CSV "fields: {event_time: {from: when, time: epoch_s}, duration: {from: took}}\n", "when,who,took\n1,x,1.5\n", "\"duration\":1.5");
    CHECK(CSV "fields: {event_time: {from: when, time: epoch_s}, duration: {from: took, unit: ns}}\n", "when,who,took\n1,x,1500000000\n", "\"duration\":1.5");
}

static void vocabularies(void **state)
{
    (void)state;
    CHECK(CSV "fields:\n  event_time: {from: when, time: epoch_s}\n  protocol: {from: p, values: {T: TCP, '99': Private, '0': null}}\n"
              "  application_protocol: {from: a, first_of: '+', values: {w: web, '?': null}}\n"
              "  direction: {from: d, values: {in: inbound}}\n",
          "when,who,p,a,d\n1,x,T,w,in\n2,x,6,ssl+http,out\n3,x,99,zzz,\n4,x,0,?,in\n5,x,17,+ssl,in\n6,x,58,unknown,in\n7,x,200,dns,in\n",
          "\"protocol\":\"tcp\",\"application_protocol\":\"WEB\"", "\"direction\":\"inbound\"", "\"protocol\":\"tcp\",\"application_protocol\":\"TLS\"",
          "\"direction\":null", "\"protocol\":\"private\",\"application_protocol\":\"ZZZ\"", "\"protocol\":null,\"application_protocol\":null",
          "\"protocol\":\"udp\",\"application_protocol\":null", "\"protocol\":\"ipv6-icmp\",\"application_protocol\":null", "\"protocol\":\"200\"",
          "unknown_applications 1");
}

static void labels_and_kinds_of_attack(void **state)
{
    (void)state;
#define LABELS(otherwise) \
    CSV "fields:\n  event_time: {from: when, time: epoch_s}\n  label: {from: l, normal: [ok, fine], attack: [bad], else: " otherwise "}\n" \
        "  attack_type: {from: k, values: {sweep: scan}, else: other}\n"
    const char *log = "when,who,l,k\n1,x,ok,sweep\n2,x,bad,sweep\n3,x,bad,\n4,x,huh,new\n5,x,,sweep\n";
    CHECK(LABELS("none"), log, "\"label\":\"Normal\",\"attack_type\":null", "\"label\":\"Attack\",\"attack_type\":\"scan\"",
          "\"label\":\"Attack\",\"attack_type\":\"other\"", "\"label\":null,\"attack_type\":null", "\"label\":null,\"attack_type\":null");
    CHECK(LABELS("Attack"), log, "\"label\":\"Normal\"", "\"label\":\"Attack\"", "\"label\":\"Attack\"", "\"label\":\"Attack\",\"attack_type\":\"other\"",
          "\"label\":null");
}

static void flags_in_every_form(void **state)
{
    (void)state;
    CHECK(CSV "fields: {event_time: {from: when, time: epoch_s}, tcp_flags: {from: f, as: letters}}\n", "when,who,f\n1,x,.AP.SF\n2,x,\n3,x,zzz\n",
          "\"tcp_flags\":\"FSPA\"", "\"tcp_flags\":null", "\"tcp_flags\":\"\"");
    CHECK(CSV "fields: {event_time: {from: when, time: epoch_s}, tcp_flags: {from: f, as: number}}\n", "when,who,f\n1,x,27\n2,x,0x1b\n3,x,194\n",
          "\"tcp_flags\":\"FSPA\"", "bad_number", "\"tcp_flags\":\"S\"");
    CHECK(CSV "fields: {event_time: {from: when, time: epoch_s}, tcp_flags: {from: f, as: hex}}\n", "when,who,f\n1,x,0x1B\n2,x,12\n3,x,1g\n",
          "\"tcp_flags\":\"FSPA\"", "\"tcp_flags\":\"SA\"", "bad_number");
    CHECK(CSV "fields: {event_time: {from: when, time: epoch_s}, tcp_flags: {counts: {S: s, A: a}}}\n",
          "when,who,s,a\n1,x,2,0\n2,x,0,true\n3,x,,\n4,x,0,0\n5,x,one,0\n", "\"tcp_flags\":\"S\"", "\"tcp_flags\":\"A\"", "\"tcp_flags\":null",
          "\"tcp_flags\":\"\"", "bad_number");
}

/* ---- headers and shapes */

static void columns_by_number_and_name(void **state)
{
    (void)state;
#define NO_HEADER(columns, when, who) \
    HEAD "log: csv\nheader: none\ncolumns: " columns "\nrecognise: {match: {1: address, 2: number}}\n" \
         "fields: {event_time: {from: " when ", time: epoch_s}, source_ip: " who "}\n"
    CHECK(NO_HEADER("3", "2", "1"), "192.0.2.1,1700000000,\"a, \"\"b\"\"\"\n192.0.2.1,1\n192.0.2.1,1,2,3\n", "2023-11-14T22:13:20", "\"source_ip\":\"192.0.2.1\"",
          "\"attributes\":{\"column_3\":\"a, \\\"b\\\"\"}", "column_count", "column_count", "\"read\":3,\"decoded\":1");
    CHECK(NO_HEADER("[who, when, what]", "when", "who"), "192.0.2.1,1700000000,x\n", "\"source_ip\":\"192.0.2.1\"", "\"attributes\":{\"what\":\"x\"}",
          "\"read\":1,\"decoded\":1");
}

static void tables_with_any_separator(void **state)
{
    (void)state;
    CHECK(HEAD "log: tsv\nrecognise: {has: [when]}\nfields: {event_time: {from: when, time: epoch_s}, source_ip: who}\n",
          "when\twho\tsaid\r\n1700000000\t192.0.2.1\t\"x, y\r\nwhen\twho\tsaid\r\n1700000001\t192.0.2.2\t\n", "\"192.0.2.1\"", "\"said\":\"\\\"x, y\"", "\"192.0.2.2\"",
          "\"read\":2,\"decoded\":2");
    CHECK(HEAD "log: tsv\nseparator: '|'\nheader: none\ncolumns: 2\nrecognise: {match: {2: address}}\nfields: {event_time: {from: 1, time: epoch_s}, source_ip: 2}\n",
          "1700000000 | 192.0.2.1\n", "\"192.0.2.1\"", "\"decoded\":1");
}

static void json_paths(void **state)
{
    (void)state;
    CHECK(HEAD "log: jsonl\nrecognise: {has: [t]}\nfields: {event_time: {from: t, time: epoch_ms}, source_ip: a.b.ip, destination_ip: /x.y/ip, "
               "source_port: a.port, packets_sent: aa_x1, packets_received: ab_x1}\n",
          "{\"t\":1700000000000,\"a\":{\"b\":{\"ip\":\"192.0.2.1\"},\"port\":\"22\"},\"x.y\":{\"ip\":\"192.0.2.2\"},\"aa_x1\":1,\"ab_x1\":2,\"rest\":[1]}\n",
          "\"source_ip\":\"192.0.2.1\",\"source_port\":22,\"destination_ip\":\"192.0.2.2\"", "\"packets_sent\":1,\"packets_received\":2", "\"rest\":[1]");
    /* keys that the plan's hash can't tell apart: same length, same bytes where it looks */
    CHECK(HEAD "log: jsonl\nrecognise: {has: [t]}\nfields: {event_time: {from: t, time: epoch_s}, bytes_sent: kA23x567, bytes_received: kB23x567}\n",
          "{\"t\":1,\"kB23x567\":2,\"kA23x567\":1}\n", "\"bytes_sent\":1,\"bytes_received\":2");
}

static void columns_that_a_log_lacks(void **state)
{
    struct input input;
    struct hg_err err;
    struct hg_decode_context *context;
    struct hg_id id = {{0}};
    (void)state;
    struct mapping *mapping = parse(CSV "fields:\n  event_time: {from: when, time: epoch_s}\n  source_ip:\n    from: who\n"
                                        "  source_port: {from: port, optional: true}\n");
    assert_true(input_open(&input, &mapping->decoder, "log", HG_SLICE("who,when\n192.0.2.1,1\n")));
    assert_int_equal(input.batch.counts.decoded, 1);
    input_close(&input);
    char header[128] = "when,whom\n";
    assert_int_equal(hg_decode_context_create(&mapping->decoder, HG_FRAME_CSV, HG_SLICE("log"), (struct hg_slice){header, 9}, &id, HG_TIMEZONE_DEFAULT,
                                              &context, &err), HG_EUSAGE);
    assert_string_equal(err.msg, "mine: the log has no column 'who', which my.yaml:9 names");
    mapping_destroy(mapping);
}

static enum hg_rc zeek_context(const struct hg_formats *formats, const char *text, struct hg_err *reterr)
{
    struct hg_decode_context *context = NULL;
    struct hg_id id = {{0}};
    const struct hg_decoder *zeek = hg_formats_by_name(formats, HG_SLICE("zeek_conn"));
    enum hg_rc rc = hg_decode_context_create(zeek, zeek->framing, HG_SLICE("conn.log"), hg_slice_of(text), &id, HG_TIMEZONE_DEFAULT, &context, reterr);
    hg_decode_context_destroy(context);
    return rc;
}

static void zeek_says_what_it_is(void **state)
{
#define ZEEK_FIELDS "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tconn_state\tlocal_orig\tlocal_resp\n"
    struct hg_formats *formats;
    struct hg_err err;
    (void)state;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, NULL), HG_OK);
    assert_int_equal(zeek_context(formats, "#separator \\x09\n#unset_field\t-\n" ZEEK_FIELDS, &err), HG_OK);
    assert_int_equal(zeek_context(formats, ZEEK_FIELDS, &err), HG_OK);
    assert_int_equal(zeek_context(formats, "#separator \\x2c\n" ZEEK_FIELDS, &err), HG_EUSAGE);
    assert_string_equal(err.msg, "zeek_conn: the log's separator is '\\x2c', the mapping's \\x09");
    assert_int_equal(zeek_context(formats, "#unset_field\tNIL\n" ZEEK_FIELDS, &err), HG_EUSAGE);
    assert_string_equal(err.msg, "zeek_conn: the log's #unset_field 'NIL' is none of the mapping's null words");
    assert_int_equal(zeek_context(formats, "#separator \\x09\n#path\tconn\n", &err), HG_EUSAGE);
    hg_formats_destroy(formats);
}

/* Every Zeek log begins with the same bytes: the first row tells two apart. */
static void tables_are_told_apart_by_their_first_row(void **state)
{
    (void)state;
    struct hg_slice a = HG_SLICE("\n#separator \\x09\n#fields\tts\n\n1\n2\n"), b = HG_SLICE("#fields\tts\n#close"), c = HG_SLICE("ts\n#1\n2\n");
    assert_slice(hg_identity_first_record(HG_FRAME_TABLE, a), "#separator \\x09\n#fields\tts\n\n1");
    assert_slice(hg_identity_first_record(HG_FRAME_TABLE, b), "#fields\tts\n#close");
    assert_slice(hg_identity_first_record(HG_FRAME_TABLE, c), "ts\n#1");
    struct hg_slice head;
    assert_true(hg_frame_head(hg_slice_from(a, 1), false, &head));
    assert_slice(head, "#separator \\x09\n#fields\tts");
    assert_false(hg_frame_head(HG_SLICE("#separator \\x09\n#fields\tts\n"), false, &head)); /* more of it may come */
    assert_true(hg_frame_head(HG_SLICE("#separator \\x09\n#fields\tts\n"), true, &head));
    assert_false(hg_frame_head(HG_SLICE("a,b"), false, &head));
    assert_true(hg_frame_head(HG_SLICE("a,b\nc"), false, &head));
    assert_slice(head, "a,b");
}

/* ---- the registry */

static const char *told(const struct hg_formats *formats, struct hg_decode_worker *worker, struct hg_slice bytes, enum hg_reason *ret_reason)
{
    struct hg_slice head;
    assert_true(hg_frame_head(bytes, true, &head));
    char *padded = calloc(1, head.len + HG_BATCH_PADDING);
    assert_non_null(padded);
    memcpy(padded, head.p, head.len);
    const struct hg_decoder *decoder = hg_formats_probe(formats, worker, (struct hg_slice){padded, head.len}, ret_reason);
    free(padded);
    return decoder == NULL ? "" : decoder->name;
}

static void logs_are_told_by_content(void **state)
{
    static const char *const logs[][2] = {
        {"tests/golden/zeek_conn/conn.log", "zeek_conn"},       {"tests/golden/zeek_conn/quirks.log", "zeek_conn"},
        {"tests/golden/zeek_conn_json/conn.log", "zeek_conn_json"}, {"tests/golden/cicflowmeter/flows.log", "cicflowmeter"},
        {"tests/golden/cicflowmeter/quirks.log", "cicflowmeter"}, {"tests/golden/unsw_nb15/raw.log", "unsw_nb15"},
        {"tests/golden/iscx/plain.log", "iscx"},                {"tests/golden/suricata/events.log", "suricata"},
        {"tests/golden/cowrie/sessions.log", "cowrie"},         {"tests/golden/dionaea/connections.log", "dionaea"},
    };
    struct hg_formats *formats;
    struct hg_decode_worker *worker;
    enum hg_reason reason = HG_REASON_NONE;
    (void)state;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, NULL), HG_OK);
    assert_int_equal(hg_decode_worker_create(&worker, NULL), HG_OK);
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        struct hg_slice bytes = read_whole(logs[i][0]);
        assert_non_null(bytes.p);
        assert_string_equal(told(formats, worker, bytes, &reason), logs[i][1]);
        free((void *)(uintptr_t)bytes.p);
    }
    assert_string_equal(told(formats, worker, HG_SLICE("hello"), &reason), "");
    assert_int_equal(reason, HG_REASON_unknown_format);
    assert_string_equal(told(formats, worker, HG_SLICE("{\"_source\":{}}"), &reason), "");
    assert_int_equal(reason, HG_REASON_foreign_export);
    for (size_t i = 0; i < hg_formats_count(formats); i++) {
        const struct hg_decoder *decoder = hg_formats_at(formats, i);
        assert_ptr_equal(hg_formats_by_name(formats, hg_slice_of(decoder->name)), decoder);
        assert_string_equal(hg_formats_note(formats, decoder), i < hg_decoder_count() ? "" : "untried on real files");
    }
    hg_decode_worker_destroy(worker);
    hg_formats_destroy(formats);
}

/* MachineLearningCSV has neither times nor addresses: it is told, and refused with the column that it would need. */
static void flows_without_times_are_refused(void **state)
{
    char header[256] = " Destination Port, Flow Duration, Total Fwd Packets, Total Backward Packets, Flow IAT Mean, Label";
    struct hg_formats *formats;
    struct hg_decode_worker *worker;
    struct hg_decode_context *context;
    struct hg_id id = {{0}};
    struct hg_err err;
    enum hg_reason reason;
    (void)state;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, NULL), HG_OK);
    assert_int_equal(hg_decode_worker_create(&worker, NULL), HG_OK);
    assert_string_equal(told(formats, worker, hg_slice_of(header), &reason), "cicflowmeter");
    const struct hg_decoder *decoder = hg_formats_by_name(formats, HG_SLICE("cicflowmeter"));
    assert_int_equal(hg_decode_context_create(decoder, decoder->framing, HG_SLICE("x.csv"), hg_slice_of(header), &id, HG_TIMEZONE_DEFAULT, &context,
                                              &err), HG_EUSAGE);
    assert_non_null(strstr(err.msg, "cicflowmeter: the log has no column 'Timestamp', which cicflowmeter.yaml:"));
    hg_decode_worker_destroy(worker);
    hg_formats_destroy(formats);
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void files_of_ones_own(void **state)
{
    char folder[] = "/tmp/hg-mapping-XXXXXX", a[64], b[64];
    struct hg_formats *formats;
    struct hg_decode_worker *worker;
    struct hg_err err;
    enum hg_reason reason;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(a, sizeof a, "%s/a.yaml", folder);
    snprintf(b, sizeof b, "%s/b.yaml", folder);
    const char *paths[] = {a, b};
    write_file(a, TIMES("iso"));
    write_file(b, "format: other\nsummary: x\ndataset: custom2\nlog: jsonl\nrecognise: {has: [ts, uid]}\nfields: {event_time: {from: ts, time: iso}}\n");
    assert_int_equal(hg_formats_create(paths, 2, &formats, &err), HG_OK);
    assert_int_equal(hg_decode_worker_create(&worker, NULL), HG_OK);
    assert_string_equal(told(formats, worker, HG_SLICE("when,who\n"), &reason), "mine");
    assert_string_equal(hg_formats_note(formats, hg_formats_by_name(formats, HG_SLICE("mine"))), "");
    /* one's own goes before the shipped one */
    struct hg_slice zeek = HG_SLICE("{\"ts\":1,\"uid\":\"C\",\"id.orig_h\":\"\",\"id.resp_h\":\"\",\"conn_state\":\"SF\"}\n");
    assert_string_equal(told(formats, worker, zeek, &reason), "other");
    hg_decode_worker_destroy(worker);
    hg_formats_destroy(formats);

    write_file(b, "format: other\nsummary: x\ndataset: custom1\nlog: jsonl\nrecognise: {has: [ts, uid]}\nfields: {event_time: {from: ts, time: iso}}\n");
    assert_int_equal(hg_formats_create(paths, 2, &formats, &err), HG_EUSAGE);
    assert_non_null(strstr(err.msg, "b.yaml: expected a dataset of its own, found 'custom1', which "));
    write_file(b, "format: cowrie\nsummary: x\ndataset: custom2\nlog: jsonl\nrecognise: {has: [ts, uid]}\nfields: {event_time: {from: ts, time: iso}}\n");
    assert_int_equal(hg_formats_create(paths, 2, &formats, &err), HG_EUSAGE);
    assert_non_null(strstr(err.msg, "b.yaml: expected a format of its own, found 'cowrie', which there is already"));
    unlink(b);
    assert_int_equal(hg_formats_create(paths, 2, &formats, &err), HG_EIO);
    unlink(a);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_name_their_line),      cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(times_of_every_format),       cmocka_unit_test(zones_of_naive_stamps),
        cmocka_unit_test(units_nulls_and_missing),     cmocka_unit_test(vocabularies),
        cmocka_unit_test(labels_and_kinds_of_attack),  cmocka_unit_test(flags_in_every_form),
        cmocka_unit_test(columns_by_number_and_name),  cmocka_unit_test(tables_with_any_separator),
        cmocka_unit_test(json_paths),                  cmocka_unit_test(columns_that_a_log_lacks),
        cmocka_unit_test(zeek_says_what_it_is),        cmocka_unit_test(tables_are_told_apart_by_their_first_row),
        cmocka_unit_test(logs_are_told_by_content),    cmocka_unit_test(flows_without_times_are_refused),
        cmocka_unit_test(files_of_ones_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
