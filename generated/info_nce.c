/* info_nce: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], tau: real):
 *         t0[i:n] = norm[j:k](B[i, j])
 *         B_2[i:n, j:k] = B[i, j] / t0[i]
 *         t1[i:n] = norm[j:k](A[i, j])
 *         A_2[i:n, j:k] = A[i, j] / t1[i]
 *         t2[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j])
 *         S[i:n, j:n] = t2[i, j] / tau
 *         t3[i:n] = logsumexp[j:n](S[i, j])
 *         t4 = sum[i:n](t3[i] - S[i, i])
 *         value = t4 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
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

#include "info_nce.h"

size_t info_nce_value_work(int64_t n, int64_t k)
{
    if (16.0*(double)k*(double)n + 8192.0*(double)n + 106496.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + (size_t)gradc_parts(n, 24*k + 48, 0)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)))
        + (size_t)gradc_parts(n, 3*k*n + 29*n + 29, 0) * (gradc_bytes(32*gradc_width(n), sizeof(double))
        + gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double)) + gradc_bytes(32, sizeof(double)));
}

static GRADC_APART void info_nce_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                             unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                             const double *restrict B, const double *restrict A,
                                             double *restrict B_2, double *restrict A_2)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t1[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * B[i, j], s0 * s0)) */
        /* t2[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * B[i, j], s0 * s0)) */
        /* t4[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        /* t5[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * A[i, j], s0 * s0)) */
        /* t6[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * A[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            double t4_sum = 0.0;
            double t5_sum = 0.0;
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum, t4_sum, t5_sum, t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double v0 = 2.778448436856347e-163 * B_ij;
                const double v1 = 3.599131035634557e+162 * B_ij;
                const double A_ij = A[i*k + j];
                const double v2 = 2.778448436856347e-163 * A_ij;
                const double v3 = 3.599131035634557e+162 * A_ij;
                t0_sum += B_ij * B_ij;
                t1_sum += v0 * v0;
                t2_sum += v1 * v1;
                t4_sum += A_ij * A_ij;
                t5_sum += v2 * v2;
                t6_sum += v3 * v3;
            }
            t0[i - tile_begin] = t0_sum;
            t1[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
            t4[i - tile_begin] = t4_sum;
            t5[i - tile_begin] = t5_sum;
            t6[i - tile_begin] = t6_sum;
        }

        /* t3[i:n] = where(t0[i] < 1e-280, sqrt(t2[i]) / 3.599131035634557e+162, where(t0[i] <= 1e+300,
         *    sqrt(t0[i]), 3.599131035634557e+162 * sqrt(t1[i]))), in the place of t0 */
        /* t7[i:n] = where(t4[i] < 1e-280, sqrt(t6[i]) / 3.599131035634557e+162, where(t4[i] <= 1e+300,
         *    sqrt(t4[i]), 3.599131035634557e+162 * sqrt(t5[i]))), in the place of t1 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double t1_i = t1[i - tile_begin];
            const double v0 = t0_i < 1e-280 ? sqrt(t2[i - tile_begin]) / 3.599131035634557e+162
                : (t0_i <= 1e+300 ? sqrt(t0_i) : 3.599131035634557e+162 * sqrt(t1_i));
            const double t4_i = t4[i - tile_begin];
            const double v1 = t4_i <= 1e+300 ? sqrt(t4_i) : 3.599131035634557e+162 * sqrt(t5[i - tile_begin]);
            t0[i - tile_begin] = v0;
            t1[i - tile_begin] = t4_i < 1e-280 ? sqrt(t6[i - tile_begin]) / 3.599131035634557e+162 : v1;
        }

        /* B_2[i:n, j:k] = B[i, j] / t3[i] */
        /* A_2[i:n, j:k] = A[i, j] / t7[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double t1_i = t1[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                B_2[i*k + j] = B[i*k + j] / t0_i;
                A_2[i*k + j] = A[i*k + j] / t1_i;
            }
        }
    }
}

struct info_nce_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const double *A;
    double *B_2;
    double *A_2;
};

static GRADC_APART void info_nce_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_rows0 *const given = context;
    info_nce_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->B, given->A, given->B_2, given->A_2);
}

static GRADC_APART void info_nce_value_rows1(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                             unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                             double *restrict A_2, double *restrict B_2, double tau,
                                             double *restrict t13_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(32*gradc_width(n), sizeof(double));
    double *const S = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t9 = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const t11 = (void *)tile_own;
    double t13_part = 0.0;
    double t13_part_low = 0.0;
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 32) {
        const int64_t tile_end = tile_begin + 32 < part_end ? tile_begin + 32 : part_end;
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t9[j - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* t8[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &A_2[tile_begin*k], k, 1,
                &B_2[strip_begin*k], 1, k, NULL, 0, t8, 1, 32, 0, 0);

            /* S[i:n, j:n] = t8[i, j] / tau */
            /* t9[i:n] = max[j:n](S[i, j]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = tile_begin; j < tile_end; ++j) {
                    const double v0 = t8[(i - strip_begin)*32 + j - tile_begin] / tau;
                    S[i*32 + j - tile_begin] = v0;
                    t9[j - tile_begin] = (t9[j - tile_begin] >= v0 || t9[j - tile_begin] != t9[j - tile_begin])
                        ? t9[j - tile_begin] : v0;
                }
            }
        }

        /* t10[i:n] = where(inf == abs(t9[i]), 0, t9[i]), in the place of t9 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t9_i = t9[i - tile_begin];
            t9[i - tile_begin] = (double)INFINITY == fabs(t9_i) ? 0.0 : t9_i;
        }

        /* t11[i:n] = sum[j:n](exp(S[i, j] - t10[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t11[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t11[j - tile_begin] += gradc_exp(S[i*32 + j - tile_begin] - t9[j - tile_begin])
                    + gradc_exp(S[(i + 1)*32 + j - tile_begin] - t9[j - tile_begin])
                    + gradc_exp(S[(i + 2)*32 + j - tile_begin] - t9[j - tile_begin])
                    + gradc_exp(S[(i + 3)*32 + j - tile_begin] - t9[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t11[j - tile_begin] += gradc_exp(S[i*32 + j - tile_begin] - t9[j - tile_begin]);
            }
        }

        /* t12[i:n] = t10[i] + log(t11[i]) */
        /* t13 = sum[i:n](t12[i] - S[i, i]) */
        double t13_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t13_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t13_part_sum += t9[i - tile_begin] + gradc_log(t11[i - tile_begin]) - S[i*32 + i - tile_begin];
        }
        gradc_add(&t13_part, &t13_part_low, t13_part_sum);
    }
    t13_part = gradc_rounded(t13_part, t13_part_low);
    t13_parts[part] = t13_part;
}

