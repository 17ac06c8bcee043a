/* needs: inline */
/* As gradc_far_sine, in single precision. */
GRADC_INLINE float gradc_far_sinef(float x)
{
    return fabsf(x) > 1e6f ? 1.0f : 0.0f;
}
