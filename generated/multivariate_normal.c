/* multivariate_normal: the loss, and its derivatives.
 *
 *     def program(mu: real[d], S: real[d, d], X: real[n, d]):
 *         _, log_det = call.slogdet(S)
 *         t0[i:d, j:n] = X[j, i] - mu[i]
 *         t1 = call.solve(S, t0)
 *         distance[j:n] = sum[i:d](t1[i, j] * t0[i, j])
 *         t2 = sum[j:n](distance[j])
 *         value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * multivariate_normal_value gives 1: solve: the matrix is singular
 * multivariate_normal_forward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 2: inv: the matrix is singular
 * multivariate_normal_value_and_grad gives 1: solve: the matrix is singular
 * multivariate_normal_value_and_grad gives 2: inv: the matrix is singular
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/routines/compensated.h"
#include "support/routines/inv.h"
#include "support/routines/product.h"
#include "support/routines/slogdet.h"
#include "support/routines/solve.h"

#include "multivariate_normal.h"

size_t multivariate_normal_value_work(int64_t d, int64_t n)
{
    if (16.0*(double)d*(double)d + 16.0*(double)d*(double)n + 16.0*(double)d + 8.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                              const double *restrict X, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < 4*(d / 4); i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j]
                * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = 4*(d / 4); i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    return 0;
}

size_t multivariate_normal_forward_work(int64_t d, int64_t n)
{
    if (16.0*(double)d*(double)d + 8.0*(double)d*(double)n + 16.0*(double)d + 8.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_forward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                const double *restrict X, double *restrict value, double *restrict t1,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < 4*(d / 4); i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j]
                * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = 4*(d / 4); i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    return 0;
}

size_t multivariate_normal_backward_work(int64_t d, int64_t n)
{
    if (40.0*(double)d*(double)d + 24.0*(double)d*(double)n + 16.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double))
        + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t))
        + (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * gradc_bytes(128, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

static GRADC_APART void multivariate_normal_backward_rows0(int64_t part, int64_t thread, int64_t d, int64_t parts,
                                                           unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                           int64_t n, double *restrict t5, double t3,
                                                           const double *restrict t1, double *restrict grad_mu,
                                                           double *restrict t8)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t6 = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t6[i:d] = sum[j:n](t5[i, j] + t3 * t1[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t6_sum = 0.0;
            double t6_sum_ = 0.0;
            double t6_sum_2 = 0.0;
            double t6_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t6_sum, t6_sum_, t6_sum_2, t6_sum_3))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += t5[i*n + j] + t3 * t1[i*n + j];
                t6_sum_ += t5[(i + 1)*n + j] + t3 * t1[(i + 1)*n + j];
                t6_sum_2 += t5[(i + 2)*n + j] + t3 * t1[(i + 2)*n + j];
                t6_sum_3 += t5[(i + 3)*n + j] + t3 * t1[(i + 3)*n + j];
            }
            t6[i - tile_begin] = t6_sum;
            t6[i + 1 - tile_begin] = t6_sum_;
            t6[i + 2 - tile_begin] = t6_sum_2;
            t6[i + 3 - tile_begin] = t6_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += t5[i*n + j] + t3 * t1[i*n + j];
            }
            t6[i - tile_begin] = t6_sum;
        }

        /* grad_mu[i:d] = -t6[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t6[i - tile_begin];
        }

        /* t8[i:d, k:d] = sum[j:n](t1[k, j] * t5[i, j]) */
        gradc_product(d, tile_end - tile_begin, n, t1, n, 1, &t5[tile_begin*n], 1, n, NULL, 0, &t8[tile_begin*d], 1,
            d, 0, 0);
    }
}

struct multivariate_normal_backward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t n;
    double *t5;
    double t3;
    const double *t1;
    double *grad_mu;
    double *t8;
};

static GRADC_APART void multivariate_normal_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_backward_rows0 *const given = context;
    multivariate_normal_backward_rows0(part, thread, given->d, given->parts, given->tile_scratch, given->tile_bytes,
        given->n, given->t5, given->t3, given->t1, given->grad_mu, given->t8);
}

