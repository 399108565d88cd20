/* Figures of detectors, a line each: [--quick]. To add some: bench/detectors_<name>.c with a function named in detectors.h. */
#include "bench/detectors.h"

#include <string.h>

int main(int argc, char **argv)
{
    struct bench bench = {.quick = argc > 1 && strcmp(argv[1], "--quick") == 0};
    bench_forest(&bench);
    return 0;
}
