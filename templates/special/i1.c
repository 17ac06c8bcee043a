/* needs: i1e */
/* The modified Bessel function I1(x): the power series below 8 and exp(|x|) exp(-|x|) I1(x) from there, with the
 * exponential in two halves where it would overflow before the result does. */
static double gradc_i1(double x)
{
    const double y = fabs(x);
    double e;
    if (isnan(x))
        return x;
    if (y < 8.0)
        return gradc_i1_series(x);
    if (y < 700.0)
        return exp(y) * gradc_i1e(x);
    if (y > 720.0)
        return copysign((double)INFINITY, x);
    e = exp(0.5 * y);
    return e * gradc_i1e(x) * e;
}
