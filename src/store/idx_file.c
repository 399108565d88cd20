#include "store/index.h"

void index_segments(struct hg_reader_db *reader, uint64_t newest, struct segment **ret, size_t *ret_n)
{
    (void)reader;
    (void)newest;
    *ret = NULL;
    *ret_n = 0;
}

void index_report(struct hg_reader_db *reader)
{
    (void)reader;
}

void index_close(struct index_db *index)
{
    (void)index;
}

enum hg_rc segment_need(struct segment *segment, uint64_t parts, struct hg_err *reterr)
{
    (void)segment; (void)parts; (void)reterr;
    return HG_OK;
}
enum hg_rc segment_need_values(struct segment *segment, unsigned column, struct hg_err *reterr)
{
    (void)segment; (void)column; (void)reterr;
    return HG_OK;
}
enum hg_rc hg_reader_index_status(struct hg_reader_db *reader, struct hg_index_status *ret, struct hg_err *reterr)
{
    uint64_t sequence;
    int64_t clock_us;
    (void)clock_us; (void)sequence; (void)reader; (void)reterr;
    *ret = (struct hg_index_status){0};
    return HG_OK;
}

enum hg_rc hg_indexer_start(const char *state_dir, const struct hg_indexer_settings *settings, struct hg_indexer **ret, struct hg_err *reterr)
{
    (void)state_dir; (void)settings; (void)reterr;
    *ret = NULL;
    return HG_OK;
}
void hg_indexer_poke(struct hg_indexer *indexer)
{
    (void)indexer;
}
void hg_indexer_stop(struct hg_indexer *indexer)
{
    (void)indexer;
}
