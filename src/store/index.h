/*
 * index.db: segments on disk, beside honeyguide.db and derived from it. Its one writer is the indexer's thread; readers take what fits to the commit
 * that they look at, and read rows where something is wrong with it.
 */
#ifndef HG_STORE_INDEX_H
#define HG_STORE_INDEX_H

#include "store/segment.h"

/* Segments by sequence that a look at commit `newest` may use; *ret belongs to the caller (free). None where there is no index, or none to trust. */
void index_segments(struct hg_reader_db *reader, uint64_t newest, struct segment **ret, size_t *ret_n);
/* Something in it is damaged: its writer makes it anew. */
void index_report(struct hg_reader_db *reader);
void index_close(struct index_db *index);

#endif
