/* Which route a path finds; problem documents. */
#include "serve/problem.h"
#include "serve/router.h"
#include "support/cmocka_all.h"

#define ALERT "/api/v1/alerts/00112233445566778899aabbccddeeff"

static const char *found(enum hg_method method, const char *path, const char **ret_allow)
{
    struct hg_id id;
    *ret_allow = NULL;
    const struct hg_route *route = hg_router_find(method, hg_slice_of(path), &id, ret_allow);
    return route == NULL ? NULL : route->path;
}

static void test_paths(void **state)
{
    (void)state;
    const char *allow;
    assert_string_equal(found(HG_GET, "/api/v1/summary", &allow), "/api/v1/summary");
    assert_string_equal(found(HG_GET, ALERT, &allow), "/api/v1/alerts/{id}");
    assert_string_equal(found(HG_GET, ALERT "/events", &allow), "/api/v1/alerts/{id}/events");
    assert_string_equal(found(HG_POST, "/api/v1/events", &allow), "/api/v1/events");
    static const char *const nowhere[] = {"/api/v1/summary/", "/api/v1", "/api/v1/alerts/", "/api/v1/alerts/1", ALERT "0", ALERT "/",
                                          ALERT "/event", "/api/v1/alerts/{id}", "/api/v1/alerts/00112233445566778899aabbccddeefg", ""};
    for (size_t i = 0; i < sizeof nowhere / sizeof nowhere[0]; i++) {
        assert_null(found(HG_GET, nowhere[i], &allow));
        assert_null(allow);
    }
}

static void test_methods(void **state)
{
    (void)state;
    const char *allow;
    assert_int_equal(hg_method_parse("HEAD"), HG_GET);
    assert_int_equal(hg_method_parse("POST"), HG_POST);
    assert_int_equal(hg_method_parse("get"), HG_OTHER_METHOD);
    assert_null(found(HG_POST, "/api/v1/summary", &allow));
    assert_string_equal(allow, "GET, HEAD");
    assert_null(found(HG_OTHER_METHOD, "/api/v1/events", &allow));
    assert_string_equal(allow, "GET, HEAD, POST");
}

static void test_problem(void **state)
{
    (void)state;
    struct hg_buf buf;
    hg_buf_init(&buf, 4096);
    hg_problem_json(&(struct hg_problem){.status = 400, .title = "nothing could be read", .detail = HG_SLICE("a \"b\" \x1b\xff"), .line = 3,
                                         .reason = "invalid_json"}, &buf);
    hg_buf_add(&buf, "", 1);
    assert_string_equal(buf.p, "{\"type\":\"about:blank\",\"title\":\"nothing could be read\",\"status\":400,\"detail\":\"a \\\"b\\\" \\u001b\xef\xbf\xbd\","
                               "\"line\":3,\"reason\":\"invalid_json\"}");
    hg_buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_paths), cmocka_unit_test(test_methods), cmocka_unit_test(test_problem)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
