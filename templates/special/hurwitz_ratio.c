/* needs: two_sum */
/* x^s zeta(s, x) = 1 + (x/(x+1))^s + (x/(x+2))^s + ..., for s > 1 and x > 0, by Euler and Maclaurin's formula (DLMF
 * 25.11.28): terms up to y = x + k large beside s, then y/(s-1) + 1/2 + the sum over j of B_2j/(2j)! (s)_(2j-1) /
 * y^(2j-1), all relative to y^-s. The sum carries its rounding errors along. The powers are exp(-s log1p(k/x)): the
 * argument's error matters only where the term no longer does. */
static double gradc_hurwitz_ratio(double s, double x)
{
    /* B_2j / (2j)! */
    static const double b[] = {
        1.0 / 12.0, -1.0 / 720.0, 1.0 / 30240.0, -1.0 / 1209600.0, 1.0 / 47900160.0, -691.0 / 1307674368000.0,
        1.0 / 74724249600.0, -3617.0 / 10670622842880000.0, 43867.0 / 5109094217170944000.0,
        -174611.0 / 802857662698291200000.0, 77683.0 / 14101100039391805440000.0,
        -236364091.0 / 1693824136731743669452800000.0,
    };
    const double enough = s + 12.0;
    double total = 0.0, low = 0.0, sum, term = 1.0, y = x, k = 0.0, tail, factor;
    int j;
    while (y < enough) {
        sum = total + term;
        low += gradc_two_sum(total, term, sum);
        total = sum;
        if (term < 1e-18 * total)
            return total + low;
        k += 1.0;
        y = x + k;
        term = exp(-s * log1p(k / x));
    }
    tail = 0.0;
    factor = s / y;
    for (j = 0; j < 12; j++) {
        tail += b[j] * factor;
        factor *= (s + 2.0 * j + 1.0) / y * ((s + 2.0 * j + 2.0) / y);
    }
    return total + (low + term * (y / (s - 1.0) + (0.5 + tail)));
}
