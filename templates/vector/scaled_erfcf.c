/* needs: inline, exp_sumf, erfcx_farf, erf_nearf */
/* As gradc_scaled_erfc, in single precision. */
GRADC_INLINE float gradc_scaled_erfcf(float x)
{
    const float c = x < -11.0f ? -11.0f : x, b = c > 2.0f ? 2.0f : c, a = fabsf(x);
    const float high = gradc_numberf(gradc_bitsf(b) & 0xfffff000);
    const float square = gradc_exp_sumf(high * high, (b - high) * (b + high));
    const float far = gradc_erfcx_farf(a < 1.0f ? 1.0f : a), near = square * ((1.0f - x) - gradc_erf_nearf(x));
    return x > 1.0f ? far : x < -1.0f ? 2.0f * square - far : near;
}