int multivariate_normal_backward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                 const double *restrict X, const double *restrict t1, double cotangent,
                                 double *restrict grad_mu, double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * gradc_bytes(128, sizeof(double));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* t3 = 0.5 * cotangent / n */
    const double t3 = 0.5 * cotangent / (double)n;

    /* t2[i:d, j:d] = S[j, i] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j*d + i] = S[i*d + j];
        }
    }

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t4[i:d, j:n] = t3 * t0[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t4[i*n + j] = t3 * t0[i*n + j];
        }
    }

    /* t5 = call.solve(t2, t4) */
    if (gradc_solve(d, n, t2, t4, t5, factors, pivots) != 0) {
        return 1;
    }
    const int64_t parts = gradc_parts(d, 3*d*n + 5*n + 2, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct multivariate_normal_backward_rows0 given = {d, parts, tile_scratch, tile_bytes, n, t5, t3, t1,
            grad_mu, t8};
        gradc_run(parts, multivariate_normal_backward_team0, &given);
    } else {
        multivariate_normal_backward_rows0(0, 0, d, parts, tile_scratch, tile_bytes, n, t5, t3, t1, grad_mu, t8);
    }

    /* t7 = call.inv(S) */
    if (gradc_inv(d, d, S, t7, factors_, pivots_) != 0) {
        return 2;
    }

    /* grad_S[i:d, j:d] = t7[j, i] * (0.5 * cotangent) - t8[i, j] */
    const double v0 = 0.5 * cotangent;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = t7[j*d + i] * v0 - t8[i*d + j];
        }
    }
    return 0;
}

size_t multivariate_normal_value_and_grad_work(int64_t d, int64_t n)
{
    if (56.0*(double)d*(double)d + 32.0*(double)d*(double)n + 32.0*(double)d + 136.0*(double)n + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t))
        + (size_t)gradc_parts(d, d + 5*n, n) * gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0)
        * gradc_bytes(128, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

static GRADC_APART void multivariate_normal_value_and_grad_rows0(int64_t part, int64_t d, int64_t parts,
                                                                 unsigned char *restrict part_scratch,
                                                                 size_t part_bytes, double *restrict distance,
                                                                 int64_t n, double *restrict t0, double *restrict t1,
                                                                 double *restrict t5, double t4, double *restrict t3,
                                                                 const double *restrict S)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const distance_part = part == 0 ? distance : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        distance_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d + 2*n, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
        /* t5[i:d, j:n] = t4 * t0[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[i*n + j];
                distance_part[j] += t0_ij * t1[i*n + j];
                t5[i*n + j] = t4 * t0_ij;
            }
        }

        /* t3[i:d, j:d] = S[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j*d + i] = S[i*d + j];
            }
        }
    }
}

struct multivariate_normal_value_and_grad_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *distance;
    int64_t n;
    double *t0;
    double *t1;
    double *t5;
    double t4;
    double *t3;
    const double *S;
};

static GRADC_APART void multivariate_normal_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_value_and_grad_rows0 *const given = context;
    (void)thread;
    multivariate_normal_value_and_grad_rows0(part, given->d, given->parts, given->part_scratch, given->part_bytes,
        given->distance, given->n, given->t0, given->t1, given->t5, given->t4, given->t3, given->S);
}

static GRADC_APART void multivariate_normal_value_and_grad_rows1(int64_t part, int64_t thread, int64_t d,
                                                                 int64_t parts, unsigned char *restrict tile_scratch,
                                                                 size_t tile_bytes, int64_t n, double *restrict t6,
                                                                 double t4, double *restrict t1,
                                                                 double *restrict grad_mu, double *restrict t9)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t7 = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t7[i:d] = sum[j:n](t6[i, j] + t4 * t1[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t7_sum = 0.0;
            double t7_sum_ = 0.0;
            double t7_sum_2 = 0.0;
            double t7_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t7_sum, t7_sum_, t7_sum_2, t7_sum_3))
            for (int64_t j = 0; j < n; ++j) {
                t7_sum += t6[i*n + j] + t4 * t1[i*n + j];
                t7_sum_ += t6[(i + 1)*n + j] + t4 * t1[(i + 1)*n + j];
                t7_sum_2 += t6[(i + 2)*n + j] + t4 * t1[(i + 2)*n + j];
                t7_sum_3 += t6[(i + 3)*n + j] + t4 * t1[(i + 3)*n + j];
            }
            t7[i - tile_begin] = t7_sum;
            t7[i + 1 - tile_begin] = t7_sum_;
            t7[i + 2 - tile_begin] = t7_sum_2;
            t7[i + 3 - tile_begin] = t7_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < n; ++j) {
                t7_sum += t6[i*n + j] + t4 * t1[i*n + j];
            }
            t7[i - tile_begin] = t7_sum;
        }

        /* grad_mu[i:d] = -t7[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t7[i - tile_begin];
        }

        /* t9[i:d, k:d] = sum[j:n](t1[k, j] * t6[i, j]) */
        gradc_product(d, tile_end - tile_begin, n, t1, n, 1, &t6[tile_begin*n], 1, n, NULL, 0, &t9[tile_begin*d], 1,
            d, 0, 0);
    }
}

