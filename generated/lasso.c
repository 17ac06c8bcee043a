/* lasso: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], lam: real):
 *         t0 = sum[j:d](abs(w[j]))
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n]((t1[i] - y[i]) ** 2)
 *         value = lam * t0 + 0.5 * (t2 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "lasso.h"

size_t lasso_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 4, 0) * gradc_bytes(128, sizeof(double));
}

struct lasso_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *y;
    double *t2_parts;
};

static GRADC_APART void lasso_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const y = given->y;
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

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i - tile_begin] - y[i];
            t2_part_sum += v0 * v0;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int lasso_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 3.0*(double)d + 5.0*(double)n);
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t0 = sum[j:d](abs(w[j])) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_sum += fabs(w[j]);
        }
        gradc_add(&t0, &t0_low, t0_sum);
    }
    t0 = gradc_rounded(t0, t0_low);
    const int64_t parts = gradc_parts(n, 3*d + 4, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct lasso_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, y, t2_parts};
        if (parts > 1) {
            gradc_run(parts, lasso_value_rows0, &given);
        } else {
            lasso_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = lam * t0 + 0.5 * (t2 / n) */
    *value = lam * t0 + 0.5 * (t2 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t lasso_forward_work(int64_t n, int64_t d)
{
    if (128.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(d, 3*n + 2, n) * gradc_bytes(n, sizeof(double));
}

struct lasso_forward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t1;
    int64_t n;
    const volatile int *stop;
    const double *w;
    const double *X;
    double *t0_parts;
};

static GRADC_APART void lasso_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct lasso_forward_rows0 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const t1 = given->t1;
    const int64_t n = given->n;
    const volatile int *const stop = given->stop;
    const double *restrict const w = given->w;
    const double *restrict const X = given->X;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t1_part = part == 0 ? t1 : (void *)part_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        t1_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[j:d](abs(w[j])) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_part_sum += fabs(w[j]);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(n, tile_end - tile_begin, &X[tile_begin], d, &w[tile_begin], t1_part, 1, 1);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int lasso_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                  double lam, double *restrict value, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 3.0*(double)d + 5.0*(double)n);
    const int64_t parts = gradc_parts(d, 3*n + 2, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct lasso_forward_rows0 given = {d, parts, part_scratch, part_bytes, t1, n, stop, w, X, t0_parts};
        if (parts > 1) {
            gradc_run(parts, lasso_forward_rows0, &given);
        } else {
            lasso_forward_rows0(&given, 0, 0);
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
        const double *const t1_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            t1[at] += t1_more[at];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i] - y[i];
            t2_sum += v0 * v0;
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = lam * t0 + 0.5 * (t2 / n) */
    *value = lam * t0 + 0.5 * (t2 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t lasso_backward_work(int64_t n, int64_t d)
{
    if (136.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 6, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 6, d) * gradc_bytes(128, sizeof(double));
}

struct lasso_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w_total;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double t2_bar;
    const double *t1;
    const double *y;
    const double *X;
};

static GRADC_APART void lasso_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w_total = given->grad_w_total;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double t2_bar = given->t2_bar;
    const double *restrict const t1 = given->t1;
    const double *restrict const y = given->y;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_total_part = part == 0 ? grad_w_total : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_w_total_term = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_total_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grad_w_total_term[i:n] = 2 * t2_bar * (t1[i] - y[i]) */
        const double v0 = 2.0 * t2_bar;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_w_total_term[i - tile_begin] = (t1[i] - y[i]) * v0;
        }

        /* grad_w_total[j:d] = sum[i:n](X[i, j] * grad_w_total_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, grad_w_total_term, 1, grad_w_total_part);
    }
}

int lasso_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                   const double *restrict y, double lam, const double *restrict t1, double cotangent,
                   double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_w_total = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 6, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 9.0*(double)d + 7.0*(double)n);

    /* t2_bar = 0.5 * cotangent / n */
    const double t2_bar = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 6, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct lasso_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w_total, d, tile_scratch,
            tile_bytes, stop, t2_bar, t1, y, X};
        if (parts > 1) {
            gradc_run(parts, lasso_backward_rows0, &given);
        } else {
            lasso_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w_total[at] += grad_w_total_more[at];
        }
    }

    /* grad_w[j:d] = grad_w_total[j] + sign(w[j]) * (lam * cotangent) */
    const double v0 = lam * cotangent;
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        grad_w[j] = grad_w_total[j] + ((w_j > 0 || w_j < 0) ? copysign(1, w_j) : w_j + 0) * v0;
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t lasso_value_and_grad_work(int64_t n, int64_t d)
{
    if (136.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 6*d + 7, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 6*d + 7, d) * gradc_bytes(128, sizeof(double));
}

struct lasso_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w_total;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *X;
    const double *w;
    double t2_bar;
    const double *y;
    double *t2_parts;
};

static GRADC_APART void lasso_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w_total = given->grad_w_total;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double t2_bar = given->t2_bar;
    const double *restrict const y = given->y;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_total_part = part == 0 ? grad_w_total : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_total_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        /* grad_w_total_term[i:n] = 2 * t2_bar * (t1[i] - y[i]), in the place of t1 */
        const double v0 = 2.0 * t2_bar;
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double v1 = t1_i - y[i];
            t2_part_sum += v1 * v1;
            t1[i - tile_begin] = v0 * v1;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);

        /* grad_w_total[j:d] = sum[i:n](X[i, j] * grad_w_total_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1, 1, grad_w_total_part);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int lasso_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double lam, double *restrict value, double *restrict grad_w,
                         void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_w_total = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 7, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 10.0*(double)d + 12.0*(double)n);

    /* t2_bar = 0.5 / n */
    const double t2_bar = 0.5 / (double)n;
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t0 = sum[j:d](abs(w[j])) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_sum += fabs(w[j]);
        }
        gradc_add(&t0, &t0_low, t0_sum);
    }
    t0 = gradc_rounded(t0, t0_low);
    const int64_t parts = gradc_parts(n, 6*d + 7, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct lasso_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w_total, d,
            tile_scratch, tile_bytes, stop, X, w, t2_bar, y, t2_parts};
        if (parts > 1) {
            gradc_run(parts, lasso_value_and_grad_rows0, &given);
        } else {
            lasso_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w_total[at] += grad_w_total_more[at];
        }
    }

    /* grad_w[j:d] = grad_w_total[j] + lam * sign(w[j]) */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        grad_w[j] = grad_w_total[j] + lam * ((w_j > 0 || w_j < 0) ? copysign(1, w_j) : w_j + 0);
    }

    /* value = lam * t0 + 0.5 * (t2 / n) */
    *value = lam * t0 + 0.5 * (t2 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
