#include "app/config.h"

#include "base/ip.h"
#include "base/num.h"
#include "source/inputs.h"
#include "source/listener.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#define ARENA_BLOCK ((size_t)64 * 1024)
#define ARENA_BYTES (8 * HG_CONFIG_BYTES_MAX)
#define NAME_BYTES  255u

struct reading {
    const char *path;
    struct hg_slice folder; /* of the file, with its slash; empty: the working folder */
    yaml_document_t *document;
    struct hg_config *config;
    struct hg_err *reterr;
};

/* One key of a mapping: how its value is taken, and where to. */
struct key {
    const char *name;
    bool (*take)(struct reading *r, const yaml_node_t *node, void *to);
    size_t offset;
    bool needed;
};

/* ---- errors: each returns false */

static void describe(const yaml_node_t *node, char *out, size_t room)
{
    if (node == NULL || node->type == YAML_NO_NODE || (node->type == YAML_SCALAR_NODE && node->data.scalar.length == 0))
        snprintf(out, room, "nothing");
    else if (node->type != YAML_SCALAR_NODE)
        snprintf(out, room, node->type == YAML_MAPPING_NODE ? "a mapping" : "a list");
    else
        snprintf(out, room, "'%.*s'%s", (int)(node->data.scalar.length < 80 ? node->data.scalar.length : 80),
                 (const char *)node->data.scalar.value, node->data.scalar.length > 80 ? "…" : "");
    for (char *p = out; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
}

static size_t line_of(const yaml_node_t *node)
{
    return node == NULL ? 1 : node->start_mark.line + 1;
}

static bool wrong(const struct reading *r, const yaml_node_t *node, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool wrong(const struct reading *r, const yaml_node_t *node, const char *format, ...)
{
    char expected[300], found[256];
    va_list args;
    va_start(args, format);
    vsnprintf(expected, sizeof expected, format, args);
    va_end(args);
    describe(node, found, sizeof found);
    (void)hg_fail(r->reterr, HG_EUSAGE, "%s:%zu: expected %s, found %s", r->path, line_of(node), expected, found);
    return false;
}

static bool no_memory(const struct reading *r)
{
    (void)hg_fail(r->reterr, HG_ENOMEM, "%s: no memory for a configuration this large", r->path);
    return false;
}

/* ---- values */

static struct hg_slice text_of(const yaml_node_t *node)
{
    return node->type == YAML_SCALAR_NODE ? (struct hg_slice){(const char *)node->data.scalar.value, node->data.scalar.length} : HG_SLICE_NONE;
}

static bool copy_joined(struct reading *r, struct hg_slice a, struct hg_slice b, struct hg_slice c, const char **ret)
{
    char *p = hg_arena_alloc(&r->config->arena, a.len + b.len + c.len + 1);
    if (p == NULL)
        return no_memory(r);
    *ret = p;
    const struct hg_slice parts[] = {a, b, c};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].len > 0)
            memcpy(p, parts[i].p, parts[i].len);
        p += parts[i].len;
    }
    *p = '\0';
    return true;
}

static bool take_text(struct reading *r, const yaml_node_t *node, const char *what, const char **ret)
{
    struct hg_slice text = text_of(node);
    if (text.len == 0 || memchr(text.p, '\0', text.len) != NULL)
        return wrong(r, node, "%s", what);
    return copy_joined(r, text, HG_SLICE(""), HG_SLICE(""), ret);
}

/* A path that is relative is so to the file's folder. prefix_len: bytes before the path, as in unix:PATH. */
static bool resolve(struct reading *r, const char *text, size_t prefix_len, const char **ret)
{
    *ret = text;
    if (text[prefix_len] == '/')
        return true;
    return copy_joined(r, (struct hg_slice){text, prefix_len}, r->folder, hg_slice_of(text + prefix_len), ret);
}

static bool take_path(struct reading *r, const yaml_node_t *node, void *to)
{
    const char *text;
    return take_text(r, node, "a path", &text) && resolve(r, text, 0, to);
}

