#include "support/cmocka_all.h"

#include "core/batch.h"
#include "decode/json.h"

enum { A, B, B_C, B_D, LIST };
static const char *const paths[] = {"a", "b", "b.c", "b.d", "list"};

struct fixture {
    struct hg_json *json;
    struct hg_json_plan *plan;
    struct hg_json_doc doc;
    struct hg_arena arena;
    char text[HG_RECORD_BYTES_MAX + HG_BATCH_PADDING];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(hg_json_create(&f->json, NULL), HG_OK);
    assert_int_equal(hg_json_plan_create(paths, 5, &f->plan, NULL), HG_OK);
    hg_arena_init(&f->arena, 4096, 1 << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    hg_json_destroy(f->json);
    hg_json_plan_destroy(f->plan);
    hg_arena_free(&f->arena);
    free(f);
    return 0;
}

/* Behind the text stands what would complete a cut one: it must not matter. */
static enum hg_reason read_bytes(struct fixture *f, const char *text, size_t len)
{
    memcpy(f->text, text, len);
    memset(f->text + len, '}', HG_BATCH_PADDING);
    return hg_json_read(f->json, f->plan, (struct hg_slice){f->text, len}, &f->doc);
}

static enum hg_reason read_text(struct fixture *f, const char *text)
{
    return read_bytes(f, text, strlen(text));
}

static const char *text_of(struct fixture *f, int slot)
{
    return test_text(hg_json_text(hg_json_get(&f->doc, slot), &f->arena));
}

static const char *raw_of(struct fixture *f, int slot)
{
    const struct hg_json_value *value = hg_json_get(&f->doc, slot);
    return value == NULL ? "(absent)" : test_text(value->raw);
}

static void wanted_values(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "{\"x\":[{\"a\":9}],\"a\":\"one\", \"b\" : {\"c\":18446744073709551615,\"d\":null} ,\"list\":[1,[],{}]}"),
                     HG_REASON_NONE);
    assert_string_equal(text_of(f, A), "one");
    assert_string_equal(raw_of(f, B), "{\"c\":18446744073709551615,\"d\":null}");
    assert_slice(hg_json_number_text(hg_json_get(&f->doc, B_C), &f->arena), "18446744073709551615");
    assert_null(hg_json_get(&f->doc, B_D));
    assert_string_equal(raw_of(f, LIST), "[1,[],{}]");
}

static void the_last_of_equal_keys_counts(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "{\"a\":\"1\",\"a\":\"2\",\"b\":{\"c\":1,\"d\":2},\"b\":{\"d\":3}}"), HG_REASON_NONE);
    assert_string_equal(text_of(f, A), "2");
    assert_null(hg_json_get(&f->doc, B_C));
    assert_string_equal(raw_of(f, B_D), "3");
    assert_int_equal(read_text(f, "{\"b\":{\"c\":1},\"b\":7}"), HG_REASON_NONE);
    assert_null(hg_json_get(&f->doc, B_C));
}

static void escapes(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\ud800!\"}"), HG_REASON_NONE);
    assert_string_equal(text_of(f, A), "\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbd!");
    assert_int_equal(read_text(f, "{\"\\u0061\":\"key\"}"), HG_REASON_NONE);
    assert_string_equal(text_of(f, A), "key");
    assert_int_equal(read_text(f, "{\"a\":\"\\u0000x\"}"), HG_REASON_NONE);
    assert_int_equal(hg_json_text(hg_json_get(&f->doc, A), &f->arena).len, 2);
}

