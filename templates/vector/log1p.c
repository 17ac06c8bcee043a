/* needs: bits */
/* log(1 + x) = k log(2) + log(1 + f), as gradc_log: k is that of the rounded sum, but f = 2^-k x + (2^-k - 1) has no
 * rounding that matters. Four times 2^-k is normal for every k. */
static inline double gradc_log1p(double x)
{
    const uint64_t e = (gradc_bits(1.0 + x) + 0x00095f6200000000) >> 52; /* k + 1023 */
    const double k = gradc_number(e | 0x4330000000000000) - 4503599627371519.0;
    const double scale = gradc_number((2048 - e) << 52);
    const double f = (x * scale) * 0.25 + (0.25 * scale - 1.0);
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z + 0.22222198567102774) * z
        + 0.2857142874243524) * z + 0.39999999999414526) * z + 0.6666666666666734;
    const double y = k * 0.6931471803691238 - ((h - (s * (h + z * p) + k * 1.9082149292705877e-10)) - f);
    const double w = fabs(x) < 1e-17 ? x : y;
    return x > -1.0 ? x < INFINITY ? w : x : x == -1.0 ? -INFINITY : NAN;
}
