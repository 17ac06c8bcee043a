/* needs: inline, exp_sumf */
/* As gradc_exp, in single precision. */
GRADC_INLINE float gradc_expf(float x)
{
    return gradc_exp_sumf(x, 0.0f);
}
