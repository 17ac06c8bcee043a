/* needs: inline */
/* As gradc_erfcx_far, in single precision. */
GRADC_INLINE float gradc_erfcx_farf(float x)
{
    const float most = 1e37f, b = x > most ? most : x, u = (b - 4.0f) / (b + 4.0f);
    /* fit: erfcxf of u */
    const float p = (((((((((-0.0006873509f * u + 0.0047432454f) * u - 0.016131513f) * u
        + 0.037312206f) * u - 0.06638408f) * u + 0.093700685f) * u
        - 0.101026826f) * u + 0.06810012f) * u + 0.015378765f) * u
        - 0.13962121f) * u + 1.2329952f;
    return p / (1.0f + 2.0f * x);
}
