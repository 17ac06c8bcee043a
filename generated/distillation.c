/* distillation: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], y: int64[n], tau: real, mix: real):
 *         t0[i:n, j:k] = B[i, j] / tau
 *         t1[i:n, l:1] = max[j:k](t0[i, j])
 *         t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0]))
 *         t3[i:n] = log(t2[i])
 *         t4[i:n, j:k] = A[i, j] / tau
 *         t5[i:n, l:1] = max[j:k](t4[i, j])
 *         t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i, 0]))
 *         t7[i:n] = log(t6[i])
 *         t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i, 0] + t3[i]), exp(s0) * (s0 - (t4[i, j] - (t5[i, 0] + t7[i])))))
 *         t9 = sum[i:n](t8[i])
 *         t10[i:n, l:1] = max[j:k](A[i, j])
 *         t11[i:n] = sum[j:k](exp(A[i, j] - t10[i, 0]))
 *         t12[i:n] = log(t11[i])
 *         t13[i:n, j:k] = A[i, j] - (t10[i, 0] + t12[i])
 *         t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])])
 *         value = t9 / n * (mix * tau ** 2) - (1 - mix) * (t14 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * distillation_value gives 1: y holds an index out of range for an axis of length k
 * distillation_forward gives 1: y holds an index out of range for an axis of length k
 * distillation_backward gives 1: y holds an index out of range for an axis of length k
 * distillation_value_and_grad gives 1: y holds an index out of range for an axis of length k
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
double log(double);
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "distillation.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t distillation_value_work(int64_t n, int64_t k)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int distillation_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                       const int64_t *restrict y, double tau, double mix, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t9 = 0.0;
    double t14 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t4[i:n, j:k] = A[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t0[i*k + j - k*tile_begin] = B[i*k + j] / tau;
                t4[i*k + j - k*tile_begin] = A[i*k + j] / tau;
            }
        }
        /* t1[i:n, l:1] = max[j:k](t0[i, j]) */
        /* t5[i:n, l:1] = max[j:k](t4[i, j]) */
        /* t10[i:n, l:1] = max[j:k](A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t1_max = -INFINITY;
                double t5_max = -INFINITY;
                double t10_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = t0[i*k + j - k*tile_begin];
                    const double v2 = t4[i*k + j - k*tile_begin];
                    const double v3 = A[i*k + j];
                    t1_max = (v1 > t1_max || v1 != v1) ? v1 : t1_max;
                    t5_max = (v2 > t5_max || v2 != v2) ? v2 : t5_max;
                    t10_max = (v3 > t10_max || v3 != v3) ? v3 : t10_max;
                }
                t1[i + l - tile_begin] = t1_max;
                t5[i + l - tile_begin] = t5_max;
                t10[i + l - tile_begin] = t10_max;
            }
        }
        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i, 0])) */
        /* t11[i:n] = sum[j:k](exp(A[i, j] - t10[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i - tile_begin];
            const double v5 = t5[i - tile_begin];
            const double v6 = t10[i - tile_begin];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j - k*tile_begin] - v4);
                t6_sum += exp(t4[i*k + j - k*tile_begin] - v5);
                t11_sum += exp(A[i*k + j] - v6);
            }
            t2[i - tile_begin] = t2_sum;
            t6[i - tile_begin] = t6_sum;
            t11[i - tile_begin] = t11_sum;
        }
        /* t3[i:n] = log(t2[i]) */
        /* t7[i:n] = log(t6[i]) */
        /* t12[i:n] = log(t11[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = log(t2[i - tile_begin]);
            t7[i - tile_begin] = log(t6[i - tile_begin]);
            t12[i - tile_begin] = log(t11[i - tile_begin]);
        }
        /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i, 0] + t3[i]), exp(s0) * (s0 - (t4[i, j] - (t5[i, 0] + */
        /*    t7[i]))))) */
        /* t13[i:n, j:k] = A[i, j] - (t10[i, 0] + t12[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v7 = t1[i - tile_begin] + t3[i - tile_begin];
            const double v9 = t5[i - tile_begin] + t7[i - tile_begin];
            const double v10 = t10[i - tile_begin] + t12[i - tile_begin];
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v8 = t0[i*k + j - k*tile_begin] - v7;
                t8_sum += exp(v8) * (v8 - (t4[i*k + j - k*tile_begin] - v9));
                t13[i*k + j - k*tile_begin] = A[i*k + j] - v10;
            }
            t8[i - tile_begin] = t8_sum;
        }
        /* t9 = sum[i:n](t8[i]) */
        /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t9_sum = 0.0;
        double t14_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum, t14_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t v11 = y[i];
            t9_sum += t8[i - tile_begin];
            t14_sum += t13[i*k + (v11 < 0 ? k + v11 : v11) - k*tile_begin];
        }
        t9 += t9_sum;
        t14 += t14_sum;
    }
    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v12 = (double)n;
    const double value_ = t9 / v12 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v12);
    *value = value_;
    return 0;
}

