/* log_normal_survival: the loss, and its derivatives.
 *
 *     def program(w: real[d], log_sigma: real, X: real[n, d], time: real[n], event: real[n]):
 *         t0 = exp(-log_sigma)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i], 0.9189385332046727 +
 *            (s0 + (log_sigma + 0.5 * s1 ** 2)), -log_ndtr(-s1))))
 *         value = t2 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/vector/log_normal.h"
#include "support/vector/normal.h"
#include "support/vector/scaled_erfc.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "log_normal_survival.h"

size_t log_normal_survival_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 56, 0) * gradc_bytes(128, sizeof(double));
}

struct log_normal_survival_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *time_;
    double t0;
    const double *event;
    double log_sigma;
    double *t2_parts;
};

static GRADC_APART void log_normal_survival_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct log_normal_survival_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const time_ = given->time_;
    const double t0 = given->t0;
    const double *restrict const event = given->event;
    const double log_sigma = given->log_sigma;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i], 0.9189385332046727 +
         *    (s0 + (log_sigma + 0.5 * (s1 * s1))), -log_ndtr(-s1)))) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = gradc_log(time_[i]);
            const double v1 = t0 * (v0 - t1[i - tile_begin]);
            t2_part_sum += 0.0 < event[i] ? 0.9189385332046727 + (v0 + (log_sigma + 0.5 * (v1 * v1)))
                : -gradc_log_normal(-v1);
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int log_normal_survival_value(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                              const double *restrict X, const double *restrict time_, const double *restrict event,
                              double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 57.0*(double)n);

    /* t0 = exp(-log_sigma) */
    const double t0 = gradc_exp(-log_sigma);
    const int64_t parts = gradc_parts(n, 3*d + 56, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct log_normal_survival_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w,
            time_, t0, event, log_sigma, t2_parts};
        if (parts > 1) {
            gradc_run(parts, log_normal_survival_value_rows0, &given);
        } else {
            log_normal_survival_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t log_normal_survival_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct log_normal_survival_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *time_;
    double t0;
    double *t1;
    const double *event;
    double log_sigma;
    double *t2_parts;
};

static GRADC_APART void log_normal_survival_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct log_normal_survival_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const time_ = given->time_;
    const double t0 = given->t0;
    double *restrict const t1 = given->t1;
    const double *restrict const event = given->event;
    const double log_sigma = given->log_sigma;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i], 0.9189385332046727 +
         *    (s0 + (log_sigma + 0.5 * (s1 * s1))), -log_ndtr(-s1)))) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = gradc_log(time_[i]);
            const double v1 = t0 * (v0 - t1[i]);
            t2_part_sum += 0.0 < event[i] ? 0.9189385332046727 + (v0 + (log_sigma + 0.5 * (v1 * v1)))
                : -gradc_log_normal(-v1);
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int log_normal_survival_forward(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                const double *restrict X, const double *restrict time_, const double *restrict event,
                                double *restrict value, double *restrict t0, double *restrict t1,
                                void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 57.0*(double)n);

    /* t0 = exp(-log_sigma) */
    const double t0_ = gradc_exp(-log_sigma);
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = 0.0;
    }

    /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, t1, 1, 1);
    const int64_t parts = gradc_parts(n, 56, 0);
    double t2_parts[GRADC_PARTS];
    {
        const struct log_normal_survival_forward_rows0 given = {n, parts, stop, time_, t0_, t1, event, log_sigma,
            t2_parts};
        if (parts > 1) {
            gradc_run(parts, log_normal_survival_forward_rows0, &given);
        } else {
            log_normal_survival_forward_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    *t0 = t0_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t log_normal_survival_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 117, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 117, d) * gradc_bytes(128, sizeof(double));
}

struct log_normal_survival_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double t2_bar;
    const double *event;
    const double *time_;
    const double *t1;
    double t0;
    const double *X;
    double *grad_log_sigma_total_parts;
    double *t0_bar_parts;
};

