/* needs: inline, splitf, log1p_nearf */
/* As gradc_log10, in single precision. */
GRADC_INLINE float gradc_log10f(float x)
{
    float k;
    const float f = gradc_splitf(x, &k), g = gradc_log1p_nearf(f, 0.0f);
    const float y = k * 0.30102921f + (k * 7.8790935e-7f + g * 0.43429448f);
    return x > 0.0f ? x < (float)INFINITY ? y : x : x == 0.0f ? -(float)INFINITY : (float)NAN;
}
