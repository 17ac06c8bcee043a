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

#include "gaussian_mixture.h"

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

size_t gaussian_mixture_value_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(k*n, sizeof(double)) + (size_t)gradc_parts(k, 10*d*n + 22*d + 1, 0) * (gradc_bytes(128*d, sizeof(double))) + (size_t)gradc_parts(n, 30*k + 23, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int gaussian_mixture_value(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                           const double *restrict log_sigma, const double *restrict X, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(k, 10*d*n + 22*d + 1, 0) * (gradc_bytes(128*d, sizeof(double)));
    unsigned char *const part_scratch_ = (void *)scratch;
    const int64_t parts = gradc_parts(k, 10*d*n + 22*d + 1, 0);
    const size_t part_bytes = gradc_bytes(128*d, sizeof(double));
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(k, parts, part);
        const int64_t part_end = gradc_cut(k, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t3 = (void *)own;
        double t0_part = -INFINITY;
        const int64_t tile_rows = gradc_rows(2*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0 = max[i:k](a[i]) */
            double t0_part_max = -INFINITY;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                t0_part_max = (a_i > t0_part_max || a_i != a_i) ? a_i : t0_part_max;
            }
            t0_part = (t0_part_max > t0_part || t0_part_max != t0_part_max) ? t0_part_max : t0_part;

            /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    t3[(i - tile_begin)*d + j] = exp(-log_sigma[i*d + j]);
                }
            }

            /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 +
             *    (log_sigma[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                    double t4_sum = 0.0;
                    double t4_sum_ = 0.0;
                    double t4_sum_2 = 0.0;
                    double t4_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:t4_sum, t4_sum_, t4_sum_2, t4_sum_3))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t3[(i - tile_begin)*d + j] * (X[l*d + j] - mu[i*d + j]);
                        const double v1 = t3[(i - tile_begin)*d + j] * (X[(l + 1)*d + j] - mu[i*d + j]);
                        const double v2 = t3[(i - tile_begin)*d + j] * (X[(l + 2)*d + j] - mu[i*d + j]);
                        const double v3 = t3[(i - tile_begin)*d + j] * (X[(l + 3)*d + j] - mu[i*d + j]);
                        t4_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                        t4_sum_ += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v1 * v1));
                        t4_sum_2 += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v2 * v2));
                        t4_sum_3 += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v3 * v3));
                    }
                    t4[l*k + i] = t4_sum;
                    t4[(l + 1)*k + i] = t4_sum_;
                    t4[(l + 2)*k + i] = t4_sum_2;
                    t4[(l + 3)*k + i] = t4_sum_3;
                }
                for (int64_t l = n / 4 * 4; l < n; ++l) {
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
        t0_parts[part] = t0_part;
    }
    double t0 = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t0 = (t0_parts[part] > t0 || t0_parts[part] != t0_parts[part]) ? t0_parts[part] : t0;
    }
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t1_part = 0.0;

        /* t1 = sum[i:k](exp(a[i] - t0)) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = part_begin; i < part_end; ++i) {
            t1_part_sum += exp(a[i] - t0);
        }
        t1_part += t1_part_sum;
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }

    /* t2 = log(t1) */
    const double t2 = log(t1);
    const int64_t parts_2 = gradc_parts(n, 30*k + 23, 0);
    const size_t part_bytes_2 = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t8_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(n, parts_2, part);
        const int64_t part_end = gradc_cut(n, parts_2, part + 1);
        unsigned char *own = part_scratch_ + part * part_bytes_2;
        double *const t5 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        double t8_part = 0.0;
        const int64_t tile_rows = gradc_rows(k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

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
            double t8_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_part_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t8_part_sum += t6[l - tile_begin] + log(t7[l - tile_begin]);
            }
            t8_part += t8_part_sum;
        }
        t8_parts[part] = t8_part;
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t8 += t8_parts[part];
    }

    /* value = -(t8 / n) */
    *value = -(t8 / (double)n);
    return 0;
}

size_t gaussian_mixture_forward_work(int64_t k, int64_t d, int64_t n)
{
    (void)d;
    return (size_t)gradc_parts(n, 30*k + 23, 0) * (gradc_bytes(128*k, sizeof(double)));
}

