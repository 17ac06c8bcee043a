/* cox_sorted: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], event: real[n], last: int64[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         top = max[i:n](z[i])
 *         t0 = 0.0
 *         t1[i:n] = exp(z[i] - top)
 *         with scan[t:n](t1, t2_t=t0) as t2:
 *             t5 = t2_t + t1[t]
 *             return t5
 *         t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i]))
 *         t4 = sum[i:n](event[i])
 *         value = t3 / t4
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * cox_sorted_value gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_forward gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_backward gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_value_and_grad gives 1: last holds an index out of range for an axis of length n + 1
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

#include "cox_sorted.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The nearest place inside an axis. */
static inline int64_t gradc_clamp(int64_t place, int64_t extent)
{
    return place < 0 ? 0 : place >= extent ? extent - 1 : place;
}

size_t cox_sorted_value_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(n + 1, sizeof(double));
}

int cox_sorted_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict event, const int64_t *restrict last, double *restrict value,
                     void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        const int64_t v0 = last_i < 0 ? last_i + n : last_i;
        if (v0 + 1 < 0 || v0 + 1 >= n + 1) {
            return 1;
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    double top = -INFINITY;
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

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_max = -INFINITY;
        double t4_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_max = (z_i > top_max || z_i != z_i) ? z_i : top_max;
            t4_sum += event[i];
        }
        top = (top_max > top || top_max != top_max) ? top_max : top;
        t4 += t4_sum;
    }

    /* t1[i:n] = exp(z[i] - top) */
    GRADC_SIMD()
    for (int64_t i = 0; i < n; ++i) {
        t1[i] = exp(z[i] - top);
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t5 = t2_t + t1[t] return t5 */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        const double t2_now = t2[t];

        /* t5 = carry0 + captured0[t] */
        const double t5 = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t5;
    }
    double t3 = 0.0;

    /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
    GRADC_SIMD(reduction(+:t3))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        t3 += event[i] * (top + log(t2[(last_i < 0 ? last_i + n : last_i) + 1]) - z[i]);
    }

    /* value = t3 / t4 */
    *value = t3 / t4;
    return 0;
}

size_t cox_sorted_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int cox_sorted_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict event, const int64_t *restrict last, double *restrict value,
                       double *restrict z, double *restrict top, double *restrict t1, double *restrict t2,
                       double *restrict t4, void *restrict work)
{
    (void)work;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        const int64_t v0 = last_i < 0 ? last_i + n : last_i;
        if (v0 + 1 < 0 || v0 + 1 >= n + 1) {
            return 1;
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    double top_ = -INFINITY;
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

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top__max = -INFINITY;
        double t4__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top__max = (z_i > top__max || z_i != z_i) ? z_i : top__max;
            t4__sum += event[i];
        }
        top_ = (top__max > top_ || top__max != top__max) ? top__max : top_;
        t4_ += t4__sum;
    }

    /* t1[i:n] = exp(z[i] - top) */
    GRADC_SIMD()
    for (int64_t i = 0; i < n; ++i) {
        t1[i] = exp(z[i] - top_);
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t5 = t2_t + t1[t] return t5 */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        const double t2_now = t2[t];

        /* t5 = carry0 + captured0[t] */
        const double t5 = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t5;
    }
    double t3 = 0.0;

    /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
    GRADC_SIMD(reduction(+:t3))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        t3 += event[i] * (top_ + log(t2[(last_i < 0 ? last_i + n : last_i) + 1]) - z[i]);
    }

    /* value = t3 / t4 */
    *value = t3 / t4_;
    *top = top_;
    *t4 = t4_;
    return 0;
}

size_t cox_sorted_backward_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n + 1, sizeof(double))
           + gradc_bytes(n + 1, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int cox_sorted_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                        const double *restrict event, const int64_t *restrict last, const double *restrict z,
                        double top, const double *restrict t1, const double *restrict t2, double t4, double cotangent,
                        double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const z_bar = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        const int64_t v0 = last_i < 0 ? last_i + n : last_i;
        if (v0 + 1 < 0 || v0 + 1 >= n + 1) {
            return 1;
        }
    }

    /* t0 = cotangent / t4 */
    const double t0 = cotangent / t4;
    for (int64_t at = 0; at < n + 1; ++at) {
        t3[at] = 0.0;
    }
    double t8 = 0.0;

    /* t3[:n + 1] = 0 t3 += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0 + 1](t0 *
     *    event[i] / t2[s0 + 1]))) */
    /* t8 = sum[i:n](where(top == z[i], 1, 0)) */
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        const int64_t v0 = last_i < 0 ? last_i + n : last_i;
        t3[v0 + 1] += t0 * event[i] / t2[v0 + 1];
        t8 += top == z[i] ? 1.0 : 0.0;
    }

    /* t5 = t3[n] */
    const double t5 = t3[n];

    /* with scan[t:n](t3, t6_t=t5) as t6: t9 = t6_t + t3[n - t - 1] return t9 */
    t6[0] = t5;
    for (int64_t t = 0; t < n; ++t) {
        const double t6_now = t6[t];

        /* t9 = carry0 + captured0[n - t - 1] */
        const double t9 = t6_now + ((n + 1 > 0) ? t3[gradc_clamp(n - t - 1, n + 1)] : 0);
        t6[t + 1] = t9;
    }
    double t7 = 0.0;

    /* t7 = sum[i:n](t1[i] * t6[n - i - 1]) */
    GRADC_SIMD(reduction(+:t7))
    for (int64_t i = 0; i < n; ++i) {
        t7 += t1[i] * t6[n - i - 1];
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z_bar[i:n] = where(top == z[i], (t4 * t0 - t7) / t8, 0) */
        const double v0 = (t4 * t0 - t7) / t8;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            z_bar[i - tile_begin] = top == z[i] ? v0 : 0.0;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * (z_bar[i] + (t1[i] * t6[n - i - 1] - t0 * event[i]))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v1 = z_bar[i - tile_begin] + (t1[i] * t6[n - i - 1] - t0 * event[i]);
            const double v2 = z_bar[(i + 1) - tile_begin] + (t1[(i + 1)] * t6[n - (i + 1) - 1] - t0 * event[(i + 1)]);
            const double v3 = z_bar[(i + 2) - tile_begin] + (t1[(i + 2)] * t6[n - (i + 2) - 1] - t0 * event[(i + 2)]);
            const double v4 = z_bar[(i + 3) - tile_begin] + (t1[(i + 3)] * t6[n - (i + 3) - 1] - t0 * event[(i + 3)]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v1 + X[(i + 1)*d + j] * v2 + X[(i + 2)*d + j] * v3 + X[(i + 3)*d + j] * v4;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v1 = z_bar[i - tile_begin] + (t1[i] * t6[n - i - 1] - t0 * event[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v1;
            }
        }
    }
    return 0;
}

