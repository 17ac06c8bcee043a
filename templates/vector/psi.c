/* needs: inline, psi_far, psi_turn */
/* psi(x), the digamma function: up to 8 the positive zero is a factor, psi(y) = (y - y0) P(u)/y with y0 in two
 * doubles and u = (y - sqrt(8))/(y + sqrt(8)); recurrence on (0, 1) and reflection below 0 (DLMF 5.5.2, 5.5.4). */
GRADC_INLINE double gradc_psi(double x)
{
    const double m = x < 0.0 ? -x : x < 1.0 ? x : x - 1.0; /* y - 1, exact up to 8 */
    const double y = 1.0 + m, b = y < 8.0 ? y : 8.0, u = (b - 2.8284271247461903) / (b + 2.8284271247461903);
    /* fit: psi of u */
    const double p = ((((((((((((((((((((((((0.18612681399066516 * u + 0.18602167978931286) * u
        - 0.08351739445602768) * u
        - 0.07612400269010153) * u + 0.10348322891458343) * u + 0.10156035262544805) * u
        + 0.03636784618055371) * u + 0.04092914699649217) * u + 0.06080810383112621) * u
        + 0.06394522326472026) * u + 0.06520673885850878) * u + 0.06986152746729475) * u
        + 0.07550815855370711) * u + 0.081593787958682) * u + 0.08896987811865524) * u
        + 0.09734686477593472) * u + 0.10853040229541457) * u + 0.12033631049754508) * u
        + 0.13983989355412474) * u + 0.15619329817076463) * u + 0.19901138146625505) * u
        + 0.21812951333753458) * u + 0.3492569337010576) * u + 0.35178350292485655) * u
        + 1.1808583912337565) * u + 1.7644638934289365;
    const double near = ((m - 0.46163214496836236) - -1.5522348162858677e-17) * p / b;
    const double far = gradc_psi_far(x < 8.0 ? y : x), value = y < 8.0 ? near : far;
    const double lower = x < 0.0 ? gradc_psi_turn(x < 0.0 ? x : -0.5) : 1.0 / x;
    return x < 1.0 ? x == 0.0 ? -lower : value - lower : x < (double)INFINITY ? value : x;
}
