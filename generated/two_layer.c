/* two_layer: the loss, and its derivatives.
 *
 *     def program(W1: real[d, h], b1: real[h], W2: real[h, k], b2: real[k], X: real[n, d], y: int64[n]):
 *         t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i])
 *         t1[m:n, j:h] = tanh(t0[m, j] + b1[j])
 *         t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j])
 *         t3[m:n, l:k] = t2[m, l] + b2[l]
 *         t4[m:n, i:1] = max[l:k](t3[m, l])
 *         t5[m:n] = sum[l:k](exp(t3[m, l] - t4[m, 0]))
 *         t6 = sum[m:n](t4[m, 0] + log(t5[m]) - t3[m, where_integer(y[m] < 0, k + y[m], y[m])])
 *         value = t6 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * two_layer_value gives 1: y holds an index out of range for an axis of length k
 * two_layer_forward gives 1: y holds an index out of range for an axis of length k
 * two_layer_backward gives 1: y holds an index out of range for an axis of length k
 * two_layer_value_and_grad gives 1: y holds an index out of range for an axis of length k
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
#pragma omp declare simd notinbranch
double tanh(double);
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "two_layer.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t two_layer_value_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int two_layer_value(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1, const double *restrict b1,
                    const double *restrict W2, const double *restrict b2, const double *restrict X,
                    const int64_t *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t v0 = y[m];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t0[h*m + j - h*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v1 = X[d*m + i];
                const double v2 = X[d*m + (i + 1)];
                const double v3 = X[d*m + (i + 2)];
                const double v4 = X[d*m + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[h*m + j - h*tile_begin] += W1[h*i + j] * v1 + W1[(i + 1)*h + j] * v2 + W1[(i + 2)*h + j] * v3 + W1[(i + 3)*h + j] * v4;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v1 = X[d*m + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[h*m + j - h*tile_begin] += W1[h*i + j] * v1;
                }
            }
        }
        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[h*m + j - h*tile_begin] = tanh(t0[h*m + j - h*tile_begin] + b1[j]);
            }
        }
        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[k*m + l - k*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < h / 4 * 4; j += 4) {
                const double v5 = t1[h*m + j - h*tile_begin];
                const double v6 = t1[h*m + (j + 1) - h*tile_begin];
                const double v7 = t1[h*m + (j + 2) - h*tile_begin];
                const double v8 = t1[h*m + (j + 3) - h*tile_begin];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[k*m + l - k*tile_begin] += W2[j*k + l] * v5 + W2[(j + 1)*k + l] * v6 + W2[(j + 2)*k + l] * v7 + W2[(j + 3)*k + l] * v8;
                }
            }
            for (int64_t j = h / 4 * 4; j < h; ++j) {
                const double v5 = t1[h*m + j - h*tile_begin];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[k*m + l - k*tile_begin] += W2[j*k + l] * v5;
                }
            }
        }
        /* t3[m:n, l:k] = t2[m, l] + b2[l] */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                t3[k*m + l - k*tile_begin] = t2[k*m + l - k*tile_begin] + b2[l];
            }
        }
        /* t4[m:n, i:1] = max[l:k](t3[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t i = 0; i < 1; ++i) {
                double t4_max = -INFINITY;
                for (int64_t l = 0; l < k; ++l) {
                    const double v9 = t3[k*m + l - k*tile_begin];
                    t4_max = (v9 > t4_max || v9 != v9) ? v9 : t4_max;
                }
                t4[i + m - tile_begin] = t4_max;
            }
        }
        /* t5[m:n] = sum[l:k](exp(t3[m, l] - t4[m, 0])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v10 = t4[m - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t l = 0; l < k; ++l) {
                t5_sum += exp(t3[k*m + l - k*tile_begin] - v10);
            }
            t5[m - tile_begin] = t5_sum;
        }
        /* t6 = sum[m:n](t4[m, 0] + log(t5[m]) - t3[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t v11 = y[m];
            const double v12 = t4[m - tile_begin] + log(t5[m - tile_begin]) - t3[k*m + (v11 < 0 ? k + v11 : v11) - k*tile_begin];
            t6_sum += v12;
        }
        t6 += t6_sum;
    }
    /* value = t6 / n */
    const double value_ = t6 / (double)n;
    *value = value_;
    return 0;
}

