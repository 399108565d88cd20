#include "pipeline/merge.h"

#include "base/grow.h"
#include "normalise/sessions.h"

#include <stdlib.h>
#include <string.h>

struct hg_slot {
    struct hg_job job; /* first: a job is its slot */
    struct hg_batch batch;
    struct lane *lane;
    struct hg_stream *stream; /* held while the slot is in use */
    size_t next_event, next_reject;
    unsigned holders; /* only the coordinating thread counts */
    bool queued;      /* decoding was asked for and not yet waited for */
};

struct lane { /* one input on its way through the merge */
    struct hg_merge *merge;
    struct hg_input *input;
    struct hg_slot **ring; /* in order: ring[head] is being merged */
    size_t n_ring, cap_ring;
    struct hg_slot **spare;
    size_t n_spare, n_slots;
    uint32_t index;
    bool final; /* nothing can come any more: what stands at the end is the last record */
    bool ended;
    struct hg_err failure; /* why a followed log ended; rc HG_OK: it did not */
    int64_t shift_us, last_us, head_us;
    bool shift_known;
    struct hg_counts counts;
};

struct hg_merge {
    struct hg_merge_settings settings;
    struct hg_pool *pool;
    struct hg_sessions *sessions;
    struct lane **lanes;
    size_t n_lanes, cap_lanes;
    struct lane **heap; /* those with a record at their head, the earliest first: a binary heap */
    size_t n_heap, cap_heap;
    size_t n_asked;     /* lanes before it were asked for their heads in this round */
    struct lane *taken; /* gave the last item: to be asked again */
    size_t sequential_at;
    size_t expected;    /* lanes at the start */
    size_t ahead;     /* batches a lane may have in flight */
    size_t slots_max; /* of a lane: in flight, or held downstream */
    int64_t aligned_us; /* where --align puts every log's start */
};

#define MANY_LANES 64u /* more read no batch ahead, and keep none warm */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

/* Of two logs at the same moment the one goes first whose name does, wherever they lie; of one name, the path decides. */
static int by_name(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int order = strcmp(base_name(x), base_name(y));
    return order != 0 ? order : strcmp(x, y);
}

static void slot_destroy(struct hg_slot *slot)
{
    if (slot != NULL) {
        hg_stream_release(slot->stream);
        hg_batch_free(&slot->batch);
    }
    free(slot);
}

static void lane_destroy(struct lane *lane)
{
    if (lane == NULL)
        return;
    for (size_t j = 0; j < lane->n_ring; j++) {
        if (lane->ring[j]->queued)
            hg_pool_wait(lane->merge->pool, &lane->ring[j]->job);
        slot_destroy(lane->ring[j]);
    }
    for (size_t j = 0; j < lane->n_spare; j++)
        slot_destroy(lane->spare[j]);
    free(lane->ring);
    free(lane->spare);
    hg_input_close(lane->input);
    free(lane);
}

void hg_merge_destroy(struct hg_merge *merge)
{
    if (merge == NULL)
        return;
    for (size_t i = 0; i < merge->n_lanes; i++)
        lane_destroy(merge->lanes[i]);
    free(merge->lanes);
    free(merge->heap);
    free(merge);
}

/* Many logs share a bound on what is read of them ahead. */
static size_t batch_bytes_of(size_t n)
{
    size_t share = n == 0 ? HG_INPUT_BATCH_BYTES : HG_MERGE_AHEAD_BYTES / n;
    return share < HG_MERGE_BATCH_MIN ? HG_MERGE_BATCH_MIN : share;
}

