/* needs: inline, psi_far, psi_rise, psi_turn */
/* As gradc_psi; in double precision the recurrence from 8 on is good enough next to the zero as well. */
GRADC_INLINE float gradc_psif(float x)
{
    const double y = x < 0.0f ? 1.0 - (double)x : (double)x, rise = gradc_psi_rise(y < 8.0 ? y : 8.0);
    const double value = gradc_psi_far(y < 8.0 ? y + 8.0 : y) - (y < 8.0 ? rise : 0.0);
    const double turn = gradc_psi_turn(x < 0.0f ? (double)x : -0.5);
    const float y0 = (float)(value - (x < 0.0f ? turn : 0.0));
    return x == 0.0f ? -1.0f / x : x < (float)INFINITY ? y0 : x;
}
