#include "pipeline/scan.h"

#include "normalise/sessions.h"

#include <stdlib.h>

#define FRAME_OUT_BYTES   ((size_t)512 * 1024 * 1024)
#define PROGRESS_EVERY    64u /* frames */

struct hg_scan {
    const struct hg_scan_task *task;
    struct hg_pool *pool;
    struct hg_sessions *sessions;
    struct hg_merge *merge;
    struct hg_behave *behave; /* NULL: not watched */
    struct hg_frame *frames; /* a ring: the oldest is at `first` */
    size_t n_frames, first, n_running;
    uint64_t n_done;
};

static void frame_free(struct hg_frame *frame)
{
    free(frame->events);
    free(frame->scores);
    free(frame->findings);
    hg_matrix_free(&frame->matrix);
    hg_buf_free(&frame->out);
    hg_arena_free(&frame->arena);
}

static void work_job(struct hg_job *job, struct hg_pool_worker *worker)
{
    struct hg_frame *frame = (struct hg_frame *)job;
    hg_arena_reset(&frame->arena);
    hg_buf_clear(&frame->out);
    frame->scan->task->work(frame->scan->task->self, frame, worker);
}

static enum hg_rc frame_init(struct hg_frame *frame, struct hg_scan *scan, struct hg_err *reterr)
{
    frame->scan = scan;
    frame->job.run = work_job;
    frame->events = calloc(HG_FRAME_EVENTS, sizeof(struct hg_event *));
    frame->scores = calloc(HG_FRAME_EVENTS, sizeof *frame->scores);
    frame->findings = calloc(HG_FRAME_EVENTS, sizeof *frame->findings);
    hg_buf_init(&frame->out, FRAME_OUT_BYTES);
    hg_arena_init(&frame->arena, (size_t)64 * 1024, FRAME_OUT_BYTES);
    if (frame->events == NULL || frame->scores == NULL || frame->findings == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for a frame of events");
    return hg_matrix_reserve(&frame->matrix, HG_FRAME_EVENTS, reterr);
}

/* Waits for the oldest frame and hands it over. */
static enum hg_rc finish_one(struct hg_scan *scan, struct hg_err *reterr)
{
    struct hg_frame *frame = &scan->frames[scan->first];
    hg_pool_wait(scan->pool, &frame->job);
    enum hg_rc rc = scan->task->done(scan->task->self, frame, reterr);
    for (size_t i = 0; i < frame->n_slots; i++)
        hg_slot_release(frame->slots[i]);
    frame->n_slots = 0;
    scan->first = (scan->first + 1) % scan->n_frames;
    scan->n_running--;
    if (++scan->n_done % PROGRESS_EVERY == 0 && scan->task->progress != NULL)
        scan->task->progress(scan->task->progress_self, scan->merge);
    return rc;
}

static bool hold(struct hg_frame *frame, struct hg_slot *slot)
{
    for (size_t i = frame->n_slots; i > 0; i--)
        if (frame->slots[i - 1] == slot)
            return true;
    if (frame->n_slots == HG_FRAME_SLOTS)
        return false;
    hg_slot_hold(slot);
    frame->slots[frame->n_slots++] = slot;
    return true;
}

/* Fills a frame; `carry` is an item that no longer fitted the frame before. */
static enum hg_rc fill_frame(struct hg_scan *scan, struct hg_frame *frame, struct hg_item *carry, struct hg_err *reterr)
{
    frame->n_events = 0;
    while (frame->n_events < HG_FRAME_EVENTS) {
        struct hg_item item = *carry;
        bool carried = item.event != NULL;
        carry->event = NULL;
        if (!carried) {
            enum hg_rc rc = hg_merge_next(scan->merge, &item, reterr);
            if (rc != HG_OK)
                return rc;
        }
        if (!hold(frame, item.slot)) {
            hg_slot_hold(item.slot);
            *carry = item;
            break;
        }
        if (carried)
            hg_slot_release(item.slot);
        frame->events[frame->n_events++] = item.event;
    }
    return HG_OK;
}

/* What has memory runs here, in sequence; the rest of the work on any thread. */
static void watch(struct hg_scan *scan, struct hg_frame *frame)
{
    frame->n_findings = 0;
    if (scan->behave == NULL)
        hg_behave_none(frame->n_events, &frame->matrix);
    else
        frame->n_findings = hg_behave_run(scan->behave, frame->events, frame->n_events, &frame->matrix, frame->findings);
}

static enum hg_rc run(struct hg_scan *scan, struct hg_err *reterr)
{
    struct hg_item carry = {0};
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK) {
        if (scan->n_running == scan->n_frames) {
            rc = finish_one(scan, reterr);
            if (rc != HG_OK)
                break;
        }
        struct hg_frame *frame = &scan->frames[(scan->first + scan->n_running) % scan->n_frames];
        rc = fill_frame(scan, frame, &carry, reterr);
        if (frame->n_events > 0) {
            watch(scan, frame);
            scan->n_running++;
            hg_pool_submit(scan->pool, &frame->job);
        }
    }
    if (carry.event != NULL)
        hg_slot_release(carry.slot);
    while (scan->n_running > 0) {
        enum hg_rc last = finish_one(scan, rc == HG_EEND ? reterr : NULL);
        if (rc == HG_EEND && last != HG_OK)
            rc = last;
    }
    if (scan->task->progress != NULL)
        scan->task->progress(scan->task->progress_self, scan->merge);
    return rc == HG_EEND ? HG_OK : rc;
}

