/*
 * The filter language of page, API and `honeyguide query` (docs/filter.md):
 *
 *     src:203.0.113.0/24 port:22,2222 score>0.8 -type:scan (user:root or user:"admin") bytes_sent:1000..5000 "free text"
 *
 * Terms stand side by side (all must hold), `or` between them, `-` or `not` before them, parentheses round them. field:value, field:a,b (any
 * of them), field:a..b (both ends in), field>x, >=, <, <=, field:* (it has one). A word or a "quoted phrase" alone is sought in the raw record, in any
 * case of ASCII letters. A comparison with what is missing is false (missing is not zero); its negation is true.
 *
 * A parsed filter is a tree of terms with values of their types: who looks it up compares values, and never makes text of a query language of it.
 * Immutable once parsed: any number of threads may use one.
 */
#ifndef HG_CORE_FILTER_H
#define HG_CORE_FILTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/score.h"

#define HG_FILTER_BYTES_MAX 4096u /* of a filter's text */
#define HG_FILTER_TERMS_MAX 256u
#define HG_FILTER_DEPTH_MAX 32u   /* of parentheses and `not` */

enum hg_filter_field {
#define HG_FILTER_FIELD(name, type, others, words) HG_FILTER_##name,
#include "core/filter_fields.def"
#undef HG_FILTER_FIELD
    HG_FILTER_TEXT, /* a word alone */
    HG_FILTER_FIELD_COUNT
};

enum hg_filter_node_kind { HG_FILTER_AND, HG_FILTER_OR, HG_FILTER_NOT, HG_FILTER_TERM };
enum hg_filter_test {
    HG_FILTER_HAS,   /* it has a value */
    HG_FILTER_IS,    /* number, name, address (a network), id: equal to it; text: as the pattern says */
    HG_FILTER_RANGE, /* low <= it <= high; number, time, and severity by its order */
};

struct hg_filter_term {
    uint8_t field, test; /* enum hg_filter_field, enum hg_filter_test */
    union {
        struct {         /* RANGE, and IS of a number: low = high. Infinities where open; an end that is left out is the next number inwards */
            double low, high;
        } number;
        struct {         /* time: [from, to) */
            int64_t from_us, to_us;
        } time;
        struct {
            struct hg_ip ip;   /* bits beyond the prefix are 0 */
            uint8_t bits;      /* of 128: a network of IPv4 has 96 more than it says */
        } address;
        uint32_t name;         /* the enumeration's number: dataset, attack type, label, by, severity, rule, direction; late: 1 */
        struct hg_id id;
        struct hg_slice text;  /* lower case (ASCII); '*' stands for any bytes, "\*" and "\\" for themselves; of HG_FILTER_TEXT as it is, without patterns */
    } v;
};

struct hg_filter_node {
    uint8_t kind;
    uint32_t first, count; /* children: nodes[children[first + i]]; of a term: terms[first] */
};

struct hg_filter {
    struct hg_filter_node *nodes; /* nodes[root]; children come before their parents */
    uint32_t *children;
    struct hg_filter_term *terms;
    uint32_t n_nodes, n_terms, root;
    uint64_t fields; /* bit 1 << enum hg_filter_field of those that it asks for */
};

/* Where the text is wrong, for people: the page marks it, the command prints a caret. */
struct hg_filter_fault {
    size_t offset, len;  /* bytes of the text; len 0: something is missing there */
    char expected[160];  /* "a port: 0 to 65535" */
};

/* The filter lives in *arena. An empty text (or blanks) gives NULL in *ret: everything. HG_EUSAGE: see the fault; HG_ENOMEM.
 * now_us: where times like "today" and "-15m" are reckoned from (the source clock). */
HG_MUST_USE enum hg_rc hg_filter_parse(struct hg_slice text, int64_t now_us, struct hg_arena *arena, const struct hg_filter **ret,
                                       struct hg_filter_fault *ret_fault, struct hg_err *reterr);

/* A row as far as it is known. */
struct hg_filter_row {
    const struct hg_event *event; /* with traits and record */
    const struct hg_score *score;
    unsigned by;
    bool late;
    const struct hg_id *alert;    /* NULL or zeros: none */
    const char *source;           /* name of its log; NULL: unknown */
    struct hg_slice country;      /* {NULL, 0}: none */
};
bool hg_filter_match(const struct hg_filter *filter, const struct hg_filter_row *row);
bool hg_filter_match_term(const struct hg_filter_term *term, const struct hg_filter_row *row);
/* Pattern as in a term of text; any case of ASCII letters. */
bool hg_filter_like(struct hg_slice pattern, struct hg_slice text);

const char *hg_filter_field_name(enum hg_filter_field field);
const char *hg_filter_field_words(enum hg_filter_field field);
/* By its name or another one of the list; HG_FILTER_FIELD_COUNT: none of them. */
enum hg_filter_field hg_filter_field_of(struct hg_slice name);

/* What could stand at byte `at` of a text that is being typed: the part of it that would be replaced, and for each field whose name begins so
 * `visit(self, text, words)`; behind "field:" the field's known values (names of lists), and *ret_field says whose values the store can tell of
 * (HG_FILTER_FIELD_COUNT: none). */
struct hg_filter_place {
    size_t from, to;
    enum hg_filter_field field;
    struct hg_slice typed; /* of the value */
};
void hg_filter_complete(struct hg_slice text, size_t at, void (*visit)(void *self, const char *text, const char *words), void *self,
                        struct hg_filter_place *ret);

/* "-" before, quotes where they are needed: field:value so that a parse gives the value again. */
void hg_filter_put_value(enum hg_filter_field field, struct hg_slice value, struct hg_buf *buf);

#endif
