#include "behave/attempts.h"

#include "base/hash.h"
#include "base/instant.h"

/* Where people and programs log in by name and password, and attackers guess. Web log-ins can't be told from other pages. */
static const uint16_t log_in_ports[] = {21,  22,  23,  110,  143,  445,  465,  587,  993,  995,
                                        1433, 1521, 2222, 2223, 3306, 3389, 5432, 5900, 5985};

static bool is_log_in_service(const struct hg_event *event)
{
    for (size_t i = 0; i < sizeof log_in_ports / sizeof log_in_ports[0]; i++)
        if (event->destination_port == log_in_ports[i])
            return hg_slice_is(event->protocol, "tcp");
    return false;
}

/* A service of a honeypot accepts what it is told, so that its records don't say what would have failed. */
static enum attempt attempt_at_honeypot(const struct hg_event *event)
{
    if (hg_slice_is(event->kind, "login.success"))
        return ATTEMPT_WORKED;
    if (hg_slice_is(event->kind, "login.failed") || event->traits[HG_TRAIT_password].p != NULL)
        return ATTEMPT_FAILED;
    return ATTEMPT_NONE;
}

enum attempt attempt_of(const struct hg_event *event, const struct hg_behave_settings *settings)
{
    if (hg_dataset_is_honeypot((enum hg_dataset)event->dataset))
        return attempt_at_honeypot(event);
    if (!is_log_in_service(event) || !hg_event_has(event, HG_FIELD_bytes_sent))
        return ATTEMPT_NONE;
    bool is_long = event->duration >= settings->brute_force_success_duration &&
                   (double)(event->bytes_sent + event->bytes_received) >= settings->brute_force_success_bytes;
    return is_long ? ATTEMPT_LONG : ATTEMPT_SHORT;
}

/* The minutes between the greatest one and this are empty; one before it counts in its own, if that is still there. */
static void count_minute(struct attempts *attempts, uint64_t minute)
{
    if (minute > attempts->minute) {
        uint64_t empty = minute - attempts->minute;
        for (uint64_t i = 0; i < empty && i < ATTEMPT_MINUTES; i++)
            attempts->recent[(minute - i) % ATTEMPT_MINUTES] = 0;
        attempts->minute = minute;
    }
    uint16_t *recent = &attempts->recent[minute % ATTEMPT_MINUTES];
    if (attempts->minute - minute < ATTEMPT_MINUTES && *recent < UINT16_MAX)
        ++*recent;
}

static void note_password(struct attempts *attempts, struct hg_slice password)
{
    if (password.p == NULL)
        return;
    uint64_t bit = hg_hash64(password, 0) % (PASSWORD_WORDS * 64);
    attempts->passwords[bit / 64] |= UINT64_C(1) << bit % 64;
}

const struct attempts *attempts_add(struct entries *table, uint64_t key, const struct hg_event *event, enum attempt attempt)
{
    struct attempts *attempts = entries_find(table, key);
    int64_t last_us = attempts != NULL ? attempts->entry.last_us : HG_TIME_NONE;
    if (attempts == NULL && (attempt == ATTEMPT_WORKED || attempt == ATTEMPT_LONG))
        return NULL;
    attempts = entries_use(table, key, event->time_us);
    if (last_us == HG_TIME_NONE || elapsed(event->time_us, last_us) > ATTEMPT_MINUTES * HG_MINUTE) {
        *attempts = (struct attempts){.entry = attempts->entry, .first_us = event->time_us};
    }
    if (attempt == ATTEMPT_WORKED || attempt == ATTEMPT_LONG)
        return attempts;
    attempts->failed += attempt == ATTEMPT_FAILED;
    attempts->tried += attempt == ATTEMPT_SHORT;
    count_minute(attempts, (uint64_t)(event->time_us / HG_MINUTE));
    note_password(attempts, event->traits[HG_TRAIT_password]);
    return attempts;
}

unsigned attempts_recent(const struct attempts *attempts)
{
    unsigned n = 0;
    for (unsigned i = 0; i < ATTEMPT_MINUTES; i++)
        n += attempts->recent[i];
    return n;
}

/* Linear counting: of m bits, n distinct passwords leave m * exp(-n / m) at zero. The sum of 1 / k for the bits still free is its
 * inverse, without a logarithm. */
unsigned attempts_passwords(const struct attempts *attempts)
{
    unsigned set = 0, bits = PASSWORD_WORDS * 64;
    for (unsigned i = 0; i < PASSWORD_WORDS; i++)
        set += (unsigned)__builtin_popcountll(attempts->passwords[i]);
    double n = 0;
    for (unsigned i = 0; i < set; i++)
        n += (double)bits / (double)(bits - i);
    return (unsigned)(n + 0.5);
}
