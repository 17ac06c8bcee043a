#ifndef GRADC_VECTOR_COS_H
#define GRADC_VECTOR_COS_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/turn.h"
#include "../vector/sin_near.h"
#include "../vector/cos_near.h"

#if defined(GRADC_LIBMVEC)
#define gradc_cos cos
#else
/* cos(x) for |x| <= 10^6, as gradc_sin, a quarter turn on. */
GRADC_INLINE double gradc_cos(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? gradc_sin_near(r) : gradc_cos_near(r);
    return gradc_number(gradc_bits(y) ^ ((k + 1) & 2) << 62);
}
#endif

#endif
