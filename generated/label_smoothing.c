/* label_smoothing: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], y: int64[n], eps: real):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n] = max[j:k](t0[l, j])
 *         t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l]))
 *         t3[l:n] = log(t2[l])
 *         L[l:n, j:k] = t0[l, j] - (t3[l] + t1[l])
 *         t4[l:n] = sum[j:k](L[l, j])
 *         t5 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t4[l] / k))
 *         value = -(t5 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * label_smoothing_value gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_forward gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_backward gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_value_and_grad gives 1: y holds an index out of range for an axis of length k
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

#include "label_smoothing.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t label_smoothing_value_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int label_smoothing_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                          const int64_t *restrict y, double eps, double *restrict value, void *restrict work)
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
    double *const L = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t5 = 0.0;
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

        /* t1[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[(l - tile_begin)*k + j];
                t1_max = (t0_lj > t1_max || t0_lj != t0_lj) ? t0_lj : t1_max;
            }
            t1[l - tile_begin] = t1_max;
        }

        /* t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[(l - tile_begin)*k + j] - t1_l);
            }
            t2[l - tile_begin] = t2_sum;
        }

        /* t3[l:n] = log(t2[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = log(t2[l - tile_begin]);
        }

        /* L[l:n, j:k] = t0[l, j] - (t3[l] + t1[l]) */
        /* t4[l:n] = sum[j:k](L[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t1[l - tile_begin] + t3[l - tile_begin];
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = t0[(l - tile_begin)*k + j] - v0;
                L[(l - tile_begin)*k + j] = v1;
                t4_sum += v1;
            }
            t4[l - tile_begin] = t4_sum;
        }

        /* t5 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t4[l] / k)) */
        const double v0 = 1.0 - eps;
        const double v1 = (double)k;
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            t5_sum += L[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)] * v0 + eps * (t4[l - tile_begin] / v1);
        }
        t5 += t5_sum;
    }

    /* value = -(t5 / n) */
    *value = -(t5 / (double)n);
    return 0;
}

size_t label_smoothing_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int label_smoothing_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                            const int64_t *restrict y, double eps, double *restrict value, double *restrict t0,
                            double *restrict t1, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const L = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t5 = 0.0;
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

        /* t1[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[l*k + j];
                t1_max = (t0_lj > t1_max || t0_lj != t0_lj) ? t0_lj : t1_max;
            }
            t1[l] = t1_max;
        }

        /* t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[l*k + j] - t1_l);
            }
            t2[l] = t2_sum;
        }

        /* t3[l:n] = log(t2[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = log(t2[l]);
        }

        /* L[l:n, j:k] = t0[l, j] - (t3[l] + t1[l]) */
        /* t4[l:n] = sum[j:k](L[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t1[l] + t3[l - tile_begin];
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = t0[l*k + j] - v0;
                L[(l - tile_begin)*k + j] = v1;
                t4_sum += v1;
            }
            t4[l - tile_begin] = t4_sum;
        }

        /* t5 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t4[l] / k)) */
        const double v0 = 1.0 - eps;
        const double v1 = (double)k;
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            t5_sum += L[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)] * v0 + eps * (t4[l - tile_begin] / v1);
        }
        t5 += t5_sum;
    }

    /* value = -(t5 / n) */
    *value = -(t5 / (double)n);
    return 0;
}