size_t two_layer_forward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
}

int two_layer_forward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                      const double *restrict b1, const double *restrict W2, const double *restrict b2,
                      const double *restrict X, const int64_t *restrict y, double *restrict value,
                      double *restrict t1, double *restrict t2, double *restrict t4, double *restrict t5,
                      void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t3 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t v0 = y[m];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t0[h*m + j - h*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v1 = X[d*m + i];
                const double v2 = X[d*m + (i + 1)];
                const double v3 = X[d*m + (i + 2)];
                const double v4 = X[d*m + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[h*m + j - h*tile_begin] += W1[h*i + j] * v1 + W1[(i + 1)*h + j] * v2 + W1[(i + 2)*h + j] * v3 + W1[(i + 3)*h + j] * v4;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v1 = X[d*m + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[h*m + j - h*tile_begin] += W1[h*i + j] * v1;
                }
            }
        }
        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[h*m + j] = tanh(t0[h*m + j - h*tile_begin] + b1[j]);
            }
        }
        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[k*m + l] = 0.0;
            }
            for (int64_t j = 0; j < h / 4 * 4; j += 4) {
                const double v5 = t1[h*m + j];
                const double v6 = t1[h*m + (j + 1)];
                const double v7 = t1[h*m + (j + 2)];
                const double v8 = t1[h*m + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[k*m + l] += W2[j*k + l] * v5 + W2[(j + 1)*k + l] * v6 + W2[(j + 2)*k + l] * v7 + W2[(j + 3)*k + l] * v8;
                }
            }
            for (int64_t j = h / 4 * 4; j < h; ++j) {
                const double v5 = t1[h*m + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[k*m + l] += W2[j*k + l] * v5;
                }
            }
        }
        /* t3[m:n, l:k] = t2[m, l] + b2[l] */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                t3[k*m + l - k*tile_begin] = t2[k*m + l] + b2[l];
            }
        }
        /* t4[m:n, i:1] = max[l:k](t3[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t i = 0; i < 1; ++i) {
                double t4_max = -INFINITY;
                for (int64_t l = 0; l < k; ++l) {
                    const double v9 = t3[k*m + l - k*tile_begin];
                    t4_max = (v9 > t4_max || v9 != v9) ? v9 : t4_max;
                }
                t4[i + m] = t4_max;
            }
        }
        /* t5[m:n] = sum[l:k](exp(t3[m, l] - t4[m, 0])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v10 = t4[m];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t l = 0; l < k; ++l) {
                t5_sum += exp(t3[k*m + l - k*tile_begin] - v10);
            }
            t5[m] = t5_sum;
        }
        /* t6 = sum[m:n](t4[m, 0] + log(t5[m]) - t3[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t v11 = y[m];
            t6_sum += t4[m] + log(t5[m]) - t3[k*m + (v11 < 0 ? k + v11 : v11) - k*tile_begin];
        }
        t6 += t6_sum;
    }
    /* value = t6 / n */
    const double value_ = t6 / (double)n;
    *value = value_;
    return 0;
}

size_t two_layer_backward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    (void)h;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double));
}

