/* needs: inline, log1p */
/* atanh(x) = log1p(2 |x| / (1 - |x|)) / 2. */
GRADC_INLINE double gradc_atanh(double x)
{
    const double a = fabs(x), y = 0.5 * gradc_log1p(2.0 * a / (1.0 - a));
    return a < 1e-8 ? x : copysign(y, x);
}
