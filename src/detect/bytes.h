/* Little-endian numbers into a buffer and out of a slice, whatever the machine's order. */
#ifndef HG_DETECT_BYTES_H
#define HG_DETECT_BYTES_H

#include "base/buf.h"
#include "base/instant.h"

static inline void bytes_put(struct hg_buf *buf, uint64_t value, size_t len)
{
    char out[8];
    for (size_t i = 0; i < len; i++)
        out[i] = (char)(uint8_t)(value >> 8 * i);
    hg_buf_add(buf, out, len);
}

static inline void bytes_put_f32(struct hg_buf *buf, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(buf, bits, sizeof bits);
}

static inline void bytes_put_f64(struct hg_buf *buf, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes_put(buf, bits, sizeof bits);
}

/* A length that is known only once what it measures is written: room for it, and then its value. */
static inline size_t bytes_open(struct hg_buf *buf)
{
    bytes_put(buf, 0, 4);
    return buf->len;
}

static inline void bytes_close(struct hg_buf *buf, size_t opened)
{
    size_t len = buf->len - opened;
    for (size_t i = 0; !buf->failed && i < 4; i++)
        buf->p[opened - 4 + i] = (char)(uint8_t)(len >> 8 * i);
}

/* Reads past the end give 0 and set `failed`, so that a row of reads needs one check at its end. */
struct bytes_in {
    struct hg_slice rest;
    bool failed;
};

static inline struct hg_slice bytes_take(struct bytes_in *in, size_t len)
{
    if (len > in->rest.len) {
        in->failed = true;
        in->rest.len = 0;
        return HG_SLICE_NONE;
    }
    struct hg_slice taken = {in->rest.p, len};
    in->rest.p += len;
    in->rest.len -= len;
    return taken;
}

static inline uint64_t bytes_get(struct bytes_in *in, size_t len)
{
    struct hg_slice taken = bytes_take(in, len);
    uint64_t value = 0;
    for (size_t i = 0; i < taken.len; i++)
        value |= (uint64_t)(uint8_t)taken.p[i] << 8 * i;
    return value;
}

static inline uint8_t bytes_get_u8(struct bytes_in *in)
{
    return (uint8_t)bytes_get(in, 1);
}

static inline uint32_t bytes_get_u32(struct bytes_in *in)
{
    return (uint32_t)bytes_get(in, 4);
}

/* HG_TIME_NONE, or a time that may be subtracted from any other such; else the read fails. */
static inline int64_t bytes_get_time(struct bytes_in *in)
{
    int64_t us = (int64_t)bytes_get(in, 8);
    if (us == HG_TIME_NONE || (us > -(INT64_C(1) << 61) && us < INT64_C(1) << 61))
        return us;
    in->failed = true;
    return HG_TIME_NONE;
}

/* Finite, or the read fails. */
static inline float bytes_get_f32(struct bytes_in *in)
{
    uint32_t bits = bytes_get_u32(in);
    float value;
    memcpy(&value, &bits, sizeof value);
    if (value - value != 0.0f) {
        in->failed = true;
        return 0;
    }
    return value;
}

#endif
