/* distillation: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], y: int64[n], tau: real, mix: real):
 *         t0[i:n, j:k] = B[i, j] / tau
 *         t1[i:n] = max[j:k](t0[i, j])
 *         t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i]))
 *         t3[i:n] = log(t2[i])
 *         t4[i:n, j:k] = A[i, j] / tau
 *         t5[i:n] = max[j:k](t4[i, j])
 *         t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i]))
 *         t7[i:n] = log(t6[i])
 *         t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t3[i] + t1[i]), exp(s0) * (s0 - (t4[i, j] - (t7[i] + t5[i])))))
 *         t9 = sum[i:n](t8[i])
 *         t10[i:n] = max[j:k](A[i, j])
 *         t11[i:n] = sum[j:k](exp(A[i, j] - t10[i]))
 *         t12[i:n] = log(t11[i])
 *         t13[i:n, j:k] = A[i, j] - (t10[i] + t12[i])
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
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
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
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t9 = 0.0;
    double t14 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t4[i:n, j:k] = A[i, j] / tau */
        /* t5[i:n] = max[j:k](t4[i, j]) */
        /* t10[i:n] = max[j:k](A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_max = -INFINITY;
            double t5_max = -INFINITY;
            double t10_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = B[i*k + j] / tau;
                const double A_ij = A[i*k + j];
                const double v1 = A_ij / tau;
                t0[(i - tile_begin)*k + j] = v0;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                t4[(i - tile_begin)*k + j] = v1;
                t5_max = (v1 > t5_max || v1 != v1) ? v1 : t5_max;
                t10_max = (A_ij > t10_max || A_ij != A_ij) ? A_ij : t10_max;
            }
            t1[i - tile_begin] = t1_max;
            t5[i - tile_begin] = t5_max;
            t10[i - tile_begin] = t10_max;
        }

        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i])) */
        /* t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i])) */
        /* t11[i:n] = sum[j:k](exp(A[i, j] - t10[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t5_i = t5[i - tile_begin];
            const double t10_i = t10[i - tile_begin];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[(i - tile_begin)*k + j] - t1_i);
                t6_sum += exp(t4[(i - tile_begin)*k + j] - t5_i);
                t11_sum += exp(A[i*k + j] - t10_i);
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

        /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t3[i] + t1[i]), exp(s0) * (s0 - (t4[i, j] - (t7[i] + t5[i]))))) */
        /* t13[i:n, j:k] = A[i, j] - (t10[i] + t12[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t3[i - tile_begin] + t1[i - tile_begin];
            const double v2 = t5[i - tile_begin] + t7[i - tile_begin];
            const double v3 = t12[i - tile_begin] + t10[i - tile_begin];
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = t0[(i - tile_begin)*k + j] - v0;
                t8_sum += exp(v1) * (v1 - (t4[(i - tile_begin)*k + j] - v2));
                t13[(i - tile_begin)*k + j] = A[i*k + j] - v3;
            }
            t8[i - tile_begin] = t8_sum;
        }

        /* t9 = sum[i:n](t8[i]) */
        /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t9_sum = 0.0;
        double t14_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum, t14_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            t9_sum += t8[i - tile_begin];
            t14_sum += t13[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)];
        }
        t9 += t9_sum;
        t14 += t14_sum;
    }

    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v0 = (double)n;
    *value = t9 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v0);
    return 0;
}

