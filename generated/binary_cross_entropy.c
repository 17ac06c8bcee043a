/* binary_cross_entropy: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](logaddexp(0, t0[i]) - y[i] * t0[i])
 *         value = t1 / n
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

#include "binary_cross_entropy.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t binary_cross_entropy_value_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double));
}

int binary_cross_entropy_value(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                               const double *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i - tile_begin] = t0_sum;
        }
        /* t1 = sum[i:n](where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + log1p(exp(-abs(t0[i])))) - y[i] */
        /*    * t0[i]) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin];
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            t1_sum += v1 - y[i] * v0;
        }
        t1 += t1_sum;
    }
    /* value = t1 / n */
    const double value_ = t1 / (double)n;
    *value = value_;
    return 0;
}

size_t binary_cross_entropy_forward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return 0;
}

int binary_cross_entropy_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                                 const double *restrict y, double *restrict value, double *restrict t0,
                                 void *restrict work)
{
    (void)work;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t1 = sum[i:n](where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + log1p(exp(-abs(t0[i])))) - y[i] */
        /*    * t0[i]) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i];
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            t1_sum += v1 - y[i] * v0;
        }
        t1 += t1_sum;
    }
    /* value = t1 / n */
    const double value_ = t1 / (double)n;
    *value = value_;
    return 0;
}

size_t binary_cross_entropy_backward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double));
}

int binary_cross_entropy_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                                  const double *restrict y, const double *restrict t0, double cotangent,
                                  double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t2[i:n] = t1 * exp(t0[i] - where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + */
        /*    log1p(exp(-abs(t0[i]))))) - t1 * y[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i];
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            t2[i - tile_begin] = t1 * exp(v0 - v1) - t1 * y[i];
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * t2[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v2 = t2[i - tile_begin];
            const double v3 = t2[(i + 1) - tile_begin];
            const double v4 = t2[(i + 2) - tile_begin];
            const double v5 = t2[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v2 + X[(i + 1)*d + j] * v3 + X[(i + 2)*d + j] * v4 + X[(i + 3)*d + j] * v5;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v2 = t2[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v2;
            }
        }
    }
    return 0;
}

size_t binary_cross_entropy_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int binary_cross_entropy_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                                        const double *restrict y, double *restrict value, double *restrict grad_w,
                                        void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    /* t2 = 1 / n */
    const double t2 = 1.0 / (double)n;
    double t1 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i - tile_begin] = t0_sum;
        }
        /* t1 = sum[i:n](where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + log1p(exp(-abs(t0[i])))) - y[i] */
        /*    * t0[i]) */
        /* t3[i:n] = t2 * exp(t0[i] - where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + */
        /*    log1p(exp(-abs(t0[i]))))) - t2 * y[i] */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin];
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            const double v2 = y[i];
            t1_sum += v1 - v2 * v0;
            t3[i - tile_begin] = t2 * exp(v0 - v1) - t2 * v2;
        }
        t1 += t1_sum;
        /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v3 = t3[i - tile_begin];
            const double v4 = t3[(i + 1) - tile_begin];
            const double v5 = t3[(i + 2) - tile_begin];
            const double v6 = t3[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v3 + X[(i + 1)*d + j] * v4 + X[(i + 2)*d + j] * v5 + X[(i + 3)*d + j] * v6;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v3 = t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v3;
            }
        }
    }
    /* value = t1 / n */
    const double value_ = t1 / (double)n;
    *value = value_;
    return 0;
}
