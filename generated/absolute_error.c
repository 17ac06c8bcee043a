/* absolute_error: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](abs(t0[i] - y[i]))
 *         value = t1 / n
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

#include "absolute_error.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t absolute_error_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int absolute_error_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
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
                t0_sum += X[i*d + j] * w[j];
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](abs(t0[i] - y[i])) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += fabs(t0[i - tile_begin] - y[i]);
        }
        t1 += t1_sum;
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t absolute_error_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int absolute_error_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict y, double *restrict value, double *restrict t0, void *restrict work)
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
                t0_sum += X[i*d + j] * w[j];
            }
            t0[i] = t0_sum;
        }

        /* t1 = sum[i:n](abs(t0[i] - y[i])) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += fabs(t0[i] - y[i]);
        }
        t1 += t1_sum;
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t absolute_error_backward_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(d, sizeof(double));
}

int absolute_error_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                            const double *restrict y, const double *restrict t0, double cotangent,
                            double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;

    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        t2[at] = 0.0;
    }

    /* t2[j:d] = sum[i:n](let(s0 := t0[i] - y[i], X[i, j] * where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0 < 0,
     *    1, 0)))) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v0 = t0[i] - y[i];
        const double v1 = v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0);
        const double v2 = t0[(i + 1)] - y[(i + 1)];
        const double v3 = v2 != v2 ? v2 : (0.0 < v2 ? 1.0 : 0.0) - (v2 < 0.0 ? 1.0 : 0.0);
        const double v4 = t0[(i + 2)] - y[(i + 2)];
        const double v5 = v4 != v4 ? v4 : (0.0 < v4 ? 1.0 : 0.0) - (v4 < 0.0 ? 1.0 : 0.0);
        const double v6 = t0[(i + 3)] - y[(i + 3)];
        const double v7 = v6 != v6 ? v6 : (0.0 < v6 ? 1.0 : 0.0) - (v6 < 0.0 ? 1.0 : 0.0);
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v1 + X[(i + 1)*d + j] * v3 + X[(i + 2)*d + j] * v5 + X[(i + 3)*d + j] * v7;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v0 = t0[i] - y[i];
        const double v1 = v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0);
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v1;
        }
    }

    /* grad_w[j:d] = t1 * t2[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = t1 * t2[j];
    }
    return 0;
}

size_t absolute_error_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int absolute_error_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
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
        t3[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[i*d + j] * w[j];
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](abs(t0[i] - y[i])) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += fabs(t0[i - tile_begin] - y[i]);
        }
        t1 += t1_sum;

        /* t3[j:d] = sum[i:n](let(s0 := t0[i] - y[i], X[i, j] * where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0
         *    < 0, 1, 0)))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v0 = t0[i - tile_begin] - y[i];
            const double v1 = v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0);
            const double v2 = t0[(i + 1) - tile_begin] - y[(i + 1)];
            const double v3 = v2 != v2 ? v2 : (0.0 < v2 ? 1.0 : 0.0) - (v2 < 0.0 ? 1.0 : 0.0);
            const double v4 = t0[(i + 2) - tile_begin] - y[(i + 2)];
            const double v5 = v4 != v4 ? v4 : (0.0 < v4 ? 1.0 : 0.0) - (v4 < 0.0 ? 1.0 : 0.0);
            const double v6 = t0[(i + 3) - tile_begin] - y[(i + 3)];
            const double v7 = v6 != v6 ? v6 : (0.0 < v6 ? 1.0 : 0.0) - (v6 < 0.0 ? 1.0 : 0.0);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j] += X[i*d + j] * v1 + X[(i + 1)*d + j] * v3 + X[(i + 2)*d + j] * v5 + X[(i + 3)*d + j] * v7;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin] - y[i];
            const double v1 = v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j] += X[i*d + j] * v1;
            }
        }
    }

    /* value = t1 / n */
    *value = t1 / (double)n;

    /* grad_w[j:d] = t2 * t3[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = t2 * t3[j];
    }
    return 0;
}
