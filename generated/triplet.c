/* triplet: the loss, and its derivatives.
 *
 *     def program(E: real[m, k], anchor: int64[n], positive: int64[n], negative: int64[n], margin: real):
 *         near[l:n] = sum[j:k]((E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
 *            E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j]) ** 2)
 *         far[l:n] = sum[j:k]((E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
 *            E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j]) ** 2)
 *         t0 = sum[l:n](maximum(0, margin + (near[l] - far[l])))
 *         value = t0 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * triplet_value gives 1: anchor holds an index out of range for an axis of length m
 * triplet_value gives 2: positive holds an index out of range for an axis of length m
 * triplet_value gives 3: negative holds an index out of range for an axis of length m
 * triplet_forward gives 1: anchor holds an index out of range for an axis of length m
 * triplet_forward gives 2: positive holds an index out of range for an axis of length m
 * triplet_forward gives 3: negative holds an index out of range for an axis of length m
 * triplet_backward gives 1: anchor holds an index out of range for an axis of length m
 * triplet_backward gives 2: negative holds an index out of range for an axis of length m
 * triplet_backward gives 3: positive holds an index out of range for an axis of length m
 * triplet_value_and_grad gives 1: anchor holds an index out of range for an axis of length m
 * triplet_value_and_grad gives 2: positive holds an index out of range for an axis of length m
 * triplet_value_and_grad gives 3: negative holds an index out of range for an axis of length m
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/routines/compensated.h"

#include "triplet.h"

size_t triplet_value_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    return (size_t)gradc_parts(n, 16*k + 6, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct triplet_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const int64_t *anchor;
    int64_t m;
    const int64_t *positive;
    const int64_t *negative;
    int64_t k;
    const double *E;
    double margin;
    double *t0_parts;
};

static GRADC_APART void triplet_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct triplet_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const anchor = given->anchor;
    const int64_t m = given->m;
    const int64_t *restrict const positive = given->positive;
    const int64_t *restrict const negative = given->negative;
    const int64_t k = given->k;
    const double *restrict const E = given->E;
    const double margin = given->margin;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const near = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const far = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* near[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
         *    E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j], s0 * s0)) */
        /* far[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
         *    E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j], s0 * s0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            const int64_t positive_l = positive[l];
            const int64_t v1 = positive_l < 0 ? m + positive_l : positive_l;
            const int64_t negative_l = negative[l];
            const int64_t v2 = negative_l < 0 ? m + negative_l : negative_l;
            double near_sum = 0.0;
            double far_sum = 0.0;
            GRADC_SIMD(reduction(+:near_sum, far_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double E_j = E[v0*k + j];
                const double v3 = E_j - E[v1*k + j];
                const double v4 = E_j - E[v2*k + j];
                near_sum += v3 * v3;
                far_sum += v4 * v4;
            }
            near[l - tile_begin] = near_sum;
            far[l - tile_begin] = far_sum;
        }

        /* t0 = sum[l:n](maximum(0, margin + (near[l] - far[l]))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = margin + (near[l - tile_begin] - far[l - tile_begin]);
            t0_part_sum += (v0 > 0.0 || v0 != v0) ? v0 : 0.0;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int triplet_value(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                  const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                  double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(22.0*(double)k*(double)n + 7.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t positive_l = positive[l];
            const int64_t v0 = positive_l < 0 ? m + positive_l : positive_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t negative_l = negative[l];
            const int64_t v0 = negative_l < 0 ? m + negative_l : negative_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }
    const int64_t parts = gradc_parts(n, 16*k + 6, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct triplet_value_rows0 given = {n, parts, tile_scratch, tile_bytes, stop, anchor, m, positive,
            negative, k, E, margin, t0_parts};
        if (parts > 1) {
            gradc_run(parts, triplet_value_rows0, &given);
        } else {
            triplet_value_rows0(&given, 0, 0);
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

size_t triplet_forward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return 0;
}

struct triplet_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *anchor;
    int64_t m;
    const int64_t *positive;
    const int64_t *negative;
    int64_t k;
    const double *E;
    double *near;
    double *far;
    double margin;
    double *t0_parts;
};

static GRADC_APART void triplet_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct triplet_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const anchor = given->anchor;
    const int64_t m = given->m;
    const int64_t *restrict const positive = given->positive;
    const int64_t *restrict const negative = given->negative;
    const int64_t k = given->k;
    const double *restrict const E = given->E;
    double *restrict const near = given->near;
    double *restrict const far = given->far;
    const double margin = given->margin;
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

        /* near[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
         *    E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j], s0 * s0)) */
        /* far[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
         *    E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j], s0 * s0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            const int64_t positive_l = positive[l];
            const int64_t v1 = positive_l < 0 ? m + positive_l : positive_l;
            const int64_t negative_l = negative[l];
            const int64_t v2 = negative_l < 0 ? m + negative_l : negative_l;
            double near_sum = 0.0;
            double far_sum = 0.0;
            GRADC_SIMD(reduction(+:near_sum, far_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double E_j = E[v0*k + j];
                const double v3 = E_j - E[v1*k + j];
                const double v4 = E_j - E[v2*k + j];
                near_sum += v3 * v3;
                far_sum += v4 * v4;
            }
            near[l] = near_sum;
            far[l] = far_sum;
        }

        /* t0 = sum[l:n](maximum(0, margin + (near[l] - far[l]))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = margin + (near[l] - far[l]);
            t0_part_sum += (v0 > 0.0 || v0 != v0) ? v0 : 0.0;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int triplet_forward(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                    const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                    double *restrict value, double *restrict near, double *restrict far, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(22.0*(double)k*(double)n + 7.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t positive_l = positive[l];
            const int64_t v0 = positive_l < 0 ? m + positive_l : positive_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t negative_l = negative[l];
            const int64_t v0 = negative_l < 0 ? m + negative_l : negative_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }
    const int64_t parts = gradc_parts(n, 16*k + 6, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct triplet_forward_rows0 given = {n, parts, stop, anchor, m, positive, negative, k, E, near, far,
            margin, t0_parts};
        if (parts > 1) {
            gradc_run(parts, triplet_forward_rows0, &given);
        } else {
            triplet_forward_rows0(&given, 0, 0);
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

size_t triplet_backward_work(int64_t m, int64_t k, int64_t n)
{
    (void)n;
    if (16.0*(double)k*(double)m > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double));
}

int triplet_backward(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                     const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                     const double *restrict near, const double *restrict far, double cotangent,
                     double *restrict grad_E, void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_E_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_E_total_2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)k*(double)m + 48.0*(double)k*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t negative_l = negative[l];
            const int64_t v0 = negative_l < 0 ? m + negative_l : negative_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t positive_l = positive[l];
            const int64_t v0 = positive_l < 0 ? m + positive_l : positive_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }

    /* t0_bar = cotangent / n */
    const double t0_bar = cotangent / (double)n;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_E_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_E_total_2[at] = 0.0;
    }

    /* grad_E_total[:m, :k] = 0 grad_E_total += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m +
     *    anchor[l], anchor[l]), s1 := where_integer(negative[l] < 0, m + negative[l], negative[l]), s2 := margin +
     *    (near[l] - far[l]), s3 := 2 * (E[s0, j] - E[s1, j]) * where(0 < s2, t0_bar, where(0 == s2, 0.5 * t0_bar,
     *    0)), at[s1, j](s3), at[s0, j](-s3))) */
    /* grad_E_total_2[:m, :k] = 0 grad_E_total_2 += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m +
     *    anchor[l], anchor[l]), s1 := where_integer(positive[l] < 0, m + positive[l], positive[l]), s2 := margin +
     *    (near[l] - far[l]), s3 := 2 * (E[s0, j] - E[s1, j]) * where(0 < s2, t0_bar, where(0 == s2, 0.5 * t0_bar,
     *    0)), at[s1, j](-s3), at[s0, j](s3))) */
    const double v0 = 0.5 * t0_bar;
    for (int64_t l = 0; l < n; ++l) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t anchor_l = anchor[l];
        const int64_t v1 = anchor_l < 0 ? m + anchor_l : anchor_l;
        const int64_t negative_l = negative[l];
        const int64_t v2 = negative_l < 0 ? m + negative_l : negative_l;
        const double v3 = margin + (near[l] - far[l]);
        const double v4 = 0.0 < v3 ? t0_bar : (0.0 == v3 ? v0 : 0.0);
        const int64_t positive_l = positive[l];
        const int64_t v5 = positive_l < 0 ? m + positive_l : positive_l;
        for (int64_t j = 0; j < k; ++j) {
            const double E_j = E[v1*k + j];
            const double v6 = 2.0 * (E_j - E[v2*k + j]) * v4;
            const double v7 = 2.0 * (E_j - E[v5*k + j]) * v4;
            grad_E_total[v2*k + j] += v6;
            grad_E_total[v1*k + j] += -v6;
            grad_E_total_2[v5*k + j] += -v7;
            grad_E_total_2[v1*k + j] += v7;
        }
    }

    /* grad_E[i:m, j:k] = grad_E_total_2[i, j] + grad_E_total[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_E[i*k + j] = grad_E_total_2[i*k + j] + grad_E_total[i*k + j];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t triplet_value_and_grad_work(int64_t m, int64_t k, int64_t n)
{
    (void)n;
    if (16.0*(double)k*(double)m + 2048.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double))
        + gradc_bytes(k*m, sizeof(double));
}

int triplet_value_and_grad(int64_t m, int64_t k, int64_t n, const double *restrict E, const int64_t *restrict anchor,
                           const int64_t *restrict positive, const int64_t *restrict negative, double margin,
                           double *restrict value, double *restrict grad_E, void *restrict work)
{
    unsigned char *scratch = work;
    double *const near = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const far = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_E_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_E_total_2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)k*(double)m + 70.0*(double)k*(double)n + 7.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t positive_l = positive[l];
            const int64_t v0 = positive_l < 0 ? m + positive_l : positive_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t negative_l = negative[l];
            const int64_t v0 = negative_l < 0 ? m + negative_l : negative_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }

    /* t0_bar = 1 / n */
    const double t0_bar = 1.0 / (double)n;
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_E_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_E_total_2[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* near[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
         *    E[where_integer(positive[l] < 0, m + positive[l], positive[l]), j], s0 * s0)) */
        /* far[l:n] = sum[j:k](let(s0 := E[where_integer(anchor[l] < 0, m + anchor[l], anchor[l]), j] -
         *    E[where_integer(negative[l] < 0, m + negative[l], negative[l]), j], s0 * s0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v0 = anchor_l < 0 ? m + anchor_l : anchor_l;
            const int64_t positive_l = positive[l];
            const int64_t v1 = positive_l < 0 ? m + positive_l : positive_l;
            const int64_t negative_l = negative[l];
            const int64_t v2 = negative_l < 0 ? m + negative_l : negative_l;
            double near_sum = 0.0;
            double far_sum = 0.0;
            GRADC_SIMD(reduction(+:near_sum, far_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double E_j = E[v0*k + j];
                const double v3 = E_j - E[v1*k + j];
                const double v4 = E_j - E[v2*k + j];
                near_sum += v3 * v3;
                far_sum += v4 * v4;
            }
            near[l - tile_begin] = near_sum;
            far[l - tile_begin] = far_sum;
        }

        /* t0 = sum[l:n](maximum(0, margin + (near[l] - far[l]))) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = margin + (near[l - tile_begin] - far[l - tile_begin]);
            t0_sum += (v0 > 0.0 || v0 != v0) ? v0 : 0.0;
        }
        gradc_add(&t0, &t0_low, t0_sum);

        /* grad_E_total[:m, :k] = 0 grad_E_total += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m +
         *    anchor[l], anchor[l]), s1 := where_integer(positive[l] < 0, m + positive[l], positive[l]), s2 :=
         *    margin + (near[l] - far[l]), s3 := 2 * (E[s0, j] - E[s1, j]) * where(0 < s2, t0_bar, where(0 == s2,
         *    0.5 * t0_bar, 0)), at[s1, j](-s3), at[s0, j](s3))) */
        /* grad_E_total_2[:m, :k] = 0 grad_E_total_2 += each[l:n, j:k](let(s0 := where_integer(anchor[l] < 0, m +
         *    anchor[l], anchor[l]), s1 := where_integer(negative[l] < 0, m + negative[l], negative[l]), s2 :=
         *    margin + (near[l] - far[l]), s3 := 2 * (E[s0, j] - E[s1, j]) * where(0 < s2, t0_bar, where(0 == s2,
         *    0.5 * t0_bar, 0)), at[s1, j](s3), at[s0, j](-s3))) */
        const double v0 = 0.5 * t0_bar;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t anchor_l = anchor[l];
            const int64_t v1 = anchor_l < 0 ? m + anchor_l : anchor_l;
            const int64_t positive_l = positive[l];
            const int64_t v2 = positive_l < 0 ? m + positive_l : positive_l;
            const double v3 = margin + (near[l - tile_begin] - far[l - tile_begin]);
            const double v4 = 0.0 < v3 ? t0_bar : (0.0 == v3 ? v0 : 0.0);
            const int64_t negative_l = negative[l];
            const int64_t v5 = negative_l < 0 ? m + negative_l : negative_l;
            for (int64_t j = 0; j < k; ++j) {
                const double E_j = E[v1*k + j];
                const double v6 = 2.0 * (E_j - E[v2*k + j]) * v4;
                const double v7 = 2.0 * (E_j - E[v5*k + j]) * v4;
                grad_E_total[v2*k + j] += -v6;
                grad_E_total[v1*k + j] += v6;
                grad_E_total_2[v5*k + j] += v7;
                grad_E_total_2[v1*k + j] += -v7;
            }
        }
    }
    t0 = gradc_rounded(t0, t0_low);

    /* grad_E[i:m, j:k] = grad_E_total[i, j] + grad_E_total_2[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_E[i*k + j] = grad_E_total_2[i*k + j] + grad_E_total[i*k + j];
        }
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
