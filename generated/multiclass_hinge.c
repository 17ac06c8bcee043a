/* multiclass_hinge: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], Y: real[n, k], lam: real):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n, j:k] = 1 + t0[l, j] - Y[l, j]
 *         t2[l:n] = max[j:k](t1[l, j])
 *         t3[l:n] = sum[j:k](Y[l, j] * t0[l, j])
 *         t4 = sum[l:n](t2[l] - t3[l])
 *         t5 = sum[i:d, j:k](W[i, j] ** 2)
 *         value = t4 / n + t5 * (0.5 * lam)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "multiclass_hinge.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t multiclass_hinge_value_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int multiclass_hinge_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                           const double *restrict Y, double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j - k*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v0 = X[d*l + i];
                const double v1 = X[d*l + (i + 1)];
                const double v2 = X[d*l + (i + 2)];
                const double v3 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v0 + W[(i + 1)*k + j] * v1 + W[(i + 2)*k + j] * v2 + W[(i + 3)*k + j] * v3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v0 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v0;
                }
            }
        }
        /* t1[l:n, j:k] = 1 + t0[l, j] - Y[l, j] */
        /* t2[l:n] = max[j:k](t1[l, j]) */
        /* t3[l:n] = sum[j:k](Y[l, j] * t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t2_max = -INFINITY;
            double t3_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double v4 = t0[k*l + j - k*tile_begin];
                const double v5 = Y[k*l + j];
                const double v6 = 1.0 + v4 - v5;
                t2_max = (v6 > t2_max || v6 != v6) ? v6 : t2_max;
                t3_sum += v5 * v4;
            }
            t2[l - tile_begin] = t2_max;
            t3[l - tile_begin] = t3_sum;
        }
        /* t4 = sum[l:n](t2[l] - t3[l]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4_sum += t2[l - tile_begin] - t3[l - tile_begin];
        }
        t4 += t4_sum;
    }
    double t5 = 0.0;
    /* t5 = sum[i:d, j:k](W[i, j] * W[i, j]) */
    double t5_sum = 0.0;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v7 = W[i*k + j];
            t5_sum += v7 * v7;
        }
    }
    t5 += t5_sum;
    /* value = t4 / n + t5 * (0.5 * lam) */
    const double value_ = t4 / (double)n + t5 * (0.5 * lam);
    *value = value_;
    return 0;
}

size_t multiclass_hinge_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double));
}

int multiclass_hinge_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const double *restrict Y, double lam, double *restrict value, double *restrict t0,
                             double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v0 = X[d*l + i];
                const double v1 = X[d*l + (i + 1)];
                const double v2 = X[d*l + (i + 2)];
                const double v3 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j] += W[i*k + j] * v0 + W[(i + 1)*k + j] * v1 + W[(i + 2)*k + j] * v2 + W[(i + 3)*k + j] * v3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v0 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j] += W[i*k + j] * v0;
                }
            }
        }
        /* t1[l:n, j:k] = 1 + t0[l, j] - Y[l, j] */
        /* t2[l:n] = max[j:k](t1[l, j]) */
        /* t3[l:n] = sum[j:k](Y[l, j] * t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t2_max = -INFINITY;
            double t3_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double v4 = t0[k*l + j];
                const double v5 = Y[k*l + j];
                const double v6 = 1.0 + v4 - v5;
                t2_max = (v6 > t2_max || v6 != v6) ? v6 : t2_max;
                t3_sum += v5 * v4;
            }
            t2[l] = t2_max;
            t3[l - tile_begin] = t3_sum;
        }
        /* t4 = sum[l:n](t2[l] - t3[l]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4_sum += t2[l] - t3[l - tile_begin];
        }
        t4 += t4_sum;
    }
    double t5 = 0.0;
    /* t5 = sum[i:d, j:k](W[i, j] * W[i, j]) */
    double t5_sum = 0.0;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v7 = W[i*k + j];
            t5_sum += v7 * v7;
        }
    }
    t5 += t5_sum;
    /* value = t4 / n + t5 * (0.5 * lam) */
    const double value_ = t4 / (double)n + t5 * (0.5 * lam);
    *value = value_;
    return 0;
}

size_t multiclass_hinge_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
}

