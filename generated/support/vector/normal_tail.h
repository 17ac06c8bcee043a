#ifndef GRADC_VECTOR_NORMAL_TAIL_H
#define GRADC_VECTOR_NORMAL_TAIL_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/exp_sum.h"
#include "../vector/erfcx_far.h"
#include "../vector/erf_near.h"

/* 1 - Phi(x) = erfc(x / sqrt(2)) / 2 for x >= 0; the exponent in two parts. */
GRADC_INLINE double gradc_normal_tail(double x)
{
    const double t = 0.7071067811865476 * x, b = x < 45.0 ? x : x == x ? 45.0 : x;
    const double high = gradc_number(gradc_bits(b) & 0xfffffffff8000000);
    const double e = gradc_exp_sum(-0.5 * high * high, -0.5 * (b - high) * (b + high));
    return 0.5 * (t > 0.7 ? e * gradc_erfcx_far(t) : (1.0 - t) - gradc_erf_near(t));
}

#endif
