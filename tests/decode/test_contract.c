/*
 * The contract of decode.h, over every registered decoder, with its golden samples as the seed: bytes behind a record never
 * matter, nothing is read outside exact-size blocks (run under ASan), any bytes are survived, the account always balances, and
 * neither the cut into batches nor what came before changes an event.
 */
#include "support/cmocka_all.h"

#include "decode/decode_support.h"

#include <glob.h>

#define MUTATIONS 400

/* Decodes bytes[from, to) in a block of exactly their size, with `padding` behind, and appends what came of it. */
static void decode_part(struct input *input, struct hg_slice bytes, size_t from, size_t to, char padding, struct hg_buf *out,
                        struct hg_counts *counts)
{
    struct hg_batch *batch = &input->batch;
    hg_batch_free(batch);
    hg_batch_init(batch);
    batch->len = to - from;
    batch->cap = batch->len + HG_BATCH_PADDING;
    batch->bytes = malloc(batch->cap);
    assert_non_null(batch->bytes);
    memcpy(batch->bytes, bytes.p + from, batch->len);
    memset(batch->bytes + batch->len, padding, HG_BATCH_PADDING);
    batch->offset = from;
    hg_decode_batch(input->context, input->worker, batch);
    for (size_t i = 0; i < batch->n_events; i++)
        event_line(input, &batch->events[i], out);
    for (size_t i = 0; i < batch->n_rejects; i++)
        hg_buf_printf(out, "%llu %s\n", (unsigned long long)batch->rejects[i].offset, hg_reason_name(batch->rejects[i].reason));
    hg_counts_add(counts, &batch->counts);
    assert_int_equal(batch->counts.decoded, batch->n_events);
    assert_int_equal(batch->counts.skipped + batch->counts.malformed, batch->n_rejects);
}

static void check_account(const struct hg_counts *c)
{
    uint64_t reasons = 0, datasets = 0;
    for (int i = 0; i < HG_REASON_COUNT; i++)
        reasons += c->reasons[i];
    for (int i = 0; i < HG_DATASET_COUNT; i++)
        datasets += c->datasets[i];
    assert_int_equal(c->read, c->decoded + c->skipped + c->malformed);
    assert_int_equal(reasons, c->skipped + c->malformed);
    assert_int_equal(datasets, c->decoded);
    assert_int_equal(c->reasons[HG_REASON_NONE], 0);
}

/* `missing` says what is null, and what is missing holds its zero. */
static void check_events(const struct hg_batch *batch)
{
    for (size_t i = 0; i < batch->n_events; i++) {
        const struct hg_event *e = &batch->events[i];
        assert_true(hg_event_has(e, HG_FIELD_event_time) && hg_event_has(e, HG_FIELD_dataset));
        assert_int_equal(e->missing >> HG_FIELD_COUNT, 0);
        assert_int_equal(hg_event_has(e, HG_FIELD_protocol), e->protocol.p != NULL);
        assert_int_equal(hg_event_has(e, HG_FIELD_application_protocol), e->application_protocol.p != NULL);
        assert_int_equal(hg_event_has(e, HG_FIELD_direction), e->direction != HG_DIRECTION_NONE);
        assert_int_equal(hg_event_has(e, HG_FIELD_label), e->label != HG_LABEL_NONE);
        assert_int_equal(hg_event_has(e, HG_FIELD_attack_type), e->attack_type != HG_ATTACK_TYPE_none);
        assert_int_equal(hg_event_has(e, HG_FIELD_payload), e->payload.p != NULL);
        assert_int_equal(hg_event_has(e, HG_FIELD_payload), hg_event_has(e, HG_FIELD_payload_encoding));
        assert_true(hg_event_has(e, HG_FIELD_source_port) || e->source_port == 0);
        assert_true(hg_event_has(e, HG_FIELD_bytes_sent) || e->bytes_sent == 0);
        assert_true(hg_event_has(e, HG_FIELD_duration) || e->duration == 0);
        assert_true(e->duration >= 0 && e->bytes_sent >= 0 && e->bytes_received >= 0 && e->packets_sent >= 0);
        assert_true(e->record.p >= batch->bytes && e->record.p + e->record.len <= batch->bytes + batch->len);
        assert_int_equal(e->offset, batch->offset + (uint64_t)(e->record.p - batch->bytes));
    }
}

static void check_input(const struct hg_decoder *decoder, const char *name, struct hg_slice bytes, struct hg_rng *rng)
{
    struct input input;
    struct hg_buf one, two, parts;
    struct hg_counts counts[3] = {{0}, {0}, {0}};
    if (!input_open(&input, decoder, name, bytes)) /* a header that was hit by a mutation */
        return;
    hg_buf_init(&one, (size_t)1 << 30);
    hg_buf_init(&two, (size_t)1 << 30);
    hg_buf_init(&parts, (size_t)1 << 30);
    decode_part(&input, bytes, input.skip, bytes.len, '}', &one, &counts[0]);
    check_events(&input.batch);
    check_account(&counts[0]);
    decode_part(&input, bytes, input.skip, bytes.len, '"', &two, &counts[1]);
    assert_true(hg_slice_eq(hg_buf_slice(&one), hg_buf_slice(&two)));
    hg_buf_clear(&one);
    for (size_t at = input.skip; at < bytes.len;) { /* the same, cut into batches at random */
        size_t room = 1 + (size_t)hg_rng_below(rng, 4000);
        size_t n = 0;
        while (n == 0 && room < bytes.len - at) {
            n = hg_frame_whole(input.context->framing, bytes.p + at, room);
            room *= 2;
        }
        if (n == 0)
            n = bytes.len - at;
        decode_part(&input, bytes, at, at + n, ',', &parts, &counts[2]);
        at += n;
    }
    assert_memory_equal(&counts[0], &counts[2], sizeof counts[0]);
    (void)parts;
    hg_buf_free(&one);
    hg_buf_free(&two);
    hg_buf_free(&parts);
    input_close(&input);
}

