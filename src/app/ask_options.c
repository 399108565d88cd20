#include "app/ask_options.h"

#include "base/jsonw.h"

#include <stdio.h>

void hg_ask_init(struct hg_ask *ask)
{
    *ask = (struct hg_ask){.from_us = HG_TIME_NONE, .to_us = HG_TIME_NONE, .clock_us = HG_TIME_NONE};
    hg_arena_init(&ask->arena, 65536, (size_t)4 * 1024 * 1024);
}

void hg_ask_free(struct hg_ask *ask)
{
    hg_arena_free(&ask->arena);
}

void hg_ask_option(struct hg_ask *ask, int option, const char *argument)
{
    const char **place = option == HG_OPT_STATE ? &ask->state : option == HG_OPT_FROM ? &ask->from : option == HG_OPT_TO ? &ask->to : &ask->window;
    *place = argument;
}

static bool takes_value(const char *argument, const struct option *options)
{
    for (; options->name != NULL; options++)
        if (strcmp(argument + 2, options->name) == 0)
            return options->has_arg == required_argument;
    return false; /* --name=value */
}

const char *hg_ask_take_minus(int *argc, char **argv, const struct option *options)
{
    for (int i = 1; i < *argc && strcmp(argv[i], "--") != 0; i++) {
        const char *argument = argv[i];
        if (strncmp(argument, "--", 2) == 0) {
            i += takes_value(argument, options);
        } else if (argument[0] == '-' && argument[1] != '\0') {
            memmove(argv + i, argv + i + 1, (size_t)(*argc - i) * sizeof *argv); /* with the NULL behind the last */
            --*argc;
            return argument;
        }
    }
    return NULL;
}

/* A stamp, or a day: its beginning. */
static bool read_time(const char *text, int64_t *ret)
{
    char stamp[] = "0000-00-00T00:00:00Z";
    if (text == NULL)
        return true;
    if (strlen(text) != 10)
        return hg_time_parse_iso(hg_slice_of(text), 0, ret, NULL);
    memcpy(stamp, text, 10);
    return hg_time_parse_iso(hg_slice_of(stamp), 0, ret, NULL);
}

int hg_ask_check(const struct hg_command *command, struct hg_ask *ask)
{
    if (ask->state == NULL)
        return hg_usage(command, "--state DIR says where the events are");
    if (!read_time(ask->from, &ask->from_us))
        return hg_usage(command, "--from takes a time such as 2025-01-08T21:13:00Z, or a day, not '%s'", ask->from);
    if (!read_time(ask->to, &ask->to_us))
        return hg_usage(command, "--to takes a time such as 2025-01-08T21:13:00Z, or a day, not '%s'", ask->to);
    if (ask->window != NULL && (!hg_time_parse_duration(hg_slice_of(ask->window), &ask->window_us) || ask->window_us % HG_MINUTE != 0))
        return hg_usage(command, "--window takes a duration in whole minutes such as 1h or 7d, not '%s'", ask->window);
    if (ask->window != NULL && ask->from != NULL && ask->to != NULL)
        return hg_usage(command, "either --window, or --from and --to");
    if (ask->from != NULL && ask->to != NULL && ask->from_us >= ask->to_us)
        return hg_usage(command, "--to takes a time after --from");
    return EXIT_DONE;
}

/* All there is where no range was asked for; from its beginning or to its end where one of both was. In whole minutes. */
static enum hg_rc resolve_range(struct hg_ask *ask, struct hg_reader_db *reader, struct hg_err *reterr)
{
    struct hg_range extent;
    int64_t from = ask->from_us, to = ask->to_us;
    enum hg_rc rc = hg_reader_extent(reader, &extent, reterr);
    if (rc != HG_OK)
        return rc;
    if (extent.from_us >= extent.to_us)
        return hg_fail(reterr, HG_EEND, "no event is stored in %s", ask->state);
    if (to == HG_TIME_NONE)
        to = from != HG_TIME_NONE && ask->window_us > 0 ? from + ask->window_us : extent.to_us;
    if (from == HG_TIME_NONE)
        from = ask->window_us > 0 ? to - ask->window_us : extent.from_us;
    if (to < from)
        to = from;
    ask->query.range = (struct hg_range){hg_time_floor(from, HG_MINUTE), -hg_time_floor(-to, HG_MINUTE)};
    return HG_OK;
}

