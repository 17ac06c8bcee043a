/* needs: inline, half_expm1f */
/* As gradc_cosh, in single precision. */
GRADC_INLINE float gradc_coshf(float x)
{
    const float h = gradc_half_expm1f(fabsf(x));
    return h + (0.5f + 0.5f / (1.0f + 2.0f * h));
}
