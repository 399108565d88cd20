#include "support/cmocka_all.h"

#include "decode/formats.h"
#include "feature/feature.h"
#include "generate/generate.h"
#include "pipeline/scan.h"
#include "tests/detect/generated.h"

#include <unistd.h>

static const char *const logs[] = {"iscx.csv", "eve.json", "cowrie.json", "dionaea.json", "truth.csv"};
#define READ 4 /* all but the truth */

struct taking {
    struct hg_feature_settings features;
    struct rows rows;
    size_t n;
};

static void work(void *self, struct hg_frame *frame, struct hg_pool_worker *worker)
{
    const struct taking *taking = self;
    (void)worker;
    frame->matrix.rows = frame->n_events;
    hg_features(&taking->features, frame->events, frame->n_events, &frame->matrix);
}

static enum hg_rc done(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    struct taking *taking = self;
    (void)reterr;
    for (size_t i = 0; i < frame->n_events && taking->n < taking->rows.n; i++, taking->n++) {
        const struct hg_event *event = frame->events[i];
        struct hg_feature_row row;
        taking->rows.events[taking->n] = (struct hg_event){
            .dataset = event->dataset, .label = event->label, .time_us = event->time_us, .missing = event->missing,
            .kind = hg_slice_is(event->kind, "flow") ? HG_SLICE("flow") : HG_SLICE("other")};
        hg_matrix_get_row(&frame->matrix, i, &row);
        hg_matrix_set_row(&taking->rows.matrix, taking->n, &row);
    }
    return HG_OK;
}

struct rows generated_rows(size_t n, uint64_t seed)
{
    char folder[] = "/tmp/hg_generated_XXXXXX", paths[sizeof logs / sizeof *logs][64];
    const char *read[READ];
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        snprintf(paths[i], sizeof paths[i], "%s/%s", folder, logs[i]);
    for (size_t i = 0; i < READ; i++)
        read[i] = paths[i];
    struct hg_err err = {0};
    struct hg_generate_settings making = {.out_dir = folder, .rows = n, .seed = seed};
    assert_int_equal(hg_generate(&making, &err), HG_OK);
    struct taking taking = {.features = hg_feature_settings_default(), .rows = rows_create(n + n / 50)};
    struct hg_formats *formats;
    assert_int_equal(hg_formats_create(NULL, 0, &formats, &err), HG_OK);
    struct hg_scan_settings settings = {.paths = read, .n_paths = READ, .inputs = hg_input_settings_default(), .behaviour = true, .threads = 1};
    settings.inputs.formats = formats;
    struct hg_scan_task task = {.self = &taking, .work = work, .done = done};
    struct hg_counts counts;
    bool unknown;
    assert_int_equal(hg_scan(&settings, &task, &counts, &unknown, &err), HG_OK);
    hg_formats_destroy(formats);
    taking.rows.n = taking.n;
    for (size_t i = 0; i < sizeof logs / sizeof *logs; i++)
        assert_int_equal(unlink(paths[i]), 0);
    assert_int_equal(rmdir(folder), 0);
    return taking.rows;
}