bool hg_input_is_slip(const char *input, const char *path)
{
    static const char scheme[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+";
    size_t len = strspn(input, scheme);
    const char *rest;
    struct stat st;
    return len > 1 && input[len] == ':' && hg_listener_kind_of(input, &rest) == NULL && hg_input_kind(path) == HG_INPUT_FILE &&
           lstat(path, &st) != 0;
}

/* As hg_input_kind(): a path that exists is one, whatever characters it has. */
static bool take_input(struct reading *r, const yaml_node_t *node, void *to)
{
    const char *text, *path, *rest, **ret = to;
    struct stat st;
    if (!take_text(r, node, "a path, a glob, a folder, - or a listener's URI", &text))
        return false;
    *ret = text;
    if (strcmp(text, "-") == 0)
        return true;
    if (!resolve(r, text, 0, &path))
        return false;
    if (hg_input_is_slip(text, path))
        return wrong(r, node, "%s (./NAME for a log that isn't there yet)", HG_INPUT_FORMS);
    const struct hg_listener_kind *kind = hg_listener_kind_of(text, &rest);
    if (kind == NULL || stat(path, &st) == 0) {
        *ret = path;
        return true;
    }
    return strcmp(kind->name, "unix") != 0 || resolve(r, text, (size_t)(rest - text), ret);
}

static bool take_name(struct reading *r, const yaml_node_t *node, void *to)
{
    static const char what[] = "a name of up to 255 bytes, without control characters";
    uint32_t code;
    const char **ret = to;
    if (!take_text(r, node, what, ret))
        return false;
    const char *end = *ret + strlen(*ret);
    bool good = (size_t)(end - *ret) <= NAME_BYTES;
    for (const char *p = *ret; good && p < end; p += hg_utf8_len(p, end))
        good = hg_text_control(p, end, &code) == 0;
    return good || wrong(r, node, what);
}

static bool take_format(struct reading *r, const yaml_node_t *node, void *to)
{
    return take_text(r, node, "a format that `honeyguide formats` lists", to);
}

static bool take_listen(struct reading *r, const yaml_node_t *node, void *to)
{
    static const char what[] = "ADDR:PORT with a numeric address, such as 127.0.0.1:8765";
    char address[HG_ADDRESS_BYTES];
    unsigned port;
    const char **ret = to;
    return take_text(r, node, what, ret) && (hg_address_parse(*ret, address, &port) || wrong(r, node, what));
}

static bool take_flag(struct reading *r, const yaml_node_t *node, void *to)
{
    bool yes = hg_slice_is(text_of(node), "true");
    *(bool *)to = yes;
    return yes || hg_slice_is(text_of(node), "false") || wrong(r, node, "true or false");
}

static bool take_number(struct reading *r, const yaml_node_t *node, uint64_t most, uint64_t *ret)
{
    struct hg_slice text = text_of(node);
    return (text.len > 0 && hg_num_parse_u64(text, ret) && *ret <= most) ||
           wrong(r, node, "a whole number from 0 to %llu", (unsigned long long)most);
}

static bool take_recent(struct reading *r, const yaml_node_t *node, void *to)
{
    r->config->has_recent = true;
    return take_number(r, node, HG_CONFIG_RECENT_MAX, to);
}

static bool take_seed(struct reading *r, const yaml_node_t *node, void *to)
{
    r->config->has_seed = true;
    return take_number(r, node, UINT64_MAX, to);
}

static bool take_refit_hours(struct reading *r, const yaml_node_t *node, void *to)
{
    r->config->has_refit_hours = true;
    return take_number(r, node, HG_CONFIG_REFIT_HOURS_MAX, to);
}

static bool take_canary_hours(struct reading *r, const yaml_node_t *node, void *to)
{
    uint64_t *hours = to;
    *hours = 0;
    return take_number(r, node, HG_CONFIG_CANARY_HOURS_MAX, hours) && (*hours > 0 || wrong(r, node, "a whole number from 1 on"));
}

static bool take_refit_events(struct reading *r, const yaml_node_t *node, void *to)
{
    return take_number(r, node, UINT64_MAX, to);
}

static bool take_detector(struct reading *r, const yaml_node_t *node, void *to)
{
    const struct hg_detector *detector = hg_detector_named(text_of(node));
    *(const struct hg_detector **)to = detector;
    return detector != NULL || wrong(r, node, "one of those that `honeyguide detectors` lists");
}

static bool take_duration(struct reading *r, const yaml_node_t *node, void *to)
{
    struct hg_slice text = text_of(node);
    return (text.len > 0 && hg_time_parse_duration(text, to)) || wrong(r, node, "a duration such as 90s, 2m or 1h");
}

static bool take_keep(struct reading *r, const yaml_node_t *node, void *to)
{
    return hg_keep_parse(text_of(node), to) || wrong(r, node, HG_KEEP_EXPECTED);
}

static bool take_keep_bytes(struct reading *r, const yaml_node_t *node, void *to)
{
    return hg_keep_bytes_parse(text_of(node), to) || wrong(r, node, HG_KEEP_BYTES_EXPECTED);
}

static bool take_min_free(struct reading *r, const yaml_node_t *node, void *to)
{
    return hg_min_free_parse(text_of(node), to) || wrong(r, node, HG_MIN_FREE_EXPECTED);
}

/* What is given must go together, in whatever order the keys come. */
static bool goes_together(struct reading *r, const yaml_node_t *node)
{
    const struct hg_budget_options *budget = &r->config->budget;
    return !(budget->rate > 0) || (!(budget->alerts_per_day > 0) && !budget->per_source) ||
           wrong(r, node, "false-alarm-rate alone, without alerts-per-day and per-source");
}

static bool take_alerts_per_day(struct reading *r, const yaml_node_t *node, void *to)
{
    struct hg_slice text = text_of(node);
    return ((text.len > 0 && hg_alerts_per_day_parse(text, to)) || wrong(r, node, "a number greater than 0")) && goes_together(r, node);
}

static bool take_false_alarm_rate(struct reading *r, const yaml_node_t *node, void *to)
{
    struct hg_slice text = text_of(node);
    return ((text.len > 0 && hg_false_alarm_rate_parse(text, to)) || wrong(r, node, "a number greater than 0 and at most 0.1")) &&
           goes_together(r, node);
}

static bool take_per_source(struct reading *r, const yaml_node_t *node, void *to)
{
    return take_flag(r, node, to) && goes_together(r, node);
}

static bool take_zone(struct reading *r, const yaml_node_t *node, void *to)
{
    struct hg_slice text = text_of(node);
    return (text.len > 0 && hg_time_parse_offset(text, to)) || wrong(r, node, "a zone such as \"+02:00\" or \"-03:00\"");
}

/* ---- lists and mappings */

static size_t items_of(const yaml_node_t *node)
{
    return node->type == YAML_SEQUENCE_NODE ? (size_t)(node->data.sequence.items.top - node->data.sequence.items.start) : 0;
}

static const yaml_node_t *item(const struct reading *r, const yaml_node_t *node, size_t i)
{
    return yaml_document_get_node(r->document, node->data.sequence.items.start[i]);
}

static bool take_paths(struct reading *r, const yaml_node_t *node, void *to)
{
    struct hg_config_list *list = to;
    size_t n = items_of(node);
    if (n == 0 || n > HG_CONFIG_LIST_MAX)
        return wrong(r, node, "a list of 1 to %u paths", HG_CONFIG_LIST_MAX);
    list->at = hg_arena_alloc(&r->config->arena, n * sizeof *list->at);
    if (list->at == NULL)
        return no_memory(r);
    for (list->n = 0; list->n < n; list->n++)
        if (!take_path(r, item(r, node, list->n), &list->at[list->n]))
            return false;
    return true;
}

static void list_names(const struct key *keys, size_t n, char *out, size_t room)
{
    size_t len = 0;
    for (size_t i = 0; i < n && len < room; i++)
        len += (size_t)snprintf(out + len, room - len, "%s%s", i == 0 ? "" : ", ", keys[i].name);
}

/* Takes every pair of a mapping into `base` by its key. n: at most 32. */
static bool take_keys(struct reading *r, const yaml_node_t *node, const struct key *keys, size_t n, char *base)
{
    char names[360];
    uint32_t seen = 0;
    list_names(keys, n, names, sizeof names);
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return wrong(r, node, "keys out of %s", names);
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(r->document, pair->key);
        size_t i = 0;
        while (i < n && !hg_slice_is(text_of(name), keys[i].name))
            i++;
        if (i == n)
            return wrong(r, name, "one of the keys %s", names);
        if ((seen & UINT32_C(1) << i) != 0)
            return wrong(r, name, "each key once");
        seen |= UINT32_C(1) << i;
        if (!keys[i].take(r, yaml_document_get_node(r->document, pair->value), base + keys[i].offset))
            return false;
    }
    for (size_t i = 0; i < n; i++)
        if (keys[i].needed && (seen & UINT32_C(1) << i) == 0)
            return wrong(r, node, "the key %s", keys[i].name);
    return true;
}

