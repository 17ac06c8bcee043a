/* cox_sorted: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], event: real[n], last: int64[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         top = max[i:n](z[i])
 *         t0 = 0.0
 *         t1[i:n] = exp(z[i] - top)
 *         with scan[t:n](t1, t2_t=t0) as t2:
 *             t2_next = t2_t + t1[t]
 *             return t2_next
 *         t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i]))
 *         t4 = sum[i:n](event[i])
 *         value = t3 / t4
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * cox_sorted_value gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_forward gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_backward gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_value_and_grad gives 1: last holds an index out of range for an axis of length n + 1
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/clamp.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "cox_sorted.h"

size_t cox_sorted_value_work(int64_t n, int64_t d)
{
    (void)d;
    if (24.0*(double)n + 8.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n + 1, sizeof(double));
}

struct cox_sorted_value_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *z;
    const double *event;
    double *top_parts;
    double *t4_parts;
};

static GRADC_APART void cox_sorted_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const z = given->z;
    const double *restrict const event = given->event;
    double *restrict const top_parts = given->top_parts;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double top_part = -(double)INFINITY;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &z[tile_begin], 1, 0);

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_part_max = -(double)INFINITY;
        double t4_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_part_max = (top_part_max >= z_i || top_part_max != top_part_max) ? top_part_max : z_i;
            t4_part_sum += event[i];
        }
        top_part = (top_part >= top_part_max || top_part != top_part) ? top_part : top_part_max;
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    top_parts[part] = top_part;
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct cox_sorted_value_rows1 {
    const volatile int *stop;
    int64_t n;
    int64_t parts;
    double *t1;
    double *z;
    double top;
};

static GRADC_APART void cox_sorted_value_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_value_rows1 *const given = context;
    const volatile int *const stop = given->stop;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    double *restrict const t1 = given->t1;
    double *restrict const z = given->z;
    const double top = given->top;
    if (gradc_stopped(stop)) {
        return;
    }
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);

    /* t1[i:n] = exp(z[i] - top) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        t1[i] = gradc_exp(z[i] - top);
    }
}

struct cox_sorted_value_rows2 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *last;
    const double *event;
    double top;
    double *t2;
    double *z;
    double *t3_parts;
};

static GRADC_APART void cox_sorted_value_rows2(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_value_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const last = given->last;
    const double *restrict const event = given->event;
    const double top = given->top;
    double *restrict const t2 = given->t2;
    double *restrict const z = given->z;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3_part_sum += event[i] * (top + gradc_log(t2[v0 + 1]) - z[i]);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int cox_sorted_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict event, const int64_t *restrict last, double *restrict value,
                     void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 60.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    const int64_t parts = gradc_parts(n, 3*d + 2, 0);
    double top_parts[GRADC_PARTS];
    double t4_parts[GRADC_PARTS];
    {
        const struct cox_sorted_value_rows0 given = {n, parts, d, stop, X, w, z, event, top_parts, t4_parts};
        if (parts > 1) {
            gradc_run(parts, cox_sorted_value_rows0, &given);
        } else {
            cox_sorted_value_rows0(&given, 0, 0);
        }
    }
    double top = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        top = (top >= top_parts[part] || top != top) ? top : top_parts[part];
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    const int64_t parts_ = gradc_parts(n, 23, 0);
    {
        const struct cox_sorted_value_rows1 given = {stop, n, parts_, t1, z, top};
        if (parts_ > 1) {
            gradc_run(parts_, cox_sorted_value_rows1, &given);
        } else {
            cox_sorted_value_rows1(&given, 0, 0);
        }
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t2_next = t2_t + t1[t] return t2_next */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double t2_now = t2[t];

        /* t2_next = carry0 + captured0[t] */
        const double t2_next = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t2_next;
    }
    const int64_t parts_2 = gradc_parts(n, 30, 0);
    double t3_parts[GRADC_PARTS];
    {
        const struct cox_sorted_value_rows2 given = {n, parts_2, stop, last, event, top, t2, z, t3_parts};
        if (parts_2 > 1) {
            gradc_run(parts_2, cox_sorted_value_rows2, &given);
        } else {
            cox_sorted_value_rows2(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / t4 */
    *value = t3 / t4;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t cox_sorted_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct cox_sorted_forward_rows0 {
    const volatile int *stop;
    int64_t n;
    int64_t parts;
    double *t1;
    double *z;
    double top;
};

static GRADC_APART void cox_sorted_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_forward_rows0 *const given = context;
    const volatile int *const stop = given->stop;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    double *restrict const t1 = given->t1;
    double *restrict const z = given->z;
    const double top = given->top;
    if (gradc_stopped(stop)) {
        return;
    }
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);

    /* t1[i:n] = exp(z[i] - top) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        t1[i] = gradc_exp(z[i] - top);
    }
}

struct cox_sorted_forward_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *last;
    const double *event;
    double top;
    double *t2;
    double *z;
    double *t3_parts;
};

static GRADC_APART void cox_sorted_forward_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_forward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const last = given->last;
    const double *restrict const event = given->event;
    const double top = given->top;
    double *restrict const t2 = given->t2;
    double *restrict const z = given->z;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3_part_sum += event[i] * (top + gradc_log(t2[v0 + 1]) - z[i]);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int cox_sorted_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict event, const int64_t *restrict last, double *restrict value,
                       double *restrict z, double *restrict top, double *restrict t1, double *restrict t2,
                       double *restrict t4, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 60.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);
    double top_ = -(double)INFINITY;
    double t4_ = 0.0;
    double t4_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_max = -(double)INFINITY;
        double t4_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_max = (top_max >= z_i || top_max != top_max) ? top_max : z_i;
            t4_sum += event[i];
        }
        top_ = (top_ >= top_max || top_ != top_) ? top_ : top_max;
        gradc_add(&t4_, &t4_low, t4_sum);
    }
    t4_ = gradc_rounded(t4_, t4_low);
    const int64_t parts = gradc_parts(n, 23, 0);
    {
        const struct cox_sorted_forward_rows0 given = {stop, n, parts, t1, z, top_};
        if (parts > 1) {
            gradc_run(parts, cox_sorted_forward_rows0, &given);
        } else {
            cox_sorted_forward_rows0(&given, 0, 0);
        }
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t2_next = t2_t + t1[t] return t2_next */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double t2_now = t2[t];

        /* t2_next = carry0 + captured0[t] */
        const double t2_next = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t2_next;
    }
    const int64_t parts_ = gradc_parts(n, 30, 0);
    double t3_parts[GRADC_PARTS];
    {
        const struct cox_sorted_forward_rows1 given = {n, parts_, stop, last, event, top_, t2, z, t3_parts};
        if (parts_ > 1) {
            gradc_run(parts_, cox_sorted_forward_rows1, &given);
        } else {
            cox_sorted_forward_rows1(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / t4 */
    *value = t3 / t4_;
    *top = top_;
    *t4 = t4_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t cox_sorted_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16.0*(double)n + 16400.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 21, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 21, d)
        * gradc_bytes(128, sizeof(double));
}

struct cox_sorted_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double t4;
    double t3_bar;
    double z_bar_total_2;
    double z_bar_total_3;
    const double *t1;
    double *z_bar_total;
    const double *event;
    double top;
    const double *z;
    const double *X;
};

static GRADC_APART void cox_sorted_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double t4 = given->t4;
    const double t3_bar = given->t3_bar;
    const double z_bar_total_2 = given->z_bar_total_2;
    const double z_bar_total_3 = given->z_bar_total_3;
    const double *restrict const t1 = given->t1;
    double *restrict const z_bar_total = given->z_bar_total;
    const double *restrict const event = given->event;
    const double top = given->top;
    const double *restrict const z = given->z;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_w_term = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z_bar_term[i:n] = where(top == z[i], (t4 * t3_bar - z_bar_total_2) / z_bar_total_3, 0) */
        /* grad_w_term[i:n] = z_bar_term[i] + (t1[i] * z_bar_total[n - i - 1] - t3_bar * event[i]) */
        const double v0 = (t4 * t3_bar - z_bar_total_2) / z_bar_total_3;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_w_term[i - tile_begin] = t1[i] * z_bar_total[n - i - 1] - t3_bar * event[i]
                + (top == z[i] ? v0 : 0.0);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, grad_w_term, 1, grad_w_part);
    }
}

