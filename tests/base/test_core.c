/* The passive types: the event as JSON and CSV, batches and their accounting, tallies. */
#include "core/batch.h"
#include "core/event_json.h"
#include "core/rollup.h"
#include "support/cmocka_all.h"

static struct hg_buf buf;
static struct hg_arena scratch;

static int start(void **state)
{
    (void)state;
    hg_buf_init(&buf, 1 << 20);
    hg_arena_init(&scratch, 4096, 1 << 20);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    hg_buf_free(&buf);
    hg_arena_free(&scratch);
    return 0;
}

static struct hg_event whole_event(void)
{
    struct hg_event event = {
        .time_us = INT64_C(1736370811885951),
        .dataset = HG_DATASET_iscx,
        .direction = HG_INBOUND,
        .label = HG_LABEL_ATTACK,
        .attack_type = HG_ATTACK_TYPE_brute_force,
        .tcp_flags = HG_TCP_SYN | HG_TCP_ACK | HG_TCP_FIN,
        .payload_form = HG_PAYLOAD_BASE64,
        .source_port = 40000,
        .destination_port = 22,
        .source_ip = hg_ip_v4(0xcb007107),
        .destination_ip = hg_ip_v4(0xc0000201),
        .duration = 1.5,
        .bytes_sent = 100,
        .bytes_received = 5000000000,
        .packets_sent = 3,
        .packets_received = 4,
        .protocol = HG_SLICE("tcp"),
        .application_protocol = HG_SLICE("SSH"),
        .payload = HG_SLICE("aGVsbG8="),
        .missing = 1u << HG_FIELD_payload_encoding,
    };
    for (int i = 0; i < 16; i++)
        event.id.b[i] = (uint8_t)(i * 17);
    return event;
}

/* What a decoder hands over when a line says next to nothing. */
static struct hg_event bare_event(void)
{
    struct hg_event event = {.dataset = HG_DATASET_dionaea, .direction = HG_DIRECTION_NONE};
    event.missing = (1u << HG_FIELD_COUNT) - 1;
    hg_event_set_present(&event, HG_FIELD_event_time);
    hg_event_set_present(&event, HG_FIELD_dataset);
    return event;
}

static const char *as_json(const struct hg_event *event)
{
    hg_buf_clear(&buf);
    struct hg_jsonw w = {.buf = &buf};
    hg_jsonw_open(&w, '{');
    hg_event_json_members(event, &scratch, &w);
    hg_jsonw_close(&w, '}');
    return test_text(hg_buf_slice(&buf));
}

static void json_has_every_key_in_order(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    assert_string_equal(as_json(&event),
                        "{\"event_time\":\"2025-01-08T21:13:31.885951Z\",\"dataset\":\"iscx\",\"source_ip\":\"203.0.113.7\","
                        "\"source_port\":40000,\"destination_ip\":\"192.0.2.1\",\"destination_port\":22,\"protocol\":\"tcp\","
                        "\"application_protocol\":\"SSH\",\"duration\":1.5,\"bytes_sent\":100,\"bytes_received\":5000000000,"
                        "\"packets_sent\":3,\"packets_received\":4,\"direction\":\"inbound\",\"tcp_flags\":\"FSA\","
                        "\"payload\":\"hello\",\"payload_encoding\":null,\"label\":\"Attack\",\"attack_type\":\"brute_force\","
                        "\"missing\":[\"payload_encoding\"],\"event_id\":\"00112233445566778899aabbccddeeff\"}");
}

static void missing_counters_are_0_and_the_rest_null(void **state)
{
    (void)state;
    struct hg_event event = bare_event();
    assert_string_equal(as_json(&event),
                        "{\"event_time\":\"1970-01-01T00:00:00.000000Z\",\"dataset\":\"dionaea\",\"source_ip\":null,"
                        "\"source_port\":null,\"destination_ip\":null,\"destination_port\":null,\"protocol\":null,"
                        "\"application_protocol\":null,\"duration\":null,\"bytes_sent\":0,\"bytes_received\":0,"
                        "\"packets_sent\":0,\"packets_received\":0,\"direction\":null,\"tcp_flags\":null,\"payload\":null,"
                        "\"payload_encoding\":null,\"label\":null,\"attack_type\":null,"
                        "\"missing\":[\"source_ip\",\"source_port\",\"destination_ip\",\"destination_port\",\"protocol\","
                        "\"application_protocol\",\"duration\",\"bytes_sent\",\"bytes_received\",\"packets_sent\","
                        "\"packets_received\",\"direction\",\"tcp_flags\",\"payload\",\"payload_encoding\",\"label\","
                        "\"attack_type\"],\"event_id\":\"00000000000000000000000000000000\"}");
}

