/* Which records have which traits: user names and passwords, hashes, fingerprints. */
#include "support/cmocka_all.h"

#include "base/arena.h"
#include "decode/worker.h"
#include "decode_support.h"

#define SHA256 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define MD5    "00112233445566778899aabbccddeeff"

#define COWRIE(kind, members) \
    "{\"eventid\":\"cowrie." kind "\",\"src_ip\":\"192.0.2.7\",\"session\":\"a1\",\"timestamp\":\"2025-01-09T17:22:01.000000Z\"," members "}\n"
#define DIONAEA(credentials) \
    "{\"connection\":{\"protocol\":\"mssqld\",\"transport\":\"tcp\",\"type\":\"accept\"},\"dst_ip\":\"198.51.100.2\",\"dst_port\":1433," \
    "\"src_ip\":\"192.0.2.7\",\"src_port\":4711,\"timestamp\":\"2025-01-09T17:22:01.000000\",\"credentials\":" credentials "}\n"
#define SURICATA(kind, members) \
    "{\"timestamp\":\"2025-01-09T17:22:01.000000+0000\",\"flow_id\":7,\"event_type\":\"" kind "\",\"src_ip\":\"192.0.2.7\",\"src_port\":4711," \
    "\"dest_ip\":\"198.51.100.2\",\"dest_port\":443,\"proto\":\"TCP\"," members "}\n"

struct traits_case {
    const char *decoder, *record;
    const char *traits[HG_TRAIT_COUNT]; /* NULL: none */
};

static const struct traits_case cases[] = {
    {"cowrie", COWRIE("login.failed", "\"username\":\"root\",\"password\":\"example-1\""), {"root", "example-1", NULL, NULL, NULL}},
    {"cowrie", COWRIE("login.success", "\"username\":\"o\\\"k\",\"password\":\"p\\u00e4ss\\\\\""), {"o\"k", "p\xc3\xa4ss\\", NULL, NULL, NULL}},
    {"cowrie", COWRIE("login.failed", "\"username\":\"root\",\"password\":\"\""), {"root", NULL, NULL, NULL, NULL}},
    {"cowrie", COWRIE("session.file_download", "\"shasum\":\"" SHA256 "\""), {NULL, NULL, SHA256, NULL, NULL}},
    {"cowrie", COWRIE("session.file_upload", "\"shasum\":\"" SHA256 "\""), {NULL, NULL, SHA256, NULL, NULL}},
    {"cowrie", COWRIE("log.closed", "\"shasum\":\"" SHA256 "\""), {NULL, NULL, NULL, NULL, NULL}},
    {"cowrie", COWRIE("client.kex", "\"hassh\":\"" MD5 "\""), {NULL, NULL, NULL, MD5, NULL}},
    {"cowrie", COWRIE("session.file_download", "\"shasum\":\"" SHA256 "\",\"url\":\"http://203.0.113.9/a\""),
     {[HG_TRAIT_file] = SHA256, [HG_TRAIT_url] = "http://203.0.113.9/a"}},
    {"cowrie", COWRIE("client.version", "\"version\":\"SSH-2.0-Go\""), {[HG_TRAIT_client] = "SSH-2.0-Go"}},
    {"cowrie", COWRIE("command.input", "\"input\":\"uname\""), {[HG_TRAIT_command] = "uname"}},
    {"cowrie", COWRIE("session.params", "\"input\":\"uname\""), {NULL, NULL, NULL, NULL, NULL}},
    {"dionaea", DIONAEA("{\"username\":[\"sa\",\"b\"],\"password\":[\"example-1\",\"c\"]}"), {"sa", "example-1", NULL, NULL, NULL}},
    {"dionaea", DIONAEA("{\"password\" : [ \"pass\\\"word\" ], \"username\" : [ \"password\" ]}"), {"password", "pass\"word", NULL, NULL, NULL}},
    {"dionaea", DIONAEA("[{\"username\":\"sa\",\"password\":\"example-1\"},{\"username\":\"b\"}]"), {"sa", "example-1", NULL, NULL, NULL}},
    {"dionaea", DIONAEA("{\"username\":[],\"password\":[\"example-1\"]}"), {NULL, "example-1", NULL, NULL, NULL}},
    {"dionaea", DIONAEA("{\"username\":[\"sa\"],\"password\":[\"\"]}"), {"sa", NULL, NULL, NULL, NULL}},
    {"dionaea", DIONAEA("{\"username\":7,\"password\":null}"), {NULL, NULL, NULL, NULL, NULL}},
    {"dionaea", DIONAEA("[]"), {NULL, NULL, NULL, NULL, NULL}},
    {"suricata", SURICATA("tls", "\"tls\":{\"sni\":\"example.org\",\"ja3\":{\"hash\":\"" MD5 "\",\"string\":\"1\"}}"), {NULL, NULL, NULL, NULL, MD5}},
    {"suricata", SURICATA("quic", "\"quic\":{\"ja3\":{\"hash\":\"" MD5 "\"}}"), {NULL, NULL, NULL, NULL, MD5}},
    {"suricata", SURICATA("ssh", "\"ssh\":{\"client\":{\"hassh\":{\"hash\":\"" MD5 "\"}},\"server\":{\"hassh\":{\"hash\":\"x\"}}}"),
     {NULL, NULL, NULL, MD5, NULL}},
    {"suricata", SURICATA("fileinfo", "\"fileinfo\":{\"filename\":\"/a\",\"md5\":\"" MD5 "\",\"sha256\":\"" SHA256 "\"}"), {NULL, NULL, SHA256, NULL, NULL}},
    {"suricata", SURICATA("fileinfo", "\"fileinfo\":{\"filename\":\"/a\",\"md5\":\"" MD5 "\"}"), {NULL, NULL, NULL, NULL, NULL}},
    {"suricata", SURICATA("alert", "\"alert\":{\"category\":\"x\",\"signature\":\"EXAMPLE a scan\"}"), {[HG_TRAIT_signature] = "EXAMPLE a scan"}},
    {"suricata", SURICATA("http", "\"http\":{\"hostname\":\"example.org\"}"), {NULL, NULL, NULL, NULL, NULL}},
};

