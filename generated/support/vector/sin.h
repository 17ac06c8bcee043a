#ifndef GRADC_VECTOR_SIN_H
#define GRADC_VECTOR_SIN_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/turn.h"
#include "../vector/sin_near.h"
#include "../vector/cos_near.h"

#if defined(GRADC_LIBMVEC)
#define gradc_sin sin
#else
/* sin(x) for |x| <= 10^6: the sine or the cosine of what is left of a quarter turn. */
GRADC_INLINE double gradc_sin(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? gradc_cos_near(r) : gradc_sin_near(r);
    return x == 0.0 ? x : gradc_number(gradc_bits(y) ^ (k & 2) << 62);
}
#endif

#endif
