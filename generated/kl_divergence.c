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

static GRADC_APART void kl_divergence_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                  unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                  const double *restrict A, const double *restrict B,
                                                  double *restrict t11_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)tile_own;
    double t11_part = 0.0;
    double t11_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t0[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] = (t0[i - tile_begin] >= A_tile_ij || t0[i - tile_begin] != t0[i - tile_begin])
                    ? t0[i - tile_begin] : A_tile_ij;
            }
        }

        /* t1[i:n] = where(inf == abs(t0[i]), 0, t0[i]), in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            t0[i - tile_begin] = (double)INFINITY == fabs(t0_i) ? 0.0 : t0_i;
        }

        /* t2[i:n, j:k] = exp(A_tile[i, j] - t1[i]) */
        /* t3[i:n] = sum[j:k](t2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0[i - tile_begin]);
                t2[j*128 + i - tile_begin] = v0;
                t3[i - tile_begin] += v0;
            }
        }

        /* t4[i:n] = t1[i] + log(t3[i]), in the place of t0 */
        /* t9[i:n] = 1 / t3[i], in the place of t3 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            t0[i - tile_begin] = t0_i + gradc_log(t3_i);
            t3[i - tile_begin] = 1.0 / t3_i;
        }

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t5[i:n] = max[j:k](B_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t5[i - tile_begin] = (t5[i - tile_begin] >= B_tile_ij || t5[i - tile_begin] != t5[i - tile_begin])
                    ? t5[i - tile_begin] : B_tile_ij;
            }
        }

        /* t6[i:n] = where(inf == abs(t5[i]), 0, t5[i]), in the place of t5 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            t5[i - tile_begin] = (double)INFINITY == fabs(t5_i) ? 0.0 : t5_i;
        }

        /* t7[i:n] = sum[j:k](exp(B_tile[i, j] - t6[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t7[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t5[i - tile_begin])
                    + gradc_exp(B_tile[(j + 1)*128 + i - tile_begin] - t5[i - tile_begin])
                    + gradc_exp(B_tile[(j + 2)*128 + i - tile_begin] - t5[i - tile_begin])
                    + gradc_exp(B_tile[(j + 3)*128 + i - tile_begin] - t5[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t7[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t5[i - tile_begin]);
            }
        }

        /* t8[i:n] = t6[i] + log(t7[i]), in the place of t5 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            t5[i - tile_begin] = t5_i + gradc_log(t7[i - tile_begin]);
        }

        /* t10[i:n] = sum[j:k](t2[i, j] * t9[i] * (A_tile[i, j] + t8[i] - t4[i] - B_tile[i, j])), in the place of
         *    t7 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = A_tile[j*128 + i - tile_begin] + t5[i - tile_begin] - t0[i - tile_begin]
                    - B_tile[j*128 + i - tile_begin];
                const double v1 = A_tile[(j + 1)*128 + i - tile_begin] + t5[i - tile_begin] - t0[i - tile_begin]
                    - B_tile[(j + 1)*128 + i - tile_begin];
                const double v2 = A_tile[(j + 2)*128 + i - tile_begin] + t5[i - tile_begin] - t0[i - tile_begin]
                    - B_tile[(j + 2)*128 + i - tile_begin];
                const double v3 = A_tile[(j + 3)*128 + i - tile_begin] + t5[i - tile_begin] - t0[i - tile_begin]
                    - B_tile[(j + 3)*128 + i - tile_begin];
                t7[i - tile_begin] += t2[j*128 + i - tile_begin] * t3[i - tile_begin] * v0
                    + t2[(j + 1)*128 + i - tile_begin] * t3[i - tile_begin] * v1 + t2[(j + 2)*128 + i - tile_begin]
                    * t3[i - tile_begin] * v2 + t2[(j + 3)*128 + i - tile_begin] * t3[i - tile_begin] * v3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = A_tile[j*128 + i - tile_begin] + t5[i - tile_begin] - t0[i - tile_begin]
                    - B_tile[j*128 + i - tile_begin];
                t7[i - tile_begin] += t2[j*128 + i - tile_begin] * t3[i - tile_begin] * v0;
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

struct kl_divergence_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *A;
    const double *B;
    double *t11_parts;
};

static GRADC_APART void kl_divergence_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_value_rows0 *const given = context;
    kl_divergence_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->A, given->B, given->t11_parts);
}

int kl_divergence_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 61*k + 59, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t11_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct kl_divergence_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, A, B, t11_parts};
        gradc_run(parts, kl_divergence_value_team0, &given);
    } else {
        kl_divergence_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, A, B, t11_parts);
    }
    double t11 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t11 += t11_parts[part];
    }

    /* value = t11 / n */
    *value = t11 / (double)n;
    return 0;
}

