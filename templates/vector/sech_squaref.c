/* needs: inline, half_expm1_withinf */
/* As gradc_sech_square, in single precision. */
GRADC_INLINE float gradc_sech_squaref(float x)
{
    const float a = fabsf(x), h = gradc_half_expm1_withinf(a > 44.0f ? 88.0f : 2.0f * a);
    const float r = 1.0f / (h + 1.0f), s = (2.0f * h + 1.0f) * r * r;
    return a > 44.0f ? 0.0f : s;
}
