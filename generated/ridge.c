/* ridge: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], lam: real):
 *         t0 = sum[j:d](w[j] ** 2)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n]((t1[i] - y[i]) ** 2)
 *         value = t0 * (0.5 * lam) + 0.5 * (t2 / n)
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

#include "ridge.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t ridge_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int ridge_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    double t0 = 0.0;

    /* t0 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t0))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t0 += w_j * w_j;
    }
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                t1_sum += X[i*d + j] * w[j];
            }
            t1[i - tile_begin] = t1_sum;
        }

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i - tile_begin] - y[i];
            t2_sum += v0 * v0;
        }
        t2 += t2_sum;
    }

    /* value = t0 * (0.5 * lam) + 0.5 * (t2 / n) */
    *value = t0 * (0.5 * lam) + 0.5 * (t2 / (double)n);
    return 0;
}

size_t ridge_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int ridge_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                  double lam, double *restrict value, double *restrict t1, void *restrict work)
{
    (void)work;
    double t0 = 0.0;

    /* t0 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t0))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t0 += w_j * w_j;
    }
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                t1_sum += X[i*d + j] * w[j];
            }
            t1[i] = t1_sum;
        }

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i] - y[i];
            t2_sum += v0 * v0;
        }
        t2 += t2_sum;
    }

    /* value = t0 * (0.5 * lam) + 0.5 * (t2 / n) */
    *value = t0 * (0.5 * lam) + 0.5 * (t2 / (double)n);
    return 0;
}

size_t ridge_backward_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(d, sizeof(double));
}

int ridge_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                   double lam, const double *restrict t1, double cotangent, double *restrict grad_w,
                   void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;

    /* t0 = 0.5 * cotangent / n */
    const double t0 = 0.5 * cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        t2[at] = 0.0;
    }

    /* t2[j:d] = sum[i:n](X[i, j] * (t0 * (2 * (t1[i] - y[i])))) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v0 = t0 * (2.0 * (t1[i] - y[i]));
        const double v1 = t0 * (2.0 * (t1[(i + 1)] - y[(i + 1)]));
        const double v2 = t0 * (2.0 * (t1[(i + 2)] - y[(i + 2)]));
        const double v3 = t0 * (2.0 * (t1[(i + 3)] - y[(i + 3)]));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v0 = t0 * (2.0 * (t1[i] - y[i]));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v0;
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

size_t ridge_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int ridge_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double lam, double *restrict value, double *restrict grad_w,
                         void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;

    /* t3 = 0.5 / n */
    const double t3 = 0.5 / (double)n;
    double t0 = 0.0;

    /* t0 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t0))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t0 += w_j * w_j;
    }
    double t2 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                t1_sum += X[i*d + j] * w[j];
            }
            t1[i - tile_begin] = t1_sum;
        }

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i - tile_begin] - y[i];
            t2_sum += v0 * v0;
        }
        t2 += t2_sum;

        /* t4[j:d] = sum[i:n](X[i, j] * (t3 * (2 * (t1[i] - y[i])))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v0 = t3 * (2.0 * (t1[i - tile_begin] - y[i]));
            const double v1 = t3 * (2.0 * (t1[(i + 1) - tile_begin] - y[(i + 1)]));
            const double v2 = t3 * (2.0 * (t1[(i + 2) - tile_begin] - y[(i + 2)]));
            const double v3 = t3 * (2.0 * (t1[(i + 3) - tile_begin] - y[(i + 3)]));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t4[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v0 = t3 * (2.0 * (t1[i - tile_begin] - y[i]));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t4[j] += X[i*d + j] * v0;
            }
        }
    }

    /* value = t0 * (0.5 * lam) + 0.5 * (t2 / n) */
    *value = t0 * (0.5 * lam) + 0.5 * (t2 / (double)n);

    /* grad_w[j:d] = t4[j] + lam * w[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = t4[j] + lam * w[j];
    }
    return 0;
}
