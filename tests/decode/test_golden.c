/*
 * Golden files: each .log in tests/golden/<decoder> against its .expected; UPDATE_GOLDEN=1 writes them anew. Then the real files beside
 * the project, where they are there: every record must be accounted for, and decode.
 */
#include "support/cmocka_all.h"

#include "decode/decode_support.h"

#include <glob.h>

static void check_golden(const struct hg_decoder *decoder, const char *path)
{
    char expected_path[512];
    struct hg_slice bytes = read_whole(path);
    struct input input;
    struct hg_buf got;
    assert_non_null(bytes.p);
    snprintf(expected_path, sizeof expected_path, "%.*s.expected", (int)(strlen(path) - 4), path);
    hg_buf_init(&got, (size_t)1 << 28);
    assert_true(input_open(&input, decoder, path, bytes));
    input_print(&input, &got);
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *f = fopen(expected_path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(got.p, 1, got.len, f), got.len);
        fclose(f);
    }
    struct hg_slice expected = read_whole(expected_path);
    if (!hg_slice_eq(expected, hg_buf_slice(&got)))
        fail_msg("%s differs; see it with UPDATE_GOLDEN=1 and git diff", expected_path);
    free((void *)(uintptr_t)expected.p);
    free((void *)(uintptr_t)bytes.p);
    hg_buf_free(&got);
    input_close(&input);
}

static void golden_files(void **state)
{
    struct hg_formats *formats;
    (void)state;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, NULL), HG_OK);
    for (size_t d = 0; d < hg_formats_count(formats); d++) {
        char pattern[128];
        glob_t found;
        snprintf(pattern, sizeof pattern, "tests/golden/%s/*.log", hg_formats_at(formats, d)->name);
        assert_int_equal(glob(pattern, 0, NULL, &found), 0);
        for (size_t i = 0; i < found.gl_pathc; i++)
            check_golden(hg_formats_at(formats, d), found.gl_pathv[i]);
        globfree(&found);
    }
    hg_formats_destroy(formats);
}

/* What the format is told by: the first line, or what stands there instead of lines. */
static struct hg_slice first_of(const struct input *input, struct hg_slice bytes)
{
    enum hg_framing framing = input->context->framing == HG_FRAME_CSV ? HG_FRAME_LINES : input->context->framing;
    return hg_identity_first_record(framing, hg_slice_from(bytes, input->skip));
}

static void real_files(void **state)
{
    static const struct {
        const char *path, *decoder;
        uint64_t records;
    } files[] = {
        {"../shared/data/tpot-2025-01/cowrie.json", "cowrie", 323},
        {"../shared/data/tpot-2025-01/dionaea.json", "dionaea", 3183},
        {"../shared/data/tpot-2025-01/eve.json.1", "suricata", 578},
        {"../shared/data/tpot-2025-01/eve.json.2", "suricata", 6},
        {"../shared/data/tpot-2025-10/cowrie.json", "cowrie", 2057},
        {"../shared/data/tpot-2025-10/dionaea.json", "dionaea", 6287},
        {"../shared/data/iscx2012/iscx_mon14_head17.csv", "iscx", 17},
        {"../shared/data/iscx2012/iscx_mon14_head17.json", "iscx_json", 17},
        {"../shared/data/iscx2012/iscx_sat12_payload_row.json", "iscx_json", 1},
        {"../shared/data/iscx2012/iscx_xml_examples.xml", "iscx_xml", 2},
    };
    int n = 0;
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        struct hg_slice bytes = read_whole(files[i].path);
        struct input input;
        enum hg_reason reason;
        if (bytes.p == NULL)
            continue;
        n++;
        const struct hg_decoder *decoder = hg_decoder_by_name(hg_slice_of(files[i].decoder));
        assert_true(input_open(&input, decoder, files[i].path, bytes));
        assert_ptr_equal(hg_decoder_probe(input.worker, first_of(&input, bytes), &reason), decoder);
        assert_int_equal(input.batch.counts.read, files[i].records);
        assert_int_equal(input.batch.counts.decoded, files[i].records);
        assert_int_equal(input.batch.counts.unknown_applications, 0);
        input_close(&input);
        free((void *)(uintptr_t)bytes.p);
    }
    if (n == 0) {
        printf("# skipped: ../shared/data is not here\n");
        skip();
    }
}

