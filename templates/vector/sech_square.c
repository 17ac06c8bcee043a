/* needs: inline, half_expm1_within */
/* 1 / cosh(x)^2 = (2 h + 1) / (h + 1)^2, with the h of gradc_tanh, so that a compiler computes it once for both; 0
 * from 354 on, where it is 1e-307. */
GRADC_INLINE double gradc_sech_square(double x)
{
    const double a = fabs(x), h = gradc_half_expm1_within(a > 354.0 ? 708.0 : 2.0 * a);
    const double r = 1.0 / (h + 1.0), s = (2.0 * h + 1.0) * r * r;
    return a > 354.0 ? 0.0 : s;
}
