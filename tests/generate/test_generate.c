/*
 * What the generator promises: every record decodes, truth names exactly the decoded events, shares and counts are as
 * asked for, the same seed gives the same bytes, and a disk that is full is an error.
 */
#include "support/cmocka_all.h"

#include "base/num.h"
#include "decode/decode.h"
#include "generate/generate.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROWS  60000u
#define SEED  2026u
#define CHUNK (256u * 1024)

static const char *const logs[] = {"iscx.csv", "eve.json", "cowrie.json", "dionaea.json"};
static const enum hg_dataset datasets[] = {HG_DATASET_iscx, HG_DATASET_suricata, HG_DATASET_cowrie, HG_DATASET_dionaea};
static const unsigned shares[] = {400, 400, 120, 80};

struct row {
    struct hg_id id;
    bool attack;
    uint8_t type;
    uint16_t campaign;
};

struct text {
    char *bytes;
    size_t len;
};

static char dir[64];
static struct row *truth;
static size_t n_truth;

static struct text slurp(const char *folder, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    struct text text = {.len = (size_t)ftell(file)};
    rewind(file);
    text.bytes = malloc(text.len + 1);
    assert_non_null(text.bytes);
    assert_int_equal(fread(text.bytes, 1, text.len, file), text.len);
    (void)fclose(file);
    text.bytes[text.len] = '\0';
    return text;
}

static void make(const char *folder, uint64_t rows, uint64_t seed)
{
    struct hg_err err = {0};
    struct hg_generate_settings settings = {.out_dir = folder, .rows = rows, .seed = seed};
    enum hg_rc rc = hg_generate(&settings, &err);
    if (rc != HG_OK)
        fail_msg("%s", err.msg);
}

static void remove_dir(const char *folder)
{
    DIR *stream = opendir(folder);
    if (stream == NULL)
        return;
    char path[4096];
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(stream);
    (void)rmdir(folder);
}

static int by_id(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct hg_id)); /* the first member of struct row too */
}

static enum hg_attack_type type_of(struct hg_slice name)
{
    for (int type = 1; type < HG_ATTACK_TYPE_COUNT; type++)
        if (hg_slice_is(name, hg_attack_type_name((enum hg_attack_type)type)))
            return (enum hg_attack_type)type;
    return HG_ATTACK_TYPE_none;
}

static struct hg_slice cell(const char **p, char end)
{
    const char *stop = strchr(*p, end);
    assert_non_null(stop);
    struct hg_slice s = {*p, (size_t)(stop - *p)};
    *p = stop + 1;
    return s;
}

static int read_truth(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof dir, "%s/hg_generate_XXXXXX",
                   getenv("TMPDIR") != NULL && strlen(getenv("TMPDIR")) < 40 ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(dir));
    make(dir, ROWS, SEED);
    struct text text = slurp(dir, "truth.csv");
    truth = calloc(ROWS * 2, sizeof *truth);
    assert_non_null(truth);
    const char *p = text.bytes;
    assert_true(hg_slice_is(cell(&p, '\n'), "event_id,label,attack_type,campaign"));
    for (; *p != '\0'; n_truth++) {
        struct row *row = &truth[n_truth];
        assert_true(n_truth < ROWS * 2);
        assert_true(hg_id_parse(cell(&p, ','), &row->id));
        struct hg_slice label = cell(&p, ','), type = cell(&p, ','), campaign = cell(&p, '\n');
        row->attack = hg_slice_is(label, "Attack");
        assert_true(row->attack || hg_slice_is(label, "Normal"));
        row->type = (uint8_t)type_of(type);
        assert_int_equal(row->attack, row->type != HG_ATTACK_TYPE_none);
        uint64_t number = 0;
        assert_true(campaign.len == 0 ||
                    (campaign.p[0] == 'c' && hg_num_parse_u64(hg_slice_from(campaign, 1), &number)));
        row->campaign = (uint16_t)number;
    }
    free(text.bytes);
    qsort(truth, n_truth, sizeof *truth, by_id);
    return 0;
}

static int forget_truth(void **state)
{
    (void)state;
    free(truth);
    remove_dir(dir);
    return 0;
}

