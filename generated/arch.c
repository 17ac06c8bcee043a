/* arch: the loss, and its derivatives.
 *
 *     def program(log_base: real, log_reply: real, y: real[t]):
 *         t0 = exp(log_base)
 *         t1 = exp(log_reply)
 *         t2 = sum[i:t - 1](let(s0 := t0 + t1 * y[i] ** 2, log(s0) + y[i + 1] ** 2 / s0))
 *         value = 0.9189385332046727 + 0.5 * (t2 / (t - 1))
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/routines/compensated.h"

#include "arch.h"

size_t arch_value_work(int64_t t)
{
    (void)t;
    return 0;
}

struct arch_value_rows0 {
    int64_t t;
    int64_t parts;
    const volatile int *stop;
    const double *y;
    double t0;
    double t1;
    double *t2_parts;
};

static GRADC_APART void arch_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct arch_value_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const y = given->y;
    const double t0 = given->t0;
    const double t1 = given->t1;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), log(s0) + y[i + 1] * y[i + 1] / s0)) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = t0 + t1 * (y_i * y_i);
            const double y_here = y[i + 1];
            t2_part_sum += gradc_log(v0) + y_here * y_here / v0;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int arch_value(int64_t t, double log_base, double log_reply, const double *restrict y, double *restrict value,
               void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(34.0*(double)t);

    /* t0 = exp(log_base) */
    /* t1 = exp(log_reply) */
    const double t0 = gradc_exp(log_base);
    const double t1 = gradc_exp(log_reply);
    const int64_t parts = gradc_parts(t - 1, 33, 0);
    double t2_parts[GRADC_PARTS];
    {
        const struct arch_value_rows0 given = {t, parts, stop, y, t0, t1, t2_parts};
        if (parts > 1) {
            gradc_run(parts, arch_value_rows0, &given);
        } else {
            arch_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = 0.9189385332046727 + 0.5 * (t2 / (t - 1)) */
    *value = 0.9189385332046727 + 0.5 * (t2 / (double)(t - 1));
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t arch_forward_work(int64_t t)
{
    (void)t;
    return 0;
}

struct arch_forward_rows0 {
    int64_t t;
    int64_t parts;
    const volatile int *stop;
    const double *y;
    double t0;
    double t1;
    double *t2_parts;
};

static GRADC_APART void arch_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct arch_forward_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const y = given->y;
    const double t0 = given->t0;
    const double t1 = given->t1;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), log(s0) + y[i + 1] * y[i + 1] / s0)) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = t0 + t1 * (y_i * y_i);
            const double y_here = y[i + 1];
            t2_part_sum += gradc_log(v0) + y_here * y_here / v0;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int arch_forward(int64_t t, double log_base, double log_reply, const double *restrict y, double *restrict value,
                 double *restrict t0, double *restrict t1, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(34.0*(double)t);

    /* t0 = exp(log_base) */
    /* t1 = exp(log_reply) */
    const double t0_ = gradc_exp(log_base);
    const double t1_ = gradc_exp(log_reply);
    const int64_t parts = gradc_parts(t - 1, 33, 0);
    double t2_parts[GRADC_PARTS];
    {
        const struct arch_forward_rows0 given = {t, parts, stop, y, t0_, t1_, t2_parts};
        if (parts > 1) {
            gradc_run(parts, arch_forward_rows0, &given);
        } else {
            arch_forward_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = 0.9189385332046727 + 0.5 * (t2 / (t - 1)) */
    *value = 0.9189385332046727 + 0.5 * (t2 / (double)(t - 1));
    *t0 = t0_;
    *t1 = t1_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t arch_backward_work(int64_t t)
{
    (void)t;
    return 0;
}

int arch_backward(int64_t t, double log_base, double log_reply, const double *restrict y, double t0, double t1,
                  double cotangent, double *restrict grad_log_base, double *restrict grad_log_reply,
                  void *restrict work)
{
    (void)log_base;
    (void)log_reply;
    (void)work;
    const volatile int *const stop = gradc_flag(49.0*(double)t);

    /* t2_bar = 0.5 * cotangent / (t - 1) */
    const double t2_bar = 0.5 * cotangent / (double)(t - 1);
    double t0_bar = 0.0;
    double t0_bar_low = 0.0;
    double t1_bar = 0.0;
    double t1_bar_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 1; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < t - 1 ? tile_begin + 128 : t - 1;

        /* t0_bar = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), t2_bar / s0 - t2_bar * (y[i + 1] * y[i + 1]) /
         *    s0 / s0)) */
        /* t1_bar = sum[i:t - 1](let(s0 := y[i] * y[i], s1 := t0 + t1 * s0, s0 * (t2_bar / s1 - t2_bar * (y[i + 1]
         *    * y[i + 1]) / s1 / s1))) */
        double t0_bar_sum = 0.0;
        double t1_bar_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_bar_sum, t1_bar_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = y_i * y_i;
            const double v1 = t0 + t1 * v0;
            const double y_here = y[i + 1];
            const double v2 = t2_bar / v1 - t2_bar * (y_here * y_here) / v1 / v1;
            t0_bar_sum += v2;
            t1_bar_sum += v0 * v2;
        }
        gradc_add(&t0_bar, &t0_bar_low, t0_bar_sum);
        gradc_add(&t1_bar, &t1_bar_low, t1_bar_sum);
    }
    t0_bar = gradc_rounded(t0_bar, t0_bar_low);
    t1_bar = gradc_rounded(t1_bar, t1_bar_low);

    /* grad_log_base = t0 * t0_bar */
    /* grad_log_reply = t1 * t1_bar */
    *grad_log_base = t0 * t0_bar;
    *grad_log_reply = t1 * t1_bar;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t arch_value_and_grad_work(int64_t t)
{
    (void)t;
    return 0;
}

struct arch_value_and_grad_rows0 {
    int64_t t;
    int64_t parts;
    const volatile int *stop;
    const double *y;
    double t0;
    double t1;
    double t2_bar;
    double *t2_parts;
    double *t0_bar_parts;
    double *t1_bar_parts;
};

static GRADC_APART void arch_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct arch_value_and_grad_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const y = given->y;
    const double t0 = given->t0;
    const double t1 = given->t1;
    const double t2_bar = given->t2_bar;
    double *restrict const t2_parts = given->t2_parts;
    double *restrict const t0_bar_parts = given->t0_bar_parts;
    double *restrict const t1_bar_parts = given->t1_bar_parts;
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    double t0_bar_part = 0.0;
    double t0_bar_part_low = 0.0;
    double t1_bar_part = 0.0;
    double t1_bar_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), log(s0) + y[i + 1] * y[i + 1] / s0)) */
        /* t0_bar = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), t2_bar / s0 - t2_bar * (y[i + 1] * y[i + 1]) /
         *    s0 / s0)) */
        /* t1_bar = sum[i:t - 1](let(s0 := y[i] * y[i], s1 := t0 + t1 * s0, s0 * (t2_bar / s1 - t2_bar * (y[i + 1]
         *    * y[i + 1]) / s1 / s1))) */
        double t2_part_sum = 0.0;
        double t0_bar_part_sum = 0.0;
        double t1_bar_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum, t0_bar_part_sum, t1_bar_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = y_i * y_i;
            const double v1 = t0 + t1 * v0;
            const double y_here = y[i + 1];
            const double v2 = y_here * y_here;
            const double v3 = t2_bar / v1 - t2_bar * v2 / v1 / v1;
            t2_part_sum += gradc_log(v1) + v2 / v1;
            t0_bar_part_sum += v3;
            t1_bar_part_sum += v0 * v3;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        gradc_add(&t0_bar_part, &t0_bar_part_low, t0_bar_part_sum);
        gradc_add(&t1_bar_part, &t1_bar_part_low, t1_bar_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    t0_bar_part = gradc_rounded(t0_bar_part, t0_bar_part_low);
    t0_bar_parts[part] = t0_bar_part;
    t1_bar_part = gradc_rounded(t1_bar_part, t1_bar_part_low);
    t1_bar_parts[part] = t1_bar_part;
}

