/* info_nce: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], tau: real):
 *         t0[i:n] = sum[j:k](B[i, j] ** 2)
 *         t1[i:n] = sqrt(t0[i])
 *         B_2[i:n, j:k] = B[i, j] / t1[i]
 *         t2[i:n] = sum[j:k](A[i, j] ** 2)
 *         t3[i:n] = sqrt(t2[i])
 *         A_2[i:n, j:k] = A[i, j] / t3[i]
 *         t4[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j])
 *         S[i:n, j:n] = t4[i, j] / tau
 *         t5[i:n] = max[j:n](S[i, j])
 *         t6[i:n] = sum[j:n](exp(S[i, j] - t5[i]))
 *         t7 = sum[i:n](t5[i] + log(t6[i]) - S[i, i])
 *         value = t7 / n
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

#include "info_nce.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t info_nce_value_work(int64_t n, int64_t k)
{
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int info_nce_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                   double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const S = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t2[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double A_ij = A[i*k + j];
                t0_sum += B_ij * B_ij;
                t2_sum += A_ij * A_ij;
            }
            t0[i - tile_begin] = t0_sum;
            t2[i - tile_begin] = t2_sum;
        }

        /* t1[i:n] = sqrt(t0[i]) */
        /* t3[i:n] = sqrt(t2[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = sqrt(t0[i - tile_begin]);
            t3[i - tile_begin] = sqrt(t2[i - tile_begin]);
        }

        /* B_2[i:n, j:k] = B[i, j] / t1[i] */
        /* A_2[i:n, j:k] = A[i, j] / t3[i] */
        /* t4[j:k, i:n] = B_2[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                A_2[i*k + j] = A[i*k + j] / t3_i;
                t4[j*n + i] = B[i*k + j] / t1_i;
            }
        }
    }
    double t8 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[i:n, l:n] = sum[j:k](A_2[i, j] * t4[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                t5[(i - tile_begin)*n + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double A_2_ij = A_2[i*k + j];
                const double A_2_ij1 = A_2[i*k + (j + 1)];
                const double A_2_ij2 = A_2[i*k + (j + 2)];
                const double A_2_ij3 = A_2[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t5[(i - tile_begin)*n + l] += A_2_ij * t4[j*n + l] + A_2_ij1 * t4[(j + 1)*n + l] + A_2_ij2 * t4[(j + 2)*n + l] + A_2_ij3 * t4[(j + 3)*n + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double A_2_ij = A_2[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t5[(i - tile_begin)*n + l] += A_2_ij * t4[j*n + l];
                }
            }
        }

        /* S[i:n, j:n] = t5[i, j] / tau */
        /* t6[i:n] = max[j:n](S[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t6_max = -INFINITY;
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = t5[(i - tile_begin)*n + j] / tau;
                S[(i - tile_begin)*n + j] = v0;
                t6_max = (v0 > t6_max || v0 != v0) ? v0 : t6_max;
            }
            t6[i - tile_begin] = t6_max;
        }

        /* t7[i:n] = sum[j:n](exp(S[i, j] - t6[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t6_i = t6[i - tile_begin];
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < n; ++j) {
                t7_sum += exp(S[(i - tile_begin)*n + j] - t6_i);
            }
            t7[i - tile_begin] = t7_sum;
        }

        /* t8 = sum[i:n](t6[i] + log(t7[i]) - S[i, i]) */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8_sum += t6[i - tile_begin] + log(t7[i - tile_begin]) - S[(i - tile_begin)*n + i];
        }
        t8 += t8_sum;
    }

    /* value = t8 / n */
    *value = t8 / (double)n;
    return 0;
}

size_t info_nce_forward_work(int64_t n, int64_t k)
{
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double));
}

