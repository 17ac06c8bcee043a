#ifndef GRADC_VECTOR_COS_NEAR_H
#define GRADC_VECTOR_COS_NEAR_H

#include "../frame.h"
#include "../vector/inline.h"

/* cos(r) for |r| <= pi/4: 1 - r^2/2, whose rounding is added again, and the rest. */
GRADC_INLINE double gradc_cos_near(double r)
{
    const double z = r * r, h = 0.5 * z, w = 1.0 - h;
    /* fit: cos of z */
    const double p = ((((-1.135965574551564e-11 * z + 2.08757236567661e-09) * z - 2.755731435720736e-07) * z
        + 2.480158728950799e-05) * z - 0.0013888888888874183) * z + 0.0416666666666666;
    return w + (((1.0 - w) - h) + z * z * p);
}

#endif