size_t kl_divergence_forward_work(int64_t n, int64_t k)
{
    if (49152.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 61*k + 59, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void kl_divergence_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                    unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                    int64_t k, const double *restrict A, double *restrict t0,
                                                    const double *restrict B, double *restrict t1,
                                                    double *restrict t9_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    double t9_part = 0.0;
    double t9_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t0[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0_[i - tile_begin] = (t0_[i - tile_begin] >= A_tile_ij || t0_[i - tile_begin] != t0_[i - tile_begin])
                    ? t0_[i - tile_begin] : A_tile_ij;
            }
        }

        /* t1[i:n] = where(inf == abs(t0[i]), 0, t0[i]), in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0_[i - tile_begin];
            t0_[i - tile_begin] = (double)INFINITY == fabs(t0_i) ? 0.0 : t0_i;
        }

        /* t2[i:n, j:k] = exp(A_tile[i, j] - t1[i]) */
        /* t3[i:n] = sum[j:k](t2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0_[i - tile_begin]);
                t2[j*128 + i - tile_begin] = v0;
                t3[i - tile_begin] += v0;
            }
        }

        /* t0_2[i:n] = t1[i] + log(t3[i]) */
        /* t7[i:n] = 1 / t3[i], in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0_[i - tile_begin];
            const double t3_i = t3[i - tile_begin];
            t0[i] = t0_i + gradc_log(t3_i);
            t0_[i - tile_begin] = 1.0 / t3_i;
        }

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t4[i:n] = max[j:k](B_tile[i, j]), in the place of t3 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t3[i - tile_begin] = (t3[i - tile_begin] >= B_tile_ij || t3[i - tile_begin] != t3[i - tile_begin])
                    ? t3[i - tile_begin] : B_tile_ij;
            }
        }

        /* t5[i:n] = where(inf == abs(t4[i]), 0, t4[i]), in the place of t3 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i - tile_begin];
            t3[i - tile_begin] = (double)INFINITY == fabs(t3_i) ? 0.0 : t3_i;
        }

        /* t6[i:n] = sum[j:k](exp(B_tile[i, j] - t5[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t6[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t3[i - tile_begin])
                    + gradc_exp(B_tile[(j + 1)*128 + i - tile_begin] - t3[i - tile_begin])
                    + gradc_exp(B_tile[(j + 2)*128 + i - tile_begin] - t3[i - tile_begin])
                    + gradc_exp(B_tile[(j + 3)*128 + i - tile_begin] - t3[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t6[i - tile_begin] += gradc_exp(B_tile[j*128 + i - tile_begin] - t3[i - tile_begin]);
            }
        }

        /* t1_2[i:n] = t5[i] + log(t6[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i] = t3[i - tile_begin] + gradc_log(t6[i - tile_begin]);
        }

        /* t8[i:n] = sum[j:k](t2[i, j] * t7[i] * (A_tile[i, j] + t1_2[i] - t0_2[i] - B_tile[i, j])), in the place
         *    of t3 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = t2[j*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (A_tile[j*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[j*128 + i - tile_begin]);
                const double v1 = t2[(j + 1)*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (A_tile[(j + 1)*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[(j + 1)*128 + i - tile_begin]);
                const double v2 = t2[(j + 2)*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (A_tile[(j + 2)*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[(j + 2)*128 + i - tile_begin]);
                const double v3 = t2[(j + 3)*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (A_tile[(j + 3)*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[(j + 3)*128 + i - tile_begin]);
                t3[i - tile_begin] += v0 + v1 + v2 + v3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = t2[j*128 + i - tile_begin] * t0_[i - tile_begin]
                    * (A_tile[j*128 + i - tile_begin] + t1[i] - t0[i] - B_tile[j*128 + i - tile_begin]);
                t3[i - tile_begin] += v0;
            }
        }

        /* t9 = sum[i:n](t8[i]) */
        double t9_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9_part_sum += t3[i - tile_begin];
        }
        gradc_add(&t9_part, &t9_part_low, t9_part_sum);
    }
    t9_part = gradc_rounded(t9_part, t9_part_low);
    t9_parts[part] = t9_part;
}

