#include "base/base64.h"

#include <stdint.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* By character: its value, or one of these. The table holds one more, so that what it doesn't name is BAD. */
enum { SKIP = 64, PAD = 65, BAD = 255 };

static const uint8_t values[256] = {
    ['A'] = 1, ['B'] = 2, ['C'] = 3, ['D'] = 4, ['E'] = 5, ['F'] = 6, ['G'] = 7, ['H'] = 8,
    ['I'] = 9, ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14, ['O'] = 15, ['P'] = 16,
    ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21, ['V'] = 22, ['W'] = 23, ['X'] = 24,
    ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28, ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32,
    ['g'] = 33, ['h'] = 34, ['i'] = 35, ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40,
    ['o'] = 41, ['p'] = 42, ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48,
    ['w'] = 49, ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63, ['/'] = 64,
    ['\n'] = SKIP + 1, ['\r'] = SKIP + 1, ['='] = PAD + 1,
};

static inline uint32_t value_of(char c)
{
    return (uint8_t)(values[(uint8_t)c] - 1);
}

/* Whole quads of plain characters, which is nearly all of it. Returns how many characters were taken. */
static size_t decode_quads(struct hg_slice text, char *out)
{
    size_t i = 0;
    for (char *to = out; i + 4 <= text.len; i += 4) {
        uint32_t a = value_of(text.p[i]), b = value_of(text.p[i + 1]), c = value_of(text.p[i + 2]), d = value_of(text.p[i + 3]);
        if ((a | b | c | d) >= SKIP)
            break;
        uint32_t bits = a << 18 | b << 12 | c << 6 | d;
        *to++ = (char)(bits >> 16);
        *to++ = (char)(bits >> 8);
        *to++ = (char)bits;
    }
    return i;
}

bool hg_base64_decode(struct hg_slice text, char *out, size_t *ret_len)
{
    uint32_t bits = 0;
    unsigned have = 0, padding = 0;
    size_t i = decode_quads(text, out), n = i / 4 * 3;
    for (; i < text.len; i++) {
        uint32_t v = value_of(text.p[i]);
        if (v == SKIP)
            continue;
        if (v == PAD) {
            padding++;
            continue;
        }
        if (v == BAD || padding > 0)
            return false;
        bits = bits << 6 | v;
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
