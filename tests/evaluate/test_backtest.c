/* Events and alerts gained, lost and moved, by hand. */
#include "support/cmocka_all.h"

#include "evaluate/backtest.h"

static struct hg_verdict_of verdict(uint8_t severity, const char *reason, uint8_t alert)
{
    return (struct hg_verdict_of){.severity = severity, .reason = reason, .alert = {{alert}}};
}

static void add(struct hg_backtest *backtest, int64_t day, enum hg_attack_type family, struct hg_verdict_of first, struct hg_verdict_of second)
{
    const struct hg_verdict_of verdicts[2] = {first, second};
    assert_int_equal(hg_backtest_add(backtest, day == -1 ? HG_TIME_NONE : day * HG_DAY + HG_HOUR, family, verdicts, NULL), HG_OK);
}

static void test_what_is_gained_lost_and_moved(void **state)
{
    (void)state;
    const struct hg_verdict_of none = {0};
    struct hg_backtest *backtest = NULL;
    assert_int_equal(hg_backtest_create(&backtest, NULL), HG_OK);
    add(backtest, 0, HG_ATTACK_TYPE_none, none, none);
    /* the same in both */
    add(backtest, 0, HG_ATTACK_TYPE_scan, verdict(3, "bytes", 1), verdict(3, "bytes", 11));
    /* the first model's alert begins before the second's: met all the same */
    add(backtest, 0, HG_ATTACK_TYPE_flood, verdict(1, "bytes", 2), none);
    add(backtest, 1, HG_ATTACK_TYPE_flood, verdict(1, "bytes", 2), verdict(2, "bytes", 12));
    /* lost, gained */
    add(backtest, 1, HG_ATTACK_TYPE_none, verdict(1, "port", 3), none);
    add(backtest, 1, HG_ATTACK_TYPE_none, none, verdict(1, "port", 13));
    add(backtest, -1, HG_ATTACK_TYPE_none, none, verdict(1, "port", 13));
    /* another reason: two alerts that meet */
    add(backtest, 1, HG_ATTACK_TYPE_scan, verdict(1, "port", 4), verdict(1, "bytes", 14));
    struct hg_buf buf;
    hg_buf_init(&buf, 65536);
    struct hg_jsonw w = {.buf = &buf};
    hg_jsonw_open(&w, '{');
    hg_backtest_json_members(backtest, &w);
    hg_jsonw_close(&w, '}');
    hg_buf_char(&buf, '\0');
    static const char *const parts[] = {
        "{\"day\":\"1970-01-01\",\"attack_type\":null,\"seen\":1,\"events\":{\"model\":0,\"against\":0,\"gained\":0,\"lost\":0,\"moved\":0}",
        "{\"day\":\"1970-01-01\",\"attack_type\":\"flood\",\"seen\":1,\"events\":{\"model\":1,\"against\":0,\"gained\":0,\"lost\":1,\"moved\":0},"
        "\"alerts\":{\"model\":1,\"against\":0,\"gained\":0,\"lost\":0,\"moved\":1}}",
        "{\"day\":\"1970-01-02\",\"attack_type\":\"flood\",\"seen\":1,\"events\":{\"model\":1,\"against\":1,\"gained\":0,\"lost\":0,\"moved\":1},"
        "\"alerts\":{\"model\":0,\"against\":1,\"gained\":0,\"lost\":0,\"moved\":0}}",
        "{\"day\":\"1970-01-02\",\"attack_type\":null,\"seen\":2,\"events\":{\"model\":1,\"against\":1,\"gained\":1,\"lost\":1,\"moved\":0},"
        "\"alerts\":{\"model\":1,\"against\":1,\"gained\":1,\"lost\":1,\"moved\":0}}",
        "{\"day\":null,\"attack_type\":null,\"seen\":1,\"events\":{\"model\":0,\"against\":1,\"gained\":1,\"lost\":0,\"moved\":0},"
        "\"alerts\":{\"model\":0,\"against\":0,\"gained\":0,\"lost\":0,\"moved\":0}}",
        "\"total\":{\"seen\":8,\"events\":{\"model\":5,\"against\":5,\"gained\":2,\"lost\":2,\"moved\":2},"
        "\"alerts\":{\"model\":4,\"against\":4,\"gained\":1,\"lost\":1,\"moved\":2}}"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(buf.p, parts[i]) == NULL)
            fail_msg("%s\nis not in\n%s", parts[i], buf.p);
    hg_buf_free(&buf);
    hg_backtest_destroy(backtest);
}

/* Against a recount with arrays as large as it takes. */
static void test_many_alerts_are_found_again(void **state)
{
    (void)state;
    enum { ALERTS = 5000, EVENTS = 40000 };
    struct hg_rng rng = test_rng();
    static bool begun[2][ALERTS], met[2][ALERTS];
    struct hg_backtest *backtest = NULL;
    memset(begun, 0, sizeof begun);
    memset(met, 0, sizeof met);
    assert_int_equal(hg_backtest_create(&backtest, NULL), HG_OK);
    for (int i = 0; i < EVENTS; i++) {
        struct hg_verdict_of verdicts[2] = {0};
        uint32_t alerts[2];
        for (int m = 0; m < 2; m++) {
            alerts[m] = (uint32_t)hg_rng_below(&rng, ALERTS);
            verdicts[m].severity = hg_rng_below(&rng, 4) == 0;
            verdicts[m].reason = "bytes";
            memcpy(verdicts[m].alert.b, &alerts[m], sizeof alerts[m]);
        }
        for (int m = 0; m < 2; m++) {
            begun[m][alerts[m]] |= verdicts[m].severity != 0;
            met[m][alerts[m]] |= verdicts[m].severity != 0 && verdicts[!m].severity != 0;
        }
        assert_int_equal(hg_backtest_add(backtest, i * HG_MINUTE, HG_ATTACK_TYPE_none, verdicts, NULL), HG_OK);
    }
    unsigned counts[2] = {0, 0}, alone[2] = {0, 0};
    for (int m = 0; m < 2; m++) {
        for (int a = 0; a < ALERTS; a++) {
            counts[m] += begun[m][a];
            alone[m] += begun[m][a] && !met[m][a];
        }
    }
    struct hg_buf buf;
    hg_buf_init(&buf, 65536);
    struct hg_jsonw w = {.buf = &buf};
    hg_backtest_json_members(backtest, &w);
    hg_buf_char(&buf, '\0');
    char expected[160];
    snprintf(expected, sizeof expected, "\"alerts\":{\"model\":%u,\"against\":%u,\"gained\":%u,\"lost\":%u,\"moved\":0}}", counts[0], counts[1],
             alone[1], alone[0]);
    assert_non_null(strstr(strstr(buf.p, "\"total\""), expected));
    hg_buf_free(&buf);
    hg_backtest_destroy(backtest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_gained_lost_and_moved),
        cmocka_unit_test(test_many_alerts_are_found_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
