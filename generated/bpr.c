/* bpr: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[p, k], user: int64[n], liked: int64[n], other: int64[n], lam: real):
 *         t0[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] * (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] - V[where_intege
 *         t1 = sum[o:n](logaddexp(0, -t0[o]))
 *         t2 = sum[l:p, j:k](V[l, j] ** 2)
 *         t3 = sum[i:m, j:k](U[i, j] ** 2)
 *         value = t1 / n + 0.5 * lam * (t2 + t3)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * bpr_value gives 1: user holds an index out of range for an axis of length m
 * bpr_value gives 2: liked holds an index out of range for an axis of length p
 * bpr_value gives 3: other holds an index out of range for an axis of length p
 * bpr_forward gives 1: user holds an index out of range for an axis of length m
 * bpr_forward gives 2: liked holds an index out of range for an axis of length p
 * bpr_forward gives 3: other holds an index out of range for an axis of length p
 * bpr_backward gives 1: liked holds an index out of range for an axis of length p
 * bpr_backward gives 2: other holds an index out of range for an axis of length p
 * bpr_backward gives 3: user holds an index out of range for an axis of length m
 * bpr_value_and_grad gives 1: user holds an index out of range for an axis of length m
 * bpr_value_and_grad gives 2: liked holds an index out of range for an axis of length p
 * bpr_value_and_grad gives 3: other holds an index out of range for an axis of length p
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

#include "bpr.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t bpr_value_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)m;
    (void)k;
    (void)p;
    (void)n;
    return gradc_bytes(128, sizeof(double));
}

int bpr_value(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
              const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other, double lam,
              double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v0 = user[o];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v1 = liked[o];
        if ((v1 < 0 ? p + v1 : v1) < 0 || (v1 < 0 ? p + v1 : v1) >= p) {
            return 2;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v2 = other[o];
        if ((v2 < 0 ? p + v2 : v2) < 0 || (v2 < 0 ? p + v2 : v2) >= p) {
            return 3;
        }
    }
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] * (V[where_integer(liked[o] < */
        /*    0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p + other[o], other[o]), j])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t v3 = user[o];
            const int64_t v4 = v3 < 0 ? m + v3 : v3;
            const int64_t v5 = liked[o];
            const int64_t v6 = v5 < 0 ? p + v5 : v5;
            const int64_t v7 = other[o];
            const int64_t v8 = v7 < 0 ? p + v7 : v7;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[k*v4 + j] * (V[k*v6 + j] - V[k*v8 + j]);
            }
            t0[o - tile_begin] = t0_sum;
        }
        /* t1 = sum[o:n](let(s0 := -t0[o], where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t0[o])))))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v9 = t0[o - tile_begin];
            const double v10 = -v9;
            const double v11 = 0.0 == v10 ? 0.6931471805599453 : ((v10 > 0.0 || v10 != v10) ? v10 : 0.0) + log1p(exp(-fabs(v9)));
            t1_sum += v11;
        }
        t1 += t1_sum;
    }
    double t2 = 0.0;
    /* t2 = sum[l:p, j:k](V[l, j] * V[l, j]) */
    double t2_sum = 0.0;
    for (int64_t l = 0; l < p; ++l) {
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v12 = V[k*l + j];
            t2_sum += v12 * v12;
        }
    }
    t2 += t2_sum;
    double t3 = 0.0;
    /* t3 = sum[i:m, j:k](U[i, j] * U[i, j]) */
    double t3_sum = 0.0;
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v13 = U[i*k + j];
            t3_sum += v13 * v13;
        }
    }
    t3 += t3_sum;
    /* value = t1 / n + (t2 + t3) * (0.5 * lam) */
    const double value_ = t1 / (double)n + (t2 + t3) * (0.5 * lam);
    *value = value_;
    return 0;
}

size_t bpr_forward_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)m;
    (void)k;
    (void)p;
    (void)n;
    return 0;
}

int bpr_forward(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
                const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other,
                double lam, double *restrict value, double *restrict t0, void *restrict work)
{
    (void)work;
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v0 = user[o];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v1 = liked[o];
        if ((v1 < 0 ? p + v1 : v1) < 0 || (v1 < 0 ? p + v1 : v1) >= p) {
            return 2;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v2 = other[o];
        if ((v2 < 0 ? p + v2 : v2) < 0 || (v2 < 0 ? p + v2 : v2) >= p) {
            return 3;
        }
    }
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] * (V[where_integer(liked[o] < */
        /*    0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p + other[o], other[o]), j])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t v3 = user[o];
            const int64_t v4 = v3 < 0 ? m + v3 : v3;
            const int64_t v5 = liked[o];
            const int64_t v6 = v5 < 0 ? p + v5 : v5;
            const int64_t v7 = other[o];
            const int64_t v8 = v7 < 0 ? p + v7 : v7;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[k*v4 + j] * (V[k*v6 + j] - V[k*v8 + j]);
            }
            t0[o] = t0_sum;
        }
        /* t1 = sum[o:n](let(s0 := -t0[o], where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t0[o])))))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v9 = t0[o];
            const double v10 = -v9;
            const double v11 = 0.0 == v10 ? 0.6931471805599453 : ((v10 > 0.0 || v10 != v10) ? v10 : 0.0) + log1p(exp(-fabs(v9)));
            t1_sum += v11;
        }
        t1 += t1_sum;
    }
    double t2 = 0.0;
    /* t2 = sum[l:p, j:k](V[l, j] * V[l, j]) */
    double t2_sum = 0.0;
    for (int64_t l = 0; l < p; ++l) {
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v12 = V[k*l + j];
            t2_sum += v12 * v12;
        }
    }
    t2 += t2_sum;
    double t3 = 0.0;
    /* t3 = sum[i:m, j:k](U[i, j] * U[i, j]) */
    double t3_sum = 0.0;
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v13 = U[i*k + j];
            t3_sum += v13 * v13;
        }
    }
    t3 += t3_sum;
    /* value = t1 / n + (t2 + t3) * (0.5 * lam) */
    const double value_ = t1 / (double)n + (t2 + t3) * (0.5 * lam);
    *value = value_;
    return 0;
}

