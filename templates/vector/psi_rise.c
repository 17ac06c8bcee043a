/* needs: inline */
/* psi(x + 8) - psi(x) = 1/x + ... + 1/(x + 7) for 0 < x < 8, whose denominators are u, u + 6, u + 10 and u + 12 when
 * the first and the last are taken together, and so on: the logarithmic derivative of u^4 + 28 u^3 + 252 u^2 + 720
 * u. */
GRADC_INLINE double gradc_psi_rise(double x)
{
    const double u = x * (x + 7.0);
    const double top = ((4.0 * u + 84.0) * u + 504.0) * u + 720.0, bottom = ((u + 28.0) * u + 252.0) * u + 720.0;
    return (2.0 * x + 7.0) * top / (u * bottom);
}
