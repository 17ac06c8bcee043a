/* tweedie: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], power: real):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = sum[i:n](let(s0 := 2 - power, s1 := 1 - power, exp(z[i] * s0) / s0 + (y[i] ** s0 / (s0 * s1) - y[i] *
 *            exp(z[i] * s1) / s1)))
 *         value = 2 * (t0 / n)
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
#include "support/vector/pow.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "tweedie.h"

size_t tweedie_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 83, 0) * gradc_bytes(128, sizeof(double));
}

struct tweedie_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double power;
    const double *y;
    double *t0_parts;
};

static GRADC_APART void tweedie_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct tweedie_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double power = given->power;
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

        /* t0 = sum[i:n](let(s0 := 2 - power, s1 := 1 - power, exp(z[i] * s0) / s0 + (y[i] ** s0 / (s0 * s1) - y[i]
         *    * exp(z[i] * s1) / s1))) */
        const double v0 = 2.0 - power;
        const double v1 = 1.0 - power;
        const double v2 = v0 * v1;
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            const double y_i = y[i];
            t0_part_sum += gradc_exp(z_i * v0) / v0 + (gradc_pow(y_i, v0) / v2 - y_i * gradc_exp(z_i * v1) / v1);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int tweedie_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                  double power, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 84.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 83, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct tweedie_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, power, y,
            t0_parts};
        if (parts > 1) {
            gradc_run(parts, tweedie_value_rows0, &given);
        } else {
            tweedie_value_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = 2 * (t0 / n) */
    *value = 2.0 * (t0 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t tweedie_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct tweedie_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double power;
    double *z;
    const double *y;
    double *t0_parts;
};

static GRADC_APART void tweedie_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct tweedie_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double power = given->power;
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

        /* t0 = sum[i:n](let(s0 := 2 - power, s1 := 1 - power, exp(z[i] * s0) / s0 + (y[i] ** s0 / (s0 * s1) - y[i]
         *    * exp(z[i] * s1) / s1))) */
        const double v0 = 2.0 - power;
        const double v1 = 1.0 - power;
        const double v2 = v0 * v1;
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            const double y_i = y[i];
            t0_part_sum += gradc_exp(z_i * v0) / v0 + (gradc_pow(y_i, v0) / v2 - y_i * gradc_exp(z_i * v1) / v1);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int tweedie_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                    const double *restrict y, double power, double *restrict value, double *restrict z,
                    void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 84.0*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);
    const int64_t parts = gradc_parts(n, 83, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct tweedie_forward_rows0 given = {n, parts, stop, power, z, y, t0_parts};
        if (parts > 1) {
            gradc_run(parts, tweedie_forward_rows0, &given);
        } else {
            tweedie_forward_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = 2 * (t0 / n) */
    *value = 2.0 * (t0 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t tweedie_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 88, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 88, d)
        * gradc_bytes(128, sizeof(double));
}

struct tweedie_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double power;
    double t0_bar;
    const double *z;
    const double *y;
    const double *X;
};

static GRADC_APART void tweedie_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct tweedie_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double power = given->power;
    const double t0_bar = given->t0_bar;
    const double *restrict const z = given->z;
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

        /* z_bar[i:n] = let(s0 := 2 - power, s1 := s0 - 2, s2 := product_error(z[i], s0) + z[i] * (2 - (s0 - s1) -
         *    (power + s1)), s3 := 1 - power, s4 := s3 - 1, s5 := product_error(z[i], s3) + z[i] * (1 - (s3 - s4) -
         *    (power + s4)), s0 * (t0_bar / s0 * (exp(z[i] * s0) * (1 + where(abs(s2) < 1, s2, 0)))) - s3 * (y[i] *
         *    (t0_bar / s3) * (exp(z[i] * s3) * (1 + where(abs(s5) < 1, s5, 0))))) */
        const double v0 = 2.0 - power;
        const double v1 = t0_bar / v0;
        const double v2 = v0 - 2.0;
        const double v3 = 2.0 - (v0 - v2) - (power + v2);
        const double v4 = 1.0 - power;
        const double v5 = t0_bar / v4;
        const double v6 = v4 - 1.0;
        const double v7 = 1.0 - (v4 - v6) - (power + v6);
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            const double v8 = (fma(z_i, v0, -(z_i * v0))) + z_i * v3;
            const double v9 = (fma(z_i, v4, -(z_i * v4))) + z_i * v7;
            const double v10 = v0 * (v1 * (gradc_exp(z_i * v0) * (1.0 + (fabs(v8) < 1.0 ? v8 : 0.0)))) - v4
                * (y[i] * v5 * (gradc_exp(z_i * v4) * (1.0 + (fabs(v9) < 1.0 ? v9 : 0.0))));
            z_bar[i - tile_begin] = v10;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z_bar, 1, grad_w_part);
    }
}

int tweedie_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict y, double power, const double *restrict z, double cotangent,
                     double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 88, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 89.0*(double)n);

    /* t0_bar = 2 * cotangent / n */
    const double t0_bar = 2.0 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 88, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct tweedie_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, stop, power, t0_bar, z, y, X};
        if (parts > 1) {
            gradc_run(parts, tweedie_backward_rows0, &given);
        } else {
            tweedie_backward_rows0(&given, 0, 0);
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

size_t tweedie_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 98, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 6*d + 98, d)
        * gradc_bytes(128, sizeof(double));
}

struct tweedie_value_and_grad_rows0 {
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
    double power;
    double t0_bar;
    const double *y;
    double *t0_parts;
};

static GRADC_APART void tweedie_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct tweedie_value_and_grad_rows0 *const given = context;
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
    const double power = given->power;
    const double t0_bar = given->t0_bar;
    const double *restrict const y = given->y;
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

        /* t0 = sum[i:n](let(s0 := 2 - power, s1 := 1 - power, exp(z[i] * s0) / s0 + (y[i] ** s0 / (s0 * s1) - y[i]
         *    * exp(z[i] * s1) / s1))) */
        /* z_bar[i:n] = let(s0 := 2 - power, s1 := 1 - power, s0 * (t0_bar / s0 * exp(z[i] * s0)) - s1 * (exp(z[i]
         *    * s1) * (y[i] * (t0_bar / s1)))), in the place of z */
        const double v0 = 2.0 - power;
        const double v1 = 1.0 - power;
        const double v2 = v0 * v1;
        const double v3 = t0_bar / v0;
        const double v4 = t0_bar / v1;
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            const double v5 = gradc_exp(z_i * v0);
            const double y_i = y[i];
            const double v6 = gradc_exp(z_i * v1);
            t0_part_sum += v5 / v0 + (gradc_pow(y_i, v0) / v2 - y_i * v6 / v1);
            z[i - tile_begin] = v0 * (v3 * v5) - v1 * (v6 * (y_i * v4));
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z, 1, grad_w_part);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int tweedie_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict y, double power, double *restrict value, double *restrict grad_w,
                           void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 98, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 147.0*(double)n);

    /* t0_bar = 2 / n */
    const double t0_bar = 2.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 98, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct tweedie_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, power, t0_bar, y, t0_parts};
        if (parts > 1) {
            gradc_run(parts, tweedie_value_and_grad_rows0, &given);
        } else {
            tweedie_value_and_grad_rows0(&given, 0, 0);
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

    /* value = 2 * (t0 / n) */
    *value = 2.0 * (t0 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