struct info_nce_value_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double *A_2;
    double *B_2;
    double tau;
    double *t13_parts;
};

static GRADC_APART void info_nce_value_team1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_rows1 *const given = context;
    info_nce_value_rows1(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->A_2, given->B_2, given->tau, given->t13_parts);
}

int info_nce_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                   double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 24*k + 48, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
    unsigned char *const tile_scratch_ = (void *)scratch;
    const int64_t parts = gradc_parts(n, 24*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct info_nce_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, A, B_2, A_2};
        gradc_run(parts, info_nce_value_team0, &given);
    } else {
        info_nce_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, A, B_2, A_2);
    }
    const int64_t parts_ = gradc_parts(n, 3*k*n + 29*n + 29, 0);
    const size_t tile_bytes_ = gradc_bytes(32*gradc_width(n), sizeof(double)) + gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32, sizeof(double));
    double t13_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct info_nce_value_rows1 given = {n, parts_, tile_scratch_, tile_bytes_, k, A_2, B_2, tau,
            t13_parts};
        gradc_run(parts_, info_nce_value_team1, &given);
    } else {
        info_nce_value_rows1(0, 0, n, parts_, tile_scratch_, tile_bytes_, k, A_2, B_2, tau, t13_parts);
    }
    double t13 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t13 += t13_parts[part];
    }

    /* value = t13 / n */
    *value = t13 / (double)n;
    return 0;
}

size_t info_nce_forward_work(int64_t n, int64_t k)
{
    if (16.0*(double)k*(double)n + 4096.0*(double)n + 106496.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + (size_t)gradc_parts(n, 24*k + 48, 0)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)))
        + (size_t)gradc_parts(n, 3*k*n + 29*n + 29, 0) * (gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32, sizeof(double)));
}

