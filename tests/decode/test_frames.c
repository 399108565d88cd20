/* Framings beyond lines: what a head says, where records end, and that a broken one costs no other. */
#include "support/cmocka_all.h"

#include "decode/decode_support.h"
#include "decode/frame.h"

static void heads_tell_the_framing(void **state)
{
    static const struct {
        const char *head;
        bool final, told;
        enum hg_framing framing;
        const char *rest; /* behind what is skipped */
    } cases[] = {
        {"{\"a\":1}\n{\"a\":2}\n", false, true, HG_FRAME_LINES, "{\"a\":1}\n{\"a\":2}\n"},
        {"{\"a\":1}", false, true, HG_FRAME_LINES, "{\"a\":1}"},
        {"{\"a\":", false, false, HG_FRAME_LINES, ""},
        {"{\"a\":", true, true, HG_FRAME_LINES, "{\"a\":"},
        {"{\"a\":\"cut\n{\"a\":\"whole\"}\n", false, true, HG_FRAME_LINES, "{\"a\":\"cut\n{\"a\":\"whole\"}\n"},
        {"{\"a\":1,\n{\"a\":2}\n", false, true, HG_FRAME_LINES, "{\"a\":1,\n{\"a\":2}\n"},
        {"[{\"a\":1},{\"a\":2}]", false, true, HG_FRAME_OBJECTS, "{\"a\":1},{\"a\":2}]"},
        {"\xef\xbb\xbf[\n  {", false, true, HG_FRAME_OBJECTS, "\n  {"},
        {"[", false, false, HG_FRAME_LINES, ""},
        {"[2025-01-08] started\n", false, true, HG_FRAME_LINES, "[2025-01-08] started\n"},
        {"{\n  \"a\": 1\n}\n{\n", false, true, HG_FRAME_OBJECTS, "{\n  \"a\": 1\n}\n{\n"},
        {"{\n  \"a\": 1\n", false, false, HG_FRAME_LINES, ""},
        {"{\"dataroot\":{\"TestbedX\":[{\"a\":1},{\"a\":2}]}}", true, true, HG_FRAME_OBJECTS, "{\"a\":1},{\"a\":2}]}}"},
        {"{\n \"dataroot\": {\n  \"TestbedX\": [\n   {\"a\":1", true, true, HG_FRAME_OBJECTS, "\n   {\"a\":1"},
        {"{\"rows\":[{\"a\":1}]}\n{\"rows\":[{\"a\":2}]}\n", false, true, HG_FRAME_LINES, "{\"rows\":[{\"a\":1}]}\n{\"rows\":[{\"a\":2}]}\n"},
        {"{\"took\":3,\"hits\":{\"total\":1,\"hits\":[{\"_source\":{}}]}}", true, true, HG_FRAME_OBJECTS, "{\"_source\":{}}]}}"},
        {"<?xml version=\"1.0\"?>\n<!-- x -->\n<dataroot generated=\"now\">\n<X><a>1</a></X>", false, true, HG_FRAME_XML, "\n<X><a>1</a></X>"},
        {"<?xml version=\"1.0\"", false, false, HG_FRAME_LINES, ""},
        {"<html><body>", true, true, HG_FRAME_LINES, "<html><body>"},
        {"<134>Jan  8 21:13:31 sensor suricata: {}", false, true, HG_FRAME_LINES, "<134>Jan  8 21:13:31 sensor suricata: {}"},
        {"a,b,c\n", false, true, HG_FRAME_LINES, "a,b,c\n"},
        {"{\"a\": {\"b\n c\": [{", false, true, HG_FRAME_LINES, "{\"a\": {\"b\n c\": [{"},
        {"", false, false, HG_FRAME_LINES, ""},
        {"\n \n", true, true, HG_FRAME_LINES, "\n \n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum hg_framing framing = HG_FRAME_CSV;
        size_t skip = 0, len = strlen(cases[i].head);
        char *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, cases[i].head, len);
        bool told = hg_frame_tell((struct hg_slice){exact, len}, cases[i].final, &framing, &skip);
        if (told != cases[i].told || (told && (framing != cases[i].framing || strncmp(exact + skip, cases[i].rest, len - skip) != 0 ||
                                               len - skip != strlen(cases[i].rest))))
            fail_msg("case %zu, %s: told %d, framing %d, skip %zu", i, cases[i].head, told, framing, skip);
        free(exact);
    }
}

