#include "serve/router.h"

static const struct hg_route routes[] = {
#define HG_ROUTE(method, path, handler, parameters) {HG_##method, path, parameters, hg_handle_##handler},
#include "serve/routes.def"
#undef HG_ROUTE
};

enum hg_method hg_method_parse(const char *name)
{
    if (strcmp(name, "GET") == 0 || strcmp(name, "HEAD") == 0)
        return HG_GET;
    return strcmp(name, "POST") == 0 ? HG_POST : HG_OTHER_METHOD;
}

static bool matches(const char *pattern, struct hg_slice path, struct hg_id *ret_id)
{
    const char *hole = strstr(pattern, "{id}");
    if (hole == NULL)
        return hg_slice_is(path, pattern);
    struct hg_slice before = {pattern, (size_t)(hole - pattern)}, after = hg_slice_of(hole + 4);
    if (path.len != before.len + HG_ID_TEXT_BYTES + after.len || !hg_slice_starts(path, before))
        return false;
    return hg_slice_eq(hg_slice_from(path, before.len + HG_ID_TEXT_BYTES), after) &&
           hg_id_parse((struct hg_slice){path.p + before.len, HG_ID_TEXT_BYTES}, ret_id);
}

const struct hg_route *hg_router_find(enum hg_method method, struct hg_slice path, struct hg_id *ret_id, const char **ret_allow)
{
    static const char *const allow[] = {NULL, "GET, HEAD", "POST", "GET, HEAD, POST"};
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!matches(routes[i].path, path, ret_id))
            continue;
        if (routes[i].method == method)
            return &routes[i];
        seen |= 1u << routes[i].method;
    }
    *ret_allow = allow[seen];
    return NULL;
}
