/* needs: lgamma */
/* log(Gamma(x + y)/Gamma(x)) for x, x + y > 0: both arguments are moved up by the recurrence until Stirling's series
 * holds (DLMF 5.11.1), whose leading terms are subtracted by hand. */
static double gradc_gammaln_difference(double x, double y)
{
    double low = y < 0.0 ? x + y : x, step = fabs(y), moved = 1.0, shift = 0.0, tails[2], high, value;
    int k;
    if (isnan(x) || isnan(y))
        return (double)NAN;
    if (low <= 0.0)
        return gradc_lgamma(x + y) - gradc_lgamma(x);
    while (low < 12.0) {
        moved *= 1.0 + step / low;
        low += 1.0;
        if (moved > 1e280) {
            shift += log(moved);
            moved = 1.0;
        }
    }
    high = low + step;
    for (k = 0; k < 2; k++) {
        const double inverse = 1.0 / (k ? high : low), z = inverse * inverse;
        tails[k] = inverse
                   * (1.0 / 12.0
                      + z * (-1.0 / 360.0
                             + z * (1.0 / 1260.0
                                    + z * (-1.0 / 1680.0
                                           + z * (1.0 / 1188.0 + z * (-691.0 / 360360.0 + z * (1.0 / 156.0)))))));
    }
    value = step * log(high) + ((low - 0.5) * log1p(step / low) - step) + (tails[1] - tails[0]);
    value -= log(moved) + shift;
    return y < 0.0 ? -value : value;
}
