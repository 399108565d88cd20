/* Followed files: one thread merges all of them by event time; standard input has a thread to itself, since it may block. */
#include "pipeline/ingest_priv.h"
#include "pipeline/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define UNIT_EVENTS  8192u
#define UNIT_SLOTS   32u
#define UNIT_REJECTS 1024u
#define POLL_MS      200

struct follower {
    struct hg_ingest *ingest;
    size_t n_paths;
    struct hg_pool *pool;
    struct hg_sessions *sessions;
    struct hg_merge *merge;
    struct input_entry **entries; /* by the merge's input */
    bool *told;                   /* by the merge's input: that it failed */
    struct hg_event *events[UNIT_EVENTS];
    struct hg_reject rejects[UNIT_REJECTS];
    struct hg_slot *slots[UNIT_SLOTS];
    size_t n_slots;
};

static enum hg_rc entry_of(struct follower *f, uint32_t input, struct input_entry **ret, struct hg_err *reterr)
{
    if (f->entries[input] == NULL) {
        const struct hg_input *in = hg_merge_input(f->merge, input);
        const struct hg_decode_context *context = hg_input_context(in);
        struct hg_slice path = hg_slice_of(hg_input_path(in));
        struct hg_id unknown = hg_identity_named(HG_DATASET_iscx, path);
        enum hg_rc rc = inputs_find(f->ingest, context == NULL ? NULL : context->decoder, path,
                                    context == NULL ? HG_SLICE_NONE : context->header, context == NULL ? &unknown : &context->identity,
                                    0, &f->entries[input], reterr);
        if (rc != HG_OK)
            return rc;
    }
    *ret = f->entries[input];
    return HG_OK;
}

static bool hold(struct follower *f, struct hg_slot *slot)
{
    for (size_t i = f->n_slots; i > 0; i--)
        if (f->slots[i - 1] == slot)
            return true;
    hg_slot_hold(slot);
    f->slots[f->n_slots++] = slot;
    return f->n_slots < UNIT_SLOTS;
}

/* Takes what the files have now, up to a unit's worth. HG_EEND comes with what there was. */
static enum hg_rc collect(struct follower *f, struct unit *unit, struct hg_err *reterr)
{
    *unit = (struct unit){.events = f->events, .rejects = f->rejects, .sessions_applied = true, .rerun = true};
    bool room = true;
    while (room && unit->n_events < UNIT_EVENTS && unit->n_rejects < UNIT_REJECTS) {
        struct hg_item item;
        struct input_entry *entry;
        enum hg_rc rc = hg_merge_next(f->merge, &item, reterr);
        if (rc == HG_OK)
            rc = entry_of(f, item.input, &entry, reterr);
        if (rc != HG_OK)
            return rc;
        room = hold(f, item.slot);
        if (item.event != NULL) {
            item.event->input = entry->state.index;
            f->events[unit->n_events++] = item.event;
        } else {
            f->rejects[unit->n_rejects] = *item.reject;
            f->rejects[unit->n_rejects].input = entry->state.index;
            f->rejects[unit->n_rejects++].events_before = unit->n_events;
        }
    }
    return HG_OK;
}

static void tell_failures(struct follower *f)
{
    for (size_t i = 0; i < f->n_paths; i++) {
        const struct hg_err *failure = hg_merge_failure(f->merge, i);
        if (failure != NULL && !f->told[i])
            fprintf(stderr, "honeyguide: %s; it is no longer followed, the others are\n", failure->msg);
        f->told[i] = failure != NULL;
    }
}

static enum hg_rc follow(struct follower *f, struct hg_err *reterr)
{
    while (!atomic_load(&f->ingest->stop_files)) {
        struct unit unit;
        enum hg_rc rc = collect(f, &unit, reterr), sent = HG_OK;
        if (unit.n_events + unit.n_rejects > 0)
            sent = ingest_submit(f->ingest, &unit, false, reterr);
        for (size_t i = 0; i < f->n_slots; i++)
            hg_slot_release(f->slots[i]);
        f->n_slots = 0;
        tell_failures(f);
        if (sent != HG_OK)
            return sent;
        if (rc == HG_EEND)
            nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
        else if (rc != HG_OK)
            return rc;
    }
    return HG_OK;
}

static void follower_destroy(struct follower *f)
{
    hg_merge_destroy(f->merge);
    hg_sessions_destroy(f->sessions);
    hg_pool_destroy(f->pool);
    free(f->entries);
    free(f->told);
    free(f);
}

static void *thread_main(void *arg)
{
    struct follower *f = arg;
    struct hg_err err;
    enum hg_rc rc = follow(f, &err);
    if (rc != HG_OK && rc != HG_ESTATE)
        fprintf(stderr, "honeyguide: %s; the files are no longer followed\n", err.msg);
    follower_destroy(f);
    return NULL;
}

static enum hg_rc start(struct hg_ingest *ingest, const char *const *paths, size_t n, struct hg_err *reterr)
{
    struct follower *f = calloc(1, sizeof *f);
    if (f != NULL) {
        f->entries = calloc(n, sizeof(struct input_entry *));
        f->told = calloc(n, sizeof *f->told);
    }
    if (f == NULL || f->entries == NULL || f->told == NULL) {
        if (f != NULL)
            follower_destroy(f);
        return hg_fail(reterr, HG_ENOMEM, "no memory to follow %zu files", n);
    }
    f->ingest = ingest;
    f->n_paths = n;
    struct hg_merge_settings merge = {.follow = true, .with_rejects = true, .held_max = UNIT_SLOTS + 1};
    enum hg_rc rc = hg_pool_create(1, &f->pool, reterr);
    if (rc == HG_OK)
        rc = hg_sessions_create(&f->sessions, reterr);
    if (rc == HG_OK)
        rc = hg_merge_create(paths, n, &ingest->settings.inputs, &merge, f->pool, f->sessions, &f->merge, reterr);
    if (rc == HG_OK && pthread_create(&ingest->file_threads[ingest->n_file_threads], NULL, thread_main, f) != 0)
        rc = hg_fail(reterr, HG_ENOMEM, "can't start a thread to follow files");
    if (rc != HG_OK)
        follower_destroy(f);
    else
        ingest->n_file_threads++;
    return rc;
}

enum hg_rc files_start(struct hg_ingest *ingest, struct hg_err *reterr)
{
    size_t n = ingest->settings.n_paths, n_files = 0;
    static const char *const standard_input[] = {"-"};
    const char **files = calloc(n + 1, sizeof *files);
    ingest->file_threads = calloc(2, sizeof *ingest->file_threads);
    if (files == NULL || ingest->file_threads == NULL) {
        free(files);
        return hg_fail(reterr, HG_ENOMEM, "no memory to follow %zu files", n);
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(ingest->settings.paths[i], "-") != 0)
            files[n_files++] = ingest->settings.paths[i];
    enum hg_rc rc = n_files > 0 ? start(ingest, files, n_files, reterr) : HG_OK;
    if (rc == HG_OK && n_files < n)
        rc = start(ingest, standard_input, 1, reterr);
    free(files);
    return rc;
}

void files_join(struct hg_ingest *ingest)
{
    for (size_t i = 0; i < ingest->n_file_threads; i++)
        pthread_join(ingest->file_threads[i], NULL);
    ingest->n_file_threads = 0;
}
