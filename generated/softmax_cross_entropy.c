/* softmax_cross_entropy: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], b: real[k], X: real[n, d], y: int64[n]):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         Z[l:n, j:k] = t0[l, j] + b[j]
 *         t1[l:n] = max[j:k](Z[l, j])
 *         t2[l:n] = sum[j:k](exp(Z[l, j] - t1[l]))
 *         t3 = sum[l:n](t1[l] + log(t2[l]) - Z[l, where_integer(y[l] < 0, k + y[l], y[l])])
 *         value = t3 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * softmax_cross_entropy_value gives 1: y holds an index out of range for an axis of length k
 * softmax_cross_entropy_forward gives 1: y holds an index out of range for an axis of length k
 * softmax_cross_entropy_backward gives 1: y holds an index out of range for an axis of length k
 * softmax_cross_entropy_value_and_grad gives 1: y holds an index out of range for an axis of length k
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

#include "softmax_cross_entropy.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t softmax_cross_entropy_value_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int softmax_cross_entropy_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                const double *restrict X, const int64_t *restrict y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t3 = 0.0;
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

        /* Z[l:n, j:k] = t0[l, j] + b[j] */
        /* t1[l:n] = max[j:k](Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[(l - tile_begin)*k + j] + b[j];
                Z[(l - tile_begin)*k + j] = v0;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
            }
            t1[l - tile_begin] = t1_max;
        }

        /* t2[l:n] = sum[j:k](exp(Z[l, j] - t1[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(Z[(l - tile_begin)*k + j] - t1_l);
            }
            t2[l - tile_begin] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] + log(t2[l]) - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const double v0 = t1[l - tile_begin] + log(t2[l - tile_begin]) - Z[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)];
            t3_sum += v0;
        }
        t3 += t3_sum;
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    return 0;
}

size_t softmax_cross_entropy_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double));
}

int softmax_cross_entropy_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                  const double *restrict X, const int64_t *restrict y, double *restrict value,
                                  double *restrict t0, double *restrict t1, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Z = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t3 = 0.0;
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

        /* Z[l:n, j:k] = t0[l, j] + b[j] */
        /* t1[l:n] = max[j:k](Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                Z[(l - tile_begin)*k + j] = v0;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
            }
            t1[l] = t1_max;
        }

        /* t2[l:n] = sum[j:k](exp(Z[l, j] - t1[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(Z[(l - tile_begin)*k + j] - t1_l);
            }
            t2[l] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] + log(t2[l]) - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            t3_sum += t1[l] + log(t2[l]) - Z[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)];
        }
        t3 += t3_sum;
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    return 0;
}

size_t softmax_cross_entropy_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int softmax_cross_entropy_backward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict b, const double *restrict X, const int64_t *restrict y,
                                   const double *restrict t0, const double *restrict t1, const double *restrict t2,
                                   double cotangent, double *restrict grad_W, double *restrict grad_b,
                                   void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const Z_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const Z_bar_2 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t3 = cotangent / n */
    const double t3 = cotangent / (double)n;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            Z_bar[at] = 0.0;
        }

        /* Z[l:n, j:k] = t0[l, j] + b[j] */
        /* t5[l:n] = sum[j:k](where(Z[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                Z[(l - tile_begin)*k + j] = v0;
                t5_sum += t1_l == v0 ? 1.0 : 0.0;
            }
            t5[l - tile_begin] = t5_sum;
        }

        /* Z_bar[:n, :k] = 0 Z_bar += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](-t3)) */
        /* t4[l:n] = t3 / t2[l] */
        const double v0 = -t3;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            Z_bar[(l - tile_begin)*k + (y_l < 0 ? k + y_l : y_l)] += v0;
            t4[l - tile_begin] = t3 / t2[l];
        }

        /* Z_bar_2[l:n, j:k] = Z_bar[l, j] + t4[l] * exp(Z[l, j] - t1[l]) + where(Z[l, j] == t1[l], (t3 - t2[l] *
         *    t4[l]) / t5[l], 0) */
        /* grad_b[j:k] = sum[l:n](Z_bar_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t4_l = t4[l - tile_begin];
            const double t1_l = t1[l];
            const double v1 = (t3 - t2[l] * t4_l) / t5[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[(l - tile_begin)*k + j];
                const double v2 = Z_bar[(l - tile_begin)*k + j] + t4_l * exp(Z_lj - t1_l) + (Z_lj == t1_l ? v1 : 0.0);
                Z_bar_2[(l - tile_begin)*k + j] = v2;
                grad_b[j] += v2;
            }
        }

        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * Z_bar_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += X_li * Z_bar_2[(l - tile_begin)*k + j];
                }
            }
        }
    }
    return 0;
}

size_t softmax_cross_entropy_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int softmax_cross_entropy_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                         const double *restrict b, const double *restrict X,
                                         const int64_t *restrict y, double *restrict value, double *restrict grad_W,
                                         double *restrict grad_b, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const Z_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const Z_bar_2 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t y_l = y[l];
        const int64_t v0 = y_l < 0 ? k + y_l : y_l;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t4 = 1 / n */
    const double t4 = 1.0 / (double)n;
    double t3 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            Z_bar[at] = 0.0;
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

        /* Z[l:n, j:k] = t0[l, j] + b[j] */
        /* t1[l:n] = max[j:k](Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[(l - tile_begin)*k + j] + b[j];
                Z[(l - tile_begin)*k + j] = v0;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
            }
            t1[l - tile_begin] = t1_max;
        }

        /* t2[l:n] = sum[j:k](exp(Z[l, j] - t1[l])) */
        /* t6[l:n] = sum[j:k](where(Z[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            double t2_sum = 0.0;
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[(l - tile_begin)*k + j];
                t2_sum += exp(Z_lj - t1_l);
                t6_sum += Z_lj == t1_l ? 1.0 : 0.0;
            }
            t2[l - tile_begin] = t2_sum;
            t6[l - tile_begin] = t6_sum;
        }

        /* t3 = sum[l:n](t1[l] + log(t2[l]) - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        /* Z_bar[:n, :k] = 0 Z_bar += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](-t4)) */
        /* t5[l:n] = t4 / t2[l] */
        const double v1 = -t4;
        double t3_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l - tile_begin];
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            t3_sum += t1[l - tile_begin] + log(t2_l) - Z[(l - tile_begin)*k + v0];
            Z_bar[(l - tile_begin)*k + v0] += v1;
            t5[l - tile_begin] = t4 / t2_l;
        }
        t3 += t3_sum;

        /* Z_bar_2[l:n, j:k] = Z_bar[l, j] + t5[l] * exp(Z[l, j] - t1[l]) + where(Z[l, j] == t1[l], (t4 - t5[l] *
         *    t2[l]) / t6[l], 0) */
        /* grad_b[j:k] = sum[l:n](Z_bar_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t5_l = t5[l - tile_begin];
            const double t1_l = t1[l - tile_begin];
            const double v0 = (t4 - t5_l * t2[l - tile_begin]) / t6[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[(l - tile_begin)*k + j];
                const double v2 = Z_bar[(l - tile_begin)*k + j] + t5_l * exp(Z_lj - t1_l) + (Z_lj == t1_l ? v0 : 0.0);
                Z_bar_2[(l - tile_begin)*k + j] = v2;
                grad_b[j] += v2;
            }
        }

        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * Z_bar_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += X_li * Z_bar_2[(l - tile_begin)*k + j];
                }
            }
        }
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    return 0;
}
