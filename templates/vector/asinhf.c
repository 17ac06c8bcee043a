/* needs: inline, log1pf */
/* As gradc_asinh, in single precision. */
GRADC_INLINE float gradc_asinhf(float x)
{
    const float a = fabsf(x), b = a < 1e18f ? a : 0.0f, square = b * b;
    const float y = gradc_log1pf(a + square / (1.0f + sqrtf(1.0f + square)));
    return copysignf(a < 1e18f ? y : y + 0.6931472f, x);
}
