/* total_variation: the loss, and its derivatives.
 *
 *     def program(x: real[t], y: real[t], lam: real, eps: real):
 *         t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i]))
 *         t1 = sum[i:t]((x[i] - y[i]) ** 2)
 *         value = lam * t0 + 0.5 * t1
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

/* With -fopenmp-simd, gcc and glibc, loops call these a vector at a time. Declared before math.h, whose own
 * declarations then add to them. */
#if defined(GRADC_OPENMP_SIMD) && defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__)
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
#pragma omp declare simd notinbranch
double hypot(double, double);
#define GRADC_LIBMVEC
#endif
#endif

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif
#if defined(_OPENMP)
#include <omp.h>
#define GRADC_TEAM(parts) (parts < omp_get_max_threads() ? (int)parts : omp_get_max_threads())
#define GRADC_PARALLEL(parts) GRADC_PRAGMA(omp parallel for schedule(dynamic) num_threads(GRADC_TEAM(parts)))
#define GRADC_THREAD omp_get_thread_num()
#else
#define GRADC_PARALLEL(parts)
#define GRADC_THREAD 0
#endif

/* Long straight-line code is cut into functions, which are not joined again: compilers' time grows faster than a function. */
#if defined(__GNUC__)
#define GRADC_APART __attribute__((noinline))
#else
#define GRADC_APART
#endif

#include "total_variation.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
#define GRADC_PARTS 16
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / 128 ? work / least : (double)rows / 128;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / 128 * part / parts * 128;
}

/* A loop is vectorised only if what it calls is inlined, however much that is. */
#if defined(__GNUC__)
#define GRADC_INLINE __attribute__((always_inline)) static inline
#else
#define GRADC_INLINE static inline
#endif

#if defined(GRADC_LIBMVEC)
#define gradc_hypot hypot
#else
/* sqrt(x^2 + y^2), scaled by a power of two where a square would overflow or be subnormal. */
GRADC_INLINE double gradc_hypot(double x, double y)
{
    const double a = fabs(x), b = fabs(y), most = a > b ? a : b, least = a > b ? b : a;
    const double up = most > 1e150 ? 2.409919865102884e-181 : most < 1e-140 ? 4.149515568880993e+180 : 1.0;
    const double down = most > 1e150 ? 4.149515568880993e+180 : most < 1e-140 ? 2.409919865102884e-181 : 1.0;
    const double p = most * up, q = least * up;
    return a == INFINITY || b == INFINITY ? INFINITY : sqrt(p * p + q * q) * down;
}
#endif

/* Adds a term to a sum, and to `low` what the sum has lost to rounding (Neumaier, Rundungsfehleranalyse einiger Verfahren zur
 * Summation endlicher Summen, ZAMM 54, 1974): the error does not grow with the number of terms. */
static inline void gradc_add(double *sum, double *low, double term)
{
    const double next = *sum + term;
    *low += fabs(*sum) >= fabs(term) ? (*sum - next) + term : (term - next) + *sum;
    *sum = next;
}

/* The sum and what it has lost; an infinite sum has lost nothing that could be known. */
static inline double gradc_rounded(double sum, double low)
{
    return low == low ? sum + low : sum;
}

size_t total_variation_value_work(int64_t t)
{
    (void)t;
    return 0;
}

