/* needs: inline */
/* As gradc_asin_near, in single precision. */
GRADC_INLINE float gradc_asin_nearf(float s, float z)
{
    /* fit: asinf of z */
    const float p = (((0.04221138f * z + 0.0241523f) * z + 0.045476016f) * z
        + 0.07495252f) * z + 0.16666754f;
    return s * z * p;
}
