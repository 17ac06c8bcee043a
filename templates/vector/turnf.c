/* needs: inline, bitsf */
/* As gradc_turn, with the difference in double precision, where pi/2 in two parts is enough. */
GRADC_INLINE float gradc_turnf(float x, uint32_t *k)
{
    const double y = (double)x, t = y * 0.6366197723675814 + 6755399441055744.0, n = t - 6755399441055744.0;
    *k = gradc_bitsf((float)n + 12582912.0f); /* 1.5f * 2^23 */
    return (float)((y - n * 1.5707963267341256) - n * 6.077100506303966e-11);
}
