/* cox: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], time: real[n], event: real[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0[i:n, j:n] = where(time[i] <= time[j], z[j], -inf)
 *         t1[i:n] = max[j:n](t0[i, j])
 *         t2[i:n] = sum[j:n](exp(t0[i, j] - t1[i]))
 *         t3 = sum[i:n](event[i] * (t1[i] + log(t2[i]) - z[i]))
 *         t4 = sum[i:n](event[i])
 *         value = t3 / t4
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

size_t cox_value_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(n*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int cox_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict time_,
              const double *restrict event, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = -INFINITY;
    }
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double z_sum = 0.0;
            GRADC_SIMD(reduction(+:z_sum))
            for (int64_t j = 0; j < d; ++j) {
                z_sum += X[i*d + j] * w[j];
            }
            z[i] = z_sum;
        }

        /* t0[i:n, j:n] = where(time[i] <= time[j], z[j], -inf) */
        /* t1[i:n] = max[j:n](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double time__i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = time_[j] <= time__i ? z_i : -INFINITY;
                t0[j*n + i] = v0;
                t1[j] = (v0 > t1[j] || v0 != v0) ? v0 : t1[j];
            }
        }

        /* t4 = sum[i:n](event[i]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += event[i];
        }
        t4 += t4_sum;
    }
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[i:n] = sum[j:n](exp(t0[i, j] - t1[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < n; ++j) {
                t2_sum += exp(t0[i*n + j] - t1_i);
            }
            t2[i - tile_begin] = t2_sum;
        }

        /* t3 = sum[i:n](event[i] * (t1[i] + log(t2[i]) - z[i])) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_sum += event[i] * (t1[i] + log(t2[i - tile_begin]) - z[i]);
        }
        t3 += t3_sum;
    }

    /* value = t3 / t4 */
    *value = t3 / t4;
    return 0;
}

size_t cox_forward_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n*n, sizeof(double));
}

int cox_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                const double *restrict time_, const double *restrict event, double *restrict value,
                double *restrict z, double *restrict t1, double *restrict t2, double *restrict t4,
                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = -INFINITY;
    }
    double t4_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double z_sum = 0.0;
            GRADC_SIMD(reduction(+:z_sum))
            for (int64_t j = 0; j < d; ++j) {
                z_sum += X[i*d + j] * w[j];
            }
            z[i] = z_sum;
        }

        /* t0[i:n, j:n] = where(time[i] <= time[j], z[j], -inf) */
        /* t1[i:n] = max[j:n](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double time__i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = time_[j] <= time__i ? z_i : -INFINITY;
                t0[j*n + i] = v0;
                t1[j] = (v0 > t1[j] || v0 != v0) ? v0 : t1[j];
            }
        }

        /* t4 = sum[i:n](event[i]) */
        double t4__sum = 0.0;
        GRADC_SIMD(reduction(+:t4__sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4__sum += event[i];
        }
        t4_ += t4__sum;
    }
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[i:n] = sum[j:n](exp(t0[i, j] - t1[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < n; ++j) {
                t2_sum += exp(t0[i*n + j] - t1_i);
            }
            t2[i] = t2_sum;
        }

        /* t3 = sum[i:n](event[i] * (t1[i] + log(t2[i]) - z[i])) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_sum += event[i] * (t1[i] + log(t2[i]) - z[i]);
        }
        t3 += t3_sum;
    }

    /* value = t3 / t4 */
    *value = t3 / t4_;
    *t4 = t4_;
    return 0;
}

size_t cox_backward_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(128*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(n, sizeof(double));
}

