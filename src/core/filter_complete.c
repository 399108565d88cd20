/* What is being typed: what could stand there, and how a value is written. */
#include "core/filter_priv.h"

/* ---- a value as a filter writes it */

static bool needs_quotes(struct hg_slice value)
{
    if (value.len == 0 || value.p[0] == '<' || value.p[0] == '>')
        return true;
    for (size_t i = 0; i < value.len; i++)
        if (hg_filter_ends_word(value.p[i]) || value.p[i] == ',' || (unsigned char)value.p[i] < ' ' || value.p[i] == '\x7f' || value.p[i] == '\\' || value.p[i] == '*')
            return true;
    return false;
}

void hg_filter_put_value(enum hg_filter_field field, struct hg_slice value, struct hg_buf *buf)
{
    if (field != HG_FILTER_TEXT) {
        hg_buf_text(buf, hg_filter_field_name(field));
        hg_buf_char(buf, ':');
    }
    if (field != HG_FILTER_TEXT && !needs_quotes(value)) {
        hg_buf_put(buf, value);
        return;
    }
    hg_buf_char(buf, '"');
    for (size_t i = 0; i < value.len; i++) {
        if (value.p[i] == '"' || value.p[i] == '\\' || value.p[i] == '*')
            hg_buf_char(buf, '\\');
        hg_buf_char(buf, value.p[i]);
    }
    hg_buf_char(buf, '"');
}

/* ---- completion */

/* Where the term that `at` lies in begins, its minus signs left behind. */
static size_t term_start(struct hg_slice text, size_t at)
{
    size_t start = 0, i = 0;
    while (i < at) {
        if (text.p[i] == '"') {
            size_t end = hg_filter_quote_end(text, i + 1);
            i = end < at ? end + 1 : at;
        } else if (hg_filter_ends_word(text.p[i])) {
            start = ++i;
        } else {
            i += hg_filter_is_escape(text, i) && i + 2 <= at ? 2 : 1;
        }
    }
    while (start < at && text.p[start] == '-')
        start++;
    return start;
}

/* The part of a list of values that `at` lies in begins behind this byte. */
static size_t value_start(struct hg_slice text, size_t from, size_t at)
{
    size_t i = from;
    while (i < at) {
        if (text.p[i] == '"') {
            size_t end = hg_filter_quote_end(text, i + 1);
            i = end < at ? end + 1 : at;
        } else {
            if (text.p[i] == ',')
                from = i + 1;
            i++;
        }
    }
    return from;
}

static bool is_known_to_store(enum hg_filter_field field)
{
    switch (hg_filter_field_type(field)) {
    case HG_FILTER_OF_text:
        return field != HG_FILTER_session;
    case HG_FILTER_OF_address:
        return true;
    case HG_FILTER_OF_number:
        return field == HG_FILTER_port || field == HG_FILTER_sport;
    case HG_FILTER_OF_name:
    case HG_FILTER_OF_time:
    case HG_FILTER_OF_id:
        break;
    }
    return false;
}

static void complete_value(struct hg_slice text, size_t at, enum hg_filter_field field, size_t from,
                           void (*visit)(void *self, const char *text, const char *words), void *self, struct hg_filter_place *ret)
{
    ret->from = value_start(text, from, at);
    bool quoted = ret->from < text.len && text.p[ret->from] == '"';
    size_t start = ret->from + (quoted && ret->from < at);
    ret->typed = (struct hg_slice){text.p + start, at - start};
    if (quoted) {
        ret->to = hg_filter_quote_end(text, ret->from + 1);
        ret->to += ret->to < text.len;
    } else {
        ret->to = hg_filter_word_end(text, ret->from, true);
    }
    ret->field = is_known_to_store(field) ? field : HG_FILTER_FIELD_COUNT;
    for (uint32_t i = 0; i < hg_filter_names(field); i++) {
        const char *words, *name = hg_filter_name(field, i, &words);
        if (name != NULL && hg_filter_begins(name, ret->typed))
            visit(self, name, words);
    }
}

static bool begins_other(enum hg_filter_field field, struct hg_slice typed)
{
    const char *other = hg_filter_field_others(field);
    while (*other != '\0') {
        if (hg_filter_begins(other, typed))
            return true;
        other += strcspn(other, " ");
        other += *other == ' ';
    }
    return false;
}

/* Own names before the others. */
static void complete_field(struct hg_slice typed, void (*visit)(void *self, const char *text, const char *words), void *self)
{
    for (int others = 0; others < 2; others++) {
        for (int i = 0; i < HG_FILTER_TEXT; i++) {
            enum hg_filter_field field = (enum hg_filter_field)i;
            bool own = hg_filter_begins(hg_filter_field_name(field), typed);
            if (others == 0 ? !own : own || !begins_other(field, typed))
                continue;
            char name[32];
            size_t len = strlen(hg_filter_field_name(field));
            HG_ASSERT(len + 2 <= sizeof name);
            memcpy(name, hg_filter_field_name(field), len);
            memcpy(name + len, ":", 2);
            visit(self, name, hg_filter_field_words(field));
        }
    }
}

void hg_filter_complete(struct hg_slice text, size_t at, void (*visit)(void *self, const char *text, const char *words), void *self,
                        struct hg_filter_place *ret)
{
    if (at > text.len)
        at = text.len;
    size_t start = term_start(text, at);
    struct hg_slice word = {text.p + start, hg_filter_word_end(text, start, false) - start};
    size_t len = word.len > 0 ? hg_filter_name_length(word) : 0;
    *ret = (struct hg_filter_place){.from = at, .to = at, .field = HG_FILTER_FIELD_COUNT, .typed = {text.p + at, 0}};
    if (len > 0 && len < word.len && start + len < at && (word.p[len] == ':' || word.p[len] == '<' || word.p[len] == '>')) {
        enum hg_filter_field field = hg_filter_field_of((struct hg_slice){word.p, len});
        size_t from = start + len + 1;
        while (from < at && (text.p[from] == '<' || text.p[from] == '>' || text.p[from] == '='))
            from++;
        if (field < HG_FILTER_FIELD_COUNT)
            complete_value(text, at, field, from, visit, self, ret);
        return;
    }
    if (start < text.len && text.p[start] == '"' && start < at) /* a phrase: nothing is known of it */
        return;
    ret->from = start;
    ret->to = start + word.len < at ? at : start + word.len;
    ret->typed = (struct hg_slice){text.p + start, at - start};
    complete_field(ret->typed, visit, self);
}
