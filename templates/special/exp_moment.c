/* The integral of s^n exp(t s) over 0 <= s <= 1 for a whole n, the n-th derivative of (exp(t) - 1)/t. Series of
 * positive terms near 0, M(n + 1, n + 2, t)/(n + 1) and its Kummer transform exp(t) M(1, n + 2, -t)/(n + 1) (DLMF
 * 13.2.2, 13.2.39); by parts, n -> n + 1, elsewhere. */
static double gradc_exp_moment(double n, double t)
{
    double term = 1.0 / (n + 1.0), total = term;
    int k;
    if (isnan(t) || isnan(n))
        return (double)NAN;
    if (t == -(double)INFINITY)
        return 0.0;
    if (fabs(t) > 2.0 * n + 4.0) {
        const double top = exp(t);
        total = expm1(t) / t;
        if (isinf(top))
            return top;
        for (k = 1; k <= (int)n; k++)
            total = (top - k * total) / t;
        return total;
    }
    for (k = 1; k < 400 && fabs(term) > 1e-18 * total; k++) {
        term *= t < 0.0 ? -t / (n + 1.0 + k) : t * (n + k) / (k * (n + 1.0 + k));
        total += term;
    }
    return t < 0.0 ? total * exp(t) : total;
}
