/*
 * Text built by moving a pointer along a buffer that is known to be large enough (HG_GEN_RECORD_ROOM).
 */
#ifndef HG_GENERATE_TEXT_H
#define HG_GENERATE_TEXT_H

#include "base/slice.h"

#include <stdint.h>

#define HG_GEN_RECORD_ROOM 16384u

static inline char *txt_bytes(char *p, const char *bytes, size_t len)
{
    memcpy(p, bytes, len);
    return p + len;
}
#define TXT(p, literal) txt_bytes((p), "" literal, sizeof(literal) - 1)

static inline char *txt_text(char *p, const char *text)
{
    return txt_bytes(p, text, strlen(text));
}

char *txt_u64(char *p, uint64_t value);
char *txt_padded(char *p, uint32_t value, int digits); /* leading zeros */
char *txt_hex(char *p, uint64_t value, int digits);
char *txt_ip(char *p, uint32_t address);
/* fe80:: with the host's number, uncompressed as Suricata writes it. */
char *txt_ip6_local(char *p, uint32_t address);
/* YYYY-MM-DDTHH:MM:SS and .ffffff */
char *txt_second(char *p, int64_t time_us);
char *txt_micros(char *p, int64_t time_us);
/* M/D/YYYY H:MM of the instant as it is, nothing padded but the minutes. */
char *txt_minute(char *p, int64_t time_us);
/* Text for a JSON string: quotes and backslashes escaped; the text has no control characters. */
char *txt_json(char *p, const char *text);

#endif
