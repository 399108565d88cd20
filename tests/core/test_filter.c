/* The filter language: what a filter finds of one event that has everything, and of one that has next to nothing. */
#include "core/filter.h"
#include "support/cmocka_all.h"

#define NOW INT64_C(1736370900000000) /* 2025-01-08T21:15:00Z */

static struct hg_arena arena;

static int start(void **state)
{
    (void)state;
    hg_arena_init(&arena, 65536, (size_t)8 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hg_arena_free(&arena);
    return 0;
}

static const struct hg_filter *parse(const char *text)
{
    const struct hg_filter *filter = NULL;
    struct hg_filter_fault fault;
    struct hg_err err;
    hg_arena_reset(&arena);
    if (hg_filter_parse(hg_slice_of(text), NOW, &arena, &filter, &fault, &err) != HG_OK)
        fail_msg("%s: byte %zu + %zu: expected %s", text, fault.offset, fault.len, fault.expected);
    return filter;
}

static struct hg_ip ip_of(const char *text)
{
    struct hg_ip ip = {{0}};
    assert_true(hg_ip_parse(hg_slice_of(text), &ip));
    return ip;
}

static struct hg_event whole_event(void)
{
    struct hg_event event = {
        .time_us = INT64_C(1736370811885951), /* 2025-01-08T21:13:31.885951Z */
        .dataset = HG_DATASET_cowrie,
        .direction = HG_INBOUND,
        .label = HG_LABEL_ATTACK,
        .attack_type = HG_ATTACK_TYPE_brute_force,
        .source_port = 40000,
        .destination_port = 22,
        .source_ip = ip_of("203.0.113.7"),
        .destination_ip = ip_of("2001:db8::22"),
        .duration = 1.5,
        .bytes_sent = 1000,
        .bytes_received = 5000000000,
        .packets_sent = 3,
        .packets_received = 0,
        .protocol = HG_SLICE("tcp"),
        .application_protocol = HG_SLICE("SSH"),
        .kind = HG_SLICE("login.failed"),
        .session = HG_SLICE("c0ffee01"),
        .traits = {[HG_TRAIT_username] = HG_SLICE("Root"),
                   [HG_TRAIT_password] = HG_SLICE("=cmd|' /C\"*\\"),
                   [HG_TRAIT_command] = HG_SLICE("cat /proc/cpuinfo, (uname -a)"),
                   [HG_TRAIT_url] = HG_SLICE("http://198.51.100.3/x.sh"),
                   [HG_TRAIT_file] = HG_SLICE("ab12"),
                   [HG_TRAIT_hassh] = HG_SLICE("51cba57125523ce4b9db67714a90bf6e"),
                   [HG_TRAIT_ja3] = HG_SLICE("e7d705a3286e19ea42f587b344ee6865"),
                   [HG_TRAIT_client] = HG_SLICE("SSH-2.0-Go"),
                   [HG_TRAIT_signature] = HG_SLICE("ET SCAN Potential SSH Scan")},
        .record = HG_SLICE("{\"eventid\":\"cowrie.login.failed\",\"username\":\"Root\",\"message\":\"login attempt [Root/x*y] failed\"}"),
    };
    for (int i = 0; i < 16; i++)
        event.id.b[i] = (uint8_t)(i * 17);
    return event;
}

static struct hg_event bare_event(void)
{
    struct hg_event event = {.time_us = INT64_C(1736370811885951), .dataset = HG_DATASET_dionaea, .direction = HG_DIRECTION_NONE};
    event.missing = (1u << HG_FIELD_COUNT) - 1;
    hg_event_set_present(&event, HG_FIELD_event_time);
    hg_event_set_present(&event, HG_FIELD_dataset);
    event.record = HG_SLICE("{}");
    return event;
}

static bool finds_whole(const char *text)
{
    struct hg_event event = whole_event();
    struct hg_score score = {.value = 0.9995, .p = 5e-4, .severity = HG_SEVERITY_MEDIUM, .finding = {.rule = HG_RULE_brute_force}};
    struct hg_id alert;
    memset(&alert, 0xab, sizeof alert);
    struct hg_filter_row row = {.event = &event, .score = &score, .by = HG_BY_LABEL | HG_BY_SCORE, .late = true, .alert = &alert,
                                .source = "cowrie.json", .country = HG_SLICE("NL")};
    return hg_filter_match(parse(text), &row);
}

static bool finds_bare(const char *text)
{
    struct hg_event event = bare_event();
    struct hg_score score = {.state = HG_NO_SUBMODEL, .p = 1};
    struct hg_id none = {{0}};
    struct hg_filter_row row = {.event = &event, .score = &score, .alert = &none};
    return hg_filter_match(parse(text), &row);
}

#define ALL_OF(list, call, wanted) \
    for (size_t i = 0; i < sizeof(list) / sizeof *(list); i++) \
        if (call((list)[i]) != (wanted)) \
            fail_msg("%s: %s", (list)[i], (wanted) ? "isn't found" : "is found")

static void finds_by_every_field(void **state)
{
    (void)state;
    static const char *const found[] = {
        "", "  \t\n", "src:203.0.113.7", "source_ip:203.0.113.7", "SRC:203.0.113.7", "dst:2001:db8::22", "ip:203.0.113.7", "ip:2001:DB8::22",
        "address:203.0.113.7", "host:203.0.113.7", "sport:40000", "port:22", "dport:22", "destination_port:22", "proto:tcp", "proto:TCP",
        "app:ssh", "dataset:cowrie", "dataset:Cowrie", "source:cowrie.json", "log:cowrie.json", "kind:login.failed", "event_type:login.failed",
        "session:c0ffee01", "type:brute_force", "attack_type:brute_force", "label:Attack", "label:attack", "by:both", "severity:medium",
        "sev:medium", "score>0.9", "anomaly_score:0.9995", "rule:brute_force", "country:nl", "cc:NL", "user:root", "username:ROOT", "pass:*cmd*",
        "cmd:cat*", "url:http://198.51.100.3/x.sh", "hash:AB12", "file:ab12", "sha256:ab*", "hassh:51cba57125523ce4b9db67714a90bf6e",
        "ja3:e7d705a3286e19ea42f587b344ee6865", "client:ssh-2.0-go", "sig:\"et scan potential ssh scan\"", "duration:1.5", "bytes_sent:1000",
        "sent:1000", "received:5000000000", "packets_sent:3", "packets_received:0", "direction:inbound", "late:yes",
        "event:00112233445566778899aabbccddeeff", "event_id:00112233445566778899AABBCCDDEEFF", "alert:abababababababababababababababab",
    };
    static const char *const not_found[] = {
        "src:203.0.113.8", "dst:203.0.113.7", "ip:203.0.113.8", "sport:22", "port:40000", "proto:udp", "app:http", "dataset:dionaea",
        "source:eve.json", "kind:login.success", "session:c0ffee", "type:scan", "label:Normal", "by:label", "by:score", "severity:high",
        "score:0.9", "rule:scan_horizontal", "country:DE", "user:roo", "password:x", "command:cat", "url:http", "sha256:ab1", "hassh:*7",
        "ja3:x", "client:ssh", "signature:et", "duration:1", "bytes_sent:1001", "bytes_received:0", "packets_sent:0", "packets_received:1",
        "direction:outbound", "late:no", "event:00112233445566778899aabbccddeefe", "alert:bababababababababababababababab0",
    };
    ALL_OF(found, finds_whole, true);
    ALL_OF(not_found, finds_whole, false);
}

static void missing_is_not_zero(void **state)
{
    (void)state;
    for (int i = 0; i < HG_FILTER_TEXT; i++) {
        char has[64], has_not[64];
        enum hg_filter_field field = (enum hg_filter_field)i;
        bool always = field == HG_FILTER_time || field == HG_FILTER_dataset || field == HG_FILTER_severity;
        if (field == HG_FILTER_event)
            continue; /* an event has an identifier, but for this one of zeros */
        snprintf(has, sizeof has, "%s:*", hg_filter_field_name(field));
        snprintf(has_not, sizeof has_not, "-%s:*", hg_filter_field_name(field));
        if (!finds_whole(has) || finds_whole(has_not) || finds_bare(has) != always || finds_bare(has_not) == always)
            fail_msg("%s", has);
    }
    static const char *const not_found[] = {"port:0", "port<65535", "bytes_sent:0", "bytes_sent:0..", "duration<1", "packets_received:..5",
                                            "score:0", "score<0.5", "src:0.0.0.0/0", "src:::/0", "ip:::/0", "user:\"\"", "country:\"\"",
                                            "proto:\"\"", "source:\"\"", "type:scan,other,flood", "by:label,score,both"};
    static const char *const found[] = {"-port:0", "not port<65535", "-bytes_sent:0", "-duration>0", "-user:root", "-ip:::/0", "-score>0",
                                        "-type:scan", "-country:NL", "severity:none", "severity<low", "-rule:flood", "late:no", "-late:yes",
                                        "port:0 or -port:0"};
    ALL_OF(not_found, finds_bare, false);
    ALL_OF(found, finds_bare, true);
}

static void precedence(void **state)
{
    (void)state;
    static const char *const found[] = {
        "port:22 or port:1 port:2", "port:1 port:2 or port:22", "port:22 | port:1 | port:2", "port:1|port:22", "port:1||port:22",
        "port:1 OR port:22", "port:22 and user:root", "port:22 AND user:root or port:1", "-port:1 or port:2", "-port:1 user:root",
        "-(port:1 or port:2)", "not port:1", "NOT (port:1 user:root)", "--port:22", "- port:1", "not not port:22", "-(-port:22)",
        "(port:1 or port:22) user:root", "((port:22))", "(port:22)(user:root)", "(port:22)user:root", "port:1,22,3", "user:admin,root",
        "-port:1,2,3", "port:1,20..30", "-(port:22 user:admin)",
    };
    static const char *const not_found[] = {
        "(port:22 or port:1) port:2", "port:1 or port:2 port:22", "-port:22 or port:1", "-(port:22 or port:1)", "not port:22 user:root",
        "port:22 and port:1", "-port:1,22,3", "---port:22", "not -(not port:22)", "(port:1) (user:root)", "port:1,2,3",
    };
    ALL_OF(found, finds_whole, true);
    ALL_OF(not_found, finds_whole, false);
}

static void networks(void **state)
{
    (void)state;
    static const char *const found[] = {
        "src:203.0.113.0/24", "src:203.0.113.7/32", "src:203.0.113.6/31", "src:203.0.113.99/24", "src:0.0.0.0/0", "src:200.0.0.0/5",
        "src:::ffff:203.0.113.7", "src:::ffff:203.0.113.0/120", "src:::/0", "dst:2001:db8::/32", "dst:2001:db8::22/128", "dst:2001:db8::20/123",
        "dst:2000::/3", "ip:2001:db8::/64", "203.0.113.7", "203.0.113.0/24", "2001:db8::22", "2001:db8::/32", "-192.0.2.1",
        "192.0.2.1,203.0.113.7", "src:192.0.2.0/24,203.0.113.0/24", "ip:192.0.2.1 or 203.0.113.7", "(203.0.113.7)",
    };
    static const char *const not_found[] = {
        "src:203.0.112.0/24", "src:203.0.113.8/29", "dst:0.0.0.0/0", "dst:2001:db9::/32", "src:2001:db8::/32", "203.0.113.8", "2001:db8::23",
        "dst:2001:db8::24/127", "-203.0.113.7", "src:203.0.113.4/31",
    };
    ALL_OF(found, finds_whole, true);
    ALL_OF(not_found, finds_whole, false);
}

static void ranges(void **state)
{
    (void)state;
    static const char *const found[] = {
        "port:22..22", "port:20..30", "port:22..", "port:..22", "port>21", "port>=22", "port<23", "port<=22", "port:>21", "port:<=22",
        "score>0.9994", "score>=0.9995", "score<=0.9995", "score:0.9..1", "score:..1", "duration>1.4999999", "duration:1.5..1.5",
        "bytes_received>4999999999", "bytes_received:1..1 or bytes_received>=5000000000", "packets_received<1", "packets_received<=0",
        "severity>low", "severity>=medium", "severity<high", "severity<=medium", "severity:low..high", "severity:medium..", "severity:..medium",
        "severity:>low", "severity:high,medium", "port:1..5,21..23",
    };
    static const char *const not_found[] = {
        "port:23..", "port:..21", "port>22", "port<22", "port>=23", "port<=21", "score>0.9995", "score<0.9995", "duration>1.5", "duration<1.5",
        "packets_received>0", "packets_received<0", "severity>medium", "severity<medium", "severity>=high", "severity<=low", "severity<none",
        "severity>high", "port:1..5,23..30", "port>65535",
    };
    ALL_OF(found, finds_whole, true);
    ALL_OF(not_found, finds_whole, false);
}

static void times(void **state)
{
    (void)state;
    static const char *const found[] = {
        "time:2025-01-08", "time:2025-01-08T21:13", "time:2025-01-08T21:13:31", "time:2025-01-08T21:13:31.885951Z",
        "time:2025-01-08T21:13:31.885951", "time:2025-01-08T23:13+02:00", "time:2025-01-08T21:13Z", "time:2025-01-08T18:13:31-03:00",
        "time:\"2025-01-08 21:13\"", "time:2025-01-08..2025-01-08", "time:2025-01-08..", "time:..2025-01-08", "time:2025-01-07..2025-01-09",
        "time>2025-01-07", "time>=2025-01-08", "time<2025-01-09", "time<=2025-01-08", "time>2025-01-08T21:12", "time<2025-01-08T21:14",
        "time:2025-01-08T21:13..2025-01-08T21:13", "time>-15m", "time:-15m", "time:-90s", "time<now", "time:today", "time:-1d..now",
        "-time:yesterday", "time<-1m", "event_time:2025-01-08", "time:-15m..", "time:>-2m",
    };
    static const char *const not_found[] = {
        "time:2025-01-07", "time:2025-01-08T21:12", "time:2025-01-08T21:13:30", "time:2025-01-08T21:13:31.885950Z", "time:2025-01-08T21:13+02:00",
        "time>2025-01-08", "time<2025-01-08", "time>2025-01-08T21:13", "time<2025-01-08T21:13", "time:2025-01-09..", "time:..2025-01-07",
        "time>-1m", "time:-1m", "time<-15m", "time>now", "time:yesterday", "time:>today",
    };
    ALL_OF(found, finds_whole, true);
    ALL_OF(not_found, finds_whole, false);
}

static void texts(void **state)
{
    (void)state;
    static const char *const found[] = {
        "user:r*t", "user:*", "user:**", "user:*oo*", "user:R*O*T", "user:\"root\"", "kind:login.*", "command:\"cat /proc*\"",
        "command:\"*cpuinfo, (uname -a)\"", "password:\"=cmd|' /C\\\"\\*\\\\\"", "password:*\\*\\\\", "password:*\\\"*", "url:*/x.sh",
        "client:SSH-2.0-*", "login.failed", "LOGIN", "\"login attempt\"", "\"attempt [root/x*y]\"", "\"\\\"username\\\":\"", "x*y", "login attempt",
        "root password:*", "eventid", "\"}\"",
    };
    static const char *const not_found[] = {
        "user:r*o", "user:\\*", "user:\"\"", "user:\"r\\*t\"", "kind:login*success", "password:\\*", "\"attempt  [\"", "x?y", "nothing", "-login",
        "user:\"root \"", "\"login.*\"",
    };
    ALL_OF(found, finds_whole, true);
    ALL_OF(not_found, finds_whole, false);
    assert_true(hg_filter_like(HG_SLICE("a*b*c"), HG_SLICE("aXbXbXc")));
    assert_false(hg_filter_like(HG_SLICE("a*b*c"), HG_SLICE("aXbXbX")));
    assert_true(hg_filter_like(HG_SLICE(""), HG_SLICE("")));
    assert_false(hg_filter_like(HG_SLICE(""), HG_SLICE("x")));
    assert_true(hg_filter_like(HG_SLICE("\\*\\\\"), HG_SLICE("*\\")));
    assert_true(hg_filter_like(HG_SLICE("*\\**"), HG_SLICE("a*b")));
}

/* Bytes that no quote goes round, and such as a log could hold. */
static void values_come_back(void **state)
{
    (void)state;
    const struct hg_slice values[] = {
        HG_SLICE("root"),       HG_SLICE(""),       HG_SLICE("*"),      HG_SLICE("a b"),       HG_SLICE("\"quoted\""), HG_SLICE("\\"), HG_SLICE("\\\""),
        HG_SLICE("a,b"),        HG_SLICE("(x)"),    HG_SLICE("x|y"),    HG_SLICE("-x"),        HG_SLICE("or"),         HG_SLICE("..."), HG_SLICE("<img"),
        HG_SLICE(">x"),         HG_SLICE("=1+1"),   HG_SLICE("a\nb"),   HG_SLICE("\0\x1b]0;"), HG_SLICE("\xff\xc3"),   HG_SLICE("a:b"), HG_SLICE("\\*\\"),
        HG_SLICE("caf\xc3\xa9"),
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct hg_buf buf;
        const struct hg_filter *filter = NULL;
        struct hg_filter_fault fault;
        struct hg_event event = whole_event();
        struct hg_filter_row row = {.event = &event};
        hg_buf_init(&buf, 65536);
        hg_filter_put_value(HG_FILTER_user, values[i], &buf);
        hg_buf_char(&buf, ' ');
        event.record = values[i];
        if (values[i].len > 0)
            hg_filter_put_value(HG_FILTER_TEXT, values[i], &buf);
        event.traits[HG_TRAIT_username] = values[i];
        hg_arena_reset(&arena);
        assert_int_equal(hg_filter_parse(hg_buf_slice(&buf), NOW, &arena, &filter, &fault, NULL), HG_OK);
        assert_true(hg_filter_match(filter, &row));
        event.traits[HG_TRAIT_username] = HG_SLICE("another");
        assert_false(hg_filter_match(filter, &row));
        hg_buf_free(&buf);
    }
    struct hg_buf buf;
    hg_buf_init(&buf, 65536);
    hg_filter_put_value(HG_FILTER_dst, HG_SLICE("2001:db8::22"), &buf);
    hg_buf_char(&buf, ' ');
    hg_filter_put_value(HG_FILTER_port, HG_SLICE("22"), &buf);
    hg_buf_char(&buf, '\0');
    assert_string_equal(buf.p, "dst:2001:db8::22 port:22");
    assert_true(finds_whole(buf.p));
    hg_buf_free(&buf);
}

/* ---- completion */

static char offered[8192];

static void offer(void *self, const char *text, const char *words)
{
    (void)self;
    assert_non_null(words);
    size_t len = strlen(offered);
    snprintf(offered + len, sizeof offered - len, "%s%s", len == 0 ? "" : " ", text);
}

/* `typed` with '^' where the cursor is */
static struct hg_filter_place complete(const char *typed)
{
    static char text[256];
    struct hg_filter_place place;
    size_t at = strcspn(typed, "^");
    snprintf(text, sizeof text, "%.*s%s", (int)at, typed, typed + at + 1);
    offered[0] = '\0';
    hg_filter_complete(hg_slice_of(text), at, offer, NULL, &place);
    return place;
}

static void check_place(const char *typed, size_t from, size_t to, enum hg_filter_field field, const char *value, const char *offers)
{
    struct hg_filter_place place = complete(typed);
    if (place.from != from || place.to != to || place.field != field || strcmp(offered, offers) != 0)
        fail_msg("%s: %zu..%zu field %d: %s", typed, place.from, place.to, (int)place.field, offered);
    assert_slice(place.typed, value);
}

static void completion(void **state)
{
    (void)state;
    const enum hg_filter_field none = HG_FILTER_FIELD_COUNT;
    check_place("sr^", 0, 2, none, "sr", "src:");
    check_place("port:22 -cou^", 9, 12, none, "cou", "country:");
    check_place("(us^er", 1, 5, none, "us", "user:");
    check_place("a or dp^", 5, 7, none, "dp", "port:");
    check_place("severity:^", 9, 9, none, "", "none low medium high");
    check_place("sev>=m^", 5, 6, none, "m", "medium");
    check_place("type:scan,br^ x", 10, 12, none, "br", "brute_force");
    check_place("direction:IN^", 10, 12, none, "IN", "internal inbound");
    check_place("user:ro^ot x", 5, 9, HG_FILTER_user, "ro", "");
    check_place("user:\"ad mi^n\" x", 5, 13, HG_FILTER_user, "ad mi", "");
    check_place("user:\"ad mi^", 5, 11, HG_FILTER_user, "ad mi", "");
    check_place("user:\"a,b\",^", 11, 11, HG_FILTER_user, "", "");
    check_place("src:203.^", 4, 8, HG_FILTER_src, "203.", "");
    check_place("port:2^", 5, 6, HG_FILTER_port, "2", "");
    check_place("score>0.^", 6, 8, none, "0.", "");
    check_place("session:x^", 8, 9, none, "x", "");
    check_place("nosuch:x^", 8, 8, none, "", "");
    check_place("\"sr^", 3, 3, none, "", "");
    check_place("\"a\" sr^", 4, 6, none, "sr", "src:");
    check_place("zz^", 0, 2, none, "zz", "");
    struct hg_filter_place place = complete("x ^");
    assert_int_equal(place.from, 2);
    assert_non_null(strstr(offered, "src: dst: ip:"));
    assert_non_null(strstr(offered, "alert:"));
}

static void fields_of_others(void **state)
{
    (void)state;
    const struct hg_filter *filter = parse("src:203.0.113.7 (port:1 or free)");
    assert_int_equal(filter->fields, UINT64_C(1) << HG_FILTER_src | UINT64_C(1) << HG_FILTER_port | UINT64_C(1) << HG_FILTER_TEXT);
    assert_null(parse(" "));
    for (int i = 0; i < HG_FILTER_TEXT; i++)
        assert_int_equal(hg_filter_field_of(hg_slice_of(hg_filter_field_name((enum hg_filter_field)i))), i);
    assert_int_equal(hg_filter_field_of(HG_SLICE("text")), HG_FILTER_FIELD_COUNT);
    assert_int_equal(hg_filter_field_of(HG_SLICE("")), HG_FILTER_FIELD_COUNT);
    assert_int_equal(hg_filter_field_of(HG_SLICE("host")), HG_FILTER_ip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_by_every_field), cmocka_unit_test(missing_is_not_zero), cmocka_unit_test(precedence),
        cmocka_unit_test(networks),             cmocka_unit_test(ranges),              cmocka_unit_test(times),
        cmocka_unit_test(texts),                cmocka_unit_test(values_come_back),    cmocka_unit_test(completion),
        cmocka_unit_test(fields_of_others),
    };
    return cmocka_run_group_tests_name("filter", tests, start, stop);
}
