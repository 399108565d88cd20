#include "base/ip.h"

#include <arpa/inet.h>
#include <stdio.h>

/* The common case by hand: inet_pton needs a terminated copy and is ten times slower. No leading zeros, as inet_pton. */
static bool parse_v4(struct hg_slice text, uint8_t out[4])
{
    const char *p = text.p, *end = text.p + text.len;
    for (int part = 0; part < 4; part++) {
        unsigned value = 0;
        const char *start = p;
        while (p < end && *p >= '0' && *p <= '9' && p - start < 3)
            value = value * 10 + (unsigned)(*p++ - '0');
        if (p == start || value > 255 || (p - start > 1 && *start == '0'))
            return false;
        out[part] = (uint8_t)value;
        if (part < 3 && (p == end || *p++ != '.'))
            return false;
    }
    return p == end;
}

bool hg_ip_parse(struct hg_slice text, struct hg_ip *ret)
{
    if (text.len < 2 || text.len >= HG_IP_TEXT_BYTES)
        return false;
    struct hg_ip ip = hg_ip_v4(0);
    if (!parse_v4(text, ip.b + 12)) {
        char copy[HG_IP_TEXT_BYTES];
        memcpy(copy, text.p, text.len);
        copy[text.len] = '\0';
        if (strlen(copy) != text.len || inet_pton(AF_INET6, copy, ip.b) != 1)
            return false;
    }
    *ret = ip;
    return true;
}

static size_t print_v4(const uint8_t b[4], char *out)
{
    char *p = out;
    for (int i = 0; i < 4; i++) {
        if (i > 0)
            *p++ = '.';
        unsigned v = b[i];
        if (v >= 100)
            *p++ = (char)('0' + v / 100);
        if (v >= 10)
            *p++ = (char)('0' + v / 10 % 10);
        *p++ = (char)('0' + v % 10);
    }
    return (size_t)(p - out);
}

size_t hg_ip_print(const struct hg_ip *ip, char out[HG_IP_TEXT_BYTES])
{
    if (hg_ip_is_v4(ip))
        return print_v4(ip->b + 12, out);
    unsigned group[8];
    int best = -1, best_len = 1, run = 0; /* the longest run of at least two zero groups becomes :: */
    for (int i = 0; i < 8; i++) {
        group[i] = (unsigned)ip->b[2 * i] << 8 | ip->b[2 * i + 1];
        run = group[i] == 0 ? run + 1 : 0;
        if (run > best_len) {
            best_len = run;
            best = i - run + 1;
        }
    }
    size_t n = 0;
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            out[n++] = ':';
            out[n++] = ':';
            i += best_len - 1;
            continue;
        }
        if (n > 0 && out[n - 1] != ':')
            out[n++] = ':';
        static const char hex[] = "0123456789abcdef";
        bool started = false;
        for (int shift = 12; shift >= 0; shift -= 4) {
            unsigned digit = group[i] >> shift & 15;
            if (digit != 0 || started || shift == 0) {
                out[n++] = hex[digit];
                started = true;
            }
        }
    }
    return n;
}

bool hg_ip_is_private(const struct hg_ip *ip)
{
    const uint8_t *a = ip->b + 12;
    if (hg_ip_is_v4(ip))
        return a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168);
    return (ip->b[0] & 0xfe) == 0xfc;
}

bool hg_ip_is_public(const struct hg_ip *ip)
{
    static const uint8_t zero[15] = {0};
    const uint8_t *a = ip->b + 12;
    if (hg_ip_is_private(ip))
        return false;
    if (hg_ip_is_v4(ip))
        return a[0] != 0 && a[0] != 127 && !(a[0] == 169 && a[1] == 254) && a[0] < 224;
    bool unspecified_or_loopback = memcmp(ip->b, zero, sizeof zero) == 0 && ip->b[15] <= 1;
    bool link_local = ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
    return !unspecified_or_loopback && !link_local && ip->b[0] != 0xff;
}
