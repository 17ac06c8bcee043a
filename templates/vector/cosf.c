/* needs: inline, turnf, sin_nearf, cos_nearf */
/* As gradc_cos, in single precision. */
GRADC_INLINE float gradc_cosf(float x)
{
    uint32_t k;
    const float r = gradc_turnf(x, &k);
    const float y = gradc_numberf((k & 1) << 30) != 0.0f ? gradc_sin_nearf(r) : gradc_cos_nearf(r);
    return gradc_numberf(gradc_bitsf(y) ^ ((k + 1) & 2) << 30);
}
