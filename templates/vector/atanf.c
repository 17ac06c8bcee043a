/* needs: inline, atan_nearf */
/* As gradc_atan, in single precision. */
GRADC_INLINE float gradc_atanf(float x)
{
    const float a = fabsf(x);
    const float top = a > 2.4142137f ? -1.0f : a > 0.41421357f ? a - 1.0f : a;
    const float bottom = a > 2.4142137f ? a : a > 0.41421357f ? a + 1.0f : 1.0f;
    const float high = a > 2.4142137f ? 1.5707964f : a > 0.41421357f ? 0.7853982f : 0.0f;
    const float low = high * -2.7827534e-8f; /* what pi / 4 lacks, in proportion */
    const float w = top / bottom;
    return copysignf(high + (w + (low + gradc_atan_nearf(w))), x);
}
