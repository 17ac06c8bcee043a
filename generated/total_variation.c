/* total_variation: the loss, and its derivatives.
 *
 *     def program(x: real[t], y: real[t], lam: real, eps: real):
 *         t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i]))
 *         t1 = sum[i:t]((x[i] - y[i]) ** 2)
 *         value = lam * t0 + 0.5 * t1
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/clamp.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/helpers/within.h"
#include "support/vector/hypot.h"
#include "support/routines/compensated.h"

#include "total_variation.h"

size_t total_variation_value_work(int64_t t)
{
    (void)t;
    return 0;
}

struct total_variation_value_rows0 {
    int64_t t;
    int64_t parts;
    const volatile int *stop;
    double eps;
    const double *x;
    double *t0_parts;
};

static GRADC_APART void total_variation_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct total_variation_value_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double eps = given->eps;
    const double *restrict const x = given->x;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i])) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_part_sum += gradc_hypot(eps, x[i + 1] - x[i]);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int total_variation_value(int64_t t, const double *restrict x, const double *restrict y, double lam, double eps,
                          double *restrict value, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(30.0*(double)t);
    const int64_t parts = gradc_parts(t - 1, 24, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct total_variation_value_rows0 given = {t, parts, stop, eps, x, t0_parts};
        if (parts > 1) {
            gradc_run(parts, total_variation_value_rows0, &given);
        } else {
            total_variation_value_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < t ? tile_begin + 128 : t;

        /* t1 = sum[i:t](let(s0 := x[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = x[i] - y[i];
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = lam * t0 + 0.5 * t1 */
    *value = lam * t0 + 0.5 * t1;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t total_variation_forward_work(int64_t t)
{
    (void)t;
    return 0;
}

struct total_variation_forward_rows0 {
    int64_t t;
    int64_t parts;
    const volatile int *stop;
    double eps;
    const double *x;
    double *t0_parts;
};

