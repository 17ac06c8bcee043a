#ifndef GRADC_ROUTINES_SOLVE_H
#define GRADC_ROUTINES_SOLVE_H

#include "../frame.h"
#include "../routines/lu.h"
#include "../helpers/stop.h"

/* X = inv(A) B: forward and back substitution on the factors of A. 1 where A is singular. */
static int gradc_solve(int64_t n, int64_t m, const double *A, const double *B, double *X,
                       double *restrict factors, int64_t *restrict pivots, const volatile int *stop)
{
    for (int64_t k = 0; k < n * n; ++k) {
        factors[k] = A[k];
    }
    for (int64_t k = 0; k < n * m; ++k) {
        X[k] = B[k];
    }
    if (gradc_lu(n, factors, pivots, stop) == 0) {
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
        if (gradc_stopped(stop)) {
            return 1;
        }
        for (int64_t k = 0; k < i; ++k) {
            for (int64_t j = 0; j < m; ++j) {
                X[i * m + j] -= factors[i * n + k] * X[k * m + j];
            }
        }
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        if (gradc_stopped(stop)) {
            return 1;
        }
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

#endif