static enum hg_rc look_within(struct hg_ask *ask, struct hg_reader_db *reader,
                              enum hg_rc (*look)(void *self, struct hg_reader_db *reader, struct hg_err *reterr), void *self, struct hg_err *reterr)
{
    int64_t now_us = ask->clock_us == HG_TIME_NONE ? hg_time_now_us() : ask->clock_us;
    enum hg_rc rc = hg_filter_parse(hg_slice_of(ask->filter), now_us, &ask->arena, &ask->query.filter, &ask->fault, reterr);
    if (rc == HG_OK)
        rc = resolve_range(ask, reader, reterr);
    return rc == HG_OK ? look(self, reader, reterr) : rc;
}

enum hg_rc hg_ask_look(struct hg_ask *ask, enum hg_rc (*look)(void *self, struct hg_reader_db *reader, struct hg_err *reterr), void *self,
                       struct hg_err *reterr)
{
    struct hg_reader_db *reader;
    uint64_t sequence;
    enum hg_rc rc = hg_store_reader_open(ask->state, &reader, reterr);
    if (rc != HG_OK)
        return rc;
    rc = hg_reader_begin(reader, &sequence, &ask->clock_us, reterr);
    if (rc == HG_OK) {
        rc = look_within(ask, reader, look, self, reterr);
        hg_reader_end(reader);
    }
    hg_store_reader_close(reader);
    return rc;
}

/* ---- what is wrong with a filter */

/* One line that steers no terminal, and how many columns it takes. */
static size_t put_line(struct hg_slice text, struct hg_buf *out)
{
    size_t start = out->len, columns = 0;
    for (size_t i = 0, from = 0; i <= text.len; i++) {
        if (i < text.len && text.p[i] != '\n' && text.p[i] != '\t')
            continue;
        if (i > from)
            hg_put_plain(out, (struct hg_slice){text.p + from, i - from});
        if (i < text.len)
            hg_buf_char(out, ' ');
        from = i + 1;
    }
    for (size_t i = start; i < out->len; i++)
        columns += ((unsigned char)out->p[i] & 0xc0) != 0x80; /* the first byte of a character */
    return columns;
}

static void draw_fault(const struct hg_command *command, const struct hg_ask *ask)
{
    struct hg_slice text = hg_slice_of(ask->filter);
    struct hg_slice before = {text.p, ask->fault.offset}, at = {text.p + ask->fault.offset, ask->fault.len};
    struct hg_buf out;
    hg_buf_init(&out, (size_t)16 * HG_FILTER_BYTES_MAX);
    hg_buf_printf(&out, "honeyguide %s: ", command->name);
    size_t indent = out.len + put_line(before, &out);
    size_t width = put_line(at, &out);
    put_line(hg_slice_from(text, before.len + at.len), &out);
    hg_buf_printf(&out, "\n%*s", (int)indent, "");
    for (size_t i = 0; i < (width > 0 ? width : 1); i++)
        hg_buf_char(&out, '^');
    hg_buf_printf(&out, "\nexpected %s\n", ask->fault.expected);
    fwrite(out.p, 1, out.len, stderr);
    hg_buf_free(&out);
}

int hg_ask_failed(const struct hg_command *command, const struct hg_ask *ask, const struct hg_err *err)
{
    if (ask->fault.expected[0] == '\0')
        return hg_failed(command, err);
    draw_fault(command, ask);
    return EXIT_USAGE;
}
