/*
 * What a writer of JSON lines does again and again. Its records name the same members in the same few orders, so that the bytes
 * between their values are bytes that stood there before. A habit keeps such shapes, with what they mean to one plan; a record of a
 * known shape is read by comparing it with that, without finding its tokens first. Any other is hg_json_read's, and a lesson.
 *
 * It takes no text that hg_json_read would refuse, and finds the same values: what lies between values is byte for byte what was
 * read as valid JSON before, and the values are strings of printable ASCII without escapes, numbers, and the same true, false and
 * null. A record has no shape where two numbers stand without a quote between them, or a wanted key stands twice.
 */
#ifndef HG_DECODE_JSON_HABIT_H
#define HG_DECODE_JSON_HABIT_H

#include "decode/json.h"

struct hg_json_habit; /* one thread's, of one plan */

HG_MUST_USE enum hg_rc hg_json_habit_create(const struct hg_json_plan *plan, struct hg_json_habit **ret, struct hg_err *reterr);
void hg_json_habit_destroy(struct hg_json_habit *habit);

/* For tests: leaves out what this processor has beyond others. */
void hg_json_habit_use_portable(struct hg_json_habit *habit);

/* True: doc holds what hg_json_read would have found. False: ask that one. */
bool hg_json_habit_read(struct hg_json_habit *habit, struct hg_slice text, struct hg_json_doc *doc);
/* A text that hg_json_read took by the same plan. */
void hg_json_habit_learn(struct hg_json_habit *habit, struct hg_slice text);

#endif