int cox_sorted_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                        const double *restrict event, const int64_t *restrict last, const double *restrict z,
                        double top, const double *restrict t1, const double *restrict t2, double t4,
                        double cotangent, double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t2_bar = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const z_bar_total = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 21, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 47.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t3_bar = cotangent / t4 */
    const double t3_bar = cotangent / t4;
    for (int64_t at = 0; at < n + 1; ++at) {
        t2_bar[at] = 0.0;
    }
    double z_bar_total_3 = 0.0;
    double z_bar_total_3_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2_bar[:n + 1] = 0 t2_bar += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0
         *    + 1](t3_bar * event[i] / t2[s0 + 1]))) */
        /* z_bar_total_3 = sum[i:n](where(top == z[i], 1, 0)) */
        double z_bar_total_3_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t2_bar[v0 + 1] += t3_bar * event[i] / t2[v0 + 1];
            z_bar_total_3_sum += top == z[i] ? 1.0 : 0.0;
        }
        gradc_add(&z_bar_total_3, &z_bar_total_3_low, z_bar_total_3_sum);
    }
    z_bar_total_3 = gradc_rounded(z_bar_total_3, z_bar_total_3_low);

    /* z_bar_total_term = t2_bar[n] */
    const double z_bar_total_term = t2_bar[n];

    /* with scan[t:n](t2_bar, z_bar_total_t=z_bar_total_term) as z_bar_total: z_bar_total_next = z_bar_total_t +
     *    t2_bar[n - t - 1] return z_bar_total_next */
    z_bar_total[0] = z_bar_total_term;
    for (int64_t t = 0; t < n; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double z_bar_total_now = z_bar_total[t];

        /* z_bar_total_next = carry0 + captured0[n - t - 1] */
        const double z_bar_total_next = z_bar_total_now + t2_bar[gradc_clamp(n - t - 1, n + 1)];
        z_bar_total[t + 1] = z_bar_total_next;
    }
    double z_bar_total_2 = 0.0;
    double z_bar_total_2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z_bar_total_2 = sum[i:n](t1[i] * z_bar_total[n - i - 1]) */
        double z_bar_total_2_sum = 0.0;
        GRADC_SIMD(reduction(+:z_bar_total_2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            z_bar_total_2_sum += t1[i] * z_bar_total[n - i - 1];
        }
        gradc_add(&z_bar_total_2, &z_bar_total_2_low, z_bar_total_2_sum);
    }
    z_bar_total_2 = gradc_rounded(z_bar_total_2, z_bar_total_2_low);
    const int64_t parts = gradc_parts(n, 3*d + 21, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct cox_sorted_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, stop, t4, t3_bar, z_bar_total_2, z_bar_total_3, t1, z_bar_total, event, top, z, X};
        if (parts > 1) {
            gradc_run(parts, cox_sorted_backward_rows0, &given);
        } else {
            cox_sorted_backward_rows0(&given, 0, 0);
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

size_t cox_sorted_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 40.0*(double)n + 16408.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n + 1, sizeof(double))
        + gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 21, d) * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 21, d)
        * gradc_bytes(128, sizeof(double));
}

