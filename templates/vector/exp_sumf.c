/* needs: inline, bitsf */
/* As gradc_exp_sum, in single precision. */
GRADC_INLINE float gradc_exp_sumf(float x, float low)
{
    const float c = x < -105.0f ? -105.0f : x, y = c > 90.0f ? 90.0f : c;
    /* 1.5f * 2^23 + 2 * 127 */
    const float t = (y + low) * 1.442695f + 12583166.0f;
    const float k = t - 12583166.0f;
    const float r = ((y - k * 0.69314575f) + low) - k * 1.4286068e-6f;
    /* fit: expf of r */
    const float p = (((0.001394644f * r + 0.008366572f) * r + 0.04166628f) * r
        + 0.16666543f) * r + 0.5f;
    const uint32_t both = gradc_bitsf(t), half = both >> 1;
    return (1.0f + (r + r * r * p)) * gradc_numberf(half << 23) * gradc_numberf((both - half) << 23);
}