static GRADC_APART void total_variation_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct total_variation_forward_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double eps = given->eps;
    const double *restrict const x = given->x;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:t - 1](hypot(eps, x[i + 1] - x[i])) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_part_sum += gradc_hypot(eps, x[i + 1] - x[i]);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int total_variation_forward(int64_t t, const double *restrict x, const double *restrict y, double lam, double eps,
                            double *restrict value, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(30.0*(double)t);
    const int64_t parts = gradc_parts(t - 1, 24, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct total_variation_forward_rows0 given = {t, parts, stop, eps, x, t0_parts};
        if (parts > 1) {
            gradc_run(parts, total_variation_forward_rows0, &given);
        } else {
            total_variation_forward_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < t ? tile_begin + 128 : t;

        /* t1 = sum[i:t](let(s0 := x[i] - y[i], s0 * s0)) */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = x[i] - y[i];
            t1_sum += v0 * v0;
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = lam * t0 + 0.5 * t1 */
    *value = lam * t0 + 0.5 * t1;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t total_variation_backward_work(int64_t t)
{
    return (size_t)gradc_parts(t, 57, 0) * (gradc_bytes(129, sizeof(double)) + gradc_bytes(129, sizeof(double)));
}

struct total_variation_backward_rows0 {
    int64_t t;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *x;
    double eps;
    double cotangent;
    double lam;
    double *grad_x;
    const double *y;
};

static GRADC_APART void total_variation_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct total_variation_backward_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const x = given->x;
    const double eps = given->eps;
    const double cotangent = given->cotangent;
    const double lam = given->lam;
    double *restrict const grad_x = given->grad_x;
    const double *restrict const y = given->y;
    const int64_t part_begin = gradc_cut(t, parts, part);
    const int64_t part_end = gradc_cut(t, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_x_term = (void *)tile_own;
    tile_own += gradc_bytes(129, sizeof(double));
    double *const grad_x_term_2 = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* grad_x_term[i:t] = let(s0 := x[i + 1] - x[i], where(i < t - 1, s0 / hypot(eps, s0), 0)) */
        /* grad_x_term_2[i:t] = where(i < t - 1, hypot(eps, x[i + 1] - x[i]), 0) */
        {
            const int64_t halo_begin = tile_begin - 1 > 0 ? tile_begin - 1 : 0;
            {
                const int64_t i_last = gradc_within(t - 1, halo_begin, tile_begin);
                GRADC_SIMD()
                for (int64_t i = halo_begin; i < i_last; ++i) {
                    const double v0 = x[i + 1] - x[i];
                    const double v1 = gradc_hypot(eps, v0);
                    grad_x_term[i + 1 - tile_begin] = v0 / v1;
                    grad_x_term_2[i + 1 - tile_begin] = v1;
                }
                for (int64_t i = i_last; i < tile_begin; ++i) {
                    const int v0 = i < t - 1;
                    const double v1 = x[gradc_clamp(i + 1, t)] - x[i];
                    const double v2 = gradc_hypot(eps, v1);
                    grad_x_term[i + 1 - tile_begin] = v0 ? v1 / v2 : 0.0;
                    grad_x_term_2[i + 1 - tile_begin] = v0 ? v2 : 0.0;
                }
            }
        }
        {
            const int64_t i_last = gradc_within(t - 1, tile_begin, tile_end);
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < i_last; ++i) {
                const double v0 = x[i + 1] - x[i];
                const double v1 = gradc_hypot(eps, v0);
                grad_x_term[i + 1 - tile_begin] = v0 / v1;
                grad_x_term_2[i + 1 - tile_begin] = v1;
            }
            for (int64_t i = i_last; i < tile_end; ++i) {
                const int v0 = i < t - 1;
                const double v1 = x[gradc_clamp(i + 1, t)] - x[i];
                const double v2 = gradc_hypot(eps, v1);
                grad_x_term[i + 1 - tile_begin] = v0 ? v1 / v2 : 0.0;
                grad_x_term_2[i + 1 - tile_begin] = v0 ? v2 : 0.0;
            }
        }

        /* grad_x[i:t] = let(s0 := lam * cotangent, cotangent * (x[i] - y[i]) + (where(1 <= i, where(0 ==
         *    grad_x_term_2[i - 1], 0, grad_x_term[i - 1] * s0), 0) + where(i < t - 1, where(0 == grad_x_term_2[i],
         *    0, -(grad_x_term[i] * s0)), 0))) */
        {
            const double v0 = cotangent * lam;
            const int64_t i_first = gradc_within(1, tile_begin, tile_end);
            const int64_t i_last = gradc_within(t - 1, i_first, tile_end);
            for (int64_t i = tile_begin; i < i_first; ++i) {
                const double v1 = 0.0 == grad_x_term_2[gradc_clamp(i - 1, t) + 1 - tile_begin] ? 0.0
                    : grad_x_term[gradc_clamp(i - 1, t) + 1 - tile_begin] * v0;
                const double v2 = 0.0 == grad_x_term_2[i + 1 - tile_begin] ? 0.0
                    : -(grad_x_term[i + 1 - tile_begin] * v0);
                grad_x[i] = cotangent * (x[i] - y[i]) + ((1 <= i ? v1 : 0.0) + (i < t - 1 ? v2 : 0.0));
            }
            GRADC_SIMD()
            for (int64_t i = i_first; i < i_last; ++i) {
                const double v1 = (0.0 == grad_x_term_2[i - tile_begin] ? 0.0 : grad_x_term[i - tile_begin] * v0)
                    + (0.0 == grad_x_term_2[i + 1 - tile_begin] ? 0.0 : -(grad_x_term[i + 1 - tile_begin] * v0));
                grad_x[i] = cotangent * (x[i] - y[i]) + v1;
            }
            for (int64_t i = i_last; i < tile_end; ++i) {
                const double v1 = 0.0 == grad_x_term_2[gradc_clamp(i - 1, t) + 1 - tile_begin] ? 0.0
                    : grad_x_term[gradc_clamp(i - 1, t) + 1 - tile_begin] * v0;
                const double v2 = 0.0 == grad_x_term_2[i + 1 - tile_begin] ? 0.0
                    : -(grad_x_term[i + 1 - tile_begin] * v0);
                grad_x[i] = cotangent * (x[i] - y[i]) + ((1 <= i ? v1 : 0.0) + (i < t - 1 ? v2 : 0.0));
            }
        }
    }
}

int total_variation_backward(int64_t t, const double *restrict x, const double *restrict y, double lam, double eps,
                             double cotangent, double *restrict grad_x, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(83.0*(double)t);
    const int64_t parts = gradc_parts(t, 57, 0);
    const size_t tile_bytes = gradc_bytes(129, sizeof(double)) + gradc_bytes(129, sizeof(double));
    {
        const struct total_variation_backward_rows0 given = {t, parts, tile_scratch, tile_bytes, stop, x, eps,
            cotangent, lam, grad_x, y};
        if (parts > 1) {
            gradc_run(parts, total_variation_backward_rows0, &given);
        } else {
            total_variation_backward_rows0(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t total_variation_value_and_grad_work(int64_t t)
{
    return (size_t)gradc_parts(t, 57, 0) * (gradc_bytes(129, sizeof(double)) + gradc_bytes(129, sizeof(double)));
}

struct total_variation_value_and_grad_rows0 {
    int64_t t;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *x;
    double eps;
    const double *y;
    double lam;
    double *grad_x;
    double *t0_parts;
    double *t1_parts;
};

static GRADC_APART void total_variation_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct total_variation_value_and_grad_rows0 *const given = context;
    const int64_t t = given->t;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const x = given->x;
    const double eps = given->eps;
    const double *restrict const y = given->y;
    const double lam = given->lam;
    double *restrict const grad_x = given->grad_x;
    double *restrict const t0_parts = given->t0_parts;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(t, parts, part);
    const int64_t part_end = gradc_cut(t, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_x_term = (void *)tile_own;
    tile_own += gradc_bytes(129, sizeof(double));
    double *const grad_x_term_2 = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:t](where(i < t - 1, hypot(eps, x[i + 1] - x[i]), 0)) */
        /* t1 = sum[i:t](let(s0 := x[i] - y[i], s0 * s0)) */
        /* grad_x_term[i:t] = let(s0 := x[i + 1] - x[i], where(i < t - 1, s0 / hypot(eps, s0), 0)) */
        /* grad_x_term_2[i:t] = where(i < t - 1, hypot(eps, x[i + 1] - x[i]), 0) */
        {
            const int64_t halo_begin = tile_begin - 1 > 0 ? tile_begin - 1 : 0;
            {
                const int64_t i_last = gradc_within(t - 1, halo_begin, tile_begin);
                GRADC_SIMD()
                for (int64_t i = halo_begin; i < i_last; ++i) {
                    const double v0 = x[i + 1] - x[i];
                    const double v1 = gradc_hypot(eps, v0);
                    grad_x_term[i + 1 - tile_begin] = v0 / v1;
                    grad_x_term_2[i + 1 - tile_begin] = v1;
                }
                for (int64_t i = i_last; i < tile_begin; ++i) {
                    const int v0 = i < t - 1;
                    const double v1 = x[gradc_clamp(i + 1, t)] - x[i];
                    const double v2 = gradc_hypot(eps, v1);
                    grad_x_term[i + 1 - tile_begin] = v0 ? v1 / v2 : 0.0;
                    grad_x_term_2[i + 1 - tile_begin] = v0 ? v2 : 0.0;
                }
            }
        }
        {
            double t0_part_sum = 0.0;
            double t1_part_sum = 0.0;
            const int64_t i_last = gradc_within(t - 1, tile_begin, tile_end);
            GRADC_SIMD(reduction(+:t0_part_sum, t1_part_sum))
            for (int64_t i = tile_begin; i < i_last; ++i) {
                const double x_i = x[i];
                const double v0 = x[i + 1] - x_i;
                const double v1 = gradc_hypot(eps, v0);
                const double v2 = x_i - y[i];
                t0_part_sum += v1;
                t1_part_sum += v2 * v2;
                grad_x_term[i + 1 - tile_begin] = v0 / v1;
                grad_x_term_2[i + 1 - tile_begin] = v1;
            }
            for (int64_t i = i_last; i < tile_end; ++i) {
                const int v0 = i < t - 1;
                const double x_i = x[i];
                const double v1 = x[gradc_clamp(i + 1, t)] - x_i;
                const double v2 = gradc_hypot(eps, v1);
                const double v3 = v0 ? v2 : 0.0;
                const double v4 = x_i - y[i];
                t0_part_sum += v3;
                t1_part_sum += v4 * v4;
                grad_x_term[i + 1 - tile_begin] = v0 ? v1 / v2 : 0.0;
                grad_x_term_2[i + 1 - tile_begin] = v3;
            }
            gradc_add(&t0_part, &t0_part_low, t0_part_sum);
            gradc_add(&t1_part, &t1_part_low, t1_part_sum);
        }

        /* grad_x[i:t] = x[i] - y[i] + (where(1 <= i, where(0 == grad_x_term_2[i - 1], 0, lam * grad_x_term[i -
         *    1]), 0) + where(i < t - 1, where(0 == grad_x_term_2[i], 0, -(lam * grad_x_term[i])), 0)) */
        {
            const int64_t i_first = gradc_within(1, tile_begin, tile_end);
            const int64_t i_last = gradc_within(t - 1, i_first, tile_end);
            for (int64_t i = tile_begin; i < i_first; ++i) {
                const double v0 = 0.0 == grad_x_term_2[gradc_clamp(i - 1, t) + 1 - tile_begin] ? 0.0 : lam
                    * grad_x_term[gradc_clamp(i - 1, t) + 1 - tile_begin];
                const double v1 = 0.0 == grad_x_term_2[i + 1 - tile_begin] ? 0.0
                    : -(lam * grad_x_term[i + 1 - tile_begin]);
                grad_x[i] = x[i] - y[i] + ((1 <= i ? v0 : 0.0) + (i < t - 1 ? v1 : 0.0));
            }
            GRADC_SIMD()
            for (int64_t i = i_first; i < i_last; ++i) {
                const double v0 = (0.0 == grad_x_term_2[i - tile_begin] ? 0.0 : lam * grad_x_term[i - tile_begin])
                    + (0.0 == grad_x_term_2[i + 1 - tile_begin] ? 0.0 : -(lam * grad_x_term[i + 1 - tile_begin]));
                grad_x[i] = x[i] - y[i] + v0;
            }
            for (int64_t i = i_last; i < tile_end; ++i) {
                const double v0 = 0.0 == grad_x_term_2[gradc_clamp(i - 1, t) + 1 - tile_begin] ? 0.0 : lam
                    * grad_x_term[gradc_clamp(i - 1, t) + 1 - tile_begin];
                const double v1 = 0.0 == grad_x_term_2[i + 1 - tile_begin] ? 0.0
                    : -(lam * grad_x_term[i + 1 - tile_begin]);
                grad_x[i] = x[i] - y[i] + ((1 <= i ? v0 : 0.0) + (i < t - 1 ? v1 : 0.0));
            }
        }
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int total_variation_value_and_grad(int64_t t, const double *restrict x, const double *restrict y, double lam,
                                   double eps, double *restrict value, double *restrict grad_x, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(112.0*(double)t);
    const int64_t parts = gradc_parts(t, 57, 0);
    const size_t tile_bytes = gradc_bytes(129, sizeof(double)) + gradc_bytes(129, sizeof(double));
    double t0_parts[GRADC_PARTS];
    double t1_parts[GRADC_PARTS];
    {
        const struct total_variation_value_and_grad_rows0 given = {t, parts, tile_scratch, tile_bytes, stop, x, eps,
            y, lam, grad_x, t0_parts, t1_parts};
        if (parts > 1) {
            gradc_run(parts, total_variation_value_and_grad_rows0, &given);
        } else {
            total_variation_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * t1 + lam * t0 */
    *value = lam * t0 + 0.5 * t1;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
