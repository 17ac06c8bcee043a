/* needs: inline */
/* As gradc_log1p_unit, in single precision. */
GRADC_INLINE float gradc_log1p_unitf(float x)
{
    const float s = x / (2.0f + x), z = s * s, h = 0.5f * x * x;
    /* fit: atanh_unitf of z */
    const float p = (((0.24300905f * z + 0.21427667f) * z + 0.28616884f) * z
        + 0.39998877f) * z + 0.66666675f;
    return x - (h - s * (h + z * p));
}
