/* zero_inflated_poisson: the loss, and its derivatives.
 *
 *     def program(w: real[d], v: real[d], X: real[n, d], y: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * v[j])
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](let(s0 := exp(t1[i]), logaddexp(0, t0[i]) + where(0 < y[i], s0 - y[i] * t1[i], -logaddexp(t0[i], -s0))))
 *         value = t2 / n
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

#include "zero_inflated_poisson.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t zero_inflated_poisson_value_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int zero_inflated_poisson_value(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
                                const double *restrict X, const double *restrict y, double *restrict value,
                                void *restrict work)
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
        /* t2 = sum[i:n](let(s0 := exp(t1[i]), s1 := -s0, where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + */
        /*    log1p(exp(-abs(t0[i])))) + where(0 < y[i], s0 - y[i] * t1[i], -where(t0[i] == s1, 0.6931471805599453 */
        /*    + t0[i], maximum(t0[i], s1) + log1p(exp(-abs(t0[i] + s0))))))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i - tile_begin];
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v1)));
            const double v3 = y[i];
            const double v4 = t1[i - tile_begin];
            const double v5 = exp(v4);
            const double v6 = -v5;
            const double v7 = v1 == v6 ? 0.6931471805599453 + v1 : ((v1 > v6 || v1 != v1) ? v1 : v6) + log1p(exp(-fabs(v1 + v5)));
            t2_sum += v2 + (0.0 < v3 ? v5 - v3 * v4 : -v7);
        }
        t2 += t2_sum;
    }
    /* value = t2 / n */
    const double value_ = t2 / (double)n;
    *value = value_;
    return 0;
}

size_t zero_inflated_poisson_forward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return 0;
}

int zero_inflated_poisson_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
                                  const double *restrict X, const double *restrict y, double *restrict value,
                                  double *restrict t0, double *restrict t1, void *restrict work)
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
        /* t2 = sum[i:n](let(s0 := exp(t1[i]), s1 := -s0, where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + */
        /*    log1p(exp(-abs(t0[i])))) + where(0 < y[i], s0 - y[i] * t1[i], -where(t0[i] == s1, 0.6931471805599453 */
        /*    + t0[i], maximum(t0[i], s1) + log1p(exp(-abs(t0[i] + s0))))))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i];
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v1)));
            const double v3 = y[i];
            const double v4 = t1[i];
            const double v5 = exp(v4);
            const double v6 = -v5;
            const double v7 = v1 == v6 ? 0.6931471805599453 + v1 : ((v1 > v6 || v1 != v1) ? v1 : v6) + log1p(exp(-fabs(v1 + v5)));
            t2_sum += v2 + (0.0 < v3 ? v5 - v3 * v4 : -v7);
        }
        t2 += t2_sum;
    }
    /* value = t2 / n */
    const double value_ = t2 / (double)n;
    *value = value_;
    return 0;
}

