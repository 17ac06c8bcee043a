/* jensen_shannon: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k]):
 *         t0[i:n] = logsumexp[j:k](B[i, j])
 *         t1[i:n] = logsumexp[j:k](A[i, j])
 *         t2[i:n] = sum[j:k](exp(B[i, j] - t0[i]) * (0.6931471805599453 + log_sigmoid(B[i, j] + t1[i] - t0[i] - A[i,
 *            j])) + exp(A[i, j] - t1[i]) * (0.6931471805599453 + log_sigmoid(A[i, j] + t0[i] - t1[i] - B[i, j])))
 *         t3 = sum[i:n](t2[i])
 *         value = 0.5 * (t3 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/vector/exp.h"
#include "support/vector/log.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/compensated.h"
#include "support/routines/transpose.h"

#include "jensen_shannon.h"

size_t jensen_shannon_value_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 81920.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 159*k + 63, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void jensen_shannon_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                   unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                   int64_t k, const double *restrict B, const double *restrict A,
                                                   double *restrict t13_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)tile_own;
    double t13_part = 0.0;
    double t13_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] = (t0[i - tile_begin] >= B_tile_ij || t0[i - tile_begin] != t0[i - tile_begin])
                    ? t0[i - tile_begin] : B_tile_ij;
            }
        }

        /* t1[i:n] = where(inf == abs(t0[i]), 0, t0[i]), in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            t0[i - tile_begin] = (double)INFINITY == fabs(t0_i) ? 0.0 : t0_i;
        }

        /* t2[i:n, j:k] = exp(B_tile[i, j] - t1[i]) */
        /* t3[i:n] = sum[j:k](t2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t0[i - tile_begin]);
                t2[j*128 + i - tile_begin] = v0;
                t3[i - tile_begin] += v0;
            }
        }

        /* t4[i:n] = t1[i] + log(t3[i]), in the place of t0 */
        /* t10[i:n] = 1 / t3[i], in the place of t3 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            t0[i - tile_begin] = t0_i + gradc_log(t3_i);
            t3[i - tile_begin] = 1.0 / t3_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t5[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t5[i - tile_begin] = (t5[i - tile_begin] >= A_tile_ij || t5[i - tile_begin] != t5[i - tile_begin])
                    ? t5[i - tile_begin] : A_tile_ij;
            }
        }

        /* t6[i:n] = where(inf == abs(t5[i]), 0, t5[i]), in the place of t5 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            t5[i - tile_begin] = (double)INFINITY == fabs(t5_i) ? 0.0 : t5_i;
        }

        /* t7[i:n, j:k] = exp(A_tile[i, j] - t6[i]) */
        /* t8[i:n] = sum[j:k](t7[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t5[i - tile_begin]);
                t7[j*128 + i - tile_begin] = v0;
                t8[i - tile_begin] += v0;
            }
        }

        /* t9[i:n] = t6[i] + log(t8[i]), in the place of t5 */
        /* t11[i:n] = 1 / t8[i], in the place of t8 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            const double t8_i = t8[i - tile_begin];
            t5[i - tile_begin] = t5_i + gradc_log(t8_i);
            t8[i - tile_begin] = 1.0 / t8_i;
        }

        /* t12[i:n] = sum[j:k](let(s0 := B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j], s1 := A_tile[i, j] + t4[i] -
         *    t9[i] - B_tile[i, j], t2[i, j] * t10[i] * (0.6931471805599453 + (minimum(0, s0) -
         *    log1p_unit(exp(-abs(s0))))) + t7[i, j] * t11[i] * (0.6931471805599453 + (minimum(0, s1) -
         *    log1p_unit(exp(-abs(s1))))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t12[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double t0_i = t0[i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t5_i - t0_i - A_tile_ij;
                const double v1 = t2[j*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_i - t5_i - B_tile_ij;
                const double v3 = t7[j*128 + i - tile_begin] * t8[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                const double B_tile_ij_ = B_tile[(j + 1)*128 + i - tile_begin];
                const double A_tile_ij_ = A_tile[(j + 1)*128 + i - tile_begin];
                const double v4 = B_tile_ij_ + t5_i - t0_i - A_tile_ij_;
                const double v5 = t2[(j + 1)*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v4)))));
                const double v6 = A_tile_ij_ + t0_i - t5_i - B_tile_ij_;
                const double v7 = t7[(j + 1)*128 + i - tile_begin] * t8[i - tile_begin]
                    * (0.6931471805599453 + (((v6 < 0.0 || v6 != v6) ? v6 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v6)))));
                const double B_tile_ij_2 = B_tile[(j + 2)*128 + i - tile_begin];
                const double A_tile_ij_2 = A_tile[(j + 2)*128 + i - tile_begin];
                const double v8 = B_tile_ij_2 + t5_i - t0_i - A_tile_ij_2;
                const double v9 = t2[(j + 2)*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v8 < 0.0 || v8 != v8) ? v8 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v8)))));
                const double v10 = A_tile_ij_2 + t0_i - t5_i - B_tile_ij_2;
                const double v11 = t7[(j + 2)*128 + i - tile_begin] * t8[i - tile_begin]
                    * (0.6931471805599453 + (((v10 < 0.0 || v10 != v10) ? v10 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v10)))));
                const double B_tile_ij_3 = B_tile[(j + 3)*128 + i - tile_begin];
                const double A_tile_ij_3 = A_tile[(j + 3)*128 + i - tile_begin];
                const double v12 = B_tile_ij_3 + t5_i - t0_i - A_tile_ij_3;
                const double v13 = t2[(j + 3)*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v12 < 0.0 || v12 != v12) ? v12 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v12)))));
                const double v14 = A_tile_ij_3 + t0_i - t5_i - B_tile_ij_3;
                const double v15 = t7[(j + 3)*128 + i - tile_begin] * t8[i - tile_begin]
                    * (0.6931471805599453 + (((v14 < 0.0 || v14 != v14) ? v14 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v14)))));
                t12[i - tile_begin] += v1 + v3 + (v5 + v7) + (v9 + v11) + (v13 + v15);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double t0_i = t0[i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t5_i - t0_i - A_tile_ij;
                const double v1 = t2[j*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_i - t5_i - B_tile_ij;
                const double v3 = t7[j*128 + i - tile_begin] * t8[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                t12[i - tile_begin] += v1 + v3;
            }
        }

        /* t13 = sum[i:n](t12[i]) */
        double t13_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t13_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t13_part_sum += t12[i - tile_begin];
        }
        gradc_add(&t13_part, &t13_part_low, t13_part_sum);
    }
    t13_part = gradc_rounded(t13_part, t13_part_low);
    t13_parts[part] = t13_part;
}

