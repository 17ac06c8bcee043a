/* needs: inline, exp_sum, erfcx_far */
/* erfc(x) for x >= 1: exp(-x^2) erfcx(x), the square in two parts, of which the first is exact. */
GRADC_INLINE double gradc_erfc_far(double x)
{
    const double a = x < 1.0 ? 1.0 : x, b = a > 30.0 ? 30.0 : a;
    const double high = gradc_number(gradc_bits(b) & 0xfffffffff8000000);
    return gradc_exp_sum(-high * high, -(b - high) * (b + high)) * gradc_erfcx_far(b);
}