size_t cox_sorted_value_and_grad_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(n + 1, sizeof(double))
           + gradc_bytes(n + 1, sizeof(double))
           + gradc_bytes(n + 1, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int cox_sorted_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                              const double *restrict event, const int64_t *restrict last, double *restrict value,
                              double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const z_bar = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        const int64_t v0 = last_i < 0 ? last_i + n : last_i;
        if (v0 + 1 < 0 || v0 + 1 >= n + 1) {
            return 1;
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    double top = -INFINITY;
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

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_max = -INFINITY;
        double t4_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_max = (z_i > top_max || z_i != z_i) ? z_i : top_max;
            t4_sum += event[i];
        }
        top = (top_max > top || top_max != top_max) ? top_max : top;
        t4 += t4_sum;
    }
    double t10 = 0.0;

    /* t1[i:n] = exp(z[i] - top) */
    /* t10 = sum[i:n](where(top == z[i], 1, 0)) */
    GRADC_SIMD(reduction(+:t10))
    for (int64_t i = 0; i < n; ++i) {
        const double z_i = z[i];
        t1[i] = exp(z_i - top);
        t10 += top == z_i ? 1.0 : 0.0;
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t11 = t2_t + t1[t] return t11 */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        const double t2_now = t2[t];

        /* t11 = carry0 + captured0[t] */
        const double t11 = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t11;
    }
    double t3 = 0.0;

    /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
    GRADC_SIMD(reduction(+:t3))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        t3 += event[i] * (top + log(t2[(last_i < 0 ? last_i + n : last_i) + 1]) - z[i]);
    }

    /* value = t3 / t4 */
    /* t5 = 1 / t4 */
    *value = t3 / t4;
    const double t5 = 1.0 / t4;
    for (int64_t at = 0; at < n + 1; ++at) {
        t6[at] = 0.0;
    }

    /* t6[:n + 1] = 0 t6 += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0 + 1](t5 *
     *    event[i] / t2[s0 + 1]))) */
    for (int64_t i = 0; i < n; ++i) {
        const int64_t last_i = last[i];
        const int64_t v0 = last_i < 0 ? last_i + n : last_i;
        t6[v0 + 1] += t5 * event[i] / t2[v0 + 1];
    }

    /* t7 = t6[n] */
    const double t7 = t6[n];

    /* with scan[t:n](t6, t8_t=t7) as t8: t11 = t8_t + t6[n - t - 1] return t11 */
    t8[0] = t7;
    for (int64_t t_ = 0; t_ < n; ++t_) {
        const double t8_now = t8[t_];

        /* t12 = carry0 + captured0[n - t - 1] */
        const double t12 = t8_now + ((n + 1 > 0) ? t6[gradc_clamp(n - t_ - 1, n + 1)] : 0);
        t8[t_ + 1] = t12;
    }
    double t9 = 0.0;

    /* t9 = sum[i:n](t8[n - i - 1] * t1[i]) */
    GRADC_SIMD(reduction(+:t9))
    for (int64_t i = 0; i < n; ++i) {
        t9 += t8[n - i - 1] * t1[i];
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z_bar[i:n] = where(top == z[i], (t5 * t4 - t9) / t10, 0) */
        const double v0 = (t5 * t4 - t9) / t10;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            z_bar[i - tile_begin] = top == z[i] ? v0 : 0.0;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * (z_bar[i] + (t1[i] * t8[n - i - 1] - t5 * event[i]))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v1 = z_bar[i - tile_begin] + (t8[n - i - 1] * t1[i] - t5 * event[i]);
            const double v2 = z_bar[(i + 1) - tile_begin] + (t8[n - (i + 1) - 1] * t1[(i + 1)] - t5 * event[(i + 1)]);
            const double v3 = z_bar[(i + 2) - tile_begin] + (t8[n - (i + 2) - 1] * t1[(i + 2)] - t5 * event[(i + 2)]);
            const double v4 = z_bar[(i + 3) - tile_begin] + (t8[n - (i + 3) - 1] * t1[(i + 3)] - t5 * event[(i + 3)]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v1 + X[(i + 1)*d + j] * v2 + X[(i + 2)*d + j] * v3 + X[(i + 3)*d + j] * v4;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v1 = z_bar[i - tile_begin] + (t8[n - i - 1] * t1[i] - t5 * event[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v1;
            }
        }
    }
    return 0;
}
