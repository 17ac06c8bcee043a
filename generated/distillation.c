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

static GRADC_APART void distillation_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                 unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                 const double *restrict B, double tau, const double *restrict A,
                                                 const int64_t *restrict y, double *restrict t13_parts,
                                                 double *restrict t19_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)tile_own;
    double t13_part = 0.0;
    double t13_part_low = 0.0;
    double t19_part = 0.0;
    double t19_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau, in the place of B_tile */
        /* t1[i:n] = max[j:k](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij / tau;
                B_tile[j*128 + i - tile_begin] = v0;
                t1[i - tile_begin] = (t1[i - tile_begin] >= v0 || t1[i - tile_begin] != t1[i - tile_begin])
                    ? t1[i - tile_begin] : v0;
            }
        }

        /* t2[i:n] = where(inf == abs(t1[i]), 0, t1[i]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            t1[i - tile_begin] = (double)INFINITY == fabs(t1_i) ? 0.0 : t1_i;
        }

        /* t3[i:n, j:k] = exp(t0[i, j] - t2[i]) */
        /* t4[i:n] = sum[j:k](t3[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t1[i - tile_begin]);
                t3[j*128 + i - tile_begin] = v0;
                t4[i - tile_begin] += v0;
            }
        }

        /* t5[i:n] = t2[i] + log(t4[i]), in the place of t1 */
        /* t11[i:n] = 1 / t4[i], in the place of t4 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t4_i = t4[i - tile_begin];
            t1[i - tile_begin] = t1_i + gradc_log(t4_i);
            t4[i - tile_begin] = 1.0 / t4_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t6[i:n, j:k] = A_tile[i, j] / tau */
        /* t7[i:n] = max[j:k](t6[i, j]) */
        /* t14[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t14[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                t6[j*128 + i - tile_begin] = v0;
                t7[i - tile_begin] = (t7[i - tile_begin] >= v0 || t7[i - tile_begin] != t7[i - tile_begin])
                    ? t7[i - tile_begin] : v0;
                t14[i - tile_begin] = (t14[i - tile_begin] >= A_tile_ij || t14[i - tile_begin] != t14[i - tile_begin])
                    ? t14[i - tile_begin] : A_tile_ij;
            }
        }

        /* t8[i:n] = where(inf == abs(t7[i]), 0, t7[i]), in the place of t7 */
        /* t15[i:n] = where(inf == abs(t14[i]), 0, t14[i]), in the place of t14 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t7_i = t7[i - tile_begin];
            const double t14_i = t14[i - tile_begin];
            t7[i - tile_begin] = (double)INFINITY == fabs(t7_i) ? 0.0 : t7_i;
            t14[i - tile_begin] = (double)INFINITY == fabs(t14_i) ? 0.0 : t14_i;
        }

        /* t9[i:n] = sum[j:k](exp(t6[i, j] - t8[i])) */
        /* t16[i:n] = sum[j:k](exp(A_tile[i, j] - t15[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t16[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t9[i - tile_begin] += gradc_exp(t6[j*128 + i - tile_begin] - t7[i - tile_begin])
                    + gradc_exp(t6[(j + 1)*128 + i - tile_begin] - t7[i - tile_begin])
                    + gradc_exp(t6[(j + 2)*128 + i - tile_begin] - t7[i - tile_begin])
                    + gradc_exp(t6[(j + 3)*128 + i - tile_begin] - t7[i - tile_begin]);
                t16[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t14[i - tile_begin])
                    + gradc_exp(A_tile[(j + 1)*128 + i - tile_begin] - t14[i - tile_begin])
                    + gradc_exp(A_tile[(j + 2)*128 + i - tile_begin] - t14[i - tile_begin])
                    + gradc_exp(A_tile[(j + 3)*128 + i - tile_begin] - t14[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t9[i - tile_begin] += gradc_exp(t6[j*128 + i - tile_begin] - t7[i - tile_begin]);
                t16[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t14[i - tile_begin]);
            }
        }

        /* t10[i:n] = t8[i] + log(t9[i]), in the place of t7 */
        /* t17[i:n] = t15[i] + log(t16[i]), in the place of t14 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t7_i = t7[i - tile_begin];
            const double t14_i = t14[i - tile_begin];
            t7[i - tile_begin] = t7_i + gradc_log(t9[i - tile_begin]);
            t14[i - tile_begin] = t14_i + gradc_log(t16[i - tile_begin]);
        }

        /* t12[i:n] = sum[j:k](t3[i, j] * t11[i] * (t0[i, j] + t10[i] - t5[i] - t6[i, j])), in the place of t9 */
        /* t18[i:n, j:k] = A_tile[i, j] - t17[i], in the place of B_tile */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = t3[j*128 + i - tile_begin] * t4[i - tile_begin]
                    * (B_tile_ij + t7[i - tile_begin] - t1[i - tile_begin] - t6[j*128 + i - tile_begin]);
                t9[i - tile_begin] += v0;
                B_tile[j*128 + i - tile_begin] = A_tile[j*128 + i - tile_begin] - t14[i - tile_begin];
            }
        }

        /* t13 = sum[i:n](t12[i]) */
        /* t19 = sum[i:n](t18[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t13_part_sum = 0.0;
        double t19_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t13_part_sum, t19_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            t13_part_sum += t9[i - tile_begin];
            t19_part_sum += B_tile[v0*128 + i - tile_begin];
        }
        gradc_add(&t13_part, &t13_part_low, t13_part_sum);
        gradc_add(&t19_part, &t19_part_low, t19_part_sum);
    }
    t13_part = gradc_rounded(t13_part, t13_part_low);
    t13_parts[part] = t13_part;
    t19_part = gradc_rounded(t19_part, t19_part_low);
    t19_parts[part] = t19_part;
}

struct distillation_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    double tau;
    const double *A;
    const int64_t *y;
    double *t13_parts;
    double *t19_parts;
};

static GRADC_APART void distillation_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_value_rows0 *const given = context;
    distillation_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->B, given->tau, given->A, given->y, given->t13_parts, given->t19_parts);
}

int distillation_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                       const int64_t *restrict y, double tau, double mix, double *restrict value,
                       void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 97*k + 90, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t13_parts[GRADC_PARTS];
    double t19_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct distillation_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, tau, A, y, t13_parts,
            t19_parts};
        gradc_run(parts, distillation_value_team0, &given);
    } else {
        distillation_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, tau, A, y, t13_parts, t19_parts);
    }
    double t13 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t13 += t13_parts[part];
    }
    double t19 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t19 += t19_parts[part];
    }

    /* value = t13 / n * (mix * (tau * tau)) - (1 - mix) * (t19 / n) */
    const double v0 = (double)n;
    *value = t13 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t19 / v0);
    return 0;
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

