/* The indexer: a thread that reads what was committed, as any reader, and makes segments of it. */
#include "store/index.h"
#include "store/look.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define READ_PART   4u               /* of a segment's rows are read in one snapshot: none is held for long */
#define CHUNK_PART  16u              /* of them close a chunk, */
#define LEAST_PART  128u             /* or of them, which */
#define CHUNK_US    (10 * HG_MINUTE) /* span so much event time */
#define DEAD_MOST   16u              /* times as many rows that the ring dropped, until segments that have them are made anew */
#define WAIT_US     HG_SECOND        /* without a poke */
#define NICENESS    3                /* behind ingestion; but what it is behind with, every question has to read */

struct hg_indexer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool poked, stopping;
    struct hg_indexer_settings settings;
    uint32_t rows; /* of a segment */
    char state_dir[PATH_MAX];
    /* the thread's own */
    struct hg_reader_db *reader;
    struct index_db index;
    bool ready;                                  /* index is open, and done says how far it reaches */
    uint64_t done, chunk_first, segment_first;   /* done: sequence read last */
    struct segment_builder chunk, segment, tidy; /* rows from chunk_first on; from segment_first on; see tidy_up */
    struct oldest lacks;                         /* of segment, and so of chunk */
    int64_t busy_until_us;                       /* what was written until now would have taken until then */
};

/* ---- waiting */

/* Until it is poked (never mind: ignore), stopped or the time is over. True: stopping. */
static bool wait_until(struct hg_indexer *indexer, int64_t until_us, bool ignore_pokes)
{
    struct timespec until = {.tv_sec = until_us / HG_SECOND, .tv_nsec = until_us % HG_SECOND * 1000};
    pthread_mutex_lock(&indexer->lock);
    while (!indexer->stopping && (ignore_pokes || !indexer->poked))
        if (pthread_cond_timedwait(&indexer->changed, &indexer->lock, &until) != 0)
            break;
    if (!ignore_pokes)
        indexer->poked = false;
    bool stopping = indexer->stopping;
    pthread_mutex_unlock(&indexer->lock);
    return stopping;
}

/* Keeps to the write-time budget. True: stopping. */
static bool pace(struct hg_indexer *indexer, uint64_t bytes)
{
    int64_t now_us = hg_time_monotonic_us();
    if (indexer->busy_until_us < now_us)
        indexer->busy_until_us = now_us;
    indexer->busy_until_us += (int64_t)(bytes * (uint64_t)HG_SECOND / indexer->settings.bytes_a_second);
    return wait_until(indexer, indexer->busy_until_us, true);
}

/* ---- segments */

static enum hg_rc put(struct hg_indexer *indexer, const struct segment_builder *builder, uint64_t first, uint64_t last, enum segment_level level,
                      struct oldest lacks, struct hg_err *reterr)
{
    struct segment segment = segment_view(builder, first, last);
    uint64_t bytes;
    segment.level = (uint8_t)level;
    segment.lacks = lacks;
    enum hg_rc rc = index_put(&indexer->index, &segment, &bytes, reterr);
    if (rc == HG_OK && pace(indexer, bytes))
        return hg_fail(reterr, HG_ESTATE, "the indexer stops");
    return rc;
}

static enum hg_rc close_chunk(struct hg_indexer *indexer, struct hg_err *reterr)
{
    enum hg_rc rc = put(indexer, &indexer->chunk, indexer->chunk_first, indexer->done, LEVEL_CHUNK, indexer->lacks, reterr);
    segment_begin(&indexer->chunk, ALL_COLUMNS);
    indexer->chunk_first = indexer->done + 1;
    return rc;
}

static enum hg_rc close_segment(struct hg_indexer *indexer, struct hg_err *reterr)
{
    enum hg_rc rc = put(indexer, &indexer->segment, indexer->segment_first, indexer->done, LEVEL_SEGMENT, indexer->lacks, reterr);
    segment_begin(&indexer->segment, ALL_COLUMNS);
    segment_begin(&indexer->chunk, ALL_COLUMNS);
    indexer->segment_first = indexer->chunk_first = indexer->done + 1;
    indexer->lacks = (struct oldest){0, 0};
    return rc;
}

static enum hg_rc take_row(struct hg_indexer *indexer, const struct hg_event_row *row, bool kept, struct hg_err *reterr)
{
    if (!segment_add(&indexer->chunk, row, kept) || !segment_add(&indexer->segment, row, kept))
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for a segment");
    return HG_OK;
}

