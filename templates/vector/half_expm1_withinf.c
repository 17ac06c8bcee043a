/* needs: inline, bitsf */
/* As gradc_half_expm1_within, in single precision, for y from -20 to 89.5. */
GRADC_INLINE float gradc_half_expm1_withinf(float y)
{
    /* 1.5f * 2^23 + 125 */
    const float t = y * 1.442695f + 12583037.0f;
    const float k = t - 12583037.0f;
    const float r = (y - k * 0.69314575f) - k * 1.4286068e-6f;
    /* fit: expf of r */
    const float p = (((0.001394644f * r + 0.008366572f) * r + 0.04166628f) * r
        + 0.16666543f) * r + 0.5f;
    const float quarter = gradc_numberf(gradc_bitsf(t) << 23); /* 2^(k-2) */
    return 2.0f * ((r + r * r * p) * quarter + (quarter - 0.25f));
}
