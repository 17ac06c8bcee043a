/* t_sne: the loss, and its derivatives.
 *
 *     def program(Y: real[n, 2], P: real[n, n]):
 *         D2[i:n, j:n] = sum[k:2]((Y[i, k] - Y[j, k]) ** 2)
 *         t0 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + D2[i, j]), 0))
 *         log_z = log(2 * t0)
 *         value = sum[i:n, j:n](P[i, j] * (log_z + (log1p(D2[i, j]) + log(where(0 < P[i, j], P[i, j], 1)))))
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
#pragma omp declare simd notinbranch
double log1p(double);
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "t_sne.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t t_sne_value_work(int64_t n)
{
    return gradc_bytes(2*128, sizeof(double))
           + gradc_bytes(n*n, sizeof(double));
}

int t_sne_value(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                void *restrict work)
{
    unsigned char *scratch = work;
    double *const Y_transposed = (void *)scratch;
    scratch += gradc_bytes(2*128, sizeof(double));
    double *const D2 = (void *)scratch;
    double t0 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* Y_transposed[j:2, i:n] = Y[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < 2; ++j) {
                Y_transposed[j*128 + i - tile_begin] = Y[i*2 + j];
            }
        }

        /* D2[i:n, j:n] = sum[k:2](let(s0 := Y[i, k] - Y_transposed[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < n; ++k) {
                D2[k*n + i] = 0.0;
            }
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_transposed_ji = Y_transposed[j*128 + i - tile_begin];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v0 = Y[k*2 + j] - Y_transposed_ji;
                    D2[k*n + i] += v0 * v0;
                }
            }
        }

        /* t0 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + D2[i, j]), 0)) */
        double t0_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < n; ++j) {
                t0_sum += i <= j - 1 ? 1.0 / (1.0 + D2[j*n + i]) : 0.0;
            }
        }
        t0 += t0_sum;
    }

    /* log_z = log(2 * t0) */
    const double log_z = log(2.0 * t0);
    double value_ = 0.0;

    /* value = sum[i:n, j:n](P[i, j] * (log_z + (log1p(D2[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD(reduction(+:value_))
        for (int64_t j = 0; j < n; ++j) {
            const double P_ij = P[i*n + j];
            value_ += P_ij * (log_z + (log1p(D2[i*n + j]) + log(0.0 < P_ij ? P_ij : 1.0)));
        }
    }
    *value = value_;
    return 0;
}

size_t t_sne_forward_work(int64_t n)
{
    (void)n;
    return gradc_bytes(2*128, sizeof(double));
}

int t_sne_forward(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                  double *restrict D2, double *restrict t0, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Y_transposed = (void *)scratch;
    double t0_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* Y_transposed[j:2, i:n] = Y[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < 2; ++j) {
                Y_transposed[j*128 + i - tile_begin] = Y[i*2 + j];
            }
        }

        /* D2[i:n, j:n] = sum[k:2](let(s0 := Y[i, k] - Y_transposed[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < n; ++k) {
                D2[k*n + i] = 0.0;
            }
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_transposed_ji = Y_transposed[j*128 + i - tile_begin];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v0 = Y[k*2 + j] - Y_transposed_ji;
                    D2[k*n + i] += v0 * v0;
                }
            }
        }

        /* t0 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + D2[i, j]), 0)) */
        double t0__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t0__sum))
            for (int64_t j = 0; j < n; ++j) {
                t0__sum += i <= j - 1 ? 1.0 / (1.0 + D2[j*n + i]) : 0.0;
            }
        }
        t0_ += t0__sum;
    }

    /* log_z = log(2 * t0) */
    const double log_z = log(2.0 * t0_);
    double value_ = 0.0;

    /* value = sum[i:n, j:n](P[i, j] * (log_z + (log1p(D2[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD(reduction(+:value_))
        for (int64_t j = 0; j < n; ++j) {
            const double P_ij = P[i*n + j];
            value_ += P_ij * (log_z + (log1p(D2[i*n + j]) + log(0.0 < P_ij ? P_ij : 1.0)));
        }
    }
    *value = value_;
    *t0 = t0_;
    return 0;
}

size_t t_sne_backward_work(int64_t n)
{
    return gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(2*n, sizeof(double))
           + gradc_bytes(2*n, sizeof(double));
}

int t_sne_backward(int64_t n, const double *restrict Y, const double *restrict P, const double *restrict D2,
                   double t0, double cotangent, double *restrict grad_Y, void *restrict work)
{
    unsigned char *scratch = work;
    double *const D2_bar = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    double *const t4 = (void *)scratch;
    double t1 = 0.0;

    /* t1 = sum[i:n, j:n](P[i, j]) */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD(reduction(+:t1))
        for (int64_t j = 0; j < n; ++j) {
            t1 += P[i*n + j];
        }
    }

    /* t2 = 2 * (cotangent * t1 / (2 * t0)) */
    const double t2 = 2.0 * (cotangent * t1 / (2.0 * t0));
    for (int64_t at = 0; at < 2*n; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* D2_bar[i:n, j:n] = let(s0 := 1 + D2[i, j], cotangent * P[i, j] / s0 + where(j <= i - 1, -(t2 / s0 / s0),
         *    0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = 1.0 + D2[i*n + j];
                D2_bar[(i - tile_begin)*n + j] = cotangent * P[i*n + j] / v0 + (j <= i - 1 ? -(t2 / v0 / v0) : 0.0);
            }
        }

        /* t3[i:n, j:2] = sum[k:n](D2_bar[i, k] * (Y[i, j] - Y[k, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_ij = Y[i*2 + j];
                double t3_sum = 0.0;
                GRADC_SIMD(reduction(+:t3_sum))
                for (int64_t k = 0; k < n; ++k) {
                    t3_sum += D2_bar[(i - tile_begin)*n + k] * (Y_ij - Y[k*2 + j]);
                }
                t3[i*2 + j] = t3_sum;
            }
        }

        /* t4[i:n, j:2] = sum[k:n](D2_bar[k, i] * (Y[k, j] - Y[i, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_ij = Y[i*2 + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    t4[k*2 + j] += D2_bar[(i - tile_begin)*n + k] * (Y_ij - Y[k*2 + j]);
                }
            }
        }
    }

    /* grad_Y[i:n, j:2] = 2 * t3[i, j] - 2 * t4[i, j] */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < 2; ++j) {
            grad_Y[i*2 + j] = 2.0 * t3[i*2 + j] - 2.0 * t4[i*2 + j];
        }
    }
    return 0;
}

