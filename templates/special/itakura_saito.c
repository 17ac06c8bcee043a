/* needs: kl_div */
/* x/y - log(x/y) - 1, of the ratio alone: NaN where it is negative. */
static double gradc_itakura_saito(double x, double y)
{
    return x / y < 0.0 ? (double)NAN : gradc_kl_div(fabs(y), fabs(x)) / fabs(y);
}
