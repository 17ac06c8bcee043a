/* cox_sorted: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], event: real[n], last: int64[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = max[i:n](t0[i])
 *         t2 = 0.0
 *         t3[i:n] = exp(t0[i] - t1)
 *         with scan[t:n](t3, t4_t=t2) as t4:
 *             t7 = t4_t + t3[t]
 *             return t7
 *         t5 = sum[i:n](event[i] * (t1 + log(t4[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - t0[i]))
 *         t6 = sum[i:n](event[i])
 *         value = t5 / t6
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

size_t cox_sorted_value_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n + 1, sizeof(double));
}

int cox_sorted_value(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                     const double *restrict event, const int64_t *restrict last, double *restrict value,
                     void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = last[i];
        if ((v0 < 0 ? n + v0 : v0) + 1 < 0 || (v0 < 0 ? n + v0 : v0) + 1 >= n + 1) {
            return 1;
        }
    }
    /* t2 = 0.0 */
    const double t2 = 0.0;
    double t1 = -INFINITY;
    double t6 = 0.0;
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
        /* t1 = max[i:n](t0[i]) */
        /* t6 = sum[i:n](event[i]) */
        double t1_max = -INFINITY;
        double t6_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i];
            t1_max = (v1 > t1_max || v1 != v1) ? v1 : t1_max;
            t6_sum += event[i];
        }
        t1 = (t1_max > t1 || t1_max != t1_max) ? t1_max : t1;
        t6 += t6_sum;
    }
    /* t3[i:n] = exp(t0[i] - t1) */
    GRADC_SIMD()
    for (int64_t i = 0; i < n; ++i) {
        t3[i] = exp(t0[i] - t1);
    }
    /* with scan[t:n](t3, t4_t=t2) as t4: t7 = t4_t + t3[t] return t7 */
    t4[0] = t2;
    for (int64_t t = 0; t < n; ++t) {
        const double t4_now = t4[t];
        /* t7 = carry0 + captured0[t] */
        const double t7 = t4_now + ((n > 0) ? t3[gradc_clamp(t, n)] : 0);
        t4[t + 1] = t7;
    }
    double t5 = 0.0;
    /* t5 = sum[i:n](event[i] * (t1 + log(t4[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - t0[i])) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = last[i];
        t5_sum += event[i] * (t1 + log(t4[(v2 < 0 ? n + v2 : v2) + 1]) - t0[i]);
    }
    t5 += t5_sum;
    /* value = t5 / t6 */
    const double value_ = t5 / t6;
    *value = value_;
    return 0;
}

size_t cox_sorted_forward_work(int64_t d, int64_t n)
{
    (void)d;
    (void)n;
    return 0;
}

int cox_sorted_forward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                       const double *restrict event, const int64_t *restrict last, double *restrict value,
                       double *restrict t0, double *restrict t1, double *restrict t3, double *restrict t4,
                       double *restrict t6, void *restrict work)
{
    (void)work;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = last[i];
        if ((v0 < 0 ? n + v0 : v0) + 1 < 0 || (v0 < 0 ? n + v0 : v0) + 1 >= n + 1) {
            return 1;
        }
    }
    /* t2 = 0.0 */
    const double t2 = 0.0;
    double t1_ = -INFINITY;
    double t6_ = 0.0;
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
        /* t1 = max[i:n](t0[i]) */
        /* t6 = sum[i:n](event[i]) */
        double t1__max = -INFINITY;
        double t6__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = t0[i];
            t1__max = (v1 > t1__max || v1 != v1) ? v1 : t1__max;
            t6__sum += event[i];
        }
        t1_ = (t1__max > t1_ || t1__max != t1__max) ? t1__max : t1_;
        t6_ += t6__sum;
    }
    /* t3[i:n] = exp(t0[i] - t1) */
    GRADC_SIMD()
    for (int64_t i = 0; i < n; ++i) {
        t3[i] = exp(t0[i] - t1_);
    }
    /* with scan[t:n](t3, t4_t=t2) as t4: t7 = t4_t + t3[t] return t7 */
    t4[0] = t2;
    for (int64_t t = 0; t < n; ++t) {
        const double t4_now = t4[t];
        /* t7 = carry0 + captured0[t] */
        const double t7 = t4_now + ((n > 0) ? t3[gradc_clamp(t, n)] : 0);
        t4[t + 1] = t7;
    }
    double t5 = 0.0;
    /* t5 = sum[i:n](event[i] * (t1 + log(t4[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - t0[i])) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = last[i];
        t5_sum += event[i] * (t1_ + log(t4[(v2 < 0 ? n + v2 : v2) + 1]) - t0[i]);
    }
    t5 += t5_sum;
    /* value = t5 / t6 */
    const double value_ = t5 / t6_;
    *value = value_;
    *t1 = t1_;
    *t6 = t6_;
    return 0;
}

