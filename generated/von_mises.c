/* von_mises: the loss, and its derivatives.
 *
 *     def program(mu: real, log_kappa: real, x: real[n]):
 *         t0 = sum[i:n](sin(0.5 * (x[i] - mu)) ** 2)
 *         value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n))
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/near.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/vector/cos.h"
#include "support/vector/exp.h"
#include "support/vector/far_sine.h"
#include "support/vector/log.h"
#include "support/vector/sin.h"
#include "support/special/i0e.h"
#include "support/special/i1e.h"
#include "support/routines/compensated.h"

#include "von_mises.h"

size_t von_mises_value_work(int64_t n)
{
    (void)n;
    return 0;
}

struct von_mises_value_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *x;
    double mu;
    double *t0_parts;
};

static GRADC_APART void von_mises_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct von_mises_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const x = given->x;
    const double mu = given->mu;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n](let(s0 := sin(0.5 * (x[i] - mu)), s0 * s0)) */
        double t0_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    far += gradc_far_sine(0.5 * (x[i] - mu));
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = gradc_sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            } else {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int von_mises_value(int64_t n, double mu, double log_kappa, const double *restrict x, double *restrict value,
                    void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(26.0*(double)n);
    const int64_t parts = gradc_parts(n, 25, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct von_mises_value_rows0 given = {n, parts, stop, x, mu, t0_parts};
        if (parts > 1) {
            gradc_run(parts, von_mises_value_rows0, &given);
        } else {
            von_mises_value_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n)) */
    const double v0 = gradc_exp(log_kappa);
    *value = 1.8378770664093453 + gradc_log(gradc_i0e(v0)) + v0 * (2.0 * t0 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t von_mises_forward_work(int64_t n)
{
    (void)n;
    return 0;
}

struct von_mises_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *x;
    double mu;
    double *t0_parts;
};

static GRADC_APART void von_mises_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct von_mises_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const x = given->x;
    const double mu = given->mu;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n](let(s0 := sin(0.5 * (x[i] - mu)), s0 * s0)) */
        double t0_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    far += gradc_far_sine(0.5 * (x[i] - mu));
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = gradc_sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            } else {
                GRADC_SIMD(reduction(+:t0_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = sin(0.5 * (x[i] - mu));
                    t0_part_sum += v0 * v0;
                }
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int von_mises_forward(int64_t n, double mu, double log_kappa, const double *restrict x, double *restrict value,
                      double *restrict t0, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(26.0*(double)n);
    const int64_t parts = gradc_parts(n, 25, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct von_mises_forward_rows0 given = {n, parts, stop, x, mu, t0_parts};
        if (parts > 1) {
            gradc_run(parts, von_mises_forward_rows0, &given);
        } else {
            von_mises_forward_rows0(&given, 0, 0);
        }
    }
    double t0_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0_ += t0_parts[part];
    }

    /* value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n)) */
    const double v0 = gradc_exp(log_kappa);
    *value = 1.8378770664093453 + gradc_log(gradc_i0e(v0)) + v0 * (2.0 * t0_ / (double)n);
    *t0 = t0_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t von_mises_backward_work(int64_t n)
{
    (void)n;
    return 0;
}

struct von_mises_backward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *x;
    double mu;
    double *grad_mu_total_parts;
};

static GRADC_APART void von_mises_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct von_mises_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const x = given->x;
    const double mu = given->mu;
    double *restrict const grad_mu_total_parts = given->grad_mu_total_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double grad_mu_total_part = 0.0;
    double grad_mu_total_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* grad_mu_total = sum[i:n](let(s0 := 0.5 * (x[i] - mu), cos(s0) * sin(s0))) */
        double grad_mu_total_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    far += gradc_far_sine(v0);
                    far += gradc_far_sine(v0);
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:grad_mu_total_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    grad_mu_total_part_sum += gradc_cos(v0) * gradc_sin(v0);
                }
            } else {
                GRADC_SIMD(reduction(+:grad_mu_total_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    grad_mu_total_part_sum += cos(v0) * sin(v0);
                }
            }
        }
        gradc_add(&grad_mu_total_part, &grad_mu_total_part_low, grad_mu_total_part_sum);
    }
    grad_mu_total_part = gradc_rounded(grad_mu_total_part, grad_mu_total_part_low);
    grad_mu_total_parts[part] = grad_mu_total_part;
}

