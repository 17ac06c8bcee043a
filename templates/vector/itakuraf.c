/* needs: inline, itakura */
/* As gradc_itakura, in double precision. */
GRADC_INLINE float gradc_itakuraf(float x, float y)
{
    return (float)gradc_itakura(x, y);
}
