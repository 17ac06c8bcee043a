/* needs: inline, bitsf, log1p_nearf */
/* As gradc_log1p, in single precision. */
GRADC_INLINE float gradc_log1pf(float x)
{
    const uint32_t e = (gradc_bitsf(1.0f + x) + 0x004afb20) >> 23; /* k + 127 */
    const float k = (float)(int32_t)e - 127.0f;
    const float scale = gradc_numberf((256 - e) << 23);
    const float f = (x * scale) * 0.25f + (0.25f * scale - 1.0f);
    const float y = k * 0.69314575f + gradc_log1p_nearf(f, k * 1.4286068e-6f);
    const float w = fabsf(x) < 1e-9f ? x : y;
    return x > -1.0f ? x < (float)INFINITY ? w : x : x == -1.0f ? -(float)INFINITY : (float)NAN;
}
