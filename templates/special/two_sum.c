/* The rounding error of s = a + b: a + b = s + error exactly. D. E. Knuth, The Art of Computer Programming 2,
 * section 4.2.2, theorem B. */
static double gradc_two_sum(double a, double b, double s)
{
    const double t = s - a;
    return (a - (s - t)) + (b - t);
}
