#include "generate/text.h"
#include "base/instant.h"

char *txt_u64(char *p, uint64_t value)
{
    char digits[20];
    size_t n = 0;
    do {
        digits[sizeof digits - ++n] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    return txt_bytes(p, digits + sizeof digits - n, n);
}

char *txt_padded(char *p, uint32_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + digits;
}

char *txt_hex(char *p, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        p[i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    }
    return p + digits;
}

char *txt_ip(char *p, uint32_t address)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        p = txt_u64(p, address >> shift & 255);
        *p++ = '.';
    }
    return p - 1;
}

char *txt_ip6_local(char *p, uint32_t address)
{
    p = TXT(p, "fe80:0000:0000:0000:0000:0000:");
    p = txt_hex(p, address >> 16, 4);
    *p++ = ':';
    return txt_hex(p, address & 0xffff, 4);
}

char *txt_second(char *p, int64_t time_us)
{
    int64_t day = hg_time_floor(time_us, HG_DAY);
    uint32_t second = (uint32_t)((time_us - day) / HG_SECOND);
    int year, month, dom;
    hg_time_civil_from_days(day / HG_DAY, &year, &month, &dom);
    p = txt_padded(p, (uint32_t)year, 4);
    *p++ = '-';
    p = txt_padded(p, (uint32_t)month, 2);
    *p++ = '-';
    p = txt_padded(p, (uint32_t)dom, 2);
    *p++ = 'T';
    p = txt_padded(p, second / 3600, 2);
    *p++ = ':';
    p = txt_padded(p, second / 60 % 60, 2);
    *p++ = ':';
    return txt_padded(p, second % 60, 2);
}

char *txt_micros(char *p, int64_t time_us)
{
    *p++ = '.';
    return txt_padded(p, (uint32_t)(time_us - hg_time_floor(time_us, HG_SECOND)), 6);
}

char *txt_minute(char *p, int64_t time_us)
{
    int64_t day = hg_time_floor(time_us, HG_DAY);
    uint32_t minute = (uint32_t)((time_us - day) / HG_MINUTE);
    int year, month, dom;
    hg_time_civil_from_days(day / HG_DAY, &year, &month, &dom);
    p = txt_u64(p, (uint64_t)month);
    *p++ = '/';
    p = txt_u64(p, (uint64_t)dom);
    *p++ = '/';
    p = txt_u64(p, (uint64_t)year);
    *p++ = ' ';
    p = txt_u64(p, minute / 60);
    *p++ = ':';
    return txt_padded(p, minute % 60, 2);
}

char *txt_json(char *p, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            *p++ = '\\';
        *p++ = *text;
    }
    return p;
}
