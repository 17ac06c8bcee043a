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

static GRADC_APART void softmax_cross_entropy_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                          unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                          int64_t k, int64_t d, const double *restrict W,
                                                          const double *restrict X, const double *restrict b,
                                                          const int64_t *restrict y, double *restrict t5_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W[strip_begin], 1, k, &X[tile_begin*d],
                1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* Z[l:n, j:k] = t0[l, j] + b[j] */
            /* t1[l:n] = max[j:k](Z[l, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = t0[(j - strip_begin)*128 + l - tile_begin] + b_j;
                    Z[j*128 + l - tile_begin] = v0;
                    t1[l - tile_begin] = (t1[l - tile_begin] >= v0 || t1[l - tile_begin] != t1[l - tile_begin])
                        ? t1[l - tile_begin] : v0;
                }
            }
        }

        /* t2[l:n] = where(inf == abs(t1[l]), 0, t1[l]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            t1[l - tile_begin] = (double)INFINITY == fabs(t1_l) ? 0.0 : t1_l;
        }

        /* t3[l:n] = sum[j:k](exp(Z[l, j] - t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t3[l - tile_begin] += gradc_exp(Z[j*128 + l - tile_begin] - t1[l - tile_begin])
                    + gradc_exp(Z[(j + 1)*128 + l - tile_begin] - t1[l - tile_begin])
                    + gradc_exp(Z[(j + 2)*128 + l - tile_begin] - t1[l - tile_begin])
                    + gradc_exp(Z[(j + 3)*128 + l - tile_begin] - t1[l - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t3[l - tile_begin] += gradc_exp(Z[j*128 + l - tile_begin] - t1[l - tile_begin]);
            }
        }

        /* t4[l:n] = t2[l] + log(t3[l]) */
        /* t5 = sum[l:n](t4[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t5_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            t5_part_sum += t1[l - tile_begin] + gradc_log(t3[l - tile_begin]) - Z[v0*128 + l - tile_begin];
        }
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
    }
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
}

struct softmax_cross_entropy_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const double *W;
    const double *X;
    const double *b;
    const int64_t *y;
    double *t5_parts;
};

static GRADC_APART void softmax_cross_entropy_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_value_rows0 *const given = context;
    softmax_cross_entropy_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->d, given->W, given->X, given->b, given->y, given->t5_parts);
}

int softmax_cross_entropy_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict b,
                                const double *restrict X, const int64_t *restrict y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 3*d*k + 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t5_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct softmax_cross_entropy_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, W, X, b, y,
            t5_parts};
        gradc_run(parts, softmax_cross_entropy_value_team0, &given);
    } else {
        softmax_cross_entropy_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, d, W, X, b, y, t5_parts);
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }

    /* value = t5 / n */
    *value = t5 / (double)n;
    return 0;
}

size_t softmax_cross_entropy_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 26*k + 32, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void softmax_cross_entropy_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                            unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                            int64_t k, double *restrict t0, const double *restrict b,
                                                            const int64_t *restrict y, double *restrict t1,
                                                            double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* Z[l:n, j:k] = t0[l, j] + b[j] */
        /* t1[l:n] = max[j:k](Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -(double)INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] + b[j];
                Z[(l - tile_begin)*k + j] = v0;
                t1_max = (t1_max >= v0 || t1_max != t1_max) ? t1_max : v0;
            }
            t1_[l - tile_begin] = t1_max;
        }

        /* t2[l:n] = where(inf == abs(t1[l]), 0, t1[l]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1_[l - tile_begin];
            t1_[l - tile_begin] = (double)INFINITY == fabs(t1_l) ? 0.0 : t1_l;
        }

        /* t3[l:n] = sum[j:k](exp(Z[l, j] - t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1_[l - tile_begin];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += gradc_exp(Z[(l - tile_begin)*k + j] - t1_l);
            }
            t3[l - tile_begin] = t3_sum;
        }

        /* t1_2[l:n] = t2[l] + log(t3[l]) */
        /* t4 = sum[l:n](t1_2[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t1_[l - tile_begin] + gradc_log(t3[l - tile_begin]);
            const int64_t y_l = y[l];
            const int64_t v1 = y_l < 0 ? k + y_l : y_l;
            t1[l] = v0;
            t4_part_sum += v0 - Z[(l - tile_begin)*k + v1];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct softmax_cross_entropy_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double *t0;
    const double *b;
    const int64_t *y;
    double *t1;
    double *t4_parts;
};

static GRADC_APART void softmax_cross_entropy_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_forward_rows0 *const given = context;
    softmax_cross_entropy_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->t0, given->b, given->y, given->t1, given->t4_parts);
}

int softmax_cross_entropy_forward(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                  const double *restrict b, const double *restrict X, const int64_t *restrict y,
                                  double *restrict value, double *restrict t0, double *restrict t1,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
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
    double t4_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct softmax_cross_entropy_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, t0, b, y, t1,
            t4_parts};
        gradc_run(parts, softmax_cross_entropy_forward_team0, &given);
    } else {
        softmax_cross_entropy_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, t0, b, y, t1, t4_parts);
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    return 0;
}

size_t softmax_cross_entropy_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)d*(double)k + 32896.0*(double)k > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 37*k, d*k + k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n, 3*d*k + 37*k, d*k + k)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

static GRADC_APART void softmax_cross_entropy_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                             unsigned char *restrict part_scratch, size_t part_bytes,
                                                             double *restrict grad_b, int64_t k,
                                                             double *restrict grad_W, int64_t d,
                                                             unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                             const double *restrict t0, double t2,
                                                             const double *restrict b, const int64_t *restrict y,
                                                             const double *restrict t1, const double *restrict X)
{
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
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0_tile[l:n, j:k] = t0[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &t0[tile_begin*k], k, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* Z[l:n, j:k] = t0_tile[l, j] + b[j] */
            /* Z_bar[l:n, j:k] = where(-inf == Z[l, j], 0, t2 * exp(Z[l, j] - t1[l])) + where(j ==
             *    where_integer(y[l] < 0, k + y[l], y[l]), -t2, 0) */
            /* grad_b[j:k] = sum[l:n](Z_bar[l, j]) */
            const double v0 = -t2;
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                double grad_b_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v1 = t0_tile[j*128 + l - tile_begin] + b_j;
                    const int64_t y_l = y[l];
                    const double v2 = (j == (y_l < 0 ? k + y_l : y_l) ? v0 : 0.0)
                        + (-(double)INFINITY == v1 ? 0.0 : t2 * gradc_exp(v1 - t1[l]));
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
    const double *t0;
    double t2;
    const double *b;
    const int64_t *y;
    const double *t1;
    const double *X;
};

