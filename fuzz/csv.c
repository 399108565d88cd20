/* Rows and cells of CSV: the fast reader against the one that goes byte by byte, and rows that don't depend on how they came. */
#include "fuzz.h"

#include "core/batch.h"
#include "decode/csv.h"

static void check_row(struct hg_slice row, struct hg_arena *arena)
{
    struct hg_csv_cell fast[HG_CSV_CELLS_MAX], slow[HG_CSV_CELLS_MAX];
    size_t n_fast = 0, n_slow = 0;
    char *copy = fuzz_copy(row.p, row.len, HG_BATCH_PADDING, '"');
    struct hg_slice record = {copy, row.len};
    bool ok = hg_csv_split(record, fast, HG_CSV_CELLS_MAX, &n_fast);
    FUZZ_CHECK(ok == hg_csv_split_reference(record, slow, HG_CSV_CELLS_MAX, &n_slow));
    FUZZ_CHECK(!ok || n_fast == n_slow);
    for (size_t i = 0; ok && i < n_fast && i < HG_CSV_CELLS_MAX; i++) {
        FUZZ_CHECK(fast[i].raw.p == slow[i].raw.p && fast[i].raw.len == slow[i].raw.len && fast[i].doubled == slow[i].doubled);
        FUZZ_CHECK(hg_csv_text(&fast[i], arena).len <= fast[i].raw.len);
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    struct hg_arena arena;
    hg_arena_init(&arena, 4096, 1u << 20);
    for (size_t at = 0; at < size;) {
        size_t limit = 1 + data[size - 1], n = hg_csv_record(bytes + at, size - at, limit, true);
        size_t early = hg_csv_record(bytes + at, size - at, limit, false);
        FUZZ_CHECK(n > 0 && n <= size - at && (early == 0 || early == n));
        check_row((struct hg_slice){bytes + at, n - (bytes[at + n - 1] == '\n')}, &arena);
        at += n;
    }
    hg_arena_free(&arena);
    return 0;
}
