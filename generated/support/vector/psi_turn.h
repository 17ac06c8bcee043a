#ifndef GRADC_VECTOR_PSI_TURN_H
#define GRADC_VECTOR_PSI_TURN_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/sin_near.h"
#include "../vector/cos_near.h"

/* pi cot(pi x) for x < 0, NaN where it has a pole; x less the nearest whole number is exact. */
GRADC_INLINE double gradc_psi_turn(double x)
{
    const double b = x > -4503599627370496.0 ? x : 0.0, n = (b + 6755399441055744.0) - 6755399441055744.0;
    const double r = b - n, a = fabs(r), t = 3.141592653589793 * (a > 0.25 ? 0.5 - a : a);
    const double s = gradc_sin_near(t), c = gradc_cos_near(t), cot = a > 0.25 ? s / c : c / s;
    return r == 0.0 ? (double)NAN : 3.141592653589793 * (r < 0.0 ? -cot : cot);
}

#endif
