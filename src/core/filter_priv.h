/* Of the filter language's own files: types of fields, names of lists, words of a text. */
#ifndef HG_CORE_FILTER_PRIV_H
#define HG_CORE_FILTER_PRIV_H

#include "core/filter.h"

enum hg_filter_type { HG_FILTER_OF_text, HG_FILTER_OF_address, HG_FILTER_OF_number, HG_FILTER_OF_name, HG_FILTER_OF_time, HG_FILTER_OF_id };
enum hg_filter_op { HG_FILTER_EQUALS, HG_FILTER_LESS, HG_FILTER_AT_MOST, HG_FILTER_MORE, HG_FILTER_AT_LEAST };

enum hg_filter_type hg_filter_field_type(enum hg_filter_field field);
/* Has it an order that < and > can ask for? */
bool hg_filter_is_ordered(enum hg_filter_field field);
/* The other names of a field, with blanks between. */
const char *hg_filter_field_others(enum hg_filter_field field);
/* Of a list: how many numbers its names have, and the name and the words of one (NULL: that number has none). */
uint32_t hg_filter_names(enum hg_filter_field field);
const char *hg_filter_name(enum hg_filter_field field, uint32_t number, const char **ret_words);
/* The field, or the name of a list, that is spelled most like it; NULL where none comes near. */
const char *hg_filter_nearest_field(struct hg_slice typed);
const char *hg_filter_nearest_name(enum hg_filter_field field, struct hg_slice typed);

static inline char hg_filter_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}
static inline bool hg_filter_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
/* What ends a word that stands without quotes; a comma ends a value too. */
static inline bool hg_filter_ends_word(char c)
{
    return hg_filter_is_blank(c) || c == '(' || c == ')' || c == '"' || c == '|';
}
static inline bool hg_filter_is_escape(struct hg_slice text, size_t at) /* \" \\ \*; before anything else a backslash is itself */
{
    return text.p[at] == '\\' && at + 1 < text.len && (text.p[at + 1] == '"' || text.p[at + 1] == '\\' || text.p[at + 1] == '*');
}
static inline bool hg_filter_same(struct hg_slice text, const char *name) /* in any case of ASCII letters */
{
    size_t i = 0;
    while (i < text.len && name[i] != '\0' && hg_filter_lower(text.p[i]) == hg_filter_lower(name[i]))
        i++;
    return i == text.len && name[i] == '\0';
}
static inline bool hg_filter_begins(const char *name, struct hg_slice typed)
{
    size_t i = 0;
    while (i < typed.len && name[i] != '\0' && hg_filter_lower(typed.p[i]) == hg_filter_lower(name[i]))
        i++;
    return i == typed.len;
}
/* How many of the first bytes are a field's name. */
size_t hg_filter_name_length(struct hg_slice text);

/* From `at`, just behind an opening quote, to the closing one; text.len: there is none. */
size_t hg_filter_quote_end(struct hg_slice text, size_t at);
/* From `at` to what ends a word; of a value to a comma too. */
size_t hg_filter_word_end(struct hg_slice text, size_t at, bool is_value);

void hg_filter_fault_set(struct hg_filter_fault *fault, size_t offset, size_t len, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What a field wants behind its colon: "a port: 0 to 65535". */
void hg_filter_expect(enum hg_filter_field field, struct hg_filter_fault *ret);
bool hg_filter_parse_network(struct hg_slice text, struct hg_ip *ret_ip, uint8_t *ret_bits);

/* A value as it was written, without its quotes, as the term that it makes. A fault's place is within the value. */
HG_MUST_USE enum hg_rc hg_filter_read_value(enum hg_filter_field field, enum hg_filter_op op, struct hg_slice value, int64_t now_us,
                                            struct hg_arena *arena, struct hg_filter_term *ret, struct hg_filter_fault *ret_fault,
                                            struct hg_err *reterr);
/* A time's [from, to): as long as it is said exactly; of -15m, now: one instant. */
bool hg_filter_parse_time(struct hg_slice text, int64_t now_us, int64_t *ret_from, int64_t *ret_to);

#endif
