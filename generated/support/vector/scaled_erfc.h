#ifndef GRADC_VECTOR_SCALED_ERFC_H
#define GRADC_VECTOR_SCALED_ERFC_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/exp_sum.h"
#include "../vector/erfcx_far.h"
#include "../vector/erf_near.h"

/* exp(x^2) erfc(x), and 2 exp(x^2) less that of -x below -1. */
GRADC_INLINE double gradc_scaled_erfc(double x)
{
    const double c = x < -30.0 ? -30.0 : x, b = c > 2.0 ? 2.0 : c, a = fabs(x);
    const double high = gradc_number(gradc_bits(b) & 0xfffffffff8000000);
    const double square = gradc_exp_sum(high * high, (b - high) * (b + high));
    const double far = gradc_erfcx_far(a < 1.0 ? 1.0 : a), near = square * ((1.0 - x) - gradc_erf_near(x));
    return x > 1.0 ? far : x < -1.0 ? 2.0 * square - far : near;
}

#endif
