/*
 * The state of the windows, which is the behaviour's but for what the rules remember: any bytes are refused or make one that takes events
 * in and can be put again. A first byte of 0: the rest stands for a state itself; else the rest are edits of a small real one's bytes
 * (where, two bytes, and what to xor, one byte). There is no checksum here: hg_behave_take looks at it before it reads on.
 */
#include "fuzz.h"

#include "base/rng.h"
#include "behave/entities.h"
#include "behave/state_bytes.h"

#define EVENTS 48u

/* Events `from` to `until` of a row that is the same each time. */
static void see(struct entities *entities, uint32_t from, uint32_t until)
{
    struct hg_window windows[HG_ENTITY_KINDS][HG_SPANS];
    struct hg_rng rng = hg_rng_seeded(1);
    for (uint32_t i = 0; i < until; i++) {
        struct hg_event event = {.time_us = (int64_t)i * i * i * HG_SECOND, .source_ip = hg_ip_v4((uint32_t)hg_rng_below(&rng, 4)),
                                 .destination_ip = hg_ip_v4((uint32_t)hg_rng_below(&rng, 4)),
                                 .destination_port = (uint16_t)hg_rng_below(&rng, 4), .packets_received = i % 3};
        struct hg_context context;
        struct note note;
        if (i < from)
            continue;
        note_event(&event, &note);
        for (int step = 0; step < ENTITIES_STEPS; step++)
            entities_prefetch(entities, &note, step);
        entities_see(entities, &note, windows, &context);
    }
}

static void put(const struct entities *entities, struct hg_buf *ret)
{
    hg_buf_init(ret, HG_BEHAVE_BYTES_MAX);
    entities_put(entities, ret);
    FUZZ_CHECK(!ret->failed);
}

static const struct hg_buf *made_up_state(void)
{
    static struct hg_buf state;
    struct entities entities;
    if (state.len > 0)
        return &state;
    FUZZ_CHECK(entities_create(&entities, NULL) == HG_OK);
    see(&entities, 0, EVENTS / 2);
    put(&entities, &state);
    entities_free(&entities);
    return &state;
}

static void try_state(const char *bytes, size_t len)
{
    struct state_reader in = {.p = (const uint8_t *)bytes, .end = (const uint8_t *)bytes + len};
    struct hg_err err = {0};
    struct entities entities;
    struct hg_buf again;
    FUZZ_CHECK(entities_create(&entities, NULL) == HG_OK);
    if (entities_take(&entities, &in, &err) == HG_OK) {
        see(&entities, EVENTS / 2, EVENTS);
        put(&entities, &again);
        hg_buf_free(&again);
    } else {
        FUZZ_CHECK(err.msg[0] != '\0');
    }
    entities_free(&entities);
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
    try_state(copy, state->len);
    free(copy);
    return 0;
}
