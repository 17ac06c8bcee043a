/* gaussian: the loss, and its derivatives.
 *
 *     def program(w: real[d], v: real[d], X: real[n, d], y: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * v[j])
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](t0[i] + 0.5 * (exp(-t0[i]) * (y[i] - t1[i])) ** 2)
 *         value = 0.9189385332046727 + t2 / n
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
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "gaussian.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t gaussian_value_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int gaussian_value(int64_t d, int64_t n, const double *restrict w, const double *restrict v, const double *restrict X,
                   const double *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * v[j]) */
        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                const double v0 = X[d*i + j];
                t0_sum += v0 * v[j];
                t1_sum += v0 * w[j];
            }
            t0[i - tile_begin] = t0_sum;
            t1[i - tile_begin] = t1_sum;
        }
        /* t2 = sum[i:n](let(s0 := exp(-t0[i]) * (y[i] - t1[i]), t0[i] + 0.5 * (s0 * s0))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i - tile_begin];
            const double v2 = exp(-v1) * (y[i] - t1[i - tile_begin]);
            t2_sum += v1 + 0.5 * (v2 * v2);
        }
        t2 += t2_sum;
    }
    /* value = 0.9189385332046727 + t2 / n */
    const double value_ = 0.9189385332046727 + t2 / (double)n;
    *value = value_;
    return 0;
}

size_t gaussian_forward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return 0;
}

int gaussian_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
                     const double *restrict X, const double *restrict y, double *restrict value, double *restrict t0,
                     double *restrict t1, void *restrict work)
{
    (void)work;
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * v[j]) */
        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                const double v0 = X[d*i + j];
                t0_sum += v0 * v[j];
                t1_sum += v0 * w[j];
            }
            t0[i] = t0_sum;
            t1[i] = t1_sum;
        }
        /* t2 = sum[i:n](let(s0 := exp(-t0[i]) * (y[i] - t1[i]), t0[i] + 0.5 * (s0 * s0))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i];
            const double v2 = exp(-v1) * (y[i] - t1[i]);
            t2_sum += v1 + 0.5 * (v2 * v2);
        }
        t2 += t2_sum;
    }
    /* value = 0.9189385332046727 + t2 / n */
    const double value_ = 0.9189385332046727 + t2 / (double)n;
    *value = value_;
    return 0;
}

size_t gaussian_backward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int gaussian_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
                      const double *restrict X, const double *restrict y, const double *restrict t0,
                      const double *restrict t1, double cotangent, double *restrict grad_w, double *restrict grad_v,
                      void *restrict work)
{
    (void)w;
    (void)v;
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_v[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[i:n] = let(s0 := exp(-t0[i]), -(s0 * (t2 * (s0 * (y[i] - t1[i]))))) */
        /* t4[i:n] = let(s0 := exp(-t0[i]), s1 := y[i] - t1[i], t2 - s0 * (s1 * (t2 * (s0 * s1)))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = exp(-t0[i]);
            const double v1 = y[i] - t1[i];
            const double v2 = t2 * (v0 * v1);
            t3[i - tile_begin] = -(v0 * v2);
            t4[i - tile_begin] = t2 - v0 * (v1 * v2);
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
        /* grad_v[j:d] = sum[i:n](X[i, j] * t4[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v4 = t3[i - tile_begin];
            const double v5 = t4[i - tile_begin];
            const double v7 = t3[(i + 1) - tile_begin];
            const double v8 = t4[(i + 1) - tile_begin];
            const double v10 = t3[(i + 2) - tile_begin];
            const double v11 = t4[(i + 2) - tile_begin];
            const double v13 = t3[(i + 3) - tile_begin];
            const double v14 = t4[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v3 = X[d*i + j];
                const double v6 = X[(i + 1)*d + j];
                const double v9 = X[(i + 2)*d + j];
                const double v12 = X[(i + 3)*d + j];
                grad_w[j] += v3 * v4 + v6 * v7 + v9 * v10 + v12 * v13;
                grad_v[j] += v3 * v5 + v6 * v8 + v9 * v11 + v12 * v14;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v4 = t3[i - tile_begin];
            const double v5 = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v3 = X[d*i + j];
                grad_w[j] += v3 * v4;
                grad_v[j] += v3 * v5;
            }
        }
    }
    return 0;
}

size_t gaussian_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int gaussian_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
                            const double *restrict X, const double *restrict y, double *restrict value,
                            double *restrict grad_w, double *restrict grad_v, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    /* t3 = 1 / n */
    const double t3 = 1.0 / (double)n;
    double t2 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_v[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * v[j]) */
        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                const double v0 = X[d*i + j];
                t0_sum += v0 * v[j];
                t1_sum += v0 * w[j];
            }
            t0[i - tile_begin] = t0_sum;
            t1[i - tile_begin] = t1_sum;
        }
        /* t2 = sum[i:n](let(s0 := exp(-t0[i]) * (y[i] - t1[i]), t0[i] + 0.5 * (s0 * s0))) */
        /* t4[i:n] = let(s0 := exp(-t0[i]), -(s0 * (t3 * (s0 * (y[i] - t1[i]))))) */
        /* t5[i:n] = let(s0 := exp(-t0[i]), s1 := y[i] - t1[i], t3 - s0 * (s1 * (t3 * (s0 * s1)))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i - tile_begin];
            const double v2 = exp(-v1);
            const double v3 = y[i] - t1[i - tile_begin];
            const double v4 = v2 * v3;
            const double v5 = t3 * v4;
            t2_sum += v1 + 0.5 * (v4 * v4);
            t4[i - tile_begin] = -(v2 * v5);
            t5[i - tile_begin] = t3 - v2 * (v3 * v5);
        }
        t2 += t2_sum;
        /* grad_w[j:d] = sum[i:n](X[i, j] * t4[i]) */
        /* grad_v[j:d] = sum[i:n](X[i, j] * t5[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v7 = t4[i - tile_begin];
            const double v8 = t5[i - tile_begin];
            const double v10 = t4[(i + 1) - tile_begin];
            const double v11 = t5[(i + 1) - tile_begin];
            const double v13 = t4[(i + 2) - tile_begin];
            const double v14 = t5[(i + 2) - tile_begin];
            const double v16 = t4[(i + 3) - tile_begin];
            const double v17 = t5[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v6 = X[d*i + j];
                const double v9 = X[(i + 1)*d + j];
                const double v12 = X[(i + 2)*d + j];
                const double v15 = X[(i + 3)*d + j];
                grad_w[j] += v6 * v7 + v9 * v10 + v12 * v13 + v15 * v16;
                grad_v[j] += v6 * v8 + v9 * v11 + v12 * v14 + v15 * v17;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v7 = t4[i - tile_begin];
            const double v8 = t5[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v6 = X[d*i + j];
                grad_w[j] += v6 * v7;
                grad_v[j] += v6 * v8;
            }
        }
    }
    /* value = 0.9189385332046727 + t2 / n */
    const double value_ = 0.9189385332046727 + t2 / (double)n;
    *value = value_;
    return 0;
}
