/* What json.c needs of simdjson: the places of a text's tokens. For json.c and json_simdjson.cpp alone. */
#ifndef HG_DECODE_JSON_INDEX_H
#define HG_DECODE_JSON_INDEX_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct hg_json_indexer;

enum hg_json_indexed { HG_JSON_INDEXED = 0, HG_JSON_BROKEN, HG_JSON_NOT_UTF8 };

struct hg_json_indexer *hg_json_indexer_create(size_t capacity); /* NULL: no memory */
void hg_json_indexer_destroy(struct hg_json_indexer *indexer);

/* Checks UTF-8, quotes and control characters, and finds the offset of every { } [ ] : , and of the first byte of every string
 * and scalar. (*ret_at)[*ret_n] is len. */
enum hg_json_indexed hg_json_index(struct hg_json_indexer *indexer, const char *text, size_t len, const uint32_t **ret_at,
                                   size_t *ret_n);

#ifdef __cplusplus
}
#endif

#endif
