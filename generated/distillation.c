/* distillation: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], y: int64[n], tau: real, mix: real):
 *         t0[i:n, j:k] = B[i, j] / tau
 *         t1[i:n] = logsumexp[j:k](t0[i, j])
 *         t2[i:n, j:k] = A[i, j] / tau
 *         t3[i:n] = logsumexp[j:k](t2[i, j])
 *         t4[i:n] = sum[j:k](exp(t0[i, j] - t1[i]) * (t0[i, j] + t3[i] - t1[i] - t2[i, j]))
 *         t5 = sum[i:n](t4[i])
 *         t6[i:n] = logsumexp[j:k](A[i, j])
 *         t7[i:n, j:k] = A[i, j] - t6[i]
 *         t8 = sum[i:n](t7[i, where_integer(y[i] < 0, k + y[i], y[i])])
 *         value = t5 / n * (mix * tau ** 2) - (1 - mix) * (t8 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * distillation_value gives 1: y holds an index out of range for an axis of length k
 * distillation_forward gives 1: y holds an index out of range for an axis of length k
 * distillation_backward gives 1: y holds an index out of range for an axis of length k
 * distillation_value_and_grad gives 1: y holds an index out of range for an axis of length k
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/routines/compensated.h"
#include "support/routines/transpose.h"

#include "distillation.h"

size_t distillation_value_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 98304.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 97*k + 90, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct distillation_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    double tau;
    const double *A;
    const int64_t *y;
    double *t5_parts;
    double *t8_parts;
};

static GRADC_APART void distillation_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double tau = given->tau;
    const double *restrict const A = given->A;
    const int64_t *restrict const y = given->y;
    double *restrict const t5_parts = given->t5_parts;
    double *restrict const t8_parts = given->t8_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6_total = (void *)tile_own;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    double t8_part = 0.0;
    double t8_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau, in the place of B_tile */
        /* t1_total_most[i:n] = max[j:k](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij / tau;
                B_tile[j*128 + i - tile_begin] = v0;
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= v0
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : v0;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(t0[i, j] - t1_total_term[i]) */
        /* t1_total[i:n] = sum[j:k](t1_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        /* t4_term[i:n] = 1 / t1_total[i], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t2[i:n, j:k] = A_tile[i, j] / tau */
        /* t3_total_most[i:n] = max[j:k](t2[i, j]) */
        /* t6_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                t2[j*128 + i - tile_begin] = v0;
                t3_total_most[i - tile_begin] = (t3_total_most[i - tile_begin] >= v0
                    || t3_total_most[i - tile_begin] != t3_total_most[i - tile_begin]) ? t3_total_most[i - tile_begin]
                    : v0;
                t6_total_most[i - tile_begin] = (t6_total_most[i - tile_begin] >= A_tile_ij
                    || t6_total_most[i - tile_begin] != t6_total_most[i - tile_begin]) ? t6_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t3_total_term[i:n] = where(inf == abs(t3_total_most[i]), 0, t3_total_most[i]), in the place of
         *    t3_total_most */
        /* t6_total_term[i:n] = where(inf == abs(t6_total_most[i]), 0, t6_total_most[i]), in the place of
         *    t6_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            const double t6_total_most_i = t6_total_most[i - tile_begin];
            t3_total_most[i - tile_begin] = (double)INFINITY == fabs(t3_total_most_i) ? 0.0 : t3_total_most_i;
            t6_total_most[i - tile_begin] = (double)INFINITY == fabs(t6_total_most_i) ? 0.0 : t6_total_most_i;
        }

        /* t3_total[i:n] = sum[j:k](exp(t2[i, j] - t3_total_term[i])) */
        /* t6_total[i:n] = sum[j:k](exp(A_tile[i, j] - t6_total_term[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_total[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t3_total[i - tile_begin] += gradc_exp(t2[j*128 + i - tile_begin] - t3_total_most[i - tile_begin])
                    + gradc_exp(t2[(j + 1)*128 + i - tile_begin] - t3_total_most[i - tile_begin])
                    + gradc_exp(t2[(j + 2)*128 + i - tile_begin] - t3_total_most[i - tile_begin])
                    + gradc_exp(t2[(j + 3)*128 + i - tile_begin] - t3_total_most[i - tile_begin]);
                t6_total[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t6_total_most[i - tile_begin])
                    + gradc_exp(A_tile[(j + 1)*128 + i - tile_begin] - t6_total_most[i - tile_begin])
                    + gradc_exp(A_tile[(j + 2)*128 + i - tile_begin] - t6_total_most[i - tile_begin])
                    + gradc_exp(A_tile[(j + 3)*128 + i - tile_begin] - t6_total_most[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t3_total[i - tile_begin] += gradc_exp(t2[j*128 + i - tile_begin] - t3_total_most[i - tile_begin]);
                t6_total[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t6_total_most[i - tile_begin]);
            }
        }

        /* t3[i:n] = t3_total_term[i] + log(t3_total[i]), in the place of t3_total_most */
        /* t6[i:n] = t6_total_term[i] + log(t6_total[i]), in the place of t6_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            const double t6_total_most_i = t6_total_most[i - tile_begin];
            t3_total_most[i - tile_begin] = t3_total_most_i + gradc_log(t3_total[i - tile_begin]);
            t6_total_most[i - tile_begin] = t6_total_most_i + gradc_log(t6_total[i - tile_begin]);
        }

        /* t4[i:n] = sum[j:k](t1_total_term_2[i, j] * t4_term[i] * (t0[i, j] + t3[i] - t1[i] - t2[i, j])), in the
         *    place of t3_total */
        /* t7[i:n, j:k] = A_tile[i, j] - t6[i], in the place of B_tile */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (B_tile_ij + t3_total_most[i - tile_begin] - t1_total_most[i - tile_begin]
                    - t2[j*128 + i - tile_begin]);
                t3_total[i - tile_begin] += v0;
                B_tile[j*128 + i - tile_begin] = A_tile[j*128 + i - tile_begin] - t6_total_most[i - tile_begin];
            }
        }

        /* t5 = sum[i:n](t4[i]) */
        /* t8 = sum[i:n](t7[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t5_part_sum = 0.0;
        double t8_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_part_sum, t8_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            t5_part_sum += t3_total[i - tile_begin];
            t8_part_sum += B_tile[v0*128 + i - tile_begin];
        }
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
        gradc_add(&t8_part, &t8_part_low, t8_part_sum);
    }
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
    t8_part = gradc_rounded(t8_part, t8_part_low);
    t8_parts[part] = t8_part;
}

int distillation_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                       const int64_t *restrict y, double tau, double mix, double *restrict value,
                       void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(114.0*(double)k*(double)n + 100.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    const int64_t parts = gradc_parts(n, 97*k + 90, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t5_parts[GRADC_PARTS];
    double t8_parts[GRADC_PARTS];
    {
        const struct distillation_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, tau, A, y,
            t5_parts, t8_parts};
        if (parts > 1) {
            gradc_run(parts, distillation_value_rows0, &given);
        } else {
            distillation_value_rows0(&given, 0, 0);
        }
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t8 += t8_parts[part];
    }

    /* value = t5 / n * (mix * (tau * tau)) - (1 - mix) * (t8 / n) */
    const double v0 = (double)n;
    *value = t5 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t8 / v0);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t distillation_forward_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 81920.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 97*k + 90, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct distillation_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    double tau;
    double *t1;
    const double *A;
    double *t3;
    double *t6;
    const int64_t *y;
    double *t5_parts;
    double *t8_parts;
};

