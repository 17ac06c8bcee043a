/* needs: inline, bitsf */
/* As gradc_split, in single precision; subnormal numbers are scaled by 2^25. */
GRADC_INLINE float gradc_splitf(float x, float *k)
{
    const float tiny = x < 1.17549435e-38f ? 1.0f : 0.0f;
    const uint32_t t = gradc_bitsf(tiny != 0.0f ? x * 33554432.0f : x) + 0x004afb20; /* 1 - sqrt(1/2) */
    *k = (float)(int32_t)(t >> 23) - (tiny != 0.0f ? 152.0f : 127.0f);
    return gradc_numberf((t & 0x007fffff) + 0x3f3504e0) - 1.0f;
}
