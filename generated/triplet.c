/* triplet: the loss, and its derivatives.
 *
 *     def program(E: real[m, k], anchor: int64[n], positive: int64[n], negative: int64[n], margin: real):
 *         t0[l:n] = sum[j:k]((E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j]) 
 *         t1[l:n] = sum[j:k]((E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j]) 
 *         t2 = sum[l:n](maximum(0, margin + (t0[l] - t1[l])))
 *         value = t2 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * triplet_value gives 1: anchor holds an index out of range for an axis of length m
 * triplet_value gives 2: positive holds an index out of range for an axis of length m
 * triplet_value gives 3: negative holds an index out of range for an axis of length m
 * triplet_forward gives 1: anchor holds an index out of range for an axis of length m
 * triplet_forward gives 2: positive holds an index out of range for an axis of length m
 * triplet_forward gives 3: negative holds an index out of range for an axis of length m
 * triplet_backward gives 1: anchor holds an index out of range for an axis of length m
 * triplet_backward gives 2: negative holds an index out of range for an axis of length m
 * triplet_backward gives 3: positive holds an index out of range for an axis of length m
 * triplet_value_and_grad gives 1: anchor holds an index out of range for an axis of length m
 * triplet_value_and_grad gives 2: positive holds an index out of range for an axis of length m
 * triplet_value_and_grad gives 3: negative holds an index out of range for an axis of length m
 */

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "triplet.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t triplet_value_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int triplet_value(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                  const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                  double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = anchor[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = positive[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = anchor[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = negative[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - */
        /*    E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j], s0 * s0)) */
        /* t1[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - */
        /*    E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j], s0 * s0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v4 = anchor[l];
            const int64_t v5 = v4 < 0 ? m + v4 : v4;
            const int64_t v7 = positive[l];
            const int64_t v8 = v7 < 0 ? m + v7 : v7;
            const int64_t v10 = negative[l];
            const int64_t v11 = v10 < 0 ? m + v10 : v10;
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v6 = E[k*v5 + j];
                const double v9 = v6 - E[k*v8 + j];
                const double v12 = v6 - E[k*v11 + j];
                t0_sum += v9 * v9;
                t1_sum += v12 * v12;
            }
            t0[l - tile_begin] = t0_sum;
            t1[l - tile_begin] = t1_sum;
        }
        /* t2 = sum[l:n](maximum(0, margin + (t0[l] - t1[l]))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v13 = margin + (t0[l - tile_begin] - t1[l - tile_begin]);
            t2_sum += (v13 > 0.0 || v13 != v13) ? v13 : 0.0;
        }
        t2 += t2_sum;
    }
    /* value = t2 / n */
    const double value_ = t2 / (double)n;
    *value = value_;
    return 0;
}

size_t triplet_forward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return 0;
}

