/* needs: inline, log1pf */
/* As gradc_atanh, in single precision. */
GRADC_INLINE float gradc_atanhf(float x)
{
    const float a = fabsf(x), y = 0.5f * gradc_log1pf(2.0f * a / (1.0f - a));
    return a < 1e-4f ? x : copysignf(y, x);
}
