/* jensen_shannon: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k]):
 *         t0[i:n, l:1] = max[j:k](A[i, j])
 *         t1[i:n] = sum[j:k](exp(A[i, j] - t0[i, 0]))
 *         t2[i:n] = log(t1[i])
 *         t3[i:n, l:1] = max[j:k](B[i, j])
 *         t4[i:n] = sum[j:k](exp(B[i, j] - t3[i, 0]))
 *         t5[i:n] = log(t4[i])
 *         t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := B[i, j] - (t3[i, 0] + t5[i]), s2 := logaddexp(s0, s1) - 0.6931471805599453, exp(s0) * 
 *         t7 = sum[i:n](t6[i])
 *         value = 0.5 * (t7 / n)
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

#include "jensen_shannon.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t jensen_shannon_value_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int jensen_shannon_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
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
        /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := B[i, j] - (t3[i, 0] + t5[i]), s2 := */
        /*    where(s1 == s0, 0.6931471805599453 + s0, maximum(s1, s0) + log1p(exp(-abs(s0 - s1)))) - */
        /*    0.6931471805599453, exp(s0) * (s0 - s2) + exp(s1) * (s1 - s2))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t0[i - tile_begin] + t2[i - tile_begin];
            const double v6 = t3[i - tile_begin] + t5[i - tile_begin];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = A[i*k + j] - v4;
                const double v7 = B[i*k + j] - v6;
                const double v8 = v5 == v7 ? 0.6931471805599453 + v5 : ((v5 > v7 || v5 != v5) ? v5 : v7) + log1p(exp(-fabs(v5 - v7)));
                const double v9 = v8 - 0.6931471805599453;
                t6_sum += exp(v7) * (v7 - v9) + exp(v5) * (v5 - v9);
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
    /* value = 0.5 * (t7 / n) */
    const double value_ = 0.5 * (t7 / (double)n);
    *value = value_;
    return 0;
}

size_t jensen_shannon_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int jensen_shannon_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
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
        /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := B[i, j] - (t3[i, 0] + t5[i]), s2 := */
        /*    where(s1 == s0, 0.6931471805599453 + s0, maximum(s1, s0) + log1p(exp(-abs(s0 - s1)))) - */
        /*    0.6931471805599453, exp(s0) * (s0 - s2) + exp(s1) * (s1 - s2))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t0[i] + t2[i];
            const double v6 = t3[i] + t5[i];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = A[i*k + j] - v4;
                const double v7 = B[i*k + j] - v6;
                const double v8 = v5 == v7 ? 0.6931471805599453 + v5 : ((v5 > v7 || v5 != v5) ? v5 : v7) + log1p(exp(-fabs(v5 - v7)));
                const double v9 = v8 - 0.6931471805599453;
                t6_sum += exp(v7) * (v7 - v9) + exp(v5) * (v5 - v9);
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
    /* value = 0.5 * (t7 / n) */
    const double value_ = 0.5 * (t7 / (double)n);
    *value = value_;
    return 0;
}