static GRADC_APART void distillation_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                   unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                   int64_t k, const double *restrict B, double tau,
                                                   double *restrict t1, const double *restrict A,
                                                   double *restrict t3, double *restrict t6,
                                                   const int64_t *restrict y, double *restrict t11_parts,
                                                   double *restrict t16_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_ = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t12 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)tile_own;
    double t11_part = 0.0;
    double t11_part_low = 0.0;
    double t16_part = 0.0;
    double t16_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau, in the place of B_tile */
        /* t1[i:n] = max[j:k](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij / tau;
                B_tile[j*128 + i - tile_begin] = v0;
                t1_[i - tile_begin] = (t1_[i - tile_begin] >= v0 || t1_[i - tile_begin] != t1_[i - tile_begin])
                    ? t1_[i - tile_begin] : v0;
            }
        }

        /* t2[i:n] = where(inf == abs(t1[i]), 0, t1[i]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1_[i - tile_begin];
            t1_[i - tile_begin] = (double)INFINITY == fabs(t1_i) ? 0.0 : t1_i;
        }

        /* t3[i:n, j:k] = exp(t0[i, j] - t2[i]) */
        /* t4[i:n] = sum[j:k](t3[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t1_[i - tile_begin]);
                t3_[j*128 + i - tile_begin] = v0;
                t4[i - tile_begin] += v0;
            }
        }

        /* t1_2[i:n] = t2[i] + log(t4[i]) */
        /* t9[i:n] = 1 / t4[i], in the place of t1 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1_[i - tile_begin];
            const double t4_i = t4[i - tile_begin];
            t1[i] = t1_i + gradc_log(t4_i);
            t1_[i - tile_begin] = 1.0 / t4_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t5[i:n, j:k] = A_tile[i, j] / tau */
        /* t6[i:n] = max[j:k](t5[i, j]), in the place of t4 */
        /* t12[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t12[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                t5[j*128 + i - tile_begin] = v0;
                t4[i - tile_begin] = (t4[i - tile_begin] >= v0 || t4[i - tile_begin] != t4[i - tile_begin])
                    ? t4[i - tile_begin] : v0;
                t12[i - tile_begin] = (t12[i - tile_begin] >= A_tile_ij || t12[i - tile_begin] != t12[i - tile_begin])
                    ? t12[i - tile_begin] : A_tile_ij;
            }
        }

        /* t7[i:n] = where(inf == abs(t6[i]), 0, t6[i]), in the place of t4 */
        /* t13[i:n] = where(inf == abs(t12[i]), 0, t12[i]), in the place of t12 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t4_i = t4[i - tile_begin];
            const double t12_i = t12[i - tile_begin];
            t4[i - tile_begin] = (double)INFINITY == fabs(t4_i) ? 0.0 : t4_i;
            t12[i - tile_begin] = (double)INFINITY == fabs(t12_i) ? 0.0 : t12_i;
        }

        /* t8[i:n] = sum[j:k](exp(t5[i, j] - t7[i])) */
        /* t14[i:n] = sum[j:k](exp(A_tile[i, j] - t13[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t14[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t8[i - tile_begin] += gradc_exp(t5[j*128 + i - tile_begin] - t4[i - tile_begin])
                    + gradc_exp(t5[(j + 1)*128 + i - tile_begin] - t4[i - tile_begin])
                    + gradc_exp(t5[(j + 2)*128 + i - tile_begin] - t4[i - tile_begin])
                    + gradc_exp(t5[(j + 3)*128 + i - tile_begin] - t4[i - tile_begin]);
                t14[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t12[i - tile_begin])
                    + gradc_exp(A_tile[(j + 1)*128 + i - tile_begin] - t12[i - tile_begin])
                    + gradc_exp(A_tile[(j + 2)*128 + i - tile_begin] - t12[i - tile_begin])
                    + gradc_exp(A_tile[(j + 3)*128 + i - tile_begin] - t12[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t8[i - tile_begin] += gradc_exp(t5[j*128 + i - tile_begin] - t4[i - tile_begin]);
                t14[i - tile_begin] += gradc_exp(A_tile[j*128 + i - tile_begin] - t12[i - tile_begin]);
            }
        }

        /* t3_2[i:n] = t7[i] + log(t8[i]) */
        /* t6_2[i:n] = t13[i] + log(t14[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i] = t4[i - tile_begin] + gradc_log(t8[i - tile_begin]);
            t6[i] = t12[i - tile_begin] + gradc_log(t14[i - tile_begin]);
        }

        /* t10[i:n] = sum[j:k](t3[i, j] * t9[i] * (t0[i, j] + t3_2[i] - t1_2[i] - t5[i, j])), in the place of t4 */
        /* t15[i:n, j:k] = A_tile[i, j] - t6_2[i], in the place of B_tile */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = t3_[j*128 + i - tile_begin] * t1_[i - tile_begin]
                    * (B_tile_ij + t3[i] - t1[i] - t5[j*128 + i - tile_begin]);
                t4[i - tile_begin] += v0;
                B_tile[j*128 + i - tile_begin] = A_tile[j*128 + i - tile_begin] - t6[i];
            }
        }

        /* t11 = sum[i:n](t10[i]) */
        /* t16 = sum[i:n](t15[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t11_part_sum = 0.0;
        double t16_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t11_part_sum, t16_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            t11_part_sum += t4[i - tile_begin];
            t16_part_sum += B_tile[v0*128 + i - tile_begin];
        }
        gradc_add(&t11_part, &t11_part_low, t11_part_sum);
        gradc_add(&t16_part, &t16_part_low, t16_part_sum);
    }
    t11_part = gradc_rounded(t11_part, t11_part_low);
    t11_parts[part] = t11_part;
    t16_part = gradc_rounded(t16_part, t16_part_low);
    t16_parts[part] = t16_part;
}

struct distillation_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    double tau;
    double *t1;
    const double *A;
    double *t3;
    double *t6;
    const int64_t *y;
    double *t11_parts;
    double *t16_parts;
};

static GRADC_APART void distillation_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_forward_rows0 *const given = context;
    distillation_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->B, given->tau, given->t1, given->A, given->t3, given->t6, given->y, given->t11_parts,
        given->t16_parts);
}

int distillation_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         const int64_t *restrict y, double tau, double mix, double *restrict value,
                         double *restrict t1, double *restrict t3, double *restrict t6, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 97*k + 90, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t11_parts[GRADC_PARTS];
    double t16_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct distillation_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, tau, t1, A, t3, t6,
            y, t11_parts, t16_parts};
        gradc_run(parts, distillation_forward_team0, &given);
    } else {
        distillation_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, tau, t1, A, t3, t6, y, t11_parts,
            t16_parts);
    }
    double t11 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t11 += t11_parts[part];
    }
    double t16 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t16 += t16_parts[part];
    }

    /* value = t11 / n * (mix * (tau * tau)) - (1 - mix) * (t16 / n) */
    const double v0 = (double)n;
    *value = t11 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t16 / v0);
    return 0;
}

