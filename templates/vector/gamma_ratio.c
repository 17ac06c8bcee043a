/* needs: inline, log, log1p */
/* log(Gamma(x + y) / Gamma(x)) for x, x + y > 0, in terms that have y as a factor: by Stirling's series (DLMF
 * 5.11.1), after eight steps of the recurrence where the lesser argument is below 8, whose product is the polynomial
 * of gradc_psi_rise. */
GRADC_INLINE double gradc_gamma_ratio(double x, double y)
{
    const double step = fabs(y), low = y < 0.0 ? x + y : x, high = low + step, up = low < 8.0 ? 8.0 : 0.0;
    const double l = low + up, h = high + up, v = 1.0 / l, w = 1.0 / h, zl = v * v, zh = w * w;
    /* coefficients: stirling */
    const double c0 = 0.0833333333333333, c1 = -0.0027777777776099803, c2 = 0.0007936506668549837,
                 c3 = -0.0005952029359390429, c4 = 0.0008373083310125159, c5 = -0.0016532365018891602;
    /* the polynomial at zl, and its divided difference */
    const double d4 = c5, p4 = c5 * zl + c4, d3 = d4 * zh + p4, p3 = p4 * zl + c3,
                 d2 = d3 * zh + p3, p2 = p3 * zl + c2;
    const double d1 = d2 * zh + p2, p1 = p2 * zl + c1, d0 = d1 * zh + p1, p0 = p1 * zl + c0;
    const double tail = step * (v * w) * (p0 + w * (v + w) * d0);
    /* the recurrence: the product at high over that at low, less 1 */
    const double most = 1e30, c = high < most ? high : most, s = step < most ? step : most, a = low < 8.0 ? low : 8.0;
    const double ul = a * (a + 7.0), uh = c * (c + 7.0), bottom = ((ul + 28.0) * ul + 252.0) * ul + 720.0;
    const double e2 = uh + (ul + 28.0), e1 = e2 * uh + ((ul + 28.0) * ul + 252.0), e0 = e1 * uh + bottom;
    const double more = low < 8.0 ? s * (c + a + 7.0) / ul * (e0 / bottom) : 0.0;
    const double value = step * gradc_log(h) + ((l - 0.5) * gradc_log1p(step * v) - step) - tail - gradc_log1p(more);
    return y < 0.0 ? -value : value;
}
