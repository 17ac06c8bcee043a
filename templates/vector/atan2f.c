/* needs: inline, atan_nearf */
/* As gradc_atan2, in single precision. */
GRADC_INLINE float gradc_atan2f(float y, float x)
{
    const float a = fabsf(y), b = fabsf(x), most = a > b ? a : b, least = a > b ? b : a;
    const float scale = most > 1e37f ? 1e-12f : 1e12f * (most < 1e-24f ? 1.0f : 1e-12f);
    const float large = most < (float)INFINITY ? most * scale : 1.0f;
    const float small = most < (float)INFINITY ? least * scale : least < (float)INFINITY ? 0.0f : 1.0f;
    const float turn = small > 0.41421357f * large ? 1.0f : 0.0f;
    const float top = turn != 0.0f ? small - large : small, bottom = turn != 0.0f ? small + large : large;
    const float w = top / (most == 0.0f ? 1.0f : bottom);
    const float m = a > b ? 2.0f - turn : turn, s = a > b ? -1.0f : 1.0f; /* the angle is m pi/4 + s atan(w) */
    const float back = copysignf(1.0f, x), m4 = back < 0.0f ? 4.0f - m : m, s4 = back * s;
    const float angle = m4 * 0.785398f + (s4 * w + (m4 * 1.6346671e-7f + s4 * gradc_atan_nearf(w)));
    return y == y && x == x ? copysignf(angle, y) : (float)NAN;
}
