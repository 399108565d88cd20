/* GET /canaries: made-up attacks that try the running detector, and whether they were found. */
#include "serve/serve_priv.h"

void hg_handle_canaries(struct hg_call *call)
{
    const struct hg_backend *backend = &call->serve->backend;
    struct hg_view view;
    if (!hg_view_begin(&view, call))
        return;
    hg_jsonw_open(&call->w, '{');
    hg_json_count(&call->w, "sequence", view.sequence);
    backend->canaries_json(backend->self, &call->w);
    hg_jsonw_close(&call->w, '}');
    hg_view_end(&view, HG_OK);
}