size_t cox_sorted_backward_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int cox_sorted_backward(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                        const double *restrict event, const int64_t *restrict last, const double *restrict t0,
                        double t1, const double *restrict t3, const double *restrict t4, double t6, double cotangent,
                        double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t11 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = last[i];
        if ((v0 < 0 ? n + v0 : v0) + 1 < 0 || (v0 < 0 ? n + v0 : v0) + 1 >= n + 1) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = last[i];
        if ((v1 < 0 ? n + v1 : v1) + 1 < 0 || (v1 < 0 ? n + v1 : v1) + 1 >= n + 1) {
            return 1;
        }
    }
    /* t2 = cotangent / t6 */
    const double t2 = cotangent / t6;
    for (int64_t at = 0; at < n + 1; ++at) {
        t5[at] = 0.0;
    }
    double t10 = 0.0;
    /* t5[:n + 1] = 0 t5 += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0 + 1](t2 * */
    /*    event[i] / t4[s0 + 1]))) */
    /* t10 = sum[i:n](where(t1 == t0[i], 1, 0)) */
    double t10_sum = 0.0;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = last[i];
        const int64_t v3 = v2 < 0 ? n + v2 : v2;
        t5[v3 + 1] += t2 * event[i] / t4[v3 + 1];
        t10_sum += t1 == t0[i] ? 1.0 : 0.0;
    }
    t10 += t10_sum;
    /* t7 = t5[n] */
    const double t7 = t5[n];
    /* with scan[t:n](t5, t8_t=t7) as t8: t12 = t8_t + t5[n - t - 1] return t12 */
    t8[0] = t7;
    for (int64_t t = 0; t < n; ++t) {
        const double t8_now = t8[t];
        /* t12 = carry0 + captured0[n - t - 1] */
        const double t12 = t8_now + ((n + 1 > 0) ? t5[gradc_clamp(n - t - 1, n + 1)] : 0);
        t8[t + 1] = t12;
    }
    double t9 = 0.0;
    /* t9 = sum[i:n](t3[i] * t8[n - i - 1]) */
    double t9_sum = 0.0;
    GRADC_SIMD(reduction(+:t9_sum))
    for (int64_t i = 0; i < n; ++i) {
        t9_sum += t3[i] * t8[n - i - 1];
    }
    t9 += t9_sum;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t11[i:n] = where(t1 == t0[i], (t6 * t2 - t9) / t10, 0) */
        const double v4 = (t6 * t2 - t9) / t10;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t11[i - tile_begin] = t1 == t0[i] ? v4 : 0.0;
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * (t11[i] + (t3[i] * t8[n - i - 1] - t2 * event[i]))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v5 = t11[i - tile_begin] + (t3[i] * t8[n - i - 1] - t2 * event[i]);
            const double v6 = t11[(i + 1) - tile_begin] + (t3[(i + 1)] * t8[n - (i + 1) - 1] - t2 * event[(i + 1)]);
            const double v7 = t11[(i + 2) - tile_begin] + (t3[(i + 2)] * t8[n - (i + 2) - 1] - t2 * event[(i + 2)]);
            const double v8 = t11[(i + 3) - tile_begin] + (t3[(i + 3)] * t8[n - (i + 3) - 1] - t2 * event[(i + 3)]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v5 + X[(i + 1)*d + j] * v6 + X[(i + 2)*d + j] * v7 + X[(i + 3)*d + j] * v8;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v5 = t11[i - tile_begin] + (t3[i] * t8[n - i - 1] - t2 * event[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v5;
            }
        }
    }
    return 0;
}

