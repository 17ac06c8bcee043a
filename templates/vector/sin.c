/* needs: inline, turn, sin_near, cos_near */
/* sin(x) for |x| <= 10^6: the sine or the cosine of what is left of a quarter turn. */
GRADC_INLINE double gradc_sin(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? gradc_cos_near(r) : gradc_sin_near(r);
    return x == 0.0 ? x : gradc_number(gradc_bits(y) ^ (k & 2) << 62);
}
