/* log2(2^x + 2^y), with a power that cannot overflow. */
static double gradc_logaddexp2(double x, double y)
{
    const double high = x > y ? x : y;
    if (x == y)
        return x + 1.0; /* infinities too, whose difference is NaN */
    return isnan(x) ? x : high + 1.4426950408889634074 * log1p(exp2(-fabs(x - y)));
}
