/* Words of a filter's text, and what is said where one is wrong. */
#include "core/filter_priv.h"

#include <stdarg.h>
#include <stdio.h>

size_t hg_filter_name_length(struct hg_slice text)
{
    size_t n = 0;
    while (n < text.len && ((hg_filter_lower(text.p[n]) >= 'a' && hg_filter_lower(text.p[n]) <= 'z') || text.p[n] == '_' ||
                            (n > 0 && text.p[n] >= '0' && text.p[n] <= '9')))
        n++;
    return n;
}

size_t hg_filter_quote_end(struct hg_slice text, size_t at)
{
    while (at < text.len && text.p[at] != '"')
        at += hg_filter_is_escape(text, at) ? 2 : 1;
    return at;
}

size_t hg_filter_word_end(struct hg_slice text, size_t at, bool is_value)
{
    while (at < text.len && !hg_filter_ends_word(text.p[at]) && !(is_value && text.p[at] == ','))
        at += hg_filter_is_escape(text, at) ? 2 : 1;
    return at;
}

void hg_filter_fault_set(struct hg_filter_fault *fault, size_t offset, size_t len, const char *format, ...)
{
    fault->offset = offset;
    fault->len = len;
    va_list args;
    va_start(args, format);
    vsnprintf(fault->expected, sizeof fault->expected, format, args);
    va_end(args);
}

/* "one of scan, brute_force, ...": as many as there is room for. */
static void expect_name(enum hg_filter_field field, struct hg_filter_fault *ret)
{
    size_t at = 0;
    for (uint32_t i = 0; i < hg_filter_names(field); i++) {
        const char *name = hg_filter_name(field, i, NULL);
        if (name == NULL)
            continue;
        if (at + strlen(name) + sizeof ", ..." > sizeof ret->expected) {
            snprintf(ret->expected + at, sizeof ret->expected - at, ", ...");
            return;
        }
        at += (size_t)snprintf(ret->expected + at, sizeof ret->expected - at, "%s%s", at == 0 ? "one of " : ", ", name);
    }
}

static const char *expectation(enum hg_filter_field field)
{
    switch (hg_filter_field_type(field)) {
    case HG_FILTER_OF_address:
        return "an address or a network: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32";
    case HG_FILTER_OF_time:
        return "a time: 2025-01-08, 2025-01-08T21:13, -15m, today, or a range of two: a..b";
    case HG_FILTER_OF_id:
        return "an identifier: 32 hexadecimal digits";
    case HG_FILTER_OF_number:
        return field == HG_FILTER_port || field == HG_FILTER_sport ? "a port: 0 to 65535"
               : field == HG_FILTER_score                          ? "a number from 0 to 1, or a range of two: a..b"
               : field == HG_FILTER_duration                       ? "seconds: a number from 0 on, or a range of two: a..b"
                                                                   : "a whole number from 0 on, or a range of two: a..b";
    case HG_FILTER_OF_text:
    case HG_FILTER_OF_name:
        break;
    }
    return "a text; quotes go round blanks, commas and parentheses";
}

void hg_filter_expect(enum hg_filter_field field, struct hg_filter_fault *ret)
{
    if (hg_filter_field_type(field) == HG_FILTER_OF_name)
        expect_name(field, ret);
    else
        snprintf(ret->expected, sizeof ret->expected, "%s", expectation(field));
}
