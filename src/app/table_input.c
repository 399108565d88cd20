#include "app/table_input.h"

#include "base/grow.h"
#include "source/reader.h"
#include "table/table.h"

#include <stdio.h>

static bool add_name(struct hg_table_options *options, const char *name)
{
    const char **names = hg_grow(options->drop, options->n_drop, &options->cap_drop, sizeof *names);
    if (names == NULL)
        return false;
    options->drop = names;
    names[options->n_drop++] = name;
    return true;
}

bool hg_table_option(const struct hg_command *command, struct hg_table_options *options, int option, char *argument)
{
    if (option == HG_OPT_LABEL_COLUMN) {
        options->label_column = argument;
        return true;
    }
    for (char *name; (name = strsep(&argument, ",")) != NULL;) {
        if (*name == '\0') {
            hg_usage(command, "--drop takes names of columns with commas between them");
            return false;
        }
        if (!add_name(options, name)) {
            hg_usage(command, "no memory for --drop");
            return false;
        }
    }
    return true;
}

void hg_table_options_free(struct hg_table_options *options)
{
    free(options->drop);
    *options = (struct hg_table_options){0};
}

bool hg_table_asked(const struct hg_common *common)
{
    return common->format != NULL && strcmp(common->format, "table") == 0;
}

bool hg_table_wrong(const struct hg_command *command, const struct hg_common *common, const struct hg_table_options *options)
{
    if (hg_table_asked(common) || (options->label_column == NULL && options->n_drop == 0))
        return false;
    hg_usage(command, "%s goes with --format table", options->label_column != NULL ? "--label-column" : "--drop");
    return true;
}

/* Names in it were written by others. */
static void say(void *self, const char *message)
{
    const struct hg_command *command = self;
    struct hg_buf out;
    hg_buf_init(&out, (size_t)64 * 1024);
    hg_put_plain(&out, hg_slice_of(message));
    fprintf(stderr, "honeyguide %s: %.*s\n", command->name, (int)out.len, out.len > 0 ? out.p : "");
    hg_buf_free(&out);
}

static void say_counts(const struct hg_command *command, const char *path, const struct hg_sheet *sheet)
{
    char line[HG_ERR_MSG_BYTES];
    if (sheet->malformed > 0) {
        snprintf(line, sizeof line, "%s: malformed and left out: %llu of %llu records", path, (unsigned long long)sheet->malformed,
                 (unsigned long long)sheet->read);
        say((void *)(uintptr_t)command, line);
    }
    if (sheet->infinite > 0) {
        snprintf(line, sizeof line, "%s: cells that are infinite, taken as missing: %llu", path, (unsigned long long)sheet->infinite);
        say((void *)(uintptr_t)command, line);
    }
    if (sheet->no_numbers > 0) {
        snprintf(line, sizeof line, "%s: cells of text where the model has numbers, taken as missing: %llu", path,
                 (unsigned long long)sheet->no_numbers);
        say((void *)(uintptr_t)command, line);
    }
}

static enum hg_rc read_bytes(void *self, char *out, size_t room, size_t *ret_len, struct hg_err *reterr)
{
    return hg_reader_read(self, true, out, room, ret_len, reterr);
}

static int failed(const struct hg_command *command, const struct hg_err *err)
{
    say((void *)(uintptr_t)command, err->msg);
    return err->rc == HG_EUSAGE ? EXIT_USAGE : EXIT_FAILED;
}

int hg_table_read(const struct hg_command *command, const char *path, const struct hg_table_options *options,
                  const struct hg_sheet_schema *schema, struct hg_sheet *ret)
{
    struct hg_err err;
    struct hg_reader *reader = NULL;
    if (hg_reader_open(path, &reader, &err) != HG_OK)
        return failed(command, &err);
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    struct hg_table_source source = {read_bytes, reader, name};
    struct hg_sheet_settings settings = {.label_column = options->label_column,
                                         .drop = options->drop,
                                         .n_drop = options->n_drop,
                                         .schema = schema,
                                         .say = say,
                                         .say_self = (void *)(uintptr_t)command};
    enum hg_rc rc = hg_sheet_read(&source, &settings, ret, &err);
    hg_reader_close(reader);
    if (rc != HG_OK)
        return failed(command, &err);
    say_counts(command, name, ret);
    return EXIT_DONE;
}
