/* needs: inline, erfc_far, erf_near */
/* erf(x): x + x P(x^2) up to 1, else 1 - erfc(x). */
GRADC_INLINE double gradc_erf(double x)
{
    const double a = fabs(x);
    return a > 1.0 ? copysign(1.0 - gradc_erfc_far(a), x) : x + gradc_erf_near(x);
}