size_t distillation_forward_work(int64_t n, int64_t k)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
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
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t9 = 0.0;
    double t14 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t4[i:n, j:k] = A[i, j] / tau */
        /* t5[i:n] = max[j:k](t4[i, j]) */
        /* t10[i:n] = max[j:k](A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_max = -INFINITY;
            double t5_max = -INFINITY;
            double t10_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = B[i*k + j] / tau;
                const double A_ij = A[i*k + j];
                const double v1 = A_ij / tau;
                t0[(i - tile_begin)*k + j] = v0;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                t4[(i - tile_begin)*k + j] = v1;
                t5_max = (v1 > t5_max || v1 != v1) ? v1 : t5_max;
                t10_max = (A_ij > t10_max || A_ij != A_ij) ? A_ij : t10_max;
            }
            t1[i] = t1_max;
            t5[i] = t5_max;
            t10[i] = t10_max;
        }

        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i])) */
        /* t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i])) */
        /* t11[i:n] = sum[j:k](exp(A[i, j] - t10[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t5_i = t5[i];
            const double t10_i = t10[i];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[(i - tile_begin)*k + j] - t1_i);
                t6_sum += exp(t4[(i - tile_begin)*k + j] - t5_i);
                t11_sum += exp(A[i*k + j] - t10_i);
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

        /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t3[i] + t1[i]), exp(s0) * (s0 - (t4[i, j] - (t7[i] + t5[i]))))) */
        /* t13[i:n, j:k] = A[i, j] - (t10[i] + t12[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t3[i] + t1[i];
            const double v2 = t5[i] + t7[i - tile_begin];
            const double v3 = t12[i - tile_begin] + t10[i];
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = t0[(i - tile_begin)*k + j] - v0;
                t8_sum += exp(v1) * (v1 - (t4[(i - tile_begin)*k + j] - v2));
                t13[(i - tile_begin)*k + j] = A[i*k + j] - v3;
            }
            t8[i - tile_begin] = t8_sum;
        }

        /* t9 = sum[i:n](t8[i]) */
        /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t9_sum = 0.0;
        double t14_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum, t14_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            t9_sum += t8[i - tile_begin];
            t14_sum += t13[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)];
        }
        t9 += t9_sum;
        t14 += t14_sum;
    }

    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v0 = (double)n;
    *value = t9 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v0);
    return 0;
}

