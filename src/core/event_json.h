/*
 * The unified event as JSON and as CSV, as docs/formats.md describes: keys in the order of fields.def, then missing, event_id,
 * and attributes; with a score also that, its severity and what was found before the attributes.
 */
#ifndef HG_CORE_EVENT_JSON_H
#define HG_CORE_EVENT_JSON_H

#include "base/arena.h"
#include "base/jsonw.h"
#include "core/score.h"

/* Writes the members of the fields, missing and event_id into an open object. scratch holds decoded payloads. */
void hg_event_json_members(const struct hg_event *event, struct hg_arena *scratch, struct hg_jsonw *w);
/* Writes p_value (null without a sub-model), features_used, features_total and partial into an open object. */
void hg_score_json_coverage(const struct hg_score *score, size_t features_total, struct hg_jsonw *w);
/* Writes finding into an open object: what a named detector found, {name, words, counted, limit, seconds, p, also}, null for nothing. */
void hg_finding_json(const struct hg_finding *finding, struct hg_jsonw *w);
/* Writes anomaly_score, the coverage, is_anomaly and severity into an open object. */
void hg_score_json_members(const struct hg_score *score, size_t features_total, struct hg_jsonw *w);

/* Header and row without the line's end. attributes is JSON text. Cells that a spreadsheet would take for a formula
 * (= + - @ tab at the start) get a leading quote, numbers excepted. */
void hg_event_csv_header(struct hg_buf *buf);
void hg_event_csv_row(const struct hg_event *event, struct hg_arena *scratch, struct hg_slice attributes, struct hg_buf *buf);
/* One cell, quoted where RFC 4180 asks for it and guarded against formulas. */
void hg_csv_cell(struct hg_buf *buf, struct hg_slice text);

/* The payload's bytes, decoded into scratch where needed; {NULL, 0} when missing or undecodable. */
struct hg_slice hg_event_payload(const struct hg_event *event, struct hg_arena *scratch);

#endif
