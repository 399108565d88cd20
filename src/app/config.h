/*
 * The configuration file of `honeyguide serve`: docs/operations.md is its manual. To add a key: a member below, a line in `keys` of
 * config.c, its use in cmd_serve.c, and its tests.
 *
 * Strict: an unknown key, a key given twice, a wrong type or value is an error, "FILE:LINE: expected …, found …".
 */
#ifndef HG_APP_CONFIG_H
#define HG_APP_CONFIG_H

#include "app/budget_options.h"
#include "app/retention_options.h"
#include "base/arena.h"
#include "pipeline/ingest.h"

#define HG_CONFIG_BYTES_MAX  ((size_t)1024 * 1024)
#define HG_CONFIG_LIST_MAX   16u /* entries of geo and of mappings */
#define HG_CONFIG_REFIT_HOURS_MAX (366u * 24)
#define HG_CONFIG_CANARY_HOURS_MAX 168u
#define HG_CONFIG_RECENT_MAX UINT64_C(1000000000)
#define HG_ADDRESS_BYTES     64u

struct hg_config_list {
    const char **at;
    size_t n;
};

/* Strings are the configuration's own; relative paths were resolved against the file's folder. */
struct hg_config {
    const char *path;                       /* of the file, as given; borrowed */
    const char *state, *model, *token_file; /* NULL: not set */
    const char *listen;                     /* NULL: not set; hg_address_parse() takes it */
    struct hg_config_list geo, mappings;
    bool ignore_labels;
    struct hg_budget_options budget;
    bool has_recent, has_seed, has_refit_hours;
    uint64_t recent, seed, refit_hours, refit_events;
    struct hg_retention retention;
    bool canaries;
    uint64_t canary_hours; /* 0: not said */
    const struct hg_detector *detector; /* NULL: the default */
    struct hg_behave_settings rules;
    int64_t lateness_us;   /* 0: not set */
    int64_t local_zone_us; /* HG_TIMEZONE_DEFAULT: not set */
    struct hg_source_setting *sources;
    size_t n_sources;
    struct hg_arena arena;
};

/* HG_EUSAGE: what it says is wrong; HG_EIO: it can't be read. *ret is written only on success. */
HG_MUST_USE enum hg_rc hg_config_read(const char *path, struct hg_config *ret, struct hg_err *reterr);
void hg_config_free(struct hg_config *config); /* of a zeroed or read one */

/* Is it no file and begins like the URI of a kind that there isn't, such as syslog:127.0.0.1:514? Rather a slip than a log yet to
 * come; one of such a name is written ./NAME. path: where it would be. */
bool hg_input_is_slip(const char *input, const char *path);
#define HG_INPUT_FORMS "a path, a glob, a folder, -, unix:PATH, syslog+udp:ADDR:PORT or syslog+tcp:ADDR:PORT"

/* ADDR:PORT or [ADDR]:PORT, numeric. */
bool hg_address_parse(const char *text, char ret_address[HG_ADDRESS_BYTES], unsigned *ret_port);

#endif
