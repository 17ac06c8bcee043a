/* t_sne: the loss, and its derivatives.
 *
 *     def program(Y: real[n, 2], P: real[n, n]):
 *         t0[i:n, j:n] = sum[k:2]((Y[i, k] - Y[j, k]) ** 2)
 *         t1 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + t0[i, j]), 0))
 *         t2 = log(2 * t1)
 *         value = sum[i:n, j:n](P[i, j] * (t2 + (log1p(t0[i, j]) + log(where(0 < P[i, j], P[i, j], 1)))))
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
    return gradc_bytes(2*128, sizeof(double)) + gradc_bytes(n*n, sizeof(double));
}

int t_sne_value(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                void *restrict work)
{
    unsigned char *scratch = work;
    double *const Y_transposed = (void *)scratch;
    scratch += gradc_bytes(2*128, sizeof(double));
    double *const t0 = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* Y_transposed[j:2, i:n] = Y[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < 2; ++j) {
                Y_transposed[128*j + i - tile_begin] = Y[2*i + j];
            }
        }
        /* t0[i:n, j:n] = sum[k:2](let(s0 := Y[i, k] - Y_transposed[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < n; ++k) {
                t0[k*n + i] = 0.0;
            }
            for (int64_t j = 0; j < 2; ++j) {
                const double v0 = Y_transposed[128*j + i - tile_begin];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v1 = Y[j + 2*k] - v0;
                    t0[k*n + i] += v1 * v1;
                }
            }
        }
        /* t1 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + t0[i, j]), 0)) */
        double t1_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < n; ++j) {
                t1_sum += i <= j - 1 ? 1.0 / (1.0 + t0[j*n + i]) : 0.0;
            }
        }
        t1 += t1_sum;
    }
    /* t2 = log(2 * t1) */
    const double t2 = log(2.0 * t1);
    double value_ = 0.0;
    /* value = sum[i:n, j:n](P[i, j] * (t2 + (log1p(t0[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
    double value__sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD(reduction(+:value__sum))
        for (int64_t j = 0; j < n; ++j) {
            const double v2 = P[i*n + j];
            value__sum += v2 * (t2 + (log1p(t0[i*n + j]) + log(0.0 < v2 ? v2 : 1.0)));
        }
    }
    value_ += value__sum;
    *value = value_;
    return 0;
}

size_t t_sne_forward_work(int64_t n)
{
    (void)n;
    return gradc_bytes(2*128, sizeof(double));
}

int t_sne_forward(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                  double *restrict t0, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Y_transposed = (void *)scratch;
    double t1_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* Y_transposed[j:2, i:n] = Y[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < 2; ++j) {
                Y_transposed[128*j + i - tile_begin] = Y[2*i + j];
            }
        }
        /* t0[i:n, j:n] = sum[k:2](let(s0 := Y[i, k] - Y_transposed[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < n; ++k) {
                t0[k*n + i] = 0.0;
            }
            for (int64_t j = 0; j < 2; ++j) {
                const double v0 = Y_transposed[128*j + i - tile_begin];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v1 = Y[j + 2*k] - v0;
                    t0[k*n + i] += v1 * v1;
                }
            }
        }
        /* t1 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + t0[i, j]), 0)) */
        double t1__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t1__sum))
            for (int64_t j = 0; j < n; ++j) {
                t1__sum += i <= j - 1 ? 1.0 / (1.0 + t0[j*n + i]) : 0.0;
            }
        }
        t1_ += t1__sum;
    }
    /* t2 = log(2 * t1) */
    const double t2 = log(2.0 * t1_);
    double value_ = 0.0;
    /* value = sum[i:n, j:n](P[i, j] * (t2 + (log1p(t0[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
    double value__sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD(reduction(+:value__sum))
        for (int64_t j = 0; j < n; ++j) {
            const double v2 = P[i*n + j];
            value__sum += v2 * (t2 + (log1p(t0[i*n + j]) + log(0.0 < v2 ? v2 : 1.0)));
        }
    }
    value_ += value__sum;
    *value = value_;
    *t1 = t1_;
    return 0;
}

size_t t_sne_backward_work(int64_t n)
{
    return gradc_bytes(128*n, sizeof(double)) + gradc_bytes(2*n, sizeof(double)) + gradc_bytes(2*n, sizeof(double));
}

int t_sne_backward(int64_t n, const double *restrict Y, const double *restrict P, const double *restrict t0,
                   double t1, double cotangent, double *restrict grad_Y, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    double *const t6 = (void *)scratch;
    double t2 = 0.0;
    /* t2 = sum[i:n, j:n](P[i, j]) */
    double t2_sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = 0; j < n; ++j) {
            t2_sum += P[i*n + j];
        }
    }
    t2 += t2_sum;
    /* t3 = 2 * (cotangent * t2 / (2 * t1)) */
    const double t3 = 2.0 * (cotangent * t2 / (2.0 * t1));
    for (int64_t at = 0; at < 2*n; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t4[i:n, j:n] = let(s0 := 1 + t0[i, j], cotangent * P[i, j] / s0 + where(j <= i - 1, -(t3 / s0 / s0), 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = 1.0 + t0[i*n + j];
                t4[i*n + j - n*tile_begin] = cotangent * P[i*n + j] / v0 + (j <= i - 1 ? -(t3 / v0 / v0) : 0.0);
            }
        }
        /* t5[i:n, j:2] = sum[k:n](t4[i, k] * (Y[i, j] - Y[k, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double v1 = Y[2*i + j];
                double t5_sum = 0.0;
                GRADC_SIMD(reduction(+:t5_sum))
                for (int64_t k = 0; k < n; ++k) {
                    t5_sum += t4[i*n + k - n*tile_begin] * (v1 - Y[j + 2*k]);
                }
                t5[2*i + j] = t5_sum;
            }
        }
        /* t6[i:n, j:2] = sum[k:n](t4[k, i] * (Y[k, j] - Y[i, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double v2 = Y[2*i + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    t6[j + 2*k] += t4[i*n + k - n*tile_begin] * (v2 - Y[j + 2*k]);
                }
            }
        }
    }
    /* grad_Y[i:n, j:2] = 2 * t5[i, j] - 2 * t6[i, j] */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < 2; ++j) {
            grad_Y[2*i + j] = 2.0 * t5[2*i + j] - 2.0 * t6[2*i + j];
        }
    }
    return 0;
}