static GRADC_APART void total_variation_value_rows0(int64_t part, int64_t t, int64_t parts, double eps,
                                                    const double *restrict x, double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i])) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_part_sum += gradc_hypot(eps, x[i + 1] - x[i]);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int total_variation_value(int64_t t, const double *restrict x, const double *restrict y, double lam, double eps,
                          double *restrict value, void *restrict work)
{
    (void)work;
    const int64_t parts = gradc_parts(t - 1, 24, 0);
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        GRADC_PARALLEL(parts)
        for (int64_t part = 0; part < parts; ++part) {
            total_variation_value_rows0(part, t, parts, eps, x, t0_parts);
        }
    } else {
        total_variation_value_rows0(0, t, parts, eps, x, t0_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t ? tile_begin + 128 : t;

        /* t1 = sum[i:t](let(s0 := x[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = x[i] - y[i];
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = lam * t0 + 0.5 * t1 */
    *value = lam * t0 + 0.5 * t1;
    return 0;
}

size_t total_variation_forward_work(int64_t t)
{
    (void)t;
    return 0;
}

static GRADC_APART void total_variation_forward_rows0(int64_t part, int64_t t, int64_t parts, double eps,
                                                      const double *restrict x, double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i])) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_part_sum += gradc_hypot(eps, x[i + 1] - x[i]);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int total_variation_forward(int64_t t, const double *restrict x, const double *restrict y, double lam, double eps,
                            double *restrict value, void *restrict work)
{
    (void)work;
    const int64_t parts = gradc_parts(t - 1, 24, 0);
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        GRADC_PARALLEL(parts)
        for (int64_t part = 0; part < parts; ++part) {
            total_variation_forward_rows0(part, t, parts, eps, x, t0_parts);
        }
    } else {
        total_variation_forward_rows0(0, t, parts, eps, x, t0_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t ? tile_begin + 128 : t;

        /* t1 = sum[i:t](let(s0 := x[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = x[i] - y[i];
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = lam * t0 + 0.5 * t1 */
    *value = lam * t0 + 0.5 * t1;
    return 0;
}

size_t total_variation_backward_work(int64_t t)
{
    return gradc_bytes(t, sizeof(double));
}

int total_variation_backward(int64_t t, const double *restrict x, const double *restrict y, double lam, double eps,
                             double cotangent, double *restrict grad_x, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    for (int64_t at = 0; at < t; ++at) {
        t0[at] = 0.0;
    }

    /* t0[:t] = 0 t0 += each[i:t - 1](let(s0 := x[i + 1] - x[i], s1 := hypot(eps, s0), s2 := 0 == s1, s3 := lam *
     *    cotangent * (s0 / s1), at[i](where(s2, 0, -s3)), at[i + 1](where(s2, 0, s3)))) */
    const double v3 = lam * cotangent;
    for (int64_t i = 0; i < t - 1; ++i) {
        const double v0 = x[i + 1] - x[i];
        const double v1 = gradc_hypot(eps, v0);
        const int v2 = 0.0 == v1;
        const double v4 = v3 * (v0 / v1);
        t0[i] += v2 ? 0.0 : -v4;
        t0[i + 1] += v2 ? 0.0 : v4;
    }

    /* grad_x[i:t] = t0[i] + cotangent * (x[i] - y[i]) */
    GRADC_SIMD()
    for (int64_t i = 0; i < t; ++i) {
        grad_x[i] = t0[i] + cotangent * (x[i] - y[i]);
    }
    return 0;
}

size_t total_variation_value_and_grad_work(int64_t t)
{
    return gradc_bytes(t, sizeof(double));
}

int total_variation_value_and_grad(int64_t t, const double *restrict x, const double *restrict y, double lam,
                                   double eps, double *restrict value, double *restrict grad_x, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t ? tile_begin + 128 : t;

        /* t1 = sum[i:t](let(s0 := x[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = x[i] - y[i];
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t at = 0; at < t; ++at) {
        t2[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < t - 1; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t - 1 ? tile_begin + 128 : t - 1;

        /* t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i])) */
        /* t2[:t] = 0 t2 += each[i:t - 1](let(s0 := x[i + 1] - x[i], s1 := hypot(eps, s0), s2 := 0 == s1, s3 := lam
         *    * (s0 / s1), at[i](where(s2, 0, -s3)), at[i + 1](where(s2, 0, s3)))) */
        double t0_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = x[i + 1] - x[i];
            const double v1 = gradc_hypot(eps, v0);
            const int v2 = 0.0 == v1;
            const double v3 = lam * (v0 / v1);
            t0_sum += v1;
            t2[i] += v2 ? 0.0 : -v3;
            t2[i + 1] += v2 ? 0.0 : v3;
        }
        gradc_add(&t0, &t0_low, t0_sum);
    }
    t0 = gradc_rounded(t0, t0_low);

    /* grad_x[i:t] = t2[i] + (x[i] - y[i]) */
    GRADC_SIMD()
    for (int64_t i = 0; i < t; ++i) {
        grad_x[i] = t2[i] + (x[i] - y[i]);
    }

    /* value = lam * t0 + 0.5 * t1 */
    *value = lam * t0 + 0.5 * t1;
    return 0;
}
