/* huber: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], delta: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](let(s0 := abs(t0[i] - y[i]), s1 := minimum(delta, s0), s1 * (s0 - 0.5 * s1)))
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

#include "huber.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t huber_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int huber_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                double delta, double *restrict value, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := abs(t0[i] - y[i]), s1 := minimum(delta, s0), s1 * (s0 - 0.5 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = fabs(t0[i - tile_begin] - y[i]);
            const double v1 = (delta < v0 || delta != delta) ? delta : v0;
            t1_sum += v1 * (v0 - 0.5 * v1);
        }
        t1 += t1_sum;
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t huber_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int huber_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                  double delta, double *restrict value, double *restrict t0, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := abs(t0[i] - y[i]), s1 := minimum(delta, s0), s1 * (s0 - 0.5 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = fabs(t0[i] - y[i]);
            const double v1 = (delta < v0 || delta != delta) ? delta : v0;
            t1_sum += v1 * (v0 - 0.5 * v1);
        }
        t1 += t1_sum;
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t huber_backward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int huber_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                   double delta, const double *restrict t0, double cotangent, double *restrict grad_w,
                   void *restrict work)
{
    (void)w;
    (void)work;

    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }

    /* grad_w[j:d] = sum[i:n](let(s0 := t0[i] - y[i], s1 := abs(s0), s2 := minimum(delta, s1), s3 := t1 * s2, s4 :=
     *    t1 * (s1 - 0.5 * s2) - 0.5 * s3, X[i, j] * (where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0 < 0, 1,
     *    0)) * (s3 + where(s1 < delta, s4, where(delta == s1, 0.5 * s4, 0)))))) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v0 = t0[i] - y[i];
        const double v1 = fabs(v0);
        const double v2 = (delta < v1 || delta != delta) ? delta : v1;
        const double v3 = t1 * v2;
        const double v4 = t1 * (v1 - 0.5 * v2) - 0.5 * v3;
        const double v5 = (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)) * (v3 + (v1 < delta ? v4 : (delta == v1 ? 0.5 * v4 : 0.0)));
        const double v6 = t0[(i + 1)] - y[(i + 1)];
        const double v7 = fabs(v6);
        const double v8 = (delta < v7 || delta != delta) ? delta : v7;
        const double v9 = t1 * v8;
        const double v10 = t1 * (v7 - 0.5 * v8) - 0.5 * v9;
        const double v11 = (v6 != v6 ? v6 : (0.0 < v6 ? 1.0 : 0.0) - (v6 < 0.0 ? 1.0 : 0.0)) * (v9 + (v7 < delta ? v10 : (delta == v7 ? 0.5 * v10 : 0.0)));
        const double v12 = t0[(i + 2)] - y[(i + 2)];
        const double v13 = fabs(v12);
        const double v14 = (delta < v13 || delta != delta) ? delta : v13;
        const double v15 = t1 * v14;
        const double v16 = t1 * (v13 - 0.5 * v14) - 0.5 * v15;
        const double v17 = (v12 != v12 ? v12 : (0.0 < v12 ? 1.0 : 0.0) - (v12 < 0.0 ? 1.0 : 0.0)) * (v15 + (v13 < delta ? v16 : (delta == v13 ? 0.5 * v16 : 0.0)));
        const double v18 = t0[(i + 3)] - y[(i + 3)];
        const double v19 = fabs(v18);
        const double v20 = (delta < v19 || delta != delta) ? delta : v19;
        const double v21 = t1 * v20;
        const double v22 = t1 * (v19 - 0.5 * v20) - 0.5 * v21;
        const double v23 = (v18 != v18 ? v18 : (0.0 < v18 ? 1.0 : 0.0) - (v18 < 0.0 ? 1.0 : 0.0)) * (v21 + (v19 < delta ? v22 : (delta == v19 ? 0.5 * v22 : 0.0)));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[i*d + j] * v5 + X[(i + 1)*d + j] * v11 + X[(i + 2)*d + j] * v17 + X[(i + 3)*d + j] * v23;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v0 = t0[i] - y[i];
        const double v1 = fabs(v0);
        const double v2 = (delta < v1 || delta != delta) ? delta : v1;
        const double v3 = t1 * v2;
        const double v4 = t1 * (v1 - 0.5 * v2) - 0.5 * v3;
        const double v5 = (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)) * (v3 + (v1 < delta ? v4 : (delta == v1 ? 0.5 * v4 : 0.0)));
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[i*d + j] * v5;
        }
    }
    return 0;
}

size_t huber_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int huber_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double delta, double *restrict value, double *restrict grad_w,
                         void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;

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
                t0_sum += X[i*d + j] * w[j];
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := abs(t0[i] - y[i]), s1 := minimum(delta, s0), s1 * (s0 - 0.5 * s1))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = fabs(t0[i - tile_begin] - y[i]);
            const double v1 = (delta < v0 || delta != delta) ? delta : v0;
            t1_sum += v1 * (v0 - 0.5 * v1);
        }
        t1 += t1_sum;

        /* grad_w[j:d] = sum[i:n](let(s0 := t0[i] - y[i], s1 := abs(s0), s2 := minimum(delta, s1), s3 := t2 * s2,
         *    s4 := t2 * (s1 - 0.5 * s2) - 0.5 * s3, X[i, j] * (where(s0 != s0, s0, where(0 < s0, 1, 0) - where(s0
         *    < 0, 1, 0)) * (s3 + where(s1 < delta, s4, where(delta == s1, 0.5 * s4, 0)))))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v0 = t0[i - tile_begin] - y[i];
            const double v1 = fabs(v0);
            const double v2 = (delta < v1 || delta != delta) ? delta : v1;
            const double v3 = t2 * v2;
            const double v4 = t2 * (v1 - 0.5 * v2) - 0.5 * v3;
            const double v5 = (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)) * (v3 + (v1 < delta ? v4 : (delta == v1 ? 0.5 * v4 : 0.0)));
            const double v6 = t0[(i + 1) - tile_begin] - y[(i + 1)];
            const double v7 = fabs(v6);
            const double v8 = (delta < v7 || delta != delta) ? delta : v7;
            const double v9 = t2 * v8;
            const double v10 = t2 * (v7 - 0.5 * v8) - 0.5 * v9;
            const double v11 = (v6 != v6 ? v6 : (0.0 < v6 ? 1.0 : 0.0) - (v6 < 0.0 ? 1.0 : 0.0)) * (v9 + (v7 < delta ? v10 : (delta == v7 ? 0.5 * v10 : 0.0)));
            const double v12 = t0[(i + 2) - tile_begin] - y[(i + 2)];
            const double v13 = fabs(v12);
            const double v14 = (delta < v13 || delta != delta) ? delta : v13;
            const double v15 = t2 * v14;
            const double v16 = t2 * (v13 - 0.5 * v14) - 0.5 * v15;
            const double v17 = (v12 != v12 ? v12 : (0.0 < v12 ? 1.0 : 0.0) - (v12 < 0.0 ? 1.0 : 0.0)) * (v15 + (v13 < delta ? v16 : (delta == v13 ? 0.5 * v16 : 0.0)));
            const double v18 = t0[(i + 3) - tile_begin] - y[(i + 3)];
            const double v19 = fabs(v18);
            const double v20 = (delta < v19 || delta != delta) ? delta : v19;
            const double v21 = t2 * v20;
            const double v22 = t2 * (v19 - 0.5 * v20) - 0.5 * v21;
            const double v23 = (v18 != v18 ? v18 : (0.0 < v18 ? 1.0 : 0.0) - (v18 < 0.0 ? 1.0 : 0.0)) * (v21 + (v19 < delta ? v22 : (delta == v19 ? 0.5 * v22 : 0.0)));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v5 + X[(i + 1)*d + j] * v11 + X[(i + 2)*d + j] * v17 + X[(i + 3)*d + j] * v23;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin] - y[i];
            const double v1 = fabs(v0);
            const double v2 = (delta < v1 || delta != delta) ? delta : v1;
            const double v3 = t2 * v2;
            const double v4 = t2 * (v1 - 0.5 * v2) - 0.5 * v3;
            const double v5 = (v0 != v0 ? v0 : (0.0 < v0 ? 1.0 : 0.0) - (v0 < 0.0 ? 1.0 : 0.0)) * (v3 + (v1 < delta ? v4 : (delta == v1 ? 0.5 * v4 : 0.0)));
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v5;
            }
        }
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}
