/* expectile: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], tau: real):
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](let(s0 := y[i] - t0[i], s0 ** 2 * where(0 < s0, tau, 1 - tau)))
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
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "expectile.h"

size_t expectile_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 9, 0) * gradc_bytes(128, sizeof(double));
}

struct expectile_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double tau;
    const double *y;
    double *t1_parts;
};

static GRADC_APART void expectile_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct expectile_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double tau = given->tau;
    const double *restrict const y = given->y;
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

        /* t1 = sum[i:n](let(s0 := y[i] - t0[i], s0 * s0 * where(0 < s0, tau, 1 - tau))) */
        const double v0 = 1.0 - tau;
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = y[i] - t0[i - tile_begin];
            t1_part_sum += v1 * v1 * (0.0 < v1 ? tau : v0);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int expectile_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                    const double *restrict y, double tau, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 10.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 9, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct expectile_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, tau, y,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, expectile_value_rows0, &given);
        } else {
            expectile_value_rows0(&given, 0, 0);
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

size_t expectile_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int expectile_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                      const double *restrict y, double tau, double *restrict value, double *restrict t0,
                      void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 10.0*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, t0, 1, 1);
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1 = sum[i:n](let(s0 := y[i] - t0[i], s0 * s0 * where(0 < s0, tau, 1 - tau))) */
        const double v0 = 1.0 - tau;
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = y[i] - t0[i];
            t1_sum += v1 * v1 * (0.0 < v1 ? tau : v0);
        }
        gradc_add(&t1, &t1_low, t1_sum);
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t expectile_backward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int expectile_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict y, double tau, const double *restrict t0, double cotangent,
                       double *restrict grad_w, void *restrict work)
{
    (void)w;
    (void)work;
    const volatile int *const stop = gradc_flag(16.0*(double)d*(double)n);

    /* t1_bar = cotangent / n */
    const double t1_bar = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }

    /* grad_w[j:d] = sum[i:n](let(s0 := y[i] - t0[i], -(X[i, j] * (2 * s0 * where(0 < s0, tau * t1_bar, t1_bar * (1
     *    - tau)))))) */
    const double v0 = tau * t1_bar;
    const double v1 = t1_bar * (1.0 - tau);
    for (int64_t i = 0; i < 4*(n / 4); i += 4) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double v2 = y[i] - t0[i];
        const double v3 = 2.0 * v2 * (0.0 < v2 ? v0 : v1);
        const double v4 = y[i + 1] - t0[i + 1];
        const double v5 = 2.0 * v4 * (0.0 < v4 ? v0 : v1);
        const double v6 = y[i + 2] - t0[i + 2];
        const double v7 = 2.0 * v6 * (0.0 < v6 ? v0 : v1);
        const double v8 = y[i + 3] - t0[i + 3];
        const double v9 = 2.0 * v8 * (0.0 < v8 ? v0 : v1);
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += -(X[i*d + j] * v3) + -(X[(i + 1)*d + j] * v5) + -(X[(i + 2)*d + j] * v7)
                + -(X[(i + 3)*d + j] * v9);
        }
    }
    for (int64_t i = 4*(n / 4); i < n; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double v2 = y[i] - t0[i];
        const double v3 = 2.0 * v2 * (0.0 < v2 ? v0 : v1);
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_w[j] += -(X[i*d + j] * v3);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t expectile_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 18*d + 9, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 18*d + 9, d)
        * gradc_bytes(128, sizeof(double));
}

struct expectile_value_and_grad_rows0 {
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
    double tau;
    const double *y;
    double t1_bar;
    double *t1_parts;
};

static GRADC_APART void expectile_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct expectile_value_and_grad_rows0 *const given = context;
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
    const double tau = given->tau;
    const double *restrict const y = given->y;
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

        /* t1 = sum[i:n](let(s0 := y[i] - t0[i], s0 * s0 * where(0 < s0, tau, 1 - tau))) */
        const double v0 = 1.0 - tau;
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v1 = y[i] - t0[i - tile_begin];
            t1_part_sum += v1 * v1 * (0.0 < v1 ? tau : v0);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* grad_w[j:d] = sum[i:n](let(s0 := y[i] - t0[i], -(X[i, j] * (2 * s0 * where(0 < s0, tau * t1_bar, t1_bar
         *    * (1 - tau)))))) */
        const double v1 = tau * t1_bar;
        const double v2 = t1_bar * (1.0 - tau);
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            const double v3 = y[i] - t0[i - tile_begin];
            const double v4 = 2.0 * v3 * (0.0 < v3 ? v1 : v2);
            const double v5 = y[i + 1] - t0[i + 1 - tile_begin];
            const double v6 = 2.0 * v5 * (0.0 < v5 ? v1 : v2);
            const double v7 = y[i + 2] - t0[i + 2 - tile_begin];
            const double v8 = 2.0 * v7 * (0.0 < v7 ? v1 : v2);
            const double v9 = y[i + 3] - t0[i + 3 - tile_begin];
            const double v10 = 2.0 * v9 * (0.0 < v9 ? v1 : v2);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w_part[j] += -(X[i*d + j] * v4) + -(X[(i + 1)*d + j] * v6) + -(X[(i + 2)*d + j] * v8)
                    + -(X[(i + 3)*d + j] * v10);
            }
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            const double v3 = y[i] - t0[i - tile_begin];
            const double v4 = 2.0 * v3 * (0.0 < v3 ? v1 : v2);
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w_part[j] += -(X[i*d + j] * v4);
            }
        }
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int expectile_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                             const double *restrict y, double tau, double *restrict value, double *restrict grad_w,
                             void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 18*d + 9, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(20.0*(double)d*(double)n + 10.0*(double)n);

    /* t1_bar = 1 / n */
    const double t1_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 18*d + 9, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct expectile_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, tau, y, t1_bar, t1_parts};
        if (parts > 1) {
            gradc_run(parts, expectile_value_and_grad_rows0, &given);
        } else {
            expectile_value_and_grad_rows0(&given, 0, 0);
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
