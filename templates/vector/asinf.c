/* needs: inline, bitsf, asin_nearf */
/* As gradc_asin, in single precision. */
GRADC_INLINE float gradc_asinf(float x)
{
    const float a = fabsf(x), z = a > 0.5f ? 0.5f - 0.5f * a : a * a, s = a > 0.5f ? sqrtf(z) : a;
    const float c = gradc_asin_nearf(s, z);
    const float f = gradc_numberf(gradc_bitsf(s) & 0xfffff000), e = a < 1.0f ? (z - f * f) / (s + f) : s;
    const float y = 0.7853982f - 2.0f * f - (2.0f * (e + c) - -4.371139e-8f) + 0.7853982f;
    return copysignf(a > 0.5f ? y : s + c, x);
}
