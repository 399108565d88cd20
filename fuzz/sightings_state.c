/*
 * The state of sightings from any bytes. The first byte is where it comes from: even, a state made here with a few of its bytes changed,
 * three an edit (where, by what); odd, the bytes themselves. What is taken must go through bytes again and serve as a list.
 */
#include "fuzz.h"

#include "base/instant.h"
#include "behave/sightings.h"

#define START (INT64_C(1741248000) * HG_SECOND)

static struct hg_event event_of(uint8_t pick, enum hg_dataset dataset)
{
    static const char *const prints[] = {"00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"};
    struct hg_event event = {.time_us = START + pick * HG_HOUR, .dataset = (uint8_t)dataset, .source_port = pick,
                             .protocol = HG_SLICE("tcp"), .source_ip = hg_ip_v4(0xcb007100u + pick % 16),
                             .destination_ip = hg_ip_v4(0xc6336400u + pick % 4),
                             .packets_received = pick % 3, .missing = 1u << HG_FIELD_tcp_flags};
    event.traits[HG_TRAIT_username] = HG_SLICE("backup");
    event.traits[HG_TRAIT_password] = hg_slice_of(prints[pick % 2]);
    event.traits[HG_TRAIT_hassh] = hg_slice_of(prints[pick % 2]);
    event.traits[HG_TRAIT_ja3] = hg_slice_of(prints[pick / 2 % 2]);
    event.traits[HG_TRAIT_file] = HG_SLICE("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    return event;
}

static void use(struct hg_sightings *sightings)
{
    struct hg_finding finding;
    for (unsigned i = 0; i < 40; i++) {
        struct hg_event there = event_of((uint8_t)i, HG_DATASET_cowrie), here = event_of((uint8_t)(i + 3), HG_DATASET_suricata);
        hg_sightings_note(sightings, &there);
        here.destination_ip = hg_ip_v4(0x0a000001u);
        if (hg_sightings_match(sightings, &here, &finding))
            FUZZ_CHECK(finding.rule == HG_RULE_honeypot_sighting && finding.counted >= 1 && finding.p <= HG_FINDING_P);
    }
}

static void walk(const struct hg_sightings *sightings)
{
    struct hg_sighting sighting;
    for (int kind = 0; kind < HG_SIGHTING_KINDS; kind++) {
        size_t n = 0;
        for (uint32_t cursor = 0; hg_sightings_next(sightings, (enum hg_sighting_kind)kind, &cursor, &sighting); n++)
            FUZZ_CHECK(sighting.first_us <= sighting.last_us && sighting.value_bytes <= HG_SIGHTING_VALUE_BYTES && sighting.count > 0);
        FUZZ_CHECK(n == hg_sightings_count(sightings, (enum hg_sighting_kind)kind));
    }
}

static void check(struct hg_sightings *one, struct hg_sightings *two, struct hg_slice bytes)
{
    struct hg_buf a, b;
    if (hg_sightings_take(one, bytes, NULL) != HG_OK)
        return;
    walk(one);
    hg_buf_init(&a, HG_SIGHTINGS_STATE_MAX);
    hg_buf_init(&b, HG_SIGHTINGS_STATE_MAX);
    hg_sightings_put(one, &a);
    FUZZ_CHECK(!a.failed && hg_sightings_take(two, hg_buf_slice(&a), NULL) == HG_OK);
    use(one);
    use(two);
    hg_buf_clear(&a);
    hg_sightings_put(one, &a);
    hg_sightings_put(two, &b);
    FUZZ_CHECK(hg_slice_eq(hg_buf_slice(&a), hg_buf_slice(&b)));
    hg_buf_free(&a);
    hg_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct hg_sightings *one, *two;
    static struct hg_buf made;
    if (one == NULL) {
        FUZZ_CHECK(hg_sightings_create(HG_SIGHTINGS_DAYS, &one, NULL) == HG_OK);
        FUZZ_CHECK(hg_sightings_create(HG_SIGHTINGS_DAYS, &two, NULL) == HG_OK);
        use(one);
        hg_buf_init(&made, HG_SIGHTINGS_STATE_MAX);
        hg_sightings_put(one, &made);
    }
    if (size == 0)
        return 0;
    bool given = data[0] % 2 == 1;
    size_t len = given ? size - 1 : made.len;
    char *bytes = fuzz_copy(given ? (const void *)(data + 1) : (const void *)made.p, len, 0, 0);
    for (size_t i = 1; !given && i + 3 <= size; i += 3)
        bytes[(size_t)(data[i] | data[i + 1] << 8) % len] ^= (char)data[i + 2];
    check(one, two, (struct hg_slice){bytes, len});
    free(bytes);
    return 0;
}
