/* GET /geo: where attacks come from. */
#include "serve/serve_priv.h"

#include <stdlib.h>

static void put_points(const struct hg_key_tallies *points, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "points");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < points->n; i++) {
        double latitude, longitude;
        struct hg_slice country;
        if (!hg_geo_point_parse(hg_slice_of(points->rows[i].key), &latitude, &longitude, &country))
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "latitude");
        hg_jsonw_f64(w, latitude);
        hg_jsonw_key(w, "longitude");
        hg_jsonw_f64(w, longitude);
        hg_jsonw_key(w, "country");
        hg_jsonw_str(w, country.len == 0 ? HG_SLICE_NONE : country);
        hg_tally_json_members(&points->rows[i].tally, w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
}

/* Keys that begin with '-' are no countries, but say why there is none. */
static void put_countries(const struct hg_key_tallies *countries, struct hg_jsonw *w)
{
    static const char *const reasons[][2] = {
        {"-private", "private"}, {"-unknown", "no_entry"}, {"-nodatabase", "no_database"}, {"-noaddress", "no_address"}};
    uint64_t counts[4] = {0};
    hg_jsonw_key(w, "countries");
    hg_jsonw_open(w, '[');
    for (size_t i = 0; i < countries->n; i++) {
        const struct hg_key_tally *row = &countries->rows[i];
        for (size_t k = 0; k < 4; k++)
            if (strcmp(row->key, reasons[k][0]) == 0)
                counts[k] = hg_tally_anomalous(&row->tally);
        if (row->key[0] == '-' || row->key[0] == '\0')
            continue;
        hg_jsonw_open(w, '{');
        hg_jsonw_key(w, "country");
        hg_jsonw_text(w, row->key);
        hg_tally_json_members(&row->tally, w);
        hg_jsonw_close(w, '}');
    }
    hg_jsonw_close(w, ']');
    hg_jsonw_key(w, "unlocated");
    hg_jsonw_open(w, '{');
    for (size_t k = 0; k < 4; k++)
        hg_json_count(w, reasons[k][1], counts[k]);
    hg_jsonw_close(w, '}');
}

/* The backend writes an object; here its members belong to the answer. */
static void put_database(const struct hg_backend *backend, struct hg_jsonw *w)
{
    struct hg_buf text;
    struct hg_jsonw inner = {.buf = &text};
    hg_buf_init(&text, 8192);
    backend->geo_json(backend->self, &inner);
    if (!text.failed && text.len > 2)
        hg_jsonw_raw(w, (struct hg_slice){text.p + 1, text.len - 2});
    hg_buf_free(&text);
}

void hg_handle_geo(struct hg_call *call)
{
    struct hg_view view;
    struct hg_args_fault fault;
    struct hg_key_tallies points = {0}, countries = {0};
    size_t limit;
    bool exact, also = true;
    if (!hg_args_limit(&call->args, 200, 1000, &limit, &fault)) {
        hg_call_fault(call, &fault);
        return;
    }
    if (!hg_view_begin(&view, call))
        return;
    enum hg_rc rc = hg_view_keys(&view, HG_DIM_COORDINATE, limit, &points, &exact);
    if (rc == HG_OK) /* there are fewer countries than 1,000 */
        rc = hg_view_keys(&view, HG_DIM_COUNTRY, 1000, &countries, &also);
    if (rc == HG_OK) {
        hg_view_open(&view);
        put_points(&points, &call->w);
        put_countries(&countries, &call->w);
        put_database(&call->serve->backend, &call->w);
        if (view.query.filter != NULL)
            rc = hg_view_put_reach(&view, exact && also);
        hg_jsonw_close(&call->w, '}');
    }
    free(points.rows);
    free(countries.rows);
    hg_view_end(&view, rc);
}
