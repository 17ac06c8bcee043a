/* needs: inline, turn, sin_near, cos_near */
/* cos(x) for |x| <= 10^6, as gradc_sin, a quarter turn on. */
GRADC_INLINE double gradc_cos(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? gradc_sin_near(r) : gradc_cos_near(r);
    return gradc_number(gradc_bits(y) ^ ((k + 1) & 2) << 62);
}
