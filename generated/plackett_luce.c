/* plackett_luce: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], place: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1[i:n, j:n] = where(place[i] <= place[j], t0[j], -inf)
 *         t2[i:n, j:1] = max[k:n](t1[i, k])
 *         t3[i:n] = sum[j:n](exp(t1[i, j] - t2[i, 0]))
 *         t4 = sum[i:n](t2[i, 0] + log(t3[i]) - t0[i])
 *         value = t4 / n
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

#include "plackett_luce.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t plackett_luce_value_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int plackett_luce_value(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                        const double *restrict place, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t2[at] = -INFINITY;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t1[i:n, j:n] = where(place[i] <= place[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = place[i];
            const double v1 = t0[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[j*n + i] = place[j] <= v0 ? v1 : -INFINITY;
            }
        }
        /* t2[i:n, j:1] = max[k:n](t1[i, k]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 1; ++j) {
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v2 = t1[k*n + i];
                    t2[j + k] = (v2 > t2[j + k] || v2 != v2) ? v2 : t2[j + k];
                }
            }
        }
    }
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[i:n] = sum[j:n](exp(t1[i, j] - t2[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v3 = t2[i];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < n; ++j) {
                t3_sum += exp(t1[i*n + j] - v3);
            }
            t3[i - tile_begin] = t3_sum;
        }
        /* t4 = sum[i:n](t2[i, 0] + log(t3[i]) - t0[i]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += t2[i] + log(t3[i - tile_begin]) - t0[i];
        }
        t4 += t4_sum;
    }
    /* value = t4 / n */
    const double value_ = t4 / (double)n;
    *value = value_;
    return 0;
}

size_t plackett_luce_forward_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n*n, sizeof(double));
}

int plackett_luce_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                          const double *restrict place, double *restrict value, double *restrict t0,
                          double *restrict t2, double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t2[at] = -INFINITY;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t1[i:n, j:n] = where(place[i] <= place[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = place[i];
            const double v1 = t0[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[j*n + i] = place[j] <= v0 ? v1 : -INFINITY;
            }
        }
        /* t2[i:n, j:1] = max[k:n](t1[i, k]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 1; ++j) {
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v2 = t1[k*n + i];
                    t2[j + k] = (v2 > t2[j + k] || v2 != v2) ? v2 : t2[j + k];
                }
            }
        }
    }
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[i:n] = sum[j:n](exp(t1[i, j] - t2[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v3 = t2[i];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < n; ++j) {
                t3_sum += exp(t1[i*n + j] - v3);
            }
            t3[i] = t3_sum;
        }
        /* t4 = sum[i:n](t2[i, 0] + log(t3[i]) - t0[i]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += t2[i] + log(t3[i]) - t0[i];
        }
        t4 += t4_sum;
    }
    /* value = t4 / n */
    const double value_ = t4 / (double)n;
    *value = value_;
    return 0;
}

size_t plackett_luce_backward_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double));
}

