/* logistic: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], lam: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](logaddexp(0, -(y[i] * t0[i])))
 *         t2 = sum[j:d](w[j] ** 2)
 *         value = t1 / n + t2 * (0.5 * lam)
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

#include "logistic.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t logistic_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int logistic_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                   double lam, double *restrict value, void *restrict work)
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

        /* t1 = sum[i:n](let(s0 := y[i] * t0[i], s1 := -s0, where(0 == s1, 0.6931471805599453, maximum(0, s1) +
         *    log1p(exp(-abs(s0)))))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i] * t0[i - tile_begin];
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            t1_sum += v2;
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

size_t logistic_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int logistic_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
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

        /* t1 = sum[i:n](let(s0 := y[i] * t0[i], s1 := -s0, where(0 == s1, 0.6931471805599453, maximum(0, s1) +
         *    log1p(exp(-abs(s0)))))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i] * t0[i];
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            t1_sum += v2;
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

size_t logistic_backward_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int logistic_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                      const double *restrict y, double lam, const double *restrict t0, double cotangent,
                      double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;

    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        t3[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[i:n] = let(s0 := y[i] * t0[i], s1 := -s0, -(y[i] * (t1 * exp(-(s0 + where(0 == s1,
         *    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0))))))))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = y_i * t0[i];
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            t2[i - tile_begin] = -(y_i * (t1 * exp(-(v0 + v2))));
        }

        /* t3[j:d] = sum[i:n](X[i, j] * t2[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double t2_i = t2[i - tile_begin];
            const double t2_i1 = t2[(i + 1) - tile_begin];
            const double t2_i2 = t2[(i + 2) - tile_begin];
            const double t2_i3 = t2[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j] += X[i*d + j] * t2_i + X[(i + 1)*d + j] * t2_i1 + X[(i + 2)*d + j] * t2_i2 + X[(i + 3)*d + j] * t2_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double t2_i = t2[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j] += X[i*d + j] * t2_i;
            }
        }
    }

    /* grad_w[j:d] = t3[j] + 2 * w[j] * (cotangent * (0.5 * lam)) */
    const double v0 = cotangent * (0.5 * lam);
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        grad_w[j] = t3[j] + 2.0 * w[j] * v0;
    }
    return 0;
}

size_t logistic_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(d, sizeof(double));
}

int logistic_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                            const double *restrict y, double lam, double *restrict value, double *restrict grad_w,
                            void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;

    /* t3 = 1 / n */
    const double t3 = 1.0 / (double)n;
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

        /* t1 = sum[i:n](let(s0 := y[i] * t0[i], s1 := -s0, where(0 == s1, 0.6931471805599453, maximum(0, s1) +
         *    log1p(exp(-abs(s0)))))) */
        /* t4[i:n] = let(s0 := y[i] * t0[i], s1 := -s0, -(y[i] * (t3 * exp(-(s0 + where(0 == s1,
         *    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0))))))))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = y_i * t0[i - tile_begin];
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            t1_sum += v2;
            t4[i - tile_begin] = -(y_i * (t3 * exp(-(v0 + v2))));
        }
        t1 += t1_sum;

        /* t5[j:d] = sum[i:n](X[i, j] * t4[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double t4_i = t4[i - tile_begin];
            const double t4_i1 = t4[(i + 1) - tile_begin];
            const double t4_i2 = t4[(i + 2) - tile_begin];
            const double t4_i3 = t4[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t5[j] += X[i*d + j] * t4_i + X[(i + 1)*d + j] * t4_i1 + X[(i + 2)*d + j] * t4_i2 + X[(i + 3)*d + j] * t4_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double t4_i = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t5[j] += X[i*d + j] * t4_i;
            }
        }
    }
    double t2 = 0.0;

    /* t2 = sum[j:d](w[j] * w[j]) */
    /* grad_w[j:d] = t5[j] + lam * w[j] */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        t2 += w_j * w_j;
        grad_w[j] = t5[j] + lam * w_j;
    }

    /* value = t1 / n + t2 * (0.5 * lam) */
    *value = t1 / (double)n + t2 * (0.5 * lam);
    return 0;
}
