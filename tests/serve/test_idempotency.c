/* The Idempotency-Key header. */
#include "serve/idempotency.h"
#include "support/cmocka_all.h"

static const char *key_of(struct hg_slice header)
{
    static char text[HG_IDEMPOTENCY_KEY_MAX + 1];
    char out[HG_IDEMPOTENCY_KEY_MAX];
    struct hg_slice key;
    if (!hg_idempotency_key(header, out, &key))
        return "refused";
    memcpy(text, key.p, key.len);
    text[key.len] = '\0';
    return text;
}

static void test_keys(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\"8e03978e\"", "8e03978e"}, {"8e03978e", "8e03978e"}, {" \t\"a b\" ", "a b"}, {"\"a\\\"b\\\\c\"", "a\"b\\c"}, {"\"\\\"\"", "\""},
        {"a+/=:.~", "a+/=:.~"}, {"\";,\"", ";,"},
        {"", "refused"}, {" ", "refused"}, {"\"", "refused"}, {"\"\"", "refused"}, {"\"a", "refused"}, {"a\"", "refused"}, {"\"a\\\"", "refused"},
        {"\"a\\b\"", "refused"}, {"\"a\"b\"", "refused"}, {"a b", "refused"}, {"a\\b", "refused"}, {"a;b=1", "refused"}, {"\"a\";b=1", "refused"},
        {"a, b", "refused"}, {"a\x7f", "refused"}, {"\"a\tb\"", "refused"}, {"\"caf\xc3\xa9\"", "refused"}, {"\"a\\", "refused"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(key_of(hg_slice_of(cases[i][0])), cases[i][1]);
    assert_string_equal(key_of((struct hg_slice){"a\0b", 3}), "refused");
}

static void test_length(void **state)
{
    (void)state;
    char bare[256], escaped[2 * 256 + 2];
    memset(bare, 'k', sizeof bare);
    assert_int_equal(strlen(key_of((struct hg_slice){bare, 255})), 255);
    assert_string_equal(key_of((struct hg_slice){bare, 256}), "refused");
    memset(escaped, '\\', sizeof escaped); /* 255 backslashes, each written as two */
    escaped[0] = escaped[511] = '"';
    assert_int_equal(strlen(key_of((struct hg_slice){escaped, 512})), 255);
    escaped[511] = '\\';
    escaped[513] = '"';
    assert_string_equal(key_of((struct hg_slice){escaped, 514}), "refused");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_keys), cmocka_unit_test(test_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
