/* gaussian: the loss, and its derivatives.
 *
 *     def program(w: real[d], v: real[d], X: real[n, d], y: real[n]):
 *         s[i:n] = sum[j:d](X[i, j] * v[j])
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](s[i] + 0.5 * (exp(-s[i]) * (y[i] - t0[i])) ** 2)
 *         value = 0.9189385332046727 + t1 / n
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
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "gaussian.h"

size_t gaussian_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 6*d + 29, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct gaussian_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *v0;
    const double *w;
    const double *y;
    double *t1_parts;
};

static GRADC_APART void gaussian_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const v0 = given->v0;
    const double *restrict const w = given->w;
    const double *restrict const y = given->y;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const s = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * v[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, v0, s, 1, 0);

        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1 = sum[i:n](let(s0 := exp(-s[i]) * (y[i] - t0[i]), s[i] + 0.5 * (s0 * s0))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double s_i = s[i - tile_begin];
            const double v1 = gradc_exp(-s_i) * (y[i] - t0[i - tile_begin]);
            t1_part_sum += s_i + 0.5 * (v1 * v1);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int gaussian_value(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                   const double *restrict X, const double *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 30.0*(double)n);
    const int64_t parts = gradc_parts(n, 6*d + 29, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct gaussian_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, v0, w, y,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_value_rows0, &given);
        } else {
            gaussian_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.9189385332046727 + t1 / n */
    *value = 0.9189385332046727 + t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_forward_work(int64_t n, int64_t d)
{
    if (256.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(d, 6*n, 2*n) * (gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)));
}

struct gaussian_forward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *s;
    int64_t n;
    double *t0;
    const volatile int *stop;
    const double *X;
    const double *v0;
    const double *w;
};

static GRADC_APART void gaussian_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_forward_rows0 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const s = given->s;
    const int64_t n = given->n;
    double *restrict const t0 = given->t0;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const v0 = given->v0;
    const double *restrict const w = given->w;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const s_part = part == 0 ? s : (void *)part_own;
    part_own += gradc_bytes(n, sizeof(double));
    double *const t0_part = part == 0 ? t0 : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        s_part[at] = 0.0;
    }
    for (int64_t at = 0; at < n; ++at) {
        t0_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * v[j]) */
        gradc_dots(n, tile_end - tile_begin, &X[tile_begin], d, &v0[tile_begin], s_part, 1, 1);

        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(n, tile_end - tile_begin, &X[tile_begin], d, &w[tile_begin], t0_part, 1, 1);
    }
}

struct gaussian_forward_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *s;
    const double *y;
    double *t0;
    double *t1_parts;
};

