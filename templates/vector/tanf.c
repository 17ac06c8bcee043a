/* needs: inline, turnf, sin_nearf, cos_nearf */
/* As gradc_tan, in single precision. */
GRADC_INLINE float gradc_tanf(float x)
{
    uint32_t k;
    const float r = gradc_turnf(x, &k), s = gradc_sin_nearf(r), c = gradc_cos_nearf(r);
    const float y = gradc_numberf((k & 1) << 30) != 0.0f ? -c / s : s / c;
    return x == 0.0f ? x : y;
}
