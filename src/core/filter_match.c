#include "core/filter_priv.h"

/* ---- texts */

/* A pattern's byte at `at`: what it stands for, and how long it is written. */
static size_t pattern_step(struct hg_slice pattern, size_t at, char *ret)
{
    bool is_escape = pattern.p[at] == '\\' && at + 1 < pattern.len;
    *ret = pattern.p[at + is_escape];
    return is_escape ? 2 : 1;
}

bool hg_filter_like(struct hg_slice pattern, struct hg_slice text)
{
    size_t p = 0, t = 0, star = SIZE_MAX, resume = 0; /* the last star, and how far into the text it reaches */
    while (t < text.len) {
        if (p < pattern.len && pattern.p[p] == '*') {
            star = ++p;
            resume = t;
            continue;
        }
        char c = 0;
        size_t step = p < pattern.len ? pattern_step(pattern, p, &c) : 0;
        if (step > 0 && hg_filter_lower(c) == hg_filter_lower(text.p[t])) {
            p += step;
            t++;
        } else if (star != SIZE_MAX) {
            p = star;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.p[p] == '*')
        p++;
    return p == pattern.len;
}

/* How usual a byte is in logs: what isn't named here is rare. */
static unsigned commonness(char c)
{
    static const uint8_t order[256] = {['"'] = 40, ['e'] = 39, ['t'] = 38, ['i'] = 37, ['a'] = 36, ['o'] = 35, ['n'] = 34, ['s'] = 33, ['r'] = 32,
                                       [' '] = 31, [':'] = 30, [','] = 29, ['0'] = 28, ['1'] = 27, ['2'] = 26, ['d'] = 25, ['c'] = 24, ['l'] = 23,
                                       ['_'] = 22, ['p'] = 21, ['.'] = 20, ['3'] = 19, ['5'] = 18, ['4'] = 17, ['6'] = 16, ['7'] = 15, ['8'] = 14,
                                       ['9'] = 13, ['u'] = 12, ['f'] = 11, ['m'] = 10, ['h'] = 9,  ['b'] = 8,  ['g'] = 7,  ['-'] = 6,  ['w'] = 5,
                                       ['y'] = 4,  ['v'] = 3,  ['k'] = 2,  ['/'] = 1};
    return order[(unsigned char)c];
}

static size_t rarest_of(struct hg_slice sought)
{
    size_t rarest = 0;
    for (size_t i = 1; i < sought.len; i++)
        if (commonness(sought.p[i]) < commonness(sought.p[rarest]))
            rarest = i;
    return rarest;
}

static bool is_at(const char *p, struct hg_slice sought)
{
    size_t i = 0;
    while (i < sought.len && hg_filter_lower(p[i]) == sought.p[i])
        i++;
    return i == sought.len;
}

/* In any case; `sought` is lower case. Its rarest byte is looked for, as a small and as a capital letter. */
static bool contains(struct hg_slice text, struct hg_slice sought)
{
    if (sought.len == 0 || sought.len > text.len)
        return sought.len == 0;
    size_t rarest = rarest_of(sought);
    const char *from = text.p + rarest, *end = from + (text.len - sought.len + 1);
    char small = sought.p[rarest], capital = small >= 'a' && small <= 'z' ? (char)(small & ~0x20) : small;
    const char *a = memchr(from, small, (size_t)(end - from));
    const char *b = capital == small ? NULL : memchr(from, capital, (size_t)(end - from));
    while (a != NULL || b != NULL) {
        bool first = b == NULL || (a != NULL && a < b);
        const char **at = first ? &a : &b;
        if (is_at(*at - rarest, sought))
            return true;
        *at = memchr(*at + 1, first ? small : capital, (size_t)(end - *at - 1));
    }
    return false;
}

static bool match_text(const struct hg_filter_term *term, struct hg_slice text)
{
    return text.p != NULL && (term->test == HG_FILTER_HAS || hg_filter_like(term->v.text, text));
}

static bool match_trait(const struct hg_filter_term *term, const struct hg_filter_row *row, enum hg_trait trait)
{
    return match_text(term, row->event->traits[trait]);
}

static bool match_field(const struct hg_filter_term *term, const struct hg_filter_row *row, enum hg_field field, struct hg_slice text)
{
    return hg_event_has(row->event, field) && match_text(term, text);
}

/* ---- numbers, names, addresses */

static bool match_number(const struct hg_filter_term *term, bool is_present, double value)
{
    return is_present && (term->test == HG_FILTER_HAS || (value >= term->v.number.low && value <= term->v.number.high));
}

static bool match_counter(const struct hg_filter_term *term, const struct hg_filter_row *row, enum hg_field field, double value)
{
    return match_number(term, hg_event_has(row->event, field), value);
}

static bool match_name(const struct hg_filter_term *term, bool is_present, uint32_t number)
{
    return is_present && (term->test == HG_FILTER_HAS || number == term->v.name);
}

static bool match_severity(const struct hg_filter_term *term, const struct hg_filter_row *row)
{
    if (row->score == NULL)
        return false;
    return term->test == HG_FILTER_RANGE ? match_number(term, true, row->score->severity) : match_name(term, true, row->score->severity);
}

static bool match_address(const struct hg_filter_term *term, const struct hg_filter_row *row, enum hg_field field, const struct hg_ip *ip)
{
    if (!hg_event_has(row->event, field))
        return false;
    if (term->test == HG_FILTER_HAS)
        return true;
    unsigned whole = term->v.address.bits / 8, rest = term->v.address.bits % 8;
    if (memcmp(ip->b, term->v.address.ip.b, whole) != 0)
        return false;
    return rest == 0 || (ip->b[whole] & (uint8_t)(0xff00u >> rest)) == term->v.address.ip.b[whole];
}

static bool match_id(const struct hg_filter_term *term, const struct hg_id *id)
{
    static const struct hg_id none = {{0}};
    if (id == NULL || memcmp(id, &none, sizeof none) == 0)
        return false;
    return term->test == HG_FILTER_HAS || memcmp(id, &term->v.id, sizeof *id) == 0;
}

static bool match_time(const struct hg_filter_term *term, int64_t time_us)
{
    return time_us >= term->v.time.from_us && (time_us < term->v.time.to_us || term->v.time.to_us == INT64_MAX);
}

bool hg_filter_match_term(const struct hg_filter_term *term, const struct hg_filter_row *row)
{
    const struct hg_event *event = row->event;
    switch ((enum hg_filter_field)term->field) {
    case HG_FILTER_time:
        return match_time(term, event->time_us);
    case HG_FILTER_src:
        return match_address(term, row, HG_FIELD_source_ip, &event->source_ip);
    case HG_FILTER_dst:
        return match_address(term, row, HG_FIELD_destination_ip, &event->destination_ip);
    case HG_FILTER_ip:
        return match_address(term, row, HG_FIELD_source_ip, &event->source_ip) ||
               match_address(term, row, HG_FIELD_destination_ip, &event->destination_ip);
    case HG_FILTER_sport:
        return match_counter(term, row, HG_FIELD_source_port, event->source_port);
    case HG_FILTER_port:
        return match_counter(term, row, HG_FIELD_destination_port, event->destination_port);
    case HG_FILTER_proto:
        return match_field(term, row, HG_FIELD_protocol, event->protocol);
    case HG_FILTER_app:
        return match_field(term, row, HG_FIELD_application_protocol, event->application_protocol);
    case HG_FILTER_dataset:
        return match_name(term, true, event->dataset);
    case HG_FILTER_source:
        return match_text(term, hg_slice_of(row->source));
    case HG_FILTER_kind:
        return match_text(term, event->kind);
    case HG_FILTER_session:
        return match_text(term, event->session);
    case HG_FILTER_type:
        return match_name(term, event->attack_type != HG_ATTACK_TYPE_none, event->attack_type);
    case HG_FILTER_label:
        return match_name(term, event->label != HG_LABEL_NONE, event->label);
    case HG_FILTER_by:
        return match_name(term, row->by != 0, row->by);
    case HG_FILTER_severity:
        return match_severity(term, row);
    case HG_FILTER_score:
        return row->score != NULL && match_number(term, hg_score_has_value(row->score), row->score->value);
    case HG_FILTER_rule:
        return row->score != NULL && match_name(term, row->score->finding.rule != HG_RULE_NONE, row->score->finding.rule);
    case HG_FILTER_country:
        return match_text(term, row->country);
    case HG_FILTER_user:
        return match_trait(term, row, HG_TRAIT_username);
    case HG_FILTER_password:
        return match_trait(term, row, HG_TRAIT_password);
    case HG_FILTER_command:
        return match_trait(term, row, HG_TRAIT_command);
    case HG_FILTER_url:
        return match_trait(term, row, HG_TRAIT_url);
    case HG_FILTER_sha256:
        return match_trait(term, row, HG_TRAIT_file);
    case HG_FILTER_hassh:
        return match_trait(term, row, HG_TRAIT_hassh);
    case HG_FILTER_ja3:
        return match_trait(term, row, HG_TRAIT_ja3);
    case HG_FILTER_client:
        return match_trait(term, row, HG_TRAIT_client);
    case HG_FILTER_signature:
        return match_trait(term, row, HG_TRAIT_signature);
    case HG_FILTER_duration:
        return match_counter(term, row, HG_FIELD_duration, event->duration);
    case HG_FILTER_bytes_sent:
        return match_counter(term, row, HG_FIELD_bytes_sent, (double)event->bytes_sent);
    case HG_FILTER_bytes_received:
        return match_counter(term, row, HG_FIELD_bytes_received, (double)event->bytes_received);
    case HG_FILTER_packets_sent:
        return match_counter(term, row, HG_FIELD_packets_sent, (double)event->packets_sent);
    case HG_FILTER_packets_received:
        return match_counter(term, row, HG_FIELD_packets_received, (double)event->packets_received);
    case HG_FILTER_direction:
        return match_name(term, event->direction != HG_DIRECTION_NONE, event->direction);
    case HG_FILTER_late:
        return match_name(term, true, row->late);
    case HG_FILTER_event:
        return match_id(term, &event->id);
    case HG_FILTER_alert:
        return match_id(term, row->alert);
    case HG_FILTER_TEXT:
        return event->record.p != NULL && contains(event->record, term->v.text);
    case HG_FILTER_FIELD_COUNT:
        break;
    }
    return false;
}

/* ---- the tree: as deep as HG_FILTER_DEPTH_MAX lets it be */

static bool match_node(const struct hg_filter *filter, const struct hg_filter_node *node, const struct hg_filter_row *row)
{
    if (node->kind == HG_FILTER_TERM)
        return hg_filter_match_term(&filter->terms[node->first], row);
    const uint32_t *children = &filter->children[node->first]; /* a term has none, and a lone term's filter has no array */
    if (node->kind == HG_FILTER_NOT)
        return !match_node(filter, &filter->nodes[children[0]], row);
    bool wanted = node->kind == HG_FILTER_OR; /* the answer of a child that settles it */
    for (uint32_t i = 0; i < node->count; i++)
        if (match_node(filter, &filter->nodes[children[i]], row) == wanted)
            return wanted;
    return !wanted;
}

bool hg_filter_match(const struct hg_filter *filter, const struct hg_filter_row *row)
{
    return filter == NULL || match_node(filter, &filter->nodes[filter->root], row);
}
