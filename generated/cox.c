/* cox: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], time: real[n], event: real[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1[i:n, j:n] = where(time[i] <= time[j], t0[j], -inf)
 *         t2[i:n, j:1] = max[k:n](t1[i, k])
 *         t3[i:n] = sum[j:n](exp(t1[i, j] - t2[i, 0]))
 *         t4 = sum[i:n](event[i] * (t2[i, 0] + log(t3[i]) - t0[i]))
 *         t5 = sum[i:n](event[i])
 *         value = t4 / t5
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

#include "cox.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t cox_value_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int cox_value(int64_t d, int64_t n, const double *restrict w, const double *restrict X, const double *restrict time_,
              const double *restrict event, double *restrict value, void *restrict work)
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
    double t5 = 0.0;
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
        /* t1[i:n, j:n] = where(time[i] <= time[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = time_[i];
            const double v1 = t0[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[j*n + i] = time_[j] <= v0 ? v1 : -INFINITY;
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
        /* t5 = sum[i:n](event[i]) */
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5_sum += event[i];
        }
        t5 += t5_sum;
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
        /* t4 = sum[i:n](event[i] * (t2[i, 0] + log(t3[i]) - t0[i])) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += event[i] * (t2[i] + log(t3[i - tile_begin]) - t0[i]);
        }
        t4 += t4_sum;
    }
    /* value = t4 / t5 */
    const double value_ = t4 / t5;
    *value = value_;
    return 0;
}

size_t cox_forward_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n*n, sizeof(double));
}

int cox_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                const double *restrict time_, const double *restrict event, double *restrict value,
                double *restrict t0, double *restrict t2, double *restrict t3, double *restrict t5,
                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t2[at] = -INFINITY;
    }
    double t5_ = 0.0;
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
        /* t1[i:n, j:n] = where(time[i] <= time[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = time_[i];
            const double v1 = t0[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[j*n + i] = time_[j] <= v0 ? v1 : -INFINITY;
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
        /* t5 = sum[i:n](event[i]) */
        double t5__sum = 0.0;
        GRADC_SIMD(reduction(+:t5__sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5__sum += event[i];
        }
        t5_ += t5__sum;
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
        /* t4 = sum[i:n](event[i] * (t2[i, 0] + log(t3[i]) - t0[i])) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += event[i] * (t2[i] + log(t3[i]) - t0[i]);
        }
        t4 += t4_sum;
    }
    /* value = t4 / t5 */
    const double value_ = t4 / t5_;
    *value = value_;
    *t5 = t5_;
    return 0;
}

size_t cox_backward_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double));
}

