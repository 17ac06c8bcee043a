/* ordinal_logistic: the loss, and its derivatives.
 *
 *     def program(w: real[d], c: real[k], X: real[n, d], y: int64[n]):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = 0.0
 *         t2[:k] = 0
 *         t2 += each[()](at[0](c[0]))
 *         t2 += each[i:k - 1](at[i + 1](exp(c[i + 1])))
 *         with scan[t:k](t2, t3_t=t1) as t3:
 *             t6 = t3_t + t2[t]
 *             return t6
 *         t4[:k + 2] = 0
 *         t4 += each[()](at[0](-inf))
 *         t4 += each[l:k](at[l + 1](t3[l + 1]))
 *         t4 += each[()](at[k + 1](inf))
 *         t5 = sum[i:n](logaddexp(0, t0[i] - t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)]) + logaddexp(0, t4[where_integer(y[i] < 0, k + y[i] + 2, y[i
 *         value = t5 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * ordinal_logistic_value gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_forward gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_backward gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_value_and_grad gives 1: y holds an index out of range for an axis of length k + 2
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
double expm1(double);
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

#include "ordinal_logistic.h"

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

size_t ordinal_logistic_value_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 2, sizeof(double));
}

int ordinal_logistic_value(int64_t d, int64_t k, int64_t n, const double *restrict w, const double *restrict c,
                           const double *restrict X, const int64_t *restrict y, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 + 2 : v0) < 0 || (v0 < 0 ? k + v0 + 2 : v0) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = y[i];
        if ((v1 + 1 < 0 ? k + v1 + 3 : v1 + 1) < 0 || (v1 + 1 < 0 ? k + v1 + 3 : v1 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t2[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        t4[at] = 0.0;
    }
    /* t1 = 0.0 */
    /* t2[:k] = 0 t2 += each[()](at[0](c[0])) t2 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* t4[:k + 2] = 0 t4 += each[()](at[0](-inf)) t4 += each[l:k](at[l + 1](t3[l + 1])) t4 += each[()](at[k + */
    /*    1](inf)) */
    const double t1 = 0.0;
    if (0 >= 0 && 0 < k) {
        t2[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    t4[0] += -INFINITY;
    t4[k + 1] += INFINITY;
    /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
    for (int64_t i = 0; i < n; ++i) {
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = 0; j < d; ++j) {
            t0_sum += X[d*i + j] * w[j];
        }
        t0[i] = t0_sum;
    }
    /* t2[:k] = 0 t2 += each[()](at[0](c[0])) t2 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    for (int64_t i = 0; i < k - 1; ++i) {
        t2[i + 1] += exp(c[i + 1]);
    }
    /* with scan[t:k](t2, t3_t=t1) as t3: t6 = t3_t + t2[t] return t6 */
    t3[0] = t1;
    for (int64_t t = 0; t < k; ++t) {
        const double t3_now = t3[t];
        /* t6 = carry0 + captured0[t] */
        const double t6 = t3_now + ((k > 0) ? t2[gradc_clamp(t, k)] : 0);
        t3[t + 1] = t6;
    }
    /* t4[:k + 2] = 0 t4 += each[()](at[0](-inf)) t4 += each[l:k](at[l + 1](t3[l + 1])) t4 += each[()](at[k + */
    /*    1](inf)) */
    for (int64_t l = 0; l < k; ++l) {
        t4[l + 1] += t3[l + 1];
    }
    double t5 = 0.0;
    /* t5 = sum[i:n](let(s0 := t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t0[i], s1 := t0[i] - */
    /*    t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0, 0.6931471805599453, maximum(0, */
    /*    s0) + log1p(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s1)))) - */
    /*    log(-expm1(t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, */
    /*    y[i] + 1)])))) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = y[i];
        const double v3 = t4[(v2 < 0 ? k + v2 + 2 : v2)];
        const double v4 = t0[i];
        const double v5 = v3 - v4;
        const double v6 = 0.0 == v5 ? 0.6931471805599453 : ((v5 > 0.0 || v5 != v5) ? v5 : 0.0) + log1p(exp(-fabs(v5)));
        const double v7 = t4[(v2 + 1 < 0 ? k + v2 + 3 : v2 + 1)];
        const double v8 = v4 - v7;
        const double v9 = 0.0 == v8 ? 0.6931471805599453 : ((v8 > 0.0 || v8 != v8) ? v8 : 0.0) + log1p(exp(-fabs(v8)));
        t5_sum += v9 + v6 - log(-expm1(v3 - v7));
    }
    t5 += t5_sum;
    /* value = t5 / n */
    const double value_ = t5 / (double)n;
    *value = value_;
    return 0;
}

