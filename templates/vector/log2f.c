/* needs: inline, splitf, log1p_nearf */
/* As gradc_log2, in single precision. */
GRADC_INLINE float gradc_log2f(float x)
{
    float k;
    const float f = gradc_splitf(x, &k), g = gradc_log1p_nearf(f, 0.0f);
    const float y = k + g * 1.442695f;
    return x > 0.0f ? x < (float)INFINITY ? y : x : x == 0.0f ? -(float)INFINITY : (float)NAN;
}
