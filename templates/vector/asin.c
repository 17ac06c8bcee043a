/* needs: inline, bits, asin_near */
/* asin(x), and pi/2 - 2 asin(sqrt((1 - x)/2)) beyond 1/2, with the square root in two parts. */
GRADC_INLINE double gradc_asin(double x)
{
    const double a = fabs(x), z = a > 0.5 ? 0.5 - 0.5 * a : a * a, s = a > 0.5 ? sqrt(z) : a;
    const double c = gradc_asin_near(s, z);
    const double f = gradc_number(gradc_bits(s) & 0xffffffff00000000), e = a < 1.0 ? (z - f * f) / (s + f) : s;
    const double y = 0.7853981633974483 - 2.0 * f - (2.0 * (e + c) - 6.123233995736766e-17) + 0.7853981633974483;
    return copysign(a > 0.5 ? y : s + c, x);
}
