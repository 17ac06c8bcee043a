/* pinball: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], tau: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](let(s0 := y[i] - t0[i], maximum(tau * s0, (tau - 1) * s0)))
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

#include "pinball.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t pinball_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int pinball_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                  double tau, double *restrict value, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := y[i] - t0[i], maximum(tau * s0, (tau - 1) * s0))) */
        const double v2 = tau - 1.0;
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i] - t0[i - tile_begin];
            const double v1 = tau * v0;
            const double v3 = v2 * v0;
            t1_sum += (v1 > v3 || v1 != v1) ? v1 : v3;
        }
        t1 += t1_sum;
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t pinball_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int pinball_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                    const double *restrict y, double tau, double *restrict value, double *restrict t0,
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

        /* t1 = sum[i:n](let(s0 := y[i] - t0[i], maximum(tau * s0, (tau - 1) * s0))) */
        const double v2 = tau - 1.0;
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i] - t0[i];
            const double v1 = tau * v0;
            const double v3 = v2 * v0;
            t1_sum += (v1 > v3 || v1 != v1) ? v1 : v3;
        }
        t1 += t1_sum;
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t pinball_backward_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(d, sizeof(double));
}

int pinball_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict y, double tau, const double *restrict t0, double cotangent,
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

    /* t2[j:d] = sum[i:n](let(s0 := tau - 1, s1 := y[i] - t0[i], s2 := s0 * s1, s3 := tau * s1, s4 := where(s3 ==
     *    s2, 0.5 * t1, 0), X[i, j] * (tau * where(s2 < s3, t1, s4) + s0 * where(s3 < s2, t1, s4)))) */
    const double v0 = tau - 1.0;
    const double v4 = 0.5 * t1;
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v1 = y[i] - t0[i];
        const double v2 = v1 * v0;
        const double v3 = tau * v1;
        const double v5 = v3 == v2 ? v4 : 0.0;
        const double v6 = tau * (v2 < v3 ? t1 : v5) + v0 * (v3 < v2 ? t1 : v5);
        const double v7 = y[(i + 1)] - t0[(i + 1)];
        const double v8 = v7 * v0;
        const double v9 = tau * v7;
        const double v10 = v9 == v8 ? v4 : 0.0;
        const double v11 = tau * (v8 < v9 ? t1 : v10) + v0 * (v9 < v8 ? t1 : v10);
        const double v12 = y[(i + 2)] - t0[(i + 2)];
        const double v13 = v12 * v0;
        const double v14 = tau * v12;
        const double v15 = v14 == v13 ? v4 : 0.0;
        const double v16 = tau * (v13 < v14 ? t1 : v15) + v0 * (v14 < v13 ? t1 : v15);
        const double v17 = y[(i + 3)] - t0[(i + 3)];
        const double v18 = v17 * v0;
        const double v19 = tau * v17;
        const double v20 = v19 == v18 ? v4 : 0.0;
        const double v21 = tau * (v18 < v19 ? t1 : v20) + v0 * (v19 < v18 ? t1 : v20);
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v6 + X[(i + 1)*d + j] * v11 + X[(i + 2)*d + j] * v16 + X[(i + 3)*d + j] * v21;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v1 = y[i] - t0[i];
        const double v2 = v1 * v0;
        const double v3 = tau * v1;
        const double v5 = v3 == v2 ? v4 : 0.0;
        const double v6 = tau * (v2 < v3 ? t1 : v5) + v0 * (v3 < v2 ? t1 : v5);
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v6;
        }
    }

    /* grad_w[j:d] = -t2[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = -t2[j];
    }
    return 0;
}

size_t pinball_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int pinball_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict y, double tau, double *restrict value, double *restrict grad_w,
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

        /* t1 = sum[i:n](let(s0 := y[i] - t0[i], maximum(tau * s0, (tau - 1) * s0))) */
        const double v2 = tau - 1.0;
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i] - t0[i - tile_begin];
            const double v1 = tau * v0;
            const double v3 = v2 * v0;
            t1_sum += (v1 > v3 || v1 != v1) ? v1 : v3;
        }
        t1 += t1_sum;

        /* t3[j:d] = sum[i:n](let(s0 := tau - 1, s1 := y[i] - t0[i], s2 := s0 * s1, s3 := tau * s1, s4 := where(s3
         *    == s2, 0.5 * t2, 0), X[i, j] * (tau * where(s2 < s3, t2, s4) + s0 * where(s3 < s2, t2, s4)))) */
        const double v0 = tau - 1.0;
        const double v5 = 0.5 * t2;
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v1 = y[i] - t0[i - tile_begin];
            const double v3 = v0 * v1;
            const double v4 = tau * v1;
            const double v6 = v4 == v3 ? v5 : 0.0;
            const double v7 = tau * (v3 < v4 ? t2 : v6) + v0 * (v4 < v3 ? t2 : v6);
            const double v8 = y[(i + 1)] - t0[(i + 1) - tile_begin];
            const double v9 = v0 * v8;
            const double v10 = tau * v8;
            const double v11 = v10 == v9 ? v5 : 0.0;
            const double v12 = tau * (v9 < v10 ? t2 : v11) + v0 * (v10 < v9 ? t2 : v11);
            const double v13 = y[(i + 2)] - t0[(i + 2) - tile_begin];
            const double v14 = v0 * v13;
            const double v15 = tau * v13;
            const double v16 = v15 == v14 ? v5 : 0.0;
            const double v17 = tau * (v14 < v15 ? t2 : v16) + v0 * (v15 < v14 ? t2 : v16);
            const double v18 = y[(i + 3)] - t0[(i + 3) - tile_begin];
            const double v19 = v0 * v18;
            const double v20 = tau * v18;
            const double v21 = v20 == v19 ? v5 : 0.0;
            const double v22 = tau * (v19 < v20 ? t2 : v21) + v0 * (v20 < v19 ? t2 : v21);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j] += X[i*d + j] * v7 + X[(i + 1)*d + j] * v12 + X[(i + 2)*d + j] * v17 + X[(i + 3)*d + j] * v22;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v1 = y[i] - t0[i - tile_begin];
            const double v3 = v0 * v1;
            const double v4 = tau * v1;
            const double v6 = v4 == v3 ? v5 : 0.0;
            const double v7 = tau * (v3 < v4 ? t2 : v6) + v0 * (v4 < v3 ? t2 : v6);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j] += X[i*d + j] * v7;
            }
        }
    }

    /* value = t1 / n */
    *value = t1 / (double)n;

    /* grad_w[j:d] = -t3[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = -t3[j];
    }
    return 0;
}
