/* skip_gram: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[m, k], word: int64[n], context: int64[n], noise: int64[n, q]):
 *         t0[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j])
 *         t1[l:n] = sum[o:q](logaddexp(0, t0[l, o]))
 *         t2[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l] < 0, m + context[l], context[l]), j])
 *         t3 = sum[l:n](t1[l] + logaddexp(0, -t2[l]))
 *         value = t3 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * skip_gram_value gives 1: word holds an index out of range for an axis of length m
 * skip_gram_value gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_value gives 3: context holds an index out of range for an axis of length m
 * skip_gram_forward gives 1: word holds an index out of range for an axis of length m
 * skip_gram_forward gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_forward gives 3: context holds an index out of range for an axis of length m
 * skip_gram_backward gives 1: context holds an index out of range for an axis of length m
 * skip_gram_backward gives 2: word holds an index out of range for an axis of length m
 * skip_gram_backward gives 3: noise holds an index out of range for an axis of length m
 * skip_gram_value_and_grad gives 1: word holds an index out of range for an axis of length m
 * skip_gram_value_and_grad gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_value_and_grad gives 3: context holds an index out of range for an axis of length m
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

#include "skip_gram.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t skip_gram_value_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128*q, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int skip_gram_value(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U, const double *restrict V,
                    const int64_t *restrict word, const int64_t *restrict context, const int64_t *restrict noise,
                    double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*q, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = word[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v1 = noise[l*q + o];
            if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
                return 2;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = word[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = context[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * */
        /*    V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v4 = word[l];
            const int64_t v5 = v4 < 0 ? m + v4 : v4;
            for (int64_t o = 0; o < q; ++o) {
                t0[l*q + o - q*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v6 = U[k*v5 + j];
                const double v8 = U[k*v5 + (j + 1)];
                const double v10 = U[k*v5 + (j + 2)];
                const double v12 = U[k*v5 + (j + 3)];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t v7 = noise[l*q + o];
                    const int64_t v9 = noise[l*q + o];
                    const int64_t v11 = noise[l*q + o];
                    const int64_t v13 = noise[l*q + o];
                    t0[l*q + o - q*tile_begin] += v6 * V[(v7 < 0 ? m + v7 : v7)*k + j] + v8 * V[(v9 < 0 ? m + v9 : v9)*k + (j + 1)] + v10 * V[(v11 < 0 ? m + v11 : v11)*k + (j + 2)] + v12 * V[(v13 < 0 ? m + v13 : v13)*k + (j + 3)];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v6 = U[k*v5 + j];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t v7 = noise[l*q + o];
                    t0[l*q + o - q*tile_begin] += v6 * V[(v7 < 0 ? m + v7 : v7)*k + j];
                }
            }
        }
        /* t1[l:n] = sum[o:q](where(0 == t0[l, o], 0.6931471805599453, maximum(0, t0[l, o]) + log1p(exp(-abs(t0[l, */
        /*    o]))))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t o = 0; o < q; ++o) {
                const double v14 = t0[l*q + o - q*tile_begin];
                const double v15 = 0.0 == v14 ? 0.6931471805599453 : ((v14 > 0.0 || v14 != v14) ? v14 : 0.0) + log1p(exp(-fabs(v14)));
                t1_sum += v15;
            }
            t1[l - tile_begin] = t1_sum;
        }
        /* t2[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l] < */
        /*    0, m + context[l], context[l]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v16 = word[l];
            const int64_t v17 = v16 < 0 ? m + v16 : v16;
            const int64_t v18 = context[l];
            const int64_t v19 = v18 < 0 ? m + v18 : v18;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += U[k*v17 + j] * V[k*v19 + j];
            }
            t2[l - tile_begin] = t2_sum;
        }
        /* t3 = sum[l:n](let(s0 := -t2[l], t1[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t2[l])))))) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v20 = t2[l - tile_begin];
            const double v21 = -v20;
            const double v22 = 0.0 == v21 ? 0.6931471805599453 : ((v21 > 0.0 || v21 != v21) ? v21 : 0.0) + log1p(exp(-fabs(v20)));
            t3_sum += t1[l - tile_begin] + v22;
        }
        t3 += t3_sum;
    }
    /* value = t3 / n */
    const double value_ = t3 / (double)n;
    *value = value_;
    return 0;
}

size_t skip_gram_forward_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)m;
    (void)k;
    (void)n;
    (void)q;
    return gradc_bytes(128, sizeof(double));
}

