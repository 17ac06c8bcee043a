/* needs: inline, log1pf */
/* As gradc_acosh, in single precision. */
GRADC_INLINE float gradc_acoshf(float x)
{
    const float t = x - 1.0f, u = t < 1e18f ? t : 0.0f;
    const float y = gradc_log1pf(t + sqrtf(u * (u + 2.0f)));
    return x < 1.0f ? (float)NAN : t < 1e18f ? y : y + 0.6931472f;
}
