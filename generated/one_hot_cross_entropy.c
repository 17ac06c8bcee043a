/* one_hot_cross_entropy: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], b: real[k], X: real[n, d], Y: real[n, k]):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n, j:k] = t0[l, j] + b[j]
 *         t2[l:n] = max[j:k](t1[l, j])
 *         t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l]))
 *         t4[l:n] = log(t3[l])
 *         t5[l:n] = sum[j:k](Y[l, j] * (t1[l, j] - (t4[l] + t2[l])))
 *         t6 = sum[l:n](t5[l])
 *         value = -(t6 / n)
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

#include "one_hot_cross_entropy.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t one_hot_cross_entropy_value_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int one_hot_cross_entropy_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                const double *restrict X, const double *restrict Y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[(l - tile_begin)*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[(l - tile_begin)*k + j] += W[i*k + j] * X_li + W[(i + 1)*k + j] * X_li1 + W[(i + 2)*k + j] * X_li2 + W[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[(l - tile_begin)*k + j] += W[i*k + j] * X_li;
                }
            }
        }

        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        /* t2[l:n] = max[j:k](t1[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t2_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[(l - tile_begin)*k + j] + b[j];
                t1[(l - tile_begin)*k + j] = v0;
                t2_max = (v0 > t2_max || v0 != v0) ? v0 : t2_max;
            }
            t2[l - tile_begin] = t2_max;
        }

        /* t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l - tile_begin];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += exp(t1[(l - tile_begin)*k + j] - t2_l);
            }
            t3[l - tile_begin] = t3_sum;
        }

        /* t4[l:n] = log(t3[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4[l - tile_begin] = log(t3[l - tile_begin]);
        }

        /* t5[l:n] = sum[j:k](Y[l, j] * (t1[l, j] - (t4[l] + t2[l]))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t4[l - tile_begin] + t2[l - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t5_sum += Y[l*k + j] * (t1[(l - tile_begin)*k + j] - v0);
            }
            t5[l - tile_begin] = t5_sum;
        }

        /* t6 = sum[l:n](t5[l]) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t6_sum += t5[l - tile_begin];
        }
        t6 += t6_sum;
    }

    /* value = -(t6 / n) */
    *value = -(t6 / (double)n);
    return 0;
}

size_t one_hot_cross_entropy_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int one_hot_cross_entropy_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                  const double *restrict X, const double *restrict Y, double *restrict value,
                                  double *restrict t0, double *restrict t2, double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[l*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[l*k + j] += W[i*k + j] * X_li + W[(i + 1)*k + j] * X_li1 + W[(i + 2)*k + j] * X_li2 + W[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[l*k + j] += W[i*k + j] * X_li;
                }
            }
        }

        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        /* t2[l:n] = max[j:k](t1[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t2_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                t1[(l - tile_begin)*k + j] = v0;
                t2_max = (v0 > t2_max || v0 != v0) ? v0 : t2_max;
            }
            t2[l] = t2_max;
        }

        /* t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += exp(t1[(l - tile_begin)*k + j] - t2_l);
            }
            t3[l] = t3_sum;
        }

        /* t4[l:n] = log(t3[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4[l - tile_begin] = log(t3[l]);
        }

        /* t5[l:n] = sum[j:k](Y[l, j] * (t1[l, j] - (t4[l] + t2[l]))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t4[l - tile_begin] + t2[l];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                t5_sum += Y[l*k + j] * (t1[(l - tile_begin)*k + j] - v0);
            }
            t5[l - tile_begin] = t5_sum;
        }

        /* t6 = sum[l:n](t5[l]) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t6_sum += t5[l - tile_begin];
        }
        t6 += t6_sum;
    }

    /* value = -(t6 / n) */
    *value = -(t6 / (double)n);
    return 0;
}

