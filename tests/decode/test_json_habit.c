#include "support/cmocka_all.h"

#include "decode/json_habit.h"
#include "decode/json_quotes.h"
#include "decode/json_shape.h"
#include "base/rng.h"

#include <stdlib.h>

/* Whatever a habit reads must be what hg_json_read finds; what that one refuses it must not take. */

static const char *const paths[] = {"time", "kind", "port", "flow.bytes", "flow.age", "flow", "tcp.syn", "list", "tcp.flags"};
#define N_PATHS (sizeof paths / sizeof *paths)

struct fixture {
    struct hg_json *json;
    struct hg_json_plan *plan;
    struct hg_json_habit *habit;
    unsigned taken;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(hg_json_create(&f->json, NULL), HG_OK);
    assert_int_equal(hg_json_plan_create(paths, N_PATHS, &f->plan, NULL), HG_OK);
    assert_int_equal(hg_json_habit_create(f->plan, &f->habit, NULL), HG_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    hg_json_destroy(f->json);
    hg_json_habit_destroy(f->habit);
    hg_json_plan_destroy(f->plan);
    free(f);
    return 0;
}

static void assert_same_docs(const struct hg_json_doc *a, const struct hg_json_doc *b)
{
    assert_int_equal(a->present, b->present);
    for (size_t i = 0; i < N_PATHS; i++) {
        const struct hg_json_value *x = hg_json_get(a, (int)i), *y = hg_json_get(b, (int)i);
        assert_int_equal(x == NULL, y == NULL);
        if (x == NULL || y == NULL)
            continue;
        assert_ptr_equal(x->raw.p, y->raw.p);
        assert_int_equal(x->raw.len, y->raw.len);
        assert_int_equal(x->type, y->type);
        assert_int_equal(x->escaped, y->escaped);
    }
}

/* True: the habit took it. The text lies in memory of its own length: a byte looked at behind it is found by the sanitizer. */
static bool check(struct fixture *f, const char *text, size_t len)
{
    struct hg_json_doc quick, slow;
    char *copy = malloc(len == 0 ? 1 : len);
    assert_non_null(copy);
    memcpy(copy, text, len);
    struct hg_slice record = {copy, len};
    bool taken = hg_json_habit_read(f->habit, record, &quick);
    enum hg_reason reason = hg_json_read(f->json, f->plan, record, &slow);
    if (taken) {
        assert_int_equal(reason, HG_REASON_NONE);
        assert_same_docs(&quick, &slow);
    } else if (reason == HG_REASON_NONE) {
        hg_json_habit_learn(f->habit, record);
    }
    free(copy);
    f->taken += taken;
    return taken;
}

static bool check_text(struct fixture *f, const char *text)
{
    return check(f, text, strlen(text));
}

static void reads_what_it_knows(void **state)
{
    struct fixture *f = *state;
    const char *first = "{\"time\":\"12:00\",\"kind\":\"flow\",\"port\":80,\"flow\":{\"bytes\":17,\"age\":1.5},\"list\":[\"a\",{}],\"tcp\":{\"syn\":true}}";
    assert_false(check_text(f, first));
    assert_true(check_text(f, first));
    assert_true(check_text(f, "{\"time\":\"\",\"kind\":\"a longer word, longer than thirty-two bytes\",\"port\":0,"
                              "\"flow\":{\"bytes\":-12345678901234567890123456789012345,\"age\":1e9},\"list\":[\"\",{}],\"tcp\":{\"syn\":true}}"));
    assert_false(check_text(f, "{\"time\":\"12:00\",\"kind\":\"flow\",\"port\":80,\"flow\":{\"bytes\":17,\"age\":1.5},\"list\":[\"a\",{}],\"tcp\":{\"syn\":false}}"));
}

/* Each stands in for 80 in a record of a known shape. */
static void takes_no_broken_value(void **state)
{
    static const char *const values[] = {"", "080", "-", "+1", "1.", ".5", "1e", "8 0", "8,0", "tru", "true", "nulll", "\"80\"", "[80]", "{}",
                                         "0x1f", "1}", "}", "-0", "0", "1.5E+3", "999999999999999999999999999999999", "8\t", "\x01", "\xc3\xa4"};
    struct fixture *f = *state;
    check_text(f, "{\"time\":\"x\",\"port\":80,\"kind\":\"y\"}");
    assert_true(check_text(f, "{\"time\":\"x\",\"port\":80,\"kind\":\"y\"}"));
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char text[200];
        int n = snprintf(text, sizeof text, "{\"time\":\"x\",\"port\":%s,\"kind\":\"y\"}", values[i]);
        check(f, text, (size_t)n);
        n = snprintf(text, sizeof text, "{\"time\":\"%s\",\"port\":80,\"kind\":\"y\"}", values[i]);
        check(f, text, (size_t)n);
    }
}

static void a_key_that_comes_twice(void **state)
{
    struct fixture *f = *state;
    const char *texts[] = {"{\"port\":1,\"kind\":\"a\",\"port\":2,\"time\":\"b\"}", "{\"flow\":{\"age\":1,\"x\":\"\"},\"flow\":{\"y\":\"\"},\"kind\":\"a\"}",
                           "{\"flow\":{\"age\":1,\"x\":\"\"},\"flow\":\"y\"}", "{\"x\":\"1\",\"x\":\"2\",\"kind\":\"3\"}"};
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < 4; i++)
            check_text(f, texts[i]);
    assert_int_equal(f->taken, 2); /* the last alone: its key is not wanted */
}

