/* The behaviour columns of an event, from what is known of its entities. */
#ifndef HG_BEHAVE_COLUMNS_H
#define HG_BEHAVE_COLUMNS_H

#include "behave/behave.h"

void columns_put(const struct hg_context *context, int64_t time_us, struct hg_matrix *matrix, size_t row);

#endif
