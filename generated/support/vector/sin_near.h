#ifndef GRADC_VECTOR_SIN_NEAR_H
#define GRADC_VECTOR_SIN_NEAR_H

#include "../frame.h"
#include "../vector/inline.h"

/* sin(r) for |r| <= pi/4. */
GRADC_INLINE double gradc_sin_near(double r)
{
    const double z = r * r;
    /* fit: sin of z */
    const double p = ((((1.5896685558378755e-10 * z - 2.5050756327532975e-08) * z + 2.7557313681325e-06) * z
        - 0.00019841269829780147) * z + 0.008333333333322384) * z - 0.16666666666666632;
    return r + r * z * p;
}

#endif
