/* needs: inline, erfc_farf, erf_nearf */
/* As gradc_erfc, in single precision. */
GRADC_INLINE float gradc_erfcf(float x)
{
    const float a = fabsf(x), far = gradc_erfc_farf(a);
    return a > 1.0f ? x < 0.0f ? 2.0f - far : far : (1.0f - x) - gradc_erf_nearf(x);
}