static void assert_payload(uint8_t form, struct hg_slice logged, const char *json)
{
    struct hg_event event = whole_event();
    event.payload_form = form;
    event.payload = logged;
    if (strstr(as_json(&event), json) == NULL)
        fail_msg("no %s in %s", json, as_json(&event));
}

static void payloads_are_text_or_base64(void **state)
{
    (void)state;
    assert_payload(HG_PAYLOAD_BYTES, HG_SLICE("uname -a"), "\"payload\":\"uname -a\",\"payload_encoding\":null");
    assert_payload(HG_PAYLOAD_BYTES, HG_SLICE("\xff\x00"), "\"payload\":\"/wA=\",\"payload_encoding\":\"base64\"");
    assert_payload(HG_PAYLOAD_BASE64, HG_SLICE("/wA="), "\"payload\":\"/wA=\",\"payload_encoding\":\"base64\"");
    assert_payload(HG_PAYLOAD_BASE64, HG_SLICE("not base64!"), "\"payload\":\"not base64!\",\"payload_encoding\":null");
    assert_payload(HG_PAYLOAD_PYTHON, HG_SLICE("b'GET /\\r\\n\\x41\\\\\\''"), "\"payload\":\"GET /\\r\\nA\\\\'\"");
    assert_payload(HG_PAYLOAD_PYTHON, HG_SLICE("b'\\x16\\x03\\xff'"), "\"payload\":\"FgP/\",\"payload_encoding\":\"base64\"");
    assert_payload(HG_PAYLOAD_PYTHON, HG_SLICE("b'\\x1'"), "\"payload\":\"\\\\x1\"");
    assert_payload(HG_PAYLOAD_PYTHON, HG_SLICE("plain"), "\"payload\":\"plain\"");
}

static void score_members_say_what_is_not_known(void **state)
{
    (void)state;
    struct hg_score score = {.p = 0.25, .value = 0.75, .severity = HG_SEVERITY_MEDIUM, .columns = 9};
    struct hg_jsonw w = {.buf = &buf};
    hg_jsonw_open(&w, '{');
    hg_score_json_members(&score, 26, &w);
    hg_jsonw_close(&w, '}');
    assert_slice(hg_buf_slice(&buf), "{\"anomaly_score\":0.75,\"p_value\":0.25,\"features_used\":9,\"features_total\":26,\"partial\":false,\"is_anomaly\":true,\"severity\":\"medium\"}");
    hg_buf_clear(&buf);
    w.comma = false;
    score = (struct hg_score){.state = HG_NO_SUBMODEL};
    hg_jsonw_open(&w, '{');
    hg_score_json_members(&score, 26, &w);
    hg_jsonw_close(&w, '}');
    assert_slice(hg_buf_slice(&buf), "{\"anomaly_score\":null,\"p_value\":null,\"features_used\":0,\"features_total\":26,\"partial\":false,\"is_anomaly\":false,\"severity\":\"none\"}");
}

static void anomalous_is_by_label_by_score_or_both(void **state)
{
    (void)state;
    struct hg_event attack = {.label = HG_LABEL_ATTACK}, normal = {.label = HG_LABEL_NORMAL};
    struct hg_score odd = {.severity = HG_SEVERITY_LOW}, usual = {0};
    assert_string_equal(hg_by_name(hg_anomalous(&attack, &odd, false)), "both");
    assert_string_equal(hg_by_name(hg_anomalous(&attack, &usual, false)), "label");
    assert_string_equal(hg_by_name(hg_anomalous(&normal, &odd, false)), "score");
    assert_null(hg_by_name(hg_anomalous(&normal, &usual, false)));
    assert_null(hg_by_name(hg_anomalous(&attack, &usual, true)));
    assert_string_equal(hg_by_name(hg_anomalous(&attack, &odd, true)), "score");
}

