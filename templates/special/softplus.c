/* log(1 + exp(x)), with an exponential that cannot overflow. */
static double gradc_softplus(double x)
{
    const double l = log1p(exp(-fabs(x)));
    return x > 0.0 ? x + l : isnan(x) ? x : l;
}
