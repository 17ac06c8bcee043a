/* info_nce: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], tau: real):
 *         t0[i:n, l:1] = sum[j:k](B[i, j] ** 2)
 *         t1[i:n, j:1] = sqrt(t0[i, 0])
 *         t2[i:n, j:k] = B[i, j] / t1[i, 0]
 *         t3[i:n, l:1] = sum[j:k](A[i, j] ** 2)
 *         t4[i:n, j:1] = sqrt(t3[i, 0])
 *         t5[i:n, j:k] = A[i, j] / t4[i, 0]
 *         t6[i:n, l:n] = sum[j:k](t2[l, j] * t5[i, j])
 *         t7[i:n, j:n] = t6[i, j] / tau
 *         t8[i:n, j:1] = max[l:n](t7[i, l])
 *         t9[i:n] = sum[j:n](exp(t7[i, j] - t8[i, 0]))
 *         t10 = sum[i:n](t8[i, 0] + log(t9[i]) - t7[i, i])
 *         value = t10 / n
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

#include "info_nce.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t info_nce_value_work(int64_t n, int64_t k)
{
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int info_nce_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                   double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const product_operand = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:1] = sum[j:k](B[i, j] * B[i, j]) */
        /* t3[i:n, l:1] = sum[j:k](A[i, j] * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t0_sum = 0.0;
                double t3_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum, t3_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = B[i*k + j];
                    const double v1 = A[i*k + j];
                    t0_sum += v0 * v0;
                    t3_sum += v1 * v1;
                }
                t0[i + l - tile_begin] = t0_sum;
                t3[i + l - tile_begin] = t3_sum;
            }
        }
        /* t1[i:n, j:1] = sqrt(t0[i, 0]) */
        /* t4[i:n, j:1] = sqrt(t3[i, 0]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = sqrt(t0[i - tile_begin]);
            const double v3 = sqrt(t3[i - tile_begin]);
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t1[i + j - tile_begin] = v2;
                t4[i + j - tile_begin] = v3;
            }
        }
        /* t2[i:n, j:k] = B[i, j] / t1[i, 0] */
        /* t5[i:n, j:k] = A[i, j] / t4[i, 0] */
        /* product_operand[j:k, i:n] = t2[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i - tile_begin];
            const double v5 = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t5[i*k + j] = A[i*k + j] / v5;
                product_operand[j*n + i] = B[i*k + j] / v4;
            }
        }
    }
    double t10 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t6[i:n, l:n] = sum[j:k](product_operand[j, l] * t5[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                t6[i*n + l - n*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v6 = t5[i*k + j];
                const double v7 = t5[i*k + (j + 1)];
                const double v8 = t5[i*k + (j + 2)];
                const double v9 = t5[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t6[i*n + l - n*tile_begin] += v6 * product_operand[j*n + l] + v7 * product_operand[(j + 1)*n + l] + v8 * product_operand[(j + 2)*n + l] + v9 * product_operand[(j + 3)*n + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v6 = t5[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t6[i*n + l - n*tile_begin] += v6 * product_operand[j*n + l];
                }
            }
        }
        /* t7[i:n, j:n] = t6[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t7[i*n + j - n*tile_begin] = t6[i*n + j - n*tile_begin] / tau;
            }
        }
        /* t8[i:n, j:1] = max[l:n](t7[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 1; ++j) {
                double t8_max = -INFINITY;
                for (int64_t l = 0; l < n; ++l) {
                    const double v10 = t7[i*n + l - n*tile_begin];
                    t8_max = (v10 > t8_max || v10 != v10) ? v10 : t8_max;
                }
                t8[i + j - tile_begin] = t8_max;
            }
        }
        /* t9[i:n] = sum[j:n](exp(t7[i, j] - t8[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v11 = t8[i - tile_begin];
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum))
            for (int64_t j = 0; j < n; ++j) {
                t9_sum += exp(t7[i*n + j - n*tile_begin] - v11);
            }
            t9[i - tile_begin] = t9_sum;
        }
        /* t10 = sum[i:n](t8[i, 0] + log(t9[i]) - t7[i, i]) */
        double t10_sum = 0.0;
        GRADC_SIMD(reduction(+:t10_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t10_sum += t8[i - tile_begin] + log(t9[i - tile_begin]) - t7[i*n + i - n*tile_begin];
        }
        t10 += t10_sum;
    }
    /* value = t10 / n */
    const double value_ = t10 / (double)n;
    *value = value_;
    return 0;
}

