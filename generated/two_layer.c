/* two_layer: the loss, and its derivatives.
 *
 *     def program(W1: real[d, h], b1: real[h], W2: real[h, k], b2: real[k], X: real[n, d], y: int64[n]):
 *         t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i])
 *         t1[m:n, j:h] = tanh(t0[m, j] + b1[j])
 *         t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j])
 *         Z[m:n, l:k] = t2[m, l] + b2[l]
 *         t3[m:n] = logsumexp[l:k](Z[m, l])
 *         t4 = sum[m:n](t3[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])])
 *         value = t4 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * two_layer_value gives 1: y holds an index out of range for an axis of length k
 * two_layer_forward gives 1: y holds an index out of range for an axis of length k
 * two_layer_backward gives 1: y holds an index out of range for an axis of length k
 * two_layer_value_and_grad gives 1: y holds an index out of range for an axis of length k
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/helpers/width.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/vector/sech_square.h"
#include "support/vector/tanh.h"
#include "support/routines/compensated.h"
#include "support/routines/product.h"
#include "support/routines/transpose.h"

#include "two_layer.h"

size_t two_layer_value_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    if (32768.0*(double)h + 16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*h + 3*h*k + 23*h + 26*k + 32, 0)
        * (gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*gradc_width(h), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct two_layer_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t h;
    int64_t k;
    const volatile int *stop;
    int64_t d;
    const double *W1;
    const double *X;
    const double *b1;
    const double *W2;
    const double *b2;
    const int64_t *y;
    double *t4_parts;
};

static GRADC_APART void two_layer_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t h = given->h;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const int64_t d = given->d;
    const double *restrict const W1 = given->W1;
    const double *restrict const X = given->X;
    const double *restrict const b1 = given->b1;
    const double *restrict const W2 = given->W2;
    const double *restrict const b2 = given->b2;
    const int64_t *restrict const y = given->y;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(h), sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(h), sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t strip = gradc_width(h);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[l*128 + m - tile_begin] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < h ? strip + strip_begin : h;

            /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W1[strip_begin], 1, h, &X[tile_begin*d],
                1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b1_j = b1[j];
                GRADC_SIMD()
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    t1[(j - strip_begin)*128 + m - tile_begin] = gradc_tanh(t0[(j - strip_begin)*128 + m - tile_begin]
                        + b1_j);
                }
            }

            /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &W2[strip_begin*k], 1, k, t1, 128, 1,
                NULL, 0, t2, 128, 1, 1, 0);
        }

        /* Z[m:n, l:k] = t2[m, l] + b2[l], in the place of t2 */
        /* t3_total_most[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t3_total_most[m - tile_begin] = -(double)INFINITY;
        }
        for (int64_t l = 0; l < k; ++l) {
            const double b2_l = b2[l];
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                const double t2_ml = t2[l*128 + m - tile_begin];
                const double v0 = t2_ml + b2_l;
                t2[l*128 + m - tile_begin] = v0;
                t3_total_most[m - tile_begin] = (t3_total_most[m - tile_begin] >= v0
                    || t3_total_most[m - tile_begin] != t3_total_most[m - tile_begin]) ? t3_total_most[m - tile_begin]
                    : v0;
            }
        }

        /* t3_total_term[m:n] = where(inf == abs(t3_total_most[m]), 0, t3_total_most[m]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_total_most_m = t3_total_most[m - tile_begin];
            t3_total_most[m - tile_begin] = (double)INFINITY == fabs(t3_total_most_m) ? 0.0 : t3_total_most_m;
        }

        /* t3_total[m:n] = sum[l:k](exp(Z[m, l] - t3_total_term[m])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t3_total[m - tile_begin] = 0.0;
        }
        for (int64_t l = 0; l < 4*(k / 4); l += 4) {
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                t3_total[m - tile_begin] += gradc_exp(t2[l*128 + m - tile_begin] - t3_total_most[m - tile_begin])
                    + gradc_exp(t2[(l + 1)*128 + m - tile_begin] - t3_total_most[m - tile_begin])
                    + gradc_exp(t2[(l + 2)*128 + m - tile_begin] - t3_total_most[m - tile_begin])
                    + gradc_exp(t2[(l + 3)*128 + m - tile_begin] - t3_total_most[m - tile_begin]);
            }
        }
        for (int64_t l = 4*(k / 4); l < k; ++l) {
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                t3_total[m - tile_begin] += gradc_exp(t2[l*128 + m - tile_begin] - t3_total_most[m - tile_begin]);
            }
        }

        /* t3[m:n] = t3_total_term[m] + log(t3_total[m]) */
        /* t4 = sum[m:n](t3[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            t4_part_sum += t3_total_most[m - tile_begin] + gradc_log(t3_total[m - tile_begin])
                - t2[v0*128 + m - tile_begin];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int two_layer_value(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1, const double *restrict b1,
                    const double *restrict W2, const double *restrict b2, const double *restrict X,
                    const int64_t *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)h*(double)n + 4.0*(double)h*(double)k*(double)n
        + 24.0*(double)h*(double)n + 30.0*(double)k*(double)n + 36.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    const int64_t parts = gradc_parts(n, 3*d*h + 3*h*k + 23*h + 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(h), sizeof(double))
        + gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct two_layer_value_rows0 given = {n, parts, tile_scratch, tile_bytes, h, k, stop, d, W1, X, b1, W2,
            b2, y, t4_parts};
        if (parts > 1) {
            gradc_run(parts, two_layer_value_rows0, &given);
        } else {
            two_layer_value_rows0(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t two_layer_forward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*h*k + 23*h + 26*k + 32, 0)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct two_layer_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    int64_t h;
    double *t1;
    double *t0;
    const double *b1;
    const double *W2;
    double *t2;
    const double *b2;
    const int64_t *y;
    double *t3;
    double *t4_parts;
};

static GRADC_APART void two_layer_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const int64_t h = given->h;
    double *restrict const t1 = given->t1;
    double *restrict const t0 = given->t0;
    const double *restrict const b1 = given->b1;
    const double *restrict const W2 = given->W2;
    double *restrict const t2 = given->t2;
    const double *restrict const b2 = given->b2;
    const int64_t *restrict const y = given->y;
    double *restrict const t3 = given->t3;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[m*h + j] = gradc_tanh(t0[m*h + j] + b1[j]);
            }
        }

        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        gradc_product(k, tile_end - tile_begin, h, W2, 1, k, &t1[tile_begin*h], 1, h, NULL, 0, &t2[tile_begin*k], 1,
            k, 0, 0);

        /* Z[m:n, l:k] = t2[m, l] + b2[l] */
        /* t3_total_most[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            double t3_total_most_max = -(double)INFINITY;
            for (int64_t l = 0; l < k; ++l) {
                const double v0 = t2[m*k + l] + b2[l];
                Z[(m - tile_begin)*k + l] = v0;
                t3_total_most_max = (t3_total_most_max >= v0 || t3_total_most_max != t3_total_most_max)
                    ? t3_total_most_max : v0;
            }
            t3_total_most[m - tile_begin] = t3_total_most_max;
        }

        /* t3_total_term[m:n] = where(inf == abs(t3_total_most[m]), 0, t3_total_most[m]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_total_most_m = t3_total_most[m - tile_begin];
            t3_total_most[m - tile_begin] = (double)INFINITY == fabs(t3_total_most_m) ? 0.0 : t3_total_most_m;
        }

        /* t3_total[m:n] = sum[l:k](exp(Z[m, l] - t3_total_term[m])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_total_most_m = t3_total_most[m - tile_begin];
            double t3_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_total_sum))
            for (int64_t l = 0; l < k; ++l) {
                t3_total_sum += gradc_exp(Z[(m - tile_begin)*k + l] - t3_total_most_m);
            }
            t3_total[m - tile_begin] = t3_total_sum;
        }

        /* t3[m:n] = t3_total_term[m] + log(t3_total[m]) */
        /* t4 = sum[m:n](t3[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v0 = t3_total_most[m - tile_begin] + gradc_log(t3_total[m - tile_begin]);
            const int64_t y_m = y[m];
            const int64_t v1 = y_m < 0 ? k + y_m : y_m;
            t3[m] = v0;
            t4_part_sum += v0 - Z[(m - tile_begin)*k + v1];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int two_layer_forward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                      const double *restrict b1, const double *restrict W2, const double *restrict b2,
                      const double *restrict X, const int64_t *restrict y, double *restrict value,
                      double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                      void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)h*(double)n + 4.0*(double)h*(double)k*(double)n
        + 24.0*(double)h*(double)n + 30.0*(double)k*(double)n + 36.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    for (int64_t at = 0; at < h*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
    gradc_product(h, n, d, W1, 1, h, X, 1, d, NULL, 0, t0, 1, h, 1, 0);
    const int64_t parts = gradc_parts(n, 3*h*k + 23*h + 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct two_layer_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, h, t1, t0, b1, W2,
            t2, b2, y, t3, t4_parts};
        if (parts > 1) {
            gradc_run(parts, two_layer_forward_rows0, &given);
        } else {
            two_layer_forward_rows0(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t two_layer_backward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)h + 128.0*(double)h*(double)k + 49280.0*(double)h + 32896.0*(double)k > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double))
        + gradc_bytes(d*h, sizeof(double))) + (size_t)gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*h, sizeof(double))
        + gradc_bytes(128*gradc_width(h), sizeof(double)));
}

struct two_layer_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b2;
    int64_t k;
    double *grad_W2;
    int64_t h;
    double *grad_b1;
    double *grad_W1;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *t2;
    double t4_bar;
    const double *b2;
    const int64_t *y;
    const double *t3;
    const double *W2;
    const double *t1;
    const double *t0;
    const double *b1;
    const double *X;
};

static GRADC_APART void two_layer_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_b2 = given->grad_b2;
    const int64_t k = given->k;
    double *restrict const grad_W2 = given->grad_W2;
    const int64_t h = given->h;
    double *restrict const grad_b1 = given->grad_b1;
    double *restrict const grad_W1 = given->grad_W1;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const t2 = given->t2;
    const double t4_bar = given->t4_bar;
    const double *restrict const b2 = given->b2;
    const int64_t *restrict const y = given->y;
    const double *restrict const t3 = given->t3;
    const double *restrict const W2 = given->W2;
    const double *restrict const t1 = given->t1;
    const double *restrict const t0 = given->t0;
    const double *restrict const b1 = given->b1;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_b2_part = part == 0 ? grad_b2 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W2_part = part == 0 ? grad_W2 : (void *)part_own;
    part_own += gradc_bytes(h*k, sizeof(double));
    double *const grad_b1_part = part == 0 ? grad_b1 : (void *)part_own;
    part_own += gradc_bytes(h, sizeof(double));
    double *const grad_W1_part = part == 0 ? grad_W1 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t2_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Z_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t1_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t0_bar = (void *)tile_own;
    for (int64_t at = 0; at < k; ++at) {
        grad_b2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h; ++at) {
        grad_b1_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*h; ++at) {
        grad_W1_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    const int64_t strip_ = gradc_width(h);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2_tile[m:n, l:k] = t2[m, l] */
        gradc_transpose(tile_end - tile_begin, k, &t2[tile_begin*k], k, t2_tile, 128);
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t1_bar[j*128 + m - tile_begin] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* Z[m:n, l:k] = t2_tile[m, l] + b2[l] */
            /* Z_bar[m:n, l:k] = where(-inf == Z[m, l], 0, t4_bar * exp(Z[m, l] - t3[m])) + where(l ==
             *    where_integer(y[m] < 0, k + y[m], y[m]), -t4_bar, 0) */
            /* grad_b2[l:k] = sum[m:n](Z_bar[m, l]) */
            const double v0 = -t4_bar;
            for (int64_t l = strip_begin; l < strip_end; ++l) {
                const double b2_l = b2[l];
                double grad_b2_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b2_part_sum))
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v1 = t2_tile[l*128 + m - tile_begin] + b2_l;
                    const int64_t y_m = y[m];
                    const double v2 = (l == (y_m < 0 ? k + y_m : y_m) ? v0 : 0.0)
                        + (-(double)INFINITY == v1 ? 0.0 : t4_bar * gradc_exp(v1 - t3[m]));
                    Z_bar[(l - strip_begin)*128 + m - tile_begin] = v2;
                    grad_b2_part_sum += v2;
                }
                grad_b2_part[l] += grad_b2_part_sum;
            }

            /* t1_bar[m:n, j:h] = sum[l:k](W2[j, l] * Z_bar[m, l]) */
            gradc_product(h, tile_end - tile_begin, strip_end - strip_begin, &W2[strip_begin], k, 1, Z_bar, 128, 1,
                NULL, 0, t1_bar, 128, 1, 1, 0);

            /* grad_W2[j:h, l:k] = sum[m:n](t1[m, j] * Z_bar[m, l]) */
            gradc_product(h, strip_end - strip_begin, tile_end - tile_begin, &t1[tile_begin*h], 1, h, Z_bar, 1, 128,
                NULL, 0, &grad_W2_part[strip_begin], k, 1, 1, 0);
        }

        /* t0_tile[m:n, j:h] = t0[m, j] */
        gradc_transpose(tile_end - tile_begin, h, &t0[tile_begin*h], h, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip_) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip_ + strip_begin < h ? strip_ + strip_begin : h;

            /* t0_bar_term[m:n, j:h] = sech_square(t0_tile[m, j] + b1[j]) */
            /* t0_bar[m:n, j:h] = t0_bar_term[m, j] * t1_bar[m, j] */
            /* grad_b1[j:h] = sum[m:n](t0_bar_term[m, j] * t1_bar[m, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b1_j = b1[j];
                double grad_b1_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b1_part_sum))
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v0 = t1_bar[j*128 + m - tile_begin] * gradc_sech_square(t0_tile[j*128 + m
                        - tile_begin] + b1_j);
                    t0_bar[(j - strip_begin)*128 + m - tile_begin] = v0;
                    grad_b1_part_sum += v0;
                }
                grad_b1_part[j] += grad_b1_part_sum;
            }

            /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t0_bar[m, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t0_bar, 1, 128,
                NULL, 0, &grad_W1_part[strip_begin], h, 1, 1, 0);
        }
    }
}

int two_layer_backward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                       const double *restrict b1, const double *restrict W2, const double *restrict b2,
                       const double *restrict X, const int64_t *restrict y, const double *restrict t0,
                       const double *restrict t1, const double *restrict t2, const double *restrict t3,
                       double cotangent, double *restrict grad_W1, double *restrict grad_b1,
                       double *restrict grad_W2, double *restrict grad_b2, void *restrict work)
{
    (void)W1;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double))
        + gradc_bytes(d*h, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)h*(double)n + 8.0*(double)h*(double)k*(double)n
        + 34.0*(double)h*(double)n + 43.0*(double)k*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t4_bar = cotangent / n */
    const double t4_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double))
        + gradc_bytes(h, sizeof(double)) + gradc_bytes(d*h, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*h, sizeof(double))
        + gradc_bytes(128*gradc_width(h), sizeof(double));
    {
        const struct two_layer_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_b2, k, grad_W2, h,
            grad_b1, grad_W1, d, tile_scratch, tile_bytes, stop, t2, t4_bar, b2, y, t3, W2, t1, t0, b1, X};
        if (parts > 1) {
            gradc_run(parts, two_layer_backward_rows0, &given);
        } else {
            two_layer_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b2_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b2[at] += grad_b2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h*k; ++at) {
            grad_W2[at] += grad_W2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b1_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h; ++at) {
            grad_b1[at] += grad_b1_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W1_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*h; ++at) {
            grad_W1[at] += grad_W1_more[at];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t two_layer_value_and_grad_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)h + 128.0*(double)h*(double)k + 65664.0*(double)h + 49280.0*(double)k
        + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double))
        + gradc_bytes(d*h, sizeof(double))) + (size_t)gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h
        + k) * (gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*h, sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(h), sizeof(double)));
}