size_t ordinal_logistic_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 2, sizeof(double));
}

int ordinal_logistic_forward(int64_t d, int64_t k, int64_t n, const double *restrict w, const double *restrict c,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict t0, double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 + 2 : v0) < 0 || (v0 < 0 ? k + v0 + 2 : v0) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = y[i];
        if ((v1 + 1 < 0 ? k + v1 + 3 : v1 + 1) < 0 || (v1 + 1 < 0 ? k + v1 + 3 : v1 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t2[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        t4[at] = 0.0;
    }
    /* t1 = 0.0 */
    /* t2[:k] = 0 t2 += each[()](at[0](c[0])) t2 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* t4[:k + 2] = 0 t4 += each[()](at[0](-inf)) t4 += each[l:k](at[l + 1](t3[l + 1])) t4 += each[()](at[k + */
    /*    1](inf)) */
    const double t1 = 0.0;
    if (0 >= 0 && 0 < k) {
        t2[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    t4[0] += -INFINITY;
    t4[k + 1] += INFINITY;
    /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
    for (int64_t i = 0; i < n; ++i) {
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = 0; j < d; ++j) {
            t0_sum += X[d*i + j] * w[j];
        }
        t0[i] = t0_sum;
    }
    /* t2[:k] = 0 t2 += each[()](at[0](c[0])) t2 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    for (int64_t i = 0; i < k - 1; ++i) {
        t2[i + 1] += exp(c[i + 1]);
    }
    /* with scan[t:k](t2, t3_t=t1) as t3: t6 = t3_t + t2[t] return t6 */
    t3[0] = t1;
    for (int64_t t = 0; t < k; ++t) {
        const double t3_now = t3[t];
        /* t6 = carry0 + captured0[t] */
        const double t6 = t3_now + ((k > 0) ? t2[gradc_clamp(t, k)] : 0);
        t3[t + 1] = t6;
    }
    /* t4[:k + 2] = 0 t4 += each[()](at[0](-inf)) t4 += each[l:k](at[l + 1](t3[l + 1])) t4 += each[()](at[k + */
    /*    1](inf)) */
    for (int64_t l = 0; l < k; ++l) {
        t4[l + 1] += t3[l + 1];
    }
    double t5 = 0.0;
    /* t5 = sum[i:n](let(s0 := t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t0[i], s1 := t0[i] - */
    /*    t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0, 0.6931471805599453, maximum(0, */
    /*    s0) + log1p(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s1)))) - */
    /*    log(-expm1(t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, */
    /*    y[i] + 1)])))) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = y[i];
        const double v3 = t4[(v2 < 0 ? k + v2 + 2 : v2)];
        const double v4 = t0[i];
        const double v5 = v3 - v4;
        const double v6 = 0.0 == v5 ? 0.6931471805599453 : ((v5 > 0.0 || v5 != v5) ? v5 : 0.0) + log1p(exp(-fabs(v5)));
        const double v7 = t4[(v2 + 1 < 0 ? k + v2 + 3 : v2 + 1)];
        const double v8 = v4 - v7;
        const double v9 = 0.0 == v8 ? 0.6931471805599453 : ((v8 > 0.0 || v8 != v8) ? v8 : 0.0) + log1p(exp(-fabs(v8)));
        t5_sum += v9 + v6 - log(-expm1(v3 - v7));
    }
    t5 += t5_sum;
    /* value = t5 / n */
    const double value_ = t5 / (double)n;
    *value = value_;
    return 0;
}

size_t ordinal_logistic_backward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double));
}

