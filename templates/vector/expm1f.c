/* needs: bitsf */
/* As gradc_expm1, in single precision. */
static inline float gradc_expm1f(float x)
{
    const float c = x < -20.0f ? -20.0f : x, y = c > 89.0f ? 89.0f : c;
    const float t = y * 1.4426950f + 12583038.0f; /* 1.5 * 2^23 + 126 */
    const float k = t - 12583038.0f;
    const float r = (y - k * 0.69314575f) - k * 1.4286068e-6f;
    /* fit: expf of r */
    const float p = (((0.001394644f * r + 0.008366572f) * r + 0.04166628f) * r + 0.16666543f) * r
        + 0.5f;
    const float half = gradc_numberf(gradc_bitsf(t) << 23); /* 2^(k-1) */
    const float e = 2.0f * ((r + r * r * p) * half + (half - 0.5f));
    return fabsf(x) < 1e-8f ? x : e;
}
