/* Arenas and buffers: alignment, ceilings, and that a warm one allocates nothing. */
#include "base/arena.h"
#include "support/cmocka_all.h"

static void arena_hands_out_aligned_room(void **state)
{
    (void)state;
    struct hg_arena arena;
    hg_arena_init(&arena, 1024, 1 << 20);
    char *last = NULL;
    for (size_t size = 0; size < 300; size++) {
        char *p = hg_arena_alloc(&arena, size);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 16, 0);
        if (size > 1)
            assert_ptr_not_equal(p, last);
        memset(p, (int)size, size);
        last = p;
    }
    hg_arena_free(&arena);
    hg_arena_free(&arena);
}

static void arena_keeps_what_it_handed_out(void **state)
{
    (void)state;
    struct hg_arena arena;
    unsigned char *p[100];
    hg_arena_init(&arena, 512, 1 << 20);
    for (size_t i = 0; i < 100; i++) {
        p[i] = hg_arena_alloc(&arena, 40 + i);
        memset(p[i], (int)i, 40 + i);
    }
    for (size_t i = 0; i < 100; i++)
        for (size_t k = 0; k < 40 + i; k++)
            assert_int_equal(p[i][k], i);
    hg_arena_free(&arena);
}

static void warm_arena_stays_as_large_as_it_was(void **state)
{
    (void)state;
    struct hg_arena arena;
    hg_arena_init(&arena, 256, 1 << 20);
    size_t total = 0;
    for (int round = 0; round < 5; round++) {
        for (size_t i = 0; i < 50; i++)
            assert_non_null(hg_arena_alloc(&arena, i * 11 % 700));
        if (round == 0)
            total = arena.total;
        assert_int_equal(arena.total, total);
        hg_arena_reset(&arena);
    }
    hg_arena_free(&arena);
}

static void arena_stops_at_its_limit(void **state)
{
    (void)state;
    struct hg_arena arena;
    hg_arena_init(&arena, 1024, 4096);
    assert_null(hg_arena_alloc(&arena, 5000));
    assert_null(hg_arena_alloc(&arena, SIZE_MAX));
    size_t n = 0;
    while (hg_arena_alloc(&arena, 512) != NULL)
        n++;
    assert_int_equal(n, 8);
    hg_arena_reset(&arena);
    assert_non_null(hg_arena_alloc(&arena, 1024));
    hg_arena_free(&arena);
}

static void arena_copies(void **state)
{
    (void)state;
    struct hg_arena arena;
    hg_arena_init(&arena, 64, 1024);
    char source[] = "borrowed";
    struct hg_slice copy = hg_arena_copy(&arena, hg_slice_of(source));
    source[0] = 'x';
    assert_slice(copy, "borrowed");
    assert_non_null(hg_arena_copy(&arena, (struct hg_slice){"", 0}).p);
    assert_null(hg_arena_copy(&arena, (struct hg_slice){source, 2000}).p);
    hg_arena_free(&arena);
}

static void buffer_grows_to_its_limit_and_no_further(void **state)
{
    (void)state;
    struct hg_buf buf;
    hg_buf_init(&buf, 1000);
    for (int i = 0; i < 100; i++)
        hg_buf_text(&buf, "0123456789");
    assert_false(buf.failed);
    assert_int_equal(buf.len, 1000);
    hg_buf_char(&buf, '!');
    assert_true(buf.failed);
    assert_int_equal(buf.len, 1000);
    assert_true(buf.cap <= 1000);
    hg_buf_clear(&buf);
    assert_false(buf.failed);
    hg_buf_text(&buf, "again");
    assert_slice(hg_buf_slice(&buf), "again");
    hg_buf_free(&buf);
}

static void failed_write_is_dropped_whole(void **state)
{
    (void)state;
    struct hg_buf buf;
    hg_buf_init(&buf, 300);
    char row[200] = {0};
    hg_buf_add(&buf, row, sizeof row);
    hg_buf_add(&buf, row, sizeof row);
    assert_true(buf.failed);
    assert_int_equal(buf.len, 200);
    hg_buf_printf(&buf, "%0200d", 7);
    assert_int_equal(buf.len, 200);
    hg_buf_free(&buf);
}

static void buffer_prints_numbers(void **state)
{
    (void)state;
    struct hg_buf buf;
    hg_buf_init(&buf, 4096);
    hg_buf_i64(&buf, INT64_MIN);
    hg_buf_char(&buf, ' ');
    hg_buf_u64(&buf, UINT64_MAX);
    hg_buf_char(&buf, ' ');
    hg_buf_u64(&buf, 0);
    hg_buf_printf(&buf, " %s-%d ", "x", 5);
    hg_buf_f64(&buf, 0.1);
    hg_buf_char(&buf, ' ');
    hg_buf_f32(&buf, 0.1f);
    assert_slice(hg_buf_slice(&buf), "-9223372036854775808 18446744073709551615 0 x-5 0.1 0.1");
    hg_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_hands_out_aligned_room),
        cmocka_unit_test(arena_keeps_what_it_handed_out),
        cmocka_unit_test(warm_arena_stays_as_large_as_it_was),
        cmocka_unit_test(arena_stops_at_its_limit),
        cmocka_unit_test(arena_copies),
        cmocka_unit_test(buffer_grows_to_its_limit_and_no_further),
        cmocka_unit_test(failed_write_is_dropped_whole),
        cmocka_unit_test(buffer_prints_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
