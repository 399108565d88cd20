/* Questions by filter against every stored row looked at one by one: with no segment made yet, with some, with all, and with a damaged index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/rng.h"
#include "desk.h"

#include <stdio.h>
#include <stdlib.h>

#define RING    4000u
#define FILTERS 60

static struct feed the_feed;
static char the_dir[64];

static int set_up(void **state)
{
    (void)state;
    the_feed = (struct feed){.seed = test_seed(), .start_us = INT64_C(1736370811885951), .step_us = HG_SECOND / 2,
                             .sources = 40, .anomalous_percent = 40, .record_len = 60};
    dir_make(the_dir);
    feed_write(&the_feed, the_dir, RING, 1, 9000, 777);
    feed_write(&the_feed, the_dir, RING, 9001, 16000, 131);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dir_remove(the_dir);
    return 0;
}

static void check_all(void)
{
    struct desk desk;
    struct hg_rng rng = hg_rng_seeded(the_feed.seed);
    desk_open(&desk, the_dir);
    for (int i = 0; i < FILTERS; i++)
        desk_check(&desk, &rng, i == 0 ? "" : NULL);
    desk_close(&desk);
}

static void test_rows(void **state)
{
    (void)state;
    check_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
