#ifndef GRADC_VECTOR_NORMAL_H
#define GRADC_VECTOR_NORMAL_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/normal_tail.h"

/* Phi(x), the normal distribution function. */
GRADC_INLINE double gradc_normal(double x)
{
    const double tail = gradc_normal_tail(fabs(x));
    return x < 0.0 ? tail : 1.0 - tail;
}

#endif
