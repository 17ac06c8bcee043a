/* zero_inflated_poisson: the loss, and its derivatives.
 *
 *     def program(w: real[d], v: real[d], X: real[n, d], y: real[n]):
 *         g[i:n] = sum[j:d](X[i, j] * v[j])
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = sum[i:n](let(s0 := exp(z[i]), logaddexp(0, g[i]) + where(0 < y[i], s0 - y[i] * z[i], -logaddexp(g[i],
 *            -s0))))
 *         value = t0 / n
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
#include "support/vector/log1p_unit.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "zero_inflated_poisson.h"

size_t zero_inflated_poisson_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 6*d + 124, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct zero_inflated_poisson_value_rows0 {
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
    double *t0_parts;
};

static GRADC_APART void zero_inflated_poisson_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct zero_inflated_poisson_value_rows0 *const given = context;
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
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const g = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const z = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* g[i:n] = sum[j:d](X[i, j] * v[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, v0, g, 1, 0);

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

        /* t0 = sum[i:n](let(s0 := exp(z[i]), s1 := -s0, where(0 == g[i], 0.6931471805599453, maximum(0, g[i]) +
         *    log1p_unit(exp(-abs(g[i])))) + where(0 < y[i], s0 - y[i] * z[i], -where(g[i] == s1,
         *    0.6931471805599453 + g[i], maximum(g[i], s1) + log1p_unit(exp(-abs(g[i] + s0))))))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double g_i = g[i - tile_begin];
            const double v1 = 0.0 == g_i ? 0.6931471805599453 : ((g_i > 0.0 || g_i != g_i) ? g_i : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(g_i)));
            const double y_i = y[i];
            const double z_i = z[i - tile_begin];
            const double v2 = gradc_exp(z_i);
            const double v3 = -v2;
            const double v4 = g_i == v3 ? 0.6931471805599453 + g_i : ((g_i > v3 || g_i != g_i) ? g_i : v3)
                + gradc_log1p_unit(gradc_exp(-fabs(g_i + v2)));
            t0_part_sum += v1 + (0.0 < y_i ? v2 - y_i * z_i : -v4);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int zero_inflated_poisson_value(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                                const double *restrict X, const double *restrict y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 125.0*(double)n);
    const int64_t parts = gradc_parts(n, 6*d + 124, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct zero_inflated_poisson_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, v0, w,
            y, t0_parts};
        if (parts > 1) {
            gradc_run(parts, zero_inflated_poisson_value_rows0, &given);
        } else {
            zero_inflated_poisson_value_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t zero_inflated_poisson_forward_work(int64_t n, int64_t d)
{
    if (256.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(d, 6*n, 2*n) * (gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)));
}

struct zero_inflated_poisson_forward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *g;
    int64_t n;
    double *z;
    const volatile int *stop;
    const double *X;
    const double *v0;
    const double *w;
};

static GRADC_APART void zero_inflated_poisson_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct zero_inflated_poisson_forward_rows0 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const g = given->g;
    const int64_t n = given->n;
    double *restrict const z = given->z;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const v0 = given->v0;
    const double *restrict const w = given->w;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const g_part = part == 0 ? g : (void *)part_own;
    part_own += gradc_bytes(n, sizeof(double));
    double *const z_part = part == 0 ? z : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        g_part[at] = 0.0;
    }
    for (int64_t at = 0; at < n; ++at) {
        z_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* g[i:n] = sum[j:d](X[i, j] * v[j]) */
        gradc_dots(n, tile_end - tile_begin, &X[tile_begin], d, &v0[tile_begin], g_part, 1, 1);

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(n, tile_end - tile_begin, &X[tile_begin], d, &w[tile_begin], z_part, 1, 1);
    }
}

struct zero_inflated_poisson_forward_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *g;
    const double *y;
    double *z;
    double *t0_parts;
};

