/* needs: inline, atan_near */
/* atan(x) = pi/4 + atan((x - 1)/(x + 1)) = pi/2 - atan(1/x): the argument is brought to within tan(pi/8). */
GRADC_INLINE double gradc_atan(double x)
{
    const double a = fabs(x);
    const double top = a > 2.414213562373095 ? -1.0 : a > 0.41421356237309503 ? a - 1.0 : a;
    const double bottom = a > 2.414213562373095 ? a : a > 0.41421356237309503 ? a + 1.0 : 1.0;
    const double high = a > 2.414213562373095      ? 1.5707963267948966
                        : a > 0.41421356237309503 ? 0.7853981633974483
                                                  : 0.0;
    const double low = high * 3.8981718325193755e-17; /* what pi / 4 lacks, in proportion */
    const double w = top / bottom;
    return copysign(high + (w + (low + gradc_atan_near(w))), x);
}
