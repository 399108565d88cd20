/* What happens when there is no more room: exact up to the stated numbers, within the stated errors beyond, bounded in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rng.h"
#include "behave/behave.h"
#include "behave/window_sketch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUN   4096u
#define START (INT64_C(1741258800) * HG_SECOND)

static uint64_t seed;

/* Events one by one into runs; what is known at the last is kept. */
struct feed {
    struct hg_behave *behave;
    struct hg_matrix matrix;
    struct hg_event events[RUN];
    size_t n;
    struct hg_context context;
    struct hg_window windows[HG_ENTITY_KINDS][HG_SPANS];
};

static void keep(void *self, const struct hg_event *event, const struct hg_context *context)
{
    struct feed *feed = self;
    (void)event;
    feed->context = *context;
    for (int k = 0; k < HG_ENTITY_KINDS; k++)
        if (context->of[k].windows != NULL)
            memcpy(feed->windows[k], context->of[k].windows, sizeof feed->windows[k]);
}

static struct feed *feed_create(void)
{
    struct feed *feed = calloc(1, sizeof *feed);
    assert_non_null(feed);
    assert_int_equal(hg_behave_create(NULL, &feed->behave, NULL), HG_OK);
    assert_int_equal(hg_matrix_reserve(&feed->matrix, RUN, NULL), HG_OK);
    hg_behave_watch(feed->behave, keep, feed);
    return feed;
}

static void feed_free(struct feed *feed)
{
    hg_behave_destroy(feed->behave);
    hg_matrix_free(&feed->matrix);
    free(feed);
}

static void flush(struct feed *feed)
{
    static struct hg_finding findings[RUN];
    const struct hg_event *pointers[RUN];
    for (size_t i = 0; i < feed->n; i++)
        pointers[i] = &feed->events[i];
    (void)hg_behave_run(feed->behave, pointers, feed->n, &feed->matrix, findings);
    feed->n = 0;
}

static void send(struct feed *feed, int64_t us, uint32_t source, uint32_t destination, uint16_t port)
{
    if (feed->n == RUN)
        flush(feed);
    feed->events[feed->n++] = (struct hg_event){.time_us = us, .source_ip = hg_ip_v4(0x0a000000u + source), .bytes_sent = 10,
                                                .destination_ip = hg_ip_v4(0xc0000000u + destination), .destination_port = port,
                                                .packets_sent = 1, .packets_received = source % 2};
}

/* What is known of the source of this event, itself included. */
static const struct hg_window *sent(struct feed *feed, int64_t us, uint32_t source, uint32_t destination, uint16_t port)
{
    send(feed, us, source, destination, port);
    flush(feed);
    return feed->windows[HG_ENTITY_SOURCE];
}

static void test_as_many_as_there_is_room_for_are_exact(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t source = 0; source < HG_ENTITIES_MAX; source++)
            send(feed, START + (int64_t)(round * HG_ENTITIES_MAX + source) * 10000, source, source % 7, 443);
    flush(feed);
    struct hg_behave_memory memory = hg_behave_memory(feed->behave);
    assert_int_equal(memory.entities[HG_ENTITY_SOURCE], HG_ENTITIES_MAX);
    assert_int_equal(memory.given_up[HG_ENTITY_SOURCE], 0);
    for (uint32_t source = 0; source < HG_ENTITIES_MAX; source += 997)
        assert_int_equal(sent(feed, START + 33 * HG_MINUTE, source, source % 7, 443)[HG_SPAN_1H].events, 3);
    feed_free(feed);
}

static void test_who_is_given_up_comes_back_with_an_estimate(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    struct hg_rng rng = hg_rng_seeded(seed);
    uint32_t counts[200];
    for (uint32_t busy = 0; busy < 200; busy++) {
        counts[busy] = 1 + (uint32_t)hg_rng_below(&rng, 40);
        for (uint32_t i = 0; i < counts[busy]; i++)
            send(feed, START + (int64_t)i * HG_SECOND, busy, 1, 443);
    }
    for (uint32_t source = 0; source < HG_ENTITIES_MAX; source++) /* all of whom one event is known */
        send(feed, START + 2 * HG_MINUTE + (int64_t)source * 1000, 1000 + source, 2, 443);
    flush(feed);
    assert_int_equal(hg_behave_memory(feed->behave).given_up[HG_ENTITY_SOURCE], 200);
    unsigned too_high = 0;
    for (uint32_t busy = 0; busy < 200; busy++) {
        const struct hg_window *hour = &sent(feed, START + 30 * HG_MINUTE, busy, 1, 443)[HG_SPAN_1H];
        uint32_t least = counts[busy] >= WINDOW_SKETCH_LEAST ? counts[busy] + 1 : 1;
        assert_true(hour->events >= least);
        assert_true(hour->failed <= hour->known && hour->known <= hour->events);
        too_high += hour->events > least;
        assert_int_equal(feed->context.of[HG_ENTITY_SOURCE].first_us, START); /* which outlives the windows */
    }
    assert_true(too_high <= 2); /* (200 / 8192)^4 of them, that is none */
    feed_free(feed);
}

