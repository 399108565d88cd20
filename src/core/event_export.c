#include "core/event_export.h"

static bool has_alert(const struct hg_export_row *row)
{
    static const struct hg_id none;
    return row->alert != NULL && memcmp(row->alert, &none, sizeof none) != 0;
}

void hg_export_csv_header(struct hg_buf *buf)
{
    hg_event_csv_header(buf);
    hg_buf_text(buf, ",anomaly_score,severity,by,alert_id\n");
}

void hg_export_csv_row(const struct hg_export_row *row, struct hg_arena *scratch, struct hg_buf *buf)
{
    char id[HG_ID_TEXT_BYTES];
    hg_event_csv_row(row->event, scratch, row->attributes, buf);
    hg_buf_char(buf, ',');
    if (hg_score_has_value(row->score))
        hg_buf_f64(buf, row->score->value);
    hg_buf_printf(buf, ",%s,%s,", hg_severity_name((enum hg_severity)row->score->severity), row->by == 0 ? "" : hg_by_name(row->by));
    if (has_alert(row)) {
        hg_id_print(row->alert, id);
        hg_buf_add(buf, id, sizeof id);
    }
    hg_buf_char(buf, '\n');
}

void hg_export_json_line(const struct hg_export_row *row, struct hg_arena *scratch, struct hg_buf *buf)
{
    struct hg_jsonw w = {.buf = buf};
    hg_jsonw_open(&w, '{');
    hg_event_json_members(row->event, scratch, &w);
    hg_jsonw_key(&w, "attributes");
    hg_jsonw_raw(&w, row->attributes);
    hg_jsonw_key(&w, "anomaly_score");
    if (hg_score_has_value(row->score))
        hg_jsonw_f64(&w, row->score->value);
    else
        hg_jsonw_null(&w);
    hg_jsonw_key(&w, "severity");
    hg_jsonw_text(&w, hg_severity_name((enum hg_severity)row->score->severity));
    hg_jsonw_key(&w, "by");
    hg_jsonw_text(&w, hg_by_name(row->by));
    hg_jsonw_key(&w, "alert_id");
    if (has_alert(row))
        hg_jsonw_id(&w, row->alert);
    else
        hg_jsonw_null(&w);
    hg_jsonw_close(&w, '}');
    hg_buf_char(buf, '\n');
}
