/* The `fields` of a mapping file: where each comes from, in which unit, by which vocabulary. */
#include "decode/json_plan.h"
#include "decode/mapping_yaml.h"

#include "base/num.h"

#define WORDS_MAX 128

/* ---- sources */

/* A column's number, from 1, or its name among those that the mapping lists. */
static bool headless_column(struct mapping_file *file, const yaml_node_t *node, struct hg_slice name, uint32_t *ret)
{
    const struct mapping *mapping = file->mapping;
    uint64_t number;
    for (size_t i = 0; mapping->columns != NULL && i < mapping->n_columns; i++) {
        if (hg_slice_eq(mapping->columns[i], name)) {
            *ret = (uint32_t)i + 1;
            return true;
        }
    }
    if (!hg_num_parse_u64(name, &number) || number < 1 || number > mapping->n_columns)
        return yaml_wrong(&file->in, node, "a column: 1 to %zu, or a name that columns lists", mapping->n_columns);
    *ret = (uint32_t)number;
    return true;
}

static size_t count_objects(struct hg_slice path)
{
    char between = path.p[0] == '/' ? '/' : '.';
    size_t n = 0;
    for (size_t i = 1; i < path.len; i++)
        n += path.p[i] == between;
    return n;
}

/* The plan behind a path has its bounds: names of 1 to 255 bytes, and so many objects that are looked into. */
static bool check_path(struct mapping_file *file, const yaml_node_t *node, struct hg_slice path)
{
    char between = path.p[0] == '/' ? '/' : '.';
    size_t objects = count_objects(path);
    for (size_t i = 0; i < file->mapping->n_sources; i++)
        objects += count_objects(file->mapping->sources[i].name);
    if (objects >= HG_JSON_NODES)
        return yaml_wrong(&file->in, node, "at most %d objects that are looked into", HG_JSON_NODES - 1);
    for (size_t start = between == '/', end; start <= path.len; start = end + 1) {
        const char *stop = memchr(path.p + start, between, path.len - start);
        end = stop == NULL ? path.len : (size_t)(stop - path.p);
        if (end == start || end - start > 255)
            return yaml_wrong(&file->in, node, "a path such as flow.start, or /id.orig_h where a key has dots");
    }
    return true;
}

static bool new_source(struct mapping_file *file, const yaml_node_t *node, bool optional, int8_t *ret)
{
    struct mapping *mapping = file->mapping;
    struct mapping_source source = {.line = yaml_line(node), .optional = optional};
    if (mapping->n_sources == MAPPING_SOURCES)
        return yaml_wrong(&file->in, node, "at most %d columns", MAPPING_SOURCES);
    if (!yaml_copy(&file->in, node, "the name of a column or key", false, &source.name))
        return false;
    if (mapping->header == HEADER_NONE && mapping->log != LOG_JSONL && !headless_column(file, node, source.name, &source.number))
        return false;
    if (mapping->log == LOG_JSONL && !check_path(file, node, source.name))
        return false;
    *ret = (int8_t)mapping->n_sources;
    mapping->sources[mapping->n_sources++] = source;
    return true;
}

bool mapping_file_source(struct mapping_file *file, const yaml_node_t *node, bool optional, int8_t *ret)
{
    struct hg_slice name;
    if (!yaml_text(&file->in, node, "the name of a column or key", &name))
        return false;
    for (size_t i = 0; i < file->mapping->n_sources; i++) {
        if (hg_slice_eq(file->mapping->sources[i].name, name)) {
            *ret = (int8_t)i;
            file->mapping->sources[i].optional &= optional;
            return true;
        }
    }
    return new_source(file, node, optional, ret);
}

/* ---- vocabularies */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 32) : c;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c & ~32) : c;
}

/* What an entry's right side means for this field. */
static bool read_meaning(struct mapping_file *file, const yaml_node_t *node, enum hg_field field, struct mapping_word *word)
{
    static const char *const directions[] = {"internal", "outbound", "inbound", "external"};
    static const char *const types[] = {
#define HG_ATTACK_TYPE(name, words) #name,
#include "core/attack_types.def"
#undef HG_ATTACK_TYPE
    };
    int value;
    if (field == HG_FIELD_direction || field == HG_FIELD_attack_type) {
        bool direction = field == HG_FIELD_direction;
        if (!yaml_word(&file->in, node, direction ? directions : types, direction ? 4 : HG_ATTACK_TYPE_COUNT - 1, &value))
            return false;
        word->value = (uint8_t)(direction ? value : value + 1);
        return true;
    }
    if (yaml_is_null(node))
        return true;
    if (!yaml_copy(&file->in, node, "a name, or null", false, &word->to))
        return false;
    char *p = (char *)(uintptr_t)word->to.p;
    for (size_t i = 0; i < word->to.len; i++)
        p[i] = field == HG_FIELD_protocol ? lower(p[i]) : upper(p[i]);
    word->code = hg_code32(word->to);
    return true;
}