/* The records of text, one a line. */
static void join_records(enum hg_framing framing, struct hg_slice text, struct hg_buf *buf)
{
    struct hg_frame_piece piece;
    for (size_t at = 0; hg_frame_piece(framing, hg_slice_from(text, at), true, &piece); at += piece.next) {
        hg_buf_add(buf, text.p + at + piece.start, piece.end - piece.start);
        hg_buf_char(buf, '|');
    }
}

/* The same, with the text cut as a stream would be: `step` more bytes at a time. */
static void join_in_parts(enum hg_framing framing, struct hg_slice text, size_t step, struct hg_buf *buf)
{
    size_t at = 0, seen = 0;
    while (at < text.len) {
        seen = seen + step < text.len ? seen + step : text.len;
        size_t n = hg_frame_whole(framing, text.p + at, seen - at);
        if (seen == text.len)
            n = text.len - at;
        join_records(framing, (struct hg_slice){text.p + at, n}, buf);
        at += n;
    }
}

static void check_records(enum hg_framing framing, const char *text, const char *expected)
{
    struct hg_buf buf;
    hg_buf_init(&buf, 1 << 20);
    join_records(framing, hg_slice_of(text), &buf);
    if (!hg_slice_is(hg_buf_slice(&buf), expected))
        fail_msg("%s\nis taken for\n%.*s", text, (int)buf.len, buf.p);
    for (size_t step = 1; step < 40; step++) {
        hg_buf_clear(&buf);
        join_in_parts(framing, hg_slice_of(text), step, &buf);
        if (!hg_slice_is(hg_buf_slice(&buf), expected))
            fail_msg("%s\nin steps of %zu is taken for\n%.*s", text, step, (int)buf.len, buf.p);
    }
    hg_buf_free(&buf);
}

static void objects_are_found(void **state)
{
    (void)state;
    const enum hg_framing f = HG_FRAME_OBJECTS;
    check_records(f, "", "");
    check_records(f, " [ ] , \n", "");
    check_records(f, "{\"a\":1},{\"a\":[{\"b\":2},{\"b\":3}]}]", "{\"a\":1}|{\"a\":[{\"b\":2},{\"b\":3}]}|");
    check_records(f, "{\"a\":\"}{\\\"\\\\\"}{}{\"a\":2}", "{\"a\":\"}{\\\"\\\\\"}|{}|{\"a\":2}|");
    check_records(f, "\n  {\n    \"a\": {\n      \"b\": 1\n    }\n  },\n  {\n    \"a\": NaN\n  }\n]\n",
                  "{\n    \"a\": {\n      \"b\": 1\n    }\n  }|{\n    \"a\": NaN\n  }|");
    check_records(f, "{\"a\":1}], \"Second\" : [ {\"a\":2}]}}", "{\"a\":1}|{\"a\":2}|");
}

static void a_broken_object_costs_no_other(void **state)
{
    (void)state;
    const enum hg_framing f = HG_FRAME_OBJECTS;
    /* inside a string */
    check_records(f, "[\n  {\n    \"a\": 1,\n    \"b\": \"cut\n  {\n    \"a\": 2\n  }\n]", "{\n    \"a\": 1,\n    \"b\": \"cut|{\n    \"a\": 2\n  }|");
    /* without its brace; with one too many */
    check_records(f, "  {\n    \"a\": 1,\n  {\n    \"a\": 2\n  }", "{\n    \"a\": 1|{\n    \"a\": 2\n  }|");
    check_records(f, "  {\n    \"a\": {}}\n  },\n  {\n    \"a\": 2\n  }", "{\n    \"a\": {}}|{\n    \"a\": 2\n  }|");
    /* behind a colon, where the next one could be its value; the keys differ */
    check_records(f, "  {\n    \"a\":\n  {\n    \"b\": 2\n  },\n  {\n    \"c\": 3\n  }", "{\n    \"a\":|{\n    \"b\": 2\n  }|{\n    \"c\": 3\n  }|");
    /* inside an array, which the next ones could be elements of */
    check_records(f, "  {\n    \"a\": [\n      {\"x\": 1},\n  {\n    \"b\": 2\n  },\n  {\n    \"c\": 3\n  }",
                  "{\n    \"a\": [\n      {\"x\": 1}|{\n    \"b\": 2\n  }|{\n    \"c\": 3\n  }|");
    /* on one line: the first key says where the next one is */
    check_records(f, "[{\"a\":1,\"b\":\"x},{\"a\":2,\"b\":\"y\"},{\"a\":3}]", "{\"a\":1,\"b\":\"x}|{\"a\":2,\"b\":\"y\"}|{\"a\":3}|");
    /* a line each */
    check_records(f, "[\n{\"a\":1,\"b\":[\n,{\"c\":2}\n,{\"d\":3}\n]", "{\"a\":1,\"b\":[|{\"c\":2}|{\"d\":3}|");
    /* a head that is missing */
    check_records(f, "\"x\": 1,\n    \"y\": null\n  },\n  {\n    \"a\": 2\n  }\n]", "\"x\": 1,\n    \"y\": null\n  }|{\n    \"a\": 2\n  }|");
    /* the last */
    check_records(f, "{\"a\":1},{\"a\":2,\"b", "{\"a\":1}|{\"a\":2,\"b|");
}