size_t t_sne_value_and_grad_work(int64_t n)
{
    return gradc_bytes(2*128, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(2*n, sizeof(double)) + gradc_bytes(2*n, sizeof(double));
}

int t_sne_value_and_grad(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                         double *restrict grad_Y, void *restrict work)
{
    unsigned char *scratch = work;
    double *const Y_transposed = (void *)scratch;
    scratch += gradc_bytes(2*128, sizeof(double));
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    double *const t7 = (void *)scratch;
    double t1 = 0.0;
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* Y_transposed[j:2, i:n] = Y[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < 2; ++j) {
                Y_transposed[128*j + i - tile_begin] = Y[2*i + j];
            }
        }
        /* t0[i:n, j:n] = sum[k:2](let(s0 := Y[i, k] - Y_transposed[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < n; ++k) {
                t0[k*n + i] = 0.0;
            }
            for (int64_t j = 0; j < 2; ++j) {
                const double v0 = Y_transposed[128*j + i - tile_begin];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v1 = Y[j + 2*k] - v0;
                    t0[k*n + i] += v1 * v1;
                }
            }
        }
        /* t1 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + t0[i, j]), 0)) */
        /* t3 = sum[i:n, j:n](P[i, j]) */
        double t1_sum = 0.0;
        double t3_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t1_sum, t3_sum))
            for (int64_t j = 0; j < n; ++j) {
                t1_sum += i <= j - 1 ? 1.0 / (1.0 + t0[j*n + i]) : 0.0;
                t3_sum += P[i*n + j];
            }
        }
        t1 += t1_sum;
        t3 += t3_sum;
    }
    /* t2 = log(2 * t1) */
    /* t4 = 2 * (t3 / (2 * t1)) */
    const double v2 = 2.0 * t1;
    const double t2 = log(v2);
    const double t4 = 2.0 * (t3 / v2);
    double value_ = 0.0;
    for (int64_t at = 0; at < 2*n; ++at) {
        t7[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* value = sum[i:n, j:n](P[i, j] * (t2 + (log1p(t0[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
        /* t5[i:n, j:n] = let(s0 := 1 + t0[i, j], P[i, j] / s0 + where(j <= i - 1, -(t4 / s0 / s0), 0)) */
        double value__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value__sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v3 = P[i*n + j];
                const double v4 = t0[i*n + j];
                const double v5 = 1.0 + v4;
                value__sum += v3 * (t2 + (log1p(v4) + log(0.0 < v3 ? v3 : 1.0)));
                t5[i*n + j - n*tile_begin] = v3 / v5 + (j <= i - 1 ? -(t4 / v5 / v5) : 0.0);
            }
        }
        value_ += value__sum;
        /* t6[i:n, j:2] = sum[k:n](t5[i, k] * (Y[i, j] - Y[k, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double v6 = Y[2*i + j];
                double t6_sum = 0.0;
                GRADC_SIMD(reduction(+:t6_sum))
                for (int64_t k = 0; k < n; ++k) {
                    t6_sum += t5[i*n + k - n*tile_begin] * (v6 - Y[j + 2*k]);
                }
                t6[2*i + j] = t6_sum;
            }
        }
        /* t7[i:n, j:2] = sum[k:n](t5[k, i] * (Y[k, j] - Y[i, j])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                const double v7 = Y[2*i + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    t7[j + 2*k] += t5[i*n + k - n*tile_begin] * (v7 - Y[j + 2*k]);
                }
            }
        }
    }
    /* grad_Y[i:n, j:2] = 2 * t6[i, j] - 2 * t7[i, j] */
    for (int64_t i = 0; i < n; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < 2; ++j) {
            grad_Y[2*i + j] = 2.0 * t6[2*i + j] - 2.0 * t7[2*i + j];
        }
    }
    *value = value_;
    return 0;
}
