/* The logistic function 1 / (1 + exp(-x)), with an exponential that cannot overflow. */
static double gradc_expit(double x)
{
    const double e = exp(-fabs(x));
    return (x < 0.0 ? e : 1.0) / (1.0 + e);
}