static void csv_rows_have_as_many_cells_as_the_header(void **state)
{
    (void)state;
    struct hg_event event = bare_event();
    hg_event_csv_header(&buf);
    size_t commas = 0;
    for (size_t i = 0; i < buf.len; i++)
        commas += buf.p[i] == ',';
    assert_int_equal(commas, HG_FIELD_COUNT + 2);
    hg_buf_clear(&buf);
    hg_event_csv_row(&event, &scratch, HG_SLICE("{}"), &buf);
    for (size_t i = 0; i < buf.len; i++)
        commas -= buf.p[i] == ',';
    assert_int_equal(commas, 0);
}

static void csv_row_says_it_all(void **state)
{
    (void)state;
    struct hg_event event = whole_event();
    event.payload_form = HG_PAYLOAD_BYTES;
    event.payload = HG_SLICE("=cmd|' /C calc'!A0");
    event.duration = -1.5;
    event.missing = 1u << HG_FIELD_payload_encoding | 1u << HG_FIELD_label;
    hg_event_csv_row(&event, &scratch, HG_SLICE("{\"a\":\"b\"}"), &buf);
    assert_slice(hg_buf_slice(&buf), "2025-01-08T21:13:31.885951Z,iscx,203.0.113.7,40000,192.0.2.1,22,tcp,SSH,-1.5,100,5000000000,3,4,"
                                     "inbound,FSA,\"'=cmd|' /C calc'!A0\",,Attack,brute_force,payload_encoding label,"
                                     "00112233445566778899aabbccddeeff,\"{\"\"a\"\":\"\"b\"\"}\"");
}

static void csv_cells_are_quoted_and_guarded(void **state)
{
    (void)state;
    const struct {
        struct hg_slice text;
        const char *cell;
    } cases[] = {
        {HG_SLICE("plain"), "plain"},
        {HG_SLICE("a,b"), "\"a,b\""},
        {HG_SLICE("say \"hi\""), "\"say \"\"hi\"\"\""},
        {HG_SLICE("two\nlines"), "\"two\nlines\""},
        {HG_SLICE("=1+1"), "\"'=1+1\""},
        {HG_SLICE("+1"), "\"'+1\""},
        {HG_SLICE("-1"), "\"'-1\""},
        {HG_SLICE("@SUM(A1)"), "\"'@SUM(A1)\""},
        {HG_SLICE("\t=1"), "\"'\t=1\""},
        {HG_SLICE("a=1"), "a=1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hg_buf_clear(&buf);
        hg_csv_cell(&buf, cases[i].text);
        assert_slice(hg_buf_slice(&buf), cases[i].cell);
    }
}

static void batch_accounts_for_every_record(void **state)
{
    (void)state;
    struct hg_batch batch;
    hg_batch_init(&batch);
    batch.input = 3;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 5000; i++) {
            struct hg_event *event = hg_batch_next_event(&batch);
            assert_non_null(event);
            assert_int_equal(event->input, 3);
            assert_int_equal(event->missing, 0);
            event->missing = 7; /* what isn't kept must not be seen by the next */
            event->dataset = HG_DATASET_suricata;
            event->offset = (uint64_t)i;
            if (i % 5 == 0)
                hg_batch_reject(&batch, (uint64_t)i, HG_SLICE("x"), i % 2 ? HG_REASON_no_event : HG_REASON_invalid_json);
            else
                hg_batch_keep_event(&batch);
        }
        assert_int_equal(batch.n_events, 4000);
        assert_int_equal(batch.n_rejects, 1000);
        assert_int_equal(batch.events[3999].offset, 4999);
        assert_int_equal(batch.counts.read, 5000);
        assert_int_equal(batch.counts.decoded, 4000);
        assert_int_equal(batch.counts.datasets[HG_DATASET_suricata], 4000);
        assert_int_equal(batch.counts.skipped, 500);
        assert_int_equal(batch.counts.malformed, 500);
        hg_batch_clear(&batch);
        assert_int_equal(batch.counts.read, 0);
    }
    struct hg_err err;
    assert_int_equal(hg_batch_reserve_bytes(&batch, 100000, &err), HG_OK);
    assert_true(batch.cap >= 100000 + HG_BATCH_PADDING);
    hg_batch_free(&batch);
    hg_batch_free(&batch);
}

