/* needs: mills, exp_square */
/* The normal distribution function Phi(x) = erfc(-x/sqrt(2))/2, through Mills' ratio outside [-1/2, 1/2], with the
 * exponent in two doubles, so that the tail keeps its relative accuracy. */
static double gradc_ndtr(double x)
{
    double tail;
    if (fabs(x) <= 0.5 || isnan(x))
        return 0.5 + 0.5 * erf(0.70710678118654752440 * x);
    tail = gradc_exp_square(-0.5, x) * gradc_mills(fabs(x));
    return x < 0.0 ? tail : 1.0 - tail;
}
