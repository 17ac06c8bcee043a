/* multivariate_normal: the loss, and its derivatives.
 *
 *     def program(mu: real[d], S: real[d, d], X: real[n, d]):
 *         _, log_det = call.slogdet(S)
 *         t0[i:d, j:n] = X[j, i] - mu[i]
 *         t1 = call.solve(S, t0)
 *         distance[j:n] = sum[i:d](t1[i, j] * t0[i, j])
 *         t2 = sum[j:n](distance[j])
 *         value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * multivariate_normal_value gives 1: solve: the matrix is singular
 * multivariate_normal_forward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 2: inv: the matrix is singular
 * multivariate_normal_value_and_grad gives 1: solve: the matrix is singular
 * multivariate_normal_value_and_grad gives 2: inv: the matrix is singular
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

#include "multivariate_normal.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* PA = LU with partial pivoting (Golub and Van Loan, Matrix Computations, 4th ed., algorithm 3.4.1), in place. Gives the
 * permutation's sign, or 0 where a pivot vanishes or is not a number; the factorisation goes on all the same. */
static int gradc_lu(int64_t n, double *restrict A, int64_t *restrict pivots)
{
    int sign = 1, singular = 0;
    for (int64_t k = 0; k < n; ++k) {
        int64_t best = k;
        for (int64_t i = k + 1; i < n; ++i) {
            if (fabs(A[i * n + k]) > fabs(A[best * n + k])) {
                best = i;
            }
        }
        pivots[k] = best;
        if (best != k) {
            sign = -sign;
            for (int64_t j = 0; j < n; ++j) {
                const double swap = A[k * n + j];
                A[k * n + j] = A[best * n + j];
                A[best * n + j] = swap;
            }
        }
        const double pivot = A[k * n + k];
        if (pivot == 0) {
            singular = 1;
            continue;
        }
        for (int64_t i = k + 1; i < n; ++i) {
            const double factor = A[i * n + k] / pivot;
            A[i * n + k] = factor;
            for (int64_t j = k + 1; j < n; ++j) {
                A[i * n + j] -= factor * A[k * n + j];
            }
        }
    }
    return singular ? 0 : sign;
}

/* Y = inv(A), a column of the identity at a time. 1 where A is singular. */
static int gradc_inv(int64_t n, int64_t m, const double *A, double *Y, double *restrict factors,
                     int64_t *restrict pivots)
{
    for (int64_t k = 0; k < n * n; ++k) {
        factors[k] = A[k];
        Y[k] = k / m == k % m;
    }
    if (gradc_lu(n, factors, pivots) == 0) {
        return 1;
    }
    for (int64_t k = 0; k < n; ++k) {
        const int64_t from = pivots[k];
        for (int64_t j = 0; from != k && j < n; ++j) {
            const double swap = Y[k * n + j];
            Y[k * n + j] = Y[from * n + j];
            Y[from * n + j] = swap;
        }
    }
    for (int64_t i = 1; i < n; ++i) {
        for (int64_t k = 0; k < i; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                Y[i * n + j] -= factors[i * n + k] * Y[k * n + j];
            }
        }
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        for (int64_t k = i + 1; k < n; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                Y[i * n + j] -= factors[i * n + k] * Y[k * n + j];
            }
        }
        for (int64_t j = 0; j < n; ++j) {
            Y[i * n + j] /= factors[i * n + i];
        }
    }
    return 0;
}

/* The sign of det(A) and the logarithm of its size; 0 and -inf where A is singular. */
static void gradc_slogdet(int64_t n, int64_t m, const double *A, double *sign, double *logarithm,
                          double *restrict factors, int64_t *restrict pivots)
{
    for (int64_t k = 0; k < n * m; ++k) {
        factors[k] = A[k];
    }
    double product = (double)gradc_lu(n, factors, pivots), total = 0;
    for (int64_t k = 0; k < n; ++k) {
        const double pivot = factors[k * n + k];
        product = pivot < 0 ? -product : product;
        total += log(fabs(pivot));
    }
    *sign = product;
    *logarithm = total;
}

/* X = inv(A) B: forward and back substitution on the factors of A. 1 where A is singular. */
static int gradc_solve(int64_t n, int64_t m, const double *A, const double *B, double *X,
                       double *restrict factors, int64_t *restrict pivots)
{
    for (int64_t k = 0; k < n * n; ++k) {
        factors[k] = A[k];
    }
    for (int64_t k = 0; k < n * m; ++k) {
        X[k] = B[k];
    }
    if (gradc_lu(n, factors, pivots) == 0) {
        return 1;
    }
    for (int64_t k = 0; k < n; ++k) {
        const int64_t from = pivots[k];
        for (int64_t j = 0; from != k && j < m; ++j) {
            const double swap = X[k * m + j];
            X[k * m + j] = X[from * m + j];
            X[from * m + j] = swap;
        }
    }
    for (int64_t i = 1; i < n; ++i) {
        for (int64_t k = 0; k < i; ++k) {
            for (int64_t j = 0; j < m; ++j) {
                X[i * m + j] -= factors[i * n + k] * X[k * m + j];
            }
        }
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        for (int64_t k = i + 1; k < n; ++k) {
            for (int64_t j = 0; j < m; ++j) {
                X[i * m + j] -= factors[i * n + k] * X[k * m + j];
            }
        }
        for (int64_t j = 0; j < m; ++j) {
            X[i * m + j] /= factors[i * n + i];
        }
    }
    return 0;
}

size_t multivariate_normal_value_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                              const double *restrict X, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < d / 4 * 4; i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j] * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = d / 4 * 4; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;

    /* t2 = sum[j:n](distance[j]) */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < n; ++j) {
        t2 += distance[j];
    }

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    return 0;
}

