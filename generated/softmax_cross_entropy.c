/* softmax_cross_entropy: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], b: real[k], X: real[n, d], y: int64[n]):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         Z[l:n, j:k] = t0[l, j] + b[j]
 *         t1[l:n] = logsumexp[j:k](Z[l, j])
 *         t2 = sum[l:n](t1[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])])
 *         value = t2 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * softmax_cross_entropy_value gives 1: y holds an index out of range for an axis of length k
 * softmax_cross_entropy_forward gives 1: y holds an index out of range for an axis of length k
 * softmax_cross_entropy_backward gives 1: y holds an index out of range for an axis of length k
 * softmax_cross_entropy_value_and_grad gives 1: y holds an index out of range for an axis of length k
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

#include "softmax_cross_entropy.h"

size_t softmax_cross_entropy_value_work(int64_t d, int64_t k, int64_t n)
{
    if (32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 26*k + 32, 0) * (gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct softmax_cross_entropy_value_rows0 {
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
    const int64_t *y;
    double *t2_parts;
};

static GRADC_APART void softmax_cross_entropy_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_value_rows0 *const given = context;
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
    const int64_t *restrict const y = given->y;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W[strip_begin], 1, k, &X[tile_begin*d],
                1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* Z[l:n, j:k] = t0[l, j] + b[j] */
            /* t1_total_most[l:n] = max[j:k](Z[l, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = t0[(j - strip_begin)*128 + l - tile_begin] + b_j;
                    Z[j*128 + l - tile_begin] = v0;
                    t1_total_most[l - tile_begin] = (t1_total_most[l - tile_begin] >= v0
                        || t1_total_most[l - tile_begin] != t1_total_most[l - tile_begin])
                        ? t1_total_most[l - tile_begin] : v0;
                }
            }
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
        }

        /* t1_total[l:n] = sum[j:k](exp(Z[l, j] - t1_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += gradc_exp(Z[j*128 + l - tile_begin] - t1_total_most[l - tile_begin])
                    + gradc_exp(Z[(j + 1)*128 + l - tile_begin] - t1_total_most[l - tile_begin])
                    + gradc_exp(Z[(j + 2)*128 + l - tile_begin] - t1_total_most[l - tile_begin])
                    + gradc_exp(Z[(j + 3)*128 + l - tile_begin] - t1_total_most[l - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1_total[l - tile_begin] += gradc_exp(Z[j*128 + l - tile_begin] - t1_total_most[l - tile_begin]);
            }
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]) */
        /* t2 = sum[l:n](t1[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            t2_part_sum += t1_total_most[l - tile_begin] + gradc_log(t1_total[l - tile_begin])
                - Z[v0*128 + l - tile_begin];
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int softmax_cross_entropy_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                const double *restrict X, const int64_t *restrict y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 30.0*(double)k*(double)n
        + 36.0*(double)n);
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
    const int64_t parts = gradc_parts(n, 3*d*k + 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct softmax_cross_entropy_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, d, W, X,
            b, y, t2_parts};
        if (parts > 1) {
            gradc_run(parts, softmax_cross_entropy_value_rows0, &given);
        } else {
            softmax_cross_entropy_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t softmax_cross_entropy_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 26*k + 32, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct softmax_cross_entropy_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double *t0;
    const double *b;
    const int64_t *y;
    double *t1;
    double *t2_parts;
};

static GRADC_APART void softmax_cross_entropy_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const b = given->b;
    const int64_t *restrict const y = given->y;
    double *restrict const t1 = given->t1;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* Z[l:n, j:k] = t0[l, j] + b[j] */
        /* t1_total_most[l:n] = max[j:k](Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_total_most_max = -(double)INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                Z[(l - tile_begin)*k + j] = v0;
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

        /* t1_total[l:n] = sum[j:k](exp(Z[l, j] - t1_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            double t1_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_total_sum += gradc_exp(Z[(l - tile_begin)*k + j] - t1_total_most_l);
            }
            t1_total[l - tile_begin] = t1_total_sum;
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]) */
        /* t2 = sum[l:n](t1[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t1_total_most[l - tile_begin] + gradc_log(t1_total[l - tile_begin]);
            const int64_t y_l = y[l];
            const int64_t v1 = y_l < 0 ? k + y_l : y_l;
            t1[l] = v0;
            t2_part_sum += v0 - Z[(l - tile_begin)*k + v1];
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int softmax_cross_entropy_forward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                  const double *restrict b, const double *restrict X, const int64_t *restrict y,
                                  double *restrict value, double *restrict t0, double *restrict t1,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 30.0*(double)k*(double)n
        + 36.0*(double)n);
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
    const int64_t parts = gradc_parts(n, 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct softmax_cross_entropy_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, t0, b,
            y, t1, t2_parts};
        if (parts > 1) {
            gradc_run(parts, softmax_cross_entropy_forward_rows0, &given);
        } else {
            softmax_cross_entropy_forward_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t softmax_cross_entropy_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 32896.0*(double)k > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 37*k, d*k + k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n, 3*d*k + 37*k, d*k + k)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct softmax_cross_entropy_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b;
    int64_t k;
    double *grad_W;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *t0;
    double t2_bar;
    const double *b;
    const int64_t *y;
    const double *t1;
    const double *X;
};

static GRADC_APART void softmax_cross_entropy_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_b = given->grad_b;
    const int64_t k = given->k;
    double *restrict const grad_W = given->grad_W;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const t0 = given->t0;
    const double t2_bar = given->t2_bar;
    const double *restrict const b = given->b;
    const int64_t *restrict const y = given->y;
    const double *restrict const t1 = given->t1;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_b_part = part == 0 ? grad_b : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Z_bar = (void *)tile_own;
    for (int64_t at = 0; at < k; ++at) {
        grad_b_part[at] = 0.0;
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

        /* t0_tile[l:n, j:k] = t0[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &t0[tile_begin*k], k, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* Z[l:n, j:k] = t0_tile[l, j] + b[j] */
            /* Z_bar[l:n, j:k] = where(-inf == Z[l, j], 0, t2_bar * exp(Z[l, j] - t1[l])) + where(j ==
             *    where_integer(y[l] < 0, k + y[l], y[l]), -t2_bar, 0) */
            /* grad_b[j:k] = sum[l:n](Z_bar[l, j]) */
            const double v0 = -t2_bar;
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                double grad_b_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v1 = t0_tile[j*128 + l - tile_begin] + b_j;
                    const int64_t y_l = y[l];
                    const double v2 = (j == (y_l < 0 ? k + y_l : y_l) ? v0 : 0.0)
                        + (-(double)INFINITY == v1 ? 0.0 : t2_bar * gradc_exp(v1 - t1[l]));
                    Z_bar[(j - strip_begin)*128 + l - tile_begin] = v2;
                    grad_b_part_sum += v2;
                }
                grad_b_part[j] += grad_b_part_sum;
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * Z_bar[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, Z_bar, 1, 128,
                NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }
    }
}

