/*
 * A model: one sub-model per dataset and kind of columns (ISCX, Suricata flow, Suricata other, Cowrie, Dionaea, one for each
 * dataset that mappings read), each with its own columns, detectors and calibration. Training is unsupervised: labels choose rows
 * (docs/detection.md), never steer a split. A model of a table has one sub-model, on the table's columns.
 *
 *  - same rows in the same order and same seed: same model file, byte for byte;
 *  - hg_model_score is pure and gives the same bits at any block size and thread count, on any CPU;
 *  - a loaded model is read-only and shared by all threads; scratch is per thread.
 */
#ifndef HG_DETECT_MODEL_H
#define HG_DETECT_MODEL_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/jsonw.h"
#include "core/score.h"
#include "core/sheet.h"
#include "detect/detect.h"

/* Stored in their order: append only. From HG_SUB_ZEEK on: what mappings read. */
enum hg_submodel_kind {
    HG_SUB_ISCX, HG_SUB_SURICATA_FLOW, HG_SUB_SURICATA_OTHER, HG_SUB_COWRIE, HG_SUB_DIONAEA,
    HG_SUB_ZEEK, HG_SUB_CICFLOWMETER, HG_SUB_UNSW_NB15, HG_SUB_CUSTOM1, HG_SUB_CUSTOM2, HG_SUB_CUSTOM3, HG_SUB_CUSTOM4,
    HG_SUB_COUNT
};
const char *hg_submodel_name(enum hg_submodel_kind kind); /* iscx, suricata_flow, … */
enum hg_submodel_kind hg_submodel_of(const struct hg_event *event);
bool hg_submodel_is_honeypot(size_t kind);

struct hg_model;

#define HG_TRAIN_ROWS_MIN  256u   /* fewer rows make no sub-model */
#define HG_TRAIN_ROWS_KEPT 65536u /* reservoir a sub-model: memory stays bounded whatever is read */

/* ---- training */
struct hg_train_settings {
    uint64_t seed;
    const struct hg_detector *detector; /* NULL: hg_detector_default() */
    bool all;                           /* rows of every label, attacks too: then nothing is known to be normal */
};
struct hg_trainer;
HG_MUST_USE enum hg_rc hg_trainer_create(const struct hg_train_settings *settings, struct hg_trainer **ret, struct hg_err *reterr);
void hg_trainer_destroy(struct hg_trainer *trainer);
/* Takes the run's rows into the reservoirs; events[i] belongs to row i. Call in sequence order. */
HG_MUST_USE enum hg_rc hg_trainer_add(struct hg_trainer *trainer, const struct hg_event *const *events, size_t n,
                                      const struct hg_matrix *matrix, struct hg_err *reterr);
/* May the event be learnt from, where not all may? */
bool hg_trainer_takes(const struct hg_event *event);
/* True once some sub-model has HG_TRAIN_ROWS_MIN usable rows. */
bool hg_trainer_ready(const struct hg_trainer *trainer);

/* Fits. HG_ESTATE where no sub-model has HG_TRAIN_ROWS_MIN rows. The trainer can go on afterwards. */
HG_MUST_USE enum hg_rc hg_trainer_fit(const struct hg_trainer *trainer, struct hg_model **ret, struct hg_err *reterr);

/* ---- tables: other people's data, a sub-model of its own. rows: indexes into the sheet, NULL: the first n. Learnt from are
 * Normal rows, without any those of no label; with settings->all every row. HG_ESTATE where under HG_SHEET_ROWS_MIN are left. */
#define HG_SHEET_ROWS_MIN 16u
HG_MUST_USE enum hg_rc hg_model_fit_sheet(const struct hg_sheet *sheet, const uint32_t *rows, size_t n,
                                          const struct hg_train_settings *settings, struct hg_model **ret, struct hg_err *reterr);
/* ret_scores[i] is of rows[i]. The sheet was read by the model's own schema, else HG_EUSAGE. */
HG_MUST_USE enum hg_rc hg_model_score_sheet(const struct hg_model *model, const struct hg_sheet *sheet, const uint32_t *rows, size_t n,
                                            struct hg_score *ret_scores, struct hg_err *reterr);
bool hg_model_is_of_table(const struct hg_model *model);
/* Is it of a table? Then its columns, borrowed from the model. */
bool hg_model_schema(const struct hg_model *model, struct hg_sheet_schema *ret);

