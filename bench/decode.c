/*
 * bench_decode [--json] [--mapping MAPPING] FILE: how fast one thread decodes the file's records; with --json also prints every event with its
 * attributes into memory. Each pass reads the file's bytes often enough to take a second; the median of 5 passes is printed. Time is the thread's own CPU time, so
 * that other work on the machine doesn't count.
 */
#include "core/event_json.h"
#include "decode/formats.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PASSES      5
#define BATCH_BYTES ((size_t)512 * 1024)

struct bench {
    struct hg_slice bytes;
    const struct hg_decoder *decoder;
    struct hg_decode_worker *worker;
    struct hg_decode_context *context;
    struct hg_batch batch;
    struct hg_buf out;
    struct hg_arena scratch;
    bool json;
};

static _Noreturn void die(const char *what)
{
    fprintf(stderr, "bench_decode: %s\n", what);
    exit(1);
}

static struct hg_slice read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL || fseek(f, 0, SEEK_END) != 0)
        die("can't read the file");
    long len = ftell(f);
    rewind(f);
    char *p = malloc((size_t)len + HG_BATCH_PADDING);
    if (len <= 0 || p == NULL || fread(p, 1, (size_t)len, f) != (size_t)len)
        die("can't read the file");
    fclose(f);
    memset(p + len, 0, HG_BATCH_PADDING);
    return (struct hg_slice){p, (size_t)len};
}

static void set_up(struct bench *b, const char *const *mapping, const char *path)
{
    enum hg_reason reason;
    b->bytes = read_file(path);
    struct hg_slice first;
    struct hg_formats *formats;
    struct hg_err err;
    if (hg_formats_create(mapping, *mapping == NULL ? 0 : 1, &formats, &err) != HG_OK)
        die(err.msg);
    if (!hg_frame_head(b->bytes, true, &first) || hg_decode_worker_create(&b->worker, NULL) != HG_OK)
        die("no memory");
    b->decoder = hg_formats_probe(formats, b->worker, first, &reason);
    if (b->decoder == NULL)
        die(hg_reason_text(reason));
    struct hg_id id = hg_identity_stream(b->decoder->dataset, hg_identity_first_record(b->decoder->framing, b->bytes));
    bool headed = b->decoder->framing == HG_FRAME_CSV || b->decoder->framing == HG_FRAME_TABLE;
    struct hg_slice header = headed ? first : HG_SLICE_NONE;
    if (hg_decode_context_create(b->decoder, b->decoder->framing, hg_slice_of(path), header, &id, HG_TIMEZONE_DEFAULT, &b->context, NULL) != HG_OK)
        die("the header can't be read");
    hg_batch_init(&b->batch);
    hg_buf_init(&b->out, (size_t)1 << 30);
    hg_arena_init(&b->scratch, 65536, 1 << 26);
}

static void print_events(struct bench *b)
{
    hg_buf_clear(&b->out);
    for (size_t i = 0; i < b->batch.n_events; i++) {
        struct hg_jsonw w = {.buf = &b->out};
        hg_jsonw_open(&w, '{');
        hg_event_json_members(&b->batch.events[i], &b->scratch, &w);
        hg_jsonw_key(&w, "attributes");
        hg_jsonw_open(&w, '{');
        b->decoder->attributes(b->context, b->worker, b->batch.events[i].record, &b->scratch, &w);
        hg_jsonw_close(&w, '}');
        hg_jsonw_close(&w, '}');
        hg_arena_reset(&b->scratch);
    }
}

/* Frames, copies and decodes the whole file once, as the pipeline does. */
static void run_once(struct bench *b, struct hg_counts *counts)
{
    size_t at = 0;
    while (at < b->bytes.len) {
        size_t left = b->bytes.len - at, len = left;
        if (left > BATCH_BYTES)
            len = hg_frame_whole(b->decoder->framing, b->bytes.p + at, BATCH_BYTES);
        hg_batch_clear(&b->batch);
        if (hg_batch_reserve_bytes(&b->batch, len, NULL) != HG_OK)
            die("no memory");
        memcpy(b->batch.bytes, b->bytes.p + at, len);
        b->batch.len = len;
        b->batch.offset = at;
        hg_decode_batch(b->context, b->worker, &b->batch);
        if (b->json)
            print_events(b);
        hg_counts_add(counts, &b->batch.counts);
        at += len;
    }
}

static int64_t cpu_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (int64_t)ts.tv_sec * HG_SECOND + ts.tv_nsec / 1000;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

int main(int argc, char **argv)
{
    struct bench b = {.json = argc > 2 && strcmp(argv[1], "--json") == 0};
    const char *mapping = NULL;
    double seconds[PASSES];
    if (argc < 2)
        die("usage: bench_decode [--json] [--mapping MAPPING] FILE");
    for (int i = 1; i < argc - 2; i++)
        if (strcmp(argv[i], "--mapping") == 0)
            mapping = argv[i + 1];
    set_up(&b, &mapping, argv[argc - 1]);
    struct hg_counts counts = {0};
    int64_t start = cpu_us();
    run_once(&b, &counts); /* warm */
    int64_t once = cpu_us() - start;
    int repeats = (int)(HG_SECOND / (once + 1)) + 1;
    for (int pass = 0; pass < PASSES; pass++) {
        struct hg_counts ignored = {0};
        start = cpu_us();
        for (int i = 0; i < repeats; i++)
            run_once(&b, &ignored);
        seconds[pass] = (double)(cpu_us() - start) / 1e6 / repeats;
    }
    qsort(seconds, PASSES, sizeof seconds[0], ascending);
    double median = seconds[PASSES / 2];
    printf("%s: %s, %llu records (%llu decoded), %.0f records/s, %.0f MB/s, %.0f bytes a record\n", argv[argc - 1], b.decoder->name,
           (unsigned long long)counts.read, (unsigned long long)counts.decoded, (double)counts.read / median,
           (double)b.bytes.len / 1e6 / median, (double)b.bytes.len / (double)counts.read);
    return 0;
}