size_t label_smoothing_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int label_smoothing_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const int64_t *restrict y, double eps, const double *restrict t0,
                             const double *restrict t1, const double *restrict t2, double cotangent,
                             double *restrict grad_W, void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    double *const L_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const L_bar_2 = (void *)scratch;
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t10 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t3 = -(cotangent / n) */
    const double t3 = -(cotangent / (double)n);
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            L_bar[at] = 0.0;
        }

        /* L_bar[:n, :k] = 0 L_bar += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](t3 * (1 - eps))) */
        /* t4[l:n] = eps * t3 / k */
        const double v0 = t3 * (1.0 - eps);
        const double v1 = eps * t3 / (double)k;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            L_bar[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)] += v0;
            t4[l - tile_begin] = v1;
        }

        /* L_bar_2[l:n, j:k] = L_bar[l, j] + t4[l] */
        /* t5[l:n] = sum[j:k](L_bar_2[l, j]) */
        /* t8[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t4_l = t4[l - tile_begin];
            const double t1_l = t1[l];
            double t5_sum = 0.0;
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum, t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v2 = L_bar[(l - tile_begin)*k + j] + t4_l;
                L_bar_2[(l - tile_begin)*k + j] = v2;
                t5_sum += v2;
                t8_sum += t0[l*k + j] == t1_l ? 1.0 : 0.0;
            }
            t5[l - tile_begin] = t5_sum;
            t8[l - tile_begin] = t8_sum;
        }

        /* t6[l:n] = -t5[l] */
        /* t7[l:n] = t6[l] / t2[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v2 = -t5[l - tile_begin];
            t6[l - tile_begin] = v2;
            t7[l - tile_begin] = v2 / t2[l];
        }

        /* t9[l:n, j:k] = where(t0[l, j] == t1[l], (t6[l] - t2[l] * t7[l]) / t8[l], 0) */
        /* t10[l:n, j:k] = t7[l] * exp(t0[l, j] - t1[l]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            const double t7_l = t7[l - tile_begin];
            const double v2 = (t6[l - tile_begin] - t2[l] * t7_l) / t8[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[l*k + j];
                t9[(l - tile_begin)*k + j] = t0_lj == t1_l ? v2 : 0.0;
                t10[(l - tile_begin)*k + j] = t7_l * exp(t0_lj - t1_l);
            }
        }

        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * (t9[l, j] + (t10[l, j] + L_bar_2[l, j]))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double v2 = t9[(l - tile_begin)*k + j] + (t10[(l - tile_begin)*k + j] + L_bar_2[(l - tile_begin)*k + j]);
                    grad_W[i*k + j] += X_li * v2;
                }
            }
        }
    }
    return 0;
}

size_t label_smoothing_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int label_smoothing_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict X, const int64_t *restrict y, double eps,
                                   double *restrict value, double *restrict grad_W, void *restrict work)
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
    double *const L = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const L_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const L_bar_2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t6 = -(1 / n) */
    const double t6 = -(1.0 / (double)n);
    double t5 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            L_bar[at] = 0.0;
        }

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

        /* t1[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[(l - tile_begin)*k + j];
                t1_max = (t0_lj > t1_max || t0_lj != t0_lj) ? t0_lj : t1_max;
            }
            t1[l - tile_begin] = t1_max;
        }

        /* t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l])) */
        /* t11[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            double t2_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[(l - tile_begin)*k + j];
                t2_sum += exp(t0_lj - t1_l);
                t11_sum += t0_lj == t1_l ? 1.0 : 0.0;
            }
            t2[l - tile_begin] = t2_sum;
            t11[l - tile_begin] = t11_sum;
        }

        /* t3[l:n] = log(t2[l]) */
        /* L_bar[:n, :k] = 0 L_bar += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](t6 * (1 - eps))) */
        /* t7[l:n] = eps * t6 / k */
        const double v0 = t6 * (1.0 - eps);
        const double v1 = eps * t6 / (double)k;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            t3[l - tile_begin] = log(t2[l - tile_begin]);
            L_bar[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)] += v0;
            t7[l - tile_begin] = v1;
        }

        /* L[l:n, j:k] = t0[l, j] - (t3[l] + t1[l]) */
        /* t4[l:n] = sum[j:k](L[l, j]) */
        /* L_bar_2[l:n, j:k] = L_bar[l, j] + t7[l] */
        /* t8[l:n] = sum[j:k](L_bar_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v2 = t1[l - tile_begin] + t3[l - tile_begin];
            const double t7_l = t7[l - tile_begin];
            double t4_sum = 0.0;
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum, t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v3 = t0[(l - tile_begin)*k + j] - v2;
                const double v4 = L_bar[(l - tile_begin)*k + j] + t7_l;
                L[(l - tile_begin)*k + j] = v3;
                t4_sum += v3;
                L_bar_2[(l - tile_begin)*k + j] = v4;
                t8_sum += v4;
            }
            t4[l - tile_begin] = t4_sum;
            t8[l - tile_begin] = t8_sum;
        }

        /* t5 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t4[l] / k)) */
        /* t9[l:n] = -t8[l] */
        /* t10[l:n] = t9[l] / t2[l] */
        const double v2 = 1.0 - eps;
        const double v3 = (double)k;
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const double v4 = -t8[l - tile_begin];
            t5_sum += L[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)] * v2 + eps * (t4[l - tile_begin] / v3);
            t9[l - tile_begin] = v4;
            t10[l - tile_begin] = v4 / t2[l - tile_begin];
        }
        t5 += t5_sum;

        /* t12[l:n, j:k] = where(t0[l, j] == t1[l], (t9[l] - t2[l] * t10[l]) / t11[l], 0) */
        /* t13[l:n, j:k] = t10[l] * exp(t0[l, j] - t1[l]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            const double t10_l = t10[l - tile_begin];
            const double v4 = (t9[l - tile_begin] - t2[l - tile_begin] * t10_l) / t11[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[(l - tile_begin)*k + j];
                t12[(l - tile_begin)*k + j] = t0_lj == t1_l ? v4 : 0.0;
                t13[(l - tile_begin)*k + j] = t10_l * exp(t0_lj - t1_l);
            }
        }

        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * (t12[l, j] + (L_bar_2[l, j] + t13[l, j]))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double v4 = t12[(l - tile_begin)*k + j] + (L_bar_2[(l - tile_begin)*k + j] + t13[(l - tile_begin)*k + j]);
                    grad_W[i*k + j] += X_li * v4;
                }
            }
        }
    }

    /* value = -(t5 / n) */
    *value = -(t5 / (double)n);
    return 0;
}
