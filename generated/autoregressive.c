/* autoregressive: the loss, and its derivatives.
 *
 *     def program(c: real, phi: real[2], log_sigma: real, y: real[t]):
 *         t0 = exp(-log_sigma)
 *         t1 = sum[i:t - 2]((t0 * (y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i])) ** 2)
 *         value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (t - 2))
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "autoregressive.h"

/* A loop is vectorised only if what it calls is inlined, however much that is. */
#if defined(__GNUC__)
#define GRADC_INLINE __attribute__((always_inline)) static inline
#else
#define GRADC_INLINE static inline
#endif

/* The bits of a number, and the number of some bits. */
GRADC_INLINE uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

GRADC_INLINE double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

/* exp(x + low) = 2^k exp(r), r = x + low - k log(2) in [-log(2)/2, log(2)/2], for a low of less than 1. Adding 1.5
 * * 2^52 rounds to a whole number and leaves it in the last bits; 2^k is two factors, so that results below the
 * smallest normal number are rounded once. */
GRADC_INLINE double gradc_exp_sum(double x, double low)
{
    const double c = x < -1000.0 ? -1000.0 : x, y = c > 1000.0 ? 1000.0 : c;
    /* 1.5 * 2^52 + 2 * 1023 */
    const double t = (y + low) * 1.4426950408889634 + 6755399441057790.0;
    const double k = t - 6755399441057790.0;
    const double r = ((y - k * 0.6931471803691238) + low) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r
        + 2.480150457228083e-05) * r + 0.00019841269902955413) * r + 0.0013888888932253416) * r
        + 0.008333333333314638) * r + 0.04166666666657411) * r + 0.16666666666666685) * r
        + 0.5000000000000006;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + (r + r * r * p)) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}

/* exp(x). */
GRADC_INLINE double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}

/* Adds a term to a sum, and to `low` what the sum has lost to rounding (Neumaier, Rundungsfehleranalyse einiger Verfahren zur
 * Summation endlicher Summen, ZAMM 54, 1974): the error does not grow with the number of terms. */
static inline void gradc_add(double *sum, double *low, double term)
{
    const double next = *sum + term;
    *low += fabs(*sum) >= fabs(term) ? (*sum - next) + term : (term - next) + *sum;
    *sum = next;
}

/* The sum and what it has lost; an infinite sum has lost nothing that could be known. */
static inline double gradc_rounded(double sum, double low)
{
    return low == low ? sum + low : sum;
}

size_t autoregressive_value_work(int64_t t)
{
    (void)t;
    return 0;
}

int autoregressive_value(int64_t t, double c, const double *restrict phi, double log_sigma, const double *restrict y,
                         double *restrict value, void *restrict work)
{
    (void)work;

    /* t0 = exp(-log_sigma) */
    const double t0 = gradc_exp(-log_sigma);
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t - 2 ? tile_begin + 128 : t - 2;

        /* t1 = sum[i:t - 2](let(s0 := t0 * (y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]), s0 * s0)) */
        const double phi_here = phi[0];
        const double phi_here_ = phi[1];
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0 * (y[i + 2] - c - phi_here * y[i + 1] - phi_here_ * y[i]);
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (t - 2)) */
    *value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (double)(t - 2));
    return 0;
}

size_t autoregressive_forward_work(int64_t t)
{
    (void)t;
    return 0;
}

int autoregressive_forward(int64_t t, double c, const double *restrict phi, double log_sigma,
                           const double *restrict y, double *restrict value, double *restrict t0, void *restrict work)
{
    (void)work;

    /* t0 = exp(-log_sigma) */
    const double t0_ = gradc_exp(-log_sigma);
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t - 2 ? tile_begin + 128 : t - 2;

        /* t1 = sum[i:t - 2](let(s0 := t0 * (y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]), s0 * s0)) */
        const double phi_here = phi[0];
        const double phi_here_ = phi[1];
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0_ * (y[i + 2] - c - phi_here * y[i + 1] - phi_here_ * y[i]);
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (t - 2)) */
    *value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (double)(t - 2));
    *t0 = t0_;
    return 0;
}

size_t autoregressive_backward_work(int64_t t)
{
    (void)t;
    return 0;
}

