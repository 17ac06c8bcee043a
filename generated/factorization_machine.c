/* factorization_machine: the loss, and its derivatives.
 *
 *     def program(b: real, w: real[d], V: real[d, k], X: real[n, d], y: real[n]):
 *         t0[l:n] = sum[i:d](X[l, i] * w[i])
 *         t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i])
 *         t2[i:d, j:k] = V[i, j] ** 2
 *         t3[l:n, i:d] = X[l, i] ** 2
 *         t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i])
 *         t5[l:n] = sum[j:k](t1[l, j] ** 2 - t4[l, j])
 *         t6 = sum[l:n](logaddexp(0, -(y[l] * (b + t0[l] + 0.5 * t5[l]))))
 *         value = t6 / n
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

#include "factorization_machine.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t factorization_machine_value_work(int64_t d, int64_t k, int64_t n)
{
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int factorization_machine_value(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                const double *restrict V, const double *restrict X, const double *restrict y,
                                double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t0_sum += X_li * w[i];
                t3[l*d + i] = X_li * X_li;
            }
            t0[l] = t0_sum;
        }

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t1[l*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t1[l*k + j] += V[i*k + j] * X_li + V[(i + 1)*k + j] * X_li1 + V[(i + 2)*k + j] * X_li2 + V[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t1[l*k + j] += V[i*k + j] * X_li;
                }
            }
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t2[i:d, j:k] = V[i, j] * V[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double V_ij = V[i*k + j];
                t2[(i - tile_begin)*k + j] = V_ij * V_ij;
            }
        }

        /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double t3_li = t3[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t4[l*k + j] += t2[(i - tile_begin)*k + j] * t3_li;
                }
            }
        }
    }
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t1_lj = t1[l*k + j];
                t5_sum += t1_lj * t1_lj - t4[l*k + j];
            }
            t5[l - tile_begin] = t5_sum;
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p(exp(-abs(s0)))))) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = y[l] * (b + t0[l] + 0.5 * t5[l - tile_begin]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            t6_sum += v2;
        }
        t6 += t6_sum;
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    return 0;
}

size_t factorization_machine_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(k*n, sizeof(double));
}

int factorization_machine_forward(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                  const double *restrict V, const double *restrict X, const double *restrict y,
                                  double *restrict value, double *restrict t0, double *restrict t1,
                                  double *restrict t3, double *restrict t5, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t0_sum += X_li * w[i];
                t3[l*d + i] = X_li * X_li;
            }
            t0[l] = t0_sum;
        }

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t1[l*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t1[l*k + j] += V[i*k + j] * X_li + V[(i + 1)*k + j] * X_li1 + V[(i + 2)*k + j] * X_li2 + V[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t1[l*k + j] += V[i*k + j] * X_li;
                }
            }
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t2[i:d, j:k] = V[i, j] * V[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double V_ij = V[i*k + j];
                t2[(i - tile_begin)*k + j] = V_ij * V_ij;
            }
        }

        /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double t3_li = t3[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t4[l*k + j] += t2[(i - tile_begin)*k + j] * t3_li;
                }
            }
        }
    }
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t1_lj = t1[l*k + j];
                t5_sum += t1_lj * t1_lj - t4[l*k + j];
            }
            t5[l] = t5_sum;
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p(exp(-abs(s0)))))) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = y[l] * (b + t0[l] + 0.5 * t5[l]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            t6_sum += v2;
        }
        t6 += t6_sum;
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    return 0;
}

size_t factorization_machine_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double));
}

int factorization_machine_backward(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                   const double *restrict V, const double *restrict X, const double *restrict y,
                                   const double *restrict t0, const double *restrict t1, const double *restrict t3,
                                   const double *restrict t5, double cotangent, double *restrict grad_b,
                                   double *restrict grad_w, double *restrict grad_V, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t9 = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    double t4 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t9[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t4 = sum[l:n](let(s0 := y[l] * (0.5 * t5[l] + (b + t0[l])), s1 := -s0, y[l] * exp(-(s0 + where(0 == s1,
         *    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0)))))))) */
        /* t6[l:n] = let(s0 := y[l] * (0.5 * t5[l] + (b + t0[l])), s1 := -s0, -(y[l] * (t2 * exp(-(s0 + where(0 ==
         *    s1, 0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0))))))))) */
        /* t7[l:n] = let(s0 := y[l] * (0.5 * t5[l] + (b + t0[l])), s1 := -s0, -(0.5 * (y[l] * (t2 * exp(-(s0 +
         *    where(0 == s1, 0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0)))))))))) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double y_l = y[l];
            const double v0 = y_l * (0.5 * t5[l] + (b + t0[l]));
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            const double v3 = exp(-(v0 + v2));
            const double v4 = y_l * (t2 * v3);
            t4_sum += y_l * v3;
            t6[l - tile_begin] = -v4;
            t7[l - tile_begin] = -(0.5 * v4);
        }
        t4 += t4_sum;

        /* grad_w[i:d] = sum[l:n](X[l, i] * t6[l]) */
        for (int64_t l = tile_begin; l < tile_end / 4 * 4; l += 4) {
            const double t6_l = t6[l - tile_begin];
            const double t6_l1 = t6[(l + 1) - tile_begin];
            const double t6_l2 = t6[(l + 2) - tile_begin];
            const double t6_l3 = t6[(l + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                grad_w[i] += X[l*d + i] * t6_l + X[(l + 1)*d + i] * t6_l1 + X[(l + 2)*d + i] * t6_l2 + X[(l + 3)*d + i] * t6_l3;
            }
        }
        for (int64_t l = tile_end / 4 * 4; l < tile_end; ++l) {
            const double t6_l = t6[l - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                grad_w[i] += X[l*d + i] * t6_l;
            }
        }

        /* t8[i:d, j:k] = sum[l:n](X[l, i] * (t7[l] * (2 * t1[l, j]))) */
        /* t9[i:d, j:k] = sum[l:n](t3[l, i] * t7[l]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t7_l = t7[l - tile_begin];
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                const double v0 = t3[l*d + i] * t7_l;
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t8[i*k + j] += X_li * (t7_l * (2.0 * t1[l*k + j]));
                    t9[i*k + j] += v0;
                }
            }
        }
    }

    /* grad_b = -(t2 * t4) */
    *grad_b = -(t4 * t2);

    /* grad_V[i:d, j:k] = t8[i, j] - t9[i, j] * (2 * V[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[i*k + j] = t8[i*k + j] - t9[i*k + j] * (2.0 * V[i*k + j]);
        }
    }
    return 0;
}

size_t factorization_machine_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double));
}

int factorization_machine_value_and_grad(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                         const double *restrict V, const double *restrict X, const double *restrict y,
                                         double *restrict value, double *restrict grad_b, double *restrict grad_w,
                                         double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t12 = (void *)scratch;

    /* t8 = 1 / n */
    const double t8 = 1.0 / (double)n;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t0_sum += X_li * w[i];
                t3[l*d + i] = X_li * X_li;
            }
            t0[l] = t0_sum;
        }

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t j = 0; j < k; ++j) {
                t1[l*k + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_li = X[l*d + i];
                const double X_li1 = X[l*d + (i + 1)];
                const double X_li2 = X[l*d + (i + 2)];
                const double X_li3 = X[l*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t1[l*k + j] += V[i*k + j] * X_li + V[(i + 1)*k + j] * X_li1 + V[(i + 2)*k + j] * X_li2 + V[(i + 3)*k + j] * X_li3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_li = X[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t1[l*k + j] += V[i*k + j] * X_li;
                }
            }
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t2[i:d, j:k] = V[i, j] * V[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double V_ij = V[i*k + j];
                t2[(i - tile_begin)*k + j] = V_ij * V_ij;
            }
        }

        /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t l = 0; l < n; ++l) {
                const double t3_li = t3[l*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t4[l*k + j] += t2[(i - tile_begin)*k + j] * t3_li;
                }
            }
        }
    }
    double t6 = 0.0;
    double t7 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t11[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t12[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double t1_lj = t1[l*k + j];
                t5_sum += t1_lj * t1_lj - t4[l*k + j];
            }
            t5[l - tile_begin] = t5_sum;
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p(exp(-abs(s0)))))) */
        /* t7 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, y[l] * exp(-(s0 + where(0 == s1,
         *    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0)))))))) */
        /* t9[l:n] = let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, -(y[l] * (t8 * exp(-(s0 + where(0 ==
         *    s1, 0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0))))))))) */
        /* t10[l:n] = let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, -(0.5 * (y[l] * (t8 * exp(-(s0 +
         *    where(0 == s1, 0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s0)))))))))) */
        double t6_sum = 0.0;
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum, t7_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double y_l = y[l];
            const double v0 = y_l * (b + t0[l] + 0.5 * t5[l - tile_begin]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + log1p(exp(-fabs(v0)));
            const double v3 = exp(-(v0 + v2));
            const double v4 = y_l * (t8 * v3);
            t6_sum += v2;
            t7_sum += y_l * v3;
            t9[l - tile_begin] = -v4;
            t10[l - tile_begin] = -(0.5 * v4);
        }
        t6 += t6_sum;
        t7 += t7_sum;

        /* grad_w[i:d] = sum[l:n](X[l, i] * t9[l]) */
        for (int64_t l = tile_begin; l < tile_end / 4 * 4; l += 4) {
            const double t9_l = t9[l - tile_begin];
            const double t9_l1 = t9[(l + 1) - tile_begin];
            const double t9_l2 = t9[(l + 2) - tile_begin];
            const double t9_l3 = t9[(l + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                grad_w[i] += X[l*d + i] * t9_l + X[(l + 1)*d + i] * t9_l1 + X[(l + 2)*d + i] * t9_l2 + X[(l + 3)*d + i] * t9_l3;
            }
        }
        for (int64_t l = tile_end / 4 * 4; l < tile_end; ++l) {
            const double t9_l = t9[l - tile_begin];
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                grad_w[i] += X[l*d + i] * t9_l;
            }
        }

        /* t11[i:d, j:k] = sum[l:n](X[l, i] * (t10[l] * (2 * t1[l, j]))) */
        /* t12[i:d, j:k] = sum[l:n](t3[l, i] * t10[l]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t10_l = t10[l - tile_begin];
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                const double v0 = t3[l*d + i] * t10_l;
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    t11[i*k + j] += X_li * (t10_l * (2.0 * t1[l*k + j]));
                    t12[i*k + j] += v0;
                }
            }
        }
    }

    /* value = t6 / n */
    /* grad_b = -(t7 * t8) */
    *value = t6 / (double)n;
    *grad_b = -(t8 * t7);

    /* grad_V[i:d, j:k] = t11[i, j] - t12[i, j] * (2 * V[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[i*k + j] = t11[i*k + j] - t12[i*k + j] * (2.0 * V[i*k + j]);
        }
    }
    return 0;
}