struct kl_divergence_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *A;
    double *t0;
    const double *B;
    double *t1;
    double *t9_parts;
};

static GRADC_APART void kl_divergence_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_forward_rows0 *const given = context;
    kl_divergence_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->A, given->t0, given->B, given->t1, given->t9_parts);
}

int kl_divergence_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          double *restrict value, double *restrict t0, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 61*k + 59, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t9_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct kl_divergence_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, A, t0, B, t1,
            t9_parts};
        gradc_run(parts, kl_divergence_forward_team0, &given);
    } else {
        kl_divergence_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, A, t0, B, t1, t9_parts);
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t9 += t9_parts[part];
    }

    /* value = t9 / n */
    *value = t9 / (double)n;
    return 0;
}

size_t kl_divergence_backward_work(int64_t n, int64_t k)
{
    if (49152.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 114*k, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void kl_divergence_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                     unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                     int64_t k, const double *restrict A, const double *restrict B,
                                                     const double *restrict t0, double t2, const double *restrict t1,
                                                     double *restrict grad_A, double *restrict grad_B)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t3[i:n, j:k] = exp(A_tile[i, j] - t0[i]) */
        /* t4[i:n] = sum[j:k](let(s0 := A_tile[i, j] - t0[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0 -
         *    s1) - (t0[i] + s1), s3 := t3[i, j] * (1 + where(abs(s2) < 1, s2, 0)), t2 * s3 + t2 * (A_tile[i, j] +
         *    t1[i] - t0[i] - B_tile[i, j]) * s3)) */
        /* t6[i:n] = sum[j:k](let(s0 := A_tile[i, j] - t0[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0 -
         *    s1) - (t0[i] + s1), t3[i, j] * (1 + where(abs(s2) < 1, s2, 0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t6[i - tile_begin] = 0.0;
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
                t3[j*128 + i - tile_begin] = v1;
                t4[i - tile_begin] += t2 * v4 + t2 * (A_tile_ij + t1[i] - t0_i - B_tile[j*128 + i - tile_begin]) * v4;
                t6[i - tile_begin] += v4;
            }
        }

        /* t5[i:n, j:k] = let(s0 := A_tile[i, j] - t0[i], s1 := s0 - A_tile[i, j], s2 := A_tile[i, j] - (s0 - s1) -
         *    (t0[i] + s1), s3 := t3[i, j] * (1 + where(abs(s2) < 1, s2, 0)), where(-inf == A_tile[i, j], 0,
         *    -(t4[i] * s3)) + (t2 * s3 + t2 * (A_tile[i, j] + t1[i] - t0[i] - B_tile[i, j]) * s3)), in the place
         *    of A_tile */
        /* t7[i:n, j:k] = let(s0 := B_tile[i, j] - t1[i], s1 := s0 - B_tile[i, j], s2 := B_tile[i, j] - (s0 - s1) -
         *    (t1[i] + s1), s3 := A_tile[i, j] - t0[i], s4 := s3 - A_tile[i, j], s5 := A_tile[i, j] - (s3 - s4) -
         *    (t0[i] + s4), where(-inf == B_tile[i, j], 0, t2 * t6[i] * (exp(s0) * (1 + where(abs(s2) < 1, s2,
         *    0)))) - t2 * (t3[i, j] * (1 + where(abs(s5) < 1, s5, 0)))), in the place of B_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double t0_i = t0[i];
                const double v0 = A_tile_ij - t0_i;
                const double v1 = v0 - A_tile_ij;
                const double v2 = A_tile_ij - (v0 - v1) - (t0_i + v1);
                const double v3 = t3[j*128 + i - tile_begin] * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0));
                const double v4 = t2 * v3;
                const double t1_i = t1[i];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v5 = (-(double)INFINITY == A_tile_ij ? 0.0 : -(t4[i - tile_begin] * v3))
                    + (v4 + t2 * (A_tile_ij + t1_i - t0_i - B_tile_ij) * v3);
                const double v6 = B_tile_ij - t1_i;
                const double v7 = v6 - B_tile_ij;
                const double v8 = B_tile_ij - (v6 - v7) - (t1_i + v7);
                const double v9 = -(double)INFINITY == B_tile_ij ? 0.0 : t2 * t6[i - tile_begin]
                    * (gradc_exp(v6) * (1.0 + (fabs(v8) < 1.0 ? v8 : 0.0)));
                A_tile[j*128 + i - tile_begin] = v5;
                B_tile[j*128 + i - tile_begin] = v9 - v4;
            }
        }

        /* grad_A[i:n, j:k] = t5[i, j] */
        gradc_transpose(k, tile_end - tile_begin, A_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = t7[i, j] */
        gradc_transpose(k, tile_end - tile_begin, B_tile, 128, &grad_B[tile_begin*k], k);
    }
}

