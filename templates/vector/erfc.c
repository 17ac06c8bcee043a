/* needs: inline, erfc_far, erf_near */
/* erfc(x): 1 - x - x P(x^2) up to 1, else exp(-x^2) erfcx(x), or 2 less that. */
GRADC_INLINE double gradc_erfc(double x)
{
    const double a = fabs(x), far = gradc_erfc_far(a);
    return a > 1.0 ? x < 0.0 ? 2.0 - far : far : (1.0 - x) - gradc_erf_near(x);
}
