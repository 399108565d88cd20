#include "decode/vocab.h"

#include <stdlib.h>

static const struct application {
    const char *name, *canonical;
} applications[] = {
#define HG_APPLICATION(name, canonical) {name, canonical},
#include "decode/applications.def"
#undef HG_APPLICATION
};

#define N_APPLICATIONS (sizeof applications / sizeof applications[0])
#define NAME_MAX       32u /* longer names are not in the table */
#define INDEX_SIZE     1024u

_Static_assert(N_APPLICATIONS * 2 < INDEX_SIZE, "the index must stay half empty");

struct word {
    struct hg_slice name, canonical; /* name in lower case */
    uint32_t code;
};

struct hg_vocab {
    struct word words[N_APPLICATIONS];
    char names[N_APPLICATIONS][NAME_MAX];
    uint16_t index[INDEX_SIZE]; /* 1 + index into words, open addressing; 0: none */
};

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c & ~32) : c;
}

static struct hg_slice lowered(struct hg_slice s, char *out)
{
    for (size_t i = 0; i < s.len; i++)
        out[i] = lower(s.p[i]);
    return (struct hg_slice){out, s.len};
}

static uint32_t index_start(struct hg_slice name)
{
    return (uint32_t)(hg_hash64(name, 0) & (INDEX_SIZE - 1));
}

static const struct word *find_word(const struct hg_vocab *vocab, struct hg_slice name)
{
    for (uint32_t i = index_start(name); vocab->index[i] != 0; i = (i + 1) & (INDEX_SIZE - 1)) {
        const struct word *word = &vocab->words[vocab->index[i] - 1];
        if (hg_slice_eq(word->name, name))
            return word;
    }
    return NULL;
}

enum hg_rc hg_vocab_create(struct hg_vocab **ret, struct hg_err *reterr)
{
    struct hg_vocab *vocab = calloc(1, sizeof *vocab);
    if (vocab == NULL)
        return hg_fail(reterr, HG_ENOMEM, "vocabulary: no memory");
    for (size_t i = 0; i < N_APPLICATIONS; i++) {
        struct word *word = &vocab->words[i];
        struct hg_slice name = hg_slice_of(applications[i].name);
        HG_ASSERT(name.len <= NAME_MAX);
        word->name = lowered(name, vocab->names[i]);
        word->canonical = hg_slice_of(applications[i].canonical);
        word->code = word->canonical.p == NULL ? 0 : hg_code32(word->canonical);
        HG_ASSERT(find_word(vocab, word->name) == NULL);
        uint32_t at = index_start(word->name);
        while (vocab->index[at] != 0)
            at = (at + 1) & (INDEX_SIZE - 1);
        vocab->index[at] = (uint16_t)(i + 1);
    }
    *ret = vocab;
    return HG_OK;
}

void hg_vocab_destroy(struct hg_vocab *vocab)
{
    free(vocab);
}

void hg_vocab_application(const struct hg_vocab *vocab, struct hg_slice name, struct hg_arena *arena, struct hg_event *event,
                          struct hg_counts *counts)
{
    if (name.len == 0)
        return;
    char small[NAME_MAX];
    const struct word *word = name.len <= NAME_MAX ? find_word(vocab, lowered(name, small)) : NULL;
    if (word != NULL && word->canonical.p == NULL)
        return;
    if (word != NULL) {
        event->application_protocol = word->canonical;
        event->application_code = word->code;
    } else {
        char *out = hg_arena_alloc(arena, name.len);
        if (out == NULL)
            return;
        for (size_t i = 0; i < name.len; i++)
            out[i] = upper(name.p[i]);
        event->application_protocol = (struct hg_slice){out, name.len};
        event->application_code = hg_code32(event->application_protocol);
        counts->unknown_applications++;
    }
    hg_event_set_present(event, HG_FIELD_application_protocol);
}

/* Nearly all are. */
static struct hg_slice usual_transport(struct hg_slice name)
{
    if (name.len != 3)
        return HG_SLICE_NONE;
    unsigned letters = 0;
    for (int i = 0; i < 3; i++)
        letters = letters << 8 | (unsigned char)(name.p[i] | 32);
    return letters == ('t' << 16 | 'c' << 8 | 'p')   ? HG_SLICE("tcp")
           : letters == ('u' << 16 | 'd' << 8 | 'p') ? HG_SLICE("udp")
                                                     : HG_SLICE_NONE;
}

void hg_vocab_transport(struct hg_slice name, struct hg_arena *arena, struct hg_event *event)
{
    static const struct {
        const char *name, *canonical;
    } transports[] = {{"tcp", "tcp"},   {"TCP", "tcp"},       {"tcp_ip", "tcp"},         {"udp", "udp"},   {"UDP", "udp"},
                      {"udp_ip", "udp"}, {"icmp_ip", "icmp"}, {"ipv6icmp", "ipv6-icmp"}, {"tls", "tcp"}, {"icmpv6", "ipv6-icmp"}};
    if (name.len == 0)
        return;
    struct hg_slice protocol = usual_transport(name);
    for (size_t i = 0; i < sizeof transports / sizeof transports[0] && protocol.p == NULL; i++)
        if (hg_slice_is(name, transports[i].name))
            protocol = hg_slice_of(transports[i].canonical);
    if (protocol.p == NULL) {
        char *out = hg_arena_alloc(arena, name.len);
        if (out == NULL)
            return;
        protocol = lowered(name, out);
    }
    event->protocol = protocol;
    event->protocol_code = hg_code32(protocol);
    hg_event_set_present(event, HG_FIELD_protocol);
}

void hg_vocab_kind(struct hg_slice kind, struct hg_event *event)
{
    event->kind = kind;
    event->kind_code = kind.len == 0 ? 0 : hg_code32(kind);
}
