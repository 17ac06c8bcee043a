/* softmax_cross_entropy: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], b: real[k], X: real[n, d], y: int64[n]):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n, j:k] = t0[l, j] + b[j]
 *         t2[l:n, i:1] = max[j:k](t1[l, j])
 *         t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l, 0]))
 *         t4 = sum[l:n](t2[l, 0] + log(t3[l]) - t1[l, where_integer(y[l] < 0, k + y[l], y[l])])
 *         value = t4 / n
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
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int softmax_cross_entropy_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                const double *restrict X, const int64_t *restrict y, double *restrict value,
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
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j - k*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v1 = X[d*l + i];
                const double v2 = X[d*l + (i + 1)];
                const double v3 = X[d*l + (i + 2)];
                const double v4 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v1 + W[(i + 1)*k + j] * v2 + W[(i + 2)*k + j] * v3 + W[(i + 3)*k + j] * v4;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v1 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v1;
                }
            }
        }
        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t1[k*l + j - k*tile_begin] = t0[k*l + j - k*tile_begin] + b[j];
            }
        }
        /* t2[l:n, i:1] = max[j:k](t1[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t2_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v5 = t1[k*l + j - k*tile_begin];
                    t2_max = (v5 > t2_max || v5 != v5) ? v5 : t2_max;
                }
                t2[i + l - tile_begin] = t2_max;
            }
        }
        /* t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v6 = t2[l - tile_begin];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += exp(t1[k*l + j - k*tile_begin] - v6);
            }
            t3[l - tile_begin] = t3_sum;
        }
        /* t4 = sum[l:n](t2[l, 0] + log(t3[l]) - t1[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v7 = y[l];
            const double v8 = t2[l - tile_begin] + log(t3[l - tile_begin]) - t1[k*l + (v7 < 0 ? k + v7 : v7) - k*tile_begin];
            t4_sum += v8;
        }
        t4 += t4_sum;
    }
    /* value = t4 / n */
    const double value_ = t4 / (double)n;
    *value = value_;
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
                                  double *restrict t0, double *restrict t2, double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v1 = X[d*l + i];
                const double v2 = X[d*l + (i + 1)];
                const double v3 = X[d*l + (i + 2)];
                const double v4 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j] += W[i*k + j] * v1 + W[(i + 1)*k + j] * v2 + W[(i + 2)*k + j] * v3 + W[(i + 3)*k + j] * v4;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v1 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j] += W[i*k + j] * v1;
                }
            }
        }
        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t1[k*l + j - k*tile_begin] = t0[k*l + j] + b[j];
            }
        }
        /* t2[l:n, i:1] = max[j:k](t1[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t2_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v5 = t1[k*l + j - k*tile_begin];
                    t2_max = (v5 > t2_max || v5 != v5) ? v5 : t2_max;
                }
                t2[i + l] = t2_max;
            }
        }
        /* t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v6 = t2[l];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += exp(t1[k*l + j - k*tile_begin] - v6);
            }
            t3[l] = t3_sum;
        }
        /* t4 = sum[l:n](t2[l, 0] + log(t3[l]) - t1[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v7 = y[l];
            t4_sum += t2[l] + log(t3[l]) - t1[k*l + (v7 < 0 ? k + v7 : v7) - k*tile_begin];
        }
        t4 += t4_sum;
    }
    /* value = t4 / n */
    const double value_ = t4 / (double)n;
    *value = value_;
    return 0;
}

