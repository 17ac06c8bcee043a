/* 1 / cosh(x)^2, with an exponential that cannot overflow. */
static double gradc_sech_square(double x)
{
    const double e = exp(-2.0 * fabs(x)), s = 1.0 + e;
    return 4.0 * e / (s * s);
}
