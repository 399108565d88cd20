/* Base64, and JSON text out of bytes that an attacker chose. */
#include "base/base64.h"
#include "base/instant.h"
#include "base/jsonw.h"
#include "support/cmocka_all.h"

#include <math.h>

static void base64_equals_rfc_4648(void **state)
{
    (void)state;
    const char *vectors[][2] = {{"", ""},         {"f", "Zg=="},         {"fo", "Zm8="},        {"foo", "Zm9v"},
                                {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        char out[32];
        struct hg_slice bytes = hg_slice_of(vectors[i][0]), text = hg_slice_of(vectors[i][1]);
        size_t n = hg_base64_encode(bytes, out);
        assert_int_equal(n, hg_base64_encoded_len(bytes.len));
        assert_slice(((struct hg_slice){out, n}), vectors[i][1]);
        assert_true(hg_base64_decode(text, out, &n));
        assert_slice(((struct hg_slice){out, n}), vectors[i][0]);
    }
}

static void base64_takes_line_breaks_and_no_padding(void **state)
{
    (void)state;
    char out[32];
    size_t n;
    assert_true(hg_base64_decode(HG_SLICE("Zm9v\r\nYmE"), out, &n));
    assert_slice(((struct hg_slice){out, n}), "fooba");
    const char *bad[] = {"Z", "Zg=", "Zg===", "Z===", "Zm9v=", "Zg==Zg==", "Zm9v!", "Zm 9", "Zm9-", "===="};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (hg_base64_decode(hg_slice_of(bad[i]), out, &n))
            fail_msg("%s was taken", bad[i]);
}

static void base64_reads_back(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (size_t len = 0; len < 200; len++) {
        char bytes[200], text[300], back[300];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (char)hg_rng_next(&rng);
        size_t n = hg_base64_encode((struct hg_slice){bytes, len}, text);
        assert_true(hg_base64_decode((struct hg_slice){text, n}, back, &n));
        assert_int_equal(n, len);
        assert_memory_equal(bytes, back, len);
    }
}

static struct hg_buf buf;
static struct hg_jsonw w;

static int start(void **state)
{
    (void)state;
    hg_buf_init(&buf, 1 << 20);
    w = (struct hg_jsonw){.buf = &buf};
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hg_buf_free(&buf);
    return 0;
}

static void assert_json(struct hg_slice text, const char *expected)
{
    hg_buf_clear(&buf);
    w.comma = false;
    hg_jsonw_str(&w, text);
    assert_slice(hg_buf_slice(&buf), expected);
}

static void commas_come_by_themselves(void **state)
{
    (void)state;
    hg_jsonw_open(&w, '{');
    hg_jsonw_key(&w, "a");
    hg_jsonw_i64(&w, -1);
    hg_jsonw_key(&w, "b");
    hg_jsonw_open(&w, '[');
    hg_jsonw_close(&w, ']');
    hg_jsonw_key(&w, "c");
    hg_jsonw_open(&w, '[');
    hg_jsonw_u64(&w, 1);
    hg_jsonw_text(&w, NULL);
    hg_jsonw_bool(&w, true);
    hg_jsonw_open(&w, '{');
    hg_jsonw_close(&w, '}');
    hg_jsonw_raw(&w, HG_SLICE("[0]"));
    hg_jsonw_close(&w, ']');
    hg_jsonw_close(&w, '}');
    assert_slice(hg_buf_slice(&buf), "{\"a\":-1,\"b\":[],\"c\":[1,null,true,{},[0]]}");
}

static void values_that_json_lacks_are_null(void **state)
{
    (void)state;
    hg_jsonw_open(&w, '[');
    hg_jsonw_f64(&w, (double)NAN);
    hg_jsonw_f64(&w, (double)INFINITY);
    hg_jsonw_f32(&w, -INFINITY);
    hg_jsonw_time(&w, HG_TIME_NONE);
    hg_jsonw_str(&w, HG_SLICE_NONE);
    hg_jsonw_f64(&w, 0.25);
    hg_jsonw_time(&w, 0);
    struct hg_ip ip = hg_ip_v4(0xc0000201);
    hg_jsonw_ip(&w, &ip);
    hg_jsonw_close(&w, ']');
    assert_slice(hg_buf_slice(&buf), "[null,null,null,null,null,0.25,\"1970-01-01T00:00:00.000000Z\",\"192.0.2.1\"]");
}

static void attackers_text_is_made_safe(void **state)
{
    (void)state;
    assert_json(HG_SLICE("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    assert_json(HG_SLICE("\n\r\t\b\f"), "\"\\n\\r\\t\\u0008\\u000c\"");
    assert_json(HG_SLICE("\033]0;title\007"), "\"\\u001b]0;title\\u0007\"");
    assert_json((struct hg_slice){"\0", 1}, "\"\\u0000\"");
    assert_json(HG_SLICE("\x7f"), "\"\\u007f\"");
    assert_json(HG_SLICE("\xc2\x9b\x32J"), "\"\\u009b2J\"");              /* CSI as one C1 control */
    assert_json(HG_SLICE("\xe2\x80\xae" "exe.txt"), "\"\\u202eexe.txt\""); /* right-to-left override */
    assert_json(HG_SLICE("\xe2\x81\xa6\xe2\x81\xa9\xd8\x9c\xe2\x80\x8e"), "\"\\u2066\\u2069\\u061c\\u200e\"");
    assert_json(HG_SLICE("\xe2\x80\xa8\xe2\x80\xa9"), "\"\\u2028\\u2029\"");
    assert_json(HG_SLICE("p\xc3\xa4ssw\xc3\xb6rd \xf0\x9f\x90\xa6"), "\"p\xc3\xa4ssw\xc3\xb6rd \xf0\x9f\x90\xa6\"");
    assert_json(HG_SLICE("<img onerror=alert(1)>"), "\"<img onerror=alert(1)>\"");
}

static void invalid_utf8_becomes_the_replacement(void **state)
{
    (void)state;
#define FFFD "\xef\xbf\xbd"
    assert_json(HG_SLICE("a\xff" "b"), "\"a" FFFD "b\"");
    assert_json(HG_SLICE("\xc3"), "\"" FFFD "\"");                             /* cut */
    assert_json(HG_SLICE("\xc0\xaf"), "\"" FFFD FFFD "\"");                    /* overlong */
    assert_json(HG_SLICE("\xe0\x80\xaf"), "\"" FFFD FFFD FFFD "\"");
    assert_json(HG_SLICE("\xed\xa0\x80"), "\"" FFFD FFFD FFFD "\"");           /* a surrogate */
    assert_json(HG_SLICE("\xf4\x90\x80\x80"), "\"" FFFD FFFD FFFD FFFD "\"");  /* beyond U+10FFFF */
    assert_json(HG_SLICE("\xe2\x82" "x"), "\"" FFFD FFFD "x\"");
}

static void every_string_is_valid_json_text(void **state)
{
    (void)state;
    struct hg_rng rng = test_rng();
    for (int i = 0; i < 20000; i++) {
        char bytes[24];
        size_t len = hg_rng_below(&rng, sizeof bytes);
        for (size_t k = 0; k < len; k++)
            bytes[k] = (char)hg_rng_next(&rng);
        hg_buf_clear(&buf);
        w.comma = false;
        hg_jsonw_str(&w, (struct hg_slice){bytes, len});
        assert_true(hg_utf8_valid(hg_buf_slice(&buf)));
        for (size_t k = 1; k + 1 < buf.len; k++) {
            assert_true((unsigned char)buf.p[k] >= 0x20 && buf.p[k] != 0x7f);
            if (buf.p[k] == '\\')
                k++;
            else
                assert_true(buf.p[k] != '"');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_equals_rfc_4648),
        cmocka_unit_test(base64_takes_line_breaks_and_no_padding),
        cmocka_unit_test(base64_reads_back),
        cmocka_unit_test_setup_teardown(commas_come_by_themselves, start, stop),
        cmocka_unit_test_setup_teardown(values_that_json_lacks_are_null, start, stop),
        cmocka_unit_test_setup_teardown(attackers_text_is_made_safe, start, stop),
        cmocka_unit_test_setup_teardown(invalid_utf8_becomes_the_replacement, start, stop),
        cmocka_unit_test_setup_teardown(every_string_is_valid_json_text, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
