/* two_layer: the loss, and its derivatives.
 *
 *     def program(W1: real[d, h], b1: real[h], W2: real[h, k], b2: real[k], X: real[n, d], y: int64[n]):
 *         t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i])
 *         t1[m:n, j:h] = tanh(t0[m, j] + b1[j])
 *         t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j])
 *         Z[m:n, l:k] = t2[m, l] + b2[l]
 *         t3[m:n] = max[l:k](Z[m, l])
 *         t4[m:n] = sum[l:k](exp(Z[m, l] - t3[m]))
 *         t5 = sum[m:n](t3[m] + log(t4[m]) - Z[m, where_integer(y[m] < 0, k + y[m], y[m])])
 *         value = t5 / n
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
    return gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
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
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t y_m = y[m];
        const int64_t v0 = y_m < 0 ? k + y_m : y_m;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t5 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t0[(m - tile_begin)*h + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_mi = X[m*d + i];
                const double X_mi1 = X[m*d + (i + 1)];
                const double X_mi2 = X[m*d + (i + 2)];
                const double X_mi3 = X[m*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[(m - tile_begin)*h + j] += W1[i*h + j] * X_mi + W1[(i + 1)*h + j] * X_mi1 + W1[(i + 2)*h + j] * X_mi2 + W1[(i + 3)*h + j] * X_mi3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_mi = X[m*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[(m - tile_begin)*h + j] += W1[i*h + j] * X_mi;
                }
            }
        }

        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[(m - tile_begin)*h + j] = tanh(t0[(m - tile_begin)*h + j] + b1[j]);
            }
        }

        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[(m - tile_begin)*k + l] = 0.0;
            }
            for (int64_t j = 0; j < h / 4 * 4; j += 4) {
                const double t1_mj = t1[(m - tile_begin)*h + j];
                const double t1_mj1 = t1[(m - tile_begin)*h + (j + 1)];
                const double t1_mj2 = t1[(m - tile_begin)*h + (j + 2)];
                const double t1_mj3 = t1[(m - tile_begin)*h + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[(m - tile_begin)*k + l] += W2[j*k + l] * t1_mj + W2[(j + 1)*k + l] * t1_mj1 + W2[(j + 2)*k + l] * t1_mj2 + W2[(j + 3)*k + l] * t1_mj3;
                }
            }
            for (int64_t j = h / 4 * 4; j < h; ++j) {
                const double t1_mj = t1[(m - tile_begin)*h + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[(m - tile_begin)*k + l] += W2[j*k + l] * t1_mj;
                }
            }
        }

        /* Z[m:n, l:k] = t2[m, l] + b2[l] */
        /* t3[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            double t3_max = -INFINITY;
            for (int64_t l = 0; l < k; ++l) {
                const double v0 = t2[(m - tile_begin)*k + l] + b2[l];
                Z[(m - tile_begin)*k + l] = v0;
                t3_max = (v0 > t3_max || v0 != v0) ? v0 : t3_max;
            }
            t3[m - tile_begin] = t3_max;
        }

        /* t4[m:n] = sum[l:k](exp(Z[m, l] - t3[m])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m - tile_begin];
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t l = 0; l < k; ++l) {
                t4_sum += exp(Z[(m - tile_begin)*k + l] - t3_m);
            }
            t4[m - tile_begin] = t4_sum;
        }

        /* t5 = sum[m:n](t3[m] + log(t4[m]) - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t y_m = y[m];
            const double v0 = t3[m - tile_begin] + log(t4[m - tile_begin]) - Z[(m - tile_begin)*k + (y_m < 0 ? k + y_m : y_m)];
            t5_sum += v0;
        }
        t5 += t5_sum;
    }

    /* value = t5 / n */
    *value = t5 / (double)n;
    return 0;
}

size_t two_layer_forward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*k, sizeof(double));
}

