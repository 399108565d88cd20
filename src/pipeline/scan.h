/*
 * Logs from end to end: merged, cut into frames, each frame worked on by the pool and handed over in order. What `normalize`,
 * `features`, `train` and `score` have in common.
 */
#ifndef HG_PIPELINE_SCAN_H
#define HG_PIPELINE_SCAN_H

#include "base/buf.h"
#include "behave/behave.h"
#include "core/score.h"
#include "pipeline/merge.h"

#define HG_FRAME_EVENTS 4096u
#define HG_FRAME_SLOTS  16u

struct hg_frame {
    struct hg_job job; /* first: a job is its frame */
    struct hg_scan *scan;
    const struct hg_event **events;
    size_t n_events;
    struct hg_slot *slots[HG_FRAME_SLOTS];
    size_t n_slots;
    struct hg_matrix matrix; /* its behaviour columns are filled when `work` begins */
    struct hg_finding *findings; /* by row */
    size_t n_findings;
    struct hg_score *scores;
    struct hg_buf out;
    struct hg_arena arena; /* of the frame's work; reset before each */
};

struct hg_scan_task {
    void *self;
    /* On any thread, for frames in any order. */
    void (*work)(void *self, struct hg_frame *frame, struct hg_pool_worker *worker);
    /* In sequence, on the calling thread. */
    enum hg_rc (*done)(void *self, struct hg_frame *frame, struct hg_err *reterr);
    /* Now and then, on the calling thread; may be NULL. */
    void (*progress)(void *self, const struct hg_merge *merge);
    void *progress_self;
    /* At the end, for each file of no known format: why, and whether settings.inputs.skip_unknown passed it over; may be NULL. */
    void (*unknown)(void *self, const char *path, enum hg_reason why, bool passed_over);
    void *unknown_self;
};

struct hg_scan_settings {
    const char *const *paths;
    size_t n_paths;
    struct hg_input_settings inputs;
    bool sequential, ignore_labels; /* as in hg_merge_settings */
    bool behaviour; /* watch it: else its columns are missing, and nothing is found */
    const struct hg_behave_settings *rules; /* NULL: the defaults */
    unsigned threads;
};

/* *ret_counts and *ret_unknown (some file was of no known format, and not passed over) are filled on failure too. */
HG_MUST_USE enum hg_rc hg_scan(const struct hg_scan_settings *settings, const struct hg_scan_task *task, struct hg_counts *ret_counts,
                               bool *ret_unknown, struct hg_err *reterr);

/* The decode context of an event's input, for its attributes. */
const struct hg_decode_context *hg_frame_context(const struct hg_frame *frame, const struct hg_event *event);

#endif