int skip_gram_forward(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U, const double *restrict V,
                      const int64_t *restrict word, const int64_t *restrict context, const int64_t *restrict noise,
                      double *restrict value, double *restrict t0, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = word[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v1 = noise[l*q + o];
            if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
                return 2;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = word[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = context[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    double t3 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * */
        /*    V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v4 = word[l];
            const int64_t v5 = v4 < 0 ? m + v4 : v4;
            for (int64_t o = 0; o < q; ++o) {
                t0[l*q + o] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v6 = U[k*v5 + j];
                const double v8 = U[k*v5 + (j + 1)];
                const double v10 = U[k*v5 + (j + 2)];
                const double v12 = U[k*v5 + (j + 3)];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t v7 = noise[l*q + o];
                    const int64_t v9 = noise[l*q + o];
                    const int64_t v11 = noise[l*q + o];
                    const int64_t v13 = noise[l*q + o];
                    t0[l*q + o] += v6 * V[(v7 < 0 ? m + v7 : v7)*k + j] + v8 * V[(v9 < 0 ? m + v9 : v9)*k + (j + 1)] + v10 * V[(v11 < 0 ? m + v11 : v11)*k + (j + 2)] + v12 * V[(v13 < 0 ? m + v13 : v13)*k + (j + 3)];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v6 = U[k*v5 + j];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t v7 = noise[l*q + o];
                    t0[l*q + o] += v6 * V[(v7 < 0 ? m + v7 : v7)*k + j];
                }
            }
        }
        /* t1[l:n] = sum[o:q](where(0 == t0[l, o], 0.6931471805599453, maximum(0, t0[l, o]) + log1p(exp(-abs(t0[l, */
        /*    o]))))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t o = 0; o < q; ++o) {
                const double v14 = t0[l*q + o];
                const double v15 = 0.0 == v14 ? 0.6931471805599453 : ((v14 > 0.0 || v14 != v14) ? v14 : 0.0) + log1p(exp(-fabs(v14)));
                t1_sum += v15;
            }
            t1[l - tile_begin] = t1_sum;
        }
        /* t2[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l] < */
        /*    0, m + context[l], context[l]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v16 = word[l];
            const int64_t v17 = v16 < 0 ? m + v16 : v16;
            const int64_t v18 = context[l];
            const int64_t v19 = v18 < 0 ? m + v18 : v18;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += U[k*v17 + j] * V[k*v19 + j];
            }
            t2[l] = t2_sum;
        }
        /* t3 = sum[l:n](let(s0 := -t2[l], t1[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t2[l])))))) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v20 = t2[l];
            const double v21 = -v20;
            const double v22 = 0.0 == v21 ? 0.6931471805599453 : ((v21 > 0.0 || v21 != v21) ? v21 : 0.0) + log1p(exp(-fabs(v20)));
            t3_sum += t1[l - tile_begin] + v22;
        }
        t3 += t3_sum;
    }
    /* value = t3 / n */
    const double value_ = t3 / (double)n;
    *value = value_;
    return 0;
}

size_t skip_gram_backward_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(128*q, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double));
}

int skip_gram_backward(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U, const double *restrict V,
                       const int64_t *restrict word, const int64_t *restrict context, const int64_t *restrict noise,
                       const double *restrict t0, const double *restrict t2, double cotangent,
                       double *restrict grad_U, double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*q, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t8 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = context[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = word[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v2 = noise[l*q + o];
            if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
                return 3;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = word[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v4 = word[l];
        if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v5 = noise[l*q + o];
            if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
                return 3;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v6 = word[l];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v7 = context[l];
        if ((v7 < 0 ? m + v7 : v7) < 0 || (v7 < 0 ? m + v7 : v7) >= m) {
            return 1;
        }
    }
    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < k*m; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t7[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t3[l:n] = let(s0 := -t2[l], -(t1 * exp(-(t2[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t2[l])))))))) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v8 = t2[l];
            const double v9 = -v8;
            const double v10 = 0.0 == v9 ? 0.6931471805599453 : ((v9 > 0.0 || v9 != v9) ? v9 : 0.0) + log1p(exp(-fabs(v8)));
            t3[l - tile_begin] = -(t1 * exp(-(v8 + v10)));
        }
        /* t4[:m, :k] = 0 t4 += each[l:n, j:k](at[where_integer(word[l] < 0, m + word[l], word[l]), */
        /*    j](V[where_integer(context[l] < 0, m + context[l], context[l]), j] * t3[l])) */
        /* t8[:m, :k] = 0 t8 += each[l:n, j:k](at[where_integer(context[l] < 0, m + context[l], context[l]), */
        /*    j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * t3[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v11 = context[l];
            const int64_t v12 = v11 < 0 ? m + v11 : v11;
            const double v13 = t3[l - tile_begin];
            const int64_t v14 = word[l];
            const int64_t v15 = v14 < 0 ? m + v14 : v14;
            for (int64_t j = 0; j < k; ++j) {
                t4[k*v15 + j] += V[k*v12 + j] * v13;
                t8[k*v12 + j] += U[k*v15 + j] * v13;
            }
        }
        /* t5[l:n, o:q] = t1 * exp(t0[l, o] - where(0 == t0[l, o], 0.6931471805599453, maximum(0, t0[l, o]) + */
        /*    log1p(exp(-abs(t0[l, o]))))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t o = 0; o < q; ++o) {
                const double v16 = t0[l*q + o];
                const double v17 = 0.0 == v16 ? 0.6931471805599453 : ((v16 > 0.0 || v16 != v16) ? v16 : 0.0) + log1p(exp(-fabs(v16)));
                t5[l*q + o - q*tile_begin] = t1 * exp(v16 - v17);
            }
        }
        /* t6[:m, :k] = 0 t6 += each[l:n, o:q, j:k](at[where_integer(word[l] < 0, m + word[l], word[l]), */
        /*    j](V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j] * t5[l, o])) */
        /* t7[:m, :k] = 0 t7 += each[l:n, o:q, j:k](at[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, */
        /*    o]), j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * t5[l, o])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v21 = word[l];
            const int64_t v22 = v21 < 0 ? m + v21 : v21;
            for (int64_t o = 0; o < q; ++o) {
                const int64_t v18 = noise[l*q + o];
                const int64_t v19 = v18 < 0 ? m + v18 : v18;
                const double v20 = t5[l*q + o - q*tile_begin];
                for (int64_t j = 0; j < k; ++j) {
                    t6[k*v22 + j] += V[k*v19 + j] * v20;
                    t7[k*v19 + j] += U[k*v22 + j] * v20;
                }
            }
        }
    }
    /* grad_U[i:m, j:k] = t4[i, j] + t6[i, j] */
    /* grad_V[i:m, j:k] = t7[i, j] + t8[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = t6[i*k + j] + t4[i*k + j];
            grad_V[i*k + j] = t8[i*k + j] + t7[i*k + j];
        }
    }
    return 0;
}

size_t skip_gram_value_and_grad_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)n;
    return gradc_bytes(128*q, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*q, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double));
}

int skip_gram_value_and_grad(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U,
                             const double *restrict V, const int64_t *restrict word, const int64_t *restrict context,
                             const int64_t *restrict noise, double *restrict value, double *restrict grad_U,
                             double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*q, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128*q, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t10 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = word[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v1 = noise[l*q + o];
            if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
                return 2;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = word[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = context[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v4 = noise[l*q + o];
            if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
                return 2;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v5 = word[l];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v6 = context[l];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v7 = word[l];
        if ((v7 < 0 ? m + v7 : v7) < 0 || (v7 < 0 ? m + v7 : v7) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v8 = word[l];
        if ((v8 < 0 ? m + v8 : v8) < 0 || (v8 < 0 ? m + v8 : v8) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        for (int64_t o = 0; o < q; ++o) {
            const int64_t v9 = noise[l*q + o];
            if ((v9 < 0 ? m + v9 : v9) < 0 || (v9 < 0 ? m + v9 : v9) >= m) {
                return 2;
            }
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v10 = word[l];
        if ((v10 < 0 ? m + v10 : v10) < 0 || (v10 < 0 ? m + v10 : v10) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v11 = context[l];
        if ((v11 < 0 ? m + v11 : v11) < 0 || (v11 < 0 ? m + v11 : v11) >= m) {
            return 3;
        }
    }
    /* t4 = 1 / n */
    const double t4 = 1.0 / (double)n;
    double t3 = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t9[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t10[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * */
        /*    V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v12 = word[l];
            const int64_t v13 = v12 < 0 ? m + v12 : v12;
            for (int64_t o = 0; o < q; ++o) {
                t0[l*q + o - q*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < k / 4 * 4; j += 4) {
                const double v14 = U[k*v13 + j];
                const double v16 = U[k*v13 + (j + 1)];
                const double v18 = U[k*v13 + (j + 2)];
                const double v20 = U[k*v13 + (j + 3)];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t v15 = noise[l*q + o];
                    const int64_t v17 = noise[l*q + o];
                    const int64_t v19 = noise[l*q + o];
                    const int64_t v21 = noise[l*q + o];
                    t0[l*q + o - q*tile_begin] += v14 * V[(v15 < 0 ? m + v15 : v15)*k + j] + v16 * V[(v17 < 0 ? m + v17 : v17)*k + (j + 1)] + v18 * V[(v19 < 0 ? m + v19 : v19)*k + (j + 2)] + v20 * V[(v21 < 0 ? m + v21 : v21)*k + (j + 3)];
                }
            }
            for (int64_t j = k / 4 * 4; j < k; ++j) {
                const double v14 = U[k*v13 + j];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t v15 = noise[l*q + o];
                    t0[l*q + o - q*tile_begin] += v14 * V[(v15 < 0 ? m + v15 : v15)*k + j];
                }
            }
        }
        /* t1[l:n] = sum[o:q](where(0 == t0[l, o], 0.6931471805599453, maximum(0, t0[l, o]) + log1p(exp(-abs(t0[l, */
        /*    o]))))) */
        /* t5[l:n, o:q] = t4 * exp(t0[l, o] - where(0 == t0[l, o], 0.6931471805599453, maximum(0, t0[l, o]) + */
        /*    log1p(exp(-abs(t0[l, o]))))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t o = 0; o < q; ++o) {
                const double v22 = t0[l*q + o - q*tile_begin];
                const double v23 = 0.0 == v22 ? 0.6931471805599453 : ((v22 > 0.0 || v22 != v22) ? v22 : 0.0) + log1p(exp(-fabs(v22)));
                t1_sum += v23;
                t5[l*q + o - q*tile_begin] = t4 * exp(v22 - v23);
            }
            t1[l - tile_begin] = t1_sum;
        }
        /* t2[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l] < */
        /*    0, m + context[l], context[l]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v24 = word[l];
            const int64_t v25 = v24 < 0 ? m + v24 : v24;
            const int64_t v26 = context[l];
            const int64_t v27 = v26 < 0 ? m + v26 : v26;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_sum += U[k*v25 + j] * V[k*v27 + j];
            }
            t2[l - tile_begin] = t2_sum;
        }
        /* t3 = sum[l:n](let(s0 := -t2[l], t1[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t2[l])))))) */
        /* t7[l:n] = let(s0 := -t2[l], -(t4 * exp(-(t2[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
        /*    log1p(exp(-abs(t2[l])))))))) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v28 = t2[l - tile_begin];
            const double v29 = -v28;
            const double v30 = 0.0 == v29 ? 0.6931471805599453 : ((v29 > 0.0 || v29 != v29) ? v29 : 0.0) + log1p(exp(-fabs(v28)));
            t3_sum += t1[l - tile_begin] + v30;
            t7[l - tile_begin] = -(t4 * exp(-(v28 + v30)));
        }
        t3 += t3_sum;
        /* t6[:m, :k] = 0 t6 += each[l:n, o:q, j:k](at[where_integer(word[l] < 0, m + word[l], word[l]), */
        /*    j](V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j] * t5[l, o])) */
        /* t9[:m, :k] = 0 t9 += each[l:n, o:q, j:k](at[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, */
        /*    o]), j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * t5[l, o])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v34 = word[l];
            const int64_t v35 = v34 < 0 ? m + v34 : v34;
            for (int64_t o = 0; o < q; ++o) {
                const int64_t v31 = noise[l*q + o];
                const int64_t v32 = v31 < 0 ? m + v31 : v31;
                const double v33 = t5[l*q + o - q*tile_begin];
                for (int64_t j = 0; j < k; ++j) {
                    t6[k*v35 + j] += V[k*v32 + j] * v33;
                    t9[k*v32 + j] += U[k*v35 + j] * v33;
                }
            }
        }
        /* t8[:m, :k] = 0 t8 += each[l:n, j:k](at[where_integer(word[l] < 0, m + word[l], word[l]), */
        /*    j](V[where_integer(context[l] < 0, m + context[l], context[l]), j] * t7[l])) */
        /* t10[:m, :k] = 0 t10 += each[l:n, j:k](at[where_integer(context[l] < 0, m + context[l], context[l]), */
        /*    j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * t7[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v36 = context[l];
            const int64_t v37 = v36 < 0 ? m + v36 : v36;
            const double v38 = t7[l - tile_begin];
            const int64_t v39 = word[l];
            const int64_t v40 = v39 < 0 ? m + v39 : v39;
            for (int64_t j = 0; j < k; ++j) {
                t8[k*v40 + j] += V[k*v37 + j] * v38;
                t10[k*v37 + j] += U[k*v40 + j] * v38;
            }
        }
    }
    /* value = t3 / n */
    const double value_ = t3 / (double)n;
    /* grad_U[i:m, j:k] = t6[i, j] + t8[i, j] */
    /* grad_V[i:m, j:k] = t10[i, j] + t9[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = t6[i*k + j] + t8[i*k + j];
            grad_V[i*k + j] = t9[i*k + j] + t10[i*k + j];
        }
    }
    *value = value_;
    return 0;
}
