/* needs: inline, log1p */
/* asinh(x) = log(|x| + sqrt(1 + x^2)) = log1p(|x| + x^2 / (1 + sqrt(1 + x^2))); log(2 |x|) where that is no
 * different. */
GRADC_INLINE double gradc_asinh(double x)
{
    const double a = fabs(x), b = a < 1e150 ? a : 0.0, square = b * b;
    const double y = gradc_log1p(a + square / (1.0 + sqrt(1.0 + square)));
    return copysign(a < 1e150 ? y : y + 0.6931471805599453, x);
}
