/* The shape of a record, for json_habit.c, and how a record is held against it: one kernel for each sort of processor. */
#ifndef HG_DECODE_JSON_SHAPE_H
#define HG_DECODE_JSON_SHAPE_H

#include "decode/json.h"

#define HG_SHAPE_STEPS   64
#define HG_SHAPE_LITERAL 32
#define HG_SHAPE_WHOLES  24

enum hg_shape_value { HG_SHAPE_STRING, HG_SHAPE_NUMBER, HG_SHAPE_WORD /* true, false, null */, HG_SHAPE_NOTHING };

/* A value and the bytes that follow it. These hold the key of the next value (their first quote is the record's quote number
 * `quote`, `lead` bytes in), the quotes around strings, and a word itself, which begins them. */
struct hg_shape_step {
    char text[HG_SHAPE_LITERAL];
    uint32_t mask; /* of its length */
    uint16_t quote;
    uint8_t lead, len;
    uint8_t value; /* enum hg_shape_value: in front of the bytes; NOTHING before the first */
    uint8_t type;  /* enum hg_json_type */
    uint8_t word;  /* length of a word */
    int8_t slot;   /* -1: the value isn't wanted */
};

/* A bracket, so many bytes behind (before: negative) the record's quote of that number. */
struct hg_shape_mark {
    uint16_t quote;
    int16_t delta;
};

struct hg_shape_whole { /* an object or array that is wanted as it stands */
    struct hg_shape_mark first, last;
    int8_t slot;
    uint8_t type;
};

struct hg_shape {
    uint64_t present;
    uint32_t n_steps, n_wholes;
    uint16_t n_quotes;
    uint8_t next; /* 1 + number of the next shape with as many quotes; 0: none */
    struct hg_shape_step steps[HG_SHAPE_STEPS];
    struct hg_shape_whole wholes[HG_SHAPE_WHOLES];
};

/* quotes: as json_quotes.h finds them, shape->n_quotes and the end. True: doc holds the record's values. */
typedef bool hg_shape_read(const struct hg_shape *shape, struct hg_slice text, const uint16_t *quotes, struct hg_json_doc *doc);

hg_shape_read hg_shape_read_portable, hg_shape_read_avx512;
hg_shape_read *hg_shape_kernel(void);

#endif
