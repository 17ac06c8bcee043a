/* needs: digamma, trigamma, gamma, stirling, hurwitz_ratio */
/* The n-th derivative of digamma, for an integer n >= 0: (-1)^(n+1) n! zeta(n+1, x) (DLMF 25.11.12). Below 0 the
 * sum of zeta, over x = -m + r, -m + r + 1, ..., is split at 0 into sums over positive arguments: zeta(s, r) +
 * (-1)^s (zeta(s, 1-r) - zeta(s, 1-x)). Infinite at 0, -1, -2, ..., with the sign (-1)^(n+1). NaN unless n is an
 * integer >= 0. */
static double gradc_polygamma_term(double n, double x)
{
    /* n! zeta(n+1, x), the power in two halves, so that neither it nor n! overflows before the result does */
    const double s = n + 1.0, z = gradc_hurwitz_ratio(s, x), p = pow(x, -0.5 * s);
    double f, l, c;
    if (n <= 170.0) {
        f = gradc_gamma(s);
        return p < 1.0 ? f * p * p * z : f * z * p * p;
    }
    /* by Stirling's formula, n! / x^s = sqrt(2 pi n) / x (n / (e x))^n */
    l = n / (2.718281828459045 * x);
    c = pow(l, 0.5 * n);
    return c * (sqrt(6.283185307179586 * n) / x * exp(gradc_stirling(n)) * z) * c;
}

static double gradc_polygamma(double n, double x)
{
    const double sign = n * 0.5 == floor(n * 0.5) ? -1.0 : 1.0; /* (-1)^(n+1) */
    double r, f, m, z;
    if (n == 0.0)
        return gradc_digamma(x);
    if (n == 1.0)
        return gradc_trigamma(x);
    if (isnan(x) || !(n > 0.0) || n != floor(n))
        return (double)NAN;
    if (isinf(x))
        return x > 0.0 ? sign * 0.0 : sign * x * x;
    if (x > 0.0)
        return sign * gradc_polygamma_term(n, x);
    m = floor(x);
    if (m == x)
        return sign * (double)INFINITY;
    r = x - m;
    f = -x - floor(-x); /* 1 - r, whichever of the two is small being exact */
    z = gradc_polygamma_term(n, f) - gradc_polygamma_term(n, 1.0 - x);
    return sign * (gradc_polygamma_term(n, r) + sign * z);
}
