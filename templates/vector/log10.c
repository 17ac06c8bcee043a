/* needs: inline, split, log1p_near */
/* log10(x) = k log10(2) + log(1 + f) / log(10). */
GRADC_INLINE double gradc_log10(double x)
{
    double k;
    const double f = gradc_split(x, &k), g = gradc_log1p_near(f, 0.0);
    const double y = k * 0.30102999566406652 + (k * -8.532344317057107e-14 + g * 0.4342944819032518);
    return x > 0.0 ? x < (double)INFINITY ? y : x : x == 0.0 ? -(double)INFINITY : (double)NAN;
}
