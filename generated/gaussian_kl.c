/* gaussian_kl: the loss, and its derivatives.
 *
 *     def program(mu: real[n, k], log_var: real[n, k]):
 *         t0[i:n] = sum[j:k](exp(log_var[i, j]) + mu[i, j] ** 2 - 1 - log_var[i, j])
 *         t1 = sum[i:n](t0[i])
 *         value = 0.5 * (t1 / n)
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
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "gaussian_kl.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t gaussian_kl_value_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int gaussian_kl_value(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                      double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](exp(log_var[i, j]) + mu[i, j] * mu[i, j] - 1 - log_var[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double log_var_ij = log_var[i*k + j];
                const double mu_ij = mu[i*k + j];
                t0_sum += exp(log_var_ij) + mu_ij * mu_ij - 1.0 - log_var_ij;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += t0[i - tile_begin];
        }
        t1 += t1_sum;
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t gaussian_kl_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int gaussian_kl_forward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](exp(log_var[i, j]) + mu[i, j] * mu[i, j] - 1 - log_var[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double log_var_ij = log_var[i*k + j];
                const double mu_ij = mu[i*k + j];
                t0_sum += exp(log_var_ij) + mu_ij * mu_ij - 1.0 - log_var_ij;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += t0[i - tile_begin];
        }
        t1 += t1_sum;
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t gaussian_kl_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

int gaussian_kl_backward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                         double cotangent, double *restrict grad_mu, double *restrict grad_log_var,
                         void *restrict work)
{
    (void)work;

    /* t0 = 0.5 * cotangent / n */
    const double t0 = 0.5 * cotangent / (double)n;

    /* grad_mu[i:n, j:k] = t0 * (2 * mu[i, j]) */
    /* grad_log_var[i:n, j:k] = t0 * exp(log_var[i, j]) - t0 */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_mu[i*k + j] = t0 * (2.0 * mu[i*k + j]);
            grad_log_var[i*k + j] = t0 * exp(log_var[i*k + j]) - t0;
        }
    }
    return 0;
}

size_t gaussian_kl_value_and_grad_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return gradc_bytes(128, sizeof(double));
}

int gaussian_kl_value_and_grad(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                               double *restrict value, double *restrict grad_mu, double *restrict grad_log_var,
                               void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;

    /* t2 = 0.5 / n */
    const double t2 = 0.5 / (double)n;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](exp(log_var[i, j]) + mu[i, j] * mu[i, j] - 1 - log_var[i, j]) */
        /* grad_mu[i:n, j:k] = t2 * (2 * mu[i, j]) */
        /* grad_log_var[i:n, j:k] = t2 * exp(log_var[i, j]) - t2 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double log_var_ij = log_var[i*k + j];
                const double v0 = exp(log_var_ij);
                const double mu_ij = mu[i*k + j];
                t0_sum += v0 + mu_ij * mu_ij - 1.0 - log_var_ij;
                grad_mu[i*k + j] = t2 * (2.0 * mu_ij);
                grad_log_var[i*k + j] = t2 * v0 - t2;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_sum += t0[i - tile_begin];
        }
        t1 += t1_sum;
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}