static GRADC_APART void gaussian_forward_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_forward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const s = given->s;
    const double *restrict const y = given->y;
    double *restrict const t0 = given->t0;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t1 = sum[i:n](let(s0 := exp(-s[i]) * (y[i] - t0[i]), s[i] + 0.5 * (s0 * s0))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double s_i = s[i];
            const double v0 = gradc_exp(-s_i) * (y[i] - t0[i]);
            t1_part_sum += s_i + 0.5 * (v0 * v0);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int gaussian_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                     const double *restrict X, const double *restrict y, double *restrict value, double *restrict s,
                     double *restrict t0, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 30.0*(double)n);
    const int64_t parts = gradc_parts(d, 6*n, 2*n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double));
    {
        const struct gaussian_forward_rows0 given = {d, parts, part_scratch, part_bytes, s, n, t0, stop, X, v0, w};
        if (parts > 1) {
            gradc_run(parts, gaussian_forward_rows0, &given);
        } else {
            gaussian_forward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const s_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            s[at] += s_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const t0_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(n, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            t0[at] += t0_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 29, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct gaussian_forward_rows1 given = {n, parts_, stop, s, y, t0, t1_parts};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_forward_rows1, &given);
        } else {
            gaussian_forward_rows1(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.9189385332046727 + t1 / n */
    *value = 0.9189385332046727 + t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_backward_work(int64_t n, int64_t d)
{
    if (256.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 33, 2*d) * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 6*d + 33, 2*d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct gaussian_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    double *grad_v;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *s;
    const double *y;
    const double *t0;
    double t1_bar;
    const double *X;
};

static GRADC_APART void gaussian_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    double *restrict const grad_v = given->grad_v;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const s = given->s;
    const double *restrict const y = given->y;
    const double *restrict const t0 = given->t0;
    const double t1_bar = given->t1_bar;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const grad_v_part = part == 0 ? grad_v : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const s_bar = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_v_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_bar[i:n] = let(s0 := exp(-s[i]), -(s0 * (t1_bar * (s0 * (y[i] - t0[i]))))) */
        /* s_bar[i:n] = let(s0 := exp(-s[i]), s1 := y[i] - t0[i], t1_bar - s0 * (s1 * (t1_bar * (s0 * s1)))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = gradc_exp(-s[i]);
            const double v1 = y[i] - t0[i];
            const double v2 = t1_bar * (v0 * v1);
            t0_bar[i - tile_begin] = -(v0 * v2);
            s_bar[i - tile_begin] = t1_bar - v0 * (v1 * v2);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * t0_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0_bar, 1, grad_w_part);

        /* grad_v[j:d] = sum[i:n](X[i, j] * s_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, s_bar, 1, grad_v_part);
    }
}

int gaussian_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                      const double *restrict X, const double *restrict y, const double *restrict s,
                      const double *restrict t0, double cotangent, double *restrict grad_w, double *restrict grad_v,
                      void *restrict work)
{
    (void)w;
    (void)v0;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 33, 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 63.0*(double)n);

    /* t1_bar = cotangent / n */
    const double t1_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 33, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    {
        const struct gaussian_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, grad_v,
            tile_scratch, tile_bytes, stop, s, y, t0, t1_bar, X};
        if (parts > 1) {
            gradc_run(parts, gaussian_backward_rows0, &given);
        } else {
            gaussian_backward_rows0(&given, 0, 0);
        }
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
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_v_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_v[at] += grad_v_more[at];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_value_and_grad_work(int64_t n, int64_t d)
{
    if (256.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 12*d + 36, 2*d) * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 12*d + 36, 2*d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct gaussian_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    double *grad_v;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *X;
    const double *v0;
    const double *w;
    const double *y;
    double t1_bar;
    double *t1_parts;
};

static GRADC_APART void gaussian_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    double *restrict const grad_v = given->grad_v;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const v0 = given->v0;
    const double *restrict const w = given->w;
    const double *restrict const y = given->y;
    const double t1_bar = given->t1_bar;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const grad_v_part = part == 0 ? grad_v : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const s = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_v_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * v[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, v0, s, 1, 0);

        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1 = sum[i:n](let(s0 := exp(-s[i]) * (y[i] - t0[i]), s[i] + 0.5 * (s0 * s0))) */
        /* t0_bar[i:n] = let(s0 := exp(-s[i]), -(s0 * (t1_bar * (s0 * (y[i] - t0[i]))))), in the place of s */
        /* s_bar[i:n] = let(s0 := exp(-s[i]), s1 := y[i] - t0[i], t1_bar - s0 * (s1 * (t1_bar * (s0 * s1)))), in
         *    the place of t0 */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double s_i = s[i - tile_begin];
            const double v1 = gradc_exp(-s_i);
            const double t0_i = t0[i - tile_begin];
            const double v2 = y[i] - t0_i;
            const double v3 = v1 * v2;
            const double v4 = t1_bar * v3;
            t1_part_sum += s_i + 0.5 * (v3 * v3);
            s[i - tile_begin] = -(v1 * v4);
            t0[i - tile_begin] = t1_bar - v1 * (v2 * v4);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t0_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, s, 1, grad_w_part);

        /* grad_v[j:d] = sum[i:n](X[i, j] * s_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0, 1, grad_v_part);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int gaussian_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                            const double *restrict X, const double *restrict y, double *restrict value,
                            double *restrict grad_w, double *restrict grad_v, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 12*d + 36, 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(16.0*(double)d*(double)n + 93.0*(double)n);

    /* t1_bar = 1 / n */
    const double t1_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 12*d + 36, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct gaussian_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, grad_v,
            tile_scratch, tile_bytes, stop, X, v0, w, y, t1_bar, t1_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_value_and_grad_rows0, &given);
        } else {
            gaussian_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
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
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_v_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_v[at] += grad_v_more[at];
        }
    }

    /* value = 0.9189385332046727 + t1 / n */
    *value = 0.9189385332046727 + t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