int von_mises_backward(int64_t n, double mu, double log_kappa, const double *restrict x, double t0, double cotangent,
                       double *restrict grad_mu, double *restrict grad_log_kappa, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(46.0*(double)n);

    /* grad_log_kappa = let(s0 := exp(log_kappa), s1 := i0e(s0), s0 * (cotangent * (2 * t0) / n + cotangent / s1 *
     *    (i1e(s0) - sign(s0) * s1))) */
    const double v0 = gradc_exp(log_kappa);
    const double v1 = gradc_i0e(v0);
    *grad_log_kappa = v0 * (cotangent * (2.0 * t0) / (double)n + cotangent / v1
        * (gradc_i1e(v0) - ((v0 > 0 || v0 < 0) ? copysign(1, v0) : v0 + 0) * v1));
    const int64_t parts = gradc_parts(n, 45, 0);
    double grad_mu_total_parts[GRADC_PARTS];
    {
        const struct von_mises_backward_rows0 given = {n, parts, stop, x, mu, grad_mu_total_parts};
        if (parts > 1) {
            gradc_run(parts, von_mises_backward_rows0, &given);
        } else {
            von_mises_backward_rows0(&given, 0, 0);
        }
    }
    double grad_mu_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_mu_total += grad_mu_total_parts[part];
    }

    /* grad_mu = -(2 * (grad_mu_total * (cotangent * exp(log_kappa) / n))) */
    *grad_mu = -(2.0 * (grad_mu_total * (cotangent * gradc_exp(log_kappa) / (double)n)));
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t von_mises_value_and_grad_work(int64_t n)
{
    (void)n;
    return 0;
}

struct von_mises_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *x;
    double mu;
    double *t0_parts;
    double *grad_mu_total_parts;
};

static GRADC_APART void von_mises_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct von_mises_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const x = given->x;
    const double mu = given->mu;
    double *restrict const t0_parts = given->t0_parts;
    double *restrict const grad_mu_total_parts = given->grad_mu_total_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    double grad_mu_total_part = 0.0;
    double grad_mu_total_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n](let(s0 := sin(0.5 * (x[i] - mu)), s0 * s0)) */
        /* grad_mu_total = sum[i:n](let(s0 := 0.5 * (x[i] - mu), cos(s0) * sin(s0))) */
        double t0_part_sum = 0.0;
        double grad_mu_total_part_sum = 0.0;
        {
            double far = 0.0;
            if (GRADC_NEAR) {
                GRADC_SIMD(reduction(+:far))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    far += gradc_far_sine(v0);
                    far += gradc_far_sine(v0);
                }
            }
            if (GRADC_NEAR && far == 0.0) {
                GRADC_SIMD(reduction(+:t0_part_sum, grad_mu_total_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    const double v1 = gradc_sin(v0);
                    t0_part_sum += v1 * v1;
                    grad_mu_total_part_sum += gradc_cos(v0) * v1;
                }
            } else {
                GRADC_SIMD(reduction(+:t0_part_sum, grad_mu_total_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = 0.5 * (x[i] - mu);
                    const double v1 = sin(v0);
                    t0_part_sum += v1 * v1;
                    grad_mu_total_part_sum += cos(v0) * v1;
                }
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
        gradc_add(&grad_mu_total_part, &grad_mu_total_part_low, grad_mu_total_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
    grad_mu_total_part = gradc_rounded(grad_mu_total_part, grad_mu_total_part_low);
    grad_mu_total_parts[part] = grad_mu_total_part;
}

int von_mises_value_and_grad(int64_t n, double mu, double log_kappa, const double *restrict x,
                             double *restrict value, double *restrict grad_mu, double *restrict grad_log_kappa,
                             void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(72.0*(double)n);
    const int64_t parts = gradc_parts(n, 46, 0);
    double t0_parts[GRADC_PARTS];
    double grad_mu_total_parts[GRADC_PARTS];
    {
        const struct von_mises_value_and_grad_rows0 given = {n, parts, stop, x, mu, t0_parts, grad_mu_total_parts};
        if (parts > 1) {
            gradc_run(parts, von_mises_value_and_grad_rows0, &given);
        } else {
            von_mises_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double grad_mu_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_mu_total += grad_mu_total_parts[part];
    }

    /* value = let(s0 := exp(log_kappa), 1.8378770664093453 + log(i0e(s0)) + s0 * (2 * t0 / n)) */
    /* grad_mu = -(2 * (grad_mu_total * (exp(log_kappa) / n))) */
    /* grad_log_kappa = let(s0 := exp(log_kappa), s1 := i0e(s0), s0 * (2 * t0 / n + (i1e(s0) - sign(s0) * s1) /
     *    s1)) */
    const double v0 = gradc_exp(log_kappa);
    const double v1 = gradc_i0e(v0);
    const double v2 = (double)n;
    const double v3 = 2.0 * t0 / v2;
    *value = 1.8378770664093453 + gradc_log(v1) + v0 * v3;
    *grad_mu = -(2.0 * (grad_mu_total * (v0 / v2)));
    *grad_log_kappa = v0 * (v3 + (gradc_i1e(v0) - ((v0 > 0 || v0 < 0) ? copysign(1, v0) : v0 + 0) * v1) / v1);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