int cox_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                 const double *restrict time_, const double *restrict event, const double *restrict z,
                 const double *restrict t1, const double *restrict t2, double t4, double cotangent,
                 double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const z_bar = (void *)scratch;

    /* t3 = cotangent / t4 */
    const double t3 = cotangent / t4;
    for (int64_t at = 0; at < n; ++at) {
        z_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[i:n, j:n] = where(time[i] <= time[j], z[j], -inf) */
        /* t6[i:n] = sum[j:n](where(t0[i, j] == t1[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double time__i = time_[i];
            const double t1_i = t1[i];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = time__i <= time_[j] ? z[j] : -INFINITY;
                t0[(i - tile_begin)*n + j] = v0;
                t6_sum += t1_i == v0 ? 1.0 : 0.0;
            }
            t6[i - tile_begin] = t6_sum;
        }

        /* t5[i:n] = t3 * event[i] / t2[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = t3 * event[i] / t2[i];
        }

        /* z_bar[i:n] = sum[j:n](where(time[j] <= time[i], t5[j] * exp(t0[j, i] - t1[j]) + where(t0[j, i] == t1[j],
         *    (t3 * event[j] - t2[j] * t5[j]) / t6[j], 0), 0)) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double time__i = time_[i];
            const double t5_i = t5[i - tile_begin];
            const double t1_i = t1[i];
            const double v0 = (t3 * event[i] - t2[i] * t5_i) / t6[i - tile_begin];
            const double time__i1 = time_[(i + 1)];
            const double t5_i1 = t5[(i + 1) - tile_begin];
            const double t1_i1 = t1[(i + 1)];
            const double v1 = (t3 * event[(i + 1)] - t2[(i + 1)] * t5_i1) / t6[(i + 1) - tile_begin];
            const double time__i2 = time_[(i + 2)];
            const double t5_i2 = t5[(i + 2) - tile_begin];
            const double t1_i2 = t1[(i + 2)];
            const double v2 = (t3 * event[(i + 2)] - t2[(i + 2)] * t5_i2) / t6[(i + 2) - tile_begin];
            const double time__i3 = time_[(i + 3)];
            const double t5_i3 = t5[(i + 3) - tile_begin];
            const double t1_i3 = t1[(i + 3)];
            const double v3 = (t3 * event[(i + 3)] - t2[(i + 3)] * t5_i3) / t6[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[(i - tile_begin)*n + j];
                const double t0_i1j = t0[((i + 1) - tile_begin)*n + j];
                const double t0_i2j = t0[((i + 2) - tile_begin)*n + j];
                const double t0_i3j = t0[((i + 3) - tile_begin)*n + j];
                z_bar[j] += (time__i <= time_[j] ? t5_i * exp(t0_ij - t1_i) + (t0_ij == t1_i ? v0 : 0.0) : 0.0) + (time__i1 <= time_[j] ? t5_i1 * exp(t0_i1j - t1_i1) + (t0_i1j == t1_i1 ? v1 : 0.0) : 0.0) + (time__i2 <= time_[j] ? t5_i2 * exp(t0_i2j - t1_i2) + (t0_i2j == t1_i2 ? v2 : 0.0) : 0.0) + (time__i3 <= time_[j] ? t5_i3 * exp(t0_i3j - t1_i3) + (t0_i3j == t1_i3 ? v3 : 0.0) : 0.0);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double time__i = time_[i];
            const double t5_i = t5[i - tile_begin];
            const double t1_i = t1[i];
            const double v0 = (t3 * event[i] - t2[i] * t5_i) / t6[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[(i - tile_begin)*n + j];
                z_bar[j] += time__i <= time_[j] ? t5_i * exp(t0_ij - t1_i) + (t0_ij == t1_i ? v0 : 0.0) : 0.0;
            }
        }
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }

    /* grad_w[j:d] = sum[i:n](X[i, j] * (z_bar[i] - t3 * event[i])) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v0 = z_bar[i] - t3 * event[i];
        const double v1 = z_bar[(i + 1)] - t3 * event[(i + 1)];
        const double v2 = z_bar[(i + 2)] - t3 * event[(i + 2)];
        const double v3 = z_bar[(i + 3)] - t3 * event[(i + 3)];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v0 = z_bar[i] - t3 * event[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[i*d + j] * v0;
        }
    }
    return 0;
}

size_t cox_value_and_grad_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(n*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double));
}

int cox_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict time_, const double *restrict event, double *restrict value,
                       double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const z_bar = (void *)scratch;
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = -INFINITY;
    }
    double t4 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double z_sum = 0.0;
            GRADC_SIMD(reduction(+:z_sum))
            for (int64_t j = 0; j < d; ++j) {
                z_sum += X[i*d + j] * w[j];
            }
            z[i] = z_sum;
        }

        /* t0[i:n, j:n] = where(time[i] <= time[j], z[j], -inf) */
        /* t1[i:n] = max[j:n](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double time__i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = time_[j] <= time__i ? z_i : -INFINITY;
                t0[j*n + i] = v0;
                t1[j] = (v0 > t1[j] || v0 != v0) ? v0 : t1[j];
            }
        }

        /* t4 = sum[i:n](event[i]) */
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_sum += event[i];
        }
        t4 += t4_sum;
    }
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[i:n] = sum[j:n](exp(t0[i, j] - t1[i])) */
        /* t7[i:n] = sum[j:n](where(t0[i, j] == t1[i], 1, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            double t2_sum = 0.0;
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum, t7_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[i*n + j];
                t2_sum += exp(t0_ij - t1_i);
                t7_sum += t0_ij == t1_i ? 1.0 : 0.0;
            }
            t2[i] = t2_sum;
            t7[i] = t7_sum;
        }

        /* t3 = sum[i:n](event[i] * (t1[i] + log(t2[i]) - z[i])) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_sum += event[i] * (t1[i] + log(t2[i]) - z[i]);
        }
        t3 += t3_sum;
    }

    /* value = t3 / t4 */
    /* t5 = 1 / t4 */
    *value = t3 / t4;
    const double t5 = 1.0 / t4;
    for (int64_t at = 0; at < n; ++at) {
        z_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t6[i:n] = t5 * event[i] / t2[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6[i - tile_begin] = t5 * event[i] / t2[i];
        }

        /* z_bar[i:n] = sum[j:n](where(time[j] <= time[i], t6[j] * exp(t0[j, i] - t1[j]) + where(t0[j, i] == t1[j],
         *    (t5 * event[j] - t6[j] * t2[j]) / t7[j], 0), 0)) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double time__i = time_[i];
            const double t6_i = t6[i - tile_begin];
            const double t1_i = t1[i];
            const double v0 = (t5 * event[i] - t6_i * t2[i]) / t7[i];
            const double time__i1 = time_[(i + 1)];
            const double t6_i1 = t6[(i + 1) - tile_begin];
            const double t1_i1 = t1[(i + 1)];
            const double v1 = (t5 * event[(i + 1)] - t6_i1 * t2[(i + 1)]) / t7[(i + 1)];
            const double time__i2 = time_[(i + 2)];
            const double t6_i2 = t6[(i + 2) - tile_begin];
            const double t1_i2 = t1[(i + 2)];
            const double v2 = (t5 * event[(i + 2)] - t6_i2 * t2[(i + 2)]) / t7[(i + 2)];
            const double time__i3 = time_[(i + 3)];
            const double t6_i3 = t6[(i + 3) - tile_begin];
            const double t1_i3 = t1[(i + 3)];
            const double v3 = (t5 * event[(i + 3)] - t6_i3 * t2[(i + 3)]) / t7[(i + 3)];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[i*n + j];
                const double t0_i1j = t0[(i + 1)*n + j];
                const double t0_i2j = t0[(i + 2)*n + j];
                const double t0_i3j = t0[(i + 3)*n + j];
                z_bar[j] += (time__i <= time_[j] ? t6_i * exp(t0_ij - t1_i) + (t0_ij == t1_i ? v0 : 0.0) : 0.0) + (time__i1 <= time_[j] ? t6_i1 * exp(t0_i1j - t1_i1) + (t0_i1j == t1_i1 ? v1 : 0.0) : 0.0) + (time__i2 <= time_[j] ? t6_i2 * exp(t0_i2j - t1_i2) + (t0_i2j == t1_i2 ? v2 : 0.0) : 0.0) + (time__i3 <= time_[j] ? t6_i3 * exp(t0_i3j - t1_i3) + (t0_i3j == t1_i3 ? v3 : 0.0) : 0.0);
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double time__i = time_[i];
            const double t6_i = t6[i - tile_begin];
            const double t1_i = t1[i];
            const double v0 = (t5 * event[i] - t6_i * t2[i]) / t7[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[i*n + j];
                z_bar[j] += time__i <= time_[j] ? t6_i * exp(t0_ij - t1_i) + (t0_ij == t1_i ? v0 : 0.0) : 0.0;
            }
        }
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }

    /* grad_w[j:d] = sum[i:n](X[i, j] * (z_bar[i] - t5 * event[i])) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        const double v0 = z_bar[i] - t5 * event[i];
        const double v1 = z_bar[(i + 1)] - t5 * event[(i + 1)];
        const double v2 = z_bar[(i + 2)] - t5 * event[(i + 2)];
        const double v3 = z_bar[(i + 3)] - t5 * event[(i + 3)];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
        }
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        const double v0 = z_bar[i] - t5 * event[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += X[i*d + j] * v0;
        }
    }
    return 0;
}