size_t distillation_forward_work(int64_t n, int64_t k)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int distillation_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         const int64_t *restrict y, double tau, double mix, double *restrict value,
                         double *restrict t1, double *restrict t3, double *restrict t5, double *restrict t6,
                         double *restrict t10, double *restrict t11, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t9 = 0.0;
    double t14 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t4[i:n, j:k] = A[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t0[i*k + j - k*tile_begin] = B[i*k + j] / tau;
                t4[i*k + j - k*tile_begin] = A[i*k + j] / tau;
            }
        }
        /* t1[i:n, l:1] = max[j:k](t0[i, j]) */
        /* t5[i:n, l:1] = max[j:k](t4[i, j]) */
        /* t10[i:n, l:1] = max[j:k](A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t1_max = -INFINITY;
                double t5_max = -INFINITY;
                double t10_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = t0[i*k + j - k*tile_begin];
                    const double v2 = t4[i*k + j - k*tile_begin];
                    const double v3 = A[i*k + j];
                    t1_max = (v1 > t1_max || v1 != v1) ? v1 : t1_max;
                    t5_max = (v2 > t5_max || v2 != v2) ? v2 : t5_max;
                    t10_max = (v3 > t10_max || v3 != v3) ? v3 : t10_max;
                }
                t1[i + l] = t1_max;
                t5[i + l] = t5_max;
                t10[i + l] = t10_max;
            }
        }
        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i, 0])) */
        /* t11[i:n] = sum[j:k](exp(A[i, j] - t10[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i];
            const double v5 = t5[i];
            const double v6 = t10[i];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j - k*tile_begin] - v4);
                t6_sum += exp(t4[i*k + j - k*tile_begin] - v5);
                t11_sum += exp(A[i*k + j] - v6);
            }
            t2[i - tile_begin] = t2_sum;
            t6[i] = t6_sum;
            t11[i] = t11_sum;
        }
        /* t3[i:n] = log(t2[i]) */
        /* t7[i:n] = log(t6[i]) */
        /* t12[i:n] = log(t11[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i] = log(t2[i - tile_begin]);
            t7[i - tile_begin] = log(t6[i]);
            t12[i - tile_begin] = log(t11[i]);
        }
        /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i, 0] + t3[i]), exp(s0) * (s0 - (t4[i, j] - (t5[i, 0] + */
        /*    t7[i]))))) */
        /* t13[i:n, j:k] = A[i, j] - (t10[i, 0] + t12[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v7 = t1[i] + t3[i];
            const double v9 = t5[i] + t7[i - tile_begin];
            const double v10 = t10[i] + t12[i - tile_begin];
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v8 = t0[i*k + j - k*tile_begin] - v7;
                t8_sum += exp(v8) * (v8 - (t4[i*k + j - k*tile_begin] - v9));
                t13[i*k + j - k*tile_begin] = A[i*k + j] - v10;
            }
            t8[i - tile_begin] = t8_sum;
        }
        /* t9 = sum[i:n](t8[i]) */
        /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t9_sum = 0.0;
        double t14_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum, t14_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t v11 = y[i];
            t9_sum += t8[i - tile_begin];
            t14_sum += t13[i*k + (v11 < 0 ? k + v11 : v11) - k*tile_begin];
        }
        t9 += t9_sum;
        t14 += t14_sum;
    }
    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v12 = (double)n;
    const double value_ = t9 / v12 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v12);
    *value = value_;
    return 0;
}

size_t distillation_backward_work(int64_t n, int64_t k)
{
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double));
}