struct multivariate_normal_value_and_grad_rows1 {
    int64_t d;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t n;
    double *t6;
    double t4;
    double *t1;
    double *grad_mu;
    double *t9;
};

static GRADC_APART void multivariate_normal_value_and_grad_team1(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_value_and_grad_rows1 *const given = context;
    multivariate_normal_value_and_grad_rows1(part, thread, given->d, given->parts, given->tile_scratch,
        given->tile_bytes, given->n, given->t6, given->t4, given->t1, given->grad_mu, given->t9);
}

int multivariate_normal_value_and_grad(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                       const double *restrict X, double *restrict value, double *restrict grad_mu,
                                       double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, d + 5*n, n) * gradc_bytes(n, sizeof(double));
    double *const factors_2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_2 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * gradc_bytes(128, sizeof(double));
    double *const factors_3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_3 = (void *)scratch;

    /* t4 = 0.5 / n */
    const double t4 = 0.5 / (double)n;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    const int64_t parts = gradc_parts(d, d + 5*n, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    if (parts > 1) {
        const struct multivariate_normal_value_and_grad_rows0 given = {d, parts, part_scratch, part_bytes, distance,
            n, t0, t1, t5, t4, t3, S};
        gradc_run(parts, multivariate_normal_value_and_grad_team0, &given);
    } else {
        multivariate_normal_value_and_grad_rows0(0, d, parts, part_scratch, part_bytes, distance, n, t0, t1, t5, t4,
            t3, S);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const distance_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            distance[at] += distance_more[at];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);

    /* t6 = call.solve(t3, t5) */
    if (gradc_solve(d, n, t3, t5, t6, factors_2, pivots_2) != 0) {
        return 1;
    }
    const int64_t parts_ = gradc_parts(d, 3*d*n + 5*n + 2, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts_ > 1) {
        const struct multivariate_normal_value_and_grad_rows1 given = {d, parts_, tile_scratch, tile_bytes, n, t6, t4,
            t1, grad_mu, t9};
        gradc_run(parts_, multivariate_normal_value_and_grad_team1, &given);
    } else {
        multivariate_normal_value_and_grad_rows1(0, 0, d, parts_, tile_scratch, tile_bytes, n, t6, t4, t1, grad_mu,
            t9);
    }

    /* t8 = call.inv(S) */
    if (gradc_inv(d, d, S, t8, factors_3, pivots_3) != 0) {
        return 2;
    }

    /* grad_S[i:d, j:d] = 0.5 * t8[j, i] - t9[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = 0.5 * t8[j*d + i] - t9[i*d + j];
        }
    }
    return 0;
}
