/* needs: inline */
/* As gradc_hypot, in single precision. */
GRADC_INLINE float gradc_hypotf(float x, float y)
{
    const float a = fabsf(x), b = fabsf(y), most = a > b ? a : b, least = a > b ? b : a;
    const float up = most > 1e18f ? 8.470329e-22f : most < 1e-15f ? 1.2676506e+30f : 1.0f;
    const float down = most > 1e18f ? 1.1805916e+21f : most < 1e-15f ? 7.888609e-31f : 1.0f;
    const float p = most * up, q = least * up;
    return a == (float)INFINITY || b == (float)INFINITY ? (float)INFINITY : sqrtf(p * p + q * q) * down;
}