static GRADC_APART void info_nce_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                               unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                               const double *restrict B, const double *restrict A,
                                               double *restrict t0, double *restrict t1, double *restrict B_2,
                                               double *restrict A_2)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t1[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * B[i, j], s0 * s0)) */
        /* t2[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * B[i, j], s0 * s0)) */
        /* t3[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        /* t4[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * A[i, j], s0 * s0)) */
        /* t5[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * A[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            double t3_sum = 0.0;
            double t4_sum = 0.0;
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum, t3_sum, t4_sum, t5_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double v0 = 2.778448436856347e-163 * B_ij;
                const double v1 = 3.599131035634557e+162 * B_ij;
                const double A_ij = A[i*k + j];
                const double v2 = 2.778448436856347e-163 * A_ij;
                const double v3 = 3.599131035634557e+162 * A_ij;
                t0_sum += B_ij * B_ij;
                t1_sum += v0 * v0;
                t2_sum += v1 * v1;
                t3_sum += A_ij * A_ij;
                t4_sum += v2 * v2;
                t5_sum += v3 * v3;
            }
            t0_[i - tile_begin] = t0_sum;
            t1_[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
            t3[i - tile_begin] = t3_sum;
            t4[i - tile_begin] = t4_sum;
            t5[i - tile_begin] = t5_sum;
        }

        /* t0_2[i:n] = where(t0[i] < 1e-280, sqrt(t2[i]) / 3.599131035634557e+162, where(t0[i] <= 1e+300,
         *    sqrt(t0[i]), 3.599131035634557e+162 * sqrt(t1[i]))) */
        /* t1_2[i:n] = where(t3[i] < 1e-280, sqrt(t5[i]) / 3.599131035634557e+162, where(t3[i] <= 1e+300,
         *    sqrt(t3[i]), 3.599131035634557e+162 * sqrt(t4[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0_[i - tile_begin];
            const double v0 = t0_i <= 1e+300 ? sqrt(t0_i) : 3.599131035634557e+162 * sqrt(t1_[i - tile_begin]);
            const double t3_i = t3[i - tile_begin];
            const double v1 = t3_i <= 1e+300 ? sqrt(t3_i) : 3.599131035634557e+162 * sqrt(t4[i - tile_begin]);
            t0[i] = t0_i < 1e-280 ? sqrt(t2[i - tile_begin]) / 3.599131035634557e+162 : v0;
            t1[i] = t3_i < 1e-280 ? sqrt(t5[i - tile_begin]) / 3.599131035634557e+162 : v1;
        }

        /* B_2[i:n, j:k] = B[i, j] / t0_2[i] */
        /* A_2[i:n, j:k] = A[i, j] / t1_2[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i];
            const double t1_i = t1[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                B_2[i*k + j] = B[i*k + j] / t0_i;
                A_2[i*k + j] = A[i*k + j] / t1_i;
            }
        }
    }
}

struct info_nce_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const double *A;
    double *t0;
    double *t1;
    double *B_2;
    double *A_2;
};

static GRADC_APART void info_nce_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_forward_rows0 *const given = context;
    info_nce_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->B, given->A, given->t0, given->t1, given->B_2, given->A_2);
}

static GRADC_APART void info_nce_forward_rows1(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                               unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                               double *restrict A_2, double *restrict B_2, double *restrict t2,
                                               double tau, double *restrict t3, double *restrict t9_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const S = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const t8 = (void *)tile_own;
    double t9_part = 0.0;
    double t9_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 32) {
        const int64_t tile_end = tile_begin + 32 < part_end ? tile_begin + 32 : part_end;

        /* t2_2[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j]) */
        gradc_product(tile_end - tile_begin, n, k, &A_2[tile_begin*k], k, 1, B_2, 1, k, NULL, 0, &t2[tile_begin*n], n,
            1, 0, 0);

        /* S[i:n, j:n] = t2_2[i, j] / tau */
        /* t6[i:n] = max[j:n](S[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t6_max = -(double)INFINITY;
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = t2[i*n + j] / tau;
                S[(i - tile_begin)*n + j] = v0;
                t6_max = (t6_max >= v0 || t6_max != t6_max) ? t6_max : v0;
            }
            t6[i - tile_begin] = t6_max;
        }

        /* t7[i:n] = where(inf == abs(t6[i]), 0, t6[i]), in the place of t6 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t6_i = t6[i - tile_begin];
            t6[i - tile_begin] = (double)INFINITY == fabs(t6_i) ? 0.0 : t6_i;
        }

        /* t8[i:n] = sum[j:n](exp(S[i, j] - t7[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t6_i = t6[i - tile_begin];
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t j = 0; j < n; ++j) {
                t8_sum += gradc_exp(S[(i - tile_begin)*n + j] - t6_i);
            }
            t8[i - tile_begin] = t8_sum;
        }

        /* t3_2[i:n] = t7[i] + log(t8[i]) */
        /* t9 = sum[i:n](t3_2[i] - S[i, i]) */
        double t9_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t6[i - tile_begin] + gradc_log(t8[i - tile_begin]);
            t3[i] = v0;
            t9_part_sum += v0 - S[(i - tile_begin)*n + i];
        }
        gradc_add(&t9_part, &t9_part_low, t9_part_sum);
    }
    t9_part = gradc_rounded(t9_part, t9_part_low);
    t9_parts[part] = t9_part;
}

struct info_nce_forward_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double *A_2;
    double *B_2;
    double *t2;
    double tau;
    double *t3;
    double *t9_parts;
};

static GRADC_APART void info_nce_forward_team1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_forward_rows1 *const given = context;
    info_nce_forward_rows1(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->A_2, given->B_2, given->t2, given->tau, given->t3, given->t9_parts);
}

int info_nce_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                     double *restrict value, double *restrict t0, double *restrict t1, double *restrict t2,
                     double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 24*k + 48, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
    unsigned char *const tile_scratch_ = (void *)scratch;
    const int64_t parts = gradc_parts(n, 24*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct info_nce_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, A, t0, t1, B_2, A_2};
        gradc_run(parts, info_nce_forward_team0, &given);
    } else {
        info_nce_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, A, t0, t1, B_2, A_2);
    }
    const int64_t parts_ = gradc_parts(n, 3*k*n + 29*n + 29, 0);
    const size_t tile_bytes_ = gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double))
        + gradc_bytes(32, sizeof(double));
    double t9_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct info_nce_forward_rows1 given = {n, parts_, tile_scratch_, tile_bytes_, k, A_2, B_2, t2, tau, t3,
            t9_parts};
        gradc_run(parts_, info_nce_forward_team1, &given);
    } else {
        info_nce_forward_rows1(0, 0, n, parts_, tile_scratch_, tile_bytes_, k, A_2, B_2, t2, tau, t3, t9_parts);
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t9 += t9_parts[part];
    }

    /* value = t9 / n */
    *value = t9 / (double)n;
    return 0;
}

