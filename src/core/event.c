#include "core/event.h"

#include "base/arena.h"

const char *hg_field_name(enum hg_field field)
{
    static const char *const names[] = {
#define HG_FIELD(name, type, text) #name,
#include "core/fields.def"
#undef HG_FIELD
    };
    return names[field];
}

static const struct {
    const char *name;
    bool is_honeypot;
} datasets[] = {
#define HG_DATASET(name, is_honeypot) {#name, is_honeypot},
#include "core/datasets.def"
#undef HG_DATASET
};

const char *hg_dataset_name(enum hg_dataset dataset)
{
    return datasets[dataset].name;
}

bool hg_dataset_parse(struct hg_slice name, enum hg_dataset *ret)
{
    for (int i = 0; i < HG_DATASET_COUNT; i++) {
        if (hg_slice_is(name, datasets[i].name)) {
            *ret = (enum hg_dataset)i;
            return true;
        }
    }
    return false;
}

bool hg_dataset_is_honeypot(enum hg_dataset dataset)
{
    return datasets[dataset].is_honeypot;
}

static const struct {
    const char *name, *words;
} attack_types[] = {
    {NULL, NULL},
#define HG_ATTACK_TYPE(name, words) {#name, words},
#include "core/attack_types.def"
#undef HG_ATTACK_TYPE
};

const char *hg_attack_type_name(enum hg_attack_type type)
{
    return attack_types[type].name;
}

const char *hg_attack_type_words(enum hg_attack_type type)
{
    return attack_types[type].words;
}

static const struct {
    const char *name, *words;
} traits[] = {
#define HG_TRAIT(name, words) {#name, words},
#include "core/traits.def"
#undef HG_TRAIT
};

const char *hg_trait_name(enum hg_trait trait)
{
    return traits[trait].name;
}

const char *hg_trait_words(enum hg_trait trait)
{
    return traits[trait].words;
}

const char *hg_label_name(enum hg_label label)
{
    return label == HG_LABEL_NONE ? NULL : label == HG_LABEL_NORMAL ? "Normal" : "Attack";
}

const char *hg_direction_name(enum hg_direction direction)
{
    static const char *const names[] = {"internal", "outbound", "inbound", "external", NULL};
    return names[direction];
}

size_t hg_tcp_flags_print(uint8_t flags, char out[6])
{
    size_t n = 0;
    for (int i = 0; i < 6; i++)
        if (flags & 1 << i)
            out[n++] = "FSRPAU"[i];
    return n;
}

bool hg_event_failed(const struct hg_event *event, bool *ret_known)
{
    if (hg_slice_is(event->kind, "login.failed") || hg_slice_is(event->kind, "reject")) {
        *ret_known = true;
        return true;
    }
    if (hg_slice_is(event->kind, "login.success") || hg_slice_is(event->kind, "accept")) {
        *ret_known = true;
        return false;
    }
    bool counted = hg_event_has(event, HG_FIELD_packets_received), flagged = hg_event_has(event, HG_FIELD_tcp_flags);
    *ret_known = counted || flagged;
    return (counted && event->packets_received == 0) || (flagged && (event->tcp_flags & HG_TCP_RST) != 0);
}

/* A slice into the record moves with it; any other is copied. */
static bool copy_slice(struct hg_slice *slice, struct hg_slice from, struct hg_slice to, struct hg_arena *arena)
{
    if (slice->p == NULL)
        return true;
    if (slice->p >= from.p && slice->p + slice->len <= from.p + from.len)
        slice->p = to.p + (slice->p - from.p);
    else
        *slice = hg_arena_copy(arena, *slice);
    return slice->p != NULL;
}

bool hg_event_copy(const struct hg_event *event, struct hg_arena *arena, struct hg_event *ret)
{
    struct hg_event copy = *event;
    copy.record = hg_arena_copy(arena, event->record);
    struct hg_slice *slices[] = {&copy.protocol, &copy.application_protocol, &copy.kind, &copy.payload, &copy.session};
    if (copy.record.p == NULL)
        return false;
    for (size_t i = 0; i < sizeof slices / sizeof slices[0]; i++)
        if (!copy_slice(slices[i], event->record, copy.record, arena))
            return false;
    for (size_t i = 0; i < HG_TRAIT_COUNT; i++)
        if (!copy_slice(&copy.traits[i], event->record, copy.record, arena))
            return false;
    *ret = copy;
    return true;
}