size_t distillation_backward_work(int64_t n, int64_t k)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int distillation_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          const int64_t *restrict y, double tau, double mix, const double *restrict t1,
                          const double *restrict t3, const double *restrict t5, const double *restrict t6,
                          const double *restrict t10, const double *restrict t11, double cotangent,
                          double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t18 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t4 = -(cotangent * (1 - mix) / n) */
    /* t14 = cotangent * (mix * (tau * tau)) / n */
    const double v0 = (double)n;
    const double t4 = -(cotangent * (1.0 - mix) / v0);
    const double t14 = cotangent * (mix * (tau * tau)) / v0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            t7[at] = 0.0;
        }

        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t2[i:n, j:k] = A[i, j] / tau */
        /* t13[i:n] = sum[j:k](where(A[i, j] == t10[i], 1, 0)) */
        /* t15[i:n] = sum[j:k](exp(t0[i, j] - (t1[i] + t3[i]))) */
        /* t18[i:n] = sum[j:k](where(t2[i, j] == t5[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t10_i = t10[i];
            const double v3 = t1[i] + t3[i];
            const double t5_i = t5[i];
            double t13_sum = 0.0;
            double t15_sum = 0.0;
            double t18_sum = 0.0;
            GRADC_SIMD(reduction(+:t13_sum, t15_sum, t18_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = B[i*k + j] / tau;
                const double A_ij = A[i*k + j];
                const double v2 = A_ij / tau;
                t0[(i - tile_begin)*k + j] = v1;
                t2[(i - tile_begin)*k + j] = v2;
                t13_sum += A_ij == t10_i ? 1.0 : 0.0;
                t15_sum += exp(v1 - v3);
                t18_sum += t5_i == v2 ? 1.0 : 0.0;
            }
            t13[i - tile_begin] = t13_sum;
            t15[i - tile_begin] = t15_sum;
            t18[i - tile_begin] = t18_sum;
        }

        /* t7[:n, :k] = 0 t7 += each[i:n](at[i, where_integer(y[i] < 0, k + y[i], y[i])](t4)) */
        /* t16[i:n] = t14 * t15[i] */
        /* t17[i:n] = t16[i] / t6[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const double v1 = t14 * t15[i - tile_begin];
            t7[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)] += t4;
            t16[i - tile_begin] = v1;
            t17[i - tile_begin] = v1 / t6[i];
        }

        /* t8[i:n] = sum[j:k](t7[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                t8_sum += t7[(i - tile_begin)*k + j];
            }
            t8[i - tile_begin] = t8_sum;
        }

        /* t9[i:n] = -t8[i] */
        /* t12[i:n] = t9[i] / t11[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = -t8[i - tile_begin];
            t9[i - tile_begin] = v1;
            t12[i - tile_begin] = v1 / t11[i];
        }

        /* grad_A[i:n, j:k] = t7[i, j] + t12[i] * exp(A[i, j] - t10[i]) + where(A[i, j] == t10[i], (t9[i] - t11[i]
         *    * t12[i]) / t13[i], 0) + (where(t2[i, j] == t5[i], (t16[i] - t6[i] * t17[i]) / t18[i], 0) + (t17[i] *
         *    exp(t2[i, j] - t5[i]) - t14 * exp(t0[i, j] - (t1[i] + t3[i])))) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t12_i = t12[i - tile_begin];
            const double t10_i = t10[i];
            const double v1 = (t9[i - tile_begin] - t11[i] * t12_i) / t13[i - tile_begin];
            const double t5_i = t5[i];
            const double t17_i = t17[i - tile_begin];
            const double v2 = (t16[i - tile_begin] - t6[i] * t17_i) / t18[i - tile_begin];
            const double v3 = t1[i] + t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double A_ij = A[i*k + j];
                const double t2_ij = t2[(i - tile_begin)*k + j];
                const double v4 = (t2_ij == t5_i ? v2 : 0.0) + (t17_i * exp(t2_ij - t5_i) - t14 * exp(t0[(i - tile_begin)*k + j] - v3));
                const double v5 = t7[(i - tile_begin)*k + j] + t12_i * exp(A_ij - t10_i) + (A_ij == t10_i ? v1 : 0.0) + v4 / tau;
                grad_A[i*k + j] = v5;
            }
        }
    }
    return 0;
}

size_t distillation_value_and_grad_work(int64_t n, int64_t k)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int distillation_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                const int64_t *restrict y, double tau, double mix, double *restrict value,
                                double *restrict grad_A, void *restrict work)
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t22 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t23 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t24 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t25 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t15 = -((1 - mix) / n) */
    /* t21 = mix * (tau * tau) / n */
    const double v0 = (double)n;
    const double t15 = -((1.0 - mix) / v0);
    const double t21 = mix * (tau * tau) / v0;
    double t9 = 0.0;
    double t14 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            t16[at] = 0.0;
        }

        /* t0[i:n, j:k] = B[i, j] / tau */
        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t4[i:n, j:k] = A[i, j] / tau */
        /* t5[i:n] = max[j:k](t4[i, j]) */
        /* t10[i:n] = max[j:k](A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_max = -INFINITY;
            double t5_max = -INFINITY;
            double t10_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = B[i*k + j] / tau;
                const double A_ij = A[i*k + j];
                const double v2 = A_ij / tau;
                t0[(i - tile_begin)*k + j] = v1;
                t1_max = (v1 > t1_max || v1 != v1) ? v1 : t1_max;
                t4[(i - tile_begin)*k + j] = v2;
                t5_max = (v2 > t5_max || v2 != v2) ? v2 : t5_max;
                t10_max = (A_ij > t10_max || A_ij != A_ij) ? A_ij : t10_max;
            }
            t1[i - tile_begin] = t1_max;
            t5[i - tile_begin] = t5_max;
            t10[i - tile_begin] = t10_max;
        }

        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i])) */
        /* t6[i:n] = sum[j:k](exp(t4[i, j] - t5[i])) */
        /* t11[i:n] = sum[j:k](exp(A[i, j] - t10[i])) */
        /* t20[i:n] = sum[j:k](where(A[i, j] == t10[i], 1, 0)) */
        /* t25[i:n] = sum[j:k](where(t4[i, j] == t5[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t5_i = t5[i - tile_begin];
            const double t10_i = t10[i - tile_begin];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            double t20_sum = 0.0;
            double t25_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum, t20_sum, t25_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t4_ij = t4[(i - tile_begin)*k + j];
                const double A_ij = A[i*k + j];
                t2_sum += exp(t0[(i - tile_begin)*k + j] - t1_i);
                t6_sum += exp(t4_ij - t5_i);
                t11_sum += exp(A_ij - t10_i);
                t20_sum += A_ij == t10_i ? 1.0 : 0.0;
                t25_sum += t4_ij == t5_i ? 1.0 : 0.0;
            }
            t2[i - tile_begin] = t2_sum;
            t6[i - tile_begin] = t6_sum;
            t11[i - tile_begin] = t11_sum;
            t20[i - tile_begin] = t20_sum;
            t25[i - tile_begin] = t25_sum;
        }

        /* t3[i:n] = log(t2[i]) */
        /* t7[i:n] = log(t6[i]) */
        /* t12[i:n] = log(t11[i]) */
        /* t16[:n, :k] = 0 t16 += each[i:n](at[i, where_integer(y[i] < 0, k + y[i], y[i])](t15)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            t3[i - tile_begin] = log(t2[i - tile_begin]);
            t7[i - tile_begin] = log(t6[i - tile_begin]);
            t12[i - tile_begin] = log(t11[i - tile_begin]);
            t16[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)] += t15;
        }

        /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t3[i] + t1[i]), exp(s0) * (s0 - (t4[i, j] - (t7[i] + t5[i]))))) */
        /* t13[i:n, j:k] = A[i, j] - (t10[i] + t12[i]) */
        /* t17[i:n] = sum[j:k](t16[i, j]) */
        /* t22[i:n] = sum[j:k](exp(t0[i, j] - (t3[i] + t1[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t3[i - tile_begin] + t1[i - tile_begin];
            const double v4 = t5[i - tile_begin] + t7[i - tile_begin];
            const double v5 = t12[i - tile_begin] + t10[i - tile_begin];
            double t8_sum = 0.0;
            double t17_sum = 0.0;
            double t22_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum, t17_sum, t22_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v2 = t0[(i - tile_begin)*k + j] - v1;
                const double v3 = exp(v2);
                t8_sum += v3 * (v2 - (t4[(i - tile_begin)*k + j] - v4));
                t13[(i - tile_begin)*k + j] = A[i*k + j] - v5;
                t17_sum += t16[(i - tile_begin)*k + j];
                t22_sum += v3;
            }
            t8[i - tile_begin] = t8_sum;
            t17[i - tile_begin] = t17_sum;
            t22[i - tile_begin] = t22_sum;
        }

        /* t9 = sum[i:n](t8[i]) */
        /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        /* t18[i:n] = -t17[i] */
        /* t19[i:n] = t18[i] / t11[i] */
        /* t23[i:n] = t21 * t22[i] */
        /* t24[i:n] = t23[i] / t6[i] */
        double t9_sum = 0.0;
        double t14_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum, t14_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const double v1 = -t17[i - tile_begin];
            const double v2 = t21 * t22[i - tile_begin];
            t9_sum += t8[i - tile_begin];
            t14_sum += t13[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)];
            t18[i - tile_begin] = v1;
            t19[i - tile_begin] = v1 / t11[i - tile_begin];
            t23[i - tile_begin] = v2;
            t24[i - tile_begin] = v2 / t6[i - tile_begin];
        }
        t9 += t9_sum;
        t14 += t14_sum;

        /* grad_A[i:n, j:k] = t16[i, j] + t19[i] * exp(A[i, j] - t10[i]) + where(A[i, j] == t10[i], (t18[i] -
         *    t19[i] * t11[i]) / t20[i], 0) + (where(t4[i, j] == t5[i], (t23[i] - t6[i] * t24[i]) / t25[i], 0) +
         *    (t24[i] * exp(t4[i, j] - t5[i]) - t21 * exp(t0[i, j] - (t3[i] + t1[i])))) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t19_i = t19[i - tile_begin];
            const double t10_i = t10[i - tile_begin];
            const double v1 = (t18[i - tile_begin] - t11[i - tile_begin] * t19_i) / t20[i - tile_begin];
            const double t5_i = t5[i - tile_begin];
            const double t24_i = t24[i - tile_begin];
            const double v2 = (t23[i - tile_begin] - t6[i - tile_begin] * t24_i) / t25[i - tile_begin];
            const double v3 = t3[i - tile_begin] + t1[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double A_ij = A[i*k + j];
                const double t4_ij = t4[(i - tile_begin)*k + j];
                const double v4 = (t4_ij == t5_i ? v2 : 0.0) + (t24_i * exp(t4_ij - t5_i) - t21 * exp(t0[(i - tile_begin)*k + j] - v3));
                const double v5 = t16[(i - tile_begin)*k + j] + t19_i * exp(A_ij - t10_i) + (A_ij == t10_i ? v1 : 0.0) + v4 / tau;
                grad_A[i*k + j] = v5;
            }
        }
    }

    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v1 = (double)n;
    *value = t9 / v1 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v1);
    return 0;
}
