/* ISCX IDS 2012 flows as CSV. Columns are found by name: the exports differ in which they have and in what order. */
#include "decode/csv.h"
#include "decode/worker.h"

#include "base/num.h"

#include <stdlib.h>

enum {
    APP_NAME, SOURCE_BYTES, DESTINATION_BYTES, SOURCE_PACKETS, DESTINATION_PACKETS, SOURCE_BASE64, SOURCE_UTF, DESTINATION_BASE64,
    DIRECTION, SOURCE_FLAGS, DESTINATION_FLAGS, SOURCE, PROTOCOL, SOURCE_PORT, DESTINATION, DESTINATION_PORT, START, STOP, LABEL,
    N_COLUMNS
};
static const char *const names[N_COLUMNS] = {
    [APP_NAME] = "appName",
    [SOURCE_BYTES] = "totalSourceBytes",
    [DESTINATION_BYTES] = "totalDestinationBytes",
    [SOURCE_PACKETS] = "totalSourcePackets",
    [DESTINATION_PACKETS] = "totalDestinationPackets",
    [SOURCE_BASE64] = "sourcePayloadAsBase64",
    [SOURCE_UTF] = "sourcePayloadAsUTF",
    [DESTINATION_BASE64] = "destinationPayloadAsBase64",
    [DIRECTION] = "direction",
    [SOURCE_FLAGS] = "sourceTCPFlagsDescription",
    [DESTINATION_FLAGS] = "destinationTCPFlagsDescription",
    [SOURCE] = "source",
    [PROTOCOL] = "protocolName",
    [SOURCE_PORT] = "sourcePort",
    [DESTINATION] = "destination",
    [DESTINATION_PORT] = "destinationPort",
    [START] = "startDateTime",
    [STOP] = "stopDateTime",
    [LABEL] = "Label", /* or Tag */
};

struct hg_columns {
    size_t n;                  /* cells of a row */
    uint8_t at[N_COLUMNS];     /* the cell of each column; NOWHERE where the file lacks it */
};
#define NOWHERE HG_CSV_CELLS_MAX

/* ---- header */

static struct hg_slice without_bom(struct hg_slice header)
{
    return hg_slice_starts(header, HG_SLICE("\xef\xbb\xbf")) ? hg_slice_from(header, 3) : header;
}

