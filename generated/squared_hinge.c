/* squared_hinge: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], lam: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](maximum(0, 1 - y[i] * t0[i]) ** 2)
 *         t2 = sum[j:d](w[j] ** 2)
 *         value = t1 / n + t2 * (0.5 * lam)
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

#include "squared_hinge.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t squared_hinge_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int squared_hinge_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                        const double *restrict y, double lam, double *restrict value, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := maximum(0, 1 - y[i] * t0[i]), s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = 1.0 - y[i] * t0[i - tile_begin];
            const double v1 = (v0 > 0.0 || v0 != v0) ? v0 : 0.0;
            t1_sum += v1 * v1;
        }
        t1 += t1_sum;
    }
    double t2 = 0.0;

    /* t2 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t2 += w_j * w_j;
    }

    /* value = t1 / n + t2 * (0.5 * lam) */
    *value = t1 / (double)n + t2 * (0.5 * lam);
    return 0;
}

size_t squared_hinge_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int squared_hinge_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                          const double *restrict y, double lam, double *restrict value, double *restrict t0,
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

        /* t1 = sum[i:n](let(s0 := maximum(0, 1 - y[i] * t0[i]), s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = 1.0 - y[i] * t0[i];
            const double v1 = (v0 > 0.0 || v0 != v0) ? v0 : 0.0;
            t1_sum += v1 * v1;
        }
        t1 += t1_sum;
    }
    double t2 = 0.0;

    /* t2 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t2 += w_j * w_j;
    }

    /* value = t1 / n + t2 * (0.5 * lam) */
    *value = t1 / (double)n + t2 * (0.5 * lam);
    return 0;
}

size_t squared_hinge_backward_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(d, sizeof(double));
}

int squared_hinge_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict y, double lam, const double *restrict t0, double cotangent,
                           double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;

    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        t2[at] = 0.0;
    }

    /* t2[j:d] = sum[i:n](let(s0 := 1 - y[i] * t0[i], s1 := t1 * (2 * maximum(0, s0)), -(X[i, j] * (y[i] * where(0
     *    < s0, s1, where(0 == s0, 0.5 * s1, 0)))))) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double y_i = y[i];
        const double v0 = 1.0 - y_i * t0[i];
        const double v1 = t1 * (2.0 * ((v0 > 0.0 || v0 != v0) ? v0 : 0.0));
        const double v2 = y_i * (0.0 < v0 ? v1 : (0.0 == v0 ? 0.5 * v1 : 0.0));
        const double y_i1 = y[(i + 1)];
        const double v3 = 1.0 - y_i1 * t0[(i + 1)];
        const double v4 = t1 * (2.0 * ((v3 > 0.0 || v3 != v3) ? v3 : 0.0));
        const double v5 = y_i1 * (0.0 < v3 ? v4 : (0.0 == v3 ? 0.5 * v4 : 0.0));
        const double y_i2 = y[(i + 2)];
        const double v6 = 1.0 - y_i2 * t0[(i + 2)];
        const double v7 = t1 * (2.0 * ((v6 > 0.0 || v6 != v6) ? v6 : 0.0));
        const double v8 = y_i2 * (0.0 < v6 ? v7 : (0.0 == v6 ? 0.5 * v7 : 0.0));
        const double y_i3 = y[(i + 3)];
        const double v9 = 1.0 - y_i3 * t0[(i + 3)];
        const double v10 = t1 * (2.0 * ((v9 > 0.0 || v9 != v9) ? v9 : 0.0));
        const double v11 = y_i3 * (0.0 < v9 ? v10 : (0.0 == v9 ? 0.5 * v10 : 0.0));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += -(X[i*d + j] * v2) + -(X[(i + 1)*d + j] * v5) + -(X[(i + 2)*d + j] * v8) + -(X[(i + 3)*d + j] * v11);
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double y_i = y[i];
        const double v0 = 1.0 - y_i * t0[i];
        const double v1 = t1 * (2.0 * ((v0 > 0.0 || v0 != v0) ? v0 : 0.0));
        const double v2 = y_i * (0.0 < v0 ? v1 : (0.0 == v0 ? 0.5 * v1 : 0.0));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += -(X[i*d + j] * v2);
        }
    }

    /* grad_w[j:d] = t2[j] + 2 * w[j] * (cotangent * (0.5 * lam)) */
    const double v0 = cotangent * (0.5 * lam);
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = t2[j] + 2.0 * w[j] * v0;
    }
    return 0;
}

