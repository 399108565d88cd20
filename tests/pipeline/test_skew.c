#include "support/cmocka_all.h"

#include "pipeline/skew.h"

#define NOW INT64_C(1750000000000000)

static void feed(struct hg_skew *skew, const int64_t *offsets_us, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int64_t now = skew->last_us == 0 ? NOW : skew->last_us + HG_SECOND;
        hg_skew_add(skew, now + offsets_us[i], now);
    }
}

static void a_zone_that_was_left_out_is_seen(void **state)
{
    struct hg_skew skew = {.n = 0};
    int64_t us;
    (void)state;
    const int64_t ahead[] = {2 * HG_HOUR, 2 * HG_HOUR - 3 * HG_SECOND, 2 * HG_HOUR, 2 * HG_HOUR - HG_SECOND, 2 * HG_HOUR, 2 * HG_HOUR};
    feed(&skew, ahead, 5);
    assert_int_equal(hg_skew_state(&skew, &us), HG_SKEW_UNKNOWN); /* one too few to call it steady */
    feed(&skew, ahead + 5, 1);
    assert_int_equal(hg_skew_state(&skew, &us), HG_SKEW_STEADY);
    assert_true(us > 2 * HG_HOUR - 4 * HG_SECOND && us <= 2 * HG_HOUR);
    assert_true(hg_skew_is_live(&skew));
    const int64_t mended[] = {0, -HG_SECOND, 0, 0, -HG_SECOND, 0};
    feed(&skew, mended, 6);
    assert_int_equal(hg_skew_state(&skew, &us), HG_SKEW_NONE);
    assert_int_equal(us, 0);
}

static void a_replay_says_nothing(void **state)
{
    struct hg_skew old = {.n = 0}, fast = {.n = 0};
    int64_t us;
    (void)state;
    const int64_t years[] = {-300 * HG_DAY, -300 * HG_DAY, -300 * HG_DAY, -300 * HG_DAY, -300 * HG_DAY, -300 * HG_DAY};
    feed(&old, years, 6);
    assert_int_equal(hg_skew_state(&old, &us), HG_SKEW_UNKNOWN);
    assert_false(hg_skew_is_live(&old));
    const int64_t wanders[] = {-5 * HG_HOUR, -4 * HG_HOUR, -3 * HG_HOUR, -2 * HG_HOUR, -HG_HOUR, -HG_HOUR / 2};
    feed(&fast, wanders, 6);
    assert_int_equal(hg_skew_state(&fast, &us), HG_SKEW_UNKNOWN);
    assert_false(hg_skew_is_live(&fast));
}

static void a_burst_is_one_sample(void **state)
{
    struct hg_skew skew = {.n = 0};
    (void)state;
    for (int i = 0; i < 100; i++)
        hg_skew_add(&skew, NOW, NOW + i * 1000);
    assert_int_equal(skew.n, 1);
    assert_true(hg_skew_is_live(&skew));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zone_that_was_left_out_is_seen),
        cmocka_unit_test(a_replay_says_nothing),
        cmocka_unit_test(a_burst_is_one_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