int autoregressive_backward(int64_t t, double c, const double *restrict phi, double log_sigma,
                            const double *restrict y, double t0, double cotangent, double *restrict grad_c,
                            double *restrict grad_phi, double *restrict grad_log_sigma, void *restrict work)
{
    (void)log_sigma;
    (void)work;

    /* t1 = 0.5 * cotangent / (t - 2) */
    const double t1 = 0.5 * cotangent / (double)(t - 2);
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t at = 0; at < 2; ++at) {
        grad_phi[at] = 0.0;
    }
    double t3 = 0.0;
    double t3_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t - 2 ? tile_begin + 128 : t - 2;

        /* t2 = sum[i:t - 2](y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]) */
        /* grad_phi[:2] = 0 grad_phi += each[i:t - 2](let(s0 := t0 * (t1 * (2 * (t0 * (y[i + 2] - c - phi[0] * y[i
         *    + 1] - phi[1] * y[i])))), at[1](-(y[i] * s0)), at[0](-(y[i + 1] * s0)))) */
        /* t3 = sum[i:t - 2](let(s0 := y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i], s0 * s0)) */
        const double phi_here = phi[0];
        const double phi_here_ = phi[1];
        double t2_sum = 0.0;
        double t3_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_here = y[i + 1];
            const double y_i = y[i];
            const double v0 = y[i + 2] - c - phi_here * y_here - phi_here_ * y_i;
            const double v1 = t0 * (t1 * (2.0 * (t0 * v0)));
            t2_sum += v0;
            grad_phi[1] += -(y_i * v1);
            grad_phi[0] += -(y_here * v1);
            t3_sum += v0 * v0;
        }
        gradc_add(&t2, &t2_low, t2_sum);
        gradc_add(&t3, &t3_low, t3_sum);
    }
    t2 = gradc_rounded(t2, t2_low);
    t3 = gradc_rounded(t3, t3_low);

    /* grad_c = -(t0 * (2 * (t1 * (t0 * t2)))) */
    /* grad_log_sigma = cotangent - t0 * (t0 * (2 * (t3 * t1))) */
    *grad_c = -(t0 * (2.0 * (t1 * (t0 * t2))));
    *grad_log_sigma = cotangent - t0 * (t0 * (2.0 * (t1 * t3)));
    return 0;
}

size_t autoregressive_value_and_grad_work(int64_t t)
{
    (void)t;
    return 0;
}

int autoregressive_value_and_grad(int64_t t, double c, const double *restrict phi, double log_sigma,
                                  const double *restrict y, double *restrict value, double *restrict grad_c,
                                  double *restrict grad_phi, double *restrict grad_log_sigma, void *restrict work)
{
    (void)work;

    /* t0 = exp(-log_sigma) */
    /* t2 = 0.5 / (t - 2) */
    const double t0 = gradc_exp(-log_sigma);
    const double t2 = 0.5 / (double)(t - 2);
    double t1 = 0.0;
    double t1_low = 0.0;
    double t3 = 0.0;
    double t3_low = 0.0;
    for (int64_t at = 0; at < 2; ++at) {
        grad_phi[at] = 0.0;
    }
    double t4 = 0.0;
    double t4_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t - 2 ? tile_begin + 128 : t - 2;

        /* t1 = sum[i:t - 2](let(s0 := t0 * (y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]), s0 * s0)) */
        /* t3 = sum[i:t - 2](y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]) */
        /* grad_phi[:2] = 0 grad_phi += each[i:t - 2](let(s0 := t0 * (t2 * (2 * (t0 * (y[i + 2] - c - phi[0] * y[i
         *    + 1] - phi[1] * y[i])))), at[1](-(y[i] * s0)), at[0](-(y[i + 1] * s0)))) */
        /* t4 = sum[i:t - 2](let(s0 := y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i], s0 * s0)) */
        const double phi_here = phi[0];
        const double phi_here_ = phi[1];
        double t1_sum = 0.0;
        double t3_sum = 0.0;
        double t4_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_here = y[i + 1];
            const double y_i = y[i];
            const double v0 = y[i + 2] - c - phi_here * y_here - phi_here_ * y_i;
            const double v1 = t0 * v0;
            const double v2 = t0 * (t2 * (2.0 * v1));
            t1_sum += v1 * v1;
            t3_sum += v0;
            grad_phi[1] += -(y_i * v2);
            grad_phi[0] += -(y_here * v2);
            t4_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
        gradc_add(&t3, &t3_low, t3_sum);
        gradc_add(&t4, &t4_low, t4_sum);
    }
    t1 = gradc_rounded(t1, t1_low);
    t3 = gradc_rounded(t3, t3_low);
    t4 = gradc_rounded(t4, t4_low);

    /* value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (t - 2)) */
    /* grad_c = -(t0 * (2 * (t2 * (t3 * t0)))) */
    /* grad_log_sigma = 1 - t0 * (t0 * (2 * (t4 * t2))) */
    *value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (double)(t - 2));
    *grad_c = -(t0 * (2.0 * (t2 * (t0 * t3))));
    *grad_log_sigma = 1.0 - t0 * (t0 * (2.0 * (t2 * t4)));
    return 0;
}
