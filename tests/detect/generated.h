/* Feature rows of made-up logs, as scoring sees them: generated, read, merged, watched. */
#ifndef HG_TESTS_DETECT_GENERATED_H
#define HG_TESTS_DETECT_GENERATED_H

#include "tests/detect/rows.h"

/* About n rows of four logs together, in event time. Of the events there are only the dataset, kind, label and time. */
struct rows generated_rows(size_t n, uint64_t seed);

#endif
