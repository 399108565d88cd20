/*
 * Per-event features, a whole run of events at once into a column-major matrix. docs/features.md has each definition.
 * An undefined value (zero denominator, missing field) is NaN, never 0 or inf. Flags of non-TCP events are 0.
 */
#ifndef HG_FEATURE_FEATURE_H
#define HG_FEATURE_FEATURE_H

#include "core/event.h"
#include "core/matrix.h"

struct hg_feature_settings {
    int64_t local_zone_us[HG_DATASET_COUNT]; /* zone of hour, weekday and business hours, east positive */
};

/* -03:00 for ISCX, UTC for the others. */
struct hg_feature_settings hg_feature_settings_default(void);

/* events[i] fills row i of the first n rows; the matrix must be reserved for n. Pointers, since merged events lie in several batches. */
void hg_features(const struct hg_feature_settings *settings, const struct hg_event *const *events, size_t n,
                 struct hg_matrix *matrix);

/* `honeyguide features`: header and one row, without the line's end; the code columns are left out, NaN is an empty cell. */
struct hg_buf;
void hg_features_csv_header(struct hg_buf *buf);
void hg_features_csv_row(const struct hg_matrix *matrix, size_t row, struct hg_buf *buf);

#endif