static GRADC_APART void softmax_cross_entropy_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_backward_rows0 *const given = context;
    softmax_cross_entropy_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_b, given->k, given->grad_W, given->d, given->tile_scratch, given->tile_bytes, given->t0,
        given->t2, given->b, given->y, given->t1, given->X);
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
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d*k + 37*k, d*k + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double));
    if (parts > 1) {
        const struct softmax_cross_entropy_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_b, k,
            grad_W, d, tile_scratch, tile_bytes, t0, t2, b, y, t1, X};
        gradc_run(parts, softmax_cross_entropy_backward_team0, &given);
    } else {
        softmax_cross_entropy_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_b, k, grad_W, d,
            tile_scratch, tile_bytes, t0, t2, b, y, t1, X);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_b_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b[at] += grad_b_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }
    return 0;
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

static GRADC_APART void softmax_cross_entropy_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n,
                                                                   int64_t parts,
                                                                   unsigned char *restrict part_scratch,
                                                                   size_t part_bytes, double *restrict grad_b,
                                                                   int64_t k, double *restrict grad_W, int64_t d,
                                                                   unsigned char *restrict tile_scratch,
                                                                   size_t tile_bytes, const double *restrict W,
                                                                   const double *restrict X,
                                                                   const double *restrict b,
                                                                   const int64_t *restrict y, double t7,
                                                                   double *restrict t6_parts)
{
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
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_b_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W[strip_begin], 1, k, &X[tile_begin*d],
                1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* Z[l:n, j:k] = t0[l, j] + b[j] */
            /* t1[l:n] = max[j:k](Z[l, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b_j = b[j];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = t0[(j - strip_begin)*128 + l - tile_begin] + b_j;
                    Z[j*128 + l - tile_begin] = v0;
                    t1[l - tile_begin] = (t1[l - tile_begin] >= v0 || t1[l - tile_begin] != t1[l - tile_begin])
                        ? t1[l - tile_begin] : v0;
                }
            }
        }

        /* t2[l:n] = where(inf == abs(t1[l]), 0, t1[l]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            t1[l - tile_begin] = (double)INFINITY == fabs(t1_l) ? 0.0 : t1_l;
        }

        /* t3[l:n, j:k] = exp(Z[l, j] - t2[l]) */
        /* t4[l:n] = sum[j:k](t3[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v0 = gradc_exp(Z[j*128 + l - tile_begin] - t1[l - tile_begin]);
                t3[j*128 + l - tile_begin] = v0;
                t4[l - tile_begin] += v0;
            }
        }

        /* t5[l:n] = t2[l] + log(t4[l]) */
        /* t6 = sum[l:n](t5[l] - Z[l, where_integer(y[l] < 0, k + y[l], y[l])]) */
        /* t8[l:n] = 1 / t4[l], in the place of t1 */
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            const double t4_l = t4[l - tile_begin];
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            t6_part_sum += t1_l + gradc_log(t4_l) - Z[v0*128 + l - tile_begin];
            t1[l - tile_begin] = 1.0 / t4_l;
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* Z_bar[l:n, j:k] = where(-inf == Z[l, j], 0, t7 * (t3[l, j] * t8[l])) + where(j == where_integer(y[l]
             *    < 0, k + y[l], y[l]), -t7, 0), in the place of t0 */
            /* grad_b[j:k] = sum[l:n](Z_bar[l, j]) */
            const double v0 = -t7;
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                double grad_b_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v1 = -(double)INFINITY == Z[j*128 + l - tile_begin] ? 0.0 : t7
                        * (t3[j*128 + l - tile_begin] * t1[l - tile_begin]);
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
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
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
    const double *W;
    const double *X;
    const double *b;
    const int64_t *y;
    double t7;
    double *t6_parts;
};

static GRADC_APART void softmax_cross_entropy_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct softmax_cross_entropy_value_and_grad_rows0 *const given = context;
    softmax_cross_entropy_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->grad_b, given->k, given->grad_W, given->d, given->tile_scratch, given->tile_bytes,
        given->W, given->X, given->b, given->y, given->t7, given->t6_parts);
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
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t7 = 1 / n */
    const double t7 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d*k + 41*k + 36, d*k + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t6_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct softmax_cross_entropy_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_b,
            k, grad_W, d, tile_scratch, tile_bytes, W, X, b, y, t7, t6_parts};
        gradc_run(parts, softmax_cross_entropy_value_and_grad_team0, &given);
    } else {
        softmax_cross_entropy_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_b, k, grad_W, d,
            tile_scratch, tile_bytes, W, X, b, y, t7, t6_parts);
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_b_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b[at] += grad_b_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    return 0;
}
