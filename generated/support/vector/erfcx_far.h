#ifndef GRADC_VECTOR_ERFCX_FAR_H
#define GRADC_VECTOR_ERFCX_FAR_H

#include "../frame.h"
#include "../vector/inline.h"

/* exp(x^2) erfc(x) for x >= 0.7: (1 + 2 x) times it is a polynomial of (x - 4)/(x + 4), after M. M. Shepherd and J.
 * G. Laframboise, Chebyshev approximation of (1 + 2x) exp(x^2) erfc x, Math. Comp. 36 (1981), 249-253. */
GRADC_INLINE double gradc_erfcx_far(double x)
{
    const double most = 1e300, b = x > most ? most : x, u = (b - 4.0) / (b + 4.0);
    /* fit: erfcx of u */
    const double p = (((((((((((((((((((((3.1511343462469267e-09 * u - 8.896965885568869e-09) * u
        - 2.327613385884589e-08) * u
        + 1.0172713856383945e-07) * u + 8.334218112140026e-08) * u - 8.183333878622503e-07) * u
        + 2.8616991348560926e-07) * u + 5.706122141776807e-06) * u - 1.1217985885258928e-05) * u
        - 2.4398064411440973e-05) * u + 0.00015062032586447927) * u - 0.00019925692505215595) * u
        - 0.0007577730022527879) * u + 0.005031970006249018) * u - 0.016197734095496102) * u
        + 0.03716751553549054) * u - 0.06633036580932132) * u + 0.09373283499842165) * u
        - 0.10103906603641884) * u + 0.06809705425469159) * u + 0.015379652102621516) * u
        - 0.1396211168405625) * u + 1.2329951186255526;
    return p / (1.0 + 2.0 * x);
}

#endif