static void what_is_not_json(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {
        "", " ", "{", "}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "{\"a\":1}}", "{\"a\":1} x",
        "{\"a\":1}{\"a\":2}", "{\"a\":01}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":-}", "{\"a\":+1}", "{\"a\":0x1}", "{\"a\":NaN}",
        "{\"a\":tru}", "{\"a\":truex}", "{\"a\":nul}", "{\"a\":\"x}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{\"a\":\"\t\"}",
        "{\"list\":[1 2]}", "{\"list\":[1,]}", "{\"list\":[}", "{\"list\":[1}}", "{\"b\":{\"c\":1]}", "{\"a\":1 \"b\":2}", "{\"a\":\"x\"y}",
        "{\"a\":12\"x\"}", "{,}", "{\"a\":,}", "{\"a\":1,,\"b\":2}", "{\"zz\":\"\\x\"}", "{\"zz\":1.e5}", "{1:2}", "{\"a\"}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (read_text(f, bad[i]) != HG_REASON_invalid_json)
            fail_msg("taken: %s", bad[i]);
}

static void other_reasons(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(read_text(f, "[1,2]"), HG_REASON_not_an_object);
    assert_int_equal(read_text(f, "\"text\""), HG_REASON_not_an_object);
    assert_int_equal(read_text(f, "17"), HG_REASON_not_an_object);
    assert_int_equal(read_text(f, "{\"a\":\"\xff\"}"), HG_REASON_invalid_utf8);
    assert_int_equal(read_text(f, "{\"a\":\"\xed\xa0\x80\"}"), HG_REASON_invalid_utf8);
    assert_int_equal(read_bytes(f, "{\"a\":\"\0\"}", 9), HG_REASON_invalid_json);
}

static void depth_is_bounded(void **state)
{
    struct fixture *f = *state;
    for (int depth = 60; depth < 70; depth++) {
        char text[200] = "{\"a\":";
        size_t n = 5;
        memset(text + n, '[', (size_t)depth);
        memset(text + n + depth, ']', (size_t)depth);
        n += 2 * (size_t)depth;
        text[n++] = '}';
        bool taken = read_bytes(f, text, n) == HG_REASON_NONE;
        assert_int_equal(taken, depth < HG_JSON_DEPTH);
    }
}

/* Every prefix of a record, and every prefix with the record itself glued on, is refused. */
static void cut_and_torn_ones_are_refused(void **state)
{
    struct fixture *f = *state;
    static const char record[] = "{\"timestamp\":\"2025-01-08T21:13:31.885951+0000\",\"a\":\"x\\\"y\",\"b\":{\"c\":12.5e3,\"d\":[true,null,"
                                 "{\"e\":\"\xc3\xa9\"}]},\"list\":[],\"z\":{}}";
    size_t len = strlen(record);
    assert_int_equal(read_text(f, record), HG_REASON_NONE);
    for (size_t cut = 0; cut < len; cut++) {
        char torn[512];
        assert_int_not_equal(read_bytes(f, record, cut), HG_REASON_NONE);
        memcpy(torn, record, cut);
        memcpy(torn + cut, record, len);
        if (cut > 0)
            assert_int_not_equal(read_bytes(f, torn, cut + len), HG_REASON_NONE);
    }
}

static void unsafe_characters_are_escaped_when_shown(void **state)
{
    struct fixture *f = *state;
    struct hg_buf buf;
    struct hg_jsonw w = {.buf = &buf};
    hg_buf_init(&buf, 4096);
    assert_int_equal(read_text(f, "{\"b\":{\"x\":\t\"a\xc2\x9b\x7f\xe2\x80\xae\xc3\xa9\xf0\x9f\x98\x80\\u0007\"}}"), HG_REASON_NONE);
    hg_json_put(&w, hg_json_get(&f->doc, B));
    assert_slice(hg_buf_slice(&buf), "{\"x\": \"a\\u009b\\u007f\\u202e\xc3\xa9\xf0\x9f\x98\x80\\u0007\"}");
    hg_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wanted_values),     cmocka_unit_test(the_last_of_equal_keys_counts),
        cmocka_unit_test(escapes),           cmocka_unit_test(what_is_not_json),
        cmocka_unit_test(other_reasons),     cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(cut_and_torn_ones_are_refused), cmocka_unit_test(unsafe_characters_are_escaped_when_shown),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
