/* multiclass_hinge: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], Y: real[n, k], lam: real):
 *         Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j]
 *         t1[l:n] = max[j:k](t0[l, j])
 *         t2[l:n] = sum[j:k](Y[l, j] * Z[l, j])
 *         t3 = sum[l:n](t1[l] - t2[l])
 *         t4 = sum[i:d, j:k](W[i, j] ** 2)
 *         value = t3 / n + t4 * (0.5 * lam)
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
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int multiclass_hinge_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                           const double *restrict Y, double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                Z[(l - tile_begin)*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    Z[(l - tile_begin)*k + j] += W[i*k + j] * X_li + W[(i + 1)*k + j] * X_li1 + W[(i + 2)*k + j] * X_li2 + W[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    Z[(l - tile_begin)*k + j] += W[i*k + j] * X_li;
                }
            }
        }

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            double t2_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[(l - tile_begin)*k + j];
                const double Y_lj = Y[l*k + j];
                const double v0 = 1.0 + Z_lj - Y_lj;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                t2_sum += Y_lj * Z_lj;
            }
            t1[l - tile_begin] = t1_max;
            t2[l - tile_begin] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_sum += t1[l - tile_begin] - t2[l - tile_begin];
        }
        t3 += t3_sum;
    }
    double t4 = 0.0;

    /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD(reduction(+:t4))
        for (int64_t j = 0; j < k; ++j) {
            const double W_ij = W[i*k + j];
            t4 += W_ij * W_ij;
        }
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
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
                             const double *restrict Y, double lam, double *restrict value, double *restrict Z,
                             double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                Z[l*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    Z[l*k + j] += W[i*k + j] * X_li + W[(i + 1)*k + j] * X_li1 + W[(i + 2)*k + j] * X_li2 + W[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    Z[l*k + j] += W[i*k + j] * X_li;
                }
            }
        }

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            double t2_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[l*k + j];
                const double Y_lj = Y[l*k + j];
                const double v0 = 1.0 + Z_lj - Y_lj;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                t2_sum += Y_lj * Z_lj;
            }
            t1[l] = t1_max;
            t2[l - tile_begin] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_sum += t1[l] - t2[l - tile_begin];
        }
        t3 += t3_sum;
    }
    double t4 = 0.0;

    /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD(reduction(+:t4))
        for (int64_t j = 0; j < k; ++j) {
            const double W_ij = W[i*k + j];
            t4 += W_ij * W_ij;
        }
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    return 0;
}

size_t multiclass_hinge_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double));
}

int multiclass_hinge_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                              const double *restrict Y, double lam, const double *restrict Z,
                              const double *restrict t1, double cotangent, double *restrict grad_W,
                              void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    for (int64_t at = 0; at < d*k; ++at) {
        t5[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t3[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = 1.0 + Z[l*k + j] - Y[l*k + j];
                t0[(l - tile_begin)*k + j] = v0;
                t3_sum += t1_l == v0 ? 1.0 : 0.0;
            }
            t3[l - tile_begin] = t3_sum;
        }

        /* t4[l:n, j:k] = where(t0[l, j] == t1[l], t2 / t3[l], 0) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            const double v0 = t2 / t3[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t4[(l - tile_begin)*k + j] = t0[(l - tile_begin)*k + j] == t1_l ? v0 : 0.0;
            }
        }

        /* t5[i:d, j:k] = sum[l:n](X[l, i] * (t4[l, j] - t2 * Y[l, j])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t5[i*k + j] += X_li * (t4[(l - tile_begin)*k + j] - t2 * Y[l*k + j]);
                }
            }
        }
    }

    /* grad_W[i:d, j:k] = t5[i, j] + 2 * W[i, j] * (cotangent * (0.5 * lam)) */
    const double v0 = cotangent * (0.5 * lam);
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_W[i*k + j] = t5[i*k + j] + 2.0 * W[i*k + j] * v0;
        }
    }
    return 0;
}

size_t multiclass_hinge_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double));
}

int multiclass_hinge_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                    const double *restrict X, const double *restrict Y, double lam,
                                    double *restrict value, double *restrict grad_W, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)scratch;

    /* t5 = 1 / n */
    const double t5 = 1.0 / (double)n;
    double t3 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                Z[(l - tile_begin)*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    Z[(l - tile_begin)*k + j] += W[i*k + j] * X_li + W[(i + 1)*k + j] * X_li1 + W[(i + 2)*k + j] * X_li2 + W[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    Z[(l - tile_begin)*k + j] += W[i*k + j] * X_li;
                }
            }
        }

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            double t2_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[(l - tile_begin)*k + j];
                const double Y_lj = Y[l*k + j];
                const double v0 = 1.0 + Z_lj - Y_lj;
                t0[(l - tile_begin)*k + j] = v0;
                t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                t2_sum += Y_lj * Z_lj;
            }
            t1[l - tile_begin] = t1_max;
            t2[l - tile_begin] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_sum += t1[l - tile_begin] - t2[l - tile_begin];
        }
        t3 += t3_sum;

        /* t6[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                t6_sum += t0[(l - tile_begin)*k + j] == t1_l ? 1.0 : 0.0;
            }
            t6[l - tile_begin] = t6_sum;
        }

        /* t7[l:n, j:k] = where(t0[l, j] == t1[l], t5 / t6[l], 0) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            const double v0 = t5 / t6[l - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                t7[(l - tile_begin)*k + j] = t0[(l - tile_begin)*k + j] == t1_l ? v0 : 0.0;
            }
        }

        /* t8[i:d, j:k] = sum[l:n](X[l, i] * (t7[l, j] - t5 * Y[l, j])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t8[i*k + j] += X_li * (t7[(l - tile_begin)*k + j] - t5 * Y[l*k + j]);
                }
            }
        }
    }
    double t4 = 0.0;

    /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
    /* grad_W[i:d, j:k] = t8[i, j] + lam * W[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD(reduction(+:t4))
        for (int64_t j = 0; j < k; ++j) {
            const double W_ij = W[i*k + j];
            t4 += W_ij * W_ij;
            grad_W[i*k + j] = t8[i*k + j] + lam * W_ij;
        }
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    return 0;
}
