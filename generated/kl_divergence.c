/* kl_divergence: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k]):
 *         t0[i:n, l:1] = max[j:k](A[i, j])
 *         t1[i:n] = sum[j:k](exp(A[i, j] - t0[i, 0]))
 *         t2[i:n] = log(t1[i])
 *         t3[i:n, l:1] = max[j:k](B[i, j])
 *         t4[i:n] = sum[j:k](exp(B[i, j] - t3[i, 0]))
 *         t5[i:n] = log(t4[i])
 *         t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), exp(s0) * (s0 - (B[i, j] - (t3[i, 0] + t5[i])))))
 *         t7 = sum[i:n](t6[i])
 *         value = t7 / n
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

#include "kl_divergence.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t kl_divergence_value_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int kl_divergence_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    double t7 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:1] = max[j:k](A[i, j]) */
        /* t3[i:n, l:1] = max[j:k](B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t0_max = -INFINITY;
                double t3_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = A[i*k + j];
                    const double v1 = B[i*k + j];
                    t0_max = (v0 > t0_max || v0 != v0) ? v0 : t0_max;
                    t3_max = (v1 > t3_max || v1 != v1) ? v1 : t3_max;
                }
                t0[i + l - tile_begin] = t0_max;
                t3[i + l - tile_begin] = t3_max;
            }
        }
        /* t1[i:n] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t4[i:n] = sum[j:k](exp(B[i, j] - t3[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t0[i - tile_begin];
            const double v3 = t3[i - tile_begin];
            double t1_sum = 0.0;
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum, t4_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_sum += exp(A[i*k + j] - v2);
                t4_sum += exp(B[i*k + j] - v3);
            }
            t1[i - tile_begin] = t1_sum;
            t4[i - tile_begin] = t4_sum;
        }
        /* t2[i:n] = log(t1[i]) */
        /* t5[i:n] = log(t4[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = log(t1[i - tile_begin]);
            t5[i - tile_begin] = log(t4[i - tile_begin]);
        }
        /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), exp(s0) * (s0 - (B[i, j] - (t3[i, 0] + */
        /*    t5[i]))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t0[i - tile_begin] + t2[i - tile_begin];
            const double v6 = t3[i - tile_begin] + t5[i - tile_begin];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = A[i*k + j] - v4;
                t6_sum += exp(v5) * (v5 - (B[i*k + j] - v6));
            }
            t6[i - tile_begin] = t6_sum;
        }
        /* t7 = sum[i:n](t6[i]) */
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7_sum += t6[i - tile_begin];
        }
        t7 += t7_sum;
    }
    /* value = t7 / n */
    const double value_ = t7 / (double)n;
    *value = value_;
    return 0;
}

size_t kl_divergence_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int kl_divergence_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          double *restrict value, double *restrict t0, double *restrict t1, double *restrict t2,
                          double *restrict t3, double *restrict t4, double *restrict t5, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t6 = (void *)scratch;
    double t7 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:1] = max[j:k](A[i, j]) */
        /* t3[i:n, l:1] = max[j:k](B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t0_max = -INFINITY;
                double t3_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = A[i*k + j];
                    const double v1 = B[i*k + j];
                    t0_max = (v0 > t0_max || v0 != v0) ? v0 : t0_max;
                    t3_max = (v1 > t3_max || v1 != v1) ? v1 : t3_max;
                }
                t0[i + l] = t0_max;
                t3[i + l] = t3_max;
            }
        }
        /* t1[i:n] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t4[i:n] = sum[j:k](exp(B[i, j] - t3[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t0[i];
            const double v3 = t3[i];
            double t1_sum = 0.0;
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum, t4_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_sum += exp(A[i*k + j] - v2);
                t4_sum += exp(B[i*k + j] - v3);
            }
            t1[i] = t1_sum;
            t4[i] = t4_sum;
        }
        /* t2[i:n] = log(t1[i]) */
        /* t5[i:n] = log(t4[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i] = log(t1[i]);
            t5[i] = log(t4[i]);
        }
        /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), exp(s0) * (s0 - (B[i, j] - (t3[i, 0] + */
        /*    t5[i]))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t0[i] + t2[i];
            const double v6 = t3[i] + t5[i];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = A[i*k + j] - v4;
                t6_sum += exp(v5) * (v5 - (B[i*k + j] - v6));
            }
            t6[i - tile_begin] = t6_sum;
        }
        /* t7 = sum[i:n](t6[i]) */
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7_sum += t6[i - tile_begin];
        }
        t7 += t7_sum;
    }
    /* value = t7 / n */
    const double value_ = t7 / (double)n;
    *value = value_;
    return 0;
}

