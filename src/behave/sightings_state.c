/* The whole state as bytes: a pure function of the events so far, so that two who saw the same have the same bytes. */
#include "behave/sightings_priv.h"

#include "behave/sightings_bytes.h"

#define STATE_FORM UINT32_C(0x31544753) /* "SGT1" */

static void put_entry(const struct hg_sightings *sightings, enum hg_sighting_kind kind, const struct entry *entry, struct hg_buf *out)
{
    struct hg_slice value = sighting_bytes_of(sightings, kind, entry);
    put_i64(out, entry->first_us);
    put_i64(out, entry->last_us);
    put_u32(out, entry->count);
    hg_buf_char(out, (char)entry->dataset);
    hg_buf_char(out, (char)entry->value_bytes);
    hg_buf_put(out, value);
    if (kind != HG_SIGHTING_address) {
        hg_buf_add(out, entry->sources, sizeof entry->sources);
        return;
    }
    for (size_t i = 0; i < SIGHTING_PORTS; i++) {
        hg_buf_char(out, (char)(entry->ports[i] & 0xff));
        hg_buf_char(out, (char)(entry->ports[i] >> 8));
    }
}

/* From the one seen longest ago on: taken back in that order they stand as before. */
static void put_kind(const struct hg_sightings *sightings, enum hg_sighting_kind kind, struct hg_buf *out)
{
    const struct pool *pool = &sightings->pools[kind];
    put_u32(out, pool->n);
    for (uint32_t i = pool->oldest; i != 0; i = sightings->entries[i - 1].newer)
        put_entry(sightings, kind, &sightings->entries[i - 1], out);
}

void hg_sightings_put(const struct hg_sightings *sightings, struct hg_buf *out)
{
    put_u32(out, STATE_FORM);
    put_i64(out, sightings->since_us);
    for (int kind = 0; kind < HG_SIGHTING_KINDS; kind++)
        put_kind(sightings, (enum hg_sighting_kind)kind, out);
    hosts_put(&sightings->hosts, out);
    known_put(&sightings->addresses, out);
    known_put(&sightings->fingerprints[0], out);
    known_put(&sightings->fingerprints[1], out);
}

/* ---- back */

static bool take_value(enum hg_sighting_kind kind, struct hg_slice *io_bytes, struct sighting_value *ret)
{
    uint8_t n;
    if (!take_bytes(io_bytes, &n, 1) || n == 0 || n > sighting_kind_bytes(kind) || !take_bytes(io_bytes, ret->bytes, n))
        return false;
    ret->len = n;
    return sighting_value_valid(kind, (struct hg_slice){ret->bytes, n});
}

static bool take_seen(enum hg_sighting_kind kind, struct hg_slice *io_bytes, struct entry *entry)
{
    if (kind != HG_SIGHTING_address)
        return take_bytes(io_bytes, entry->sources, sizeof entry->sources);
    bool whole = true;
    for (size_t i = 0; i < SIGHTING_PORTS && whole; i++)
        whole = take_u16(io_bytes, &entry->ports[i]);
    return whole;
}

static bool is_possible(const struct entry *entry)
{
    return is_time(entry->first_us) && is_time(entry->last_us) && entry->first_us <= entry->last_us && entry->count > 0 &&
           entry->dataset < HG_DATASET_COUNT;
}

static bool take_entry(struct hg_sightings *sightings, enum hg_sighting_kind kind, struct hg_slice *io_bytes)
{
    struct entry head = {.count = 0};
    struct sighting_value value;
    if (!take_i64(io_bytes, &head.first_us) || !take_i64(io_bytes, &head.last_us) || !take_u32(io_bytes, &head.count) ||
        !take_bytes(io_bytes, &head.dataset, 1) || !is_possible(&head) || !take_value(kind, io_bytes, &value) ||
        !take_seen(kind, io_bytes, &head))
        return false;
    struct hg_slice bytes = {value.bytes, value.len};
    uint64_t hash = sighting_hash(kind, bytes);
    if (sighting_find(sightings, kind, hash, bytes) != NULL)
        return false;
    struct entry *entry = sighting_add(sightings, kind, hash, bytes);
    entry->first_us = head.first_us;
    entry->last_us = head.last_us;
    entry->count = head.count;
    entry->dataset = head.dataset;
    memcpy(entry->sources, head.sources, sizeof entry->sources);
    return true;
}

static bool take_kind(struct hg_sightings *sightings, enum hg_sighting_kind kind, struct hg_slice *io_bytes)
{
    uint32_t n;
    bool whole = take_u32(io_bytes, &n) && n <= sighting_kind_most(kind);
    for (uint32_t i = 0; whole && i < n; i++)
        whole = take_entry(sightings, kind, io_bytes);
    return whole;
}

static bool take_all(struct hg_sightings *sightings, struct hg_slice bytes)
{
    uint32_t form;
    if (!take_u32(&bytes, &form) || form != STATE_FORM || !take_i64(&bytes, &sightings->since_us) ||
        (sightings->since_us != HG_TIME_NONE && !is_time(sightings->since_us)))
        return false;
    for (int kind = 0; kind < HG_SIGHTING_KINDS; kind++)
        if (!take_kind(sightings, (enum hg_sighting_kind)kind, &bytes))
            return false;
    return hosts_take(&sightings->hosts, &bytes) && known_take(&sightings->addresses, &bytes) &&
           known_take(&sightings->fingerprints[0], &bytes) && known_take(&sightings->fingerprints[1], &bytes) && bytes.len == 0;
}

enum hg_rc hg_sightings_take(struct hg_sightings *sightings, struct hg_slice bytes, struct hg_err *reterr)
{
    hg_sightings_clear(sightings);
    if (bytes.len == 0 || take_all(sightings, bytes))
        return HG_OK;
    hg_sightings_clear(sightings);
    return hg_fail(reterr, HG_EFORMAT, "sightings: their state is damaged or of another form");
}