size_t multivariate_normal_forward_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_forward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                const double *restrict X, double *restrict value, double *restrict t1,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < d / 4 * 4; i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j] * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = d / 4 * 4; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;

    /* t2 = sum[j:n](distance[j]) */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < n; ++j) {
        t2 += distance[j];
    }

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    return 0;
}

size_t multivariate_normal_backward_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_backward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                 const double *restrict X, const double *restrict t1, double cotangent,
                                 double *restrict grad_mu, double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1_transposed = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* t3 = 0.5 * cotangent / n */
    const double t3 = 0.5 * cotangent / (double)n;
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t1_transposed[j:n, i:d] = t1[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                t1_transposed[j*d + i] = t1[i*n + j];
            }
        }

        /* t2[i:d, j:d] = S[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t2[j*d + i] = S[i*d + j];
            }
        }
    }

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    /* t4[i:d, j:n] = t3 * t0[i, j] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t4[i*n + j] = t3 * (X[j*d + i] - mu[i]);
        }
    }

    /* t5 = call.solve(t2, t4) */
    if (gradc_solve(d, n, t2, t4, t5, factors, pivots) != 0) {
        return 1;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t6[i:d] = sum[j:n](t5[i, j] + t3 * t1[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += t5[i*n + j] + t3 * t1[i*n + j];
            }
            t6[i - tile_begin] = t6_sum;
        }

        /* grad_mu[i:d] = -t6[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t6[i - tile_begin];
        }

        /* t8[i:d, k:d] = sum[j:n](t1_transposed[j, k] * t5[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < d; ++k) {
                t8[i*d + k] = 0.0;
            }
            for (int64_t j = 0; j < n / 4 * 4; j += 4) {
                const double t5_ij = t5[i*n + j];
                const double t5_ij1 = t5[i*n + (j + 1)];
                const double t5_ij2 = t5[i*n + (j + 2)];
                const double t5_ij3 = t5[i*n + (j + 3)];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t8[i*d + k] += t1_transposed[j*d + k] * t5_ij + t1_transposed[(j + 1)*d + k] * t5_ij1 + t1_transposed[(j + 2)*d + k] * t5_ij2 + t1_transposed[(j + 3)*d + k] * t5_ij3;
                }
            }
            for (int64_t j = n / 4 * 4; j < n; ++j) {
                const double t5_ij = t5[i*n + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t8[i*d + k] += t1_transposed[j*d + k] * t5_ij;
                }
            }
        }
    }

    /* t7 = call.inv(S) */
    if (gradc_inv(d, d, S, t7, factors_, pivots_) != 0) {
        return 2;
    }

    /* grad_S[i:d, j:d] = t7[j, i] * (0.5 * cotangent) - t8[i, j] */
    const double v0 = 0.5 * cotangent;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = t7[j*d + i] * v0 - t8[i*d + j];
        }
    }
    return 0;
}

size_t multivariate_normal_value_and_grad_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(n, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d*n, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t))
           + gradc_bytes(d*d, sizeof(double))
           + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value_and_grad(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                       const double *restrict X, double *restrict value, double *restrict grad_mu,
                                       double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_2 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_3 = (void *)scratch;

    /* t4 = 0.5 / n */
    const double t4 = 0.5 / (double)n;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    /* t5[i:d, j:n] = t4 * t0[i, j] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            const double v0 = X[j*d + i] - mu[i];
            t0[i*n + j] = v0;
            t5[i*n + j] = t4 * v0;
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
        /* t9[j:n, i:d] = t1[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t1_ij = t1[i*n + j];
                distance[j] += t0[i*n + j] * t1_ij;
                t9[j*d + i] = t1_ij;
            }
        }

        /* t3[i:d, j:d] = S[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j*d + i] = S[i*d + j];
            }
        }
    }
    double t2 = 0.0;

    /* t2 = sum[j:n](distance[j]) */
    GRADC_SIMD(reduction(+:t2))
    for (int64_t j = 0; j < n; ++j) {
        t2 += distance[j];
    }

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);

    /* t6 = call.solve(t3, t5) */
    if (gradc_solve(d, n, t3, t5, t6, factors_2, pivots_2) != 0) {
        return 1;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t7[i:d] = sum[j:n](t6[i, j] + t4 * t1[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < n; ++j) {
                t7_sum += t6[i*n + j] + t4 * t1[i*n + j];
            }
            t7[i - tile_begin] = t7_sum;
        }

        /* grad_mu[i:d] = -t7[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t7[i - tile_begin];
        }

        /* t10[i:d, k:d] = sum[j:n](t9[j, k] * t6[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < d; ++k) {
                t10[i*d + k] = 0.0;
            }
            for (int64_t j = 0; j < n / 4 * 4; j += 4) {
                const double t6_ij = t6[i*n + j];
                const double t6_ij1 = t6[i*n + (j + 1)];
                const double t6_ij2 = t6[i*n + (j + 2)];
                const double t6_ij3 = t6[i*n + (j + 3)];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t10[i*d + k] += t6_ij * t9[j*d + k] + t6_ij1 * t9[(j + 1)*d + k] + t6_ij2 * t9[(j + 2)*d + k] + t6_ij3 * t9[(j + 3)*d + k];
                }
            }
            for (int64_t j = n / 4 * 4; j < n; ++j) {
                const double t6_ij = t6[i*n + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t10[i*d + k] += t6_ij * t9[j*d + k];
                }
            }
        }
    }

    /* t8 = call.inv(S) */
    if (gradc_inv(d, d, S, t8, factors_3, pivots_3) != 0) {
        return 2;
    }

    /* grad_S[i:d, j:d] = 0.5 * t8[j, i] - t10[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = 0.5 * t8[j*d + i] - t10[i*d + j];
        }
    }
    return 0;
}
