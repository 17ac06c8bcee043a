/* needs: inline, log */
/* x log(x/y) - x + y. With s = (x - y)/(x + y), log(x/y) = 2 atanh(s) = 2 s + s^3 T(s^2), and it is (x - y) s (2 + (1
 * + s) s T(s^2))/2, which nothing cancels in; where x and y differ by more than a factor of 2.6, as it is written. */
GRADC_INLINE double gradc_kl_divergence(double x, double y)
{
    const double d = x - y, s = 0.5 * d / (0.5 * x + 0.5 * y), z = s * s;
    /* fit: kl_divergence of z */
    const double t = (((((((((((0.2901750778710715 * z - 0.08203650051225542) * z + 0.15061024204797147) * z
        + 0.0796737229328612) * z + 0.1078003851420917) * z + 0.11736337682119352) * z
        + 0.133355203280488) * z + 0.1538450062145082) * z + 0.1818182215146985) * z
        + 0.22222222136817127) * z + 0.2857142857246132) * z + 0.399999999999942) * z
        + 0.6666666666666667;
    const double near = 0.5 * d * s * (2.0 + (1.0 + s) * s * t);
    const double r = x / y, tiny = r < 1e-300 ? 4.149515568880993e+180 : 1.0; /* 2^600, and 600 log(2) */
    const double c = r > 1e300 ? 2.409919865102884e-181 : tiny, low = c > 1.0 ? -415.88830833596717 : 0.0;
    const double far = x * (gradc_log(x * c / y) + (c < 1.0 ? 415.88830833596717 : low)) + (y - x);
    const double inside = z <= 0.2 ? near : far, size = fabs(d), finite = size < (double)INFINITY ? inside : size;
    const double right = y > 0.0 ? finite : (double)INFINITY, zero = y >= 0.0 ? y : (double)INFINITY;
    const double left = x == 0.0 ? zero : (double)INFINITY, value = x > 0.0 ? right : left;
    return x != x ? x : y != y ? y : value;
}