int two_layer_backward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                       const double *restrict b1, const double *restrict W2, const double *restrict b2,
                       const double *restrict X, const int64_t *restrict y, const double *restrict t1,
                       const double *restrict t2, const double *restrict t4, const double *restrict t5,
                       double cotangent, double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                       double *restrict grad_b2, void *restrict work)
{
    (void)W1;
    (void)b1;
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const W2_transposed = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t12 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t v0 = y[m];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    /* t3 = cotangent / n */
    const double t3 = cotangent / (double)n;
    for (int64_t at = 0; at < k*n; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[m:n, l:k] = t2[m, l] + b2[l] */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                t0[k*m + l] = t2[k*m + l] + b2[l];
            }
        }
        /* t6[:n, :k] = 0 t6 += each[m:n](at[m, where_integer(y[m] < 0, k + y[m], y[m])](-t3)) */
        /* t7[m:n] = t3 / t5[m] */
        const double v1 = -t3;
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t v2 = y[m];
            t6[k*m + (v2 < 0 ? k + v2 : v2)] += v1;
            t7[m] = t3 / t5[m];
        }
        /* t8[m:n, i:1] = sum[l:k](exp(t0[m, l] - t4[m, 0])) */
        /* t9[m:n, i:1] = sum[l:k](where(t4[m, 0] == t0[m, l], 1, 0)) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v4 = t4[m];
            for (int64_t i = 0; i < 1; ++i) {
                double t8_sum = 0.0;
                double t9_sum = 0.0;
                GRADC_SIMD(reduction(+:t8_sum, t9_sum))
                for (int64_t l = 0; l < k; ++l) {
                    const double v3 = t0[k*m + l];
                    t8_sum += exp(v3 - v4);
                    t9_sum += v4 == v3 ? 1.0 : 0.0;
                }
                t8[i + m] = t8_sum;
                t9[i + m] = t9_sum;
            }
        }
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b2[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t10[m:n, l:k] = t6[m, l] + t7[m] * exp(t0[m, l] - t4[m, 0]) + where(t4[m, 0] == t0[m, l], (t3 - t8[m, 0] */
        /*    * t7[m]) / t9[m, 0], 0) */
        /* grad_b2[l:k] = sum[m:n](t10[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v5 = t7[m];
            const double v7 = t4[m];
            const double v8 = (t3 - t8[m] * v5) / t9[m];
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                const double v6 = t0[k*m + l];
                const double v9 = t6[k*m + l] + v5 * exp(v6 - v7) + (v7 == v6 ? v8 : 0.0);
                t10[k*m + l] = v9;
                grad_b2[l] += v9;
            }
        }
        /* grad_W2[j:h, l:k] = sum[m:n](t1[m, j] * t10[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                const double v10 = t1[h*m + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    grad_W2[j*k + l] += v10 * t10[k*m + l];
                }
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < h; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < h ? tile_begin + 128 : h;
        /* W2_transposed[l:k, j:h] = W2[j, l] */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                W2_transposed[128*l + j - tile_begin] = W2[j*k + l];
            }
        }
        /* t11[m:n, j:h] = sum[l:k](W2_transposed[l, j] * t10[m, l]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            for (int64_t m = 0; m < n; ++m) {
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t11_sum))
                for (int64_t l = 0; l < k; ++l) {
                    t11_sum += t10[k*m + l] * W2_transposed[128*l + j - tile_begin];
                }
                t11[128*m + j - tile_begin] = t11_sum;
            }
        }
        /* t12[m:n, j:h] = t11[m, j] * (1 - t1[m, j] * t1[m, j]) */
        /* grad_b1[j:h] = sum[m:n](t11[m, j] * (1 - t1[m, j] * t1[m, j])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            double grad_b1_sum = 0.0;
            GRADC_SIMD(reduction(+:grad_b1_sum))
            for (int64_t m = 0; m < n; ++m) {
                const double v11 = t1[h*m + j];
                const double v12 = t11[128*m + j - tile_begin] * (1.0 - v11 * v11);
                t12[128*m + j - tile_begin] = v12;
                grad_b1_sum += v12;
            }
            grad_b1[j] = grad_b1_sum;
        }
        /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t12[m, j]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            for (int64_t i = 0; i < d; ++i) {
                grad_W1[h*i + j] = 0.0;
            }
            for (int64_t m = 0; m < n / 4 * 4; m += 4) {
                const double v13 = t12[128*m + j - tile_begin];
                const double v14 = t12[(m + 1)*128 + j - tile_begin];
                const double v15 = t12[(m + 2)*128 + j - tile_begin];
                const double v16 = t12[(m + 3)*128 + j - tile_begin];
                GRADC_SIMD()
                for (int64_t i = 0; i < d; ++i) {
                    grad_W1[h*i + j] += X[d*m + i] * v13 + X[(m + 1)*d + i] * v14 + X[(m + 2)*d + i] * v15 + X[(m + 3)*d + i] * v16;
                }
            }
            for (int64_t m = n / 4 * 4; m < n; ++m) {
                const double v13 = t12[128*m + j - tile_begin];
                GRADC_SIMD()
                for (int64_t i = 0; i < d; ++i) {
                    grad_W1[h*i + j] += X[d*m + i] * v13;
                }
            }
        }
    }
    return 0;
}

size_t two_layer_value_and_grad_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    return gradc_bytes(128*h, sizeof(double)) + gradc_bytes(h*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*n, sizeof(double)) + gradc_bytes(128*n, sizeof(double));
}

int two_layer_value_and_grad(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                             const double *restrict b1, const double *restrict W2, const double *restrict b2,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                             double *restrict grad_b2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(h*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const W2_transposed = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)scratch;
    scratch += gradc_bytes(128*n, sizeof(double));
    double *const t14 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t v0 = y[m];
        if ((v0 < 0 ? k + v0 : v0) < 0 || (v0 < 0 ? k + v0 : v0) >= k) {
            return 1;
        }
    }
    for (int64_t m = 0; m < n; ++m) {
        const int64_t v1 = y[m];
        if ((v1 < 0 ? k + v1 : v1) < 0 || (v1 < 0 ? k + v1 : v1) >= k) {
            return 1;
        }
    }
    /* t7 = 1 / n */
    const double t7 = 1.0 / (double)n;
    double t6 = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        t8[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t0[h*m + j - h*tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double v2 = X[d*m + i];
                const double v3 = X[d*m + (i + 1)];
                const double v4 = X[d*m + (i + 2)];
                const double v5 = X[d*m + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[h*m + j - h*tile_begin] += W1[h*i + j] * v2 + W1[(i + 1)*h + j] * v3 + W1[(i + 2)*h + j] * v4 + W1[(i + 3)*h + j] * v5;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double v2 = X[d*m + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[h*m + j - h*tile_begin] += W1[h*i + j] * v2;
                }
            }
        }
        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[h*m + j] = tanh(t0[h*m + j - h*tile_begin] + b1[j]);
            }
        }
        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[k*m + l - k*tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < h / 4 * 4; j += 4) {
                const double v6 = t1[h*m + j];
                const double v7 = t1[h*m + (j + 1)];
                const double v8 = t1[h*m + (j + 2)];
                const double v9 = t1[h*m + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[k*m + l - k*tile_begin] += W2[j*k + l] * v6 + W2[(j + 1)*k + l] * v7 + W2[(j + 2)*k + l] * v8 + W2[(j + 3)*k + l] * v9;
                }
            }
            for (int64_t j = h / 4 * 4; j < h; ++j) {
                const double v6 = t1[h*m + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[k*m + l - k*tile_begin] += W2[j*k + l] * v6;
                }
            }
        }
        /* t3[m:n, l:k] = t2[m, l] + b2[l] */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                t3[k*m + l] = t2[k*m + l - k*tile_begin] + b2[l];
            }
        }
        /* t4[m:n, i:1] = max[l:k](t3[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t i = 0; i < 1; ++i) {
                double t4_max = -INFINITY;
                for (int64_t l = 0; l < k; ++l) {
                    const double v10 = t3[k*m + l];
                    t4_max = (v10 > t4_max || v10 != v10) ? v10 : t4_max;
                }
                t4[i + m] = t4_max;
            }
        }
        /* t5[m:n] = sum[l:k](exp(t3[m, l] - t4[m, 0])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v11 = t4[m];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t l = 0; l < k; ++l) {
                t5_sum += exp(t3[k*m + l] - v11);
            }
            t5[m - tile_begin] = t5_sum;
        }
        /* t6 = sum[m:n](t4[m, 0] + log(t5[m]) - t3[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        /* t8[:n, :k] = 0 t8 += each[m:n](at[m, where_integer(y[m] < 0, k + y[m], y[m])](-t7)) */
        /* t9[m:n] = t7 / t5[m] */
        const double v15 = -t7;
        double t6_sum = 0.0;
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v12 = t5[m - tile_begin];
            const int64_t v13 = y[m];
            const int64_t v14 = v13 < 0 ? k + v13 : v13;
            t6_sum += t4[m] + log(v12) - t3[k*m + v14];
            t8[k*m + v14] += v15;
            t9[m] = t7 / v12;
        }
        t6 += t6_sum;
        /* t10[m:n, i:1] = sum[l:k](exp(t3[m, l] - t4[m, 0])) */
        /* t11[m:n, i:1] = sum[l:k](where(t3[m, l] == t4[m, 0], 1, 0)) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v17 = t4[m];
            for (int64_t i = 0; i < 1; ++i) {
                double t10_sum = 0.0;
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t10_sum, t11_sum))
                for (int64_t l = 0; l < k; ++l) {
                    const double v16 = t3[k*m + l];
                    t10_sum += exp(v16 - v17);
                    t11_sum += v17 == v16 ? 1.0 : 0.0;
                }
                t10[i + m] = t10_sum;
                t11[i + m] = t11_sum;
            }
        }
    }
    /* value = t6 / n */
    const double value_ = t6 / (double)n;
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b2[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        /* t12[m:n, l:k] = t8[m, l] + t9[m] * exp(t3[m, l] - t4[m, 0]) + where(t3[m, l] == t4[m, 0], (t7 - t10[m, */
        /*    0] * t9[m]) / t11[m, 0], 0) */
        /* grad_b2[l:k] = sum[m:n](t12[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v18 = t9[m];
            const double v20 = t4[m];
            const double v21 = (t7 - t10[m] * v18) / t11[m];
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                const double v19 = t3[k*m + l];
                const double v22 = t8[k*m + l] + v18 * exp(v19 - v20) + (v20 == v19 ? v21 : 0.0);
                t12[k*m + l] = v22;
                grad_b2[l] += v22;
            }
        }
        /* grad_W2[j:h, l:k] = sum[m:n](t12[m, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                const double v23 = t1[h*m + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    grad_W2[j*k + l] += v23 * t12[k*m + l];
                }
            }
        }
    }
    for (int64_t tile_begin = 0; tile_begin < h; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < h ? tile_begin + 128 : h;
        /* W2_transposed[l:k, j:h] = W2[j, l] */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                W2_transposed[128*l + j - tile_begin] = W2[j*k + l];
            }
        }
        /* t13[m:n, j:h] = sum[l:k](W2_transposed[l, j] * t12[m, l]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            for (int64_t m = 0; m < n; ++m) {
                double t13_sum = 0.0;
                GRADC_SIMD(reduction(+:t13_sum))
                for (int64_t l = 0; l < k; ++l) {
                    t13_sum += t12[k*m + l] * W2_transposed[128*l + j - tile_begin];
                }
                t13[128*m + j - tile_begin] = t13_sum;
            }
        }
        /* t14[m:n, j:h] = t13[m, j] * (1 - t1[m, j] * t1[m, j]) */
        /* grad_b1[j:h] = sum[m:n](t13[m, j] * (1 - t1[m, j] * t1[m, j])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            double grad_b1_sum = 0.0;
            GRADC_SIMD(reduction(+:grad_b1_sum))
            for (int64_t m = 0; m < n; ++m) {
                const double v24 = t1[h*m + j];
                const double v25 = t13[128*m + j - tile_begin] * (1.0 - v24 * v24);
                t14[128*m + j - tile_begin] = v25;
                grad_b1_sum += v25;
            }
            grad_b1[j] = grad_b1_sum;
        }
        /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t14[m, j]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            for (int64_t i = 0; i < d; ++i) {
                grad_W1[h*i + j] = 0.0;
            }
            for (int64_t m = 0; m < n / 4 * 4; m += 4) {
                const double v26 = t14[128*m + j - tile_begin];
                const double v27 = t14[(m + 1)*128 + j - tile_begin];
                const double v28 = t14[(m + 2)*128 + j - tile_begin];
                const double v29 = t14[(m + 3)*128 + j - tile_begin];
                GRADC_SIMD()
                for (int64_t i = 0; i < d; ++i) {
                    grad_W1[h*i + j] += X[d*m + i] * v26 + X[(m + 1)*d + i] * v27 + X[(m + 2)*d + i] * v28 + X[(m + 3)*d + i] * v29;
                }
            }
            for (int64_t m = n / 4 * 4; m < n; ++m) {
                const double v26 = t14[128*m + j - tile_begin];
                GRADC_SIMD()
                for (int64_t i = 0; i < d; ++i) {
                    grad_W1[h*i + j] += X[d*m + i] * v26;
                }
            }
        }
    }
    *value = value_;
    return 0;
}
