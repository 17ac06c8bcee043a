/* needs: inline, turnf, sin_nearf, cos_nearf */
/* As gradc_sin, in single precision. */
GRADC_INLINE float gradc_sinf(float x)
{
    uint32_t k;
    const float r = gradc_turnf(x, &k);
    const float y = gradc_numberf((k & 1) << 30) != 0.0f ? gradc_cos_nearf(r) : gradc_sin_nearf(r);
    return x == 0.0f ? x : gradc_numberf(gradc_bitsf(y) ^ (k & 2) << 30);
}
