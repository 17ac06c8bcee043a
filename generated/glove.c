/* glove: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[m, k], b: real[m], c: real[m], row: int64[n], column: int64[n], count: real[n], top: real):
 *         t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0, m + column[l], column[l]), j])
 *         t1 = sum[l:n](minimum(1, count[l] / top) ** 0.75 * (c[where_integer(column[l] < 0, m + column[l], column[l])] + (b[where_integer(row[l] < 0, m + row[l]
 *         value = t1 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * glove_value gives 1: row holds an index out of range for an axis of length m
 * glove_value gives 2: column holds an index out of range for an axis of length m
 * glove_forward gives 1: row holds an index out of range for an axis of length m
 * glove_forward gives 2: column holds an index out of range for an axis of length m
 * glove_backward gives 1: column holds an index out of range for an axis of length m
 * glove_backward gives 2: row holds an index out of range for an axis of length m
 * glove_value_and_grad gives 1: row holds an index out of range for an axis of length m
 * glove_value_and_grad gives 2: column holds an index out of range for an axis of length m
 */

#include <stddef.h>
#include <stdint.h>

/* With -fopenmp-simd, gcc and glibc, loops call these a vector at a time. Declared before math.h, whose own
 * declarations then add to them. */
#if defined(GRADC_OPENMP_SIMD) && defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__)
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
#pragma omp declare simd notinbranch
double log(double);
#pragma omp declare simd notinbranch
double pow(double, double);
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "glove.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t glove_value_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double));
}

int glove_value(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                const double *restrict b, const double *restrict c, const int64_t *restrict row,
                const int64_t *restrict column, const double *restrict count, double top, double *restrict value,
                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = row[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = column[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = column[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = row[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 1;
        }
    }
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0, */
        /*    m + column[l], column[l]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v4 = row[l];
            const int64_t v5 = v4 < 0 ? m + v4 : v4;
            const int64_t v6 = column[l];
            const int64_t v7 = v6 < 0 ? m + v6 : v6;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[k*v5 + j] * V[k*v7 + j];
            }
            t0[l - tile_begin] = t0_sum;
        }
        /* t1 = sum[l:n](let(s0 := c[where_integer(column[l] < 0, m + column[l], column[l])] + */
        /*    (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]), minimum(1, count[l] / */
        /*    top) ** 0.75 * (s0 * s0))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v8 = count[l];
            const double v9 = v8 / top;
            const int64_t v10 = column[l];
            const int64_t v11 = row[l];
            const double v12 = c[(v10 < 0 ? m + v10 : v10)] + (b[(v11 < 0 ? m + v11 : v11)] + t0[l - tile_begin]) - log(v8);
            t1_sum += pow((v9 < 1.0 || v9 != v9) ? v9 : 1.0, 0.75) * (v12 * v12);
        }
        t1 += t1_sum;
    }
    /* value = t1 / n */
    const double value_ = t1 / (double)n;
    *value = value_;
    return 0;
}

size_t glove_forward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return 0;
}

int glove_forward(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                  const double *restrict b, const double *restrict c, const int64_t *restrict row,
                  const int64_t *restrict column, const double *restrict count, double top, double *restrict value,
                  double *restrict t0, void *restrict work)
{
    (void)work;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = row[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = column[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = column[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = row[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 1;
        }
    }
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0, */
        /*    m + column[l], column[l]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v4 = row[l];
            const int64_t v5 = v4 < 0 ? m + v4 : v4;
            const int64_t v6 = column[l];
            const int64_t v7 = v6 < 0 ? m + v6 : v6;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[k*v5 + j] * V[k*v7 + j];
            }
            t0[l] = t0_sum;
        }
        /* t1 = sum[l:n](let(s0 := c[where_integer(column[l] < 0, m + column[l], column[l])] + */
        /*    (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]), minimum(1, count[l] / */
        /*    top) ** 0.75 * (s0 * s0))) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v8 = count[l];
            const double v9 = v8 / top;
            const int64_t v10 = column[l];
            const int64_t v11 = row[l];
            const double v12 = c[(v10 < 0 ? m + v10 : v10)] + (b[(v11 < 0 ? m + v11 : v11)] + t0[l]) - log(v8);
            t1_sum += pow((v9 < 1.0 || v9 != v9) ? v9 : 1.0, 0.75) * (v12 * v12);
        }
        t1 += t1_sum;
    }
    /* value = t1 / n */
    const double value_ = t1 / (double)n;
    *value = value_;
    return 0;
}

size_t glove_backward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double));
}