/* Calls see() for each event of the log that decodes; adds up the counts. */
static void decode(unsigned log, struct hg_counts *counts, void (*see)(void *self, const struct hg_event *event),
                   void *self)
{
    struct text text = slurp(dir, logs[log]);
    struct hg_decode_worker *worker = NULL;
    struct hg_decode_context *context = NULL;
    const struct hg_decoder *decoder = hg_decoder_by_name(hg_slice_of(hg_dataset_name(datasets[log])));
    assert_non_null(decoder);
    assert_int_equal(hg_decode_worker_create(&worker, NULL), HG_OK);
    struct hg_slice first = hg_identity_first_record(decoder->framing, (struct hg_slice){text.bytes, text.len});
    struct hg_id stream = hg_identity_stream(datasets[log], first);
    size_t at = decoder->framing == HG_FRAME_CSV ? (size_t)(strchr(text.bytes, '\n') - text.bytes) + 1 : 0;
    assert_int_equal(hg_decode_context_create(decoder, decoder->framing, hg_slice_of(logs[log]), (struct hg_slice){text.bytes, at},
                                              &stream, HG_TIMEZONE_DEFAULT, &context, NULL),
                     HG_OK);
    struct hg_batch batch;
    hg_batch_init(&batch);
    while (at < text.len) {
        size_t len = hg_frame_whole(decoder->framing, text.bytes + at, text.len - at < CHUNK ? text.len - at : CHUNK);
        assert_true(len > 0);
        hg_batch_clear(&batch);
        assert_int_equal(hg_batch_reserve_bytes(&batch, len, NULL), HG_OK);
        memcpy(batch.bytes, text.bytes + at, len);
        memset(batch.bytes + len, 0, HG_BATCH_PADDING);
        batch.len = len;
        batch.offset = at;
        hg_decode_batch(context, worker, &batch);
        hg_counts_add(counts, &batch.counts);
        for (size_t i = 0; i < batch.n_events; i++)
            see(self, &batch.events[i]);
        at += len;
    }
    hg_batch_free(&batch);
    hg_decode_context_destroy(context);
    hg_decode_worker_destroy(worker);
    free(text.bytes);
}

static struct row *truth_of(const struct hg_event *event)
{
    struct row *row = bsearch(&event->id, truth, n_truth, sizeof *truth, by_id);
    if (row == NULL)
        fail_msg("no truth for: %.*s", (int)(event->record.len & 1023), event->record.p);
    return row;
}

struct seen {
    size_t n;
    int64_t first_us, last_us;
    bool first_hour[HG_ATTACK_TYPE_COUNT]; /* by family */
    unsigned octets[256];                  /* of attackers outside */
};

static void check_event(void *self, const struct hg_event *event)
{
    struct seen *seen = self;
    const struct row *row = truth_of(event);
    seen->n++;
    if (seen->first_us == 0 || event->time_us < seen->first_us)
        seen->first_us = event->time_us;
    seen->last_us = event->time_us > seen->last_us ? event->time_us : seen->last_us;
    if (event->time_us < seen->first_us + HG_HOUR)
        seen->first_hour[row->type] = true;
    if (event->dataset == HG_DATASET_iscx)
        assert_int_equal(event->label == HG_LABEL_ATTACK, row->attack);
    if (hg_dataset_is_honeypot((enum hg_dataset)event->dataset)) {
        assert_true(row->attack);
        if (event->attack_type != HG_ATTACK_TYPE_none)
            assert_int_equal(event->attack_type, row->type);
    }
    if (row->attack && !hg_ip_is_private(&event->source_ip)) {
        assert_true(hg_ip_is_public(&event->source_ip));
        seen->octets[event->source_ip.b[12]]++;
    }
}

static void test_truth_names_the_decoded_events(void **state)
{
    (void)state;
    size_t events = 0;
    for (unsigned log = 0; log < 4; log++) {
        struct hg_counts counts = {0};
        struct seen seen = {0};
        decode(log, &counts, check_event, &seen);
        if (counts.malformed > 0)
            for (int reason = 1; reason < HG_REASON_COUNT; reason++)
                if (counts.reasons[reason] > 0)
                    print_message("# %s: %s %llu\n", logs[log], hg_reason_name((enum hg_reason)reason),
                                  (unsigned long long)counts.reasons[reason]);
        assert_int_equal(counts.malformed, 0);
        assert_int_equal(counts.decoded, seen.n);
        assert_int_equal(counts.read, counts.decoded + counts.skipped);
        assert_int_equal(counts.negative_counters, 0);
        assert_int_equal(counts.unknown_applications, 0);
        assert_int_equal(counts.skipped > 0, datasets[log] == HG_DATASET_suricata);
        assert_in_range(counts.read * 1000, (uint64_t)ROWS * (shares[log] - 8), (uint64_t)ROWS * (shares[log] + 8));
        assert_true(seen.last_us - seen.first_us > 3 * HG_DAY);
        unsigned octets = 0;
        for (int i = 0; i < 256; i++)
            octets += seen.octets[i] > 0;
        assert_in_range(octets, 40, 200); /* the whole world */
        events += seen.n;
        if (log > 1)
            continue;
        static const enum hg_attack_type families[] = {HG_ATTACK_TYPE_scan,         HG_ATTACK_TYPE_brute_force,
                                                       HG_ATTACK_TYPE_flood,        HG_ATTACK_TYPE_exploit,
                                                       HG_ATTACK_TYPE_exfiltration, HG_ATTACK_TYPE_command_and_control};
        for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
            assert_true(seen.first_hour[families[i]]);
    }
    assert_int_equal(events, n_truth);
    assert_in_range(events, ROWS - ROWS / 100, ROWS + ROWS / 100);
    for (size_t i = 1; i < n_truth; i++)
        assert_true(by_id(&truth[i - 1], &truth[i]) < 0); /* unique */
}

