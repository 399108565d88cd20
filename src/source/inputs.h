/*
 * What an INPUT on the command line or in a configuration means: a path, a glob, a folder, - for standard input, or the URI of a
 * listener (unix:PATH, syslog+udp:ADDR:PORT, syslog+tcp:ADDR:PORT; listeners.def has them). A path that exists is a path, whatever
 * characters it has.
 */
#ifndef HG_SOURCE_INPUTS_H
#define HG_SOURCE_INPUTS_H

#include "base/err.h"

#include <stddef.h>

enum hg_input_kind { HG_INPUT_FILE, HG_INPUT_GLOB, HG_INPUT_FOLDER, HG_INPUT_STDIN, HG_INPUT_LISTENER };
/* What stands there now: a path that doesn't exist is HG_INPUT_FILE. */
enum hg_input_kind hg_input_kind(const char *input);

struct hg_paths { /* zeroed at first; owned; sorted by base name, then path; no file twice */
    char **paths;
    size_t n;
    struct hg_path_set *set; /* the files that are there */
};
/* Adds the files of a glob or folder (recursively, through links to files but not to folders; regular files; dot files and
 * temporary names left out; not more than HG_PATHS_MAX), or the path itself, whatever its name, - included. A file that several inputs or links
 * name is there once, by the name that came first. HG_EUSAGE: a glob that matches or a folder that holds nothing, or too many;
 * HG_EIO: a folder that can't be read. */
#define HG_PATHS_MAX 100000u
HG_MUST_USE enum hg_rc hg_paths_add(struct hg_paths *paths, const char *input, struct hg_err *reterr);
void hg_paths_free(struct hg_paths *paths);

/* Of a file that isn't whole yet or no log at all: ends in ~ .tmp .swp .part. */
bool hg_name_is_temporary(const char *name);

/* Is `path` a rotated form of `base` (the same folder; base followed by one of . - _)? */
bool hg_path_is_sibling(const char *path, const char *base);

#endif
