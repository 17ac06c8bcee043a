/* needs: inline, split, log1p_near */
/* log2(x) = k + log(1 + f) / log(2). */
GRADC_INLINE double gradc_log2(double x)
{
    double k;
    const double f = gradc_split(x, &k), g = gradc_log1p_near(f, 0.0);
    const double y = k + g * 1.4426950408889634;
    return x > 0.0 ? x < (double)INFINITY ? y : x : x == 0.0 ? -(double)INFINITY : (double)NAN;
}
