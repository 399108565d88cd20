/*
 * Fields of an ISCX IDS 2012 flow, whatever it came as: rows of CSV, elements of XML (what UNB distributes) or objects of JSON
 * (what people make of either). The readers fill the cells; what they mean is told here, once.
 */
#ifndef HG_DECODE_ISCX_H
#define HG_DECODE_ISCX_H

#include "decode/csv.h"
#include "decode/worker.h"

enum hg_iscx_column {
    HG_ISCX_APP_NAME, HG_ISCX_SOURCE_BYTES, HG_ISCX_DESTINATION_BYTES, HG_ISCX_SOURCE_PACKETS, HG_ISCX_DESTINATION_PACKETS,
    HG_ISCX_SOURCE_BASE64, HG_ISCX_SOURCE_UTF, HG_ISCX_DESTINATION_BASE64, HG_ISCX_DIRECTION, HG_ISCX_SOURCE_FLAGS,
    HG_ISCX_DESTINATION_FLAGS, HG_ISCX_SOURCE, HG_ISCX_PROTOCOL, HG_ISCX_SOURCE_PORT, HG_ISCX_DESTINATION,
    HG_ISCX_DESTINATION_PORT, HG_ISCX_START, HG_ISCX_STOP, HG_ISCX_LABEL, HG_ISCX_TAG /* another name of the label */,
    HG_ISCX_COLUMNS
};

extern const char *const hg_iscx_names[HG_ISCX_COLUMNS];

struct hg_iscx_flow { /* nulls of any spelling count as absent */
    const struct hg_csv_cell *cells; /* as the reader has them */
    const uint8_t *at;               /* which of them each column is */
    bool has_base64;                 /* the source payload's column is there, if empty: the text is a lossy copy of it */
    enum hg_attack_type attack;      /* of label Attack: the day's */
};

extern const uint8_t hg_iscx_in_order[HG_ISCX_COLUMNS]; /* `at` of readers that have a cell for each column */

/* The column of a name; -1: of no interest. */
int hg_iscx_column(struct hg_slice name);

enum hg_decoded hg_iscx_decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, const struct hg_iscx_flow *flow,
                               struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason, struct hg_counts *counts);
void hg_iscx_attributes(const struct hg_iscx_flow *flow, struct hg_arena *arena, struct hg_jsonw *w);

#define HG_ISCX_ZONE (-3 * HG_HOUR) /* of stamps that carry none */

#endif
