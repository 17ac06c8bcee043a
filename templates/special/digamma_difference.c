/* needs: digamma */
/* psi(x + y) - psi(x), as gammaln_difference where x, x + y > 0 (DLMF 5.11.2). */
static double gradc_digamma_difference(double x, double y)
{
    double low = y < 0.0 ? x + y : x, moved = 0.0, tails[2], high, value;
    const double step = fabs(y);
    int k;
    if (isnan(x) || isnan(y))
        return (double)NAN;
    if (low <= 0.0)
        return gradc_digamma(x + y) - gradc_digamma(x);
    while (low < 12.0) {
        moved += step / (low * (low + step));
        low += 1.0;
    }
    high = low + step;
    for (k = 0; k < 2; k++) {
        const double inverse = 1.0 / (k ? high : low), z = inverse * inverse;
        tails[k] = z
                   * (-1.0 / 12.0
                      + z * (1.0 / 120.0
                             + z * (-1.0 / 252.0
                                    + z * (1.0 / 240.0
                                           + z * (-1.0 / 132.0 + z * (691.0 / 32760.0 + z * (-1.0 / 12.0)))))));
    }
    value = log1p(step / low) + step / (2.0 * low * high) + (tails[1] - tails[0]) + moved;
    return y < 0.0 ? -value : value;
}
