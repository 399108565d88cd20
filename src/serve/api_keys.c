/* GET /ports and /protocols: what is attacked. */
#include "serve/serve_priv.h"

#include <stdlib.h>

static void put_rows(const struct hg_key_tallies *tallies, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "rows");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < tallies->n; i++) {
        const struct hg_key_tally *row = &tallies->rows[i];
        if (hg_tally_anomalous(&row->tally) == 0)
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "key");
        hg_jsonw_text(w, row->key[0] == '\0' ? NULL : row->key);
        hg_tally_json_members(&row->tally, w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

static void handle_keys(struct hg_call *call, enum hg_dim dim)
{
    struct hg_view view;
    struct hg_args_fault fault;
    struct hg_key_tallies tallies = {0};
    size_t limit;
    bool exact;
    if (!hg_args_limit(&call->args, 10, 1000, &limit, &fault)) {
        hg_call_fault(call, &fault);
        return;
    }
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = hg_view_keys(&view, dim, limit, &tallies, &exact);
    if (rc == HG_OK) {
        hg_view_open(&view);
        hg_json_count(&call->w, "distinct", tallies.distinct);
        hg_jsonw_key(&call->w, "sum");
        hg_tally_json(&tallies.sum, &call->w);
        put_rows(&tallies, &call->w);
        if (view.query.filter != NULL)
            rc = hg_view_put_reach(&view, exact);
        hg_jsonw_close(&call->w, '}');
    }
    free(tallies.rows);
    hg_view_end(&view, rc);
}

void hg_handle_ports(struct hg_call *call)
{
    handle_keys(call, HG_DIM_PORT);
}

void hg_handle_protocols(struct hg_call *call)
{
    handle_keys(call, HG_DIM_PROTOCOL);
}
