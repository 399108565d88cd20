/* Objects and elements of any bytes: found the same however the stream is cut; nothing is lost between them but separators. */
#include "fuzz.h"

#include "base/buf.h"
#include "decode/frame.h"

static struct hg_buf whole, parts;

static void put_pieces(enum hg_framing framing, const char *bytes, size_t from, size_t to, struct hg_buf *out)
{
    char *copy = fuzz_copy(bytes + from, to - from, 0, 0);
    struct hg_frame_piece piece;
    size_t at = 0;
    while (hg_frame_piece(framing, (struct hg_slice){copy + at, to - from - at}, true, &piece)) {
        FUZZ_CHECK(piece.start < piece.end && piece.end <= piece.next && piece.next <= to - from - at);
        hg_buf_printf(out, "%zu+%zu ", from + at + piece.start, piece.end - piece.start);
        at += piece.next;
    }
    FUZZ_CHECK(at + piece.next == to - from);
    free(copy);
}

static void check(enum hg_framing framing, const char *bytes, size_t len, size_t step)
{
    hg_buf_clear(&whole);
    hg_buf_clear(&parts);
    put_pieces(framing, bytes, 0, len, &whole);
    for (size_t at = 0, seen = 0; at < len;) {
        seen = len - seen <= step ? len : seen + step;
        size_t n = seen == len ? len - at : hg_frame_whole(framing, bytes + at, seen - at);
        FUZZ_CHECK(n <= seen - at);
        put_pieces(framing, bytes, at, at + n, &parts);
        at += n;
    }
    FUZZ_CHECK(hg_slice_eq(hg_buf_slice(&whole), hg_buf_slice(&parts)));
    FUZZ_CHECK(hg_frame_skip(framing, bytes, len) <= len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum hg_framing framings[] = {HG_FRAME_OBJECTS, HG_FRAME_XML};
    if (whole.limit == 0) {
        hg_buf_init(&whole, 1u << 26);
        hg_buf_init(&parts, 1u << 26);
    }
    char *copy = fuzz_copy(data, size, 0, 0);
    enum hg_framing framing, later;
    size_t skip = 0, skip_later = 0, step = 1 + size / 24 + (size > 0 ? data[size - 1] * size / 512 : 0);
    struct hg_slice all = {copy, size};
    FUZZ_CHECK(hg_frame_tell(all, true, &later, &skip_later) && skip_later <= size);
    if (hg_frame_tell(all, false, &framing, &skip)) /* once told, more bytes don't change it */
        FUZZ_CHECK(framing == later && skip == skip_later);
    if (size > 0 && hg_frame_tell((struct hg_slice){copy, size / 2}, false, &framing, &skip))
        FUZZ_CHECK(framing == later && skip == skip_later);
    for (size_t i = 0; i < 2; i++)
        check(framings[i], copy, size, step);
    free(copy);
    return 0;
}
