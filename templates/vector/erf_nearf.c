/* needs: inline */
/* As gradc_erf_near, in single precision. */
GRADC_INLINE float gradc_erf_nearf(float x)
{
    const float z = x * x;
    /* fit: erff of z */
    const float p = (((((7.889115e-05f * z - 0.00080208405f) * z + 0.005189535f) * z
        - 0.026854444f) * z + 0.112836f) * z - 0.37612626f) * z
        + 0.12837917f;
    return x * p;
}