static bool alloc_words(struct mapping_file *file, struct mapping_words *words, size_t n)
{
    struct mapping_word *more = hg_arena_alloc(&file->mapping->arena, (words->n + n) * sizeof *more);
    if (more == NULL)
        return yaml_no_memory(&file->in);
    if (words->n > 0)
        memcpy(more, words->words, words->n * sizeof *more);
    words->words = more;
    return true;
}

static bool read_values(struct mapping_file *file, const yaml_node_t *node, enum hg_field field, struct mapping_words *words)
{
    size_t n;
    if (node == NULL)
        return true;
    if (!yaml_pairs(&file->in, node, "a value and its meaning", WORDS_MAX, &n) || !alloc_words(file, words, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct mapping_word *word = &words->words[words->n];
        *word = (struct mapping_word){.from = HG_SLICE_NONE};
        if (!yaml_copy(&file->in, yaml_key(&file->in, node, i), "a value", false, &word->from) ||
            !read_meaning(file, yaml_value(&file->in, node, i), field, word))
            return false;
        words->n++;
    }
    return true;
}

/* ---- the fields that are more than a name */

static bool read_times(struct mapping_file *file, const yaml_node_t *node)
{
    struct mapping *mapping = file->mapping;
    size_t n = 1;
    if (node->type == YAML_SEQUENCE_NODE && !yaml_items(&file->in, node, "time formats", MAPPING_TIMES, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = node->type == YAML_SEQUENCE_NODE ? yaml_item(&file->in, node, i) : node;
        struct hg_slice text;
        if (!yaml_copy(&file->in, item, "a time format", false, &text))
            return false;
        const char *expected = mapping_time_read(text, &mapping->times[i]);
        if (expected != NULL)
            return yaml_wrong(&file->in, item, "%s", expected);
    }
    mapping->n_times = n;
    return true;
}

static bool event_time(struct mapping_file *file, const yaml_node_t *node)
{
    yaml_node_t *time, *zone = yaml_get(&file->in, node, "zone");
    struct hg_slice text;
    if (!yaml_need(&file->in, node, "time", &time) || !read_times(file, time))
        return false;
    if (zone == NULL)
        return true;
    return yaml_text(&file->in, zone, "a zone such as -03:00", &text) &&
           (hg_time_parse_offset(text, &file->mapping->decoder.naive_offset_us) || yaml_wrong(&file->in, zone, "a zone such as -03:00"));
}

static bool duration(struct mapping_file *file, const yaml_node_t *node)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    static const double a_second[] = {1, 1e3, 1e6, 1e9};
    const yaml_node_t *unit = yaml_get(&file->in, node, "unit");
    int i = 0;
    if (unit != NULL && !yaml_word(&file->in, unit, units, 4, &i))
        return false;
    file->mapping->duration_unit = a_second[i];
    return true;
}

static bool bytes(struct mapping_file *file, const yaml_node_t *node)
{
    const yaml_node_t *unit = yaml_get(&file->in, node, "unit");
    static const char *const units[] = {"B"};
    int i;
    return unit == NULL || yaml_word(&file->in, unit, units, 1, &i);
}

static bool protocol(struct mapping_file *file, const yaml_node_t *node)
{
    return read_values(file, yaml_get(&file->in, node, "values"), HG_FIELD_protocol, &file->mapping->protocols);
}

static bool application(struct mapping_file *file, const yaml_node_t *node)
{
    const yaml_node_t *first = yaml_get(&file->in, node, "first_of");
    struct hg_slice text;
    if (first != NULL && !yaml_text(&file->in, first, "one character", &text))
        return false;
    if (first != NULL && text.len != 1)
        return yaml_wrong(&file->in, first, "one character");
    file->mapping->first_of = first == NULL ? '\0' : text.p[0];
    return read_values(file, yaml_get(&file->in, node, "values"), HG_FIELD_application_protocol, &file->mapping->applications);
}

static bool direction(struct mapping_file *file, const yaml_node_t *node)
{
    static const char *const keys[] = {"source_is_local", "destination_is_local"};
    yaml_node_t *values;
    if (yaml_get(&file->in, node, "from") != NULL)
        return yaml_need(&file->in, node, "values", &values) && read_values(file, values, HG_FIELD_direction, &file->mapping->directions);
    for (int i = 0; i < 2; i++) {
        yaml_node_t *local;
        if (!yaml_need(&file->in, node, keys[i], &local) || !mapping_file_source(file, local, true, &file->mapping->local[i]))
            return false;
    }
    return true;
}

static bool tcp_flags(struct mapping_file *file, const yaml_node_t *node)
{
    static const char *const ways[] = {"letters", "number", "hex"};
    const yaml_node_t *counts = yaml_get(&file->in, node, "counts");
    yaml_node_t *as;
    int way;
    if (counts == NULL) {
        if (!yaml_need(&file->in, node, "as", &as) || !yaml_word(&file->in, as, ways, 3, &way))
            return false;
        file->mapping->flags_as = (enum mapping_flags)(FLAGS_LETTERS + way);
        return true;
    }
    if (!yaml_check_keys(&file->in, counts, "F S R P A U"))
        return false;
    for (int i = 0; i < 6; i++) {
        const char letter[2] = {"FSRPAU"[i], '\0'};
        const yaml_node_t *source = yaml_get(&file->in, counts, letter);
        if (source != NULL && !mapping_file_source(file, source, false, &file->mapping->flags[i]))
            return false;
    }
    return true;
}

static bool payload(struct mapping_file *file, const yaml_node_t *node)
{
    static const char *const encodings[] = {"text", "base64"};
    const yaml_node_t *encoding = yaml_get(&file->in, node, "encoding");
    int i = 0;
    if (encoding != NULL && !yaml_word(&file->in, encoding, encodings, 2, &i))
        return false;
    file->mapping->payload_form = i == 0 ? HG_PAYLOAD_BYTES : HG_PAYLOAD_BASE64;
    return true;
}

static bool add_labels(struct mapping_file *file, const yaml_node_t *node, enum hg_label label)
{
    struct mapping_words *words = &file->mapping->labels;
    size_t n;
    if (node == NULL)
        return true;
    if (!yaml_items(&file->in, node, "values", WORDS_MAX, &n) || !alloc_words(file, words, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *item = yaml_item(&file->in, node, i);
        struct mapping_word *word = &words->words[words->n];
        *word = (struct mapping_word){.value = (uint8_t)label};
        if (!yaml_copy(&file->in, item, "a value", false, &word->from))
            return false;
        if (mapping_word(words, word->from) != NULL)
            return yaml_wrong(&file->in, item, "each value once");
        words->n++;
    }
    return true;
}

static bool label(struct mapping_file *file, const yaml_node_t *node)
{
    static const char *const others[] = {"none", "Attack"};
    yaml_node_t *otherwise;
    int i;
    if (!add_labels(file, yaml_get(&file->in, node, "normal"), HG_LABEL_NORMAL) ||
        !add_labels(file, yaml_get(&file->in, node, "attack"), HG_LABEL_ATTACK))
        return false;
    if (!yaml_need(&file->in, node, "else", &otherwise) || !yaml_word(&file->in, otherwise, others, 2, &i))
        return false;
    file->mapping->label_else = i == 0 ? HG_LABEL_NONE : HG_LABEL_ATTACK;
    return true;
}

static bool attack_type(struct mapping_file *file, const yaml_node_t *node)
{
    struct mapping_word word = {.value = 0};
    yaml_node_t *otherwise;
    if (!yaml_need(&file->in, node, "else", &otherwise) || !read_meaning(file, otherwise, HG_FIELD_attack_type, &word))
        return false;
    file->mapping->attack_type_else = word.value;
    return read_values(file, yaml_get(&file->in, node, "values"), HG_FIELD_attack_type, &file->mapping->attack_types);
}

/* ---- all */

static const struct {
    bool (*read)(struct mapping_file *file, const yaml_node_t *node); /* NULL: a name is all */
    const char *keys;
    bool needs_more; /* a name alone says too little */
} readers[HG_FIELD_COUNT] = {
    [HG_FIELD_event_time] = {event_time, "from time zone", true},
    [HG_FIELD_source_ip] = {NULL, "from optional", false},
    [HG_FIELD_source_port] = {NULL, "from optional", false},
    [HG_FIELD_destination_ip] = {NULL, "from optional", false},
    [HG_FIELD_destination_port] = {NULL, "from optional", false},
    [HG_FIELD_protocol] = {protocol, "from optional values", false},
    [HG_FIELD_application_protocol] = {application, "from optional values first_of", false},
    [HG_FIELD_duration] = {duration, "from optional unit", true},
    [HG_FIELD_bytes_sent] = {bytes, "from optional unit", false},
    [HG_FIELD_bytes_received] = {bytes, "from optional unit", false},
    [HG_FIELD_packets_sent] = {NULL, "from optional", false},
    [HG_FIELD_packets_received] = {NULL, "from optional", false},
    [HG_FIELD_direction] = {direction, "from optional values source_is_local destination_is_local", true},
    [HG_FIELD_tcp_flags] = {tcp_flags, "from optional as counts", true},
    [HG_FIELD_payload] = {payload, "from optional encoding", false},
    [HG_FIELD_label] = {label, "from optional normal attack else", true},
    [HG_FIELD_attack_type] = {attack_type, "from optional values else", true},
};

/* These two may do without `from`: they have other sources. */
static bool has_own_sources(struct mapping_file *file, enum hg_field field, const yaml_node_t *node)
{
    return (field == HG_FIELD_direction && yaml_get(&file->in, node, "source_is_local") != NULL) ||
           (field == HG_FIELD_tcp_flags && yaml_get(&file->in, node, "counts") != NULL);
}

static bool read_field(struct mapping_file *file, enum hg_field field, const yaml_node_t *node)
{
    yaml_node_t *from, *optional;
    bool may_lack = false;
    if (node->type == YAML_SCALAR_NODE && !readers[field].needs_more)
        return mapping_file_source(file, node, false, &file->mapping->at[field]);
    if (!yaml_check_keys(&file->in, node, readers[field].keys))
        return false;
    optional = yaml_get(&file->in, node, "optional");
    if (optional != NULL && !yaml_bool(&file->in, optional, &may_lack))
        return false;
    bool own = has_own_sources(file, field, node);
    if (own && yaml_get(&file->in, node, "from") != NULL)
        return yaml_wrong(&file->in, node, "either from or the other columns");
    if (!own && (!yaml_need(&file->in, node, "from", &from) || !mapping_file_source(file, from, may_lack, &file->mapping->at[field])))
        return false;
    return readers[field].read == NULL || readers[field].read(file, node);
}

#define FIELD_NAMES_EXPECTED "a field of the unified event (event_time, source_ip, … as in docs/mappings.md)"

static bool find_field(struct mapping_file *file, const yaml_node_t *key, enum hg_field *ret)
{
    struct hg_slice name;
    if (!yaml_text(&file->in, key, FIELD_NAMES_EXPECTED, &name))
        return false;
    for (int i = 0; i < HG_FIELD_COUNT; i++) {
        if (hg_slice_is(name, hg_field_name((enum hg_field)i)) && readers[i].keys != NULL) {
            *ret = (enum hg_field)i;
            return true;
        }
    }
    return yaml_wrong(&file->in, key, FIELD_NAMES_EXPECTED);
}

bool mapping_file_fields(struct mapping_file *file, const yaml_node_t *fields)
{
    size_t n;
    unsigned seen = 0;
    if (!yaml_pairs(&file->in, fields, "a field and where it comes from", HG_FIELD_COUNT, &n))
        return false;
    for (size_t i = 0; i < n; i++) {
        enum hg_field field = HG_FIELD_event_time;
        if (!find_field(file, yaml_key(&file->in, fields, i), &field) || !read_field(file, field, yaml_value(&file->in, fields, i)))
            return false;
        seen |= 1u << field;
    }
    if ((seen & 1u << HG_FIELD_event_time) == 0)
        return yaml_wrong(&file->in, fields, "event_time among the fields");
    if ((seen & 1u << HG_FIELD_attack_type) != 0 && (seen & 1u << HG_FIELD_label) == 0)
        return yaml_wrong(&file->in, fields, "a label beside attack_type, which goes with the label Attack alone");
    return true;
}