int ordinal_logistic_backward(int64_t d, int64_t k, int64_t n, const double *restrict w, const double *restrict c,
                              const double *restrict X, const int64_t *restrict y, const double *restrict t0,
                              const double *restrict t3, double cotangent, double *restrict grad_w,
                              double *restrict grad_c, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t10 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 + 1 < 0 ? k + v0 + 3 : v0 + 1) < 0 || (v0 + 1 < 0 ? k + v0 + 3 : v0 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = y[i];
        if ((v1 < 0 ? k + v1 + 2 : v1) < 0 || (v1 < 0 ? k + v1 + 2 : v1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = y[i];
        if ((v2 < 0 ? k + v2 + 2 : v2) < 0 || (v2 < 0 ? k + v2 + 2 : v2) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v3 = y[i];
        if ((v3 + 1 < 0 ? k + v3 + 3 : v3 + 1) < 0 || (v3 + 1 < 0 ? k + v3 + 3 : v3 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v4 = y[i];
        if ((v4 < 0 ? k + v4 + 2 : v4) < 0 || (v4 < 0 ? k + v4 + 2 : v4) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v5 = y[i];
        if ((v5 + 1 < 0 ? k + v5 + 3 : v5 + 1) < 0 || (v5 + 1 < 0 ? k + v5 + 3 : v5 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        t1[at] = 0.0;
    }
    /* t1[:k + 2] = 0 t1 += each[()](at[0](-inf)) t1 += each[l:k](at[l + 1](t3[l + 1])) t1 += each[()](at[k + */
    /*    1](inf)) */
    /* t2 = cotangent / n */
    t1[0] += -INFINITY;
    t1[k + 1] += INFINITY;
    const double t2 = cotangent / (double)n;
    /* t1[:k + 2] = 0 t1 += each[()](at[0](-inf)) t1 += each[l:k](at[l + 1](t3[l + 1])) t1 += each[()](at[k + */
    /*    1](inf)) */
    for (int64_t l = 0; l < k; ++l) {
        t1[l + 1] += t3[l + 1];
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        t5[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t4[i:n] = let(s0 := t0[i] - t1[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 := */
        /*    t1[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t0[i], t2 * exp(s0 - where(0 == s0, */
        /*    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0))))) - t2 * exp(s1 - where(0 == s1, */
        /*    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s1)))))) */
        /* t5[:k + 2] = 0 t5 += each[i:n](let(s0 := where_integer(y[i] < 0, k + y[i] + 2, y[i]), s1 := t1[s0] - */
        /*    t0[i], s2 := where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1), s3 := t1[s0] - t1[s2], s4 := */
        /*    exp(s3) * (t2 / expm1(s3)), s5 := t0[i] - t1[s2], at[s0](t2 * exp(s1 - where(0 == s1, */
        /*    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s1))))) - s4), at[s2](s4 - t2 * exp(s5 - where(0 */
        /*    == s5, 0.6931471805599453, maximum(0, s5) + log1p(exp(-abs(s5)))))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v6 = t0[i];
            const int64_t v7 = y[i];
            const int64_t v8 = v7 + 1 < 0 ? k + v7 + 3 : v7 + 1;
            const double v9 = t1[v8];
            const double v10 = v6 - v9;
            const double v11 = 0.0 == v10 ? 0.6931471805599453 : ((v10 > 0.0 || v10 != v10) ? v10 : 0.0) + log1p(exp(-fabs(v10)));
            const double v12 = t2 * exp(v10 - v11);
            const int64_t v13 = v7 < 0 ? k + v7 + 2 : v7;
            const double v14 = t1[v13];
            const double v15 = v14 - v6;
            const double v16 = 0.0 == v15 ? 0.6931471805599453 : ((v15 > 0.0 || v15 != v15) ? v15 : 0.0) + log1p(exp(-fabs(v15)));
            const double v17 = t2 * exp(v15 - v16);
            const double v18 = v14 - v9;
            const double v19 = exp(v18) * (t2 / expm1(v18));
            t4[i - tile_begin] = v12 - v17;
            t5[v13] += v17 - v19;
            t5[v8] += v19 - v12;
        }
        /* grad_w[j:d] = sum[i:n](X[i, j] * t4[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v20 = t4[i - tile_begin];
            const double v21 = t4[(i + 1) - tile_begin];
            const double v22 = t4[(i + 2) - tile_begin];
            const double v23 = t4[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v20 + X[(i + 1)*d + j] * v21 + X[(i + 2)*d + j] * v22 + X[(i + 3)*d + j] * v23;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v20 = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v20;
            }
        }
    }
    for (int64_t at = 0; at < k + 1; ++at) {
        t6[at] = 0.0;
    }
    /* t6[:k + 1] = 0 t6 += each[l:k](at[l + 1](t5[l + 1])) */
    for (int64_t l = 0; l < k; ++l) {
        t6[l + 1] += t5[l + 1];
    }
    /* t7 = t6[k] */
    const double t7 = t6[k];
    /* with scan[t:k](t6, t8_t=t7) as t8: t11 = t8_t + t6[k - t - 1] return t11 */
    t8[0] = t7;
    for (int64_t t = 0; t < k; ++t) {
        const double t8_now = t8[t];
        /* t11 = carry0 + captured0[k - t - 1] */
        const double t11 = t8_now + ((k + 1 > 0) ? t6[gradc_clamp(k - t - 1, k + 1)] : 0);
        t8[t + 1] = t11;
    }
    for (int64_t at = 0; at < k; ++at) {
        t9[at] = 0.0;
    }
    /* t9[:k] = 0 t9 += each[i:k - 1](at[i + 1](t8[k - i - 2] * exp(c[i + 1]))) */
    for (int64_t i = 0; i < k - 1; ++i) {
        t9[i + 1] += t8[k - i - 2] * exp(c[i + 1]);
    }
    for (int64_t at = 0; at < k; ++at) {
        t10[at] = 0.0;
    }
    /* t10[:k] = 0 t10 += each[()](at[0](t8[k - 1])) */
    if (0 >= 0 && 0 < k) {
        t10[0] += (k + 1 > 0) ? t8[gradc_clamp(k - 1, k + 1)] : 0;
    }
    /* grad_c[l:k] = t9[l] + t10[l] */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        grad_c[l] = t9[l] + t10[l];
    }
    return 0;
}

size_t ordinal_logistic_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double));
}

int ordinal_logistic_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict w,
                                    const double *restrict c, const double *restrict X, const int64_t *restrict y,
                                    double *restrict value, double *restrict grad_w, double *restrict grad_c,
                                    void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t13 = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v0 = y[i];
        if ((v0 < 0 ? k + v0 + 2 : v0) < 0 || (v0 < 0 ? k + v0 + 2 : v0) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v1 = y[i];
        if ((v1 + 1 < 0 ? k + v1 + 3 : v1 + 1) < 0 || (v1 + 1 < 0 ? k + v1 + 3 : v1 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v2 = y[i];
        if ((v2 + 1 < 0 ? k + v2 + 3 : v2 + 1) < 0 || (v2 + 1 < 0 ? k + v2 + 3 : v2 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v3 = y[i];
        if ((v3 < 0 ? k + v3 + 2 : v3) < 0 || (v3 < 0 ? k + v3 + 2 : v3) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v4 = y[i];
        if ((v4 < 0 ? k + v4 + 2 : v4) < 0 || (v4 < 0 ? k + v4 + 2 : v4) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v5 = y[i];
        if ((v5 + 1 < 0 ? k + v5 + 3 : v5 + 1) < 0 || (v5 + 1 < 0 ? k + v5 + 3 : v5 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v6 = y[i];
        if ((v6 < 0 ? k + v6 + 2 : v6) < 0 || (v6 < 0 ? k + v6 + 2 : v6) >= k + 2) {
            return 1;
        }
    }
    for (int64_t i = 0; i < n; ++i) {
        const int64_t v7 = y[i];
        if ((v7 + 1 < 0 ? k + v7 + 3 : v7 + 1) < 0 || (v7 + 1 < 0 ? k + v7 + 3 : v7 + 1) >= k + 2) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t2[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        t4[at] = 0.0;
    }
    /* t1 = 0.0 */
    /* t2[:k] = 0 t2 += each[()](at[0](c[0])) t2 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* t4[:k + 2] = 0 t4 += each[()](at[0](-inf)) t4 += each[l:k](at[l + 1](t3[l + 1])) t4 += each[()](at[k + */
    /*    1](inf)) */
    /* t6 = 1 / n */
    const double t1 = 0.0;
    if (0 >= 0 && 0 < k) {
        t2[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    t4[0] += -INFINITY;
    t4[k + 1] += INFINITY;
    const double t6 = 1.0 / (double)n;
    /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
    for (int64_t i = 0; i < n; ++i) {
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = 0; j < d; ++j) {
            t0_sum += X[d*i + j] * w[j];
        }
        t0[i] = t0_sum;
    }
    /* t2[:k] = 0 t2 += each[()](at[0](c[0])) t2 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    for (int64_t i = 0; i < k - 1; ++i) {
        t2[i + 1] += exp(c[i + 1]);
    }
    /* with scan[t:k](t2, t3_t=t1) as t3: t14 = t3_t + t2[t] return t14 */
    t3[0] = t1;
    for (int64_t t = 0; t < k; ++t) {
        const double t3_now = t3[t];
        /* t14 = carry0 + captured0[t] */
        const double t14 = t3_now + ((k > 0) ? t2[gradc_clamp(t, k)] : 0);
        t3[t + 1] = t14;
    }
    /* t4[:k + 2] = 0 t4 += each[()](at[0](-inf)) t4 += each[l:k](at[l + 1](t3[l + 1])) t4 += each[()](at[k + */
    /*    1](inf)) */
    for (int64_t l = 0; l < k; ++l) {
        t4[l + 1] += t3[l + 1];
    }
    double t5 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t5 = sum[i:n](let(s0 := t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t0[i], s1 := t0[i] - */
        /*    t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0, 0.6931471805599453, */
        /*    maximum(0, s0) + log1p(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453, maximum(0, s1) + */
        /*    log1p(exp(-abs(s1)))) - log(-expm1(t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - */
        /*    t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)])))) */
        /* t7[i:n] = let(s0 := t0[i] - t4[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 := */
        /*    t4[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - t0[i], t6 * exp(s0 - where(0 == s0, */
        /*    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0))))) - t6 * exp(s1 - where(0 == s1, */
        /*    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s1)))))) */
        /* t8[:k + 2] = 0 t8 += each[i:n](let(s0 := where_integer(y[i] < 0, k + y[i] + 2, y[i]), s1 := t4[s0] - */
        /*    t0[i], s2 := where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1), s3 := t4[s0] - t4[s2], s4 := */
        /*    exp(s3) * (t6 / expm1(s3)), s5 := t0[i] - t4[s2], at[s0](t6 * exp(s1 - where(0 == s1, */
        /*    0.6931471805599453, maximum(0, s1) + log1p(exp(-abs(s1))))) - s4), at[s2](s4 - t6 * exp(s5 - where(0 */
        /*    == s5, 0.6931471805599453, maximum(0, s5) + log1p(exp(-abs(s5)))))))) */
        double t5_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t v8 = y[i];
            const int64_t v9 = v8 < 0 ? k + v8 + 2 : v8;
            const double v10 = t4[v9];
            const double v11 = t0[i];
            const double v12 = v10 - v11;
            const double v13 = 0.0 == v12 ? 0.6931471805599453 : ((v12 > 0.0 || v12 != v12) ? v12 : 0.0) + log1p(exp(-fabs(v12)));
            const int64_t v14 = v8 + 1 < 0 ? k + v8 + 3 : v8 + 1;
            const double v15 = t4[v14];
            const double v16 = v11 - v15;
            const double v17 = 0.0 == v16 ? 0.6931471805599453 : ((v16 > 0.0 || v16 != v16) ? v16 : 0.0) + log1p(exp(-fabs(v16)));
            const double v18 = v10 - v15;
            const double v19 = expm1(v18);
            const double v20 = t6 * exp(v16 - v17);
            const double v21 = t6 * exp(v12 - v13);
            const double v22 = exp(v18) * (t6 / v19);
            t5_sum += v17 + v13 - log(-v19);
            t7[i - tile_begin] = v20 - v21;
            t8[v9] += v21 - v22;
            t8[v14] += v22 - v20;
        }
        t5 += t5_sum;
        /* grad_w[j:d] = sum[i:n](X[i, j] * t7[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v23 = t7[i - tile_begin];
            const double v24 = t7[(i + 1) - tile_begin];
            const double v25 = t7[(i + 2) - tile_begin];
            const double v26 = t7[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v23 + X[(i + 1)*d + j] * v24 + X[(i + 2)*d + j] * v25 + X[(i + 3)*d + j] * v26;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v23 = t7[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[d*i + j] * v23;
            }
        }
    }
    /* value = t5 / n */
    const double value_ = t5 / (double)n;
    for (int64_t at = 0; at < k + 1; ++at) {
        t9[at] = 0.0;
    }
    /* t9[:k + 1] = 0 t9 += each[l:k](at[l + 1](t8[l + 1])) */
    for (int64_t l = 0; l < k; ++l) {
        t9[l + 1] += t8[l + 1];
    }
    /* t10 = t9[k] */
    const double t10 = t9[k];
    /* with scan[t:k](t9, t11_t=t10) as t11: t14 = t11_t + t9[k - t - 1] return t14 */
    t11[0] = t10;
    for (int64_t t_ = 0; t_ < k; ++t_) {
        const double t11_now = t11[t_];
        /* t15 = carry0 + captured0[k - t - 1] */
        const double t15 = t11_now + ((k + 1 > 0) ? t9[gradc_clamp(k - t_ - 1, k + 1)] : 0);
        t11[t_ + 1] = t15;
    }
    for (int64_t at = 0; at < k; ++at) {
        t12[at] = 0.0;
    }
    /* t12[:k] = 0 t12 += each[i:k - 1](at[i + 1](t11[k - i - 2] * exp(c[i + 1]))) */
    for (int64_t i = 0; i < k - 1; ++i) {
        t12[i + 1] += t11[k - i - 2] * exp(c[i + 1]);
    }
    for (int64_t at = 0; at < k; ++at) {
        t13[at] = 0.0;
    }
    /* t13[:k] = 0 t13 += each[()](at[0](t11[k - 1])) */
    if (0 >= 0 && 0 < k) {
        t13[0] += (k + 1 > 0) ? t11[gradc_clamp(k - 1, k + 1)] : 0;
    }
    /* grad_c[l:k] = t13[l] + t12[l] */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        grad_c[l] = t13[l] + t12[l];
    }
    *value = value_;
    return 0;
}