static const char *const pieces[] = {"\"time\":\"2025-01-01T00:00:00\"", "\"kind\":\"flow\"", "\"port\":443", "\"flow\":{\"bytes\":1,\"age\":2}",
                                     "\"flow\":{\"age\":77}", "\"tcp\":{\"syn\":true,\"flags\":\"1b\"}", "\"tcp\": { \"syn\" : false }",
                                     "\"list\":[1,\"2\"]", "\"list\":[\"a\",\"b\"]", "\"list\":[]", "\"other\":null", "\"other\":{\"deep\":{\"er\":-1.25e3}}"};

static size_t make_record(uint64_t number, char *out)
{
    struct hg_rng rng = hg_rng_seeded(number);
    size_t n = 0, members = hg_rng_next(&rng) % 7;
    out[n++] = '{';
    out[n] = '\0';
    for (size_t i = 0; i < members; i++) {
        const char *piece = pieces[hg_rng_next(&rng) % (sizeof pieces / sizeof *pieces)];
        char key[5] = {piece[0], piece[1], piece[2], piece[3], '\0'};
        if (strstr(out, key) != NULL && number % 8 != 0) /* few records have a key twice */
            continue;
        n += (size_t)snprintf(out + n, 100, "%s%s", n > 1 ? "," : "", piece);
    }
    out[n++] = '}';
    return n;
}

/* Records of few shapes, some of them with bytes changed or lost. */
static void agree_on_damaged_records(struct fixture *f)
{
    static const char bytes[] = "{}[],:\"\\ 0123456789-.eEtfn\x01\x7f\x80\xc3\xa4 ax";
    uint64_t seed = 20260301;
    print_message("# seed %llu\n", (unsigned long long)seed);
    struct hg_rng rng = hg_rng_seeded(seed);
    char text[1024];
    for (int i = 0; i < 300000; i++) {
        size_t n = make_record(hg_rng_next(&rng) % 50, text);
        for (uint64_t damage = hg_rng_next(&rng) % 16; damage > 0 && damage < 4; damage--) {
            size_t at = hg_rng_next(&rng) % n;
            if (damage == 3 && n > 2)
                memmove(text + at, text + at + 1, --n - at);
            else
                text[at] = bytes[hg_rng_next(&rng) % (sizeof bytes - 1)];
        }
        check(f, text, n);
    }
    assert_true(f->taken > 50000);
}

static void agrees_on_damaged_records(void **state)
{
    agree_on_damaged_records(*state);
}

static void agrees_without_the_kernels(void **state)
{
    struct fixture *f = *state;
    hg_json_habit_use_portable(f->habit);
    agree_on_damaged_records(f);
}

/* ---- kernels */

static void kernels_find_the_same_quotes(void **state)
{
    (void)state;
    uint64_t seed = 20260302;
    print_message("# seed %llu\n", (unsigned long long)seed);
    struct hg_rng rng = hg_rng_seeded(seed);
    hg_quotes_find *fast = hg_quotes_kernel();
    static uint16_t a[HG_QUOTES_MAX + 64], b[HG_QUOTES_MAX + 64];
    for (int round = 0; round < 20000; round++) {
        size_t len = hg_rng_next(&rng) % 700;
        char *text = malloc(len + 1);
        assert_non_null(text);
        for (size_t i = 0; i < len; i++)
            text[i] = hg_rng_next(&rng) % (1 + (unsigned)round % 9) == 0 ? '"' : (char)(' ' + hg_rng_next(&rng) % 60);
        if (len > 0 && round % 3 == 0)
            text[hg_rng_next(&rng) % len] = (char)hg_rng_next(&rng);
        struct hg_slice slice = {text, len};
        int n = hg_quotes_portable(slice, a);
        assert_int_equal(fast(slice, b), n);
        if (n >= 0)
            assert_memory_equal(a, b, (size_t)(n + 1) * sizeof *a);
#ifdef __x86_64__
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi"))
            assert_int_equal(hg_quotes_avx2(slice, b), n);
        if (n >= 0)
            assert_memory_equal(a, b, (size_t)(n + 1) * sizeof *a);
#endif
        free(text);
    }
}

static void a_text_too_long_is_not_looked_at(void **state)
{
    (void)state;
    static char text[HG_QUOTES_TEXT + 1];
    static uint16_t at[HG_QUOTES_MAX + 64];
    memset(text, '"', sizeof text);
    assert_int_equal(hg_quotes_kernel()((struct hg_slice){text, sizeof text}, at), -1);
    assert_int_equal(hg_quotes_kernel()((struct hg_slice){text, HG_QUOTES_TEXT}, at), -1);
    assert_int_equal(hg_quotes_kernel()((struct hg_slice){text, HG_QUOTES_MAX - 64}, at), HG_QUOTES_MAX - 64);
    memset(text, ' ', sizeof text);
    assert_int_equal(hg_quotes_portable((struct hg_slice){text, HG_QUOTES_TEXT}, at), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_what_it_knows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_no_broken_value, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_key_that_comes_twice, set_up, tear_down),
        cmocka_unit_test_setup_teardown(agrees_on_damaged_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(agrees_without_the_kernels, set_up, tear_down),
        cmocka_unit_test(kernels_find_the_same_quotes),
        cmocka_unit_test(a_text_too_long_is_not_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