/* The estimate of entities whose true counts are known: never too low; too high as seldom as stated. */
static void test_the_sketch_keeps_its_promise(void **state)
{
    (void)state;
    struct hg_rng rng = hg_rng_seeded(seed + 1);
    struct window_sketch sketch = {0};
    assert_int_equal(window_sketch_create(&sketch, NULL), HG_OK);
    const uint32_t n = 3000;
    uint64_t top = second_of(START);
    struct edges edges = edges_at(top);
    uint32_t *counts = calloc(n, sizeof *counts), too_high = 0;
    for (uint32_t i = 0; i < n; i++) {
        struct windows windows = {.top = top, .n_few = 1};
        counts[i] = WINDOW_SKETCH_LEAST + (uint32_t)hg_rng_below(&rng, 1000);
        windows.few[0].narrow[NARROW_EVENTS] = counts[i];
        windows.few[0].narrow[NARROW_SECOND] = (uint32_t)top - 400;
        window_sketch_write(&sketch, hg_mix64(seed + i), &windows, NULL);
    }
    for (uint32_t i = 0; i < n; i++) {
        struct estimated_cell cells[HG_SPANS * SPAN_CELLS];
        size_t found = window_sketch_read(&sketch, hg_mix64(seed + i), &edges, cells);
        assert_int_equal(found, 1);
        assert_int_equal(span_bucket(HG_SPAN_10M, cells[0].second), span_bucket(HG_SPAN_10M, top - 400));
        assert_true(cells[0].cell.narrow[NARROW_EVENTS] >= counts[i]);
        too_high += cells[0].cell.narrow[NARROW_EVENTS] > counts[i];
    }
    double p = (double)n / WINDOW_SKETCH_COLUMNS, stated = p * p * p * p; /* of the one that n others exceed; of all, a fifth of it */
    assert_true(too_high <= (uint32_t)(stated * n));
    free(counts);
    window_sketch_free(&sketch);
}

static void test_more_busy_ones_than_there_are_rings(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    const uint32_t busy = HG_RINGS_MAX; /* sources alone; their pairs want one too */
    for (uint32_t round = 0; round < 6; round++)
        for (uint32_t source = 0; source < busy; source++)
            send(feed, START + round * 5 * HG_MINUTE + (int64_t)source * 1000, source, source, 443);
    flush(feed);
    uint32_t too_low = 0;
    for (uint32_t source = 0; source < busy; source += 101) {
        uint32_t events = sent(feed, START + 31 * HG_MINUTE, source, source, 443)[HG_SPAN_1H].events;
        assert_in_range(events, 1, 6 + 1 + 6);
        too_low += events < 7;
    }
    assert_true(hg_behave_memory(feed->behave).given_up[HG_ENTITY_SOURCE] > 0);
    assert_true(too_low < busy / 101 / 2); /* who had counted four and more is remembered */
    feed_free(feed);
}

static void test_distinct_counts_are_too_high_by_no_more_than_what_came_back(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    for (uint16_t port = 1; port <= 500; port++)
        send(feed, START, 1, 1, port);
    assert_int_equal(sent(feed, START, 1, 1, 500)[HG_SPAN_10M].ports, 500);
    for (uint32_t i = 0; i < HG_ITEMS_MAX; i++)
        send(feed, START + HG_MINUTE + (int64_t)i * 100, 10 + i / 60000, 2, (uint16_t)(i % 60000));
    for (uint16_t port = 1; port < 300; port++)
        send(feed, START + 5 * HG_MINUTE, 1, 1, port);
    uint32_t ports = sent(feed, START + 5 * HG_MINUTE, 1, 1, 300)[HG_SPAN_10M].ports;
    assert_in_range(ports, 501, 800);
    feed_free(feed);
}