size_t t_sne_value_and_grad_work(int64_t n)
{
    return gradc_bytes(2*128, sizeof(double))
           + gradc_bytes(n*n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(2*n, sizeof(double))
           + gradc_bytes(2*n, sizeof(double));
}

int t_sne_value_and_grad(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                         double *restrict grad_Y, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Y_transposed = (void *)scratch;
    scratch += gradc_bytes(2*128, sizeof(double));
    double *const D2 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const D2_bar = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    double *const t3 = (void *)scratch;
    double t0 = 0.0;
    double log_z_bar = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* Y_transposed[j:2, i:n] = Y[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < 2; ++j) {
                Y_transposed[j*128 + i - tile_begin] = Y[i*2 + j];
            }
        }

        /* D2[i:n, j:n] = sum[k:2](let(s0 := Y[i, k] - Y_transposed[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < n; ++k) {
                D2[k*n + i] = 0.0;
            }
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_transposed_ji = Y_transposed[j*128 + i - tile_begin];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v0 = Y[k*2 + j] - Y_transposed_ji;
                    D2[k*n + i] += v0 * v0;
                }
            }
        }

        /* t0 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + D2[i, j]), 0)) */
        /* log_z_bar = sum[i:n, j:n](P[i, j]) */
        double t0_sum = 0.0;
        double log_z_bar_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t0_sum, log_z_bar_sum))
            for (int64_t j = 0; j < n; ++j) {
                t0_sum += i <= j - 1 ? 1.0 / (1.0 + D2[j*n + i]) : 0.0;
                log_z_bar_sum += P[i*n + j];
            }
        }
        t0 += t0_sum;
        log_z_bar += log_z_bar_sum;
    }

    /* log_z = log(2 * t0) */
    /* t1 = 2 * (log_z_bar / (2 * t0)) */
    const double v0 = 2.0 * t0;
    const double log_z = log(v0);
    const double t1 = 2.0 * (log_z_bar / v0);
    double value_ = 0.0;
    for (int64_t at = 0; at < 2*n; ++at) {
        t3[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* value = sum[i:n, j:n](P[i, j] * (log_z + (log1p(D2[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
        /* D2_bar[i:n, j:n] = let(s0 := 1 + D2[i, j], P[i, j] / s0 + where(j <= i - 1, -(t1 / s0 / s0), 0)) */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t j = 0; j < n; ++j) {
                const double P_ij = P[i*n + j];
                const double D2_ij = D2[i*n + j];
                const double v1 = 1.0 + D2_ij;
                value__sum += P_ij * (log_z + (log1p(D2_ij) + log(0.0 < P_ij ? P_ij : 1.0)));
                D2_bar[(i - tile_begin)*n + j] = P_ij / v1 + (j <= i - 1 ? -(t1 / v1 / v1) : 0.0);
            }
        }
        value_ += value__sum;

        /* t2[i:n, j:2] = sum[k:n](D2_bar[i, k] * (Y[i, j] - Y[k, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_ij = Y[i*2 + j];
                double t2_sum = 0.0;
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t k = 0; k < n; ++k) {
                    t2_sum += D2_bar[(i - tile_begin)*n + k] * (Y_ij - Y[k*2 + j]);
                }
                t2[i*2 + j] = t2_sum;
            }
        }

        /* t3[i:n, j:2] = sum[k:n](D2_bar[k, i] * (Y[k, j] - Y[i, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double Y_ij = Y[i*2 + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    t3[k*2 + j] += D2_bar[(i - tile_begin)*n + k] * (Y_ij - Y[k*2 + j]);
                }
            }
        }
    }

    /* grad_Y[i:n, j:2] = 2 * t2[i, j] - 2 * t3[i, j] */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < 2; ++j) {
            grad_Y[i*2 + j] = 2.0 * t2[i*2 + j] - 2.0 * t3[i*2 + j];
        }
    }
    *value = value_;
    return 0;
}