static void elements_are_found(void **state)
{
    (void)state;
    const enum hg_framing f = HG_FRAME_XML;
    check_records(f, "<X>\n<a>1</a><b/>\n</X>\n<!-- <X> --><Y n=\"a > b\"><a>2</a></Y>\n</dataroot>\n",
                  "<X>\n<a>1</a><b/>\n</X>|<Y n=\"a > b\"><a>2</a></Y>|");
    check_records(f, "<X><a><![CDATA[</X><X>]]></a></X><X/>", "<X><a><![CDATA[</X><X>]]></a></X>|<X/>|");
    /* cut in a value, in a tag, and where another one's name follows */
    check_records(f, "<X><a>1</a><b>cu<X><a>2</a></X>", "<X><a>1</a><b>cu|<X><a>2</a></X>|");
    check_records(f, "<X><a>1</a><b<X><a>2</a></X>", "<X><a>1</a><b|<X><a>2</a></X>|");
    check_records(f, "<X><a>1</a>\n<Y><a>2</a></Y><Y><a>3</a></Y>", "<X><a>1</a>|<Y><a>2</a></Y>|<Y><a>3</a></Y>|");
    /* declarations: what is behind them doesn't matter */
    check_records(f, "<X><a>1</a></X>\n<!-]]>\n<!x>\n<X><a>2</a></X>", "<X><a>1</a></X>|<X><a>2</a></X>|");
    check_records(f, "<X><a>1</b>\n<X>\n</X>\n</b><!--x--><X><a>2</a></X>", "<X><a>1</b>|<X>\n</X>|<X><a>2</a></X>|");
    check_records(f, "x\n<dataroot><a/>\n<X><a>2</a></X>", "x|<a/>|<X><a>2</a></X>|");
    /* a stray sign; a head that is missing; the last */
    check_records(f, "<X><a>1 < 2</a></X><X><a>2</a></X>", "<X><a>1 < 2</a></X>|<X><a>2</a></X>|");
    check_records(f, "1</a><b>2</b></X><X><a>2</a></X>", "1</a><b>2</b></X>|<X><a>2</a></X>|");
    check_records(f, "<X><a>1</a></X><X><a>2", "<X><a>1</a></X>|<X><a>2|");
}

static void long_ones_are_skipped(void **state)
{
    static const char *const before[] = {"{\"a\":\"", "<X><a>"}, *const after[] = {"\"},\n{\"a\":\"2\"}", "</a></X>\n<X><a>2</a></X>"};
    static const enum hg_framing framings[] = {HG_FRAME_OBJECTS, HG_FRAME_XML};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct hg_buf buf;
        struct hg_frame_piece one, two;
        hg_buf_init(&buf, 1 << 20);
        hg_buf_put(&buf, hg_slice_of(before[i]));
        for (size_t n = 0; n < HG_RECORD_BYTES_MAX + 100; n++)
            hg_buf_char(&buf, 'x');
        hg_buf_put(&buf, hg_slice_of(after[i]));
        struct hg_slice text = hg_buf_slice(&buf);
        assert_true(hg_frame_piece(framings[i], text, true, &one));
        assert_true(one.end - one.start > HG_RECORD_BYTES_MAX);
        assert_true(hg_frame_piece(framings[i], hg_slice_from(text, one.next), true, &two));
        assert_int_equal(one.next + two.next, text.len);
        assert_int_equal(hg_frame_whole(framings[i], text.p, 50000), 0);
        size_t skip = hg_frame_skip(framings[i], text.p + 50000, text.len - 50000);
        assert_int_equal(text.p[50000 + skip], before[i][0]);
        assert_int_equal(text.len - 50000 - skip, i == 0 ? 9 : 15);
        hg_buf_free(&buf);
    }
}

