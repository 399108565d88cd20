/* What is learnt from and what is tested, fold by fold; duplicates; alerts; truth.csv. */
#include "evaluate/made.h"

#include "evaluate/alarms.h"
#include "evaluate/truth.h"

#include <unistd.h>

static void count_roles(const struct hg_folds *folds, size_t fold, size_t roles[4])
{
    memset(roles, 0, 4 * sizeof *roles);
    for (uint32_t i = 0; i < folds->subject->n; i++)
        roles[hg_folds_role(folds, fold, i)]++;
}

static void test_time_learns_the_first_70_percent_of_each_kind(void **state)
{
    (void)state;
    struct made made = made_rows(1000);
    for (size_t i = 0; i < made.n; i++) {
        made.cases[i].kind = i % 10 == 0;
        made.cases[i].time_us = (int64_t)((i * 7919) % 1000) * HG_MINUTE + (made.cases[i].kind == 1 ? 3000 * HG_DAY : 0);
    }
    struct hg_subject subject = made_subject(&made);
    struct hg_folds folds;
    assert_int_equal(hg_folds_make(&subject, HG_SPLIT_TIME, &folds, NULL), HG_OK);
    assert_int_equal(folds.n, 1);
    int64_t last_learnt[2] = {INT64_MIN, INT64_MIN}, first_tested[2] = {INT64_MAX, INT64_MAX};
    size_t learnt[2] = {0, 0};
    for (uint32_t i = 0; i < made.n; i++) {
        const struct hg_case *at = &made.cases[i];
        if (hg_folds_role(&folds, 0, i) == HG_ROLE_TRAIN) {
            learnt[at->kind]++;
            last_learnt[at->kind] = at->time_us > last_learnt[at->kind] ? at->time_us : last_learnt[at->kind];
        } else {
            assert_int_equal(hg_folds_role(&folds, 0, i), HG_ROLE_TEST);
            first_tested[at->kind] = at->time_us < first_tested[at->kind] ? at->time_us : first_tested[at->kind];
        }
    }
    assert_int_equal(learnt[0], 630);
    assert_int_equal(learnt[1], 70);
    assert_true(last_learnt[0] < first_tested[0] && last_learnt[1] < first_tested[1]);
    hg_folds_free(&folds);
    free(made.cases);
}

static void test_a_duplicate_is_neither_learnt_nor_tested(void **state)
{
    (void)state;
    struct made made = made_rows(500);
    struct hg_subject subject = made_subject(&made);
    for (size_t i = 0; i < made.n; i++) {
        made.cases[i].duplicate = i % 3 == 0;
        if (i % 5 == 0)
            made_attack(&made, i, (uint16_t)(i % 2));
    }
    for (int split = HG_SPLIT_TIME; split <= HG_SPLIT_NONE; split++) {
        struct hg_folds folds;
        assert_int_equal(hg_folds_make(&subject, (enum hg_split)split, &folds, NULL), HG_OK);
        for (size_t fold = 0; fold < folds.n; fold++) {
            for (uint32_t i = 0; i < made.n; i += 3) {
                enum hg_role role = hg_folds_role(&folds, fold, i);
                assert_true(role == HG_ROLE_NONE || role == HG_ROLE_REPEAT);
            }
        }
        hg_folds_free(&folds);
    }
    free(made.cases);
}

static void test_nothing_of_the_family_left_out_is_learnt(void **state)
{
    (void)state;
    struct made made = made_rows(900);
    struct hg_subject subject = made_subject(&made);
    for (size_t i = 0; i < made.n; i += 4)
        made_attack(&made, i, (uint16_t)(i / 4 % 3));
    struct hg_folds folds;
    assert_int_equal(hg_folds_make(&subject, HG_SPLIT_FAMILIES, &folds, NULL), HG_OK);
    assert_int_equal(folds.n, 3); /* not the one that was never met */
    for (size_t fold = 0; fold < folds.n; fold++) {
        size_t tested = 0, normal = 0, learnt_attacks = 0;
        for (uint32_t i = 0; i < made.n; i++) {
            enum hg_role role = hg_folds_role(&folds, fold, i);
            bool attack = made.cases[i].truth == HG_LABEL_ATTACK, left_out = attack && made.cases[i].family == folds.families[fold];
            if (left_out)
                assert_int_equal(role, HG_ROLE_TEST);
            if (role == HG_ROLE_TEST && attack)
                assert_true(left_out);
            tested += role == HG_ROLE_TEST && attack;
            normal += role == HG_ROLE_TEST && !attack;
            learnt_attacks += role == HG_ROLE_TRAIN && attack;
        }
        assert_int_equal(tested, 75);
        assert_in_range(normal, 201, 203); /* 30 % of 675, the last */
        assert_true(learnt_attacks > 0);   /* other families: the trainer decides about them */
    }
    hg_folds_free(&folds);
    free(made.cases);
}

/* A table with all attacks at its end. */
static void test_families_of_a_sorted_table(void **state)
{
    (void)state;
    struct made made = made_rows(100);
    struct hg_subject subject = made_subject(&made);
    subject.has_times = false;
    for (size_t i = 0; i < made.n; i++) {
        made.cases[i].time_us = HG_TIME_NONE;
        if (i >= 60)
            made_attack(&made, i, 1);
    }
    struct hg_folds folds;
    size_t roles[4];
    assert_int_equal(hg_folds_make(&subject, HG_SPLIT_FAMILIES, &folds, NULL), HG_OK);
    count_roles(&folds, 0, roles);
    assert_int_equal(roles[HG_ROLE_TRAIN], 42);
    assert_int_equal(roles[HG_ROLE_TEST], 18 + 40);
    hg_folds_free(&folds);
    struct hg_err err;
    assert_int_equal(hg_folds_make(&subject, HG_SPLIT_DAYS, &folds, &err), HG_EUSAGE);
    hg_folds_free(&folds);
    free(made.cases);
}