struct two_layer_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b2;
    int64_t k;
    double *grad_W2;
    int64_t h;
    double *grad_b1;
    double *grad_W1;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *W1;
    const double *X;
    const double *b1;
    const double *W2;
    const double *b2;
    const int64_t *y;
    double t4_bar;
    double *t4_parts;
};

static GRADC_APART void two_layer_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_b2 = given->grad_b2;
    const int64_t k = given->k;
    double *restrict const grad_W2 = given->grad_W2;
    const int64_t h = given->h;
    double *restrict const grad_b1 = given->grad_b1;
    double *restrict const grad_W1 = given->grad_W1;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const W1 = given->W1;
    const double *restrict const X = given->X;
    const double *restrict const b1 = given->b1;
    const double *restrict const W2 = given->W2;
    const double *restrict const b2 = given->b2;
    const int64_t *restrict const y = given->y;
    const double t4_bar = given->t4_bar;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_b2_part = part == 0 ? grad_b2 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W2_part = part == 0 ? grad_W2 : (void *)part_own;
    part_own += gradc_bytes(h*k, sizeof(double));
    double *const grad_b1_part = part == 0 ? grad_b1 : (void *)part_own;
    part_own += gradc_bytes(h, sizeof(double));
    double *const grad_W1_part = part == 0 ? grad_W1 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(h), sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t0_bar_term = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_b2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h; ++at) {
        grad_b1_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*h; ++at) {
        grad_W1_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(h);
    const int64_t strip_ = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < h ? strip + strip_begin : h;

            /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W1[strip_begin], 1, h, &X[tile_begin*d],
                1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
            /* t0_bar_term[m:n, j:h] = sech_square(t0[m, j] + b1[j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b1_j = b1[j];
                GRADC_SIMD()
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v0 = t0[(j - strip_begin)*128 + m - tile_begin] + b1_j;
                    t1[j*128 + m - tile_begin] = gradc_tanh(v0);
                    t0_bar_term[j*128 + m - tile_begin] = gradc_sech_square(v0);
                }
            }
        }
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t3_total_most[m - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip_) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip_ + strip_begin < k ? strip_ + strip_begin : k;

            /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, h, &W2[strip_begin], 1, k, t1, 128, 1, NULL,
                0, t2, 128, 1, 0, 0);

            /* Z[m:n, l:k] = t2[m, l] + b2[l] */
            /* t3_total_most[m:n] = max[l:k](Z[m, l]) */
            for (int64_t l = strip_begin; l < strip_end; ++l) {
                const double b2_l = b2[l];
                GRADC_SIMD()
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v0 = t2[(l - strip_begin)*128 + m - tile_begin] + b2_l;
                    Z[l*128 + m - tile_begin] = v0;
                    t3_total_most[m - tile_begin] = (t3_total_most[m - tile_begin] >= v0
                        || t3_total_most[m - tile_begin] != t3_total_most[m - tile_begin])
                        ? t3_total_most[m - tile_begin] : v0;
                }
            }
        }

        /* t3_total_term[m:n] = where(inf == abs(t3_total_most[m]), 0, t3_total_most[m]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_total_most_m = t3_total_most[m - tile_begin];
            t3_total_most[m - tile_begin] = (double)INFINITY == fabs(t3_total_most_m) ? 0.0 : t3_total_most_m;
        }

        /* t3_total_term_2[m:n, l:k] = exp(Z[m, l] - t3_total_term[m]) */
        /* t3_total[m:n] = sum[l:k](t3_total_term_2[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t3_total[m - tile_begin] = 0.0;
        }
        for (int64_t l = 0; l < k; ++l) {
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                const double v0 = gradc_exp(Z[l*128 + m - tile_begin] - t3_total_most[m - tile_begin]);
                t3_total_term_2[l*128 + m - tile_begin] = v0;
                t3_total[m - tile_begin] += v0;
            }
        }

        /* t3[m:n] = t3_total_term[m] + log(t3_total[m]) */
        /* t4 = sum[m:n](t3[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        /* Z_bar_term[m:n] = 1 / t3_total[m], in the place of t3_total_most */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_total_most_m = t3_total_most[m - tile_begin];
            const double t3_total_m = t3_total[m - tile_begin];
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            t4_part_sum += t3_total_most_m + gradc_log(t3_total_m) - Z[v0*128 + m - tile_begin];
            t3_total_most[m - tile_begin] = 1.0 / t3_total_m;
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);

        /* Z_bar[m:n, l:k] = where(-inf == Z[m, l], 0, t4_bar * (t3_total_term_2[m, l] * Z_bar_term[m])) + where(l
         *    == where_integer(y[m] < 0, k + y[m], y[m]), -t4_bar, 0), in the place of Z */
        /* grad_b2[l:k] = sum[m:n](Z_bar[m, l]) */
        const double v0 = -t4_bar;
        for (int64_t l = 0; l < k; ++l) {
            double grad_b2_part_sum = 0.0;
            GRADC_SIMD(reduction(+:grad_b2_part_sum))
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                const double Z_ml = Z[l*128 + m - tile_begin];
                const int64_t y_m = y[m];
                const double v1 = (-(double)INFINITY == Z_ml ? 0.0 : t4_bar
                    * (t3_total_term_2[l*128 + m - tile_begin] * t3_total_most[m - tile_begin]))
                    + (l == (y_m < 0 ? k + y_m : y_m) ? v0 : 0.0);
                Z[l*128 + m - tile_begin] = v1;
                grad_b2_part_sum += v1;
            }
            grad_b2_part[l] += grad_b2_part_sum;
        }
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < h ? strip + strip_begin : h;

            /* t1_bar[m:n, j:h] = sum[l:k](W2[j, l] * Z_bar[m, l]), in the place of t0 */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, k, &W2[strip_begin*k], k, 1, Z, 128, 1,
                NULL, 0, t0, 128, 1, 0, 0);

            /* grad_W2[j:h, l:k] = sum[m:n](Z_bar[m, l] * t1[m, j]) */
            gradc_product(strip_end - strip_begin, k, tile_end - tile_begin, &t1[strip_begin*128], 128, 1, Z, 1, 128,
                NULL, 0, &grad_W2_part[strip_begin*k], k, 1, 1, 0);

            /* t0_bar[m:n, j:h] = t1_bar[m, j] * t0_bar_term[m, j] */
            /* grad_b1[j:h] = sum[m:n](t0_bar_term[m, j] * t1_bar[m, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                double grad_b1_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b1_part_sum))
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v1 = t0[(j - strip_begin)*128 + m - tile_begin]
                        * t0_bar_term[j*128 + m - tile_begin];
                    t0_bar[(j - strip_begin)*128 + m - tile_begin] = v1;
                    grad_b1_part_sum += v1;
                }
                grad_b1_part[j] += grad_b1_part_sum;
            }

            /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t0_bar[m, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t0_bar, 1, 128,
                NULL, 0, &grad_W1_part[strip_begin], h, 1, 1, 0);
        }
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int two_layer_value_and_grad(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                             const double *restrict b1, const double *restrict W2, const double *restrict b2,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                             double *restrict grad_b2, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double))
        + gradc_bytes(d*h, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)h*(double)n + 12.0*(double)h*(double)k*(double)n
        + 56.0*(double)h*(double)n + 50.0*(double)k*(double)n + 42.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t4_bar = 1 / n */
    const double t4_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double))
        + gradc_bytes(h, sizeof(double)) + gradc_bytes(d*h, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*h, sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(h), sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct two_layer_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_b2, k, grad_W2,
            h, grad_b1, grad_W1, d, tile_scratch, tile_bytes, stop, W1, X, b1, W2, b2, y, t4_bar, t4_parts};
        if (parts > 1) {
            gradc_run(parts, two_layer_value_and_grad_rows0, &given);
        } else {
            two_layer_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b2_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b2[at] += grad_b2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h*k; ++at) {
            grad_W2[at] += grad_W2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_b1_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h; ++at) {
            grad_b1[at] += grad_b1_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W1_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*h; ++at) {
            grad_W1[at] += grad_W1_more[at];
        }
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
