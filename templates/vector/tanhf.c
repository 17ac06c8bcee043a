/* needs: bitsf */
/* As gradc_tanh, in single precision; 1 from 10 on. */
static inline float gradc_tanhf(float x)
{
    const float a = fabsf(x), y = a > 10.0f ? 20.0f : 2.0f * a;
    const float t = y * 1.4426950f + 12583039.0f; /* 1.5 * 2^23 + 127 */
    const float k = t - 12583039.0f;
    const float r = (y - k * 0.69314575f) - k * 1.4286068e-6f;
    /* fit: expf of r */
    const float p = (((0.001394644f * r + 0.008366572f) * r + 0.04166628f) * r + 0.16666543f) * r
        + 0.5f;
    const float two_k = gradc_numberf(gradc_bitsf(t) << 23);
    const float e = (r + r * r * p) * two_k + (two_k - 1.0f);
    return copysignf(e / (e + 2.0f), x);
}
