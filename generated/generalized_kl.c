/* generalized_kl: the loss, and its derivatives.
 *
 *     def program(W: real[n, k], H: real[k, d], V: real[n, d]):
 *         t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l])
 *         value = sum[i:n, l:d](t0[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(t0[i, l])) - V[i, l]))
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

#include "generalized_kl.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t generalized_kl_value_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    return gradc_bytes(128*d, sizeof(double));
}

int generalized_kl_value(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                         const double *restrict V, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    double value_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < d; ++l) {
                t0[d*i + l - d*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v0 = W[i*k + j];
                const double v1 = W[i*k + (j + 1)];
                const double v2 = W[i*k + (j + 2)];
                const double v3 = W[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    t0[d*i + l - d*tile_begin] += v0 * H[d*j + l] + v1 * H[(j + 1)*d + l] + v2 * H[(j + 2)*d + l] + v3 * H[(j + 3)*d + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v0 = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    t0[d*i + l - d*tile_begin] += v0 * H[d*j + l];
                }
            }
        }
        /* value = sum[i:n, l:d](t0[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(t0[i, l])) - V[i, */
        /*    l])) */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t l = 0; l < d; ++l) {
                const double v4 = t0[d*i + l - d*tile_begin];
                const double v5 = V[d*i + l];
                value__sum += v4 + (v5 * (log(0.0 < v5 ? v5 : 1.0) - log(v4)) - v5);
            }
        }
        value_ += value__sum;
    }
    *value = value_;
    return 0;
}

size_t generalized_kl_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    (void)d;
    return 0;
}

int generalized_kl_forward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                           const double *restrict V, double *restrict value, double *restrict t0, void *restrict work)
{
    (void)work;
    double value_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < d; ++l) {
                t0[d*i + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v0 = W[i*k + j];
                const double v1 = W[i*k + (j + 1)];
                const double v2 = W[i*k + (j + 2)];
                const double v3 = W[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    t0[d*i + l] += v0 * H[d*j + l] + v1 * H[(j + 1)*d + l] + v2 * H[(j + 2)*d + l] + v3 * H[(j + 3)*d + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v0 = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    t0[d*i + l] += v0 * H[d*j + l];
                }
            }
        }
        /* value = sum[i:n, l:d](t0[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(t0[i, l])) - V[i, */
        /*    l])) */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t l = 0; l < d; ++l) {
                const double v4 = t0[d*i + l];
                const double v5 = V[d*i + l];
                value__sum += v4 + (v5 * (log(0.0 < v5 ? v5 : 1.0) - log(v4)) - v5);
            }
        }
        value_ += value__sum;
    }
    *value = value_;
    return 0;
}

size_t generalized_kl_backward_work(int64_t n, int64_t k, int64_t d)
{
    (void)k;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
}

int generalized_kl_backward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                            const double *restrict V, const double *restrict t0, double cotangent,
                            double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const H_transposed = (void *)scratch;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t1[i:n, l:d] = cotangent - cotangent * V[i, l] / t0[i, l] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t l = 0; l < d; ++l) {
                t1[d*i + l] = cotangent - cotangent * V[d*i + l] / t0[d*i + l];
            }
        }
        /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * t1[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_H[d*j + l] += v0 * t1[d*i + l];
                }
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* H_transposed[l:d, j:k] = H[j, l] */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            GRADC_SIMD()
            for (int64_t l = 0; l < d; ++l) {
                H_transposed[128*l + j - tile_begin] = H[d*j + l];
            }
        }
        /* grad_W[i:n, j:k] = sum[l:d](H_transposed[l, j] * t1[i, l]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            for (int64_t i = 0; i < n; ++i) {
                double grad_W_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_W_sum))
                for (int64_t l = 0; l < d; ++l) {
                    grad_W_sum += t1[d*i + l] * H_transposed[128*l + j - tile_begin];
                }
                grad_W[i*k + j] = grad_W_sum;
            }
        }
    }
    return 0;
}

size_t generalized_kl_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    (void)k;
    return gradc_bytes(128*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
}

int generalized_kl_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                                  const double *restrict V, double *restrict value, double *restrict grad_W,
                                  double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*d, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const H_transposed = (void *)scratch;
    double value_ = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < d; ++l) {
                t0[d*i + l - d*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v0 = W[i*k + j];
                const double v1 = W[i*k + (j + 1)];
                const double v2 = W[i*k + (j + 2)];
                const double v3 = W[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    t0[d*i + l - d*tile_begin] += v0 * H[d*j + l] + v1 * H[(j + 1)*d + l] + v2 * H[(j + 2)*d + l] + v3 * H[(j + 3)*d + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v0 = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    t0[d*i + l - d*tile_begin] += v0 * H[d*j + l];
                }
            }
        }
        /* value = sum[i:n, l:d](t0[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(t0[i, l])) - V[i, */
        /*    l])) */
        /* t1[i:n, l:d] = 1 - V[i, l] / t0[i, l] */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t l = 0; l < d; ++l) {
                const double v4 = t0[d*i + l - d*tile_begin];
                const double v5 = V[d*i + l];
                value__sum += v4 + (v5 * (log(0.0 < v5 ? v5 : 1.0) - log(v4)) - v5);
                t1[d*i + l] = 1.0 - v5 / v4;
            }
        }
        value_ += value__sum;
        /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * t1[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                const double v6 = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_H[d*j + l] += v6 * t1[d*i + l];
                }
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < k; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < k ? tile_begin + 128 : k;
        /* H_transposed[l:d, j:k] = H[j, l] */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            GRADC_SIMD()
            for (int64_t l = 0; l < d; ++l) {
                H_transposed[128*l + j - tile_begin] = H[d*j + l];
            }
        }
        /* grad_W[i:n, j:k] = sum[l:d](H_transposed[l, j] * t1[i, l]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            for (int64_t i = 0; i < n; ++i) {
                double grad_W_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_W_sum))
                for (int64_t l = 0; l < d; ++l) {
                    grad_W_sum += t1[d*i + l] * H_transposed[128*l + j - tile_begin];
                }
                grad_W[i*k + j] = grad_W_sum;
            }
        }
    }
    *value = value_;
    return 0;
}
