#include "detect/ocsvm.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET              __attribute__((target("avx512f")))
#define WIDTH               8u
#define VECTOR              __m512d
#define SET(x)              _mm512_set1_pd(x)
#define LOAD(p)             _mm512_loadu_pd(p)
#define STORE(p, a)         _mm512_storeu_pd(p, a)
#define ADD(a, b)           _mm512_add_pd(a, b)
#define SUB(a, b)           _mm512_sub_pd(a, b)
#define MUL(a, b)           _mm512_mul_pd(a, b)
#define MAX(a, b)           _mm512_max_pd(a, b)
#define EXPONENT(rounded)   _mm512_slli_epi64(_mm512_castpd_si512(rounded), 52)
#define RAISE(sum, rounded) _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(sum), EXPONENT(rounded)))
#include "detect/ocsvm_lanes.h"

static bool runs_here(void)
{
    return __builtin_cpu_supports("avx512f");
}

const struct ocsvm_kernel ocsvm_kernel_avx512 = {"avx512", runs_here, vector_sums};

#else

static bool runs_here(void)
{
    return false;
}

const struct ocsvm_kernel ocsvm_kernel_avx512 = {"avx512", runs_here, NULL};

#endif
