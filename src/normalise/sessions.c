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
    struct hg_ip destination_ip;
};

struct hg_sessions {
    uint32_t buckets[BUCKETS];
    struct session sessions[HG_SESSIONS_MAX]; /* a ring in order of arrival */
    size_t n, oldest;
    uint64_t evicted;
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
    uint32_t *bucket = bucket_of(sessions, key);
    sessions->sessions[index] = (struct session){.key = *key, .next = *bucket};
    *bucket = (uint32_t)index + 1;
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
