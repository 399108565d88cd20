#include "source/inputs.h"

#include "base/hash.h"
#include "source/listener.h"

#include <dirent.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDERS_DEEP 64u

/* ---- what an input is */

enum hg_input_kind hg_input_kind(const char *input)
{
    struct stat st;
    if (strcmp(input, "-") == 0)
        return HG_INPUT_STDIN;
    if (stat(input, &st) == 0)
        return S_ISDIR(st.st_mode) ? HG_INPUT_FOLDER : HG_INPUT_FILE;
    if (hg_listener_kind_of(input, NULL) != NULL)
        return HG_INPUT_LISTENER;
    return strpbrk(input, "*?[") != NULL ? HG_INPUT_GLOB : HG_INPUT_FILE;
}

bool hg_name_is_temporary(const char *name)
{
    static const char *const ends[] = {"~", ".tmp", ".swp", ".part"};
    size_t len = strlen(name);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (len >= strlen(ends[i]) && strcmp(name + len - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

bool hg_path_is_sibling(const char *path, const char *base)
{
    size_t len = strlen(base);
    return strncmp(path, base, len) == 0 && path[len] != '\0' && strchr(".-_", path[len]) != NULL && strchr(path + len, '/') == NULL;
}

/* ---- the set of files: open addressing over device and inode, or over the name of what isn't there yet */

struct file_key {
    uint64_t dev, ino;
};

struct hg_path_set {
    size_t n, slots; /* a power of two */
    struct file_key *keys;
    bool *used;
};

static void set_destroy(struct hg_path_set *set)
{
    if (set == NULL)
        return;
    free(set->keys);
    free(set->used);
    free(set);
}

static struct hg_path_set *set_create(size_t slots)
{
    struct hg_path_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->slots = slots;
    set->keys = calloc(slots, sizeof *set->keys);
    set->used = calloc(slots, sizeof *set->used);
    if (set->keys != NULL && set->used != NULL)
        return set;
    set_destroy(set);
    return NULL;
}

/* False: it was there already. There is room. */
static bool set_put(struct hg_path_set *set, struct file_key key)
{
    size_t i = (size_t)hg_mix64(key.dev ^ hg_mix64(key.ino)) & (set->slots - 1);
    for (; set->used[i]; i = (i + 1) & (set->slots - 1))
        if (set->keys[i].dev == key.dev && set->keys[i].ino == key.ino)
            return false;
    set->used[i] = true;
    set->keys[i] = key;
    set->n++;
    return true;
}

static bool set_reserve(struct hg_path_set **set)
{
    if (*set != NULL && (*set)->n * 2 < (*set)->slots)
        return true;
    struct hg_path_set *larger = set_create(*set == NULL ? 64 : (*set)->slots * 2);
    if (larger == NULL)
        return false;
    for (size_t i = 0; *set != NULL && i < (*set)->slots; i++)
        if ((*set)->used[i])
            set_put(larger, (*set)->keys[i]);
    set_destroy(*set);
    *set = larger;
    return true;
}

/* ---- the paths */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int compare(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    int by_base = strcmp(base_of(x), base_of(y));
    return by_base != 0 ? by_base : strcmp(x, y);
}

/* st NULL: it isn't there yet. Appended; sorting is for later. */
static enum hg_rc append(struct hg_paths *paths, const char *path, const struct stat *st, struct hg_err *reterr)
{
    struct file_key key = {UINT64_MAX, hg_hash64(hg_slice_of(path), 0)};
    if (st != NULL)
        key = (struct file_key){(uint64_t)st->st_dev, (uint64_t)st->st_ino};
    if (!set_reserve(&paths->set))
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory for another file", path);
    if (!set_put(paths->set, key))
        return HG_OK;
    if (paths->n >= HG_PATHS_MAX)
        return hg_fail(reterr, HG_EUSAGE, "%s: more than %u files are named", path, HG_PATHS_MAX);
    if ((paths->n & (paths->n - 1)) == 0) { /* full at each power of two */
        char **larger = realloc(paths->paths, (paths->n == 0 ? 1 : paths->n * 2) * sizeof *larger);
        if (larger == NULL)
            return hg_fail(reterr, HG_ENOMEM, "%s: no memory for another file", path);
        paths->paths = larger;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory for another file", path);
    paths->paths[paths->n++] = copy;
    return HG_OK;
}

static enum hg_rc add_folder(struct hg_paths *paths, const char *folder, unsigned depth, size_t *ret_found, struct hg_err *reterr);

/* One name of a folder. */
static enum hg_rc add_entry(struct hg_paths *paths, const char *folder, const char *name, unsigned depth, size_t *ret_found,
                            struct hg_err *reterr)
{
    struct stat link, st;
    char *path;
    if (name[0] == '.' || hg_name_is_temporary(name))
        return HG_OK;
    if (asprintf(&path, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name) < 0)
        return hg_fail(reterr, HG_ENOMEM, "%s: no memory to look into it", folder);
    enum hg_rc rc = HG_OK;
    if (lstat(path, &link) == 0 && S_ISDIR(link.st_mode)) {
        rc = add_folder(paths, path, depth + 1, ret_found, reterr);
    } else if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
        ++*ret_found;
        rc = append(paths, path, &st, reterr);
    }
    free(path);
    return rc;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static enum hg_rc add_folder(struct hg_paths *paths, const char *folder, unsigned depth, size_t *ret_found, struct hg_err *reterr)
{
    if (depth > FOLDERS_DEEP)
        return hg_fail(reterr, HG_EUSAGE, "%s: folders lie more than %u deep", folder, FOLDERS_DEEP);
    struct dirent **entries;
    int n = scandir(folder, &entries, NULL, by_name); /* in order, so that of a file's several names the same one counts always */
    if (n < 0)
        return hg_fail(reterr, HG_EIO, "%s: the folder can't be read", folder);
    enum hg_rc rc = HG_OK;
    for (int i = 0; i < n; i++) {
        if (rc == HG_OK)
            rc = add_entry(paths, folder, entries[i]->d_name, depth, ret_found, reterr);
        free(entries[i]);
    }
    free(entries);
    return rc;
}

/* A match may be a folder: then what lies in it. */
static enum hg_rc add_match(struct hg_paths *paths, const char *path, size_t *ret_found, struct hg_err *reterr)
{
    struct stat st;
    if (stat(path, &st) != 0 || hg_name_is_temporary(base_of(path)))
        return HG_OK;
    if (S_ISDIR(st.st_mode))
        return add_folder(paths, path, 1, ret_found, reterr);
    if (!S_ISREG(st.st_mode))
        return HG_OK;
    ++*ret_found;
    return append(paths, path, &st, reterr);
}

static enum hg_rc add_glob(struct hg_paths *paths, const char *pattern, size_t *ret_found, struct hg_err *reterr)
{
    glob_t found = {0};
    int status = glob(pattern, 0, NULL, &found);
    enum hg_rc rc = HG_OK;
    if (status == GLOB_NOSPACE)
        rc = hg_fail(reterr, HG_ENOMEM, "%s: no memory for what it matches", pattern);
    for (size_t i = 0; status == 0 && rc == HG_OK && i < found.gl_pathc; i++)
        rc = add_match(paths, found.gl_pathv[i], ret_found, reterr);
    globfree(&found);
    return rc;
}

/* What was appended after the first `sorted` goes to its place. */
static void sort(struct hg_paths *paths, size_t sorted)
{
    if (paths->n - sorted > 1) {
        qsort(paths->paths, paths->n, sizeof *paths->paths, compare);
        return;
    }
    for (size_t i = sorted; i > 0 && i < paths->n && compare(&paths->paths[i - 1], &paths->paths[i]) > 0; i--) {
        char *later = paths->paths[i - 1];
        paths->paths[i - 1] = paths->paths[i];
        paths->paths[i] = later;
    }
}

enum hg_rc hg_paths_add(struct hg_paths *paths, const char *input, struct hg_err *reterr)
{
    size_t sorted = paths->n, found = 0;
    struct stat st;
    enum hg_rc rc = HG_OK;
    enum hg_input_kind kind = hg_input_kind(input);
    switch (kind) {
    case HG_INPUT_FOLDER:
        rc = add_folder(paths, input, 1, &found, reterr);
        if (rc == HG_OK && found == 0)
            rc = hg_fail(reterr, HG_EUSAGE, "%s: the folder holds no file to read", input);
        break;
    case HG_INPUT_GLOB:
        rc = add_glob(paths, input, &found, reterr);
        if (rc == HG_OK && found == 0)
            rc = hg_fail(reterr, HG_EUSAGE, "%s: matches no file", input);
        break;
    case HG_INPUT_FILE:
        rc = append(paths, input, stat(input, &st) == 0 ? &st : NULL, reterr);
        break;
    case HG_INPUT_STDIN: /* once, whatever stands behind it */
        rc = append(paths, input, NULL, reterr);
        break;
    case HG_INPUT_LISTENER:
        rc = hg_fail(reterr, HG_EUSAGE, "%s: is no file", input);
        break;
    }
    sort(paths, sorted);
    return rc;
}

void hg_paths_free(struct hg_paths *paths)
{
    for (size_t i = 0; i < paths->n; i++)
        free(paths->paths[i]);
    free(paths->paths);
    set_destroy(paths->set);
    *paths = (struct hg_paths){0};
}
