#ifndef GRADC_SPECIAL_SINPI_H
#define GRADC_SPECIAL_SINPI_H

#include "../frame.h"

/* sin(pi x): x is reduced to within 1/2 of an integer, which is exact, before it meets pi. */
static double gradc_sinpi(double x)
{
    const double n = floor(x + 0.5), r = fabs(x) < 4503599627370496.0 ? x - n : 0.0;
    const double s = fabs(r) <= 0.25 ? sin(3.14159265358979323846 * r)
                                     : copysign(cos(3.14159265358979323846 * (0.5 - fabs(r))), r);
    return n * 0.5 == floor(n * 0.5) ? s : -s;
}

#endif
