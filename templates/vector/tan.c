/* needs: inline, turn, sin_near, cos_near */
/* tan(x) for |x| <= 10^6: the sine over the cosine, or the cosine over the sine less than 0. */
GRADC_INLINE double gradc_tan(double x)
{
    uint64_t k;
    const double r = gradc_turn(x, &k), s = gradc_sin_near(r), c = gradc_cos_near(r);
    const double y = gradc_number((k & 1) << 62) != 0.0 ? -c / s : s / c;
    return x == 0.0 ? x : y;
}
