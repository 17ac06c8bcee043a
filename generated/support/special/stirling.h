#ifndef GRADC_SPECIAL_STIRLING_H
#define GRADC_SPECIAL_STIRLING_H

#include "../frame.h"
#include "../special/polynomial.h"

/* The remainder of Stirling's formula, lgamma(x) - ((x - 1/2) log(x) - x + log(2 pi)/2), for x >= 8: B_2k / (2k
 * (2k-1) x^(2k-1)) summed over k (DLMF 5.11.1), economised to a polynomial in 1/x^2. */
static double gradc_stirling(double x)
{
    static const double gradc_stirling_tail[] = {
        0.08333333333333333, -0.0027777777777776747, 0.0007936507935117282, -0.0005952380234291254,
        0.0008417325268022405, -0.001914965912162907, 0.0062081367662297935, -0.020855820837463117,
    };
    const double y = 1.0 / x;
    return y * gradc_polynomial(gradc_stirling_tail, (int)(sizeof gradc_stirling_tail / sizeof(double)), y * y);
}

#endif