struct cox_sorted_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *z;
    const double *event;
    double *top_parts;
    double *t4_parts;
};

static GRADC_APART void cox_sorted_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const z = given->z;
    const double *restrict const event = given->event;
    double *restrict const top_parts = given->top_parts;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double top_part = -(double)INFINITY;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &z[tile_begin], 1, 0);

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_part_max = -(double)INFINITY;
        double t4_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_part_max = (top_part_max >= z_i || top_part_max != top_part_max) ? top_part_max : z_i;
            t4_part_sum += event[i];
        }
        top_part = (top_part >= top_part_max || top_part != top_part) ? top_part : top_part_max;
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    top_parts[part] = top_part;
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct cox_sorted_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *z;
    double *t1;
    double top;
    double *z_bar_total_3_parts;
};

static GRADC_APART void cox_sorted_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_sorted_value_and_grad_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const z = given->z;
    double *restrict const t1 = given->t1;
    const double top = given->top;
    double *restrict const z_bar_total_3_parts = given->z_bar_total_3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double z_bar_total_3_part = 0.0;
    double z_bar_total_3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t1[i:n] = exp(z[i] - top) */
        /* z_bar_total_3 = sum[i:n](where(top == z[i], 1, 0)) */
        double z_bar_total_3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:z_bar_total_3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            t1[i] = gradc_exp(z_i - top);
            z_bar_total_3_part_sum += top == z_i ? 1.0 : 0.0;
        }
        gradc_add(&z_bar_total_3_part, &z_bar_total_3_part_low, z_bar_total_3_part_sum);
    }
    z_bar_total_3_part = gradc_rounded(z_bar_total_3_part, z_bar_total_3_part_low);
    z_bar_total_3_parts[part] = z_bar_total_3_part;
}

struct cox_sorted_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double t3_bar;
    double t4;
    double z_bar_total_2;
    double z_bar_total_3;
    double *z_bar_total;
    double *t1;
    const double *event;
    double top;
    double *z;
    const double *X;
};

