/* GET /storage: how full it is, what limits are set, what went. */
#include "serve/serve_priv.h"

static void put_limit(struct hg_jsonw *w, const char *key, uint64_t limit)
{
    hg_jsonw_key(w, key);
    if (limit == 0)
        hg_jsonw_null(w);
    else
        hg_jsonw_u64(w, limit);
}

static void put_limits(const struct hg_store_settings *settings, struct hg_jsonw *w)
{
    hg_jsonw_key(w, "limits");
    hg_jsonw_open(w, '{');
    put_limit(w, "keep_seconds", (uint64_t)(settings->retention.keep_us / HG_SECOND));
    put_limit(w, "keep_bytes", settings->retention.keep_bytes);
    put_limit(w, "min_free_bytes", settings->retention.min_free_bytes);
    hg_jsonw_close(w, '}');
}

static void put_fill(const struct hg_store_fill *fill, const struct hg_store_settings *settings, struct hg_jsonw *w)
{
    hg_json_count(w, "bytes", fill->size.bytes);
    hg_json_count(w, "spare_bytes", fill->size.spare_bytes);
    hg_jsonw_key(w, "free_bytes");
    if (fill->size.disk_free_bytes == UINT64_MAX)
        hg_jsonw_null(w);
    else
        hg_jsonw_u64(w, fill->size.disk_free_bytes);
    hg_json_count(w, "recent_events", fill->recent_events);
    hg_json_count(w, "recent_events_max", settings->recent_events);
    hg_jsonw_key(w, "oldest_event");
    hg_jsonw_time(w, fill->oldest_us);
    put_limits(settings, w);
    hg_json_count(w, "dropped_events", fill->dropped_events);
    hg_jsonw_key(w, "dropped_until");
    hg_jsonw_time(w, fill->dropped_us);
}

static enum hg_rc answer(struct hg_view *view)
{
    struct hg_jsonw *w = &view->call->w;
    struct hg_store_fill fill;
    struct hg_index_status index;
    enum hg_rc rc = hg_reader_fill(view->reader, &fill, &view->err);
    if (rc == HG_OK)
        rc = hg_reader_index_status(view->reader, &index, &view->err);
    if (rc != HG_OK)
        return rc;
    hg_jsonw_open(w, '{');
    hg_json_count(w, "sequence", view->sequence);
    put_fill(&fill, &view->call->serve->store, w);
    hg_jsonw_key(w, "index");
    hg_jsonw_open(w, '{');
    hg_json_count(w, "events", index.events);
    hg_json_count(w, "behind", index.behind);
    hg_json_count(w, "bytes", index.bytes);
    hg_jsonw_close(w, '}');
    hg_jsonw_close(w, '}');
    return HG_OK;
}

void hg_handle_storage(struct hg_call *call)
{
    struct hg_view view;
    if (hg_view_begin(&view, call))
        hg_view_end(&view, answer(&view));
}