struct jensen_shannon_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const double *A;
    double *t13_parts;
};

static GRADC_APART void jensen_shannon_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_value_rows0 *const given = context;
    jensen_shannon_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->B, given->A, given->t13_parts);
}

int jensen_shannon_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 159*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t13_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct jensen_shannon_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, A, t13_parts};
        gradc_run(parts, jensen_shannon_value_team0, &given);
    } else {
        jensen_shannon_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, A, t13_parts);
    }
    double t13 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t13 += t13_parts[part];
    }

    /* value = 0.5 * (t13 / n) */
    *value = 0.5 * (t13 / (double)n);
    return 0;
}

size_t jensen_shannon_forward_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 159*k + 63, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void jensen_shannon_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                     unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                     int64_t k, const double *restrict B, double *restrict t0,
                                                     const double *restrict A, double *restrict t1,
                                                     double *restrict t11_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)tile_own;
    double t11_part = 0.0;
    double t11_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0_[i - tile_begin] = (t0_[i - tile_begin] >= B_tile_ij || t0_[i - tile_begin] != t0_[i - tile_begin])
                    ? t0_[i - tile_begin] : B_tile_ij;
            }
        }

        /* t1[i:n] = where(inf == abs(t0[i]), 0, t0[i]), in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0_[i - tile_begin];
            t0_[i - tile_begin] = (double)INFINITY == fabs(t0_i) ? 0.0 : t0_i;
        }

        /* t2[i:n, j:k] = exp(B_tile[i, j] - t1[i]) */
        /* t3[i:n] = sum[j:k](t2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t0_[i - tile_begin]);
                t2[j*128 + i - tile_begin] = v0;
                t3[i - tile_begin] += v0;
            }
        }

        /* t0_2[i:n] = t1[i] + log(t3[i]) */
        /* t8[i:n] = 1 / t3[i], in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0_[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            t0[i] = t0_i + gradc_log(t3_i);
            t0_[i - tile_begin] = 1.0 / t3_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t4[i:n] = max[j:k](A_tile[i, j]), in the place of t3 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t3[i - tile_begin] = (t3[i - tile_begin] >= A_tile_ij || t3[i - tile_begin] != t3[i - tile_begin])
                    ? t3[i - tile_begin] : A_tile_ij;
            }
        }

        /* t5[i:n] = where(inf == abs(t4[i]), 0, t4[i]), in the place of t3 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i - tile_begin];
            t3[i - tile_begin] = (double)INFINITY == fabs(t3_i) ? 0.0 : t3_i;
        }

        /* t6[i:n, j:k] = exp(A_tile[i, j] - t5[i]) */
        /* t7[i:n] = sum[j:k](t6[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t3[i - tile_begin]);
                t6[j*128 + i - tile_begin] = v0;
                t7[i - tile_begin] += v0;
            }
        }

        /* t1_2[i:n] = t5[i] + log(t7[i]) */
        /* t9[i:n] = 1 / t7[i], in the place of t3 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i - tile_begin];
            const double t7_i = t7[i - tile_begin];
            t1[i] = t3_i + gradc_log(t7_i);
            t3[i - tile_begin] = 1.0 / t7_i;
        }

        /* t10[i:n] = sum[j:k](let(s0 := B_tile[i, j] + t1_2[i] - t0_2[i] - A_tile[i, j], s1 := A_tile[i, j] +
         *    t0_2[i] - t1_2[i] - B_tile[i, j], t2[i, j] * t8[i] * (0.6931471805599453 + (minimum(0, s0) -
         *    log1p_unit(exp(-abs(s0))))) + t6[i, j] * t9[i] * (0.6931471805599453 + (minimum(0, s1) -
         *    log1p_unit(exp(-abs(s1))))))), in the place of t7 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t1_i = t1[i];
                const double t0_i = t0[i];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t1_i - t0_i - A_tile_ij;
                const double v1 = t2[j*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_i - t1_i - B_tile_ij;
                const double v3 = t6[j*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                const double B_tile_ij_ = B_tile[(j + 1)*128 + i - tile_begin];
                const double A_tile_ij_ = A_tile[(j + 1)*128 + i - tile_begin];
                const double v4 = B_tile_ij_ + t1_i - t0_i - A_tile_ij_;
                const double v5 = t2[(j + 1)*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v4)))));
                const double v6 = A_tile_ij_ + t0_i - t1_i - B_tile_ij_;
                const double v7 = t6[(j + 1)*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v6 < 0.0 || v6 != v6) ? v6 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v6)))));
                const double B_tile_ij_2 = B_tile[(j + 2)*128 + i - tile_begin];
                const double A_tile_ij_2 = A_tile[(j + 2)*128 + i - tile_begin];
                const double v8 = B_tile_ij_2 + t1_i - t0_i - A_tile_ij_2;
                const double v9 = t2[(j + 2)*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (0.6931471805599453 + (((v8 < 0.0 || v8 != v8) ? v8 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v8)))));
                const double v10 = A_tile_ij_2 + t0_i - t1_i - B_tile_ij_2;
                const double v11 = t6[(j + 2)*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v10 < 0.0 || v10 != v10) ? v10 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v10)))));
                const double B_tile_ij_3 = B_tile[(j + 3)*128 + i - tile_begin];
                const double A_tile_ij_3 = A_tile[(j + 3)*128 + i - tile_begin];
                const double v12 = B_tile_ij_3 + t1_i - t0_i - A_tile_ij_3;
                const double v13 = t2[(j + 3)*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (0.6931471805599453 + (((v12 < 0.0 || v12 != v12) ? v12 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v12)))));
                const double v14 = A_tile_ij_3 + t0_i - t1_i - B_tile_ij_3;
                const double v15 = t6[(j + 3)*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v14 < 0.0 || v14 != v14) ? v14 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v14)))));
                t7[i - tile_begin] += v1 + v3 + (v5 + v7) + (v9 + v11) + (v13 + v15);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t1_i = t1[i];
                const double t0_i = t0[i];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t1_i - t0_i - A_tile_ij;
                const double v1 = t2[j*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_i - t1_i - B_tile_ij;
                const double v3 = t6[j*128 + i - tile_begin] * t3[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                t7[i - tile_begin] += v1 + v3;
            }
        }

        /* t11 = sum[i:n](t10[i]) */
        double t11_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t11_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t11_part_sum += t7[i - tile_begin];
        }
        gradc_add(&t11_part, &t11_part_low, t11_part_sum);
    }
    t11_part = gradc_rounded(t11_part, t11_part_low);
    t11_parts[part] = t11_part;
}

