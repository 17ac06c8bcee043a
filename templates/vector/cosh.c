/* needs: inline, half_expm1 */
/* cosh(x) = h + 1/2 + (1/2) / (1 + 2 h), h = (exp(|x|) - 1) / 2. */
GRADC_INLINE double gradc_cosh(double x)
{
    const double h = gradc_half_expm1(fabs(x));
    return h + (0.5 + 0.5 / (1.0 + 2.0 * h));
}