static GRADC_APART void distillation_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double tau = given->tau;
    double *restrict const t1 = given->t1;
    const double *restrict const A = given->A;
    double *restrict const t3 = given->t3;
    double *restrict const t6 = given->t6;
    const int64_t *restrict const y = given->y;
    double *restrict const t5_parts = given->t5_parts;
    double *restrict const t8_parts = given->t8_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6_total = (void *)tile_own;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    double t8_part = 0.0;
    double t8_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau, in the place of B_tile */
        /* t1_total_most[i:n] = max[j:k](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij / tau;
                B_tile[j*128 + i - tile_begin] = v0;
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= v0
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : v0;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(t0[i, j] - t1_total_term[i]) */
        /* t1_total[i:n] = sum[j:k](t1_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]) */
        /* t4_term[i:n] = 1 / t1_total[i], in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1[i] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total_most[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t2[i:n, j:k] = A_tile[i, j] / tau */
        /* t3_total_most[i:n] = max[j:k](t2[i, j]), in the place of t1_total */
        /* t6_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                t2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] = (t1_total[i - tile_begin] >= v0
                    || t1_total[i - tile_begin] != t1_total[i - tile_begin]) ? t1_total[i - tile_begin] : v0;
                t6_total_most[i - tile_begin] = (t6_total_most[i - tile_begin] >= A_tile_ij
                    || t6_total_most[i - tile_begin] != t6_total_most[i - tile_begin]) ? t6_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t3_total_term[i:n] = where(inf == abs(t3_total_most[i]), 0, t3_total_most[i]), in the place of t1_total */
        /* t6_total_term[i:n] = where(inf == abs(t6_total_most[i]), 0, t6_total_most[i]), in the place of
         *    t6_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_i = t1_total[i - tile_begin];
            const double t6_total_most_i = t6_total_most[i - tile_begin];
            t1_total[i - tile_begin] = (double)INFINITY == fabs(t1_total_i) ? 0.0 : t1_total_i;
            t6_total_most[i - tile_begin] = (double)INFINITY == fabs(t6_total_most_i) ? 0.0 : t6_total_most_i;
        }

        /* t3_total[i:n] = sum[j:k](exp(t2[i, j] - t3_total_term[i])) */
        /* t6_total[i:n] = sum[j:k](exp(A_tile[i, j] - t6_total_term[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_total[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t3_total[i - tile_begin] += gradc_exp(t2[j*128 + i - tile_begin] - t1_total[i - tile_begin])
                    + gradc_exp(t2[(j + 1)*128 + i - tile_begin] - t1_total[i - tile_begin])
                    + gradc_exp(t2[(j + 2)*128 + i - tile_begin] - t1_total[i - tile_begin])
                    + gradc_exp(t2[(j + 3)*128 + i - tile_begin] - t1_total[i - tile_begin]);
                t6_total[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t6_total_most[i - tile_begin])
                    + gradc_exp(A_tile[(j + 1)*128 + i - tile_begin] - t6_total_most[i - tile_begin])
                    + gradc_exp(A_tile[(j + 2)*128 + i - tile_begin] - t6_total_most[i - tile_begin])
                    + gradc_exp(A_tile[(j + 3)*128 + i - tile_begin] - t6_total_most[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t3_total[i - tile_begin] += gradc_exp(t2[j*128 + i - tile_begin] - t1_total[i - tile_begin]);
                t6_total[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t6_total_most[i - tile_begin]);
            }
        }

        /* t3[i:n] = t3_total_term[i] + log(t3_total[i]) */
        /* t6[i:n] = t6_total_term[i] + log(t6_total[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i] = t1_total[i - tile_begin] + gradc_log(t3_total[i - tile_begin]);
            t6[i] = t6_total_most[i - tile_begin] + gradc_log(t6_total[i - tile_begin]);
        }

        /* t4[i:n] = sum[j:k](t1_total_term_2[i, j] * t4_term[i] * (t0[i, j] + t3[i] - t1[i] - t2[i, j])), in the
         *    place of t1_total */
        /* t7[i:n, j:k] = A_tile[i, j] - t6[i], in the place of B_tile */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = t1_total_term_2[j*128 + i - tile_begin] * t1_total_most[i - tile_begin]
                    * (B_tile_ij + t3[i] - t1[i] - t2[j*128 + i - tile_begin]);
                t1_total[i - tile_begin] += v0;
                B_tile[j*128 + i - tile_begin] = A_tile[j*128 + i - tile_begin] - t6[i];
            }
        }

        /* t5 = sum[i:n](t4[i]) */
        /* t8 = sum[i:n](t7[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t5_part_sum = 0.0;
        double t8_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_part_sum, t8_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            t5_part_sum += t1_total[i - tile_begin];
            t8_part_sum += B_tile[v0*128 + i - tile_begin];
        }
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
        gradc_add(&t8_part, &t8_part_low, t8_part_sum);
    }
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
    t8_part = gradc_rounded(t8_part, t8_part_low);
    t8_parts[part] = t8_part;
}

int distillation_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         const int64_t *restrict y, double tau, double mix, double *restrict value,
                         double *restrict t1, double *restrict t3, double *restrict t6, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(114.0*(double)k*(double)n + 100.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    const int64_t parts = gradc_parts(n, 97*k + 90, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t5_parts[GRADC_PARTS];
    double t8_parts[GRADC_PARTS];
    {
        const struct distillation_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, tau, t1, A,
            t3, t6, y, t5_parts, t8_parts};
        if (parts > 1) {
            gradc_run(parts, distillation_forward_rows0, &given);
        } else {
            distillation_forward_rows0(&given, 0, 0);
        }
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t8 += t8_parts[part];
    }

    /* value = t5 / n * (mix * (tau * tau)) - (1 - mix) * (t8 / n) */
    const double v0 = (double)n;
    *value = t5 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t8 / v0);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t distillation_backward_work(int64_t n, int64_t k)
{
    if (32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 123*k, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)));
}

