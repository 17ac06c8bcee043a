/* needs: inline, normal_tailf, log1pf */
/* As gradc_log_normal, in single precision. */
GRADC_INLINE float gradc_log_normalf(float x)
{
    const float a = fabsf(x), t = 0.70710677f * a, tail = gradc_normal_tailf(a);
    const float ratio = t > 0.7f ? 0.5f * gradc_erfcx_farf(t) : tail, square = t > 0.7f ? 0.5f * a * a : 0.0f;
    return gradc_log1pf(x < 0.0f ? (ratio > 1e-6f ? ratio : 1e-6f) - 1.0f : -tail) - (x < 0.0f ? square : 0.0f);
}
