#include "decode/json_shape.h"

#include "decode/json_plan.h"

/* The same loop for each sort of processor; what it asks of the bytes is given as functions that are inlined. Both say the same:
 *  - whether the step's bytes stand at p, of which `room` are the record's;
 *  - whether the len bytes at p, 1 to 32 and all the record's, are digits. */
typedef bool has_bytes(const struct hg_shape_step *step, const char *p, size_t room);
typedef bool are_digits(const char *p, size_t len);

/* A number of any form; most are just digits. */
__attribute__((always_inline)) static inline bool is_number(struct hg_slice s, are_digits *digits)
{
    if (s.len - 1 < HG_SHAPE_LITERAL && digits(s.p, s.len) && (*s.p != '0' || s.len == 1))
        return true;
    return s.len > 0 && hg_json_valid_number(s);
}

static inline const char *place_of(struct hg_shape_mark mark, struct hg_slice text, const uint16_t *quotes)
{
    return text.p + quotes[mark.quote] + mark.delta;
}

static inline void take_wholes(const struct hg_shape *shape, struct hg_slice text, const uint16_t *quotes, struct hg_json_doc *doc)
{
    for (size_t i = 0; i < shape->n_wholes; i++) {
        const struct hg_shape_whole *whole = &shape->wholes[i];
        const char *first = place_of(whole->first, text, quotes), *last = place_of(whole->last, text, quotes);
        doc->values[whole->slot] = (struct hg_json_value){{first, (size_t)(last - first) + 1}, whole->type, false};
    }
}

/* `from`: where the value at hand starts. It ends where the step's bytes begin, and that their first quote tells. */
__attribute__((always_inline)) static inline bool read_shape(const struct hg_shape *shape, struct hg_slice text, const uint16_t *quotes,
                                                             struct hg_json_doc *doc, has_bytes *has, are_digits *digits)
{
    size_t from = 0;
    for (const struct hg_shape_step *step = shape->steps, *last = step + shape->n_steps; step < last; step++) {
        size_t at = quotes[step->quote] - (size_t)step->lead;
        if (at < from || at > text.len || step->len > text.len - at || !has(step, text.p + at, text.len - at))
            return false;
        struct hg_slice raw = {text.p + from, at - from};
        if (step->value >= HG_SHAPE_WORD) {
            if (raw.len != 0)
                return false;
            raw.len = step->word;
        } else if (step->value == HG_SHAPE_NUMBER && !is_number(raw, digits)) {
            return false;
        }
        if (step->slot >= 0)
            doc->values[step->slot] = (struct hg_json_value){raw, step->type, false};
        from = at + step->len;
    }
    if (from != text.len)
        return false;
    take_wholes(shape, text, quotes, doc);
    doc->present = shape->present;
    return true;
}

/* ---- plain C */

static inline bool has_portable(const struct hg_shape_step *step, const char *p, size_t room)
{
    (void)room;
    return memcmp(step->text, p, step->len) == 0;
}

static inline bool digits_portable(const char *p, size_t len)
{
    unsigned odd = 0;
    for (size_t i = 0; i < len; i++)
        odd |= (unsigned)((unsigned char)p[i] - '0') > 9;
    return odd == 0;
}

bool hg_shape_read_portable(const struct hg_shape *shape, struct hg_slice text, const uint16_t *quotes, struct hg_json_doc *doc)
{
    return read_shape(shape, text, quotes, doc, has_portable, digits_portable);
}

#ifdef __x86_64__
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,bmi2")))

/* Masked bytes are not touched: nothing behind the record is. */
AVX512 static inline bool has_avx512(const struct hg_shape_step *step, const char *p, size_t room)
{
    (void)room;
    __m256i here = _mm256_maskz_loadu_epi8(step->mask, p), there = _mm256_loadu_si256((const void *)step->text);
    return _mm256_mask_cmpneq_epi8_mask(step->mask, here, there) == 0;
}

AVX512 static inline bool digits_avx512(const char *p, size_t len)
{
    __mmask32 mask = _bzhi_u32(UINT32_MAX, (uint32_t)len);
    __m256i digits = _mm256_sub_epi8(_mm256_maskz_loadu_epi8(mask, p), _mm256_set1_epi8('0'));
    return _mm256_mask_cmpgt_epu8_mask(mask, digits, _mm256_set1_epi8(9)) == 0;
}

AVX512 bool hg_shape_read_avx512(const struct hg_shape *shape, struct hg_slice text, const uint16_t *quotes, struct hg_json_doc *doc)
{
    return read_shape(shape, text, quotes, doc, has_avx512, digits_avx512);
}

hg_shape_read *hg_shape_kernel(void)
{
    bool avx512 = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
    return avx512 ? hg_shape_read_avx512 : hg_shape_read_portable;
}
#else
hg_shape_read *hg_shape_kernel(void)
{
    return hg_shape_read_portable;
}
#endif
