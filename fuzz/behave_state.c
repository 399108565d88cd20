/*
 * The behaviour's state: any bytes are refused or make one that takes events in and can be put again. A first byte of 0: the rest stands
 * for a state itself; else the rest are edits of a small real one's bytes (where, two bytes, and what to xor, one byte), sealed again with a
 * right checksum so that they reach the parser.
 */
#include "fuzz.h"

#include "base/rng.h"
#include "behave/behave.h"

#define EVENTS 48u

static const struct hg_event *const *made_up_events(void)
{
    static struct hg_event events[EVENTS];
    static const struct hg_event *pointers[EVENTS];
    struct hg_rng rng = hg_rng_seeded(1);
    for (uint32_t i = 0; pointers[0] == NULL && i < EVENTS; i++)
        events[i] = (struct hg_event){.time_us = (int64_t)i * i * i * HG_SECOND, .source_ip = hg_ip_v4((uint32_t)hg_rng_below(&rng, 4)),
                                      .destination_ip = hg_ip_v4((uint32_t)hg_rng_below(&rng, 4)),
                                      .destination_port = (uint16_t)hg_rng_below(&rng, 4), .packets_received = i % 3};
    for (uint32_t i = 0; i < EVENTS; i++)
        pointers[i] = &events[i];
    return pointers;
}

static void run(struct hg_behave *behave, size_t from, size_t until)
{
    static struct hg_matrix matrix;
    static struct hg_finding findings[EVENTS];
    FUZZ_CHECK(hg_matrix_reserve(&matrix, EVENTS, NULL) == HG_OK);
    FUZZ_CHECK(hg_behave_run(behave, made_up_events() + from, until - from, &matrix, findings) <= until - from);
}

static void put(const struct hg_behave *behave, struct hg_buf *ret)
{
    hg_buf_init(ret, HG_BEHAVE_BYTES_MAX);
    hg_behave_put(behave, ret);
    FUZZ_CHECK(!ret->failed);
}

static const struct hg_buf *made_up_state(void)
{
    static struct hg_buf state;
    struct hg_behave *behave = NULL;
    if (state.len > 0)
        return &state;
    FUZZ_CHECK(hg_behave_create(NULL, &behave, NULL) == HG_OK);
    run(behave, 0, EVENTS / 2);
    put(behave, &state);
    hg_behave_destroy(behave);
    return &state;
}

static void reseal(char *bytes, size_t len)
{
    static const struct hg_id key = {"honeyguide behav"};
    struct hg_id sum = hg_siphash128(&key, (struct hg_slice){bytes, len - sizeof sum});
    memcpy(bytes + len - sizeof sum, sum.b, sizeof sum);
}

/* Whatever was taken can be gone on with, and put again. */
static void try_state(const char *bytes, size_t len)
{
    struct hg_err err = {0};
    struct hg_behave *behave = NULL;
    struct hg_buf again;
    FUZZ_CHECK(hg_behave_create(NULL, &behave, NULL) == HG_OK);
    enum hg_rc rc = hg_behave_take(behave, (struct hg_slice){bytes, len}, &err);
    FUZZ_CHECK(rc == HG_OK || err.msg[0] != '\0');
    run(behave, EVENTS / 2, EVENTS);
    put(behave, &again);
    hg_buf_free(&again);
    hg_behave_destroy(behave);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == 0) {
        char *copy = fuzz_copy(data + 1, size - 1, 0, 0);
        try_state(copy, size - 1);
        free(copy);
        return 0;
    }
    const struct hg_buf *state = made_up_state();
    char *copy = fuzz_copy(state->p, state->len, 0, 0);
    for (size_t i = 1; i + 3 <= size; i += 3)
        copy[((size_t)data[i] << 8 | data[i + 1]) % state->len] ^= (char)data[i + 2];
    reseal(copy, state->len);
    try_state(copy, state->len);
    free(copy);
    return 0;
}
