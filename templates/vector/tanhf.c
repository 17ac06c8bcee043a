/* needs: inline, half_expm1f */
/* As gradc_tanh, in single precision. */
GRADC_INLINE float gradc_tanhf(float x)
{
    const float a = fabsf(x), h = gradc_half_expm1f(a > 10.0f ? 20.0f : 2.0f * a);
    return copysignf(h / (h + 1.0f), x);
}
