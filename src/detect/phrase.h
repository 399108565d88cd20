/*
 * What a feature's value means, as a person says it: "moved 3.8 GB in both directions", "the source turned to 48 ports within 10
 * minutes", "sent no SYN". Verbs stand first and in the past, so that sentences and conditions ("had it moved ...") are made of one table.
 */
#ifndef HG_DETECT_PHRASE_H
#define HG_DETECT_PHRASE_H

#include "base/buf.h"
#include "core/matrix.h"

/* Does its value stand in a phrase as a quantity ("moved 3.8 GB")? */
bool phrase_has_quantity(enum hg_feature feature);
/* Is its value one of a few states ("sent no SYN")? */
bool phrase_is_state(enum hg_feature feature);
/* Only whole numbers are values of it. */
bool phrase_is_whole(enum hg_feature feature);

/* "3.8 GB", "1 port" with the noun, "48" without. */
void phrase_put_quantity(enum hg_feature feature, double value, bool with_noun, struct hg_buf *buf);
/* A state in a word or two: "yes", "no", "Monday", "came in". */
void phrase_put_state(enum hg_feature feature, double value, struct hg_buf *buf);
/* A quantity to two significant digits as it is shown, away from zero or towards it; so what is shown is exactly what it is. */
double phrase_round(enum hg_feature feature, double value, bool up);

/* "Moved 3.8 GB in both directions"; "The source turned to 48 ports within 10 minutes"; "Sent no SYN". No category. */
void phrase_put_clause(enum hg_feature feature, double value, struct hg_buf *buf);
/* The same after "had", without its subject: "moved <before>3.8 GB in both directions", "been first seen within the hour". */
void phrase_put_condition(enum hg_feature feature, const char *before, double value, struct hg_buf *buf);
/* "it", "the source"; "" for a category. */
const char *phrase_subject(enum hg_feature feature);

#endif
