/* What is stored depends on the events alone: not on where commits fell, nor on restarts between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "feed.h"

#define EVENTS 70000u

static struct feed feed(void)
{
    return (struct feed){.seed = test_seed(), .start_us = INT64_C(1736370811885951), .step_us = HG_SECOND / 10,
                         .sources = 3000, .anomalous_percent = 30, .record_len = 120};
}

static void digest_of(const char *dir, char ret[HG_DIGEST_TEXT_BYTES + 1])
{
    struct hg_err err;
    if (hg_store_digest(dir, ret, &err) != HG_OK)
        fail_msg("%s", err.msg);
}

/* commits of `batch`, opened anew `restarts` times */
static void written(const struct feed *feed, uint64_t ring, uint64_t n, size_t batch, unsigned restarts,
                    char ret[HG_DIGEST_TEXT_BYTES + 1])
{
    char dir[64];
    dir_make(dir);
    uint64_t part = n / (restarts + 1), from = 1;
    for (unsigned i = 0; i <= restarts; i++, from += part)
        feed_write(feed, dir, ring, from, i == restarts ? n : from + part - 1, batch);
    digest_of(dir, ret);
    dir_remove(dir);
}

static void test_commits(void **state)
{
    (void)state;
    struct feed f = feed();
    char whole[HG_DIGEST_TEXT_BYTES + 1], other[HG_DIGEST_TEXT_BYTES + 1];
    written(&f, 20000, EVENTS, 65536, 0, whole);
    written(&f, 20000, EVENTS, 1000, 0, other);
    assert_string_equal(whole, other);
    written(&f, 20000, EVENTS, 4099, 7, other);
    assert_string_equal(whole, other);
    written(&f, 3000, 9000, 65536, 0, whole);
    written(&f, 3000, 9000, 7, 0, other);
    assert_string_equal(whole, other);
    written(&f, 3000, 9000, 1, 3, other);
    assert_string_equal(whole, other);
}

/* One address more than is kept exactly, in one minute: the sketch begins at the same one. */
static void test_many_attackers(void **state)
{
    (void)state;
    struct feed f = feed();
    char whole[HG_DIGEST_TEXT_BYTES + 1], other[HG_DIGEST_TEXT_BYTES + 1];
    f.step_us = 100;
    f.sources = 100000000;
    f.anomalous_percent = 100;
    written(&f, 10, 100000, 65536, 0, whole);
    written(&f, 10, 100000, 9973, 2, other);
    assert_string_equal(whole, other);
}

static void test_digest_sees_everything(void **state)
{
    (void)state;
    struct feed f = feed();
    char one[HG_DIGEST_TEXT_BYTES + 1], other[HG_DIGEST_TEXT_BYTES + 1];
    written(&f, 100, 500, 100, 0, one);
    f.record_len++;
    written(&f, 100, 500, 100, 0, other);
    assert_string_not_equal(one, other);
    f.record_len--;
    written(&f, 99, 500, 100, 0, other);
    assert_string_not_equal(one, other);
    f.start_us++;
    written(&f, 100, 500, 100, 0, other);
    assert_string_not_equal(one, other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commits),
        cmocka_unit_test(test_many_attackers),
        cmocka_unit_test(test_digest_sees_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
