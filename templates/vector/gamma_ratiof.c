/* needs: inline, gamma_ratio */
/* As gradc_gamma_ratio, in double precision, since its terms cancel. */
GRADC_INLINE float gradc_gamma_ratiof(float x, float y)
{
    return (float)gradc_gamma_ratio((double)x, (double)y);
}
