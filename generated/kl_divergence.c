/* kl_divergence: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k]):
 *         t0[i:n] = logsumexp[j:k](A[i, j])
 *         t1[i:n] = logsumexp[j:k](B[i, j])
 *         t2[i:n] = sum[j:k](exp(A[i, j] - t0[i]) * (A[i, j] + t1[i] - t0[i] - B[i, j]))
 *         t3 = sum[i:n](t2[i])
 *         value = t3 / n
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
#include "support/routines/compensated.h"
#include "support/routines/transpose.h"

#include "kl_divergence.h"

size_t kl_divergence_value_work(int64_t n, int64_t k)
{
    if (49152.0*(double)k + 65536.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 61*k + 59, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct kl_divergence_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *A;
    const double *B;
    double *t3_parts;
};

static GRADC_APART void kl_divergence_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const B_tile = (void *)tile_own;
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

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t0_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0_total_most[i - tile_begin] = (t0_total_most[i - tile_begin] >= A_tile_ij
                    || t0_total_most[i - tile_begin] != t0_total_most[i - tile_begin]) ? t0_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t0_total_term[i]) */
        /* t0_total[i:n] = sum[j:k](t0_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0_total_most[i - tile_begin]);
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

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t1_total_most[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= B_tile_ij
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : B_tile_ij;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total[i:n] = sum[j:k](exp(B_tile[i, j] - t1_total_term[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_total[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin])
                    + gradc_exp(B_tile[(j + 1)*128 + i - tile_begin] - t1_total_most[i - tile_begin])
                    + gradc_exp(B_tile[(j + 2)*128 + i - tile_begin] - t1_total_most[i - tile_begin])
                    + gradc_exp(B_tile[(j + 3)*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_total[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total[i - tile_begin]);
        }

        /* t2[i:n] = sum[j:k](t0_total_term_2[i, j] * t2_term[i] * (A_tile[i, j] + t1[i] - t0[i] - B_tile[i, j])),
         *    in the place of t1_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = A_tile[j*128 + i - tile_begin] + t1_total_most[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile[j*128 + i - tile_begin];
                const double v1 = A_tile[(j + 1)*128 + i - tile_begin] + t1_total_most[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile[(j + 1)*128 + i - tile_begin];
                const double v2 = A_tile[(j + 2)*128 + i - tile_begin] + t1_total_most[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile[(j + 2)*128 + i - tile_begin];
                const double v3 = A_tile[(j + 3)*128 + i - tile_begin] + t1_total_most[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile[(j + 3)*128 + i - tile_begin];
                t1_total[i - tile_begin] += t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin] * v0
                    + t0_total_term_2[(j + 1)*128 + i - tile_begin] * t0_total[i - tile_begin] * v1
                    + t0_total_term_2[(j + 2)*128 + i - tile_begin] * t0_total[i - tile_begin] * v2
                    + t0_total_term_2[(j + 3)*128 + i - tile_begin] * t0_total[i - tile_begin] * v3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = A_tile[j*128 + i - tile_begin] + t1_total_most[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile[j*128 + i - tile_begin];
                t1_total[i - tile_begin] += t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin] * v0;
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

int kl_divergence_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(70.0*(double)k*(double)n + 66.0*(double)n);
    const int64_t parts = gradc_parts(n, 61*k + 59, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct kl_divergence_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, A, B, t3_parts};
        if (parts > 1) {
            gradc_run(parts, kl_divergence_value_rows0, &given);
        } else {
            kl_divergence_value_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t kl_divergence_forward_work(int64_t n, int64_t k)
{
    if (49152.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 61*k + 59, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct kl_divergence_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *A;
    double *t0;
    const double *B;
    double *t1;
    double *t3_parts;
};

static GRADC_APART void kl_divergence_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    double *restrict const t0 = given->t0;
    const double *restrict const B = given->B;
    double *restrict const t1 = given->t1;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const B_tile = (void *)tile_own;
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

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t0_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0_total_most[i - tile_begin] = (t0_total_most[i - tile_begin] >= A_tile_ij
                    || t0_total_most[i - tile_begin] != t0_total_most[i - tile_begin]) ? t0_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t0_total_term[i]) */
        /* t0_total[i:n] = sum[j:k](t0_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0_total_most[i - tile_begin]);
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

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t1_total_most[i:n] = max[j:k](B_tile[i, j]), in the place of t0_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t0_total[i - tile_begin] = (t0_total[i - tile_begin] >= B_tile_ij
                    || t0_total[i - tile_begin] != t0_total[i - tile_begin]) ? t0_total[i - tile_begin] : B_tile_ij;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of t0_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            t0_total[i - tile_begin] = (double)INFINITY == fabs(t0_total_i) ? 0.0 : t0_total_i;
        }

        /* t1_total[i:n] = sum[j:k](exp(B_tile[i, j] - t1_total_term[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_total[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t0_total[i - tile_begin])
                    + gradc_exp(B_tile[(j + 1)*128 + i - tile_begin] - t0_total[i - tile_begin])
                    + gradc_exp(B_tile[(j + 2)*128 + i - tile_begin] - t0_total[i - tile_begin])
                    + gradc_exp(B_tile[(j + 3)*128 + i - tile_begin] - t0_total[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_total[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t0_total[i - tile_begin]);
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i] = t0_total[i - tile_begin] + gradc_log(t1_total[i - tile_begin]);
        }

        /* t2[i:n] = sum[j:k](t0_total_term_2[i, j] * t2_term[i] * (A_tile[i, j] + t1[i] - t0[i] - B_tile[i, j])),
         *    in the place of t0_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = t0_total_term_2[j*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (A_tile[j*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[j*128 + i - tile_begin]);
                const double v1 = t0_total_term_2[(j + 1)*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (A_tile[(j + 1)*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[(j + 1)*128 + i - tile_begin]);
                const double v2 = t0_total_term_2[(j + 2)*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (A_tile[(j + 2)*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[(j + 2)*128 + i - tile_begin]);
                const double v3 = t0_total_term_2[(j + 3)*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (A_tile[(j + 3)*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[(j + 3)*128 + i - tile_begin]);
                t0_total[i - tile_begin] += v0 + v1 + v2 + v3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = t0_total_term_2[j*128 + i - tile_begin] * t0_total_most[i - tile_begin]
                    * (A_tile[j*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[j*128 + i - tile_begin]);
                t0_total[i - tile_begin] += v0;
            }
        }

        /* t3 = sum[i:n](t2[i]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += t0_total[i - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int kl_divergence_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          double *restrict value, double *restrict t0, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(70.0*(double)k*(double)n + 66.0*(double)n);
    const int64_t parts = gradc_parts(n, 61*k + 59, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct kl_divergence_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, A, t0, B, t1,
            t3_parts};
        if (parts > 1) {
            gradc_run(parts, kl_divergence_forward_rows0, &given);
        } else {
            kl_divergence_forward_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t kl_divergence_backward_work(int64_t n, int64_t k)
{
    if (49152.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 114*k, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct kl_divergence_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *A;
    const double *B;
    const double *t0;
    double t3_bar;
    const double *t1;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void kl_divergence_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    const double *restrict const t0 = given->t0;
    const double t3_bar = given->t3_bar;
    const double *restrict const t1 = given->t1;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const grad_A_total_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const grad_A_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_B_total = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* grad_A_total_term[i:n, j:k] = exp(A_tile[i, j] - t0[i]) */
        /* grad_A_total[i:n] = sum[j:k](let(s0 := A_tile[i, j] - t0[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j]
         *    - (s0 - s1) - (t0[i] + s1), s3 := grad_A_total_term[i, j] * (1 + where(abs(s2) < 1, s2, 0)), t3_bar *
         *    s3 + t3_bar * (A_tile[i, j] + t1[i] - t0[i] - B_tile[i, j]) * s3)) */
        /* grad_B_total[i:n] = sum[j:k](let(s0 := A_tile[i, j] - t0[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j]
         *    - (s0 - s1) - (t0[i] + s1), grad_A_total_term[i, j] * (1 + where(abs(s2) < 1, s2, 0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_A_total[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_B_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double t0_i = t0[i];
                const double v0 = A_tile_ij - t0_i;
                const double v1 = gradc_exp(v0);
                const double v2 = v0 - A_tile_ij;
                const double v3 = A_tile_ij - (v0 - v2) - (t0_i + v2);
                const double v4 = v1 * (1.0 + (fabs(v3) < 1.0 ? v3 : 0.0));
                grad_A_total_term[j*128 + i - tile_begin] = v1;
                grad_A_total[i - tile_begin] += t3_bar * v4 + t3_bar
                    * (A_tile_ij + t1[i] - t0_i - B_tile[j*128 + i - tile_begin]) * v4;
                grad_B_total[i - tile_begin] += v4;
            }
        }

        /* grad_A_term[i:n, j:k] = let(s0 := A_tile[i, j] - t0[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] -
         *    (s0 - s1) - (t0[i] + s1), s3 := grad_A_total_term[i, j] * (1 + where(abs(s2) < 1, s2, 0)), where(-inf
         *    == A_tile[i, j], 0, -(grad_A_total[i] * s3)) + (t3_bar * s3 + t3_bar * (A_tile[i, j] + t1[i] - t0[i]
         *    - B_tile[i, j]) * s3)), in the place of A_tile */
        /* grad_B_term[i:n, j:k] = let(s0 := B_tile[i, j] - t1[i], s1 := s0 - B_tile[i, j], s2 := B_tile[i, j] -
         *    (s0 - s1) - (t1[i] + s1), s3 := A_tile[i, j] - t0[i], s4 := s3 - A_tile[i, j], s5 := A_tile[i, j] -
         *    (s3 - s4) - (t0[i] + s4), where(-inf == B_tile[i, j], 0, t3_bar * grad_B_total[i] * (exp(s0) * (1 +
         *    where(abs(s2) < 1, s2, 0)))) - t3_bar * (grad_A_total_term[i, j] * (1 + where(abs(s5) < 1, s5, 0)))),
         *    in the place of B_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double t0_i = t0[i];
                const double v0 = A_tile_ij - t0_i;
                const double v1 = v0 - A_tile_ij;
                const double v2 = A_tile_ij - (v0 - v1) - (t0_i + v1);
                const double v3 = grad_A_total_term[j*128 + i - tile_begin] * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0));
                const double v4 = t3_bar * v3;
                const double t1_i = t1[i];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v5 = B_tile_ij - t1_i;
                const double v6 = v5 - B_tile_ij;
                const double v7 = B_tile_ij - (v5 - v6) - (t1_i + v6);
                const double v8 = -(double)INFINITY == B_tile_ij ? 0.0 : t3_bar * grad_B_total[i - tile_begin]
                    * (gradc_exp(v5) * (1.0 + (fabs(v7) < 1.0 ? v7 : 0.0)));
                A_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0
                    : -(grad_A_total[i - tile_begin] * v3)) + (v4 + t3_bar * (A_tile_ij + t1_i - t0_i - B_tile_ij)
                    * v3);
                B_tile[j*128 + i - tile_begin] = v8 - v4;
            }
        }

        /* grad_A[i:n, j:k] = grad_A_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, A_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = grad_B_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_B[tile_begin*k], k);
    }
}

int kl_divergence_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                           const double *restrict t0, const double *restrict t1, double cotangent,
                           double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(159.0*(double)k*(double)n);

    /* t3_bar = cotangent / n */
    const double t3_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 114*k, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    {
        const struct kl_divergence_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, A, B, t0,
            t3_bar, t1, grad_A, grad_B};
        if (parts > 1) {
            gradc_run(parts, kl_divergence_backward_rows0, &given);
        } else {
            kl_divergence_backward_rows0(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t kl_divergence_value_and_grad_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 114688.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 101*k + 63, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct kl_divergence_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *A;
    const double *B;
    double t3_bar;
    double *grad_A;
    double *grad_B;
    double *t3_parts;
};

static GRADC_APART void kl_divergence_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    const double t3_bar = given->t3_bar;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_B_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_A_total = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t0_total_most[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0_total_most[i - tile_begin] = (t0_total_most[i - tile_begin] >= A_tile_ij
                    || t0_total_most[i - tile_begin] != t0_total_most[i - tile_begin]) ? t0_total_most[i - tile_begin]
                    : A_tile_ij;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total_term_2[i:n, j:k] = exp(A_tile[i, j] - t0_total_term[i]) */
        /* t0_total[i:n] = sum[j:k](t0_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0_total_most[i - tile_begin]);
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

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t1_total_most[i:n] = max[j:k](B_tile[i, j]) */
        /* grad_B_total[i:n] = sum[j:k](t0_total_term_2[i, j] * t2_term[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_B_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= B_tile_ij
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : B_tile_ij;
                grad_B_total[i - tile_begin] += t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin];
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total_term_2[i:n, j:k] = exp(B_tile[i, j] - t1_total_term[i]) */
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

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total */
        /* grad_B_term[i:n] = 1 / t1_total[i], in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total[i - tile_begin] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total_most[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* t2[i:n] = sum[j:k](t0_total_term_2[i, j] * t2_term[i] * (A_tile[i, j] + t1[i] - t0[i] - B_tile[i, j])) */
        /* grad_A_total[i:n] = sum[j:k](let(s0 := t0_total_term_2[i, j] * t2_term[i], t3_bar * s0 + s0 * (t3_bar *
         *    (A_tile[i, j] + t1[i] - t0[i] - B_tile[i, j])))) */
        /* grad_B_term_2[i:n, j:k] = where(-inf == B_tile[i, j], 0, t3_bar * grad_B_total[i] * (t1_total_term_2[i,
         *    j] * grad_B_term[i])) - t3_bar * (t0_total_term_2[i, j] * t2_term[i]), in the place of
         *    t1_total_term_2 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_A_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v1 = A_tile[j*128 + i - tile_begin] + t1_total[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile_ij;
                const double v2 = t3_bar * v0;
                const double t1_total_term_2_ij = t1_total_term_2[j*128 + i - tile_begin];
                t2[i - tile_begin] += v0 * v1;
                grad_A_total[i - tile_begin] += v2 + v0 * (t3_bar * v1);
                t1_total_term_2[j*128 + i - tile_begin] = (-(double)INFINITY == B_tile_ij ? 0.0 : t1_total_term_2_ij
                    * t1_total_most[i - tile_begin] * (t3_bar * grad_B_total[i - tile_begin])) - v2;
            }
        }

        /* grad_A_term[i:n, j:k] = let(s0 := t0_total_term_2[i, j] * t2_term[i], where(-inf == A_tile[i, j], 0,
         *    -(grad_A_total[i] * s0)) + (t3_bar * s0 + s0 * (t3_bar * (A_tile[i, j] + t1[i] - t0[i] - B_tile[i,
         *    j])))), in the place of A_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = t0_total_term_2[j*128 + i - tile_begin] * t0_total[i - tile_begin];
                const double v1 = t3_bar * v0 + v0 * (t3_bar * (A_tile_ij + t1_total[i - tile_begin]
                    - t0_total_most[i - tile_begin] - B_tile[j*128 + i - tile_begin]));
                A_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0
                    : -(grad_A_total[i - tile_begin] * v0)) + v1;
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
        gradc_transpose(k, tile_end - tile_begin, A_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = grad_B_term_2[i, j] */
        gradc_transpose(k, tile_end - tile_begin, t1_total_term_2, 128, &grad_B[tile_begin*k], k);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int kl_divergence_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                 double *restrict value, double *restrict grad_A, double *restrict grad_B,
                                 void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(134.0*(double)k*(double)n + 72.0*(double)n);

    /* t3_bar = 1 / n */
    const double t3_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 101*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct kl_divergence_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, A, B,
            t3_bar, grad_A, grad_B, t3_parts};
        if (parts > 1) {
            gradc_run(parts, kl_divergence_value_and_grad_rows0, &given);
        } else {
            kl_divergence_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
