/* gaussian_mixture: the loss, and its derivatives.
 *
 *     def program(a: real[k], mu: real[k, d], log_sigma: real[k, d], X: real[n, d]):
 *         t0[j:1] = max[i:k](a[i])
 *         t1 = sum[i:k](exp(a[i] - t0[0]))
 *         t2 = log(t1)
 *         t3[i:k, j:d] = exp(-log_sigma[i, j])
 *         t4[l:n, i:k] = sum[j:d](0.9189385332046727 + (log_sigma[i, j] + 0.5 * (t3[i, j] * (X[l, j] - mu[i, j])) ** 2))
 *         t5[l:n, i:k] = a[i] - (t2 + t0[0]) - t4[l, i]
 *         t6[l:n, j:1] = max[i:k](t5[l, i])
 *         t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l, 0]))
 *         t8 = sum[l:n](t6[l, 0] + log(t7[l]))
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

#include "gaussian_mixture.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t gaussian_mixture_value_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(1, sizeof(double)) + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int gaussian_mixture_value(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                           const double *restrict log_sigma, const double *restrict X, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128*d, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    for (int64_t at = 0; at < 1; ++at) {
        t0[at] = -INFINITY;
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* t0[j:1] = max[i:k](a[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = a[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t0[j] = (v0 > t0[j] || v0 != v0) ? v0 : t0[j];
            }
        }
        /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[d*i + j - d*tile_begin] = exp(-log_sigma[d*i + j]);
            }
        }
        /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j] */
        /*    + 0.5 * (s0 * s0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v1 = t3[d*i + j - d*tile_begin] * (X[d*l + j] - mu[d*i + j]);
                    t4_sum += 0.9189385332046727 + (log_sigma[d*i + j] + 0.5 * (v1 * v1));
                }
                t4[k*l + i] = t4_sum;
            }
        }
    }
    double t1 = 0.0;
    /* t1 = sum[i:k](exp(a[i] - t0[0])) */
    const double v2 = t0[0];
    double t1_sum = 0.0;
    GRADC_SIMD(reduction(+:t1_sum))
    for (int64_t i = 0; i < k; ++i) {
        t1_sum += exp(a[i] - v2);
    }
    t1 += t1_sum;
    /* t2 = log(t1) */
    const double t2 = log(t1);
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t5[l:n, i:k] = a[i] - (t2 + t0[0]) - t4[l, i] */
        const double v3 = t2 + t0[0];
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                t5[k*l + i - k*tile_begin] = a[i] - v3 - t4[k*l + i];
            }
        }
        /* t6[l:n, j:1] = max[i:k](t5[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < 1; ++j) {
                double t6_max = -INFINITY;
                for (int64_t i = 0; i < k; ++i) {
                    const double v4 = t5[k*l + i - k*tile_begin];
                    t6_max = (v4 > t6_max || v4 != v4) ? v4 : t6_max;
                }
                t6[j + l - tile_begin] = t6_max;
            }
        }
        /* t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v5 = t6[l - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t i = 0; i < k; ++i) {
                t7_sum += exp(t5[k*l + i - k*tile_begin] - v5);
            }
            t7[l - tile_begin] = t7_sum;
        }
        /* t8 = sum[l:n](t6[l, 0] + log(t7[l])) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t8_sum += t6[l - tile_begin] + log(t7[l - tile_begin]);
        }
        t8 += t8_sum;
    }
    /* value = -(t8 / n) */
    const double value_ = -(t8 / (double)n);
    *value = value_;
    return 0;
}

size_t gaussian_mixture_forward_work(int64_t k, int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*k, sizeof(double));
}

