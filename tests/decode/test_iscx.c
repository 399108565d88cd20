/* A flow is the same event whether it came as CSV, JSON or XML; the seconds that a file has lost are all that may differ. */
#include "support/cmocka_all.h"

#include "decode/decode_support.h"

static bool open_text(struct input *input, const char *decoder, const char *name, struct hg_slice text)
{
    return text.p != NULL && input_open(input, hg_decoder_by_name(hg_slice_of(decoder)), name, text);
}

/* The event without its id. */
static void print_event(const struct input *input, size_t i, struct hg_buf *buf)
{
    static const char key[] = "\"event_id\":\"";
    hg_buf_clear(buf);
    event_line(input, &input->batch.events[i], buf);
    char *id = memmem(buf->p, buf->len, key, sizeof key - 1);
    assert_non_null(id);
    memset(id + sizeof key - 1, '-', 32);
}

static void check_same(const struct input *a, const struct input *b)
{
    struct hg_buf one, two;
    hg_buf_init(&one, 1 << 20);
    hg_buf_init(&two, 1 << 20);
    assert_true(a->batch.n_events > 0);
    assert_int_equal(a->batch.n_events, b->batch.n_events);
    assert_int_equal(a->batch.n_rejects, 0);
    assert_int_equal(b->batch.n_rejects, 0);
    for (size_t i = 0; i < a->batch.n_events; i++) {
        print_event(a, i, &one);
        print_event(b, i, &two);
        if (!hg_slice_eq(hg_buf_slice(&one), hg_buf_slice(&two)))
            fail_msg("event %zu:\n%.*s%.*s", i, (int)one.len, one.p, (int)two.len, two.p);
        struct hg_id x = a->batch.events[i].id, y = b->batch.events[i].id;
        assert_memory_not_equal(&x, &y, sizeof x);
    }
    hg_buf_free(&one);
    hg_buf_free(&two);
}

#define COLUMNS 19
static const char *const columns[COLUMNS] = {
    "appName", "totalSourceBytes", "totalDestinationBytes", "totalDestinationPackets", "totalSourcePackets", "sourcePayloadAsBase64",
    "destinationPayloadAsBase64", "destinationPayloadAsUTF", "direction", "sourceTCPFlagsDescription", "destinationTCPFlagsDescription",
    "source", "protocolName", "sourcePort", "destination", "destinationPort", "startDateTime", "stopDateTime", "Tag"};

#define FLOWS 5
static const char *const flows[FLOWS][COLUMNS] = {
    {"HTTPWeb", "378", "513", "5", "5", "R0VUIC8=", "T0s=", "a \"b\" <c> & d", "L2R", "F,S,P,A", "F,S,P,A", "192.0.2.5", "tcp_ip", "4625",
     "198.51.100.7", "80", "2010-06-15T13:05:15", "2010-06-15T13:05:18", "Normal"},
    {"Unknown_UDP", "16076", "0", "0", "178", "", "", "", "L2R", "N/A", "N/A", "192.0.2.6", "udp_ip", "5353", "198.51.100.8", "5353",
     "2010-06-14T23:57:19", "2010-06-15T00:11:23", "Normal"},
    {"IRC", "100", "200", "3", "4", "TklDSyBib3Q=", "", "", "L2L", "S,A,Illegal8", "A", "192.0.2.7", "tcp_ip", "1025", "192.0.2.8", "6667",
     "2010-06-15T10:00:00", "2010-06-15T10:02:00", "Attack"},
    {"SSH", "-1", "", "nan", "NaN", "null", "", "", "R2L", "F;S;A", "", "2001:db8::1", "tcp_ip", "22373", "not an address", "22",
     "2010-06-15T02:58:25", "2010-06-15T02:58:20", "Attack"},
    {"NoSuchName", "1", "2", "3", "4", "", "", "", "R2R", "", "", "0.0.0.0", "ipv6icmp", "", "0.0.0.0", "", "6/15/2010 2:58", "", ""},
};

static void put_csv(struct hg_buf *buf, struct hg_slice text)
{
    hg_buf_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.p[i] == '"')
            hg_buf_char(buf, '"');
        hg_buf_char(buf, text.p[i]);
    }
    hg_buf_char(buf, '"');
}

static void put_xml(struct hg_buf *buf, struct hg_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("<>&\"", text.p[i]) != NULL)
            hg_buf_printf(buf, "&#%d;", text.p[i]);
        else
            hg_buf_char(buf, text.p[i]);
    }
}

static void print_csv(struct hg_buf *buf)
{
    for (int c = 0; c < COLUMNS; c++)
        hg_buf_printf(buf, "%s%s", c == 0 ? "" : ",", columns[c]);
    for (int f = 0; f < FLOWS; f++)
        for (int c = 0; c < COLUMNS; c++) {
            hg_buf_char(buf, c == 0 ? '\n' : ',');
            put_csv(buf, hg_slice_of(flows[f][c]));
        }
    hg_buf_char(buf, '\n');
}

/* bare: numbers without quotes, and what is absent as null or NaN in turn. */
static void print_json(struct hg_buf *buf, bool bare)
{
    struct hg_jsonw w = {.buf = buf};
    hg_jsonw_open(&w, '[');
    for (int f = 0; f < FLOWS; f++) {
        hg_jsonw_open(&w, '{');
        for (int c = 0; c < COLUMNS; c++) {
            const char *text = flows[f][c];
            hg_jsonw_key(&w, columns[c]);
            if (bare && (text[0] == '\0' || strcmp(text, "NaN") == 0))
                hg_jsonw_raw(&w, c % 2 == 0 ? HG_SLICE("null") : HG_SLICE("NaN"));
            else if (bare && strspn(text, "0123456789-") == strlen(text))
                hg_jsonw_raw(&w, hg_slice_of(text));
            else
                hg_jsonw_str(&w, hg_slice_of(text));
        }
        hg_jsonw_close(&w, '}');
    }
    hg_jsonw_close(&w, ']');
}

