/* needs: inline, half_expm1 */
/* sinh(x) = h + h / (1 + 2 h), h = (exp(|x|) - 1) / 2. */
GRADC_INLINE double gradc_sinh(double x)
{
    const double h = gradc_half_expm1(fabs(x)), y = h + h / (1.0 + 2.0 * h);
    return fabs(x) < 1e-8 ? x : copysign(h < (double)INFINITY ? y : h, x);
}
