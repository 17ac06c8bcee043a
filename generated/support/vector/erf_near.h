#ifndef GRADC_VECTOR_ERF_NEAR_H
#define GRADC_VECTOR_ERF_NEAR_H

#include "../frame.h"
#include "../vector/inline.h"

/* erf(x) - x for |x| <= 1. */
GRADC_INLINE double gradc_erf_near(double x)
{
    const double z = x * x;
    /* fit: erf of z */
    const double p = (((((((((((5.960687365487138e-11 * z - 1.1374956310600045e-09) * z + 1.4660328685329812e-08) * z
        - 1.6350396185651638e-07) * z + 1.6461008470897275e-06) * z - 1.4925595771510586e-05) * z
        + 0.00012055331132916607) * z - 0.0008548326981424113) * z + 0.0052239776248283985) * z
        - 0.02686617064507787) * z + 0.11283791670954885) * z - 0.3761263890318375) * z
        + 0.1283791670955126;
    return x * p;
}

#endif
