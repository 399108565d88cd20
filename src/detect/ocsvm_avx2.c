#include "detect/ocsvm.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET              __attribute__((target("avx2")))
#define WIDTH               4u
#define VECTOR              __m256d
#define SET(x)              _mm256_set1_pd(x)
#define LOAD(p)             _mm256_loadu_pd(p)
#define STORE(p, a)         _mm256_storeu_pd(p, a)
#define ADD(a, b)           _mm256_add_pd(a, b)
#define SUB(a, b)           _mm256_sub_pd(a, b)
#define MUL(a, b)           _mm256_mul_pd(a, b)
#define MAX(a, b)           _mm256_max_pd(a, b)
#define EXPONENT(rounded)   _mm256_slli_epi64(_mm256_castpd_si256(rounded), 52)
#define RAISE(sum, rounded) _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(sum), EXPONENT(rounded)))
#include "detect/ocsvm_lanes.h"

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx2");
}

const struct ocsvm_kernel ocsvm_kernel_avx2 = {"avx2", runs_here, vector_sums};

#else

static bool runs_here(void)
{
    return false;
}

const struct ocsvm_kernel ocsvm_kernel_avx2 = {"avx2", runs_here, NULL};

#endif
