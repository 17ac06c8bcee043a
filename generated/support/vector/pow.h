#ifndef GRADC_VECTOR_POW_H
#define GRADC_VECTOR_POW_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/split.h"
#include "../vector/exp_sum.h"

#if defined(GRADC_LIBMVEC)
#define gradc_pow pow
#else
/* x^y = exp(y log|x|) with the sign that a whole y gives. The logarithm is in two parts: log(1 + f) = 2/3 s (3 +
 * s^2 + s^4 P(s^2)), s = f / (2 + f), with products of 26-bit factors, which are exact. */
GRADC_INLINE double gradc_high(double x)
{
    return gradc_number(gradc_bits(x) & 0xfffffffff8000000);
}

GRADC_INLINE double gradc_pow(double x, double y)
{
    double k;
    const double a = fabs(x), f = gradc_split(a, &k), d = 2.0 + f, d1 = gradc_high(d);
    const double s1 = gradc_high(f / d), s2 = ((f - s1 * d1) - s1 * (f - (d1 - 2.0))) / d, s = s1 + s2, z = s * s;
    /* fit: pow of z */
    const double p = (((((((0.16145157419358108 * z + 0.15684311852088592) * z + 0.17650228245209146) * z
        + 0.19999944588392685) * z + 0.23076923644696928) * z + 0.27272727269463354) * z
        + 0.33333333333342724) * z + 0.4285714285714285) * z + 0.6;
    const double r = z * z * p + s2 * (s1 + s), t1 = gradc_high(3.0 + s1 * s1 + r), t2 = r - ((t1 - 3.0) - s1 * s1);
    const double u = s1 * t1, v = s2 * t1 + t2 * s, q1 = gradc_high(u + v), q2 = v - (q1 - u);
    const double g = 0.6666666567325592 * q1, h = 0.6666666567325592 * q2 + (q1 + q2) * 9.934107462565104e-09;
    const double m = k * 0.6931471803691238, n1 = gradc_high(m + (g + h));
    const double n2 = ((m - n1) + g) + (h + k * 1.9082149292705877e-10);
    /* y log|x|: exact, and what is left */
    const double l1 = a == 0.0 ? -(double)INFINITY : a < (double)INFINITY ? n1 : a, top = y > 1e300 ? 1e300 : y;
    const double w = top < -1e300 ? -1e300 : top, b = fabs(w), c = 0.5 * b; /* infinity times 0 is none */
    const double y1 = b < 1e-290 ? w : gradc_high(w), high = y1 * l1;
    const double e = gradc_exp_sum(high, fabs(high) < 1000.0 ? (w - y1) * n1 + w * n2 : 0.0);
    /* a whole number with 2^52 added is unchanged when that is taken off again */
    const double part = b < 4503599627370496.0 ? (b + 4503599627370496.0) - 4503599627370496.0 - b : 0.0;
    const double odd = c < 4503599627370496.0 ? (c + 4503599627370496.0) - 4503599627370496.0 - c : 0.0;
    const double half = part == 0.0 ? odd : 0.0, signed_e = half == 0.0 ? e : copysign(e, x);
    /* no root of a negative number */
    const double lost = x < 0.0 ? part : 0.0, kept = x > -(double)INFINITY ? lost : 0.0;
    const double one = y == 0.0 ? 1.0 : kept == 0.0 ? signed_e : (double)NAN;
    return x == 1.0 ? 1.0 : one;
}
#endif

#endif
