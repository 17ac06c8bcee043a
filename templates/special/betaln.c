/* needs: lgamma, beta, stirling */
/* log|B(a, b)|. Both arguments >= 8: -log(b)/2 + log(2 pi)/2 + stirling's remainders - (a - 1/2) log(1 + b/a) - b
 * log(1 + a/b); one of them: lgamma(a) + log(gamma(b)/gamma(a + b)) with the large parts cancelled by hand;
 * neither: log of B. After A. R. DiDonato and A. H. Morris, Algorithm 708, ACM Trans. Math. Softw. 18 (1992),
 * 360-373. */
static double gradc_betaln(double p, double q)
{
    const double a = p < q ? p : q, b = p < q ? q : p, s = a + b;
    double h;
    if (isnan(p) || isnan(q))
        return (double)NAN;
    if (!(a > 0.0) || b < 8.0) {
        h = fabs(gradc_beta(a, b));
        if (h > 1e-300 && h < 1e300)
            return log(h);
        if (a > 0.0 || a == 0.0 || a == floor(a) || b == floor(b))
            return a > 0.0 ? gradc_lgamma(a) + (gradc_lgamma(b) - gradc_lgamma(s)) : log(h);
        return gradc_lgamma(a) + gradc_lgamma(b) - gradc_lgamma(s);
    }
    if (isinf(b))
        return isinf(a) ? (double)NAN : -(double)INFINITY;
    h = log1p(a / b);
    if (a < 8.0)
        return gradc_lgamma(a)
               + (((a - (s - 0.5) * h) - a * log(b)) + (gradc_stirling(b) - gradc_stirling(s)));
    return (0.91893853320467274178 - 0.5 * log(b) + (gradc_stirling(a) + (gradc_stirling(b) - gradc_stirling(s))))
           - (a - 0.5) * log1p(b / a) - b * h;
}
