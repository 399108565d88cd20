#include "normalise/sessions.h"

#include <stdlib.h>

#define BUCKETS   131072u /* a power of two above HG_SESSIONS_MAX */
#define NAMES_MAX 64      /* application protocols that sessions can have; others stay missing */
#define NAME_MAX  32

struct session {
    struct hg_id key;
    uint32_t next; /* 1 + index of the next one in the bucket; 0: none */
    uint32_t missing;
    uint16_t source_port, destination_port;
    uint8_t name; /* 1 + index into names; 0: none */
    bool changed; /* listed in `changed` */
    struct hg_ip destination_ip;
};

struct hg_sessions {
    uint32_t buckets[BUCKETS];
    struct session sessions[HG_SESSIONS_MAX]; /* a ring in order of arrival */
    size_t n, oldest;
    uint64_t evicted;
    uint32_t changed[HG_SESSIONS_MAX]; /* slots to be saved */
    size_t n_changed;
    char names[NAMES_MAX][NAME_MAX]; /* events borrow from here: names are never taken back */
    struct hg_slice slices[NAMES_MAX];
    uint8_t n_names;
};

enum hg_rc hg_sessions_create(struct hg_sessions **ret, struct hg_err *reterr)
{
    struct hg_sessions *sessions = calloc(1, sizeof *sessions);
    if (sessions == NULL)
        return hg_fail(reterr, HG_ENOMEM, "sessions: no memory for %u sessions", HG_SESSIONS_MAX);
    *ret = sessions;
    return HG_OK;
}

void hg_sessions_destroy(struct hg_sessions *sessions)
{
    free(sessions);
}

size_t hg_sessions_count(const struct hg_sessions *sessions)
{
    return sessions->n;
}

uint64_t hg_sessions_evicted(const struct hg_sessions *sessions)
{
    return sessions->evicted;
}

/* Sensors may make the same session id: the source address is part of the key. */
static struct hg_id key_of(const struct hg_event *event)
{
    struct hg_id key;
    memcpy(key.b, event->source_ip.b, sizeof key.b);
    return hg_siphash128(&key, event->session);
}

static uint32_t *bucket_of(struct hg_sessions *sessions, const struct hg_id *key)
{
    uint32_t h;
    memcpy(&h, key->b, sizeof h);
    return &sessions->buckets[h & (BUCKETS - 1)];
}

static struct session *find(struct hg_sessions *sessions, const struct hg_id *key)
{
    for (uint32_t i = *bucket_of(sessions, key); i != 0; i = sessions->sessions[i - 1].next)
        if (memcmp(sessions->sessions[i - 1].key.b, key->b, sizeof key->b) == 0)
            return &sessions->sessions[i - 1];
    return NULL;
}

static void unlink_session(struct hg_sessions *sessions, size_t index)
{
    uint32_t *link = bucket_of(sessions, &sessions->sessions[index].key);
    while (*link != index + 1)
        link = &sessions->sessions[*link - 1].next;
    *link = sessions->sessions[index].next;
}

static void link_session(struct hg_sessions *sessions, size_t index)
{
    uint32_t *bucket = bucket_of(sessions, &sessions->sessions[index].key);
    sessions->sessions[index].next = *bucket;
    *bucket = (uint32_t)index + 1;
}

/* A place for a new session: the next free one, else the oldest session's. */
static struct session *add(struct hg_sessions *sessions, const struct hg_id *key)
{
    size_t index = sessions->n;
    if (sessions->n < HG_SESSIONS_MAX) {
        sessions->n++;
    } else {
        index = sessions->oldest;
        sessions->oldest = (sessions->oldest + 1) % HG_SESSIONS_MAX;
        unlink_session(sessions, index);
        sessions->evicted++;
    }
    bool changed = sessions->sessions[index].changed;
    sessions->sessions[index] = (struct session){.key = *key, .changed = changed};
    link_session(sessions, index);
    return &sessions->sessions[index];
}

static uint8_t intern(struct hg_sessions *sessions, struct hg_slice name)
{
    for (uint8_t i = 0; i < sessions->n_names; i++)
        if (hg_slice_eq(sessions->slices[i], name))
            return (uint8_t)(i + 1);
    if (sessions->n_names == NAMES_MAX || name.len == 0 || name.len > NAME_MAX)
        return 0;
    memcpy(sessions->names[sessions->n_names], name.p, name.len);
    sessions->slices[sessions->n_names] = (struct hg_slice){sessions->names[sessions->n_names], name.len};
    return ++sessions->n_names;
}

static void learn(struct hg_sessions *sessions, const struct hg_event *event, const struct hg_id *key)
{
    struct session *s = find(sessions, key);
    if (s == NULL)
        s = add(sessions, key);
    s->missing = event->missing;
    s->source_port = event->source_port;
    s->destination_port = event->destination_port;
    s->destination_ip = event->destination_ip;
    s->name = hg_event_has(event, HG_FIELD_application_protocol) ? intern(sessions, event->application_protocol) : 0;
    if (!s->changed) {
        s->changed = true;
        sessions->changed[sessions->n_changed++] = (uint32_t)(s - sessions->sessions);
    }
}

