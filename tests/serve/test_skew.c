/* A steady offset between event time and arrival, in words. */
#include "serve/sources.h"
#include "support/cmocka_all.h"

static void test_words(void **state)
{
    (void)state;
    static const struct {
        int64_t skew_us;
        const char *words;
    } cases[] = {
        {2 * HG_HOUR, "2 h ahead of the time of arrival: is its time zone right?"},
        {2 * HG_HOUR - 4 * HG_SECOND, "2 h ahead of the time of arrival: is its time zone right?"},
        {-3 * HG_HOUR - 2 * HG_MINUTE, "3 h behind the time of arrival: is its time zone right?"},
        {5 * HG_HOUR + 30 * HG_MINUTE, "5 h 30 min ahead of the time of arrival: is its time zone right?"},
        {-37 * HG_MINUTE, "37 min behind the time of arrival: is its clock right?"},
        {10 * HG_MINUTE, "10 min ahead of the time of arrival: is its clock right?"},
        {30 * HG_MINUTE, "30 min ahead of the time of arrival: is its time zone right?"},
        {HG_HOUR + 11 * HG_MINUTE, "1 h 11 min ahead of the time of arrival: is its clock right?"},
        {14 * HG_HOUR, "14 h ahead of the time of arrival: is its time zone right?"},
        {-15 * HG_HOUR, "15 h behind the time of arrival: is its clock right?"},
        {-72 * HG_HOUR, "3 days behind the time of arrival: is its clock right?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct hg_buf words;
        hg_buf_init(&words, 256);
        hg_skew_words(cases[i].skew_us, &words);
        hg_buf_char(&words, '\0');
        assert_string_equal(words.p, cases[i].words);
        hg_buf_free(&words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
