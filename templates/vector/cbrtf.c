/* needs: inline, bitsf */
/* As gradc_cbrt, in single precision. */
GRADC_INLINE float gradc_cbrtf(float x)
{
    const float a = fabsf(x), tiny = a < 1.17549435e-38f ? 1.0f : 0.0f;
    const float y = tiny != 0.0f ? a * 16777216.0f : a;
    /* a third of the bits and of the bias: within a tenth of the root */
    const float third = (float)(int32_t)gradc_bitsf(y) * 0.33333334f + 709958130.0f;
    const float t0 = gradc_numberf((uint32_t)(int32_t)third), r = t0 * t0 * (t0 / y);
    /* fit: cbrtf of r */
    const float p = ((-0.16985549f * r + 0.73414415f) * r - 1.2920903f) * r
        + 1.7277968f;
    const float t = gradc_numberf(gradc_bitsf(t0 * p) & 0xfffff000); /* its square is exact */
    const float root = t + t * ((y / (t * t) - t) / (2.0f * t + y / (t * t)));
    const float scaled = tiny != 0.0f ? root * 0.00390625f : root;
    return a > 0.0f && a < (float)INFINITY ? copysignf(scaled, x) : x;
}
