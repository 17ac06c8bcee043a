/* contrastive: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], same: real[n], margin: real):
 *         t0[i:n] = sum[j:k]((A[i, j] - B[i, j]) ** 2)
 *         t1 = sum[i:n](let(s0 := 1e-12 + t0[i], same[i] * s0 + (1 - same[i]) * maximum(0, margin - sqrt(s0)) ** 2))
 *         value = 0.5 * (t1 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "contrastive.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t contrastive_value_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int contrastive_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                      const double *restrict same, double margin, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](let(s0 := A[i, j] - B[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                t0_sum += v0 * v0;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := 1e-12 + t0[i], s1 := maximum(0, margin - sqrt(s0)), same[i] * s0 + (1 - same[i])
         *    * (s1 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = 1e-12 + t0[i - tile_begin];
            const double v1 = margin - sqrt(v0);
            const double v2 = (v1 > 0.0 || v1 != v1) ? v1 : 0.0;
            t1_sum += same_i * v0 + (1.0 - same_i) * (v2 * v2);
        }
        t1 += t1_sum;
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t contrastive_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

int contrastive_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                        const double *restrict same, double margin, double *restrict value, double *restrict t0,
                        void *restrict work)
{
    (void)work;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](let(s0 := A[i, j] - B[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                t0_sum += v0 * v0;
            }
            t0[i] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := 1e-12 + t0[i], s1 := maximum(0, margin - sqrt(s0)), same[i] * s0 + (1 - same[i])
         *    * (s1 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = 1e-12 + t0[i];
            const double v1 = margin - sqrt(v0);
            const double v2 = (v1 > 0.0 || v1 != v1) ? v1 : 0.0;
            t1_sum += same_i * v0 + (1.0 - same_i) * (v2 * v2);
        }
        t1 += t1_sum;
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t contrastive_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int contrastive_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         const double *restrict same, double margin, const double *restrict t0, double cotangent,
                         double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;

    /* t1 = 0.5 * cotangent / n */
    const double t1 = 0.5 * cotangent / (double)n;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[i:n] = let(s0 := sqrt(1e-12 + t0[i]), s1 := margin - s0, s2 := t1 * (1 - same[i]) * (2 * maximum(0,
         *    s1)), t1 * same[i] - 0.5 * where(0 < s1, s2, where(0 == s1, 0.5 * s2, 0)) / s0) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = sqrt(1e-12 + t0[i]);
            const double v1 = margin - v0;
            const double v2 = t1 * (1.0 - same_i) * (2.0 * ((v1 > 0.0 || v1 != v1) ? v1 : 0.0));
            t2[i - tile_begin] = t1 * same_i - 0.5 * (0.0 < v1 ? v2 : (0.0 == v1 ? 0.5 * v2 : 0.0)) / v0;
        }

        /* grad_A[i:n, j:k] = t2[i] * (2 * (A[i, j] - B[i, j])) */
        /* grad_B[i:n, j:k] = -(t2[i] * (2 * (A[i, j] - B[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t2_i = t2[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t2_i * (2.0 * (A[i*k + j] - B[i*k + j]));
                grad_A[i*k + j] = v0;
                grad_B[i*k + j] = -v0;
            }
        }
    }
    return 0;
}

size_t contrastive_value_and_grad_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int contrastive_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                               const double *restrict same, double margin, double *restrict value,
                               double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;

    /* t2 = 0.5 / n */
    const double t2 = 0.5 / (double)n;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](let(s0 := A[i, j] - B[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                t0_sum += v0 * v0;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := 1e-12 + t0[i], s1 := maximum(0, margin - sqrt(s0)), same[i] * s0 + (1 - same[i])
         *    * (s1 * s1))) */
        /* t3[i:n] = let(s0 := sqrt(1e-12 + t0[i]), s1 := margin - s0, s2 := t2 * (1 - same[i]) * (2 * maximum(0,
         *    s1)), t2 * same[i] - 0.5 * where(0 < s1, s2, where(0 == s1, 0.5 * s2, 0)) / s0) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = 1e-12 + t0[i - tile_begin];
            const double v1 = 1.0 - same_i;
            const double v2 = sqrt(v0);
            const double v3 = margin - v2;
            const double v4 = (v3 > 0.0 || v3 != v3) ? v3 : 0.0;
            const double v5 = t2 * v1 * (2.0 * v4);
            t1_sum += same_i * v0 + v1 * (v4 * v4);
            t3[i - tile_begin] = t2 * same_i - 0.5 * (0.0 < v3 ? v5 : (0.0 == v3 ? 0.5 * v5 : 0.0)) / v2;
        }
        t1 += t1_sum;

        /* grad_A[i:n, j:k] = t3[i] * (2 * (A[i, j] - B[i, j])) */
        /* grad_B[i:n, j:k] = -(t3[i] * (2 * (A[i, j] - B[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t3_i * (2.0 * (A[i*k + j] - B[i*k + j]));
                grad_A[i*k + j] = v0;
                grad_B[i*k + j] = -v0;
            }
        }
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}