int info_nce_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                     double *restrict value, double *restrict t0, double *restrict t2, double *restrict t4,
                     double *restrict t5, double *restrict t6, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t4_ = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const S = (void *)scratch;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t2[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double A_ij = A[i*k + j];
                t0_sum += B_ij * B_ij;
                t2_sum += A_ij * A_ij;
            }
            t0[i] = t0_sum;
            t2[i] = t2_sum;
        }

        /* t1[i:n] = sqrt(t0[i]) */
        /* t3[i:n] = sqrt(t2[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = sqrt(t0[i]);
            t3[i - tile_begin] = sqrt(t2[i]);
        }

        /* B_2[i:n, j:k] = B[i, j] / t1[i] */
        /* A_2[i:n, j:k] = A[i, j] / t3[i] */
        /* t4[j:k, i:n] = B_2[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                A_2[i*k + j] = A[i*k + j] / t3_i;
                t4_[j*n + i] = B[i*k + j] / t1_i;
            }
        }
    }
    double t7 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t4_2[i:n, l:n] = sum[j:k](A_2[i, j] * t4[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                t4[i*n + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double A_2_ij = A_2[i*k + j];
                const double A_2_ij1 = A_2[i*k + (j + 1)];
                const double A_2_ij2 = A_2[i*k + (j + 2)];
                const double A_2_ij3 = A_2[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t4[i*n + l] += A_2_ij * t4_[j*n + l] + A_2_ij1 * t4_[(j + 1)*n + l] + A_2_ij2 * t4_[(j + 2)*n + l] + A_2_ij3 * t4_[(j + 3)*n + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double A_2_ij = A_2[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t4[i*n + l] += A_2_ij * t4_[j*n + l];
                }
            }
        }

        /* S[i:n, j:n] = t4_2[i, j] / tau */
        /* t5[i:n] = max[j:n](S[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t5_max = -INFINITY;
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = t4[i*n + j] / tau;
                S[(i - tile_begin)*n + j] = v0;
                t5_max = (v0 > t5_max || v0 != v0) ? v0 : t5_max;
            }
            t5[i] = t5_max;
        }

        /* t6[i:n] = sum[j:n](exp(S[i, j] - t5[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += exp(S[(i - tile_begin)*n + j] - t5_i);
            }
            t6[i] = t6_sum;
        }

        /* t7 = sum[i:n](t5[i] + log(t6[i]) - S[i, i]) */
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7_sum += t5[i] + log(t6[i]) - S[(i - tile_begin)*n + i];
        }
        t7 += t7_sum;
    }

    /* value = t7 / n */
    *value = t7 / (double)n;
    return 0;
}

