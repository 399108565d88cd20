/*
 * The formats that a run knows: the decoders built in (decoders.def), the mappings shipped with the program, and those of mapping
 * files. Read-only once made, shared by all threads. A mapping describes a CSV, TSV or JSON-lines log without C: docs/mappings.md.
 */
#ifndef HG_DECODE_FORMATS_H
#define HG_DECODE_FORMATS_H

#include "decode/decode.h"

struct hg_formats;

/* mapping_paths: of the user's mapping files. HG_EUSAGE with file, line and what was expected. */
HG_MUST_USE enum hg_rc hg_formats_create(const char *const *mapping_paths, size_t n, struct hg_formats **ret, struct hg_err *reterr);
void hg_formats_destroy(struct hg_formats *formats);

size_t hg_formats_count(const struct hg_formats *formats);
const struct hg_decoder *hg_formats_at(const struct hg_formats *formats, size_t i);
const struct hg_decoder *hg_formats_by_name(const struct hg_formats *formats, struct hg_slice name); /* NULL: no such */
/* The decoder that is surest of the first record, or NULL with *ret_reason: unknown_format or foreign_export. */
const struct hg_decoder *hg_formats_probe(const struct hg_formats *formats, struct hg_decode_worker *worker, struct hg_slice first_record,
                                          enum hg_reason *ret_reason);
/* 0..100: how sure this one decoder of theirs is of a record. */
int hg_formats_sure(const struct hg_formats *formats, const struct hg_decoder *decoder, struct hg_decode_worker *worker,
                    struct hg_slice record);
/* "", or "untried on real files": what `honeyguide formats` says beside it. */
const char *hg_formats_note(const struct hg_formats *formats, const struct hg_decoder *decoder);

#endif