static enum hg_rc set_up(struct hg_scan *scan, const struct hg_scan_settings *settings, struct hg_err *reterr)
{
    scan->n_frames = settings->threads + 2;
    scan->frames = calloc(scan->n_frames, sizeof *scan->frames);
    if (scan->frames == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for %zu frames", scan->n_frames);
    for (size_t i = 0; i < scan->n_frames; i++) {
        enum hg_rc rc = frame_init(&scan->frames[i], scan, reterr);
        if (rc != HG_OK)
            return rc;
    }
    enum hg_rc rc = hg_pool_create(settings->threads, &scan->pool, reterr);
    if (rc == HG_OK)
        rc = hg_sessions_create(&scan->sessions, reterr);
    if (rc == HG_OK && settings->behaviour)
        rc = hg_behave_create(settings->rules, &scan->behave, reterr);
    if (rc != HG_OK)
        return rc;
    struct hg_merge_settings merge = {.sequential = settings->sequential, .ignore_labels = settings->ignore_labels,
                                      .held_max = scan->n_frames * HG_FRAME_SLOTS + 1};
    return hg_merge_create(settings->paths, settings->n_paths, &settings->inputs, &merge, scan->pool, scan->sessions, &scan->merge, reterr);
}

static void tell_unknown(const struct hg_scan *scan, bool passed_over)
{
    for (size_t i = 0; scan->task->unknown != NULL && i < hg_merge_inputs(scan->merge); i++) {
        const struct hg_input *input = hg_merge_input(scan->merge, i);
        if (hg_input_unknown(input) != HG_REASON_NONE)
            scan->task->unknown(scan->task->unknown_self, hg_input_path(input), hg_input_unknown(input), passed_over);
    }
}

enum hg_rc hg_scan(const struct hg_scan_settings *settings, const struct hg_scan_task *task, struct hg_counts *ret_counts,
                   bool *ret_unknown, struct hg_err *reterr)
{
    struct hg_scan scan = {.task = task};
    *ret_counts = (struct hg_counts){0};
    *ret_unknown = false;
    enum hg_rc rc = set_up(&scan, settings, reterr);
    if (rc == HG_OK) {
        rc = run(&scan, reterr);
        *ret_counts = hg_merge_counts(scan.merge);
        *ret_unknown = hg_merge_any_unknown(scan.merge) && !settings->inputs.skip_unknown;
        tell_unknown(&scan, settings->inputs.skip_unknown);
    }
    hg_merge_destroy(scan.merge);
    hg_sessions_destroy(scan.sessions);
    hg_behave_destroy(scan.behave);
    hg_pool_destroy(scan.pool);
    for (size_t i = 0; scan.frames != NULL && i < scan.n_frames; i++)
        frame_free(&scan.frames[i]);
    free(scan.frames);
    return rc;
}

const struct hg_decode_context *hg_frame_context(const struct hg_frame *frame, const struct hg_event *event)
{
    return hg_input_context(hg_merge_input(frame->scan->merge, event->input));
}
