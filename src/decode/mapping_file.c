/* A mapping file, read whole: what kind of log it is for, how that is recognised, what it maps. docs/mappings.md is the manual. */
#include "decode/mapping_yaml.h"

#include <stdlib.h>

#define ARENA_BYTES ((size_t)4 << 20)
#define NAME_BYTES  31

static bool is_name(struct hg_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!((text.p[i] >= 'a' && text.p[i] <= 'z') || (text.p[i] >= '0' && text.p[i] <= '9') || text.p[i] == '_'))
            return false;
    return text.len > 0 && text.len <= NAME_BYTES;
}

/* A file of one's own has one of the free data sets: rows of different logs must never share a sub-model. */
static bool read_dataset(struct mapping_file *file, const yaml_node_t *node)
{
    enum hg_dataset dataset;
    struct hg_slice text;
    if (!yaml_text(&file->in, node, "a data set: custom1 to custom4", &text))
        return false;
    if (!hg_dataset_parse(text, &dataset) || (!file->mapping->shipped && dataset < HG_DATASET_custom1))
        return yaml_wrong(&file->in, node, "a data set: custom1 to custom4");
    file->mapping->decoder.dataset = dataset;
    return true;
}

static bool read_head(struct mapping_file *file, const yaml_node_t *root)
{
    struct mapping *mapping = file->mapping;
    yaml_node_t *format, *summary, *dataset, *tried = yaml_get(&file->in, root, "tried"), *kind = yaml_get(&file->in, root, "kind");
    struct hg_slice text;
    if (!yaml_need(&file->in, root, "format", &format) || !yaml_need(&file->in, root, "dataset", &dataset) ||
        !yaml_need(&file->in, root, "summary", &summary))
        return false;
    if (!yaml_copy(&file->in, format, "a name of a-z, 0-9 and _", false, &text))
        return false;
    if (!is_name(text))
        return yaml_wrong(&file->in, format, "a name of a-z, 0-9 and _, up to %d long", NAME_BYTES);
    mapping->decoder.name = text.p;
    if (!yaml_copy(&file->in, summary, "a line of text", false, &text))
        return false;
    mapping->decoder.summary = text.p;
    mapping->kind = HG_SLICE("flow");
    if (kind != NULL && !yaml_copy(&file->in, kind, "a word", false, &mapping->kind))
        return false;
    return read_dataset(file, dataset) && (tried == NULL || yaml_bool(&file->in, tried, &mapping->tried));
}

/* ---- what a record is */

static bool read_names(struct mapping_file *file, const yaml_node_t *node)
{
    struct mapping *mapping = file->mapping;
    if (!yaml_items(&file->in, node, "column names", MAPPING_CELLS, &mapping->n_columns))
        return false;
    mapping->columns = hg_arena_alloc(&mapping->arena, mapping->n_columns * sizeof *mapping->columns);
    if (mapping->columns == NULL)
        return yaml_no_memory(&file->in);
    for (size_t i = 0; i < mapping->n_columns; i++)
        if (!yaml_copy(&file->in, yaml_item(&file->in, node, i), "a column's name", false, &mapping->columns[i]))
            return false;
    return true;
}

/* Without a header the mapping says which columns there are, or how many. */
static bool read_columns(struct mapping_file *file, const yaml_node_t *root)
{
    yaml_node_t *columns = yaml_get(&file->in, root, "columns");
    uint64_t n;
    if (file->mapping->header != HEADER_NONE || file->mapping->log == LOG_JSONL)
        return columns == NULL || yaml_wrong(&file->in, columns, "columns only with header: none");
    if (!yaml_need(&file->in, root, "columns", &columns))
        return false;
    if (columns->type == YAML_SEQUENCE_NODE)
        return read_names(file, columns);
    if (!yaml_number(&file->in, columns, "the columns' names, or their number", 1, MAPPING_CELLS, &n))
        return false;
    file->mapping->n_columns = n;
    return true;
}