static bool is_chunk(const struct hg_indexer *indexer)
{
    const struct segment_builder *chunk = &indexer->chunk;
    return chunk->n >= indexer->rows / CHUNK_PART || (chunk->n >= indexer->rows / LEAST_PART && chunk->n > 0 && chunk->max_us - chunk->min_us >= CHUNK_US);
}

/* Of sequences [first, last] those before `oldest` weren't there. */
static void note_lacks(uint64_t *lacks, uint64_t oldest, uint64_t first, uint64_t last)
{
    uint64_t from = oldest <= last ? oldest : last + 1;
    if (from > first && from > *lacks)
        *lacks = from;
}

static enum hg_rc read_rows(struct hg_indexer *indexer, uint64_t newest, struct hg_err *reterr)
{
    static const struct hg_range ever = {INT64_MIN, INT64_MAX};
    struct row_merge merge = {0};
    struct oldest oldest;
    sqlite3_stmt *statement;
    bool kept;
    uint64_t room = indexer->rows - indexer->segment.n, n = newest - indexer->done, most = indexer->rows / READ_PART + 1;
    n = n < most ? n : most;
    uint64_t last = indexer->done + (n < room ? n : room);
    enum hg_rc rc = oldest_read(&indexer->reader->db, &oldest, reterr);
    if (rc != HG_OK)
        return rc;
    rc = merge_open(&merge, &indexer->reader->db, indexer->done + 1, last, ever, reterr);
    while (rc == HG_OK && (rc = merge_next(&merge, &statement, &kept, reterr)) == HG_OK && statement != NULL) {
        struct hg_event_row row;
        (void)event_row(statement, NULL, &row);
        rc = take_row(indexer, &row, kept, reterr);
    }
    merge_close(&merge);
    note_lacks(&indexer->lacks.kept, oldest.kept, indexer->done + 1, last);
    note_lacks(&indexer->lacks.recent, oldest.recent, indexer->done + 1, last);
    indexer->done = last;
    return rc;
}

/* ---- what the ring and retention dropped */

/* Segments that follow each other and have rows that are gone. */
struct run {
    size_t begin, end;
    uint64_t kept, dead;
};

static bool is_loose(const struct segment *segment, const struct oldest *oldest, uint32_t rows)
{
    if (segment->last >= oldest->recent)
        return false;
    return (segment->level == LEVEL_SEGMENT && segment->n_kept < segment->n) || (segment->level == LEVEL_SETTLED && segment->n < rows / 2);
}

/* The oldest run that is worth to be made one segment; begin = end: none. */
static struct run find_run(const struct segment *segments, size_t n, const struct oldest *oldest, uint32_t rows)
{
    struct run run = {0};
    for (size_t i = 0; i < n; i++) {
        bool loose = is_loose(&segments[i], oldest, rows);
        if (loose && run.kept + segments[i].n_kept <= rows) {
            run.kept += segments[i].n_kept;
            run.dead += segments[i].n - segments[i].n_kept;
            run.end = i + 1;
            if (run.dead < DEAD_MOST * (uint64_t)rows && run.kept < rows / 2)
                continue;
        }
        if (run.dead > 0 && (run.dead >= DEAD_MOST * (uint64_t)rows || run.kept >= rows / 2 || !loose || run.end == i))
            return run;
        run = (struct run){.begin = i + 1, .end = i + 1};
    }
    return (struct run){0};
}

static enum hg_rc read_kept(struct hg_indexer *indexer, uint64_t first, uint64_t last, struct hg_err *reterr)
{
    struct binder b;
    bool found = true;
    enum hg_rc rc = binder_open(&b, &indexer->reader->db, SQL_EVENTS_FROM, reterr);
    if (rc != HG_OK)
        return rc;
    bind_u64(&b, first);
    segment_begin(&indexer->tidy, ALL_COLUMNS);
    while (rc == HG_OK && (rc = binder_step(&b, &found, "events", reterr)) == HG_OK && found) {
        struct hg_event_row row;
        if ((uint64_t)sqlite3_column_int64(b.statement, 0) > last)
            break;
        (void)event_row(b.statement, NULL, &row);
        if (!segment_add(&indexer->tidy, &row, true))
            rc = hg_fail(reterr, HG_ENOMEM, "store: no memory for a segment");
    }
    binder_reset(&b);
    return rc;
}