int gaussian_mixture_forward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                             const double *restrict log_sigma, const double *restrict X, double *restrict value,
                             double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                             double *restrict t4, double *restrict t6, double *restrict t7, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t5 = (void *)scratch;
    for (int64_t at = 0; at < 1; ++at) {
        t0[at] = -INFINITY;
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* t0[j:1] = max[i:k](a[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = a[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t0[j] = (v0 > t0[j] || v0 != v0) ? v0 : t0[j];
            }
        }
        /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[d*i + j] = exp(-log_sigma[d*i + j]);
            }
        }
        /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j] */
        /*    + 0.5 * (s0 * s0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v1 = t3[d*i + j] * (X[d*l + j] - mu[d*i + j]);
                    t4_sum += 0.9189385332046727 + (log_sigma[d*i + j] + 0.5 * (v1 * v1));
                }
                t4[k*l + i] = t4_sum;
            }
        }
    }
    double t1_ = 0.0;
    /* t1 = sum[i:k](exp(a[i] - t0[0])) */
    const double v2 = t0[0];
    double t1__sum = 0.0;
    GRADC_SIMD(reduction(+:t1__sum))
    for (int64_t i = 0; i < k; ++i) {
        t1__sum += exp(a[i] - v2);
    }
    t1_ += t1__sum;
    /* t2 = log(t1) */
    const double t2_ = log(t1_);
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t5[l:n, i:k] = a[i] - (t2 + t0[0]) - t4[l, i] */
        const double v3 = t2_ + t0[0];
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                t5[k*l + i - k*tile_begin] = a[i] - v3 - t4[k*l + i];
            }
        }
        /* t6[l:n, j:1] = max[i:k](t5[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < 1; ++j) {
                double t6_max = -INFINITY;
                for (int64_t i = 0; i < k; ++i) {
                    const double v4 = t5[k*l + i - k*tile_begin];
                    t6_max = (v4 > t6_max || v4 != v4) ? v4 : t6_max;
                }
                t6[j + l] = t6_max;
            }
        }
        /* t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v5 = t6[l];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t i = 0; i < k; ++i) {
                t7_sum += exp(t5[k*l + i - k*tile_begin] - v5);
            }
            t7[l] = t7_sum;
        }
        /* t8 = sum[l:n](t6[l, 0] + log(t7[l])) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t8_sum += t6[l] + log(t7[l]);
        }
        t8 += t8_sum;
    }
    /* value = -(t8 / n) */
    const double value_ = -(t8 / (double)n);
    *value = value_;
    *t1 = t1_;
    *t2 = t2_;
    return 0;
}

size_t gaussian_mixture_backward_work(int64_t k, int64_t d, int64_t n)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(1, sizeof(double)) + gradc_bytes(1, sizeof(double)) + gradc_bytes(1, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
}