struct distillation_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const int64_t *y;
    double tau;
    const double *t1;
    double t8_bar;
    const double *A;
    const double *t6;
    double t5_bar;
    const double *t3;
    double *grad_A;
};

static GRADC_APART void distillation_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const int64_t *restrict const y = given->y;
    const double tau = given->tau;
    const double *restrict const t1 = given->t1;
    const double t8_bar = given->t8_bar;
    const double *restrict const A = given->A;
    const double *restrict const t6 = given->t6;
    const double t5_bar = given->t5_bar;
    const double *restrict const t3 = given->t3;
    double *restrict const grad_A = given->grad_A;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const grad_A_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_A_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau */
        /* grad_A_total[i:n] = sum[j:k](where(j == where_integer(y[i] < 0, k + y[i], y[i]), t8_bar, 0)) */
        /* grad_A_total_term[i:n, j:k] = exp(t0[i, j] - t1[i]), in the place of B_tile */
        /* grad_A_total_2[i:n] = sum[j:k](grad_A_total_term[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_A_total[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_A_total_2[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const int64_t y_i = y[i];
                const double v0 = gradc_exp(B_tile_ij / tau - t1[i]);
                grad_A_total[i - tile_begin] += j == (y_i < 0 ? k + y_i : y_i) ? t8_bar : 0.0;
                B_tile[j*128 + i - tile_begin] = v0;
                grad_A_total_2[i - tile_begin] += v0;
            }
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t2[i:n, j:k] = A_tile[i, j] / tau */
        /* grad_A_term[i:n, j:k] = let(s0 := A_tile[i, j] - t6[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] -
         *    (s0 - s1) - (t6[i] + s1), (where(-inf == t2[i, j], 0, t5_bar * grad_A_total_2[i] * exp(t2[i, j] -
         *    t3[i])) - t5_bar * grad_A_total_term[i, j]) / tau + (where(j == where_integer(y[i] < 0, k + y[i],
         *    y[i]), t8_bar, 0) + where(-inf == A_tile[i, j], 0, -(grad_A_total[i] * (exp(s0) * (1 + where(abs(s2)
         *    < 1, s2, 0))))))), in the place of B_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const int64_t y_i = y[i];
                const double t6_i = t6[i];
                const double v1 = A_tile_ij - t6_i;
                const double v2 = v1 - A_tile_ij;
                const double v3 = A_tile_ij - (v1 - v2) - (t6_i + v2);
                const double v4 = -(double)INFINITY == A_tile_ij ? 0.0
                    : -(grad_A_total[i - tile_begin] * (gradc_exp(v1) * (1.0 + (fabs(v3) < 1.0 ? v3 : 0.0))));
                const double v5 = ((-(double)INFINITY == v0 ? 0.0 : t5_bar * grad_A_total_2[i - tile_begin]
                    * gradc_exp(v0 - t3[i])) - t5_bar * B_tile_ij) / tau
                    + ((j == (y_i < 0 ? k + y_i : y_i) ? t8_bar : 0.0) + v4);
                B_tile[j*128 + i - tile_begin] = v5;
            }
        }

        /* grad_A[i:n, j:k] = grad_A_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_A[tile_begin*k], k);
    }
}

int distillation_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          const int64_t *restrict y, double tau, double mix, const double *restrict t1,
                          const double *restrict t3, const double *restrict t6, double cotangent,
                          double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(137.0*(double)k*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t8_bar = -(cotangent * (1 - mix) / n) */
    /* t5_bar = cotangent * (mix * (tau * tau)) / n */
    const double v0 = (double)n;
    const double t8_bar = -(cotangent * (1.0 - mix) / v0);
    const double t5_bar = cotangent * (mix * (tau * tau)) / v0;
    const int64_t parts = gradc_parts(n, 123*k, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    {
        const struct distillation_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, y, tau, t1,
            t8_bar, A, t6, t5_bar, t3, grad_A};
        if (parts > 1) {
            gradc_run(parts, distillation_backward_rows0, &given);
        } else {
            distillation_backward_rows0(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t distillation_value_and_grad_work(int64_t n, int64_t k)
{
    if (98304.0*(double)k + 147456.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 139*k + 98, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct distillation_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    double tau;
    const int64_t *y;
    double t8_bar;
    const double *A;
    double t5_bar;
    double *grad_A;
    double *t5_parts;
    double *t8_parts;
};

static GRADC_APART void distillation_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double tau = given->tau;
    const int64_t *restrict const y = given->y;
    const double t8_bar = given->t8_bar;
    const double *restrict const A = given->A;
    const double t5_bar = given->t5_bar;
    double *restrict const grad_A = given->grad_A;
    double *restrict const t5_parts = given->t5_parts;
    double *restrict const t8_parts = given->t8_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_A_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_A_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)tile_own;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    double t8_part = 0.0;
    double t8_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau, in the place of B_tile */
        /* t1_total_most[i:n] = max[j:k](t0[i, j]) */
        /* grad_A_total[i:n] = sum[j:k](where(j == where_integer(y[i] < 0, k + y[i], y[i]), t8_bar, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_A_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij / tau;
                const int64_t y_i = y[i];
                B_tile[j*128 + i - tile_begin] = v0;
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= v0
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : v0;
                grad_A_total[i - tile_begin] += j == (y_i < 0 ? k + y_i : y_i) ? t8_bar : 0.0;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(t0[i, j] - t1_total_term[i]) */
        /* t1_total[i:n] = sum[j:k](t1_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        /* t4_term[i:n] = 1 / t1_total[i], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t2[i:n, j:k] = A_tile[i, j] / tau */
        /* t3_total_most[i:n] = max[j:k](t2[i, j]) */
        /* t6_total_most[i:n] = max[j:k](A_tile[i, j]) */
        /* grad_A_total_2[i:n] = sum[j:k](t1_total_term_2[i, j] * t4_term[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_A_total_2[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                t2[j*128 + i - tile_begin] = v0;
                t3_total_most[i - tile_begin] = (t3_total_most[i - tile_begin] >= v0
                    || t3_total_most[i - tile_begin] != t3_total_most[i - tile_begin]) ? t3_total_most[i - tile_begin]
                    : v0;
                t6_total_most[i - tile_begin] = (t6_total_most[i - tile_begin] >= A_tile_ij
                    || t6_total_most[i - tile_begin] != t6_total_most[i - tile_begin]) ? t6_total_most[i - tile_begin]
                    : A_tile_ij;
                grad_A_total_2[i - tile_begin] += t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin];
            }
        }

        /* t3_total_term[i:n] = where(inf == abs(t3_total_most[i]), 0, t3_total_most[i]), in the place of
         *    t3_total_most */
        /* t6_total_term[i:n] = where(inf == abs(t6_total_most[i]), 0, t6_total_most[i]), in the place of
         *    t6_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            const double t6_total_most_i = t6_total_most[i - tile_begin];
            t3_total_most[i - tile_begin] = (double)INFINITY == fabs(t3_total_most_i) ? 0.0 : t3_total_most_i;
            t6_total_most[i - tile_begin] = (double)INFINITY == fabs(t6_total_most_i) ? 0.0 : t6_total_most_i;
        }

        /* t3_total_term_2[i:n, j:k] = exp(t2[i, j] - t3_total_term[i]) */
        /* t3_total[i:n] = sum[j:k](t3_total_term_2[i, j]) */
        /* t6_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t6_total_term[i]) */
        /* t6_total[i:n] = sum[j:k](t6_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_total[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(t2[j*128 + i - tile_begin] - t3_total_most[i - tile_begin]);
                const double v1 = gradc_exp(A_tile[j*128 + i - tile_begin] - t6_total_most[i - tile_begin]);
                t3_total_term_2[j*128 + i - tile_begin] = v0;
                t3_total[i - tile_begin] += v0;
                t6_total_term_2[j*128 + i - tile_begin] = v1;
                t6_total[i - tile_begin] += v1;
            }
        }

        /* t3[i:n] = t3_total_term[i] + log(t3_total[i]), in the place of t3_total_most */
        /* t6[i:n] = t6_total_term[i] + log(t6_total[i]), in the place of t6_total_most */
        /* grad_A_term[i:n] = 1 / t6_total[i], in the place of t3_total */
        /* grad_A_term_2[i:n] = 1 / t3_total[i], in the place of t6_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            const double t3_total_i = t3_total[i - tile_begin];
            const double t6_total_most_i = t6_total_most[i - tile_begin];
            const double t6_total_i = t6_total[i - tile_begin];
            t3_total_most[i - tile_begin] = t3_total_most_i + gradc_log(t3_total_i);
            t6_total_most[i - tile_begin] = t6_total_most_i + gradc_log(t6_total_i);
            t3_total[i - tile_begin] = 1.0 / t6_total_i;
            t6_total[i - tile_begin] = 1.0 / t3_total_i;
        }

        /* t4[i:n] = sum[j:k](t1_total_term_2[i, j] * t4_term[i] * (t0[i, j] + t3[i] - t1[i] - t2[i, j])) */
        /* t7[i:n, j:k] = A_tile[i, j] - t6[i], in the place of B_tile */
        /* grad_A_term_3[i:n, j:k] = (where(-inf == t2[i, j], 0, t5_bar * grad_A_total_2[i] * (t3_total_term_2[i,
         *    j] * grad_A_term_2[i])) - t5_bar * (t1_total_term_2[i, j] * t4_term[i])) / tau + (where(-inf ==
         *    A_tile[i, j], 0, -(grad_A_total[i] * (t6_total_term_2[i, j] * grad_A_term[i]))) + where(j ==
         *    where_integer(y[i] < 0, k + y[i], y[i]), t8_bar, 0)), in the place of t1_total_term_2 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_total_term_2_ij = t1_total_term_2[j*128 + i - tile_begin];
                const double v0 = t1_total_term_2_ij * t1_total[i - tile_begin];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t2_ij = t2[j*128 + i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v1 = -(double)INFINITY == t2_ij ? 0.0 : t3_total_term_2[j*128 + i - tile_begin]
                    * t6_total[i - tile_begin] * (t5_bar * grad_A_total_2[i - tile_begin]);
                const int64_t y_i = y[i];
                const double v2 = (j == (y_i < 0 ? k + y_i : y_i) ? t8_bar : 0.0)
                    + (-(double)INFINITY == A_tile_ij ? 0.0 : -(grad_A_total[i - tile_begin]
                    * (t6_total_term_2[j*128 + i - tile_begin] * t3_total[i - tile_begin])));
                t4[i - tile_begin] += v0 * (B_tile_ij + t3_total_most[i - tile_begin] - t1_total_most[i - tile_begin]
                    - t2_ij);
                B_tile[j*128 + i - tile_begin] = A_tile_ij - t6_total_most[i - tile_begin];
                t1_total_term_2[j*128 + i - tile_begin] = (v1 - t5_bar * v0) / tau + v2;
            }
        }

        /* t5 = sum[i:n](t4[i]) */
        /* t8 = sum[i:n](t7[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t5_part_sum = 0.0;
        double t8_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_part_sum, t8_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            t5_part_sum += t4[i - tile_begin];
            t8_part_sum += B_tile[v0*128 + i - tile_begin];
        }
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
        gradc_add(&t8_part, &t8_part_low, t8_part_sum);

        /* grad_A[i:n, j:k] = grad_A_term_3[i, j] */
        gradc_transpose(k, tile_end - tile_begin, t1_total_term_2, 128, &grad_A[tile_begin*k], k);
    }
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
    t8_part = gradc_rounded(t8_part, t8_part_low);
    t8_parts[part] = t8_part;
}

int distillation_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                const int64_t *restrict y, double tau, double mix, double *restrict value,
                                double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(169.0*(double)k*(double)n + 112.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }

    /* t8_bar = -((1 - mix) / n) */
    /* t5_bar = mix * (tau * tau) / n */
    const double v0 = (double)n;
    const double t8_bar = -((1.0 - mix) / v0);
    const double t5_bar = mix * (tau * tau) / v0;
    const int64_t parts = gradc_parts(n, 139*k + 98, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t5_parts[GRADC_PARTS];
    double t8_parts[GRADC_PARTS];
    {
        const struct distillation_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, tau,
            y, t8_bar, A, t5_bar, grad_A, t5_parts, t8_parts};
        if (parts > 1) {
            gradc_run(parts, distillation_value_and_grad_rows0, &given);
        } else {
            distillation_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t8 += t8_parts[part];
    }

    /* value = t5 / n * (mix * (tau * tau)) - (1 - mix) * (t8 / n) */
    const double v1 = (double)n;
    *value = t5 / v1 * (mix * (tau * tau)) - (1.0 - mix) * (t8 / v1);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
