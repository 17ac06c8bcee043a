#ifndef GRADC_ROUTINES_SLOGDET_H
#define GRADC_ROUTINES_SLOGDET_H

#include "../frame.h"
#include "../routines/lu.h"
#include "../helpers/stop.h"

/* The sign of det(A) and the logarithm of its size; 0 and -inf where A is singular. */
static void gradc_slogdet(
    int64_t n, int64_t m, const double *A, double *sign, double *logarithm, double *restrict factors,
    int64_t *restrict pivots, const volatile int *stop)
{
    for (int64_t k = 0; k < n * m; ++k) {
        factors[k] = A[k];
    }
    double product = (double)gradc_lu(n, factors, pivots, stop), total = 0;
    for (int64_t k = 0; k < n; ++k) {
        const double pivot = factors[k * n + k];
        product = pivot < 0 ? -product : product;
        total += log(fabs(pivot));
    }
    *sign = product;
    *logarithm = total;
}

#endif
