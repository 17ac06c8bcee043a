#ifndef GRADC_VECTOR_PSI_FAR_H
#define GRADC_VECTOR_PSI_FAR_H

#include "../frame.h"
#include "../vector/inline.h"
#include "../vector/log.h"

/* psi(x) = log(x) - 1/(2 x) - sum of B_2k / (2 k x^2k) for x >= 8 (DLMF 5.11.2), economised. */
GRADC_INLINE double gradc_psi_far(double x)
{
    const double w = 1.0 / x, z = w * w;
    /* fit: psi_tail of z */
    const double p = ((((-0.01772029527568203 * z + 0.007519445586194526) * z - 0.004166222545871098) * z
        + 0.0039682523702314326) * z - 0.008333333331222267) * z + 0.08333333333333288;
    return gradc_log(x) - (0.5 * w + z * p);
}

#endif