size_t distillation_backward_work(int64_t n, int64_t k)
{
    if (32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 123*k, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)));
}

static GRADC_APART void distillation_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                    unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                    int64_t k, const double *restrict B, const int64_t *restrict y,
                                                    double tau, const double *restrict t1, double t4,
                                                    const double *restrict A, double t7, const double *restrict t3,
                                                    const double *restrict t6, double *restrict grad_A)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau */
        /* t5[i:n] = sum[j:k](where(j == where_integer(y[i] < 0, k + y[i], y[i]), t4, 0)) */
        /* t8[i:n, j:k] = exp(t0[i, j] - t1[i]), in the place of B_tile */
        /* t9[i:n] = sum[j:k](t8[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const int64_t y_i = y[i];
                const double v0 = gradc_exp(B_tile_ij / tau - t1[i]);
                t5[i - tile_begin] += j == (y_i < 0 ? k + y_i : y_i) ? t4 : 0.0;
                B_tile[j*128 + i - tile_begin] = v0;
                t9[i - tile_begin] += v0;
            }
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t2[i:n, j:k] = A_tile[i, j] / tau */
        /* t10[i:n, j:k] = let(s0 := A_tile[i, j] - t6[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0 - s1)
         *    - (t6[i] + s1), (where(-inf == t2[i, j], 0, t7 * t9[i] * exp(t2[i, j] - t3[i])) - t7 * t8[i, j]) /
         *    tau + (where(j == where_integer(y[i] < 0, k + y[i], y[i]), t4, 0) + where(-inf == A_tile[i, j], 0,
         *    -(t5[i] * (exp(s0) * (1 + where(abs(s2) < 1, s2, 0))))))), in the place of B_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v1 = ((-(double)INFINITY == v0 ? 0.0 : t7 * t9[i - tile_begin] * gradc_exp(v0 - t3[i]))
                    - t7 * B_tile_ij) / tau;
                const int64_t y_i = y[i];
                const double t6_i = t6[i];
                const double v2 = A_tile_ij - t6_i;
                const double v3 = v2 - A_tile_ij;
                const double v4 = A_tile_ij - (v2 - v3) - (t6_i + v3);
                const double v5 = -(double)INFINITY == A_tile_ij ? 0.0
                    : -(t5[i - tile_begin] * (gradc_exp(v2) * (1.0 + (fabs(v4) < 1.0 ? v4 : 0.0))));
                B_tile[j*128 + i - tile_begin] = v1 + ((j == (y_i < 0 ? k + y_i : y_i) ? t4 : 0.0) + v5);
            }
        }

        /* grad_A[i:n, j:k] = t10[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_A[tile_begin*k], k);
    }
}

struct distillation_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const int64_t *y;
    double tau;
    const double *t1;
    double t4;
    const double *A;
    double t7;
    const double *t3;
    const double *t6;
    double *grad_A;
};

static GRADC_APART void distillation_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_backward_rows0 *const given = context;
    distillation_backward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->y, given->tau, given->t1, given->t4, given->A, given->t7, given->t3, given->t6,
        given->grad_A);
}

int distillation_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          const int64_t *restrict y, double tau, double mix, const double *restrict t1,
                          const double *restrict t3, const double *restrict t6, double cotangent,
                          double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t4 = -(cotangent * (1 - mix) / n) */
    /* t7 = cotangent * (mix * (tau * tau)) / n */
    const double v0 = (double)n;
    const double t4 = -(cotangent * (1.0 - mix) / v0);
    const double t7 = cotangent * (mix * (tau * tau)) / v0;
    const int64_t parts = gradc_parts(n, 123*k, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    if (parts > 1) {
        const struct distillation_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, y, tau, t1, t4, A,
            t7, t3, t6, grad_A};
        gradc_run(parts, distillation_backward_team0, &given);
    } else {
        distillation_backward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, y, tau, t1, t4, A, t7, t3, t6,
            grad_A);
    }
    return 0;
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