struct jensen_shannon_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    double *t0;
    const double *A;
    double *t1;
    double *t11_parts;
};

static GRADC_APART void jensen_shannon_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_forward_rows0 *const given = context;
    jensen_shannon_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->t0, given->A, given->t1, given->t11_parts);
}

int jensen_shannon_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                           double *restrict value, double *restrict t0, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 159*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t11_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct jensen_shannon_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, t0, A, t1,
            t11_parts};
        gradc_run(parts, jensen_shannon_forward_team0, &given);
    } else {
        jensen_shannon_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, t0, A, t1, t11_parts);
    }
    double t11 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t11 += t11_parts[part];
    }

    /* value = 0.5 * (t11 / n) */
    *value = 0.5 * (t11 / (double)n);
    return 0;
}

size_t jensen_shannon_backward_work(int64_t n, int64_t k)
{
    if (131072.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 422*k, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void jensen_shannon_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      int64_t k, const double *restrict B, const double *restrict A,
                                                      const double *restrict t0, const double *restrict t1,
                                                      double t2, double *restrict grad_A, double *restrict grad_B)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t11 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t3[i:n, j:k] = exp(B_tile[i, j] - t0[i]) */
        /* t4[i:n, j:k] = exp(-abs(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j])) */
        /* t5[i:n, j:k] = exp(A_tile[i, j] - t1[i]) */
        /* t6[i:n, j:k] = exp(-abs(A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j])) */
        /* t7[i:n, j:k] = log1p_unit(exp(-abs(A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j]))) */
        /* t8[i:n] = sum[j:k](let(s0 := B_tile[i, j] - t0[i], s1 := s0 - B_tile[i, j], s2 := B_tile[i, j] - (s0 -
         *    s1) - (t0[i] + s1), s3 := B_tile[i, j] + t1[i], s4 := s3 - t0[i], s5 := s4 - A_tile[i, j], s6 := -s5,
         *    s7 := 1 + t4[i, j], s8 := s5 - s4, s9 := s3 - B_tile[i, j], s10 := s4 - s3, s11 := -(s4 - (s5 - s8) -
         *    (A_tile[i, j] + s8) + (t1[i] - s9 + (B_tile[i, j] - (s3 - s9)) + (s3 - (s4 - s10) - (t0[i] + s10)))),
         *    s12 := A_tile[i, j] - t1[i], s13 := s12 - A_tile[i, j], s14 := A_tile[i, j] - (s12 - s13) - (t1[i] +
         *    s13), s15 := t5[i, j] * (1 + where(abs(s14) < 1, s14, 0)), s16 := A_tile[i, j] + t0[i], s17 := s16 -
         *    t1[i], s18 := s17 - B_tile[i, j], s19 := -s18, s20 := 1 + t6[i, j], s21 := where(0 <= s19, 1, t6[i,
         *    j]) / s20, s22 := s18 - s17, s23 := s16 - A_tile[i, j], s24 := s17 - s16, s25 := s17 - (s18 - s22) -
         *    (B_tile[i, j] + s22) + (t0[i] - s23 + (A_tile[i, j] - (s16 - s23)) + (s16 - (s17 - s24) - (t1[i] +
         *    s24))), s26 := -s25, t2 * (t3[i, j] * (1 + where(abs(s2) < 1, s2, 0))) * (where(0 <= s6, 1, t4[i, j])
         *    / s7 * (1 + where(0 <= -s6, 1, t4[i, j]) / s7 * where(abs(s11) < 1, s11, 0))) - (s15 * (t2 *
         *    … (1290 characters in all) */
        /* t10[i:n, j:k] = log1p_unit(exp(-abs(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j]))) */
        /* t11[i:n] = sum[j:k](let(s0 := A_tile[i, j] - t1[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0 -
         *    s1) - (t1[i] + s1), s3 := A_tile[i, j] + t0[i], s4 := s3 - t1[i], s5 := s4 - B_tile[i, j], s6 := -s5,
         *    s7 := 1 + t6[i, j], s8 := s5 - s4, s9 := s3 - A_tile[i, j], s10 := s4 - s3, s11 := -(s4 - (s5 - s8) -
         *    (B_tile[i, j] + s8) + (t0[i] - s9 + (A_tile[i, j] - (s3 - s9)) + (s3 - (s4 - s10) - (t1[i] + s10)))),
         *    s12 := B_tile[i, j] - t0[i], s13 := s12 - B_tile[i, j], s14 := B_tile[i, j] - (s12 - s13) - (t0[i] +
         *    s13), s15 := t3[i, j] * (1 + where(abs(s14) < 1, s14, 0)), s16 := B_tile[i, j] + t1[i], s17 := s16 -
         *    t0[i], s18 := s17 - A_tile[i, j], s19 := -s18, s20 := 1 + t4[i, j], s21 := where(0 <= s19, 1, t4[i,
         *    j]) / s20, s22 := s18 - s17, s23 := s16 - B_tile[i, j], s24 := s17 - s16, s25 := s17 - (s18 - s22) -
         *    (A_tile[i, j] + s22) + (t1[i] - s23 + (B_tile[i, j] - (s16 - s23)) + (s16 - (s17 - s24) - (t0[i] +
         *    s24))), s26 := -s25, t2 * (t5[i, j] * (1 + where(abs(s2) < 1, s2, 0))) * (where(0 <= s6, 1, t6[i, j])
         *    / s7 * (1 + where(0 <= -s6, 1, t6[i, j]) / s7 * where(abs(s11) < 1, s11, 0))) - t2 * s15 * (s21 * (1
         *    … (1290 characters in all) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t11[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t0_i = t0[i];
                const double v0 = B_tile_ij - t0_i;
                const double v1 = gradc_exp(v0);
                const double t1_i = t1[i];
                const double v2 = B_tile_ij + t1_i;
                const double v3 = v2 - t0_i;
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v4 = v3 - A_tile_ij;
                const double v5 = gradc_exp(-fabs(v4));
                const double v6 = A_tile_ij - t1_i;
                const double v7 = gradc_exp(v6);
                const double v8 = A_tile_ij + t0_i;
                const double v9 = v8 - t1_i;
                const double v10 = v9 - B_tile_ij;
                const double v11 = gradc_exp(-fabs(v10));
                const double v12 = gradc_log1p_unit(v11);
                const double v13 = v0 - B_tile_ij;
                const double v14 = B_tile_ij - (v0 - v13) - (t0_i + v13);
                const double v15 = v1 * (1.0 + (fabs(v14) < 1.0 ? v14 : 0.0));
                const double v16 = -v4;
                const double v17 = 1.0 + v5;
                const double v18 = (0.0 <= v16 ? 1.0 : v5) / v17;
                const double v19 = v4 - v3;
                const double v20 = v2 - B_tile_ij;
                const double v21 = v3 - v2;
                const double v22 = v3 - (v4 - v19) - (A_tile_ij + v19)
                    + (t1_i - v20 + (B_tile_ij - (v2 - v20)) + (v2 - (v3 - v21) - (t0_i + v21)));
                const double v23 = -v22;
                const double v24 = t2 * v15 * (v18 * (1.0 + (0.0 <= -v16 ? 1.0 : v5) / v17
                    * (fabs(v23) < 1.0 ? v23 : 0.0)));
                const double v25 = v6 - A_tile_ij;
                const double v26 = A_tile_ij - (v6 - v25) - (t1_i + v25);
                const double v27 = v7 * (1.0 + (fabs(v26) < 1.0 ? v26 : 0.0));
                const double v28 = -v10;
                const double v29 = 1.0 + v11;
                const double v30 = (0.0 <= v28 ? 1.0 : v11) / v29;
                const double v31 = v10 - v9;
                const double v32 = v8 - A_tile_ij;
                const double v33 = v9 - v8;
                const double v34 = v9 - (v10 - v31) - (B_tile_ij + v31)
                    + (t0_i - v32 + (A_tile_ij - (v8 - v32)) + (v8 - (v9 - v33) - (t1_i + v33)));
                const double v35 = t2 * (0.6931471805599453 + (((v10 < 0.0 || v10 != v10) ? v10 : 0.0) - v12 + v30
                    * (fabs(v34) < 1.0 ? v34 : 0.0)));
                const double v36 = -v34;
                const double v37 = t2 * v27 * (v30 * (1.0 + (0.0 <= -v28 ? 1.0 : v11) / v29
                    * (fabs(v36) < 1.0 ? v36 : 0.0)));
                const double v38 = gradc_log1p_unit(v5);
                const double v39 = t2 * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0) - v38 + v18
                    * (fabs(v22) < 1.0 ? v22 : 0.0)));
                t3[j*128 + i - tile_begin] = v1;
                t4[j*128 + i - tile_begin] = v5;
                t5[j*128 + i - tile_begin] = v7;
                t6[j*128 + i - tile_begin] = v11;
                t7[j*128 + i - tile_begin] = v12;
                t8[i - tile_begin] += v24 - (v27 * v35 + v37);
                t10[j*128 + i - tile_begin] = v38;
                t11[i - tile_begin] += v37 - v24 - v15 * v39;
            }
        }

        /* t9[i:n, j:k] = let(s0 := A_tile[i, j] - t1[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0 - s1) -
         *    (t1[i] + s1), s3 := t5[i, j] * (1 + where(abs(s2) < 1, s2, 0)), s4 := A_tile[i, j] + t0[i], s5 := s4
         *    - t1[i], s6 := s5 - B_tile[i, j], s7 := -s6, s8 := 1 + t6[i, j], s9 := where(0 <= s7, 1, t6[i, j]) /
         *    s8, s10 := s6 - s5, s11 := s4 - A_tile[i, j], s12 := s5 - s4, s13 := s5 - (s6 - s10) - (B_tile[i, j]
         *    + s10) + (t0[i] - s11 + (A_tile[i, j] - (s4 - s11)) + (s4 - (s5 - s12) - (t1[i] + s12))), s14 :=
         *    -s13, s15 := B_tile[i, j] - t0[i], s16 := s15 - B_tile[i, j], s17 := B_tile[i, j] - (s15 - s16) -
         *    (t0[i] + s16), s18 := B_tile[i, j] + t1[i], s19 := s18 - t0[i], s20 := s19 - A_tile[i, j], s21 :=
         *    -s20, s22 := 1 + t4[i, j], s23 := s20 - s19, s24 := s18 - B_tile[i, j], s25 := s19 - s18, s26 :=
         *    -(s19 - (s20 - s23) - (A_tile[i, j] + s23) + (t1[i] - s24 + (B_tile[i, j] - (s18 - s24)) + (s18 -
         *    (s19 - s25) - (t0[i] + s25)))), where(-inf == A_tile[i, j], 0, t8[i] * s3) + (s3 * (t2 *
         *    (0.6931471805599453 + (minimum(0, s6) - t7[i, j] + s9 * where(abs(s13) < 1, s13, 0)))) + t2 * s3 *
         *    … (1353 characters in all) */
        /* t12[i:n, j:k] = let(s0 := B_tile[i, j] - t0[i], s1 := s0 - B_tile[i, j], s2 := B_tile[i, j] - (s0 - s1)
         *    - (t0[i] + s1), s3 := t3[i, j] * (1 + where(abs(s2) < 1, s2, 0)), s4 := B_tile[i, j] + t1[i], s5 :=
         *    s4 - t0[i], s6 := s5 - A_tile[i, j], s7 := -s6, s8 := 1 + t4[i, j], s9 := where(0 <= s7, 1, t4[i, j])
         *    / s8, s10 := s6 - s5, s11 := s4 - B_tile[i, j], s12 := s5 - s4, s13 := s5 - (s6 - s10) - (A_tile[i,
         *    j] + s10) + (t1[i] - s11 + (B_tile[i, j] - (s4 - s11)) + (s4 - (s5 - s12) - (t0[i] + s12))), s14 :=
         *    -s13, s15 := A_tile[i, j] - t1[i], s16 := s15 - A_tile[i, j], s17 := A_tile[i, j] - (s15 - s16) -
         *    (t1[i] + s16), s18 := A_tile[i, j] + t0[i], s19 := s18 - t1[i], s20 := s19 - B_tile[i, j], s21 :=
         *    -s20, s22 := 1 + t6[i, j], s23 := s20 - s19, s24 := s18 - A_tile[i, j], s25 := s19 - s18, s26 :=
         *    -(s19 - (s20 - s23) - (B_tile[i, j] + s23) + (t0[i] - s24 + (A_tile[i, j] - (s18 - s24)) + (s18 -
         *    (s19 - s25) - (t1[i] + s25)))), where(-inf == B_tile[i, j], 0, t11[i] * s3) + (s3 * (t2 *
         *    (0.6931471805599453 + (minimum(0, s6) - t10[i, j] + s9 * where(abs(s13) < 1, s13, 0)))) + (t2 * s3 *
         *    … (1358 characters in all) */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double t1_i = t1[i];
                const double v0 = A_tile_ij - t1_i;
                const double v1 = v0 - A_tile_ij;
                const double v2 = A_tile_ij - (v0 - v1) - (t1_i + v1);
                const double v3 = t5[j*128 + i - tile_begin] * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0));
                const double t0_i = t0[i];
                const double v4 = A_tile_ij + t0_i;
                const double v5 = v4 - t1_i;
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v6 = v5 - B_tile_ij;
                const double v7 = -v6;
                const double t6_ij = t6[j*128 + i - tile_begin];
                const double v8 = 1.0 + t6_ij;
                const double v9 = (0.0 <= v7 ? 1.0 : t6_ij) / v8;
                const double v10 = v6 - v5;
                const double v11 = v4 - A_tile_ij;
                const double v12 = v5 - v4;
                const double v13 = v5 - (v6 - v10) - (B_tile_ij + v10)
                    + (t0_i - v11 + (A_tile_ij - (v4 - v11)) + (v4 - (v5 - v12) - (t1_i + v12)));
                const double v14 = 0.6931471805599453 + (((v6 < 0.0 || v6 != v6) ? v6 : 0.0)
                    - t7[j*128 + i - tile_begin] + v9 * (fabs(v13) < 1.0 ? v13 : 0.0));
                const double v15 = -v13;
                const double v16 = t2 * v3 * (v9 * (1.0 + (0.0 <= -v7 ? 1.0 : t6_ij) / v8
                    * (fabs(v15) < 1.0 ? v15 : 0.0)));
                const double v17 = B_tile_ij - t0_i;
                const double v18 = v17 - B_tile_ij;
                const double v19 = B_tile_ij - (v17 - v18) - (t0_i + v18);
                const double v20 = t3[j*128 + i - tile_begin] * (1.0 + (fabs(v19) < 1.0 ? v19 : 0.0));
                const double v21 = B_tile_ij + t1_i;
                const double v22 = v21 - t0_i;
                const double v23 = v22 - A_tile_ij;
                const double v24 = -v23;
                const double t4_ij = t4[j*128 + i - tile_begin];
                const double v25 = 1.0 + t4_ij;
                const double v26 = (0.0 <= v24 ? 1.0 : t4_ij) / v25;
                const double v27 = v23 - v22;
                const double v28 = v21 - B_tile_ij;
                const double v29 = v22 - v21;
                const double v30 = v22 - (v23 - v27) - (A_tile_ij + v27)
                    + (t1_i - v28 + (B_tile_ij - (v21 - v28)) + (v21 - (v22 - v29) - (t0_i + v29)));
                const double v31 = -v30;
                const double v32 = t2 * v20 * (v26 * (1.0 + (0.0 <= -v24 ? 1.0 : t4_ij) / v25
                    * (fabs(v31) < 1.0 ? v31 : 0.0)));
                const double v33 = 0.6931471805599453 + (((v23 < 0.0 || v23 != v23) ? v23 : 0.0)
                    - t10[j*128 + i - tile_begin] + v26 * (fabs(v30) < 1.0 ? v30 : 0.0));
                B_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0 : t8[i - tile_begin] * v3)
                    + (v3 * (t2 * v14) + v16 - v32);
                A_tile[j*128 + i - tile_begin] = (-(double)INFINITY == B_tile_ij ? 0.0 : t11[i - tile_begin] * v20)
                    + (v20 * (t2 * v33) + (v32 - v16));
            }
        }

        /* grad_A[i:n, j:k] = t9[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = t12[i, j] */
        gradc_transpose(k, tile_end - tile_begin, A_tile, 128, &grad_B[tile_begin*k], k);
    }
}

