/* needs: inline, bitsf, asin_nearf */
/* As gradc_acos, in single precision. */
GRADC_INLINE float gradc_acosf(float x)
{
    const float a = fabsf(x), z = a > 0.5f ? 0.5f - 0.5f * a : a * a, s = a > 0.5f ? sqrtf(z) : x;
    const float c = gradc_asin_nearf(s, z);
    const float f = gradc_numberf(gradc_bitsf(s) & 0xfffff000), e = a < 1.0f ? (z - f * f) / (s + f) : s;
    const float far = 2.0f * f + 2.0f * (e + c), near = 1.5707964f - (s + (c - -4.371139e-8f));
    return a > 0.5f ? x < 0.0f ? 3.1415927f - (far - -8.742278e-8f) : far : near;
}