static enum hg_rc tidy_segments(struct hg_indexer *indexer, const struct segment *segments, size_t n, const struct oldest *oldest, struct hg_err *reterr)
{
    uint64_t from = oldest->kept < oldest->recent ? oldest->kept : oldest->recent;
    size_t gone = 0;
    while (gone < n && segments[gone].last < from)
        gone++;
    enum hg_rc rc = gone > 0 ? index_drop(&indexer->index, segments[0].first, segments[gone - 1].last, reterr) : HG_OK;
    struct run run = find_run(segments + gone, n - gone, oldest, indexer->rows);
    if (rc != HG_OK || run.begin == run.end)
        return rc;
    uint64_t first = segments[gone + run.begin].first, last = segments[gone + run.end - 1].last;
    struct oldest lacks = {0, last + 1};
    note_lacks(&lacks.kept, oldest->kept, first, last);
    rc = read_kept(indexer, first, last, reterr);
    return rc == HG_OK ? put(indexer, &indexer->tidy, first, last, LEVEL_SETTLED, lacks, reterr) : rc;
}

/* Segments all of whose rows are gone go; of those that the ring has left behind the other rows are put together. */
static enum hg_rc tidy_up(struct hg_indexer *indexer, struct hg_err *reterr)
{
    struct segment *segments = NULL;
    struct oldest oldest;
    size_t n = 0;
    enum hg_rc rc = oldest_read(&indexer->reader->db, &oldest, reterr);
    if (rc == HG_OK)
        rc = index_list(&indexer->index, &segments, &n, reterr);
    if (rc == HG_OK)
        rc = tidy_segments(indexer, segments, n, &oldest, reterr);
    free(segments);
    return rc;
}

/* ---- a round */

static enum hg_rc round_read(struct hg_indexer *indexer, bool *ret_more, struct hg_err *reterr)
{
    uint64_t newest;
    int64_t clock_us;
    enum hg_rc rc = hg_reader_begin(indexer->reader, &newest, &clock_us, reterr);
    if (rc != HG_OK)
        return rc;
    if (newest > indexer->done)
        rc = read_rows(indexer, newest, reterr);
    *ret_more = newest > indexer->done;
    hg_reader_end(indexer->reader);
    return rc;
}

static enum hg_rc round_tidy(struct hg_indexer *indexer, struct hg_err *reterr)
{
    uint64_t newest;
    int64_t clock_us;
    enum hg_rc rc = hg_reader_begin(indexer->reader, &newest, &clock_us, reterr);
    if (rc != HG_OK)
        return rc;
    rc = tidy_up(indexer, reterr);
    hg_reader_end(indexer->reader);
    return rc;
}

static enum hg_rc work(struct hg_indexer *indexer, struct hg_err *reterr)
{
    bool more = true;
    enum hg_rc rc = HG_OK;
    while (rc == HG_OK && more) {
        rc = round_read(indexer, &more, reterr);
        if (rc == HG_OK && indexer->segment.n >= indexer->rows) {
            rc = close_segment(indexer, reterr);
            if (rc == HG_OK)
                rc = round_tidy(indexer, reterr);
        } else if (rc == HG_OK && is_chunk(indexer)) {
            rc = close_chunk(indexer, reterr);
        }
    }
    return rc;
}

/* ---- beginning, and beginning again */

/* Chunks are left: their rows are read again for the segment that they will be. *ret_usable false: it isn't of this database. */
static enum hg_rc take_up(struct hg_indexer *indexer, bool *ret_usable, struct hg_err *reterr)
{
    struct segment *segments = NULL;
    struct oldest oldest = {0, 0};
    uint64_t newest;
    int64_t clock_us;
    size_t n = 0;
    *ret_usable = true;
    enum hg_rc rc = hg_reader_begin(indexer->reader, &newest, &clock_us, reterr);
    if (rc != HG_OK)
        return rc;
    rc = oldest_read(&indexer->reader->db, &oldest, reterr);
    if (rc == HG_OK)
        rc = index_list(&indexer->index, &segments, &n, reterr);
    if (rc == HG_OK)
        rc = index_fits(&indexer->reader->db, newest, segments, n, ret_usable, reterr);
    hg_reader_end(indexer->reader);
    *ret_usable = *ret_usable && (n == 0 || segments[n - 1].last <= newest);
    while (n > 0 && segments[n - 1].level == LEVEL_CHUNK)
        n--;
    uint64_t from = oldest.kept < oldest.recent ? oldest.kept : oldest.recent;
    indexer->done = rc != HG_OK || n == 0 ? 0 : segments[n - 1].last;
    if (rc == HG_OK && from != UINT64_MAX && from > indexer->done + 1)
        indexer->done = from - 1;
    free(segments);
    return rc;
}

