/* needs: inline, bits */
/* The cube root: a guess from the exponent, a polynomial of guess^3 / x, and a step of Newton's from a root whose
 * square is exact, so that the result is as good as its last rounding. */
GRADC_INLINE double gradc_cbrt(double x)
{
    const double a = fabs(x), tiny = a < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const double y = tiny != 0.0 ? a * 18014398509481984.0 : a;
    /* a third of the bits and of the bias: within a tenth of the root */
    const double bits = gradc_number(gradc_bits(y) >> 32 | 0x4330000000000000) - 4503599627370496.0;
    const uint64_t third = gradc_bits(bits * 0.3333333333333333 + 4503600342464659.0) << 32;
    const double t0 = gradc_number(third), r = t0 * t0 * (t0 / y);
    /* fit: cbrt of r */
    const double p = ((((-0.12129548642741143 * r + 0.7531808321198086) * r - 1.9726899631567067) * r
        + 2.834145718124462) * r - 2.4898004976135035) * r + 1.9964594119517818;
    const double t = gradc_number(gradc_bits(t0 * p) & 0xffffffffe0000000); /* its square is exact */
    const double root = t + t * ((y / (t * t) - t) / (2.0 * t + y / (t * t)));
    const double scaled = tiny != 0.0 ? root * 3.814697265625e-06 : root;
    return a > 0.0 && a < (double)INFINITY ? copysign(scaled, x) : x;
}
