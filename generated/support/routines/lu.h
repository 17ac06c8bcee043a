#ifndef GRADC_ROUTINES_LU_H
#define GRADC_ROUTINES_LU_H

#include "../frame.h"
#include "../helpers/stop.h"

/* PA = LU with partial pivoting (Golub and Van Loan, Matrix Computations, 4th ed., algorithm 3.4.1), in place. Gives
 * the permutation's sign, or 0 where a pivot vanishes or is not a number; the factorisation goes on all the same. */
static int gradc_lu(int64_t n, double *restrict A, int64_t *restrict pivots, const volatile int *stop)
{
    int sign = 1, singular = 0;
    for (int64_t k = 0; k < n; ++k) {
        if (gradc_stopped(stop)) {
            return 0;
        }
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

#endif
