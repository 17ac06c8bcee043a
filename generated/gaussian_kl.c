/* gaussian_kl: the loss, and its derivatives.
 *
 *     def program(mu: real[n, k], log_var: real[n, k]):
 *         t0[i:n] = sum[j:k](expm1(log_var[i, j]) + mu[i, j] ** 2 - log_var[i, j])
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
double expm1(double);
#endif
#endif

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif
#if defined(_OPENMP)
#define GRADC_PARALLEL(parts) GRADC_PRAGMA(omp parallel for schedule(dynamic) if(parts > 1))
#else
#define GRADC_PARALLEL(parts)
#endif

#include "gaussian_kl.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
#define GRADC_PARTS 16
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / 128 ? work / least : (double)rows / 128;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / 128 * part / parts * 128;
}

/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? 128 : bytes < 384 ? 64 : bytes < 768 ? 32 : 16;
}

size_t gaussian_kl_value_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 25*k + 1, 0) * (gradc_bytes(128, sizeof(double)));
}

int gaussian_kl_value(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                      double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 25*k + 1, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        double t1_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n] = sum[j:k](expm1(log_var[i, j]) + mu[i, j] * mu[i, j] - log_var[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double log_var_ij = log_var[i*k + j];
                    const double mu_ij = mu[i*k + j];
                    t0_sum += expm1(log_var_ij) + mu_ij * mu_ij - log_var_ij;
                }
                t0[i - tile_begin] = t0_sum;
            }

            /* t1 = sum[i:n](t0[i]) */
            double t1_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_part_sum += t0[i - tile_begin];
            }
            t1_part += t1_part_sum;
        }
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t gaussian_kl_forward_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 25*k + 1, 0) * (gradc_bytes(128, sizeof(double)));
}

int gaussian_kl_forward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 25*k + 1, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        double t1_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n] = sum[j:k](expm1(log_var[i, j]) + mu[i, j] * mu[i, j] - log_var[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double log_var_ij = log_var[i*k + j];
                    const double mu_ij = mu[i*k + j];
                    t0_sum += expm1(log_var_ij) + mu_ij * mu_ij - log_var_ij;
                }
                t0[i - tile_begin] = t0_sum;
            }

            /* t1 = sum[i:n](t0[i]) */
            double t1_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_part_sum += t0[i - tile_begin];
            }
            t1_part += t1_part_sum;
        }
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
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
    const int64_t parts = gradc_parts(n, 26*k, 0);
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);

        /* grad_mu[i:n, j:k] = t0 * (2 * mu[i, j]) */
        /* grad_log_var[i:n, j:k] = t0 * expm1(log_var[i, j]) */
        for (int64_t i = part_begin; i < part_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_mu[i*k + j] = t0 * (2.0 * mu[i*k + j]);
                grad_log_var[i*k + j] = t0 * expm1(log_var[i*k + j]);
            }
        }
    }
    return 0;
}

size_t gaussian_kl_value_and_grad_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 29*k + 1, 0) * (gradc_bytes(128, sizeof(double)));
}

int gaussian_kl_value_and_grad(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                               double *restrict value, double *restrict grad_mu, double *restrict grad_log_var,
                               void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t2 = 0.5 / n */
    const double t2 = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 29*k + 1, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        double t1_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n] = sum[j:k](expm1(log_var[i, j]) + mu[i, j] * mu[i, j] - log_var[i, j]) */
            /* grad_mu[i:n, j:k] = t2 * (2 * mu[i, j]) */
            /* grad_log_var[i:n, j:k] = t2 * expm1(log_var[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double log_var_ij = log_var[i*k + j];
                    const double v0 = expm1(log_var_ij);
                    const double mu_ij = mu[i*k + j];
                    t0_sum += v0 + mu_ij * mu_ij - log_var_ij;
                    grad_mu[i*k + j] = t2 * (2.0 * mu_ij);
                    grad_log_var[i*k + j] = t2 * v0;
                }
                t0[i - tile_begin] = t0_sum;
            }

            /* t1 = sum[i:n](t0[i]) */
            double t1_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_part_sum += t0[i - tile_begin];
            }
            t1_part += t1_part_sum;
        }
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}
