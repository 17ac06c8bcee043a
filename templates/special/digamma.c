/* needs: polynomial */
/* psi(x) = d/dx log|gamma(x)|. On [1, 2] the positive zero is a factor, psi(x) = (x - x0) R(x) with x0 in two
 * doubles; polynomials on [2, 4] and [4, 8]; log(x) - 1/(2x) - B_2k / (2k x^2k) from 8 on, economised (DLMF
 * 5.11.2); recurrence on (0, 1) and reflection below 0 (DLMF 5.5.2, 5.5.4). Poles: psi(0) = -inf, psi(-0) = inf,
 * NaN at negative integers. */
static double gradc_digamma(double x)
{
    static const double gradc_digamma_0[] = {
        0.9510558760318328, -0.42362742128146047, 0.24054248424078736, -0.14840492305391761,
        0.09498872445283, -0.06192213327165706, 0.04076083394462657, -0.02697579684427536,
        0.017907248195969127, -0.011908215172584002, 0.007927024067961237, -0.00528001782089874,
        0.0035180800751066694, -0.002344650082351321, 0.0015635679757533885, -0.001042261556504223,
        0.0006899717801166841, -0.0004599625144612576, 0.0003268068044141764, -0.0002178682145501451,
        9.173383289174792e-05, -6.11554261750751e-05, 0.00012230983055406747, -8.153978973309418e-05,
    };
    static const double gradc_digamma_1[] = {
        0.9227843350984671, 0.39493406684822646, -0.07705690315959436, 0.019823233711138217,
        -0.005677755143366058, 0.0017180619844478504, -0.0005367773819947723, 0.0001711061979683179,
        -5.5267825392302674e-05, 1.801262758814673e-05, -5.907358013123235e-06, 1.945929605753433e-06,
        -6.430211938810789e-07, 2.1297418115106333e-07, -7.069062318489005e-08, 2.3481158346701657e-08,
        -7.752903093043211e-09, 2.579267241968924e-09, -9.147759692625141e-10, 3.046124298704505e-10,
        -6.4144390367226e-11, 2.1363796247022648e-11, -2.1332191571834103e-11, 7.108977174651833e-12,
    };
    static const double gradc_digamma_2[] = {
        1.7061176684318005, 0.18132295573711535, -0.01639486612255725, 0.0019713046987923,
        -0.00026596630592133137, 3.817924696766235e-05, -5.6948548454377025e-06, 8.716186018596205e-07,
        -1.3586539061614036e-07, 2.1465700043993997e-08, -3.4262720152645286e-09, 5.512332674209807e-10,
        -8.924177143602937e-11, 1.4524687818949358e-11, -2.3728023701308194e-12, 3.8693346593790523e-13,
        -6.358645225478366e-14, 1.1023583469196389e-14, -1.8196118097640648e-15, 2.0417990782850773e-16,
        -3.373435776456977e-17, 1.5243352337420053e-17, -2.5297724320396582e-18,
    };
    static const double gradc_digamma_tail[] = {
        0.08333333333333333, -0.008333333333331664, 0.003968253965999701, -0.004166665501516725,
        0.007575459920369176, -0.02105106090804774, 0.08002337465397756, -0.299425370626735,
    };
    const int n0 = (int)(sizeof gradc_digamma_0 / sizeof(double));
    const int n1 = (int)(sizeof gradc_digamma_1 / sizeof(double));
    const int n2 = (int)(sizeof gradc_digamma_2 / sizeof(double));
    const int nt = (int)(sizeof gradc_digamma_tail / sizeof(double));
    const double pi = 3.14159265358979323846;
    /* x0 - 1, x0 = 1.4616321449683623412626595423257213... */
    const double root = 0.46163214496836236, root_low = -1.5522348162858677e-17;
    double offset = 0.0, y = x, r, s;
    if (isnan(x) || x == (double)INFINITY)
        return x;
    if (x == 0.0)
        return copysign((double)INFINITY, -x);
    if (x < 0.0) {
        r = x - floor(x + 0.5); /* x - its nearest integer, exact */
        if (isinf(x) || r == 0.0)
            return (double)NAN;
        /* psi(x) = psi(1 - x) - pi cot(pi x) */
        offset = fabs(r) <= 0.25 ? -pi / tan(pi * r) : -copysign(pi * tan(pi * (0.5 - fabs(r))), r);
        if (x > -1.0)
            return offset + ((-x - root) - root_low) * gradc_polynomial(gradc_digamma_0, n0, -x - 0.5);
        y = 1.0 - x;
    }
    if (y < 1.0)
        return ((y - root) - root_low) * gradc_polynomial(gradc_digamma_0, n0, y - 0.5) - 1.0 / y;
    if (y < 2.0)
        return ((y - 1.0 - root) - root_low) * gradc_polynomial(gradc_digamma_0, n0, y - 1.5);
    if (y < 4.0)
        return offset + gradc_polynomial(gradc_digamma_1, n1, y - 3.0);
    if (y < 8.0)
        return offset + gradc_polynomial(gradc_digamma_2, n2, y - 6.0);
    r = 1.0 / y;
    s = r * r;
    return offset + (log(y) - (0.5 * r + s * gradc_polynomial(gradc_digamma_tail, nt, s)));
}