static const struct key source_keys[] = {
    {"input", take_input, offsetof(struct hg_source_setting, input), true},
    {"name", take_name, offsetof(struct hg_source_setting, name), false},
    {"format", take_format, offsetof(struct hg_source_setting, format), false},
    {"timezone", take_zone, offsetof(struct hg_source_setting, timezone_us), false},
};

static bool take_sources(struct reading *r, const yaml_node_t *node, void *to)
{
    struct hg_config *config = r->config;
    size_t n = items_of(node);
    (void)to;
    if (n == 0 || n > HG_SOURCES_MAX)
        return wrong(r, node, "a list of 1 to %u sources", HG_SOURCES_MAX);
    config->sources = hg_arena_alloc(&config->arena, n * sizeof *config->sources);
    if (config->sources == NULL)
        return no_memory(r);
    for (size_t i = 0; i < n; i++) {
        const yaml_node_t *one = item(r, node, i);
        struct hg_source_setting *source = &config->sources[i];
        *source = (struct hg_source_setting){.timezone_us = HG_TIMEZONE_DEFAULT, .line = (unsigned)line_of(one)};
        if (!take_keys(r, one, source_keys, sizeof source_keys / sizeof *source_keys, (char *)source))
            return false;
        for (size_t before = 0; source->name != NULL && before < i; before++)
            if (config->sources[before].name != NULL && strcmp(config->sources[before].name, source->name) == 0)
                return wrong(r, one, "a name other than '%s', which the source of line %u has", source->name, config->sources[before].line);
    }
    config->n_sources = n;
    return true;
}

