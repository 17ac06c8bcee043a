/* tukey_biweight: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], c: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](1 - (1 - minimum(1, abs(t0[i] - y[i]) / c) ** 2) ** 3)
 *         value = t1 / n * (c ** 2 / 6)
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

#include "tukey_biweight.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t tukey_biweight_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int tukey_biweight_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double c, double *restrict value, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := minimum(1, abs(t0[i] - y[i]) / c), s1 := 1 - s0 * s0, 1 - s1 * (s1 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = fabs(t0[i - tile_begin] - y[i]) / c;
            const double v1 = (v0 < 1.0 || v0 != v0) ? v0 : 1.0;
            const double v2 = 1.0 - v1 * v1;
            t1_sum += 1.0 - v2 * (v2 * v2);
        }
        t1 += t1_sum;
    }

    /* value = t1 / n * (c * c / 6) */
    *value = t1 / (double)n * (c * c / 6.0);
    return 0;
}

size_t tukey_biweight_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int tukey_biweight_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict y, double c, double *restrict value, double *restrict t0,
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
                t0_sum += X[i*d + j] * w[j];
            }
            t0[i] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := minimum(1, abs(t0[i] - y[i]) / c), s1 := 1 - s0 * s0, 1 - s1 * (s1 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = fabs(t0[i] - y[i]) / c;
            const double v1 = (v0 < 1.0 || v0 != v0) ? v0 : 1.0;
            const double v2 = 1.0 - v1 * v1;
            t1_sum += 1.0 - v2 * (v2 * v2);
        }
        t1 += t1_sum;
    }

    /* value = t1 / n * (c * c / 6) */
    *value = t1 / (double)n * (c * c / 6.0);
    return 0;
}

size_t tukey_biweight_backward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int tukey_biweight_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                            const double *restrict y, double c, const double *restrict t0, double cotangent,
                            double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;

    /* t1 = cotangent * (c * c) / 6 / n */
    const double t1 = cotangent * (c * c) / 6.0 / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[i:n] = let(s0 := t0[i] - y[i], s1 := abs(s0) / c, s2 := minimum(1, s1), s3 := 1 - s2 * s2, s4 := 2 *
         *    s2 * (t1 * (3 * (s3 * s3))), where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0 < 0, 1, 0)) *
         *    (where(s1 < 1, s4, where(1 == s1, 0.5 * s4, 0)) / c)) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i] - y[i];
            const double v1 = fabs(v0) / c;
            const double v2 = (v1 < 1.0 || v1 != v1) ? v1 : 1.0;
            const double v3 = 1.0 - v2 * v2;
            const double v4 = 2.0 * v2 * (t1 * (3.0 * (v3 * v3)));
            const double v5 = (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)) * ((v1 < 1.0 ? v4 : (1.0 == v1 ? 0.5 * v4 : 0.0)) / c);
            t2[i - tile_begin] = v5;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * t2[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double t2_i = t2[i - tile_begin];
            const double t2_i1 = t2[(i + 1) - tile_begin];
            const double t2_i2 = t2[(i + 2) - tile_begin];
            const double t2_i3 = t2[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t2_i + X[(i + 1)*d + j] * t2_i1 + X[(i + 2)*d + j] * t2_i2 + X[(i + 3)*d + j] * t2_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double t2_i = t2[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t2_i;
            }
        }
    }
    return 0;
}

size_t tukey_biweight_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int tukey_biweight_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                  const double *restrict y, double c, double *restrict value, double *restrict grad_w,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;

    /* t2 = c * c / 6 / n */
    const double t2 = c * c / 6.0 / (double)n;
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
                t0_sum += X[i*d + j] * w[j];
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := minimum(1, abs(t0[i] - y[i]) / c), s1 := 1 - s0 * s0, 1 - s1 * (s1 * s1))) */
        /* t3[i:n] = let(s0 := t0[i] - y[i], s1 := abs(s0) / c, s2 := minimum(1, s1), s3 := 1 - s2 * s2, s4 := 2 *
         *    s2 * (t2 * (3 * (s3 * s3))), where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0 < 0, 1, 0)) *
         *    (where(s1 < 1, s4, where(1 == s1, 0.5 * s4, 0)) / c)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin] - y[i];
            const double v1 = fabs(v0) / c;
            const double v2 = (v1 < 1.0 || v1 != v1) ? v1 : 1.0;
            const double v3 = 1.0 - v2 * v2;
            const double v4 = v3 * v3;
            const double v5 = 2.0 * v2 * (t2 * (3.0 * v4));
            const double v6 = (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)) * ((v1 < 1.0 ? v5 : (1.0 == v1 ? 0.5 * v5 : 0.0)) / c);
            t1_sum += 1.0 - v3 * v4;
            t3[i - tile_begin] = v6;
        }
        t1 += t1_sum;

        /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double t3_i = t3[i - tile_begin];
            const double t3_i1 = t3[(i + 1) - tile_begin];
            const double t3_i2 = t3[(i + 2) - tile_begin];
            const double t3_i3 = t3[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t3_i + X[(i + 1)*d + j] * t3_i1 + X[(i + 2)*d + j] * t3_i2 + X[(i + 3)*d + j] * t3_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double t3_i = t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t3_i;
            }
        }
    }

    /* value = t1 / n * (c * c / 6) */
    *value = t1 / (double)n * (c * c / 6.0);
    return 0;
}
