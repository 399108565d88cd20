/* Bodies: limits as sent and inflated, gzip in any cuts, damaged gzip. */
#include "serve/body.h"
#include "support/cmocka_all.h"

#include <stdlib.h>

#define SENT_MAX     4096u
#define INFLATED_MAX 65536u

static size_t pack(const char *bytes, size_t len, unsigned char *out, size_t room)
{
    z_stream zip = {0};
    assert_int_equal(deflateInit2(&zip, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zip.next_in = (const Bytef *)bytes;
    zip.avail_in = (uInt)len;
    zip.next_out = out;
    zip.avail_out = (uInt)room;
    assert_int_equal(deflate(&zip, Z_FINISH), Z_STREAM_END);
    size_t n = room - zip.avail_out;
    deflateEnd(&zip);
    return n;
}

static enum hg_body_state take_all(struct hg_body *body, const void *bytes, size_t len, size_t step)
{
    const char *p = bytes;
    for (size_t i = 0; i < len; i += step)
        hg_body_take(body, p + i, len - i < step ? len - i : step);
    hg_body_end(body, 64);
    return body->state;
}

static void test_plain(void **state)
{
    (void)state;
    static const char text[SENT_MAX + 1] = "line\n";
    for (size_t len = 0; len <= SENT_MAX; len += SENT_MAX / 2) {
        struct hg_body body;
        hg_body_init(&body, false, SENT_MAX, INFLATED_MAX);
        assert_int_equal(take_all(&body, text, len, 1000), HG_BODY_TAKEN);
        assert_int_equal(body.bytes.len, len);
        assert_true(body.bytes.cap >= len + 64);
        hg_body_free(&body);
    }
    struct hg_body body;
    hg_body_init(&body, false, SENT_MAX, INFLATED_MAX);
    assert_int_equal(take_all(&body, text, SENT_MAX + 1, 1000), HG_BODY_TOO_LARGE);
    assert_null(body.bytes.p);
    hg_body_free(&body);
}

static void test_gzip_in_any_cuts(void **state)
{
    (void)state;
    char text[20000];
    unsigned char packed[8192];
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + i % 23);
    size_t len = pack(text, sizeof text, packed, sizeof packed);
    len += pack(text, 100, packed + len, sizeof packed - len); /* a second member */
    static const size_t steps[] = {1, 7, 100, 8192};
    for (size_t i = 0; i < 4; i++) {
        struct hg_body body;
        hg_body_init(&body, true, SENT_MAX, INFLATED_MAX);
        assert_int_equal(take_all(&body, packed, len, steps[i]), HG_BODY_TAKEN);
        assert_int_equal(body.bytes.len, sizeof text + 100);
        assert_memory_equal(body.bytes.p, text, sizeof text);
        assert_memory_equal(body.bytes.p + sizeof text, text, 100);
        hg_body_free(&body);
    }
}

static void test_gzip_bomb(void **state)
{
    (void)state;
    char *zeros = calloc(1, INFLATED_MAX + 1);
    unsigned char packed[4096];
    for (size_t more = 0; more < 2; more++) {
        size_t len = pack(zeros, INFLATED_MAX + more, packed, sizeof packed);
        struct hg_body body;
        hg_body_init(&body, true, SENT_MAX, INFLATED_MAX);
        assert_int_equal(take_all(&body, packed, len, sizeof packed), more == 0 ? HG_BODY_TAKEN : HG_BODY_TOO_LARGE);
        hg_body_free(&body);
    }
    free(zeros);
}

static void test_gzip_damaged(void **state)
{
    (void)state;
    char text[500] = "abc";
    unsigned char packed[1024];
    size_t len = pack(text, sizeof text, packed, sizeof packed);
    for (size_t cut = 0; cut < len; cut++) { /* no prefix is whole */
        struct hg_body body;
        hg_body_init(&body, true, SENT_MAX, INFLATED_MAX);
        assert_int_equal(take_all(&body, packed, cut, 16), HG_BODY_DAMAGED);
        hg_body_free(&body);
    }
    struct hg_body body;
    packed[len / 2] ^= 0xff;
    hg_body_init(&body, true, SENT_MAX, INFLATED_MAX);
    assert_int_equal(take_all(&body, packed, len, 16), HG_BODY_DAMAGED);
    hg_body_free(&body);
    hg_body_init(&body, true, SENT_MAX, INFLATED_MAX);
    assert_int_equal(take_all(&body, "plain text", 10, 16), HG_BODY_DAMAGED);
    hg_body_free(&body);
}

static void test_dropped(void **state)
{
    (void)state;
    struct hg_body body = {0};
    assert_int_equal(take_all(&body, "abc", 3, 1), HG_BODY_DROPPED);
    assert_int_equal(body.received, 3);
    assert_null(body.bytes.p);
    hg_body_free(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),        cmocka_unit_test(test_gzip_in_any_cuts), cmocka_unit_test(test_gzip_bomb),
        cmocka_unit_test(test_gzip_damaged), cmocka_unit_test(test_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
