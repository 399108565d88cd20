/*
 * A mapping file as a YAML document whose every node knows its line, for mapping_file.c and mapping_file_fields.c. Functions return
 * false once something is wrong; the first error is kept: "FILE:LINE: expected …, found …".
 */
#ifndef HG_DECODE_MAPPING_YAML_H
#define HG_DECODE_MAPPING_YAML_H

#include "decode/mapping.h"

#include <yaml.h>

struct yaml_in {
    const char *file;
    yaml_parser_t parser;
    yaml_document_t document;
    struct hg_arena *arena; /* of the mapping */
    struct hg_err *reterr;
    bool failed;
};

/* Loads the document; its root is a mapping. */
bool yaml_open(struct yaml_in *in, struct hg_slice text, yaml_node_t **ret_root);
void yaml_close(struct yaml_in *in);

/* Notes the error, for the node's line, and returns false. */
bool yaml_wrong(struct yaml_in *in, const yaml_node_t *node, const char *expected, ...) __attribute__((format(printf, 3, 4)));
bool yaml_no_memory(struct yaml_in *in);
size_t yaml_line(const yaml_node_t *node);

/* Every key is one of `keys` (words between spaces) and there once. */
bool yaml_check_keys(struct yaml_in *in, const yaml_node_t *node, const char *keys);
/* The value of a key, or NULL. */
yaml_node_t *yaml_get(struct yaml_in *in, const yaml_node_t *node, const char *key);
/* As yaml_get, but it must be there. */
bool yaml_need(struct yaml_in *in, const yaml_node_t *node, const char *key, yaml_node_t **ret);

/* The node's text; not NULL and not empty. */
bool yaml_text(struct yaml_in *in, const yaml_node_t *node, const char *what, struct hg_slice *ret);
/* The same, copied into the mapping's arena and ended with NUL. Empty texts are taken where `empty` says so. */
bool yaml_copy(struct yaml_in *in, const yaml_node_t *node, const char *what, bool empty, struct hg_slice *ret);
bool yaml_bool(struct yaml_in *in, const yaml_node_t *node, bool *ret);
bool yaml_number(struct yaml_in *in, const yaml_node_t *node, const char *what, uint64_t low, uint64_t high, uint64_t *ret);
/* Which of n words the node is. */
bool yaml_word(struct yaml_in *in, const yaml_node_t *node, const char *const *words, int n, int *ret);
bool yaml_is_null(const yaml_node_t *node);

/* Items of a list, pairs of a mapping: the node must be one, of at least one item and at most `most`. */
bool yaml_items(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t most, size_t *ret_n);
yaml_node_t *yaml_item(struct yaml_in *in, const yaml_node_t *node, size_t i);
bool yaml_pairs(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t most, size_t *ret_n);
yaml_node_t *yaml_key(struct yaml_in *in, const yaml_node_t *node, size_t i);
yaml_node_t *yaml_value(struct yaml_in *in, const yaml_node_t *node, size_t i);

/* mapping_file_fields.c: the `fields`. */
struct mapping_file {
    struct yaml_in in;
    struct mapping *mapping;
};
/* The source that a node names, added if it is new. */
bool mapping_file_source(struct mapping_file *file, const yaml_node_t *node, bool optional, int8_t *ret);
bool mapping_file_fields(struct mapping_file *file, const yaml_node_t *fields);

#endif
