/* needs: inline, exp_sumf, erfcx_farf, erf_nearf */
/* As gradc_normal_tail, in single precision. */
GRADC_INLINE float gradc_normal_tailf(float x)
{
    const float t = 0.70710677f * x, b = x < 16.0f ? x : x == x ? 16.0f : x;
    const float high = gradc_numberf(gradc_bitsf(b) & 0xfffff000);
    const float e = gradc_exp_sumf(-0.5f * high * high, -0.5f * (b - high) * (b + high));
    return 0.5f * (t > 0.7f ? e * gradc_erfcx_farf(t) : (1.0f - t) - gradc_erf_nearf(t));
}