size_t info_nce_forward_work(int64_t n, int64_t k)
{
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double));
}

int info_nce_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                     double *restrict value, double *restrict t0, double *restrict t3, double *restrict t6,
                     double *restrict t8, double *restrict t9, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const product_operand = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t7 = (void *)scratch;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:1] = sum[j:k](B[i, j] * B[i, j]) */
        /* t3[i:n, l:1] = sum[j:k](A[i, j] * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t0_sum = 0.0;
                double t3_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum, t3_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = B[i*k + j];
                    const double v1 = A[i*k + j];
                    t0_sum += v0 * v0;
                    t3_sum += v1 * v1;
                }
                t0[i + l] = t0_sum;
                t3[i + l] = t3_sum;
            }
        }
        /* t1[i:n, j:1] = sqrt(t0[i, 0]) */
        /* t4[i:n, j:1] = sqrt(t3[i, 0]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = sqrt(t0[i]);
            const double v3 = sqrt(t3[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t1[i + j - tile_begin] = v2;
                t4[i + j - tile_begin] = v3;
            }
        }
        /* t2[i:n, j:k] = B[i, j] / t1[i, 0] */
        /* t5[i:n, j:k] = A[i, j] / t4[i, 0] */
        /* product_operand[j:k, i:n] = t2[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i - tile_begin];
            const double v5 = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t5[i*k + j] = A[i*k + j] / v5;
                product_operand[j*n + i] = B[i*k + j] / v4;
            }
        }
    }
    double t10 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t6[i:n, l:n] = sum[j:k](product_operand[j, l] * t5[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                t6[i*n + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v6 = t5[i*k + j];
                const double v7 = t5[i*k + (j + 1)];
                const double v8 = t5[i*k + (j + 2)];
                const double v9 = t5[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t6[i*n + l] += v6 * product_operand[j*n + l] + v7 * product_operand[(j + 1)*n + l] + v8 * product_operand[(j + 2)*n + l] + v9 * product_operand[(j + 3)*n + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v6 = t5[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t6[i*n + l] += v6 * product_operand[j*n + l];
                }
            }
        }
        /* t7[i:n, j:n] = t6[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t7[i*n + j - n*tile_begin] = t6[i*n + j] / tau;
            }
        }
        /* t8[i:n, j:1] = max[l:n](t7[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 1; ++j) {
                double t8_max = -INFINITY;
                for (int64_t l = 0; l < n; ++l) {
                    const double v10 = t7[i*n + l - n*tile_begin];
                    t8_max = (v10 > t8_max || v10 != v10) ? v10 : t8_max;
                }
                t8[i + j] = t8_max;
            }
        }
        /* t9[i:n] = sum[j:n](exp(t7[i, j] - t8[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v11 = t8[i];
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum))
            for (int64_t j = 0; j < n; ++j) {
                t9_sum += exp(t7[i*n + j - n*tile_begin] - v11);
            }
            t9[i] = t9_sum;
        }
        /* t10 = sum[i:n](t8[i, 0] + log(t9[i]) - t7[i, i]) */
        double t10_sum = 0.0;
        GRADC_SIMD(reduction(+:t10_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t10_sum += t8[i] + log(t9[i]) - t7[i*n + i - n*tile_begin];
        }
        t10 += t10_sum;
    }
    /* value = t10 / n */
    const double value_ = t10 / (double)n;
    *value = value_;
    return 0;
}

