/* Addresses: canonical text (RFC 5952), IPv4-mapped as IPv4, private and public. */
#include "base/ip.h"
#include "base/rng.h"
#include "support/cmocka_all.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

static void assert_canonical(const char *text, const char *expected)
{
    struct hg_ip ip;
    char out[HG_IP_TEXT_BYTES];
    if (!hg_ip_parse(hg_slice_of(text), &ip))
        fail_msg("%s was refused", text);
    assert_slice(((struct hg_slice){out, hg_ip_print(&ip, out)}), expected);
}

static void prints_the_canonical_form(void **state)
{
    (void)state;
    const char *cases[][2] = {
        {"192.0.2.1", "192.0.2.1"},
        {"0.0.0.0", "0.0.0.0"},
        {"255.255.255.255", "255.255.255.255"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"::FFFF:c000:0201", "192.0.2.1"},
        {"0000:0000:0000:0000:0000:ffff:192.0.2.1", "192.0.2.1"},
        {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"}, /* RFC 5952, 4.1 and 4.2.1 */
        {"2001:DB8::ABCD", "2001:db8::abcd"},                       /* 4.3 */
        {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},           /* 4.2.2: one zero group is no :: */
        {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},                    /* 4.2.3: the longest run */
        {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},              /* 4.2.3: the first of equals */
        {"::", "::"},
        {"::1", "::1"},
        {"1::", "1::"},
        {"fe80:0:0:0:0:0:0:0", "fe80::"},
        {"0:0:0:0:0:0:0:1", "::1"},
        {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
        {"0:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_canonical(cases[i][0], cases[i][1]);
}

static void refuses_what_is_no_address(void **state)
{
    (void)state;
    const char *bad[] = {"", "1", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.", "1..2.3",
                         ":", ":::", "1::2::3", "12345::", "g::1", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "fe80::1%eth0",
                         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "localhost"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct hg_ip ip = hg_ip_v4(7);
        if (hg_ip_parse(hg_slice_of(bad[i]), &ip))
            fail_msg("%s was taken", bad[i]);
        assert_true(hg_ip_eq(&ip, &(struct hg_ip){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 7}}));
    }
    struct hg_ip ip;
    assert_false(hg_ip_parse((struct hg_slice){"::1\0::2", 7}, &ip));
}

/* Texts of digits and dots, most of them nearly addresses: what the C library says of each. */
static void agrees_with_the_library(void **state)
{
    (void)state;
    static const char *const parts[] = {"0", "7", "10", "99", "100", "255", "256", "01", "", "1000", "1", "25", "192"};
    struct hg_rng rng = hg_rng_seeded(20260303);
    print_message("# seed 20260303\n");
    for (int i = 0; i < 200000; i++) {
        char text[64];
        size_t n = 0, count = hg_rng_next(&rng) % 8 == 0 ? hg_rng_next(&rng) % 6 : 4;
        for (size_t j = 0; j < count; j++)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s%s", j > 0 ? "." : "", parts[hg_rng_next(&rng) % 13]);
        if (n > 0 && hg_rng_next(&rng) % 8 == 0)
            text[hg_rng_next(&rng) % n] = "0.:/;a \x7f"[hg_rng_next(&rng) % 8];
        text[n] = '\0';
        char *copy = malloc(n + 1); /* of its own length: what is looked at behind it, the sanitizer finds */
        assert_non_null(copy);
        memcpy(copy, text, n);
        struct hg_ip ip;
        uint8_t v4[4], v6[16];
        bool is_v4 = inet_pton(AF_INET, text, v4) == 1;
        assert_int_equal(hg_ip_parse((struct hg_slice){copy, n}, &ip), is_v4 || inet_pton(AF_INET6, text, v6) == 1);
        if (is_v4)
            assert_memory_equal(ip.b + 12, v4, 4);
        free(copy);
    }
}

static void reads_back_what_it_prints(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (int i = 0; i < 100000; i++) {
        struct hg_ip ip, back;
        for (int k = 0; k < 16; k++) /* many zero groups, to meet :: everywhere */
            ip.b[k] = hg_rng_below(&rng, 3) == 0 ? (uint8_t)hg_rng_next(&rng) : 0;
        if (i % 4 == 0)
            ip = hg_ip_v4((uint32_t)hg_rng_next(&rng));
        char out[HG_IP_TEXT_BYTES + 1];
        size_t n = hg_ip_print(&ip, out);
        assert_in_range(n, 2, HG_IP_TEXT_BYTES - 1);
        assert_true(hg_ip_parse((struct hg_slice){out, n}, &back));
        assert_true(hg_ip_eq(&ip, &back));
        out[n] = '\0';
        unsigned char libc[16];
        if (hg_ip_is_v4(&ip))
            assert_true(inet_pton(AF_INET, out, libc) == 1 && memcmp(libc, ip.b + 12, 4) == 0);
        else
            assert_true(inet_pton(AF_INET6, out, libc) == 1 && memcmp(libc, ip.b, 16) == 0);
    }
}

static void knows_private_and_public(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool is_private, is_public;
    } cases[] = {
        {"10.0.0.0", true, false},       {"10.255.255.255", true, false},  {"172.15.255.255", false, true},
        {"172.16.0.0", true, false},     {"172.31.255.255", true, false},  {"172.32.0.0", false, true},
        {"192.168.0.0", true, false},    {"192.167.255.255", false, true}, {"192.169.0.0", false, true},
        {"127.0.0.1", false, false},     {"0.0.0.0", false, false},        {"169.254.1.1", false, false},
        {"224.0.0.1", false, false},     {"255.255.255.255", false, false},{"100.64.0.1", false, true},
        {"203.0.113.7", false, true},    {"fc00::1", true, false},         {"fdff::1", true, false},
        {"fe00::1", false, true},        {"fe80::1", false, false},        {"febf::1", false, false},
        {"::1", false, false},           {"::", false, false},             {"ff02::1", false, false},
        {"2001:db8::1", false, true},    {"::ffff:10.1.2.3", true, false}, {"::ffff:203.0.113.7", false, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hg_ip ip;
        assert_true(hg_ip_parse(hg_slice_of(cases[i].text), &ip));
        if (hg_ip_is_private(&ip) != cases[i].is_private || hg_ip_is_public(&ip) != cases[i].is_public)
            fail_msg("%s: private %d, public %d", cases[i].text, hg_ip_is_private(&ip), hg_ip_is_public(&ip));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prints_the_canonical_form),
        cmocka_unit_test(refuses_what_is_no_address),
        cmocka_unit_test(agrees_with_the_library),
        cmocka_unit_test(reads_back_what_it_prints),
        cmocka_unit_test(knows_private_and_public),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
