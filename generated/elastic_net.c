/* elastic_net: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], lam: real, ratio: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n]((t0[i] - y[i]) ** 2)
 *         t2 = sum[j:d](abs(w[j]))
 *         t3 = sum[j:d](w[j] ** 2)
 *         value = 0.5 * (t1 / n) + lam * (ratio * t2 + t3 * (0.5 * (1 - ratio)))
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

#include "elastic_net.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t elastic_net_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int elastic_net_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                      const double *restrict y, double lam, double ratio, double *restrict value, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin] - y[i];
            t1_sum += v0 * v0;
        }
        t1 += t1_sum;
    }
    double t2 = 0.0;
    double t3 = 0.0;

    /* t2 = sum[j:d](abs(w[j])) */
    /* t3 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t2, t3))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t2 += fabs(w_j);
        t3 += w_j * w_j;
    }

    /* value = 0.5 * (t1 / n) + lam * (ratio * t2 + t3 * (0.5 * (1 - ratio))) */
    *value = 0.5 * (t1 / (double)n) + lam * (ratio * t2 + t3 * (0.5 * (1.0 - ratio)));
    return 0;
}

size_t elastic_net_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int elastic_net_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                        const double *restrict y, double lam, double ratio, double *restrict value,
                        double *restrict t0, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i] - y[i];
            t1_sum += v0 * v0;
        }
        t1 += t1_sum;
    }
    double t2 = 0.0;
    double t3 = 0.0;

    /* t2 = sum[j:d](abs(w[j])) */
    /* t3 = sum[j:d](w[j] * w[j]) */
    GRADC_SIMD(reduction(+:t2, t3))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t2 += fabs(w_j);
        t3 += w_j * w_j;
    }

    /* value = 0.5 * (t1 / n) + lam * (ratio * t2 + t3 * (0.5 * (1 - ratio))) */
    *value = 0.5 * (t1 / (double)n) + lam * (ratio * t2 + t3 * (0.5 * (1.0 - ratio)));
    return 0;
}

size_t elastic_net_backward_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(d, sizeof(double));
}

int elastic_net_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double lam, double ratio, const double *restrict t0,
                         double cotangent, double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;

    /* t1 = 0.5 * cotangent / n */
    const double t1 = 0.5 * cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        t2[at] = 0.0;
    }

    /* t2[j:d] = sum[i:n](X[i, j] * (t1 * (2 * (t0[i] - y[i])))) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v0 = t1 * (2.0 * (t0[i] - y[i]));
        const double v1 = t1 * (2.0 * (t0[(i + 1)] - y[(i + 1)]));
        const double v2 = t1 * (2.0 * (t0[(i + 2)] - y[(i + 2)]));
        const double v3 = t1 * (2.0 * (t0[(i + 3)] - y[(i + 3)]));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v0 = t1 * (2.0 * (t0[i] - y[i]));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j] += X[i*d + j] * v0;
        }
    }

    /* grad_w[j:d] = let(s0 := lam * cotangent, t2[j] + (2 * w[j] * (s0 * (0.5 * (1 - ratio))) + ratio * s0 *
     *    where(w[j] != w[j], w[j], where(0 < w[j], 1, 0) - where(w[j] < 0, 1, 0)))) */
    const double v0 = lam * cotangent;
    const double v1 = v0 * (0.5 * (1.0 - ratio));
    const double v2 = ratio * v0;
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        const double v3 = 2.0 * w_j * v1 + v2 * (w_j != w_j ? w_j : (0.0 < w_j ? 1.0 : 0.0) - (w_j < 0.0 ? 1.0 : 0.0));
        grad_w[j] = t2[j] + v3;
    }
    return 0;
}

size_t elastic_net_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int elastic_net_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                               const double *restrict y, double lam, double ratio, double *restrict value,
                               double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;

    /* t4 = 0.5 / n */
    const double t4 = 0.5 / (double)n;
    double t1 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        t5[at] = 0.0;
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

        /* t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin] - y[i];
            t1_sum += v0 * v0;
        }
        t1 += t1_sum;

        /* t5[j:d] = sum[i:n](X[i, j] * (t4 * (2 * (t0[i] - y[i])))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v0 = t4 * (2.0 * (t0[i - tile_begin] - y[i]));
            const double v1 = t4 * (2.0 * (t0[(i + 1) - tile_begin] - y[(i + 1)]));
            const double v2 = t4 * (2.0 * (t0[(i + 2) - tile_begin] - y[(i + 2)]));
            const double v3 = t4 * (2.0 * (t0[(i + 3) - tile_begin] - y[(i + 3)]));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t5[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v0 = t4 * (2.0 * (t0[i - tile_begin] - y[i]));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t5[j] += X[i*d + j] * v0;
            }
        }
    }
    double t2 = 0.0;
    double t3 = 0.0;

    /* t2 = sum[j:d](abs(w[j])) */
    /* t3 = sum[j:d](w[j] * w[j]) */
    /* grad_w[j:d] = t5[j] + (2 * w[j] * (lam * (0.5 * (1 - ratio))) + lam * ratio * where(w[j] != w[j], w[j],
     *    where(0 < w[j], 1, 0) - where(w[j] < 0, 1, 0))) */
    const double v0 = lam * (0.5 * (1.0 - ratio));
    const double v1 = lam * ratio;
    GRADC_SIMD(reduction(+:t2, t3))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        const double v2 = 2.0 * w_j * v0 + v1 * (w_j != w_j ? w_j : (0.0 < w_j ? 1.0 : 0.0) - (w_j < 0.0 ? 1.0 : 0.0));
        t2 += fabs(w_j);
        t3 += w_j * w_j;
        grad_w[j] = t5[j] + v2;
    }

    /* value = 0.5 * (t1 / n) + lam * (ratio * t2 + t3 * (0.5 * (1 - ratio))) */
    *value = 0.5 * (t1 / (double)n) + lam * (ratio * t2 + t3 * (0.5 * (1.0 - ratio)));
    return 0;
}
