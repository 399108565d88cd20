/* What a stored record has that only its own format knows: read from it again, as `normalize` does. */
#ifndef HG_APP_ROW_ATTRIBUTES_H
#define HG_APP_ROW_ATTRIBUTES_H

#include "decode/formats.h"
#include "store/store.h"

struct hg_row_attributes;

/* formats and inputs (hg_reader_inputs) must live as long. */
HG_MUST_USE enum hg_rc hg_row_attributes_create(const struct hg_formats *formats, const struct hg_input_state *inputs, size_t n_inputs,
                                                struct hg_row_attributes **ret, struct hg_err *reterr);
void hg_row_attributes_destroy(struct hg_row_attributes *attributes);
/* A JSON object, "{}" where the format isn't known (any more); good until the next call. */
struct hg_slice hg_row_attributes_of(struct hg_row_attributes *attributes, const struct hg_event *event, struct hg_arena *scratch);
/* The name of the event's log; NULL: unknown. */
const char *hg_row_source(const struct hg_row_attributes *attributes, const struct hg_event *event);

#endif
