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

/* Is `word` among the comma-separated ones? Weights are ignored but for an outright refusal. */
static bool lists(struct hg_slice list, const char *word)
{
    while (list.len > 0) {
        const char *comma = memchr(list.p, ',', list.len);
        struct hg_slice item = {list.p, comma == NULL ? list.len : (size_t)(comma - list.p)};
        list = hg_slice_from(list, item.len + (comma != NULL));
        while (item.len > 0 && item.p[0] == ' ')
            item = hg_slice_from(item, 1);
        bool refused = item.len > 4 && memmem(item.p, item.len, ";q=0", 4) != NULL && memmem(item.p, item.len, ";q=0.", 5) == NULL;
        struct hg_slice name = {item.p, 0};
        while (name.len < item.len && item.p[name.len] != ';' && item.p[name.len] != ' ')
            name.len++;
        if (!refused && (hg_edge_same(name, hg_slice_of(word)) || hg_slice_is(name, "*")))
            return true;
    }
    return false;
}

static struct MHD_Response *static_response(const unsigned char *from, const unsigned char *to)
{
    return MHD_create_response_from_buffer((size_t)(to - from), (void *)(uintptr_t)from, MHD_RESPMEM_PERSISTENT);
}

static void serve_asset(struct hg_call *call, const struct hg_asset *asset)
{
    bool gzip = asset->gzip != NULL && lists(hg_call_header(call, "Accept-Encoding"), "gzip");
    bool known = lists(hg_call_header(call, "If-None-Match"), asset->etag);
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
