/*
 * A stored event as `honeyguide query` and GET /export hand it on: as `normalize` has it, and behind that anomaly_score, severity, by and alert_id.
 */
#ifndef HG_CORE_EVENT_EXPORT_H
#define HG_CORE_EVENT_EXPORT_H

#include "core/event_json.h"

struct hg_export_row {
    const struct hg_event *event;
    const struct hg_score *score;
    unsigned by;
    const struct hg_id *alert;   /* NULL or zeros: none */
    struct hg_slice attributes;  /* a JSON object */
};

/* Each with its line's end. scratch holds decoded payloads. */
void hg_export_csv_header(struct hg_buf *buf);
void hg_export_csv_row(const struct hg_export_row *row, struct hg_arena *scratch, struct hg_buf *buf);
void hg_export_json_line(const struct hg_export_row *row, struct hg_arena *scratch, struct hg_buf *buf);

#endif