size_t kl_divergence_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int kl_divergence_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                           const double *restrict t0, const double *restrict t1, const double *restrict t2,
                           const double *restrict t3, const double *restrict t4, const double *restrict t5,
                           double cotangent, double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)scratch;
    /* t6 = cotangent / n */
    const double t6 = cotangent / (double)n;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t7[i:n, l:1] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), t6 * s1 + s1 * (t6 * (s0 */
        /*    - (B[i, j] - (t3[i, 0] + t5[i])))))) */
        /* t8[i:n, l:1] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t11[i:n, l:1] = sum[j:k](where(A[i, j] == t0[i, 0], 1, 0)) */
        /* t12[i:n, l:1] = sum[j:k](exp(A[i, j] - (t0[i, 0] + t2[i]))) */
        /* t13[i:n, l:1] = sum[j:k](exp(B[i, j] - t3[i, 0])) */
        /* t16[i:n, l:1] = sum[j:k](where(B[i, j] == t3[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i];
            const double v2 = v1 + t2[i];
            const double v6 = t3[i];
            const double v7 = v6 + t5[i];
            for (int64_t l = 0; l < 1; ++l) {
                double t7_sum = 0.0;
                double t8_sum = 0.0;
                double t11_sum = 0.0;
                double t12_sum = 0.0;
                double t13_sum = 0.0;
                double t16_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum, t8_sum, t11_sum, t12_sum, t13_sum, t16_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = A[i*k + j];
                    const double v3 = v0 - v2;
                    const double v4 = exp(v3);
                    const double v5 = B[i*k + j];
                    t7_sum += t6 * v4 + v4 * (t6 * (v3 - (v5 - v7)));
                    t8_sum += exp(v0 - v1);
                    t11_sum += v0 == v1 ? 1.0 : 0.0;
                    t12_sum += v4;
                    t13_sum += exp(v5 - v6);
                    t16_sum += v5 == v6 ? 1.0 : 0.0;
                }
                t7[i + l - tile_begin] = t7_sum;
                t8[i + l - tile_begin] = t8_sum;
                t11[i + l - tile_begin] = t11_sum;
                t12[i + l - tile_begin] = t12_sum;
                t13[i + l - tile_begin] = t13_sum;
                t16[i + l - tile_begin] = t16_sum;
            }
        }
        /* t9[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), t6 * s1 + s1 * (t6 * (s0 - */
        /*    (B[i, j] - (t3[i, 0] + t5[i])))))) */
        /* t14[i:n] = sum[j:k](exp(A[i, j] - (t0[i, 0] + t2[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v8 = t0[i] + t2[i];
            const double v11 = t3[i] + t5[i];
            double t9_sum = 0.0;
            double t14_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum, t14_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v9 = A[i*k + j] - v8;
                const double v10 = exp(v9);
                t9_sum += t6 * v10 + v10 * (t6 * (v9 - (B[i*k + j] - v11)));
                t14_sum += v10;
            }
            t9[i - tile_begin] = t9_sum;
            t14[i - tile_begin] = t14_sum;
        }
        /* t10[i:n] = -(t9[i] / t1[i]) */
        /* t15[i:n] = t6 * t14[i] / t4[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t10[i - tile_begin] = -(t9[i - tile_begin] / t1[i]);
            t15[i - tile_begin] = t6 * t14[i - tile_begin] / t4[i];
        }
        /* grad_A[i:n, j:k] = let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), where(A[i, j] == t0[i, 0], */
        /*    -((t7[i, 0] + t8[i, 0] * t10[i]) / t11[i, 0]), 0) + (t10[i] * exp(A[i, j] - t0[i, 0]) + (t6 * s1 + s1 */
        /*    * (t6 * (s0 - (B[i, j] - (t3[i, 0] + t5[i]))))))) */
        /* grad_B[i:n, j:k] = where(B[i, j] == t3[i, 0], (t6 * t12[i, 0] - t13[i, 0] * t15[i]) / t16[i, 0], 0) + */
        /*    (t15[i] * exp(B[i, j] - t3[i, 0]) - t6 * exp(A[i, j] - (t0[i, 0] + t2[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v13 = t0[i];
            const double v14 = t10[i - tile_begin];
            const double v15 = -((t7[i - tile_begin] + t8[i - tile_begin] * v14) / t11[i - tile_begin]);
            const double v16 = v13 + t2[i];
            const double v21 = t3[i];
            const double v22 = v21 + t5[i];
            const double v24 = t15[i - tile_begin];
            const double v25 = (t6 * t12[i - tile_begin] - t13[i - tile_begin] * v24) / t16[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v12 = A[i*k + j];
                const double v17 = v12 - v16;
                const double v18 = exp(v17);
                const double v19 = t6 * v18;
                const double v20 = B[i*k + j];
                const double v23 = (v12 == v13 ? v15 : 0.0) + (v14 * exp(v12 - v13) + (v19 + v18 * (t6 * (v17 - (v20 - v22)))));
                grad_A[i*k + j] = v23;
                grad_B[i*k + j] = (v20 == v21 ? v25 : 0.0) + (v24 * exp(v20 - v21) - v19);
            }
        }
    }
    return 0;
}

size_t kl_divergence_value_and_grad_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int kl_divergence_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                 double *restrict value, double *restrict grad_A, double *restrict grad_B,
                                 void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t18 = (void *)scratch;
    /* t8 = 1 / n */
    const double t8 = 1.0 / (double)n;
    double t7 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:1] = max[j:k](A[i, j]) */
        /* t3[i:n, l:1] = max[j:k](B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t0_max = -INFINITY;
                double t3_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = A[i*k + j];
                    const double v1 = B[i*k + j];
                    t0_max = (v0 > t0_max || v0 != v0) ? v0 : t0_max;
                    t3_max = (v1 > t3_max || v1 != v1) ? v1 : t3_max;
                }
                t0[i + l - tile_begin] = t0_max;
                t3[i + l - tile_begin] = t3_max;
            }
        }
        /* t1[i:n] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t4[i:n] = sum[j:k](exp(B[i, j] - t3[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t0[i - tile_begin];
            const double v3 = t3[i - tile_begin];
            double t1_sum = 0.0;
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum, t4_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_sum += exp(A[i*k + j] - v2);
                t4_sum += exp(B[i*k + j] - v3);
            }
            t1[i - tile_begin] = t1_sum;
            t4[i - tile_begin] = t4_sum;
        }
        /* t2[i:n] = log(t1[i]) */
        /* t5[i:n] = log(t4[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = log(t1[i - tile_begin]);
            t5[i - tile_begin] = log(t4[i - tile_begin]);
        }
        /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), exp(s0) * (s0 - (B[i, j] - (t3[i, 0] + */
        /*    t5[i]))))) */
        /* t11[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), t8 * s1 + s1 * (t8 * (s0 - */
        /*    (B[i, j] - (t3[i, 0] + t5[i])))))) */
        /* t16[i:n] = sum[j:k](exp(A[i, j] - (t0[i, 0] + t2[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t0[i - tile_begin] + t2[i - tile_begin];
            const double v7 = t3[i - tile_begin] + t5[i - tile_begin];
            double t6_sum = 0.0;
            double t11_sum = 0.0;
            double t16_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum, t11_sum, t16_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = A[i*k + j] - v4;
                const double v6 = exp(v5);
                const double v8 = v5 - (B[i*k + j] - v7);
                t6_sum += v6 * v8;
                t11_sum += t8 * v6 + v6 * (t8 * v8);
                t16_sum += v6;
            }
            t6[i - tile_begin] = t6_sum;
            t11[i - tile_begin] = t11_sum;
            t16[i - tile_begin] = t16_sum;
        }
        /* t7 = sum[i:n](t6[i]) */
        /* t12[i:n] = -(t11[i] / t1[i]) */
        /* t17[i:n] = t8 * t16[i] / t4[i] */
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7_sum += t6[i - tile_begin];
            t12[i - tile_begin] = -(t11[i - tile_begin] / t1[i - tile_begin]);
            t17[i - tile_begin] = t8 * t16[i - tile_begin] / t4[i - tile_begin];
        }
        t7 += t7_sum;
        /* t9[i:n, l:1] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), t8 * s1 + s1 * (t8 * (s0 */
        /*    - (B[i, j] - (t3[i, 0] + t5[i])))))) */
        /* t10[i:n, l:1] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t13[i:n, l:1] = sum[j:k](where(A[i, j] == t0[i, 0], 1, 0)) */
        /* t14[i:n, l:1] = sum[j:k](exp(A[i, j] - (t0[i, 0] + t2[i]))) */
        /* t15[i:n, l:1] = sum[j:k](exp(B[i, j] - t3[i, 0])) */
        /* t18[i:n, l:1] = sum[j:k](where(B[i, j] == t3[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v10 = t0[i - tile_begin];
            const double v11 = v10 + t2[i - tile_begin];
            const double v15 = t3[i - tile_begin];
            const double v16 = v15 + t5[i - tile_begin];
            for (int64_t l = 0; l < 1; ++l) {
                double t9_sum = 0.0;
                double t10_sum = 0.0;
                double t13_sum = 0.0;
                double t14_sum = 0.0;
                double t15_sum = 0.0;
                double t18_sum = 0.0;
                GRADC_SIMD(reduction(+:t9_sum, t10_sum, t13_sum, t14_sum, t15_sum, t18_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v9 = A[i*k + j];
                    const double v12 = v9 - v11;
                    const double v13 = exp(v12);
                    const double v14 = B[i*k + j];
                    t9_sum += t8 * v13 + v13 * (t8 * (v12 - (v14 - v16)));
                    t10_sum += exp(v9 - v10);
                    t13_sum += v9 == v10 ? 1.0 : 0.0;
                    t14_sum += v13;
                    t15_sum += exp(v14 - v15);
                    t18_sum += v14 == v15 ? 1.0 : 0.0;
                }
                t9[i + l - tile_begin] = t9_sum;
                t10[i + l - tile_begin] = t10_sum;
                t13[i + l - tile_begin] = t13_sum;
                t14[i + l - tile_begin] = t14_sum;
                t15[i + l - tile_begin] = t15_sum;
                t18[i + l - tile_begin] = t18_sum;
            }
        }
        /* grad_A[i:n, j:k] = let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), where(A[i, j] == t0[i, 0], */
        /*    -((t9[i, 0] + t10[i, 0] * t12[i]) / t13[i, 0]), 0) + (t12[i] * exp(A[i, j] - t0[i, 0]) + (t8 * s1 + */
        /*    s1 * (t8 * (s0 - (B[i, j] - (t3[i, 0] + t5[i]))))))) */
        /* grad_B[i:n, j:k] = where(B[i, j] == t3[i, 0], (t8 * t14[i, 0] - t15[i, 0] * t17[i]) / t18[i, 0], 0) + */
        /*    (t17[i] * exp(B[i, j] - t3[i, 0]) - t8 * exp(A[i, j] - (t0[i, 0] + t2[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v18 = t0[i - tile_begin];
            const double v19 = t12[i - tile_begin];
            const double v20 = -((t9[i - tile_begin] + t10[i - tile_begin] * v19) / t13[i - tile_begin]);
            const double v21 = v18 + t2[i - tile_begin];
            const double v26 = t3[i - tile_begin];
            const double v27 = v26 + t5[i - tile_begin];
            const double v29 = t17[i - tile_begin];
            const double v30 = (t8 * t14[i - tile_begin] - t15[i - tile_begin] * v29) / t18[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v17 = A[i*k + j];
                const double v22 = v17 - v21;
                const double v23 = exp(v22);
                const double v24 = t8 * v23;
                const double v25 = B[i*k + j];
                const double v28 = (v17 == v18 ? v20 : 0.0) + (v19 * exp(v17 - v18) + (v24 + v23 * (t8 * (v22 - (v25 - v27)))));
                grad_A[i*k + j] = v28;
                grad_B[i*k + j] = (v25 == v26 ? v30 : 0.0) + (v29 * exp(v25 - v26) - v24);
            }
        }
    }
    /* value = t7 / n */
    const double value_ = t7 / (double)n;
    *value = value_;
    return 0;
}
