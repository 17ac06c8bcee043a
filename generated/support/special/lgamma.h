#ifndef GRADC_SPECIAL_LGAMMA_H
#define GRADC_SPECIAL_LGAMMA_H

#include "../frame.h"
#include "../special/polynomial.h"
#include "../special/stirling.h"
#include "../special/sinpi.h"

/* log|gamma(x)|, without the global signgam that the C library's lgamma writes. The zeros at 1 and 2 are factors,
 * lgamma(x) = (x - 1)(x - 2) R(x), with a polynomial for R on each of [1/2, 1], [1, 2], [2, 4], [4, 8]; from 8 on
 * Stirling's formula (DLMF 5.11.1); below 1/2 recurrence and reflection (DLMF 5.5.1, 5.5.3). */
static double gradc_lgamma(double x)
{
    static const double gradc_lgamma_0[] = {
        0.6504990445801452, -0.35235940133201404, 0.2940853672244361, -0.28891120177365553,
        0.30726139434977534, -0.34197894986537564, 0.39194610226486226, -0.45856511694430363,
        0.5448303112833561, -0.6551522415961885, 0.7954832398116802, -0.9736396959210937,
        1.1999105026827217, -1.4870965072841196, 1.8473388646565838, -2.3107310048807546,
        2.994639960076686, -3.7748708687945545, 3.6614222354637915, -4.627344380816668,
        13.34970945138487, -17.034836481060527,
    };
    static const double gradc_lgamma_1[] = {
        0.4831289505409809, -0.14595989591430608, 0.06291140107456439, -0.031308487501010646,
        0.01679709863127416, -0.009425622448525798, 0.005446457839126065, -0.0032120740737152814,
        0.0019229163127905161, -0.0011644145847310124, 0.000711519067515296, -0.00043799307479613914,
        0.00027131373861446925, -0.0001689178215524898, 0.00010535512483785591, -6.614136022346414e-05,
        4.30276814976503e-05, -2.7201673025504752e-05, 1.3186019073996835e-05, -8.355075869795273e-06,
        1.2140008083973407e-05, -7.760660152513446e-06,
    };
    static const double gradc_lgamma_2[] = {
        0.34657359027997264, -0.05846821787072541, 0.013149048378158274, -0.003332280825140568,
        0.0009018012625290348, -0.0002543369955542912, 7.377669402600325e-05, -2.1837784921022328e-05,
        6.562468362194972e-06, -1.995244117673074e-06, 6.122605142148444e-07, -1.8928830694942366e-07,
        5.889077501202777e-08, -1.8413909525579304e-08, 5.766847054713479e-09, -1.8177893358497883e-09,
        5.940931022994781e-10, -1.8850383954939247e-10, 4.5638652868929084e-11, -1.4511510677747182e-11,
        1.0655287013944569e-11, -3.415524711702892e-12,
    };
    static const double gradc_lgamma_3[] = {
        0.2393745871391023, -0.02241268079100601, 0.0026500508924254453, -0.0003451366307504453,
        4.745024795161514e-05, -6.755443099837113e-06, 9.855973876379612e-07, -1.464242043702436e-07,
        2.205864105757118e-08, -3.359985353776548e-09, 5.163872758507743e-10, -7.994970407922646e-11,
        1.2456685773741891e-11, -1.9507273361066488e-12, 3.0598982497024936e-13, -4.8317573456185524e-14,
        7.915770389776223e-15, -1.2584965825115095e-15, 1.5212025199564846e-16, -2.423785524369172e-17,
        8.974158487319721e-18, -1.4417197617614964e-18,
    };
    const int n0 = (int)(sizeof gradc_lgamma_0 / sizeof(double)), n1 = (int)(sizeof gradc_lgamma_1 / sizeof(double));
    const int n2 = (int)(sizeof gradc_lgamma_2 / sizeof(double)), n3 = (int)(sizeof gradc_lgamma_3 / sizeof(double));
    const double half_log_2pi = 0.91893853320467274178;
    double offset = 0.0; /* lgamma(x) = offset + sign * lgamma(y) */
    double sign = 1.0, y = x;
    if (isnan(x) || isinf(x))
        return x;
    if (x <= -0.5) {
        if (x == floor(x))
            return (double)INFINITY;
        y = -x;
        offset = -log(fabs(gradc_sinpi(x) * 0.31830988618379067154 * x));
        sign = -1.0;
    } else if (x < 0.5) {
        if (x == 0.0)
            return (double)INFINITY;
        /* lgamma(1 + x) - log|x|, with 1 + x never rounded */
        return (x < 0.0 ? x * (x - 1.0) * gradc_polynomial(gradc_lgamma_0, n0, x + 0.25)
                        : x * (x - 1.0) * gradc_polynomial(gradc_lgamma_1, n1, x - 0.5)) - log(fabs(x));
    }
    if (y < 1.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_0, n0, y - 0.75);
    else if (y < 2.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_1, n1, y - 1.5);
    else if (y < 4.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_2, n2, y - 3.0);
    else if (y < 8.0)
        y = (y - 1.0) * (y - 2.0) * gradc_polynomial(gradc_lgamma_3, n3, y - 6.0);
    else
        y = (y - 0.5) * (log(y) - 1.0) + ((half_log_2pi - 0.5) + gradc_stirling(y));
    return offset + sign * y;
}

#endif
