/* needs: inline, log */
/* x log(x/y) - x + y. With s = (x - y)/(x + y), log(x/y) = 2 atanh(s) = 2 s + s^3 T(s^2), and it is (x - y) s (2 + (1 + s) s
 * T(s^2))/2, which nothing cancels in; where x and y differ by more than a factor of 4, as it is written. */
GRADC_INLINE double gradc_kl_divergence(double x, double y)
{
    const double d = x - y, s = 0.5 * d / (0.5 * x + 0.5 * y), z = s * s;
    /* fit: kl_divergence of z */
    const double t = ((((((((((((((((2.2050980679006673 * z - 5.076549947084199) * z + 6.056871177525196) * z
        - 4.321851069425252) * z + 2.284743604066598) * z - 0.7379140220347735) * z
        + 0.3016850744283951) * z + 0.041258012725974846) * z + 0.10238070627441818) * z
        + 0.10441959680415284) * z + 0.1177215346410701) * z + 0.1333285101194625) * z
        + 0.15384637636287662) * z + 0.18181817481977772) * z + 0.222222222362529) * z
        + 0.2857142857126773) * z + 0.4000000000000086) * z + 0.6666666666666666;
    const double near = 0.5 * d * s * (2.0 + (1.0 + s) * s * t);
    const double r = x / y, tiny = r < 1e-300 ? 4.149515568880993e+180 : 1.0; /* 2^600, and 600 log(2) */
    const double c = r > 1e300 ? 2.409919865102884e-181 : tiny, low = c > 1.0 ? -415.88830833596717 : 0.0;
    const double far = x * (gradc_log(x * c / y) + (c < 1.0 ? 415.88830833596717 : low)) + (y - x);
    const double inside = z <= 0.36 ? near : far, size = fabs(d), finite = size < INFINITY ? inside : size;
    const double right = y > 0.0 ? finite : INFINITY, zero = y >= 0.0 ? y : INFINITY;
    const double left = x == 0.0 ? zero : INFINITY, value = x > 0.0 ? right : left;
    return x != x ? x : y != y ? y : value;
}
