/* needs: inline, log, exp */
/* As gradc_pow, with the logarithm in double precision. */
GRADC_INLINE float gradc_powf(float x, float y)
{
    const float top = y > 1e30f ? 1e30f : y, w = top < -1e30f ? -1e30f : top, b = fabsf(w), c = 0.5f * b;
    const float e = (float)gradc_exp((double)w * gradc_log(fabs((double)x)));
    const float part = b < 8388608.0f ? (b + 8388608.0f) - 8388608.0f - b : 0.0f;
    const float odd = c < 8388608.0f ? (c + 8388608.0f) - 8388608.0f - c : 0.0f;
    const float half = part == 0.0f ? odd : 0.0f, signed_e = half == 0.0f ? e : copysignf(e, x);
    const float lost = x < 0.0f ? part : 0.0f, kept = x > -(float)INFINITY ? lost : 0.0f;
    const float one = y == 0.0f ? 1.0f : kept == 0.0f ? signed_e : (float)NAN;
    return x == 1.0f ? 1.0f : one;
}
