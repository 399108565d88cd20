#include "store/deed.h"

#include "base/num.h"

#include <stdio.h>

#define VALUES_MAX 500u /* of a field: enough to count the commands */

static const enum hg_filter_field fields[HG_DEED_FIELDS] = {
    [HG_DEED_USER] = HG_FILTER_user,   [HG_DEED_PASSWORD] = HG_FILTER_password, [HG_DEED_COMMAND] = HG_FILTER_command, [HG_DEED_SHA256] = HG_FILTER_sha256,
    [HG_DEED_URL] = HG_FILTER_url,     [HG_DEED_PORT] = HG_FILTER_port,         [HG_DEED_DST] = HG_FILTER_dst,         [HG_DEED_SIGNATURE] = HG_FILTER_signature,
    [HG_DEED_APP] = HG_FILTER_app,     [HG_DEED_TYPE] = HG_FILTER_type,         [HG_DEED_DATASET] = HG_FILTER_dataset,
};

static enum hg_rc ask(struct hg_reader_db *reader, struct hg_query *query, const struct hg_ip *source, const char *more, const enum hg_filter_field *of,
                      size_t n, struct hg_arena *arena, struct hg_query_values *ret, struct hg_err *reterr)
{
    char address[HG_IP_TEXT_BYTES], text[128];
    struct hg_filter_fault fault;
    int len = snprintf(text, sizeof text, "src:\"%.*s\"%s", (int)hg_ip_print(source, address), address, more);
    enum hg_rc rc = hg_filter_parse((struct hg_slice){text, (size_t)len}, 0, arena, &query->filter, &fault, reterr);
    return rc == HG_OK ? hg_query_top(reader, query, of, n, HG_BY_EVENTS, VALUES_MAX, arena, ret, reterr) : rc;
}

enum hg_rc hg_deed_read(struct hg_reader_db *reader, const struct hg_incident *incident, const struct hg_alert *top, int64_t deadline_us,
                        struct hg_arena *arena, struct hg_deed *ret, struct hg_err *reterr)
{
    struct hg_query query = {.range = {incident->first_us, incident->last_us + 1}, .deadline_us = deadline_us};
    *ret = (struct hg_deed){0};
    if (!hg_alert_has_source(top) || (deadline_us != 0 && hg_time_monotonic_us() > deadline_us))
        return HG_OK;
    enum hg_rc rc = ask(reader, &query, &top->source_ip, "", fields, HG_DEED_FIELDS, arena, ret->values, reterr);
    if (rc == HG_OK)
        rc = ask(reader, &query, &top->source_ip, " kind:login.success", &fields[HG_DEED_USER], 1, arena, &ret->logins, reterr);
    ret->known = rc == HG_OK && ret->values[0].exact && ret->logins.exact;
    return rc;
}

static const struct hg_query_value *first_of(const struct hg_query_values *values)
{
    for (size_t i = 0; i < values->n; i++)
        if (values->rows[i].key.p != NULL)
            return &values->rows[i];
    return NULL;
}

static struct hg_slice key_of(const struct hg_query_values *values)
{
    const struct hg_query_value *row = first_of(values);
    return row == NULL ? HG_SLICE_NONE : row->key;
}

static uint64_t events_with(const struct hg_query_values *values)
{
    uint64_t n = 0;
    for (size_t i = 0; i < values->n; i++)
        n += values->rows[i].key.p == NULL ? 0 : values->rows[i].tally.events;
    return n;
}

static struct hg_slice type_words(struct hg_slice name)
{
    for (int i = HG_ATTACK_TYPE_none + 1; i < HG_ATTACK_TYPE_COUNT; i++)
        if (hg_slice_is(name, hg_attack_type_name((enum hg_attack_type)i)))
            return hg_slice_of(hg_attack_type_words((enum hg_attack_type)i));
    return HG_SLICE_NONE;
}

static void take_values(const struct hg_deed *deed, struct hg_incident_facts *facts)
{
    const struct hg_query_values *v = deed->values;
    const struct hg_query_value *signature = first_of(&v[HG_DEED_SIGNATURE]);
    facts->passwords = v[HG_DEED_PASSWORD].distinct;
    facts->users = v[HG_DEED_USER].distinct;
    facts->commands = events_with(&v[HG_DEED_COMMAND]);
    facts->files = v[HG_DEED_SHA256].distinct > v[HG_DEED_URL].distinct ? v[HG_DEED_SHA256].distinct : v[HG_DEED_URL].distinct;
    facts->targets = v[HG_DEED_DST].distinct;
    facts->ports = v[HG_DEED_PORT].distinct;
    facts->application = key_of(&v[HG_DEED_APP]);
    facts->type = type_words(key_of(&v[HG_DEED_TYPE]));
    facts->logged_in = deed->logins.sum.events > 0;
    facts->got_in_as = key_of(&deed->logins);
    (void)hg_num_parse_u64(key_of(&v[HG_DEED_PORT]), &facts->port);
    if (signature != NULL) {
        facts->signature = signature->key;
        facts->signature_events = signature->tally.events;
    }
}

struct hg_incident_facts hg_deed_facts(const struct hg_alert *top, const struct hg_deed *deed, char ip[HG_IP_TEXT_BYTES])
{
    struct hg_incident_facts facts = {.country = hg_slice_of(top->geo.country[0] == '\0' ? NULL : top->geo.country)};
    if (hg_alert_has_source(top)) {
        facts.source = (struct hg_slice){ip, hg_ip_print(&top->source_ip, ip)};
        facts.own = hg_ip_is_private(&top->source_ip);
    }
    if (deed->known)
        take_values(deed, &facts);
    else
        facts.type = hg_slice_of(hg_attack_type_words((enum hg_attack_type)top->attack_type));
    return facts;
}
