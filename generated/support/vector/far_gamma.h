#ifndef GRADC_VECTOR_FAR_GAMMA_H
#define GRADC_VECTOR_FAR_GAMMA_H

#include "../frame.h"
#include "../vector/inline.h"

/* 1 where an argument of Gamma(x + y)/Gamma(x) is not above 0, which takes reflections, else 0. */
GRADC_INLINE double gradc_far_gamma(double x, double y)
{
    return x <= 0.0 ? 1.0 : x + y <= 0.0 ? 1.0 : 0.0;
}

#endif
