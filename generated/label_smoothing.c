/* label_smoothing: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], y: int64[n], eps: real):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n] = logsumexp[j:k](t0[l, j])
 *         L[l:n, j:k] = t0[l, j] - t1[l]
 *         t2[l:n] = sum[j:k](L[l, j])
 *         t3 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t2[l] / k))
 *         value = -(t3 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * label_smoothing_value gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_forward gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_backward gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_value_and_grad gives 1: y holds an index out of range for an axis of length k
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/helpers/width.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/routines/compensated.h"
#include "support/routines/product.h"
#include "support/routines/transpose.h"

#include "label_smoothing.h"

size_t label_smoothing_value_work(int64_t d, int64_t k, int64_t n)
{
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 27*k + 42, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct label_smoothing_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    int64_t d;
    const double *W;
    const double *X;
    double eps;
    const int64_t *y;
    double *t3_parts;
};

static GRADC_APART void label_smoothing_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const int64_t d = given->d;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double eps = given->eps;
    const int64_t *restrict const y = given->y;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t0, 128, 1, 0, 0);

        /* t1_total_most[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_lj = t0[j*128 + l - tile_begin];
                t1_total_most[l - tile_begin] = (t1_total_most[l - tile_begin] >= t0_lj
                    || t1_total_most[l - tile_begin] != t1_total_most[l - tile_begin]) ? t1_total_most[l - tile_begin]
                    : t0_lj;
            }
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
        }

        /* t1_total[l:n] = sum[j:k](exp(t0[l, j] - t1_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += gradc_exp(t0[j*128 + l - tile_begin] - t1_total_most[l - tile_begin])
                    + gradc_exp(t0[(j + 1)*128 + l - tile_begin] - t1_total_most[l - tile_begin])
                    + gradc_exp(t0[(j + 2)*128 + l - tile_begin] - t1_total_most[l - tile_begin])
                    + gradc_exp(t0[(j + 3)*128 + l - tile_begin] - t1_total_most[l - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += gradc_exp(t0[j*128 + l - tile_begin] - t1_total_most[l - tile_begin]);
            }
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]), in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = t1_total_most_l + gradc_log(t1_total[l - tile_begin]);
        }

        /* L[l:n, j:k] = t0[l, j] - t1[l], in the place of t0 */
        /* t2[l:n] = sum[j:k](L[l, j]), in the place of t1_total */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_lj = t0[j*128 + l - tile_begin];
                const double v0 = t0_lj - t1_total_most[l - tile_begin];
                t0[j*128 + l - tile_begin] = v0;
                t1_total[l - tile_begin] += v0;
            }
        }

        /* t3 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t2[l] / k)) */
        const double v0 = 1.0 - eps;
        const double v1 = (double)k;
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v2 = y_l < 0 ? k + y_l : y_l;
            t3_part_sum += t0[v2*128 + l - tile_begin] * v0 + eps * (t1_total[l - tile_begin] / v1);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int label_smoothing_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                          const int64_t *restrict y, double eps, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 32.0*(double)k*(double)n
        + 45.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    const int64_t parts = gradc_parts(n, 3*d*k + 27*k + 42, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct label_smoothing_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, d, W, X, eps,
            y, t3_parts};
        if (parts > 1) {
            gradc_run(parts, label_smoothing_value_rows0, &given);
        } else {
            label_smoothing_value_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = -(t3 / n) */
    *value = -(t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t label_smoothing_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 27*k + 42, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)));
}

struct label_smoothing_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double *t0;
    double *t1;
    double eps;
    const int64_t *y;
    double *t3_parts;
};

