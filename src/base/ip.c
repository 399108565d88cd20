#include "base/ip.h"

#include <arpa/inet.h>
#include <endian.h>
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

static uint64_t load8(const char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return le64toh(v);
}

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Of eight bytes: which are dots, and which aren't digits; bit i for byte i. */
static unsigned dots_of(uint64_t v, unsigned *ret_others)
{
    uint64_t dots = v ^ EACH('.'), digits = v ^ EACH('0');
    dots = ~(((dots & EACH(0x7f)) + EACH(0x7f)) | dots) & EACH(0x80);
    digits = (((digits & EACH(0x7f)) + EACH(0x76)) | digits) & EACH(0x80);
    *ret_others = (unsigned)((digits >> 7) * UINT64_C(0x0102040810204080) >> 56);
    return (unsigned)((dots >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

/* The number of n digits from byte `at` on; above 255 where it is none of an address. */
static unsigned part_of(uint64_t word, unsigned at, unsigned n)
{
    if (n - 1 > 2)
        return 256;
    uint32_t four = (uint32_t)(word >> 8 * at);
    if (n > 1 && (four & 0xff) == '0')
        return 256;
    four <<= 8 * (4 - n);
    return (four >> 24 & 15) + (four >> 16 & 15) * 10 + (four >> 8 & 15) * 100;
}

/* Eight bytes or more, without loops: where the dots are can't be guessed. The first two numbers lie in the first eight bytes, the
 * others in the last eight. */
static bool parse_v4_long(struct hg_slice text, uint8_t out[4])
{
    if (text.len > 15)
        return false;
    unsigned len = (unsigned)text.len, skipped = len - 8, others, more;
    uint64_t first = load8(text.p), last = load8(text.p + skipped);
    unsigned dots = dots_of(first, &others);
    dots |= dots_of(last, &more) << skipped;
    others |= more << skipped;
    unsigned two = dots & (dots - 1), one = two & (two - 1); /* the last two, the last one */
    if (dots != others || one == 0 || (one & (one - 1)) != 0)
        return false;
    unsigned a = (unsigned)__builtin_ctz(dots), b = (unsigned)__builtin_ctz(two), c = (unsigned)__builtin_ctz(one);
    if (b > 7 || c - b > 4 || len - c > 4)
        return false;
    unsigned parts[4] = {part_of(first, 0, a), part_of(first, a + 1, b - a - 1), part_of(last, b + 1 - skipped, c - b - 1),
                         part_of(last, c + 1 - skipped, len - c - 1)};
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)parts[i];
    return (parts[0] | parts[1] | parts[2] | parts[3]) <= 255;
}

bool hg_ip_parse(struct hg_slice text, struct hg_ip *ret)
{
    if (text.len < 2 || text.len >= HG_IP_TEXT_BYTES)
        return false;
    struct hg_ip ip = hg_ip_v4(0);
    if (!(text.len < 8 ? parse_v4(text, ip.b + 12) : parse_v4_long(text, ip.b + 12))) {
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