static GRADC_APART void log_normal_survival_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct log_normal_survival_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double t2_bar = given->t2_bar;
    const double *restrict const event = given->event;
    const double *restrict const time_ = given->time_;
    const double *restrict const t1 = given->t1;
    const double t0 = given->t0;
    const double *restrict const X = given->X;
    double *restrict const grad_log_sigma_total_parts = given->grad_log_sigma_total_parts;
    double *restrict const t0_bar_parts = given->t0_bar_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_bar = (void *)tile_own;
    double grad_log_sigma_total_part = 0.0;
    double grad_log_sigma_total_part_low = 0.0;
    double t0_bar_part = 0.0;
    double t0_bar_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_bar[i:n] = let(s0 := 0 < event[i], s1 := t0 * (log(time[i]) - t1[i]), s2 := -s1, -(t0 * (where(s0,
         *    t2_bar * s1, 0) + where(s0, 0, -where(s2 < 0, -(0.7978845608028654 * t2_bar /
         *    erfcx(-(-0.7071067811865476 * s1))), -(t2_bar * (0.3989422804014327 * exp(-0.5 * (s1 * s1))) /
         *    ndtr(s2))))))) */
        /* grad_log_sigma_total = sum[i:n](where(0 < event[i], t2_bar, 0)) */
        /* t0_bar = sum[i:n](let(s0 := log(time[i]) - t1[i], s1 := 0 < event[i], s2 := t0 * s0, s3 := -s2, s0 *
         *    (where(s1, t2_bar * s2, 0) + where(s1, 0, -where(s3 < 0, -(0.7978845608028654 * t2_bar /
         *    erfcx(-(-0.7071067811865476 * s2))), -(t2_bar * (0.3989422804014327 * exp(-0.5 * (s2 * s2))) /
         *    ndtr(s3))))))) */
        const double v0 = 0.7978845608028654 * t2_bar;
        double grad_log_sigma_total_part_sum = 0.0;
        double t0_bar_part_sum = 0.0;
        GRADC_SIMD(reduction(+:grad_log_sigma_total_part_sum, t0_bar_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int v1 = 0.0 < event[i];
            const double v2 = gradc_log(time_[i]) - t1[i];
            const double v3 = t0 * v2;
            const double v4 = -v3;
            const double v5 = v4 < 0.0 ? -(v0 / gradc_scaled_erfc(-(-0.7071067811865476 * v3)))
                : -(t2_bar * (0.3989422804014327 * gradc_exp(-0.5 * (v3 * v3))) / gradc_normal(v4));
            const double v6 = (v1 ? t2_bar * v3 : 0.0) + (v1 ? 0.0 : -v5);
            t1_bar[i - tile_begin] = -(t0 * v6);
            grad_log_sigma_total_part_sum += v1 ? t2_bar : 0.0;
            t0_bar_part_sum += v2 * v6;
        }
        gradc_add(&grad_log_sigma_total_part, &grad_log_sigma_total_part_low, grad_log_sigma_total_part_sum);
        gradc_add(&t0_bar_part, &t0_bar_part_low, t0_bar_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t1_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1_bar, 1, grad_w_part);
    }
    grad_log_sigma_total_part = gradc_rounded(grad_log_sigma_total_part, grad_log_sigma_total_part_low);
    grad_log_sigma_total_parts[part] = grad_log_sigma_total_part;
    t0_bar_part = gradc_rounded(t0_bar_part, t0_bar_part_low);
    t0_bar_parts[part] = t0_bar_part;
}

int log_normal_survival_backward(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                 const double *restrict X, const double *restrict time_,
                                 const double *restrict event, double t0, const double *restrict t1,
                                 double cotangent, double *restrict grad_w, double *restrict grad_log_sigma,
                                 void *restrict work)
{
    (void)w;
    (void)log_sigma;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 117, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 236.0*(double)n);

    /* t2_bar = cotangent / n */
    const double t2_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 117, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double grad_log_sigma_total_parts[GRADC_PARTS];
    double t0_bar_parts[GRADC_PARTS];
    {
        const struct log_normal_survival_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, t2_bar, event, time_, t1, t0, X, grad_log_sigma_total_parts,
            t0_bar_parts};
        if (parts > 1) {
            gradc_run(parts, log_normal_survival_backward_rows0, &given);
        } else {
            log_normal_survival_backward_rows0(&given, 0, 0);
        }
    }
    double grad_log_sigma_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_log_sigma_total += grad_log_sigma_total_parts[part];
    }
    double t0_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0_bar += t0_bar_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* grad_log_sigma = grad_log_sigma_total - t0 * t0_bar */
    *grad_log_sigma = grad_log_sigma_total - t0 * t0_bar;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t log_normal_survival_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 144, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 6*d + 144, d) * gradc_bytes(128, sizeof(double));
}

struct log_normal_survival_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *X;
    const double *w;
    double t2_bar;
    const double *event;
    const double *time_;
    double t0;
    double log_sigma;
    double *t2_parts;
    double *grad_log_sigma_total_parts;
    double *t0_bar_parts;
};

