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

#include "support/frame.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/routines/compensated.h"

#include "autoregressive.h"

size_t autoregressive_value_work(int64_t t)
{
    (void)t;
    return 0;
}

int autoregressive_value(int64_t t, double c, const double *restrict phi, double log_sigma, const double *restrict y,
                         double *restrict value, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(15.0*(double)t);

    /* t0 = exp(-log_sigma) */
    const double t0 = gradc_exp(-log_sigma);
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
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
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t autoregressive_forward_work(int64_t t)
{
    (void)t;
    return 0;
}

int autoregressive_forward(int64_t t, double c, const double *restrict phi, double log_sigma,
                           const double *restrict y, double *restrict value, double *restrict t0,
                           void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(15.0*(double)t);

    /* t0 = exp(-log_sigma) */
    const double t0_ = gradc_exp(-log_sigma);
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
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
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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
    const volatile int *const stop = gradc_flag(47.0*(double)t);

    /* t1_bar = 0.5 * cotangent / (t - 2) */
    const double t1_bar = 0.5 * cotangent / (double)(t - 2);
    double grad_c_total = 0.0;
    double grad_c_total_low = 0.0;
    for (int64_t at = 0; at < 2; ++at) {
        grad_phi[at] = 0.0;
    }
    double grad_log_sigma_total = 0.0;
    double grad_log_sigma_total_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < t - 2 ? tile_begin + 128 : t - 2;

        /* grad_c_total = sum[i:t - 2](y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]) */
        /* grad_phi[:2] = 0 grad_phi += each[i:t - 2](let(s0 := t0 * (t1_bar * (2 * (t0 * (y[i + 2] - c - phi[0] *
         *    y[i + 1] - phi[1] * y[i])))), at[1](-(y[i] * s0)), at[0](-(y[i + 1] * s0)))) */
        /* grad_log_sigma_total = sum[i:t - 2](let(s0 := y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i], s0 *
         *    s0)) */
        const double phi_here = phi[0];
        const double phi_here_ = phi[1];
        double grad_c_total_sum = 0.0;
        double grad_log_sigma_total_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_here = y[i + 1];
            const double y_i = y[i];
            const double v0 = y[i + 2] - c - phi_here * y_here - phi_here_ * y_i;
            const double v1 = t0 * (t1_bar * (2.0 * (t0 * v0)));
            grad_c_total_sum += v0;
            grad_phi[1] += -(y_i * v1);
            grad_phi[0] += -(y_here * v1);
            grad_log_sigma_total_sum += v0 * v0;
        }
        gradc_add(&grad_c_total, &grad_c_total_low, grad_c_total_sum);
        gradc_add(&grad_log_sigma_total, &grad_log_sigma_total_low, grad_log_sigma_total_sum);
    }
    grad_c_total = gradc_rounded(grad_c_total, grad_c_total_low);
    grad_log_sigma_total = gradc_rounded(grad_log_sigma_total, grad_log_sigma_total_low);

    /* grad_c = -(t0 * (2 * (t1_bar * (t0 * grad_c_total)))) */
    /* grad_log_sigma = cotangent - t0 * (t0 * (2 * (grad_log_sigma_total * t1_bar))) */
    *grad_c = -(t0 * (2.0 * (t1_bar * (t0 * grad_c_total))));
    *grad_log_sigma = cotangent - t0 * (t0 * (2.0 * (t1_bar * grad_log_sigma_total)));
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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
    const volatile int *const stop = gradc_flag(62.0*(double)t);

    /* t0 = exp(-log_sigma) */
    /* t1_bar = 0.5 / (t - 2) */
    const double t0 = gradc_exp(-log_sigma);
    const double t1_bar = 0.5 / (double)(t - 2);
    double t1 = 0.0;
    double t1_low = 0.0;
    double grad_c_total = 0.0;
    double grad_c_total_low = 0.0;
    for (int64_t at = 0; at < 2; ++at) {
        grad_phi[at] = 0.0;
    }
    double grad_log_sigma_total = 0.0;
    double grad_log_sigma_total_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 2; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < t - 2 ? tile_begin + 128 : t - 2;

        /* t1 = sum[i:t - 2](let(s0 := t0 * (y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]), s0 * s0)) */
        /* grad_c_total = sum[i:t - 2](y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i]) */
        /* grad_phi[:2] = 0 grad_phi += each[i:t - 2](let(s0 := t0 * (t1_bar * (2 * (t0 * (y[i + 2] - c - phi[0] *
         *    y[i + 1] - phi[1] * y[i])))), at[1](-(y[i] * s0)), at[0](-(y[i + 1] * s0)))) */
        /* grad_log_sigma_total = sum[i:t - 2](let(s0 := y[i + 2] - c - phi[0] * y[i + 1] - phi[1] * y[i], s0 *
         *    s0)) */
        const double phi_here = phi[0];
        const double phi_here_ = phi[1];
        double t1_sum = 0.0;
        double grad_c_total_sum = 0.0;
        double grad_log_sigma_total_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_here = y[i + 1];
            const double y_i = y[i];
            const double v0 = y[i + 2] - c - phi_here * y_here - phi_here_ * y_i;
            const double v1 = t0 * v0;
            const double v2 = t0 * (t1_bar * (2.0 * v1));
            t1_sum += v1 * v1;
            grad_c_total_sum += v0;
            grad_phi[1] += -(y_i * v2);
            grad_phi[0] += -(y_here * v2);
            grad_log_sigma_total_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
        gradc_add(&grad_c_total, &grad_c_total_low, grad_c_total_sum);
        gradc_add(&grad_log_sigma_total, &grad_log_sigma_total_low, grad_log_sigma_total_sum);
    }
    t1 = gradc_rounded(t1, t1_low);
    grad_c_total = gradc_rounded(grad_c_total, grad_c_total_low);
    grad_log_sigma_total = gradc_rounded(grad_log_sigma_total, grad_log_sigma_total_low);

    /* value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (t - 2)) */
    /* grad_c = -(t0 * (2 * (t1_bar * (grad_c_total * t0)))) */
    /* grad_log_sigma = 1 - t0 * (t0 * (2 * (grad_log_sigma_total * t1_bar))) */
    *value = 0.9189385332046727 + log_sigma + 0.5 * (t1 / (double)(t - 2));
    *grad_c = -(t0 * (2.0 * (t1_bar * (t0 * grad_c_total))));
    *grad_log_sigma = 1.0 - t0 * (t0 * (2.0 * (t1_bar * grad_log_sigma_total)));
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
