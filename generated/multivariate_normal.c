/* multivariate_normal: the loss, and its derivatives.
 *
 *     def program(mu: real[d], S: real[d, d], X: real[n, d]):
 *         t0, t1 = call.slogdet(S)
 *         t2[i:d, j:n] = X[j, i] - mu[i]
 *         t3 = call.solve(S, t2)
 *         t4[j:n] = sum[i:d](t3[i, j] * t2[i, j])
 *         t5 = sum[j:n](t4[j])
 *         value = 0.9189385332046727 * real(d) + 0.5 * (t1 + t5 / n)
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
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                              const double *restrict X, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    /* t0, t1 = call.slogdet(S) */
    double t0;
    double t1;
    gradc_slogdet(d, d, S, &t0, &t1, factors, pivots);
    /* t2[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t2[i*n + j] = X[d*j + i] - mu[i];
        }
    }
    /* t3 = call.solve(S, t2) */
    if (gradc_solve(d, n, S, t2, t3, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        t4[at] = 0.0;
    }
    /* t4[j:n] = sum[i:d](t3[i, j] * t2[i, j]) */
    for (int64_t i = 0; i < d / 4 * 4; i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t4[j] += t2[i*n + j] * t3[i*n + j] + t2[(i + 1)*n + j] * t3[(i + 1)*n + j] + t2[(i + 2)*n + j] * t3[(i + 2)*n + j] + t2[(i + 3)*n + j] * t3[(i + 3)*n + j];
        }
    }
    for (int64_t i = d / 4 * 4; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t4[j] += t2[i*n + j] * t3[i*n + j];
        }
    }
    double t5 = 0.0;
    /* t5 = sum[j:n](t4[j]) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t j = 0; j < n; ++j) {
        t5_sum += t4[j];
    }
    t5 += t5_sum;
    /* value = 0.9189385332046727 * real(d) + 0.5 * (t1 + t5 / n) */
    const double value_ = 0.9189385332046727 * (double)d + 0.5 * (t1 + t5 / (double)n);
    *value = value_;
    return 0;
}

size_t multivariate_normal_forward_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_forward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                const double *restrict X, double *restrict value, double *restrict t3,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    /* t0, t1 = call.slogdet(S) */
    double t0;
    double t1;
    gradc_slogdet(d, d, S, &t0, &t1, factors, pivots);
    /* t2[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t2[i*n + j] = X[d*j + i] - mu[i];
        }
    }
    /* t3 = call.solve(S, t2) */
    if (gradc_solve(d, n, S, t2, t3, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        t4[at] = 0.0;
    }
    /* t4[j:n] = sum[i:d](t3[i, j] * t2[i, j]) */
    for (int64_t i = 0; i < d / 4 * 4; i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t4[j] += t2[i*n + j] * t3[i*n + j] + t2[(i + 1)*n + j] * t3[(i + 1)*n + j] + t2[(i + 2)*n + j] * t3[(i + 2)*n + j] + t2[(i + 3)*n + j] * t3[(i + 3)*n + j];
        }
    }
    for (int64_t i = d / 4 * 4; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t4[j] += t2[i*n + j] * t3[i*n + j];
        }
    }
    double t5 = 0.0;
    /* t5 = sum[j:n](t4[j]) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t j = 0; j < n; ++j) {
        t5_sum += t4[j];
    }
    t5 += t5_sum;
    /* value = 0.9189385332046727 * real(d) + 0.5 * (t1 + t5 / n) */
    const double value_ = 0.9189385332046727 * (double)d + 0.5 * (t1 + t5 / (double)n);
    *value = value_;
    return 0;
}

size_t multivariate_normal_backward_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_backward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                 const double *restrict X, const double *restrict t3, double cotangent,
                                 double *restrict grad_mu, double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t3_transposed = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    /* t2 = 0.5 * cotangent / n */
    const double t2 = 0.5 * cotangent / (double)n;
    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    /* t4[i:d, j:n] = t2 * t0[i, j] */
    /* t3_transposed[j:n, i:d] = t3[i, j] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t4[i*n + j] = t2 * (X[d*j + i] - mu[i]);
            t3_transposed[d*j + i] = t3[i*n + j];
        }
    }
    /* t1[i:d, j:d] = S[j, i] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t1[d*j + i] = S[d*i + j];
        }
    }
    /* t5 = call.solve(t1, t4) */
    if (gradc_solve(d, n, t1, t4, t5, factors, pivots) != 0) {
        return 1;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;
        /* t6[i:d] = sum[j:n](t5[i, j] + t2 * t3[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += t5[i*n + j] + t2 * t3[i*n + j];
            }
            t6[i - tile_begin] = t6_sum;
        }
        /* grad_mu[i:d] = -t6[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t6[i - tile_begin];
        }
        /* t8[i:d, k:d] = sum[j:n](t3_transposed[j, k] * t5[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < d; ++k) {
                t8[d*i + k] = 0.0;
            }
            for (int64_t j = 0; j < n / 4 * 4; j += 4) {
                const double v0 = t5[i*n + j];
                const double v1 = t5[i*n + (j + 1)];
                const double v2 = t5[i*n + (j + 2)];
                const double v3 = t5[i*n + (j + 3)];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t8[d*i + k] += t3_transposed[d*j + k] * v0 + t3_transposed[(j + 1)*d + k] * v1 + t3_transposed[(j + 2)*d + k] * v2 + t3_transposed[(j + 3)*d + k] * v3;
                }
            }
            for (int64_t j = n / 4 * 4; j < n; ++j) {
                const double v0 = t5[i*n + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t8[d*i + k] += t3_transposed[d*j + k] * v0;
                }
            }
        }
    }
    /* t7 = call.inv(S) */
    if (gradc_inv(d, d, S, t7, factors_, pivots_) != 0) {
        return 2;
    }
    /* grad_S[i:d, j:d] = t7[j, i] * (0.5 * cotangent) - t8[i, j] */
    const double v4 = 0.5 * cotangent;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[d*i + j] = t7[d*j + i] * v4 - t8[d*i + j];
        }
    }
    return 0;
}

