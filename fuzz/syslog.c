/* What a socket gives: frames are the same however they arrive in pieces; headers come off without looking past the packet. */
#include "fuzz.h"

#include "base/buf.h"
#include "source/framing.h"
#include "source/syslog.h"

static struct hg_buf whole, pieces;

struct stream {
    bool (*next)(struct hg_slice bytes, bool ended, struct framing *ret);
    uint64_t skip;
    bool skip_line;
};

/* What is to be forgotten at p before the next frame. */
static size_t forget(struct stream *s, struct hg_slice bytes)
{
    size_t n = s->skip < bytes.len ? (size_t)s->skip : bytes.len;
    s->skip -= n;
    if (s->skip == 0 && s->skip_line) {
        bool found = false;
        n += framing_skip_line(hg_slice_from(bytes, n), &found);
        s->skip_line = !found;
    }
    return n;
}

static void put(struct hg_buf *out, struct hg_slice message)
{
    static char line[HG_LISTENER_LINE_MAX + 1];
    char *copy = fuzz_copy(message.p, message.len, 0, 0);
    struct hg_slice inner = hg_syslog_message((struct hg_slice){copy, message.len});
    FUZZ_CHECK(inner.len <= message.len);
    size_t n = framing_put_line(inner, line);
    FUZZ_CHECK(n <= sizeof line && (n == 0 || line[n - 1] == '\n'));
    hg_buf_add(out, line, n);
    free(copy);
}

static void run(bool (*next)(struct hg_slice, bool, struct framing *), struct hg_slice bytes, size_t step, struct hg_buf *out)
{
    struct stream s = {.next = next};
    hg_buf_clear(out);
    for (size_t at = 0, seen = 0; at < bytes.len || seen < bytes.len;) {
        seen = bytes.len - seen <= step ? bytes.len : seen + step;
        for (;;) {
            at += forget(&s, (struct hg_slice){bytes.p + at, seen - at});
            struct framing f = {0};
            if (s.skip > 0 || s.skip_line || at == seen)
                break;
            bool found = s.next((struct hg_slice){bytes.p + at, seen - at}, seen == bytes.len, &f);
            FUZZ_CHECK(f.used <= seen - at);
            if (found)
                put(out, f.message);
            at += f.used;
            s.skip = f.skip;
            s.skip_line = f.skip_line;
            if (!found && f.used == 0)
                break;
        }
        if (seen == bytes.len)
            break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (whole.limit == 0) {
        hg_buf_init(&whole, 1u << 24);
        hg_buf_init(&pieces, 1u << 24);
    }
    char *copy = fuzz_copy(data, size, 0, 0);
    struct hg_slice bytes = {copy, size};
    size_t step = 1 + (size > 0 ? data[size - 1] : 0);
    bool (*const framings[])(struct hg_slice, bool, struct framing *) = {framing_line, framing_syslog};
    for (size_t i = 0; i < 2; i++) {
        run(framings[i], bytes, size + 1, &whole);
        run(framings[i], bytes, step, &pieces);
        FUZZ_CHECK(hg_slice_eq(hg_buf_slice(&whole), hg_buf_slice(&pieces)));
    }
    put(&whole, bytes);
    free(copy);
    return 0;
}