static GRADC_APART void distillation_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                          unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                          int64_t k, const double *restrict B, double tau,
                                                          const int64_t *restrict y, double t22,
                                                          const double *restrict A, double t24,
                                                          double *restrict grad_A, double *restrict t14_parts,
                                                          double *restrict t21_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t23 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t15 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t25 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t10 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t17 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t18 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)tile_own;
    double t14_part = 0.0;
    double t14_part_low = 0.0;
    double t21_part = 0.0;
    double t21_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n, j:k] = B_tile[i, j] / tau, in the place of B_tile */
        /* t1[i:n] = max[j:k](t0[i, j]) */
        /* t23[i:n] = sum[j:k](where(j == where_integer(y[i] < 0, k + y[i], y[i]), t22, 0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t23[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij / tau;
                const int64_t y_i = y[i];
                B_tile[j*128 + i - tile_begin] = v0;
                t1[i - tile_begin] = (t1[i - tile_begin] >= v0 || t1[i - tile_begin] != t1[i - tile_begin])
                    ? t1[i - tile_begin] : v0;
                t23[i - tile_begin] += j == (y_i < 0 ? k + y_i : y_i) ? t22 : 0.0;
            }
        }

        /* t2[i:n] = where(inf == abs(t1[i]), 0, t1[i]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            t1[i - tile_begin] = (double)INFINITY == fabs(t1_i) ? 0.0 : t1_i;
        }

        /* t3[i:n, j:k] = exp(t0[i, j] - t2[i]) */
        /* t4[i:n] = sum[j:k](t3[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t1[i - tile_begin]);
                t3[j*128 + i - tile_begin] = v0;
                t4[i - tile_begin] += v0;
            }
        }

        /* t5[i:n] = t2[i] + log(t4[i]), in the place of t1 */
        /* t12[i:n] = 1 / t4[i], in the place of t4 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double t4_i = t4[i - tile_begin];
            t1[i - tile_begin] = t1_i + gradc_log(t4_i);
            t4[i - tile_begin] = 1.0 / t4_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t6[i:n, j:k] = A_tile[i, j] / tau */
        /* t7[i:n] = max[j:k](t6[i, j]) */
        /* t15[i:n] = max[j:k](A_tile[i, j]) */
        /* t25[i:n] = sum[j:k](t3[i, j] * t12[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t15[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t25[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = A_tile_ij / tau;
                t6[j*128 + i - tile_begin] = v0;
                t7[i - tile_begin] = (t7[i - tile_begin] >= v0 || t7[i - tile_begin] != t7[i - tile_begin])
                    ? t7[i - tile_begin] : v0;
                t15[i - tile_begin] = (t15[i - tile_begin] >= A_tile_ij || t15[i - tile_begin] != t15[i - tile_begin])
                    ? t15[i - tile_begin] : A_tile_ij;
                t25[i - tile_begin] += t3[j*128 + i - tile_begin] * t4[i - tile_begin];
            }
        }

        /* t8[i:n] = where(inf == abs(t7[i]), 0, t7[i]), in the place of t7 */
        /* t16[i:n] = where(inf == abs(t15[i]), 0, t15[i]), in the place of t15 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t7_i = t7[i - tile_begin];
            const double t15_i = t15[i - tile_begin];
            t7[i - tile_begin] = (double)INFINITY == fabs(t7_i) ? 0.0 : t7_i;
            t15[i - tile_begin] = (double)INFINITY == fabs(t15_i) ? 0.0 : t15_i;
        }

        /* t9[i:n, j:k] = exp(t6[i, j] - t8[i]) */
        /* t10[i:n] = sum[j:k](t9[i, j]) */
        /* t17[i:n, j:k] = exp(A_tile[i, j] - t16[i]) */
        /* t18[i:n] = sum[j:k](t17[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t10[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t18[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(t6[j*128 + i - tile_begin] - t7[i - tile_begin]);
                const double v1 = gradc_exp(A_tile[j*128 + i - tile_begin] - t15[i - tile_begin]);
                t9[j*128 + i - tile_begin] = v0;
                t10[i - tile_begin] += v0;
                t17[j*128 + i - tile_begin] = v1;
                t18[i - tile_begin] += v1;
            }
        }

        /* t11[i:n] = t8[i] + log(t10[i]), in the place of t7 */
        /* t19[i:n] = t16[i] + log(t18[i]), in the place of t15 */
        /* t26[i:n] = 1 / t18[i], in the place of t10 */
        /* t27[i:n] = 1 / t10[i], in the place of t18 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t7_i = t7[i - tile_begin];
            const double t10_i = t10[i - tile_begin];
            const double t15_i = t15[i - tile_begin];
            const double t18_i = t18[i - tile_begin];
            t7[i - tile_begin] = t7_i + gradc_log(t10_i);
            t15[i - tile_begin] = t15_i + gradc_log(t18_i);
            t10[i - tile_begin] = 1.0 / t18_i;
            t18[i - tile_begin] = 1.0 / t10_i;
        }

        /* t13[i:n] = sum[j:k](t3[i, j] * t12[i] * (t0[i, j] + t11[i] - t5[i] - t6[i, j])) */
        /* t20[i:n, j:k] = A_tile[i, j] - t19[i], in the place of B_tile */
        /* t28[i:n, j:k] = (where(-inf == t6[i, j], 0, t24 * t25[i] * (t9[i, j] * t27[i])) - t24 * (t3[i, j] *
         *    t12[i])) / tau + (where(-inf == A_tile[i, j], 0, -(t23[i] * (t17[i, j] * t26[i]))) + where(j ==
         *    where_integer(y[i] < 0, k + y[i], y[i]), t22, 0)), in the place of t3 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t13[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t3_ij = t3[j*128 + i - tile_begin];
                const double v0 = t3_ij * t4[i - tile_begin];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t6_ij = t6[j*128 + i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v1 = -(double)INFINITY == t6_ij ? 0.0 : t9[j*128 + i - tile_begin] * t18[i - tile_begin]
                    * (t24 * t25[i - tile_begin]);
                const double v2 = -(double)INFINITY == A_tile_ij ? 0.0
                    : -(t23[i - tile_begin] * (t17[j*128 + i - tile_begin] * t10[i - tile_begin]));
                const int64_t y_i = y[i];
                t13[i - tile_begin] += v0 * (B_tile_ij + t7[i - tile_begin] - t1[i - tile_begin] - t6_ij);
                B_tile[j*128 + i - tile_begin] = A_tile_ij - t15[i - tile_begin];
                t3[j*128 + i - tile_begin] = (v1 - t24 * v0) / tau + ((j == (y_i < 0 ? k + y_i : y_i) ? t22 : 0.0)
                    + v2);
            }
        }

        /* t14 = sum[i:n](t13[i]) */
        /* t21 = sum[i:n](t20[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
        double t14_part_sum = 0.0;
        double t21_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t14_part_sum, t21_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            t14_part_sum += t13[i - tile_begin];
            t21_part_sum += B_tile[v0*128 + i - tile_begin];
        }
        gradc_add(&t14_part, &t14_part_low, t14_part_sum);
        gradc_add(&t21_part, &t21_part_low, t21_part_sum);

        /* grad_A[i:n, j:k] = t28[i, j] */
        gradc_transpose(k, tile_end - tile_begin, t3, 128, &grad_A[tile_begin*k], k);
    }
    t14_part = gradc_rounded(t14_part, t14_part_low);
    t14_parts[part] = t14_part;
    t21_part = gradc_rounded(t21_part, t21_part_low);
    t21_parts[part] = t21_part;
}