static enum hg_rc open_all(struct hg_indexer *indexer, bool *ret_usable, struct hg_err *reterr)
{
    enum hg_rc rc = HG_OK;
    *ret_usable = true;
    if (indexer->reader == NULL)
        rc = hg_store_reader_open(indexer->state_dir, &indexer->reader, reterr);
    if (rc != HG_OK)
        return rc;
    rc = index_open(indexer->state_dir, true, &indexer->index, reterr);
    if (rc == HG_OK)
        rc = take_up(indexer, ret_usable, reterr);
    if (rc == HG_EFORMAT)
        *ret_usable = false;
    return rc;
}

static void close_all(struct hg_indexer *indexer)
{
    if (indexer->index.handle != NULL)
        index_end(&indexer->index);
    hg_store_reader_close(indexer->reader);
    indexer->reader = NULL;
    indexer->ready = false;
}

static enum hg_rc begin(struct hg_indexer *indexer, struct hg_err *reterr)
{
    bool usable;
    enum hg_rc rc = open_all(indexer, &usable, reterr);
    if (!usable) {
        close_all(indexer);
        index_remove(indexer->state_dir);
        rc = open_all(indexer, &usable, reterr);
    }
    if (rc != HG_OK)
        return rc;
    segment_begin(&indexer->chunk, ALL_COLUMNS);
    segment_begin(&indexer->segment, ALL_COLUMNS);
    indexer->chunk_first = indexer->segment_first = indexer->done + 1;
    indexer->lacks = (struct oldest){0, 0};
    indexer->ready = true;
    return index_drop(&indexer->index, indexer->done + 1, INT64_MAX, reterr);
}

static bool is_reported(const struct hg_indexer *indexer)
{
    char path[PATH_MAX];
    return index_path(indexer->state_dir, DAMAGED_NAME, path, sizeof path, NULL) == HG_OK && access(path, F_OK) == 0;
}

/* What fails is tried again from the start a while later; what is damaged, from nothing. */
static void go_round(struct hg_indexer *indexer)
{
    struct hg_err err;
    if (is_reported(indexer)) {
        close_all(indexer);
        index_remove(indexer->state_dir);
    }
    enum hg_rc rc = indexer->ready ? HG_OK : begin(indexer, &err);
    if (rc == HG_OK)
        rc = work(indexer, &err);
    if (rc == HG_OK)
        return;
    close_all(indexer);
    if (rc == HG_EFORMAT)
        index_remove(indexer->state_dir);
}

static void *run_thread(void *self)
{
    struct hg_indexer *indexer = self;
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICENESS); /* on Linux of the thread alone */
    do
        go_round(indexer);
    while (!wait_until(indexer, hg_time_monotonic_us() + WAIT_US, false));
    close_all(indexer);
    return NULL;
}

static void destroy(struct hg_indexer *indexer)
{
    segment_builder_free(&indexer->chunk);
    segment_builder_free(&indexer->segment);
    segment_builder_free(&indexer->tidy);
    pthread_cond_destroy(&indexer->changed);
    pthread_mutex_destroy(&indexer->lock);
    free(indexer);
}

enum hg_rc hg_indexer_start(const char *state_dir, const struct hg_indexer_settings *settings, struct hg_indexer **ret, struct hg_err *reterr)
{
    pthread_condattr_t attributes;
    struct hg_indexer *indexer = calloc(1, sizeof *indexer);
    if (indexer == NULL)
        return hg_fail(reterr, HG_ENOMEM, "store: no memory for the indexer");
    indexer->settings = *settings;
    indexer->rows = settings->segment_events == 0 || settings->segment_events > SEGMENT_ROWS ? SEGMENT_ROWS : settings->segment_events;
    pthread_mutex_init(&indexer->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&indexer->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    enum hg_rc rc = index_path(state_dir, "", indexer->state_dir, sizeof indexer->state_dir, reterr);
    if (rc == HG_OK && pthread_create(&indexer->thread, NULL, run_thread, indexer) != 0)
        rc = hg_fail(reterr, HG_ENOMEM, "store: no thread for the indexer");
    if (rc != HG_OK) {
        destroy(indexer);
        return rc;
    }
    *ret = indexer;
    return HG_OK;
}

static void signal_it(struct hg_indexer *indexer, bool stop)
{
    pthread_mutex_lock(&indexer->lock);
    indexer->poked = true;
    indexer->stopping = indexer->stopping || stop;
    pthread_cond_signal(&indexer->changed);
    pthread_mutex_unlock(&indexer->lock);
}

void hg_indexer_poke(struct hg_indexer *indexer)
{
    if (indexer != NULL)
        signal_it(indexer, false);
}

void hg_indexer_stop(struct hg_indexer *indexer)
{
    if (indexer == NULL)
        return;
    signal_it(indexer, true);
    pthread_join(indexer->thread, NULL);
    destroy(indexer);
}
