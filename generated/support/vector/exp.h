#ifndef GRADC_VECTOR_EXP_H
#define GRADC_VECTOR_EXP_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/exp_sum.h"

/* exp(x). */
GRADC_INLINE double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}

#endif
