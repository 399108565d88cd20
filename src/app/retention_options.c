#include "app/retention_options.h"

#include "base/num.h"

/* 1024, 64KiB, 500MiB, 20GiB, 2TiB */
static bool parse_size(struct hg_slice text, uint64_t *ret)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    unsigned shift = 0;
    for (unsigned i = 0; i < 4 && text.len > 3; i++)
        if (hg_slice_is(hg_slice_from(text, text.len - 3), units[i]))
            shift = 10 * (i + 1);
    text.len -= shift != 0 ? 3 : 0;
    uint64_t number;
    if (!hg_num_parse_u64(text, &number) || number > UINT64_MAX >> shift)
        return false;
    *ret = number << shift;
    return true;
}

bool hg_keep_parse(struct hg_slice text, int64_t *ret)
{
    return hg_time_parse_duration(text, ret) && *ret >= HG_KEEP_US_MIN;
}

bool hg_keep_bytes_parse(struct hg_slice text, uint64_t *ret)
{
    return parse_size(text, ret) && *ret >= HG_KEEP_BYTES_MIN;
}

bool hg_min_free_parse(struct hg_slice text, uint64_t *ret)
{
    return parse_size(text, ret);
}

bool hg_retention_option(const struct hg_command *command, struct hg_retention *retention, int option, const char *argument)
{
    struct hg_slice text = hg_slice_of(argument);
    if (option == HG_OPT_KEEP && !hg_keep_parse(text, &retention->keep_us)) {
        hg_usage(command, "--keep takes " HG_KEEP_EXPECTED ", not '%s'", argument);
        return false;
    }
    if (option == HG_OPT_KEEP_BYTES && !hg_keep_bytes_parse(text, &retention->keep_bytes)) {
        hg_usage(command, "--keep-bytes takes " HG_KEEP_BYTES_EXPECTED ", not '%s'", argument);
        return false;
    }
    if (option == HG_OPT_MIN_FREE && !hg_min_free_parse(text, &retention->min_free_bytes)) {
        hg_usage(command, "--min-free takes " HG_MIN_FREE_EXPECTED ", not '%s'", argument);
        return false;
    }
    return true;
}
