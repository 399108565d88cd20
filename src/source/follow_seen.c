#include "source/follow_priv.h"

#include <stdlib.h>
#include <string.h>

struct seen *seen_find(const struct seen_list *list, struct file_id id)
{
    for (size_t i = list->n; i-- > 0;) /* the newest first: asked for most */
        if (same_file(list->p[i].at.id, id))
            return &list->p[i];
    return NULL;
}

static void drop(struct seen_list *list, size_t i)
{
    memmove(list->p + i, list->p + i + 1, (list->n - i - 1) * sizeof *list->p);
    list->n--;
}

bool seen_put(struct seen_list *list, const struct seen *seen)
{
    struct seen *known = seen->at.id.ino == 0 ? NULL : seen_find(list, seen->at.id);
    if (known != NULL)
        drop(list, (size_t)(known - list->p));
    if (list->n == SEEN_MAX)
        drop(list, 0);
    if (list->n == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct seen *larger = realloc(list->p, cap * sizeof *larger);
        if (larger == NULL)
            return false;
        list->p = larger;
        list->cap = cap;
    }
    list->p[list->n++] = *seen;
    return true;
}

void seen_prune(struct seen_list *list, int64_t oldest_ns)
{
    if (list->n <= SEEN_KEPT)
        return;
    size_t kept = 0, n = list->n;
    for (size_t i = 0; i < n; i++)
        if (n - i <= SEEN_KEPT || list->p[i].at.mtime_ns >= oldest_ns)
            list->p[kept++] = list->p[i];
    list->n = kept;
}

bool seen_content(const struct seen_list *list, struct head head, uint64_t length, uint64_t modulus)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct seen *s = &list->p[i];
        uint64_t have = modulus == 0 ? s->length : s->length % modulus;
        if ((s->final || s->whole_lines) && s->head.len > 0 && have == length && s->head.len == head.len && s->head.hash == head.hash)
            return true;
    }
    return false;
}
