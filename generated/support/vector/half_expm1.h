#ifndef GRADC_VECTOR_HALF_EXPM1_H
#define GRADC_VECTOR_HALF_EXPM1_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/half_expm1_within.h"

/* (exp(x) - 1) / 2, for any x. */
GRADC_INLINE double gradc_half_expm1(double x)
{
    const double c = x < -50.0 ? -50.0 : x, y = c > 710.6 ? 710.6 : c;
    return gradc_half_expm1_within(y);
}

#endif
