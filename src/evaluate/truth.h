/*
 * truth.csv, the answers to a set of logs: `event_id,label,attack_type,campaign` as `honeyguide generate` writes them (columns are
 * found by name, more are passed over, no cell is quoted). An event that it doesn't list is Normal.
 */
#ifndef HG_EVALUATE_TRUTH_H
#define HG_EVALUATE_TRUTH_H

#include "base/err.h"
#include "base/hash.h"
#include "core/event.h"

#define HG_TRUTH_EVENTS_MAX ((size_t)64 * 1024 * 1024)

struct hg_truth;

/* HG_EFORMAT, with the line, where it isn't such a file. */
HG_MUST_USE enum hg_rc hg_truth_read(const char *path, struct hg_truth **ret, struct hg_err *reterr);
void hg_truth_destroy(struct hg_truth *truth);
enum hg_label hg_truth_of(struct hg_truth *truth, const struct hg_id *id, enum hg_attack_type *ret_type);
size_t hg_truth_listed(const struct hg_truth *truth);
size_t hg_truth_met(const struct hg_truth *truth); /* of these, how many were asked for */
/* An unknown name of an attack is "other". */
enum hg_attack_type hg_attack_type_parse(struct hg_slice name);

#endif