int two_layer_forward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                      const double *restrict b1, const double *restrict W2, const double *restrict b2,
                      const double *restrict X, const int64_t *restrict y, double *restrict value,
                      double *restrict t1, double *restrict t2, double *restrict t3, double *restrict t4,
                      void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const Z = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t y_m = y[m];
        const int64_t v0 = y_m < 0 ? k + y_m : y_m;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    double t5 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t0[(m - tile_begin)*h + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_mi = X[m*d + i];
                const double X_mi1 = X[m*d + (i + 1)];
                const double X_mi2 = X[m*d + (i + 2)];
                const double X_mi3 = X[m*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[(m - tile_begin)*h + j] += W1[i*h + j] * X_mi + W1[(i + 1)*h + j] * X_mi1 + W1[(i + 2)*h + j] * X_mi2 + W1[(i + 3)*h + j] * X_mi3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_mi = X[m*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[(m - tile_begin)*h + j] += W1[i*h + j] * X_mi;
                }
            }
        }

        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[m*h + j] = tanh(t0[(m - tile_begin)*h + j] + b1[j]);
            }
        }

        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[m*k + l] = 0.0;
            }
            for (int64_t j = 0; j < h / 4 * 4; j += 4) {
                const double t1_mj = t1[m*h + j];
                const double t1_mj1 = t1[m*h + (j + 1)];
                const double t1_mj2 = t1[m*h + (j + 2)];
                const double t1_mj3 = t1[m*h + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[m*k + l] += W2[j*k + l] * t1_mj + W2[(j + 1)*k + l] * t1_mj1 + W2[(j + 2)*k + l] * t1_mj2 + W2[(j + 3)*k + l] * t1_mj3;
                }
            }
            for (int64_t j = h / 4 * 4; j < h; ++j) {
                const double t1_mj = t1[m*h + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[m*k + l] += W2[j*k + l] * t1_mj;
                }
            }
        }

        /* Z[m:n, l:k] = t2[m, l] + b2[l] */
        /* t3[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            double t3_max = -INFINITY;
            for (int64_t l = 0; l < k; ++l) {
                const double v0 = t2[m*k + l] + b2[l];
                Z[(m - tile_begin)*k + l] = v0;
                t3_max = (v0 > t3_max || v0 != v0) ? v0 : t3_max;
            }
            t3[m] = t3_max;
        }

        /* t4[m:n] = sum[l:k](exp(Z[m, l] - t3[m])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m];
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t l = 0; l < k; ++l) {
                t4_sum += exp(Z[(m - tile_begin)*k + l] - t3_m);
            }
            t4[m] = t4_sum;
        }

        /* t5 = sum[m:n](t3[m] + log(t4[m]) - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t y_m = y[m];
            t5_sum += t3[m] + log(t4[m]) - Z[(m - tile_begin)*k + (y_m < 0 ? k + y_m : y_m)];
        }
        t5 += t5_sum;
    }

    /* value = t5 / n */
    *value = t5 / (double)n;
    return 0;
}

size_t two_layer_backward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(h*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*h, sizeof(double));
}

