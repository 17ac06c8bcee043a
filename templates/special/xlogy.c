/* x log(y), and 0 where x is 0 and y is a number. */
static double gradc_xlogy(double x, double y)
{
    return x == 0.0 && !isnan(y) ? 0.0 : x * log(y);
}
