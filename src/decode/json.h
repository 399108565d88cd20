/*
 * JSON records. A plan is a list of wanted paths, compiled once; hg_json_read checks a whole text and picks the values of
 * those paths up in one pass. simdjson finds the tokens (stage 1, which picks its kernel by the CPU); the grammar is walked here.
 *
 * Promises:
 *  - a text is taken exactly if it is one valid JSON object (RFC 8259, valid UTF-8, at most HG_JSON_DEPTH deep) and nothing
 *    else; a cut or torn one never is;
 *  - of a key that is there twice the last value counts;
 *  - values borrow from the text; a string is unescaped only when asked for;
 *  - bytes behind the text are never looked at.
 */
#ifndef HG_DECODE_JSON_H
#define HG_DECODE_JSON_H

#include "base/arena.h"
#include "base/err.h"
#include "base/jsonw.h"
#include "core/counts.h"

#define HG_JSON_DEPTH 64
#define HG_JSON_SLOTS 64 /* paths of a plan */
#define HG_JSON_BYTES_MAX ((size_t)8 * HG_RECORD_BYTES_MAX) /* a longer text is invalid_json; an envelope escapes a record's bytes */

enum hg_json_type { HG_JSON_NULL, HG_JSON_FALSE, HG_JSON_TRUE, HG_JSON_NUMBER, HG_JSON_STRING, HG_JSON_ARRAY, HG_JSON_OBJECT };

struct hg_json_value {
    struct hg_slice raw; /* strings without their quotes; the others as they stand, brackets included */
    uint8_t type;        /* enum hg_json_type */
    bool escaped;        /* a string with backslashes in it */
};

struct hg_json_doc {
    uint64_t present; /* bit per slot */
    struct hg_json_value values[HG_JSON_SLOTS];
};

struct hg_json;      /* parser: one thread's */
struct hg_json_plan; /* read-only */

HG_MUST_USE enum hg_rc hg_json_create(struct hg_json **ret, struct hg_err *reterr);
void hg_json_destroy(struct hg_json *json);

/* Slot i gets the value of paths[i]: "flow" or "flow.start"; "/id.orig_h" and "/flow/start" where keys have dots in them. The
 * paths' strings must outlive the plan. */
HG_MUST_USE enum hg_rc hg_json_plan_create(const char *const *paths, size_t n, struct hg_json_plan **ret, struct hg_err *reterr);
void hg_json_plan_destroy(struct hg_json_plan *plan);

/* HG_REASON_NONE, or invalid_json, invalid_utf8, not_an_object. Texts up to HG_JSON_BYTES_MAX. */
enum hg_reason hg_json_read(struct hg_json *json, const struct hg_json_plan *plan, struct hg_slice text, struct hg_json_doc *doc);

/* The value of a slot; NULL where it is absent or null. */
static inline const struct hg_json_value *hg_json_get(const struct hg_json_doc *doc, int slot)
{
    const struct hg_json_value *value = &doc->values[slot];
    return (doc->present >> slot & 1) != 0 && value->type != HG_JSON_NULL ? value : NULL;
}

/* A string's text, unescaped into the arena where it has escapes; {NULL, 0} for anything else. */
struct hg_slice hg_json_text(const struct hg_json_value *value, struct hg_arena *arena);
/* A number's digits or a string's text: some writers quote their numbers. */
struct hg_slice hg_json_number_text(const struct hg_json_value *value, struct hg_arena *arena);
/* Writes the value as it stands, but for characters that are not safe to show: those become escapes. */
void hg_json_put(struct hg_jsonw *w, const struct hg_json_value *value);

#endif
