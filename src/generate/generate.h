/*
 * Makes logs of a small company behind a honeypot sensor, as ISCX CSV, cowrie.json, dionaea.json and eve.json, with
 * truth.csv (event_id,label,attack_type,campaign). Same settings, same bytes. docs/generate.md says what is in it and
 * what it can't show.
 */
#ifndef HG_GENERATE_GENERATE_H
#define HG_GENERATE_GENERATE_H

#include "base/err.h"

#include <stdint.h>

struct hg_generate_settings {
    const char *out_dir; /* made where missing; existing files of these names are replaced */
    uint64_t rows;       /* records over the four logs together, within 1 % */
    uint64_t seed;
    /* called now and then with the rows written so far; may be NULL */
    void (*progress)(void *self, uint64_t rows);
    void *self;
};

HG_MUST_USE enum hg_rc hg_generate(const struct hg_generate_settings *settings, struct hg_err *reterr);

#endif
