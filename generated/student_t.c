/* student_t: the loss, and its derivatives.
 *
 *     def program(w: real[d], log_sigma: real, X: real[n, d], y: real[n], nu: real):
 *         t0 = exp(-log_sigma)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](log1p((t0 * (y[i] - t1[i])) ** 2 / nu))
 *         value = let(s0 := 0.5 * (1 + nu), gammaln_difference(s0, -0.5) + (0.5 * log(3.141592653589793 * nu) +
 *            (log_sigma + t2 / n * s0)))
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
#include "support/vector/log1p.h"
#include "support/special/gammaln_difference.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "student_t.h"

size_t student_t_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 31, 0) * gradc_bytes(128, sizeof(double));
}

struct student_t_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double t0;
    const double *y;
    double nu;
    double *t2_parts;
};

static GRADC_APART void student_t_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct student_t_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double t0 = given->t0;
    const double *restrict const y = given->y;
    const double nu = given->nu;
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

        /* t2 = sum[i:n](let(s0 := t0 * (y[i] - t1[i]), log1p(s0 * s0 / nu))) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0 * (y[i] - t1[i - tile_begin]);
            t2_part_sum += gradc_log1p(v0 * v0 / nu);
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int student_t_value(int64_t n, int64_t d, const double *restrict w, double log_sigma, const double *restrict X,
                    const double *restrict y, double nu, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 32.0*(double)n);

    /* t0 = exp(-log_sigma) */
    const double t0 = gradc_exp(-log_sigma);
    const int64_t parts = gradc_parts(n, 3*d + 31, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct student_t_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, t0, y, nu,
            t2_parts};
        if (parts > 1) {
            gradc_run(parts, student_t_value_rows0, &given);
        } else {
            student_t_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = let(s0 := 0.5 * (1 + nu), gammaln_difference(s0, -0.5) + (0.5 * log(3.141592653589793 * nu) +
     *    (log_sigma + t2 / n * s0))) */
    const double v0 = 0.5 * (1.0 + nu);
    const double v1 = gradc_gammaln_difference(v0, -0.5) + (0.5 * gradc_log(3.141592653589793 * nu)
        + (log_sigma + t2 / (double)n * v0));
    *value = v1;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t student_t_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct student_t_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double t0;
    const double *y;
    double *t1;
    double nu;
    double *t2_parts;
};

static GRADC_APART void student_t_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct student_t_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double t0 = given->t0;
    const double *restrict const y = given->y;
    double *restrict const t1 = given->t1;
    const double nu = given->nu;
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

        /* t2 = sum[i:n](let(s0 := t0 * (y[i] - t1[i]), log1p(s0 * s0 / nu))) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0 * (y[i] - t1[i]);
            t2_part_sum += gradc_log1p(v0 * v0 / nu);
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int student_t_forward(int64_t n, int64_t d, const double *restrict w, double log_sigma, const double *restrict X,
                      const double *restrict y, double nu, double *restrict value, double *restrict t0,
                      double *restrict t1, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 32.0*(double)n);

    /* t0 = exp(-log_sigma) */
    const double t0_ = gradc_exp(-log_sigma);
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = 0.0;
    }

    /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, t1, 1, 1);
    const int64_t parts = gradc_parts(n, 31, 0);
    double t2_parts[GRADC_PARTS];
    {
        const struct student_t_forward_rows0 given = {n, parts, stop, t0_, y, t1, nu, t2_parts};
        if (parts > 1) {
            gradc_run(parts, student_t_forward_rows0, &given);
        } else {
            student_t_forward_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = let(s0 := 0.5 * (1 + nu), gammaln_difference(s0, -0.5) + (0.5 * log(3.141592653589793 * nu) +
     *    (log_sigma + t2 / n * s0))) */
    const double v0 = 0.5 * (1.0 + nu);
    const double v1 = gradc_gammaln_difference(v0, -0.5) + (0.5 * gradc_log(3.141592653589793 * nu)
        + (log_sigma + t2 / (double)n * v0));
    *value = v1;
    *t0 = t0_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t student_t_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 30, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 30, d)
        * gradc_bytes(128, sizeof(double));
}

struct student_t_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *y;
    const double *t1;
    double t0;
    double nu;
    double t2_bar;
    const double *X;
    double *grad_log_sigma_total_parts;
};

static GRADC_APART void student_t_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct student_t_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const y = given->y;
    const double *restrict const t1 = given->t1;
    const double t0 = given->t0;
    const double nu = given->nu;
    const double t2_bar = given->t2_bar;
    const double *restrict const X = given->X;
    double *restrict const grad_log_sigma_total_parts = given->grad_log_sigma_total_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_bar = (void *)tile_own;
    double grad_log_sigma_total_part = 0.0;
    double grad_log_sigma_total_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_bar[i:n] = let(s0 := t0 * (y[i] - t1[i]), -(t0 * (2 * s0 * (t2_bar / (1 + s0 * s0 / nu) / nu)))) */
        /* grad_log_sigma_total = sum[i:n](let(s0 := y[i] - t1[i], s1 := t0 * s0, s0 * s0 / (1 + s1 * s1 / nu))) */
        double grad_log_sigma_total_part_sum = 0.0;
        GRADC_SIMD(reduction(+:grad_log_sigma_total_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = y[i] - t1[i];
            const double v1 = t0 * v0;
            const double v2 = 1.0 + v1 * v1 / nu;
            t1_bar[i - tile_begin] = -(t0 * (2.0 * v1 * (t2_bar / v2 / nu)));
            grad_log_sigma_total_part_sum += v0 * v0 / v2;
        }
        gradc_add(&grad_log_sigma_total_part, &grad_log_sigma_total_part_low, grad_log_sigma_total_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t1_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1_bar, 1, grad_w_part);
    }
    grad_log_sigma_total_part = gradc_rounded(grad_log_sigma_total_part, grad_log_sigma_total_part_low);
    grad_log_sigma_total_parts[part] = grad_log_sigma_total_part;
}

