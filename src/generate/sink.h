/*
 * The five files. A record is composed in place, closed with its truth, and written out a megabyte at a time.
 */
#ifndef HG_GENERATE_SINK_H
#define HG_GENERATE_SINK_H

#include "base/err.h"
#include "base/hash.h"
#include "core/event.h"
#include "generate/text.h"

enum hg_gen_log { HG_LOG_ISCX, HG_LOG_EVE, HG_LOG_COWRIE, HG_LOG_DIONAEA, HG_LOG_TRUTH, HG_LOG_COUNT };

struct hg_gen_truth {
    bool attack;
    uint8_t attack_type; /* enum hg_attack_type */
    uint16_t campaign;   /* 0: none */
};

struct hg_gen_file {
    int fd;
    char *bytes; /* HG_GEN_FILE_BYTES */
    size_t len;
    uint64_t written; /* before bytes[0] */
    size_t header;    /* length of the CSV header with its newline */
    uint64_t records;
    struct hg_id stream;
};

struct hg_gen_sink {
    struct hg_gen_file files[HG_LOG_COUNT];
    const char *dir;
    struct hg_err err; /* of the first failed write; nothing is written after it */
};

/* Creates the directory and files. On failure everything is closed again. */
HG_MUST_USE enum hg_rc hg_gen_sink_open(struct hg_gen_sink *sink, const char *dir, struct hg_err *reterr);
/* Room for HG_GEN_RECORD_ROOM bytes at the end of the log. */
char *hg_gen_sink_begin(struct hg_gen_sink *sink, enum hg_gen_log log);
/* The record ends at `end`; truth NULL: it is no event (Suricata stats). */
void hg_gen_sink_end(struct hg_gen_sink *sink, enum hg_gen_log log, char *end, const struct hg_gen_truth *truth);
/* Writes what is left and closes; reports the first failure. */
HG_MUST_USE enum hg_rc hg_gen_sink_close(struct hg_gen_sink *sink, struct hg_err *reterr);

#endif
