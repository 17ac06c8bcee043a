/* needs: inline, logf */
/* As gradc_itakura, in single precision; a ratio below 1e-36, which would lose digits, is one of 2^160 times as
 * much. */
GRADC_INLINE float gradc_itakuraf(float x, float y)
{
    const float d = x - y, s = 0.5f * d / (0.5f * x + 0.5f * y), z = s * s;
    const float tiny = fabsf(x) < 1e-36f * fabsf(y) ? 1.0f : 0.0f;
    /* 2^100, 2^-60 */
    const float more = tiny != 0.0f ? 1.2676506e30f : 1.0f, less = tiny != 0.0f ? 8.6736174e-19f : 1.0f;
    const float r = (z <= 0.2f ? d : x * more) / (y * less);
    /* fit: itakuraf of z */
    const float t = ((((0.28395915f * z + 0.14495489f) * z + 0.22694415f) * z
        + 0.2854269f) * z + 0.40000743f) * z + 0.6666666f;
    const float near = s * (r - z * t), far = (tiny != 0.0f ? 110.90355f : r) - gradc_logf(r) - 1.0f;
    const float value = z <= 0.2f ? near : far;
    return r < (float)INFINITY ? value : r;
}