/* rules: {brute_force: {failures: 20}} */
static bool take_rules(struct reading *r, const yaml_node_t *node, void *to)
{
    char name[256];
    struct hg_err err;
    if (node == NULL || node->type != YAML_MAPPING_NODE)
        return wrong(r, node, "named detectors, as `honeyguide rules` lists them");
    for (const yaml_node_pair_t *rule = node->data.mapping.pairs.start; rule < node->data.mapping.pairs.top; rule++) {
        const yaml_node_t *settings = yaml_document_get_node(r->document, rule->value);
        struct hg_slice rule_name = text_of(yaml_document_get_node(r->document, rule->key));
        if (settings == NULL || settings->type != YAML_MAPPING_NODE)
            return wrong(r, settings, "settings of a named detector");
        for (const yaml_node_pair_t *pair = settings->data.mapping.pairs.start; pair < settings->data.mapping.pairs.top; pair++) {
            const yaml_node_t *key = yaml_document_get_node(r->document, pair->key);
            struct hg_slice own = text_of(key), value = text_of(yaml_document_get_node(r->document, pair->value));
            int len = snprintf(name, sizeof name, "%.*s.%.*s", (int)(rule_name.len < 100 ? rule_name.len : 100), rule_name.p,
                               (int)(own.len < 100 ? own.len : 100), own.p);
            if (hg_rule_setting_parse(to, (struct hg_slice){name, (size_t)len}, value, &err) != HG_OK) {
                (void)hg_fail(r->reterr, HG_EUSAGE, "%s:%zu: %s", r->path, line_of(key), err.msg);
                return false;
            }
        }
    }
    return true;
}

static const struct key keys[] = {
    {"state", take_path, offsetof(struct hg_config, state), false},
    {"listen", take_listen, offsetof(struct hg_config, listen), false},
    {"model", take_path, offsetof(struct hg_config, model), false},
    {"geo", take_paths, offsetof(struct hg_config, geo), false},
    {"token-file", take_path, offsetof(struct hg_config, token_file), false},
    {"ignore-labels", take_flag, offsetof(struct hg_config, ignore_labels), false},
    {"alerts-per-day", take_alerts_per_day, offsetof(struct hg_config, budget.alerts_per_day), false},
    {"per-source", take_per_source, offsetof(struct hg_config, budget.per_source), false},
    {"false-alarm-rate", take_false_alarm_rate, offsetof(struct hg_config, budget.rate), false},
    {"recent", take_recent, offsetof(struct hg_config, recent), false},
    {"keep", take_keep, offsetof(struct hg_config, retention.keep_us), false},
    {"keep-bytes", take_keep_bytes, offsetof(struct hg_config, retention.keep_bytes), false},
    {"min-free", take_min_free, offsetof(struct hg_config, retention.min_free_bytes), false},
    {"detector", take_detector, offsetof(struct hg_config, detector), false},
    {"rules", take_rules, offsetof(struct hg_config, rules), false},
    {"seed", take_seed, offsetof(struct hg_config, seed), false},
    {"refit-hours", take_refit_hours, offsetof(struct hg_config, refit_hours), false},
    {"refit-events", take_refit_events, offsetof(struct hg_config, refit_events), false},
    {"canaries", take_flag, offsetof(struct hg_config, canaries), false},
    {"canary-hours", take_canary_hours, offsetof(struct hg_config, canary_hours), false},
    {"lateness", take_duration, offsetof(struct hg_config, lateness_us), false},
    {"mappings", take_paths, offsetof(struct hg_config, mappings), false},
    {"local-zone", take_zone, offsetof(struct hg_config, local_zone_us), false},
    {"sources", take_sources, offsetof(struct hg_config, sources), false},
};