/* ---- the model */
void hg_model_destroy(struct hg_model *model);
HG_MUST_USE enum hg_rc hg_model_save(const struct hg_model *model, const char *path, struct hg_err *reterr);
/* HG_EFORMAT, with what is wrong, for a damaged, truncated or foreign file and for another schema of features. */
HG_MUST_USE enum hg_rc hg_model_load(const char *path, struct hg_model **ret, struct hg_err *reterr);
/* The same in memory, for the store: serialise into buf, read back. */
void hg_model_serialise(const struct hg_model *model, struct hg_buf *buf);
HG_MUST_USE enum hg_rc hg_model_parse(struct hg_slice bytes, struct hg_model **ret, struct hg_err *reterr);
/* A whole model, but of another version of the format or of the features: it must be trained again. */
bool hg_model_outdated(struct hg_slice bytes);
/* Of the file's content: names the model on every alert. */
struct hg_id hg_model_digest(const struct hg_model *model);
/* A line a sub-model for a person: rows used, columns used, columns dropped and why. */
void hg_model_describe(const struct hg_model *model, struct hg_buf *buf);
/* The same as a JSON object: {"digest", "trained_from", "trained_to", "seed", "sub_models": [{name, rows, columns, dropped: [{feature, reason}]}]}. */
void hg_model_json(const struct hg_model *model, struct hg_jsonw *w);

/* The first and the last event that it was trained on (HG_TIME_NONE: none said its time), and the seed of the random choices. */
struct hg_model_origin {
    int64_t from_us, to_us;
    uint64_t seed;
};
struct hg_model_origin hg_model_origin(const struct hg_model *model);
/* Rows that it was learnt from, of all kinds. */
uint64_t hg_model_rows(const struct hg_model *model);
/* Rows that training saw, by kind, per day of event time; 0: unknown. */
void hg_model_events_a_day(const struct hg_model *model, double ret[HG_SUB_COUNT]);
/* Has it a sub-model of this kind? */
bool hg_model_knows(const struct hg_model *model, enum hg_submodel_kind kind);
/* A copy of base with addition's sub-model of this kind in the place of its own; its digest is its own. */
HG_MUST_USE enum hg_rc hg_model_join(const struct hg_model *base, const struct hg_model *addition, enum hg_submodel_kind kind,
                                     struct hg_model **ret, struct hg_err *reterr);

/* Gives the model those sub-models of the other that it has none of. */
HG_MUST_USE enum hg_rc hg_model_fill(struct hg_model **model, const struct hg_model *from, struct hg_err *reterr);

/* ---- scoring */
struct hg_score_scratch;
HG_MUST_USE enum hg_rc hg_score_scratch_create(struct hg_score_scratch **ret, struct hg_err *reterr);
void hg_score_scratch_destroy(struct hg_score_scratch *scratch);
/* Scores row i into scores[i], but for the leading features and the severity (hg_severity_at). */
void hg_model_score(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *const *events, size_t n,
                    const struct hg_matrix *matrix, struct hg_score *scores);
/* Fills n_top and top of a score made from the same row: path attribution (docs/detection.md), greatest share first. */
void hg_model_explain(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event, size_t row,
                      const struct hg_matrix *matrix, struct hg_score *score);
/* The same for any number of features, at most HG_FEATURE_COUNT: those that have a share, all of which sum to 1. Returns how many. */
size_t hg_model_contributions(const struct hg_model *model, struct hg_score_scratch *scratch, const struct hg_event *event, size_t row,
                              const struct hg_matrix *matrix, bool by_behaviour, size_t most, struct hg_contribution *ret);

/* The reason in words, for a person: from the leading features, or from the label where the score says nothing; for instance
 * "Sent and received 3.8 GB; usual here is 25 MB or less." Attackers' text never gets in. */
void hg_reason_words(const struct hg_event *event, const struct hg_score *score, struct hg_buf *buf);
/* The leading reason, which groups alerts: the rule that found something (but on a honeypot), the first leading feature's name, else the attack type's, else "label". */
const char *hg_reason_key(const struct hg_event *event, const struct hg_score *score);
enum hg_grouping hg_reason_grouping(const struct hg_event *event, const struct hg_score *score);

#endif
