/* Where an address is, as far as a database says. */
#ifndef HG_CORE_GEO_H
#define HG_CORE_GEO_H

#include "base/slice.h"

#define HG_CITY_BYTES 64

enum hg_geo_state {
    HG_GEO_FOUND = 0,
    HG_GEO_PRIVATE,     /* private, loopback, link-local, multicast or unspecified: no place on a map */
    HG_GEO_NO_ENTRY,    /* public, but the database doesn't have it */
    HG_GEO_NO_DATABASE, /* none was given, or it is broken */
    HG_GEO_NO_ADDRESS,  /* the event has no source address */
    HG_GEO_STATE_COUNT
};

struct hg_geo {
    unsigned char state; /* enum hg_geo_state */
    char country[3];     /* ISO 3166-1 alpha-2, "" where unknown */
    bool has_point;
    float latitude, longitude; /* degrees, rounded to 2 decimals */
    char city[HG_CITY_BYTES];  /* UTF-8, "" where unknown */
};

/* The keys of HG_DIM_COUNTRY (NULL: nobody looked) and, of one with a point, HG_DIM_COORDINATE. */
#define HG_GEO_POINT_BYTES 24
struct hg_slice hg_geo_country_key(const struct hg_geo *geo);
struct hg_slice hg_geo_point_key(const struct hg_geo *geo, char out[HG_GEO_POINT_BYTES]);
/* Such a key in its parts, the country empty where none is known; false: it is none. */
bool hg_geo_point_parse(struct hg_slice key, double *ret_latitude, double *ret_longitude, struct hg_slice *ret_country);

#endif
