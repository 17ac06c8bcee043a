/* needs: inline, erfc_farf, erf_nearf */
/* As gradc_erf, in single precision. */
GRADC_INLINE float gradc_erff(float x)
{
    const float a = fabsf(x);
    return a > 1.0f ? copysignf(1.0f - gradc_erfc_farf(a), x) : x + gradc_erf_nearf(x);
}
