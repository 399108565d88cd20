#include "decode/mapping_yaml.h"

#include "base/num.h"

#include <stdarg.h>
#include <stdio.h>

size_t yaml_line(const yaml_node_t *node)
{
    return node->start_mark.line + 1;
}

/* What stands there, for a person. */
static void describe(const yaml_node_t *node, char *out, size_t size)
{
    const struct hg_slice text = {(const char *)node->data.scalar.value, node->data.scalar.length};
    if (node->type == YAML_MAPPING_NODE)
        snprintf(out, size, "a mapping");
    else if (node->type == YAML_SEQUENCE_NODE)
        snprintf(out, size, "a list");
    else if (text.len == 0)
        snprintf(out, size, "nothing");
    else
        snprintf(out, size, "'%.*s'%s", (int)(text.len < 60 ? text.len : 60), text.p, text.len > 60 ? "…" : "");
    for (char *p = out; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
}

bool yaml_wrong(struct yaml_in *in, const yaml_node_t *node, const char *expected, ...)
{
    char what[300], found[80];
    va_list args;
    if (in->failed)
        return false;
    va_start(args, expected);
    vsnprintf(what, sizeof what, expected, args);
    va_end(args);
    describe(node, found, sizeof found);
    in->failed = true;
    (void)hg_fail(in->reterr, HG_EUSAGE, "%s:%zu: expected %s, found %s", in->file, yaml_line(node), what, found);
    return false;
}

bool yaml_no_memory(struct yaml_in *in)
{
    if (!in->failed)
        (void)hg_fail(in->reterr, HG_ENOMEM, "%s: no memory for the mapping", in->file);
    in->failed = true;
    return false;
}

static bool not_yaml(struct yaml_in *in)
{
    in->failed = true;
    (void)hg_fail(in->reterr, HG_EUSAGE, "%s:%zu: expected YAML, found something else: %s", in->file, in->parser.problem_mark.line + 1,
                  in->parser.problem == NULL ? "it can't be read" : in->parser.problem);
    return false;
}

/* Nothing may follow the document: it would be passed over. */
static bool is_last(struct yaml_in *in)
{
    yaml_document_t next;
    if (yaml_parser_load(&in->parser, &next) == 0)
        return not_yaml(in);
    const yaml_node_t *root = yaml_document_get_root_node(&next);
    if (root != NULL)
        (void)yaml_wrong(in, root, "one document");
    yaml_document_delete(&next);
    return !in->failed;
}

bool yaml_open(struct yaml_in *in, struct hg_slice text, yaml_node_t **ret_root)
{
    if (yaml_parser_initialize(&in->parser) == 0)
        return yaml_no_memory(in);
    yaml_parser_set_input_string(&in->parser, (const unsigned char *)text.p, text.len);
    if (yaml_parser_load(&in->parser, &in->document) == 0) {
        (void)not_yaml(in);
        yaml_parser_delete(&in->parser);
        memset(&in->document, 0, sizeof in->document);
        return false;
    }
    *ret_root = yaml_document_get_root_node(&in->document);
    if (*ret_root != NULL && (*ret_root)->type == YAML_MAPPING_NODE && is_last(in))
        return true;
    if (in->failed) {
        yaml_close(in);
        return false;
    }
    in->failed = true;
    (void)hg_fail(in->reterr, HG_EUSAGE, "%s:%zu: expected keys such as format and fields, found %s", in->file,
                  *ret_root == NULL ? 1 : yaml_line(*ret_root), *ret_root == NULL ? "nothing" : "something else");
    yaml_close(in);
    return false;
}

void yaml_close(struct yaml_in *in)
{
    yaml_document_delete(&in->document);
    yaml_parser_delete(&in->parser);
}

/* ---- keys */

static size_t n_pairs(const yaml_node_t *node)
{
    return (size_t)(node->data.mapping.pairs.top - node->data.mapping.pairs.start);
}

yaml_node_t *yaml_key(struct yaml_in *in, const yaml_node_t *node, size_t i)
{
    return yaml_document_get_node(&in->document, node->data.mapping.pairs.start[i].key);
}

yaml_node_t *yaml_value(struct yaml_in *in, const yaml_node_t *node, size_t i)
{
    return yaml_document_get_node(&in->document, node->data.mapping.pairs.start[i].value);
}

yaml_node_t *yaml_item(struct yaml_in *in, const yaml_node_t *node, size_t i)
{
    return yaml_document_get_node(&in->document, node->data.sequence.items.start[i]);
}

static bool is_scalar(const yaml_node_t *node, struct hg_slice text)
{
    return node->type == YAML_SCALAR_NODE &&
           hg_slice_eq((struct hg_slice){(const char *)node->data.scalar.value, node->data.scalar.length}, text);
}

static bool is_listed(const yaml_node_t *key, const char *keys)
{
    for (const char *p = keys; *p != '\0';) {
        size_t len = strcspn(p, " ");
        if (is_scalar(key, (struct hg_slice){p, len}))
            return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

static bool same_scalar(const yaml_node_t *a, const yaml_node_t *b)
{
    return a->type == YAML_SCALAR_NODE && is_scalar(b, (struct hg_slice){(const char *)a->data.scalar.value, a->data.scalar.length});
}

bool yaml_check_keys(struct yaml_in *in, const yaml_node_t *node, const char *keys)
{
    if (node->type != YAML_MAPPING_NODE)
        return yaml_wrong(in, node, "the keys %s", keys);
    for (size_t i = 0; i < n_pairs(node); i++) {
        const yaml_node_t *key = yaml_key(in, node, i);
        if (!is_listed(key, keys))
            return yaml_wrong(in, key, "one of the keys %s", keys);
        for (size_t before = 0; before < i; before++)
            if (same_scalar(key, yaml_key(in, node, before)))
                return yaml_wrong(in, key, "each key once");
    }
    return true;
}

yaml_node_t *yaml_get(struct yaml_in *in, const yaml_node_t *node, const char *key)
{
    for (size_t i = 0; node->type == YAML_MAPPING_NODE && i < n_pairs(node); i++)
        if (is_scalar(yaml_key(in, node, i), hg_slice_of(key)))
            return yaml_value(in, node, i);
    return NULL;
}

bool yaml_need(struct yaml_in *in, const yaml_node_t *node, const char *key, yaml_node_t **ret)
{
    *ret = yaml_get(in, node, key);
    if (*ret == NULL && !in->failed) {
        in->failed = true;
        (void)hg_fail(in->reterr, HG_EUSAGE, "%s:%zu: expected the key %s, found none", in->file, yaml_line(node), key);
    }
    return *ret != NULL;
}

/* ---- values */

bool yaml_is_null(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (is_scalar(node, HG_SLICE("~")) || is_scalar(node, HG_SLICE("null")) || node->data.scalar.length == 0);
}

static bool take_text(struct yaml_in *in, const yaml_node_t *node, const char *what, bool empty, struct hg_slice *ret)
{
    *ret = (struct hg_slice){(const char *)node->data.scalar.value, node->data.scalar.length};
    if (node->type != YAML_SCALAR_NODE || (!empty && ret->len == 0) || memchr(ret->p, '\0', ret->len) != NULL)
        return yaml_wrong(in, node, "%s", what);
    return true;
}

bool yaml_text(struct yaml_in *in, const yaml_node_t *node, const char *what, struct hg_slice *ret)
{
    return take_text(in, node, what, false, ret);
}

bool yaml_copy(struct yaml_in *in, const yaml_node_t *node, const char *what, bool empty, struct hg_slice *ret)
{
    struct hg_slice text;
    if (!take_text(in, node, what, empty, &text))
        return false;
    char *copy = hg_arena_alloc(in->arena, text.len + 1);
    if (copy == NULL)
        return yaml_no_memory(in);
    memcpy(copy, text.p, text.len);
    copy[text.len] = '\0';
    *ret = (struct hg_slice){copy, text.len};
    return true;
}

bool yaml_bool(struct yaml_in *in, const yaml_node_t *node, bool *ret)
{
    *ret = is_scalar(node, HG_SLICE("true"));
    return *ret || is_scalar(node, HG_SLICE("false")) || yaml_wrong(in, node, "true or false");
}

bool yaml_number(struct yaml_in *in, const yaml_node_t *node, const char *what, uint64_t low, uint64_t high, uint64_t *ret)
{
    struct hg_slice text;
    if (!take_text(in, node, what, false, &text))
        return false;
    if (!hg_num_parse_u64(text, ret) || *ret < low || *ret > high)
        return yaml_wrong(in, node, "%s from %llu to %llu", what, (unsigned long long)low, (unsigned long long)high);
    return true;
}

bool yaml_word(struct yaml_in *in, const yaml_node_t *node, const char *const *words, int n, int *ret)
{
    char list[240];
    size_t len = 0;
    for (int i = 0; i < n; i++)
        if (is_scalar(node, hg_slice_of(words[i]))) {
            *ret = i;
            return true;
        }
    for (int i = 0; i < n && len < sizeof list; i++)
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : i == n - 1 ? " or " : ", ", words[i]);
    return yaml_wrong(in, node, "%s", list);
}

bool yaml_items(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t most, size_t *ret_n)
{
    *ret_n = node->type == YAML_SEQUENCE_NODE ? (size_t)(node->data.sequence.items.top - node->data.sequence.items.start) : 0;
    return (*ret_n > 0 && *ret_n <= most) || yaml_wrong(in, node, "a list of 1 to %zu %s", most, what);
}

bool yaml_pairs(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t most, size_t *ret_n)
{
    *ret_n = node->type == YAML_MAPPING_NODE ? n_pairs(node) : 0;
    if (*ret_n == 0 || *ret_n > most)
        return yaml_wrong(in, node, "1 to %zu pairs of %s", most, what);
    for (size_t i = 1; i < *ret_n; i++)
        for (size_t before = 0; before < i; before++)
            if (same_scalar(yaml_key(in, node, i), yaml_key(in, node, before)))
                return yaml_wrong(in, yaml_key(in, node, i), "each key once");
    return true;
}
