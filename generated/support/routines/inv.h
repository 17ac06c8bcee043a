#ifndef GRADC_ROUTINES_INV_H
#define GRADC_ROUTINES_INV_H

#include "../frame.h"
#include "../routines/lu.h"
#include "../helpers/stop.h"

/* Y = inv(A), a column of the identity at a time. 1 where A is singular. */
static int gradc_inv(
    int64_t n, int64_t m, const double *A, double *Y, double *restrict factors, int64_t *restrict pivots,
    const volatile int *stop)
{
    for (int64_t k = 0; k < n * n; ++k) {
        factors[k] = A[k];
        Y[k] = k / m == k % m;
    }
    if (gradc_lu(n, factors, pivots, stop) == 0) {
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
        if (gradc_stopped(stop)) {
            return 1;
        }
        for (int64_t k = 0; k < i; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                Y[i * n + j] -= factors[i * n + k] * Y[k * n + j];
            }
        }
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        if (gradc_stopped(stop)) {
            return 1;
        }
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

#endif
