/* needs: inline, atan_near */
/* atan2(y, x) = m pi/4 + s atan(w): the smaller magnitude over the larger, its argument brought to within
 * tan(pi/8), then the octant; scaled where a sum would overflow or a quotient of subnormal numbers would lose
 * digits. */
GRADC_INLINE double gradc_atan2(double y, double x)
{
    const double a = fabs(y), b = fabs(x), most = a > b ? a : b, least = a > b ? b : a;
    const double scale = most > 1e300 ? 1e-60 : 1e60 * (most < 1e-230 ? 1.0 : 1e-60);
    const double large = most < (double)INFINITY ? most * scale : 1.0;
    const double small = most < (double)INFINITY ? least * scale : least < (double)INFINITY ? 0.0 : 1.0;
    const double turn = small > 0.41421356237309503 * large ? 1.0 : 0.0;
    const double top = turn != 0.0 ? small - large : small, bottom = turn != 0.0 ? small + large : large;
    const double w = top / (most == 0.0 ? 1.0 : bottom);
    const double m = a > b ? 2.0 - turn : turn, s = a > b ? -1.0 : 1.0; /* the angle is m pi/4 + s atan(w) */
    const double back = copysign(1.0, x), m4 = back < 0.0 ? 4.0 - m : m, s4 = back * s;
    const double angle = m4 * 0.7853981633974481 + (s4 * w + (m4 * 2.5309617520842506e-16 + s4 * gradc_atan_near(w)));
    return y == y && x == x ? copysign(angle, y) : (double)NAN;
}
