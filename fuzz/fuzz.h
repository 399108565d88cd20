/* What the fuzz targets share. Each is a LLVMFuzzerTestOneInput(); a promise that is broken ends the run like a crash. */
#ifndef HG_FUZZ_FUZZ_H
#define HG_FUZZ_FUZZ_H

#include "base/slice.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_CHECK(promise) ((promise) ? (void)0 : __builtin_trap())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A block of exactly the bytes with `padding` more, so that reading past either is seen. */
static inline char *fuzz_copy(const void *bytes, size_t len, size_t padding, char fill)
{
    char *copy = malloc(len + padding > 0 ? len + padding : 1);
    FUZZ_CHECK(copy != NULL);
    if (len > 0)
        memcpy(copy, bytes, len);
    memset(copy + len, fill, padding);
    return copy;
}

#endif
