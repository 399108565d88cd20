#include "support/cmocka_all.h"

#include "decode/vocab.h"

static const char *application(const struct hg_vocab *vocab, const char *name, struct hg_counts *counts)
{
    struct hg_arena arena;
    struct hg_event event = {.missing = UINT32_MAX};
    hg_arena_init(&arena, 4096, 65536);
    hg_vocab_application(vocab, hg_slice_of(name), &arena, &event, counts);
    const char *text = test_text(event.application_protocol);
    assert_int_equal(event.application_code, event.application_protocol.p == NULL ? 0 : hg_code32(event.application_protocol));
    assert_int_equal(hg_event_has(&event, HG_FIELD_application_protocol), event.application_protocol.p != NULL);
    hg_arena_free(&arena);
    return text;
}

static void one_name_for_each_application(void **state)
{
    static const char *const cases[][2] = {
        {"HTTPWeb", "HTTP"},    {"httpd", "HTTP"},   {"http", "HTTP"},       {"HTTPImageTransfer", "HTTP"}, {"Web-Port", "HTTP"},
        {"SecureWeb", "TLS"},   {"tls", "TLS"},      {"https", "TLS"},       {"smbd", "SMB"},               {"smb", "SMB"},
        {"WindowsFileSharing", "SMB"}, {"SSH", "SSH"}, {"ssh", "SSH"},       {"telnet", "TELNET"},          {"Telnet", "TELNET"},
        {"DNS-Port", "DNS"},    {"dns", "DNS"},      {"POP-port", "POP3"},   {"SNMP-Ports", "SNMP"},        {"rfb", "VNC"},
        {"TftpServerHandler", "TFTP"}, {"mssqld", "MSSQL"}, {"MS-SQL", "MSSQL"}, {"MSTerminalServices", "RDP"}, {"epmapper", "DCERPC"},
        {"Unknown_TCP", "(absent)"}, {"Unknown_UDP", "(absent)"}, {"failed", "(absent)"}, {"", "(absent)"},
    };
    struct hg_vocab *vocab;
    struct hg_counts counts = {0};
    (void)state;
    assert_int_equal(hg_vocab_create(&vocab, NULL), HG_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(application(vocab, cases[i][0], &counts), cases[i][1]);
    assert_int_equal(counts.unknown_applications, 0);
    assert_string_equal(application(vocab, "Brand-New", &counts), "BRAND-NEW");
    assert_int_equal(counts.unknown_applications, 1);
    hg_vocab_destroy(vocab);
}

static void transports(void **state)
{
    static const char *const cases[][2] = {{"tcp_ip", "tcp"}, {"TCP", "tcp"},   {"udp_ip", "udp"},        {"icmp_ip", "icmp"}, {"igmp", "igmp"},
                                           {"ip", "ip"},      {"ICMP", "icmp"}, {"ipv6icmp", "ipv6-icmp"}, {"IPv6-ICMP", "ipv6-icmp"}, {"SCTP", "sctp"}};
    struct hg_arena arena;
    (void)state;
    hg_arena_init(&arena, 4096, 65536);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hg_event event = {.missing = UINT32_MAX};
        hg_vocab_transport(hg_slice_of(cases[i][0]), &arena, &event);
        assert_slice(event.protocol, cases[i][1]);
        assert_int_equal(event.protocol_code, hg_code32(event.protocol));
    }
    hg_arena_free(&arena);
}

static void kinds_of_attack(void **state)
{
    enum hg_label label;
    (void)state;
    assert_int_equal(hg_vocab_category(HG_SLICE("A Network Trojan was detected")), HG_ATTACK_TYPE_command_and_control);
    assert_int_equal(hg_vocab_category(HG_SLICE("A Network Trojan was Detected")), HG_ATTACK_TYPE_command_and_control);
    assert_int_equal(hg_vocab_category(HG_SLICE("Detection of a Network Scan")), HG_ATTACK_TYPE_scan);
    assert_int_equal(hg_vocab_category(HG_SLICE("Something new")), HG_ATTACK_TYPE_other);
    assert_int_equal(hg_vocab_category(HG_SLICE_NONE), HG_ATTACK_TYPE_other);
    assert_int_equal(hg_vocab_dionaea(HG_SLICE("smbd"), false), HG_ATTACK_TYPE_exploit);
    assert_int_equal(hg_vocab_dionaea(HG_SLICE("mssqld"), false), HG_ATTACK_TYPE_scan);
    assert_int_equal(hg_vocab_dionaea(HG_SLICE("mssqld"), true), HG_ATTACK_TYPE_brute_force);
    assert_int_equal(hg_vocab_cowrie(HG_SLICE("login.failed"), &label), HG_ATTACK_TYPE_brute_force);
    assert_int_equal(label, HG_LABEL_ATTACK);
    assert_int_equal(hg_vocab_cowrie(HG_SLICE("session.connect"), &label), HG_ATTACK_TYPE_scan);
    assert_int_equal(label, HG_LABEL_NONE);
    assert_int_equal(hg_vocab_cowrie(HG_SLICE("session.file_download.failed"), &label), HG_ATTACK_TYPE_malware_download);
    assert_int_equal(hg_vocab_cowrie(HG_SLICE("client.kex"), &label), HG_ATTACK_TYPE_none);
    assert_int_equal(hg_vocab_iscx_day(HG_SLICE("/data/TestbedSunJun13Flows.csv")), HG_ATTACK_TYPE_infiltration);
    assert_int_equal(hg_vocab_iscx_day(HG_SLICE("sat12/mon14.csv")), HG_ATTACK_TYPE_flood);
    assert_int_equal(hg_vocab_iscx_day(HG_SLICE("flows.csv")), HG_ATTACK_TYPE_other);
}

/* Each name of the published list must be in the table. */
static void the_published_vocabulary_is_complete(void **state)
{
    (void)state;
    FILE *f = fopen("../shared/data/iscx2012/iscx_vocabulary.txt", "r");
    if (f == NULL) {
        printf("# skipped: ../shared/data is not here\n");
        skip();
    }
    char line[8192];
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    struct hg_vocab *vocab;
    struct hg_counts counts = {0};
    int n = 0;
    assert_int_equal(hg_vocab_create(&vocab, NULL), HG_OK);
    for (char *p = strchr(line, ':') + 1; *p != '\0' && *p != '\n'; n++) {
        char name[64] = {0};
        p += strspn(p, ", ");
        size_t len = strcspn(p, ",\n");
        memcpy(name, p, len < 63 ? len : 63);
        application(vocab, name, &counts);
        if (counts.unknown_applications != 0)
            fail_msg("not in the table: %s", name);
        p += len;
    }
    assert_int_equal(n, 107);
    hg_vocab_destroy(vocab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_name_for_each_application), cmocka_unit_test(transports), cmocka_unit_test(kinds_of_attack),
        cmocka_unit_test(the_published_vocabulary_is_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
