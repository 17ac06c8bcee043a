/* needs: exp_sum */
/* exp(x). */
static inline double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}
