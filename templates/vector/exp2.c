/* needs: inline, bits */
/* 2^x = 2^k 2^r, as gradc_exp, with r exact. */
GRADC_INLINE double gradc_exp2(double x)
{
    const double c = x < -1100.0 ? -1100.0 : x, y = c > 1100.0 ? 1100.0 : c;
    /* 1.5 * 2^52 + 2 * 1023 */
    const double t = y + 6755399441057790.0;
    const double r = y - (t - 6755399441057790.0);
    /* fit: exp2 of r */
    const double p = (((((((((4.45739514359724e-10 * r + 7.073859486407072e-09) * r + 1.0178046394838421e-07) * r
        + 1.3215434821339955e-06) * r + 1.5252733867742688e-05) * r + 0.00015403530458069716) * r
        + 0.0013333558146378772) * r + 0.009618129107593342) * r + 0.05550410866482174) * r
        + 0.24022650695910133) * r + 0.6931471805599453;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + r * p) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}
