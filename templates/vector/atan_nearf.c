/* needs: inline */
/* As gradc_atan_near, in single precision. */
GRADC_INLINE float gradc_atan_nearf(float w)
{
    const float z = w * w;
    /* fit: atanf of z */
    const float p = ((0.08061042f * z - 0.13880123f) * z + 0.19977959f) * z
        - 0.33332956f;
    return w * z * p;
}