size_t softmax_cross_entropy_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int softmax_cross_entropy_backward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict b, const double *restrict X, const int64_t *restrict y,
                                   const double *restrict t0, const double *restrict t2, const double *restrict t3,
                                   double cotangent, double *restrict grad_W, double *restrict grad_b,
                                   void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t9 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    /* t4 = cotangent / n */
    const double t4 = cotangent / (double)n;
    for (int64_t at = 0; at < k*n; ++at) {
        t5[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t1[k*l + j] = t0[k*l + j] + b[j];
            }
        }
        /* t5[:n, :k] = 0 t5 += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](-t4)) */
        /* t6[l:n] = t4 / t3[l] */
        const double v1 = -t4;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v2 = y[l];
            t5[k*l + (v2 < 0 ? k + v2 : v2)] += v1;
            t6[l] = t4 / t3[l];
        }
        /* t7[l:n, i:1] = sum[j:k](exp(t1[l, j] - t2[l, 0])) */
        /* t8[l:n, i:1] = sum[j:k](where(t2[l, 0] == t1[l, j], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v4 = t2[l];
            for (int64_t i = 0; i < 1; ++i) {
                double t7_sum = 0.0;
                double t8_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum, t8_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v3 = t1[k*l + j];
                    t7_sum += exp(v3 - v4);
                    t8_sum += v4 == v3 ? 1.0 : 0.0;
                }
                t7[i + l] = t7_sum;
                t8[i + l] = t8_sum;
            }
        }
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t9[l:n, j:k] = t5[l, j] + t6[l] * exp(t1[l, j] - t2[l, 0]) + where(t2[l, 0] == t1[l, j], (t4 - t7[l, 0] */
        /*    * t6[l]) / t8[l, 0], 0) */
        /* grad_b[j:k] = sum[l:n](t9[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v5 = t6[l];
            const double v7 = t2[l];
            const double v8 = (t4 - t7[l] * v5) / t8[l];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v6 = t1[k*l + j];
                const double v9 = t5[k*l + j] + v5 * exp(v6 - v7) + (v7 == v6 ? v8 : 0.0);
                t9[k*l + j - k*tile_begin] = v9;
                grad_b[j] += v9;
            }
        }
        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * t9[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double v10 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += v10 * t9[k*l + j - k*tile_begin];
                }
            }
        }
    }
    return 0;
}

size_t softmax_cross_entropy_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int softmax_cross_entropy_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                         const double *restrict b, const double *restrict X,
                                         const int64_t *restrict y, double *restrict value, double *restrict grad_W,
                                         double *restrict grad_b, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t10 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = y[l];
        if ((v1 < 0 ? k + v1 : v1) < 0 || (v1 < 0 ? k + v1 : v1) >= k) {
            return 1;
        }
    }
    /* t5 = 1 / n */
    const double t5 = 1.0 / (double)n;
    double t4 = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j - k*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v2 = X[d*l + i];
                const double v3 = X[d*l + (i + 1)];
                const double v4 = X[d*l + (i + 2)];
                const double v5 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v2 + W[(i + 1)*k + j] * v3 + W[(i + 2)*k + j] * v4 + W[(i + 3)*k + j] * v5;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v2 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v2;
                }
            }
        }
        /* t1[l:n, j:k] = t0[l, j] + b[j] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t1[k*l + j] = t0[k*l + j - k*tile_begin] + b[j];
            }
        }
        /* t2[l:n, i:1] = max[j:k](t1[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t2_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v6 = t1[k*l + j];
                    t2_max = (v6 > t2_max || v6 != v6) ? v6 : t2_max;
                }
                t2[i + l] = t2_max;
            }
        }
        /* t3[l:n] = sum[j:k](exp(t1[l, j] - t2[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v7 = t2[l];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += exp(t1[k*l + j] - v7);
            }
            t3[l - tile_begin] = t3_sum;
        }
        /* t4 = sum[l:n](t2[l, 0] + log(t3[l]) - t1[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        /* t6[:n, :k] = 0 t6 += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](-t5)) */
        /* t7[l:n] = t5 / t3[l] */
        const double v11 = -t5;
        double t4_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v8 = t3[l - tile_begin];
            const int64_t v9 = y[l];
            const int64_t v10 = v9 < 0 ? k + v9 : v9;
            t4_sum += t2[l] + log(v8) - t1[k*l + v10];
            t6[k*l + v10] += v11;
            t7[l] = t5 / v8;
        }
        t4 += t4_sum;
        /* t8[l:n, i:1] = sum[j:k](exp(t1[l, j] - t2[l, 0])) */
        /* t9[l:n, i:1] = sum[j:k](where(t2[l, 0] == t1[l, j], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v13 = t2[l];
            for (int64_t i = 0; i < 1; ++i) {
                double t8_sum = 0.0;
                double t9_sum = 0.0;
                GRADC_SIMD(reduction(+:t8_sum, t9_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v12 = t1[k*l + j];
                    t8_sum += exp(v12 - v13);
                    t9_sum += v13 == v12 ? 1.0 : 0.0;
                }
                t8[i + l] = t8_sum;
                t9[i + l] = t9_sum;
            }
        }
    }
    /* value = t4 / n */
    const double value_ = t4 / (double)n;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t10[l:n, j:k] = t6[l, j] + t7[l] * exp(t1[l, j] - t2[l, 0]) + where(t2[l, 0] == t1[l, j], (t5 - t8[l, 0] */
        /*    * t7[l]) / t9[l, 0], 0) */
        /* grad_b[j:k] = sum[l:n](t10[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v14 = t7[l];
            const double v16 = t2[l];
            const double v17 = (t5 - t8[l] * v14) / t9[l];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v15 = t1[k*l + j];
                const double v18 = t6[k*l + j] + v14 * exp(v15 - v16) + (v15 == v16 ? v17 : 0.0);
                t10[k*l + j - k*tile_begin] = v18;
                grad_b[j] += v18;
            }
        }
        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * t10[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double v19 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += v19 * t10[k*l + j - k*tile_begin];
                }
            }
        }
    }
    *value = value_;
    return 0;
}