int student_t_backward(int64_t n, int64_t d, const double *restrict w, double log_sigma, const double *restrict X,
                       const double *restrict y, double nu, double t0, const double *restrict t1, double cotangent,
                       double *restrict grad_w, double *restrict grad_log_sigma, void *restrict work)
{
    (void)w;
    (void)log_sigma;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 30, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 44.0*(double)n);

    /* t2_bar = cotangent * (0.5 * (1 + nu)) / n */
    const double t2_bar = cotangent * (0.5 * (1.0 + nu)) / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 30, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double grad_log_sigma_total_parts[GRADC_PARTS];
    {
        const struct student_t_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, stop, y, t1, t0, nu, t2_bar, X, grad_log_sigma_total_parts};
        if (parts > 1) {
            gradc_run(parts, student_t_backward_rows0, &given);
        } else {
            student_t_backward_rows0(&given, 0, 0);
        }
    }
    double grad_log_sigma_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_log_sigma_total += grad_log_sigma_total_parts[part];
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

    /* grad_log_sigma = cotangent - t0 * (t2_bar * (t0 * (2 * grad_log_sigma_total)) / nu) */
    *grad_log_sigma = cotangent - t0 * (t2_bar * (t0 * (2.0 * grad_log_sigma_total)) / nu);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t student_t_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 50, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 6*d + 50, d)
        * gradc_bytes(128, sizeof(double));
}

struct student_t_value_and_grad_rows0 {
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
    const double *y;
    double t0;
    double nu;
    double t2_bar;
    double *t2_parts;
    double *grad_log_sigma_total_parts;
};

static GRADC_APART void student_t_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct student_t_value_and_grad_rows0 *const given = context;
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
    const double *restrict const y = given->y;
    const double t0 = given->t0;
    const double nu = given->nu;
    const double t2_bar = given->t2_bar;
    double *restrict const t2_parts = given->t2_parts;
    double *restrict const grad_log_sigma_total_parts = given->grad_log_sigma_total_parts;
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

        /* t2 = sum[i:n](let(s0 := t0 * (y[i] - t1[i]), log1p(s0 * s0 / nu))) */
        /* t1_bar[i:n] = let(s0 := t0 * (y[i] - t1[i]), -(t0 * (2 * s0 * (t2_bar / (1 + s0 * s0 / nu) / nu)))), in
         *    the place of t1 */
        /* grad_log_sigma_total = sum[i:n](let(s0 := y[i] - t1[i], s1 := t0 * s0, s0 * s0 / (1 + s1 * s1 / nu))) */
        double t2_part_sum = 0.0;
        double grad_log_sigma_total_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum, grad_log_sigma_total_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double v0 = y[i] - t1_i;
            const double v1 = t0 * v0;
            const double v2 = v1 * v1 / nu;
            const double v3 = 1.0 + v2;
            t2_part_sum += gradc_log1p(v2);
            t1[i - tile_begin] = -(t0 * (2.0 * v1 * (t2_bar / v3 / nu)));
            grad_log_sigma_total_part_sum += v0 * v0 / v3;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        gradc_add(&grad_log_sigma_total_part, &grad_log_sigma_total_part_low, grad_log_sigma_total_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t1_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1, 1, grad_w_part);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    grad_log_sigma_total_part = gradc_rounded(grad_log_sigma_total_part, grad_log_sigma_total_part_low);
    grad_log_sigma_total_parts[part] = grad_log_sigma_total_part;
}

int student_t_value_and_grad(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                             const double *restrict X, const double *restrict y, double nu, double *restrict value,
                             double *restrict grad_w, double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 50, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 76.0*(double)n);

    /* t0 = exp(-log_sigma) */
    /* t2_bar = 0.5 * (1 + nu) / n */
    const double t0 = gradc_exp(-log_sigma);
    const double t2_bar = 0.5 * (1.0 + nu) / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 50, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    double grad_log_sigma_total_parts[GRADC_PARTS];
    {
        const struct student_t_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, y, t0, nu, t2_bar, t2_parts, grad_log_sigma_total_parts};
        if (parts > 1) {
            gradc_run(parts, student_t_value_and_grad_rows0, &given);
        } else {
            student_t_value_and_grad_rows0(&given, 0, 0);
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

    /* value = let(s0 := 0.5 * (1 + nu), gammaln_difference(s0, -0.5) + (0.5 * log(3.141592653589793 * nu) +
     *    (log_sigma + t2 / n * s0))) */
    /* grad_log_sigma = 1 - t0 * (t2_bar * (t0 * (2 * grad_log_sigma_total)) / nu) */
    const double v0 = 0.5 * (1.0 + nu);
    const double v1 = gradc_gammaln_difference(v0, -0.5) + (0.5 * gradc_log(3.141592653589793 * nu)
        + (log_sigma + t2 / (double)n * v0));
    *value = v1;
    *grad_log_sigma = 1.0 - t0 * (t2_bar * (t0 * (2.0 * grad_log_sigma_total)) / nu);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