size_t squared_hinge_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int squared_hinge_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                 const double *restrict y, double lam, double *restrict value,
                                 double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;

    /* t3 = 1 / n */
    const double t3 = 1.0 / (double)n;
    double t1 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        t4[at] = 0.0;
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

        /* t1 = sum[i:n](let(s0 := maximum(0, 1 - y[i] * t0[i]), s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = 1.0 - y[i] * t0[i - tile_begin];
            const double v1 = (v0 > 0.0 || v0 != v0) ? v0 : 0.0;
            t1_sum += v1 * v1;
        }
        t1 += t1_sum;

        /* t4[j:d] = sum[i:n](let(s0 := 1 - y[i] * t0[i], s1 := t3 * (2 * maximum(0, s0)), -(X[i, j] * (y[i] *
         *    where(0 < s0, s1, where(0 == s0, 0.5 * s1, 0)))))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double y_i = y[i];
            const double v0 = 1.0 - y_i * t0[i - tile_begin];
            const double v1 = t3 * (2.0 * ((v0 > 0.0 || v0 != v0) ? v0 : 0.0));
            const double v2 = y_i * (0.0 < v0 ? v1 : (0.0 == v0 ? 0.5 * v1 : 0.0));
            const double y_i1 = y[(i + 1)];
            const double v3 = 1.0 - y_i1 * t0[(i + 1) - tile_begin];
            const double v4 = t3 * (2.0 * ((v3 > 0.0 || v3 != v3) ? v3 : 0.0));
            const double v5 = y_i1 * (0.0 < v3 ? v4 : (0.0 == v3 ? 0.5 * v4 : 0.0));
            const double y_i2 = y[(i + 2)];
            const double v6 = 1.0 - y_i2 * t0[(i + 2) - tile_begin];
            const double v7 = t3 * (2.0 * ((v6 > 0.0 || v6 != v6) ? v6 : 0.0));
            const double v8 = y_i2 * (0.0 < v6 ? v7 : (0.0 == v6 ? 0.5 * v7 : 0.0));
            const double y_i3 = y[(i + 3)];
            const double v9 = 1.0 - y_i3 * t0[(i + 3) - tile_begin];
            const double v10 = t3 * (2.0 * ((v9 > 0.0 || v9 != v9) ? v9 : 0.0));
            const double v11 = y_i3 * (0.0 < v9 ? v10 : (0.0 == v9 ? 0.5 * v10 : 0.0));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t4[j] += -(X[i*d + j] * v2) + -(X[(i + 1)*d + j] * v5) + -(X[(i + 2)*d + j] * v8) + -(X[(i + 3)*d + j] * v11);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = 1.0 - y_i * t0[i - tile_begin];
            const double v1 = t3 * (2.0 * ((v0 > 0.0 || v0 != v0) ? v0 : 0.0));
            const double v2 = y_i * (0.0 < v0 ? v1 : (0.0 == v0 ? 0.5 * v1 : 0.0));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t4[j] += -(X[i*d + j] * v2);
            }
        }
    }
    double t2 = 0.0;

    /* t2 = sum[j:d](w[j] * w[j]) */
    /* grad_w[j:d] = t4[j] + lam * w[j] */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t2 += w_j * w_j;
        grad_w[j] = t4[j] + lam * w_j;
    }

    /* value = t1 / n + t2 * (0.5 * lam) */
    *value = t1 / (double)n + t2 * (0.5 * lam);
    return 0;
}
