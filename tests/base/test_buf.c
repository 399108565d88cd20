/* Buffers: they keep to the ceiling given at birth, whatever it is. */
#include "base/buf.h"
#include "support/cmocka_all.h"

#include <unistd.h>

#define LIMIT_MOST 1100u /* the first growth makes 256 bytes, later ones double */

static void the_limit_is_reached_and_never_passed(void **state)
{
    (void)state;
    static const char bytes[2 * LIMIT_MOST];
    for (size_t limit = 0; limit <= LIMIT_MOST; limit++) {
        for (size_t part = 1; part <= limit + 1; part += 1 + part / 2) {
            struct hg_buf buf;
            size_t whole = limit / part * part;
            hg_buf_init(&buf, limit);
            for (size_t len = 0; len < whole; len += part)
                hg_buf_add(&buf, bytes, part);
            assert_int_equal(buf.len, whole);
            assert_false(buf.failed);
            hg_buf_add(&buf, bytes, part);
            assert_true(buf.failed);
            assert_int_equal(buf.len, whole); /* dropped as a whole */
            assert_true(buf.cap <= limit);
            hg_buf_add(&buf, bytes, limit - whole);
            assert_int_equal(buf.len, limit); /* what still fits is kept */
            hg_buf_free(&buf);
        }
    }
}

static void more_than_the_limit_at_once_fails(void **state)
{
    (void)state;
    struct hg_buf buf;
    hg_buf_init(&buf, 100);
    assert_false(hg_buf_reserve(&buf, 101));
    assert_true(buf.failed);
    hg_buf_clear(&buf);
    hg_buf_add(&buf, "0123456789", 10);
    assert_false(hg_buf_reserve(&buf, 300)); /* above what a first growth used to make */
    assert_false(hg_buf_reserve(&buf, SIZE_MAX));
    assert_slice(hg_buf_slice(&buf), "0123456789");
    hg_buf_free(&buf);
}

static void printed_text_is_whole_or_dropped(void **state)
{
    (void)state;
    struct hg_buf buf;
    hg_buf_init(&buf, 10);
    hg_buf_printf(&buf, "%d-%s", 12345, "abc"); /* nine bytes, and the zero that printf wants */
    assert_slice(hg_buf_slice(&buf), "12345-abc");
    hg_buf_printf(&buf, "%d", 67);
    assert_true(buf.failed);
    assert_slice(hg_buf_slice(&buf), "12345-abc");
    hg_buf_free(&buf);
}

int main(void)
{
    alarm(30); /* a growth that never ends is a failure, too */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_reached_and_never_passed),
        cmocka_unit_test(more_than_the_limit_at_once_fails),
        cmocka_unit_test(printed_text_is_whole_or_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
