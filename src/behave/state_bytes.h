/* Numbers of a state as bytes: seven bits a byte, the least first, small numbers short, alike on any machine. Reading past the end or
 * what no writer wrote sets `failed`, and gives 0 from then on. */
#ifndef HG_BEHAVE_STATE_BYTES_H
#define HG_BEHAVE_STATE_BYTES_H

#include "base/buf.h"

static inline void put_number(struct hg_buf *out, uint64_t value)
{
    if (!hg_buf_reserve(out, 10))
        return;
    while (value >= 0x80) {
        out->p[out->len++] = (char)(value | 0x80);
        value >>= 7;
    }
    out->p[out->len++] = (char)value;
}

/* Near 0 is short, on either side. */
static inline void put_signed(struct hg_buf *out, int64_t value)
{
    put_number(out, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

struct state_reader {
    const uint8_t *p, *end;
    bool failed;
};

static inline uint64_t get_number(struct state_reader *in)
{
    uint64_t value = 0;
    for (uint32_t shift = 0; shift < 64 && in->p < in->end; shift += 7) {
        uint8_t byte = *in->p++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80 && (shift < 63 || byte < 2))
            return in->failed ? 0 : value;
    }
    in->failed = true;
    in->p = in->end;
    return 0;
}

/* At most `most`. */
static inline uint64_t get_up_to(struct state_reader *in, uint64_t most)
{
    uint64_t value = get_number(in);
    if (value <= most)
        return value;
    in->failed = true;
    in->p = in->end;
    return 0;
}

static inline int64_t get_signed(struct state_reader *in)
{
    uint64_t value = get_number(in);
    return (int64_t)(value >> 1 ^ ((value & 1) != 0 ? UINT64_MAX : 0));
}

#endif
