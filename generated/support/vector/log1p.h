#ifndef GRADC_VECTOR_LOG1P_H
#define GRADC_VECTOR_LOG1P_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/bits.h"
#include "../vector/log1p_near.h"

/* log(1 + x) = k log(2) + log(1 + f), as gradc_log: k is that of the rounded sum, but f = 2^-k x + (2^-k - 1) has
 * no rounding that matters. Four times 2^-k is normal for every k. */
GRADC_INLINE double gradc_log1p(double x)
{
    const uint64_t e = (gradc_bits(1.0 + x) + 0x00095f6200000000) >> 52; /* k + 1023 */
    const double k = gradc_number(e | 0x4330000000000000) - 4503599627371519.0;
    const double scale = gradc_number((2048 - e) << 52);
    const double f = (x * scale) * 0.25 + (0.25 * scale - 1.0);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    const double w = fabs(x) < 1e-17 ? x : y;
    return x > -1.0 ? x < (double)INFINITY ? w : x : x == -1.0 ? -(double)INFINITY : (double)NAN;
}

#endif
