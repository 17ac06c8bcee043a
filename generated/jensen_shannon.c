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
#include "support/helpers/stop.h"
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

struct jensen_shannon_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const double *A;
    double *t3_parts;
};

static GRADC_APART void jensen_shannon_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0_total_most[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0_total_most[i - tile_begin] = (t0_total_most[i - tile_begin] >= B_tile_ij
                    || t0_total_most[i - tile_begin] != t0_total_most[i - tile_begin]) ? t0_total_most[i - tile_begin]
                    : B_tile_ij;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total_term_2[i:n, j:k] = exp(B_tile[i, j] - t0_total_term[i]) */
        /* t0_total[i:n] = sum[j:k](t0_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t0_total_most[i - tile_begin]);
                t0_total_term_2[j*128 + i - tile_begin] = v0;
                t0_total[i - tile_begin] += v0;
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]), in the place of t0_total_most */
        /* t2_term[i:n] = 1 / t0_total[i], in the place of t0_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            const double t0_total_i = t0_total[i - tile_begin];
            t0_total_most[i - tile_begin] = t0_total_most_i + gradc_log(t0_total_i);
            t0_total[i - tile_begin] = 1.0 / t0_total_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t1_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= A_tile_ij
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t1_total_term[i]) */
        /* t1_total[i:n] = sum[j:k](t1_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        /* t2_term_2[i:n] = 1 / t1_total[i], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* t2[i:n] = sum[j:k](let(s0 := B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j], s1 := A_tile[i, j] + t0[i] -
         *    t1[i] - B_tile[i, j], t0_total_term_2[i, j] * t2_term[i] * (0.6931471805599453 + (minimum(0, s0) -
         *    log1p_unit(exp(-abs(s0))))) + t1_total_term_2[i, j] * t2_term_2[i] * (0.6931471805599453 +
         *    (minimum(0, s1) - log1p_unit(exp(-abs(s1))))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t1_total_most_i = t1_total_most[i - tile_begin];
                const double t0_total_most_i = t0_total_most[i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t1_total_most_i - t0_total_most_i - A_tile_ij;
                const double v1 = t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_total_most_i - t1_total_most_i - B_tile_ij;
                const double v3 = t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                const double B_tile_ij_ = B_tile[(j + 1)*128 + i - tile_begin];
                const double A_tile_ij_ = A_tile[(j + 1)*128 + i - tile_begin];
                const double v4 = B_tile_ij_ + t1_total_most_i - t0_total_most_i - A_tile_ij_;
                const double v5 = t0_total_term_2[(j + 1)*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v4)))));
                const double v6 = A_tile_ij_ + t0_total_most_i - t1_total_most_i - B_tile_ij_;
                const double v7 = t1_total_term_2[(j + 1)*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (0.6931471805599453 + (((v6 < 0.0 || v6 != v6) ? v6 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v6)))));
                const double B_tile_ij_2 = B_tile[(j + 2)*128 + i - tile_begin];
                const double A_tile_ij_2 = A_tile[(j + 2)*128 + i - tile_begin];
                const double v8 = B_tile_ij_2 + t1_total_most_i - t0_total_most_i - A_tile_ij_2;
                const double v9 = t0_total_term_2[(j + 2)*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v8 < 0.0 || v8 != v8) ? v8 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v8)))));
                const double v10 = A_tile_ij_2 + t0_total_most_i - t1_total_most_i - B_tile_ij_2;
                const double v11 = t1_total_term_2[(j + 2)*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (0.6931471805599453 + (((v10 < 0.0 || v10 != v10) ? v10 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v10)))));
                const double B_tile_ij_3 = B_tile[(j + 3)*128 + i - tile_begin];
                const double A_tile_ij_3 = A_tile[(j + 3)*128 + i - tile_begin];
                const double v12 = B_tile_ij_3 + t1_total_most_i - t0_total_most_i - A_tile_ij_3;
                const double v13 = t0_total_term_2[(j + 3)*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v12 < 0.0 || v12 != v12) ? v12 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v12)))));
                const double v14 = A_tile_ij_3 + t0_total_most_i - t1_total_most_i - B_tile_ij_3;
                const double v15 = t1_total_term_2[(j + 3)*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (0.6931471805599453 + (((v14 < 0.0 || v14 != v14) ? v14 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v14)))));
                t2[i - tile_begin] += v1 + v3 + (v5 + v7) + (v9 + v11) + (v13 + v15);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t1_total_most_i = t1_total_most[i - tile_begin];
                const double t0_total_most_i = t0_total_most[i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t1_total_most_i - t0_total_most_i - A_tile_ij;
                const double v1 = t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_total_most_i - t1_total_most_i - B_tile_ij;
                const double v3 = t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                t2[i - tile_begin] += v1 + v3;
            }
        }

        /* t3 = sum[i:n](t2[i]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += t2[i - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int jensen_shannon_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(170.0*(double)k*(double)n + 72.0*(double)n);
    const int64_t parts = gradc_parts(n, 159*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct jensen_shannon_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, A, t3_parts};
        if (parts > 1) {
            gradc_run(parts, jensen_shannon_value_rows0, &given);
        } else {
            jensen_shannon_value_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 0.5 * (t3 / n) */
    *value = 0.5 * (t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t jensen_shannon_forward_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 159*k + 63, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct jensen_shannon_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    double *t0;
    const double *A;
    double *t1;
    double *t3_parts;
};

static GRADC_APART void jensen_shannon_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    double *restrict const t0 = given->t0;
    const double *restrict const A = given->A;
    double *restrict const t1 = given->t1;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0_total_most[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0_total_most[i - tile_begin] = (t0_total_most[i - tile_begin] >= B_tile_ij
                    || t0_total_most[i - tile_begin] != t0_total_most[i - tile_begin]) ? t0_total_most[i - tile_begin]
                    : B_tile_ij;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total_term_2[i:n, j:k] = exp(B_tile[i, j] - t0_total_term[i]) */
        /* t0_total[i:n] = sum[j:k](t0_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t0_total_most[i - tile_begin]);
                t0_total_term_2[j*128 + i - tile_begin] = v0;
                t0_total[i - tile_begin] += v0;
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t2_term[i:n] = 1 / t0_total[i], in the place of t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            const double t0_total_i = t0_total[i - tile_begin];
            t0[i] = t0_total_most_i + gradc_log(t0_total_i);
            t0_total_most[i - tile_begin] = 1.0 / t0_total_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t1_total_most[i:n] = max[j:k](A_tile[i, j]), in the place of t0_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0_total[i - tile_begin] = (t0_total[i - tile_begin] >= A_tile_ij
                    || t0_total[i - tile_begin] != t0_total[i - tile_begin]) ? t0_total[i - tile_begin] : A_tile_ij;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of t0_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            t0_total[i - tile_begin] = (double)INFINITY == fabs(t0_total_i) ? 0.0 : t0_total_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t1_total_term[i]) */
        /* t1_total[i:n] = sum[j:k](t1_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0_total[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]) */
        /* t2_term_2[i:n] = 1 / t1_total[i], in the place of t0_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1[i] = t0_total_i + gradc_log(t1_total_i);
            t0_total[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* t2[i:n] = sum[j:k](let(s0 := B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j], s1 := A_tile[i, j] + t0[i] -
         *    t1[i] - B_tile[i, j], t0_total_term_2[i, j] * t2_term[i] * (0.6931471805599453 + (minimum(0, s0) -
         *    log1p_unit(exp(-abs(s0))))) + t1_total_term_2[i, j] * t2_term_2[i] * (0.6931471805599453 +
         *    (minimum(0, s1) - log1p_unit(exp(-abs(s1))))))), in the place of t1_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t1_i = t1[i];
                const double t0_i = t0[i];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t1_i - t0_i - A_tile_ij;
                const double v1 = t0_total_term_2[j*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_i - t1_i - B_tile_ij;
                const double v3 = t1_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                const double B_tile_ij_ = B_tile[(j + 1)*128 + i - tile_begin];
                const double A_tile_ij_ = A_tile[(j + 1)*128 + i - tile_begin];
                const double v4 = B_tile_ij_ + t1_i - t0_i - A_tile_ij_;
                const double v5 = t0_total_term_2[(j + 1)*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v4)))));
                const double v6 = A_tile_ij_ + t0_i - t1_i - B_tile_ij_;
                const double v7 = t1_total_term_2[(j + 1)*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v6 < 0.0 || v6 != v6) ? v6 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v6)))));
                const double B_tile_ij_2 = B_tile[(j + 2)*128 + i - tile_begin];
                const double A_tile_ij_2 = A_tile[(j + 2)*128 + i - tile_begin];
                const double v8 = B_tile_ij_2 + t1_i - t0_i - A_tile_ij_2;
                const double v9 = t0_total_term_2[(j + 2)*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (0.6931471805599453 + (((v8 < 0.0 || v8 != v8) ? v8 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v8)))));
                const double v10 = A_tile_ij_2 + t0_i - t1_i - B_tile_ij_2;
                const double v11 = t1_total_term_2[(j + 2)*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v10 < 0.0 || v10 != v10) ? v10 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v10)))));
                const double B_tile_ij_3 = B_tile[(j + 3)*128 + i - tile_begin];
                const double A_tile_ij_3 = A_tile[(j + 3)*128 + i - tile_begin];
                const double v12 = B_tile_ij_3 + t1_i - t0_i - A_tile_ij_3;
                const double v13 = t0_total_term_2[(j + 3)*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (0.6931471805599453 + (((v12 < 0.0 || v12 != v12) ? v12 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v12)))));
                const double v14 = A_tile_ij_3 + t0_i - t1_i - B_tile_ij_3;
                const double v15 = t1_total_term_2[(j + 3)*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v14 < 0.0 || v14 != v14) ? v14 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v14)))));
                t1_total[i - tile_begin] += v1 + v3 + (v5 + v7) + (v9 + v11) + (v13 + v15);
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
                const double v1 = t0_total_term_2[j*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v0)))));
                const double v2 = A_tile_ij + t0_i - t1_i - B_tile_ij;
                const double v3 = t1_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin]
                    * (0.6931471805599453 + (((v2 < 0.0 || v2 != v2) ? v2 : 0.0)
                    - gradc_log1p_unit(gradc_exp(-fabs(v2)))));
                t1_total[i - tile_begin] += v1 + v3;
            }
        }

        /* t3 = sum[i:n](t2[i]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += t1_total[i - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int jensen_shannon_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                           double *restrict value, double *restrict t0, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(170.0*(double)k*(double)n + 72.0*(double)n);
    const int64_t parts = gradc_parts(n, 159*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct jensen_shannon_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, t0, A, t1,
            t3_parts};
        if (parts > 1) {
            gradc_run(parts, jensen_shannon_forward_rows0, &given);
        } else {
            jensen_shannon_forward_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 0.5 * (t3 / n) */
    *value = 0.5 * (t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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

struct jensen_shannon_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const double *A;
    const double *t0;
    const double *t1;
    double t3_bar;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void jensen_shannon_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    const double *restrict const t0 = given->t0;
    const double *restrict const t1 = given->t1;
    const double t3_bar = given->t3_bar;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_term_3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_term_4 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_term_5 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_bar = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t1_bar_term[i:n, j:k] = exp(B_tile[i, j] - t0[i]) */
        /* t1_bar_term_2[i:n, j:k] = exp(-abs(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j])) */
        /* t1_bar_term_3[i:n, j:k] = exp(A_tile[i, j] - t1[i]) */
        /* t1_bar_term_4[i:n, j:k] = exp(-abs(A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j])) */
        /* t1_bar_term_5[i:n, j:k] = log1p_unit(exp(-abs(A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j]))) */
        /* t1_bar[i:n] = sum[j:k](let(s0 := B_tile[i, j] - t0[i], s1 := s0 - B_tile[i, j], s2 := B_tile[i, j] - (s0
         *    - s1) - (t0[i] + s1), s3 := B_tile[i, j] + t1[i], s4 := s3 - t0[i], s5 := s4 - A_tile[i, j], s6 :=
         *    -s5, s7 := 1 + t1_bar_term_2[i, j], s8 := s5 - s4, s9 := s3 - B_tile[i, j], s10 := s4 - s3, s11 :=
         *    -(s4 - (s5 - s8) - (A_tile[i, j] + s8) + (t1[i] - s9 + (B_tile[i, j] - (s3 - s9)) + (s3 - (s4 - s10)
         *    - (t0[i] + s10)))), s12 := A_tile[i, j] - t1[i], s13 := s12 - A_tile[i, j], s14 := A_tile[i, j] -
         *    (s12 - s13) - (t1[i] + s13), s15 := t1_bar_term_3[i, j] * (1 + where(abs(s14) < 1, s14, 0)), s16 :=
         *    A_tile[i, j] + t0[i], s17 := s16 - t1[i], s18 := s17 - B_tile[i, j], s19 := -s18, s20 := 1 +
         *    t1_bar_term_4[i, j], s21 := where(0 <= s19, 1, t1_bar_term_4[i, j]) / s20, s22 := s18 - s17, s23 :=
         *    s16 - A_tile[i, j], s24 := s17 - s16, s25 := s17 - (s18 - s22) - (B_tile[i, j] + s22) + (t0[i] - s23
         *    + (A_tile[i, j] - (s16 - s23)) + (s16 - (s17 - s24) - (t1[i] + s24))), s26 := -s25, t3_bar *
         *    (t1_bar_term[i, j] * (1 + where(abs(s2) < 1, s2, 0))) * (where(0 <= s6, 1, t1_bar_term_2[i, j]) / s7
         *    … (1403 characters in all) */
        /* t0_bar_term[i:n, j:k] = log1p_unit(exp(-abs(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j]))) */
        /* t0_bar[i:n] = sum[j:k](let(s0 := A_tile[i, j] - t1[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0
         *    - s1) - (t1[i] + s1), s3 := A_tile[i, j] + t0[i], s4 := s3 - t1[i], s5 := s4 - B_tile[i, j], s6 :=
         *    -s5, s7 := 1 + t1_bar_term_4[i, j], s8 := s5 - s4, s9 := s3 - A_tile[i, j], s10 := s4 - s3, s11 :=
         *    -(s4 - (s5 - s8) - (B_tile[i, j] + s8) + (t0[i] - s9 + (A_tile[i, j] - (s3 - s9)) + (s3 - (s4 - s10)
         *    - (t1[i] + s10)))), s12 := B_tile[i, j] - t0[i], s13 := s12 - B_tile[i, j], s14 := B_tile[i, j] -
         *    (s12 - s13) - (t0[i] + s13), s15 := t1_bar_term[i, j] * (1 + where(abs(s14) < 1, s14, 0)), s16 :=
         *    B_tile[i, j] + t1[i], s17 := s16 - t0[i], s18 := s17 - A_tile[i, j], s19 := -s18, s20 := 1 +
         *    t1_bar_term_2[i, j], s21 := where(0 <= s19, 1, t1_bar_term_2[i, j]) / s20, s22 := s18 - s17, s23 :=
         *    s16 - B_tile[i, j], s24 := s17 - s16, s25 := s17 - (s18 - s22) - (A_tile[i, j] + s22) + (t1[i] - s23
         *    + (B_tile[i, j] - (s16 - s23)) + (s16 - (s17 - s24) - (t0[i] + s24))), s26 := -s25, t3_bar *
         *    (t1_bar_term_3[i, j] * (1 + where(abs(s2) < 1, s2, 0))) * (where(0 <= s6, 1, t1_bar_term_4[i, j]) /
         *    … (1399 characters in all) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_bar[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_bar[i - tile_begin] = 0.0;
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
                const double v24 = t3_bar * v15 * (v18 * (1.0 + (0.0 <= -v16 ? 1.0 : v5) / v17
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
                const double v35 = t3_bar * (0.6931471805599453 + (((v10 < 0.0 || v10 != v10) ? v10 : 0.0) - v12 + v30
                    * (fabs(v34) < 1.0 ? v34 : 0.0)));
                const double v36 = -v34;
                const double v37 = t3_bar * v27 * (v30 * (1.0 + (0.0 <= -v28 ? 1.0 : v11) / v29
                    * (fabs(v36) < 1.0 ? v36 : 0.0)));
                const double v38 = gradc_log1p_unit(v5);
                const double v39 = t3_bar * (0.6931471805599453 + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0) - v38 + v18
                    * (fabs(v22) < 1.0 ? v22 : 0.0)));
                t1_bar_term[j*128 + i - tile_begin] = v1;
                t1_bar_term_2[j*128 + i - tile_begin] = v5;
                t1_bar_term_3[j*128 + i - tile_begin] = v7;
                t1_bar_term_4[j*128 + i - tile_begin] = v11;
                t1_bar_term_5[j*128 + i - tile_begin] = v12;
                t1_bar[i - tile_begin] += v24 - (v27 * v35 + v37);
                t0_bar_term[j*128 + i - tile_begin] = v38;
                t0_bar[i - tile_begin] += v37 - v24 - v15 * v39;
            }
        }

        /* grad_A_term[i:n, j:k] = let(s0 := A_tile[i, j] - t1[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] -
         *    (s0 - s1) - (t1[i] + s1), s3 := t1_bar_term_3[i, j] * (1 + where(abs(s2) < 1, s2, 0)), s4 :=
         *    A_tile[i, j] + t0[i], s5 := s4 - t1[i], s6 := s5 - B_tile[i, j], s7 := -s6, s8 := 1 +
         *    t1_bar_term_4[i, j], s9 := where(0 <= s7, 1, t1_bar_term_4[i, j]) / s8, s10 := s6 - s5, s11 := s4 -
         *    A_tile[i, j], s12 := s5 - s4, s13 := s5 - (s6 - s10) - (B_tile[i, j] + s10) + (t0[i] - s11 +
         *    (A_tile[i, j] - (s4 - s11)) + (s4 - (s5 - s12) - (t1[i] + s12))), s14 := -s13, s15 := B_tile[i, j] -
         *    t0[i], s16 := s15 - B_tile[i, j], s17 := B_tile[i, j] - (s15 - s16) - (t0[i] + s16), s18 := B_tile[i,
         *    j] + t1[i], s19 := s18 - t0[i], s20 := s19 - A_tile[i, j], s21 := -s20, s22 := 1 + t1_bar_term_2[i,
         *    j], s23 := s20 - s19, s24 := s18 - B_tile[i, j], s25 := s19 - s18, s26 := -(s19 - (s20 - s23) -
         *    (A_tile[i, j] + s23) + (t1[i] - s24 + (B_tile[i, j] - (s18 - s24)) + (s18 - (s19 - s25) - (t0[i] +
         *    s25)))), where(-inf == A_tile[i, j], 0, t1_bar[i] * s3) + (s3 * (t3_bar * (0.6931471805599453 +
         *    … (1475 characters in all) */
        /* grad_B_term[i:n, j:k] = let(s0 := B_tile[i, j] - t0[i], s1 := s0 - B_tile[i, j], s2 := B_tile[i, j] -
         *    (s0 - s1) - (t0[i] + s1), s3 := t1_bar_term[i, j] * (1 + where(abs(s2) < 1, s2, 0)), s4 := B_tile[i,
         *    j] + t1[i], s5 := s4 - t0[i], s6 := s5 - A_tile[i, j], s7 := -s6, s8 := 1 + t1_bar_term_2[i, j], s9
         *    := where(0 <= s7, 1, t1_bar_term_2[i, j]) / s8, s10 := s6 - s5, s11 := s4 - B_tile[i, j], s12 := s5 -
         *    s4, s13 := s5 - (s6 - s10) - (A_tile[i, j] + s10) + (t1[i] - s11 + (B_tile[i, j] - (s4 - s11)) + (s4
         *    - (s5 - s12) - (t0[i] + s12))), s14 := -s13, s15 := A_tile[i, j] - t1[i], s16 := s15 - A_tile[i, j],
         *    s17 := A_tile[i, j] - (s15 - s16) - (t1[i] + s16), s18 := A_tile[i, j] + t0[i], s19 := s18 - t1[i],
         *    s20 := s19 - B_tile[i, j], s21 := -s20, s22 := 1 + t1_bar_term_4[i, j], s23 := s20 - s19, s24 := s18
         *    - A_tile[i, j], s25 := s19 - s18, s26 := -(s19 - (s20 - s23) - (B_tile[i, j] + s23) + (t0[i] - s24 +
         *    (A_tile[i, j] - (s18 - s24)) + (s18 - (s19 - s25) - (t1[i] + s25)))), where(-inf == B_tile[i, j], 0,
         *    t0_bar[i] * s3) + (s3 * (t3_bar * (0.6931471805599453 + (minimum(0, s6) - t0_bar_term[i, j] + s9 *
         *    … (1475 characters in all) */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double t1_i = t1[i];
                const double v0 = A_tile_ij - t1_i;
                const double v1 = v0 - A_tile_ij;
                const double v2 = A_tile_ij - (v0 - v1) - (t1_i + v1);
                const double v3 = t1_bar_term_3[j*128 + i - tile_begin] * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0));
                const double t0_i = t0[i];
                const double v4 = A_tile_ij + t0_i;
                const double v5 = v4 - t1_i;
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v6 = v5 - B_tile_ij;
                const double v7 = -v6;
                const double t1_bar_term_4_ij = t1_bar_term_4[j*128 + i - tile_begin];
                const double v8 = 1.0 + t1_bar_term_4_ij;
                const double v9 = (0.0 <= v7 ? 1.0 : t1_bar_term_4_ij) / v8;
                const double v10 = v6 - v5;
                const double v11 = v4 - A_tile_ij;
                const double v12 = v5 - v4;
                const double v13 = v5 - (v6 - v10) - (B_tile_ij + v10)
                    + (t0_i - v11 + (A_tile_ij - (v4 - v11)) + (v4 - (v5 - v12) - (t1_i + v12)));
                const double v14 = 0.6931471805599453 + (((v6 < 0.0 || v6 != v6) ? v6 : 0.0)
                    - t1_bar_term_5[j*128 + i - tile_begin] + v9 * (fabs(v13) < 1.0 ? v13 : 0.0));
                const double v15 = -v13;
                const double v16 = t3_bar * v3 * (v9 * (1.0 + (0.0 <= -v7 ? 1.0 : t1_bar_term_4_ij) / v8
                    * (fabs(v15) < 1.0 ? v15 : 0.0)));
                const double v17 = B_tile_ij - t0_i;
                const double v18 = v17 - B_tile_ij;
                const double v19 = B_tile_ij - (v17 - v18) - (t0_i + v18);
                const double v20 = t1_bar_term[j*128 + i - tile_begin] * (1.0 + (fabs(v19) < 1.0 ? v19 : 0.0));
                const double v21 = B_tile_ij + t1_i;
                const double v22 = v21 - t0_i;
                const double v23 = v22 - A_tile_ij;
                const double v24 = -v23;
                const double t1_bar_term_2_ij = t1_bar_term_2[j*128 + i - tile_begin];
                const double v25 = 1.0 + t1_bar_term_2_ij;
                const double v26 = (0.0 <= v24 ? 1.0 : t1_bar_term_2_ij) / v25;
                const double v27 = v23 - v22;
                const double v28 = v21 - B_tile_ij;
                const double v29 = v22 - v21;
                const double v30 = v22 - (v23 - v27) - (A_tile_ij + v27)
                    + (t1_i - v28 + (B_tile_ij - (v21 - v28)) + (v21 - (v22 - v29) - (t0_i + v29)));
                const double v31 = -v30;
                const double v32 = t3_bar * v20 * (v26 * (1.0 + (0.0 <= -v24 ? 1.0 : t1_bar_term_2_ij) / v25
                    * (fabs(v31) < 1.0 ? v31 : 0.0)));
                const double v33 = 0.6931471805599453 + (((v23 < 0.0 || v23 != v23) ? v23 : 0.0)
                    - t0_bar_term[j*128 + i - tile_begin] + v26 * (fabs(v30) < 1.0 ? v30 : 0.0));
                B_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0 : t1_bar[i - tile_begin] * v3)
                    + (v3 * (t3_bar * v14) + v16 - v32);
                A_tile[j*128 + i - tile_begin] = (-(double)INFINITY == B_tile_ij ? 0.0 : t0_bar[i - tile_begin] * v20)
                    + (v20 * (t3_bar * v33) + (v32 - v16));
            }
        }

        /* grad_A[i:n, j:k] = grad_A_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = grad_B_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, A_tile, 128, &grad_B[tile_begin*k], k);
    }
}

int jensen_shannon_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                            const double *restrict t0, const double *restrict t1, double cotangent,
                            double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(758.0*(double)k*(double)n);

    /* t3_bar = 0.5 * cotangent / n */
    const double t3_bar = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 422*k, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    {
        const struct jensen_shannon_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, A, t0, t1,
            t3_bar, grad_A, grad_B};
        if (parts > 1) {
            gradc_run(parts, jensen_shannon_backward_rows0, &given);
        } else {
            jensen_shannon_backward_rows0(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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

struct jensen_shannon_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const double *A;
    double t3_bar;
    double *grad_A;
    double *grad_B;
    double *t3_parts;
};

static GRADC_APART void jensen_shannon_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct jensen_shannon_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    const double t3_bar = given->t3_bar;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_bar_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2_term_3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2_term_4 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t0_total_most[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0_total_most[i - tile_begin] = (t0_total_most[i - tile_begin] >= B_tile_ij
                    || t0_total_most[i - tile_begin] != t0_total_most[i - tile_begin]) ? t0_total_most[i - tile_begin]
                    : B_tile_ij;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total_term_2[i:n, j:k] = exp(B_tile[i, j] - t0_total_term[i]) */
        /* t0_total[i:n] = sum[j:k](t0_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t0_total_most[i - tile_begin]);
                t0_total_term_2[j*128 + i - tile_begin] = v0;
                t0_total[i - tile_begin] += v0;
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]), in the place of t0_total_most */
        /* t2_term[i:n] = 1 / t0_total[i], in the place of t0_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            const double t0_total_i = t0_total[i - tile_begin];
            t0_total_most[i - tile_begin] = t0_total_most_i + gradc_log(t0_total_i);
            t0_total[i - tile_begin] = 1.0 / t0_total_i;
        }

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t1_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= A_tile_ij
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t1_total_term[i]) */
        /* t1_total[i:n] = sum[j:k](t1_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        /* t2_term_2[i:n] = 1 / t1_total[i], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* t1_bar_term[i:n, j:k] = exp(-abs(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j])) */
        /* t2_term_3[i:n, j:k] = log1p_unit(exp(-abs(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j]))) */
        /* t1_bar_term_2[i:n, j:k] = exp(-abs(A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j])) */
        /* t2_term_4[i:n, j:k] = log1p_unit(exp(-abs(A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j]))) */
        /* t2[i:n] = sum[j:k](t0_total_term_2[i, j] * t2_term[i] * (0.6931471805599453 + (minimum(0, B_tile[i, j] +
         *    t1[i] - t0[i] - A_tile[i, j]) - t2_term_3[i, j])) + t1_total_term_2[i, j] * t2_term_2[i] *
         *    (0.6931471805599453 + (minimum(0, A_tile[i, j] + t0[i] - t1[i] - B_tile[i, j]) - t2_term_4[i, j]))) */
        /* t1_bar[i:n] = sum[j:k](let(s0 := t1_total_term_2[i, j] * t2_term_2[i], s1 := A_tile[i, j] + t0[i] -
         *    t1[i] - B_tile[i, j], t3_bar * (t0_total_term_2[i, j] * t2_term[i]) * (where(0 <= -(B_tile[i, j] +
         *    t1[i] - t0[i] - A_tile[i, j]), 1, t1_bar_term[i, j]) / (1 + t1_bar_term[i, j])) - (s0 * (t3_bar *
         *    (0.6931471805599453 + (minimum(0, s1) - t2_term_4[i, j]))) + t3_bar * s0 * (where(0 <= -s1, 1,
         *    t1_bar_term_2[i, j]) / (1 + t1_bar_term_2[i, j]))))) */
        /* t0_bar[i:n] = sum[j:k](let(s0 := t0_total_term_2[i, j] * t2_term[i], s1 := B_tile[i, j] + t1[i] - t0[i]
         *    - A_tile[i, j], t3_bar * (t1_total_term_2[i, j] * t2_term_2[i]) * (where(0 <= -(A_tile[i, j] + t0[i]
         *    - t1[i] - B_tile[i, j]), 1, t1_bar_term_2[i, j]) / (1 + t1_bar_term_2[i, j])) - t3_bar * s0 *
         *    (where(0 <= -s1, 1, t1_bar_term[i, j]) / (1 + t1_bar_term[i, j])) - s0 * (t3_bar *
         *    (0.6931471805599453 + (minimum(0, s1) - t2_term_3[i, j]))))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_bar[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_bar[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double t1_total_most_i = t1_total_most[i - tile_begin];
                const double t0_total_most_i = t0_total_most[i - tile_begin];
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = B_tile_ij + t1_total_most_i - t0_total_most_i - A_tile_ij;
                const double v1 = gradc_exp(-fabs(v0));
                const double v2 = gradc_log1p_unit(v1);
                const double v3 = A_tile_ij + t0_total_most_i - t1_total_most_i - B_tile_ij;
                const double v4 = gradc_exp(-fabs(v3));
                const double v5 = gradc_log1p_unit(v4);
                const double v6 = t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin];
                const double v7 = 0.6931471805599453 + (((v0 < 0.0 || v0 != v0) ? v0 : 0.0) - v2);
                const double v8 = t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin];
                const double v9 = 0.6931471805599453 + (((v3 < 0.0 || v3 != v3) ? v3 : 0.0) - v5);
                const double v10 = t3_bar * v6 * ((0.0 <= -v0 ? 1.0 : v1) / (1.0 + v1));
                const double v11 = t3_bar * v8 * ((0.0 <= -v3 ? 1.0 : v4) / (1.0 + v4));
                t1_bar_term[j*128 + i - tile_begin] = v1;
                t2_term_3[j*128 + i - tile_begin] = v2;
                t1_bar_term_2[j*128 + i - tile_begin] = v4;
                t2_term_4[j*128 + i - tile_begin] = v5;
                t2[i - tile_begin] += v6 * v7 + v8 * v9;
                t1_bar[i - tile_begin] += v10 - (v8 * (t3_bar * v9) + v11);
                t0_bar[i - tile_begin] += v11 - v10 - v6 * (t3_bar * v7);
            }
        }

        /* grad_A_term[i:n, j:k] = let(s0 := t1_total_term_2[i, j] * t2_term_2[i], s1 := A_tile[i, j] + t0[i] -
         *    t1[i] - B_tile[i, j], where(-inf == A_tile[i, j], 0, t1_bar[i] * s0) + (s0 * (t3_bar *
         *    (0.6931471805599453 + (minimum(0, s1) - t2_term_4[i, j]))) + t3_bar * s0 * (where(0 <= -s1, 1,
         *    t1_bar_term_2[i, j]) / (1 + t1_bar_term_2[i, j])) - t3_bar * (t0_total_term_2[i, j] * t2_term[i]) *
         *    (where(0 <= -(B_tile[i, j] + t1[i] - t0[i] - A_tile[i, j]), 1, t1_bar_term[i, j]) / (1 +
         *    t1_bar_term[i, j])))), in the place of B_tile */
        /* grad_B_term[i:n, j:k] = let(s0 := t0_total_term_2[i, j] * t2_term[i], s1 := B_tile[i, j] + t1[i] - t0[i]
         *    - A_tile[i, j], where(-inf == B_tile[i, j], 0, t0_bar[i] * s0) + (s0 * (t3_bar * (0.6931471805599453
         *    + (minimum(0, s1) - t2_term_3[i, j]))) + (t3_bar * s0 * (where(0 <= -s1, 1, t1_bar_term[i, j]) / (1 +
         *    t1_bar_term[i, j])) - t3_bar * (t1_total_term_2[i, j] * t2_term_2[i]) * (where(0 <= -(A_tile[i, j] +
         *    t0[i] - t1[i] - B_tile[i, j]), 1, t1_bar_term_2[i, j]) / (1 + t1_bar_term_2[i, j]))))), in the place
         *    of t0_total_term_2 */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin];
                const double t0_total_most_i = t0_total_most[i - tile_begin];
                const double t1_total_most_i = t1_total_most[i - tile_begin];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v1 = A_tile_ij + t0_total_most_i - t1_total_most_i - B_tile_ij;
                const double t1_bar_term_2_ij = t1_bar_term_2[j*128 + i - tile_begin];
                const double v2 = t3_bar * v0 * ((0.0 <= -v1 ? 1.0 : t1_bar_term_2_ij) / (1.0 + t1_bar_term_2_ij));
                const double t0_total_term_2_ij = t0_total_term_2[j*128 + i - tile_begin];
                const double v3 = t0_total_term_2_ij * t0_total[i - tile_begin];
                const double v4 = B_tile_ij + t1_total_most_i - t0_total_most_i - A_tile_ij;
                const double t1_bar_term_ij = t1_bar_term[j*128 + i - tile_begin];
                const double v5 = t3_bar * v3 * ((0.0 <= -v4 ? 1.0 : t1_bar_term_ij) / (1.0 + t1_bar_term_ij));
                const double v6 = v0 * (t3_bar * (0.6931471805599453
                    + (((v1 < 0.0 || v1 != v1) ? v1 : 0.0) - t2_term_4[j*128 + i - tile_begin]))) + v2 - v5;
                const double v7 = v3 * (t3_bar * (0.6931471805599453
                    + (((v4 < 0.0 || v4 != v4) ? v4 : 0.0) - t2_term_3[j*128 + i - tile_begin]))) + (v5 - v2);
                B_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0 : t1_bar[i - tile_begin] * v0)
                    + v6;
                t0_total_term_2[j*128 + i - tile_begin] = (-(double)INFINITY == B_tile_ij ? 0.0
                    : t0_bar[i - tile_begin] * v3) + v7;
            }
        }

        /* t3 = sum[i:n](t2[i]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += t2[i - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);

        /* grad_A[i:n, j:k] = grad_A_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = grad_B_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, t0_total_term_2, 128, &grad_B[tile_begin*k], k);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int jensen_shannon_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                  double *restrict value, double *restrict grad_A, double *restrict grad_B,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(454.0*(double)k*(double)n + 72.0*(double)n);

    /* t3_bar = 0.5 / n */
    const double t3_bar = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 255*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct jensen_shannon_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, A,
            t3_bar, grad_A, grad_B, t3_parts};
        if (parts > 1) {
            gradc_run(parts, jensen_shannon_value_and_grad_rows0, &given);
        } else {
            jensen_shannon_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 0.5 * (t3 / n) */
    *value = 0.5 * (t3 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