int two_layer_backward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                       const double *restrict b1, const double *restrict W2, const double *restrict b2,
                       const double *restrict X, const int64_t *restrict y, const double *restrict t1,
                       const double *restrict t2, const double *restrict t3, const double *restrict t4,
                       double cotangent, double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                       double *restrict grad_b2, void *restrict work)
{
    (void)W1;
    (void)b1;
    unsigned char *scratch = work;
    double *const W2_transposed = (void *)scratch;
    scratch += gradc_bytes(h*k, sizeof(double));
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const Z_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const Z_bar_2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t8 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t y_m = y[m];
        const int64_t v0 = y_m < 0 ? k + y_m : y_m;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t0 = cotangent / n */
    const double t0 = cotangent / (double)n;

    /* W2_transposed[l:k, j:h] = W2[j, l] */
    for (int64_t j = 0; j < h; ++j) {
        GRADC_SIMD()
        for (int64_t l = 0; l < k; ++l) {
            W2_transposed[l*h + j] = W2[j*k + l];
        }
    }
    for (int64_t at = 0; at < d*h; ++at) {
        grad_W1[at] = 0.0;
    }
    for (int64_t at = 0; at < h; ++at) {
        grad_b1[at] = 0.0;
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b2[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            Z_bar[at] = 0.0;
        }

        /* Z[m:n, l:k] = t2[m, l] + b2[l] */
        /* t6[m:n] = sum[l:k](where(Z[m, l] == t3[m], 1, 0)) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m];
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t l = 0; l < k; ++l) {
                const double v0 = t2[m*k + l] + b2[l];
                Z[(m - tile_begin)*k + l] = v0;
                t6_sum += t3_m == v0 ? 1.0 : 0.0;
            }
            t6[m - tile_begin] = t6_sum;
        }

        /* Z_bar[:n, :k] = 0 Z_bar += each[m:n](at[m, where_integer(y[m] < 0, k + y[m], y[m])](-t0)) */
        /* t5[m:n] = t0 / t4[m] */
        const double v0 = -t0;
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t y_m = y[m];
            Z_bar[(m - tile_begin)*k + (y_m < 0 ? k + y_m : y_m)] += v0;
            t5[m - tile_begin] = t0 / t4[m];
        }

        /* Z_bar_2[m:n, l:k] = Z_bar[m, l] + t5[m] * exp(Z[m, l] - t3[m]) + where(Z[m, l] == t3[m], (t0 - t4[m] *
         *    t5[m]) / t6[m], 0) */
        /* grad_b2[l:k] = sum[m:n](Z_bar_2[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t5_m = t5[m - tile_begin];
            const double t3_m = t3[m];
            const double v1 = (t0 - t4[m] * t5_m) / t6[m - tile_begin];
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                const double Z_ml = Z[(m - tile_begin)*k + l];
                const double v2 = Z_bar[(m - tile_begin)*k + l] + t5_m * exp(Z_ml - t3_m) + (Z_ml == t3_m ? v1 : 0.0);
                Z_bar_2[(m - tile_begin)*k + l] = v2;
                grad_b2[l] += v2;
            }
        }

        /* t7[m:n, j:h] = sum[l:k](W2_transposed[l, j] * Z_bar_2[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t7[(m - tile_begin)*h + j] = 0.0;
            }
            for (int64_t l = 0; l < k / 4 * 4; l += 4) {
                const double Z_bar_2_ml = Z_bar_2[(m - tile_begin)*k + l];
                const double Z_bar_2_ml1 = Z_bar_2[(m - tile_begin)*k + (l + 1)];
                const double Z_bar_2_ml2 = Z_bar_2[(m - tile_begin)*k + (l + 2)];
                const double Z_bar_2_ml3 = Z_bar_2[(m - tile_begin)*k + (l + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t7[(m - tile_begin)*h + j] += W2_transposed[l*h + j] * Z_bar_2_ml + W2_transposed[(l + 1)*h + j] * Z_bar_2_ml1 + W2_transposed[(l + 2)*h + j] * Z_bar_2_ml2 + W2_transposed[(l + 3)*h + j] * Z_bar_2_ml3;
                }
            }
            for (int64_t l = k / 4 * 4; l < k; ++l) {
                const double Z_bar_2_ml = Z_bar_2[(m - tile_begin)*k + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t7[(m - tile_begin)*h + j] += W2_transposed[l*h + j] * Z_bar_2_ml;
                }
            }
        }

        /* t8[m:n, j:h] = t7[m, j] * (1 - t1[m, j] * t1[m, j]) */
        /* grad_b1[j:h] = sum[m:n](t7[m, j] * (1 - t1[m, j] * t1[m, j])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                const double t1_mj = t1[m*h + j];
                const double v1 = t7[(m - tile_begin)*h + j] * (1.0 - t1_mj * t1_mj);
                t8[(m - tile_begin)*h + j] = v1;
                grad_b1[j] += v1;
            }
        }

        /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t8[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_mi = X[m*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    grad_W1[i*h + j] += X_mi * t8[(m - tile_begin)*h + j];
                }
            }
        }

        /* grad_W2[j:h, l:k] = sum[m:n](t1[m, j] * Z_bar_2[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                const double t1_mj = t1[m*h + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    grad_W2[j*k + l] += t1_mj * Z_bar_2[(m - tile_begin)*k + l];
                }
            }
        }
    }
    return 0;
}

size_t two_layer_value_and_grad_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    (void)n;
    return gradc_bytes(h*k, sizeof(double))
           + gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*h, sizeof(double))
           + gradc_bytes(128*h, sizeof(double));
}

int two_layer_value_and_grad(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                             const double *restrict b1, const double *restrict W2, const double *restrict b2,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                             double *restrict grad_b2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const W2_transposed = (void *)scratch;
    scratch += gradc_bytes(h*k, sizeof(double));
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const Z = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const Z_bar = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const Z_bar_2 = (void *)scratch;
    scratch += gradc_bytes(128*k, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(128*h, sizeof(double));
    double *const t10 = (void *)scratch;
    for (int64_t m = 0; m < n; ++m) {
        const int64_t y_m = y[m];
        const int64_t v0 = y_m < 0 ? k + y_m : y_m;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t6 = 1 / n */
    const double t6 = 1.0 / (double)n;

    /* W2_transposed[l:k, j:h] = W2[j, l] */
    for (int64_t j = 0; j < h; ++j) {
        GRADC_SIMD()
        for (int64_t l = 0; l < k; ++l) {
            W2_transposed[l*h + j] = W2[j*k + l];
        }
    }
    double t5 = 0.0;
    for (int64_t at = 0; at < d*h; ++at) {
        grad_W1[at] = 0.0;
    }
    for (int64_t at = 0; at < h; ++at) {
        grad_b1[at] = 0.0;
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b2[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;
        for (int64_t at = 0; at < 128*k; ++at) {
            Z_bar[at] = 0.0;
        }

        /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t0[(m - tile_begin)*h + j] = 0.0;
            }
            for (int64_t i = 0; i < d / 4 * 4; i += 4) {
                const double X_mi = X[m*d + i];
                const double X_mi1 = X[m*d + (i + 1)];
                const double X_mi2 = X[m*d + (i + 2)];
                const double X_mi3 = X[m*d + (i + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[(m - tile_begin)*h + j] += W1[i*h + j] * X_mi + W1[(i + 1)*h + j] * X_mi1 + W1[(i + 2)*h + j] * X_mi2 + W1[(i + 3)*h + j] * X_mi3;
                }
            }
            for (int64_t i = d / 4 * 4; i < d; ++i) {
                const double X_mi = X[m*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t0[(m - tile_begin)*h + j] += W1[i*h + j] * X_mi;
                }
            }
        }

        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[(m - tile_begin)*h + j] = tanh(t0[(m - tile_begin)*h + j] + b1[j]);
            }
        }

        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[(m - tile_begin)*k + l] = 0.0;
            }
            for (int64_t j = 0; j < h / 4 * 4; j += 4) {
                const double t1_mj = t1[(m - tile_begin)*h + j];
                const double t1_mj1 = t1[(m - tile_begin)*h + (j + 1)];
                const double t1_mj2 = t1[(m - tile_begin)*h + (j + 2)];
                const double t1_mj3 = t1[(m - tile_begin)*h + (j + 3)];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[(m - tile_begin)*k + l] += W2[j*k + l] * t1_mj + W2[(j + 1)*k + l] * t1_mj1 + W2[(j + 2)*k + l] * t1_mj2 + W2[(j + 3)*k + l] * t1_mj3;
                }
            }
            for (int64_t j = h / 4 * 4; j < h; ++j) {
                const double t1_mj = t1[(m - tile_begin)*h + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    t2[(m - tile_begin)*k + l] += W2[j*k + l] * t1_mj;
                }
            }
        }

        /* Z[m:n, l:k] = t2[m, l] + b2[l] */
        /* t3[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            double t3_max = -INFINITY;
            for (int64_t l = 0; l < k; ++l) {
                const double v0 = t2[(m - tile_begin)*k + l] + b2[l];
                Z[(m - tile_begin)*k + l] = v0;
                t3_max = (v0 > t3_max || v0 != v0) ? v0 : t3_max;
            }
            t3[m - tile_begin] = t3_max;
        }

        /* t4[m:n] = sum[l:k](exp(Z[m, l] - t3[m])) */
        /* t8[m:n] = sum[l:k](where(Z[m, l] == t3[m], 1, 0)) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m - tile_begin];
            double t4_sum = 0.0;
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum, t8_sum))
            for (int64_t l = 0; l < k; ++l) {
                const double Z_ml = Z[(m - tile_begin)*k + l];
                t4_sum += exp(Z_ml - t3_m);
                t8_sum += Z_ml == t3_m ? 1.0 : 0.0;
            }
            t4[m - tile_begin] = t4_sum;
            t8[m - tile_begin] = t8_sum;
        }

        /* t5 = sum[m:n](t3[m] + log(t4[m]) - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        /* Z_bar[:n, :k] = 0 Z_bar += each[m:n](at[m, where_integer(y[m] < 0, k + y[m], y[m])](-t6)) */
        /* t7[m:n] = t6 / t4[m] */
        const double v1 = -t6;
        double t5_sum = 0.0;
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t4_m = t4[m - tile_begin];
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            t5_sum += t3[m - tile_begin] + log(t4_m) - Z[(m - tile_begin)*k + v0];
            Z_bar[(m - tile_begin)*k + v0] += v1;
            t7[m - tile_begin] = t6 / t4_m;
        }
        t5 += t5_sum;

        /* Z_bar_2[m:n, l:k] = Z_bar[m, l] + t7[m] * exp(Z[m, l] - t3[m]) + where(Z[m, l] == t3[m], (t6 - t4[m] *
         *    t7[m]) / t8[m], 0) */
        /* grad_b2[l:k] = sum[m:n](Z_bar_2[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t7_m = t7[m - tile_begin];
            const double t3_m = t3[m - tile_begin];
            const double v0 = (t6 - t7_m * t4[m - tile_begin]) / t8[m - tile_begin];
            GRADC_SIMD()
            for (int64_t l = 0; l < k; ++l) {
                const double Z_ml = Z[(m - tile_begin)*k + l];
                const double v2 = Z_bar[(m - tile_begin)*k + l] + t7_m * exp(Z_ml - t3_m) + (Z_ml == t3_m ? v0 : 0.0);
                Z_bar_2[(m - tile_begin)*k + l] = v2;
                grad_b2[l] += v2;
            }
        }

        /* t9[m:n, j:h] = sum[l:k](W2_transposed[l, j] * Z_bar_2[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t9[(m - tile_begin)*h + j] = 0.0;
            }
            for (int64_t l = 0; l < k / 4 * 4; l += 4) {
                const double Z_bar_2_ml = Z_bar_2[(m - tile_begin)*k + l];
                const double Z_bar_2_ml1 = Z_bar_2[(m - tile_begin)*k + (l + 1)];
                const double Z_bar_2_ml2 = Z_bar_2[(m - tile_begin)*k + (l + 2)];
                const double Z_bar_2_ml3 = Z_bar_2[(m - tile_begin)*k + (l + 3)];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t9[(m - tile_begin)*h + j] += W2_transposed[l*h + j] * Z_bar_2_ml + W2_transposed[(l + 1)*h + j] * Z_bar_2_ml1 + W2_transposed[(l + 2)*h + j] * Z_bar_2_ml2 + W2_transposed[(l + 3)*h + j] * Z_bar_2_ml3;
                }
            }
            for (int64_t l = k / 4 * 4; l < k; ++l) {
                const double Z_bar_2_ml = Z_bar_2[(m - tile_begin)*k + l];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    t9[(m - tile_begin)*h + j] += W2_transposed[l*h + j] * Z_bar_2_ml;
                }
            }
        }

        /* t10[m:n, j:h] = t9[m, j] * (1 - t1[m, j] * t1[m, j]) */
        /* grad_b1[j:h] = sum[m:n](t9[m, j] * (1 - t1[m, j] * t1[m, j])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                const double t1_mj = t1[(m - tile_begin)*h + j];
                const double v0 = t9[(m - tile_begin)*h + j] * (1.0 - t1_mj * t1_mj);
                t10[(m - tile_begin)*h + j] = v0;
                grad_b1[j] += v0;
            }
        }

        /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t10[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t i = 0; i < d; ++i) {
                const double X_mi = X[m*d + i];
                GRADC_SIMD()
                for (int64_t j = 0; j < h; ++j) {
                    grad_W1[i*h + j] += X_mi * t10[(m - tile_begin)*h + j];
                }
            }
        }

        /* grad_W2[j:h, l:k] = sum[m:n](Z_bar_2[m, l] * t1[m, j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                const double t1_mj = t1[(m - tile_begin)*h + j];
                GRADC_SIMD()
                for (int64_t l = 0; l < k; ++l) {
                    grad_W2[j*k + l] += t1_mj * Z_bar_2[(m - tile_begin)*k + l];
                }
            }
        }
    }

    /* value = t5 / n */
    *value = t5 / (double)n;
    return 0;
}