size_t multivariate_normal_value_and_grad_work(int64_t d, int64_t n)
{
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value_and_grad(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                       const double *restrict X, double *restrict value, double *restrict grad_mu,
                                       double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const product_operand = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t12 = (void *)scratch;
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
    /* t7 = 0.5 / n */
    const double t7 = 0.5 / (double)n;
    /* t0, t1 = call.slogdet(S) */
    double t0;
    double t1;
    gradc_slogdet(d, d, S, &t0, &t1, factors, pivots);
    /* t2[i:d, j:n] = X[j, i] - mu[i] */
    /* t8[i:d, j:n] = t7 * t2[i, j] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            const double v0 = X[d*j + i] - mu[i];
            t2[i*n + j] = v0;
            t8[i*n + j] = t7 * v0;
        }
    }
    /* t3 = call.solve(S, t2) */
    if (gradc_solve(d, n, S, t2, t3, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        t4[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;
        /* t4[j:n] = sum[i:d](t3[i, j] * t2[i, j]) */
        /* product_operand[j:n, i:d] = t3[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = t3[i*n + j];
                t4[j] += t2[i*n + j] * v1;
                product_operand[d*j + i] = v1;
            }
        }
        /* t6[i:d, j:d] = S[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t6[d*i + j] = S[d*j + i];
            }
        }
    }
    double t5 = 0.0;
    /* t5 = sum[j:n](t4[j]) */
    double t5_sum = 0.0;
    GRADC_SIMD(reduction(+:t5_sum))
    for (int64_t j = 0; j < n; ++j) {
        t5_sum += t4[j];
    }
    t5 += t5_sum;
    /* value = 0.9189385332046727 * real(d) + 0.5 * (t1 + t5 / n) */
    const double value_ = 0.9189385332046727 * (double)d + 0.5 * (t1 + t5 / (double)n);
    /* t9 = call.solve(t6, t8) */
    if (gradc_solve(d, n, t6, t8, t9, factors_2, pivots_2) != 0) {
        return 1;
    }
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;
        /* t10[i:d] = sum[j:n](t9[i, j] + t7 * t3[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t10_sum = 0.0;
            GRADC_SIMD(reduction(+:t10_sum))
            for (int64_t j = 0; j < n; ++j) {
                t10_sum += t9[i*n + j] + t7 * t3[i*n + j];
            }
            t10[i - tile_begin] = t10_sum;
        }
        /* grad_mu[i:d] = -t10[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t10[i - tile_begin];
        }
        /* t12[i:d, k:d] = sum[j:n](product_operand[j, k] * t9[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t k = 0; k < d; ++k) {
                t12[d*i + k] = 0.0;
            }
            for (int64_t j = 0; j < n / 4 * 4; j += 4) {
                const double v2 = t9[i*n + j];
                const double v3 = t9[i*n + (j + 1)];
                const double v4 = t9[i*n + (j + 2)];
                const double v5 = t9[i*n + (j + 3)];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t12[d*i + k] += v2 * product_operand[d*j + k] + v3 * product_operand[(j + 1)*d + k] + v4 * product_operand[(j + 2)*d + k] + v5 * product_operand[(j + 3)*d + k];
                }
            }
            for (int64_t j = n / 4 * 4; j < n; ++j) {
                const double v2 = t9[i*n + j];
                GRADC_SIMD()
                for (int64_t k = 0; k < d; ++k) {
                    t12[d*i + k] += v2 * product_operand[d*j + k];
                }
            }
        }
    }
    /* t11 = call.inv(S) */
    if (gradc_inv(d, d, S, t11, factors_3, pivots_3) != 0) {
        return 2;
    }
    /* grad_S[i:d, j:d] = 0.5 * t11[j, i] - t12[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[d*i + j] = 0.5 * t11[d*j + i] - t12[d*i + j];
        }
    }
    *value = value_;
    return 0;
}