static enum hg_rc lane_create(struct hg_merge *merge, const struct hg_merge_log *log, struct lane **ret, struct hg_err *reterr)
{
    struct lane *lane = calloc(1, sizeof *lane);
    if (lane == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to read it", log->path);
    *lane = (struct lane){.merge = merge, .index = (uint32_t)merge->n_lanes, .last_us = INT64_MIN,
                          .final = !merge->settings.follow};
    lane->ring = calloc(merge->slots_max, sizeof(struct hg_slot *));
    lane->spare = calloc(merge->slots_max, sizeof(struct hg_slot *));
    struct hg_decode_worker *prober = hg_pool_own(merge->pool)->decode;
    struct hg_input_settings settings = *log->settings;
    settings.batch_bytes = batch_bytes_of(merge->expected > merge->n_lanes ? merge->expected : merge->n_lanes);
    enum hg_rc rc = lane->ring == NULL || lane->spare == NULL ? hg_fail(reterr, HG_ENOMEM, "%s: no memory to read it", log->path)
                    : log->follow ? hg_input_follow(log->path, log->complete_us, &settings, prober, &lane->input, reterr)
                                  : hg_input_open(log->path, &settings, prober, &lane->input, reterr);
    if (rc != HG_OK)
        lane_destroy(lane);
    else
        *ret = lane;
    return rc;
}

enum hg_rc hg_merge_add(struct hg_merge *merge, const struct hg_merge_log *log, uint32_t *ret_input, struct hg_err *reterr)
{
    struct lane **lanes = hg_grow(merge->lanes, merge->n_lanes, &merge->cap_lanes, sizeof(struct lane *));
    if (lanes == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to read %zu files", merge->n_lanes + 1);
    merge->lanes = lanes;
    struct lane **heap = hg_grow(merge->heap, merge->n_lanes, &merge->cap_heap, sizeof(struct lane *));
    if (heap == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory to read %zu files", merge->n_lanes + 1);
    merge->heap = heap;
    struct lane *lane = NULL;
    enum hg_rc rc = lane_create(merge, log, &lane, reterr);
    if (rc != HG_OK)
        return rc;
    *ret_input = (uint32_t)merge->n_lanes;
    merge->lanes[merge->n_lanes++] = lane;
    return HG_OK;
}

enum hg_rc hg_merge_create(const char *const *paths, size_t n, const struct hg_input_settings *inputs,
                           const struct hg_merge_settings *settings, struct hg_pool *pool, struct hg_sessions *sessions,
                           struct hg_merge **ret, struct hg_err *reterr)
{
    struct hg_merge *merge = calloc(1, sizeof *merge);
    const char **sorted = calloc(n + 1, sizeof *sorted);
    if (merge == NULL || sorted == NULL) {
        free(sorted);
        hg_merge_destroy(merge);
        return hg_fail(reterr, HG_ENOMEM, "no memory to read %zu files", n);
    }
    merge->settings = *settings;
    merge->pool = pool;
    merge->sessions = sessions;
    merge->expected = settings->sequential ? 1 : n;
    merge->ahead = n == 1 ? 6 : n > MANY_LANES ? 1 : 3;
    merge->slots_max = merge->ahead + settings->held_max + 1;
    merge->aligned_us = INT64_MIN;
    if (n > 0)
        memcpy(sorted, paths, n * sizeof *sorted);
    if (!settings->sequential)
        qsort(sorted, n, sizeof *sorted, by_name);
    enum hg_rc rc = HG_OK;
    for (size_t i = 0; i < n && rc == HG_OK; i++) {
        struct hg_merge_log log = {.path = sorted[i], .settings = inputs};
        uint32_t input;
        rc = hg_merge_add(merge, &log, &input, reterr);
    }
    free(sorted);
    if (rc != HG_OK) {
        hg_merge_destroy(merge);
        return rc;
    }
    *ret = merge;
    return HG_OK;
}

static void decode_job(struct hg_job *job, struct hg_pool_worker *worker)
{
    struct hg_slot *slot = (struct hg_slot *)job;
    hg_decode_batch(slot->stream->context, worker->decode, &slot->batch);
}

static struct hg_slot *slot_take(struct lane *lane)
{
    if (lane->n_spare > 0)
        return lane->spare[--lane->n_spare];
    if (lane->n_slots == lane->merge->slots_max)
        return NULL;
    struct hg_slot *slot = calloc(1, sizeof *slot);
    if (slot == NULL)
        return NULL;
    hg_batch_init(&slot->batch);
    slot->job.run = decode_job;
    slot->lane = lane;
    slot->batch.input = lane->index;
    lane->n_slots++;
    return slot;
}

void hg_slot_hold(struct hg_slot *slot)
{
    slot->holders++;
}

/* A log that has ended needs no slots any more: memory must not grow with the number of logs. */
static void slot_spare(struct hg_slot *slot)
{
    struct lane *lane = slot->lane;
    hg_stream_release(slot->stream);
    slot->stream = NULL;
    if (lane->ended)
        slot_destroy(slot);
    else
        lane->spare[lane->n_spare++] = slot;
}

void hg_slot_release(struct hg_slot *slot)
{
    if (--slot->holders == 0)
        slot_spare(slot);
}

static void lane_end(struct lane *lane)
{
    lane->ended = true;
    while (lane->n_spare > 0)
        slot_destroy(lane->spare[--lane->n_spare]);
}

/* Keeps the lane's ring full. Without a free slot (all held downstream) it goes on with what there is. */
static enum hg_rc read_ahead(struct lane *lane, struct hg_err *reterr)
{
    struct hg_merge *merge = lane->merge;
    while (lane->n_ring < merge->ahead && !lane->ended) {
        struct hg_slot *slot = slot_take(lane);
        if (slot == NULL)
            return lane->n_ring > 0 ? HG_OK : hg_fail(reterr, HG_ENOMEM, "%s: no memory for another batch", hg_input_path(lane->input));
        enum hg_rc rc = hg_input_next(lane->input, lane->final, &slot->batch, reterr);
        if (rc != HG_OK) {
            lane->spare[lane->n_spare++] = slot;
            if (rc != HG_EEND && lane->n_ring > 0) /* what came before it comes first; it will fail the same way then */
                return HG_OK;
            if (rc != HG_EEND && !merge->settings.follow)
                return rc;
            if (rc != HG_EEND) /* the others are followed on */
                lane->failure = *reterr;
            if (rc == HG_EEND && !lane->final && hg_input_ended(lane->input)) {
                lane->final = true;
                continue;
            }
            if (rc != HG_EEND || lane->final)
                lane_end(lane);
            return HG_OK;
        }
        slot->next_event = slot->next_reject = 0;
        slot->job.done = false;
        slot->holders = 1;
        slot->stream = hg_input_stream(lane->input);
        hg_stream_hold(slot->stream);
        slot->queued = slot->stream->context != NULL;
        lane->ring[lane->n_ring++] = slot;
        if (slot->queued)
            hg_pool_submit(merge->pool, &slot->job);
    }
    return HG_OK;
}

static void drop_head(struct lane *lane)
{
    struct hg_slot *slot = lane->ring[0];
    memmove(lane->ring, lane->ring + 1, (lane->n_ring - 1) * sizeof *lane->ring);
    lane->n_ring--;
    hg_slot_release(slot);
}

static void align(struct lane *lane, const struct hg_event *event)
{
    if (lane->shift_known)
        return;
    if (lane->merge->aligned_us == INT64_MIN)
        lane->merge->aligned_us = event->time_us;
    lane->shift_us = lane->merge->aligned_us - event->time_us;
    lane->shift_known = true;
}

/* A freshly decoded head: its counts are taken once, its times moved where asked. */
static void receive(struct lane *lane, struct hg_slot *slot)
{
    if (slot->queued) {
        hg_pool_wait(lane->merge->pool, &slot->job);
        slot->queued = false;
    } else if (slot->job.done) {
        return;
    }
    slot->job.done = true;
    hg_counts_add(&lane->counts, &slot->batch.counts);
    if (!lane->merge->settings.align || slot->batch.n_events == 0)
        return;
    align(lane, &slot->batch.events[0]);
    for (size_t i = 0; i < slot->batch.n_events; i++)
        slot->batch.events[i].time_us += lane->shift_us;
}

static bool reject_first(const struct hg_batch *batch, const struct hg_slot *slot)
{
    return slot->next_reject < batch->n_rejects &&
           (slot->next_event == batch->n_events || batch->rejects[slot->next_reject].offset < batch->events[slot->next_event].offset);
}

/* The lane's head item, or HG_EEND. *ret_us is what it is compared by: a reject goes with the record before it. */
static enum hg_rc head(struct lane *lane, struct hg_item *ret, int64_t *ret_us, struct hg_err *reterr)
{
    for (;;) {
        if (lane->n_ring == 0) {
            enum hg_rc rc = read_ahead(lane, reterr);
            if (rc != HG_OK)
                return rc;
            if (lane->n_ring == 0)
                return HG_EEND;
        }
        struct hg_slot *slot = lane->ring[0];
        receive(lane, slot);
        const struct hg_batch *batch = &slot->batch;
        if (lane->merge->settings.with_rejects && reject_first(batch, slot)) {
            *ret = (struct hg_item){.reject = &batch->rejects[slot->next_reject], .input = lane->index, .stream = slot->stream, .slot = slot};
            *ret_us = lane->last_us;
            return HG_OK;
        }
        if (slot->next_event < batch->n_events) {
            struct hg_event *event = &batch->events[slot->next_event];
            *ret = (struct hg_item){.event = event, .input = lane->index, .stream = slot->stream, .slot = slot};
            *ret_us = event->time_us;
            return HG_OK;
        }
        drop_head(lane);
        enum hg_rc rc = read_ahead(lane, reterr);
        if (rc != HG_OK)
            return rc;
    }
}

/* ---- the heads in order: by time, then by number */

static bool goes_first(const struct lane *a, const struct lane *b)
{
    return a->head_us != b->head_us ? a->head_us < b->head_us : a->index < b->index;
}

static void heap_push(struct hg_merge *merge, struct lane *lane)
{
    size_t i = merge->n_heap++;
    for (; i > 0 && goes_first(lane, merge->heap[(i - 1) / 2]); i = (i - 1) / 2)
        merge->heap[i] = merge->heap[(i - 1) / 2];
    merge->heap[i] = lane;
}

static struct lane *heap_pop(struct hg_merge *merge)
{
    struct lane *first = merge->heap[0], *last = merge->heap[--merge->n_heap];
    size_t i = 0;
    for (size_t child = 1; child < merge->n_heap; child = 2 * i + 1) {
        child += child + 1 < merge->n_heap && goes_first(merge->heap[child + 1], merge->heap[child]);
        if (!goes_first(merge->heap[child], last))
            break;
        merge->heap[i] = merge->heap[child];
        i = child;
    }
    if (merge->n_heap > 0)
        merge->heap[i] = last;
    return first;
}

/* Asks the lane for its head. One that has none isn't asked again before all have given what they have. */
static enum hg_rc ask(struct hg_merge *merge, struct lane *lane, struct hg_err *reterr)
{
    struct hg_item item;
    enum hg_rc rc = head(lane, &item, &lane->head_us, reterr);
    if (rc == HG_OK)
        heap_push(merge, lane);
    while (rc == HG_EEND && merge->n_lanes > MANY_LANES && lane->n_spare > 0) {
        slot_destroy(lane->spare[--lane->n_spare]);
        lane->n_slots--;
    }
    return rc == HG_EEND ? HG_OK : rc;
}

static enum hg_rc earliest(struct hg_merge *merge, struct lane **ret, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    if (merge->taken != NULL)
        rc = ask(merge, merge->taken, reterr);
    if (rc == HG_OK)
        merge->taken = NULL;
    for (; rc == HG_OK && merge->n_asked < merge->n_lanes; merge->n_asked++)
        rc = ask(merge, merge->lanes[merge->n_asked], reterr);
    if (rc != HG_OK)
        return rc;
    if (merge->n_heap == 0) {
        merge->n_asked = 0; /* another round */
        return HG_EEND;
    }
    *ret = merge->taken = heap_pop(merge);
    return HG_OK;
}

/* The first that has more. */
static enum hg_rc in_sequence(struct hg_merge *merge, struct lane **ret, struct hg_err *reterr)
{
    for (; merge->sequential_at < merge->n_lanes; merge->sequential_at++) {
        struct hg_item item;
        *ret = merge->lanes[merge->sequential_at];
        enum hg_rc rc = head(*ret, &item, &(*ret)->head_us, reterr);
        if (rc != HG_EEND)
            return rc;
    }
    return HG_EEND;
}

enum hg_rc hg_merge_next(struct hg_merge *merge, struct hg_item *ret, struct hg_err *reterr)
{
    struct lane *lane;
    enum hg_rc rc = merge->settings.sequential ? in_sequence(merge, &lane, reterr) : earliest(merge, &lane, reterr);
    if (rc == HG_OK)
        rc = head(lane, ret, &lane->last_us, reterr);
    if (rc != HG_OK)
        return rc;
    if (ret->event == NULL) {
        ret->slot->next_reject++;
        return HG_OK;
    }
    ret->slot->next_event++;
    if (merge->sessions != NULL)
        hg_sessions_apply(merge->sessions, ret->event);
    if (merge->settings.ignore_labels)
        hg_event_drop_label(ret->event);
    return HG_OK;
}

size_t hg_merge_inputs(const struct hg_merge *merge)
{
    return merge->n_lanes;
}

const struct hg_input *hg_merge_input(const struct hg_merge *merge, size_t i)
{
    return merge->lanes[i]->input;
}

int64_t hg_merge_shift(const struct hg_merge *merge, size_t i)
{
    return merge->lanes[i]->shift_us;
}

const struct hg_err *hg_merge_failure(const struct hg_merge *merge, size_t i)
{
    return merge->lanes[i]->failure.rc == HG_OK ? NULL : &merge->lanes[i]->failure;
}

bool hg_merge_idle(const struct hg_merge *merge)
{
    for (size_t i = 0; i < merge->n_lanes; i++)
        if (merge->lanes[i]->n_ring > 0)
            return false;
    return true;
}

struct hg_counts hg_merge_counts(const struct hg_merge *merge)
{
    struct hg_counts sum = {0};
    for (size_t i = 0; i < merge->n_lanes; i++)
        hg_counts_add(&sum, &merge->lanes[i]->counts);
    return sum;
}

bool hg_merge_any_unknown(const struct hg_merge *merge)
{
    for (size_t i = 0; i < merge->n_lanes; i++)
        if (hg_input_unknown(merge->lanes[i]->input) != HG_REASON_NONE)
            return true;
    return false;
}

uint64_t hg_merge_taken(const struct hg_merge *merge)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < merge->n_lanes; i++)
        sum += hg_input_taken(merge->lanes[i]->input);
    return sum;
}

uint64_t hg_merge_size(const struct hg_merge *merge)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < merge->n_lanes; i++)
        sum += hg_input_size(merge->lanes[i]->input);
    return sum;
}
