#include "serve/serve_priv.h"

static const struct hg_asset *find(struct hg_slice path)
{
    if (hg_slice_is(path, "/"))
        path = HG_SLICE("/index.html");
    for (size_t i = 0; i < hg_assets_n; i++)
        if (hg_slice_is(path, hg_assets[i].path))
            return &hg_assets[i];
    return NULL;
}

struct hg_slice hg_serve_asset(const char *path)
{
    const struct hg_asset *asset = find(hg_slice_of(path));
    return asset == NULL ? HG_SLICE("") : (struct hg_slice){(const char *)asset->bytes, (size_t)(asset->bytes_end - asset->bytes)};
}

static struct MHD_Response *static_response(const unsigned char *from, const unsigned char *to)
{
    return MHD_create_response_from_buffer((size_t)(to - from), (void *)(uintptr_t)from, MHD_RESPMEM_PERSISTENT);
}

static void serve_asset(struct hg_call *call, const struct hg_asset *asset)
{
    bool gzip = asset->gzip != NULL && hg_edge_lists(hg_call_header(call, "Accept-Encoding"), "gzip");
    bool known = hg_edge_lists(hg_call_header(call, "If-None-Match"), asset->etag);
    if (known)
        call->status = 304;
    const unsigned char *from = gzip ? asset->gzip : asset->bytes, *to = gzip ? asset->gzip_end : asset->bytes_end;
    call->response = static_response(from, known ? from : to);
    if (call->response == NULL)
        return;
    call->content_type = asset->content_type;
    MHD_add_response_header(call->response, "ETag", asset->etag);
    MHD_add_response_header(call->response, "Vary", "Accept-Encoding");
    if (gzip && !known)
        MHD_add_response_header(call->response, "Content-Encoding", "gzip");
}

void hg_handle_asset(struct hg_call *call)
{
    const struct hg_asset *asset = find(call->path);
    if (asset == NULL)
        hg_call_problem(call, 404, "not found", "There is no such page.");
    else
        serve_asset(call, asset);
}

void hg_handle_openapi(struct hg_call *call)
{
    hg_handle_asset(call);
}