int glove_backward(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                   const double *restrict b, const double *restrict c, const int64_t *restrict row,
                   const int64_t *restrict column, const double *restrict count, double top,
                   const double *restrict t0, double cotangent, double *restrict grad_U, double *restrict grad_V,
                   double *restrict grad_b, double *restrict grad_c, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = column[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = row[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = column[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = row[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v4 = row[l];
        if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v5 = column[l];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v6 = column[l];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v7 = row[l];
        if ((v7 < 0 ? m + v7 : v7) < 0 || (v7 < 0 ? m + v7 : v7) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v8 = row[l];
        if ((v8 < 0 ? m + v8 : v8) < 0 || (v8 < 0 ? m + v8 : v8) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v9 = column[l];
        if ((v9 < 0 ? m + v9 : v9) < 0 || (v9 < 0 ? m + v9 : v9) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v10 = row[l];
        if ((v10 < 0 ? m + v10 : v10) < 0 || (v10 < 0 ? m + v10 : v10) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v11 = column[l];
        if ((v11 < 0 ? m + v11 : v11) < 0 || (v11 < 0 ? m + v11 : v11) >= m) {
            return 1;
        }
    }
    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_c[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t2[l:n] = t1 * minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m + column[l], */
        /*    column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]))) */
        /* grad_b[:m] = 0 grad_b += each[l:n](let(s0 := where_integer(row[l] < 0, m + row[l], row[l]), at[s0](t1 * */
        /*    minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m + column[l], column[l])] */
        /*    + (b[s0] + t0[l]) - log(count[l])))))) */
        /* grad_c[:m] = 0 grad_c += each[l:n](let(s0 := where_integer(column[l] < 0, m + column[l], column[l]), */
        /*    at[s0](t1 * minimum(1, count[l] / top) ** 0.75 * (2 * (c[s0] + (b[where_integer(row[l] < 0, m + */
        /*    row[l], row[l])] + t0[l]) - log(count[l])))))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v12 = count[l];
            const double v13 = v12 / top;
            const int64_t v14 = column[l];
            const int64_t v15 = v14 < 0 ? m + v14 : v14;
            const int64_t v16 = row[l];
            const int64_t v17 = v16 < 0 ? m + v16 : v16;
            const double v18 = t1 * pow((v13 < 1.0 || v13 != v13) ? v13 : 1.0, 0.75) * (2.0 * (c[v15] + (b[v17] + t0[l]) - log(v12)));
            t2[l - tile_begin] = v18;
            grad_b[v17] += v18;
            grad_c[v15] += v18;
        }
        /* grad_U[:m, :k] = 0 grad_U += each[l:n, j:k](at[where_integer(row[l] < 0, m + row[l], row[l]), */
        /*    j](V[where_integer(column[l] < 0, m + column[l], column[l]), j] * t2[l])) */
        /* grad_V[:m, :k] = 0 grad_V += each[l:n, j:k](at[where_integer(column[l] < 0, m + column[l], column[l]), */
        /*    j](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v19 = column[l];
            const int64_t v20 = v19 < 0 ? m + v19 : v19;
            const double v21 = t2[l - tile_begin];
            const int64_t v22 = row[l];
            const int64_t v23 = v22 < 0 ? m + v22 : v22;
            for (int64_t j = 0; j < k; ++j) {
                grad_U[k*v23 + j] += V[k*v20 + j] * v21;
                grad_V[k*v20 + j] += U[k*v23 + j] * v21;
            }
        }
    }
    return 0;
}

size_t glove_value_and_grad_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int glove_value_and_grad(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                         const double *restrict b, const double *restrict c, const int64_t *restrict row,
                         const int64_t *restrict column, const double *restrict count, double top,
                         double *restrict value, double *restrict grad_U, double *restrict grad_V,
                         double *restrict grad_b, double *restrict grad_c, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = row[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = column[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = column[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = row[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v4 = column[l];
        if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v5 = row[l];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v6 = column[l];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v7 = row[l];
        if ((v7 < 0 ? m + v7 : v7) < 0 || (v7 < 0 ? m + v7 : v7) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v8 = row[l];
        if ((v8 < 0 ? m + v8 : v8) < 0 || (v8 < 0 ? m + v8 : v8) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v9 = column[l];
        if ((v9 < 0 ? m + v9 : v9) < 0 || (v9 < 0 ? m + v9 : v9) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v10 = column[l];
        if ((v10 < 0 ? m + v10 : v10) < 0 || (v10 < 0 ? m + v10 : v10) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v11 = row[l];
        if ((v11 < 0 ? m + v11 : v11) < 0 || (v11 < 0 ? m + v11 : v11) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v12 = row[l];
        if ((v12 < 0 ? m + v12 : v12) < 0 || (v12 < 0 ? m + v12 : v12) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v13 = column[l];
        if ((v13 < 0 ? m + v13 : v13) < 0 || (v13 < 0 ? m + v13 : v13) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v14 = row[l];
        if ((v14 < 0 ? m + v14 : v14) < 0 || (v14 < 0 ? m + v14 : v14) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v15 = column[l];
        if ((v15 < 0 ? m + v15 : v15) < 0 || (v15 < 0 ? m + v15 : v15) >= m) {
            return 2;
        }
    }
    /* t2 = 1 / n */
    const double t2 = 1.0 / (double)n;
    double t1 = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_c[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0, */
        /*    m + column[l], column[l]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v16 = row[l];
            const int64_t v17 = v16 < 0 ? m + v16 : v16;
            const int64_t v18 = column[l];
            const int64_t v19 = v18 < 0 ? m + v18 : v18;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[k*v17 + j] * V[k*v19 + j];
            }
            t0[l - tile_begin] = t0_sum;
        }
        /* t1 = sum[l:n](let(s0 := c[where_integer(column[l] < 0, m + column[l], column[l])] + */
        /*    (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]), minimum(1, count[l] / */
        /*    top) ** 0.75 * (s0 * s0))) */
        /* t3[l:n] = t2 * minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m + column[l], */
        /*    column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]))) */
        /* grad_b[:m] = 0 grad_b += each[l:n](let(s0 := where_integer(row[l] < 0, m + row[l], row[l]), at[s0](t2 * */
        /*    minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m + column[l], column[l])] */
        /*    + (b[s0] + t0[l]) - log(count[l])))))) */
        /* grad_c[:m] = 0 grad_c += each[l:n](let(s0 := where_integer(column[l] < 0, m + column[l], column[l]), */
        /*    at[s0](t2 * minimum(1, count[l] / top) ** 0.75 * (2 * (c[s0] + (b[where_integer(row[l] < 0, m + */
        /*    row[l], row[l])] + t0[l]) - log(count[l])))))) */
        double t1_sum = 0.0;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v20 = count[l];
            const double v21 = v20 / top;
            const double v22 = pow((v21 < 1.0 || v21 != v21) ? v21 : 1.0, 0.75);
            const int64_t v23 = column[l];
            const int64_t v24 = v23 < 0 ? m + v23 : v23;
            const int64_t v25 = row[l];
            const int64_t v26 = v25 < 0 ? m + v25 : v25;
            const double v27 = c[v24] + (b[v26] + t0[l - tile_begin]) - log(v20);
            const double v28 = t2 * v22 * (2.0 * v27);
            t1_sum += v22 * (v27 * v27);
            t3[l - tile_begin] = v28;
            grad_b[v26] += v28;
            grad_c[v24] += v28;
        }
        t1 += t1_sum;
        /* grad_U[:m, :k] = 0 grad_U += each[l:n, j:k](at[where_integer(row[l] < 0, m + row[l], row[l]), */
        /*    j](V[where_integer(column[l] < 0, m + column[l], column[l]), j] * t3[l])) */
        /* grad_V[:m, :k] = 0 grad_V += each[l:n, j:k](at[where_integer(column[l] < 0, m + column[l], column[l]), */
        /*    j](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * t3[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v29 = column[l];
            const int64_t v30 = v29 < 0 ? m + v29 : v29;
            const double v31 = t3[l - tile_begin];
            const int64_t v32 = row[l];
            const int64_t v33 = v32 < 0 ? m + v32 : v32;
            for (int64_t j = 0; j < k; ++j) {
                grad_U[k*v33 + j] += V[k*v30 + j] * v31;
                grad_V[k*v30 + j] += U[k*v33 + j] * v31;
            }
        }
    }
    /* value = t1 / n */
    const double value_ = t1 / (double)n;
    *value = value_;
    return 0;
}
