/* needs: bits */
/* log(x) = k log(2) + log(1 + f), x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); with s = f / (2 + f),
 * log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + s^2 P(s^2)), whose first term is exact. Subnormal numbers are
 * scaled by 2^54. The exponent's bits become a number as the last bits of 2^52. */
static inline double gradc_log(double x)
{
    const double tiny = x < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const uint64_t t = gradc_bits(tiny != 0.0 ? x * 18014398509481984.0 : x) + 0x00095f6200000000; /* 1 - sqrt(1/2) */
    const double k = gradc_number(t >> 52 | 0x4330000000000000) - (tiny != 0.0 ? 4503599627371573.0 : 4503599627371519.0);
    const double f = gradc_number((t & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z + 0.22222198567102774) * z
        + 0.2857142874243524) * z + 0.39999999999414526) * z + 0.6666666666666734;
    const double y = k * 0.6931471803691238 - ((h - (s * (h + z * p) + k * 1.9082149292705877e-10)) - f);
    return x > 0.0 ? x < INFINITY ? y : x : x == 0.0 ? -INFINITY : NAN;
}
