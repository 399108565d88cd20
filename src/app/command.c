#include "app/command.h"

#include "base/num.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int hg_usage(const struct hg_command *command, const char *format, ...)
{
    va_list args;
    fprintf(stderr, "honeyguide %s: ", command->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nhoneyguide %s --help says how it is used\n", command->name);
    return EXIT_USAGE;
}

int hg_failed(const struct hg_command *command, const struct hg_err *err)
{
    fprintf(stderr, "honeyguide %s: %s\n", command->name, err->msg);
    return err->rc == HG_EUSAGE ? EXIT_USAGE : EXIT_FAILED;
}

struct hg_common hg_common_default(void)
{
    return (struct hg_common){.inputs = hg_input_settings_default(),
                              .features = hg_feature_settings_default(),
                              .rules = hg_behave_settings_default(),
                              .threads = hg_pool_default_threads()};
}

bool hg_opt_u64(const struct hg_command *command, const char *option, const char *text, uint64_t low, uint64_t high, uint64_t *ret)
{
    if (hg_num_parse_u64(hg_slice_of(text), ret) && *ret >= low && *ret <= high)
        return true;
    hg_usage(command, "%s takes a whole number from %llu to %llu, not '%s'", option, (unsigned long long)low, (unsigned long long)high, text);
    return false;
}

bool hg_opt_detector(const struct hg_command *command, const char *name, const struct hg_detector **ret)
{
    *ret = hg_detector_named(hg_slice_of(name));
    if (*ret == NULL)
        hg_usage(command, "there is no detector '%s': `honeyguide detectors` lists them", name);
    return *ret != NULL;
}

static bool take_mapping(const struct hg_command *command, const char *path, struct hg_common *common)
{
    if (common->n_mappings == HG_MAPPINGS_MAX) {
        hg_usage(command, "--mapping was given more than %u times", HG_MAPPINGS_MAX);
        return false;
    }
    common->mappings[common->n_mappings++] = path;
    return true;
}

int hg_common_formats(const struct hg_command *command, struct hg_common *common)
{
    struct hg_err err;
    if (hg_formats_create(common->mappings, common->n_mappings, &common->formats, &err) != HG_OK)
        return hg_failed(command, &err);
    common->inputs.formats = common->formats;
    if (common->format == NULL || strcmp(common->format, "auto") == 0)
        return EXIT_DONE;
    common->inputs.decoder = hg_formats_by_name(common->formats, hg_slice_of(common->format));
    if (common->inputs.decoder != NULL)
        return EXIT_DONE;
    return hg_usage(command, "--format takes auto or a name that `honeyguide formats` lists, not '%s'", common->format);
}

void hg_common_free(struct hg_common *common)
{
    hg_formats_destroy(common->formats);
    common->formats = NULL;
}

int hg_common_paths(const struct hg_command *command, struct hg_common *common, char **inputs, size_t n, struct hg_paths *ret)
{
    struct hg_err err;
    *ret = (struct hg_paths){0};
    for (size_t i = 0; i < n; i++) {
        enum hg_input_kind kind = hg_input_kind(inputs[i]);
        if (kind == HG_INPUT_LISTENER)
            return hg_usage(command, "%s: only `honeyguide serve` listens", inputs[i]);
        if (kind == HG_INPUT_FOLDER || kind == HG_INPUT_GLOB)
            common->inputs.skip_unknown = true;
        if (hg_paths_add(ret, inputs[i], &err) != HG_OK)
            return hg_failed(command, &err);
    }
    return EXIT_DONE;
}

void hg_put_unknown(struct hg_buf *out, const struct hg_command *command, const char *path, enum hg_reason why, bool passed_over)
{
    hg_buf_printf(out, "honeyguide %s: %s is ", command->name, strcmp(path, "-") == 0 ? "standard input" : path);
    if (!passed_over && why == HG_REASON_foreign_export)
        hg_buf_text(out, hg_reason_text(why));
    else
        hg_buf_text(out, passed_over ? "of no known format: passed over"
                                     : "of no known format (honeyguide formats lists them); its records are counted as malformed");
    hg_buf_char(out, '\n');
}

/* DATASET=±HH:MM */
static bool parse_zone(const char *text, enum hg_dataset *ret_dataset, int64_t *ret_us)
{
    const char *equals = strchr(text, '=');
    return equals != NULL && hg_dataset_parse((struct hg_slice){text, (size_t)(equals - text)}, ret_dataset) &&
           hg_time_parse_offset(hg_slice_of(equals + 1), ret_us);
}

static bool take_timezone(const struct hg_command *command, const char *text, struct hg_input_settings *inputs)
{
    enum hg_dataset dataset;
    int64_t us;
    if (!parse_zone(text, &dataset, &us)) {
        hg_usage(command, "--timezone takes DATASET=±HH:MM, for instance iscx=-03:00, not '%s'", text);
        return false;
    }
    inputs->timezone_us[dataset] = us;
    return true;
}

static bool take_local_zone(const struct hg_command *command, const char *text, struct hg_feature_settings *features)
{
    enum hg_dataset dataset;
    int64_t us;
    if (hg_time_parse_offset(hg_slice_of(text), &us)) {
        for (int i = 0; i < HG_DATASET_COUNT; i++)
            features->local_zone_us[i] = us;
        return true;
    }
    if (parse_zone(text, &dataset, &us)) {
        features->local_zone_us[dataset] = us;
        return true;
    }
    hg_usage(command, "--local-zone takes ±HH:MM or DATASET=±HH:MM, not '%s'", text);
    return false;
}

bool hg_common_option(const struct hg_command *command, struct hg_common *common, int option, const char *argument)
{
    uint64_t threads;
    switch (option) {
    case HG_OPT_FORMAT:
        common->format = argument;
        return true;
    case HG_OPT_MAPPING:
        return take_mapping(command, argument, common);
    case HG_OPT_TIMEZONE:
        return take_timezone(command, argument, &common->inputs);
    case HG_OPT_LOCAL_ZONE:
        return take_local_zone(command, argument, &common->features);
    case HG_OPT_THREADS:
        if (!hg_opt_u64(command, "--threads", argument, 1, HG_THREADS_MAX, &threads))
            return false;
        common->threads = (unsigned)threads;
        return true;
    case HG_OPT_STATS:
        common->stats = true;
        return true;
    default: /* getopt_long has said what it is */
        fprintf(stderr, "honeyguide %s --help says how it is used\n", command->name);
        return false;
    }
}

enum hg_rc hg_output(struct hg_slice bytes, struct hg_err *reterr)
{
    while (bytes.len > 0) {
        ssize_t n = write(STDOUT_FILENO, bytes.p, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return hg_fail(reterr, HG_EIO, "can't write to standard output");
        bytes = hg_slice_from(bytes, (size_t)n);
    }
    return HG_OK;
}

static void print_stats(const struct hg_counts *counts)
{
    struct hg_buf buf;
    hg_buf_init(&buf, (size_t)64 * 1024);
    struct hg_jsonw w = {.buf = &buf};
    hg_counts_json(counts, &w);
    hg_buf_char(&buf, '\n');
    fwrite(buf.p, 1, buf.len, stderr);
    hg_buf_free(&buf);
}

static void show_progress(void *self, const struct hg_merge *merge)
{
    struct hg_progress *progress = self;
    struct hg_counts counts = hg_merge_counts(merge);
    hg_progress_update(progress, counts.read, hg_merge_taken(merge), hg_merge_size(merge));
}

struct unknown { /* what is to be said of files, behind the account */
    const struct hg_command *command;
    struct hg_buf lines;
};

static void note_unknown(void *self, const char *path, enum hg_reason why, bool passed_over)
{
    struct unknown *unknown = self;
    hg_put_unknown(&unknown->lines, unknown->command, path, why, passed_over);
}

static int scan_paths(const struct hg_scan_command *scan, const struct hg_paths *paths)
{
    struct hg_scan_settings settings = scan->scan;
    settings.paths = (const char *const *)paths->paths;
    settings.n_paths = paths->n;
    settings.inputs = scan->common->inputs;
    settings.threads = scan->common->threads;
    settings.behaviour = scan->scan.behaviour && !scan->common->no_behaviour;
    settings.rules = &scan->common->rules;
    struct hg_progress progress = hg_progress_start("records");
    struct hg_scan_task task = scan->task;
    task.progress = show_progress;
    task.progress_self = &progress;
    struct unknown files = {.command = scan->command};
    hg_buf_init(&files.lines, (size_t)16 * 1024 * 1024);
    task.unknown = note_unknown;
    task.unknown_self = &files;

    struct hg_err err;
    struct hg_counts counts = {0};
    bool unknown = false;
    enum hg_rc rc = hg_output(scan->header, &err);
    if (rc == HG_OK)
        rc = hg_scan(&settings, &task, &counts, &unknown, &err);
    hg_progress_end(&progress);
    if (scan->common->stats)
        print_stats(&counts);
    if (files.lines.len > 0)
        fwrite(files.lines.p, 1, files.lines.len, stderr);
    hg_buf_free(&files.lines);
    if (rc != HG_OK)
        return hg_failed(scan->command, &err);
    return unknown ? EXIT_FAILED : EXIT_DONE;
}

int hg_run_scan(const struct hg_scan_command *scan, int argc, char **argv)
{
    if (optind == argc)
        return hg_usage(scan->command, "name the logs to read, or - for standard input");
    struct hg_paths paths = {0};
    int status = hg_common_formats(scan->command, scan->common);
    if (status == EXIT_DONE)
        status = hg_common_paths(scan->command, scan->common, argv + optind, (size_t)(argc - optind), &paths);
    if (status == EXIT_DONE)
        status = scan_paths(scan, &paths);
    hg_paths_free(&paths);
    hg_common_free(scan->common);
    return status;
}

void hg_put_plain(struct hg_buf *out, struct hg_slice bytes)
{
    uint32_t code;
    const char *p = bytes.p, *end = p + bytes.len, *start = p;
    while (p < end) {
        size_t n = hg_text_control(p, end, &code);
        if (n == 0) {
            p += hg_utf8_len(p, end);
            continue;
        }
        hg_buf_add(out, start, (size_t)(p - start));
        hg_buf_printf(out, "\\u%04x", code);
        start = p += n;
    }
    hg_buf_add(out, start, (size_t)(end - start));
}

bool hg_read_token(const struct hg_command *command, const char *path, char *out, size_t room)
{
    FILE *file = fopen(path, "r");
    bool read = file != NULL && fgets(out, (int)room, file) != NULL;
    if (file != NULL)
        fclose(file);
    if (!read)
        hg_usage(command, "--token-file %s can't be read", path);
    else
        out[strcspn(out, "\r\n")] = '\0';
    return read;
}

static enum hg_rc show(struct hg_slice bytes, struct hg_err *reterr)
{
    struct hg_buf buf;
    hg_buf_init(&buf, SIZE_MAX / 2);
    hg_put_plain(&buf, bytes);
    enum hg_rc rc = buf.failed ? hg_fail(reterr, HG_ENOMEM, "no memory to show %zu bytes", bytes.len) : hg_output(hg_buf_slice(&buf), reterr);
    hg_buf_free(&buf);
    return rc;
}

enum hg_rc hg_print_frame(void *self, struct hg_frame *frame, struct hg_err *reterr)
{
    (void)self;
    if (frame->out.failed)
        return hg_fail(reterr, HG_ENOMEM, "no memory for the output of %zu events", frame->n_events);
    return isatty(STDOUT_FILENO) == 1 ? show(hg_buf_slice(&frame->out), reterr) : hg_output(hg_buf_slice(&frame->out), reterr);
}

void hg_put_attributes(struct hg_frame *frame, const struct hg_event *event, struct hg_pool_worker *worker, struct hg_jsonw *w)
{
    const struct hg_decode_context *context = hg_frame_context(frame, event);
    hg_jsonw_open(w, '{');
    context->decoder->attributes(context, worker->decode, event->record, &frame->arena, w);
    hg_jsonw_close(w, '}');
}
