/* needs: inline, near */
/* As gradc_far, in single precision. */
GRADC_INLINE float gradc_farf(float x)
{
    return fabsf(x) > 1e6f ? 1.0f : 0.0f;
}
