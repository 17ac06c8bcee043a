/* needs: inline, half_expm1_withinf */
/* As gradc_half_expm1, in single precision. */
GRADC_INLINE float gradc_half_expm1f(float x)
{
    const float c = x < -20.0f ? -20.0f : x, y = c > 89.5f ? 89.5f : c;
    return gradc_half_expm1_withinf(y);
}
