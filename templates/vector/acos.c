/* needs: inline, bits, asin_near */
/* acos(x) = pi/2 - asin(x), and 2 asin(sqrt((1 - x)/2)) or pi less that beyond 1/2, with the square root in two
 * parts. */
GRADC_INLINE double gradc_acos(double x)
{
    const double a = fabs(x), z = a > 0.5 ? 0.5 - 0.5 * a : a * a, s = a > 0.5 ? sqrt(z) : x;
    const double c = gradc_asin_near(s, z);
    const double f = gradc_number(gradc_bits(s) & 0xffffffff00000000), e = a < 1.0 ? (z - f * f) / (s + f) : s;
    const double far = 2.0 * f + 2.0 * (e + c), near = 1.5707963267948966 - (s + (c - 6.123233995736766e-17));
    return a > 0.5 ? x < 0.0 ? 3.141592653589793 - (far - 1.2246467991473532e-16) : far : near;
}
