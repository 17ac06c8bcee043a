/* soft_dice: the loss, and its derivatives.
 *
 *     def program(Z: real[n, k], Y: real[n, k], eps: real):
 *         t0[i:n, j:k] = exp(-logaddexp(0, -Z[i, j]))
 *         t1[i:n] = sum[j:k](Y[i, j] * t0[i, j])
 *         t2[i:n] = sum[j:k](t0[i, j])
 *         t3[i:n] = sum[j:k](Y[i, j])
 *         t4 = sum[i:n]((eps + 2 * t1[i]) / (eps + (t2[i] + t3[i])))
 *         value = 1 - t4 / n
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
double exp(double);
#pragma omp declare simd notinbranch
double log1p(double);
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "soft_dice.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t soft_dice_value_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int soft_dice_value(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                    double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(Z[i, j])))))) */
        /* t1[i:n] = sum[j:k](Y[i, j] * t0[i, j]) */
        /* t2[i:n] = sum[j:k](t0[i, j]) */
        /* t3[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum, t2_sum, t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = Z[i*k + j];
                const double v1 = -v0;
                const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
                const double v3 = exp(-v2);
                const double v4 = Y[i*k + j];
                t1_sum += v4 * v3;
                t2_sum += v3;
                t3_sum += v4;
            }
            t1[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
            t3[i - tile_begin] = t3_sum;
        }
        /* t4 = sum[i:n]((eps + 2 * t1[i]) / (eps + (t2[i] + t3[i]))) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += (eps + 2.0 * t1[i - tile_begin]) / (eps + (t3[i - tile_begin] + t2[i - tile_begin]));
        }
        t4 += t4_sum;
    }
    /* value = 1 - t4 / n */
    const double value_ = 1.0 - t4 / (double)n;
    *value = value_;
    return 0;
}

size_t soft_dice_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

int soft_dice_forward(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                      double *restrict value, double *restrict t0, double *restrict t1, double *restrict t2,
                      double *restrict t3, void *restrict work)
{
    (void)work;
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(Z[i, j])))))) */
        /* t1[i:n] = sum[j:k](Y[i, j] * t0[i, j]) */
        /* t2[i:n] = sum[j:k](t0[i, j]) */
        /* t3[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum, t2_sum, t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = Z[i*k + j];
                const double v1 = -v0;
                const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
                const double v3 = exp(-v2);
                const double v4 = Y[i*k + j];
                t0[i*k + j] = v3;
                t1_sum += v4 * v3;
                t2_sum += v3;
                t3_sum += v4;
            }
            t1[i] = t1_sum;
            t2[i] = t2_sum;
            t3[i] = t3_sum;
        }
        /* t4 = sum[i:n]((eps + 2 * t1[i]) / (eps + (t2[i] + t3[i]))) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += (eps + 2.0 * t1[i]) / (eps + (t3[i] + t2[i]));
        }
        t4 += t4_sum;
    }
    /* value = 1 - t4 / n */
    const double value_ = 1.0 - t4 / (double)n;
    *value = value_;
    return 0;
}

size_t soft_dice_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int soft_dice_backward(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                       const double *restrict t0, const double *restrict t1, const double *restrict t2,
                       const double *restrict t3, double cotangent, double *restrict grad_Z, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    /* t4 = -(cotangent / n) */
    const double t4 = -(cotangent / (double)n);
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t5[i:n] = let(s0 := eps + (t2[i] + t3[i]), -(t4 * (eps + 2 * t1[i]) / s0 / s0)) */
        /* t6[i:n] = 2 * (t4 / (eps + (t2[i] + t3[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = eps + (t2[i] + t3[i]);
            t5[i - tile_begin] = -(t4 * (eps + 2.0 * t1[i]) / v0 / v0);
            t6[i - tile_begin] = 2.0 * (t4 / v0);
        }
        /* grad_Z[i:n, j:k] = let(s0 := -Z[i, j], t0[i, j] * (t5[i] + Y[i, j] * t6[i]) * exp(-(Z[i, j] + where(0 == */
        /*    s0, 0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(Z[i, j]))))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t5[i - tile_begin];
            const double v2 = t6[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v3 = Z[i*k + j];
                const double v4 = -v3;
                const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0) + log1p(exp(-fabs(v3)));
                grad_Z[i*k + j] = t0[i*k + j] * (v1 + Y[i*k + j] * v2) * exp(-(v3 + v5));
            }
        }
    }
    return 0;
}

size_t soft_dice_value_and_grad_work(int64_t n, int64_t k)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int soft_dice_value_and_grad(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                             double *restrict value, double *restrict grad_Z, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    /* t5 = -(1 / n) */
    const double t5 = -(1.0 / (double)n);
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(Z[i, j])))))) */
        /* t1[i:n] = sum[j:k](Y[i, j] * t0[i, j]) */
        /* t2[i:n] = sum[j:k](t0[i, j]) */
        /* t3[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum, t2_sum, t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = Z[i*k + j];
                const double v1 = -v0;
                const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
                const double v3 = exp(-v2);
                const double v4 = Y[i*k + j];
                t0[i*k + j - k*tile_begin] = v3;
                t1_sum += v4 * v3;
                t2_sum += v3;
                t3_sum += v4;
            }
            t1[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
            t3[i - tile_begin] = t3_sum;
        }
        /* t4 = sum[i:n]((eps + 2 * t1[i]) / (eps + (t2[i] + t3[i]))) */
        /* t6[i:n] = let(s0 := eps + (t2[i] + t3[i]), -(t5 * (eps + 2 * t1[i]) / s0 / s0)) */
        /* t7[i:n] = 2 * (t5 / (eps + (t2[i] + t3[i]))) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v5 = eps + 2.0 * t1[i - tile_begin];
            const double v6 = eps + (t3[i - tile_begin] + t2[i - tile_begin]);
            t4_sum += v5 / v6;
            t6[i - tile_begin] = -(t5 * v5 / v6 / v6);
            t7[i - tile_begin] = 2.0 * (t5 / v6);
        }
        t4 += t4_sum;
        /* grad_Z[i:n, j:k] = let(s0 := -Z[i, j], t0[i, j] * (t6[i] + Y[i, j] * t7[i]) * exp(-(Z[i, j] + where(0 == */
        /*    s0, 0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(Z[i, j]))))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v7 = t6[i - tile_begin];
            const double v8 = t7[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v9 = Z[i*k + j];
                const double v10 = -v9;
                const double v11 = 0.0 == v10 ? 0.6931471805599453 : ((v10 > 0.0 || v10 != v10) ? v10 : 0.0) + log1p(exp(-fabs(v9)));
                grad_Z[i*k + j] = t0[i*k + j - k*tile_begin] * (v7 + Y[i*k + j] * v8) * exp(-(v9 + v11));
            }
        }
    }
    /* value = 1 - t4 / n */
    const double value_ = 1.0 - t4 / (double)n;
    *value = value_;
    return 0;
}