static bool read_separator(struct mapping_file *file, const yaml_node_t *node)
{
    struct hg_slice text;
    file->mapping->separator = '\t';
    if (node == NULL)
        return true;
    if (file->mapping->log != LOG_TSV)
        return yaml_wrong(&file->in, node, "a separator only with log: tsv");
    if (!yaml_text(&file->in, node, "one character", &text))
        return false;
    file->mapping->separator = text.p[0];
    return (text.len == 1 && text.p[0] != '\n' && text.p[0] != '\r') || yaml_wrong(&file->in, node, "one character");
}

static bool read_shape(struct mapping_file *file, const yaml_node_t *root)
{
    static const char *const logs[] = {"csv", "tsv", "jsonl"}, *const headers[] = {"first", "none", "zeek"};
    struct mapping *mapping = file->mapping;
    yaml_node_t *log, *header = yaml_get(&file->in, root, "header");
    int i, h = HEADER_FIRST;
    if (!yaml_need(&file->in, root, "log", &log) || !yaml_word(&file->in, log, logs, 3, &i))
        return false;
    mapping->log = (enum mapping_log)i;
    if (header != NULL && mapping->log == LOG_JSONL)
        return yaml_wrong(&file->in, header, "no header with log: jsonl");
    if (header != NULL && !yaml_word(&file->in, header, headers, 3, &h))
        return false;
    mapping->header = (enum mapping_header)h;
    if (mapping->header == HEADER_ZEEK && mapping->log != LOG_TSV)
        return yaml_wrong(&file->in, header, "header: zeek only with log: tsv");
    return read_separator(file, yaml_get(&file->in, root, "separator")) && read_columns(file, root);
}

static bool read_nulls(struct mapping_file *file, const yaml_node_t *node)
{
    struct mapping *mapping = file->mapping;
    size_t n;
    if (node == NULL)
        return true;
    if (!yaml_items(&file->in, node, "words", MAPPING_NULLS, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!yaml_copy(&file->in, yaml_item(&file->in, node, i), "a word that stands for nothing", true, &mapping->nulls[i]))
            return false;
        mapping->null_lengths |= UINT64_C(1) << (mapping->nulls[i].len < 63 ? mapping->nulls[i].len : 63);
    }
    mapping->n_nulls = n;
    return true;
}

/* ---- how it is recognised */