size_t info_nce_backward_work(int64_t n, int64_t k)
{
    if (144.0*(double)k*(double)n + 8.0*(double)n*(double)n + 32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double))
        + (size_t)gradc_parts(n, 3*k*n + 12*k + 40*n, k*n) * gradc_bytes(k*n, sizeof(double))
        + (size_t)gradc_parts(n, 3*k*n + 12*k + 40*n, k*n) * gradc_bytes(128*k, sizeof(double))
        + (size_t)gradc_parts(n, 3*k*n + 38*k + 16, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void info_nce_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                unsigned char *restrict part_scratch, size_t part_bytes,
                                                double *restrict B_bar, int64_t k,
                                                unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                const double *restrict t0, const double *restrict t1,
                                                double *restrict B_2, const double *restrict B,
                                                const double *restrict A, double t4, const double *restrict t3,
                                                const double *restrict t2, double tau, double *restrict t5)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const B_bar_part = part == 0 ? B_bar : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_2 = (void *)tile_own;
    for (int64_t at = 0; at < k*n; ++at) {
        B_bar_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* B_2[i:n, j:k] = B[i, j] / t0[i] */
        /* A_2[i:n, j:k] = A[i, j] / t1[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i];
            const double t1_i = t1[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                B_2[i*k + j] = B[i*k + j] / t0_i;
                A_2[(i - tile_begin)*k + j] = A[i*k + j] / t1_i;
            }
        }

        /* S[i:n, j:n] = t2[i, j] / tau */
        /* t5[i:n, j:n] = (where(j == i, -t4, 0) + where(-inf == S[i, j], 0, t4 * exp(S[i, j] - t3[i]))) / tau */
        const double v0 = -t4;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = t2[i*n + j] / tau;
                t5[i*n + j] = ((j == i ? v0 : 0.0) + (-(double)INFINITY == v1 ? 0.0 : t4 * gradc_exp(v1 - t3_i)))
                    / tau;
            }
        }

        /* B_bar[i:n, j:k] = sum[l:n](t5[l, i] * A_2[l, j]) */
        gradc_product(n, k, tile_end - tile_begin, &t5[tile_begin*n], 1, n, A_2, k, 1, NULL, 0, B_bar_part, k, 1, 1,
            0);
    }
}

struct info_nce_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *B_bar;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *t0;
    const double *t1;
    double *B_2;
    const double *B;
    const double *A;
    double t4;
    const double *t3;
    const double *t2;
    double tau;
    double *t5;
};

static GRADC_APART void info_nce_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_backward_rows0 *const given = context;
    info_nce_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->B_bar, given->k, given->tile_scratch, given->tile_bytes, given->t0, given->t1, given->B_2, given->B,
        given->A, given->t4, given->t3, given->t2, given->tau, given->t5);
}

