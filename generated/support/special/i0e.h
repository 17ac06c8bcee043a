#ifndef GRADC_SPECIAL_I0E_H
#define GRADC_SPECIAL_I0E_H

#include "../frame.h"
#include "../special/polynomial.h"

/* The power series of the modified Bessel function I0 in x^2/4 (DLMF 10.25.2), economised, for |x| < 8. */
static double gradc_i0_series(double x)
{
    static const double gradc_i0_power[] = {
        1.0, 0.25, 0.027777777777777762, 0.001736111111111147,
        6.944444444440493e-05, 1.929012345705309e-06, 3.936759887993035e-08, 6.151187361364193e-10,
        7.594057685381156e-12, 7.594070019494474e-14, 6.275948796822122e-16, 4.359498405380122e-18,
        2.5722398177811744e-20, 1.3440225063774028e-22, 5.062353740472856e-25, 3.548836657975522e-27,
    };
    const double t = 0.25 * x * x;
    const double p = gradc_polynomial(gradc_i0_power, (int)(sizeof gradc_i0_power / sizeof(double)), t);
    return 1.0 + t * p;
}

/* exp(-|x|) I0(x): the power series below 8, and sqrt(x) exp(-x) I0(x) from there, as polynomials in x on [8, 16]
 * and [16, 32] and in 1/x beyond (DLMF 10.40.1, economised). In pieces as in J. M. Blair, Rational Chebyshev
 * approximations for the modified Bessel functions I0(x) and I1(x), Math. Comp. 28 (1974), 581-583. */
static double gradc_i0e(double x)
{
    static const double gradc_i0e_0[] = {
        0.40331226094986455, -0.0003839242089728585, 3.3826760231660506e-05, -2.9902260435541784e-06,
        2.653455307116481e-07, -2.365386876428941e-08, 2.120361038707958e-09, -1.9138373121682364e-10,
        1.7420404888557618e-11, -1.6013720841233767e-12, 1.487645387449055e-13, -1.3953416114700854e-14,
        1.316661041126022e-15, -1.2413802760824219e-16, 1.1637642830514386e-17, -1.0827597127138129e-18,
        9.603889230446774e-20, -7.680237066688577e-21, 6.706804999080396e-22, -6.978588490126308e-23,
        4.127304977097124e-24,
    };
    static const double gradc_i0e_1[] = {
        0.4010710650668474, -9.092367383820398e-05, 3.885682287240776e-06, -1.6615563728553446e-07,
        7.109413971194151e-09, -3.04395390233428e-10, 1.3041988697551197e-11, -5.592018112388426e-13,
        2.3995580832216892e-14, -1.0305017236147413e-15, 4.429481965840058e-17, -1.9062795312281548e-18,
        8.20993454539801e-20, -3.5226657439766176e-21, 1.5204100824666433e-22, -6.914745426217108e-24,
        2.994985952960086e-25, -8.721406338539265e-27, 3.7652938450084935e-28, -4.5939050559010116e-29,
        2.0109744036614562e-30,
    };
    static const double gradc_i0e_tail[] = {
        0.3989422804014327, 0.04986778505018023, 0.028050629089515992, 0.029219405794279688,
        0.044742113470240825, 0.09061480658392938, 0.22755974830694334, 0.7252088789602295,
        1.5170220109076542, 21.419721544668402,
    };
    const double y = fabs(x);
    double e;
    if (isnan(x))
        return x;
    if (y < 8.0)
        return exp(-y) * gradc_i0_series(x);
    if (y < 16.0)
        e = gradc_polynomial(gradc_i0e_0, (int)(sizeof gradc_i0e_0 / sizeof(double)), y - 12.0) / sqrt(y);
    else if (y < 32.0)
        e = gradc_polynomial(gradc_i0e_1, (int)(sizeof gradc_i0e_1 / sizeof(double)), y - 24.0) / sqrt(y);
    else
        e = gradc_polynomial(gradc_i0e_tail, (int)(sizeof gradc_i0e_tail / sizeof(double)), 1.0 / y) / sqrt(y);
    return e;
}

#endif