struct distillation_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    double tau;
    const int64_t *y;
    double t22;
    const double *A;
    double t24;
    double *grad_A;
    double *t14_parts;
    double *t21_parts;
};

static GRADC_APART void distillation_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct distillation_value_and_grad_rows0 *const given = context;
    distillation_value_and_grad_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->tau, given->y, given->t22, given->A, given->t24, given->grad_A, given->t14_parts,
        given->t21_parts);
}

int distillation_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                const int64_t *restrict y, double tau, double mix, double *restrict value,
                                double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i : y_i;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t22 = -((1 - mix) / n) */
    /* t24 = mix * (tau * tau) / n */
    const double v0 = (double)n;
    const double t22 = -((1.0 - mix) / v0);
    const double t24 = mix * (tau * tau) / v0;
    const int64_t parts = gradc_parts(n, 139*k + 98, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t14_parts[GRADC_PARTS];
    double t21_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct distillation_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, tau, y, t22,
            A, t24, grad_A, t14_parts, t21_parts};
        gradc_run(parts, distillation_value_and_grad_team0, &given);
    } else {
        distillation_value_and_grad_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, tau, y, t22, A, t24, grad_A,
            t14_parts, t21_parts);
    }
    double t14 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t14 += t14_parts[part];
    }
    double t21 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t21 += t21_parts[part];
    }

    /* value = t14 / n * (mix * (tau * tau)) - (1 - mix) * (t21 / n) */
    const double v1 = (double)n;
    *value = t14 / v1 * (mix * (tau * tau)) - (1.0 - mix) * (t21 / v1);
    return 0;
}
