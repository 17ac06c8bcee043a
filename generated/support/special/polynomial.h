#ifndef GRADC_SPECIAL_POLYNOMIAL_H
#define GRADC_SPECIAL_POLYNOMIAL_H

#include "../frame.h"

/* The polynomial c[0] + c[1] t + ... + c[n-1] t^(n-1), its even and odd powers summed side by side. */
static double gradc_polynomial(const double *c, int n, double t)
{
    const double t2 = t * t;
    double even = n % 2 ? c[n - 1] : 0.0, odd = 0.0;
    int i;
    for (i = n - n % 2 - 2; i >= 0; i -= 2) {
        even = even * t2 + c[i];
        odd = odd * t2 + c[i + 1];
    }
    return even + t * odd;
}

#endif