static void print_xml(struct hg_buf *buf)
{
    hg_buf_put(buf, HG_SLICE("<?xml version=\"1.0\"?>\n<dataroot>\n"));
    for (int f = 0; f < FLOWS; f++) {
        hg_buf_put(buf, HG_SLICE("<TestbedTueJun15-1Flows>"));
        for (int c = 0; c < COLUMNS; c++) {
            hg_buf_printf(buf, "\n  <%s>", columns[c]);
            put_xml(buf, hg_slice_of(flows[f][c]));
            hg_buf_printf(buf, "</%s>", columns[c]);
        }
        hg_buf_put(buf, HG_SLICE("\n</TestbedTueJun15-1Flows>\n"));
    }
    hg_buf_put(buf, HG_SLICE("</dataroot>\n"));
}

static void the_same_flow_is_the_same_event(void **state)
{
    struct hg_buf text[4];
    struct input input[4];
    static const char *const decoders[4] = {"iscx", "iscx_json", "iscx_json", "iscx_xml"};
    (void)state;
    for (int i = 0; i < 4; i++)
        hg_buf_init(&text[i], 1 << 20);
    print_csv(&text[0]);
    print_json(&text[1], false);
    print_json(&text[2], true);
    print_xml(&text[3]);
    for (int i = 0; i < 4; i++) {
        assert_true(open_text(&input[i], decoders[i], i == 3 ? "any.xml" : "TestbedTueJun15-1Flows.any", hg_buf_slice(&text[i])));
        assert_int_equal(input[i].batch.n_events, FLOWS);
    }
    for (int i = 1; i < 4; i++)
        check_same(&input[0], &input[i]);
    for (int i = 0; i < 4; i++) {
        input_close(&input[i]);
        hg_buf_free(&text[i]);
    }
}

static struct hg_slice real(const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "../shared/data/iscx2012/%s", name);
    struct hg_slice bytes = read_whole(path);
    if (bytes.p == NULL)
        printf("# skipped: %s is not here\n", path);
    return bytes;
}

/* XML has the seconds that CSV and JSON have lost: all else is the same. */
static void check_but_for_seconds(const struct hg_event *xml, const struct hg_event *json)
{
    assert_int_equal(json->time_us, xml->time_us - xml->time_us % HG_MINUTE);
    assert_true(xml->duration - json->duration < 60 && json->duration - xml->duration < 60);
    assert_int_equal(xml->missing, json->missing);
    assert_memory_equal(&xml->source_ip, &json->source_ip, sizeof xml->source_ip);
    assert_memory_equal(&xml->destination_ip, &json->destination_ip, sizeof xml->destination_ip);
    assert_int_equal(xml->source_port, json->source_port);
    assert_int_equal(xml->destination_port, json->destination_port);
    assert_int_equal(xml->bytes_sent, json->bytes_sent);
    assert_int_equal(xml->packets_sent, json->packets_sent);
    assert_int_equal(xml->direction, json->direction);
    assert_int_equal(xml->label, json->label);
}

static void real_files_agree(void **state)
{
    struct hg_slice csv = real("iscx_mon14_head17.csv"), json = real("iscx_mon14_head17.json"), xml = real("iscx_xml_examples.xml");
    struct hg_slice line = real("iscx_sat12_payload_row.json"), raw = real("iscx_json_head_raw.txt");
    (void)state;
    if (csv.p == NULL || json.p == NULL || xml.p == NULL || line.p == NULL || raw.p == NULL)
        skip();
    struct input a, b, c, d, e;
    assert_true(open_text(&a, "iscx", "mon14", csv));
    assert_true(open_text(&b, "iscx_json", "mon14", json));
    assert_int_equal(a.batch.n_events, 17);
    check_same(&a, &b);
    assert_true(open_text(&c, "iscx_xml", "examples", xml));
    assert_int_equal(c.batch.n_events, 2);
    assert_int_equal(c.batch.n_rejects, 0);
    check_but_for_seconds(&c.batch.events[0], &b.batch.events[0]);
    assert_int_equal(c.batch.events[1].attack_type, HG_ATTACK_TYPE_flood); /* the day stands in the element's name */
    assert_true(open_text(&d, "iscx_json", "row", line));
    assert_int_equal(d.batch.n_events, 1);
    assert_int_equal(d.batch.events[0].bytes_sent, 378);
    assert_true(hg_event_has(&d.batch.events[0], HG_FIELD_payload));
    assert_true(open_text(&e, "iscx_json", "raw", raw)); /* the first 400 lines of a dump: its last flow is cut */
    assert_int_equal(e.batch.n_events, 17);
    assert_int_equal(e.batch.n_rejects, 1);
    struct input *const inputs[] = {&a, &b, &c, &d, &e};
    const struct hg_slice texts[] = {csv, json, xml, line, raw};
    for (size_t i = 0; i < 5; i++) {
        input_close(inputs[i]);
        free((void *)(uintptr_t)texts[i].p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_flow_is_the_same_event),
        cmocka_unit_test(real_files_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