int softmax_cross_entropy_backward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict b, const double *restrict X, const int64_t *restrict y,
                                   const double *restrict t0, const double *restrict t1, double cotangent,
                                   double *restrict grad_W, double *restrict grad_b, void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*k + 37*k, d*k + k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 43.0*(double)k*(double)n);
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

    /* t2_bar = cotangent / n */
    const double t2_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d*k + 37*k, d*k + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double));
    {
        const struct softmax_cross_entropy_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_b, k,
            grad_W, d, tile_scratch, tile_bytes, stop, t0, t2_bar, b, y, t1, X};
        if (parts > 1) {
            gradc_run(parts, softmax_cross_entropy_backward_rows0, &given);
        } else {
            softmax_cross_entropy_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b[at] += grad_b_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
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

size_t softmax_cross_entropy_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 49280.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*k + 41*k + 36, d*k + k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n, 6*d*k + 41*k + 36, d*k + k)
        * (gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct softmax_cross_entropy_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b;
    int64_t k;
    double *grad_W;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *W;
    const double *X;
    const double *b;
    const int64_t *y;
    double t2_bar;
    double *t2_parts;
};

static GRADC_APART void softmax_cross_entropy_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_b = given->grad_b;
    const int64_t k = given->k;
    double *restrict const grad_W = given->grad_W;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double *restrict const b = given->b;
    const int64_t *restrict const y = given->y;
    const double t2_bar = given->t2_bar;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_b_part = part == 0 ? grad_b : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_b_part[at] = 0.0;
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
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W[strip_begin], 1, k, &X[tile_begin*d],
                1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* Z[l:n, j:k] = t0[l, j] + b[j] */
            /* t1_total_most[l:n] = max[j:k](Z[l, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = t0[(j - strip_begin)*128 + l - tile_begin] + b_j;
                    Z[j*128 + l - tile_begin] = v0;
                    t1_total_most[l - tile_begin] = (t1_total_most[l - tile_begin] >= v0
                        || t1_total_most[l - tile_begin] != t1_total_most[l - tile_begin])
                        ? t1_total_most[l - tile_begin] : v0;
                }
            }
        }

        /* t1_total_term[l:n] = where(inf == abs(t1_total_most[l]), 0, t1_total_most[l]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            t1_total_most[l - tile_begin] = (double)INFINITY == fabs(t1_total_most_l) ? 0.0 : t1_total_most_l;
        }

        /* t1_total_term_2[l:n, j:k] = exp(Z[l, j] - t1_total_term[l]) */
        /* t1_total[l:n] = sum[j:k](t1_total_term_2[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v0 = gradc_exp(Z[j*128 + l - tile_begin] - t1_total_most[l - tile_begin]);
                t1_total_term_2[j*128 + l - tile_begin] = v0;
                t1_total[l - tile_begin] += v0;
            }
        }

        /* t1[l:n] = t1_total_term[l] + log(t1_total[l]) */
        /* t2 = sum[l:n](t1[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        /* Z_bar_term[l:n] = 1 / t1_total[l], in the place of t1_total_most */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_total_most_l = t1_total_most[l - tile_begin];
            const double t1_total_l = t1_total[l - tile_begin];
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            t2_part_sum += t1_total_most_l + gradc_log(t1_total_l) - Z[v0*128 + l - tile_begin];
            t1_total_most[l - tile_begin] = 1.0 / t1_total_l;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* Z_bar[l:n, j:k] = where(-inf == Z[l, j], 0, t2_bar * (t1_total_term_2[l, j] * Z_bar_term[l])) +
             *    where(j == where_integer(y[l] < 0, k + y[l], y[l]), -t2_bar, 0), in the place of t0 */
            /* grad_b[j:k] = sum[l:n](Z_bar[l, j]) */
            const double v0 = -t2_bar;
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                double grad_b_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v1 = -(double)INFINITY == Z[j*128 + l - tile_begin] ? 0.0 : t2_bar
                        * (t1_total_term_2[j*128 + l - tile_begin] * t1_total_most[l - tile_begin]);
                    const int64_t y_l = y[l];
                    const double v2 = v1 + (j == (y_l < 0 ? k + y_l : y_l) ? v0 : 0.0);
                    t0[(j - strip_begin)*128 + l - tile_begin] = v2;
                    grad_b_part_sum += v2;
                }
                grad_b_part[j] += grad_b_part_sum;
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * Z_bar[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t0, 1, 128, NULL,
                0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int softmax_cross_entropy_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                         const double *restrict b, const double *restrict X,
                                         const int64_t *restrict y, double *restrict value, double *restrict grad_W,
                                         double *restrict grad_b, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 41*k + 36, d*k + k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 50.0*(double)k*(double)n
        + 42.0*(double)n);
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

    /* t2_bar = 1 / n */
    const double t2_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d*k + 41*k + 36, d*k + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct softmax_cross_entropy_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_b,
            k, grad_W, d, tile_scratch, tile_bytes, stop, W, X, b, y, t2_bar, t2_parts};
        if (parts > 1) {
            gradc_run(parts, softmax_cross_entropy_value_and_grad_rows0, &given);
        } else {
            softmax_cross_entropy_value_and_grad_rows0(&given, 0, 0);
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
        const double *const grad_b_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b[at] += grad_b_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