size_t bpr_backward_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*p, sizeof(double));
}

int bpr_backward(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
                 const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other,
                 double lam, const double *restrict t0, double cotangent, double *restrict grad_U,
                 double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t5 = (void *)scratch;
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v0 = liked[o];
        if ((v0 < 0 ? p + v0 : v0) < 0 || (v0 < 0 ? p + v0 : v0) >= p) {
            return 1;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v1 = other[o];
        if ((v1 < 0 ? p + v1 : v1) < 0 || (v1 < 0 ? p + v1 : v1) >= p) {
            return 2;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v2 = user[o];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 3;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v3 = user[o];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v4 = other[o];
        if ((v4 < 0 ? p + v4 : v4) < 0 || (v4 < 0 ? p + v4 : v4) >= p) {
            return 2;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v5 = liked[o];
        if ((v5 < 0 ? p + v5 : v5) < 0 || (v5 < 0 ? p + v5 : v5) >= p) {
            return 1;
        }
    }
    /* t1 = cotangent / n */
    /* t4 = cotangent * (0.5 * lam) */
    const double t1 = cotangent / (double)n;
    const double t4 = cotangent * (0.5 * lam);
    for (int64_t at = 0; at < k*m; ++at) {
        t3[at] = 0.0;
    }
    for (int64_t at = 0; at < k*p; ++at) {
        t5[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t2[o:n] = let(s0 := -t0[o], -(t1 * exp(-(t0[o] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t0[o])))))))) */
        GRADC_SIMD()
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v6 = t0[o];
            const double v7 = -v6;
            const double v8 = 0.0 == v7 ? 0.6931471805599453 : ((v7 > 0.0 || v7 != v7) ? v7 : 0.0) + log1p(exp(-fabs(v6)));
            t2[o - tile_begin] = -(t1 * exp(-(v6 + v8)));
        }
        /* t3[:m, :k] = 0 t3 += each[o:n, j:k](at[where_integer(user[o] < 0, m + user[o], user[o]), j](t2[o] * */
        /*    (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p + */
        /*    other[o], other[o]), j]))) */
        /* t5[:p, :k] = 0 t5 += each[o:n, j:k](let(s0 := U[where_integer(user[o] < 0, m + user[o], user[o]), j] * */
        /*    t2[o], at[where_integer(other[o] < 0, p + other[o], other[o]), j](-s0), at[where_integer(liked[o] < */
        /*    0, p + liked[o], liked[o]), j](s0))) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v9 = t2[o - tile_begin];
            const int64_t v10 = liked[o];
            const int64_t v11 = v10 < 0 ? p + v10 : v10;
            const int64_t v12 = other[o];
            const int64_t v13 = v12 < 0 ? p + v12 : v12;
            const int64_t v14 = user[o];
            const int64_t v15 = v14 < 0 ? m + v14 : v14;
            for (int64_t j = 0; j < k; ++j) {
                const double v16 = U[k*v15 + j] * v9;
                t3[k*v15 + j] += v9 * (V[k*v11 + j] - V[k*v13 + j]);
                t5[k*v13 + j] += -v16;
                t5[k*v11 + j] += v16;
            }
        }
    }
    /* grad_U[i:m, j:k] = t3[i, j] + t4 * (2 * U[i, j]) */
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = t3[i*k + j] + t4 * (2.0 * U[i*k + j]);
        }
    }
    /* grad_V[l:p, j:k] = t5[l, j] + t4 * (2 * V[l, j]) */
    for (int64_t l = 0; l < p; ++l) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[k*l + j] = t5[k*l + j] + t4 * (2.0 * V[k*l + j]);
        }
    }
    return 0;
}

size_t bpr_value_and_grad_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*p, sizeof(double));
}

