#include "decode/frame.h"

#include "decode/csv.h"

size_t hg_frame_next(enum hg_framing framing, const char *bytes, size_t len)
{
    if (framing == HG_FRAME_CSV)
        return hg_csv_record(bytes, len, HG_RECORD_BYTES_MAX, true);
    const char *newline = memchr(bytes, '\n', len);
    return newline == NULL ? len : (size_t)(newline - bytes) + 1;
}

struct hg_slice hg_frame_trim(const char *bytes, size_t len)
{
    if (len > 0 && bytes[len - 1] == '\n')
        len--;
    if (len > 0 && bytes[len - 1] == '\r')
        len--;
    return (struct hg_slice){bytes, len};
}

bool hg_frame_is_blank(struct hg_slice record)
{
    for (size_t i = 0; i < record.len; i++)
        if (record.p[i] != ' ' && record.p[i] != '\t' && record.p[i] != '\r')
            return false;
    return true;
}

bool hg_frame_piece(enum hg_framing framing, struct hg_slice bytes, bool final, struct hg_frame_piece *ret)
{
    return framing == HG_FRAME_XML ? hg_elements_next(bytes, final, ret) : hg_objects_next(bytes, final, ret);
}

static size_t whole_rows(const char *bytes, size_t len)
{
    size_t whole = 0, n;
    while (whole < len && (n = hg_csv_record(bytes + whole, len - whole, HG_RECORD_BYTES_MAX, false)) > 0)
        whole += n;
    return whole;
}

/* The separators behind the last one go with it: nothing is left of a stream that has ended well. A broken one waits for a whole
 * one behind it: where it ends was told by bytes that may be beyond its end. */
static size_t whole_pieces(enum hg_framing framing, const char *bytes, size_t len)
{
    size_t at = 0, whole = 0;
    struct hg_frame_piece piece = {.whole = true};
    bool found, broken = false;
    do {
        found = hg_frame_piece(framing, (struct hg_slice){bytes + at, len - at}, false, &piece);
        broken = found ? !piece.whole : broken;
        at += piece.next;
        whole = broken ? whole : at;
    } while (found);
    return whole;
}

size_t hg_frame_whole(enum hg_framing framing, const char *bytes, size_t len)
{
    const char *newline;
    switch (framing) {
    case HG_FRAME_LINES:
    case HG_FRAME_TABLE:
        newline = len == 0 ? NULL : memrchr(bytes, '\n', len);
        return newline == NULL ? 0 : (size_t)(newline - bytes) + 1;
    case HG_FRAME_CSV:
        return whole_rows(bytes, len);
    case HG_FRAME_OBJECTS:
    case HG_FRAME_XML:
        return whole_pieces(framing, bytes, len);
    }
    return 0;
}

size_t hg_frame_skip(enum hg_framing framing, const char *bytes, size_t len)
{
    const char *newline;
    switch (framing) {
    case HG_FRAME_LINES:
    case HG_FRAME_TABLE:
    case HG_FRAME_CSV:
        newline = len == 0 ? NULL : memchr(bytes, '\n', len);
        return newline == NULL ? len : (size_t)(newline - bytes) + 1;
    case HG_FRAME_OBJECTS:
        return hg_objects_skip((struct hg_slice){bytes, len});
    case HG_FRAME_XML:
        return hg_elements_skip((struct hg_slice){bytes, len});
    }
    return len;
}

/* The next line or row that isn't blank, from *at on, which moves behind it. */
static struct hg_slice next_record(enum hg_framing framing, struct hg_slice bytes, size_t *at)
{
    while (*at < bytes.len) {
        const char *p = bytes.p + *at;
        size_t n = hg_frame_next(framing, p, bytes.len - *at);
        *at += n;
        if (!hg_frame_is_blank(hg_frame_trim(p, n)))
            return (struct hg_slice){p, n};
    }
    return (struct hg_slice){bytes.p + bytes.len, 0};
}

bool hg_frame_head(struct hg_slice bytes, bool final, struct hg_slice *ret)
{
    bool several = bytes.len > 0 && bytes.p[0] == '#';
    size_t at = 0;
    while (at < bytes.len) {
        if (several && bytes.p[at] != '#')
            break;
        const char *newline = memchr(bytes.p + at, '\n', bytes.len - at);
        if (newline == NULL && !final)
            return false;
        at = newline == NULL ? bytes.len : (size_t)(newline - bytes.p) + 1;
        if (!several)
            break;
    }
    *ret = hg_frame_trim(bytes.p, at);
    return final || (at > 0 && (!several || at < bytes.len));
}

/* The first row behind the header that `header` begins; the header's last line where there is none. */
static struct hg_slice first_row(enum hg_framing framing, struct hg_slice bytes, size_t *at, struct hg_slice header)
{
    struct hg_slice last = header, row;
    do {
        row = next_record(framing, bytes, at);
        last = row.len > 0 ? row : last;
    } while (row.len > 0 && framing == HG_FRAME_TABLE && header.p[0] == '#' && row.p[0] == '#');
    return last;
}

struct hg_slice hg_identity_first_record(enum hg_framing framing, struct hg_slice bytes)
{
    if (framing == HG_FRAME_OBJECTS || framing == HG_FRAME_XML) {
        struct hg_frame_piece piece;
        bool found = hg_frame_piece(framing, bytes, true, &piece);
        return found ? (struct hg_slice){bytes.p + piece.start, piece.end - piece.start} : (struct hg_slice){bytes.p + bytes.len, 0};
    }
    size_t at = 0;
    struct hg_slice first = next_record(framing, bytes, &at), last = first;
    if ((framing == HG_FRAME_CSV || framing == HG_FRAME_TABLE) && at < bytes.len)
        last = first_row(framing, bytes, &at, first);
    size_t len = (size_t)(last.p + last.len - first.p);
    if (len > 0 && first.p[len - 1] == '\n')
        len--;
    return (struct hg_slice){first.p, len};
}
