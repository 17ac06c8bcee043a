#ifndef GRADC_VECTOR_EXPM1_H
#define GRADC_VECTOR_EXPM1_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/half_expm1.h"

/* exp(x) - 1; x itself where it is that to the last bit, and for the sign of 0. */
GRADC_INLINE double gradc_expm1(double x)
{
    return fabs(x) < 1e-17 ? x : 2.0 * gradc_half_expm1(x);
}

#endif