static GRADC_APART void label_smoothing_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    double *restrict const t1 = given->t1;
    const double eps = given->eps;
    const int64_t *restrict const y = given->y;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const L = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_total_most[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_total_most_max = -(double)INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[l*k + j];
                t1_total_most_max = (t1_total_most_max >= t0_lj || t1_total_most_max != t1_total_most_max)
                    ? t1_total_most_max : t0_lj;
            }
            t1_total_most[l - tile_begin] = t1_total_most_max;
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
        }

        /* t1_total[l:n] = sum[j:k](exp(t0[l, j] - t1_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            double t1_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_total_sum += gradc_exp(t0[l*k + j] - t1_total_most_l);
            }
            t1_total[l - tile_begin] = t1_total_sum;
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l] = t1_total_most[l - tile_begin] + gradc_log(t1_total[l - tile_begin]);
        }

        /* L[l:n, j:k] = t0[l, j] - t1[l] */
        /* t2[l:n] = sum[j:k](L[l, j]), in the place of t1_total_most */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t1_total_most_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_total_most_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] - t1_l;
                L[(l - tile_begin)*k + j] = v0;
                t1_total_most_sum += v0;
            }
            t1_total_most[l - tile_begin] = t1_total_most_sum;
        }

        /* t3 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t2[l] / k)) */
        const double v0 = 1.0 - eps;
        const double v1 = (double)k;
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v2 = y_l < 0 ? k + y_l : y_l;
            t3_part_sum += L[(l - tile_begin)*k + v2] * v0 + eps * (t1_total_most[l - tile_begin] / v1);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int label_smoothing_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                            const int64_t *restrict y, double eps, double *restrict value, double *restrict t0,
                            double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 32.0*(double)k*(double)n
        + 45.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
    gradc_product(k, n, d, W, 1, k, X, 1, d, NULL, 0, t0, 1, k, 1, 0);
    const int64_t parts = gradc_parts(n, 27*k + 42, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct label_smoothing_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, t0, t1, eps,
            y, t3_parts};
        if (parts > 1) {
            gradc_run(parts, label_smoothing_forward_rows0, &given);
        } else {
            label_smoothing_forward_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = -(t3 / n) */
    *value = -(t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t label_smoothing_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 49152.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 52*k + 8, d*k) * gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 3*d*k + 52*k + 8, d*k) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct label_smoothing_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_W;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double eps;
    double t3_bar;
    const int64_t *y;
    const double *t0;
    const double *t1;
    const double *X;
};

static GRADC_APART void label_smoothing_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_W = given->grad_W;
    const int64_t d = given->d;
    const int64_t k = given->k;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double eps = given->eps;
    const double t3_bar = given->t3_bar;
    const int64_t *restrict const y = given->y;
    const double *restrict const t0 = given->t0;
    const double *restrict const t1 = given->t1;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t2_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const L_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const grad_W_term = (void *)tile_own;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2_bar[l:n] = eps * t3_bar / k */
        const double v0 = eps * t3_bar / (double)k;
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t2_bar[l - tile_begin] = v0;
        }

        /* L_bar[l:n, j:k] = t2_bar[l] + where(j == where_integer(y[l] < 0, k + y[l], y[l]), t3_bar * (1 - eps), 0) */
        /* t0_bar_total[l:n] = sum[j:k](L_bar[l, j]) */
        const double v1 = t3_bar * (1.0 - eps);
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t0_bar_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const int64_t y_l = y[l];
                const double v2 = t2_bar[l - tile_begin] + (j == (y_l < 0 ? k + y_l : y_l) ? v1 : 0.0);
                L_bar[j*128 + l - tile_begin] = v2;
                t0_bar_total[l - tile_begin] += v2;
            }
        }

        /* t0_tile[l:n, j:k] = t0[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &t0[tile_begin*k], k, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar_term[l:n, j:k] = let(s0 := t0_tile[l, j] - t1[l], s1 := s0 - t0_tile[l, j], s2 := t0_tile[l,
             *    j] - (s0 - s1) - (t1[l] + s1), where(-inf == t0_tile[l, j], 0, -(t0_bar_total[l] * (exp(s0) * (1
             *    + where(abs(s2) < 1, s2, 0)))))) */
            /* grad_W_term[l:n, j:k] = t0_bar_term[l, j] + L_bar[l, j] */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t0_tile_lj = t0_tile[j*128 + l - tile_begin];
                    const double t1_l = t1[l];
                    const double v2 = t0_tile_lj - t1_l;
                    const double v3 = v2 - t0_tile_lj;
                    const double v4 = t0_tile_lj - (v2 - v3) - (t1_l + v3);
                    const double v5 = -(double)INFINITY == t0_tile_lj ? 0.0
                        : -(t0_bar_total[l - tile_begin] * (gradc_exp(v2) * (1.0 + (fabs(v4) < 1.0 ? v4 : 0.0))));
                    grad_W_term[(j - strip_begin)*128 + l - tile_begin] = L_bar[j*128 + l - tile_begin] + v5;
                }
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * grad_W_term[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, grad_W_term, 1,
                128, NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }
    }
}

int label_smoothing_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const int64_t *restrict y, double eps, const double *restrict t0,
                             const double *restrict t1, double cotangent, double *restrict grad_W,
                             void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*k + 52*k + 8, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 59.0*(double)k*(double)n
        + 9.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t3_bar = -(cotangent / n) */
    const double t3_bar = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 52*k + 8, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    {
        const struct label_smoothing_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_W, d, k,
            tile_scratch, tile_bytes, stop, eps, t3_bar, y, t0, t1, X};
        if (parts > 1) {
            gradc_run(parts, label_smoothing_backward_rows0, &given);
        } else {
            label_smoothing_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t label_smoothing_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 65536.0*(double)k + 65536.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*k + 48*k + 54, d*k) * gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 6*d*k + 48*k + 54, d*k) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct label_smoothing_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_W;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *W;
    const double *X;
    double eps;
    double t3_bar;
    const int64_t *y;
    double *t3_parts;
};

