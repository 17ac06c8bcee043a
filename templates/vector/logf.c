/* needs: bitsf */
/* As gradc_log, in single precision; subnormal numbers are scaled by 2^25. */
static inline float gradc_logf(float x)
{
    const float tiny = x < 1.17549435e-38f ? 1.0f : 0.0f;
    const uint32_t t = gradc_bitsf(tiny != 0.0f ? x * 33554432.0f : x) + 0x004afb20; /* 1 - sqrt(1/2) */
    const float k = (float)(int32_t)(t >> 23) - (tiny != 0.0f ? 152.0f : 127.0f);
    const float f = gradc_numberf((t & 0x007fffff) + 0x3f3504e0) - 1.0f;
    const float s = f / (2.0f + f), z = s * s, h = 0.5f * f * f;
    /* fit: atanhf of z */
    const float p = (0.29871842f * z + 0.3997754f) * z + 0.66666776f;
    const float y = k * 0.69314575f - ((h - (s * (h + z * p) + k * 1.4286068e-6f)) - f);
    return x > 0.0f ? x < (float)INFINITY ? y : x : x == 0.0f ? -(float)INFINITY : (float)NAN;
}
