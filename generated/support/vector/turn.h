#ifndef GRADC_VECTOR_TURN_H
#define GRADC_VECTOR_TURN_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/bits.h"

/* r = x - k pi/2 in [-pi/4, pi/4], and the last bits of k: pi/2 is in four parts, of which three have 33 bits, so
 * that k times them is exact for |x| <= 10^6 (W. J. Cody and W. Waite, Software Manual for the Elementary Functions,
 * 1980). */
GRADC_INLINE double gradc_turn(double x, uint64_t *k)
{
    const double t = x * 0.6366197723675814 + 6755399441055744.0; /* 1.5 * 2^52 */
    const double n = t - 6755399441055744.0;
    *k = gradc_bits(t);
    return (((x - n * 1.5707963267341256) - n * 6.077100506303966e-11) - n * 2.0222662487111665e-21)
           - n * 8.478427660348229e-32;
}

#endif
