/* pseudo_huber: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], delta: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * (s0 / (1 + hypot(1, s0 / delta)))))
 *         value = t1 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/hypot.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "pseudo_huber.h"

size_t pseudo_huber_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 34, 0) * gradc_bytes(128, sizeof(double));
}

struct pseudo_huber_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *y;
    double delta;
    double *t1_parts;
};

static GRADC_APART void pseudo_huber_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct pseudo_huber_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const y = given->y;
    const double delta = given->delta;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * (s0 / (1 + hypot(1, s0 / delta))))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i - tile_begin] - y[i];
            t1_part_sum += v0 * (v0 / (1.0 + gradc_hypot(1.0, v0 / delta)));
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int pseudo_huber_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict y, double delta, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 35.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 34, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct pseudo_huber_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, y, delta,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, pseudo_huber_value_rows0, &given);
        } else {
            pseudo_huber_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t pseudo_huber_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct pseudo_huber_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *t0;
    const double *y;
    double delta;
    double *t1_parts;
};

static GRADC_APART void pseudo_huber_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct pseudo_huber_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const y = given->y;
    const double delta = given->delta;
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

        /* t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * (s0 / (1 + hypot(1, s0 / delta))))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i] - y[i];
            t1_part_sum += v0 * (v0 / (1.0 + gradc_hypot(1.0, v0 / delta)));
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int pseudo_huber_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double delta, double *restrict value, double *restrict t0,
                         void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 35.0*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, t0, 1, 1);
    const int64_t parts = gradc_parts(n, 34, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct pseudo_huber_forward_rows0 given = {n, parts, stop, t0, y, delta, t1_parts};
        if (parts > 1) {
            gradc_run(parts, pseudo_huber_forward_rows0, &given);
        } else {
            pseudo_huber_forward_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t pseudo_huber_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 58, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 58, d)
        * gradc_bytes(128, sizeof(double));
}

struct pseudo_huber_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *t0;
    const double *y;
    double t1_bar;
    double delta;
    const double *X;
};

static GRADC_APART void pseudo_huber_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct pseudo_huber_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const t0 = given->t0;
    const double *restrict const y = given->y;
    const double t1_bar = given->t1_bar;
    const double delta = given->delta;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_bar = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_bar[i:n] = let(s0 := t0[i] - y[i], s1 := t1_bar * s0, s2 := s0 / delta, s3 := hypot(1, s2), s4 := 1 +
         *    s3, s5 := s1 / s4, s5 + s5 + where(0 == s3, 0, -(s2 / s3 * (s0 * s1 / s4 / s4) / delta))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0[i] - y[i];
            const double v1 = t1_bar * v0;
            const double v2 = v0 / delta;
            const double v3 = gradc_hypot(1.0, v2);
            const double v4 = 1.0 + v3;
            const double v5 = v1 / v4;
            t0_bar[i - tile_begin] = v5 + v5 + (0.0 == v3 ? 0.0 : -(v2 / v3 * (v0 * v1 / v4 / v4) / delta));
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * t0_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0_bar, 1, grad_w_part);
    }
}

int pseudo_huber_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                          const double *restrict y, double delta, const double *restrict t0, double cotangent,
                          double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 58, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 59.0*(double)n);

    /* t1_bar = cotangent / n */
    const double t1_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 58, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct pseudo_huber_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, stop, t0, y, t1_bar, delta, X};
        if (parts > 1) {
            gradc_run(parts, pseudo_huber_backward_rows0, &given);
        } else {
            pseudo_huber_backward_rows0(&given, 0, 0);
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
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t pseudo_huber_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 63, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 6*d + 63, d)
        * gradc_bytes(128, sizeof(double));
}

struct pseudo_huber_value_and_grad_rows0 {
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
    double delta;
    double t1_bar;
    double *t1_parts;
};

static GRADC_APART void pseudo_huber_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct pseudo_huber_value_and_grad_rows0 *const given = context;
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
    const double delta = given->delta;
    const double t1_bar = given->t1_bar;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1 = sum[i:n](let(s0 := t0[i] - y[i], s0 * (s0 / (1 + hypot(1, s0 / delta))))) */
        /* t0_bar[i:n] = let(s0 := t0[i] - y[i], s1 := t1_bar * s0, s2 := s0 / delta, s3 := hypot(1, s2), s4 := 1 +
         *    s3, s5 := s1 / s4, s5 + s5 + where(0 == s3, 0, -(s2 / s3 * (s0 * s1 / s4 / s4) / delta))), in the
         *    place of t0 */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double v0 = t0_i - y[i];
            const double v1 = v0 / delta;
            const double v2 = gradc_hypot(1.0, v1);
            const double v3 = 1.0 + v2;
            const double v4 = t1_bar * v0;
            const double v5 = v4 / v3;
            t1_part_sum += v0 * (v0 / v3);
            t0[i - tile_begin] = v5 + v5 + (0.0 == v2 ? 0.0 : -(v1 / v2 * (v0 * v4 / v3 / v3) / delta));
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t0_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0, 1, grad_w_part);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int pseudo_huber_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                const double *restrict y, double delta, double *restrict value,
                                double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 63, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 94.0*(double)n);

    /* t1_bar = 1 / n */
    const double t1_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 63, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct pseudo_huber_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, y, delta, t1_bar, t1_parts};
        if (parts > 1) {
            gradc_run(parts, pseudo_huber_value_and_grad_rows0, &given);
        } else {
            pseudo_huber_value_and_grad_rows0(&given, 0, 0);
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

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
