/* x^y - 1, through expm1 where the power is near 1. */
static double gradc_powm1(double x, double y)
{
    const double exponent = y * log(x);
    return fabs(exponent) < 0.5 ? expm1(exponent) : pow(x, y) - 1.0;
}
