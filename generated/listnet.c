/* listnet: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, k, d], grade: real[n, k]):
 *         t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l])
 *         t1[i:n, l:1] = max[j:k](t0[i, j])
 *         t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0]))
 *         t3[i:n] = log(t2[i])
 *         t4[i:n, l:1] = max[j:k](grade[i, j])
 *         t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i, 0]))
 *         t6[i:n] = log(t5[i])
 *         t7[i:n] = sum[j:k]((t0[i, j] - (t1[i, 0] + t3[i])) * exp(grade[i, j] - (t4[i, 0] + t6[i])))
 *         t8 = sum[i:n](t7[i])
 *         value = -(t8 / n)
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

#include "listnet.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t listnet_value_work(int64_t d, int64_t n, int64_t k)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int listnet_value(int64_t d, int64_t n, int64_t k, const double *restrict w, const double *restrict X,
                  const double *restrict grade, double *restrict value, void *restrict work)
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
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t l = 0; l < d; ++l) {
                    t0_sum += X[d*i*k + d*j + l] * w[l];
                }
                t0[i*k + j - k*tile_begin] = t0_sum;
            }
        }
        /* t1[i:n, l:1] = max[j:k](t0[i, j]) */
        /* t4[i:n, l:1] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t1_max = -INFINITY;
                double t4_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = t0[i*k + j - k*tile_begin];
                    const double v1 = grade[i*k + j];
                    t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                    t4_max = (v1 > t4_max || v1 != v1) ? v1 : t4_max;
                }
                t1[i + l - tile_begin] = t1_max;
                t4[i + l - tile_begin] = t4_max;
            }
        }
        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t1[i - tile_begin];
            const double v3 = t4[i - tile_begin];
            double t2_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j - k*tile_begin] - v2);
                t5_sum += exp(grade[i*k + j] - v3);
            }
            t2[i - tile_begin] = t2_sum;
            t5[i - tile_begin] = t5_sum;
        }
        /* t3[i:n] = log(t2[i]) */
        /* t6[i:n] = log(t5[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = log(t2[i - tile_begin]);
            t6[i - tile_begin] = log(t5[i - tile_begin]);
        }
        /* t7[i:n] = sum[j:k]((t0[i, j] - (t1[i, 0] + t3[i])) * exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i - tile_begin] + t3[i - tile_begin];
            const double v5 = t4[i - tile_begin] + t6[i - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < k; ++j) {
                t7_sum += (t0[i*k + j - k*tile_begin] - v4) * exp(grade[i*k + j] - v5);
            }
            t7[i - tile_begin] = t7_sum;
        }
        /* t8 = sum[i:n](t7[i]) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8_sum += t7[i - tile_begin];
        }
        t8 += t8_sum;
    }
    /* value = -(t8 / n) */
    const double value_ = -(t8 / (double)n);
    *value = value_;
    return 0;
}

size_t listnet_forward_work(int64_t d, int64_t n, int64_t k)
{
    (void)d;
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int listnet_forward(int64_t d, int64_t n, int64_t k, const double *restrict w, const double *restrict X,
                    const double *restrict grade, double *restrict value, double *restrict t0, double *restrict t1,
                    double *restrict t2, double *restrict t4, double *restrict t6, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t l = 0; l < d; ++l) {
                    t0_sum += X[d*i*k + d*j + l] * w[l];
                }
                t0[i*k + j] = t0_sum;
            }
        }
        /* t1[i:n, l:1] = max[j:k](t0[i, j]) */
        /* t4[i:n, l:1] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t1_max = -INFINITY;
                double t4_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = t0[i*k + j];
                    const double v1 = grade[i*k + j];
                    t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                    t4_max = (v1 > t4_max || v1 != v1) ? v1 : t4_max;
                }
                t1[i + l] = t1_max;
                t4[i + l] = t4_max;
            }
        }
        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t1[i];
            const double v3 = t4[i];
            double t2_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j] - v2);
                t5_sum += exp(grade[i*k + j] - v3);
            }
            t2[i] = t2_sum;
            t5[i - tile_begin] = t5_sum;
        }
        /* t3[i:n] = log(t2[i]) */
        /* t6[i:n] = log(t5[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = log(t2[i]);
            t6[i] = log(t5[i - tile_begin]);
        }
        /* t7[i:n] = sum[j:k]((t0[i, j] - (t1[i, 0] + t3[i])) * exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i] + t3[i - tile_begin];
            const double v5 = t4[i] + t6[i];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < k; ++j) {
                t7_sum += (t0[i*k + j] - v4) * exp(grade[i*k + j] - v5);
            }
            t7[i - tile_begin] = t7_sum;
        }
        /* t8 = sum[i:n](t7[i]) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8_sum += t7[i - tile_begin];
        }
        t8 += t8_sum;
    }
    /* value = -(t8 / n) */
    const double value_ = -(t8 / (double)n);
    *value = value_;
    return 0;
}

