/* gaussian_mixture: the loss, and its derivatives.
 *
 *     def program(a: real[k], mu: real[k, d], log_sigma: real[k, d], X: real[n, d]):
 *         t0 = max[i:k](a[i])
 *         t1 = sum[i:k](exp(a[i] - t0))
 *         t2 = log(t1)
 *         t3[i:k, j:d] = exp(-log_sigma[i, j])
 *         t4[l:n, i:k] = sum[j:d](0.9189385332046727 + (log_sigma[i, j] + 0.5 * (t3[i, j] * (X[l, j] - mu[i, j])) ** 2))
 *         t5[l:n, i:k] = a[i] - (t0 + t2) - t4[l, i]
 *         t6[l:n] = max[i:k](t5[l, i])
 *         t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l]))
 *         t8 = sum[l:n](t6[l] + log(t7[l]))
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
    return gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int gaussian_mixture_value(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                           const double *restrict log_sigma, const double *restrict X, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128*d, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    double t0 = -INFINITY;
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;

        /* t0 = max[i:k](a[i]) */
        double t0_max = -INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t0_max = (a_i > t0_max || a_i != a_i) ? a_i : t0_max;
        }
        t0 = (t0_max > t0 || t0_max != t0_max) ? t0_max : t0;

        /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[(i - tile_begin)*d + j] = exp(-log_sigma[i*d + j]);
            }
        }

        /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j]
         *    + 0.5 * (s0 * s0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = t3[(i - tile_begin)*d + j] * (X[l*d + j] - mu[i*d + j]);
                    t4_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                }
                t4[l*k + i] = t4_sum;
            }
        }
    }
    double t1 = 0.0;

    /* t1 = sum[i:k](exp(a[i] - t0)) */
    GRADC_SIMD(reduction(+:t1))
    for (int64_t i = 0; i < k; ++i) {
        t1 += exp(a[i] - t0);
    }

    /* t2 = log(t1) */
    const double t2 = log(t1);
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n, i:k] = a[i] - (t0 + t2) - t4[l, i] */
        /* t6[l:n] = max[i:k](t5[l, i]) */
        const double v0 = t0 + t2;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t6_max = -INFINITY;
            for (int64_t i = 0; i < k; ++i) {
                const double v1 = a[i] - v0 - t4[l*k + i];
                t5[(l - tile_begin)*k + i] = v1;
                t6_max = (v1 > t6_max || v1 != v1) ? v1 : t6_max;
            }
            t6[l - tile_begin] = t6_max;
        }

        /* t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t6_l = t6[l - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t i = 0; i < k; ++i) {
                t7_sum += exp(t5[(l - tile_begin)*k + i] - t6_l);
            }
            t7[l - tile_begin] = t7_sum;
        }

        /* t8 = sum[l:n](t6[l] + log(t7[l])) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t8_sum += t6[l - tile_begin] + log(t7[l - tile_begin]);
        }
        t8 += t8_sum;
    }

    /* value = -(t8 / n) */
    *value = -(t8 / (double)n);
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
    double t0_ = -INFINITY;
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;

        /* t0 = max[i:k](a[i]) */
        double t0__max = -INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t0__max = (a_i > t0__max || a_i != a_i) ? a_i : t0__max;
        }
        t0_ = (t0__max > t0_ || t0__max != t0__max) ? t0__max : t0_;

        /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[i*d + j] = exp(-log_sigma[i*d + j]);
            }
        }

        /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j]
         *    + 0.5 * (s0 * s0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = t3[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                    t4_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                }
                t4[l*k + i] = t4_sum;
            }
        }
    }
    double t1_ = 0.0;

    /* t1 = sum[i:k](exp(a[i] - t0)) */
    GRADC_SIMD(reduction(+:t1_))
    for (int64_t i = 0; i < k; ++i) {
        t1_ += exp(a[i] - t0_);
    }

    /* t2 = log(t1) */
    const double t2_ = log(t1_);
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n, i:k] = a[i] - (t0 + t2) - t4[l, i] */
        /* t6[l:n] = max[i:k](t5[l, i]) */
        const double v0 = t0_ + t2_;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t6_max = -INFINITY;
            for (int64_t i = 0; i < k; ++i) {
                const double v1 = a[i] - v0 - t4[l*k + i];
                t5[(l - tile_begin)*k + i] = v1;
                t6_max = (v1 > t6_max || v1 != v1) ? v1 : t6_max;
            }
            t6[l] = t6_max;
        }

        /* t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t6_l = t6[l];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t i = 0; i < k; ++i) {
                t7_sum += exp(t5[(l - tile_begin)*k + i] - t6_l);
            }
            t7[l] = t7_sum;
        }

        /* t8 = sum[l:n](t6[l] + log(t7[l])) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t8_sum += t6[l] + log(t7[l]);
        }
        t8 += t8_sum;
    }

    /* value = -(t8 / n) */
    *value = -(t8 / (double)n);
    *t0 = t0_;
    *t1 = t1_;
    *t2 = t2_;
    return 0;
}