/* An array of records as an export has it: `indent` blanks a level, or none and all on one line. */
static void print_array(struct hg_slice lines, bool pretty, struct hg_buf *out)
{
    hg_buf_char(out, '[');
    for (size_t at = 0; at < lines.len;) {
        size_t n = hg_frame_next(HG_FRAME_LINES, lines.p + at, lines.len - at);
        struct hg_slice line = hg_frame_trim(lines.p + at, n);
        const char *rest;
        at += n;
        if (line.len == 0 || line.p[0] != '{' || hg_object_scan(line.p, line.p + line.len, &rest) != HG_SCAN_WHOLE ||
            rest != line.p + line.len)
            continue;
        if (out->len > 1)
            hg_buf_char(out, ',');
        bool in_string = false;
        for (size_t i = 0; i < line.len; i++) {
            in_string ^= line.p[i] == '"' && (i == 0 || line.p[i - 1] != '\\');
            if (pretty && !in_string && i == 0)
                hg_buf_put(out, HG_SLICE("\n  "));
            hg_buf_char(out, line.p[i]);
            if (pretty && !in_string && (line.p[i] == ',' || line.p[i] == '{'))
                hg_buf_put(out, HG_SLICE("\n      "));
        }
    }
    hg_buf_put(out, HG_SLICE("\n]\n"));
}

/* However the bytes are hit, the records are the same wherever the stream is cut. */
static void check_cuts(enum hg_framing framing, const char *path)
{
    struct hg_rng rng = test_rng();
    struct hg_slice lines = read_whole(path);
    assert_non_null(lines.p);
    struct hg_buf array, one, parts;
    hg_buf_init(&array, 1 << 22);
    hg_buf_init(&one, 1 << 22);
    hg_buf_init(&parts, 1 << 22);
    for (int round = 0; round < 600; round++) {
        hg_buf_clear(&array);
        if (framing == HG_FRAME_XML)
            hg_buf_put(&array, lines);
        else
            print_array((struct hg_slice){lines.p, lines.len < 12000 ? lines.len : 12000}, round % 2 == 0, &array);
        for (uint64_t hits = hg_rng_below(&rng, 6); hits > 0; hits--) {
            size_t at = (size_t)hg_rng_below(&rng, array.len), n = (size_t)hg_rng_below(&rng, array.len - at < 80 ? array.len - at : 80);
            if (hits % 2 == 0) {
                array.p[at] = "\"\\{}[],:\n <>/"[hg_rng_below(&rng, 13)];
            } else {
                memmove(array.p + at, array.p + at + n, array.len - at - n);
                array.len -= n;
            }
        }
        hg_buf_clear(&one);
        hg_buf_clear(&parts);
        join_records(framing, hg_buf_slice(&array), &one);
        join_in_parts(framing, hg_buf_slice(&array), 1 + (size_t)hg_rng_below(&rng, 700), &parts);
        if (!hg_slice_eq(hg_buf_slice(&one), hg_buf_slice(&parts)))
            fail_msg("round %d: the cuts matter", round);
    }
    hg_buf_free(&array);
    hg_buf_free(&one);
    hg_buf_free(&parts);
    free((void *)(uintptr_t)lines.p);
}

static void cuts_never_matter(void **state)
{
    (void)state;
    check_cuts(HG_FRAME_OBJECTS, "tests/golden/suricata/events.log");
    check_cuts(HG_FRAME_XML, "tests/golden/iscx_xml/flows.log");
}

