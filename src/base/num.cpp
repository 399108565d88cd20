// C++ for std::from_chars and std::to_chars alone: shortest round trip without locale, which C17 lacks.
#include "base/num.h"

#include <charconv>
#include <cmath>

namespace {

template <typename T> bool parse(struct hg_slice text, T *ret)
{
    if (text.len == 0)
        return false;
    T value{};
    auto [end, error] = std::from_chars(text.p, text.p + text.len, value);
    if (error != std::errc() || end != text.p + text.len)
        return false;
    *ret = value;
    return true;
}

template <typename T> size_t print(T value, char *out)
{
    auto form = std::fabs(value) < 1e15 && value == std::trunc(value) ? std::chars_format::fixed : std::chars_format::general;
    if (form == std::chars_format::fixed)
        return static_cast<size_t>(std::to_chars(out, out + HG_NUM_BYTES, static_cast<long long>(value)).ptr - out);
    return static_cast<size_t>(std::to_chars(out, out + HG_NUM_BYTES, value).ptr - out);
}

} // namespace

bool hg_num_parse_u64(struct hg_slice text, uint64_t *ret)
{
    return parse(text, ret);
}

bool hg_num_parse_i64(struct hg_slice text, int64_t *ret)
{
    return parse(text, ret);
}

bool hg_num_parse_f64(struct hg_slice text, double *ret)
{
    double value = 0;
    if (!parse(text, &value) || !std::isfinite(value))
        return false;
    *ret = value;
    return true;
}

size_t hg_num_print_f64(double value, char out[HG_NUM_BYTES])
{
    return print(value, out);
}

size_t hg_num_print_f32(float value, char out[HG_NUM_BYTES])
{
    return print(value, out);
}
