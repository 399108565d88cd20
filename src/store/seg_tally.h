/* Tallies of a segment's rows: what hg_tally_of says of each, by codes. */
#ifndef HG_STORE_SEG_TALLY_H
#define HG_STORE_SEG_TALLY_H

#include "store/segment.h"

struct tally_mark {
    uint32_t units;
    uint8_t scored, severity;
};
struct tally_marks { /* the segment has COLUMN_SCORE and COLUMN_BY */
    const struct column *score, *by;
    struct tally_mark *marks; /* by code of the score */
    uint8_t *bys;             /* by code */
};
#define TALLY_PARTS (COLUMN_BIT(COLUMN_SCORE) | COLUMN_BIT(COLUMN_BY))
HG_MUST_USE bool tally_marks_make(const struct segment *segment, struct hg_arena *arena, struct tally_marks *ret);

static inline unsigned tally_row_by(const struct tally_marks *marks, uint32_t row)
{
    return marks->bys[column_code(marks->by, row)];
}

static inline void tally_add_row(const struct tally_marks *marks, uint32_t row, struct hg_tally *sum)
{
    const struct tally_mark *mark = &marks->marks[column_code(marks->score, row)];
    unsigned by = tally_row_by(marks, row);
    sum->events++;
    sum->scored += mark->scored;
    sum->score_sum += mark->units;
    if (by == 0)
        return;
    sum->by_label += by == HG_BY_LABEL;
    sum->by_score += by == HG_BY_SCORE;
    sum->by_both += by == (HG_BY_LABEL | HG_BY_SCORE);
    sum->high += mark->severity == HG_SEVERITY_HIGH;
    sum->medium += mark->severity == HG_SEVERITY_MEDIUM;
    sum->low += mark->severity == HG_SEVERITY_LOW;
    sum->anomalous_scored += mark->scored;
    sum->anomalous_score_sum += mark->units;
    sum->score_max = mark->units > sum->score_max ? mark->units : sum->score_max;
}

#endif