struct jensen_shannon_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const double *A;
    const double *t0;
    const double *t1;
    double t2;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void jensen_shannon_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_backward_rows0 *const given = context;
    jensen_shannon_backward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->A, given->t0, given->t1, given->t2, given->grad_A, given->grad_B);
}

int jensen_shannon_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                            const double *restrict t0, const double *restrict t1, double cotangent,
                            double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t2 = 0.5 * cotangent / n */
    const double t2 = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 422*k, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct jensen_shannon_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, A, t0, t1, t2,
            grad_A, grad_B};
        gradc_run(parts, jensen_shannon_backward_team0, &given);
    } else {
        jensen_shannon_backward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, A, t0, t1, t2, grad_A, grad_B);
    }
    return 0;
}

size_t jensen_shannon_value_and_grad_work(int64_t n, int64_t k)
{
    if (131072.0*(double)k + 114688.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 255*k + 63, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void jensen_shannon_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                            unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                            int64_t k, const double *restrict B,
                                                            const double *restrict A, double t18,
                                                            double *restrict grad_A, double *restrict grad_B,
                                                            double *restrict t17_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t12 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t13 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t14 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t15 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t16 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t19 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t21 = (void *)tile_own;
    double t17_part = 0.0;
    double t17_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] = (t0[i - tile_begin] >= B_tile_ij || t0[i - tile_begin] != t0[i - tile_begin])
                    ? t0[i - tile_begin] : B_tile_ij;
            }
        }

        /* t1[i:n] = where(inf == abs(t0[i]), 0, t0[i]), in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            t0[i - tile_begin] = (double)INFINITY == fabs(t0_i) ? 0.0 : t0_i;
        }

        /* t2[i:n, j:k] = exp(B_tile[i, j] - t1[i]) */
        /* t3[i:n] = sum[j:k](t2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t0[i - tile_begin]);
                t2[j*128 + i - tile_begin] = v0;
                t3[i - tile_begin] += v0;
            }
        }

        /* t4[i:n] = t1[i] + log(t3[i]), in the place of t0 */
        /* t10[i:n] = 1 / t3[i], in the place of t3 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            t0[i - tile_begin] = t0_i + gradc_log(t3_i);
            t3[i - tile_begin] = 1.0 / t3_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t5[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t5[i - tile_begin] = (t5[i - tile_begin] >= A_tile_ij || t5[i - tile_begin] != t5[i - tile_begin])
                    ? t5[i - tile_begin] : A_tile_ij;
            }
        }

        /* t6[i:n] = where(inf == abs(t5[i]), 0, t5[i]), in the place of t5 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            t5[i - tile_begin] = (double)INFINITY == fabs(t5_i) ? 0.0 : t5_i;
        }

        /* t7[i:n, j:k] = exp(A_tile[i, j] - t6[i]) */
        /* t8[i:n] = sum[j:k](t7[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t5[i - tile_begin]);
                t7[j*128 + i - tile_begin] = v0;
                t8[i - tile_begin] += v0;
            }
        }

        /* t9[i:n] = t6[i] + log(t8[i]), in the place of t5 */
        /* t11[i:n] = 1 / t8[i], in the place of t8 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            const double t8_i = t8[i - tile_begin];
            t5[i - tile_begin] = t5_i + gradc_log(t8_i);
            t8[i - tile_begin] = 1.0 / t8_i;
        }

        /* t12[i:n, j:k] = exp(-abs(B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j])) */
        /* t13[i:n, j:k] = log1p_unit(exp(-abs(B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j]))) */
        /* t14[i:n, j:k] = exp(-abs(A_tile[i, j] + t4[i] - t9[i] - B_tile[i, j])) */
        /* t15[i:n, j:k] = log1p_unit(exp(-abs(A_tile[i, j] + t4[i] - t9[i] - B_tile[i, j]))) */
        /* t16[i:n] = sum[j:k](t2[i, j] * t10[i] * (0.6931471805599453 + (minimum(0, B_tile[i, j] + t9[i] - t4[i] -
         *    A_tile[i, j]) - t13[i, j])) + t7[i, j] * t11[i] * (0.6931471805599453 + (minimum(0, A_tile[i, j] +
         *    t4[i] - t9[i] - B_tile[i, j]) - t15[i, j]))) */
        /* t19[i:n] = sum[j:k](let(s0 := t7[i, j] * t11[i], s1 := A_tile[i, j] + t4[i] - t9[i] - B_tile[i, j], t18
         *    * (t2[i, j] * t10[i]) * (where(0 <= -(B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j]), 1, t12[i, j]) /
         *    (1 + t12[i, j])) - (s0 * (t18 * (0.6931471805599453 + (minimum(0, s1) - t15[i, j]))) + t18 * s0 *
         *    (where(0 <= -s1, 1, t14[i, j]) / (1 + t14[i, j]))))) */
        /* t21[i:n] = sum[j:k](let(s0 := t2[i, j] * t10[i], s1 := B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j], t18
         *    * (t7[i, j] * t11[i]) * (where(0 <= -(A_tile[i, j] + t4[i] - t9[i] - B_tile[i, j]), 1, t14[i, j]) /
         *    (1 + t14[i, j])) - t18 * s0 * (where(0 <= -s1, 1, t12[i, j]) / (1 + t12[i, j])) - s0 * (t18 *
         *    (0.6931471805599453 + (minimum(0, s1) - t13[i, j]))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t16[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t19[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t21[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double t0_i = t0[i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t5_i - t0_i - A_tile_ij;
                const double v1 = gradc_exp(-fabs(v0));
                const double v2 = gradc_log1p_unit(v1);
                const double v3 = A_tile_ij + t0_i - t5_i - B_tile_ij;
                const double v4 = gradc_exp(-fabs(v3));
                const double v5 = gradc_log1p_unit(v4);
                const double v6 = t2[j*128 + i - tile_begin] * t3[i - tile_begin];
                const double v7 = 0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0) - v2);
                const double v8 = t7[j*128 + i - tile_begin] * t8[i - tile_begin];
                const double v9 = 0.6931471805599453 + (((v3 < 0.0 || v3 != v3) ? v3 : 0.0) - v5);
                const double v10 = t18 * v6 * ((0.0 <= -v0 ? 1.0 : v1) / (1.0 + v1));
                const double v11 = t18 * v8 * ((0.0 <= -v3 ? 1.0 : v4) / (1.0 + v4));
                t12[j*128 + i - tile_begin] = v1;
                t13[j*128 + i - tile_begin] = v2;
                t14[j*128 + i - tile_begin] = v4;
                t15[j*128 + i - tile_begin] = v5;
                t16[i - tile_begin] += v6 * v7 + v8 * v9;
                t19[i - tile_begin] += v10 - (v8 * (t18 * v9) + v11);
                t21[i - tile_begin] += v11 - v10 - v6 * (t18 * v7);
            }
        }

        /* t20[i:n, j:k] = let(s0 := t7[i, j] * t11[i], s1 := A_tile[i, j] + t4[i] - t9[i] - B_tile[i, j],
         *    where(-inf == A_tile[i, j], 0, t19[i] * s0) + (s0 * (t18 * (0.6931471805599453 + (minimum(0, s1) -
         *    t15[i, j]))) + t18 * s0 * (where(0 <= -s1, 1, t14[i, j]) / (1 + t14[i, j])) - t18 * (t2[i, j] *
         *    t10[i]) * (where(0 <= -(B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j]), 1, t12[i, j]) / (1 + t12[i,
         *    j])))), in the place of B_tile */
        /* t22[i:n, j:k] = let(s0 := t2[i, j] * t10[i], s1 := B_tile[i, j] + t9[i] - t4[i] - A_tile[i, j],
         *    where(-inf == B_tile[i, j], 0, t21[i] * s0) + (s0 * (t18 * (0.6931471805599453 + (minimum(0, s1) -
         *    t13[i, j]))) + (t18 * s0 * (where(0 <= -s1, 1, t12[i, j]) / (1 + t12[i, j])) - t18 * (t7[i, j] *
         *    t11[i]) * (where(0 <= -(A_tile[i, j] + t4[i] - t9[i] - B_tile[i, j]), 1, t14[i, j]) / (1 + t14[i,
         *    j]))))), in the place of t2 */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = t7[j*128 + i - tile_begin] * t8[i - tile_begin];
                const double t0_i = t0[i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v1 = A_tile_ij + t0_i - t5_i - B_tile_ij;
                const double t14_ij = t14[j*128 + i - tile_begin];
                const double v2 = t18 * v0 * ((0.0 <= -v1 ? 1.0 : t14_ij) / (1.0 + t14_ij));
                const double t2_ij = t2[j*128 + i - tile_begin];
                const double v3 = t2_ij * t3[i - tile_begin];
                const double v4 = B_tile_ij + t5_i - t0_i - A_tile_ij;
                const double t12_ij = t12[j*128 + i - tile_begin];
                const double v5 = t18 * v3 * ((0.0 <= -v4 ? 1.0 : t12_ij) / (1.0 + t12_ij));
                const double v6 = v0 * (t18 * (0.6931471805599453 + (((v1 < 0.0 || v1 != v1) ? v1 : 0.0)
                    - t15[j*128 + i - tile_begin]))) + v2 - v5;
                const double v7 = v3 * (t18 * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0)
                    - t13[j*128 + i - tile_begin]))) + (v5 - v2);
                B_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0 : t19[i - tile_begin] * v0)
                    + v6;
                t2[j*128 + i - tile_begin] = (-(double)INFINITY == B_tile_ij ? 0.0 : t21[i - tile_begin] * v3) + v7;
            }
        }

        /* t17 = sum[i:n](t16[i]) */
        double t17_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t17_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t17_part_sum += t16[i - tile_begin];
        }
        gradc_add(&t17_part, &t17_part_low, t17_part_sum);

        /* grad_A[i:n, j:k] = t20[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = t22[i, j] */
        gradc_transpose(k, tile_end - tile_begin, t2, 128, &grad_B[tile_begin*k], k);
    }
    t17_part = gradc_rounded(t17_part, t17_part_low);
    t17_parts[part] = t17_part;
}

struct jensen_shannon_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const double *A;
    double t18;
    double *grad_A;
    double *grad_B;
    double *t17_parts;
};

static GRADC_APART void jensen_shannon_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_value_and_grad_rows0 *const given = context;
    jensen_shannon_value_and_grad_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->A, given->t18, given->grad_A, given->grad_B, given->t17_parts);
}

int jensen_shannon_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                  double *restrict value, double *restrict grad_A, double *restrict grad_B,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t18 = 0.5 / n */
    const double t18 = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 255*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t17_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct jensen_shannon_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, A, t18,
            grad_A, grad_B, t17_parts};
        gradc_run(parts, jensen_shannon_value_and_grad_team0, &given);
    } else {
        jensen_shannon_value_and_grad_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, A, t18, grad_A, grad_B,
            t17_parts);
    }
    double t17 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t17 += t17_parts[part];
    }

    /* value = 0.5 * (t17 / n) */
    *value = 0.5 * (t17 / (double)n);
    return 0;
}
