/* needs: inline, log1p */
/* psi(x + y) - psi(x) for x, x + y > 0, in terms that have y as a factor, all of the same sign: by psi's asymptotic
 * series (DLMF 5.11.2), after eight steps of the recurrence where the lesser argument is below 8, two by two as in
 * gradc_psi_rise. */
GRADC_INLINE double gradc_psi_difference(double x, double y)
{
    const double step = fabs(y), low = y < 0.0 ? x + y : x, high = low + step, up = low < 8.0 ? 8.0 : 0.0;
    const double l = low + up, h = high + up, v = 1.0 / l, w = 1.0 / h, zl = v * v, zh = w * w;
    /* coefficients: psi_tail */
    const double c0 = 0.08333333333333288, c1 = -0.008333333331222267, c2 = 0.0039682523702314326,
                 c3 = -0.004166222545871098, c4 = 0.007519445586194526, c5 = -0.01772029527568203;
    /* the polynomial at zl, and its divided difference */
    const double d4 = c5, p4 = c5 * zl + c4, d3 = d4 * zh + p4, p3 = p4 * zl + c3,
                 d2 = d3 * zh + p3, p2 = p3 * zl + c2;
    const double d1 = d2 * zh + p2, p1 = p2 * zl + c1, d0 = d1 * zh + p1, p0 = p1 * zl + c0, tail = d0 * zh + p0;
    /* the recurrence: 1/(l + k) - 1/(h + k) for k and 7 - k */
    const double most = 1e30, c = high < most ? high : most, s = step < most ? step : most;
    const double a = low < 8.0 ? low : 8.0, ul = a * (a + 7.0), uh = c * (c + 7.0);
    const double q0 = ul * uh, q1 = (ul + 6.0) * (uh + 6.0);
    const double q2 = (ul + 10.0) * (uh + 10.0), q3 = (ul + 12.0) * (uh + 12.0);
    const double n0 = a * c + (a + 7.0) * (c + 7.0), n1 = (a + 1.0) * (c + 1.0) + (a + 6.0) * (c + 6.0);
    const double n2 = (a + 2.0) * (c + 2.0) + (a + 5.0) * (c + 5.0);
    const double n3 = (a + 3.0) * (c + 3.0) + (a + 4.0) * (c + 4.0);
    const double sum = (n0 * q1 + n1 * q0) / (q0 * q1) + (n2 * q3 + n3 * q2) / (q2 * q3);
    const double far = gradc_log1p(step * v) + step * (v * w) * (0.5 + (v + w) * tail);
    const double value = far + (low < 8.0 ? s * sum : 0.0);
    return y < 0.0 ? -value : value;
}
