/* needs: inline, split, log1p_near */
/* log(x) = k log(2) + log(1 + f). */
GRADC_INLINE double gradc_log(double x)
{
    double k;
    const double f = gradc_split(x, &k);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    return x > 0.0 ? x < (double)INFINITY ? y : x : x == 0.0 ? -(double)INFINITY : (double)NAN;
}
