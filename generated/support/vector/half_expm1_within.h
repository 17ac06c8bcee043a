#ifndef GRADC_VECTOR_HALF_EXPM1_WITHIN_H
#define GRADC_VECTOR_HALF_EXPM1_WITHIN_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/bits.h"

/* (exp(y) - 1) / 2 = 2^(k-1) (exp(r) - 1) + (2^(k-1) - 1/2), with k and r as in gradc_exp_sum; half of it, as that
 * overflows where cosh and sinh do, and twice half of that, as there is no 2^1024. For y from -50 to 710.6. */
GRADC_INLINE double gradc_half_expm1_within(double y)
{
    /* 1.5 * 2^52 + 1021 */
    const double t = y * 1.4426950408889634 + 6755399441056765.0;
    const double k = t - 6755399441056765.0;
    const double r = (y - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r
        + 2.480150457228083e-05) * r + 0.00019841269902955413) * r + 0.0013888888932253416) * r
        + 0.008333333333314638) * r + 0.04166666666657411) * r + 0.16666666666666685) * r
        + 0.5000000000000006;
    const double quarter = gradc_number(gradc_bits(t) << 52); /* 2^(k-2) */
    return 2.0 * ((r + r * r * p) * quarter + (quarter - 0.25));
}

#endif