int bpr_value_and_grad(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
                       const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other,
                       double lam, double *restrict value, double *restrict grad_U, double *restrict grad_V,
                       void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t8 = (void *)scratch;
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v0 = user[o];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v1 = liked[o];
        if ((v1 < 0 ? p + v1 : v1) < 0 || (v1 < 0 ? p + v1 : v1) >= p) {
            return 2;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v2 = other[o];
        if ((v2 < 0 ? p + v2 : v2) < 0 || (v2 < 0 ? p + v2 : v2) >= p) {
            return 3;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v3 = liked[o];
        if ((v3 < 0 ? p + v3 : v3) < 0 || (v3 < 0 ? p + v3 : v3) >= p) {
            return 2;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v4 = other[o];
        if ((v4 < 0 ? p + v4 : v4) < 0 || (v4 < 0 ? p + v4 : v4) >= p) {
            return 3;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v5 = user[o];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 1;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v6 = user[o];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 1;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v7 = other[o];
        if ((v7 < 0 ? p + v7 : v7) < 0 || (v7 < 0 ? p + v7 : v7) >= p) {
            return 3;
        }
    }
    for (int64_t o = 0; o < n; ++o) {
        const int64_t v8 = liked[o];
        if ((v8 < 0 ? p + v8 : v8) < 0 || (v8 < 0 ? p + v8 : v8) >= p) {
            return 2;
        }
    }
    /* t4 = 1 / n */
    /* t7 = 0.5 * lam */
    const double t4 = 1.0 / (double)n;
    const double t7 = 0.5 * lam;
    double t1 = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t at = 0; at < k*p; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] * (V[where_integer(liked[o] < */
        /*    0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p + other[o], other[o]), j])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t v9 = user[o];
            const int64_t v10 = v9 < 0 ? m + v9 : v9;
            const int64_t v11 = liked[o];
            const int64_t v12 = v11 < 0 ? p + v11 : v11;
            const int64_t v13 = other[o];
            const int64_t v14 = v13 < 0 ? p + v13 : v13;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[k*v10 + j] * (V[k*v12 + j] - V[k*v14 + j]);
            }
            t0[o - tile_begin] = t0_sum;
        }
        /* t1 = sum[o:n](let(s0 := -t0[o], where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t0[o])))))) */
        /* t5[o:n] = let(s0 := -t0[o], -(t4 * exp(-(t0[o] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t0[o])))))))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v15 = t0[o - tile_begin];
            const double v16 = -v15;
            const double v17 = 0.0 == v16 ? 0.6931471805599453 : ((v16 > 0.0 || v16 != v16) ? v16 : 0.0) + log1p(exp(-fabs(v15)));
            t1_sum += v17;
            t5[o - tile_begin] = -(t4 * exp(-(v15 + v17)));
        }
        t1 += t1_sum;
        /* t6[:m, :k] = 0 t6 += each[o:n, j:k](at[where_integer(user[o] < 0, m + user[o], user[o]), j](t5[o] * */
        /*    (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p + */
        /*    other[o], other[o]), j]))) */
        /* t8[:p, :k] = 0 t8 += each[o:n, j:k](let(s0 := U[where_integer(user[o] < 0, m + user[o], user[o]), j] * */
        /*    t5[o], at[where_integer(other[o] < 0, p + other[o], other[o]), j](-s0), at[where_integer(liked[o] < */
        /*    0, p + liked[o], liked[o]), j](s0))) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v18 = t5[o - tile_begin];
            const int64_t v19 = liked[o];
            const int64_t v20 = v19 < 0 ? p + v19 : v19;
            const int64_t v21 = other[o];
            const int64_t v22 = v21 < 0 ? p + v21 : v21;
            const int64_t v23 = user[o];
            const int64_t v24 = v23 < 0 ? m + v23 : v23;
            for (int64_t j = 0; j < k; ++j) {
                const double v25 = U[k*v24 + j] * v18;
                t6[k*v24 + j] += v18 * (V[k*v20 + j] - V[k*v22 + j]);
                t8[k*v22 + j] += -v25;
                t8[k*v20 + j] += v25;
            }
        }
    }
    double t2 = 0.0;
    /* t2 = sum[l:p, j:k](V[l, j] * V[l, j]) */
    /* grad_V[l:p, j:k] = t8[l, j] + t7 * (2 * V[l, j]) */
    double t2_sum = 0.0;
    for (int64_t l = 0; l < p; ++l) {
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v26 = V[k*l + j];
            t2_sum += v26 * v26;
            grad_V[k*l + j] = t8[k*l + j] + t7 * (2.0 * v26);
        }
    }
    t2 += t2_sum;
    double t3 = 0.0;
    /* t3 = sum[i:m, j:k](U[i, j] * U[i, j]) */
    /* grad_U[i:m, j:k] = t6[i, j] + t7 * (2 * U[i, j]) */
    double t3_sum = 0.0;
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t j = 0; j < k; ++j) {
            const double v27 = U[i*k + j];
            t3_sum += v27 * v27;
            grad_U[i*k + j] = t6[i*k + j] + t7 * (2.0 * v27);
        }
    }
    t3 += t3_sum;
    /* value = t1 / n + (t2 + t3) * (0.5 * lam) */
    const double value_ = t1 / (double)n + (t2 + t3) * (0.5 * lam);
    *value = value_;
    return 0;
}