int distillation_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          const int64_t *restrict y, double tau, double mix, const double *restrict t1,
                          const double *restrict t3, const double *restrict t5, const double *restrict t6,
                          const double *restrict t10, const double *restrict t11, double cotangent,
                          double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t20 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    /* t4 = -(cotangent * (1 - mix) / n) */
    /* t15 = cotangent * (mix * (tau * tau)) / n */
    const double v1 = (double)n;
    const double t4 = -(cotangent * (1.0 - mix) / v1);
    const double t15 = cotangent * (mix * (tau * tau)) / v1;
    for (int64_t at = 0; at < k*n; ++at) {
        t7[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t2[i:n, j:k] = A[i, j] / tau */
        /* t18[i:n] = sum[j:k](exp(t0[i, j] - (t1[i, 0] + t3[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v3 = t1[i] + t3[i];
            double t18_sum = 0.0;
            GRADC_SIMD(reduction(+:t18_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v2 = B[i*k + j] / tau;
                t0[i*k + j] = v2;
                t2[i*k + j] = A[i*k + j] / tau;
                t18_sum += exp(v2 - v3);
            }
            t18[i - tile_begin] = t18_sum;
        }
        /* t7[:n, :k] = 0 t7 += each[i:n](at[i, where_integer(y[i] < 0, k + y[i], y[i])](t4)) */
        /* t19[i:n] = t15 * t18[i] / t6[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t v4 = y[i];
            t7[i*k + (v4 < 0 ? k + v4 : v4)] += t4;
            t19[i] = t15 * t18[i - tile_begin] / t6[i];
        }
        /* t13[i:n, l:1] = sum[j:k](exp(A[i, j] - t10[i, 0])) */
        /* t14[i:n, l:1] = sum[j:k](where(A[i, j] == t10[i, 0], 1, 0)) */
        /* t16[i:n, l:1] = sum[j:k](exp(t0[i, j] - (t1[i, 0] + t3[i]))) */
        /* t17[i:n, l:1] = sum[j:k](exp(t2[i, j] - t5[i, 0])) */
        /* t20[i:n, l:1] = sum[j:k](where(t5[i, 0] == t2[i, j], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v6 = t10[i];
            const double v7 = t1[i] + t3[i];
            const double v9 = t5[i];
            for (int64_t l = 0; l < 1; ++l) {
                double t13_sum = 0.0;
                double t14_sum = 0.0;
                double t16_sum = 0.0;
                double t17_sum = 0.0;
                double t20_sum = 0.0;
                GRADC_SIMD(reduction(+:t13_sum, t14_sum, t16_sum, t17_sum, t20_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v5 = A[i*k + j];
                    const double v8 = t2[i*k + j];
                    t13_sum += exp(v5 - v6);
                    t14_sum += v5 == v6 ? 1.0 : 0.0;
                    t16_sum += exp(t0[i*k + j] - v7);
                    t17_sum += exp(v8 - v9);
                    t20_sum += v9 == v8 ? 1.0 : 0.0;
                }
                t13[i + l] = t13_sum;
                t14[i + l] = t14_sum;
                t16[i + l] = t16_sum;
                t17[i + l] = t17_sum;
                t20[i + l] = t20_sum;
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t8[i:n] = sum[j:k](t7[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                t8_sum += t7[i*k + j];
            }
            t8[i - tile_begin] = t8_sum;
        }
        /* t9[i:n] = -(t8[i] / t11[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9[i - tile_begin] = -(t8[i - tile_begin] / t11[i]);
        }
        /* t12[i:n, l:1] = sum[j:k](t7[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t12_sum = 0.0;
                GRADC_SIMD(reduction(+:t12_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t12_sum += t7[i*k + j];
                }
                t12[i + l - tile_begin] = t12_sum;
            }
        }
        /* grad_A[i:n, j:k] = t7[i, j] + t9[i] * exp(A[i, j] - t10[i, 0]) + where(A[i, j] == t10[i, 0], -((t12[i, */
        /*    0] + t13[i, 0] * t9[i]) / t14[i, 0]), 0) + (where(t5[i, 0] == t2[i, j], (t15 * t16[i, 0] - t17[i, 0] */
        /*    * t19[i]) / t20[i, 0], 0) + (t19[i] * exp(t2[i, j] - t5[i, 0]) - t15 * exp(t0[i, j] - (t1[i, 0] + */
        /*    t3[i])))) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v10 = t9[i - tile_begin];
            const double v12 = t10[i];
            const double v13 = -((t12[i - tile_begin] + t13[i] * v10) / t14[i]);
            const double v14 = t5[i];
            const double v16 = t19[i];
            const double v17 = (t15 * t16[i] - t17[i] * v16) / t20[i];
            const double v18 = t1[i] + t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v11 = A[i*k + j];
                const double v15 = t2[i*k + j];
                const double v19 = t7[i*k + j] + v10 * exp(v11 - v12) + (v11 == v12 ? v13 : 0.0) + ((v14 == v15 ? v17 : 0.0) + (v16 * exp(v15 - v14) - t15 * exp(t0[i*k + j] - v18))) / tau;
                grad_A[i*k + j] = v19;
            }
        }
    }
    return 0;
}

size_t distillation_value_and_grad_work(int64_t n, int64_t k)
{
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double));
}

int distillation_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                const int64_t *restrict y, double tau, double mix, double *restrict value,
                                double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t21 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t23 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t24 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t25 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t26 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t27 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = y[i];
        if ((v1 < 0 ? k + v1 : v1) < 0 || (v1 < 0 ? k + v1 : v1) >= k) {
            return 1;
        }
    }
    /* t15 = -((1 - mix) / n) */
    /* t22 = mix * (tau * tau) / n */
    const double v2 = (double)n;
    const double t15 = -((1.0 - mix) / v2);
    const double t22 = mix * (tau * tau) / v2;
    double t9 = 0.0;
    double t14 = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        t16[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t4[i:n, j:k] = A[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t0[i*k + j] = B[i*k + j] / tau;
                t4[i*k + j] = A[i*k + j] / tau;
            }
        }
        /* t1[i:n, l:1] = max[j:k](t0[i, j]) */
        /* t5[i:n, l:1] = max[j:k](t4[i, j]) */
        /* t10[i:n, l:1] = max[j:k](A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t1_max = -INFINITY;
                double t5_max = -INFINITY;
                double t10_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v3 = t0[i*k + j];
                    const double v4 = t4[i*k + j];
                    const double v5 = A[i*k + j];
                    t1_max = (v3 > t1_max || v3 != v3) ? v3 : t1_max;
                    t5_max = (v4 > t5_max || v4 != v4) ? v4 : t5_max;
                    t10_max = (v5 > t10_max || v5 != v5) ? v5 : t10_max;
                }
                t1[i + l] = t1_max;
                t5[i + l] = t5_max;
                t10[i + l] = t10_max;
            }
        }
        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i, 0])) */
        /* t11[i:n] = sum[j:k](exp(A[i, j] - t10[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v6 = t1[i];
            const double v7 = t5[i];
            const double v8 = t10[i];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j] - v6);
                t6_sum += exp(t4[i*k + j] - v7);
                t11_sum += exp(A[i*k + j] - v8);
            }
            t2[i - tile_begin] = t2_sum;
            t6[i - tile_begin] = t6_sum;
            t11[i] = t11_sum;
        }
        /* t3[i:n] = log(t2[i]) */
        /* t7[i:n] = log(t6[i]) */
        /* t12[i:n] = log(t11[i]) */
        /* t16[:n, :k] = 0 t16 += each[i:n](at[i, where_integer(y[i] < 0, k + y[i], y[i])](t15)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t v9 = y[i];
            t3[i] = log(t2[i - tile_begin]);
            t7[i - tile_begin] = log(t6[i - tile_begin]);
            t12[i - tile_begin] = log(t11[i]);
            t16[i*k + (v9 < 0 ? k + v9 : v9)] += t15;
        }
        /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i, 0] + t3[i]), exp(s0) * (s0 - (t4[i, j] - (t5[i, 0] + */
        /*    t7[i]))))) */
        /* t13[i:n, j:k] = A[i, j] - (t10[i, 0] + t12[i]) */
        /* t25[i:n] = sum[j:k](exp(t0[i, j] - (t1[i, 0] + t3[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v10 = t1[i] + t3[i];
            const double v13 = t5[i] + t7[i - tile_begin];
            const double v14 = t10[i] + t12[i - tile_begin];
            double t8_sum = 0.0;
            double t25_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum, t25_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v11 = t0[i*k + j] - v10;
                const double v12 = exp(v11);
                t8_sum += v12 * (v11 - (t4[i*k + j] - v13));
                t13[i*k + j - k*tile_begin] = A[i*k + j] - v14;
                t25_sum += v12;
            }
            t8[i - tile_begin] = t8_sum;
            t25[i - tile_begin] = t25_sum;
        }
        /* t9 = sum[i:n](t8[i]) */
        /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        /* t26[i:n] = t22 * t25[i] / t6[i] */
        double t9_sum = 0.0;
        double t14_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum, t14_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t v15 = y[i];
            t9_sum += t8[i - tile_begin];
            t14_sum += t13[i*k + (v15 < 0 ? k + v15 : v15) - k*tile_begin];
            t26[i] = t22 * t25[i - tile_begin] / t6[i - tile_begin];
        }
        t9 += t9_sum;
        t14 += t14_sum;
        /* t20[i:n, l:1] = sum[j:k](exp(A[i, j] - t10[i, 0])) */
        /* t21[i:n, l:1] = sum[j:k](where(A[i, j] == t10[i, 0], 1, 0)) */
        /* t23[i:n, l:1] = sum[j:k](exp(t0[i, j] - (t1[i, 0] + t3[i]))) */
        /* t24[i:n, l:1] = sum[j:k](exp(t4[i, j] - t5[i, 0])) */
        /* t27[i:n, l:1] = sum[j:k](where(t4[i, j] == t5[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v17 = t10[i];
            const double v18 = t1[i] + t3[i];
            const double v20 = t5[i];
            for (int64_t l = 0; l < 1; ++l) {
                double t20_sum = 0.0;
                double t21_sum = 0.0;
                double t23_sum = 0.0;
                double t24_sum = 0.0;
                double t27_sum = 0.0;
                GRADC_SIMD(reduction(+:t20_sum, t21_sum, t23_sum, t24_sum, t27_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v16 = A[i*k + j];
                    const double v19 = t4[i*k + j];
                    t20_sum += exp(v16 - v17);
                    t21_sum += v16 == v17 ? 1.0 : 0.0;
                    t23_sum += exp(t0[i*k + j] - v18);
                    t24_sum += exp(v19 - v20);
                    t27_sum += v20 == v19 ? 1.0 : 0.0;
                }
                t20[i + l] = t20_sum;
                t21[i + l] = t21_sum;
                t23[i + l] = t23_sum;
                t24[i + l] = t24_sum;
                t27[i + l] = t27_sum;
            }
        }
    }
    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v21 = (double)n;
    const double value_ = t9 / v21 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v21);
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t17[i:n] = sum[j:k](t16[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t17_sum = 0.0;
            GRADC_SIMD(reduction(+:t17_sum))
            for (int64_t j = 0; j < k; ++j) {
                t17_sum += t16[i*k + j];
            }
            t17[i - tile_begin] = t17_sum;
        }
        /* t18[i:n] = -(t17[i] / t11[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t18[i - tile_begin] = -(t17[i - tile_begin] / t11[i]);
        }
        /* t19[i:n, l:1] = sum[j:k](t16[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t19_sum = 0.0;
                GRADC_SIMD(reduction(+:t19_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t19_sum += t16[i*k + j];
                }
                t19[i + l - tile_begin] = t19_sum;
            }
        }
        /* grad_A[i:n, j:k] = t16[i, j] + t18[i] * exp(A[i, j] - t10[i, 0]) + where(A[i, j] == t10[i, 0], -((t19[i, */
        /*    0] + t20[i, 0] * t18[i]) / t21[i, 0]), 0) + (where(t4[i, j] == t5[i, 0], (t22 * t23[i, 0] - t24[i, 0] */
        /*    * t26[i]) / t27[i, 0], 0) + (t26[i] * exp(t4[i, j] - t5[i, 0]) - t22 * exp(t0[i, j] - (t1[i, 0] + */
        /*    t3[i])))) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v22 = t18[i - tile_begin];
            const double v24 = t10[i];
            const double v25 = -((t19[i - tile_begin] + t20[i] * v22) / t21[i]);
            const double v27 = t5[i];
            const double v28 = t26[i];
            const double v29 = (t22 * t23[i] - t24[i] * v28) / t27[i];
            const double v30 = t1[i] + t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v23 = A[i*k + j];
                const double v26 = t4[i*k + j];
                const double v31 = t16[i*k + j] + v22 * exp(v23 - v24) + (v23 == v24 ? v25 : 0.0) + ((v27 == v26 ? v29 : 0.0) + (v28 * exp(v26 - v27) - t22 * exp(t0[i*k + j] - v30))) / tau;
                grad_A[i*k + j] = v31;
            }
        }
    }
    *value = value_;
    return 0;
}
