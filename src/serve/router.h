/*
 * Which handler answers. To add a route: one line in routes.def, the handler in an api_*.c, the description in openapi.json.
 */
#ifndef HG_SERVE_ROUTER_H
#define HG_SERVE_ROUTER_H

#include "base/hash.h"

struct hg_call;

enum hg_method { HG_GET, HG_POST, HG_OTHER_METHOD };

struct hg_route {
    enum hg_method method;
    const char *path, *parameters;
    void (*handle)(struct hg_call *call);
};

enum hg_method hg_method_parse(const char *name); /* HEAD is GET */
/* NULL: nothing there; *ret_allow then is NULL for an unknown path (404), else the methods that it has (405). */
const struct hg_route *hg_router_find(enum hg_method method, struct hg_slice path, struct hg_id *ret_id, const char **ret_allow);

#define HG_ROUTE(method, path, handler, parameters) void hg_handle_##handler(struct hg_call *call);
#include "serve/routes.def"
#undef HG_ROUTE

#endif
