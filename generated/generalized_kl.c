/* generalized_kl: the loss, and its derivatives.
 *
 *     def program(W: real[n, k], H: real[k, d], V: real[n, d]):
 *         M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l])
 *         value = sum[i:n, l:d](M[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(M[i, l])) - V[i, l]))
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
    double *const M = (void *)scratch;
    double value_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < d; ++l) {
                M[(i - tile_begin)*d + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double W_ij = W[i*k + j];
                const double W_ij1 = W[i*k + (j + 1)];
                const double W_ij2 = W[i*k + (j + 2)];
                const double W_ij3 = W[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    M[(i - tile_begin)*d + l] += W_ij * H[j*d + l] + W_ij1 * H[(j + 1)*d + l] + W_ij2 * H[(j + 2)*d + l] + W_ij3 * H[(j + 3)*d + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double W_ij = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    M[(i - tile_begin)*d + l] += W_ij * H[j*d + l];
                }
            }
        }

        /* value = sum[i:n, l:d](M[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(M[i, l])) - V[i,
         *    l])) */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t l = 0; l < d; ++l) {
                const double vM_il = M[(i - tile_begin)*d + l];
                const double V_il = V[i*d + l];
                value__sum += vM_il + (V_il * (log(0.0 < V_il ? V_il : 1.0) - log(vM_il)) - V_il);
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
                           const double *restrict V, double *restrict value, double *restrict M, void *restrict work)
{
    (void)work;
    double value_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < d; ++l) {
                M[i*d + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double W_ij = W[i*k + j];
                const double W_ij1 = W[i*k + (j + 1)];
                const double W_ij2 = W[i*k + (j + 2)];
                const double W_ij3 = W[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    M[i*d + l] += W_ij * H[j*d + l] + W_ij1 * H[(j + 1)*d + l] + W_ij2 * H[(j + 2)*d + l] + W_ij3 * H[(j + 3)*d + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double W_ij = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    M[i*d + l] += W_ij * H[j*d + l];
                }
            }
        }

        /* value = sum[i:n, l:d](M[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(M[i, l])) - V[i,
         *    l])) */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t l = 0; l < d; ++l) {
                const double vM_il = M[i*d + l];
                const double V_il = V[i*d + l];
                value__sum += vM_il + (V_il * (log(0.0 < V_il ? V_il : 1.0) - log(vM_il)) - V_il);
            }
        }
        value_ += value__sum;
    }
    *value = value_;
    return 0;
}

size_t generalized_kl_backward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    return gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*d, sizeof(double));
}