size_t one_hot_cross_entropy_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int one_hot_cross_entropy_backward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict b, const double *restrict X, const double *restrict Y,
                                   const double *restrict t0, const double *restrict t2, const double *restrict t3,
                                   double cotangent, double *restrict grad_W, double *restrict grad_b,
                                   void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;

    /* t4 = -(cotangent / n) */
    const double t4 = -(cotangent / (double)n);
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        /* t5[l:n] = sum[j:k](Y[l, j]) */
        /* t8[l:n] = sum[j:k](where(t1[l, j] == t2[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l];
            double t5_sum = 0.0;
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum, t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                t1[(l - tile_begin)*k + j] = v0;
                t5_sum += Y[l*k + j];
                t8_sum += t2_l == v0 ? 1.0 : 0.0;
            }
            t5[l - tile_begin] = t5_sum;
            t8[l - tile_begin] = t8_sum;
        }

        /* t6[l:n] = -(t4 * t5[l]) */
        /* t7[l:n] = t6[l] / t3[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = -(t4 * t5[l - tile_begin]);
            t6[l - tile_begin] = v0;
            t7[l - tile_begin] = v0 / t3[l];
        }

        /* t9[l:n, j:k] = t4 * Y[l, j] + t7[l] * exp(t1[l, j] - t2[l]) + where(t1[l, j] == t2[l], (t6[l] - t3[l] *
         *    t7[l]) / t8[l], 0) */
        /* grad_b[j:k] = sum[l:n](t9[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t7_l = t7[l - tile_begin];
            const double t2_l = t2[l];
            const double v0 = (t6[l - tile_begin] - t3[l] * t7_l) / t8[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double t1_lj = t1[(l - tile_begin)*k + j];
                const double v1 = t4 * Y[l*k + j] + t7_l * exp(t1_lj - t2_l) + (t1_lj == t2_l ? v0 : 0.0);
                t9[(l - tile_begin)*k + j] = v1;
                grad_b[j] += v1;
            }
        }

        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * t9[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += X_li * t9[(l - tile_begin)*k + j];
                }
            }
        }
    }
    return 0;
}

size_t one_hot_cross_entropy_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int one_hot_cross_entropy_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                         const double *restrict b, const double *restrict X, const double *restrict Y,
                                         double *restrict value, double *restrict grad_W, double *restrict grad_b,
                                         void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
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

    /* t7 = -(1 / n) */
    const double t7 = -(1.0 / (double)n);
    double t6 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[(l - tile_begin)*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[(l - tile_begin)*k + j] += W[i*k + j] * X_li + W[(i + 1)*k + j] * X_li1 + W[(i + 2)*k + j] * X_li2 + W[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[(l - tile_begin)*k + j] += W[i*k + j] * X_li;
                }
            }
        }

        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        /* t2[l:n] = max[j:k](t1[l, j]) */
        /* t8[l:n] = sum[j:k](Y[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t2_max = -INFINITY;
            double t8_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[(l - tile_begin)*k + j] + b[j];
                t1[(l - tile_begin)*k + j] = v0;
                t2_max = (v0 > t2_max || v0 != v0) ? v0 : t2_max;
                t8_sum += Y[l*k + j];
            }
            t2[l - tile_begin] = t2_max;
            t8[l - tile_begin] = t8_sum;
        }

        /* t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l])) */
        /* t11[l:n] = sum[j:k](where(t1[l, j] == t2[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l - tile_begin];
            double t3_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t1_lj = t1[(l - tile_begin)*k + j];
                t3_sum += exp(t1_lj - t2_l);
                t11_sum += t1_lj == t2_l ? 1.0 : 0.0;
            }
            t3[l - tile_begin] = t3_sum;
            t11[l - tile_begin] = t11_sum;
        }

        /* t4[l:n] = log(t3[l]) */
        /* t9[l:n] = -(t7 * t8[l]) */
        /* t10[l:n] = t9[l] / t3[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_l = t3[l - tile_begin];
            const double v0 = -(t7 * t8[l - tile_begin]);
            t4[l - tile_begin] = log(t3_l);
            t9[l - tile_begin] = v0;
            t10[l - tile_begin] = v0 / t3_l;
        }

        /* t5[l:n] = sum[j:k](Y[l, j] * (t1[l, j] - (t4[l] + t2[l]))) */
        /* t12[l:n, j:k] = t7 * Y[l, j] + t10[l] * exp(t1[l, j] - t2[l]) + where(t1[l, j] == t2[l], (t9[l] - t10[l]
         *    * t3[l]) / t11[l], 0) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l - tile_begin];
            const double v0 = t4[l - tile_begin] + t2_l;
            const double t10_l = t10[l - tile_begin];
            const double v1 = (t9[l - tile_begin] - t10_l * t3[l - tile_begin]) / t11[l - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double Y_lj = Y[l*k + j];
                const double t1_lj = t1[(l - tile_begin)*k + j];
                t5_sum += Y_lj * (t1_lj - v0);
                t12[(l - tile_begin)*k + j] = t7 * Y_lj + t10_l * exp(t1_lj - t2_l) + (t1_lj == t2_l ? v1 : 0.0);
            }
            t5[l - tile_begin] = t5_sum;
        }

        /* t6 = sum[l:n](t5[l]) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t6_sum += t5[l - tile_begin];
        }
        t6 += t6_sum;

        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * t12[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += X_li * t12[(l - tile_begin)*k + j];
                }
            }
        }

        /* grad_b[j:k] = sum[l:n](t12[l, j]) */
        for (int64_t l = tile_begin; l < tile_end / 4 * 4; l += 4) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_b[j] += t12[(l - tile_begin)*k + j] + t12[((l + 1) - tile_begin)*k + j] + t12[((l + 2) - tile_begin)*k + j] + t12[((l + 3) - tile_begin)*k + j];
            }
        }
        for (int64_t l = tile_end / 4 * 4; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_b[j] += t12[(l - tile_begin)*k + j];
            }
        }
    }

    /* value = -(t6 / n) */
    *value = -(t6 / (double)n);
    return 0;
}