static GRADC_APART void info_nce_backward_rows1(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                double *restrict B_2, double *restrict t5, const double *restrict A,
                                                const double *restrict B, double *restrict B_bar,
                                                const double *restrict t1, const double *restrict t0,
                                                double *restrict grad_A, double *restrict grad_B)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* A_bar[i:n, j:k] = sum[l:n](B_2[l, j] * t5[i, l]) */
        gradc_product(k, tile_end - tile_begin, n, B_2, 1, k, &t5[tile_begin*n], 1, n, NULL, 0, A_bar, 1, k, 0, 0);

        /* t6[i:n] = sum[j:k](A[i, j] * A_bar[i, j]) */
        /* t8[i:n] = sum[j:k](B[i, j] * B_bar[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t6_sum = 0.0;
            double t8_sum = 0.0;
            double t6_sum_ = 0.0;
            double t8_sum_ = 0.0;
            double t6_sum_2 = 0.0;
            double t8_sum_2 = 0.0;
            double t6_sum_3 = 0.0;
            double t8_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t6_sum, t8_sum, t6_sum_, t8_sum_, t6_sum_2, t8_sum_2, t6_sum_3, t8_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t6_sum += A[i*k + j] * A_bar[(i - tile_begin)*k + j];
                t8_sum += B[i*k + j] * B_bar[i*k + j];
                t6_sum_ += A[(i + 1)*k + j] * A_bar[(i + 1 - tile_begin)*k + j];
                t8_sum_ += B[(i + 1)*k + j] * B_bar[(i + 1)*k + j];
                t6_sum_2 += A[(i + 2)*k + j] * A_bar[(i + 2 - tile_begin)*k + j];
                t8_sum_2 += B[(i + 2)*k + j] * B_bar[(i + 2)*k + j];
                t6_sum_3 += A[(i + 3)*k + j] * A_bar[(i + 3 - tile_begin)*k + j];
                t8_sum_3 += B[(i + 3)*k + j] * B_bar[(i + 3)*k + j];
            }
            t6[i - tile_begin] = t6_sum;
            t8[i - tile_begin] = t8_sum;
            t6[i + 1 - tile_begin] = t6_sum_;
            t8[i + 1 - tile_begin] = t8_sum_;
            t6[i + 2 - tile_begin] = t6_sum_2;
            t8[i + 2 - tile_begin] = t8_sum_2;
            t6[i + 3 - tile_begin] = t6_sum_3;
            t8[i + 3 - tile_begin] = t8_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t6_sum = 0.0;
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum, t8_sum))
            for (int64_t j = 0; j < k; ++j) {
                t6_sum += A[i*k + j] * A_bar[(i - tile_begin)*k + j];
                t8_sum += B[i*k + j] * B_bar[i*k + j];
            }
            t6[i - tile_begin] = t6_sum;
            t8[i - tile_begin] = t8_sum;
        }

        /* t7[i:n] = -(t6[i] / (t1[i] * t1[i])), in the place of t6 */
        /* t9[i:n] = -(t8[i] / (t0[i] * t0[i])), in the place of t8 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t6_i = t6[i - tile_begin];
            const double t1_i = t1[i];
            const double t8_i = t8[i - tile_begin];
            const double t0_i = t0[i];
            t6[i - tile_begin] = -(t6_i / (t1_i * t1_i));
            t8[i - tile_begin] = -(t8_i / (t0_i * t0_i));
        }

        /* grad_A[i:n, j:k] = A_bar[i, j] / t1[i] + where(0 == t1[i], 0, A[i, j] * t7[i] / t1[i]) */
        /* grad_B[i:n, j:k] = B_bar[i, j] / t0[i] + where(0 == t0[i], 0, B[i, j] * t9[i] / t0[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const int v0 = 0.0 == t1_i;
            const double t6_i = t6[i - tile_begin];
            const double t0_i = t0[i];
            const int v1 = 0.0 == t0_i;
            const double t8_i = t8[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = A_bar[(i - tile_begin)*k + j] / t1_i + (v0 ? 0.0 : A[i*k + j] * t6_i / t1_i);
                grad_B[i*k + j] = B_bar[i*k + j] / t0_i + (v1 ? 0.0 : B[i*k + j] * t8_i / t0_i);
            }
        }
    }
}

struct info_nce_backward_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double *B_2;
    double *t5;
    const double *A;
    const double *B;
    double *B_bar;
    const double *t1;
    const double *t0;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void info_nce_backward_team1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_backward_rows1 *const given = context;
    info_nce_backward_rows1(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->B_2, given->t5, given->A, given->B, given->B_bar, given->t1, given->t0, given->grad_A, given->grad_B);
}

int info_nce_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                      const double *restrict t0, const double *restrict t1, const double *restrict t2,
                      const double *restrict t3, double cotangent, double *restrict grad_A, double *restrict grad_B,
                      void *restrict work)
{
    unsigned char *scratch = work;
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const B_bar = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*k*n + 12*k + 40*n, k*n) * gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*k*n + 12*k + 40*n, k*n) * gradc_bytes(128*k, sizeof(double));
    unsigned char *const tile_scratch_ = (void *)scratch;

    /* t4 = cotangent / n */
    const double t4 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*k*n + 12*k + 40*n, k*n);
    const size_t part_bytes = gradc_bytes(k*n, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double));
    if (parts > 1) {
        const struct info_nce_backward_rows0 given = {n, parts, part_scratch, part_bytes, B_bar, k, tile_scratch,
            tile_bytes, t0, t1, B_2, B, A, t4, t3, t2, tau, t5};
        gradc_run(parts, info_nce_backward_team0, &given);
    } else {
        info_nce_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, B_bar, k, tile_scratch, tile_bytes, t0, t1,
            B_2, B, A, t4, t3, t2, tau, t5);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const B_bar_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k*n; ++at) {
            B_bar[at] += B_bar_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 3*k*n + 38*k + 16, 0);
    const size_t tile_bytes_ = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    if (parts_ > 1) {
        const struct info_nce_backward_rows1 given = {n, parts_, tile_scratch_, tile_bytes_, k, B_2, t5, A, B, B_bar,
            t1, t0, grad_A, grad_B};
        gradc_run(parts_, info_nce_backward_team1, &given);
    } else {
        info_nce_backward_rows1(0, 0, n, parts_, tile_scratch_, tile_bytes_, k, B_2, t5, A, B, B_bar, t1, t0, grad_A,
            grad_B);
    }
    return 0;
}

