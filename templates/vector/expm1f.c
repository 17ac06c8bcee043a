/* needs: inline, half_expm1f */
/* As gradc_expm1, in single precision. */
GRADC_INLINE float gradc_expm1f(float x)
{
    return fabsf(x) < 1e-9f ? x : 2.0f * gradc_half_expm1f(x);
}