static bool fills(const struct session *s, struct hg_event *event, enum hg_field field)
{
    if (hg_event_has(event, field) || (s->missing & 1u << field) != 0)
        return false;
    hg_event_set_present(event, field);
    return true;
}

static void fill(const struct hg_sessions *sessions, const struct session *s, struct hg_event *event)
{
    if (fills(s, event, HG_FIELD_source_port))
        event->source_port = s->source_port;
    if (fills(s, event, HG_FIELD_destination_ip))
        event->destination_ip = s->destination_ip;
    if (fills(s, event, HG_FIELD_destination_port))
        event->destination_port = s->destination_port;
    if (s->name != 0 && fills(s, event, HG_FIELD_application_protocol)) {
        event->application_protocol = sessions->slices[s->name - 1];
        event->application_code = hg_code32(event->application_protocol);
    }
}

void hg_sessions_apply(struct hg_sessions *sessions, struct hg_event *event)
{
    if (event->dataset != HG_DATASET_cowrie || event->session.len == 0)
        return;
    struct hg_id key = key_of(event);
    if (hg_slice_is(event->kind, "session.connect")) {
        learn(sessions, event, &key);
        return;
    }
    const struct session *s = find(sessions, &key);
    if (s != NULL)
        fill(sessions, s, event);
}

/* ---- across a restart. Bytes of a slot, little endian as the machine's: key 16, destination 16, missing 4, ports 2 and 2, length of the
 * name 1, name 32; of the figures: n, oldest, evicted, 8 each. */

enum { AT_DESTINATION = 16, AT_MISSING = 32, AT_SOURCE_PORT = 36, AT_DESTINATION_PORT = 38, AT_NAME_LEN = 40, AT_NAME = 41 };
_Static_assert(AT_NAME + NAME_MAX <= HG_SESSION_BYTES, "a slot fits its bytes");

size_t hg_sessions_changed(const struct hg_sessions *sessions, const uint32_t **ret_slots)
{
    *ret_slots = sessions->changed;
    return sessions->n_changed;
}

void hg_sessions_put_slot(const struct hg_sessions *sessions, uint32_t slot, char out[HG_SESSION_BYTES])
{
    const struct session *s = &sessions->sessions[slot];
    memset(out, 0, HG_SESSION_BYTES);
    memcpy(out, s->key.b, sizeof s->key.b);
    memcpy(out + AT_DESTINATION, s->destination_ip.b, sizeof s->destination_ip.b);
    memcpy(out + AT_MISSING, &s->missing, sizeof s->missing);
    memcpy(out + AT_SOURCE_PORT, &s->source_port, sizeof s->source_port);
    memcpy(out + AT_DESTINATION_PORT, &s->destination_port, sizeof s->destination_port);
    if (s->name != 0) {
        struct hg_slice name = sessions->slices[s->name - 1];
        out[AT_NAME_LEN] = (char)name.len;
        memcpy(out + AT_NAME, name.p, name.len);
    }
}

void hg_sessions_put_figures(const struct hg_sessions *sessions, char out[HG_SESSIONS_BYTES])
{
    const uint64_t figures[3] = {sessions->n, sessions->oldest, sessions->evicted};
    memcpy(out, figures, sizeof figures);
}

void hg_sessions_saved(struct hg_sessions *sessions)
{
    for (size_t i = 0; i < sessions->n_changed; i++)
        sessions->sessions[sessions->changed[i]].changed = false;
    sessions->n_changed = 0;
}

bool hg_sessions_take_figures(struct hg_sessions *sessions, struct hg_slice bytes)
{
    uint64_t figures[3];
    if (bytes.len != sizeof figures)
        return false;
    memcpy(figures, bytes.p, sizeof figures);
    if (figures[0] > HG_SESSIONS_MAX || figures[1] >= HG_SESSIONS_MAX)
        return false;
    sessions->n = figures[0];
    sessions->oldest = figures[1];
    sessions->evicted = figures[2];
    return true;
}

bool hg_sessions_take_slot(struct hg_sessions *sessions, uint32_t slot, struct hg_slice bytes)
{
    if (slot >= sessions->n || bytes.len != HG_SESSION_BYTES || (unsigned char)bytes.p[AT_NAME_LEN] > NAME_MAX)
        return false;
    struct session *s = &sessions->sessions[slot];
    memcpy(s->key.b, bytes.p, sizeof s->key.b);
    memcpy(s->destination_ip.b, bytes.p + AT_DESTINATION, sizeof s->destination_ip.b);
    memcpy(&s->missing, bytes.p + AT_MISSING, sizeof s->missing);
    memcpy(&s->source_port, bytes.p + AT_SOURCE_PORT, sizeof s->source_port);
    memcpy(&s->destination_port, bytes.p + AT_DESTINATION_PORT, sizeof s->destination_port);
    s->name = intern(sessions, (struct hg_slice){bytes.p + AT_NAME, (unsigned char)bytes.p[AT_NAME_LEN]});
    link_session(sessions, slot);
    return true;
}
