#include "store/seg_tally.h"

bool tally_marks_make(const struct segment *segment, struct hg_arena *arena, struct tally_marks *ret)
{
    struct hg_event_row row;
    const struct column *score = &segment->columns[COLUMN_SCORE], *by = &segment->columns[COLUMN_BY];
    *ret = (struct tally_marks){.score = score, .by = by};
    ret->marks = hg_arena_alloc(arena, (score->n + 1) * sizeof *ret->marks);
    ret->bys = hg_arena_alloc(arena, by->n + 1);
    if (ret->marks == NULL || ret->bys == NULL)
        return false;
    value_row_none(&row);
    for (uint32_t code = 0; code < score->n; code++) {
        value_put(&row, COLUMN_SCORE, column_value(score, code));
        struct hg_tally one = hg_tally_of(&row.score, HG_BY_SCORE);
        ret->marks[code] = (struct tally_mark){(uint32_t)one.score_sum, (uint8_t)one.scored, row.score.severity};
    }
    for (uint32_t code = 0; code < by->n; code++) {
        value_put(&row, COLUMN_BY, column_value(by, code));
        ret->bys[code] = (uint8_t)(row.by & (HG_BY_LABEL | HG_BY_SCORE));
    }
    return true;
}