size_t info_nce_value_and_grad_work(int64_t n, int64_t k)
{
    if (152.0*(double)k*(double)n + 4096.0*(double)k + 12304.0*(double)n + 122880.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(k*n, sizeof(double)) + gradc_bytes(k*n, sizeof(double)) + (size_t)gradc_parts(n, 24*k + 48, 0)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)))
        + (size_t)gradc_parts(n, 9*k*n + 19*k + 46*n + 41, k*n) * gradc_bytes(k*n, sizeof(double))
        + (size_t)gradc_parts(n, 9*k*n + 19*k + 46*n + 41, k*n) * (gradc_bytes(32*gradc_width(n), sizeof(double))
        + gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double)) + gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32*k, sizeof(double))) + (size_t)gradc_parts(n, 19*k + 8, 0)
        * gradc_bytes(128, sizeof(double));
}

static GRADC_APART void info_nce_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      int64_t k, const double *restrict B, const double *restrict A,
                                                      double *restrict t3, double *restrict t7, double *restrict B_2,
                                                      double *restrict A_2)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t1[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * B[i, j], s0 * s0)) */
        /* t2[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * B[i, j], s0 * s0)) */
        /* t4[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        /* t5[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * A[i, j], s0 * s0)) */
        /* t6[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * A[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            double t4_sum = 0.0;
            double t5_sum = 0.0;
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum, t4_sum, t5_sum, t6_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double v0 = 2.778448436856347e-163 * B_ij;
                const double v1 = 3.599131035634557e+162 * B_ij;
                const double A_ij = A[i*k + j];
                const double v2 = 2.778448436856347e-163 * A_ij;
                const double v3 = 3.599131035634557e+162 * A_ij;
                t0_sum += B_ij * B_ij;
                t1_sum += v0 * v0;
                t2_sum += v1 * v1;
                t4_sum += A_ij * A_ij;
                t5_sum += v2 * v2;
                t6_sum += v3 * v3;
            }
            t0[i - tile_begin] = t0_sum;
            t1[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
            t4[i - tile_begin] = t4_sum;
            t5[i - tile_begin] = t5_sum;
            t6[i - tile_begin] = t6_sum;
        }

        /* t3[i:n] = where(t0[i] < 1e-280, sqrt(t2[i]) / 3.599131035634557e+162, where(t0[i] <= 1e+300,
         *    sqrt(t0[i]), 3.599131035634557e+162 * sqrt(t1[i]))) */
        /* t7[i:n] = where(t4[i] < 1e-280, sqrt(t6[i]) / 3.599131035634557e+162, where(t4[i] <= 1e+300,
         *    sqrt(t4[i]), 3.599131035634557e+162 * sqrt(t5[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double v0 = t0_i <= 1e+300 ? sqrt(t0_i) : 3.599131035634557e+162 * sqrt(t1[i - tile_begin]);
            const double t4_i = t4[i - tile_begin];
            const double v1 = t4_i <= 1e+300 ? sqrt(t4_i) : 3.599131035634557e+162 * sqrt(t5[i - tile_begin]);
            t3[i] = t0_i < 1e-280 ? sqrt(t2[i - tile_begin]) / 3.599131035634557e+162 : v0;
            t7[i] = t4_i < 1e-280 ? sqrt(t6[i - tile_begin]) / 3.599131035634557e+162 : v1;
        }

        /* B_2[i:n, j:k] = B[i, j] / t3[i] */
        /* A_2[i:n, j:k] = A[i, j] / t7[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            const double t7_i = t7[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                B_2[i*k + j] = B[i*k + j] / t3_i;
                A_2[i*k + j] = A[i*k + j] / t7_i;
            }
        }
    }
}

struct info_nce_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    const double *A;
    double *t3;
    double *t7;
    double *B_2;
    double *A_2;
};

static GRADC_APART void info_nce_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_and_grad_rows0 *const given = context;
    info_nce_value_and_grad_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->A, given->t3, given->t7, given->B_2, given->A_2);
}

static GRADC_APART void info_nce_value_and_grad_rows1(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict part_scratch, size_t part_bytes,
                                                      double *restrict B_bar, int64_t k,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      double *restrict A_2, double *restrict B_2, double tau,
                                                      double t15, const double *restrict A, double *restrict t7,
                                                      double *restrict grad_A, double *restrict t14_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const B_bar_part = part == 0 ? B_bar : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(32*gradc_width(n), sizeof(double));
    double *const S = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t9 = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const t11 = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t12 = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const A_bar = (void *)tile_own;
    double t14_part = 0.0;
    double t14_part_low = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        B_bar_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 32) {
        const int64_t tile_end = tile_begin + 32 < part_end ? tile_begin + 32 : part_end;
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t9[j - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* t8[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &A_2[tile_begin*k], k, 1,
                &B_2[strip_begin*k], 1, k, NULL, 0, t8, 1, 32, 0, 0);

            /* S[i:n, j:n] = t8[i, j] / tau */
            /* t9[i:n] = max[j:n](S[i, j]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = tile_begin; j < tile_end; ++j) {
                    const double v0 = t8[(i - strip_begin)*32 + j - tile_begin] / tau;
                    S[i*32 + j - tile_begin] = v0;
                    t9[j - tile_begin] = (t9[j - tile_begin] >= v0 || t9[j - tile_begin] != t9[j - tile_begin])
                        ? t9[j - tile_begin] : v0;
                }
            }
        }

        /* t10[i:n] = where(inf == abs(t9[i]), 0, t9[i]), in the place of t9 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t9_i = t9[i - tile_begin];
            t9[i - tile_begin] = (double)INFINITY == fabs(t9_i) ? 0.0 : t9_i;
        }

        /* t11[i:n, j:n] = exp(S[i, j] - t10[i]) */
        /* t12[i:n] = sum[j:n](t11[i, j]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t12[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < n; ++i) {
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double v0 = gradc_exp(S[i*32 + j - tile_begin] - t9[j - tile_begin]);
                t11[i*32 + j - tile_begin] = v0;
                t12[j - tile_begin] += v0;
            }
        }

        /* t13[i:n] = t10[i] + log(t12[i]) */
        /* t14 = sum[i:n](t13[i] - S[i, i]) */
        /* t16[i:n] = 1 / t12[i], in the place of t9 */
        double t14_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t14_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t9_i = t9[i - tile_begin];
            const double t12_i = t12[i - tile_begin];
            t14_part_sum += t9_i + gradc_log(t12_i) - S[i*32 + i - tile_begin];
            t9[i - tile_begin] = 1.0 / t12_i;
        }
        gradc_add(&t14_part, &t14_part_low, t14_part_sum);
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                A_bar[(i - tile_begin)*k + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* t17[i:n, j:n] = (where(j == i, -t15, 0) + where(-inf == S[i, j], 0, t15 * (t11[i, j] * t16[i]))) /
             *    tau, in the place of t8 */
            const double v0 = -t15;
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = tile_begin; j < tile_end; ++j) {
                    const double v1 = -(double)INFINITY == S[i*32 + j - tile_begin] ? 0.0 : t15
                        * (t11[i*32 + j - tile_begin] * t9[j - tile_begin]);
                    t8[(i - strip_begin)*32 + j - tile_begin] = ((j == i ? v0 : 0.0) + v1) / tau;
                }
            }

            /* A_bar[i:n, j:k] = sum[l:n](B_2[l, j] * t17[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &B_2[strip_begin*k], 1, k, t8, 32, 1,
                NULL, 0, A_bar, 1, k, 1, 0);

            /* B_bar[i:n, j:k] = sum[l:n](A_2[l, j] * t17[l, i]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &A_2[tile_begin*k], 1, k, t8, 1, 32,
                NULL, 0, &B_bar_part[strip_begin*k], 1, k, 1, 0);
        }

        /* t18[i:n] = sum[j:k](A[i, j] * A_bar[i, j]), in the place of t9 */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t9_sum = 0.0;
            double t9_sum_ = 0.0;
            double t9_sum_2 = 0.0;
            double t9_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t9_sum, t9_sum_, t9_sum_2, t9_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t9_sum += A[i*k + j] * A_bar[(i - tile_begin)*k + j];
                t9_sum_ += A[(i + 1)*k + j] * A_bar[(i + 1 - tile_begin)*k + j];
                t9_sum_2 += A[(i + 2)*k + j] * A_bar[(i + 2 - tile_begin)*k + j];
                t9_sum_3 += A[(i + 3)*k + j] * A_bar[(i + 3 - tile_begin)*k + j];
            }
            t9[i - tile_begin] = t9_sum;
            t9[i + 1 - tile_begin] = t9_sum_;
            t9[i + 2 - tile_begin] = t9_sum_2;
            t9[i + 3 - tile_begin] = t9_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t9_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_sum))
            for (int64_t j = 0; j < k; ++j) {
                t9_sum += A[i*k + j] * A_bar[(i - tile_begin)*k + j];
            }
            t9[i - tile_begin] = t9_sum;
        }

        /* t19[i:n] = -(t18[i] / (t7[i] * t7[i])), in the place of t9 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t9_i = t9[i - tile_begin];
            const double t7_i = t7[i];
            t9[i - tile_begin] = -(t9_i / (t7_i * t7_i));
        }

        /* grad_A[i:n, j:k] = A_bar[i, j] / t7[i] + where(0 == t7[i], 0, A[i, j] * t19[i] / t7[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t7_i = t7[i];
            const int v0 = 0.0 == t7_i;
            const double t9_i = t9[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = A_bar[(i - tile_begin)*k + j] / t7_i + (v0 ? 0.0 : A[i*k + j] * t9_i / t7_i);
            }
        }
    }
    t14_part = gradc_rounded(t14_part, t14_part_low);
    t14_parts[part] = t14_part;
}

struct info_nce_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *B_bar;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double *A_2;
    double *B_2;
    double tau;
    double t15;
    const double *A;
    double *t7;
    double *grad_A;
    double *t14_parts;
};

static GRADC_APART void info_nce_value_and_grad_team1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_and_grad_rows1 *const given = context;
    info_nce_value_and_grad_rows1(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->B_bar, given->k, given->tile_scratch, given->tile_bytes, given->A_2, given->B_2, given->tau,
        given->t15, given->A, given->t7, given->grad_A, given->t14_parts);
}

static GRADC_APART void info_nce_value_and_grad_rows2(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      int64_t k, const double *restrict B, double *restrict B_bar,
                                                      double *restrict t3, double *restrict grad_B)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t20 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t20[i:n] = sum[j:k](B[i, j] * B_bar[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t20_sum = 0.0;
            double t20_sum_ = 0.0;
            double t20_sum_2 = 0.0;
            double t20_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t20_sum, t20_sum_, t20_sum_2, t20_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t20_sum += B[i*k + j] * B_bar[i*k + j];
                t20_sum_ += B[(i + 1)*k + j] * B_bar[(i + 1)*k + j];
                t20_sum_2 += B[(i + 2)*k + j] * B_bar[(i + 2)*k + j];
                t20_sum_3 += B[(i + 3)*k + j] * B_bar[(i + 3)*k + j];
            }
            t20[i - tile_begin] = t20_sum;
            t20[i + 1 - tile_begin] = t20_sum_;
            t20[i + 2 - tile_begin] = t20_sum_2;
            t20[i + 3 - tile_begin] = t20_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t20_sum = 0.0;
            GRADC_SIMD(reduction(+:t20_sum))
            for (int64_t j = 0; j < k; ++j) {
                t20_sum += B[i*k + j] * B_bar[i*k + j];
            }
            t20[i - tile_begin] = t20_sum;
        }

        /* t21[i:n] = -(t20[i] / (t3[i] * t3[i])), in the place of t20 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t20_i = t20[i - tile_begin];
            const double t3_i = t3[i];
            t20[i - tile_begin] = -(t20_i / (t3_i * t3_i));
        }

        /* grad_B[i:n, j:k] = B_bar[i, j] / t3[i] + where(0 == t3[i], 0, B[i, j] * t21[i] / t3[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_i = t3[i];
            const int v0 = 0.0 == t3_i;
            const double t20_i = t20[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_B[i*k + j] = B_bar[i*k + j] / t3_i + (v0 ? 0.0 : B[i*k + j] * t20_i / t3_i);
            }
        }
    }
}

struct info_nce_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *B;
    double *B_bar;
    double *t3;
    double *grad_B;
};

static GRADC_APART void info_nce_value_and_grad_team2(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_and_grad_rows2 *const given = context;
    info_nce_value_and_grad_rows2(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->B, given->B_bar, given->t3, given->grad_B);
}

int info_nce_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                            double *restrict value, double *restrict grad_A, double *restrict grad_B,
                            void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const B_bar = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 24*k + 48, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 9*k*n + 19*k + 46*n + 41, k*n) * gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch_ = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 9*k*n + 19*k + 46*n + 41, k*n)
        * (gradc_bytes(32*gradc_width(n), sizeof(double)) + gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double))
        + gradc_bytes(32*k, sizeof(double)));
    unsigned char *const tile_scratch_2 = (void *)scratch;

    /* t15 = 1 / n */
    const double t15 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 24*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct info_nce_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, B, A, t3, t7, B_2,
            A_2};
        gradc_run(parts, info_nce_value_and_grad_team0, &given);
    } else {
        info_nce_value_and_grad_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, B, A, t3, t7, B_2, A_2);
    }
    const int64_t parts_ = gradc_parts(n, 9*k*n + 19*k + 46*n + 41, k*n);
    const size_t part_bytes = gradc_bytes(k*n, sizeof(double));
    const size_t tile_bytes_ = gradc_bytes(32*gradc_width(n), sizeof(double)) + gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double))
        + gradc_bytes(32*k, sizeof(double));
    double t14_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct info_nce_value_and_grad_rows1 given = {n, parts_, part_scratch, part_bytes, B_bar, k,
            tile_scratch_, tile_bytes_, A_2, B_2, tau, t15, A, t7, grad_A, t14_parts};
        gradc_run(parts_, info_nce_value_and_grad_team1, &given);
    } else {
        info_nce_value_and_grad_rows1(0, 0, n, parts_, part_scratch, part_bytes, B_bar, k, tile_scratch_, tile_bytes_,
            A_2, B_2, tau, t15, A, t7, grad_A, t14_parts);
    }
    double t14 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t14 += t14_parts[part];
    }
    for (int64_t part = 1; part < parts_; ++part) {
        const double *const B_bar_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k*n; ++at) {
            B_bar[at] += B_bar_more[at];
        }
    }
    const int64_t parts_2 = gradc_parts(n, 19*k + 8, 0);
    const size_t tile_bytes_2 = gradc_bytes(128, sizeof(double));
    if (parts_2 > 1) {
        const struct info_nce_value_and_grad_rows2 given = {n, parts_2, tile_scratch_2, tile_bytes_2, k, B, B_bar, t3,
            grad_B};
        gradc_run(parts_2, info_nce_value_and_grad_team2, &given);
    } else {
        info_nce_value_and_grad_rows2(0, 0, n, parts_2, tile_scratch_2, tile_bytes_2, k, B, B_bar, t3, grad_B);
    }

    /* value = t14 / n */
    *value = t14 / (double)n;
    return 0;
}
