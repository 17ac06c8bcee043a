/* needs: polynomial, stirling, sinpi */
/* gamma(x): polynomials on [1/2, 1], [1, 2] and [2, 3], brought up to 8 by gamma(x + 1) = x gamma(x) (DLMF 5.5.1),
 * Stirling's formula from there (DLMF 5.11.3), its power taken in two halves where it would overflow, and
 * reflection (DLMF 5.5.3). Poles: gamma(0) = inf, gamma(-0) = -inf, NaN at negative integers. */
static double gradc_gamma(double x)
{
    static const double gradc_gamma_0[] = {
        1.2254167024651776, -1.3306320586438753, 2.2798715368921108, -3.035632505476484,
        4.163935682793256, -5.58283545989785, 7.472556015941912, -9.977391345218074,
        13.31187535196129, -17.754030043156305, 23.674871969688965, -31.568103973497628,
        42.090766147751424, -56.121548289109455, 74.86550164627313, -99.82084105466483,
        132.17066232539906, -176.22760601750537, 250.42873913020034, -333.90500388177406,
        281.1831649523169, -374.9108925589376, 1499.643585194958, -1999.5247824761404,
    };
    static const double gradc_gamma_1[] = {
        0.886226925452758, 0.03233839744888502, 0.4148134536883018, -0.10729480456477264,
        0.14464535904449782, -0.07752305229977173, 0.058610303826380196, -0.03800193556100107,
        0.0258376061027181, -0.017222442878105718, 0.011522523362156005, -0.007690216677416653,
        0.0051315298230765775, -0.003422726711413278, 0.0022836521947962353, -0.001522718358989335,
        0.0010082112193192704, -0.0006721864891915583, 0.0004776274435437428, -0.000318425630316548,
        0.00013407432206073702, -8.938401795176073e-05, 0.00017877054902846353, -0.00011918060538282103,
    };
    static const double gradc_gamma_2[] = {
        1.329340388179137, 0.9347345216260855, 0.6545585779813361, 0.2538712468411431,
        0.1096732340022263, 0.028360780594813752, 0.01039240342319837, 0.0016074004859635903,
        0.0007544741843398753, 3.941763325825312e-06, 6.132933686364514e-05, -1.2801398595590587e-05,
        7.258179334692199e-06, -2.561960809450555e-06, 1.0654567795576118e-06, -4.1866472217648884e-07,
        2.0594390312960716e-07, -8.228337612513728e-08,
    };
    const int n0 = (int)(sizeof gradc_gamma_0 / sizeof(double)), n1 = (int)(sizeof gradc_gamma_1 / sizeof(double));
    const int n2 = (int)(sizeof gradc_gamma_2 / sizeof(double));
    const double pi = 3.14159265358979323846, sqrt_2pi = 2.5066282746310005024;
    const double y = x <= -0.5 ? -x : x;
    double g, h = 1.0, k; /* gamma(y) = g h */
    if (isnan(x))
        return x;
    if (x > 172.0)
        return (double)INFINITY;
    if (x < 0.0 && x == floor(x))
        return (double)NAN;
    if (x < -185.0) /* an infinitesimal, of the sign of gamma */
        return gradc_sinpi(x) < 0.0 ? -0.0 : 0.0;
    if (y < 0.0)
        return gradc_polynomial(gradc_gamma_0, n0, y + 0.25) / y;
    if (y < 0.5)
        return gradc_polynomial(gradc_gamma_1, n1, y - 0.5) / y;
    if (y < 1.0) {
        g = gradc_polynomial(gradc_gamma_0, n0, y - 0.75);
    } else if (y < 2.0) {
        g = gradc_polynomial(gradc_gamma_1, n1, y - 1.5);
    } else if (y < 8.0) {
        k = floor(y) - 2.0;
        g = gradc_polynomial(gradc_gamma_2, n2, (y - k) - 2.5);
        for (; k > 0.0; k -= 1.0)
            h *= y - k;
    } else if (y < 140.0) {
        g = pow(y, y - 0.5) * (sqrt_2pi * exp(gradc_stirling(y)) * exp(-y));
    } else {
        h = pow(y, 0.5 * y - 0.25);
        g = h * (sqrt_2pi * exp(gradc_stirling(y)) * exp(-y));
    }
    if (x <= -0.5)
        return -pi / (x * gradc_sinpi(x)) / g / h; /* two divisions, so that a tiny result is not lost */
    return g * h;
}