static GRADC_APART void log_normal_survival_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct log_normal_survival_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double t2_bar = given->t2_bar;
    const double *restrict const event = given->event;
    const double *restrict const time_ = given->time_;
    const double t0 = given->t0;
    const double log_sigma = given->log_sigma;
    double *restrict const t2_parts = given->t2_parts;
    double *restrict const grad_log_sigma_total_parts = given->grad_log_sigma_total_parts;
    double *restrict const t0_bar_parts = given->t0_bar_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    double grad_log_sigma_total_part = 0.0;
    double grad_log_sigma_total_part_low = 0.0;
    double t0_bar_part = 0.0;
    double t0_bar_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), where(0 < event[i], 0.9189385332046727 +
         *    (s0 + (log_sigma + 0.5 * (s1 * s1))), -log_ndtr(-s1)))) */
        /* t1_bar[i:n] = let(s0 := 0 < event[i], s1 := t0 * (log(time[i]) - t1[i]), s2 := -s1, -(t0 * (where(s0,
         *    t2_bar * s1, 0) + where(s0, 0, -where(s2 < 0, -(0.7978845608028654 * t2_bar /
         *    erfcx(-(-0.7071067811865476 * s1))), -(t2_bar * (0.3989422804014327 * exp(-0.5 * (s1 * s1))) /
         *    ndtr(s2))))))), in the place of t1 */
        /* grad_log_sigma_total = sum[i:n](where(0 < event[i], t2_bar, 0)) */
        /* t0_bar = sum[i:n](let(s0 := log(time[i]) - t1[i], s1 := 0 < event[i], s2 := t0 * s0, s3 := -s2, s0 *
         *    (where(s1, t2_bar * s2, 0) + where(s1, 0, -where(s3 < 0, -(0.7978845608028654 * t2_bar /
         *    erfcx(-(-0.7071067811865476 * s2))), -(t2_bar * (0.3989422804014327 * exp(-0.5 * (s2 * s2))) /
         *    ndtr(s3))))))) */
        const double v0 = 0.7978845608028654 * t2_bar;
        double t2_part_sum = 0.0;
        double grad_log_sigma_total_part_sum = 0.0;
        double t0_bar_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum, grad_log_sigma_total_part_sum, t0_bar_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int v1 = 0.0 < event[i];
            const double v2 = gradc_log(time_[i]);
            const double t1_i = t1[i - tile_begin];
            const double v3 = v2 - t1_i;
            const double v4 = t0 * v3;
            const double v5 = v4 * v4;
            const double v6 = -v4;
            const double v7 = v6 < 0.0 ? -(v0 / gradc_scaled_erfc(-(-0.7071067811865476 * v4)))
                : -(t2_bar * (0.3989422804014327 * gradc_exp(-0.5 * v5)) / gradc_normal(v6));
            const double v8 = (v1 ? t2_bar * v4 : 0.0) + (v1 ? 0.0 : -v7);
            t2_part_sum += v1 ? 0.9189385332046727 + (v2 + (log_sigma + 0.5 * v5)) : -gradc_log_normal(v6);
            t1[i - tile_begin] = -(t0 * v8);
            grad_log_sigma_total_part_sum += v1 ? t2_bar : 0.0;
            t0_bar_part_sum += v3 * v8;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        gradc_add(&grad_log_sigma_total_part, &grad_log_sigma_total_part_low, grad_log_sigma_total_part_sum);
        gradc_add(&t0_bar_part, &t0_bar_part_low, t0_bar_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t1_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1, 1, grad_w_part);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    grad_log_sigma_total_part = gradc_rounded(grad_log_sigma_total_part, grad_log_sigma_total_part_low);
    grad_log_sigma_total_parts[part] = grad_log_sigma_total_part;
    t0_bar_part = gradc_rounded(t0_bar_part, t0_bar_part_low);
    t0_bar_parts[part] = t0_bar_part;
}

int log_normal_survival_value_and_grad(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                       const double *restrict X, const double *restrict time_,
                                       const double *restrict event, double *restrict value, double *restrict grad_w,
                                       double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 144, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 293.0*(double)n);

    /* t0 = exp(-log_sigma) */
    /* t2_bar = 1 / n */
    const double t0 = gradc_exp(-log_sigma);
    const double t2_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 144, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    double grad_log_sigma_total_parts[GRADC_PARTS];
    double t0_bar_parts[GRADC_PARTS];
    {
        const struct log_normal_survival_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, t2_bar, event, time_, t0, log_sigma, t2_parts,
            grad_log_sigma_total_parts, t0_bar_parts};
        if (parts > 1) {
            gradc_run(parts, log_normal_survival_value_and_grad_rows0, &given);
        } else {
            log_normal_survival_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    double grad_log_sigma_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_log_sigma_total += grad_log_sigma_total_parts[part];
    }
    double t0_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0_bar += t0_bar_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* value = t2 / n */
    /* grad_log_sigma = grad_log_sigma_total - t0_bar * t0 */
    *value = t2 / (double)n;
    *grad_log_sigma = grad_log_sigma_total - t0 * t0_bar;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
