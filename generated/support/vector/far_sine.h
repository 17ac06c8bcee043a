#ifndef GRADC_VECTOR_FAR_SINE_H
#define GRADC_VECTOR_FAR_SINE_H

#include "../frame.h"
#include "../vector/inline.h"

/* 1 beyond 10^6, where sines are the C library's, else 0. */
GRADC_INLINE double gradc_far_sine(double x)
{
    return fabs(x) > 1e6 ? 1.0 : 0.0;
}

#endif