static struct hg_slice trimmed(struct hg_slice s)
{
    while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = hg_slice_from(s, 1);
    while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static int column_of(struct hg_slice name)
{
    name = trimmed(name);
    for (int i = 0; i < N_COLUMNS; i++)
        if (hg_slice_is(name, names[i]))
            return i;
    return hg_slice_is(name, "Tag") ? LABEL : -1;
}

static bool read_header(struct hg_slice header, struct hg_columns *columns)
{
    struct hg_csv_cell cells[HG_CSV_CELLS_MAX];
    if (!hg_csv_split(without_bom(header), cells, HG_CSV_CELLS_MAX, &columns->n) || columns->n > HG_CSV_CELLS_MAX)
        return false;
    memset(columns->at, NOWHERE, sizeof columns->at);
    for (size_t i = 0; i < columns->n; i++) {
        int column = column_of(cells[i].raw);
        if (column >= 0 && columns->at[column] == NOWHERE)
            columns->at[column] = (uint8_t)i;
    }
    return columns->at[START] != NOWHERE && columns->at[SOURCE] != NOWHERE && columns->at[DESTINATION] != NOWHERE;
}

static int probe(struct hg_decode_worker *worker, struct hg_slice record)
{
    (void)worker;
    struct hg_columns columns;
    return record.len > 0 && read_header(record, &columns) ? 100 : 0;
}

static enum hg_rc columns_create(const struct hg_decoder *decoder, struct hg_slice header, struct hg_columns **ret,
                                 struct hg_err *reterr)
{
    (void)decoder;
    struct hg_columns *columns = calloc(1, sizeof *columns);
    if (columns == NULL)
        return hg_fail(reterr, HG_ENOMEM, "iscx: no memory for the columns");
    if (header.len == 0 || !read_header(header, columns)) {
        free(columns);
        return hg_fail(reterr, HG_EUSAGE, "iscx: the header lacks startDateTime, source or destination");
    }
    *ret = columns;
    return HG_OK;
}

static void columns_destroy(struct hg_columns *columns)
{
    free(columns);
}

/* ---- cells */

struct row {
    const struct hg_columns *columns;
    struct hg_csv_cell cells[HG_CSV_CELLS_MAX + 1];
};

static bool is_null(struct hg_slice s)
{
    if (s.len == 0)
        return true;
    if (s.len > 4 || (s.p[0] != 'N' && s.p[0] != 'n'))
        return false;
    return hg_slice_is(s, "N/A") || hg_slice_is(s, "null") || hg_slice_is(s, "nan") || hg_slice_is(s, "NaN");
}

/* The cell of a column as it stands; {NULL, 0} for nulls and for columns that the file lacks. */
static inline struct hg_slice cell(const struct row *row, int column)
{
    struct hg_slice s = row->cells[row->columns->at[column]].raw;
    return is_null(s) ? HG_SLICE_NONE : s;
}

static inline struct hg_slice cell_text(const struct row *row, int column, struct hg_arena *arena)
{
    const struct hg_csv_cell *c = &row->cells[row->columns->at[column]];
    return is_null(c->raw) ? HG_SLICE_NONE : hg_csv_text(c, arena);
}

static bool read_row(const struct hg_columns *columns, struct hg_slice record, struct row *row, enum hg_reason *ret_reason)
{
    size_t n;
    row->columns = columns;
    if (!hg_csv_split(record, row->cells, HG_CSV_CELLS_MAX, &n))
        *ret_reason = HG_REASON_bad_quoting;
    else if (n != columns->n)
        *ret_reason = HG_REASON_column_count;
    else {
        row->cells[NOWHERE] = (struct hg_csv_cell){HG_SLICE_NONE, false};
        return true;
    }
    return false;
}

/* ---- dates: M/D/YYYY H:MM, with or without seconds, or ISO */

static bool number(const char **p, const char *end, int max_digits, char stop, int *ret)
{
    int value = 0, n = 0;
    while (*p < end && **p >= '0' && **p <= '9' && n < max_digits) {
        value = value * 10 + (**p - '0');
        (*p)++;
        n++;
    }
    bool stopped = *p == end ? stop == '\0' : **p == stop;
    if (n == 0 || !stopped)
        return false;
    if (*p < end)
        (*p)++;
    *ret = value;
    return true;
}

static bool parse_american(struct hg_slice text, int64_t *ret_us)
{
    const char *p = text.p, *end = text.p + text.len;
    int month, day, year, hour, minute, second = 0;
    if (!number(&p, end, 2, '/', &month) || !number(&p, end, 2, '/', &day) || !number(&p, end, 4, ' ', &year) ||
        !number(&p, end, 2, ':', &hour))
        return false;
    const char *minutes = p;
    if (!number(&p, end, 2, '\0', &minute)) {
        p = minutes;
        if (!number(&p, end, 2, ':', &minute) || !number(&p, end, 2, '\0', &second))
            return false;
    }
    if (!hg_time_valid_civil(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return false;
    *ret_us = hg_time_days_from_civil(year, month, day) * HG_DAY + hour * HG_HOUR + minute * HG_MINUTE + second * HG_SECOND;
    return true;
}

static bool parse_date(struct hg_decode_worker *worker, struct hg_slice text, int64_t offset_us, int64_t *ret_us)
{
    struct hg_text_stamp *known = NULL;
    if (text.len >= 4 && text.len <= sizeof known->text) { /* neighbours share their minutes */
        uint32_t tail;
        memcpy(&tail, text.p + text.len - 4, 4);
        known = &worker->text_stamps[(tail * 2654435761u >> 16 ^ text.len) % HG_TEXT_STAMPS];
        if (known->len == text.len && memcmp(known->text, text.p, text.len) == 0) {
            *ret_us = known->us - offset_us;
            return true;
        }
    }
    int64_t us;
    if (!parse_american(text, &us))
        return hg_time_parse_iso(text, offset_us, ret_us, NULL); /* may have a zone of its own: not for the cache */
    *ret_us = us - offset_us;
    if (known != NULL) {
        known->len = (uint8_t)text.len;
        memcpy(known->text, text.p, text.len);
        known->us = us;
    }
    return true;
}

/* ---- fields */

static enum hg_direction parse_direction(struct hg_slice s)
{
    if (s.len != 3 || s.p[1] != '2')
        return HG_DIRECTION_NONE;
    bool from_local = s.p[0] == 'L', to_local = s.p[2] == 'L';
    if ((!from_local && s.p[0] != 'R') || (!to_local && s.p[2] != 'R'))
        return HG_DIRECTION_NONE;
    return from_local ? (to_local ? HG_INTERNAL : HG_OUTBOUND) : to_local ? HG_INBOUND : HG_EXTERNAL;
}

/* F,S,P,A or F;S;P;A. Longer tokens (Illegal7, Illegal8) say nothing. */
static uint8_t parse_flags(struct hg_slice s)
{
    static const char letters[] = "FSRPAU";
    uint8_t flags = 0;
    for (size_t i = 0, start = 0; i <= s.len; i++) {
        if (i < s.len && s.p[i] != ',' && s.p[i] != ';' && s.p[i] != ' ')
            continue;
        const char *letter = i - start == 1 ? memchr(letters, s.p[start], 6) : NULL;
        if (letter != NULL)
            flags |= (uint8_t)(1 << (letter - letters));
        start = i + 1;
    }
    return flags;
}

static bool take_numbers(const struct row *row, struct hg_event *event, struct hg_counts *counts)
{
    return hg_event_take_port(event, HG_FIELD_source_port, cell(row, SOURCE_PORT)) &&
           hg_event_take_port(event, HG_FIELD_destination_port, cell(row, DESTINATION_PORT)) &&
           hg_event_take_count(event, HG_FIELD_bytes_sent, cell(row, SOURCE_BYTES), counts) &&
           hg_event_take_count(event, HG_FIELD_bytes_received, cell(row, DESTINATION_BYTES), counts) &&
           hg_event_take_count(event, HG_FIELD_packets_sent, cell(row, SOURCE_PACKETS), counts) &&
           hg_event_take_count(event, HG_FIELD_packets_received, cell(row, DESTINATION_PACKETS), counts);
}

static bool take_label(const struct hg_decode_context *context, const struct row *row, struct hg_event *event)
{
    struct hg_slice label = cell(row, LABEL);
    if (hg_slice_is(label, "Normal"))
        hg_event_take_label(event, HG_LABEL_NORMAL, HG_ATTACK_TYPE_none);
    else if (hg_slice_is(label, "Attack"))
        hg_event_take_label(event, HG_LABEL_ATTACK, (enum hg_attack_type)context->attack_type);
    else
        return label.len == 0; /* no such column, or nothing in it: nobody said */
    return true;
}

static void take_payload(const struct row *row, struct hg_arena *arena, struct hg_event *event)
{
    struct hg_slice base64 = cell_text(row, SOURCE_BASE64, arena);
    if (base64.len > 0)
        hg_event_take_payload(event, base64, HG_PAYLOAD_BASE64);
    else if (row->columns->at[SOURCE_BASE64] == NOWHERE) /* the text is a lossy copy: second best */
        hg_event_take_payload(event, cell_text(row, SOURCE_UTF, arena), HG_PAYLOAD_BYTES);
}

/* The times; NONE or the reason why the row is malformed. */
static enum hg_reason take_times(const struct hg_decode_context *context, struct hg_decode_worker *worker, const struct row *row,
                                 struct hg_event *event, struct hg_counts *counts)
{
    struct hg_slice start = cell(row, START), stop = cell(row, STOP);
    int64_t stop_us;
    if (start.len == 0)
        return HG_REASON_missing_timestamp;
    if (!parse_date(worker, start, context->naive_offset_us, &event->time_us))
        return HG_REASON_bad_timestamp;
    if (stop.len == 0)
        return HG_REASON_NONE;
    if (!parse_date(worker, stop, context->naive_offset_us, &stop_us))
        return HG_REASON_bad_timestamp;
    hg_event_take_duration(event, (double)(stop_us - event->time_us) / 1e6, counts);
    return HG_REASON_NONE;
}

static void take_rest(const struct row *row, struct hg_decode_worker *worker, struct hg_arena *arena, struct hg_event *event,
                      struct hg_counts *counts)
{
    hg_event_take_ip(event, HG_FIELD_source_ip, cell(row, SOURCE));
    hg_event_take_ip(event, HG_FIELD_destination_ip, cell(row, DESTINATION));
    hg_vocab_transport(cell(row, PROTOCOL), arena, event);
    hg_vocab_application(worker->vocab, cell(row, APP_NAME), arena, event, counts);
    hg_event_take_direction(event, parse_direction(cell(row, DIRECTION)));
    struct hg_slice flags = cell(row, SOURCE_FLAGS);
    if (flags.len > 0)
        hg_event_take_flags(event, parse_flags(flags));
    take_payload(row, arena, event);
    hg_vocab_kind(HG_SLICE("flow"), event);
}

static enum hg_decoded decode(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                              struct hg_arena *arena, struct hg_event *ret_event, enum hg_reason *ret_reason,
                              struct hg_counts *counts)
{
    struct row row;
    if (!read_row(context->columns, record, &row, ret_reason))
        return HG_MALFORMED;
    hg_event_start(ret_event, HG_DATASET_iscx);
    enum hg_reason reason = take_times(context, worker, &row, ret_event, counts);
    if (reason == HG_REASON_NONE && !take_label(context, &row, ret_event))
        reason = HG_REASON_bad_label;
    if (reason == HG_REASON_NONE && !take_numbers(&row, ret_event, counts))
        reason = HG_REASON_bad_number;
    if (reason != HG_REASON_NONE) {
        *ret_reason = reason;
        return HG_MALFORMED;
    }
    take_rest(&row, worker, arena, ret_event, counts);
    return HG_DECODED;
}

static void attributes(const struct hg_decode_context *context, struct hg_decode_worker *worker, struct hg_slice record,
                       struct hg_arena *arena, struct hg_jsonw *w)
{
    static const struct {
        int column;
        const char *name;
    } extra[] = {{APP_NAME, "app_name"}, {DESTINATION_FLAGS, "destination_tcp_flags"}, {DESTINATION_BASE64, "destination_payload_base64"}};
    struct row row;
    enum hg_reason reason;
    (void)worker;
    if (!read_row(context->columns, record, &row, &reason))
        return;
    for (size_t i = 0; i < sizeof extra / sizeof extra[0]; i++) {
        struct hg_slice text = cell_text(&row, extra[i].column, arena);
        if (text.len == 0)
            continue;
        hg_jsonw_key(w, extra[i].name);
        hg_jsonw_str(w, text);
    }
}

const struct hg_decoder hg_decoder_iscx = {
    .name = "iscx",
    .summary = "ISCX IDS 2012 labelled flows, CSV with a header",
    .dataset = HG_DATASET_iscx,
    .framing = HG_FRAME_CSV,
    .naive_offset_us = -3 * HG_HOUR,
    .probe = probe,
    .columns_create = columns_create,
    .columns_destroy = columns_destroy,
    .decode = decode,
    .attributes = attributes,
};
