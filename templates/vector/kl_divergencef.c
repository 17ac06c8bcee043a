/* needs: inline, kl_divergence */
/* As gradc_kl_divergence, in double precision. */
GRADC_INLINE float gradc_kl_divergencef(float x, float y)
{
    return (float)gradc_kl_divergence((double)x, (double)y);
}