static void counts_print_as_the_contract_says(void **state)
{
    (void)state;
    struct hg_counts counts = {0}, sum = {0};
    hg_counts_decoded(&counts, HG_DATASET_cowrie);
    hg_counts_rejected(&counts, HG_REASON_no_event);
    hg_counts_rejected(&counts, HG_REASON_bad_timestamp);
    hg_counts_add(&sum, &counts);
    hg_counts_add(&sum, &counts);
    assert_int_equal(sum.read, sum.decoded + sum.skipped + sum.malformed);
    struct hg_jsonw w = {.buf = &buf};
    hg_counts_json(&sum, &w);
    assert_slice(hg_buf_slice(&buf), "{\"read\":6,\"decoded\":2,\"skipped\":2,\"malformed\":2,\"duplicates\":0,\"late\":0,"
                                     "\"datasets\":{\"cowrie\":2},\"reasons\":{\"bad_timestamp\":2,\"no_event\":2},"
                                     "\"negative_counters\":0,\"unknown_applications\":0}");
}

static void names_and_numbers_agree(void **state)
{
    (void)state;
    for (int i = 0; i < HG_DATASET_COUNT; i++) {
        enum hg_dataset dataset;
        assert_true(hg_dataset_parse(hg_slice_of(hg_dataset_name((enum hg_dataset)i)), &dataset));
        assert_int_equal(dataset, i);
    }
    enum hg_dataset dataset;
    assert_false(hg_dataset_parse(HG_SLICE("netflow"), &dataset));
    char letters[6];
    assert_int_equal(hg_tcp_flags_print(0x3f, letters), 6);
    assert_memory_equal(letters, "FSRPAU", 6);
    assert_int_equal(hg_tcp_flags_print(0, letters), 0);
    assert_string_equal(hg_feature_name(HG_FEATURE_direction), "direction");
    assert_int_equal(hg_feature_kind(HG_FEATURE_FIRST_CODE), HG_KIND_code);
    assert_int_equal(hg_feature_kind(HG_FEATURE_FIRST_CODE - 1), HG_KIND_flag);
}

static void tallies_add_up_in_any_order(void **state)
{
    (void)state;
    struct hg_tally a = {.events = 5, .by_label = 1, .by_both = 2, .score_sum = 10, .score_max = 7};
    struct hg_tally b = {.events = 3, .by_score = 1, .score_sum = 4, .score_max = 9}, ab = a, ba = b;
    hg_tally_add(&ab, &b);
    hg_tally_add(&ba, &a);
    assert_memory_equal(&ab, &ba, sizeof ab);
    assert_int_equal(ab.events, 8);
    assert_int_equal(hg_tally_anomalous(&ab), 4);
    assert_int_equal(ab.score_max, 9);
}

static void matrix_columns_are_aligned(void **state)
{
    (void)state;
    struct hg_matrix matrix = {0};
    struct hg_err err;
    for (size_t rows = 1; rows < 3000; rows = rows * 3 + 1) {
        assert_int_equal(hg_matrix_reserve(&matrix, rows, &err), HG_OK);
        assert_int_equal(matrix.rows, rows);
        assert_true(matrix.stride >= rows && matrix.stride % 16 == 0);
        assert_int_equal((uintptr_t)hg_matrix_column(&matrix, HG_FEATURE_hour) % 64, 0);
        hg_matrix_column(&matrix, HG_FEATURE_direction)[rows - 1] = 1;
        hg_matrix_codes(&matrix, HG_FEATURE_kind_rarity)[rows - 1] = 1;
    }
    hg_matrix_free(&matrix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(json_has_every_key_in_order, start, stop),
        cmocka_unit_test_setup_teardown(missing_counters_are_0_and_the_rest_null, start, stop),
        cmocka_unit_test_setup_teardown(payloads_are_text_or_base64, start, stop),
        cmocka_unit_test_setup_teardown(score_members_say_what_is_not_known, start, stop),
        cmocka_unit_test(anomalous_is_by_label_by_score_or_both),
        cmocka_unit_test_setup_teardown(csv_rows_have_as_many_cells_as_the_header, start, stop),
        cmocka_unit_test_setup_teardown(csv_row_says_it_all, start, stop),
        cmocka_unit_test_setup_teardown(csv_cells_are_quoted_and_guarded, start, stop),
        cmocka_unit_test(batch_accounts_for_every_record),
        cmocka_unit_test_setup_teardown(counts_print_as_the_contract_says, start, stop),
        cmocka_unit_test(names_and_numbers_agree),
        cmocka_unit_test(tallies_add_up_in_any_order),
        cmocka_unit_test(matrix_columns_are_aligned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
