/* needs: bits */
/* tanh(x) = e / (e + 2), e = exp(2|x|) - 1 as in gradc_expm1; 1 from 20 on. */
static inline double gradc_tanh(double x)
{
    const double a = fabs(x), y = a > 20.0 ? 40.0 : 2.0 * a;
    const double t = y * 1.4426950408889634 + 6755399441056767.0; /* 1.5 * 2^52 + 1023 */
    const double k = t - 6755399441056767.0;
    const double r = (y - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r + 2.480150457228083e-05) * r
        + 0.00019841269902955413) * r + 0.0013888888932253416) * r + 0.008333333333314638) * r + 0.04166666666657411) * r
        + 0.16666666666666685) * r + 0.5000000000000006;
    const double two_k = gradc_number(gradc_bits(t) << 52);
    const double e = (r + r * r * p) * two_k + (two_k - 1.0);
    return copysign(e / (e + 2.0), x);
}