int cox_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                 const double *restrict time_, const double *restrict event, const double *restrict t0,
                 const double *restrict t2, const double *restrict t3, double t5, double cotangent,
                 double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)scratch;
    /* t4 = cotangent / t5 */
    const double t4 = cotangent / t5;
    for (int64_t at = 0; at < n; ++at) {
        t9[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t1[i:n, j:n] = where(time[i] <= time[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = time_[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[i*n + j - n*tile_begin] = v0 <= time_[j] ? t0[j] : -INFINITY;
            }
        }
        /* t6[i:n] = t4 * event[i] / t3[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6[i - tile_begin] = t4 * event[i] / t3[i];
        }
        /* t7[i:n, j:1] = sum[k:n](exp(t1[i, k] - t2[i, 0])) */
        /* t8[i:n, j:1] = sum[k:n](where(t2[i, 0] == t1[i, k], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v2 = t2[i];
            for (int64_t j = 0; j < 1; ++j) {
                double t7_sum = 0.0;
                double t8_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum, t8_sum))
                for (int64_t k = 0; k < n; ++k) {
                    const double v1 = t1[i*n + k - n*tile_begin];
                    t7_sum += exp(v1 - v2);
                    t8_sum += v2 == v1 ? 1.0 : 0.0;
                }
                t7[i + j - tile_begin] = t7_sum;
                t8[i + j - tile_begin] = t8_sum;
            }
        }
        /* t9[i:n] = sum[j:n](where(time[j] <= time[i], t6[j] * exp(t1[j, i] - t2[j, 0]) + where(t2[j, 0] == t1[j, */
        /*    i], (t4 * event[j] - t7[j, 0] * t6[j]) / t8[j, 0], 0), 0)) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v3 = time_[i];
            const double v4 = t6[i - tile_begin];
            const double v6 = t2[i];
            const double v7 = (t4 * event[i] - t7[i - tile_begin] * v4) / t8[i - tile_begin];
            const double v8 = time_[(i + 1)];
            const double v9 = t6[(i + 1) - tile_begin];
            const double v11 = t2[(i + 1)];
            const double v12 = (t4 * event[(i + 1)] - t7[(i + 1) - tile_begin] * v9) / t8[(i + 1) - tile_begin];
            const double v13 = time_[(i + 2)];
            const double v14 = t6[(i + 2) - tile_begin];
            const double v16 = t2[(i + 2)];
            const double v17 = (t4 * event[(i + 2)] - t7[(i + 2) - tile_begin] * v14) / t8[(i + 2) - tile_begin];
            const double v18 = time_[(i + 3)];
            const double v19 = t6[(i + 3) - tile_begin];
            const double v21 = t2[(i + 3)];
            const double v22 = (t4 * event[(i + 3)] - t7[(i + 3) - tile_begin] * v19) / t8[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v5 = t1[i*n + j - n*tile_begin];
                const double v10 = t1[(i + 1)*n + j - n*tile_begin];
                const double v15 = t1[(i + 2)*n + j - n*tile_begin];
                const double v20 = t1[(i + 3)*n + j - n*tile_begin];
                t9[j] += (v3 <= time_[j] ? v4 * exp(v5 - v6) + (v6 == v5 ? v7 : 0.0) : 0.0) + (v8 <= time_[j] ? v9 * exp(v10 - v11) + (v11 == v10 ? v12 : 0.0) : 0.0) + (v13 <= time_[j] ? v14 * exp(v15 - v16) + (v16 == v15 ? v17 : 0.0) : 0.0) + (v18 <= time_[j] ? v19 * exp(v20 - v21) + (v21 == v20 ? v22 : 0.0) : 0.0);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v3 = time_[i];
            const double v4 = t6[i - tile_begin];
            const double v6 = t2[i];
            const double v7 = (t4 * event[i] - t7[i - tile_begin] * v4) / t8[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v5 = t1[i*n + j - n*tile_begin];
                t9[j] += v3 <= time_[j] ? v4 * exp(v5 - v6) + (v6 == v5 ? v7 : 0.0) : 0.0;
            }
        }
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    /* grad_w[j:d] = sum[i:n](X[i, j] * (t9[i] - t4 * event[i])) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v23 = t9[i] - t4 * event[i];
        const double v24 = t9[(i + 1)] - t4 * event[(i + 1)];
        const double v25 = t9[(i + 2)] - t4 * event[(i + 2)];
        const double v26 = t9[(i + 3)] - t4 * event[(i + 3)];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v23 + X[(i + 1)*d + j] * v24 + X[(i + 2)*d + j] * v25 + X[(i + 3)*d + j] * v26;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v23 = t9[i] - t4 * event[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v23;
        }
    }
    return 0;
}

size_t cox_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double));
}

int cox_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                       const double *restrict time_, const double *restrict event, double *restrict value,
                       double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t10 = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t2[at] = -INFINITY;
    }
    double t5 = 0.0;
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
        /* t1[i:n, j:n] = where(time[i] <= time[j], t0[j], -inf) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = time_[i];
            const double v1 = t0[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1[j*n + i] = time_[j] <= v0 ? v1 : -INFINITY;
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
        /* t5 = sum[i:n](event[i]) */
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5_sum += event[i];
        }
        t5 += t5_sum;
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
        /* t4 = sum[i:n](event[i] * (t2[i, 0] + log(t3[i]) - t0[i])) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += event[i] * (t2[i] + log(t3[i]) - t0[i]);
        }
        t4 += t4_sum;
        /* t8[i:n, j:1] = sum[k:n](exp(t1[i, k] - t2[i, 0])) */
        /* t9[i:n, j:1] = sum[k:n](where(t1[i, k] == t2[i, 0], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v5 = t2[i];
            for (int64_t j = 0; j < 1; ++j) {
                double t8_sum = 0.0;
                double t9_sum = 0.0;
                GRADC_SIMD(reduction(+:t8_sum, t9_sum))
                for (int64_t k = 0; k < n; ++k) {
                    const double v4 = t1[i*n + k];
                    t8_sum += exp(v4 - v5);
                    t9_sum += v5 == v4 ? 1.0 : 0.0;
                }
                t8[i + j] = t8_sum;
                t9[i + j] = t9_sum;
            }
        }
    }
    /* value = t4 / t5 */
    /* t6 = 1 / t5 */
    const double value_ = t4 / t5;
    const double t6 = 1.0 / t5;
    for (int64_t at = 0; at < n; ++at) {
        t10[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t7[i:n] = t6 * event[i] / t3[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = t6 * event[i] / t3[i];
        }
        /* t10[i:n] = sum[j:n](where(time[j] <= time[i], t7[j] * exp(t1[j, i] - t2[j, 0]) + where(t1[j, i] == t2[j, */
        /*    0], (t6 * event[j] - t8[j, 0] * t7[j]) / t9[j, 0], 0), 0)) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v6 = time_[i];
            const double v7 = t7[i - tile_begin];
            const double v9 = t2[i];
            const double v10 = (t6 * event[i] - t8[i] * v7) / t9[i];
            const double v11 = time_[(i + 1)];
            const double v12 = t7[(i + 1) - tile_begin];
            const double v14 = t2[(i + 1)];
            const double v15 = (t6 * event[(i + 1)] - t8[(i + 1)] * v12) / t9[(i + 1)];
            const double v16 = time_[(i + 2)];
            const double v17 = t7[(i + 2) - tile_begin];
            const double v19 = t2[(i + 2)];
            const double v20 = (t6 * event[(i + 2)] - t8[(i + 2)] * v17) / t9[(i + 2)];
            const double v21 = time_[(i + 3)];
            const double v22 = t7[(i + 3) - tile_begin];
            const double v24 = t2[(i + 3)];
            const double v25 = (t6 * event[(i + 3)] - t8[(i + 3)] * v22) / t9[(i + 3)];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v8 = t1[i*n + j];
                const double v13 = t1[(i + 1)*n + j];
                const double v18 = t1[(i + 2)*n + j];
                const double v23 = t1[(i + 3)*n + j];
                t10[j] += (v6 <= time_[j] ? v7 * exp(v8 - v9) + (v8 == v9 ? v10 : 0.0) : 0.0) + (v11 <= time_[j] ? v12 * exp(v13 - v14) + (v13 == v14 ? v15 : 0.0) : 0.0) + (v16 <= time_[j] ? v17 * exp(v18 - v19) + (v18 == v19 ? v20 : 0.0) : 0.0) + (v21 <= time_[j] ? v22 * exp(v23 - v24) + (v23 == v24 ? v25 : 0.0) : 0.0);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v6 = time_[i];
            const double v7 = t7[i - tile_begin];
            const double v9 = t2[i];
            const double v10 = (t6 * event[i] - t8[i] * v7) / t9[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v8 = t1[i*n + j];
                t10[j] += v6 <= time_[j] ? v7 * exp(v8 - v9) + (v8 == v9 ? v10 : 0.0) : 0.0;
            }
        }
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    /* grad_w[j:d] = sum[i:n](X[i, j] * (t10[i] - t6 * event[i])) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v26 = t10[i] - t6 * event[i];
        const double v27 = t10[(i + 1)] - t6 * event[(i + 1)];
        const double v28 = t10[(i + 2)] - t6 * event[(i + 2)];
        const double v29 = t10[(i + 3)] - t6 * event[(i + 3)];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v26 + X[(i + 1)*d + j] * v27 + X[(i + 2)*d + j] * v28 + X[(i + 3)*d + j] * v29;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v26 = t10[i] - t6 * event[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[d*i + j] * v26;
        }
    }
    *value = value_;
    return 0;
}
