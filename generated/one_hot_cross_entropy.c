/* one_hot_cross_entropy: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], b: real[k], X: real[n, d], Y: real[n, k]):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n] = logsumexp[j:k](t0[l, j] + b[j])
 *         t2[l:n] = sum[j:k](Y[l, j] * (t0[l, j] + b[j] - t1[l]))
 *         t3 = sum[l:n](t2[l])
 *         value = -(t3 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
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

#include "one_hot_cross_entropy.h"

size_t one_hot_cross_entropy_value_work(int64_t d, int64_t k, int64_t n)
{
    if (32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 34*k + 28, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct one_hot_cross_entropy_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    int64_t d;
    const double *W;
    const double *X;
    const double *b;
    const double *Y;
    double *t3_parts;
};

static GRADC_APART void one_hot_cross_entropy_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct one_hot_cross_entropy_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const int64_t d = given->d;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double *restrict const b = given->b;
    const double *restrict const Y = given->Y;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most_term = (void *)tile_own;
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

        /* t1_total_most_term[l:n, j:k] = t0[l, j] + b[j] */
        /* t1_total_most[l:n] = max[j:k](t1_total_most_term[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            const double b_j = b[j];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v0 = t0[j*128 + l - tile_begin] + b_j;
                t1_total_most_term[j*128 + l - tile_begin] = v0;
                t1_total_most[l - tile_begin] = (t1_total_most[l - tile_begin] >= v0
                    || t1_total_most[l - tile_begin] != t1_total_most[l - tile_begin]) ? t1_total_most[l - tile_begin]
                    : v0;
            }
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
        }

        /* t1_total[l:n] = sum[j:k](exp(t1_total_most_term[l, j] - t1_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += gradc_exp(t1_total_most_term[j*128 + l - tile_begin]
                    - t1_total_most[l - tile_begin]) + gradc_exp(t1_total_most_term[(j + 1)*128 + l - tile_begin]
                    - t1_total_most[l - tile_begin]) + gradc_exp(t1_total_most_term[(j + 2)*128 + l - tile_begin]
                    - t1_total_most[l - tile_begin]) + gradc_exp(t1_total_most_term[(j + 3)*128 + l - tile_begin]
                    - t1_total_most[l - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += gradc_exp(t1_total_most_term[j*128 + l - tile_begin]
                    - t1_total_most[l - tile_begin]);
            }
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]), in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = t1_total_most_l + gradc_log(t1_total[l - tile_begin]);
        }

        /* Y_tile[l:n, j:k] = Y[l, j], in the place of t1_total_most_term */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, t1_total_most_term, 128);

        /* t2[l:n] = sum[j:k](Y_tile[l, j] * (t0[l, j] + b[j] - t1[l])), in the place of t1_total */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            const double b_j = b[j];
            const double b_j_ = b[j + 1];
            const double b_j_2 = b[j + 2];
            const double b_j_3 = b[j + 3];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += t1_total_most_term[j*128 + l - tile_begin]
                    * (t0[j*128 + l - tile_begin] + b_j - t1_total_most[l - tile_begin])
                    + t1_total_most_term[(j + 1)*128 + l - tile_begin]
                    * (t0[(j + 1)*128 + l - tile_begin] + b_j_ - t1_total_most[l - tile_begin])
                    + t1_total_most_term[(j + 2)*128 + l - tile_begin]
                    * (t0[(j + 2)*128 + l - tile_begin] + b_j_2 - t1_total_most[l - tile_begin])
                    + t1_total_most_term[(j + 3)*128 + l - tile_begin]
                    * (t0[(j + 3)*128 + l - tile_begin] + b_j_3 - t1_total_most[l - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            const double b_j = b[j];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += t1_total_most_term[j*128 + l - tile_begin]
                    * (t0[j*128 + l - tile_begin] + b_j - t1_total_most[l - tile_begin]);
            }
        }

        /* t3 = sum[l:n](t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1_total[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int one_hot_cross_entropy_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                const double *restrict X, const double *restrict Y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 40.0*(double)k*(double)n
        + 31.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 34*k + 28, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct one_hot_cross_entropy_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, d, W, X,
            b, Y, t3_parts};
        if (parts > 1) {
            gradc_run(parts, one_hot_cross_entropy_value_rows0, &given);
        } else {
            one_hot_cross_entropy_value_rows0(&given, 0, 0);
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

size_t one_hot_cross_entropy_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 33*k + 28, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct one_hot_cross_entropy_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double *t0;
    const double *b;
    double *t1;
    const double *Y;
    double *t3_parts;
};

static GRADC_APART void one_hot_cross_entropy_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct one_hot_cross_entropy_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const b = given->b;
    double *restrict const t1 = given->t1;
    const double *restrict const Y = given->Y;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_total_most_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_total_most_term[l:n, j:k] = t0[l, j] + b[j] */
        /* t1_total_most[l:n] = max[j:k](t1_total_most_term[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_total_most_max = -(double)INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                t1_total_most_term[(l - tile_begin)*k + j] = v0;
                t1_total_most_max = (t1_total_most_max >= v0 || t1_total_most_max != t1_total_most_max)
                    ? t1_total_most_max : v0;
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

        /* t1_total[l:n] = sum[j:k](exp(t1_total_most_term[l, j] - t1_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            double t1_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_total_sum += gradc_exp(t1_total_most_term[(l - tile_begin)*k + j] - t1_total_most_l);
            }
            t1_total[l - tile_begin] = t1_total_sum;
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l] = t1_total_most[l - tile_begin] + gradc_log(t1_total[l - tile_begin]);
        }

        /* t2[l:n] = sum[j:k](Y[l, j] * (t0[l, j] + b[j] - t1[l])), in the place of t1_total_most */
        for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
            const double t1_l = t1[l];
            double t1_total_most_sum = 0.0;
            const double t1_l_ = t1[l + 1];
            double t1_total_most_sum_ = 0.0;
            const double t1_l_2 = t1[l + 2];
            double t1_total_most_sum_2 = 0.0;
            const double t1_l_3 = t1[l + 3];
            double t1_total_most_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t1_total_most_sum, t1_total_most_sum_, t1_total_most_sum_2, t1_total_most_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t1_total_most_sum += Y[l*k + j] * (t0[l*k + j] + b[j] - t1_l);
                t1_total_most_sum_ += Y[(l + 1)*k + j] * (t0[(l + 1)*k + j] + b[j] - t1_l_);
                t1_total_most_sum_2 += Y[(l + 2)*k + j] * (t0[(l + 2)*k + j] + b[j] - t1_l_2);
                t1_total_most_sum_3 += Y[(l + 3)*k + j] * (t0[(l + 3)*k + j] + b[j] - t1_l_3);
            }
            t1_total_most[l - tile_begin] = t1_total_most_sum;
            t1_total_most[l + 1 - tile_begin] = t1_total_most_sum_;
            t1_total_most[l + 2 - tile_begin] = t1_total_most_sum_2;
            t1_total_most[l + 3 - tile_begin] = t1_total_most_sum_3;
        }
        for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t1_total_most_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_total_most_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_total_most_sum += Y[l*k + j] * (t0[l*k + j] + b[j] - t1_l);
            }
            t1_total_most[l - tile_begin] = t1_total_most_sum;
        }

        /* t3 = sum[l:n](t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1_total_most[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int one_hot_cross_entropy_forward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                  const double *restrict b, const double *restrict X, const double *restrict Y,
                                  double *restrict value, double *restrict t0, double *restrict t1,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 38.0*(double)k*(double)n
        + 31.0*(double)n);
    for (int64_t at = 0; at < k*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
    gradc_product(k, n, d, W, 1, k, X, 1, d, NULL, 0, t0, 1, k, 1, 0);
    const int64_t parts = gradc_parts(n, 33*k + 28, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct one_hot_cross_entropy_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, t0, b,
            t1, Y, t3_parts};
        if (parts > 1) {
            gradc_run(parts, one_hot_cross_entropy_forward_rows0, &given);
        } else {
            one_hot_cross_entropy_forward_rows0(&given, 0, 0);
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

size_t one_hot_cross_entropy_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 49424.0*(double)k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + (size_t)gradc_parts(n, 3*d*k + 52*k + 4, d*k + 2*k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)))
        + (size_t)gradc_parts(n, 3*d*k + 52*k + 4, d*k + 2*k) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct one_hot_cross_entropy_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b_total;
    int64_t k;
    double *grad_b_total_2;
    double *grad_W;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *Y;
    double t3_bar;
    const double *t0;
    const double *b;
    const double *t1;
    const double *X;
};

static GRADC_APART void one_hot_cross_entropy_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct one_hot_cross_entropy_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_b_total = given->grad_b_total;
    const int64_t k = given->k;
    double *restrict const grad_b_total_2 = given->grad_b_total_2;
    double *restrict const grad_W = given->grad_W;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const Y = given->Y;
    const double t3_bar = given->t3_bar;
    const double *restrict const t0 = given->t0;
    const double *restrict const b = given->b;
    const double *restrict const t1 = given->t1;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_b_total_part = part == 0 ? grad_b_total : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_b_total_2_part = part == 0 ? grad_b_total_2 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const grad_W_term = (void *)tile_own;
    for (int64_t at = 0; at < k; ++at) {
        grad_b_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b_total_2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Y_tile[l:n, j:k] = Y[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t1_bar_total[l:n] = sum[j:k](Y_tile[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_bar_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_bar_total[l - tile_begin] += Y_tile[j*128 + l - tile_begin] + Y_tile[(j + 1)*128 + l - tile_begin]
                    + Y_tile[(j + 2)*128 + l - tile_begin] + Y_tile[(j + 3)*128 + l - tile_begin];
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_bar_total[l - tile_begin] += Y_tile[j*128 + l - tile_begin];
            }
        }

        /* t1_bar[l:n] = -(t3_bar * t1_bar_total[l]), in the place of t1_bar_total */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_bar_total_l = t1_bar_total[l - tile_begin];
            t1_bar_total[l - tile_begin] = -(t3_bar * t1_bar_total_l);
        }

        /* t0_tile[l:n, j:k] = t0[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &t0[tile_begin*k], k, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar_term[l:n, j:k] = exp(t0_tile[l, j] + b[j] - t1[l]) */
            /* t0_bar_term_2[l:n, j:k] = let(s0 := t0_tile[l, j] + b[j], s1 := s0 - t0_tile[l, j], s2 := s0 -
             *    t1[l], s3 := s2 - s0, s4 := b[j] - s1 + (t0_tile[l, j] - (s0 - s1)) + (s0 - (s2 - s3) - (t1[l] +
             *    s3)), where(-inf == s0, 0, t1_bar[l] * (t0_bar_term[l, j] * (1 + where(abs(s4) < 1, s4, 0))))) */
            /* grad_W_term[l:n, j:k] = t0_bar_term_2[l, j] + t3_bar * Y_tile[l, j] */
            /* grad_b_total[j:k] = sum[l:n](let(s0 := t0_tile[l, j] + b[j], s1 := s0 - t0_tile[l, j], s2 := s0 -
             *    t1[l], s3 := s2 - s0, s4 := b[j] - s1 + (t0_tile[l, j] - (s0 - s1)) + (s0 - (s2 - s3) - (t1[l] +
             *    s3)), where(-inf == s0, 0, t1_bar[l] * (t0_bar_term[l, j] * (1 + where(abs(s4) < 1, s4, 0)))))) */
            /* grad_b_total_2[j:k] = sum[l:n](Y_tile[l, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                double grad_b_total_part_sum = 0.0;
                double grad_b_total_2_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b_total_part_sum, grad_b_total_2_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t0_tile_lj = t0_tile[j*128 + l - tile_begin];
                    const double v0 = t0_tile_lj + b_j;
                    const double t1_l = t1[l];
                    const double v1 = v0 - t1_l;
                    const double v2 = v0 - t0_tile_lj;
                    const double v3 = v1 - v0;
                    const double v4 = b_j - v2 + (t0_tile_lj - (v0 - v2)) + (v0 - (v1 - v3) - (t1_l + v3));
                    const double v5 = -(double)INFINITY == v0 ? 0.0 : t1_bar_total[l - tile_begin]
                        * (gradc_exp(v1) * (1.0 + (fabs(v4) < 1.0 ? v4 : 0.0)));
                    const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                    grad_W_term[(j - strip_begin)*128 + l - tile_begin] = t3_bar * Y_tile_lj + v5;
                    grad_b_total_part_sum += v5;
                    grad_b_total_2_part_sum += Y_tile_lj;
                }
                grad_b_total_part[j] += grad_b_total_part_sum;
                grad_b_total_2_part[j] += grad_b_total_2_part_sum;
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * grad_W_term[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, grad_W_term, 1,
                128, NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }
    }
}

int one_hot_cross_entropy_backward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict b, const double *restrict X, const double *restrict Y,
                                   const double *restrict t0, const double *restrict t1, double cotangent,
                                   double *restrict grad_W, double *restrict grad_b, void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    double *const grad_b_total = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_b_total_2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*k + 52*k + 4, d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 94.0*(double)k*(double)n
        + 6.0*(double)k + 5.0*(double)n);

    /* t3_bar = -(cotangent / n) */
    const double t3_bar = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 52*k + 4, d*k + 2*k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double));
    {
        const struct one_hot_cross_entropy_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_b_total,
            k, grad_b_total_2, grad_W, d, tile_scratch, tile_bytes, stop, Y, t3_bar, t0, b, t1, X};
        if (parts > 1) {
            gradc_run(parts, one_hot_cross_entropy_backward_rows0, &given);
        } else {
            one_hot_cross_entropy_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b_total[at] += grad_b_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b_total_2[at] += grad_b_total_2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }

    /* grad_b[j:k] = grad_b_total[j] + t3_bar * grad_b_total_2[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < k; ++j) {
        grad_b[j] = grad_b_total[j] + t3_bar * grad_b_total_2[j];
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t one_hot_cross_entropy_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 65808.0*(double)k + 65536.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + (size_t)gradc_parts(n, 6*d*k + 48*k + 36, d*k + 2*k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)))
        + (size_t)gradc_parts(n, 6*d*k + 48*k + 36, d*k + 2*k) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct one_hot_cross_entropy_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b_total;
    int64_t k;
    double *grad_b_total_2;
    double *grad_W;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *W;
    const double *X;
    const double *b;
    const double *Y;
    double t3_bar;
    double *t3_parts;
};

static GRADC_APART void one_hot_cross_entropy_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct one_hot_cross_entropy_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_b_total = given->grad_b_total;
    const int64_t k = given->k;
    double *restrict const grad_b_total_2 = given->grad_b_total_2;
    double *restrict const grad_W = given->grad_W;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double *restrict const b = given->b;
    const double *restrict const Y = given->Y;
    const double t3_bar = given->t3_bar;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_b_total_part = part == 0 ? grad_b_total : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_b_total_2_part = part == 0 ? grad_b_total_2 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_W_term = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_b_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_b_total_2_part[at] = 0.0;
    }
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

        /* t1_total_most_term[l:n, j:k] = t0[l, j] + b[j] */
        /* t1_total_most[l:n] = max[j:k](t1_total_most_term[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            const double b_j = b[j];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v0 = t0[j*128 + l - tile_begin] + b_j;
                t1_total_most_term[j*128 + l - tile_begin] = v0;
                t1_total_most[l - tile_begin] = (t1_total_most[l - tile_begin] >= v0
                    || t1_total_most[l - tile_begin] != t1_total_most[l - tile_begin]) ? t1_total_most[l - tile_begin]
                    : v0;
            }
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
        }

        /* t1_total_term_2[l:n, j:k] = exp(t1_total_most_term[l, j] - t1_total_term[l]), in the place of
         *    t1_total_most_term */
        /* t1_total[l:n] = sum[j:k](t1_total_term_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t1_total_most_term_lj = t1_total_most_term[j*128 + l - tile_begin];
                const double v0 = gradc_exp(t1_total_most_term_lj - t1_total_most[l - tile_begin]);
                t1_total_most_term[j*128 + l - tile_begin] = v0;
                t1_total[l - tile_begin] += v0;
            }
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]), in the place of t1_total_most */
        /* t0_bar_term[l:n] = 1 / t1_total[l], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            const double t1_total_l = t1_total[l - tile_begin];
            t1_total_most[l - tile_begin] = t1_total_most_l + gradc_log(t1_total_l);
            t1_total[l - tile_begin] = 1.0 / t1_total_l;
        }

        /* Y_tile[l:n, j:k] = Y[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t2[l:n] = sum[j:k](Y_tile[l, j] * (t0[l, j] + b[j] - t1[l])) */
        /* t1_bar_total[l:n] = sum[j:k](Y_tile[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t2[l - tile_begin] = 0.0;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_bar_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            const double b_j = b[j];
            const double b_j_ = b[j + 1];
            const double b_j_2 = b[j + 2];
            const double b_j_3 = b[j + 3];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                const double Y_tile_lj_ = Y_tile[(j + 1)*128 + l - tile_begin];
                const double Y_tile_lj_2 = Y_tile[(j + 2)*128 + l - tile_begin];
                const double Y_tile_lj_3 = Y_tile[(j + 3)*128 + l - tile_begin];
                t2[l - tile_begin] += Y_tile_lj * (t0[j*128 + l - tile_begin] + b_j - t1_total_most[l - tile_begin])
                    + Y_tile_lj_ * (t0[(j + 1)*128 + l - tile_begin] + b_j_ - t1_total_most[l - tile_begin])
                    + Y_tile_lj_2 * (t0[(j + 2)*128 + l - tile_begin] + b_j_2 - t1_total_most[l - tile_begin])
                    + Y_tile_lj_3 * (t0[(j + 3)*128 + l - tile_begin] + b_j_3 - t1_total_most[l - tile_begin]);
                t1_bar_total[l - tile_begin] += Y_tile_lj + Y_tile_lj_ + Y_tile_lj_2 + Y_tile_lj_3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            const double b_j = b[j];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                t2[l - tile_begin] += Y_tile_lj * (t0[j*128 + l - tile_begin] + b_j - t1_total_most[l - tile_begin]);
                t1_bar_total[l - tile_begin] += Y_tile_lj;
            }
        }

        /* t3 = sum[l:n](t2[l]) */
        /* t1_bar[l:n] = -(t3_bar * t1_bar_total[l]), in the place of t1_total_most */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t2[l - tile_begin];
            t1_total_most[l - tile_begin] = -(t3_bar * t1_bar_total[l - tile_begin]);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar_term_2[l:n, j:k] = where(-inf == t0[l, j] + b[j], 0, t1_bar[l] * (t1_total_term_2[l, j] *
             *    t0_bar_term[l])) */
            /* grad_W_term[l:n, j:k] = t0_bar_term_2[l, j] + t3_bar * Y_tile[l, j] */
            /* grad_b_total[j:k] = sum[l:n](where(-inf == t0[l, j] + b[j], 0, t1_bar[l] * (t1_total_term_2[l, j] *
             *    t0_bar_term[l]))) */
            /* grad_b_total_2[j:k] = sum[l:n](Y_tile[l, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                double grad_b_total_part_sum = 0.0;
                double grad_b_total_2_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b_total_part_sum, grad_b_total_2_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = -(double)INFINITY == t0[j*128 + l - tile_begin] + b_j ? 0.0
                        : t1_total_most[l - tile_begin] * (t1_total_most_term[j*128 + l - tile_begin]
                        * t1_total[l - tile_begin]);
                    const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                    grad_W_term[(j - strip_begin)*128 + l - tile_begin] = t3_bar * Y_tile_lj + v0;
                    grad_b_total_part_sum += v0;
                    grad_b_total_2_part_sum += Y_tile_lj;
                }
                grad_b_total_part[j] += grad_b_total_part_sum;
                grad_b_total_2_part[j] += grad_b_total_2_part_sum;
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * grad_W_term[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, grad_W_term, 1,
                128, NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int one_hot_cross_entropy_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                         const double *restrict b, const double *restrict X,
                                         const double *restrict Y, double *restrict value, double *restrict grad_W,
                                         double *restrict grad_b, void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_b_total = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_b_total_2 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 48*k + 36, d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 74.0*(double)k*(double)n
        + 6.0*(double)k + 42.0*(double)n);

    /* t3_bar = -(1 / n) */
    const double t3_bar = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + 48*k + 36, d*k + 2*k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct one_hot_cross_entropy_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes,
            grad_b_total, k, grad_b_total_2, grad_W, d, tile_scratch, tile_bytes, stop, W, X, b, Y, t3_bar, t3_parts};
        if (parts > 1) {
            gradc_run(parts, one_hot_cross_entropy_value_and_grad_rows0, &given);
        } else {
            one_hot_cross_entropy_value_and_grad_rows0(&given, 0, 0);
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
        const double *const grad_b_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b_total[at] += grad_b_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b_total_2[at] += grad_b_total_2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }

    /* grad_b[j:k] = grad_b_total[j] + t3_bar * grad_b_total_2[j] */
    GRADC_SIMD()
    for (int64_t j = 0; j < k; ++j) {
        grad_b[j] = grad_b_total[j] + t3_bar * grad_b_total_2[j];
    }

    /* value = -(t3 / n) */
    *value = -(t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
