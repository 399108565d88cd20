/* The edge: which Host, token, Origin and content type a request may have. */
#include "serve/edge.h"
#include "support/cmocka_all.h"

static const struct hg_edge loopback = {"127.0.0.1", 8765, NULL};

static unsigned host_status(const struct hg_edge *edge, const char *host)
{
    return hg_edge_host(edge, hg_slice_of(host)).status;
}

static void test_loopback(void **state)
{
    (void)state;
    assert_true(hg_serve_is_loopback("127.0.0.1"));
    assert_true(hg_serve_is_loopback("127.8.9.10"));
    assert_true(hg_serve_is_loopback("::1"));
    assert_true(hg_serve_is_loopback("::ffff:127.0.0.1"));
    assert_false(hg_serve_is_loopback("0.0.0.0"));
    assert_false(hg_serve_is_loopback("::"));
    assert_false(hg_serve_is_loopback("192.0.2.1"));
    assert_false(hg_serve_is_loopback("localhost"));
    assert_false(hg_serve_is_loopback(""));
}

static void test_host(void **state)
{
    (void)state;
    static const char *const good[] = {"127.0.0.1:8765", "localhost:8765", "LocalHost:8765", "[::1]:8765"};
    static const char *const bad[] = {"127.0.0.1",       "localhost",      "localhost:8766",  "evil.example:8765", "192.0.2.1:8765",
                                      "localhost.:8765", "localhost:8765x", "localhost:08765z", "",                  ":8765",
                                      "[::1:8765",       "[::1]8765",       "127.0.0.1:",       "127.0.0.1:99999",   "evil.example"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(host_status(&loopback, good[i]), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(host_status(&loopback, bad[i]), 421);
    assert_int_equal(host_status(&loopback, NULL), 421);
}

static void test_host_beyond_loopback(void **state)
{
    (void)state;
    const struct hg_edge one = {"192.0.2.1", 80, "x"}, all = {"0.0.0.0", 8765, "x"}, six = {"2001:db8::1", 8765, "x"};
    assert_int_equal(host_status(&one, "192.0.2.1"), 0);
    assert_int_equal(host_status(&one, "192.0.2.1:80"), 0);
    assert_int_equal(host_status(&one, "192.0.2.2"), 421);
    assert_int_equal(host_status(&all, "198.51.100.7:8765"), 0);
    assert_int_equal(host_status(&all, "[2001:db8::7]:8765"), 0);
    assert_int_equal(host_status(&all, "sensor.example:8765"), 421); /* a name may be rebound */
    assert_int_equal(host_status(&six, "[2001:DB8:0::1]:8765"), 0);
}

static void test_token(void **state)
{
    (void)state;
    const struct hg_edge edge = {"0.0.0.0", 8765, "s3cret"}, empty = {"0.0.0.0", 8765, ""};
    assert_int_equal(hg_edge_token(&loopback, HG_SLICE_NONE, HG_SLICE_NONE).status, 0);
    assert_int_equal(hg_edge_token(&edge, HG_SLICE("Bearer s3cret"), HG_SLICE_NONE).status, 0);
    assert_int_equal(hg_edge_token(&edge, HG_SLICE("bearer  s3cret "), HG_SLICE_NONE).status, 0);
    static const char *const bad[] = {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cret1", "Bearer s3creT", "Basic s3cret", "s3cret",
                                      "Bearer s3crets3cret"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(hg_edge_token(&edge, hg_slice_of(bad[i]), HG_SLICE_NONE).status, 401);
    assert_int_equal(hg_edge_token(&edge, HG_SLICE_NONE, HG_SLICE_NONE).status, 401);
    assert_int_equal(hg_edge_token(&edge, HG_SLICE_NONE, HG_SLICE("s3cret")).status, 0); /* the page's cookie */
    assert_int_equal(hg_edge_token(&edge, HG_SLICE_NONE, HG_SLICE("s3creT")).status, 401);
    assert_int_equal(hg_edge_token(&empty, HG_SLICE_NONE, HG_SLICE("")).status, 401);
    assert_int_equal(hg_edge_token(&empty, HG_SLICE("Bearer "), HG_SLICE_NONE).status, 401); /* an empty token opens nothing */
}

static void test_origin(void **state)
{
    (void)state;
    const struct hg_slice host = HG_SLICE("localhost:8765");
    assert_int_equal(hg_edge_origin(host, HG_SLICE_NONE).status, 0);
    assert_int_equal(hg_edge_origin(host, HG_SLICE("http://localhost:8765")).status, 0);
    static const char *const bad[] = {"null", "", "http://evil.example", "http://localhost:8766", "https://localhost:8765",
                                      "http://localhost:8765.evil.example", "http://", "http://127.0.0.1:8765"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(hg_edge_origin(host, hg_slice_of(bad[i])).status, 403);
}

static void test_content_type(void **state)
{
    (void)state;
    static const char *const good[] = {"application/json", "Application/JSON; charset=utf-8", "application/x-ndjson", "text/csv ;header=present"};
    static const char *const bad[] = {"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
                                      "text/plain; application/json", ";application/json"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(hg_edge_content_type(hg_slice_of(good[i])).status, 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(hg_edge_content_type(hg_slice_of(bad[i])).status, 403);
    assert_int_equal(hg_edge_content_type(HG_SLICE_NONE).status, 403);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loopback), cmocka_unit_test(test_host),   cmocka_unit_test(test_host_beyond_loopback),
        cmocka_unit_test(test_token),    cmocka_unit_test(test_origin), cmocka_unit_test(test_content_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
