/* needs: inline, splitf, log1p_nearf */
/* As gradc_log, in single precision. */
GRADC_INLINE float gradc_logf(float x)
{
    float k;
    const float f = gradc_splitf(x, &k);
    const float y = k * 0.69314575f + gradc_log1p_nearf(f, k * 1.4286068e-6f);
    return x > 0.0f ? x < (float)INFINITY ? y : x : x == 0.0f ? -(float)INFINITY : (float)NAN;
}
