#ifndef GRADC_VECTOR_LOG_NORMAL_H
#define GRADC_VECTOR_LOG_NORMAL_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/normal_tail.h"
#include "../vector/log1p.h"

/* log Phi(x): log1p(-Phi(-x)) in the upper half; in the lower the logarithm of Phi(x), or of Mills' ratio with
 * -x^2/2. */
GRADC_INLINE double gradc_log_normal(double x)
{
    const double a = fabs(x), t = 0.7071067811865476 * a, tail = gradc_normal_tail(a);
    const double ratio = t > 0.7 ? 0.5 * gradc_erfcx_far(t) : tail, square = t > 0.7 ? 0.5 * a * a : 0.0;
    return gradc_log1p(x < 0.0 ? (ratio > 1e-15 ? ratio : 1e-15) - 1.0 : -tail) - (x < 0.0 ? square : 0.0);
}

#endif