static void check(const struct hg_event *event, const char *const traits[HG_TRAIT_COUNT], size_t at)
{
    for (int i = 0; i < HG_TRAIT_COUNT; i++) {
        struct hg_slice is = event->traits[i];
        bool same = traits[i] == NULL ? is.p == NULL && is.len == 0 : hg_slice_is(is, traits[i]);
        if (!same)
            fail_msg("record %zu: %s is \"%.*s\", not %s", at, hg_trait_name((enum hg_trait)i), (int)is.len, is.p == NULL ? "" : is.p,
                     traits[i] == NULL ? "absent" : traits[i]);
    }
}

static void traits_of_records(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct input input;
        struct hg_arena arena;
        struct hg_event copy;
        const struct hg_decoder *decoder = hg_decoder_by_name(hg_slice_of(cases[i].decoder));
        assert_true(input_open(&input, decoder, "x", hg_slice_of(cases[i].record)));
        assert_int_equal(input.batch.n_events, 1);
        check(&input.batch.events[0], cases[i].traits, i);
        hg_arena_init(&arena, 4096, 65536);
        assert_true(hg_event_copy(&input.batch.events[0], &arena, &copy));
        input_close(&input); /* the copy borrows from the arena alone */
        check(&copy, cases[i].traits, i);
        hg_arena_free(&arena);
    }
}

/* A record's traits are its own: none is left over from the one before. */
static void none_is_left_over(void **state)
{
    struct input input;
    (void)state;
    struct hg_slice lines = hg_slice_of(COWRIE("login.failed", "\"username\":\"root\",\"password\":\"example-1\"") COWRIE("session.closed", "\"duration\":1"));
    assert_true(input_open(&input, hg_decoder_by_name(HG_SLICE("cowrie")), "x", lines));
    assert_int_equal(input.batch.n_events, 2);
    for (int i = 0; i < HG_TRAIT_COUNT; i++)
        assert_null(input.batch.events[1].traits[i].p);
    input_close(&input);
}

static void long_ones_are_cut(void **state)
{
    struct input input;
    char record[1024], password[HG_TRAIT_BYTES_MAX + 2];
    (void)state;
    memset(password, 'p', sizeof password - 1);
    password[sizeof password - 1] = '\0';
    snprintf(record, sizeof record, COWRIE("login.failed", "\"username\":\"root\",\"password\":\"%s\""), password);
    assert_true(input_open(&input, hg_decoder_by_name(HG_SLICE("cowrie")), "x", hg_slice_of(record)));
    assert_int_equal(input.batch.n_events, 1);
    assert_int_equal(input.batch.events[0].traits[HG_TRAIT_password].len, HG_TRAIT_BYTES_MAX);
    input_close(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traits_of_records),
        cmocka_unit_test(none_is_left_over),
        cmocka_unit_test(long_ones_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