int gaussian_mixture_backward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                              const double *restrict log_sigma, const double *restrict X, const double *restrict t0,
                              double t1, double t2, const double *restrict t3, const double *restrict t4,
                              const double *restrict t6, const double *restrict t7, double cotangent,
                              double *restrict grad_a, double *restrict grad_mu, double *restrict grad_log_sigma,
                              void *restrict work)
{
    (void)log_sigma;
    unsigned char *scratch = work;
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t21 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t22 = (void *)scratch;
    /* t8 = -(cotangent / n) */
    const double t8 = -(cotangent / (double)n);
    for (int64_t at = 0; at < k; ++at) {
        t13[at] = 0.0;
    }
    double t14 = 0.0;
    for (int64_t at = 0; at < 1; ++at) {
        t16[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t20[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t21[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t22[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t5[l:n, i:k] = a[i] - (t2 + t0[0]) - t4[l, i] */
        const double v0 = t2 + t0[0];
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                t5[k*l + i - k*tile_begin] = a[i] - v0 - t4[k*l + i];
            }
        }
        /* t9[l:n] = t8 / t7[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t9[l - tile_begin] = t8 / t7[l];
        }
        /* t10[l:n, j:1] = sum[i:k](exp(t5[l, i] - t6[l, 0])) */
        /* t11[l:n, j:1] = sum[i:k](where(t6[l, 0] == t5[l, i], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v2 = t6[l];
            for (int64_t j = 0; j < 1; ++j) {
                double t10_sum = 0.0;
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t10_sum, t11_sum))
                for (int64_t i = 0; i < k; ++i) {
                    const double v1 = t5[k*l + i - k*tile_begin];
                    t10_sum += exp(v1 - v2);
                    t11_sum += v2 == v1 ? 1.0 : 0.0;
                }
                t10[j + l - tile_begin] = t10_sum;
                t11[j + l - tile_begin] = t11_sum;
            }
        }
        /* t12[l:n, i:k] = t9[l] * exp(t5[l, i] - t6[l, 0]) + where(t6[l, 0] == t5[l, i], (t8 - t10[l, 0] * t9[l]) */
        /*    / t11[l, 0], 0) */
        /* t13[i:k] = sum[l:n](t12[l, i]) */
        /* t19[l:n, i:k] = -t12[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v3 = t9[l - tile_begin];
            const double v5 = t6[l];
            const double v6 = (t8 - t10[l - tile_begin] * v3) / t11[l - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                const double v4 = t5[k*l + i - k*tile_begin];
                const double v7 = v3 * exp(v4 - v5) + (v5 == v4 ? v6 : 0.0);
                t12[k*l + i - k*tile_begin] = v7;
                t13[i] += v7;
                t19[k*l + i - k*tile_begin] = -v7;
            }
        }
        /* t14 = sum[l:n, i:k](t12[l, i]) */
        double t14_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD(reduction(+:t14_sum))
            for (int64_t i = 0; i < k; ++i) {
                t14_sum += t12[k*l + i - k*tile_begin];
            }
        }
        t14 += t14_sum;
        /* t16[j:1] = sum[l:n, i:k](t12[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < 1; ++j) {
                double t16_sum = 0.0;
                GRADC_SIMD(reduction(+:t16_sum))
                for (int64_t i = 0; i < k; ++i) {
                    t16_sum += t12[k*l + i - k*tile_begin];
                }
                t16[j] += t16_sum;
            }
        }
        /* t20[i:k, j:d] = sum[l:n](t19[l, i] * (X[l, j] - mu[i, j])) */
        /* t21[i:k, j:d] = sum[l:n](t19[l, i]) */
        /* t22[i:k, j:d] = sum[l:n](let(s0 := X[l, j] - mu[i, j], s0 * (t19[l, i] * s0))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < k; ++i) {
                const double v8 = t19[k*l + i - k*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double v9 = X[d*l + j] - mu[d*i + j];
                    const double v10 = v8 * v9;
                    t20[d*i + j] += v10;
                    t21[d*i + j] += v8;
                    t22[d*i + j] += v9 * v10;
                }
            }
        }
    }
    /* t15 = -(t14 / t1) */
    const double t15 = -(t14 / t1);
    for (int64_t at = 0; at < 1; ++at) {
        t17[at] = 0.0;
    }
    for (int64_t at = 0; at < 1; ++at) {
        t18[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* t17[j:1] = sum[i:k](exp(a[i] - t0[0])) */
        /* t18[j:1] = sum[i:k](where(a[i] == t0[0], 1, 0)) */
        const double v12 = t0[0];
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v11 = a[i];
            const double v13 = exp(v11 - v12);
            const double v14 = v11 == v12 ? 1.0 : 0.0;
            const double v15 = a[(i + 1)];
            const double v16 = exp(v15 - v12);
            const double v17 = v15 == v12 ? 1.0 : 0.0;
            const double v18 = a[(i + 2)];
            const double v19 = exp(v18 - v12);
            const double v20 = v18 == v12 ? 1.0 : 0.0;
            const double v21 = a[(i + 3)];
            const double v22 = exp(v21 - v12);
            const double v23 = v21 == v12 ? 1.0 : 0.0;
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t17[j] += v13 + v16 + v19 + v22;
                t18[j] += v14 + v17 + v20 + v23;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v11 = a[i];
            const double v13 = exp(v11 - v12);
            const double v14 = v11 == v12 ? 1.0 : 0.0;
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t17[j] += v13;
                t18[j] += v14;
            }
        }
        /* grad_mu[i:k, j:d] = -(t3[i, j] * (t3[i, j] * t20[i, j])) */
        /* grad_log_sigma[i:k, j:d] = t21[i, j] - t3[i, j] * (t3[i, j] * t22[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v24 = t3[d*i + j];
                grad_mu[d*i + j] = -(v24 * (v24 * t20[d*i + j]));
                grad_log_sigma[d*i + j] = t21[d*i + j] - v24 * (v24 * t22[d*i + j]);
            }
        }
    }
    /* grad_a[i:k] = t13[i] + t15 * exp(a[i] - t0[0]) + where(a[i] == t0[0], -((t16[0] + t15 * t17[0]) / t18[0]), */
    /*    0) */
    const double v26 = t0[0];
    const double v27 = -((t16[0] + t15 * t17[0]) / t18[0]);
    GRADC_SIMD()
    for (int64_t i = 0; i < k; ++i) {
        const double v25 = a[i];
        grad_a[i] = t13[i] + t15 * exp(v25 - v26) + (v25 == v26 ? v27 : 0.0);
    }
    return 0;
}

size_t gaussian_mixture_value_and_grad_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(1, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(1, sizeof(double)) + gradc_bytes(1, sizeof(double)) + gradc_bytes(1, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
}

int gaussian_mixture_value_and_grad(int64_t k, int64_t d, int64_t n, const double *restrict a,
                                    const double *restrict mu, const double *restrict log_sigma,
                                    const double *restrict X, double *restrict value, double *restrict grad_a,
                                    double *restrict grad_mu, double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(1, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t21 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t22 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t23 = (void *)scratch;
    /* t9 = -(1 / n) */
    const double t9 = -(1.0 / (double)n);
    for (int64_t at = 0; at < 1; ++at) {
        t0[at] = -INFINITY;
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* t0[j:1] = max[i:k](a[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = a[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t0[j] = (v0 > t0[j] || v0 != v0) ? v0 : t0[j];
            }
        }
        /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[d*i + j] = exp(-log_sigma[d*i + j]);
            }
        }
        /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j] */
        /*    + 0.5 * (s0 * s0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v1 = t3[d*i + j] * (X[d*l + j] - mu[d*i + j]);
                    t4_sum += 0.9189385332046727 + (log_sigma[d*i + j] + 0.5 * (v1 * v1));
                }
                t4[k*l + i] = t4_sum;
            }
        }
    }
    double t1 = 0.0;
    for (int64_t at = 0; at < 1; ++at) {
        t18[at] = 0.0;
    }
    for (int64_t at = 0; at < 1; ++at) {
        t19[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* t1 = sum[i:k](exp(a[i] - t0[0])) */
        const double v2 = t0[0];
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += exp(a[i] - v2);
        }
        t1 += t1_sum;
        /* t18[j:1] = sum[i:k](exp(a[i] - t0[0])) */
        /* t19[j:1] = sum[i:k](where(a[i] == t0[0], 1, 0)) */
        const double v4 = t0[0];
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v3 = a[i];
            const double v5 = exp(v3 - v4);
            const double v6 = v3 == v4 ? 1.0 : 0.0;
            const double v7 = a[(i + 1)];
            const double v8 = exp(v7 - v4);
            const double v9 = v7 == v4 ? 1.0 : 0.0;
            const double v10 = a[(i + 2)];
            const double v11 = exp(v10 - v4);
            const double v12 = v10 == v4 ? 1.0 : 0.0;
            const double v13 = a[(i + 3)];
            const double v14 = exp(v13 - v4);
            const double v15 = v13 == v4 ? 1.0 : 0.0;
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t18[j] += v5 + v8 + v11 + v14;
                t19[j] += v6 + v9 + v12 + v15;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v3 = a[i];
            const double v5 = exp(v3 - v4);
            const double v6 = v3 == v4 ? 1.0 : 0.0;
            GRADC_SIMD()
            for (int64_t j = 0; j < 1; ++j) {
                t18[j] += v5;
                t19[j] += v6;
            }
        }
    }
    /* t2 = log(t1) */
    const double t2 = log(t1);
    double t8 = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        t14[at] = 0.0;
    }
    double t15 = 0.0;
    for (int64_t at = 0; at < 1; ++at) {
        t17[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t21[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t22[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t23[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t5[l:n, i:k] = a[i] - (t2 + t0[0]) - t4[l, i] */
        const double v16 = t2 + t0[0];
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                t5[k*l + i - k*tile_begin] = a[i] - v16 - t4[k*l + i];
            }
        }
        /* t6[l:n, j:1] = max[i:k](t5[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < 1; ++j) {
                double t6_max = -INFINITY;
                for (int64_t i = 0; i < k; ++i) {
                    const double v17 = t5[k*l + i - k*tile_begin];
                    t6_max = (v17 > t6_max || v17 != v17) ? v17 : t6_max;
                }
                t6[j + l - tile_begin] = t6_max;
            }
        }
        /* t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l, 0])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v18 = t6[l - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t i = 0; i < k; ++i) {
                t7_sum += exp(t5[k*l + i - k*tile_begin] - v18);
            }
            t7[l - tile_begin] = t7_sum;
        }
        /* t8 = sum[l:n](t6[l, 0] + log(t7[l])) */
        /* t10[l:n] = t9 / t7[l] */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v19 = t7[l - tile_begin];
            t8_sum += t6[l - tile_begin] + log(v19);
            t10[l - tile_begin] = t9 / v19;
        }
        t8 += t8_sum;
        /* t11[l:n, j:1] = sum[i:k](exp(t5[l, i] - t6[l, 0])) */
        /* t12[l:n, j:1] = sum[i:k](where(t5[l, i] == t6[l, 0], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v21 = t6[l - tile_begin];
            for (int64_t j = 0; j < 1; ++j) {
                double t11_sum = 0.0;
                double t12_sum = 0.0;
                GRADC_SIMD(reduction(+:t11_sum, t12_sum))
                for (int64_t i = 0; i < k; ++i) {
                    const double v20 = t5[k*l + i - k*tile_begin];
                    t11_sum += exp(v20 - v21);
                    t12_sum += v21 == v20 ? 1.0 : 0.0;
                }
                t11[j + l - tile_begin] = t11_sum;
                t12[j + l - tile_begin] = t12_sum;
            }
        }
        /* t13[l:n, i:k] = t10[l] * exp(t5[l, i] - t6[l, 0]) + where(t5[l, i] == t6[l, 0], (t9 - t11[l, 0] * */
        /*    t10[l]) / t12[l, 0], 0) */
        /* t14[i:k] = sum[l:n](t13[l, i]) */
        /* t20[l:n, i:k] = -t13[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v22 = t10[l - tile_begin];
            const double v24 = t6[l - tile_begin];
            const double v25 = (t9 - t11[l - tile_begin] * v22) / t12[l - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                const double v23 = t5[k*l + i - k*tile_begin];
                const double v26 = v22 * exp(v23 - v24) + (v24 == v23 ? v25 : 0.0);
                t13[k*l + i - k*tile_begin] = v26;
                t14[i] += v26;
                t20[k*l + i - k*tile_begin] = -v26;
            }
        }
        /* t15 = sum[l:n, i:k](t13[l, i]) */
        double t15_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD(reduction(+:t15_sum))
            for (int64_t i = 0; i < k; ++i) {
                t15_sum += t13[k*l + i - k*tile_begin];
            }
        }
        t15 += t15_sum;
        /* t17[j:1] = sum[l:n, i:k](t13[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < 1; ++j) {
                double t17_sum = 0.0;
                GRADC_SIMD(reduction(+:t17_sum))
                for (int64_t i = 0; i < k; ++i) {
                    t17_sum += t13[k*l + i - k*tile_begin];
                }
                t17[j] += t17_sum;
            }
        }
        /* t21[i:k, j:d] = sum[l:n](t20[l, i] * (X[l, j] - mu[i, j])) */
        /* t22[i:k, j:d] = sum[l:n](t20[l, i]) */
        /* t23[i:k, j:d] = sum[l:n](let(s0 := X[l, j] - mu[i, j], s0 * (t20[l, i] * s0))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < k; ++i) {
                const double v27 = t20[k*l + i - k*tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double v28 = X[d*l + j] - mu[d*i + j];
                    const double v29 = v27 * v28;
                    t21[d*i + j] += v29;
                    t22[d*i + j] += v27;
                    t23[d*i + j] += v28 * v29;
                }
            }
        }
    }
    /* value = -(t8 / n) */
    /* t16 = -(t15 / t1) */
    const double value_ = -(t8 / (double)n);
    const double t16 = -(t15 / t1);
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* grad_a[i:k] = t14[i] + t16 * exp(a[i] - t0[0]) + where(a[i] == t0[0], -((t17[0] + t16 * t18[0]) / */
        /*    t19[0]), 0) */
        const double v31 = t0[0];
        const double v32 = -((t17[0] + t16 * t18[0]) / t19[0]);
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v30 = a[i];
            grad_a[i] = t14[i] + t16 * exp(v30 - v31) + (v30 == v31 ? v32 : 0.0);
        }
        /* grad_mu[i:k, j:d] = -(t3[i, j] * (t21[i, j] * t3[i, j])) */
        /* grad_log_sigma[i:k, j:d] = t22[i, j] - t3[i, j] * (t3[i, j] * t23[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double v33 = t3[d*i + j];
                grad_mu[d*i + j] = -(v33 * (v33 * t21[d*i + j]));
                grad_log_sigma[d*i + j] = t22[d*i + j] - v33 * (t23[d*i + j] * v33);
            }
        }
    }
    *value = value_;
    return 0;
}
