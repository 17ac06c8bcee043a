/* needs: inline, half_expm1_withinf */
/* As gradc_tanh, in single precision. */
GRADC_INLINE float gradc_tanhf(float x)
{
    const float a = fabsf(x), h = gradc_half_expm1_withinf(a > 44.0f ? 88.0f : 2.0f * a);
    return copysignf(h / (h + 1.0f), x);
}