int triplet_forward(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                    const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                    double *restrict value, double *restrict t0, double *restrict t1, void *restrict work)
{
    (void)work;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = anchor[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = positive[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = anchor[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = negative[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - */
        /*    E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j], s0 * s0)) */
        /* t1[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - */
        /*    E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j], s0 * s0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v4 = anchor[l];
            const int64_t v5 = v4 < 0 ? m + v4 : v4;
            const int64_t v7 = positive[l];
            const int64_t v8 = v7 < 0 ? m + v7 : v7;
            const int64_t v10 = negative[l];
            const int64_t v11 = v10 < 0 ? m + v10 : v10;
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v6 = E[k*v5 + j];
                const double v9 = v6 - E[k*v8 + j];
                const double v12 = v6 - E[k*v11 + j];
                t0_sum += v9 * v9;
                t1_sum += v12 * v12;
            }
            t0[l] = t0_sum;
            t1[l] = t1_sum;
        }
        /* t2 = sum[l:n](maximum(0, margin + (t0[l] - t1[l]))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v13 = margin + (t0[l] - t1[l]);
            t2_sum += (v13 > 0.0 || v13 != v13) ? v13 : 0.0;
        }
        t2 += t2_sum;
    }
    /* value = t2 / n */
    const double value_ = t2 / (double)n;
    *value = value_;
    return 0;
}

size_t triplet_backward_work(int64_t m, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double));
}

int triplet_backward(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                     const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                     const double *restrict t0, const double *restrict t1, double cotangent, double *restrict grad_E,
                     void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = anchor[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = negative[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = negative[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = anchor[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v4 = anchor[l];
        if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v5 = positive[l];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v6 = positive[l];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v7 = anchor[l];
        if ((v7 < 0 ? m + v7 : v7) < 0 || (v7 < 0 ? m + v7 : v7) >= m) {
            return 1;
        }
    }
    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    for (int64_t at = 0; at < k*m; ++at) {
        t3[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t4[at] = 0.0;
    }
    /* t3[:m, :k] = 0 t3 += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), s1 := */
    /*    where_integer(negative[l] < 0, m + negative[l], negative[l]), s2 := margin + (t0[l] - t1[l]), s3 := 2 * */
    /*    (E[s0, j] - E[s1, j]) * where(0 < s2, t2, where(0 == s2, 0.5 * t2, 0)), at[s1, j](s3), at[s0, j](-s3))) */
    /* t4[:m, :k] = 0 t4 += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), s1 := */
    /*    where_integer(positive[l] < 0, m + positive[l], positive[l]), s2 := margin + (t0[l] - t1[l]), s3 := 2 * */
    /*    (E[s0, j] - E[s1, j]) * where(0 < s2, t2, where(0 == s2, 0.5 * t2, 0)), at[s1, j](-s3), at[s0, j](s3))) */
    const double v14 = 0.5 * t2;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v8 = anchor[l];
        const int64_t v9 = v8 < 0 ? m + v8 : v8;
        const int64_t v11 = negative[l];
        const int64_t v12 = v11 < 0 ? m + v11 : v11;
        const double v13 = margin + (t0[l] - t1[l]);
        const double v15 = 0.0 < v13 ? t2 : (0.0 == v13 ? v14 : 0.0);
        const int64_t v17 = positive[l];
        const int64_t v18 = v17 < 0 ? m + v17 : v17;
        for (int64_t j = 0; j < k; ++j) {
            const double v10 = E[k*v9 + j];
            const double v16 = 2.0 * (v10 - E[k*v12 + j]) * v15;
            const double v19 = 2.0 * (v10 - E[k*v18 + j]) * v15;
            t3[k*v12 + j] += v16;
            t3[k*v9 + j] += -v16;
            t4[k*v18 + j] += -v19;
            t4[k*v9 + j] += v19;
        }
    }
    /* grad_E[i:m, j:k] = t4[i, j] + t3[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_E[i*k + j] = t4[i*k + j] + t3[i*k + j];
        }
    }
    return 0;
}

size_t triplet_value_and_grad_work(int64_t m, int64_t k, int64_t n)
{
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double));
}

int triplet_value_and_grad(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                           const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                           double *restrict value, double *restrict grad_E, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const t5 = (void *)scratch;
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v0 = anchor[l];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v1 = positive[l];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v2 = anchor[l];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v3 = negative[l];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v4 = anchor[l];
        if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v5 = positive[l];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v6 = positive[l];
        if ((v6 < 0 ? m + v6 : v6) < 0 || (v6 < 0 ? m + v6 : v6) >= m) {
            return 2;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v7 = anchor[l];
        if ((v7 < 0 ? m + v7 : v7) < 0 || (v7 < 0 ? m + v7 : v7) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v8 = anchor[l];
        if ((v8 < 0 ? m + v8 : v8) < 0 || (v8 < 0 ? m + v8 : v8) >= m) {
            return 1;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v9 = negative[l];
        if ((v9 < 0 ? m + v9 : v9) < 0 || (v9 < 0 ? m + v9 : v9) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v10 = negative[l];
        if ((v10 < 0 ? m + v10 : v10) < 0 || (v10 < 0 ? m + v10 : v10) >= m) {
            return 3;
        }
    }
    for (int64_t l = 0; l < n; ++l) {
        const int64_t v11 = anchor[l];
        if ((v11 < 0 ? m + v11 : v11) < 0 || (v11 < 0 ? m + v11 : v11) >= m) {
            return 1;
        }
    }
    /* t3 = 1 / n */
    const double t3 = 1.0 / (double)n;
    double t2 = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        t5[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - */
        /*    E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j], s0 * s0)) */
        /* t1[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] - */
        /*    E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j], s0 * s0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v12 = anchor[l];
            const int64_t v13 = v12 < 0 ? m + v12 : v12;
            const int64_t v15 = positive[l];
            const int64_t v16 = v15 < 0 ? m + v15 : v15;
            const int64_t v18 = negative[l];
            const int64_t v19 = v18 < 0 ? m + v18 : v18;
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v14 = E[k*v13 + j];
                const double v17 = v14 - E[k*v16 + j];
                const double v20 = v14 - E[k*v19 + j];
                t0_sum += v17 * v17;
                t1_sum += v20 * v20;
            }
            t0[l - tile_begin] = t0_sum;
            t1[l - tile_begin] = t1_sum;
        }
        /* t2 = sum[l:n](maximum(0, margin + (t0[l] - t1[l]))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v21 = margin + (t0[l - tile_begin] - t1[l - tile_begin]);
            t2_sum += (v21 > 0.0 || v21 != v21) ? v21 : 0.0;
        }
        t2 += t2_sum;
        /* t4[:m, :k] = 0 t4 += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), s1 */
        /*    := where_integer(positive[l] < 0, m + positive[l], positive[l]), s2 := margin + (t0[l] - t1[l]), s3 */
        /*    := 2 * (E[s0, j] - E[s1, j]) * where(0 < s2, t3, where(0 == s2, 0.5 * t3, 0)), at[s1, j](-s3), at[s0, */
        /*    j](s3))) */
        /* t5[:m, :k] = 0 t5 += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), s1 */
        /*    := where_integer(negative[l] < 0, m + negative[l], negative[l]), s2 := margin + (t0[l] - t1[l]), s3 */
        /*    := 2 * (E[s0, j] - E[s1, j]) * where(0 < s2, t3, where(0 == s2, 0.5 * t3, 0)), at[s1, j](s3), at[s0, */
        /*    j](-s3))) */
        const double v28 = 0.5 * t3;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t v22 = anchor[l];
            const int64_t v23 = v22 < 0 ? m + v22 : v22;
            const int64_t v25 = positive[l];
            const int64_t v26 = v25 < 0 ? m + v25 : v25;
            const double v27 = margin + (t0[l - tile_begin] - t1[l - tile_begin]);
            const double v29 = 0.0 < v27 ? t3 : (0.0 == v27 ? v28 : 0.0);
            const int64_t v31 = negative[l];
            const int64_t v32 = v31 < 0 ? m + v31 : v31;
            for (int64_t j = 0; j < k; ++j) {
                const double v24 = E[k*v23 + j];
                const double v30 = 2.0 * (v24 - E[k*v26 + j]) * v29;
                const double v33 = 2.0 * (v24 - E[k*v32 + j]) * v29;
                t4[k*v26 + j] += -v30;
                t4[k*v23 + j] += v30;
                t5[k*v32 + j] += v33;
                t5[k*v23 + j] += -v33;
            }
        }
    }
    /* value = t2 / n */
    const double value_ = t2 / (double)n;
    /* grad_E[i:m, j:k] = t4[i, j] + t5[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_E[i*k + j] = t5[i*k + j] + t4[i*k + j];
        }
    }
    *value = value_;
    return 0;
}
