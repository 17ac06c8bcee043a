/* ordinal_logistic: the loss, and its derivatives.
 *
 *     def program(w: real[d], c: real[k], X: real[n, d], y: int64[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = 0.0
 *         t1[:k] = 0
 *         t1 += each[()](at[0](c[0]))
 *         t1 += each[i:k - 1](at[i + 1](exp(c[i + 1])))
 *         with scan[t:k](t1, t2_t=t0) as t2:
 *             t2_next = t2_t + t1[t]
 *             return t2_next
 *         ends[:k + 2] = 0
 *         ends += each[()](at[0](-inf))
 *         ends += each[l:k](at[l + 1](t2[l + 1]))
 *         ends += each[()](at[k + 1](inf))
 *         t3 = sum[i:n](logaddexp(0, z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)]) +
 *            logaddexp(0, ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i]) -
 *            log1mexp(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i]
 *            + 3, y[i] + 1)]))
 *         value = t3 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * ordinal_logistic_value gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_forward gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_backward gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_value_and_grad gives 1: y holds an index out of range for an axis of length k + 2
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/clamp.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/expm1.h"
#include "support/vector/log.h"
#include "support/vector/log1p.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "ordinal_logistic.h"

size_t ordinal_logistic_value_work(int64_t n, int64_t d, int64_t k)
{
    if (24.0*(double)k + 16408.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 2, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 189, 0) * gradc_bytes(128, sizeof(double));
}

struct ordinal_logistic_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const int64_t *y;
    int64_t k;
    double *ends;
    double *t3_parts;
};

static GRADC_APART void ordinal_logistic_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct ordinal_logistic_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const int64_t *restrict const y = given->y;
    const int64_t k = given->k;
    double *restrict const ends = given->ends;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const z = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

        /* t3 = sum[i:n](let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
         *    ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s2 := ends[where_integer(y[i] < 0, k + y[i]
         *    + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p_unit(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s1)))) - where(-0.6931471805599453 < s2, log(-expm1(s2)),
         *    log1p(-exp(s2))))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            const double ends_here = ends[v0];
            const double v1 = z_i - ends_here;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v1)));
            const int64_t v3 = y_i < 0 ? k + y_i + 2 : y_i;
            const double ends_here_ = ends[v3];
            const double v4 = ends_here_ - z_i;
            const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v4)));
            const double v6 = ends_here_ - ends_here;
            const double v7 = v2 + v5 - (-0.6931471805599453 < v6 ? gradc_log(-gradc_expm1(v6))
                : gradc_log1p(-gradc_exp(v6)));
            t3_part_sum += v7;
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int ordinal_logistic_value(int64_t n, int64_t d, int64_t k, const double *restrict w, const double *restrict c,
                           const double *restrict X, const int64_t *restrict y, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const ends = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 25.0*(double)k + 190.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t1[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* t0 = 0.0 */
    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    const double t0 = 0.0;
    if (0 >= 0 && 0 < k) {
        t1[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    ends[0] += -(double)INFINITY;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += (double)INFINITY;

    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = 0; i < k - 1; ++i) {
        t1[i + 1] += gradc_exp(c[i + 1]);
    }

    /* with scan[t:k](t1, t2_t=t0) as t2: t2_next = t2_t + t1[t] return t2_next */
    t2[0] = t0;
    for (int64_t t = 0; t < k; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double t2_now = t2[t];

        /* t2_next = carry0 + captured0[t] */
        const double t2_next = t2_now + ((k > 0) ? t1[gradc_clamp(t, k)] : 0);
        t2[t + 1] = t2_next;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    const int64_t parts = gradc_parts(n, 3*d + 189, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct ordinal_logistic_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, y, k,
            ends, t3_parts};
        if (parts > 1) {
            gradc_run(parts, ordinal_logistic_value_rows0, &given);
        } else {
            ordinal_logistic_value_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t ordinal_logistic_forward_work(int64_t n, int64_t d, int64_t k)
{
    (void)n;
    (void)d;
    if (16.0*(double)k + 16.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 2, sizeof(double));
}

struct ordinal_logistic_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *z;
    const int64_t *y;
    int64_t k;
    double *ends;
    double *t3_parts;
};

static GRADC_APART void ordinal_logistic_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ordinal_logistic_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const z = given->z;
    const int64_t *restrict const y = given->y;
    const int64_t k = given->k;
    double *restrict const ends = given->ends;
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

        /* t3 = sum[i:n](let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
         *    ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s2 := ends[where_integer(y[i] < 0, k + y[i]
         *    + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p_unit(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s1)))) - where(-0.6931471805599453 < s2, log(-expm1(s2)),
         *    log1p(-exp(s2))))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            const double ends_here = ends[v0];
            const double v1 = z_i - ends_here;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v1)));
            const int64_t v3 = y_i < 0 ? k + y_i + 2 : y_i;
            const double ends_here_ = ends[v3];
            const double v4 = ends_here_ - z_i;
            const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v4)));
            const double v6 = ends_here_ - ends_here;
            const double v7 = v2 + v5 - (-0.6931471805599453 < v6 ? gradc_log(-gradc_expm1(v6))
                : gradc_log1p(-gradc_exp(v6)));
            t3_part_sum += v7;
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int ordinal_logistic_forward(int64_t n, int64_t d, int64_t k, const double *restrict w, const double *restrict c,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict z, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const ends = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 25.0*(double)k + 190.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t1[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* t0 = 0.0 */
    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    const double t0 = 0.0;
    if (0 >= 0 && 0 < k) {
        t1[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    ends[0] += -(double)INFINITY;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += (double)INFINITY;
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);

    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = 0; i < k - 1; ++i) {
        t1[i + 1] += gradc_exp(c[i + 1]);
    }

    /* with scan[t:k](t1, t2_t=t0) as t2: t2_next = t2_t + t1[t] return t2_next */
    t2[0] = t0;
    for (int64_t t = 0; t < k; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double t2_now = t2[t];

        /* t2_next = carry0 + captured0[t] */
        const double t2_next = t2_now + ((k > 0) ? t1[gradc_clamp(t, k)] : 0);
        t2[t + 1] = t2_next;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    const int64_t parts = gradc_parts(n, 189, 0);
    double t3_parts[GRADC_PARTS];
    {
        const struct ordinal_logistic_forward_rows0 given = {n, parts, stop, z, y, k, ends, t3_parts};
        if (parts > 1) {
            gradc_run(parts, ordinal_logistic_forward_rows0, &given);
        } else {
            ordinal_logistic_forward_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t ordinal_logistic_backward_work(int64_t n, int64_t d, int64_t k)
{
    (void)n;
    (void)d;
    if (48.0*(double)k + 3120.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(k + 1, sizeof(double))
        + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double));
}

struct ordinal_logistic_backward_rows0 {
    const volatile int *stop;
    int64_t k;
    int64_t parts;
    double *grad_c_total_2;
    double *grad_c_total;
    const double *c;
};

static GRADC_APART void ordinal_logistic_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ordinal_logistic_backward_rows0 *const given = context;
    const volatile int *const stop = given->stop;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    double *restrict const grad_c_total_2 = given->grad_c_total_2;
    double *restrict const grad_c_total = given->grad_c_total;
    const double *restrict const c = given->c;
    if (gradc_stopped(stop)) {
        return;
    }
    const int64_t part_begin = gradc_cut(k - 1, parts, part);
    const int64_t part_end = gradc_cut(k - 1, parts, part + 1);

    /* grad_c_total_2[:k] = 0 grad_c_total_2 += each[i:k - 1](at[i + 1](grad_c_total[k - i - 2] * exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        grad_c_total_2[i + 1] = grad_c_total[k - i - 2] * gradc_exp(c[i + 1]);
    }
}

int ordinal_logistic_backward(int64_t n, int64_t d, int64_t k, const double *restrict w, const double *restrict c,
                              const double *restrict X, const int64_t *restrict y, const double *restrict z,
                              const double *restrict t2, double cotangent, double *restrict grad_w,
                              double *restrict grad_c, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const ends = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const z_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar_term = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar_term_2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t2_bar = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const grad_c_total = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const grad_c_total_2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_c_total_3 = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 33.0*(double)k + 227.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    /* t3_bar = cotangent / n */
    ends[0] += -(double)INFINITY;
    const double t3_bar = cotangent / (double)n;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += (double)INFINITY;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends_bar[at] = 0.0;
    }
    {
        const int64_t tile_rows = gradc_rows(d, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* z_bar[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    exp(-abs(s0)), s2 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s3 :=
             *    exp(-abs(s2)), where(-inf == s0, 0, t3_bar * (where(0 <= s0, 1, s1) / (1 + s1))) + where(-inf ==
             *    s2, 0, -(t3_bar * (where(0 <= s2, 1, s3) / (1 + s3))))) */
            /* ends_bar_term[i:n] = let(s0 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s1 :=
             *    exp(-abs(s0)), t3_bar / expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] -
             *    ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)])) + where(-inf == s0, 0, t3_bar *
             *    (where(0 <= s0, 1, s1) / (1 + s1)))) */
            /* ends_bar_term_2[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)],
             *    s1 := exp(-abs(s0)), where(-inf == s0, 0, -(t3_bar * (where(0 <= s0, 1, s1) / (1 + s1)))) -
             *    t3_bar / expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1
             *    < 0, k + y[i] + 3, y[i] + 1)]))) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double z_i = z[i];
                const int64_t y_i = y[i];
                const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                const double ends_here = ends[v0];
                const double v1 = z_i - ends_here;
                const int v2 = -(double)INFINITY == v1;
                const double v3 = gradc_exp(-fabs(v1));
                const double v4 = t3_bar * ((0.0 <= v1 ? 1.0 : v3) / (1.0 + v3));
                const int64_t v5 = y_i < 0 ? k + y_i + 2 : y_i;
                const double ends_here_ = ends[v5];
                const double v6 = ends_here_ - z_i;
                const int v7 = -(double)INFINITY == v6;
                const double v8 = gradc_exp(-fabs(v6));
                const double v9 = t3_bar * ((0.0 <= v6 ? 1.0 : v8) / (1.0 + v8));
                const double v10 = t3_bar / gradc_expm1(-(ends_here_ - ends_here));
                z_bar[i - tile_begin] = (v2 ? 0.0 : v4) + (v7 ? 0.0 : -v9);
                ends_bar_term[i - tile_begin] = v10 + (v7 ? 0.0 : v9);
                ends_bar_term_2[i - tile_begin] = (v2 ? 0.0 : -v4) - v10;
            }

            /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
            gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z_bar, 1, grad_w);

            /* ends_bar[:k + 2] = 0 ends_bar += each[i:n](at[where_integer(y[i] < 0, k + y[i] + 2,
             *    y[i])](ends_bar_term[i]), at[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] +
             *    1)](ends_bar_term_2[i])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
                const int64_t v1 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                ends_bar[v0] += ends_bar_term[i - tile_begin];
                ends_bar[v1] += ends_bar_term_2[i - tile_begin];
            }
        }
    }
    t2_bar[0] = 0.0;

    /* t2_bar[:k + 1] = 0 t2_bar += each[l:k](at[l + 1](ends_bar[l + 1])) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        t2_bar[l + 1] = ends_bar[l + 1];
    }

    /* grad_c_total_term = t2_bar[k] */
    const double grad_c_total_term = t2_bar[k];

    /* with scan[t:k](t2_bar, grad_c_total_t=grad_c_total_term) as grad_c_total: grad_c_total_next = grad_c_total_t
     *    + t2_bar[k - t - 1] return grad_c_total_next */
    grad_c_total[0] = grad_c_total_term;
    for (int64_t t = 0; t < k; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double grad_c_total_now = grad_c_total[t];

        /* grad_c_total_next = carry0 + captured0[k - t - 1] */
        const double grad_c_total_next = grad_c_total_now + t2_bar[gradc_clamp(k - t - 1, k + 1)];
        grad_c_total[t + 1] = grad_c_total_next;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_c_total_3[at] = 0.0;
    }

    /* grad_c_total_3[:k] = 0 grad_c_total_3 += each[()](at[0](grad_c_total[k - 1])) */
    if (0 >= 0 && 0 < k) {
        grad_c_total_3[0] += grad_c_total[gradc_clamp(k - 1, k + 1)];
    }
    grad_c_total_2[0] = 0.0;
    const int64_t parts = gradc_parts(k - 1, 23, 0);
    {
        const struct ordinal_logistic_backward_rows0 given = {stop, k, parts, grad_c_total_2, grad_c_total, c};
        if (parts > 1) {
            gradc_run(parts, ordinal_logistic_backward_rows0, &given);
        } else {
            ordinal_logistic_backward_rows0(&given, 0, 0);
        }
    }

    /* grad_c[l:k] = grad_c_total_3[l] + grad_c_total_2[l] */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        grad_c[l] = grad_c_total_2[l] + grad_c_total_3[l];
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t ordinal_logistic_value_and_grad_work(int64_t n, int64_t d, int64_t k)
{
    (void)n;
    (void)d;
    if (64.0*(double)k + 3128.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 1, sizeof(double))
        + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 1, sizeof(double))
        + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double));
}

struct ordinal_logistic_value_and_grad_rows0 {
    const volatile int *stop;
    int64_t k;
    int64_t parts;
    double *grad_c_total_3;
    double *grad_c_total;
    const double *c;
};

static GRADC_APART void ordinal_logistic_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ordinal_logistic_value_and_grad_rows0 *const given = context;
    const volatile int *const stop = given->stop;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    double *restrict const grad_c_total_3 = given->grad_c_total_3;
    double *restrict const grad_c_total = given->grad_c_total;
    const double *restrict const c = given->c;
    if (gradc_stopped(stop)) {
        return;
    }
    const int64_t part_begin = gradc_cut(k - 1, parts, part);
    const int64_t part_end = gradc_cut(k - 1, parts, part + 1);

    /* grad_c_total_3[:k] = 0 grad_c_total_3 += each[i:k - 1](at[i + 1](grad_c_total[k - i - 2] * exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        grad_c_total_3[i + 1] = grad_c_total[k - i - 2] * gradc_exp(c[i + 1]);
    }
}

int ordinal_logistic_value_and_grad(int64_t n, int64_t d, int64_t k, const double *restrict w,
                                    const double *restrict c, const double *restrict X, const int64_t *restrict y,
                                    double *restrict value, double *restrict grad_w, double *restrict grad_c,
                                    void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const ends = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const ends_bar_term = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar_term_2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t2_bar = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const grad_c_total = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const grad_c_total_2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_c_total_3 = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 56.0*(double)k + 417.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t1[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* t0 = 0.0 */
    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    /* t3_bar = 1 / n */
    const double t0 = 0.0;
    if (0 >= 0 && 0 < k) {
        t1[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    ends[0] += -(double)INFINITY;
    const double t3_bar = 1.0 / (double)n;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += (double)INFINITY;

    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = 0; i < k - 1; ++i) {
        t1[i + 1] += gradc_exp(c[i + 1]);
    }

    /* with scan[t:k](t1, t2_t=t0) as t2: t2_next = t2_t + t1[t] return t2_next */
    t2[0] = t0;
    for (int64_t t = 0; t < k; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double t2_now = t2[t];

        /* t2_next = carry0 + captured0[t] */
        const double t2_next = t2_now + ((k > 0) ? t1[gradc_clamp(t, k)] : 0);
        t2[t + 1] = t2_next;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    double t3 = 0.0;
    double t3_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends_bar[at] = 0.0;
    }
    {
        const int64_t tile_rows = gradc_rows(d, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
            gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

            /* t3 = sum[i:n](let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s2 := ends[where_integer(y[i] < 0, k +
             *    y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0,
             *    0.6931471805599453, maximum(0, s0) + log1p_unit(exp(-abs(s0)))) + where(0 == s1,
             *    0.6931471805599453, maximum(0, s1) + log1p_unit(exp(-abs(s1)))) - where(-0.6931471805599453 < s2,
             *    log(-expm1(s2)), log1p(-exp(s2))))) */
            /* z_bar[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    exp(-abs(s0)), s2 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s3 :=
             *    exp(-abs(s2)), where(-inf == s0, 0, t3_bar * (where(0 <= s0, 1, s1) / (1 + s1))) + where(-inf ==
             *    s2, 0, -(t3_bar * (where(0 <= s2, 1, s3) / (1 + s3))))), in the place of z */
            /* ends_bar_term[i:n] = let(s0 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s1 :=
             *    exp(-abs(s0)), t3_bar / expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] -
             *    ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)])) + where(-inf == s0, 0, t3_bar *
             *    (where(0 <= s0, 1, s1) / (1 + s1)))) */
            /* ends_bar_term_2[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)],
             *    s1 := exp(-abs(s0)), where(-inf == s0, 0, -(t3_bar * (where(0 <= s0, 1, s1) / (1 + s1)))) -
             *    t3_bar / expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1
             *    < 0, k + y[i] + 3, y[i] + 1)]))) */
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double z_i = z[i - tile_begin];
                const int64_t y_i = y[i];
                const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                const double ends_here = ends[v0];
                const double v1 = z_i - ends_here;
                const double v2 = gradc_exp(-fabs(v1));
                const int64_t v3 = y_i < 0 ? k + y_i + 2 : y_i;
                const double ends_here_ = ends[v3];
                const double v4 = ends_here_ - z_i;
                const double v5 = gradc_exp(-fabs(v4));
                const double v6 = (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                    + gradc_log1p_unit(v2)) + (0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0)
                    + gradc_log1p_unit(v5));
                const double v7 = ends_here_ - ends_here;
                const int v8 = -(double)INFINITY == v1;
                const double v9 = t3_bar * ((0.0 <= v1 ? 1.0 : v2) / (1.0 + v2));
                const int v10 = -(double)INFINITY == v4;
                const double v11 = t3_bar * ((0.0 <= v4 ? 1.0 : v5) / (1.0 + v5));
                const double v12 = t3_bar / gradc_expm1(-v7);
                t3_sum += v6 - (-0.6931471805599453 < v7 ? gradc_log(-gradc_expm1(v7)) : gradc_log1p(-gradc_exp(v7)));
                z[i - tile_begin] = (v8 ? 0.0 : v9) + (v10 ? 0.0 : -v11);
                ends_bar_term[i - tile_begin] = v12 + (v10 ? 0.0 : v11);
                ends_bar_term_2[i - tile_begin] = (v8 ? 0.0 : -v9) - v12;
            }
            gradc_add(&t3, &t3_low, t3_sum);

            /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
            gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z, 1, grad_w);

            /* ends_bar[:k + 2] = 0 ends_bar += each[i:n](at[where_integer(y[i] < 0, k + y[i] + 2,
             *    y[i])](ends_bar_term[i]), at[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] +
             *    1)](ends_bar_term_2[i])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
                const int64_t v1 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                ends_bar[v0] += ends_bar_term[i - tile_begin];
                ends_bar[v1] += ends_bar_term_2[i - tile_begin];
            }
        }
    }
    t3 = gradc_rounded(t3, t3_low);
    t2_bar[0] = 0.0;

    /* t2_bar[:k + 1] = 0 t2_bar += each[l:k](at[l + 1](ends_bar[l + 1])) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        t2_bar[l + 1] = ends_bar[l + 1];
    }

    /* value = t3 / n */
    /* grad_c_total_term = t2_bar[k] */
    *value = t3 / (double)n;
    const double grad_c_total_term = t2_bar[k];

    /* with scan[t:k](t2_bar, grad_c_total_t=grad_c_total_term) as grad_c_total: grad_c_total_next = grad_c_total_t
     *    + t2_bar[k - t - 1] return grad_c_total_next */
    grad_c_total[0] = grad_c_total_term;
    for (int64_t t = 0; t < k; ++t) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double grad_c_total_now = grad_c_total[t];

        /* grad_c_total_next = carry0 + captured0[k - t - 1] */
        const double grad_c_total_next = grad_c_total_now + t2_bar[gradc_clamp(k - t - 1, k + 1)];
        grad_c_total[t + 1] = grad_c_total_next;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_c_total_2[at] = 0.0;
    }

    /* grad_c_total_2[:k] = 0 grad_c_total_2 += each[()](at[0](grad_c_total[k - 1])) */
    if (0 >= 0 && 0 < k) {
        grad_c_total_2[0] += grad_c_total[gradc_clamp(k - 1, k + 1)];
    }
    grad_c_total_3[0] = 0.0;
    const int64_t parts = gradc_parts(k - 1, 23, 0);
    {
        const struct ordinal_logistic_value_and_grad_rows0 given = {stop, k, parts, grad_c_total_3, grad_c_total, c};
        if (parts > 1) {
            gradc_run(parts, ordinal_logistic_value_and_grad_rows0, &given);
        } else {
            ordinal_logistic_value_and_grad_rows0(&given, 0, 0);
        }
    }

    /* grad_c[l:k] = grad_c_total_2[l] + grad_c_total_3[l] */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        grad_c[l] = grad_c_total_3[l] + grad_c_total_2[l];
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