size_t gaussian_mixture_backward_work(int64_t k, int64_t d, int64_t n)
{
    (void)n;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double));
}

int gaussian_mixture_backward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                              const double *restrict log_sigma, const double *restrict X, double t0, double t1,
                              double t2, const double *restrict t3, const double *restrict t4,
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t20 = (void *)scratch;

    /* t8 = -(cotangent / n) */
    const double t8 = -(cotangent / (double)n);
    for (int64_t at = 0; at < k; ++at) {
        t12[at] = 0.0;
    }
    double t13 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        t18[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t19[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t20[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n, i:k] = a[i] - (t0 + t2) - t4[l, i] */
        /* t10[l:n] = sum[i:k](where(t5[l, i] == t6[l], 1, 0)) */
        const double v0 = t0 + t2;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t6_l = t6[l];
            double t10_sum = 0.0;
            GRADC_SIMD(reduction(+:t10_sum))
            for (int64_t i = 0; i < k; ++i) {
                const double v1 = a[i] - v0 - t4[l*k + i];
                t5[(l - tile_begin)*k + i] = v1;
                t10_sum += t6_l == v1 ? 1.0 : 0.0;
            }
            t10[l - tile_begin] = t10_sum;
        }

        /* t9[l:n] = t8 / t7[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t9[l - tile_begin] = t8 / t7[l];
        }

        /* t11[l:n, i:k] = t9[l] * exp(t5[l, i] - t6[l]) + where(t5[l, i] == t6[l], (t8 - t7[l] * t9[l]) / t10[l],
         *    0) */
        /* t12[i:k] = sum[l:n](t11[l, i]) */
        /* t17[l:n, i:k] = -t11[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t9_l = t9[l - tile_begin];
            const double t6_l = t6[l];
            const double v1 = (t8 - t7[l] * t9_l) / t10[l - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                const double t5_li = t5[(l - tile_begin)*k + i];
                const double v2 = t9_l * exp(t5_li - t6_l) + (t5_li == t6_l ? v1 : 0.0);
                t11[(l - tile_begin)*k + i] = v2;
                t12[i] += v2;
                t17[(l - tile_begin)*k + i] = -v2;
            }
        }

        /* t13 = sum[l:n, i:k](t11[l, i]) */
        double t13_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD(reduction(+:t13_sum))
            for (int64_t i = 0; i < k; ++i) {
                t13_sum += t11[(l - tile_begin)*k + i];
            }
        }
        t13 += t13_sum;

        /* t18[i:k, j:d] = sum[l:n](t17[l, i] * (X[l, j] - mu[i, j])) */
        /* t19[i:k, j:d] = sum[l:n](t17[l, i]) */
        /* t20[i:k, j:d] = sum[l:n](let(s0 := X[l, j] - mu[i, j], s0 * (t17[l, i] * s0))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < k; ++i) {
                const double t17_li = t17[(l - tile_begin)*k + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double v1 = X[l*d + j] - mu[i*d + j];
                    const double v2 = t17_li * v1;
                    t18[i*d + j] += v2;
                    t19[i*d + j] += t17_li;
                    t20[i*d + j] += v1 * v2;
                }
            }
        }
    }

    /* t14 = -t13 */
    /* t15 = t14 / t1 */
    const double v1 = -t13;
    const double t14 = v1;
    const double t15 = v1 / t1;
    double t16 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;

        /* t16 = sum[i:k](where(t0 == a[i], 1, 0)) */
        double t16_sum = 0.0;
        GRADC_SIMD(reduction(+:t16_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t16_sum += t0 == a[i] ? 1.0 : 0.0;
        }
        t16 += t16_sum;

        /* grad_mu[i:k, j:d] = -(t3[i, j] * (t3[i, j] * t18[i, j])) */
        /* grad_log_sigma[i:k, j:d] = t19[i, j] - t3[i, j] * (t3[i, j] * t20[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double t3_ij = t3[i*d + j];
                grad_mu[i*d + j] = -(t3_ij * (t3_ij * t18[i*d + j]));
                grad_log_sigma[i*d + j] = t19[i*d + j] - t3_ij * (t3_ij * t20[i*d + j]);
            }
        }
    }

    /* grad_a[i:k] = t12[i] + t15 * exp(a[i] - t0) + where(t0 == a[i], (t14 - t1 * t15) / t16, 0) */
    const double v2 = (t14 - t1 * t15) / t16;
    GRADC_SIMD()
    for (int64_t i = 0; i < k; ++i) {
        const double a_i = a[i];
        grad_a[i] = t12[i] + t15 * exp(a_i - t0) + (t0 == a_i ? v2 : 0.0);
    }
    return 0;
}