size_t cox_sorted_value_and_grad_work(int64_t d, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int cox_sorted_value_and_grad(int64_t d, int64_t n, const double *restrict w, const double *restrict X,
                              const double *restrict event, const int64_t *restrict last, double *restrict value,
                              double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t13 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = last[i];
        if ((v0 < 0 ? n + v0 : v0) + 1 < 0 || (v0 < 0 ? n + v0 : v0) + 1 >= n + 1) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = last[i];
        if ((v1 < 0 ? n + v1 : v1) + 1 < 0 || (v1 < 0 ? n + v1 : v1) + 1 >= n + 1) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = last[i];
        if ((v2 < 0 ? n + v2 : v2) + 1 < 0 || (v2 < 0 ? n + v2 : v2) + 1 >= n + 1) {
            return 1;
        }
    }
    /* t2 = 0.0 */
    const double t2 = 0.0;
    double t1 = -INFINITY;
    double t6 = 0.0;
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
        /* t1 = max[i:n](t0[i]) */
        /* t6 = sum[i:n](event[i]) */
        double t1_max = -INFINITY;
        double t6_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v3 = t0[i];
            t1_max = (v3 > t1_max || v3 != v3) ? v3 : t1_max;
            t6_sum += event[i];
        }
        t1 = (t1_max > t1 || t1_max != t1_max) ? t1_max : t1;
        t6 += t6_sum;
    }
    double t12 = 0.0;
    /* t3[i:n] = exp(t0[i] - t1) */
    /* t12 = sum[i:n](where(t1 == t0[i], 1, 0)) */
    double t12_sum = 0.0;
    GRADC_SIMD(reduction(+:t12_sum))
    for (int64_t i = 0; i < n; ++i) {
        const double v4 = t0[i];
        t3[i] = exp(v4 - t1);
        t12_sum += t1 == v4 ? 1.0 : 0.0;
    }
    t12 += t12_sum;
    /* with scan[t:n](t3, t4_t=t2) as t4: t14 = t4_t + t3[t] return t14 */
    t4[0] = t2;
    for (int64_t t = 0; t < n; ++t) {
        const double t4_now = t4[t];
        /* t14 = carry0 + captured0[t] */
        const double t14 = t4_now + ((n > 0) ? t3[gradc_clamp(t, n)] : 0);
        t4[t + 1] = t14;
    }
    double t5 = 0.0;
    /* t5 = sum[i:n](event[i] * (t1 + log(t4[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - t0[i])) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v5 = last[i];
        t5_sum += event[i] * (t1 + log(t4[(v5 < 0 ? n + v5 : v5) + 1]) - t0[i]);
    }
    t5 += t5_sum;
    /* value = t5 / t6 */
    /* t7 = 1 / t6 */
    const double value_ = t5 / t6;
    const double t7 = 1.0 / t6;
    for (int64_t at = 0; at < n + 1; ++at) {
        t8[at] = 0.0;
    }
    /* t8[:n + 1] = 0 t8 += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0 + 1](t7 * */
    /*    event[i] / t4[s0 + 1]))) */
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v6 = last[i];
        const int64_t v7 = v6 < 0 ? n + v6 : v6;
        t8[v7 + 1] += t7 * event[i] / t4[v7 + 1];
    }
    /* t9 = t8[n] */
    const double t9 = t8[n];
    /* with scan[t:n](t8, t10_t=t9) as t10: t14 = t10_t + t8[n - t - 1] return t14 */
    t10[0] = t9;
    for (int64_t t_ = 0; t_ < n; ++t_) {
        const double t10_now = t10[t_];
        /* t15 = carry0 + captured0[n - t - 1] */
        const double t15 = t10_now + ((n + 1 > 0) ? t8[gradc_clamp(n - t_ - 1, n + 1)] : 0);
        t10[t_ + 1] = t15;
    }
    double t11 = 0.0;
    /* t11 = sum[i:n](t10[n - i - 1] * t3[i]) */
    double t11_sum = 0.0;
    GRADC_SIMD(reduction(+:t11_sum))
    for (int64_t i = 0; i < n; ++i) {
        t11_sum += t10[n - i - 1] * t3[i];
    }
    t11 += t11_sum;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t13[i:n] = where(t1 == t0[i], (t7 * t6 - t11) / t12, 0) */
        const double v8 = (t7 * t6 - t11) / t12;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t13[i - tile_begin] = t1 == t0[i] ? v8 : 0.0;
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * (t13[i] + (t3[i] * t10[n - i - 1] - t7 * event[i]))) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v9 = t13[i - tile_begin] + (t10[n - i - 1] * t3[i] - t7 * event[i]);
            const double v10 = t13[(i + 1) - tile_begin] + (t10[n - (i + 1) - 1] * t3[(i + 1)] - t7 * event[(i + 1)]);
            const double v11 = t13[(i + 2) - tile_begin] + (t10[n - (i + 2) - 1] * t3[(i + 2)] - t7 * event[(i + 2)]);
            const double v12 = t13[(i + 3) - tile_begin] + (t10[n - (i + 3) - 1] * t3[(i + 3)] - t7 * event[(i + 3)]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v9 + X[(i + 1)*d + j] * v10 + X[(i + 2)*d + j] * v11 + X[(i + 3)*d + j] * v12;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v9 = t13[i - tile_begin] + (t10[n - i - 1] * t3[i] - t7 * event[i]);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v9;
            }
        }
    }
    *value = value_;
    return 0;
}
