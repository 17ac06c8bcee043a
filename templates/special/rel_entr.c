/* The relative entropy's term x log(x/y): 0 where x = 0 <= y, infinite elsewhere outside x, y > 0. Near x = y,
 * where x - y is exact, the logarithm is that of 1 + (x - y)/y. */
static double gradc_rel_entr(double x, double y)
{
    double r;
    if (isnan(x) || isnan(y))
        return (double)NAN;
    if (x > 0.0 && y > 0.0) {
        r = x / y;
        if (r > 0.5 && r < 2.0)
            return x * log1p((x - y) / y);
        return x * (r > 1e-300 && r < 1e300 ? log(r) : log(x) - log(y));
    }
    return x == 0.0 && y >= 0.0 ? 0.0 : (double)INFINITY;
}