int arch_value_and_grad(int64_t t, double log_base, double log_reply, const double *restrict y,
                        double *restrict value, double *restrict grad_log_base, double *restrict grad_log_reply,
                        void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(83.0*(double)t);

    /* t0 = exp(log_base) */
    /* t1 = exp(log_reply) */
    /* t2_bar = 0.5 / (t - 1) */
    const double t0 = gradc_exp(log_base);
    const double t1 = gradc_exp(log_reply);
    const double t2_bar = 0.5 / (double)(t - 1);
    const int64_t parts = gradc_parts(t - 1, 49, 0);
    double t2_parts[GRADC_PARTS];
    double t0_bar_parts[GRADC_PARTS];
    double t1_bar_parts[GRADC_PARTS];
    {
        const struct arch_value_and_grad_rows0 given = {t, parts, stop, y, t0, t1, t2_bar, t2_parts, t0_bar_parts,
            t1_bar_parts};
        if (parts > 1) {
            gradc_run(parts, arch_value_and_grad_rows0, &given);
        } else {
            arch_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    double t0_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0_bar += t0_bar_parts[part];
    }
    double t1_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1_bar += t1_bar_parts[part];
    }

    /* value = 0.9189385332046727 + 0.5 * (t2 / (t - 1)) */
    /* grad_log_base = t0_bar * t0 */
    /* grad_log_reply = t1_bar * t1 */
    *value = 0.9189385332046727 + 0.5 * (t2 / (double)(t - 1));
    *grad_log_base = t0_bar * t0;
    *grad_log_reply = t1 * t1_bar;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
