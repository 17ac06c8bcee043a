/* label_smoothing: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], y: int64[n], eps: real):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n, i:1] = max[j:k](t0[l, j])
 *         t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l, 0]))
 *         t3[l:n] = log(t2[l])
 *         t4[l:n, j:k] = t0[l, j] - (t1[l, 0] + t3[l])
 *         t5[l:n] = sum[j:k](t4[l, j])
 *         t6 = sum[l:n](t4[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t5[l] / k))
 *         value = -(t6 / n)
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
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
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
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t6 = 0.0;
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
        /* t1[l:n, i:1] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t1_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v5 = t0[k*l + j - k*tile_begin];
                    t1_max = (v5 > t1_max || v5 != v5) ? v5 : t1_max;
                }
                t1[i + l - tile_begin] = t1_max;
            }
        }
        /* t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v6 = t1[l - tile_begin];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[k*l + j - k*tile_begin] - v6);
            }
            t2[l - tile_begin] = t2_sum;
        }
        /* t3[l:n] = log(t2[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = log(t2[l - tile_begin]);
        }
        /* t4[l:n, j:k] = t0[l, j] - (t1[l, 0] + t3[l]) */
        /* t5[l:n] = sum[j:k](t4[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v7 = t1[l - tile_begin] + t3[l - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v8 = t0[k*l + j - k*tile_begin] - v7;
                t4[k*l + j - k*tile_begin] = v8;
                t5_sum += v8;
            }
            t5[l - tile_begin] = t5_sum;
        }
        /* t6 = sum[l:n](t4[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t5[l] / k)) */
        const double v10 = 1.0 - eps;
        const double v11 = (double)k;
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v9 = y[l];
            t6_sum += t4[k*l + (v9 < 0 ? k + v9 : v9) - k*tile_begin] * v10 + eps * (t5[l - tile_begin] / v11);
        }
        t6 += t6_sum;
    }
    /* value = -(t6 / n) */
    const double value_ = -(t6 / (double)n);
    *value = value_;
    return 0;
}

size_t label_smoothing_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int label_smoothing_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                            const int64_t *restrict y, double eps, double *restrict value, double *restrict t0,
                            double *restrict t1, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t6 = 0.0;
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
        /* t1[l:n, i:1] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t1_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v5 = t0[k*l + j];
                    t1_max = (v5 > t1_max || v5 != v5) ? v5 : t1_max;
                }
                t1[i + l] = t1_max;
            }
        }
        /* t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v6 = t1[l];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[k*l + j] - v6);
            }
            t2[l] = t2_sum;
        }
        /* t3[l:n] = log(t2[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = log(t2[l]);
        }
        /* t4[l:n, j:k] = t0[l, j] - (t1[l, 0] + t3[l]) */
        /* t5[l:n] = sum[j:k](t4[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v7 = t1[l] + t3[l - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v8 = t0[k*l + j] - v7;
                t4[k*l + j - k*tile_begin] = v8;
                t5_sum += v8;
            }
            t5[l - tile_begin] = t5_sum;
        }
        /* t6 = sum[l:n](t4[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t5[l] / k)) */
        const double v10 = 1.0 - eps;
        const double v11 = (double)k;
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v9 = y[l];
            t6_sum += t4[k*l + (v9 < 0 ? k + v9 : v9) - k*tile_begin] * v10 + eps * (t5[l - tile_begin] / v11);
        }
        t6 += t6_sum;
    }
    /* value = -(t6 / n) */
    const double value_ = -(t6 / (double)n);
    *value = value_;
    return 0;
}