int gaussian_mixture_forward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                             const double *restrict log_sigma, const double *restrict X, double *restrict value,
                             double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                             double *restrict t4, double *restrict t6, double *restrict t7, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(k, 10*d*n + 22*d + 1, 0);
    double t0__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(k, parts, part);
        const int64_t part_end = gradc_cut(k, parts, part + 1);
        double t0__part = -INFINITY;
        const int64_t tile_rows = gradc_rows(3*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0 = max[i:k](a[i]) */
            double t0__part_max = -INFINITY;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                t0__part_max = (a_i > t0__part_max || a_i != a_i) ? a_i : t0__part_max;
            }
            t0__part = (t0__part_max > t0__part || t0__part_max != t0__part_max) ? t0__part_max : t0__part;

            /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    t3[i*d + j] = exp(-log_sigma[i*d + j]);
                }
            }

            /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 +
             *    (log_sigma[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                    double t4_sum = 0.0;
                    double t4_sum_ = 0.0;
                    double t4_sum_2 = 0.0;
                    double t4_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:t4_sum, t4_sum_, t4_sum_2, t4_sum_3))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t3[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                        const double v1 = t3[i*d + j] * (X[(l + 1)*d + j] - mu[i*d + j]);
                        const double v2 = t3[i*d + j] * (X[(l + 2)*d + j] - mu[i*d + j]);
                        const double v3 = t3[i*d + j] * (X[(l + 3)*d + j] - mu[i*d + j]);
                        t4_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                        t4_sum_ += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v1 * v1));
                        t4_sum_2 += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v2 * v2));
                        t4_sum_3 += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v3 * v3));
                    }
                    t4[l*k + i] = t4_sum;
                    t4[(l + 1)*k + i] = t4_sum_;
                    t4[(l + 2)*k + i] = t4_sum_2;
                    t4[(l + 3)*k + i] = t4_sum_3;
                }
                for (int64_t l = n / 4 * 4; l < n; ++l) {
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
        t0__parts[part] = t0__part;
    }
    double t0_ = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t0_ = (t0__parts[part] > t0_ || t0__parts[part] != t0__parts[part]) ? t0__parts[part] : t0_;
    }
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t1__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t1__part = 0.0;

        /* t1 = sum[i:k](exp(a[i] - t0)) */
        double t1__part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1__part_sum))
        for (int64_t i = part_begin; i < part_end; ++i) {
            t1__part_sum += exp(a[i] - t0_);
        }
        t1__part += t1__part_sum;
        t1__parts[part] = t1__part;
    }
    double t1_ = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1_ += t1__parts[part];
    }

    /* t2 = log(t1) */
    const double t2_ = log(t1_);
    const int64_t parts_2 = gradc_parts(n, 30*k + 23, 0);
    const size_t part_bytes_2 = gradc_bytes(128*k, sizeof(double));
    double t8_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(n, parts_2, part);
        const int64_t part_end = gradc_cut(n, parts_2, part + 1);
        unsigned char *own = part_scratch + part * part_bytes_2;
        double *const t5 = (void *)own;
        double t8_part = 0.0;
        const int64_t tile_rows = gradc_rows(k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

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
            double t8_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_part_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t8_part_sum += t6[l] + log(t7[l]);
            }
            t8_part += t8_part_sum;
        }
        t8_parts[part] = t8_part;
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t8 += t8_parts[part];
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
    return gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 49*k + 6, 3*d*k + k) * (gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double)));
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
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;

    /* t8 = -(cotangent / n) */
    const double t8 = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + 49*k + 6, 3*d*k + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    double t13_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t12_part = part == 0 ? t12 : (void *)own;
        own += gradc_bytes(k, sizeof(double));
        double *const t18_part = part == 0 ? t18 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t19_part = part == 0 ? t19 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t20_part = part == 0 ? t20 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t10 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t9 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t17 = (void *)own;
        double t13_part = 0.0;
        for (int64_t at = 0; at < k; ++at) {
            t12_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t18_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t19_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t20_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows((d + k) * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

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

            /* t11[l:n, i:k] = t9[l] * exp(t5[l, i] - t6[l]) + where(t5[l, i] == t6[l], (t8 - t7[l] * t9[l]) /
             *    t10[l], 0) */
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
                    t12_part[i] += v2;
                    t17[(l - tile_begin)*k + i] = -v2;
                }
            }

            /* t13 = sum[l:n, i:k](t11[l, i]) */
            double t13_part_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t13_part_sum))
                for (int64_t i = 0; i < k; ++i) {
                    t13_part_sum += t11[(l - tile_begin)*k + i];
                }
            }
            t13_part += t13_part_sum;

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
                        t18_part[i*d + j] += v2;
                        t19_part[i*d + j] += t17_li;
                        t20_part[i*d + j] += v1 * v2;
                    }
                }
            }
        }
        t13_parts[part] = t13_part;
    }
    double t13 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t13 += t13_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t12_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t12[at] += t12_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t18_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t18[at] += t18_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t19_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t19[at] += t19_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t20_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t20[at] += t20_more[at];
        }
    }

    /* t14 = -t13 */
    /* t15 = t14 / t1 */
    const double v1 = -t13;
    const double t14 = v1;
    const double t15 = v1 / t1;
    const int64_t parts_ = gradc_parts(k, 10*d + 4, 0);
    double t16_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t16_part = 0.0;
        const int64_t tile_rows = gradc_rows(4*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t16 = sum[i:k](where(t0 == a[i], 1, 0)) */
            double t16_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t16_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t16_part_sum += t0 == a[i] ? 1.0 : 0.0;
            }
            t16_part += t16_part_sum;

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
        t16_parts[part] = t16_part;
    }
    double t16 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t16 += t16_parts[part];
    }
    const int64_t parts_2 = gradc_parts(k, 39, 0);
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_2, part);
        const int64_t part_end = gradc_cut(k, parts_2, part + 1);

        /* grad_a[i:k] = t12[i] + t15 * exp(a[i] - t0) + where(t0 == a[i], (t14 - t1 * t15) / t16, 0) */
        const double v2 = (t14 - t1 * t15) / t16;
        GRADC_SIMD()
        for (int64_t i = part_begin; i < part_end; ++i) {
            const double a_i = a[i];
            grad_a[i] = t12[i] + t15 * exp(a_i - t0) + (t0 == a_i ? v2 : 0.0);
        }
    }
    return 0;
}

