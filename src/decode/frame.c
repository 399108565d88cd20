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

size_t hg_frame_whole(enum hg_framing framing, const char *bytes, size_t len)
{
    if (framing == HG_FRAME_LINES) {
        const char *newline = len == 0 ? NULL : memrchr(bytes, '\n', len);
        return newline == NULL ? 0 : (size_t)(newline - bytes) + 1;
    }
    size_t whole = 0, n;
    while (whole < len && (n = hg_csv_record(bytes + whole, len - whole, HG_RECORD_BYTES_MAX, false)) > 0)
        whole += n;
    return whole;
}

/* The next record that isn't blank, from *at on, which moves behind it. */
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

struct hg_slice hg_identity_first_record(enum hg_framing framing, struct hg_slice bytes)
{
    size_t at = 0;
    struct hg_slice first = next_record(framing, bytes, &at), last = first;
    if (framing == HG_FRAME_CSV && at < bytes.len) {
        struct hg_slice row = next_record(framing, bytes, &at);
        last = row.len > 0 ? row : first;
    }
    size_t len = (size_t)(last.p + last.len - first.p);
    if (len > 0 && first.p[len - 1] == '\n')
        len--;
    return (struct hg_slice){first.p, len};
}
