/* needs: gamma, lgamma, stirling, sinpi, two_sum */
/* (p/s)^n where the rounding of s = p + q and of the quotient would grow n-fold: the quotient's own error is
 * carried along. */
static double gradc_beta_power(double p, double s, double error, double n)
{
    const double r = p / s;
    /* p / (s + error) = r (1 + e) */
    const double e = (fma(-r, s, p) / r - error) / s;
    return pow(r, n) * exp(n * e);
}

/* gamma(a + b), with the rounding of the sum put right by psi(s), roughly. */
static double gradc_gamma_of_sum(double a, double b)
{
    const double s = a + b, g = gradc_gamma(s);
    return s > 1.0 ? g + g * (gradc_two_sum(a, b, s) * (log(s) - 0.5 / s - 1.0 / (12.0 * s * s))) : g;
}

/* B(a, b) = gamma(a) gamma(b) / gamma(a + b): that, for arguments up to 8; from there Stirling's formula in its
 * parts, (a/s)^a (b/s)^b and the like (DLMF 5.11.3, 5.12.1), as the exponential of a logarithm would lose the
 * digits of its magnitude. Of negative arguments by the same formula with |gamma| and its sign; an integer a = -n
 * with an integer b <= n has the finite limit (-1)^b B(1 + n - b, b). */
static double gradc_beta_positive(double a, double b)
{
    /* 0 < a <= b */
    const double s = a + b, error = gradc_two_sum(a, b, s);
    double g;
    if (isinf(b))
        return isinf(a) ? (double)NAN : 0.0;
    if (b < 8.0)
        return a < 1e-300 ? 1.0 / a : gradc_gamma(a) * (gradc_gamma(b) / gradc_gamma_of_sum(a, b));
    if (a < 8.0) {
        if (a < 1e-30)
            return 1.0 / a;
        if (b > 1e20)
            return gradc_gamma(a) * pow(b, -a);
        /* gamma(b)/gamma(s) = s^-a (b/s)^(b-1/2) exp(a + remainders) */
        g = exp(a) * exp(gradc_stirling(b) - gradc_stirling(s)) * gradc_beta_power(b, s, error, b - 0.5);
        return gradc_gamma(a) * g * (pow(s, -a) * (1.0 - a * (error / s)));
    }
    if (b > 1e100)
        return 0.0;
    g = exp(gradc_stirling(a) + (gradc_stirling(b) - gradc_stirling(s)));
    g *= 2.5066282746310005024 * sqrt(1.0 / a + 1.0 / b); /* sqrt(2 pi s / (a b)) */
    return g * gradc_beta_power(b, s, error, b) * gradc_beta_power(a, s, error, a);
}

static double gradc_beta(double p, double q)
{
    const double a = p < q ? p : q, b = p < q ? q : p, s = a + b;
    double c, sign, x[3];
    int i;
    if (isnan(p) || isnan(q))
        return (double)NAN;
    if (a > 0.0)
        return gradc_beta_positive(a, b);
    if (a == 0.0)
        return copysign((double)INFINITY, a);
    if (a == floor(a) || b == 0.0) {
        if (a == floor(a) && b == floor(b) && b > 0.0 && s < 1.0) {
            c = 1.0 - s;
            c = c < b ? gradc_beta_positive(c, b) : gradc_beta_positive(b, c);
            return 0.5 * b == floor(0.5 * b) ? c : -c;
        }
        return (double)INFINITY;
    }
    if (b < 0.0 && b == floor(b))
        return (double)INFINITY;
    if (s <= 0.0 && s == floor(s))
        return 0.0;
    if (a > -100.0 && b < 100.0)
        return gradc_gamma(a) * (gradc_gamma(b) / gradc_gamma_of_sum(a, b));
    x[0] = a, x[1] = b, x[2] = s;
    for (sign = 1.0, i = 0; i < 3; i++)
        if (x[i] < 0.0 && gradc_sinpi(x[i]) < 0.0)
            sign = -sign; /* gamma(x) has the sign of sin(pi x) */
    return sign * exp(gradc_lgamma(a) + gradc_lgamma(b) - gradc_lgamma(s));
}