size_t gaussian_mixture_value_and_grad_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 71*k + 28, 3*d*k + k) * (gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double)));
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
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t21 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;

    /* t9 = -(1 / n) */
    const double t9 = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(k, 10*d*n + 22*d + 1, 0);
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(k, parts, part);
        const int64_t part_end = gradc_cut(k, parts, part + 1);
        double t0_part = -INFINITY;
        const int64_t tile_rows = gradc_rows(3*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0 = max[i:k](a[i]) */
            double t0_part_max = -INFINITY;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                t0_part_max = (a_i > t0_part_max || a_i != a_i) ? a_i : t0_part_max;
            }
            t0_part = (t0_part_max > t0_part || t0_part_max != t0_part_max) ? t0_part_max : t0_part;

            /* t3[i:k, j:d] = exp(-log_sigma[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    t3[i*d + j] = exp(-log_sigma[i*d + j]);
                }
            }

            /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 +
             *    (log_sigma[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                    double t4_sum = 0.0;
                    double t4_sum_ = 0.0;
                    double t4_sum_2 = 0.0;
                    double t4_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:t4_sum, t4_sum_, t4_sum_2, t4_sum_3))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t3[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                        const double v1 = t3[i*d + j] * (X[(l + 1)*d + j] - mu[i*d + j]);
                        const double v2 = t3[i*d + j] * (X[(l + 2)*d + j] - mu[i*d + j]);
                        const double v3 = t3[i*d + j] * (X[(l + 3)*d + j] - mu[i*d + j]);
                        t4_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                        t4_sum_ += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v1 * v1));
                        t4_sum_2 += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v2 * v2));
                        t4_sum_3 += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v3 * v3));
                    }
                    t4[l*k + i] = t4_sum;
                    t4[(l + 1)*k + i] = t4_sum_;
                    t4[(l + 2)*k + i] = t4_sum_2;
                    t4[(l + 3)*k + i] = t4_sum_3;
                }
                for (int64_t l = n / 4 * 4; l < n; ++l) {
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
        t0_parts[part] = t0_part;
    }
    double t0 = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t0 = (t0_parts[part] > t0 || t0_parts[part] != t0_parts[part]) ? t0_parts[part] : t0;
    }
    const int64_t parts_ = gradc_parts(k, 25, 0);
    double t1_parts[GRADC_PARTS];
    double t17_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t1_part = 0.0;
        double t17_part = 0.0;

        /* t1 = sum[i:k](exp(a[i] - t0)) */
        /* t17 = sum[i:k](where(t0 == a[i], 1, 0)) */
        double t1_part_sum = 0.0;
        double t17_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum, t17_part_sum))
        for (int64_t i = part_begin; i < part_end; ++i) {
            const double a_i = a[i];
            t1_part_sum += exp(a_i - t0);
            t17_part_sum += t0 == a_i ? 1.0 : 0.0;
        }
        t1_part += t1_part_sum;
        t17_part += t17_part_sum;
        t1_parts[part] = t1_part;
        t17_parts[part] = t17_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }
    double t17 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t17 += t17_parts[part];
    }

    /* t2 = log(t1) */
    const double t2 = log(t1);
    const int64_t parts_2 = gradc_parts(n, 6*d*k + 71*k + 28, 3*d*k + k);
    const size_t part_bytes_2 = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    double t8_parts[GRADC_PARTS];
    double t14_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(n, parts_2, part);
        const int64_t part_end = gradc_cut(n, parts_2, part + 1);
        unsigned char *own = part_scratch + part * part_bytes_2;
        double *const t13_part = part == 0 ? t13 : (void *)own;
        own += gradc_bytes(k, sizeof(double));
        double *const t19_part = part == 0 ? t19 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t20_part = part == 0 ? t20 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t21_part = part == 0 ? t21 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t10 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t12 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t18 = (void *)own;
        double t8_part = 0.0;
        double t14_part = 0.0;
        for (int64_t at = 0; at < k; ++at) {
            t13_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t19_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t20_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t21_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows((d + k) * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

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
            double t8_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_part_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t7_l = t7[l - tile_begin];
                t8_part_sum += t6[l - tile_begin] + log(t7_l);
                t10[l - tile_begin] = t9 / t7_l;
            }
            t8_part += t8_part_sum;

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
                    t13_part[i] += v2;
                    t18[(l - tile_begin)*k + i] = -v2;
                }
            }

            /* t14 = sum[l:n, i:k](t12[l, i]) */
            double t14_part_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t14_part_sum))
                for (int64_t i = 0; i < k; ++i) {
                    t14_part_sum += t12[(l - tile_begin)*k + i];
                }
            }
            t14_part += t14_part_sum;

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
                        t19_part[i*d + j] += v2;
                        t20_part[i*d + j] += t18_li;
                        t21_part[i*d + j] += v1 * v2;
                    }
                }
            }
        }
        t8_parts[part] = t8_part;
        t14_parts[part] = t14_part;
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t8 += t8_parts[part];
    }
    double t14 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t14 += t14_parts[part];
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t13_more = (void *)(part_scratch + part * part_bytes_2);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t13[at] += t13_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t19_more = (void *)(part_scratch + part * part_bytes_2 + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t19[at] += t19_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t20_more = (void *)(part_scratch + part * part_bytes_2 + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t20[at] += t20_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t21_more = (void *)(part_scratch + part * part_bytes_2 + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t21[at] += t21_more[at];
        }
    }

    /* value = -(t8 / n) */
    /* t15 = -t14 */
    /* t16 = t15 / t1 */
    const double v1 = -t14;
    *value = -(t8 / (double)n);
    const double t15 = v1;
    const double t16 = v1 / t1;
    const int64_t parts_3 = gradc_parts(k, 10*d + 39, 0);
    GRADC_PARALLEL(parts_3)
    for (int64_t part = 0; part < parts_3; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_3, part);
        const int64_t part_end = gradc_cut(k, parts_3, part + 1);
        const int64_t tile_rows = gradc_rows(4*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

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
    }
    return 0;
}
