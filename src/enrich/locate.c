#include "enrich/locate.h"

#include "base/hash.h"

#include <math.h>
#include <maxminddb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <netinet/in.h>

#define CACHE_SLOTS 4096u /* attackers come back: a direct-mapped cache spares most look-ups */

struct cached {
    struct hg_ip ip;
    bool used;
    struct hg_geo geo;
};

struct hg_locator {
    MMDB_s files[HG_LOCATE_FILES];
    size_t n_files, n_asked;
    char trouble[256];
    char kind[64];
    struct cached cache[CACHE_SLOTS];
};

static void open_file(struct hg_locator *l, const char *path)
{
    MMDB_s *file = &l->files[l->n_files];
    int status = MMDB_open(path, MMDB_MODE_MMAP, file);
    if (status != MMDB_SUCCESS) {
        snprintf(l->trouble, sizeof l->trouble, "%s can't be used: %s", path, MMDB_strerror(status));
        return;
    }
    if (l->n_files++ == 0)
        snprintf(l->kind, sizeof l->kind, "%s", file->metadata.database_type);
}

enum hg_rc hg_locator_create(const char *const *paths, size_t n, struct hg_locator **ret, struct hg_err *reterr)
{
    struct hg_locator *l = calloc(1, sizeof *l);
    if (l == NULL)
        return hg_fail(reterr, HG_ENOMEM, "no memory for geolocation");
    l->n_asked = n;
    if (n == 0)
        snprintf(l->trouble, sizeof l->trouble, "no geolocation database was given (--geo FILE.mmdb)");
    for (size_t i = 0; i < n && l->n_files < HG_LOCATE_FILES; i++)
        open_file(l, paths[i]);
    *ret = l;
    return HG_OK;
}

void hg_locator_destroy(struct hg_locator *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < l->n_files; i++)
        MMDB_close(&l->files[i]);
    free(l);
}

static bool lookup(struct hg_locator *l, const struct hg_ip *ip, MMDB_lookup_result_s *ret)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    const struct sockaddr *address;
    bool is_v4 = hg_ip_is_v4(ip);
    if (is_v4) {
        memcpy(&v4.sin_addr, ip->b + 12, 4);
        address = (const struct sockaddr *)&v4;
    } else {
        memcpy(&v6.sin6_addr, ip->b, 16);
        address = (const struct sockaddr *)&v6;
    }
    for (size_t i = 0; i < l->n_files; i++) {
        int error = MMDB_SUCCESS;
        if (!is_v4 && l->files[i].metadata.ip_version == 4)
            continue;
        *ret = MMDB_lookup_sockaddr(&l->files[i], address, &error);
        if (error == MMDB_SUCCESS && ret->found_entry)
            return true;
        if (error != MMDB_SUCCESS)
            snprintf(l->trouble, sizeof l->trouble, "%s is damaged: %s", l->files[i].filename, MMDB_strerror(error));
    }
    return false;
}

/* The value at the nested path of GeoLite2, else at the flat one of the @ip-location-db packages. */
static bool value_at(MMDB_lookup_result_s *result, const char *const *nested, const char *flat, uint32_t type,
                     MMDB_entry_data_s *ret)
{
    const char *const flat_path[] = {flat, NULL};
    return (MMDB_aget_value(&result->entry, ret, nested) == MMDB_SUCCESS && ret->has_data && ret->type == type) ||
           (MMDB_aget_value(&result->entry, ret, flat_path) == MMDB_SUCCESS && ret->has_data && ret->type == type);
}

/* Flat files keep coordinates as float or double. */
static bool number_at(MMDB_lookup_result_s *result, const char *name, double *ret)
{
    const char *const nested[] = {"location", name, NULL};
    MMDB_entry_data_s data;
    if (value_at(result, nested, name, MMDB_DATA_TYPE_DOUBLE, &data))
        *ret = data.double_value;
    else if (value_at(result, nested, name, MMDB_DATA_TYPE_FLOAT, &data))
        *ret = (double)data.float_value;
    else
        return false;
    return isfinite(*ret);
}

static void copy_text(char *out, size_t room, const MMDB_entry_data_s *data)
{
    size_t n = data->data_size;
    if (n >= room) {
        n = room - 1;
        while (n > 0 && ((unsigned char)data->utf8_string[n] & 0xc0) == 0x80)
            n--; /* not in the middle of a character */
    }
    memcpy(out, data->utf8_string, n);
    out[n] = '\0';
}

static void read_entry(MMDB_lookup_result_s *result, struct hg_geo *geo)
{
    static const char *const country[] = {"country", "iso_code", NULL};
    static const char *const city[] = {"city", "names", "en", NULL};
    MMDB_entry_data_s data;
    if (value_at(result, country, "country_code", MMDB_DATA_TYPE_UTF8_STRING, &data) && data.data_size == 2)
        copy_text(geo->country, sizeof geo->country, &data);
    if (value_at(result, city, "city", MMDB_DATA_TYPE_UTF8_STRING, &data))
        copy_text(geo->city, sizeof geo->city, &data);
    double latitude, longitude;
    if (number_at(result, "latitude", &latitude) && number_at(result, "longitude", &longitude) && fabs(latitude) <= 90 &&
        fabs(longitude) <= 180) {
        geo->has_point = true;
        geo->latitude = (float)(round(latitude * 100) / 100);
        geo->longitude = (float)(round(longitude * 100) / 100);
    }
}

static struct hg_geo locate(struct hg_locator *l, const struct hg_ip *ip)
{
    struct hg_geo geo = {.state = HG_GEO_NO_ENTRY};
    MMDB_lookup_result_s result;
    if (!hg_ip_is_public(ip)) {
        geo.state = HG_GEO_PRIVATE;
    } else if (l->n_files == 0) {
        geo.state = HG_GEO_NO_DATABASE;
    } else if (lookup(l, ip, &result)) {
        read_entry(&result, &geo);
        if (geo.country[0] != '\0' || geo.has_point)
            geo.state = HG_GEO_FOUND;
    }
    return geo;
}

void hg_locate(struct hg_locator *l, const struct hg_ip *ip, struct hg_geo *ret)
{
    uint64_t hash = hg_hash64((struct hg_slice){(const char *)ip->b, sizeof ip->b}, 0);
    struct cached *slot = &l->cache[hash % CACHE_SLOTS];
    if (!slot->used || !hg_ip_eq(&slot->ip, ip))
        *slot = (struct cached){.ip = *ip, .used = true, .geo = locate(l, ip)};
    *ret = slot->geo;
}

bool hg_locator_ready(const struct hg_locator *l)
{
    return l->n_files > 0;
}

const char *hg_locator_trouble(const struct hg_locator *l)
{
    return l->trouble[0] == '\0' ? NULL : l->trouble;
}

const char *hg_locator_kind(const struct hg_locator *l)
{
    return l->kind;
}
