#ifndef GRADC_VECTOR_TANH_H
#define GRADC_VECTOR_TANH_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/half_expm1_within.h"

/* tanh(x) = h / (h + 1), h = (exp(2|x|) - 1) / 2. */
GRADC_INLINE double gradc_tanh(double x)
{
    const double a = fabs(x), h = gradc_half_expm1_within(a > 354.0 ? 708.0 : 2.0 * a);
    return copysign(h / (h + 1.0), x);
}

#endif