/* Bit flips, cuts, glued lines, repeated and removed pieces. */
static size_t mutate(struct hg_rng *rng, char *p, size_t len, size_t cap)
{
    int hits = 1 + (int)hg_rng_below(rng, 8);
    while (hits-- > 0 && len > 8) {
        size_t a = (size_t)hg_rng_below(rng, len), n = (size_t)hg_rng_below(rng, len - a < 300 ? len - a : 300);
        switch (hg_rng_below(rng, 6)) {
        case 0:
            p[a] = (char)(p[a] ^ 1 << hg_rng_below(rng, 8));
            break;
        case 1:
            p[a] = "\"\\{}[],:\n\0\xff"[hg_rng_below(rng, 11)];
            break;
        case 2: /* cut a piece out */
            memmove(p + a, p + a + n, len - a - n);
            len -= n;
            break;
        case 3: { /* glue two lines */
            char *newline = memchr(p + a, '\n', len - a);
            if (newline != NULL) {
                memmove(newline, newline + 1, len - (size_t)(newline - p) - 1);
                len--;
            }
            break;
        }
        case 4: /* say a piece twice */
            if (len + n <= cap) {
                memmove(p + a + n, p + a, len - a);
                len += n;
            }
            break;
        default: /* the end is cut */
            len -= (size_t)hg_rng_below(rng, len / 4);
            break;
        }
    }
    return len;
}

static void check_file(const struct hg_decoder *decoder, const char *path, struct hg_rng *rng)
{
    struct hg_slice bytes = read_whole(path);
    assert_non_null(bytes.p);
    check_input(decoder, path, bytes, rng);
    size_t cap = bytes.len * 2 + 4096;
    char *copy = malloc(cap);
    assert_non_null(copy);
    for (int i = 0; i < MUTATIONS; i++) {
        memcpy(copy, bytes.p, bytes.len);
        size_t len = mutate(rng, copy, bytes.len, cap);
        char *exact = malloc(len); /* so that reading past the end is seen */
        assert_non_null(exact);
        memcpy(exact, copy, len);
        check_input(decoder, path, (struct hg_slice){exact, len}, rng);
        free(exact);
    }
    free(copy);
    free((void *)(uintptr_t)bytes.p);
}

static void every_decoder_keeps_the_contract(void **state)
{
    struct hg_rng rng = test_rng();
    struct hg_formats *formats;
    (void)state;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, NULL), HG_OK);
    for (size_t d = 0; d < hg_formats_count(formats); d++) {
        char pattern[128];
        glob_t found;
        snprintf(pattern, sizeof pattern, "tests/golden/%s/*.log", hg_formats_at(formats, d)->name);
        assert_int_equal(glob(pattern, 0, NULL, &found), 0); /* a decoder without samples fails */
        for (size_t i = 0; i < found.gl_pathc; i++)
            check_file(hg_formats_at(formats, d), found.gl_pathv[i], &rng);
        globfree(&found);
    }
    hg_formats_destroy(formats);
}

/* Bytes of no format at all. */
static void noise_is_survived(void **state)
{
    struct hg_rng rng = test_rng();
    struct hg_formats *formats;
    (void)state;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, NULL), HG_OK);
    for (size_t d = 0; d < hg_formats_count(formats); d++) {
        const struct hg_decoder *decoder = hg_formats_at(formats, d);
        for (int round = 0; round < 200; round++) {
            char noise[2000];
            size_t len = (size_t)hg_rng_below(&rng, sizeof noise);
            for (size_t i = 0; i < len; i++)
                noise[i] = (char)hg_rng_below(&rng, 256);
            check_input(decoder, "noise", (struct hg_slice){noise, len}, &rng);
        }
    }
    hg_formats_destroy(formats);
}

static void long_records_are_counted(void **state)
{
    size_t len = HG_RECORD_BYTES_MAX + 10;
    char *text = malloc(len);
    struct input input;
    (void)state;
    assert_non_null(text);
    memset(text, ' ', len);
    text[0] = '{';
    text[len - 1] = '\n';
    assert_true(input_open(&input, hg_decoder_by_name(HG_SLICE("suricata")), "long", (struct hg_slice){text, len}));
    assert_int_equal(input.batch.counts.read, 1);
    assert_int_equal(input.batch.counts.reasons[HG_REASON_too_long], 1);
    input_close(&input);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_decoder_keeps_the_contract),
        cmocka_unit_test(noise_is_survived),
        cmocka_unit_test(long_records_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