static GRADC_APART void label_smoothing_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_W = given->grad_W;
    const int64_t d = given->d;
    const int64_t k = given->k;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double eps = given->eps;
    const double t3_bar = given->t3_bar;
    const int64_t *restrict const y = given->y;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const L_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_W_term = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t0, 128, 1, 0, 0);

        /* t1_total_most[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_lj = t0[j*128 + l - tile_begin];
                t1_total_most[l - tile_begin] = (t1_total_most[l - tile_begin] >= t0_lj
                    || t1_total_most[l - tile_begin] != t1_total_most[l - tile_begin]) ? t1_total_most[l - tile_begin]
                    : t0_lj;
            }
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]) */
        /* t2_bar[l:n] = eps * t3_bar / k, in the place of t1_total_most */
        const double v0 = eps * t3_bar / (double)k;
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_term[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
            t1_total_most[l - tile_begin] = v0;
        }

        /* t1_total_term_2[l:n, j:k] = exp(t0[l, j] - t1_total_term[l]) */
        /* t1_total[l:n] = sum[j:k](t1_total_term_2[l, j]) */
        /* L_bar[l:n, j:k] = t2_bar[l] + where(j == where_integer(y[l] < 0, k + y[l], y[l]), t3_bar * (1 - eps), 0) */
        /* t0_bar_total[l:n] = sum[j:k](L_bar[l, j]) */
        const double v1 = t3_bar * (1.0 - eps);
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t0_bar_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v2 = gradc_exp(t0[j*128 + l - tile_begin] - t1_total_term[l - tile_begin]);
                const int64_t y_l = y[l];
                const double v3 = t1_total_most[l - tile_begin] + (j == (y_l < 0 ? k + y_l : y_l) ? v1 : 0.0);
                t1_total_term_2[j*128 + l - tile_begin] = v2;
                t1_total[l - tile_begin] += v2;
                L_bar[j*128 + l - tile_begin] = v3;
                t0_bar_total[l - tile_begin] += v3;
            }
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]), in the place of t1_total_most */
        /* t0_bar_term[l:n] = 1 / t1_total[l], in the place of t1_total_term */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_term_l = t1_total_term[l - tile_begin];
            const double t1_total_l = t1_total[l - tile_begin];
            t1_total_most[l - tile_begin] = t1_total_term_l + gradc_log(t1_total_l);
            t1_total_term[l - tile_begin] = 1.0 / t1_total_l;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* L[l:n, j:k] = t0[l, j] - t1[l], in the place of t0 */
            /* t2[l:n] = sum[j:k](L[l, j]), in the place of t1_total */
            /* t0_bar_term_2[l:n, j:k] = where(-inf == t0[l, j], 0, -(t0_bar_total[l] * (t1_total_term_2[l, j] *
             *    t0_bar_term[l]))) */
            /* grad_W_term[l:n, j:k] = t0_bar_term_2[l, j] + L_bar[l, j] */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t0_lj = t0[j*128 + l - tile_begin];
                    const double v2 = t0_lj - t1_total_most[l - tile_begin];
                    const double v3 = L_bar[j*128 + l - tile_begin] + (-(double)INFINITY == t0_lj ? 0.0
                        : -(t0_bar_total[l - tile_begin] * (t1_total_term_2[j*128 + l - tile_begin]
                        * t1_total_term[l - tile_begin])));
                    t0[j*128 + l - tile_begin] = v2;
                    t1_total[l - tile_begin] += v2;
                    grad_W_term[(j - strip_begin)*128 + l - tile_begin] = v3;
                }
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * grad_W_term[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, grad_W_term, 1,
                128, NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }

        /* t3 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t2[l] / k)) */
        const double v2 = 1.0 - eps;
        const double v3 = (double)k;
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v4 = y_l < 0 ? k + y_l : y_l;
            t3_part_sum += t0[v4*128 + l - tile_begin] * v2 + eps * (t1_total[l - tile_begin] / v3);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int label_smoothing_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict X, const int64_t *restrict y, double eps,
                                   double *restrict value, double *restrict grad_W, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 48*k + 54, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 62.0*(double)k*(double)n
        + 60.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t3_bar = -(1 / n) */
    const double t3_bar = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + 48*k + 54, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct label_smoothing_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_W, d, k,
            tile_scratch, tile_bytes, stop, W, X, eps, t3_bar, y, t3_parts};
        if (parts > 1) {
            gradc_run(parts, label_smoothing_value_and_grad_rows0, &given);
        } else {
            label_smoothing_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }

    /* value = -(t3 / n) */
    *value = -(t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