size_t jensen_shannon_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int jensen_shannon_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
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
    /* t6 = 0.5 * cotangent / n */
    const double t6 = 0.5 * cotangent / (double)n;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t7[i:n, l:1] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), s2 := B[i, j] - (t3[i, 0] */
        /*    + t5[i]), s3 := where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p(exp(-abs(s0 - */
        /*    s2)))), s4 := t6 * s1, s1 * (t6 * (s0 - (s3 - 0.6931471805599453))) + (s4 - (s4 + t6 * exp(s2)) * */
        /*    exp(s0 - s3)))) */
        /* t8[i:n, l:1] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t11[i:n, l:1] = sum[j:k](where(A[i, j] == t0[i, 0], 1, 0)) */
        /* t12[i:n, l:1] = sum[j:k](let(s0 := B[i, j] - (t3[i, 0] + t5[i]), s1 := exp(s0), s2 := t6 * s1, s3 := */
        /*    A[i, j] - (t0[i, 0] + t2[i]), s4 := where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + */
        /*    log1p(exp(-abs(s3 - s0)))), s2 + s1 * (t6 * (s0 - (s4 - 0.6931471805599453))) - (t6 * exp(s3) + s2) * */
        /*    exp(s0 - s4))) */
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
                    const double v8 = v5 - v7;
                    const double v9 = v8 == v3 ? 0.6931471805599453 + v3 : ((v8 > v3 || v8 != v8) ? v8 : v3) + log1p(exp(-fabs(v3 - v8)));
                    const double v10 = v9 - 0.6931471805599453;
                    const double v11 = t6 * v4;
                    const double v12 = exp(v8);
                    const double v13 = t6 * v12;
                    const double v14 = v11 + v13;
                    t7_sum += v4 * (t6 * (v3 - v10)) + (v11 - v14 * exp(v3 - v9));
                    t8_sum += exp(v0 - v1);
                    t11_sum += v0 == v1 ? 1.0 : 0.0;
                    t12_sum += v13 + v12 * (t6 * (v8 - v10)) - v14 * exp(v8 - v9);
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
        /* t9[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), s2 := B[i, j] - (t3[i, 0] + */
        /*    t5[i]), s3 := where(s0 == s2, 0.6931471805599453 + s0, maximum(s0, s2) + log1p(exp(-abs(s0 - s2)))), */
        /*    s4 := t6 * s1, s1 * (t6 * (s0 - (s3 - 0.6931471805599453))) + (s4 - (t6 * exp(s2) + s4) * exp(s0 - */
        /*    s3)))) */
        /* t14[i:n] = sum[j:k](let(s0 := B[i, j] - (t3[i, 0] + t5[i]), s1 := exp(s0), s2 := t6 * s1, s3 := A[i, j] */
        /*    - (t0[i, 0] + t2[i]), s4 := where(s3 == s0, 0.6931471805599453 + s3, maximum(s3, s0) + */
        /*    log1p(exp(-abs(s3 - s0)))), s2 + s1 * (t6 * (s0 - (s4 - 0.6931471805599453))) - (s2 + t6 * exp(s3)) * */
        /*    exp(s0 - s4))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v15 = t0[i] + t2[i];
            const double v18 = t3[i] + t5[i];
            double t9_sum = 0.0;
            double t14_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum, t14_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v16 = A[i*k + j] - v15;
                const double v17 = exp(v16);
                const double v19 = B[i*k + j] - v18;
                const double v20 = v16 == v19 ? 0.6931471805599453 + v16 : ((v16 > v19 || v16 != v16) ? v16 : v19) + log1p(exp(-fabs(v16 - v19)));
                const double v21 = v20 - 0.6931471805599453;
                const double v22 = t6 * v17;
                const double v23 = exp(v19);
                const double v24 = t6 * v23;
                const double v25 = v22 + v24;
                t9_sum += v17 * (t6 * (v16 - v21)) + (v22 - v25 * exp(v16 - v20));
                t14_sum += v24 + v23 * (t6 * (v19 - v21)) - v25 * exp(v19 - v20);
            }
            t9[i - tile_begin] = t9_sum;
            t14[i - tile_begin] = t14_sum;
        }
        /* t10[i:n] = -(t9[i] / t1[i]) */
        /* t15[i:n] = -(t14[i] / t4[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t10[i - tile_begin] = -(t9[i - tile_begin] / t1[i]);
            t15[i - tile_begin] = -(t14[i - tile_begin] / t4[i]);
        }
        /* grad_A[i:n, j:k] = let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), s2 := B[i, j] - (t3[i, 0] + */
        /*    t5[i]), s3 := where(s0 == s2, 0.6931471805599453 + s0, maximum(s0, s2) + log1p(exp(-abs(s0 - s2)))), */
        /*    s4 := t6 * s1, where(A[i, j] == t0[i, 0], -((t7[i, 0] + t8[i, 0] * t10[i]) / t11[i, 0]), 0) + (t10[i] */
        /*    * exp(A[i, j] - t0[i, 0]) + (s1 * (t6 * (s0 - (s3 - 0.6931471805599453))) + (s4 - (t6 * exp(s2) + s4) */
        /*    * exp(s0 - s3))))) */
        /* grad_B[i:n, j:k] = let(s0 := B[i, j] - (t3[i, 0] + t5[i]), s1 := exp(s0), s2 := t6 * s1, s3 := A[i, j] - */
        /*    (t0[i, 0] + t2[i]), s4 := where(s3 == s0, 0.6931471805599453 + s3, maximum(s3, s0) + */
        /*    log1p(exp(-abs(s3 - s0)))), where(B[i, j] == t3[i, 0], -((t12[i, 0] + t13[i, 0] * t15[i]) / t16[i, */
        /*    0]), 0) + (t15[i] * exp(B[i, j] - t3[i, 0]) + (s2 + s1 * (t6 * (s0 - (s4 - 0.6931471805599453))) - */
        /*    (s2 + t6 * exp(s3)) * exp(s0 - s4)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v27 = t0[i];
            const double v28 = t10[i - tile_begin];
            const double v29 = -((t7[i - tile_begin] + t8[i - tile_begin] * v28) / t11[i - tile_begin]);
            const double v30 = v27 + t2[i];
            const double v34 = t3[i];
            const double v35 = v34 + t5[i];
            const double v44 = t15[i - tile_begin];
            const double v45 = -((t12[i - tile_begin] + t13[i - tile_begin] * v44) / t16[i - tile_begin]);
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v26 = A[i*k + j];
                const double v31 = v26 - v30;
                const double v32 = exp(v31);
                const double v33 = B[i*k + j];
                const double v36 = v33 - v35;
                const double v37 = v31 == v36 ? 0.6931471805599453 + v31 : ((v31 > v36 || v31 != v31) ? v31 : v36) + log1p(exp(-fabs(v31 - v36)));
                const double v38 = v37 - 0.6931471805599453;
                const double v39 = t6 * v32;
                const double v40 = exp(v36);
                const double v41 = t6 * v40;
                const double v42 = v39 + v41;
                const double v43 = (v26 == v27 ? v29 : 0.0) + (v28 * exp(v26 - v27) + (v32 * (t6 * (v31 - v38)) + (v39 - v42 * exp(v31 - v37))));
                const double v46 = (v33 == v34 ? v45 : 0.0) + (v44 * exp(v33 - v34) + (v41 + v40 * (t6 * (v36 - v38)) - v42 * exp(v36 - v37)));
                grad_A[i*k + j] = v43;
                grad_B[i*k + j] = v46;
            }
        }
    }
    return 0;
}

size_t jensen_shannon_value_and_grad_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int jensen_shannon_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
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
    /* t8 = 0.5 / n */
    const double t8 = 0.5 / (double)n;
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
        /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := B[i, j] - (t3[i, 0] + t5[i]), s2 := */
        /*    where(s1 == s0, 0.6931471805599453 + s0, maximum(s1, s0) + log1p(exp(-abs(s0 - s1)))) - */
        /*    0.6931471805599453, exp(s0) * (s0 - s2) + exp(s1) * (s1 - s2))) */
        /* t11[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), s2 := B[i, j] - (t3[i, 0] + */
        /*    t5[i]), s3 := where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p(exp(-abs(s0 - s2)))), */
        /*    s4 := t8 * s1, s1 * (t8 * (s0 - (s3 - 0.6931471805599453))) + (s4 - (s4 + t8 * exp(s2)) * exp(s0 - */
        /*    s3)))) */
        /* t16[i:n] = sum[j:k](let(s0 := B[i, j] - (t3[i, 0] + t5[i]), s1 := exp(s0), s2 := t8 * s1, s3 := A[i, j] */
        /*    - (t0[i, 0] + t2[i]), s4 := where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + */
        /*    log1p(exp(-abs(s3 - s0)))), s2 + s1 * (t8 * (s0 - (s4 - 0.6931471805599453))) - (t8 * exp(s3) + s2) * */
        /*    exp(s0 - s4))) */
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
                const double v8 = B[i*k + j] - v7;
                const double v9 = v5 == v8 ? 0.6931471805599453 + v5 : ((v5 > v8 || v5 != v5) ? v5 : v8) + log1p(exp(-fabs(v5 - v8)));
                const double v10 = v9 - 0.6931471805599453;
                const double v11 = v5 - v10;
                const double v12 = exp(v8);
                const double v13 = v8 - v10;
                const double v14 = t8 * v6;
                const double v15 = t8 * v12;
                const double v16 = v14 + v15;
                t6_sum += v12 * v13 + v6 * v11;
                t11_sum += v6 * (t8 * v11) + (v14 - v16 * exp(v5 - v9));
                t16_sum += v15 + v12 * (t8 * v13) - v16 * exp(v8 - v9);
            }
            t6[i - tile_begin] = t6_sum;
            t11[i - tile_begin] = t11_sum;
            t16[i - tile_begin] = t16_sum;
        }
        /* t7 = sum[i:n](t6[i]) */
        /* t12[i:n] = -(t11[i] / t1[i]) */
        /* t17[i:n] = -(t16[i] / t4[i]) */
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7_sum += t6[i - tile_begin];
            t12[i - tile_begin] = -(t11[i - tile_begin] / t1[i - tile_begin]);
            t17[i - tile_begin] = -(t16[i - tile_begin] / t4[i - tile_begin]);
        }
        t7 += t7_sum;
        /* t9[i:n, l:1] = sum[j:k](let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), s2 := B[i, j] - (t3[i, 0] */
        /*    + t5[i]), s3 := where(s0 == s2, 0.6931471805599453 + s0, maximum(s0, s2) + log1p(exp(-abs(s0 - */
        /*    s2)))), s4 := t8 * s1, s1 * (t8 * (s0 - (s3 - 0.6931471805599453))) + (s4 - (s4 + t8 * exp(s2)) * */
        /*    exp(s0 - s3)))) */
        /* t10[i:n, l:1] = sum[j:k](exp(A[i, j] - t0[i, 0])) */
        /* t13[i:n, l:1] = sum[j:k](where(A[i, j] == t0[i, 0], 1, 0)) */
        /* t14[i:n, l:1] = sum[j:k](let(s0 := B[i, j] - (t3[i, 0] + t5[i]), s1 := exp(s0), s2 := t8 * s1, s3 := */
        /*    A[i, j] - (t0[i, 0] + t2[i]), s4 := where(s3 == s0, 0.6931471805599453 + s3, maximum(s3, s0) + */
        /*    log1p(exp(-abs(s3 - s0)))), s2 + s1 * (t8 * (s0 - (s4 - 0.6931471805599453))) - (t8 * exp(s3) + s2) * */
        /*    exp(s0 - s4))) */
        /* t15[i:n, l:1] = sum[j:k](exp(B[i, j] - t3[i, 0])) */
        /* t18[i:n, l:1] = sum[j:k](where(B[i, j] == t3[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v18 = t0[i - tile_begin];
            const double v19 = v18 + t2[i - tile_begin];
            const double v23 = t3[i - tile_begin];
            const double v24 = v23 + t5[i - tile_begin];
            for (int64_t l = 0; l < 1; ++l) {
                double t9_sum = 0.0;
                double t10_sum = 0.0;
                double t13_sum = 0.0;
                double t14_sum = 0.0;
                double t15_sum = 0.0;
                double t18_sum = 0.0;
                GRADC_SIMD(reduction(+:t9_sum, t10_sum, t13_sum, t14_sum, t15_sum, t18_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v17 = A[i*k + j];
                    const double v20 = v17 - v19;
                    const double v21 = exp(v20);
                    const double v22 = B[i*k + j];
                    const double v25 = v22 - v24;
                    const double v26 = v20 == v25 ? 0.6931471805599453 + v20 : ((v20 > v25 || v20 != v20) ? v20 : v25) + log1p(exp(-fabs(v20 - v25)));
                    const double v27 = v26 - 0.6931471805599453;
                    const double v28 = t8 * v21;
                    const double v29 = exp(v25);
                    const double v30 = t8 * v29;
                    const double v31 = v30 + v28;
                    t9_sum += v21 * (t8 * (v20 - v27)) + (v28 - v31 * exp(v20 - v26));
                    t10_sum += exp(v17 - v18);
                    t13_sum += v17 == v18 ? 1.0 : 0.0;
                    t14_sum += v30 + v29 * (t8 * (v25 - v27)) - v31 * exp(v25 - v26);
                    t15_sum += exp(v22 - v23);
                    t18_sum += v22 == v23 ? 1.0 : 0.0;
                }
                t9[i + l - tile_begin] = t9_sum;
                t10[i + l - tile_begin] = t10_sum;
                t13[i + l - tile_begin] = t13_sum;
                t14[i + l - tile_begin] = t14_sum;
                t15[i + l - tile_begin] = t15_sum;
                t18[i + l - tile_begin] = t18_sum;
            }
        }
        /* grad_A[i:n, j:k] = let(s0 := A[i, j] - (t0[i, 0] + t2[i]), s1 := exp(s0), s2 := B[i, j] - (t3[i, 0] + */
        /*    t5[i]), s3 := where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p(exp(-abs(s0 - s2)))), */
        /*    s4 := t8 * s1, where(A[i, j] == t0[i, 0], -((t9[i, 0] + t10[i, 0] * t12[i]) / t13[i, 0]), 0) + */
        /*    (t12[i] * exp(A[i, j] - t0[i, 0]) + (s1 * (t8 * (s0 - (s3 - 0.6931471805599453))) + (s4 - (s4 + t8 * */
        /*    exp(s2)) * exp(s0 - s3))))) */
        /* grad_B[i:n, j:k] = let(s0 := B[i, j] - (t3[i, 0] + t5[i]), s1 := exp(s0), s2 := t8 * s1, s3 := A[i, j] - */
        /*    (t0[i, 0] + t2[i]), s4 := where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + */
        /*    log1p(exp(-abs(s3 - s0)))), where(B[i, j] == t3[i, 0], -((t14[i, 0] + t15[i, 0] * t17[i]) / t18[i, */
        /*    0]), 0) + (t17[i] * exp(B[i, j] - t3[i, 0]) + (s2 + s1 * (t8 * (s0 - (s4 - 0.6931471805599453))) - */
        /*    (t8 * exp(s3) + s2) * exp(s0 - s4)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v33 = t0[i - tile_begin];
            const double v34 = t12[i - tile_begin];
            const double v35 = -((t9[i - tile_begin] + t10[i - tile_begin] * v34) / t13[i - tile_begin]);
            const double v36 = v33 + t2[i - tile_begin];
            const double v40 = t3[i - tile_begin];
            const double v41 = v40 + t5[i - tile_begin];
            const double v50 = t17[i - tile_begin];
            const double v51 = -((t14[i - tile_begin] + t15[i - tile_begin] * v50) / t18[i - tile_begin]);
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v32 = A[i*k + j];
                const double v37 = v32 - v36;
                const double v38 = exp(v37);
                const double v39 = B[i*k + j];
                const double v42 = v39 - v41;
                const double v43 = v37 == v42 ? 0.6931471805599453 + v37 : ((v37 > v42 || v37 != v37) ? v37 : v42) + log1p(exp(-fabs(v37 - v42)));
                const double v44 = v43 - 0.6931471805599453;
                const double v45 = t8 * v38;
                const double v46 = exp(v42);
                const double v47 = t8 * v46;
                const double v48 = v45 + v47;
                const double v49 = (v32 == v33 ? v35 : 0.0) + (v34 * exp(v32 - v33) + (v38 * (t8 * (v37 - v44)) + (v45 - v48 * exp(v37 - v43))));
                const double v52 = (v39 == v40 ? v51 : 0.0) + (v50 * exp(v39 - v40) + (v47 + v46 * (t8 * (v42 - v44)) - v48 * exp(v42 - v43)));
                grad_A[i*k + j] = v49;
                grad_B[i*k + j] = v52;
            }
        }
    }
    /* value = 0.5 * (t7 / n) */
    const double value_ = 0.5 * (t7 / (double)n);
    *value = value_;
    return 0;
}
