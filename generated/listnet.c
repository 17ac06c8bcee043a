/* listnet: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, k, d], grade: real[n, k]):
 *         t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l])
 *         t1[i:n] = max[j:k](t0[i, j])
 *         t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i]))
 *         t3[i:n] = log(t2[i])
 *         t4[i:n] = max[j:k](grade[i, j])
 *         t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i]))
 *         t6[i:n] = log(t5[i])
 *         t7[i:n] = sum[j:k]((t0[i, j] - (t3[i] + t1[i])) * exp(grade[i, j] - (t4[i] + t6[i])))
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

size_t listnet_value_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int listnet_value(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
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
                    t0_sum += X[(i*k + j)*d + l] * w[l];
                }
                t0[(i - tile_begin)*k + j] = t0_sum;
            }
        }

        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t4[i:n] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_max = -INFINITY;
            double t4_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[(i - tile_begin)*k + j];
                const double grade_ij = grade[i*k + j];
                t1_max = (t0_ij > t1_max || t0_ij != t0_ij) ? t0_ij : t1_max;
                t4_max = (grade_ij > t4_max || grade_ij != grade_ij) ? grade_ij : t4_max;
            }
            t1[i - tile_begin] = t1_max;
            t4[i - tile_begin] = t4_max;
        }

        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i])) */
        /* t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t4_i = t4[i - tile_begin];
            double t2_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[(i - tile_begin)*k + j] - t1_i);
                t5_sum += exp(grade[i*k + j] - t4_i);
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

        /* t7[i:n] = sum[j:k]((t0[i, j] - (t3[i] + t1[i])) * exp(grade[i, j] - (t4[i] + t6[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t3[i - tile_begin] + t1[i - tile_begin];
            const double v1 = t6[i - tile_begin] + t4[i - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < k; ++j) {
                t7_sum += (t0[(i - tile_begin)*k + j] - v0) * exp(grade[i*k + j] - v1);
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
    *value = -(t8 / (double)n);
    return 0;
}

size_t listnet_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    (void)d;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int listnet_forward(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
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
                    t0_sum += X[(i*k + j)*d + l] * w[l];
                }
                t0[i*k + j] = t0_sum;
            }
        }

        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t4[i:n] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_max = -INFINITY;
            double t4_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[i*k + j];
                const double grade_ij = grade[i*k + j];
                t1_max = (t0_ij > t1_max || t0_ij != t0_ij) ? t0_ij : t1_max;
                t4_max = (grade_ij > t4_max || grade_ij != grade_ij) ? grade_ij : t4_max;
            }
            t1[i] = t1_max;
            t4[i] = t4_max;
        }

        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i])) */
        /* t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t4_i = t4[i];
            double t2_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[i*k + j] - t1_i);
                t5_sum += exp(grade[i*k + j] - t4_i);
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

        /* t7[i:n] = sum[j:k]((t0[i, j] - (t3[i] + t1[i])) * exp(grade[i, j] - (t4[i] + t6[i]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t3[i - tile_begin] + t1[i];
            const double v1 = t6[i] + t4[i];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < k; ++j) {
                t7_sum += (t0[i*k + j] - v0) * exp(grade[i*k + j] - v1);
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
    *value = -(t8 / (double)n);
    return 0;
}

size_t listnet_backward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int listnet_backward(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict grade, const double *restrict t0, const double *restrict t1,
                     const double *restrict t2, const double *restrict t4, const double *restrict t6,
                     double cotangent, double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t12 = (void *)scratch;

    /* t3 = -(cotangent / n) */
    const double t3 = -(cotangent / (double)n);
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[i:n] = sum[j:k](exp(grade[i, j] - (t4[i] + t6[i]))) */
        /* t9[i:n] = sum[j:k](where(t0[i, j] == t1[i], 1, 0)) */
        /* t12[i:n, j:k] = t3 * exp(grade[i, j] - (t4[i] + t6[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t4[i] + t6[i];
            const double t1_i = t1[i];
            double t5_sum = 0.0;
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum, t9_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = exp(grade[i*k + j] - v0);
                t5_sum += v1;
                t9_sum += t0[i*k + j] == t1_i ? 1.0 : 0.0;
                t12[(i - tile_begin)*k + j] = t3 * v1;
            }
            t5[i - tile_begin] = t5_sum;
            t9[i - tile_begin] = t9_sum;
        }

        /* t7[i:n] = -(t3 * t5[i]) */
        /* t8[i:n] = t7[i] / t2[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = -(t3 * t5[i - tile_begin]);
            t7[i - tile_begin] = v0;
            t8[i - tile_begin] = v0 / t2[i];
        }

        /* t10[i:n, j:k] = where(t0[i, j] == t1[i], (t7[i] - t2[i] * t8[i]) / t9[i], 0) */
        /* t11[i:n, j:k] = t8[i] * exp(t0[i, j] - t1[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t8_i = t8[i - tile_begin];
            const double v0 = (t7[i - tile_begin] - t2[i] * t8_i) / t9[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[i*k + j];
                t10[(i - tile_begin)*k + j] = t0_ij == t1_i ? v0 : 0.0;
                t11[(i - tile_begin)*k + j] = t8_i * exp(t0_ij - t1_i);
            }
        }

        /* grad_w[l:d] = sum[i:n, j:k](X[i, j, l] * (t10[i, j] + (t11[i, j] + t12[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v0 = t10[(i - tile_begin)*k + j] + (t12[(i - tile_begin)*k + j] + t11[(i - tile_begin)*k + j]);
                const double v1 = t10[(i - tile_begin)*k + (j + 1)] + (t12[(i - tile_begin)*k + (j + 1)] + t11[(i - tile_begin)*k + (j + 1)]);
                const double v2 = t10[(i - tile_begin)*k + (j + 2)] + (t12[(i - tile_begin)*k + (j + 2)] + t11[(i - tile_begin)*k + (j + 2)]);
                const double v3 = t10[(i - tile_begin)*k + (j + 3)] + (t12[(i - tile_begin)*k + (j + 3)] + t11[(i - tile_begin)*k + (j + 3)]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[(i*k + j)*d + l] * v0 + X[(i*k + (j + 1))*d + l] * v1 + X[(i*k + (j + 2))*d + l] * v2 + X[(i*k + (j + 3))*d + l] * v3;
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v0 = t10[(i - tile_begin)*k + j] + (t12[(i - tile_begin)*k + j] + t11[(i - tile_begin)*k + j]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[(i*k + j)*d + l] * v0;
                }
            }
        }
    }
    return 0;
}

size_t listnet_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int listnet_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t16 = (void *)scratch;

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
                    t0_sum += X[(i*k + j)*d + l] * w[l];
                }
                t0[(i - tile_begin)*k + j] = t0_sum;
            }
        }

        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t4[i:n] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_max = -INFINITY;
            double t4_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[(i - tile_begin)*k + j];
                const double grade_ij = grade[i*k + j];
                t1_max = (t0_ij > t1_max || t0_ij != t0_ij) ? t0_ij : t1_max;
                t4_max = (grade_ij > t4_max || grade_ij != grade_ij) ? grade_ij : t4_max;
            }
            t1[i - tile_begin] = t1_max;
            t4[i - tile_begin] = t4_max;
        }

        /* t2[i:n] = sum[j:k](exp(t0[i, j] - t1[i])) */
        /* t5[i:n] = sum[j:k](exp(grade[i, j] - t4[i])) */
        /* t13[i:n] = sum[j:k](where(t0[i, j] == t1[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t4_i = t4[i - tile_begin];
            double t2_sum = 0.0;
            double t5_sum = 0.0;
            double t13_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t5_sum, t13_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[(i - tile_begin)*k + j];
                t2_sum += exp(t0_ij - t1_i);
                t5_sum += exp(grade[i*k + j] - t4_i);
                t13_sum += t0_ij == t1_i ? 1.0 : 0.0;
            }
            t2[i - tile_begin] = t2_sum;
            t5[i - tile_begin] = t5_sum;
            t13[i - tile_begin] = t13_sum;
        }

        /* t3[i:n] = log(t2[i]) */
        /* t6[i:n] = log(t5[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = log(t2[i - tile_begin]);
            t6[i - tile_begin] = log(t5[i - tile_begin]);
        }

        /* t7[i:n] = sum[j:k]((t0[i, j] - (t3[i] + t1[i])) * exp(grade[i, j] - (t4[i] + t6[i]))) */
        /* t10[i:n] = sum[j:k](exp(grade[i, j] - (t4[i] + t6[i]))) */
        /* t16[i:n, j:k] = t9 * exp(grade[i, j] - (t4[i] + t6[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t3[i - tile_begin] + t1[i - tile_begin];
            const double v1 = t6[i - tile_begin] + t4[i - tile_begin];
            double t7_sum = 0.0;
            double t10_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum, t10_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v2 = exp(grade[i*k + j] - v1);
                t7_sum += (t0[(i - tile_begin)*k + j] - v0) * v2;
                t10_sum += v2;
                t16[(i - tile_begin)*k + j] = t9 * v2;
            }
            t7[i - tile_begin] = t7_sum;
            t10[i - tile_begin] = t10_sum;
        }

        /* t8 = sum[i:n](t7[i]) */
        /* t11[i:n] = -(t9 * t10[i]) */
        /* t12[i:n] = t11[i] / t2[i] */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = -(t9 * t10[i - tile_begin]);
            t8_sum += t7[i - tile_begin];
            t11[i - tile_begin] = v0;
            t12[i - tile_begin] = v0 / t2[i - tile_begin];
        }
        t8 += t8_sum;

        /* t14[i:n, j:k] = where(t0[i, j] == t1[i], (t11[i] - t12[i] * t2[i]) / t13[i], 0) */
        /* t15[i:n, j:k] = t12[i] * exp(t0[i, j] - t1[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t12_i = t12[i - tile_begin];
            const double v0 = (t11[i - tile_begin] - t2[i - tile_begin] * t12_i) / t13[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[(i - tile_begin)*k + j];
                t14[(i - tile_begin)*k + j] = t0_ij == t1_i ? v0 : 0.0;
                t15[(i - tile_begin)*k + j] = t12_i * exp(t0_ij - t1_i);
            }
        }

        /* grad_w[l:d] = sum[i:n, j:k](X[i, j, l] * (t14[i, j] + (t15[i, j] + t16[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v0 = t14[(i - tile_begin)*k + j] + (t16[(i - tile_begin)*k + j] + t15[(i - tile_begin)*k + j]);
                const double v1 = t14[(i - tile_begin)*k + (j + 1)] + (t16[(i - tile_begin)*k + (j + 1)] + t15[(i - tile_begin)*k + (j + 1)]);
                const double v2 = t14[(i - tile_begin)*k + (j + 2)] + (t16[(i - tile_begin)*k + (j + 2)] + t15[(i - tile_begin)*k + (j + 2)]);
                const double v3 = t14[(i - tile_begin)*k + (j + 3)] + (t16[(i - tile_begin)*k + (j + 3)] + t15[(i - tile_begin)*k + (j + 3)]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[(i*k + j)*d + l] * v0 + X[(i*k + (j + 1))*d + l] * v1 + X[(i*k + (j + 2))*d + l] * v2 + X[(i*k + (j + 3))*d + l] * v3;
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v0 = t14[(i - tile_begin)*k + j] + (t16[(i - tile_begin)*k + j] + t15[(i - tile_begin)*k + j]);
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_w[l] += X[(i*k + j)*d + l] * v0;
                }
            }
        }
    }

    /* value = -(t8 / n) */
    *value = -(t8 / (double)n);
    return 0;
}
