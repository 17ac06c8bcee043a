/* x log(1 + y), and 0 where x is 0 and y is a number. */
static double gradc_xlog1py(double x, double y)
{
    return x == 0.0 && !isnan(y) ? 0.0 : x * log1p(y);
}
