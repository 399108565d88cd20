/* What ingest_files.c (records) and ingest_logs.c (which logs) share. */
#ifndef HG_PIPELINE_INGEST_FOLLOW_H
#define HG_PIPELINE_INGEST_FOLLOW_H

#include "pipeline/ingest_priv.h"
#include "pipeline/merge.h"

#define UNIT_EVENTS  8192u
#define UNIT_SLOTS   32u
#define UNIT_REJECTS 1024u

struct log {
    const struct hg_source_setting *setting;
    struct source *source;
    char *path;
    struct hg_input_settings inputs;
    int64_t mark_us; /* what was last submitted */
    int64_t added_us, changed_us; /* wall time; the file's time then */
    int64_t size;
    bool follow, told;
};

struct follower {
    struct hg_ingest *ingest;
    struct hg_pool *pool;
    struct hg_merge *merge;
    struct log **logs; /* by the merge's input */
    size_t n_logs, cap_logs;
    uint32_t *index; /* 1 + place in `logs` of a path's newest, by hash of the path: open addressing, at most half full; 0: free */
    size_t index_size, n_followed;
    const struct hg_source_setting *const *settings; /* that it serves */
    size_t n_settings;
    int64_t rescan_us, marked_us;
    struct hg_source_mark *marks;
    struct hg_event *events[UNIT_EVENTS];
    struct hg_reject rejects[UNIT_REJECTS];
    struct hg_slot *slots[UNIT_SLOTS];
    size_t n_slots;
};

const char *source_name(const struct log *log);
/* What an INPUT names now. */
HG_MUST_USE enum hg_rc logs_add_setting(struct follower *f, const struct hg_source_setting *setting, struct hg_err *reterr);
/* Files that came since into folders and globs, or changed after they were read; looks now and then. */
void logs_rescan(struct follower *f);
void logs_free(struct follower *f);

#endif
