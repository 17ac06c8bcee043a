/* needs: inline, half_expm1f */
/* As gradc_sinh, in single precision. */
GRADC_INLINE float gradc_sinhf(float x)
{
    const float h = gradc_half_expm1f(fabsf(x)), y = h + h / (1.0f + 2.0f * h);
    return fabsf(x) < 1e-4f ? x : copysignf(h < (float)INFINITY ? y : h, x);
}