static const struct hg_decoder *probe_first(struct hg_decode_worker *worker, const char *text, enum hg_reason *ret_reason)
{
    enum hg_framing framing;
    size_t skip;
    char padded[1024] = {0};
    memcpy(padded, text, strlen(text));
    struct hg_slice all = {padded, strlen(text)};
    assert_true(hg_frame_tell(all, true, &framing, &skip));
    return hg_decoder_probe(worker, hg_identity_first_record(framing, hg_slice_from(all, skip)), ret_reason);
}

/* A pretty-printed array of alerts is read as the lines are, and exports of other programs are still named for what they are. */
static void exports_are_told(void **state)
{
    static const char *const foreign[] = {
        "{\n  \"took\": 3,\n  \"hits\": {\n    \"total\": 1,\n    \"hits\": [\n      {\n        \"_index\": \"x\"\n,        \"_source\": {}\n      }\n    ]\n  }\n}",
        "{\"took\":3,\"timed_out\":false,\"hits\":{\"total\":1,\"hits\":[{\"_index\":\"x\",\"_source\":{}}]}}",
        "{\"took\":3,\"timed_out\":false,\"hits\":{\"total\":0,\"hits\":[]}}",
        "[{\"_index\":\"logstash\",\"_source\":{\"type\":\"Cowrie\"}}]",
        "[\n  {\n    \"protocol\": \"smbd\",\n    \"timestamp\": {\"$date\": \"2017-01-01T00:00:00.000Z\"}\n  }\n]",
    };
    struct hg_decode_worker *worker;
    enum hg_reason reason;
    (void)state;
    assert_int_equal(hg_decode_worker_create(&worker, NULL), HG_OK);
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        reason = HG_REASON_NONE;
        assert_null(probe_first(worker, foreign[i], &reason));
        if (reason != HG_REASON_foreign_export)
            fail_msg("%s: %s", foreign[i], hg_reason_name(reason));
    }
    const struct hg_decoder *suricata =
        probe_first(worker, "[\n  {\n    \"timestamp\": \"x\",\n    \"event_type\": \"alert\",\n    \"src_ip\": \"\"\n  }\n]", &reason);
    assert_non_null(suricata);
    assert_string_equal(suricata->name, "suricata");
    hg_decode_worker_destroy(worker);
}

static void check_same_events(const struct hg_decoder *decoder, struct hg_slice lines, bool pretty)
{
    struct input one, two;
    struct hg_buf array, line;
    hg_buf_init(&array, 1 << 24);
    hg_buf_init(&line, 1 << 24);
    print_array(lines, pretty, &array);
    assert_true(input_open(&one, decoder, "x", lines));
    assert_true(input_open(&two, decoder, "x", hg_buf_slice(&array)));
    assert_true(one.batch.n_events > 0);
    assert_int_equal(one.batch.n_events, two.batch.n_events);
    for (size_t i = 0; i < one.batch.n_events; i++) {
        const struct hg_event *a = &one.batch.events[i], *b = &two.batch.events[i];
        assert_int_equal(a->time_us, b->time_us);
        assert_int_equal(a->missing, b->missing);
        assert_true(hg_slice_eq(a->protocol, b->protocol));
        assert_int_equal(b->record.p[0], '{');
        assert_int_equal(b->record.p[b->record.len - 1], '}');
    }
    input_close(&one);
    input_close(&two);
    hg_buf_free(&array);
    hg_buf_free(&line);
}

static void arrays_are_read_as_lines_are(void **state)
{
    static const char *const logs[][2] = {{"suricata", "events"}, {"cowrie", "sessions"}, {"dionaea", "connections"}};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "tests/golden/%s/%s.log", logs[i][0], logs[i][1]);
        struct hg_slice lines = read_whole(path);
        assert_non_null(lines.p);
        check_same_events(hg_decoder_by_name(hg_slice_of(logs[i][0])), lines, false);
        check_same_events(hg_decoder_by_name(hg_slice_of(logs[i][0])), lines, true);
        free((void *)(uintptr_t)lines.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_tell_the_framing),
        cmocka_unit_test(objects_are_found),
        cmocka_unit_test(a_broken_object_costs_no_other),
        cmocka_unit_test(elements_are_found),
        cmocka_unit_test(long_ones_are_skipped),
        cmocka_unit_test(cuts_never_matter),
        cmocka_unit_test(exports_are_told),
        cmocka_unit_test(arrays_are_read_as_lines_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
