#include "evaluate/subject.h"

#include <stdlib.h>

struct content {
    uint64_t hash;
    uint32_t row;
};

static int by_hash(const void *a, const void *b)
{
    const struct content *x = a, *y = b;
    return x->hash != y->hash ? (x->hash > y->hash) - (x->hash < y->hash) : (x->row > y->row) - (x->row < y->row);
}

enum hg_rc hg_mark_duplicates(struct hg_case *cases, const uint64_t *hashes, size_t n, struct hg_err *reterr)
{
    struct content *contents = malloc((n + 1) * sizeof *contents);
    if (contents == NULL)
        return hg_fail(reterr, HG_ENOMEM, "evaluate: no memory for %zu rows", n);
    for (size_t i = 0; i < n; i++)
        contents[i] = (struct content){hashes[i], (uint32_t)i};
    qsort(contents, n, sizeof *contents, by_hash);
    for (size_t i = 0; i < n; i++)
        cases[contents[i].row].duplicate = i > 0 && contents[i].hash == contents[i - 1].hash;
    free(contents);
    return HG_OK;
}
