/* needs: inline, exp_sum, erfcx_far, erf_near */
/* 1 - Phi(x) = erfc(x / sqrt(2)) / 2 for x >= 0; the exponent in two parts. */
GRADC_INLINE double gradc_normal_tail(double x)
{
    const double t = 0.7071067811865476 * x, b = x < 45.0 ? x : x == x ? 45.0 : x;
    const double high = gradc_number(gradc_bits(b) & 0xfffffffff8000000);
    const double e = gradc_exp_sum(-0.5 * high * high, -0.5 * (b - high) * (b + high));
    return 0.5 * (t > 0.7 ? e * gradc_erfcx_far(t) : (1.0 - t) - gradc_erf_near(t));
}
