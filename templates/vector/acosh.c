/* needs: inline, log1p */
/* acosh(x) = log1p(t + sqrt(t (t + 2))), t = x - 1; log(2 x) where that is no different. */
GRADC_INLINE double gradc_acosh(double x)
{
    const double t = x - 1.0, u = t < 1e150 ? t : 0.0;
    const double y = gradc_log1p(t + sqrt(u * (u + 2.0)));
    return x < 1.0 ? (double)NAN : t < 1e150 ? y : y + 0.6931471805599453;
}