static void test_each_day_is_tested_once_and_not_learnt_then(void **state)
{
    (void)state;
    struct made made = made_rows(24 * 5); /* five days by the hour */
    struct hg_subject subject = made_subject(&made);
    made.cases[7].time_us = HG_TIME_NONE;
    struct hg_folds folds;
    assert_int_equal(hg_folds_make(&subject, HG_SPLIT_DAYS, &folds, NULL), HG_OK);
    assert_int_equal(folds.n, 5);
    for (uint32_t i = 0; i < made.n; i++) {
        size_t tested = 0;
        for (size_t fold = 0; fold < folds.n; fold++) {
            tested += hg_folds_role(&folds, fold, i) == HG_ROLE_TEST;
            assert_true(hg_folds_role(&folds, fold, i) != HG_ROLE_NONE);
        }
        assert_int_equal(tested, i != 7);
    }
    char name[HG_FOLD_NAME_BYTES];
    hg_folds_name(&folds, 1, name);
    assert_string_equal(name, "1970-01-02");
    hg_folds_free(&folds);
    subject.n = 20;
    struct hg_err err;
    assert_int_equal(hg_folds_make(&subject, HG_SPLIT_DAYS, &folds, &err), HG_ESTATE); /* one day */
    hg_folds_free(&folds);
    free(made.cases);
}

static void test_the_first_of_equals_is_no_duplicate(void **state)
{
    (void)state;
    struct made made = made_rows(6);
    const uint64_t hashes[] = {5, 9, 5, 7, 9, 5};
    const bool expected[] = {false, false, true, false, true, true};
    assert_int_equal(hg_mark_duplicates(made.cases, hashes, made.n, NULL), HG_OK);
    for (size_t i = 0; i < made.n; i++)
        assert_int_equal(made.cases[i].duplicate, expected[i]);
    free(made.cases);
}

static void test_alerts_end_after_ten_quiet_minutes(void **state)
{
    (void)state;
    static const struct {
        uint64_t group;
        int64_t minutes;
    } times[] = {{1, 0}, {2, 3}, {1, 10}, {1, 20}, {1, 31}, {2, 5}, {3, 5}, {1, 100}};
    struct hg_alarms alarms = {0};
    assert_int_equal(hg_alarms_count_alerts(&alarms), 0);
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        assert_int_equal(hg_alarms_add(&alarms, (struct hg_alarm){times[i].group, times[i].minutes * HG_MINUTE}, NULL), HG_OK);
    assert_int_equal(hg_alarms_count_alerts(&alarms), 5); /* 1: 0-20, 31, 100; 2; 3 */
    hg_alarms_free(&alarms);
}

static void read_truth(const char *text, enum hg_rc expected, struct hg_truth **ret)
{
    char path[] = "/tmp/hg-truth-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    struct hg_err err;
    assert_int_equal(hg_truth_read(path, ret, &err), expected);
    unlink(path);
}

static void test_truth_lists_answers(void **state)
{
    (void)state;
    struct hg_truth *truth = NULL;
    read_truth("campaign,label,event_id,attack_type\r\nc1,Attack,00000000000000000000000000000001,flood\r\n,Normal,"
               "00000000000000000000000000000002,\n\n,Attack,00000000000000000000000000000003,unheard", HG_OK, &truth);
    struct hg_id id = {{0}};
    enum hg_attack_type type;
    static const struct {
        uint8_t id;
        enum hg_label label;
        enum hg_attack_type type;
    } expected[] = {{1, HG_LABEL_ATTACK, HG_ATTACK_TYPE_flood}, {2, HG_LABEL_NORMAL, HG_ATTACK_TYPE_none},
                    {3, HG_LABEL_ATTACK, HG_ATTACK_TYPE_other}, {4, HG_LABEL_NORMAL, HG_ATTACK_TYPE_none}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        id.b[15] = expected[i].id;
        assert_int_equal(hg_truth_of(truth, &id, &type), expected[i].label);
        assert_int_equal(type, expected[i].type);
    }
    assert_int_equal(hg_truth_listed(truth), 3);
    hg_truth_destroy(truth);
    read_truth("", HG_EFORMAT, &truth);
    read_truth("id,label\n", HG_EFORMAT, &truth);
    read_truth("event_id,label\n12,Attack\n", HG_EFORMAT, &truth);
    read_truth("event_id,label\n00000000000000000000000000000001,perhaps\n", HG_EFORMAT, &truth);
    read_truth("event_id,label\n00000000000000000000000000000001\n", HG_EFORMAT, &truth);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_learns_the_first_70_percent_of_each_kind),
        cmocka_unit_test(test_a_duplicate_is_neither_learnt_nor_tested),
        cmocka_unit_test(test_nothing_of_the_family_left_out_is_learnt),
        cmocka_unit_test(test_families_of_a_sorted_table),
        cmocka_unit_test(test_each_day_is_tested_once_and_not_learnt_then),
        cmocka_unit_test(test_the_first_of_equals_is_no_duplicate),
        cmocka_unit_test(test_alerts_end_after_ten_quiet_minutes),
        cmocka_unit_test(test_truth_lists_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
