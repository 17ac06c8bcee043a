/* As gradc_erfcx_far, in single precision. */
static inline float gradc_erfcx_farf(float x)
{
    const float u = (x - 4.0f) / (x + 4.0f);
    /* fit: erfcxf of u */
    const float p = ((((((((0.004209018f * u - 0.016747216f) * u + 0.037763745f) * u - 0.06618164f) * u
        + 0.09357337f) * u - 0.10105609f) * u + 0.06811333f) * u + 0.015380388f) * u
        - 0.13962157f) * u + 1.2329952f;
    return p / (1.0f + 2.0f * x);
}
