/* needs: inline, bitsf */
/* As gradc_exp2, in single precision. */
GRADC_INLINE float gradc_exp2f(float x)
{
    const float c = x < -152.0f ? -152.0f : x, y = c > 130.0f ? 130.0f : c;
    /* 1.5f * 2^23 + 2 * 127 */
    const float t = y + 12583166.0f;
    const float r = y - (t - 12583166.0f);
    /* fit: exp2f of r */
    const float p = ((((0.00015476321f * r + 0.0013400266f) * r + 0.009618004f) * r
        + 0.05550328f) * r + 0.2402265f) * r + 0.6931472f;
    const uint32_t both = gradc_bitsf(t), half = both >> 1;
    return (1.0f + r * p) * gradc_numberf(half << 23) * gradc_numberf((both - half) << 23);
}