int multiclass_hinge_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                              const double *restrict Y, double lam, const double *restrict t0,
                              const double *restrict t2, double cotangent, double *restrict grad_W,
                              void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)scratch;
    /* t3 = cotangent / n */
    const double t3 = cotangent / (double)n;
    for (int64_t at = 0; at < d*k; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t1[l:n, j:k] = 1 + t0[l, j] - Y[l, j] */
        /* t4[l:n] = sum[j:k](where(t1[l, j] == t2[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v1 = t2[l];
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = 1.0 + t0[k*l + j] - Y[k*l + j];
                t1[k*l + j - k*tile_begin] = v0;
                t4_sum += v1 == v0 ? 1.0 : 0.0;
            }
            t4[l - tile_begin] = t4_sum;
        }
        /* t5[l:n, j:k] = where(t1[l, j] == t2[l], t3 / t4[l], 0) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v2 = t2[l];
            const double v3 = t3 / t4[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t5[k*l + j - k*tile_begin] = t1[k*l + j - k*tile_begin] == v2 ? v3 : 0.0;
            }
        }
        /* t6[i:d, j:k] = sum[l:n](X[l, i] * (t5[l, j] - t3 * Y[l, j])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double v4 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t6[i*k + j] += v4 * (t5[k*l + j - k*tile_begin] - t3 * Y[k*l + j]);
                }
            }
        }
    }
    /* grad_W[i:d, j:k] = t6[i, j] + 2 * W[i, j] * (cotangent * (0.5 * lam)) */
    const double v5 = cotangent * (0.5 * lam);
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_W[i*k + j] = t6[i*k + j] + 2.0 * W[i*k + j] * v5;
        }
    }
    return 0;
}

size_t multiclass_hinge_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
}

int multiclass_hinge_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                    const double *restrict X, const double *restrict Y, double lam,
                                    double *restrict value, double *restrict grad_W, void *restrict work)
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
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t9 = (void *)scratch;
    /* t6 = 1 / n */
    const double t6 = 1.0 / (double)n;
    double t4 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        t9[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t0[k*l + j - k*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v0 = X[d*l + i];
                const double v1 = X[d*l + (i + 1)];
                const double v2 = X[d*l + (i + 2)];
                const double v3 = X[d*l + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v0 + W[(i + 1)*k + j] * v1 + W[(i + 2)*k + j] * v2 + W[(i + 3)*k + j] * v3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v0 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t0[k*l + j - k*tile_begin] += W[i*k + j] * v0;
                }
            }
        }
        /* t1[l:n, j:k] = 1 + t0[l, j] - Y[l, j] */
        /* t2[l:n] = max[j:k](t1[l, j]) */
        /* t3[l:n] = sum[j:k](Y[l, j] * t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t2_max = -INFINITY;
            double t3_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double v4 = t0[k*l + j - k*tile_begin];
                const double v5 = Y[k*l + j];
                const double v6 = 1.0 + v4 - v5;
                t1[k*l + j - k*tile_begin] = v6;
                t2_max = (v6 > t2_max || v6 != v6) ? v6 : t2_max;
                t3_sum += v5 * v4;
            }
            t2[l - tile_begin] = t2_max;
            t3[l - tile_begin] = t3_sum;
        }
        /* t4 = sum[l:n](t2[l] - t3[l]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4_sum += t2[l - tile_begin] - t3[l - tile_begin];
        }
        t4 += t4_sum;
        /* t7[l:n] = sum[j:k](where(t1[l, j] == t2[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v7 = t2[l - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < k; ++j) {
                t7_sum += t1[k*l + j - k*tile_begin] == v7 ? 1.0 : 0.0;
            }
            t7[l - tile_begin] = t7_sum;
        }
        /* t8[l:n, j:k] = where(t1[l, j] == t2[l], t6 / t7[l], 0) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v8 = t2[l - tile_begin];
            const double v9 = t6 / t7[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t8[k*l + j - k*tile_begin] = t1[k*l + j - k*tile_begin] == v8 ? v9 : 0.0;
            }
        }
        /* t9[i:d, j:k] = sum[l:n](X[l, i] * (t8[l, j] - t6 * Y[l, j])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double v10 = X[d*l + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t9[i*k + j] += v10 * (t8[k*l + j - k*tile_begin] - t6 * Y[k*l + j]);
                }
            }
        }
    }
    double t5 = 0.0;
    /* t5 = sum[i:d, j:k](W[i, j] * W[i, j]) */
    /* grad_W[i:d, j:k] = t9[i, j] + lam * W[i, j] */
    double t5_sum = 0.0;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v11 = W[i*k + j];
            t5_sum += v11 * v11;
            grad_W[i*k + j] = t9[i*k + j] + lam * v11;
        }
    }
    t5 += t5_sum;
    /* value = t4 / n + t5 * (0.5 * lam) */
    const double value_ = t4 / (double)n + t5 * (0.5 * lam);
    *value = value_;
    return 0;
}
