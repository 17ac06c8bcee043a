/* needs: inline, psi_difference */
/* As gradc_psi_difference, in double precision, since the numbers between are many. */
GRADC_INLINE float gradc_psi_differencef(float x, float y)
{
    return (float)gradc_psi_difference((double)x, (double)y);
}