size_t info_nce_backward_work(int64_t n, int64_t k)
{
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(n*n, sizeof(double))
           + gradc_bytes(n*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int info_nce_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                      const double *restrict t0, const double *restrict t2, const double *restrict t4,
                      const double *restrict t5, const double *restrict t6, double cotangent, double *restrict grad_A,
                      double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const S = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const S_bar = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const A_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const B_bar = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)scratch;

    /* t7 = cotangent / n */
    const double t7 = cotangent / (double)n;
    for (int64_t at = 0; at < n*n; ++at) {
        S_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sqrt(t0[i]) */
        /* t3[i:n] = sqrt(t2[i]) */
        /* S_bar[:n, :n] = 0 S_bar += each[i:n](at[i, i](-t7)) */
        /* t8[i:n] = t7 / t6[i] */
        const double v0 = -t7;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i] = sqrt(t0[i]);
            t3[i] = sqrt(t2[i]);
            S_bar[i*n + i] += v0;
            t8[i] = t7 / t6[i];
        }

        /* B_2[i:n, j:k] = B[i, j] / t1[i] */
        /* A_2[i:n, j:k] = A[i, j] / t3[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t3_i = t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                B_2[i*k + j] = B[i*k + j] / t1_i;
                A_2[i*k + j] = A[i*k + j] / t3_i;
            }
        }

        /* S[i:n, j:n] = t4[i, j] / tau */
        /* t9[i:n] = sum[j:n](where(S[i, j] == t5[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i];
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = t4[i*n + j] / tau;
                S[i*n + j] = v1;
                t9_sum += t5_i == v1 ? 1.0 : 0.0;
            }
            t9[i] = t9_sum;
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        B_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t10[i:n, j:n] = (S_bar[i, j] + t8[i] * exp(S[i, j] - t5[i]) + where(S[i, j] == t5[i], (t7 - t6[i] *
         *    t8[i]) / t9[i], 0)) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t8_i = t8[i];
            const double t5_i = t5[i];
            const double v1 = (t7 - t6[i] * t8_i) / t9[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double S_ij = S[i*n + j];
                t10[(i - tile_begin)*n + j] = (S_bar[i*n + j] + t8_i * exp(S_ij - t5_i) + (S_ij == t5_i ? v1 : 0.0)) / tau;
            }
        }

        /* A_bar[i:n, j:k] = sum[l:n](t10[i, l] * B_2[l, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                A_bar[(i - tile_begin)*k + j] = 0.0;
            }
            for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                const double t10_il = t10[(i - tile_begin)*n + l];
                const double t10_il1 = t10[(i - tile_begin)*n + (l + 1)];
                const double t10_il2 = t10[(i - tile_begin)*n + (l + 2)];
                const double t10_il3 = t10[(i - tile_begin)*n + (l + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    A_bar[(i - tile_begin)*k + j] += t10_il * B_2[l*k + j] + t10_il1 * B_2[(l + 1)*k + j] + t10_il2 * B_2[(l + 2)*k + j] + t10_il3 * B_2[(l + 3)*k + j];
                }
            }
            for (int64_t l = n / 4 * 4; l < n; ++l) {
                const double t10_il = t10[(i - tile_begin)*n + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    A_bar[(i - tile_begin)*k + j] += t10_il * B_2[l*k + j];
                }
            }
        }

        /* t11[i:n] = sum[j:k](A[i, j] * A_bar[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t11_sum))
            for (int64_t j = 0; j < k; ++j) {
                t11_sum += A[i*k + j] * A_bar[(i - tile_begin)*k + j];
            }
            t11[i - tile_begin] = t11_sum;
        }

        /* t12[i:n] = -(0.5 * (t11[i] / (t3[i] * t3[i])) / sqrt(t2[i])) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            t12[i - tile_begin] = -(0.5 * (t11[i - tile_begin] / (t3_i * t3_i)) / sqrt(t2[i]));
        }

        /* grad_A[i:n, j:k] = A_bar[i, j] / t3[i] + t12[i] * (2 * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            const double t12_i = t12[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = A_bar[(i - tile_begin)*k + j] / t3_i + t12_i * (2.0 * A[i*k + j]);
            }
        }

        /* B_bar[i:n, j:k] = sum[l:n](A_2[l, j] * t10[l, i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double t10_il = t10[(i - tile_begin)*n + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    B_bar[l*k + j] += A_2[i*k + j] * t10_il;
                }
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t13[i:n] = sum[j:k](B[i, j] * B_bar[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t13_sum = 0.0;
            GRADC_SIMD(reduction(+:t13_sum))
            for (int64_t j = 0; j < k; ++j) {
                t13_sum += B[i*k + j] * B_bar[i*k + j];
            }
            t13[i - tile_begin] = t13_sum;
        }

        /* t14[i:n] = -(0.5 * (t13[i] / (t1[i] * t1[i])) / sqrt(t0[i])) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            t14[i - tile_begin] = -(0.5 * (t13[i - tile_begin] / (t1_i * t1_i)) / sqrt(t0[i]));
        }

        /* grad_B[i:n, j:k] = B_bar[i, j] / t1[i] + t14[i] * (2 * B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t14_i = t14[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_B[i*k + j] = B_bar[i*k + j] / t1_i + t14_i * (2.0 * B[i*k + j]);
            }
        }
    }
    return 0;
}

size_t info_nce_value_and_grad_work(int64_t n, int64_t k)
{
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(n*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int info_nce_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                            double *restrict value, double *restrict grad_A, double *restrict grad_B,
                            void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const S = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const S_bar = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const A_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const B_bar = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)scratch;

    /* t9 = 1 / n */
    const double t9 = 1.0 / (double)n;
    for (int64_t at = 0; at < n*n; ++at) {
        S_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t2[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double A_ij = A[i*k + j];
                t0_sum += B_ij * B_ij;
                t2_sum += A_ij * A_ij;
            }
            t0[i] = t0_sum;
            t2[i] = t2_sum;
        }

        /* t1[i:n] = sqrt(t0[i]) */
        /* t3[i:n] = sqrt(t2[i]) */
        /* S_bar[:n, :n] = 0 S_bar += each[i:n](at[i, i](-t9)) */
        const double v0 = -t9;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i] = sqrt(t0[i]);
            t3[i] = sqrt(t2[i]);
            S_bar[i*n + i] += v0;
        }

        /* B_2[i:n, j:k] = B[i, j] / t1[i] */
        /* A_2[i:n, j:k] = A[i, j] / t3[i] */
        /* t4[j:k, i:n] = B_2[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t3_i = t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v1 = B[i*k + j] / t1_i;
                B_2[i*k + j] = v1;
                A_2[i*k + j] = A[i*k + j] / t3_i;
                t4[j*n + i] = v1;
            }
        }
    }
    double t8 = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        B_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[i:n, l:n] = sum[j:k](A_2[i, j] * t4[j, l]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                t5[(i - tile_begin)*n + l] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double A_2_ij = A_2[i*k + j];
                const double A_2_ij1 = A_2[i*k + (j + 1)];
                const double A_2_ij2 = A_2[i*k + (j + 2)];
                const double A_2_ij3 = A_2[i*k + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t5[(i - tile_begin)*n + l] += A_2_ij * t4[j*n + l] + A_2_ij1 * t4[(j + 1)*n + l] + A_2_ij2 * t4[(j + 2)*n + l] + A_2_ij3 * t4[(j + 3)*n + l];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double A_2_ij = A_2[i*k + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < n; ++l) {
                    t5[(i - tile_begin)*n + l] += A_2_ij * t4[j*n + l];
                }
            }
        }

        /* S[i:n, j:n] = t5[i, j] / tau */
        /* t6[i:n] = max[j:n](S[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t6_max = -INFINITY;
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = t5[(i - tile_begin)*n + j] / tau;
                S[(i - tile_begin)*n + j] = v1;
                t6_max = (v1 > t6_max || v1 != v1) ? v1 : t6_max;
            }
            t6[i - tile_begin] = t6_max;
        }

        /* t7[i:n] = sum[j:n](exp(S[i, j] - t6[i])) */
        /* t11[i:n] = sum[j:n](where(S[i, j] == t6[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t6_i = t6[i - tile_begin];
            double t7_sum = 0.0;
            double t11_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum, t11_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double S_ij = S[(i - tile_begin)*n + j];
                t7_sum += exp(S_ij - t6_i);
                t11_sum += S_ij == t6_i ? 1.0 : 0.0;
            }
            t7[i - tile_begin] = t7_sum;
            t11[i - tile_begin] = t11_sum;
        }

        /* t8 = sum[i:n](t6[i] + log(t7[i]) - S[i, i]) */
        /* t10[i:n] = t9 / t7[i] */
        double t8_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t7_i = t7[i - tile_begin];
            t8_sum += t6[i - tile_begin] + log(t7_i) - S[(i - tile_begin)*n + i];
            t10[i - tile_begin] = t9 / t7_i;
        }
        t8 += t8_sum;

        /* t12[i:n, j:n] = (S_bar[i, j] + t10[i] * exp(S[i, j] - t6[i]) + where(S[i, j] == t6[i], (t9 - t7[i] *
         *    t10[i]) / t11[i], 0)) / tau */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t10_i = t10[i - tile_begin];
            const double t6_i = t6[i - tile_begin];
            const double v1 = (t9 - t7[i - tile_begin] * t10_i) / t11[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double S_ij = S[(i - tile_begin)*n + j];
                t12[(i - tile_begin)*n + j] = (S_bar[i*n + j] + t10_i * exp(S_ij - t6_i) + (S_ij == t6_i ? v1 : 0.0)) / tau;
            }
        }

        /* A_bar[i:n, j:k] = sum[l:n](t12[i, l] * B_2[l, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                A_bar[(i - tile_begin)*k + j] = 0.0;
            }
            for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                const double t12_il = t12[(i - tile_begin)*n + l];
                const double t12_il1 = t12[(i - tile_begin)*n + (l + 1)];
                const double t12_il2 = t12[(i - tile_begin)*n + (l + 2)];
                const double t12_il3 = t12[(i - tile_begin)*n + (l + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    A_bar[(i - tile_begin)*k + j] += B_2[l*k + j] * t12_il + B_2[(l + 1)*k + j] * t12_il1 + B_2[(l + 2)*k + j] * t12_il2 + B_2[(l + 3)*k + j] * t12_il3;
                }
            }
            for (int64_t l = n / 4 * 4; l < n; ++l) {
                const double t12_il = t12[(i - tile_begin)*n + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    A_bar[(i - tile_begin)*k + j] += B_2[l*k + j] * t12_il;
                }
            }
        }

        /* t13[i:n] = sum[j:k](A[i, j] * A_bar[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t13_sum = 0.0;
            GRADC_SIMD(reduction(+:t13_sum))
            for (int64_t j = 0; j < k; ++j) {
                t13_sum += A[i*k + j] * A_bar[(i - tile_begin)*k + j];
            }
            t13[i - tile_begin] = t13_sum;
        }

        /* t14[i:n] = -(0.5 * (t13[i] / (t3[i] * t3[i])) / sqrt(t2[i])) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            t14[i - tile_begin] = -(0.5 * (t13[i - tile_begin] / (t3_i * t3_i)) / sqrt(t2[i]));
        }

        /* grad_A[i:n, j:k] = A_bar[i, j] / t3[i] + t14[i] * (2 * A[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            const double t14_i = t14[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = A_bar[(i - tile_begin)*k + j] / t3_i + t14_i * (2.0 * A[i*k + j]);
            }
        }

        /* B_bar[i:n, j:k] = sum[l:n](A_2[l, j] * t12[l, i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double t12_il = t12[(i - tile_begin)*n + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    B_bar[l*k + j] += A_2[i*k + j] * t12_il;
                }
            }
        }
    }

    /* value = t8 / n */
    *value = t8 / (double)n;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t15[i:n] = sum[j:k](B[i, j] * B_bar[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t15_sum = 0.0;
            GRADC_SIMD(reduction(+:t15_sum))
            for (int64_t j = 0; j < k; ++j) {
                t15_sum += B[i*k + j] * B_bar[i*k + j];
            }
            t15[i - tile_begin] = t15_sum;
        }

        /* t16[i:n] = -(0.5 * (t15[i] / (t1[i] * t1[i])) / sqrt(t0[i])) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            t16[i - tile_begin] = -(0.5 * (t15[i - tile_begin] / (t1_i * t1_i)) / sqrt(t0[i]));
        }

        /* grad_B[i:n, j:k] = B_bar[i, j] / t1[i] + t16[i] * (2 * B[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t16_i = t16[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_B[i*k + j] = B_bar[i*k + j] / t1_i + t16_i * (2.0 * B[i*k + j]);
            }
        }
    }
    return 0;
}
