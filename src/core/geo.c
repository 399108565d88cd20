#include "core/geo.h"

#include "base/num.h"

#include <math.h>
#include <stdlib.h>

struct hg_slice hg_geo_country_key(const struct hg_geo *geo)
{
    static const struct hg_slice states[HG_GEO_STATE_COUNT] = {
        [HG_GEO_FOUND] = {"-unknown", 8},          [HG_GEO_PRIVATE] = {"-private", 8},
        [HG_GEO_NO_ENTRY] = {"-unknown", 8},       [HG_GEO_NO_DATABASE] = {"-nodatabase", 11},
        [HG_GEO_NO_ADDRESS] = {"-noaddress", 10},
    };
    if (geo == NULL)
        return states[HG_GEO_NO_DATABASE];
    if (geo->state == HG_GEO_FOUND && geo->country[0] != '\0')
        return (struct hg_slice){geo->country, strnlen(geo->country, sizeof geo->country - 1)};
    return states[geo->state];
}

/* With two decimals; at most 7 bytes. */
static size_t put_degrees(char *out, float degrees)
{
    long hundredths = lroundf(degrees * 100);
    unsigned long size = (unsigned long)labs(hundredths) % 100000, whole = size / 100;
    size_t n = 0;
    if (hundredths < 0)
        out[n++] = '-';
    if (whole >= 100)
        out[n++] = (char)('0' + whole / 100);
    if (whole >= 10)
        out[n++] = (char)('0' + whole / 10 % 10);
    out[n++] = (char)('0' + whole % 10);
    out[n++] = '.';
    out[n++] = (char)('0' + size / 10 % 10);
    out[n++] = (char)('0' + size % 10);
    return n;
}

struct hg_slice hg_geo_point_key(const struct hg_geo *geo, char out[HG_GEO_POINT_BYTES])
{
    size_t n = put_degrees(out, geo->latitude);
    out[n++] = ',';
    n += put_degrees(out + n, geo->longitude);
    out[n++] = ',';
    for (size_t i = 0; i < sizeof geo->country && geo->country[i] != '\0'; i++)
        out[n++] = geo->country[i];
    return (struct hg_slice){out, n};
}

bool hg_geo_point_parse(struct hg_slice key, double *ret_latitude, double *ret_longitude, struct hg_slice *ret_country)
{
    struct hg_slice latitude = hg_slice_take_until(&key, ','), longitude = hg_slice_take_until(&key, ',');
    *ret_country = key;
    return hg_num_parse_f64(latitude, ret_latitude) && hg_num_parse_f64(longitude, ret_longitude);
}
