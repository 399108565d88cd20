/* Tallies by key over the view's range: from rollups, or of what matches the filter from the stored events. */
#include "serve/serve_priv.h"

#include <stdio.h>
#include <stdlib.h>

static enum hg_filter_field field_of(enum hg_dim dim)
{
    return dim == HG_DIM_PORT ? HG_FILTER_port : dim == HG_DIM_PROTOCOL ? HG_FILTER_app : dim == HG_DIM_COUNTRY ? HG_FILTER_country : HG_QUERY_PLACE;
}

/* As a rollup has it: without a value "" for a port, "unknown" for a protocol. */
static struct hg_slice key_of(enum hg_dim dim, struct hg_slice value)
{
    return value.p != NULL ? value : dim == HG_DIM_PROTOCOL ? HG_SLICE("unknown") : HG_SLICE("");
}

static int by_anomalous(const void *a, const void *b)
{
    const struct hg_key_tally *x = a, *y = b;
    uint64_t n = hg_tally_anomalous(&x->tally), m = hg_tally_anomalous(&y->tally);
    return n != m ? (n < m ? 1 : -1) : strcmp(x->key, y->key);
}

static enum hg_rc from_events(struct hg_view *view, enum hg_dim dim, size_t limit, struct hg_key_tallies *ret, bool *ret_exact)
{
    struct hg_query_values values;
    enum hg_filter_field field = field_of(dim);
    view->query.deadline_us = hg_time_monotonic_us() + HG_CHART_US;
    enum hg_rc rc = hg_query_top(view->reader, &view->query, &field, 1, HG_BY_ANOMALOUS, limit + 1, &view->arena, &values, &view->err);
    if (rc != HG_OK)
        return rc;
    *ret = (struct hg_key_tallies){.rows = calloc(limit, sizeof *ret->rows), .distinct = values.distinct, .sum = values.sum};
    *ret_exact = values.exact;
    if (ret->rows == NULL)
        return hg_fail(&view->err, HG_ENOMEM, "no memory for %zu keys", limit);
    for (size_t i = 0; i < values.n && ret->n < limit; i++) {
        struct hg_slice key = key_of(dim, values.rows[i].key);
        struct hg_key_tally *row = &ret->rows[ret->n];
        if (values.rows[i].key.p == NULL && (dim == HG_DIM_COORDINATE || dim == HG_DIM_COUNTRY))
            continue; /* it was not looked up */
        snprintf(row->key, sizeof row->key, "%.*s", (int)key.len, key.p);
        row->tally = values.rows[i].tally;
        ret->n++;
    }
    qsort(ret->rows, ret->n, sizeof *ret->rows, by_anomalous);
    return HG_OK;
}

enum hg_rc hg_view_keys(struct hg_view *view, enum hg_dim dim, size_t limit, struct hg_key_tallies *ret, bool *ret_exact)
{
    *ret_exact = true;
    return view->query.filter != NULL ? from_events(view, dim, limit, ret, ret_exact)
                                      : hg_reader_keys(view->reader, dim, view->range, limit, ret, &view->err);
}
