#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "recount.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EVENTS 2500u

static uint64_t seed;

struct run {
    struct hg_behave *behave;
    struct hg_matrix matrix;
    struct hg_finding findings[EVENTS];
    const struct hg_event *first; /* of them all */
    size_t n;
};

static struct run *run_create(const struct hg_event *first, hg_behave_see *see)
{
    struct run *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->first = first;
    assert_int_equal(hg_behave_create(NULL, &run->behave, NULL), HG_OK);
    assert_int_equal(hg_matrix_reserve(&run->matrix, EVENTS, NULL), HG_OK);
    hg_behave_watch(run->behave, see, run);
    return run;
}

static void run_free(struct run *run)
{
    hg_behave_destroy(run->behave);
    hg_matrix_free(&run->matrix);
    free(run);
}

/* Events in runs of so many; the columns of all of them, one after the other. */
static float *columns_of(const struct hg_event *events, size_t n, size_t batch)
{
    struct run *run = run_create(events, NULL);
    size_t columns = HG_FEATURE_FIRST_CODE - HG_FEATURE_FIRST_BEHAVIOUR;
    float *ret = calloc(n * columns, sizeof *ret);
    assert_non_null(ret);
    for (size_t from = 0; from < n; from += batch) {
        const struct hg_event *pointers[EVENTS];
        size_t some = n - from < batch ? n - from : batch;
        for (size_t i = 0; i < some; i++)
            pointers[i] = &events[from + i];
        (void)hg_behave_run(run->behave, pointers, some, &run->matrix, run->findings);
        for (size_t i = 0; i < some; i++)
            for (size_t c = 0; c < columns; c++)
                ret[(from + i) * columns + c] = hg_matrix_column(&run->matrix, (enum hg_feature)(HG_FEATURE_FIRST_BEHAVIOUR + c))[i];
    }
    run_free(run);
    return ret;
}

static void check_entity(const struct run *run, enum hg_entity kind, const struct hg_entity_view *view)
{
    struct hg_window windows[HG_SPANS];
    struct hg_entity_view expected;
    if (!recount(run->first, run->n, kind, windows, &expected)) {
        assert_null(view->windows);
        return;
    }
    assert_non_null(view->windows);
    for (int span = 0; span < HG_SPANS; span++)
        if (!same_window(&windows[span], &view->windows[span]))
            fail_msg("event %zu, entity %d, window %d: %u events, %u failed, %u known, %u peers, %u ports; recounted %u, %u, %u, %u, %u",
                     run->n - 1, kind, span, view->windows[span].events, view->windows[span].failed, view->windows[span].known,
                     view->windows[span].peers, view->windows[span].ports, windows[span].events, windows[span].failed, windows[span].known,
                     windows[span].peers, windows[span].ports);
    assert_int_equal(view->first_us, expected.first_us);
    assert_int_equal(view->last_us, expected.last_us);
    if (!same_float(view->interval_s, expected.interval_s) || !same_float(view->regularity, expected.regularity))
        fail_msg("event %zu, entity %d: interval %g, regularity %g; recounted %g, %g", run->n - 1, kind, (double)view->interval_s,
                 (double)view->regularity, (double)expected.interval_s, (double)expected.regularity);
}

static void check_event(void *self, const struct hg_event *event, const struct hg_context *context)
{
    struct run *run = self;
    assert_ptr_equal(event, &run->first[run->n]);
    run->n++;
    for (int kind = 0; kind < HG_ENTITY_KINDS; kind++)
        check_entity(run, (enum hg_entity)kind, &context->of[kind]);
}

static const struct made_up forms[] = {
    {3, 3, 4, 30, 0, 0, 0},         /* a few entities, all seconds at once */
    {3, 3, 4, 30, 20, 0, 0},
    {4, 5, 3, 900, 700, 0, 0},
    {20, 4, 3, 20000, 0, 0, 0},     /* gaps about as long as the windows */
    {20, 4, 3, 20000, 3000, 0, 0},
    {2, 400, 300, 7200, 30, 0, 0}, /* scans */
    {400, 2, 2, 7200, 300, 100, 0},/* crowds, and time that jumps */
    {300, 300, 5, 100000, 3500, 200, 0},
    {5, 5, 5, 400000, 3500, 30, 0},
    {500, 2, 2, 7200, 0, 0, 15},   /* a few events each, close together */
    {500, 2, 2, 7200, 90, 0, 25},
    {300, 2, 2, 90000, 900, 0, 300},
};

static void test_the_windows_are_those_of_a_recount(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(seed);
    struct hg_event *events = calloc(EVENTS, sizeof *events);
    const struct hg_event *pointers[EVENTS];
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        make_up(&rng, &forms[form], events, EVENTS);
        for (size_t i = 0; i < EVENTS; i++)
            pointers[i] = &events[i];
        struct run *run = run_create(events, check_event);
        (void)hg_behave_run(run->behave, pointers, EVENTS, &run->matrix, run->findings);
        assert_int_equal(run->n, EVENTS);
        run_free(run);
    }
    free(events);
}

static void test_batches_change_nothing(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(seed + 1);
    struct hg_event *events = calloc(EVENTS, sizeof *events);
    for (size_t form = 0; form < sizeof forms / sizeof *forms; form++) {
        make_up(&rng, &forms[form], events, EVENTS);
        float *whole = columns_of(events, EVENTS, EVENTS);
        const size_t batches[] = {1, 7, 1000};
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            float *other = columns_of(events, EVENTS, batches[b]);
            assert_memory_equal(whole, other, EVENTS * (HG_FEATURE_FIRST_CODE - HG_FEATURE_FIRST_BEHAVIOUR) * sizeof *whole);
            free(other);
        }
        free(whole);
    }
    free(events);
}

int main(void)
{
    const char *given = getenv("HG_TEST_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("# seed %llu (HG_TEST_SEED)\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_windows_are_those_of_a_recount),
        cmocka_unit_test(test_batches_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
