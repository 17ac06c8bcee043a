/* needs: inline */
/* As gradc_cos_near, in single precision. */
GRADC_INLINE float gradc_cos_nearf(float r)
{
    const float z = r * r, h = 0.5f * z, w = 1.0f - h;
    /* fit: cosf of z */
    const float p = (2.4438194e-05f * z - 0.0013887365f) * z + 0.041666646f;
    return w + (((1.0f - w) - h) + z * z * p);
}