size_t listnet_backward_work(int64_t d, int64_t n, int64_t k)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int listnet_backward(int64_t d, int64_t n, int64_t k, const double *restrict w, const double *restrict X,
                     const double *restrict grade, const double *restrict t0, const double *restrict t1,
                     const double *restrict t2, const double *restrict t4, const double *restrict t6,
                     double cotangent, double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    /* t5 = -(cotangent / n) */
    const double t5 = -(cotangent / (double)n);
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[i:n, l:1] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t9[i:n, l:1] = sum[j:k](exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        /* t10[i:n, l:1] = sum[j:k](where(t0[i, j] == t1[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t1[i];
            const double v2 = t4[i] + t6[i];
            for (int64_t l = 0; l < 1; ++l) {
                double t3_sum = 0.0;
                double t9_sum = 0.0;
                double t10_sum = 0.0;
                GRADC_SIMD(reduction(+:t3_sum, t9_sum, t10_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = t0[i*k + j];
                    t3_sum += exp(v0 - v1);
                    t9_sum += exp(grade[i*k + j] - v2);
                    t10_sum += v0 == v1 ? 1.0 : 0.0;
                }
                t3[i + l - tile_begin] = t3_sum;
                t9[i + l - tile_begin] = t9_sum;
                t10[i + l - tile_begin] = t10_sum;
            }
        }
        /* t7[i:n] = sum[j:k](exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        /* t12[i:n, j:k] = t5 * exp(grade[i, j] - (t4[i, 0] + t6[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v3 = t4[i] + t6[i];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v4 = exp(grade[i*k + j] - v3);
                t7_sum += v4;
                t12[i*k + j - k*tile_begin] = t5 * v4;
            }
            t7[i - tile_begin] = t7_sum;
        }
        /* t8[i:n] = -(t5 * t7[i] / t2[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8[i - tile_begin] = -(t5 * t7[i - tile_begin] / t2[i]);
        }
        /* t11[i:n, j:k] = where(t0[i, j] == t1[i, 0], -((t5 * t9[i, 0] + t3[i, 0] * t8[i]) / t10[i, 0]), 0) */
        /* t13[i:n, j:k] = t8[i] * exp(t0[i, j] - t1[i, 0]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v6 = t1[i];
            const double v7 = t8[i - tile_begin];
            const double v8 = -((t3[i - tile_begin] * v7 + t5 * t9[i - tile_begin]) / t10[i - tile_begin]);
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v5 = t0[i*k + j];
                t11[i*k + j - k*tile_begin] = v5 == v6 ? v8 : 0.0;
                t13[i*k + j - k*tile_begin] = v7 * exp(v5 - v6);
            }
        }
        /* grad_w[l:d] = sum[i:n, j:k](X[i, j, l] * (t11[i, j] + (t12[i, j] + t13[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v9 = t11[i*k + j - k*tile_begin] + (t12[i*k + j - k*tile_begin] + t13[i*k + j - k*tile_begin]);
                const double v10 = t11[i*k + (j + 1) - k*tile_begin] + (t12[i*k + (j + 1) - k*tile_begin] + t13[i*k + (j + 1) - k*tile_begin]);
                const double v11 = t11[i*k + (j + 2) - k*tile_begin] + (t12[i*k + (j + 2) - k*tile_begin] + t13[i*k + (j + 2) - k*tile_begin]);
                const double v12 = t11[i*k + (j + 3) - k*tile_begin] + (t12[i*k + (j + 3) - k*tile_begin] + t13[i*k + (j + 3) - k*tile_begin]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[d*i*k + d*j + l] * v9 + X[d*i*k + (j + 1)*d + l] * v10 + X[d*i*k + (j + 2)*d + l] * v11 + X[d*i*k + (j + 3)*d + l] * v12;
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v9 = t11[i*k + j - k*tile_begin] + (t12[i*k + j - k*tile_begin] + t13[i*k + j - k*tile_begin]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[d*i*k + d*j + l] * v9;
                }
            }
        }
    }
    return 0;
}

size_t listnet_value_and_grad_work(int64_t d, int64_t n, int64_t k)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int listnet_value_and_grad(int64_t d, int64_t n, int64_t k, const double *restrict w, const double *restrict X,
                           const double *restrict grade, double *restrict value, double *restrict grad_w,
                           void *restrict work)
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
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t17 = (void *)scratch;
    /* t9 = -(1 / n) */
    const double t9 = -(1.0 / (double)n);
    double t8 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t l = 0; l < d; ++l) {
                    t0_sum += X[d*i*k + d*j + l] * w[l];
                }
                t0[i*k + j - k*tile_begin] = t0_sum;
            }
        }
        /* t1[i:n, l:1] = max[j:k](t0[i, j]) */
        /* t4[i:n, l:1] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < 1; ++l) {
                double t1_max = -INFINITY;
                double t4_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = t0[i*k + j - k*tile_begin];
                    const double v1 = grade[i*k + j];
                    t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                    t4_max = (v1 > t4_max || v1 != v1) ? v1 : t4_max;
                }
                t1[i + l - tile_begin] = t1_max;
                t4[i + l - tile_begin] = t4_max;
            }
        }
        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t1[i - tile_begin];
            const double v3 = t4[i - tile_begin];
            double t2_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j - k*tile_begin] - v2);
                t5_sum += exp(grade[i*k + j] - v3);
            }
            t2[i - tile_begin] = t2_sum;
            t5[i - tile_begin] = t5_sum;
        }
        /* t3[i:n] = log(t2[i]) */
        /* t6[i:n] = log(t5[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = log(t2[i - tile_begin]);
            t6[i - tile_begin] = log(t5[i - tile_begin]);
        }
        /* t7[i:n] = sum[j:k]((t0[i, j] - (t1[i, 0] + t3[i])) * exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        /* t12[i:n] = sum[j:k](exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        /* t17[i:n, j:k] = t9 * exp(grade[i, j] - (t4[i, 0] + t6[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t1[i - tile_begin] + t3[i - tile_begin];
            const double v5 = t4[i - tile_begin] + t6[i - tile_begin];
            double t7_sum = 0.0;
            double t12_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum, t12_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v6 = exp(grade[i*k + j] - v5);
                t7_sum += (t0[i*k + j - k*tile_begin] - v4) * v6;
                t12_sum += v6;
                t17[i*k + j - k*tile_begin] = t9 * v6;
            }
            t7[i - tile_begin] = t7_sum;
            t12[i - tile_begin] = t12_sum;
        }
        /* t8 = sum[i:n](t7[i]) */
        /* t13[i:n] = -(t9 * t12[i] / t2[i]) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8_sum += t7[i - tile_begin];
            t13[i - tile_begin] = -(t9 * t12[i - tile_begin] / t2[i - tile_begin]);
        }
        t8 += t8_sum;
        /* t10[i:n, l:1] = sum[j:k](exp(grade[i, j] - (t4[i, 0] + t6[i]))) */
        /* t11[i:n, l:1] = sum[j:k](exp(t0[i, j] - t1[i, 0])) */
        /* t14[i:n, l:1] = sum[j:k](where(t1[i, 0] == t0[i, j], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v7 = t4[i - tile_begin] + t6[i - tile_begin];
            const double v9 = t1[i - tile_begin];
            for (int64_t l = 0; l < 1; ++l) {
                double t10_sum = 0.0;
                double t11_sum = 0.0;
                double t14_sum = 0.0;
                GRADC_SIMD(reduction(+:t10_sum, t11_sum, t14_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v8 = t0[i*k + j - k*tile_begin];
                    t10_sum += exp(grade[i*k + j] - v7);
                    t11_sum += exp(v8 - v9);
                    t14_sum += v9 == v8 ? 1.0 : 0.0;
                }
                t10[i + l - tile_begin] = t10_sum;
                t11[i + l - tile_begin] = t11_sum;
                t14[i + l - tile_begin] = t14_sum;
            }
        }
        /* t15[i:n, j:k] = where(t1[i, 0] == t0[i, j], -((t9 * t10[i, 0] + t11[i, 0] * t13[i]) / t14[i, 0]), 0) */
        /* t16[i:n, j:k] = t13[i] * exp(t0[i, j] - t1[i, 0]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v10 = t1[i - tile_begin];
            const double v12 = t13[i - tile_begin];
            const double v13 = -((t11[i - tile_begin] * v12 + t9 * t10[i - tile_begin]) / t14[i - tile_begin]);
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v11 = t0[i*k + j - k*tile_begin];
                t15[i*k + j - k*tile_begin] = v10 == v11 ? v13 : 0.0;
                t16[i*k + j - k*tile_begin] = v12 * exp(v11 - v10);
            }
        }
        /* grad_w[l:d] = sum[i:n, j:k](X[i, j, l] * (t15[i, j] + (t16[i, j] + t17[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v14 = t15[i*k + j - k*tile_begin] + (t17[i*k + j - k*tile_begin] + t16[i*k + j - k*tile_begin]);
                const double v15 = t15[i*k + (j + 1) - k*tile_begin] + (t17[i*k + (j + 1) - k*tile_begin] + t16[i*k + (j + 1) - k*tile_begin]);
                const double v16 = t15[i*k + (j + 2) - k*tile_begin] + (t17[i*k + (j + 2) - k*tile_begin] + t16[i*k + (j + 2) - k*tile_begin]);
                const double v17 = t15[i*k + (j + 3) - k*tile_begin] + (t17[i*k + (j + 3) - k*tile_begin] + t16[i*k + (j + 3) - k*tile_begin]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[d*i*k + d*j + l] * v14 + X[d*i*k + (j + 1)*d + l] * v15 + X[d*i*k + (j + 2)*d + l] * v16 + X[d*i*k + (j + 3)*d + l] * v17;
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v14 = t15[i*k + j - k*tile_begin] + (t17[i*k + j - k*tile_begin] + t16[i*k + j - k*tile_begin]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[d*i*k + d*j + l] * v14;
                }
            }
        }
    }
    /* value = -(t8 / n) */
    const double value_ = -(t8 / (double)n);
    *value = value_;
    return 0;
}
