/* The entropy's term -x log(x): 0 at 0, -inf below. */
static double gradc_entr(double x)
{
    if (x > 0.0 || isnan(x))
        return -x * log(x);
    return x == 0.0 ? 0.0 : -(double)INFINITY;
}
