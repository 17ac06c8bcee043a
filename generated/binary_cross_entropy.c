/* binary_cross_entropy: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = sum[i:n](logaddexp(0, z[i]) - y[i] * z[i])
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

#include "binary_cross_entropy.h"

size_t binary_cross_entropy_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 50, 0) * gradc_bytes(128, sizeof(double));
}

struct binary_cross_entropy_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *y;
    double *t0_parts;
};

static GRADC_APART void binary_cross_entropy_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct binary_cross_entropy_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const y = given->y;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const z = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

        /* t0 = sum[i:n](where(0 == z[i], 0.6931471805599453, maximum(0, z[i]) + log1p_unit(exp(-abs(z[i])))) -
         *    y[i] * z[i]) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            const double v0 = 0.0 == z_i ? 0.6931471805599453 : ((z_i > 0.0 || z_i != z_i) ? z_i : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(z_i)));
            t0_part_sum += v0 - y[i] * z_i;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int binary_cross_entropy_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                               const double *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 51.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 50, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct binary_cross_entropy_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, y,
            t0_parts};
        if (parts > 1) {
            gradc_run(parts, binary_cross_entropy_value_rows0, &given);
        } else {
            binary_cross_entropy_value_rows0(&given, 0, 0);
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

size_t binary_cross_entropy_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct binary_cross_entropy_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *z;
    const double *y;
    double *t0_parts;
};

static GRADC_APART void binary_cross_entropy_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct binary_cross_entropy_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const z = given->z;
    const double *restrict const y = given->y;
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

        /* t0 = sum[i:n](where(0 == z[i], 0.6931471805599453, maximum(0, z[i]) + log1p_unit(exp(-abs(z[i])))) -
         *    y[i] * z[i]) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            const double v0 = 0.0 == z_i ? 0.6931471805599453 : ((z_i > 0.0 || z_i != z_i) ? z_i : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(z_i)));
            t0_part_sum += v0 - y[i] * z_i;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int binary_cross_entropy_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                 const double *restrict y, double *restrict value, double *restrict z,
                                 void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 51.0*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);
    const int64_t parts = gradc_parts(n, 50, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct binary_cross_entropy_forward_rows0 given = {n, parts, stop, z, y, t0_parts};
        if (parts > 1) {
            gradc_run(parts, binary_cross_entropy_forward_rows0, &given);
        } else {
            binary_cross_entropy_forward_rows0(&given, 0, 0);
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

size_t binary_cross_entropy_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 37, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 37, d)
        * gradc_bytes(128, sizeof(double));
}

struct binary_cross_entropy_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *z;
    double t0_bar;
    const double *y;
    const double *X;
};

static GRADC_APART void binary_cross_entropy_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct binary_cross_entropy_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const z = given->z;
    const double t0_bar = given->t0_bar;
    const double *restrict const y = given->y;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const z_bar = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z_bar[i:n] = let(s0 := exp(-abs(z[i])), where(-inf == z[i], 0, t0_bar * (where(0 <= z[i], 1, s0) / (1 +
         *    s0))) - t0_bar * y[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            const double v0 = gradc_exp(-fabs(z_i));
            z_bar[i - tile_begin] = (-(double)INFINITY == z_i ? 0.0 : t0_bar * ((0.0 <= z_i ? 1.0 : v0) / (1.0 + v0)))
                - t0_bar * y[i];
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z_bar, 1, grad_w_part);
    }
}

int binary_cross_entropy_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                  const double *restrict y, const double *restrict z, double cotangent,
                                  double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 37, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 38.0*(double)n);

    /* t0_bar = cotangent / n */
    const double t0_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 37, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct binary_cross_entropy_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, z, t0_bar, y, X};
        if (parts > 1) {
            gradc_run(parts, binary_cross_entropy_backward_rows0, &given);
        } else {
            binary_cross_entropy_backward_rows0(&given, 0, 0);
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

size_t binary_cross_entropy_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 63, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 6*d + 63, d)
        * gradc_bytes(128, sizeof(double));
}

struct binary_cross_entropy_value_and_grad_rows0 {
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
    double t0_bar;
    double *t0_parts;
};

static GRADC_APART void binary_cross_entropy_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct binary_cross_entropy_value_and_grad_rows0 *const given = context;
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
    const double t0_bar = given->t0_bar;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const z = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

        /* t0 = sum[i:n](where(0 == z[i], 0.6931471805599453, maximum(0, z[i]) + log1p_unit(exp(-abs(z[i])))) -
         *    y[i] * z[i]) */
        /* z_bar[i:n] = let(s0 := exp(-abs(z[i])), where(-inf == z[i], 0, t0_bar * (where(0 <= z[i], 1, s0) / (1 +
         *    s0))) - t0_bar * y[i]), in the place of z */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            const double v0 = gradc_exp(-fabs(z_i));
            const double y_i = y[i];
            t0_part_sum += (0.0 == z_i ? 0.6931471805599453 : ((z_i > 0.0 || z_i != z_i) ? z_i : 0.0)
                + gradc_log1p_unit(v0)) - y_i * z_i;
            z[i - tile_begin] = (-(double)INFINITY == z_i ? 0.0 : t0_bar * ((0.0 <= z_i ? 1.0 : v0) / (1.0 + v0)))
                - t0_bar * y_i;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z, 1, grad_w_part);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int binary_cross_entropy_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                        const double *restrict y, double *restrict value, double *restrict grad_w,
                                        void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 63, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 89.0*(double)n);

    /* t0_bar = 1 / n */
    const double t0_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 63, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct binary_cross_entropy_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, y, t0_bar, t0_parts};
        if (parts > 1) {
            gradc_run(parts, binary_cross_entropy_value_and_grad_rows0, &given);
        } else {
            binary_cross_entropy_value_and_grad_rows0(&given, 0, 0);
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

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