size_t gaussian_mixture_value_and_grad_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double));
}

int gaussian_mixture_value_and_grad(int64_t k, int64_t d, int64_t n, const double *restrict a,
                                    const double *restrict mu, const double *restrict log_sigma,
                                    const double *restrict X, double *restrict value, double *restrict grad_a,
                                    double *restrict grad_mu, double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
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
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t21 = (void *)scratch;

    /* t9 = -(1 / n) */
    const double t9 = -(1.0 / (double)n);
    double t0 = -INFINITY;
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;

        /* t0 = max[i:k](a[i]) */
        double t0_max = -INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t0_max = (a_i > t0_max || a_i != a_i) ? a_i : t0_max;
        }
        t0 = (t0_max > t0 || t0_max != t0_max) ? t0_max : t0;

        /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[i*d + j] = exp(-log_sigma[i*d + j]);
            }
        }

        /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j]
         *    + 0.5 * (s0 * s0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = t3[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                    t4_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                }
                t4[l*k + i] = t4_sum;
            }
        }
    }
    double t1 = 0.0;
    double t17 = 0.0;

    /* t1 = sum[i:k](exp(a[i] - t0)) */
    /* t17 = sum[i:k](where(t0 == a[i], 1, 0)) */
    GRADC_SIMD(reduction(+:t1, t17))
    for (int64_t i = 0; i < k; ++i) {
        const double a_i = a[i];
        t1 += exp(a_i - t0);
        t17 += t0 == a_i ? 1.0 : 0.0;
    }

    /* t2 = log(t1) */
    const double t2 = log(t1);
    double t8 = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        t13[at] = 0.0;
    }
    double t14 = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        t19[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t20[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t21[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n, i:k] = a[i] - (t0 + t2) - t4[l, i] */
        /* t6[l:n] = max[i:k](t5[l, i]) */
        const double v0 = t0 + t2;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t6_max = -INFINITY;
            for (int64_t i = 0; i < k; ++i) {
                const double v1 = a[i] - v0 - t4[l*k + i];
                t5[(l - tile_begin)*k + i] = v1;
                t6_max = (v1 > t6_max || v1 != v1) ? v1 : t6_max;
            }
            t6[l - tile_begin] = t6_max;
        }

        /* t7[l:n] = sum[i:k](exp(t5[l, i] - t6[l])) */
        /* t11[l:n] = sum[i:k](where(t5[l, i] == t6[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t6_l = t6[l - tile_begin];
            double t7_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum, t11_sum))
            for (int64_t i = 0; i < k; ++i) {
                const double t5_li = t5[(l - tile_begin)*k + i];
                t7_sum += exp(t5_li - t6_l);
                t11_sum += t5_li == t6_l ? 1.0 : 0.0;
            }
            t7[l - tile_begin] = t7_sum;
            t11[l - tile_begin] = t11_sum;
        }

        /* t8 = sum[l:n](t6[l] + log(t7[l])) */
        /* t10[l:n] = t9 / t7[l] */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t7_l = t7[l - tile_begin];
            t8_sum += t6[l - tile_begin] + log(t7_l);
            t10[l - tile_begin] = t9 / t7_l;
        }
        t8 += t8_sum;

        /* t12[l:n, i:k] = t10[l] * exp(t5[l, i] - t6[l]) + where(t5[l, i] == t6[l], (t9 - t10[l] * t7[l]) /
         *    t11[l], 0) */
        /* t13[i:k] = sum[l:n](t12[l, i]) */
        /* t18[l:n, i:k] = -t12[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t10_l = t10[l - tile_begin];
            const double t6_l = t6[l - tile_begin];
            const double v1 = (t9 - t7[l - tile_begin] * t10_l) / t11[l - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < k; ++i) {
                const double t5_li = t5[(l - tile_begin)*k + i];
                const double v2 = t10_l * exp(t5_li - t6_l) + (t5_li == t6_l ? v1 : 0.0);
                t12[(l - tile_begin)*k + i] = v2;
                t13[i] += v2;
                t18[(l - tile_begin)*k + i] = -v2;
            }
        }

        /* t14 = sum[l:n, i:k](t12[l, i]) */
        double t14_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD(reduction(+:t14_sum))
            for (int64_t i = 0; i < k; ++i) {
                t14_sum += t12[(l - tile_begin)*k + i];
            }
        }
        t14 += t14_sum;

        /* t19[i:k, j:d] = sum[l:n](t18[l, i] * (X[l, j] - mu[i, j])) */
        /* t20[i:k, j:d] = sum[l:n](t18[l, i]) */
        /* t21[i:k, j:d] = sum[l:n](let(s0 := X[l, j] - mu[i, j], s0 * (t18[l, i] * s0))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < k; ++i) {
                const double t18_li = t18[(l - tile_begin)*k + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double v1 = X[l*d + j] - mu[i*d + j];
                    const double v2 = t18_li * v1;
                    t19[i*d + j] += v2;
                    t20[i*d + j] += t18_li;
                    t21[i*d + j] += v1 * v2;
                }
            }
        }
    }

    /* value = -(t8 / n) */
    /* t15 = -t14 */
    /* t16 = t15 / t1 */
    const double v1 = -t14;
    *value = -(t8 / (double)n);
    const double t15 = v1;
    const double t16 = v1 / t1;
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;

        /* grad_a[i:k] = t13[i] + t16 * exp(a[i] - t0) + where(t0 == a[i], (t15 - t1 * t16) / t17, 0) */
        const double v2 = (t15 - t16 * t1) / t17;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            grad_a[i] = t13[i] + t16 * exp(a_i - t0) + (t0 == a_i ? v2 : 0.0);
        }

        /* grad_mu[i:k, j:d] = -(t3[i, j] * (t3[i, j] * t19[i, j])) */
        /* grad_log_sigma[i:k, j:d] = t20[i, j] - t3[i, j] * (t3[i, j] * t21[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double t3_ij = t3[i*d + j];
                grad_mu[i*d + j] = -(t3_ij * (t3_ij * t19[i*d + j]));
                grad_log_sigma[i*d + j] = t20[i*d + j] - t3_ij * (t21[i*d + j] * t3_ij);
            }
        }
    }
    return 0;
}
