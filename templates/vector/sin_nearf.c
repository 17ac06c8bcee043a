/* needs: inline */
/* As gradc_sin_near, in single precision. */
GRADC_INLINE float gradc_sin_nearf(float r)
{
    const float z = r * r;
    /* fit: sinf of z */
    const float p = (-0.00019517007f * z + 0.008332176f) * z - 0.16666655f;
    return r + r * z * p;
}