struct kl_divergence_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *A;
    const double *B;
    const double *t0;
    double t2;
    const double *t1;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void kl_divergence_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_backward_rows0 *const given = context;
    kl_divergence_backward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->A, given->B, given->t0, given->t2, given->t1, given->grad_A, given->grad_B);
}

int kl_divergence_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                           const double *restrict t0, const double *restrict t1, double cotangent,
                           double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 114*k, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct kl_divergence_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, A, B, t0, t2, t1,
            grad_A, grad_B};
        gradc_run(parts, kl_divergence_backward_team0, &given);
    } else {
        kl_divergence_backward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, A, B, t0, t2, t1, grad_A, grad_B);
    }
    return 0;
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

static GRADC_APART void kl_divergence_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                           unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                           int64_t k, const double *restrict A,
                                                           const double *restrict B, double t13,
                                                           double *restrict grad_A, double *restrict grad_B,
                                                           double *restrict t12_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const B_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t16 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t11 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t14 = (void *)tile_own;
    double t12_part = 0.0;
    double t12_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* A_tile[i:n, j:k] = A[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &A[tile_begin*k], k, A_tile, 128);

        /* t0[i:n] = max[j:k](A_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] = (t0[i - tile_begin] >= A_tile_ij || t0[i - tile_begin] != t0[i - tile_begin])
                    ? t0[i - tile_begin] : A_tile_ij;
            }
        }

        /* t1[i:n] = where(inf == abs(t0[i]), 0, t0[i]), in the place of t0 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            t0[i - tile_begin] = (double)INFINITY == fabs(t0_i) ? 0.0 : t0_i;
        }

        /* t2[i:n, j:k] = exp(A_tile[i, j] - t1[i]) */
        /* t3[i:n] = sum[j:k](t2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(A_tile[j*128 + i - tile_begin] - t0[i - tile_begin]);
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

        /* B_tile[i:n, j:k] = B[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &B[tile_begin*k], k, B_tile, 128);

        /* t5[i:n] = max[j:k](B_tile[i, j]) */
        /* t16[i:n] = sum[j:k](t2[i, j] * t10[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t5[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t16[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                t5[i - tile_begin] = (t5[i - tile_begin] >= B_tile_ij || t5[i - tile_begin] != t5[i - tile_begin])
                    ? t5[i - tile_begin] : B_tile_ij;
                t16[i - tile_begin] += t2[j*128 + i - tile_begin] * t3[i - tile_begin];
            }
        }

        /* t6[i:n] = where(inf == abs(t5[i]), 0, t5[i]), in the place of t5 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            t5[i - tile_begin] = (double)INFINITY == fabs(t5_i) ? 0.0 : t5_i;
        }

        /* t7[i:n, j:k] = exp(B_tile[i, j] - t6[i]) */
        /* t8[i:n] = sum[j:k](t7[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t8[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(B_tile[j*128 + i - tile_begin] - t5[i - tile_begin]);
                t7[j*128 + i - tile_begin] = v0;
                t8[i - tile_begin] += v0;
            }
        }

        /* t9[i:n] = t6[i] + log(t8[i]), in the place of t8 */
        /* t17[i:n] = 1 / t8[i], in the place of t5 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t5_i = t5[i - tile_begin];
            const double t8_i = t8[i - tile_begin];
            t8[i - tile_begin] = t5_i + gradc_log(t8_i);
            t5[i - tile_begin] = 1.0 / t8_i;
        }

        /* t11[i:n] = sum[j:k](t2[i, j] * t10[i] * (A_tile[i, j] + t9[i] - t4[i] - B_tile[i, j])) */
        /* t14[i:n] = sum[j:k](let(s0 := t2[i, j] * t10[i], t13 * s0 + s0 * (t13 * (A_tile[i, j] + t9[i] - t4[i] -
         *    B_tile[i, j])))) */
        /* t18[i:n, j:k] = where(-inf == B_tile[i, j], 0, t13 * t16[i] * (t7[i, j] * t17[i])) - t13 * (t2[i, j] *
         *    t10[i]), in the place of t7 */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t11[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t14[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = t2[j*128 + i - tile_begin] * t3[i - tile_begin];
                const double B_tile_ij = B_tile[j*128 + i - tile_begin];
                const double v1 = A_tile[j*128 + i - tile_begin] + t8[i - tile_begin] - t0[i - tile_begin]
                    - B_tile_ij;
                const double v2 = t13 * v0;
                const double t7_ij = t7[j*128 + i - tile_begin];
                t11[i - tile_begin] += v0 * v1;
                t14[i - tile_begin] += v2 + v0 * (t13 * v1);
                t7[j*128 + i - tile_begin] = (-(double)INFINITY == B_tile_ij ? 0.0 : t7_ij * t5[i - tile_begin]
                    * (t13 * t16[i - tile_begin])) - v2;
            }
        }

        /* t15[i:n, j:k] = let(s0 := t2[i, j] * t10[i], where(-inf == A_tile[i, j], 0, -(t14[i] * s0)) + (t13 * s0
         *    + s0 * (t13 * (A_tile[i, j] + t9[i] - t4[i] - B_tile[i, j])))), in the place of A_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double A_tile_ij = A_tile[j*128 + i - tile_begin];
                const double v0 = t2[j*128 + i - tile_begin] * t3[i - tile_begin];
                const double v1 = t13 * (A_tile_ij + t8[i - tile_begin] - t0[i - tile_begin]
                    - B_tile[j*128 + i - tile_begin]);
                A_tile[j*128 + i - tile_begin] = (-(double)INFINITY == A_tile_ij ? 0.0 : -(t14[i - tile_begin] * v0))
                    + (t13 * v0 + v0 * v1);
            }
        }

        /* t12 = sum[i:n](t11[i]) */
        double t12_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t12_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t12_part_sum += t11[i - tile_begin];
        }
        gradc_add(&t12_part, &t12_part_low, t12_part_sum);

        /* grad_A[i:n, j:k] = t15[i, j] */
        gradc_transpose(k, tile_end - tile_begin, A_tile, 128, &grad_A[tile_begin*k], k);

        /* grad_B[i:n, j:k] = t18[i, j] */
        gradc_transpose(k, tile_end - tile_begin, t7, 128, &grad_B[tile_begin*k], k);
    }
    t12_part = gradc_rounded(t12_part, t12_part_low);
    t12_parts[part] = t12_part;
}

struct kl_divergence_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *A;
    const double *B;
    double t13;
    double *grad_A;
    double *grad_B;
    double *t12_parts;
};

static GRADC_APART void kl_divergence_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct kl_divergence_value_and_grad_rows0 *const given = context;
    kl_divergence_value_and_grad_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->A, given->B, given->t13, given->grad_A, given->grad_B, given->t12_parts);
}

int kl_divergence_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                 double *restrict value, double *restrict grad_A, double *restrict grad_B,
                                 void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t13 = 1 / n */
    const double t13 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 101*k + 63, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t12_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct kl_divergence_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, A, B, t13,
            grad_A, grad_B, t12_parts};
        gradc_run(parts, kl_divergence_value_and_grad_team0, &given);
    } else {
        kl_divergence_value_and_grad_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, A, B, t13, grad_A, grad_B,
            t12_parts);
    }
    double t12 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t12 += t12_parts[part];
    }

    /* value = t12 / n */
    *value = t12 / (double)n;
    return 0;
}
