/* needs: inline */
/* sqrt(x^2 + y^2), scaled by a power of two where a square would overflow or be subnormal. */
GRADC_INLINE double gradc_hypot(double x, double y)
{
    const double a = fabs(x), b = fabs(y), most = a > b ? a : b, least = a > b ? b : a;
    const double up = most > 1e150 ? 2.409919865102884e-181 : most < 1e-140 ? 4.149515568880993e+180 : 1.0;
    const double down = most > 1e150 ? 4.149515568880993e+180 : most < 1e-140 ? 2.409919865102884e-181 : 1.0;
    const double p = most * up, q = least * up;
    return a == (double)INFINITY || b == (double)INFINITY ? (double)INFINITY : sqrt(p * p + q * q) * down;
}
