#ifndef GRADC_VECTOR_ITAKURA_H
#define GRADC_VECTOR_ITAKURA_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/log.h"

/* r - log(r) - 1 of r = x/y. With s = (x - y)/(x + y), log(r) = 2 atanh(s) = 2 s + s^3 T(s^2), and it is s ((x - y)/y
 * - s^2 T(s^2)), in which little cancels; where x and y differ by more than a factor of 2.6, as it is written. */
GRADC_INLINE double gradc_itakura(double x, double y)
{
    const double d = x - y, s = 0.5 * d / (0.5 * x + 0.5 * y), z = s * s, r = (z <= 0.2 ? d : x) / y;
    /* fit: itakura of z */
    const double t = (((((((((((0.2901750778710715 * z - 0.08203650051225542) * z + 0.15061024204797147) * z
        + 0.0796737229328612) * z + 0.1078003851420917) * z + 0.11736337682119352) * z
        + 0.133355203280488) * z + 0.1538450062145082) * z + 0.1818182215146985) * z
        + 0.22222222136817127) * z + 0.2857142857246132) * z + 0.399999999999942) * z
        + 0.6666666666666667;
    const double near = s * (r - z * t), far = r - gradc_log(r) - 1.0;
    const double value = z <= 0.2 ? near : far;
    return r < (double)INFINITY ? value : r;
}

#endif