int plackett_luce_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                           const double *restrict place, const double *restrict t0, const double *restrict t2,
                           const double *restrict t3, double cotangent, double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    /* t4 = cotangent / n */
    const double t4 = cotangent / (double)n;
    for (int64_t at = 0; at < n; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t1[i:n, j:n] = where(place[i] <= place[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = place[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[i*n + j - n*tile_begin] = v0 <= place[j] ? t0[j] : -INFINITY;
            }
        }
        /* t5[i:n] = t4 / t3[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = t4 / t3[i];
        }
        /* t6[i:n, j:1] = sum[k:n](exp(t1[i, k] - t2[i, 0])) */
        /* t7[i:n, j:1] = sum[k:n](where(t2[i, 0] == t1[i, k], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t2[i];
            for (int64_t j = 0; j < 1; ++j) {
                double t6_sum = 0.0;
                double t7_sum = 0.0;
                GRADC_SIMD(reduction(+:t6_sum, t7_sum))
                for (int64_t k = 0; k < n; ++k) {
                    const double v1 = t1[i*n + k - n*tile_begin];
                    t6_sum += exp(v1 - v2);
                    t7_sum += v2 == v1 ? 1.0 : 0.0;
                }
                t6[i + j - tile_begin] = t6_sum;
                t7[i + j - tile_begin] = t7_sum;
            }
        }
        /* t8[i:n] = sum[j:n](where(place[j] <= place[i], t5[j] * exp(t1[j, i] - t2[j, 0]) + where(t2[j, 0] == */
        /*    t1[j, i], (t4 - t6[j, 0] * t5[j]) / t7[j, 0], 0), 0)) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v3 = place[i];
            const double v4 = t5[i - tile_begin];
            const double v6 = t2[i];
            const double v7 = (t4 - t6[i - tile_begin] * v4) / t7[i - tile_begin];
            const double v8 = place[(i + 1)];
            const double v9 = t5[(i + 1) - tile_begin];
            const double v11 = t2[(i + 1)];
            const double v12 = (t4 - t6[(i + 1) - tile_begin] * v9) / t7[(i + 1) - tile_begin];
            const double v13 = place[(i + 2)];
            const double v14 = t5[(i + 2) - tile_begin];
            const double v16 = t2[(i + 2)];
            const double v17 = (t4 - t6[(i + 2) - tile_begin] * v14) / t7[(i + 2) - tile_begin];
            const double v18 = place[(i + 3)];
            const double v19 = t5[(i + 3) - tile_begin];
            const double v21 = t2[(i + 3)];
            const double v22 = (t4 - t6[(i + 3) - tile_begin] * v19) / t7[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v5 = t1[i*n + j - n*tile_begin];
                const double v10 = t1[(i + 1)*n + j - n*tile_begin];
                const double v15 = t1[(i + 2)*n + j - n*tile_begin];
                const double v20 = t1[(i + 3)*n + j - n*tile_begin];
                t8[j] += (v3 <= place[j] ? v4 * exp(v5 - v6) + (v6 == v5 ? v7 : 0.0) : 0.0) + (v8 <= place[j] ? v9 * exp(v10 - v11) + (v11 == v10 ? v12 : 0.0) : 0.0) + (v13 <= place[j] ? v14 * exp(v15 - v16) + (v16 == v15 ? v17 : 0.0) : 0.0) + (v18 <= place[j] ? v19 * exp(v20 - v21) + (v21 == v20 ? v22 : 0.0) : 0.0);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v3 = place[i];
            const double v4 = t5[i - tile_begin];
            const double v6 = t2[i];
            const double v7 = (t4 - t6[i - tile_begin] * v4) / t7[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v5 = t1[i*n + j - n*tile_begin];
                t8[j] += v3 <= place[j] ? v4 * exp(v5 - v6) + (v6 == v5 ? v7 : 0.0) : 0.0;
            }
        }
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    /* grad_w[j:d] = sum[i:n](X[i, j] * (t8[i] - t4)) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v23 = t8[i] - t4;
        const double v24 = t8[(i + 1)] - t4;
        const double v25 = t8[(i + 2)] - t4;
        const double v26 = t8[(i + 3)] - t4;
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v23 + X[(i + 1)*d + j] * v24 + X[(i + 2)*d + j] * v25 + X[(i + 3)*d + j] * v26;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v23 = t8[i] - t4;
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v23;
        }
    }
    return 0;
}

size_t plackett_luce_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double));
}

int plackett_luce_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                                 const double *restrict place, double *restrict value, double *restrict grad_w,
                                 void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    /* t5 = 1 / n */
    const double t5 = 1.0 / (double)n;
    for (int64_t at = 0; at < n; ++at) {
        t2[at] = -INFINITY;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < d; ++j) {
                t0_sum += X[d*i + j] * w[j];
            }
            t0[i] = t0_sum;
        }
        /* t1[i:n, j:n] = where(place[i] <= place[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = place[i];
            const double v1 = t0[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[j*n + i] = place[j] <= v0 ? v1 : -INFINITY;
            }
        }
        /* t2[i:n, j:1] = max[k:n](t1[i, k]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 1; ++j) {
                GRADC_SIMD()
                for (int64_t k = 0; k < n; ++k) {
                    const double v2 = t1[k*n + i];
                    t2[j + k] = (v2 > t2[j + k] || v2 != v2) ? v2 : t2[j + k];
                }
            }
        }
    }
    double t4 = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        t9[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[i:n] = sum[j:n](exp(t1[i, j] - t2[i, 0])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v3 = t2[i];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < n; ++j) {
                t3_sum += exp(t1[i*n + j] - v3);
            }
            t3[i - tile_begin] = t3_sum;
        }
        /* t4 = sum[i:n](t2[i, 0] + log(t3[i]) - t0[i]) */
        /* t6[i:n] = t5 / t3[i] */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v4 = t3[i - tile_begin];
            t4_sum += t2[i] + log(v4) - t0[i];
            t6[i - tile_begin] = t5 / v4;
        }
        t4 += t4_sum;
        /* t7[i:n, j:1] = sum[k:n](exp(t1[i, k] - t2[i, 0])) */
        /* t8[i:n, j:1] = sum[k:n](where(t1[i, k] == t2[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v6 = t2[i];
            for (int64_t j = 0; j < 1; ++j) {
                double t7_sum = 0.0;
                double t8_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum, t8_sum))
                for (int64_t k = 0; k < n; ++k) {
                    const double v5 = t1[i*n + k];
                    t7_sum += exp(v5 - v6);
                    t8_sum += v5 == v6 ? 1.0 : 0.0;
                }
                t7[i + j - tile_begin] = t7_sum;
                t8[i + j - tile_begin] = t8_sum;
            }
        }
        /* t9[i:n] = sum[j:n](where(place[j] <= place[i], t6[j] * exp(t1[j, i] - t2[j, 0]) + where(t1[j, i] == */
        /*    t2[j, 0], (t5 - t7[j, 0] * t6[j]) / t8[j, 0], 0), 0)) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v7 = place[i];
            const double v8 = t6[i - tile_begin];
            const double v10 = t2[i];
            const double v11 = (t5 - t7[i - tile_begin] * v8) / t8[i - tile_begin];
            const double v12 = place[(i + 1)];
            const double v13 = t6[(i + 1) - tile_begin];
            const double v15 = t2[(i + 1)];
            const double v16 = (t5 - t7[(i + 1) - tile_begin] * v13) / t8[(i + 1) - tile_begin];
            const double v17 = place[(i + 2)];
            const double v18 = t6[(i + 2) - tile_begin];
            const double v20 = t2[(i + 2)];
            const double v21 = (t5 - t7[(i + 2) - tile_begin] * v18) / t8[(i + 2) - tile_begin];
            const double v22 = place[(i + 3)];
            const double v23 = t6[(i + 3) - tile_begin];
            const double v25 = t2[(i + 3)];
            const double v26 = (t5 - t7[(i + 3) - tile_begin] * v23) / t8[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v9 = t1[i*n + j];
                const double v14 = t1[(i + 1)*n + j];
                const double v19 = t1[(i + 2)*n + j];
                const double v24 = t1[(i + 3)*n + j];
                t9[j] += (v7 <= place[j] ? v8 * exp(v9 - v10) + (v9 == v10 ? v11 : 0.0) : 0.0) + (v12 <= place[j] ? v13 * exp(v14 - v15) + (v14 == v15 ? v16 : 0.0) : 0.0) + (v17 <= place[j] ? v18 * exp(v19 - v20) + (v19 == v20 ? v21 : 0.0) : 0.0) + (v22 <= place[j] ? v23 * exp(v24 - v25) + (v24 == v25 ? v26 : 0.0) : 0.0);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v7 = place[i];
            const double v8 = t6[i - tile_begin];
            const double v10 = t2[i];
            const double v11 = (t5 - t7[i - tile_begin] * v8) / t8[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v9 = t1[i*n + j];
                t9[j] += v7 <= place[j] ? v8 * exp(v9 - v10) + (v9 == v10 ? v11 : 0.0) : 0.0;
            }
        }
    }
    /* value = t4 / n */
    const double value_ = t4 / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    /* grad_w[j:d] = sum[i:n](X[i, j] * (t9[i] - t5)) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v27 = t9[i] - t5;
        const double v28 = t9[(i + 1)] - t5;
        const double v29 = t9[(i + 2)] - t5;
        const double v30 = t9[(i + 3)] - t5;
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v27 + X[(i + 1)*d + j] * v28 + X[(i + 2)*d + j] * v29 + X[(i + 3)*d + j] * v30;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v27 = t9[i] - t5;
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v27;
        }
    }
    *value = value_;
    return 0;
}
