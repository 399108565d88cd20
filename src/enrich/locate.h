/*
 * Geolocation by MaxMind-format databases: GeoLite2/GeoIP2 City (nested) or the flat form of the npm packages @ip-location-db.
 * Up to HG_LOCATE_FILES databases; an IPv4 address is looked up in the first that knows IPv4, an IPv6 one in the first for IPv6.
 * A broken database is no failure: hg_locate says HG_GEO_NO_DATABASE and hg_locator_trouble says why.
 */
#ifndef HG_ENRICH_LOCATE_H
#define HG_ENRICH_LOCATE_H

#include "base/err.h"
#include "base/ip.h"
#include "core/geo.h"

#define HG_LOCATE_FILES 4

struct hg_locator;

/* n may be 0. Fails only without memory. */
HG_MUST_USE enum hg_rc hg_locator_create(const char *const *paths, size_t n, struct hg_locator **ret, struct hg_err *reterr);
void hg_locator_destroy(struct hg_locator *locator);
/* Not for sharing between threads (it keeps a cache). */
void hg_locate(struct hg_locator *locator, const struct hg_ip *ip, struct hg_geo *ret);
bool hg_locator_ready(const struct hg_locator *locator);
/* Why there are no places, in words for a person; NULL when all given databases work. */
const char *hg_locator_trouble(const struct hg_locator *locator);
/* database_type of the first working file, "" when none: the page's attribution follows from it. */
const char *hg_locator_kind(const struct hg_locator *locator);

#endif
