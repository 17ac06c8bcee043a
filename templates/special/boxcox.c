/* needs: powm1 */
/* Box and Cox's (x^y - 1)/y, and log(x) at y = 0; at x = -0 as at 0. */
static double gradc_boxcox(double x, double y)
{
    return y == 0.0 ? log(x) : gradc_powm1(x + 0.0, y) / y;
}
