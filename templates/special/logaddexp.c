/* log(exp(x) + exp(y)), with an exponential that cannot overflow. */
static double gradc_logaddexp(double x, double y)
{
    const double high = x > y ? x : y;
    if (x == y)
        return x + 0.69314718055994530942; /* infinities too, whose difference is NaN */
    return isnan(x) ? x : high + log1p(exp(-fabs(x - y)));
}
