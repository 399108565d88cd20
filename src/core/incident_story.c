/* The sentence that tells an incident. */
#include "core/incident.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#define QUOTED_BYTES 40u /* of what an attacker wrote */

static void put_count(struct hg_buf *buf, uint64_t n, const char *one, const char *many)
{
    char digits[32], out[48];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
    size_t at = 0;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            out[at++] = ',';
        out[at++] = digits[i];
    }
    hg_buf_printf(buf, "%.*s %s", (int)at, out, n == 1 ? one : many);
}

static void put_quoted(struct hg_buf *buf, struct hg_slice text)
{
    bool is_cut = text.len > QUOTED_BYTES;
    text.len = is_cut ? QUOTED_BYTES : text.len;
    while (is_cut && text.len > 0 && ((unsigned char)text.p[text.len] & 0xc0) == 0x80)
        text.len--;
    hg_buf_printf(buf, "\"%.*s%s\"", (int)text.len, text.p, is_cut ? "\xe2\x80\xa6" : "");
}

static void put_lasting(struct hg_buf *buf, int64_t us)
{
    if (us < HG_SECOND)
        return;
    hg_buf_text(buf, us < HG_MINUTE ? " within " : " over ");
    if (us < HG_MINUTE)
        put_count(buf, (uint64_t)(us / HG_SECOND), "second", "seconds");
    else if (us < 2 * HG_HOUR)
        put_count(buf, (uint64_t)((us + HG_MINUTE / 2) / HG_MINUTE), "minute", "minutes");
    else if (us < 2 * HG_DAY)
        put_count(buf, (uint64_t)((us + HG_HOUR / 2) / HG_HOUR), "hour", "hours");
    else
        put_count(buf, (uint64_t)((us + HG_DAY / 2) / HG_DAY), "day", "days");
}

static void put_application(struct hg_buf *buf, const struct hg_incident_facts *facts)
{
    char name[32];
    if (facts->application.len == 0 || facts->application.len > sizeof name)
        return;
    for (size_t i = 0; i < facts->application.len; i++)
        name[i] = (char)tolower((unsigned char)facts->application.p[i]);
    hg_buf_printf(buf, " on %.*s", (int)facts->application.len, name);
}

/* What was done, step by step; false where none of these steps was seen. */
static bool put_steps(const struct hg_incident *incident, const struct hg_incident_facts *facts, struct hg_buf *buf)
{
    const char *comma = " ";
    bool guessed = facts->passwords > 0 || facts->users > 0;
    if (guessed) {
        hg_buf_text(buf, " tried ");
        if (facts->passwords > 0)
            put_count(buf, facts->passwords, "password", "passwords");
        else
            put_count(buf, facts->users, "user name", "user names");
        put_application(buf, facts);
        put_lasting(buf, incident->last_us - incident->first_us);
        comma = ", ";
    }
    if (facts->logged_in) {
        hg_buf_printf(buf, "%sgot in", comma);
        if (facts->got_in_as.len > 0) {
            hg_buf_text(buf, " as ");
            put_quoted(buf, facts->got_in_as);
        }
        comma = ", ";
    }
    if (facts->commands > 0) {
        hg_buf_printf(buf, "%sran ", comma);
        put_count(buf, facts->commands, "command", "commands");
        comma = ", ";
    }
    if (facts->files > 0) {
        hg_buf_printf(buf, "%sfetched ", comma);
        put_count(buf, facts->files, "file", "files");
        comma = ", ";
    }
    return comma[0] == ',';
}

/* A sentence as a part of another: its first letter small (where the second is, so that "TLS" stays), no period. */
static void put_sentence(struct hg_buf *buf, struct hg_slice text)
{
    while (text.len > 0 && (text.p[text.len - 1] == '.' || text.p[text.len - 1] == ' '))
        text.len--;
    if (text.len == 0)
        return;
    bool small = text.len > 1 && islower((unsigned char)text.p[1]);
    hg_buf_char(buf, small ? (char)tolower((unsigned char)text.p[0]) : text.p[0]);
    hg_buf_add(buf, text.p + 1, text.len - 1);
}

static bool put_finding(const struct hg_finding *finding, struct hg_buf *buf)
{
    struct hg_buf words;
    if (finding == NULL || finding->rule == HG_RULE_NONE)
        return false;
    hg_buf_init(&words, 1024);
    hg_finding_words(finding, &words);
    hg_buf_text(buf, ": ");
    put_sentence(buf, hg_buf_slice(&words));
    hg_buf_free(&words);
    return true;
}

/* What kind, how often, against what. */
static void put_kind(const struct hg_incident *incident, const struct hg_incident_facts *facts, struct hg_slice reason, struct hg_buf *buf)
{
    hg_buf_text(buf, ": ");
    put_count(buf, incident->events, "odd event", "odd events");
    if (facts->type.len > 0)
        hg_buf_printf(buf, " (%.*s)", (int)facts->type.len, facts->type.p);
    if (facts->targets > 1) {
        hg_buf_text(buf, " at ");
        put_count(buf, facts->targets, "address", "addresses");
    }
    if (facts->port != 0 && facts->ports == 1)
        hg_buf_printf(buf, ", port %" PRIu64, facts->port);
    else if (facts->ports > 1) {
        hg_buf_text(buf, facts->targets > 1 ? " and " : " at ");
        put_count(buf, facts->ports, "port", "ports");
    }
    put_lasting(buf, incident->last_us - incident->first_us);
    if (reason.len > 0 && facts->signature.len == 0) {
        hg_buf_text(buf, "; ");
        put_sentence(buf, reason);
    }
}

void hg_incident_story(const struct hg_incident *incident, const struct hg_incident_facts *facts, const struct hg_finding *finding, struct hg_slice reason,
                       struct hg_buf *buf)
{
    if (facts->source.len == 0)
        hg_buf_text(buf, "Many addresses");
    else
        hg_buf_printf(buf, "%s%.*s", facts->own ? "Our own " : "", (int)facts->source.len, facts->source.p);
    if (facts->country.len > 0 && !facts->own)
        hg_buf_printf(buf, " (%.*s)", (int)facts->country.len, facts->country.p);
    if (!put_steps(incident, facts, buf) && !put_finding(finding, buf))
        put_kind(incident, facts, reason, buf);
    if (facts->signature.len > 0) {
        hg_buf_text(buf, ", set off ");
        put_quoted(buf, facts->signature);
        if (facts->signature_events > 1) {
            hg_buf_char(buf, ' ');
            put_count(buf, facts->signature_events, "time", "times");
        }
    }
}
