/* Numbers of a state, little endian on any machine; and which times can be one's. */
#ifndef HG_BEHAVE_SIGHTINGS_BYTES_H
#define HG_BEHAVE_SIGHTINGS_BYTES_H

#include "base/buf.h"
#include "base/instant.h"

#define TIME_LEAST (INT64_C(-62135596800) * HG_SECOND) /* the year 1 */
#define TIME_MOST  (INT64_C(253402300800) * HG_SECOND) /* the end of the year 9999 */

static inline bool is_time(int64_t time_us)
{
    return time_us >= TIME_LEAST && time_us <= TIME_MOST;
}

static inline void put_u64(struct hg_buf *out, uint64_t value)
{
    uint8_t bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
    hg_buf_add(out, bytes, sizeof bytes);
}

static inline void put_i64(struct hg_buf *out, int64_t value)
{
    put_u64(out, (uint64_t)value);
}

static inline void put_u32(struct hg_buf *out, uint32_t value)
{
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16), (uint8_t)(value >> 24)};
    hg_buf_add(out, bytes, sizeof bytes);
}

static inline bool take_bytes(struct hg_slice *io_bytes, void *ret, size_t n)
{
    if (io_bytes->len < n)
        return false;
    memcpy(ret, io_bytes->p, n);
    *io_bytes = hg_slice_from(*io_bytes, n);
    return true;
}

static inline bool take_u64(struct hg_slice *io_bytes, uint64_t *ret)
{
    uint8_t bytes[8];
    if (!take_bytes(io_bytes, bytes, sizeof bytes))
        return false;
    *ret = 0;
    for (int i = 0; i < 8; i++)
        *ret |= (uint64_t)bytes[i] << 8 * i;
    return true;
}

static inline bool take_i64(struct hg_slice *io_bytes, int64_t *ret)
{
    uint64_t value;
    if (!take_u64(io_bytes, &value))
        return false;
    *ret = (int64_t)value;
    return true;
}

static inline bool take_u32(struct hg_slice *io_bytes, uint32_t *ret)
{
    uint8_t bytes[4];
    if (!take_bytes(io_bytes, bytes, sizeof bytes))
        return false;
    *ret = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    return true;
}

static inline bool take_u16(struct hg_slice *io_bytes, uint16_t *ret)
{
    uint8_t bytes[2];
    if (!take_bytes(io_bytes, bytes, sizeof bytes))
        return false;
    *ret = (uint16_t)(bytes[0] | bytes[1] << 8);
    return true;
}

#endif
