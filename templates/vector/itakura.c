/* needs: inline, log */
/* r - log(r) - 1 of r = x/y. With s = (x - y)/(x + y), log(r) = 2 atanh(s) = 2 s + s^3 T(s^2), and it is s ((x - y)/y - s^2
 * T(s^2)), in which little cancels; where x and y differ by more than a factor of 4, as it is written. */
GRADC_INLINE double gradc_itakura(double x, double y)
{
    const double d = x - y, s = 0.5 * d / (0.5 * x + 0.5 * y), z = s * s, r = (z <= 0.36 ? d : x) / y;
    /* fit: itakura of z */
    const double t = ((((((((((((((((2.2050980679006673 * z - 5.076549947084199) * z + 6.056871177525196) * z
        - 4.321851069425252) * z + 2.284743604066598) * z - 0.7379140220347735) * z
        + 0.3016850744283951) * z + 0.041258012725974846) * z + 0.10238070627441818) * z
        + 0.10441959680415284) * z + 0.1177215346410701) * z + 0.1333285101194625) * z
        + 0.15384637636287662) * z + 0.18181817481977772) * z + 0.222222222362529) * z
        + 0.2857142857126773) * z + 0.4000000000000086) * z + 0.6666666666666666;
    const double near = s * (r - z * t), far = r - gradc_log(r) - 1.0;
    const double value = z <= 0.36 ? near : far;
    return r < INFINITY ? value : r;
}