size_t zero_inflated_poisson_backward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int zero_inflated_poisson_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
                                   const double *restrict X, const double *restrict y, const double *restrict t0,
                                   const double *restrict t1, double cotangent, double *restrict grad_w,
                                   double *restrict grad_v, void *restrict work)
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
        /* t3[i:n] = let(s0 := 0 < y[i], s1 := exp(t1[i]), s2 := -s1, where(s0, -(t2 * y[i]), 0) + s1 * (where(s0, */
        /*    t2, 0) + where(s0, 0, t2 * exp(-(s1 + where(t0[i] == s2, 0.6931471805599453 + t0[i], maximum(t0[i], */
        /*    s2) + log1p(exp(-abs(t0[i] + s1))))))))) */
        /* t4[i:n] = let(s0 := exp(t1[i]), s1 := -s0, t2 * exp(t0[i] - where(0 == t0[i], 0.6931471805599453, */
        /*    maximum(0, t0[i]) + log1p(exp(-abs(t0[i]))))) + where(0 < y[i], 0, -(t2 * exp(t0[i] - where(t0[i] == */
        /*    s1, 0.6931471805599453 + t0[i], maximum(t0[i], s1) + log1p(exp(-abs(t0[i] + s0)))))))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i];
            const int v1 = 0.0 < v0;
            const double v2 = exp(t1[i]);
            const double v3 = t0[i];
            const double v4 = -v2;
            const double v5 = v3 == v4 ? 0.6931471805599453 + v3 : ((v3 > v4 || v3 != v3) ? v3 : v4) + log1p(exp(-fabs(v3 + v2)));
            const double v6 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + log1p(exp(-fabs(v3)));
            t3[i - tile_begin] = (v1 ? -(t2 * v0) : 0.0) + v2 * ((v1 ? t2 : 0.0) + (v1 ? 0.0 : t2 * exp(-(v2 + v5))));
            t4[i - tile_begin] = t2 * exp(v3 - v6) + (v1 ? 0.0 : -(t2 * exp(v3 - v5)));
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
        /* grad_v[j:d] = sum[i:n](X[i, j] * t4[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v8 = t3[i - tile_begin];
            const double v9 = t4[i - tile_begin];
            const double v11 = t3[(i + 1) - tile_begin];
            const double v12 = t4[(i + 1) - tile_begin];
            const double v14 = t3[(i + 2) - tile_begin];
            const double v15 = t4[(i + 2) - tile_begin];
            const double v17 = t3[(i + 3) - tile_begin];
            const double v18 = t4[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v7 = X[d*i + j];
                const double v10 = X[(i + 1)*d + j];
                const double v13 = X[(i + 2)*d + j];
                const double v16 = X[(i + 3)*d + j];
                grad_w[j] += v7 * v8 + v10 * v11 + v13 * v14 + v16 * v17;
                grad_v[j] += v7 * v9 + v10 * v12 + v13 * v15 + v16 * v18;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v8 = t3[i - tile_begin];
            const double v9 = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v7 = X[d*i + j];
                grad_w[j] += v7 * v8;
                grad_v[j] += v7 * v9;
            }
        }
    }
    return 0;
}

size_t zero_inflated_poisson_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int zero_inflated_poisson_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict v,
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
        /* t2 = sum[i:n](let(s0 := exp(t1[i]), s1 := -s0, where(0 == t0[i], 0.6931471805599453, maximum(0, t0[i]) + */
        /*    log1p(exp(-abs(t0[i])))) + where(0 < y[i], s0 - y[i] * t1[i], -where(t0[i] == s1, 0.6931471805599453 */
        /*    + t0[i], maximum(t0[i], s1) + log1p(exp(-abs(t0[i] + s0))))))) */
        /* t4[i:n] = let(s0 := 0 < y[i], s1 := exp(t1[i]), s2 := -s1, where(s0, -(t3 * y[i]), 0) + s1 * (where(s0, */
        /*    t3, 0) + where(s0, 0, t3 * exp(-(s1 + where(t0[i] == s2, 0.6931471805599453 + t0[i], maximum(t0[i], */
        /*    s2) + log1p(exp(-abs(t0[i] + s1))))))))) */
        /* t5[i:n] = let(s0 := exp(t1[i]), s1 := -s0, t3 * exp(t0[i] - where(0 == t0[i], 0.6931471805599453, */
        /*    maximum(0, t0[i]) + log1p(exp(-abs(t0[i]))))) + where(0 < y[i], 0, -(t3 * exp(t0[i] - where(t0[i] == */
        /*    s1, 0.6931471805599453 + t0[i], maximum(t0[i], s1) + log1p(exp(-abs(t0[i] + s0)))))))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i - tile_begin];
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v1)));
            const double v3 = y[i];
            const int v4 = 0.0 < v3;
            const double v5 = t1[i - tile_begin];
            const double v6 = exp(v5);
            const double v7 = -v6;
            const double v8 = v1 == v7 ? 0.6931471805599453 + v1 : ((v1 > v7 || v1 != v1) ? v1 : v7) + log1p(exp(-fabs(v1 + v6)));
            t2_sum += v2 + (v4 ? v6 - v3 * v5 : -v8);
            t4[i - tile_begin] = (v4 ? -(t3 * v3) : 0.0) + v6 * ((v4 ? t3 : 0.0) + (v4 ? 0.0 : t3 * exp(-(v6 + v8))));
            t5[i - tile_begin] = t3 * exp(v1 - v2) + (v4 ? 0.0 : -(t3 * exp(v1 - v8)));
        }
        t2 += t2_sum;
        /* grad_w[j:d] = sum[i:n](X[i, j] * t4[i]) */
        /* grad_v[j:d] = sum[i:n](X[i, j] * t5[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v10 = t4[i - tile_begin];
            const double v11 = t5[i - tile_begin];
            const double v13 = t4[(i + 1) - tile_begin];
            const double v14 = t5[(i + 1) - tile_begin];
            const double v16 = t4[(i + 2) - tile_begin];
            const double v17 = t5[(i + 2) - tile_begin];
            const double v19 = t4[(i + 3) - tile_begin];
            const double v20 = t5[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v9 = X[d*i + j];
                const double v12 = X[(i + 1)*d + j];
                const double v15 = X[(i + 2)*d + j];
                const double v18 = X[(i + 3)*d + j];
                grad_w[j] += v9 * v10 + v12 * v13 + v15 * v16 + v18 * v19;
                grad_v[j] += v9 * v11 + v12 * v14 + v15 * v17 + v18 * v20;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v10 = t4[i - tile_begin];
            const double v11 = t5[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v9 = X[d*i + j];
                grad_w[j] += v9 * v10;
                grad_v[j] += v9 * v11;
            }
        }
    }
    /* value = t2 / n */
    const double value_ = t2 / (double)n;
    *value = value_;
    return 0;
}