static bool is_new(struct feed *feed, int64_t us, uint32_t source)
{
    (void)sent(feed, us, source, 1, 443);
    return us - feed->context.of[HG_ENTITY_SOURCE].first_us < HG_HOUR;
}

static void test_first_seen_ages(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    assert_true(is_new(feed, START, 1));
    assert_true(is_new(feed, START + HG_HOUR - 1, 1));
    assert_false(is_new(feed, START + HG_HOUR, 1));
    assert_false(is_new(feed, START + 29 * HG_DAY, 1));
    assert_int_equal(feed->context.of[HG_ENTITY_SOURCE].last_us, START + HG_HOUR);
    assert_false(is_new(feed, START + 58 * HG_DAY, 1)); /* confirmed on the 29th */
    assert_true(is_new(feed, START + 89 * HG_DAY, 1));  /* forgotten */
    assert_int_equal(feed->context.of[HG_ENTITY_SOURCE].last_us, HG_TIME_NONE);
    feed_free(feed);
}

static void test_the_oldest_acquaintance_goes_when_there_are_too_many(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    for (uint32_t source = 0; source < HG_FAMILIAR_MAX; source++) {
        send(feed, START + (int64_t)source * 100000, source, 1, 443); /* seven hours in all */
        if (source % 1000 == 0)
            send(feed, START + (int64_t)source * 100000, 5, 1, 443); /* seen again and again */
    }
    int64_t later = START + 3 * HG_DAY;
    for (uint32_t source = 0; source < HG_FAMILIAR_MAX / 2; source++)
        send(feed, later + source, HG_FAMILIAR_MAX + source, 1, 443);
    assert_false(is_new(feed, later + HG_MINUTE, 5));
    assert_true(is_new(feed, later + HG_MINUTE, 7));
    assert_false(is_new(feed, later + HG_MINUTE, HG_FAMILIAR_MAX - 7));
    struct hg_behave_memory memory = hg_behave_memory(feed->behave);
    assert_true(memory.bytes < memory.bytes_max);
    feed_free(feed);
}

/* Everything full at once: the stated bound holds. */
static void test_memory_is_bounded(void **state)
{
    (void)state;
    struct feed *feed = feed_create();
    struct hg_rng rng = hg_rng_seeded(seed + 2);
    uint32_t source = 0, target = 0;
    for (uint32_t i = 0; i < 600000; i++) {
        if (i % 2 == 0) {
            source = (uint32_t)hg_rng_below(&rng, 150000);
            target = (uint32_t)hg_rng_below(&rng, 150000);
        }
        send(feed, START + (int64_t)i * 5000, source, target, (uint16_t)hg_rng_below(&rng, 60000));
    }
    flush(feed);
    struct hg_behave_memory memory = hg_behave_memory(feed->behave);
    for (int k = 0; k < HG_ENTITY_KINDS; k++) {
        assert_int_equal(memory.entities[k], HG_ENTITIES_MAX);
        assert_int_equal(memory.entities_max[k], HG_ENTITIES_MAX);
        assert_true(memory.given_up[k] > 0);
    }
    printf("# %.1f MiB of %.0f\n", (double)memory.bytes / 1048576, (double)memory.bytes_max / 1048576);
    assert_true(memory.bytes <= memory.bytes_max);
    assert_int_equal(memory.bytes_max, HG_BEHAVE_BYTES_MAX);
    feed_free(feed);
}

int main(void)
{
    const char *given = getenv("HG_TEST_SEED");
    seed = given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    printf("# seed %llu (HG_TEST_SEED)\n", (unsigned long long)seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_many_as_there_is_room_for_are_exact),
        cmocka_unit_test(test_who_is_given_up_comes_back_with_an_estimate),
        cmocka_unit_test(test_the_sketch_keeps_its_promise),
        cmocka_unit_test(test_more_busy_ones_than_there_are_rings),
        cmocka_unit_test(test_distinct_counts_are_too_high_by_no_more_than_what_came_back),
        cmocka_unit_test(test_first_seen_ages),
        cmocka_unit_test(test_the_oldest_acquaintance_goes_when_there_are_too_many),
        cmocka_unit_test(test_memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
