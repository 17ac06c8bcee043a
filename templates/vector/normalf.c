/* needs: inline, normal_tailf */
/* As gradc_normal, in single precision. */
GRADC_INLINE float gradc_normalf(float x)
{
    const float tail = gradc_normal_tailf(fabsf(x));
    return x < 0.0f ? tail : 1.0f - tail;
}