static bool read_has(struct mapping_file *file, const yaml_node_t *node)
{
    size_t n;
    if (!yaml_items(&file->in, node, "columns or keys", MAPPING_SOURCES, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        int8_t source = 0;
        if (!mapping_file_source(file, yaml_item(&file->in, node, i), true, &source))
            return false;
        file->mapping->recognised |= UINT64_C(1) << source;
    }
    return true;
}

static bool read_match(struct mapping_file *file, const yaml_node_t *node)
{
    static const char *const classes[] = {"address", "integer", "number"};
    struct mapping *mapping = file->mapping;
    size_t n;
    if (!yaml_pairs(&file->in, node, "a column and what it holds", MAPPING_MATCHES, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        int8_t source = 0;
        int class = 0;
        if (!mapping_file_source(file, yaml_key(&file->in, node, i), true, &source) ||
            !yaml_word(&file->in, yaml_value(&file->in, node, i), classes, 3, &class))
            return false;
        mapping->matches[i] = (struct mapping_match){(uint16_t)(mapping->sources[source].number - 1), (enum mapping_class)class};
    }
    mapping->n_matches = n;
    return true;
}

static bool read_recognise(struct mapping_file *file, const yaml_node_t *root)
{
    bool headless = file->mapping->header == HEADER_NONE && file->mapping->log != LOG_JSONL;
    yaml_node_t *recognise, *how;
    file->mapping->n_used = file->mapping->n_sources;
    if (!yaml_need(&file->in, root, "recognise", &recognise) || !yaml_check_keys(&file->in, recognise, headless ? "match" : "has") ||
        !yaml_need(&file->in, recognise, headless ? "match" : "has", &how))
        return false;
    return headless ? read_match(file, how) : read_has(file, how);
}

/* ---- all */

static bool read_file(struct mapping_file *file, const yaml_node_t *root)
{
    yaml_node_t *fields;
    return yaml_check_keys(&file->in, root, "format summary dataset tried kind log header separator columns nulls recognise fields") &&
           read_head(file, root) && read_shape(file, root) && read_nulls(file, yaml_get(&file->in, root, "nulls")) &&
           yaml_need(&file->in, root, "fields", &fields) && mapping_file_fields(file, fields) && read_recognise(file, root);
}

static enum hg_framing framing(const struct mapping *mapping)
{
    if (mapping->log == LOG_JSONL || mapping->header == HEADER_NONE)
        return HG_FRAME_LINES;
    return mapping->log == LOG_CSV ? HG_FRAME_CSV : HG_FRAME_TABLE;
}

static enum hg_rc finish(struct mapping *mapping, struct hg_err *reterr)
{
    const char *paths[MAPPING_SOURCES];
    mapping->decoder.framing = framing(mapping);
    if (mapping->log != LOG_JSONL) {
        mapping->decoder.columns_create = mapping_columns_create;
        mapping->decoder.columns_destroy = mapping_columns_destroy;
        mapping->decoder.is_header = mapping_is_header;
        return HG_OK;
    }
    for (size_t i = 0; i < mapping->n_sources; i++)
        paths[i] = mapping->sources[i].name.p;
    return hg_json_plan_create(paths, mapping->n_sources, &mapping->plan, reterr);
}

static enum hg_rc new_mapping(const char *file, bool shipped, struct mapping **ret, struct hg_err *reterr)
{
    struct mapping *mapping = calloc(1, sizeof *mapping);
    if (mapping == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory for the mapping", file);
    hg_arena_init(&mapping->arena, 4096, ARENA_BYTES);
    mapping->decoder = mapping_decoder;
    mapping->shipped = shipped;
    mapping->tried = true; /* who wrote one for his log tries it */
    mapping->duration_unit = 1;
    memset(mapping->at, -1, sizeof mapping->at);
    memset(mapping->flags, -1, sizeof mapping->flags);
    memset(mapping->local, -1, sizeof mapping->local);
    char *name = hg_arena_alloc(&mapping->arena, strlen(file) + 1);
    if (name == NULL) {
        mapping_destroy(mapping);
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory for the mapping", file);
    }
    memcpy(name, file, strlen(file) + 1);
    mapping->file = name;
    *ret = mapping;
    return HG_OK;
}

enum hg_rc mapping_parse(const char *file, bool shipped, struct hg_slice text, struct mapping **ret, struct hg_err *reterr)
{
    struct hg_err ignored;
    struct mapping *mapping = NULL;
    struct mapping_file in = {.in = {.file = file, .reterr = reterr == NULL ? &ignored : reterr}};
    yaml_node_t *root;
    enum hg_rc rc = new_mapping(file, shipped, &mapping, reterr);
    if (rc != HG_OK)
        return rc;
    in.mapping = mapping;
    in.in.arena = &mapping->arena;
    if (yaml_open(&in.in, text, &root)) {
        if (read_file(&in, root))
            rc = finish(mapping, in.in.reterr);
        yaml_close(&in.in);
    }
    if (in.in.failed)
        rc = in.in.reterr->rc;
    if (rc != HG_OK) {
        mapping_destroy(mapping);
        return rc;
    }
    *ret = mapping;
    return HG_OK;
}

void mapping_destroy(struct mapping *mapping)
{
    if (mapping == NULL)
        return;
    hg_json_plan_destroy(mapping->plan);
    hg_arena_free(&mapping->arena);
    free(mapping);
}
