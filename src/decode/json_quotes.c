#include "decode/json_quotes.h"

#include <stdbool.h>

/* Each kernel makes two masks of 64 bytes: quotes, and what must not be there. The rest of the last 64 is filled with spaces. */
#define BLOCK 64

static inline const char *block_at(struct hg_slice text, size_t i, char tail[BLOCK])
{
    if (text.len - i >= BLOCK)
        return text.p + i;
    memset(tail, ' ', BLOCK);
    memcpy(tail, text.p + i, text.len - i);
    return tail;
}

/* Eight at a time, more of them than there are: a loop that ends where the bits do would be guessed wrong. */
__attribute__((always_inline)) static inline int put_bits(uint64_t bits, size_t base, int count, uint16_t *ret_at)
{
    for (int i = 0; i < count; i += 8)
        for (int j = 0; j < 8; j++) {
            ret_at[i + j] = (uint16_t)(base + (size_t)__builtin_ctzll(bits | UINT64_C(1) << 63));
            bits &= bits - 1;
        }
    return count;
}

typedef bool masks_of_block(const char *block, uint64_t *ret_quotes);

__attribute__((always_inline)) static inline int find(struct hg_slice text, uint16_t *ret_at, masks_of_block *masks)
{
    int n = 0;
    char tail[BLOCK];
    if (text.len > HG_QUOTES_TEXT)
        return -1;
    for (size_t i = 0; i < text.len; i += BLOCK) {
        uint64_t quotes;
        if (!masks(block_at(text, i, tail), &quotes))
            return -1;
        n += put_bits(quotes, i, __builtin_popcountll(quotes), ret_at + n);
        if (n > HG_QUOTES_MAX)
            return -1;
    }
    ret_at[n] = (uint16_t)text.len;
    return n;
}

/* ---- plain C */

static bool masks_portable(const char *block, uint64_t *ret_quotes)
{
    uint64_t quotes = 0;
    unsigned odd = 0;
    for (int i = 0; i < BLOCK; i++) {
        unsigned char c = (unsigned char)block[i];
        quotes |= (uint64_t)(c == '"') << i;
        odd |= c < ' ' || c >= 0x80 || c == '\\';
    }
    *ret_quotes = quotes;
    return odd == 0;
}

int hg_quotes_portable(struct hg_slice text, uint16_t ret_at[HG_QUOTES_MAX + 64])
{
    return find(text, ret_at, masks_portable);
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX2   __attribute__((target("avx2,bmi,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,bmi,popcnt")))

AVX2 static inline uint64_t mask_avx2(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

/* Bytes from 0x80 on are negative, and so below the space. */
AVX2 static inline __m256i odd_avx2(__m256i x)
{
    return _mm256_or_si256(_mm256_cmpgt_epi8(_mm256_set1_epi8(' '), x), _mm256_cmpeq_epi8(x, _mm256_set1_epi8('\\')));
}

AVX2 int hg_quotes_avx2(struct hg_slice text, uint16_t ret_at[HG_QUOTES_MAX + 64])
{
    int n = 0;
    char tail[BLOCK];
    const __m256i quote = _mm256_set1_epi8('"');
    if (text.len > HG_QUOTES_TEXT)
        return -1;
    for (size_t i = 0; i < text.len; i += BLOCK) {
        const char *p = block_at(text, i, tail);
        __m256i low = _mm256_loadu_si256((const void *)p), high = _mm256_loadu_si256((const void *)(p + 32));
        uint64_t quotes = mask_avx2(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote));
        __m256i odd = _mm256_or_si256(odd_avx2(low), odd_avx2(high));
        if (!_mm256_testz_si256(odd, odd))
            return -1;
        n += put_bits(quotes, i, __builtin_popcountll(quotes), ret_at + n);
        if (n > HG_QUOTES_MAX)
            return -1;
    }
    ret_at[n] = (uint16_t)text.len;
    return n;
}

/* The numbers of the bytes that are quotes, moved together and made 16 bits wide. */
AVX512 static inline int put_avx512(uint64_t quotes, size_t base, uint16_t *ret_at)
{
    static const uint8_t numbers[BLOCK] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
        32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i packed = _mm512_maskz_compress_epi8(quotes, _mm512_loadu_si512(numbers)), bases = _mm512_set1_epi16((short)base);
    int count = __builtin_popcountll(quotes);
    _mm512_storeu_si512(ret_at, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(packed)), bases));
    if (count > 32)
        _mm512_storeu_si512(ret_at + 32, _mm512_add_epi16(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(packed, 1)), bases));
    return count;
}

AVX512 int hg_quotes_avx512(struct hg_slice text, uint16_t ret_at[HG_QUOTES_MAX + 64])
{
    int n = 0;
    const __m512i quote = _mm512_set1_epi8('"'), space = _mm512_set1_epi8(' '), escape = _mm512_set1_epi8('\\');
    if (text.len > HG_QUOTES_TEXT)
        return -1;
    for (size_t i = 0; i < text.len; i += BLOCK) {
        size_t left = text.len - i;
        __mmask64 here = left >= BLOCK ? ~UINT64_C(0) : (UINT64_C(1) << left) - 1;
        __m512i x = _mm512_mask_loadu_epi8(space, here, text.p + i);
        if ((_mm512_cmplt_epi8_mask(x, space) | _mm512_cmpeq_epi8_mask(x, escape)) != 0)
            return -1;
        n += put_avx512(_mm512_cmpeq_epi8_mask(x, quote), i, ret_at + n);
        if (n > HG_QUOTES_MAX)
            return -1;
    }
    ret_at[n] = (uint16_t)text.len;
    return n;
}

hg_quotes_find *hg_quotes_kernel(void)
{
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2"))
        return hg_quotes_avx512;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? hg_quotes_avx2 : hg_quotes_portable;
}
#else
hg_quotes_find *hg_quotes_kernel(void)
{
    return hg_quotes_portable;
}
#endif