static uint64_t hash_of(const char *folder)
{
    uint64_t hash = 0;
    static const char *const names[] = {"iscx.csv", "eve.json", "cowrie.json", "dionaea.json", "truth.csv"};
    for (int i = 0; i < 5; i++) {
        struct text text = slurp(folder, names[i]);
        hash = hg_hash64((struct hg_slice){text.bytes, text.len}, hash);
        free(text.bytes);
    }
    return hash;
}

static void test_same_seed_same_bytes(void **state)
{
    (void)state;
    char other[128];
    (void)snprintf(other, sizeof other, "%s/deeper", dir);
    make(other, ROWS, SEED);
    uint64_t expected = hash_of(dir);
    assert_true(hash_of(other) == expected);
    make(other, ROWS, SEED + 1); /* existing files are replaced */
    assert_true(hash_of(other) != expected);
    remove_dir(other);
}

/* A hash of one small run, so that another machine or compiler that differs is noticed. */
static void test_known_bytes(void **state)
{
    (void)state;
    char other[128];
    (void)snprintf(other, sizeof other, "%s/known", dir);
    make(other, 5000, 7);
    uint64_t hash = hash_of(other);
    remove_dir(other);
    print_message("# hash of 5000 rows, seed 7: %016llx\n", (unsigned long long)hash);
    assert_int_equal(hash, UINT64_C(0x6c09f2718cb68e7d));
}

static void test_rows_at_any_size(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 40, 1000, 10000};
    for (int i = 0; i < 4; i++) {
        char other[128];
        (void)snprintf(other, sizeof other, "%s/small", dir);
        make(other, sizes[i], 3);
        uint64_t rows = 0;
        for (int log = 0; log < 4; log++) {
            struct text text = slurp(other, logs[log]);
            for (size_t k = 0; k < text.len; k++)
                rows += text.bytes[k] == '\n';
            free(text.bytes);
        }
        remove_dir(other);
        uint64_t slack = sizes[i] / 100 + 40; /* sessions are written to their end */
        assert_in_range(rows - 1, sizes[i] > slack ? sizes[i] - slack : 0, sizes[i] + slack);
    }
}

static void test_a_failing_write_is_an_error(void **state)
{
    (void)state;
    struct rlimit before, small = {1u << 20, 1u << 20};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    char other[128];
    (void)snprintf(other, sizeof other, "%s/full", dir);
    struct hg_err err = {0};
    enum hg_rc rc = hg_generate(&(struct hg_generate_settings){.out_dir = other, .rows = ROWS, .seed = 1}, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    remove_dir(other);
    assert_int_equal(rc, HG_EIO);
    assert_int_equal(err.rc, HG_EIO);
    assert_non_null(strstr(err.msg, "/full/"));
    rc = hg_generate(&(struct hg_generate_settings){.out_dir = "/proc/none", .rows = 10, .seed = 1}, &err);
    assert_int_equal(rc, HG_EIO);
    rc = hg_generate(&(struct hg_generate_settings){.out_dir = other, .rows = 0, .seed = 1}, &err);
    assert_int_equal(rc, HG_EUSAGE);
}

int main(void)
{
    print_message("# random seed %u\n", SEED);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truth_names_the_decoded_events),
        cmocka_unit_test(test_same_seed_same_bytes),
        cmocka_unit_test(test_known_bytes),
        cmocka_unit_test(test_rows_at_any_size),
        cmocka_unit_test(test_a_failing_write_is_an_error),
    };
    return cmocka_run_group_tests(tests, read_truth, forget_truth);
}
