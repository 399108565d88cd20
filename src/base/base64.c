#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool hg_base64_decode(struct hg_slice text, char *out, size_t *ret_len)
{
    uint32_t bits = 0;
    unsigned have = 0, padding = 0;
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        if (c == '\n' || c == '\r')
            continue;
        if (c == '=') {
            padding++;
            continue;
        }
        int v = value_of(c);
        if (v < 0 || padding > 0)
            return false;
        bits = bits << 6 | (uint32_t)v;
        if (++have == 4) {
            out[n++] = (char)(bits >> 16);
            out[n++] = (char)(bits >> 8);
            out[n++] = (char)bits;
            have = 0;
        }
    }
    if (have == 1 || padding > 2 || (padding > 0 && have + padding != 4))
        return false;
    if (have >= 2)
        out[n++] = (char)(bits >> (have == 2 ? 4 : 10));
    if (have == 3)
        out[n++] = (char)(bits >> 2);
    *ret_len = n;
    return true;
}

size_t hg_base64_encode(struct hg_slice bytes, char *out)
{
    const unsigned char *p = (const unsigned char *)bytes.p;
    size_t n = 0, i = 0;
    for (; i + 3 <= bytes.len; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            out[n++] = alphabet[v >> shift & 63];
    }
    size_t rest = bytes.len - i;
    if (rest > 0) {
        uint32_t v = (uint32_t)p[i] << 16 | (rest == 2 ? (uint32_t)p[i + 1] << 8 : 0);
        out[n++] = alphabet[v >> 18];
        out[n++] = alphabet[v >> 12 & 63];
        out[n++] = rest == 2 ? alphabet[v >> 6 & 63] : '=';
        out[n++] = '=';
    }
    return n;
}
