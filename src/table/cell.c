#include "table/cell.h"

#include "base/hash.h"
#include "base/num.h"

#include <float.h>
#include <math.h>
#include <strings.h>

static bool is_one_of(struct hg_slice text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(words[i]) == text.len && strncasecmp(words[i], text.p, text.len) == 0)
            return true;
    return false;
}

#define IS_ONE_OF(text, words) is_one_of(text, words, sizeof(words) / sizeof(words)[0])

static bool is_missing(struct hg_slice text)
{
    static const char *const words[] = {"?", "na", "n/a", "nan", "-nan", "null"};
    return text.len == 0 || (text.len <= 4 && IS_ONE_OF(text, words));
}

static size_t digits(struct hg_slice text, size_t at)
{
    size_t n = 0;
    while (at + n < text.len && text.p[at + n] >= '0' && text.p[at + n] <= '9')
        n++;
    return n;
}

/* Text in a number's form that no double holds: too large, or (ret_tiny) too near to zero. */
static bool is_out_of_range(struct hg_slice text, bool *ret_tiny)
{
    size_t at = text.len > 0 && text.p[0] == '-';
    size_t whole = digits(text, at), part = 0;
    at += whole;
    if (at < text.len && text.p[at] == '.') {
        part = digits(text, at + 1);
        at += 1 + part;
    }
    if (whole + part == 0)
        return false;
    *ret_tiny = whole == 0 || text.p[text.p[0] == '-'] == '0';
    if (at < text.len && (text.p[at] == 'e' || text.p[at] == 'E')) {
        at++;
        *ret_tiny = at < text.len && text.p[at] == '-';
        at += at < text.len && (text.p[at] == '-' || text.p[at] == '+');
        size_t power = digits(text, at);
        at += power;
        if (power == 0)
            return false;
    }
    return at == text.len;
}

static enum hg_cell read_unusual(struct hg_slice text, float *ret)
{
    static const char *const infinite[] = {"inf", "-inf", "infinity", "-infinity"};
    bool tiny;
    if (is_missing(text))
        return HG_CELL_MISSING;
    if (IS_ONE_OF(text, infinite))
        return HG_CELL_INFINITE;
    if (!is_out_of_range(text, &tiny))
        return HG_CELL_TEXT;
    if (!tiny)
        return HG_CELL_INFINITE;
    *ret = 0;
    return HG_CELL_NUMBER;
}

enum hg_cell hg_cell_read(struct hg_slice text, float *ret)
{
    double value;
    *ret = NAN;
    if (text.len > 1 && text.p[0] == '+' && text.p[1] != '-')
        text = hg_slice_from(text, 1);
    if (!hg_num_parse_f64(text, &value))
        return read_unusual(text, ret);
    if (value > (double)FLT_MAX || value < -(double)FLT_MAX)
        return HG_CELL_INFINITE;
    *ret = (float)value;
    return HG_CELL_NUMBER;
}

uint32_t hg_cell_code(struct hg_slice text)
{
    uint32_t code = hg_code32(text);
    return code != 0 ? code : 1;
}

enum hg_label hg_cell_label(struct hg_slice text, struct hg_slice *ret_family)
{
    static const char *const normal[] = {"normal", "benign", "false", "no", "legitimate", "legit", "inlier", "good"};
    static const char *const plain[] = {"true", "yes", "attack", "anomaly", "anomalous", "outlier", "malicious", "bad"};
    if (is_missing(text))
        return HG_LABEL_NONE;
    if (text.p[text.len - 1] == '.')
        text.len--;
    while (text.len > 0 && (text.p[text.len - 1] == ' ' || text.p[text.len - 1] == '\t'))
        text.len--;
    float number;
    bool is_number = hg_cell_read(text, &number) == HG_CELL_NUMBER;
    if (is_number ? number == 0 : IS_ONE_OF(text, normal))
        return HG_LABEL_NORMAL;
    *ret_family = (is_number ? number == 1 : text.len == 0 || IS_ONE_OF(text, plain)) ? HG_SLICE("attack") : text;
    return HG_LABEL_ATTACK;
}
