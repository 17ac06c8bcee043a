/* exp(s x^2) for s = 1 or -1/2, to within an ulp: the square is carried in two doubles, x^2 = p + e, and exp(s p +
 * s e) = exp(s p) (1 + s e) as |e| < 2^-43 wherever the result is finite and not zero. */
static double gradc_exp_square(double s, double x)
{
    const double p = x * x;
    double y;
    if (!(p < 2048.0))
        return exp(s * p);
    y = exp(s * p);
    return y + y * (s * fma(x, x, -p));
}
