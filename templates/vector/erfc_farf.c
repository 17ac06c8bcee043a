/* needs: inline, exp_sumf, erfcx_farf */
/* As gradc_erfc_far, in single precision. */
GRADC_INLINE float gradc_erfc_farf(float x)
{
    const float a = x < 1.0f ? 1.0f : x, b = a > 30.0f ? 30.0f : a;
    const float high = gradc_numberf(gradc_bitsf(b) & 0xfffff000);
    return gradc_exp_sumf(-high * high, -(b - high) * (b + high)) * gradc_erfcx_farf(b);
}