size_t info_nce_backward_work(int64_t n, int64_t k)
{
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int info_nce_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                      const double *restrict t0, const double *restrict t3, const double *restrict t6,
                      const double *restrict t8, const double *restrict t9, double cotangent, double *restrict grad_A,
                      double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t21 = (void *)scratch;
    /* t10 = cotangent / n */
    const double t10 = cotangent / (double)n;
    for (int64_t at = 0; at < n*n; ++at) {
        t11[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t1[i:n, j:1] = sqrt(t0[i, 0]) */
        /* t4[i:n, j:1] = sqrt(t3[i, 0]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = sqrt(t0[i]);
            const double v1 = sqrt(t3[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t1[i + j] = v0;
                t4[i + j] = v1;
            }
        }
        /* t2[i:n, j:k] = B[i, j] / t1[i, 0] */
        /* t5[i:n, j:k] = A[i, j] / t4[i, 0] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t1[i];
            const double v3 = t4[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t2[i*k + j] = B[i*k + j] / v2;
                t5[i*k + j] = A[i*k + j] / v3;
            }
        }
        /* t7[i:n, j:n] = t6[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t7[i*n + j] = t6[i*n + j] / tau;
            }
        }
        /* t11[:n, :n] = 0 t11 += each[i:n](at[i, i](-t10)) */
        /* t12[i:n] = t10 / t9[i] */
        const double v4 = -t10;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t11[i*n + i] += v4;
            t12[i] = t10 / t9[i];
        }
        /* t13[i:n, j:1] = sum[l:n](exp(t7[i, l] - t8[i, 0])) */
        /* t14[i:n, j:1] = sum[l:n](where(t8[i, 0] == t7[i, l], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v6 = t8[i];
            for (int64_t j = 0; j < 1; ++j) {
                double t13_sum = 0.0;
                double t14_sum = 0.0;
                GRADC_SIMD(reduction(+:t13_sum, t14_sum))
                for (int64_t l = 0; l < n; ++l) {
                    const double v5 = t7[i*n + l];
                    t13_sum += exp(v5 - v6);
                    t14_sum += v6 == v5 ? 1.0 : 0.0;
                }
                t13[i + j] = t13_sum;
                t14[i + j] = t14_sum;
            }
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        t19[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t15[i:n, j:n] = (t11[i, j] + t12[i] * exp(t7[i, j] - t8[i, 0]) + where(t8[i, 0] == t7[i, j], (t10 - */
        /*    t13[i, 0] * t12[i]) / t14[i, 0], 0)) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v7 = t12[i];
            const double v9 = t8[i];
            const double v10 = (t10 - t13[i] * v7) / t14[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v8 = t7[i*n + j];
                t15[i*n + j - n*tile_begin] = (t11[i*n + j] + v7 * exp(v8 - v9) + (v9 == v8 ? v10 : 0.0)) / tau;
            }
        }
        /* t16[i:n, j:k] = sum[l:n](t15[i, l] * t2[l, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                t16[i*k + j - k*tile_begin] = 0.0;
            }
            for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                const double v11 = t15[i*n + l - n*tile_begin];
                const double v12 = t15[i*n + (l + 1) - n*tile_begin];
                const double v13 = t15[i*n + (l + 2) - n*tile_begin];
                const double v14 = t15[i*n + (l + 3) - n*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t16[i*k + j - k*tile_begin] += v11 * t2[k*l + j] + v12 * t2[(l + 1)*k + j] + v13 * t2[(l + 2)*k + j] + v14 * t2[(l + 3)*k + j];
                }
            }
            for (int64_t l = n / 4 * 4; l < n; ++l) {
                const double v11 = t15[i*n + l - n*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t16[i*k + j - k*tile_begin] += v11 * t2[k*l + j];
                }
            }
        }
        /* t17[i:n, l:1] = sum[j:k](A[i, j] * t16[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t17_sum = 0.0;
                GRADC_SIMD(reduction(+:t17_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t17_sum += A[i*k + j] * t16[i*k + j - k*tile_begin];
                }
                t17[i + l - tile_begin] = t17_sum;
            }
        }
        /* t18[i:n, j:1] = -(0.5 * (t17[i, 0] / (t4[i, 0] * t4[i, 0])) / sqrt(t3[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v15 = t4[i];
            const double v16 = -(0.5 * (t17[i - tile_begin] / (v15 * v15)) / sqrt(t3[i]));
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t18[i + j - tile_begin] = v16;
            }
        }
        /* grad_A[i:n, j:k] = t16[i, j] / t4[i, 0] + t18[i, 0] * (2 * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v17 = t4[i];
            const double v18 = t18[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = t16[i*k + j - k*tile_begin] / v17 + v18 * (2.0 * A[i*k + j]);
            }
        }
        /* t19[i:n, j:k] = sum[l:n](t15[l, i] * t5[l, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double v19 = t15[i*n + l - n*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t19[k*l + j] += t5[i*k + j] * v19;
                }
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t20[i:n, l:1] = sum[j:k](B[i, j] * t19[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t20_sum = 0.0;
                GRADC_SIMD(reduction(+:t20_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t20_sum += B[i*k + j] * t19[i*k + j];
                }
                t20[i + l - tile_begin] = t20_sum;
            }
        }
        /* t21[i:n, j:1] = -(0.5 * (t20[i, 0] / (t1[i, 0] * t1[i, 0])) / sqrt(t0[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v20 = t1[i];
            const double v21 = -(0.5 * (t20[i - tile_begin] / (v20 * v20)) / sqrt(t0[i]));
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t21[i + j - tile_begin] = v21;
            }
        }
        /* grad_B[i:n, j:k] = t19[i, j] / t1[i, 0] + t21[i, 0] * (2 * B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v22 = t1[i];
            const double v23 = t21[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_B[i*k + j] = t19[i*k + j] / v22 + v23 * (2.0 * B[i*k + j]);
            }
        }
    }
    return 0;
}

size_t info_nce_value_and_grad_work(int64_t n, int64_t k)
{
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int info_nce_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                            double *restrict value, double *restrict grad_A, double *restrict grad_B,
                            void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const product_operand = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t21 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t22 = (void *)scratch;
    /* t11 = 1 / n */
    const double t11 = 1.0 / (double)n;
    for (int64_t at = 0; at < n*n; ++at) {
        t12[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:1] = sum[j:k](B[i, j] * B[i, j]) */
        /* t3[i:n, l:1] = sum[j:k](A[i, j] * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t0_sum = 0.0;
                double t3_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum, t3_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = B[i*k + j];
                    const double v1 = A[i*k + j];
                    t0_sum += v0 * v0;
                    t3_sum += v1 * v1;
                }
                t0[i + l] = t0_sum;
                t3[i + l] = t3_sum;
            }
        }
        /* t1[i:n, j:1] = sqrt(t0[i, 0]) */
        /* t4[i:n, j:1] = sqrt(t3[i, 0]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = sqrt(t0[i]);
            const double v3 = sqrt(t3[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t1[i + j] = v2;
                t4[i + j] = v3;
            }
        }
        /* t2[i:n, j:k] = B[i, j] / t1[i, 0] */
        /* t5[i:n, j:k] = A[i, j] / t4[i, 0] */
        /* product_operand[j:k, i:n] = t2[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i];
            const double v6 = t4[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = B[i*k + j] / v4;
                t2[i*k + j] = v5;
                t5[i*k + j] = A[i*k + j] / v6;
                product_operand[j*n + i] = v5;
            }
        }
        /* t12[:n, :n] = 0 t12 += each[i:n](at[i, i](-t11)) */
        const double v7 = -t11;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t12[i*n + i] += v7;
        }
    }
    double t10 = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        t20[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t6[i:n, l:n] = sum[j:k](product_operand[j, l] * t5[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                t6[i*n + l - n*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v8 = t5[i*k + j];
                const double v9 = t5[i*k + (j + 1)];
                const double v10 = t5[i*k + (j + 2)];
                const double v11 = t5[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t6[i*n + l - n*tile_begin] += v8 * product_operand[j*n + l] + v9 * product_operand[(j + 1)*n + l] + v10 * product_operand[(j + 2)*n + l] + v11 * product_operand[(j + 3)*n + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v8 = t5[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t6[i*n + l - n*tile_begin] += v8 * product_operand[j*n + l];
                }
            }
        }
        /* t7[i:n, j:n] = t6[i, j] / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t7[i*n + j - n*tile_begin] = t6[i*n + j - n*tile_begin] / tau;
            }
        }
        /* t8[i:n, j:1] = max[l:n](t7[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 1; ++j) {
                double t8_max = -INFINITY;
                for (int64_t l = 0; l < n; ++l) {
                    const double v12 = t7[i*n + l - n*tile_begin];
                    t8_max = (v12 > t8_max || v12 != v12) ? v12 : t8_max;
                }
                t8[i + j - tile_begin] = t8_max;
            }
        }
        /* t9[i:n] = sum[j:n](exp(t7[i, j] - t8[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v13 = t8[i - tile_begin];
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum))
            for (int64_t j = 0; j < n; ++j) {
                t9_sum += exp(t7[i*n + j - n*tile_begin] - v13);
            }
            t9[i - tile_begin] = t9_sum;
        }
        /* t10 = sum[i:n](t8[i, 0] + log(t9[i]) - t7[i, i]) */
        /* t13[i:n] = t11 / t9[i] */
        double t10_sum = 0.0;
        GRADC_SIMD(reduction(+:t10_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v14 = t9[i - tile_begin];
            t10_sum += t8[i - tile_begin] + log(v14) - t7[i*n + i - n*tile_begin];
            t13[i - tile_begin] = t11 / v14;
        }
        t10 += t10_sum;
        /* t14[i:n, j:1] = sum[l:n](exp(t7[i, l] - t8[i, 0])) */
        /* t15[i:n, j:1] = sum[l:n](where(t7[i, l] == t8[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v16 = t8[i - tile_begin];
            for (int64_t j = 0; j < 1; ++j) {
                double t14_sum = 0.0;
                double t15_sum = 0.0;
                GRADC_SIMD(reduction(+:t14_sum, t15_sum))
                for (int64_t l = 0; l < n; ++l) {
                    const double v15 = t7[i*n + l - n*tile_begin];
                    t14_sum += exp(v15 - v16);
                    t15_sum += v16 == v15 ? 1.0 : 0.0;
                }
                t14[i + j - tile_begin] = t14_sum;
                t15[i + j - tile_begin] = t15_sum;
            }
        }
        /* t16[i:n, j:n] = (t12[i, j] + t13[i] * exp(t7[i, j] - t8[i, 0]) + where(t8[i, 0] == t7[i, j], (t11 - */
        /*    t14[i, 0] * t13[i]) / t15[i, 0], 0)) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v17 = t13[i - tile_begin];
            const double v19 = t8[i - tile_begin];
            const double v20 = (t11 - t14[i - tile_begin] * v17) / t15[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v18 = t7[i*n + j - n*tile_begin];
                t16[i*n + j - n*tile_begin] = (t12[i*n + j] + v17 * exp(v18 - v19) + (v19 == v18 ? v20 : 0.0)) / tau;
            }
        }
        /* t17[i:n, j:k] = sum[l:n](t16[i, l] * t2[l, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                t17[i*k + j - k*tile_begin] = 0.0;
            }
            for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                const double v21 = t16[i*n + l - n*tile_begin];
                const double v22 = t16[i*n + (l + 1) - n*tile_begin];
                const double v23 = t16[i*n + (l + 2) - n*tile_begin];
                const double v24 = t16[i*n + (l + 3) - n*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t17[i*k + j - k*tile_begin] += t2[k*l + j] * v21 + t2[(l + 1)*k + j] * v22 + t2[(l + 2)*k + j] * v23 + t2[(l + 3)*k + j] * v24;
                }
            }
            for (int64_t l = n / 4 * 4; l < n; ++l) {
                const double v21 = t16[i*n + l - n*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t17[i*k + j - k*tile_begin] += t2[k*l + j] * v21;
                }
            }
        }
        /* t18[i:n, l:1] = sum[j:k](A[i, j] * t17[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t18_sum = 0.0;
                GRADC_SIMD(reduction(+:t18_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t18_sum += A[i*k + j] * t17[i*k + j - k*tile_begin];
                }
                t18[i + l - tile_begin] = t18_sum;
            }
        }
        /* t19[i:n, j:1] = -(0.5 * (t18[i, 0] / (t4[i, 0] * t4[i, 0])) / sqrt(t3[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v25 = t4[i];
            const double v26 = -(0.5 * (t18[i - tile_begin] / (v25 * v25)) / sqrt(t3[i]));
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t19[i + j - tile_begin] = v26;
            }
        }
        /* grad_A[i:n, j:k] = t17[i, j] / t4[i, 0] + t19[i, 0] * (2 * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v27 = t4[i];
            const double v28 = t19[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = t17[i*k + j - k*tile_begin] / v27 + v28 * (2.0 * A[i*k + j]);
            }
        }
        /* t20[i:n, j:k] = sum[l:n](t16[l, i] * t5[l, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double v29 = t16[i*n + l - n*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t20[k*l + j] += t5[i*k + j] * v29;
                }
            }
        }
    }
    /* value = t10 / n */
    const double value_ = t10 / (double)n;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t21[i:n, l:1] = sum[j:k](B[i, j] * t20[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t21_sum = 0.0;
                GRADC_SIMD(reduction(+:t21_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t21_sum += B[i*k + j] * t20[i*k + j];
                }
                t21[i + l - tile_begin] = t21_sum;
            }
        }
        /* t22[i:n, j:1] = -(0.5 * (t21[i, 0] / (t1[i, 0] * t1[i, 0])) / sqrt(t0[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v30 = t1[i];
            const double v31 = -(0.5 * (t21[i - tile_begin] / (v30 * v30)) / sqrt(t0[i]));
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t22[i + j - tile_begin] = v31;
            }
        }
        /* grad_B[i:n, j:k] = t20[i, j] / t1[i, 0] + t22[i, 0] * (2 * B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v32 = t1[i];
            const double v33 = t22[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_B[i*k + j] = t20[i*k + j] / v32 + v33 * (2.0 * B[i*k + j]);
            }
        }
    }
    *value = value_;
    return 0;
}
