/* needs: inline */
/* As gradc_far_gamma, in single precision; the sum is that of the function, which is not rounded. */
GRADC_INLINE float gradc_far_gammaf(float x, float y)
{
    return x <= 0.0f ? 1.0f : (double)x + (double)y <= 0.0 ? 1.0f : 0.0f;
}
