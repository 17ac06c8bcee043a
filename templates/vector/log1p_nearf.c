/* needs: inline */
/* As gradc_log1p_near, in single precision. */
GRADC_INLINE float gradc_log1p_nearf(float f, float low)
{
    const float s = f / (2.0f + f), z = s * s, h = 0.5f * f * f;
    /* fit: atanhf of z */
    const float p = (0.29871842f * z + 0.3997754f) * z + 0.66666776f;
    return f - (h - (s * (h + z * p) + low));
}