size_t label_smoothing_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int label_smoothing_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const int64_t *restrict y, double eps, const double *restrict t0,
                             const double *restrict t1, const double *restrict t2, double cotangent,
                             double *restrict grad_W, void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = y[l];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    /* t3 = -(cotangent / n) */
    const double t3 = -(cotangent / (double)n);
    for (int64_t at = 0; at < k*n; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t4[:n, :k] = 0 t4 += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](t3 * (1 - eps))) */
        /* t5[l:n] = eps * t3 / k */
        const double v1 = t3 * (1.0 - eps);
        const double v3 = eps * t3 / (double)k;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v2 = y[l];
            t4[k*l + (v2 < 0 ? k + v2 : v2)] += v1;
            t5[l] = v3;
        }
        /* t8[l:n, i:1] = sum[j:k](exp(t0[l, j] - t1[l, 0])) */
        /* t11[l:n, i:1] = sum[j:k](where(t0[l, j] == t1[l, 0], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v5 = t1[l];
            for (int64_t i = 0; i < 1; ++i) {
                double t8_sum = 0.0;
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t8_sum, t11_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v4 = t0[k*l + j];
                    t8_sum += exp(v4 - v5);
                    t11_sum += v4 == v5 ? 1.0 : 0.0;
                }
                t8[i + l] = t8_sum;
                t11[i + l] = t11_sum;
            }
        }
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t6[l:n, j:k] = t4[l, j] + t5[l] */
        /* t9[l:n] = sum[j:k](t6[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v6 = t5[l];
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v7 = t4[k*l + j] + v6;
                t6[k*l + j - k*tile_begin] = v7;
                t9_sum += v7;
            }
            t9[l - tile_begin] = t9_sum;
        }
        /* t7[l:n, i:1] = sum[j:k](t6[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t7_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t7_sum += t6[k*l + j - k*tile_begin];
                }
                t7[i + l - tile_begin] = t7_sum;
            }
        }
        /* t10[l:n] = -(t9[l] / t2[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t10[l - tile_begin] = -(t9[l - tile_begin] / t2[l]);
        }
        /* t12[l:n, j:k] = where(t0[l, j] == t1[l, 0], -((t7[l, 0] + t8[l, 0] * t10[l]) / t11[l, 0]), 0) */
        /* t13[l:n, j:k] = t10[l] * exp(t0[l, j] - t1[l, 0]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v9 = t1[l];
            const double v10 = t10[l - tile_begin];
            const double v11 = -((t7[l - tile_begin] + t8[l] * v10) / t11[l]);
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v8 = t0[k*l + j];
                t12[k*l + j - k*tile_begin] = v8 == v9 ? v11 : 0.0;
                t13[k*l + j - k*tile_begin] = v10 * exp(v8 - v9);
            }
        }
        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * (t12[l, j] + (t6[l, j] + t13[l, j]))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double v12 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double v13 = v12 * (t12[k*l + j - k*tile_begin] + (t13[k*l + j - k*tile_begin] + t6[k*l + j - k*tile_begin]));
                    grad_W[i*k + j] += v13;
                }
            }
        }
    }
    return 0;
}

size_t label_smoothing_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int label_smoothing_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict X, const int64_t *restrict y, double eps,
                                   double *restrict value, double *restrict grad_W, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t17 = (void *)scratch;
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
    /* t7 = -(1 / n) */
    const double t7 = -(1.0 / (double)n);
    double t6 = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v2 = X[d*l + i];
                const double v3 = X[d*l + (i + 1)];
                const double v4 = X[d*l + (i + 2)];
                const double v5 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j] += W[i*k + j] * v2 + W[(i + 1)*k + j] * v3 + W[(i + 2)*k + j] * v4 + W[(i + 3)*k + j] * v5;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v2 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j] += W[i*k + j] * v2;
                }
            }
        }
        /* t1[l:n, i:1] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t1_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v6 = t0[k*l + j];
                    t1_max = (v6 > t1_max || v6 != v6) ? v6 : t1_max;
                }
                t1[i + l] = t1_max;
            }
        }
        /* t2[l:n] = sum[j:k](exp(t0[l, j] - t1[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v7 = t1[l];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += exp(t0[k*l + j] - v7);
            }
            t2[l] = t2_sum;
        }
        /* t3[l:n] = log(t2[l]) */
        /* t8[:n, :k] = 0 t8 += each[l:n](at[l, where_integer(y[l] < 0, k + y[l], y[l])](t7 * (1 - eps))) */
        /* t9[l:n] = eps * t7 / k */
        const double v8 = t7 * (1.0 - eps);
        const double v10 = eps * t7 / (double)k;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v9 = y[l];
            t3[l - tile_begin] = log(t2[l]);
            t8[k*l + (v9 < 0 ? k + v9 : v9)] += v8;
            t9[l] = v10;
        }
        /* t4[l:n, j:k] = t0[l, j] - (t1[l, 0] + t3[l]) */
        /* t5[l:n] = sum[j:k](t4[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v11 = t1[l] + t3[l - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v12 = t0[k*l + j] - v11;
                t4[k*l + j - k*tile_begin] = v12;
                t5_sum += v12;
            }
            t5[l - tile_begin] = t5_sum;
        }
        /* t6 = sum[l:n](t4[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t5[l] / k)) */
        const double v14 = 1.0 - eps;
        const double v15 = (double)k;
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v13 = y[l];
            const double v16 = t4[k*l + (v13 < 0 ? k + v13 : v13) - k*tile_begin] * v14 + eps * (t5[l - tile_begin] / v15);
            t6_sum += v16;
        }
        t6 += t6_sum;
        /* t12[l:n, i:1] = sum[j:k](exp(t0[l, j] - t1[l, 0])) */
        /* t15[l:n, i:1] = sum[j:k](where(t1[l, 0] == t0[l, j], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v18 = t1[l];
            for (int64_t i = 0; i < 1; ++i) {
                double t12_sum = 0.0;
                double t15_sum = 0.0;
                GRADC_SIMD(reduction(+:t12_sum, t15_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v17 = t0[k*l + j];
                    t12_sum += exp(v17 - v18);
                    t15_sum += v17 == v18 ? 1.0 : 0.0;
                }
                t12[i + l] = t12_sum;
                t15[i + l] = t15_sum;
            }
        }
    }
    /* value = -(t6 / n) */
    const double value_ = -(t6 / (double)n);
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t10[l:n, j:k] = t8[l, j] + t9[l] */
        /* t13[l:n] = sum[j:k](t10[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v19 = t9[l];
            double t13_sum = 0.0;
            GRADC_SIMD(reduction(+:t13_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v20 = t8[k*l + j] + v19;
                t10[k*l + j - k*tile_begin] = v20;
                t13_sum += v20;
            }
            t13[l - tile_begin] = t13_sum;
        }
        /* t11[l:n, i:1] = sum[j:k](t10[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 1; ++i) {
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t11_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t11_sum += t10[k*l + j - k*tile_begin];
                }
                t11[i + l - tile_begin] = t11_sum;
            }
        }
        /* t14[l:n] = -(t13[l] / t2[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t14[l - tile_begin] = -(t13[l - tile_begin] / t2[l]);
        }
        /* t16[l:n, j:k] = where(t1[l, 0] == t0[l, j], -((t11[l, 0] + t12[l, 0] * t14[l]) / t15[l, 0]), 0) */
        /* t17[l:n, j:k] = t14[l] * exp(t0[l, j] - t1[l, 0]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v21 = t1[l];
            const double v23 = t14[l - tile_begin];
            const double v24 = -((t11[l - tile_begin] + t12[l] * v23) / t15[l]);
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v22 = t0[k*l + j];
                t16[k*l + j - k*tile_begin] = v22 == v21 ? v24 : 0.0;
                t17[k*l + j - k*tile_begin] = v23 * exp(v22 - v21);
            }
        }
        /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * (t16[l, j] + (t10[l, j] + t17[l, j]))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double v25 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double v26 = t16[k*l + j - k*tile_begin] + (t10[k*l + j - k*tile_begin] + t17[k*l + j - k*tile_begin]);
                    grad_W[i*k + j] += v25 * v26;
                }
            }
        }
    }
    *value = value_;
    return 0;
}