/* ---- the file */

static enum hg_rc read_file(const char *path, char *out, size_t *ret_len, struct hg_err *reterr)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return hg_fail(reterr, HG_EIO, "can't read %s", path);
    *ret_len = fread(out, 1, HG_CONFIG_BYTES_MAX + 1, file);
    enum hg_rc rc = HG_OK;
    if (ferror(file) != 0)
        rc = hg_fail(reterr, HG_EIO, "can't read %s", path);
    else if (*ret_len > HG_CONFIG_BYTES_MAX)
        rc = hg_fail(reterr, HG_EUSAGE, "%s: expected at most %zu bytes, found more", path, HG_CONFIG_BYTES_MAX);
    fclose(file);
    return rc;
}

static bool load(struct reading *r, yaml_parser_t *parser)
{
    if (yaml_parser_load(parser, r->document) != 0)
        return true;
    if (parser->error == YAML_MEMORY_ERROR)
        return no_memory(r);
    (void)hg_fail(r->reterr, HG_EUSAGE, "%s:%zu: expected YAML, found something else: %s", r->path, parser->problem_mark.line + 1,
                  parser->problem == NULL ? "it can't be read" : parser->problem);
    return false;
}

static bool is_only_document(struct reading *r, yaml_parser_t *parser)
{
    yaml_document_t second, *first = r->document;
    r->document = &second;
    bool good = load(r, parser);
    if (good) {
        const yaml_node_t *root = yaml_document_get_root_node(&second);
        good = root == NULL || wrong(r, root, "one document");
        yaml_document_delete(&second);
    }
    r->document = first;
    return good;
}

static bool parse(struct reading *r, struct hg_slice text)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (yaml_parser_initialize(&parser) == 0)
        return no_memory(r);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text.p, text.len);
    r->document = &document;
    bool good = load(r, &parser);
    if (good) {
        good = take_keys(r, yaml_document_get_root_node(&document), keys, sizeof keys / sizeof *keys, (char *)r->config) &&
               is_only_document(r, &parser);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return good;
}

enum hg_rc hg_config_read(const char *path, struct hg_config *ret, struct hg_err *reterr)
{
    struct hg_err own = {0};
    struct hg_config config = {.path = path, .rules = hg_behave_settings_default(), .local_zone_us = HG_TIMEZONE_DEFAULT};
    const char *slash = strrchr(path, '/');
    struct reading r = {.path = path, .config = &config, .reterr = &own,
                        .folder = {path, slash == NULL ? 0 : (size_t)(slash - path) + 1}};
    char *bytes = malloc(HG_CONFIG_BYTES_MAX + 1);
    size_t len = 0;
    hg_arena_init(&config.arena, ARENA_BLOCK, ARENA_BYTES);
    if (bytes == NULL)
        no_memory(&r);
    else if (read_file(path, bytes, &len, &own) == HG_OK)
        parse(&r, (struct hg_slice){bytes, len});
    free(bytes);
    if (own.rc == HG_OK) {
        *ret = config;
        return HG_OK;
    }
    hg_arena_free(&config.arena);
    if (reterr != NULL)
        *reterr = own;
    return own.rc;
}

void hg_config_free(struct hg_config *config)
{
    hg_arena_free(&config->arena);
    *config = (struct hg_config){0};
}

bool hg_address_parse(const char *text, char ret_address[HG_ADDRESS_BYTES], unsigned *ret_port)
{
    const char *colon = strrchr(text, ':');
    uint64_t port;
    struct hg_ip ip;
    if (colon == NULL || !hg_num_parse_u64(hg_slice_of(colon + 1), &port) || port > 65535)
        return false;
    struct hg_slice address = {text, (size_t)(colon - text)};
    if (address.len >= 2 && address.p[0] == '[' && address.p[address.len - 1] == ']')
        address = (struct hg_slice){address.p + 1, address.len - 2};
    if (address.len == 0 || address.len >= HG_ADDRESS_BYTES || !hg_ip_parse(address, &ip))
        return false;
    memcpy(ret_address, address.p, address.len);
    ret_address[address.len] = '\0';
    *ret_port = (unsigned)port;
    return true;
}
