/* What a cell's text says. Private to src/table. */
#ifndef HG_TABLE_CELL_H
#define HG_TABLE_CELL_H

#include "core/event.h"

enum hg_cell { HG_CELL_MISSING, HG_CELL_NUMBER, HG_CELL_INFINITE, HG_CELL_TEXT };

/* *ret: the number, NaN for all others. */
enum hg_cell hg_cell_read(struct hg_slice text, float *ret);
/* A category's code: never 0, which says missing. */
uint32_t hg_cell_code(struct hg_slice text);
/* *ret_family: an attack's, borrowed from text or static. */
enum hg_label hg_cell_label(struct hg_slice text, struct hg_slice *ret_family);

#endif