static GRADC_APART void zero_inflated_poisson_forward_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct zero_inflated_poisson_forward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const g = given->g;
    const double *restrict const y = given->y;
    double *restrict const z = given->z;
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

        /* t0 = sum[i:n](let(s0 := exp(z[i]), s1 := -s0, where(0 == g[i], 0.6931471805599453, maximum(0, g[i]) +
         *    log1p_unit(exp(-abs(g[i])))) + where(0 < y[i], s0 - y[i] * z[i], -where(g[i] == s1,
         *    0.6931471805599453 + g[i], maximum(g[i], s1) + log1p_unit(exp(-abs(g[i] + s0))))))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double g_i = g[i];
            const double v0 = 0.0 == g_i ? 0.6931471805599453 : ((g_i > 0.0 || g_i != g_i) ? g_i : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(g_i)));
            const double y_i = y[i];
            const double z_i = z[i];
            const double v1 = gradc_exp(z_i);
            const double v2 = -v1;
            const double v3 = g_i == v2 ? 0.6931471805599453 + g_i : ((g_i > v2 || g_i != g_i) ? g_i : v2)
                + gradc_log1p_unit(gradc_exp(-fabs(g_i + v1)));
            t0_part_sum += v0 + (0.0 < y_i ? v1 - y_i * z_i : -v3);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int zero_inflated_poisson_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                                  const double *restrict X, const double *restrict y, double *restrict value,
                                  double *restrict g, double *restrict z, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 125.0*(double)n);
    const int64_t parts = gradc_parts(d, 6*n, 2*n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double));
    {
        const struct zero_inflated_poisson_forward_rows0 given = {d, parts, part_scratch, part_bytes, g, n, z, stop,
            X, v0, w};
        if (parts > 1) {
            gradc_run(parts, zero_inflated_poisson_forward_rows0, &given);
        } else {
            zero_inflated_poisson_forward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const g_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            g[at] += g_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const z_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(n, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            z[at] += z_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 124, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct zero_inflated_poisson_forward_rows1 given = {n, parts_, stop, g, y, z, t0_parts};
        if (parts_ > 1) {
            gradc_run(parts_, zero_inflated_poisson_forward_rows1, &given);
        } else {
            zero_inflated_poisson_forward_rows1(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t zero_inflated_poisson_backward_work(int64_t n, int64_t d)
{
    if (256.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 113, 2*d) * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 6*d + 113, 2*d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct zero_inflated_poisson_backward_rows0 {
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
    const double *y;
    const double *z;
    const double *g;
    double t0_bar;
    const double *X;
};

static GRADC_APART void zero_inflated_poisson_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct zero_inflated_poisson_backward_rows0 *const given = context;
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
    const double *restrict const y = given->y;
    const double *restrict const z = given->z;
    const double *restrict const g = given->g;
    const double t0_bar = given->t0_bar;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const grad_v_part = part == 0 ? grad_v : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const z_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const g_bar = (void *)tile_own;
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

        /* z_bar[i:n] = let(s0 := 0 < y[i], s1 := exp(z[i]), s2 := g[i] + s1, s3 := exp(-abs(s2)), where(s0,
         *    -(t0_bar * y[i]), 0) + s1 * (where(s0, t0_bar, 0) + where(s0, 0, -where(-inf == -s1, 0, -(t0_bar *
         *    (where(0 <= -s2, 1, s3) / (1 + s3))))))) */
        /* g_bar[i:n] = let(s0 := -inf == g[i], s1 := exp(-abs(g[i])), s2 := g[i] + exp(z[i]), s3 := exp(-abs(s2)),
         *    where(s0, 0, t0_bar * (where(0 <= g[i], 1, s1) / (1 + s1))) + where(0 < y[i], 0, where(s0, 0,
         *    -(t0_bar * (where(0 <= s2, 1, s3) / (1 + s3)))))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const int v0 = 0.0 < y_i;
            const double v1 = gradc_exp(z[i]);
            const double g_i = g[i];
            const double v2 = g_i + v1;
            const double v3 = gradc_exp(-fabs(v2));
            const double v4 = 1.0 + v3;
            const double v5 = (v0 ? -(t0_bar * y_i) : 0.0) + v1 * ((v0 ? t0_bar : 0.0)
                + (v0 ? 0.0 : -(-(double)INFINITY == -v1 ? 0.0 : -(t0_bar * ((0.0 <= -v2 ? 1.0 : v3) / v4)))));
            const int v6 = -(double)INFINITY == g_i;
            const double v7 = gradc_exp(-fabs(g_i));
            const double v8 = v6 ? 0.0 : -(t0_bar * ((0.0 <= v2 ? 1.0 : v3) / v4));
            z_bar[i - tile_begin] = v5;
            g_bar[i - tile_begin] = (v6 ? 0.0 : t0_bar * ((0.0 <= g_i ? 1.0 : v7) / (1.0 + v7))) + (v0 ? 0.0 : v8);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z_bar, 1, grad_w_part);

        /* grad_v[j:d] = sum[i:n](X[i, j] * g_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, g_bar, 1, grad_v_part);
    }
}

int zero_inflated_poisson_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                                   const double *restrict X, const double *restrict y, const double *restrict g,
                                   const double *restrict z, double cotangent, double *restrict grad_w,
                                   double *restrict grad_v, void *restrict work)
{
    (void)w;
    (void)v0;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 113, 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 164.0*(double)n);

    /* t0_bar = cotangent / n */
    const double t0_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 113, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    {
        const struct zero_inflated_poisson_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            grad_v, tile_scratch, tile_bytes, stop, y, z, g, t0_bar, X};
        if (parts > 1) {
            gradc_run(parts, zero_inflated_poisson_backward_rows0, &given);
        } else {
            zero_inflated_poisson_backward_rows0(&given, 0, 0);
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

size_t zero_inflated_poisson_value_and_grad_work(int64_t n, int64_t d)
{
    if (256.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 12*d + 167, 2*d) * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 12*d + 167, 2*d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct zero_inflated_poisson_value_and_grad_rows0 {
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
    double t0_bar;
    double *t0_parts;
};

static GRADC_APART void zero_inflated_poisson_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct zero_inflated_poisson_value_and_grad_rows0 *const given = context;
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
    const double t0_bar = given->t0_bar;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const grad_v_part = part == 0 ? grad_v : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const g = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const z = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
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

        /* g[i:n] = sum[j:d](X[i, j] * v[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, v0, g, 1, 0);

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

        /* t0 = sum[i:n](let(s0 := exp(z[i]), s1 := -s0, where(0 == g[i], 0.6931471805599453, maximum(0, g[i]) +
         *    log1p_unit(exp(-abs(g[i])))) + where(0 < y[i], s0 - y[i] * z[i], -where(g[i] == s1,
         *    0.6931471805599453 + g[i], maximum(g[i], s1) + log1p_unit(exp(-abs(g[i] + s0))))))) */
        /* z_bar[i:n] = let(s0 := 0 < y[i], s1 := exp(z[i]), s2 := g[i] + s1, s3 := exp(-abs(s2)), where(s0,
         *    -(t0_bar * y[i]), 0) + s1 * (where(s0, t0_bar, 0) + where(s0, 0, -where(-inf == -s1, 0, -(t0_bar *
         *    (where(0 <= -s2, 1, s3) / (1 + s3))))))), in the place of g */
        /* g_bar[i:n] = let(s0 := -inf == g[i], s1 := exp(-abs(g[i])), s2 := g[i] + exp(z[i]), s3 := exp(-abs(s2)),
         *    where(s0, 0, t0_bar * (where(0 <= g[i], 1, s1) / (1 + s1))) + where(0 < y[i], 0, where(s0, 0,
         *    -(t0_bar * (where(0 <= s2, 1, s3) / (1 + s3)))))), in the place of z */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double g_i = g[i - tile_begin];
            const double v1 = gradc_exp(-fabs(g_i));
            const double y_i = y[i];
            const int v2 = 0.0 < y_i;
            const double z_i = z[i - tile_begin];
            const double v3 = gradc_exp(z_i);
            const double v4 = -v3;
            const double v5 = g_i + v3;
            const double v6 = gradc_exp(-fabs(v5));
            const double v7 = v2 ? v3 - y_i * z_i : -(g_i == v4 ? 0.6931471805599453 + g_i
                : ((g_i > v4 || g_i != g_i) ? g_i : v4) + gradc_log1p_unit(v6));
            const double v8 = 1.0 + v6;
            const double v9 = (v2 ? -(t0_bar * y_i) : 0.0) + v3 * ((v2 ? t0_bar : 0.0)
                + (v2 ? 0.0 : -(-(double)INFINITY == v4 ? 0.0 : -(t0_bar * ((0.0 <= -v5 ? 1.0 : v6) / v8)))));
            const int v10 = -(double)INFINITY == g_i;
            const double v11 = v10 ? 0.0 : -(t0_bar * ((0.0 <= v5 ? 1.0 : v6) / v8));
            t0_part_sum += (0.0 == g_i ? 0.6931471805599453 : ((g_i > 0.0 || g_i != g_i) ? g_i : 0.0)
                + gradc_log1p_unit(v1)) + v7;
            g[i - tile_begin] = v9;
            z[i - tile_begin] = (v10 ? 0.0 : t0_bar * ((0.0 <= g_i ? 1.0 : v1) / (1.0 + v1))) + (v2 ? 0.0 : v11);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, g, 1, grad_w_part);

        /* grad_v[j:d] = sum[i:n](X[i, j] * g_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z, 1, grad_v_part);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int zero_inflated_poisson_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict v0,
                                         const double *restrict X, const double *restrict y, double *restrict value,
                                         double *restrict grad_w, double *restrict grad_v, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 12*d + 167, 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(16.0*(double)d*(double)n + 289.0*(double)n);

    /* t0_bar = 1 / n */
    const double t0_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 12*d + 167, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct zero_inflated_poisson_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w,
            d, grad_v, tile_scratch, tile_bytes, stop, X, v0, w, y, t0_bar, t0_parts};
        if (parts > 1) {
            gradc_run(parts, zero_inflated_poisson_value_and_grad_rows0, &given);
        } else {
            zero_inflated_poisson_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
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

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