int generalized_kl_backward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                            const double *restrict V, const double *restrict M, double cotangent,
                            double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    double *const H_transposed = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const vM_bar = (void *)scratch;

    /* H_transposed[l:d, j:k] = H[j, l] */
    for (int64_t j = 0; j < k; ++j) {
        GRADC_SIMD()
        for (int64_t l = 0; l < d; ++l) {
            H_transposed[l*k + j] = H[j*d + l];
        }
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* M_bar[i:n, l:d] = cotangent - cotangent * V[i, l] / M[i, l] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t l = 0; l < d; ++l) {
                vM_bar[(i - tile_begin)*d + l] = cotangent - cotangent * V[i*d + l] / M[i*d + l];
            }
        }

        /* grad_W[i:n, j:k] = sum[l:d](H_transposed[l, j] * M_bar[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                grad_W[i*k + j] = 0.0;
            }
            for (int64_t l = 0; l < d / 4 * 4; l += 4) {
                const double vM_bar_il = vM_bar[(i - tile_begin)*d + l];
                const double vM_bar_il1 = vM_bar[(i - tile_begin)*d + (l + 1)];
                const double vM_bar_il2 = vM_bar[(i - tile_begin)*d + (l + 2)];
                const double vM_bar_il3 = vM_bar[(i - tile_begin)*d + (l + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += H_transposed[l*k + j] * vM_bar_il + H_transposed[(l + 1)*k + j] * vM_bar_il1 + H_transposed[(l + 2)*k + j] * vM_bar_il2 + H_transposed[(l + 3)*k + j] * vM_bar_il3;
                }
            }
            for (int64_t l = d / 4 * 4; l < d; ++l) {
                const double vM_bar_il = vM_bar[(i - tile_begin)*d + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += H_transposed[l*k + j] * vM_bar_il;
                }
            }
        }

        /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * M_bar[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                const double W_ij = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_H[j*d + l] += W_ij * vM_bar[(i - tile_begin)*d + l];
                }
            }
        }
    }
    return 0;
}

size_t generalized_kl_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    return gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(128*d, sizeof(double));
}

int generalized_kl_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                                  const double *restrict V, double *restrict value, double *restrict grad_W,
                                  double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    double *const H_transposed = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const M = (void *)scratch;
    scratch += gradc_bytes(128*d, sizeof(double));
    double *const vM_bar = (void *)scratch;

    /* H_transposed[l:d, j:k] = H[j, l] */
    for (int64_t j = 0; j < k; ++j) {
        GRADC_SIMD()
        for (int64_t l = 0; l < d; ++l) {
            H_transposed[l*k + j] = H[j*d + l];
        }
    }
    double value_ = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < d; ++l) {
                M[(i - tile_begin)*d + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double W_ij = W[i*k + j];
                const double W_ij1 = W[i*k + (j + 1)];
                const double W_ij2 = W[i*k + (j + 2)];
                const double W_ij3 = W[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    M[(i - tile_begin)*d + l] += W_ij * H[j*d + l] + W_ij1 * H[(j + 1)*d + l] + W_ij2 * H[(j + 2)*d + l] + W_ij3 * H[(j + 3)*d + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double W_ij = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    M[(i - tile_begin)*d + l] += W_ij * H[j*d + l];
                }
            }
        }

        /* value = sum[i:n, l:d](M[i, l] + (V[i, l] * (log(where(0 < V[i, l], V[i, l], 1)) - log(M[i, l])) - V[i,
         *    l])) */
        /* M_bar[i:n, l:d] = 1 - V[i, l] / M[i, l] */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t l = 0; l < d; ++l) {
                const double vM_il = M[(i - tile_begin)*d + l];
                const double V_il = V[i*d + l];
                value__sum += vM_il + (V_il * (log(0.0 < V_il ? V_il : 1.0) - log(vM_il)) - V_il);
                vM_bar[(i - tile_begin)*d + l] = 1.0 - V_il / vM_il;
            }
        }
        value_ += value__sum;

        /* grad_W[i:n, j:k] = sum[l:d](H_transposed[l, j] * M_bar[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                grad_W[i*k + j] = 0.0;
            }
            for (int64_t l = 0; l < d / 4 * 4; l += 4) {
                const double vM_bar_il = vM_bar[(i - tile_begin)*d + l];
                const double vM_bar_il1 = vM_bar[(i - tile_begin)*d + (l + 1)];
                const double vM_bar_il2 = vM_bar[(i - tile_begin)*d + (l + 2)];
                const double vM_bar_il3 = vM_bar[(i - tile_begin)*d + (l + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += vM_bar_il * H_transposed[l*k + j] + vM_bar_il1 * H_transposed[(l + 1)*k + j] + vM_bar_il2 * H_transposed[(l + 2)*k + j] + vM_bar_il3 * H_transposed[(l + 3)*k + j];
                }
            }
            for (int64_t l = d / 4 * 4; l < d; ++l) {
                const double vM_bar_il = vM_bar[(i - tile_begin)*d + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    grad_W[i*k + j] += vM_bar_il * H_transposed[l*k + j];
                }
            }
        }

        /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * M_bar[i, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                const double W_ij = W[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < d; ++l) {
                    grad_H[j*d + l] += W_ij * vM_bar[(i - tile_begin)*d + l];
                }
            }
        }
    }
    *value = value_;
    return 0;
}
