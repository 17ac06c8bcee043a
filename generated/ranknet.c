/* ranknet: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], grade: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n, j:n](where(grade[j] < grade[i], logaddexp(0, t0[j] - t0[i]), 0))
 *         t2 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0))
 *         value = t1 / t2
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

#include "ranknet.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t ranknet_value_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double));
}

int ranknet_value(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                  const double *restrict grade, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t2 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t2_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = grade[i];
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < n; ++j) {
                t2_sum += grade[j] < v0 ? 1.0 : 0.0;
            }
        }
        t2 += t2_sum;
    }
    double t1 = 0.0;
    /* t1 = sum[i:n, j:n](let(s0 := t0[j] - t0[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453, */
    /*    maximum(0, s0) + log1p(exp(-abs(s0)))), 0))) */
    double t1_sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        const double v1 = grade[i];
        const double v2 = t0[i];
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t j = 0; j < n; ++j) {
            const double v3 = t0[j] - v2;
            const double v4 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + log1p(exp(-fabs(v3)));
            t1_sum += grade[j] < v1 ? v4 : 0.0;
        }
    }
    t1 += t1_sum;
    /* value = t1 / t2 */
    const double value_ = t1 / t2;
    *value = value_;
    return 0;
}

size_t ranknet_forward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return 0;
}

int ranknet_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                    const double *restrict grade, double *restrict value, double *restrict t0, double *restrict t2,
                    void *restrict work)
{
    (void)work;
    double t2_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t2 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t2__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = grade[i];
            GRADC_SIMD(reduction(+:t2__sum))
            for (int64_t j = 0; j < n; ++j) {
                t2__sum += grade[j] < v0 ? 1.0 : 0.0;
            }
        }
        t2_ += t2__sum;
    }
    double t1 = 0.0;
    /* t1 = sum[i:n, j:n](let(s0 := t0[j] - t0[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453, */
    /*    maximum(0, s0) + log1p(exp(-abs(s0)))), 0))) */
    double t1_sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        const double v1 = grade[i];
        const double v2 = t0[i];
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t j = 0; j < n; ++j) {
            const double v3 = t0[j] - v2;
            const double v4 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + log1p(exp(-fabs(v3)));
            t1_sum += grade[j] < v1 ? v4 : 0.0;
        }
    }
    t1 += t1_sum;
    /* value = t1 / t2 */
    const double value_ = t1 / t2_;
    *value = value_;
    *t2 = t2_;
    return 0;
}

size_t ranknet_backward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int ranknet_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                     const double *restrict grade, const double *restrict t0, double t2, double cotangent,
                     double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    /* t1 = cotangent / t2 */
    const double t1 = cotangent / t2;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[i:n] = sum[j:n](let(s0 := t0[i] - t0[j], where(grade[i] < grade[j], t1 * exp(s0 - where(0 == s0, */
        /*    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0))))), 0))) */
        /* t4[i:n] = sum[j:n](let(s0 := t0[j] - t0[i], where(grade[j] < grade[i], -(t1 * exp(s0 - where(0 == s0, */
        /*    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0)))))), 0))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = grade[i];
            const double v2 = t0[i];
            double t3_sum = 0.0;
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum, t4_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = grade[j];
                const double v3 = t0[j];
                const double v4 = v2 - v3;
                const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0) + log1p(exp(-fabs(v4)));
                const double v6 = v3 - v2;
                const double v7 = 0.0 == v6 ? 0.6931471805599453 : ((v6 > 0.0 || v6 != v6) ? v6 : 0.0) + log1p(exp(-fabs(v6)));
                t3_sum += v0 < v1 ? t1 * exp(v4 - v5) : 0.0;
                t4_sum += v1 < v0 ? -(t1 * exp(v6 - v7)) : 0.0;
            }
            t3[i - tile_begin] = t3_sum;
            t4[i - tile_begin] = t4_sum;
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * (t4[i] + t3[i])) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v8 = t4[i - tile_begin] + t3[i - tile_begin];
            const double v9 = t4[(i + 1) - tile_begin] + t3[(i + 1) - tile_begin];
            const double v10 = t4[(i + 2) - tile_begin] + t3[(i + 2) - tile_begin];
            const double v11 = t4[(i + 3) - tile_begin] + t3[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v8 + X[(i + 1)*d + j] * v9 + X[(i + 2)*d + j] * v10 + X[(i + 3)*d + j] * v11;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v8 = t4[i - tile_begin] + t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v8;
            }
        }
    }
    return 0;
}

size_t ranknet_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int ranknet_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                           const double *restrict grade, double *restrict value, double *restrict grad_w,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t2 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t2_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = grade[i];
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < n; ++j) {
                t2_sum += grade[j] < v0 ? 1.0 : 0.0;
            }
        }
        t2 += t2_sum;
    }
    double t1 = 0.0;
    /* t1 = sum[i:n, j:n](let(s0 := t0[j] - t0[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453, */
    /*    maximum(0, s0) + log1p(exp(-abs(s0)))), 0))) */
    double t1_sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        const double v1 = grade[i];
        const double v2 = t0[i];
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t j = 0; j < n; ++j) {
            const double v3 = t0[j] - v2;
            const double v4 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + log1p(exp(-fabs(v3)));
            t1_sum += grade[j] < v1 ? v4 : 0.0;
        }
    }
    t1 += t1_sum;
    /* value = t1 / t2 */
    /* t3 = 1 / t2 */
    const double value_ = t1 / t2;
    const double t3 = 1.0 / t2;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t4[i:n] = sum[j:n](let(s0 := t0[i] - t0[j], where(grade[i] < grade[j], t3 * exp(s0 - where(0 == s0, */
        /*    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0))))), 0))) */
        /* t5[i:n] = sum[j:n](let(s0 := t0[j] - t0[i], where(grade[j] < grade[i], -(t3 * exp(s0 - where(0 == s0, */
        /*    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0)))))), 0))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v5 = grade[i];
            const double v7 = t0[i];
            double t4_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum, t5_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v6 = grade[j];
                const double v8 = t0[j];
                const double v9 = v7 - v8;
                const double v10 = 0.0 == v9 ? 0.6931471805599453 : ((v9 > 0.0 || v9 != v9) ? v9 : 0.0) + log1p(exp(-fabs(v9)));
                const double v11 = v8 - v7;
                const double v12 = 0.0 == v11 ? 0.6931471805599453 : ((v11 > 0.0 || v11 != v11) ? v11 : 0.0) + log1p(exp(-fabs(v11)));
                t4_sum += v5 < v6 ? t3 * exp(v9 - v10) : 0.0;
                t5_sum += v6 < v5 ? -(t3 * exp(v11 - v12)) : 0.0;
            }
            t4[i - tile_begin] = t4_sum;
            t5[i - tile_begin] = t5_sum;
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * (t4[i] + t5[i])) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v13 = t4[i - tile_begin] + t5[i - tile_begin];
            const double v14 = t4[(i + 1) - tile_begin] + t5[(i + 1) - tile_begin];
            const double v15 = t4[(i + 2) - tile_begin] + t5[(i + 2) - tile_begin];
            const double v16 = t4[(i + 3) - tile_begin] + t5[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v13 + X[(i + 1)*d + j] * v14 + X[(i + 2)*d + j] * v15 + X[(i + 3)*d + j] * v16;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v13 = t4[i - tile_begin] + t5[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v13;
            }
        }
    }
    *value = value_;
    return 0;
}