static GRADC_APART void cox_sorted_value_and_grad_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_and_grad_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double t3_bar = given->t3_bar;
    const double t4 = given->t4;
    const double z_bar_total_2 = given->z_bar_total_2;
    const double z_bar_total_3 = given->z_bar_total_3;
    double *restrict const z_bar_total = given->z_bar_total;
    double *restrict const t1 = given->t1;
    const double *restrict const event = given->event;
    const double top = given->top;
    double *restrict const z = given->z;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_w_term = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z_bar_term[i:n] = where(top == z[i], (t3_bar * t4 - z_bar_total_2) / z_bar_total_3, 0) */
        /* grad_w_term[i:n] = z_bar_term[i] + (z_bar_total[n - i - 1] * t1[i] - t3_bar * event[i]) */
        const double v0 = (t3_bar * t4 - z_bar_total_2) / z_bar_total_3;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_w_term[i - tile_begin] = z_bar_total[n - i - 1] * t1[i] - t3_bar * event[i]
                + (top == z[i] ? v0 : 0.0);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, grad_w_term, 1, grad_w_part);
    }
}

int cox_sorted_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                              const double *restrict event, const int64_t *restrict last, double *restrict value,
                              double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t2_bar = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const z_bar_total = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 21, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 107.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    const int64_t parts = gradc_parts(n, 3*d + 2, 0);
    double top_parts[GRADC_PARTS];
    double t4_parts[GRADC_PARTS];
    {
        const struct cox_sorted_value_and_grad_rows0 given = {n, parts, d, stop, X, w, z, event, top_parts, t4_parts};
        if (parts > 1) {
            gradc_run(parts, cox_sorted_value_and_grad_rows0, &given);
        } else {
            cox_sorted_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double top = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        top = (top >= top_parts[part] || top != top) ? top : top_parts[part];
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* t3_bar = 1 / t4 */
    const double t3_bar = 1.0 / t4;
    const int64_t parts_ = gradc_parts(n, 25, 0);
    double z_bar_total_3_parts[GRADC_PARTS];
    {
        const struct cox_sorted_value_and_grad_rows1 given = {n, parts_, stop, z, t1, top, z_bar_total_3_parts};
        if (parts_ > 1) {
            gradc_run(parts_, cox_sorted_value_and_grad_rows1, &given);
        } else {
            cox_sorted_value_and_grad_rows1(&given, 0, 0);
        }
    }
    double z_bar_total_3 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        z_bar_total_3 += z_bar_total_3_parts[part];
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t2_next = t2_t + t1[t] return t2_next */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double t2_now = t2[t];

        /* t2_next = carry0 + captured0[t] */
        const double t2_next = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t2_next;
    }
    double t3 = 0.0;
    double t3_low = 0.0;
    for (int64_t at = 0; at < n + 1; ++at) {
        t2_bar[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3_sum += event[i] * (top + gradc_log(t2[v0 + 1]) - z[i]);
        }
        gradc_add(&t3, &t3_low, t3_sum);

        /* t2_bar[:n + 1] = 0 t2_bar += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0
         *    + 1](t3_bar * event[i] / t2[s0 + 1]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t2_bar[v0 + 1] += t3_bar * event[i] / t2[v0 + 1];
        }
    }
    t3 = gradc_rounded(t3, t3_low);

    /* value = t3 / t4 */
    /* z_bar_total_term = t2_bar[n] */
    *value = t3 / t4;
    const double z_bar_total_term = t2_bar[n];

    /* with scan[t:n](t2_bar, z_bar_total_t=z_bar_total_term) as z_bar_total: z_bar_total_next = z_bar_total_t +
     *    t2_bar[n - t - 1] return z_bar_total_next */
    z_bar_total[0] = z_bar_total_term;
    for (int64_t t = 0; t < n; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double z_bar_total_now = z_bar_total[t];

        /* z_bar_total_next = carry0 + captured0[n - t - 1] */
        const double z_bar_total_next = z_bar_total_now + t2_bar[gradc_clamp(n - t - 1, n + 1)];
        z_bar_total[t + 1] = z_bar_total_next;
    }
    double z_bar_total_2 = 0.0;
    double z_bar_total_2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z_bar_total_2 = sum[i:n](z_bar_total[n - i - 1] * t1[i]) */
        double z_bar_total_2_sum = 0.0;
        GRADC_SIMD(reduction(+:z_bar_total_2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            z_bar_total_2_sum += z_bar_total[n - i - 1] * t1[i];
        }
        gradc_add(&z_bar_total_2, &z_bar_total_2_low, z_bar_total_2_sum);
    }
    z_bar_total_2 = gradc_rounded(z_bar_total_2, z_bar_total_2_low);
    const int64_t parts_2 = gradc_parts(n, 3*d + 21, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct cox_sorted_value_and_grad_rows2 given = {n, parts_2, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, t3_bar, t4, z_bar_total_2, z_bar_total_3, z_bar_total, t1, event, top, z,
            X};
        if (parts_2 > 1) {
            gradc_run(parts_2, cox_sorted_value_and_grad_rows2, &given);
        } else {
            cox_sorted_value_and_grad_rows2(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
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
