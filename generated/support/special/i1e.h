#ifndef GRADC_SPECIAL_I1E_H
#define GRADC_SPECIAL_I1E_H

#include "../frame.h"
#include "../special/polynomial.h"

/* The power series of the modified Bessel function I1 in x^2/4 (DLMF 10.25.2), economised, for |x| < 8. */
static double gradc_i1_series(double x)
{
    static const double gradc_i1_power[] = {
        0.25, 0.04166666666666666, 0.0034722222222222502, 0.00017361111111105965,
        5.787037037086593e-06, 1.3778659609122103e-07, 2.4604749415562232e-09, 3.417326012216133e-11,
        3.7970343298056246e-13, 3.4517778987232115e-15, 2.6156613379443405e-17, 1.6721150253192653e-19,
        9.40385677475771e-22, 3.803376472413642e-24, 2.8347896389272295e-26,
    };
    const double t = 0.25 * x * x;
    const double p = gradc_polynomial(gradc_i1_power, (int)(sizeof gradc_i1_power / sizeof(double)), t);
    return x * (0.5 + t * p);
}

/* exp(-|x|) I1(x): the power series below 8, and sqrt(x) exp(-x) I1(x) from there, as polynomials in x on [8, 16]
 * and [16, 32] and in 1/x beyond (DLMF 10.40.1, economised). In pieces as in J. M. Blair, Rational Chebyshev
 * approximations for the modified Bessel functions I0(x) and I1(x), Math. Comp. 28 (1974), 581-583. */
static double gradc_i1e(double x)
{
    static const double gradc_i1e_0[] = {
        0.386123659201314, 0.0011001159484958021, -9.458558599237351e-05, 8.149221172243337e-06,
        -7.038186347702237e-07, 6.096177710419175e-08, -5.2987966408136106e-09, 4.625764839203131e-10,
        -4.060092840470246e-11, 3.5870701321192524e-12, -3.193076551961427e-13, 2.864534051473235e-14,
        -2.5873836246667776e-15, 2.3452798454546954e-16, -2.1186432825456113e-17, 1.9061922841498085e-18,
        -1.727862347559456e-19, 1.4875166583116012e-20, -1.0702005695860994e-21, 9.081769254536553e-23,
        -1.1965187510974108e-23, 8.242823432356831e-25,
    };
    static const double gradc_i1e_1[] = {
        0.39262449420411655, 0.00026689390014509896, -1.1278995064292772e-05, 4.7683569603139605e-07,
        -2.0167079002021676e-08, 8.533029461069526e-10, -3.612106456103347e-11, 1.5297730091461925e-12,
        -6.482104783362937e-14, 2.7481605161741607e-15, -1.1657776725254148e-16, 4.948420521469723e-18,
        -2.1025961067100658e-19, 8.937493560437972e-21, -3.7813267253559578e-22, 1.6098240919645345e-23,
        -7.248185030443318e-25, 3.094044402717293e-26, -8.702430871237278e-28, 3.70417791579712e-29,
        -4.552439210676837e-30, 1.9591202939220224e-31,
    };
    static const double gradc_i1e_tail[] = {
        0.3989422804014327, -0.14960335515053852, -0.04675104848321676, -0.040907167962735524,
        -0.05752559356251302, -0.11074994498303244, -0.26900521379640174, -0.8347457778987902,
        -1.7513442462748405, -23.726197586134695,
    };
    const double y = fabs(x);
    double e;
    if (isnan(x))
        return x;
    if (y < 8.0)
        return exp(-y) * gradc_i1_series(x);
    if (y < 16.0)
        e = gradc_polynomial(gradc_i1e_0, (int)(sizeof gradc_i1e_0 / sizeof(double)), y - 12.0) / sqrt(y);
    else if (y < 32.0)
        e = gradc_polynomial(gradc_i1e_1, (int)(sizeof gradc_i1e_1 / sizeof(double)), y - 24.0) / sqrt(y);
    else
        e = gradc_polynomial(gradc_i1e_tail, (int)(sizeof gradc_i1e_tail / sizeof(double)), 1.0 / y) / sqrt(y);
    return copysign(e, x);
}

#endif
