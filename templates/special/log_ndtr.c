/* needs: mills, ndtr */
/* log Phi(x): -x^2/2 and the logarithm of Mills' ratio of -x in the lower tail, log1p(-Phi(-x)) in the upper half. */
static double gradc_log_ndtr(double x)
{
    if (x < -1.0)
        return -0.5 * x * x + log(gradc_mills(-x));
    return x < 0.0 ? log(gradc_ndtr(x)) : log1p(-gradc_ndtr(-x));
}