static void probe_by_content(void **state)
{
    static const struct {
        const char *line, *decoder;
        enum hg_reason reason;
    } cases[] = {
        {"{\"eventid\":\"cowrie.login.failed\",\"timestamp\":\"2025-01-09T17:22:36.301370Z\"}", "cowrie", 0},
        {"{\"session\":\"x\",\"eventid\":\"cowrie.sess", "cowrie", 0},
        {"{\"eventid\":\"cowrie.login.failed\",\"timest", "cowrie", 0},
        {"{\"connection\": {\"protocol\": \"smbd\", \"transport\": \"tcp\"}, \"dst_ip\": \"\", \"timestamp\": \"\"}", "dionaea", 0},
        {"{\"timestamp\":\"2025-01-08T21:13:31.885951+0000\",\"event_type\":\"stats\",\"stats\":{}}", "suricata", 0},
        {"<134>Jan  8 21:13:31 sensor suricata: {\"timestamp\":\"x\",\"event_type\":\"flow\",\"src_ip\":\"\"}", "suricata", 0},
        {"\"\",startDateTime,source,destination,Tag", "iscx", 0},
        {"{\"_index\":\"logstash\",\"_source\":{\"type\":\"Cowrie\"}}", NULL, HG_REASON_foreign_export},
        {"{\"@timestamp\":\"2025-01-08\",\"connection\":{\"protocol\":\"smbd\",\"transport\":\"tcp\"},\"dest_ip\":\"192.0.2.1\"}", NULL,
         HG_REASON_foreign_export},
        {"{\"protocol\":\"smbd\",\"source_ip\":\"192.0.2.1\",\"timestamp\":{\"$date\":\"2017-01-01T00:00:00.000Z\"}}", NULL,
         HG_REASON_foreign_export},
        {"{\"hello\":1}", NULL, HG_REASON_unknown_format},
        {"<Flows><source>x</source><destination>y</destination><startDateTime>z</startDateTime></Flows>", "iscx_xml", 0},
        {"{\"appName\": \"DNS\", \"source\": NaN, \"destination\": null, \"startDateTime\": \"x\"}", "iscx_json", 0},
        {"{\"appName\": \"DNS\", \"totalSourceBytes\": 12, \"sou", "iscx_json", 0},
        {"<Flows><source>x</source></Flows>", NULL, HG_REASON_unknown_format},
        {"a,b,c", NULL, HG_REASON_unknown_format},
        {"", NULL, HG_REASON_unknown_format},
    };
    struct hg_decode_worker *worker;
    (void)state;
    assert_int_equal(hg_decode_worker_create(&worker, NULL), HG_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char padded[512] = {0};
        enum hg_reason reason = HG_REASON_NONE;
        memcpy(padded, cases[i].line, strlen(cases[i].line));
        const struct hg_decoder *decoder = hg_decoder_probe(worker, (struct hg_slice){padded, strlen(cases[i].line)}, &reason);
        if (!hg_slice_eq(hg_slice_of(decoder == NULL ? NULL : decoder->name), hg_slice_of(cases[i].decoder)))
            fail_msg("%s: taken for %s", cases[i].line, decoder == NULL ? "nothing" : decoder->name);
        assert_int_equal(reason, cases[i].reason);
    }
    hg_decode_worker_destroy(worker);
}

static void identity(void **state)
{
    (void)state;
    struct hg_slice lines = HG_SLICE("\n{\"a\":1}\n{\"b\":2}\n"), rows = HG_SLICE("h1,h2\nx,\"y\nz\"\nq,r\n");
    assert_slice(hg_identity_first_record(HG_FRAME_LINES, lines), "{\"a\":1}");
    assert_slice(hg_identity_first_record(HG_FRAME_CSV, rows), "h1,h2\nx,\"y\nz\"");
    assert_slice(hg_identity_first_record(HG_FRAME_CSV, HG_SLICE("h1,h2\n")), "h1,h2");
    struct hg_id a = hg_identity_stream(HG_DATASET_cowrie, HG_SLICE("x")), b = hg_identity_stream(HG_DATASET_dionaea, HG_SLICE("x"));
    struct hg_id c = hg_identity_named(HG_DATASET_cowrie, HG_SLICE("x"));
    assert_memory_not_equal(&a, &b, sizeof a);
    assert_memory_not_equal(&a, &c, sizeof a);
    struct hg_id e0 = hg_identity_event(&a, 0), e1 = hg_identity_event(&a, UINT64_C(1) << 32);
    assert_memory_not_equal(&e0, &e1, sizeof e0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_files),
        cmocka_unit_test(real_files),
        cmocka_unit_test(probe_by_content),
        cmocka_unit_test(identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
