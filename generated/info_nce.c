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
#include "support/helpers/stop.h"
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

struct info_nce_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const double *A;
    double *B_2;
    double *A_2;
};

static GRADC_APART void info_nce_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    double *restrict const B_2 = given->B_2;
    double *restrict const A_2 = given->A_2;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_3 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_total[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t0_total_2[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * B[i, j], s0 * s0)) */
        /* t0_total_3[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * B[i, j], s0 * s0)) */
        /* t1_total[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        /* t1_total_2[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * A[i, j], s0 * s0)) */
        /* t1_total_3[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * A[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_total_sum = 0.0;
            double t0_total_2_sum = 0.0;
            double t0_total_3_sum = 0.0;
            double t1_total_sum = 0.0;
            double t1_total_2_sum = 0.0;
            double t1_total_3_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_total_sum, t0_total_2_sum, t0_total_3_sum, t1_total_sum, t1_total_2_sum,
                t1_total_3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double v0 = 2.778448436856347e-163 * B_ij;
                const double v1 = 3.599131035634557e+162 * B_ij;
                const double A_ij = A[i*k + j];
                const double v2 = 2.778448436856347e-163 * A_ij;
                const double v3 = 3.599131035634557e+162 * A_ij;
                t0_total_sum += B_ij * B_ij;
                t0_total_2_sum += v0 * v0;
                t0_total_3_sum += v1 * v1;
                t1_total_sum += A_ij * A_ij;
                t1_total_2_sum += v2 * v2;
                t1_total_3_sum += v3 * v3;
            }
            t0_total[i - tile_begin] = t0_total_sum;
            t0_total_2[i - tile_begin] = t0_total_2_sum;
            t0_total_3[i - tile_begin] = t0_total_3_sum;
            t1_total[i - tile_begin] = t1_total_sum;
            t1_total_2[i - tile_begin] = t1_total_2_sum;
            t1_total_3[i - tile_begin] = t1_total_3_sum;
        }

        /* t0[i:n] = where(t0_total[i] < 1e-280, sqrt(t0_total_3[i]) / 3.599131035634557e+162, where(t0_total[i] <=
         *    1e+300, sqrt(t0_total[i]), 3.599131035634557e+162 * sqrt(t0_total_2[i]))), in the place of t0_total */
        /* t1[i:n] = where(t1_total[i] < 1e-280, sqrt(t1_total_3[i]) / 3.599131035634557e+162, where(t1_total[i] <=
         *    1e+300, sqrt(t1_total[i]), 3.599131035634557e+162 * sqrt(t1_total_2[i]))), in the place of t0_total_2 */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            const double t0_total_2_i = t0_total_2[i - tile_begin];
            const double v0 = t0_total_i <= 1e+300 ? sqrt(t0_total_i) : 3.599131035634557e+162 * sqrt(t0_total_2_i);
            const double t1_total_i = t1_total[i - tile_begin];
            const double v1 = t1_total_i <= 1e+300 ? sqrt(t1_total_i) : 3.599131035634557e+162
                * sqrt(t1_total_2[i - tile_begin]);
            t0_total[i - tile_begin] = t0_total_i < 1e-280 ? sqrt(t0_total_3[i - tile_begin]) / 3.599131035634557e+162
                : v0;
            t0_total_2[i - tile_begin] = t1_total_i < 1e-280 ? sqrt(t1_total_3[i - tile_begin])
                / 3.599131035634557e+162 : v1;
        }

        /* B_2[i:n, j:k] = B[i, j] / t0[i] */
        /* A_2[i:n, j:k] = A[i, j] / t1[i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            const double t0_total_2_i = t0_total_2[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                B_2[i*k + j] = B[i*k + j] / t0_total_i;
                A_2[i*k + j] = A[i*k + j] / t0_total_2_i;
            }
        }
    }
}

struct info_nce_value_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    int64_t k;
    double *A_2;
    double *B_2;
    double tau;
    double *t4_parts;
};

static GRADC_APART void info_nce_value_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t k = given->k;
    double *restrict const A_2 = given->A_2;
    double *restrict const B_2 = given->B_2;
    const double tau = given->tau;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(32*gradc_width(n), sizeof(double));
    double *const S = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const t3_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 32) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 32 < part_end ? tile_begin + 32 : part_end;
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t3_total_most[j - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* t2[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &A_2[tile_begin*k], k, 1,
                &B_2[strip_begin*k], 1, k, NULL, 0, t2, 1, 32, 0, 0);

            /* S[i:n, j:n] = t2[i, j] / tau */
            /* t3_total_most[i:n] = max[j:n](S[i, j]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = tile_begin; j < tile_end; ++j) {
                    const double v0 = t2[(i - strip_begin)*32 + j - tile_begin] / tau;
                    S[i*32 + j - tile_begin] = v0;
                    t3_total_most[j - tile_begin] = (t3_total_most[j - tile_begin] >= v0
                        || t3_total_most[j - tile_begin] != t3_total_most[j - tile_begin])
                        ? t3_total_most[j - tile_begin] : v0;
                }
            }
        }

        /* t3_total_term[i:n] = where(inf == abs(t3_total_most[i]), 0, t3_total_most[i]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            t3_total_most[i - tile_begin] = (double)INFINITY == fabs(t3_total_most_i) ? 0.0 : t3_total_most_i;
        }

        /* t3_total[i:n] = sum[j:n](exp(S[i, j] - t3_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t3_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t3_total[j - tile_begin] += gradc_exp(S[i*32 + j - tile_begin] - t3_total_most[j - tile_begin])
                    + gradc_exp(S[(i + 1)*32 + j - tile_begin] - t3_total_most[j - tile_begin])
                    + gradc_exp(S[(i + 2)*32 + j - tile_begin] - t3_total_most[j - tile_begin])
                    + gradc_exp(S[(i + 3)*32 + j - tile_begin] - t3_total_most[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t3_total[j - tile_begin] += gradc_exp(S[i*32 + j - tile_begin] - t3_total_most[j - tile_begin]);
            }
        }

        /* t3[i:n] = t3_total_term[i] + log(t3_total[i]) */
        /* t4 = sum[i:n](t3[i] - S[i, i]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += t3_total_most[i - tile_begin] + gradc_log(t3_total[i - tile_begin])
                - S[i*32 + i - tile_begin];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
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
    const volatile int *const stop = gradc_flag(4.0*(double)k*(double)n*(double)n + 36.0*(double)k*(double)n
        + 33.0*(double)n*(double)n + 83.0*(double)n);
    const int64_t parts = gradc_parts(n, 24*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    {
        const struct info_nce_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, A, B_2, A_2};
        if (parts > 1) {
            gradc_run(parts, info_nce_value_rows0, &given);
        } else {
            info_nce_value_rows0(&given, 0, 0);
        }
    }
    const int64_t parts_ = gradc_parts(n, 3*k*n + 29*n + 29, 0);
    const size_t tile_bytes_ = gradc_bytes(32*gradc_width(n), sizeof(double)) + gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct info_nce_value_rows1 given = {n, parts_, tile_scratch_, tile_bytes_, stop, k, A_2, B_2, tau,
            t4_parts};
        if (parts_ > 1) {
            gradc_run(parts_, info_nce_value_rows1, &given);
        } else {
            info_nce_value_rows1(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t4 += t4_parts[part];
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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

struct info_nce_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const double *A;
    double *t0;
    double *t1;
    double *B_2;
    double *A_2;
};

static GRADC_APART void info_nce_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    double *restrict const t0 = given->t0;
    double *restrict const t1 = given->t1;
    double *restrict const B_2 = given->B_2;
    double *restrict const A_2 = given->A_2;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_3 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_total[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t0_total_2[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * B[i, j], s0 * s0)) */
        /* t0_total_3[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * B[i, j], s0 * s0)) */
        /* t1_total[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        /* t1_total_2[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * A[i, j], s0 * s0)) */
        /* t1_total_3[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * A[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_total_sum = 0.0;
            double t0_total_2_sum = 0.0;
            double t0_total_3_sum = 0.0;
            double t1_total_sum = 0.0;
            double t1_total_2_sum = 0.0;
            double t1_total_3_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_total_sum, t0_total_2_sum, t0_total_3_sum, t1_total_sum, t1_total_2_sum,
                t1_total_3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double v0 = 2.778448436856347e-163 * B_ij;
                const double v1 = 3.599131035634557e+162 * B_ij;
                const double A_ij = A[i*k + j];
                const double v2 = 2.778448436856347e-163 * A_ij;
                const double v3 = 3.599131035634557e+162 * A_ij;
                t0_total_sum += B_ij * B_ij;
                t0_total_2_sum += v0 * v0;
                t0_total_3_sum += v1 * v1;
                t1_total_sum += A_ij * A_ij;
                t1_total_2_sum += v2 * v2;
                t1_total_3_sum += v3 * v3;
            }
            t0_total[i - tile_begin] = t0_total_sum;
            t0_total_2[i - tile_begin] = t0_total_2_sum;
            t0_total_3[i - tile_begin] = t0_total_3_sum;
            t1_total[i - tile_begin] = t1_total_sum;
            t1_total_2[i - tile_begin] = t1_total_2_sum;
            t1_total_3[i - tile_begin] = t1_total_3_sum;
        }

        /* t0[i:n] = where(t0_total[i] < 1e-280, sqrt(t0_total_3[i]) / 3.599131035634557e+162, where(t0_total[i] <=
         *    1e+300, sqrt(t0_total[i]), 3.599131035634557e+162 * sqrt(t0_total_2[i]))) */
        /* t1[i:n] = where(t1_total[i] < 1e-280, sqrt(t1_total_3[i]) / 3.599131035634557e+162, where(t1_total[i] <=
         *    1e+300, sqrt(t1_total[i]), 3.599131035634557e+162 * sqrt(t1_total_2[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            const double v0 = t0_total_i <= 1e+300 ? sqrt(t0_total_i) : 3.599131035634557e+162
                * sqrt(t0_total_2[i - tile_begin]);
            const double t1_total_i = t1_total[i - tile_begin];
            const double v1 = t1_total_i <= 1e+300 ? sqrt(t1_total_i) : 3.599131035634557e+162
                * sqrt(t1_total_2[i - tile_begin]);
            t0[i] = t0_total_i < 1e-280 ? sqrt(t0_total_3[i - tile_begin]) / 3.599131035634557e+162 : v0;
            t1[i] = t1_total_i < 1e-280 ? sqrt(t1_total_3[i - tile_begin]) / 3.599131035634557e+162 : v1;
        }

        /* B_2[i:n, j:k] = B[i, j] / t0[i] */
        /* A_2[i:n, j:k] = A[i, j] / t1[i] */
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

struct info_nce_forward_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    int64_t k;
    double *A_2;
    double *B_2;
    double *t2;
    double tau;
    double *t3;
    double *t4_parts;
};

static GRADC_APART void info_nce_forward_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_forward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t k = given->k;
    double *restrict const A_2 = given->A_2;
    double *restrict const B_2 = given->B_2;
    double *restrict const t2 = given->t2;
    const double tau = given->tau;
    double *restrict const t3 = given->t3;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const S = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const t3_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 32) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 32 < part_end ? tile_begin + 32 : part_end;

        /* t2[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j]) */
        gradc_product(tile_end - tile_begin, n, k, &A_2[tile_begin*k], k, 1, B_2, 1, k, NULL, 0, &t2[tile_begin*n], n,
            1, 0, 0);

        /* S[i:n, j:n] = t2[i, j] / tau */
        /* t3_total_most[i:n] = max[j:n](S[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            double t3_total_most_max = -(double)INFINITY;
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = t2[i*n + j] / tau;
                S[(i - tile_begin)*n + j] = v0;
                t3_total_most_max = (t3_total_most_max >= v0 || t3_total_most_max != t3_total_most_max)
                    ? t3_total_most_max : v0;
            }
            t3_total_most[i - tile_begin] = t3_total_most_max;
        }

        /* t3_total_term[i:n] = where(inf == abs(t3_total_most[i]), 0, t3_total_most[i]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            t3_total_most[i - tile_begin] = (double)INFINITY == fabs(t3_total_most_i) ? 0.0 : t3_total_most_i;
        }

        /* t3_total[i:n] = sum[j:n](exp(S[i, j] - t3_total_term[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            double t3_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_total_sum))
            for (int64_t j = 0; j < n; ++j) {
                t3_total_sum += gradc_exp(S[(i - tile_begin)*n + j] - t3_total_most_i);
            }
            t3_total[i - tile_begin] = t3_total_sum;
        }

        /* t3[i:n] = t3_total_term[i] + log(t3_total[i]) */
        /* t4 = sum[i:n](t3[i] - S[i, i]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t3_total_most[i - tile_begin] + gradc_log(t3_total[i - tile_begin]);
            t3[i] = v0;
            t4_part_sum += v0 - S[(i - tile_begin)*n + i];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
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
    const volatile int *const stop = gradc_flag(4.0*(double)k*(double)n*(double)n + 36.0*(double)k*(double)n
        + 33.0*(double)n*(double)n + 83.0*(double)n);
    const int64_t parts = gradc_parts(n, 24*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    {
        const struct info_nce_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, A, t0, t1, B_2,
            A_2};
        if (parts > 1) {
            gradc_run(parts, info_nce_forward_rows0, &given);
        } else {
            info_nce_forward_rows0(&given, 0, 0);
        }
    }
    const int64_t parts_ = gradc_parts(n, 3*k*n + 29*n + 29, 0);
    const size_t tile_bytes_ = gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double))
        + gradc_bytes(32, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct info_nce_forward_rows1 given = {n, parts_, tile_scratch_, tile_bytes_, stop, k, A_2, B_2, t2,
            tau, t3, t4_parts};
        if (parts_ > 1) {
            gradc_run(parts_, info_nce_forward_rows1, &given);
        } else {
            info_nce_forward_rows1(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t4 += t4_parts[part];
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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

struct info_nce_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *B_2_bar;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *t0;
    const double *t1;
    double *B_2;
    const double *B;
    const double *A;
    double t4_bar;
    const double *t3;
    const double *t2;
    double tau;
    double *t2_bar;
};

static GRADC_APART void info_nce_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const B_2_bar = given->B_2_bar;
    const int64_t k = given->k;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const t0 = given->t0;
    const double *restrict const t1 = given->t1;
    double *restrict const B_2 = given->B_2;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    const double t4_bar = given->t4_bar;
    const double *restrict const t3 = given->t3;
    const double *restrict const t2 = given->t2;
    const double tau = given->tau;
    double *restrict const t2_bar = given->t2_bar;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const B_2_bar_part = part == 0 ? B_2_bar : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_2 = (void *)tile_own;
    for (int64_t at = 0; at < k*n; ++at) {
        B_2_bar_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
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
        /* t2_bar[i:n, j:n] = (where(j == i, -t4_bar, 0) + where(-inf == S[i, j], 0, t4_bar * exp(S[i, j] -
         *    t3[i]))) / tau */
        const double v0 = -t4_bar;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double t3_i = t3[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = t2[i*n + j] / tau;
                t2_bar[i*n + j] = ((j == i ? v0 : 0.0) + (-(double)INFINITY == v1 ? 0.0 : t4_bar
                    * gradc_exp(v1 - t3_i))) / tau;
            }
        }

        /* B_2_bar[i:n, j:k] = sum[l:n](t2_bar[l, i] * A_2[l, j]) */
        gradc_product(n, k, tile_end - tile_begin, &t2_bar[tile_begin*n], 1, n, A_2, k, 1, NULL, 0, B_2_bar_part, k,
            1, 1, 0);
    }
}

struct info_nce_backward_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double *B_2;
    double *t2_bar;
    const double *A;
    const double *B;
    double *B_2_bar;
    const double *t1;
    const double *t0;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void info_nce_backward_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_backward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    double *restrict const B_2 = given->B_2;
    double *restrict const t2_bar = given->t2_bar;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    double *restrict const B_2_bar = given->B_2_bar;
    const double *restrict const t1 = given->t1;
    const double *restrict const t0 = given->t0;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const A_2_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar_total = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* A_2_bar[i:n, j:k] = sum[l:n](B_2[l, j] * t2_bar[i, l]) */
        gradc_product(k, tile_end - tile_begin, n, B_2, 1, k, &t2_bar[tile_begin*n], 1, n, NULL, 0, A_2_bar, 1, k, 0,
            0);

        /* t1_bar_total[i:n] = sum[j:k](A[i, j] * A_2_bar[i, j]) */
        /* t0_bar_total[i:n] = sum[j:k](B[i, j] * B_2_bar[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t1_bar_total_sum = 0.0;
            double t0_bar_total_sum = 0.0;
            double t1_bar_total_sum_ = 0.0;
            double t0_bar_total_sum_ = 0.0;
            double t1_bar_total_sum_2 = 0.0;
            double t0_bar_total_sum_2 = 0.0;
            double t1_bar_total_sum_3 = 0.0;
            double t0_bar_total_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t1_bar_total_sum, t0_bar_total_sum, t1_bar_total_sum_, t0_bar_total_sum_,
                t1_bar_total_sum_2, t0_bar_total_sum_2, t1_bar_total_sum_3, t0_bar_total_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t1_bar_total_sum += A[i*k + j] * A_2_bar[(i - tile_begin)*k + j];
                t0_bar_total_sum += B[i*k + j] * B_2_bar[i*k + j];
                t1_bar_total_sum_ += A[(i + 1)*k + j] * A_2_bar[(i + 1 - tile_begin)*k + j];
                t0_bar_total_sum_ += B[(i + 1)*k + j] * B_2_bar[(i + 1)*k + j];
                t1_bar_total_sum_2 += A[(i + 2)*k + j] * A_2_bar[(i + 2 - tile_begin)*k + j];
                t0_bar_total_sum_2 += B[(i + 2)*k + j] * B_2_bar[(i + 2)*k + j];
                t1_bar_total_sum_3 += A[(i + 3)*k + j] * A_2_bar[(i + 3 - tile_begin)*k + j];
                t0_bar_total_sum_3 += B[(i + 3)*k + j] * B_2_bar[(i + 3)*k + j];
            }
            t1_bar_total[i - tile_begin] = t1_bar_total_sum;
            t0_bar_total[i - tile_begin] = t0_bar_total_sum;
            t1_bar_total[i + 1 - tile_begin] = t1_bar_total_sum_;
            t0_bar_total[i + 1 - tile_begin] = t0_bar_total_sum_;
            t1_bar_total[i + 2 - tile_begin] = t1_bar_total_sum_2;
            t0_bar_total[i + 2 - tile_begin] = t0_bar_total_sum_2;
            t1_bar_total[i + 3 - tile_begin] = t1_bar_total_sum_3;
            t0_bar_total[i + 3 - tile_begin] = t0_bar_total_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t1_bar_total_sum = 0.0;
            double t0_bar_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_bar_total_sum, t0_bar_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                t1_bar_total_sum += A[i*k + j] * A_2_bar[(i - tile_begin)*k + j];
                t0_bar_total_sum += B[i*k + j] * B_2_bar[i*k + j];
            }
            t1_bar_total[i - tile_begin] = t1_bar_total_sum;
            t0_bar_total[i - tile_begin] = t0_bar_total_sum;
        }

        /* t1_bar[i:n] = -(t1_bar_total[i] / (t1[i] * t1[i])), in the place of t1_bar_total */
        /* t0_bar[i:n] = -(t0_bar_total[i] / (t0[i] * t0[i])), in the place of t0_bar_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_bar_total_i = t1_bar_total[i - tile_begin];
            const double t1_i = t1[i];
            const double t0_bar_total_i = t0_bar_total[i - tile_begin];
            const double t0_i = t0[i];
            t1_bar_total[i - tile_begin] = -(t1_bar_total_i / (t1_i * t1_i));
            t0_bar_total[i - tile_begin] = -(t0_bar_total_i / (t0_i * t0_i));
        }

        /* grad_A[i:n, j:k] = A_2_bar[i, j] / t1[i] + where(0 == t1[i], 0, A[i, j] * t1_bar[i] / t1[i]) */
        /* grad_B[i:n, j:k] = B_2_bar[i, j] / t0[i] + where(0 == t0[i], 0, B[i, j] * t0_bar[i] / t0[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const int v0 = 0.0 == t1_i;
            const double t1_bar_total_i = t1_bar_total[i - tile_begin];
            const double t0_i = t0[i];
            const int v1 = 0.0 == t0_i;
            const double t0_bar_total_i = t0_bar_total[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = A_2_bar[(i - tile_begin)*k + j] / t1_i
                    + (v0 ? 0.0 : A[i*k + j] * t1_bar_total_i / t1_i);
                grad_B[i*k + j] = B_2_bar[i*k + j] / t0_i + (v1 ? 0.0 : B[i*k + j] * t0_bar_total_i / t0_i);
            }
        }
    }
}

int info_nce_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                      const double *restrict t0, const double *restrict t1, const double *restrict t2,
                      const double *restrict t3, double cotangent, double *restrict grad_A, double *restrict grad_B,
                      void *restrict work)
{
    unsigned char *scratch = work;
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t2_bar = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const B_2_bar = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*k*n + 12*k + 40*n, k*n) * gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*k*n + 12*k + 40*n, k*n) * gradc_bytes(128*k, sizeof(double));
    unsigned char *const tile_scratch_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)k*(double)n*(double)n + 56.0*(double)k*(double)n
        + 44.0*(double)n*(double)n + 18.0*(double)n);

    /* t4_bar = cotangent / n */
    const double t4_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*k*n + 12*k + 40*n, k*n);
    const size_t part_bytes = gradc_bytes(k*n, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double));
    {
        const struct info_nce_backward_rows0 given = {n, parts, part_scratch, part_bytes, B_2_bar, k, tile_scratch,
            tile_bytes, stop, t0, t1, B_2, B, A, t4_bar, t3, t2, tau, t2_bar};
        if (parts > 1) {
            gradc_run(parts, info_nce_backward_rows0, &given);
        } else {
            info_nce_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const B_2_bar_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k*n; ++at) {
            B_2_bar[at] += B_2_bar_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 3*k*n + 38*k + 16, 0);
    const size_t tile_bytes_ = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    {
        const struct info_nce_backward_rows1 given = {n, parts_, tile_scratch_, tile_bytes_, k, stop, B_2, t2_bar, A,
            B, B_2_bar, t1, t0, grad_A, grad_B};
        if (parts_ > 1) {
            gradc_run(parts_, info_nce_backward_rows1, &given);
        } else {
            info_nce_backward_rows1(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
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

struct info_nce_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    const double *A;
    double *t0;
    double *t1;
    double *B_2;
    double *A_2;
};

static GRADC_APART void info_nce_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    const double *restrict const A = given->A;
    double *restrict const t0 = given->t0;
    double *restrict const t1 = given->t1;
    double *restrict const B_2 = given->B_2;
    double *restrict const A_2 = given->A_2;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total_3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_3 = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_total[i:n] = sum[j:k](B[i, j] * B[i, j]) */
        /* t0_total_2[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * B[i, j], s0 * s0)) */
        /* t0_total_3[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * B[i, j], s0 * s0)) */
        /* t1_total[i:n] = sum[j:k](A[i, j] * A[i, j]) */
        /* t1_total_2[i:n] = sum[j:k](let(s0 := 2.778448436856347e-163 * A[i, j], s0 * s0)) */
        /* t1_total_3[i:n] = sum[j:k](let(s0 := 3.599131035634557e+162 * A[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_total_sum = 0.0;
            double t0_total_2_sum = 0.0;
            double t0_total_3_sum = 0.0;
            double t1_total_sum = 0.0;
            double t1_total_2_sum = 0.0;
            double t1_total_3_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_total_sum, t0_total_2_sum, t0_total_3_sum, t1_total_sum, t1_total_2_sum,
                t1_total_3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double B_ij = B[i*k + j];
                const double v0 = 2.778448436856347e-163 * B_ij;
                const double v1 = 3.599131035634557e+162 * B_ij;
                const double A_ij = A[i*k + j];
                const double v2 = 2.778448436856347e-163 * A_ij;
                const double v3 = 3.599131035634557e+162 * A_ij;
                t0_total_sum += B_ij * B_ij;
                t0_total_2_sum += v0 * v0;
                t0_total_3_sum += v1 * v1;
                t1_total_sum += A_ij * A_ij;
                t1_total_2_sum += v2 * v2;
                t1_total_3_sum += v3 * v3;
            }
            t0_total[i - tile_begin] = t0_total_sum;
            t0_total_2[i - tile_begin] = t0_total_2_sum;
            t0_total_3[i - tile_begin] = t0_total_3_sum;
            t1_total[i - tile_begin] = t1_total_sum;
            t1_total_2[i - tile_begin] = t1_total_2_sum;
            t1_total_3[i - tile_begin] = t1_total_3_sum;
        }

        /* t0[i:n] = where(t0_total[i] < 1e-280, sqrt(t0_total_3[i]) / 3.599131035634557e+162, where(t0_total[i] <=
         *    1e+300, sqrt(t0_total[i]), 3.599131035634557e+162 * sqrt(t0_total_2[i]))) */
        /* t1[i:n] = where(t1_total[i] < 1e-280, sqrt(t1_total_3[i]) / 3.599131035634557e+162, where(t1_total[i] <=
         *    1e+300, sqrt(t1_total[i]), 3.599131035634557e+162 * sqrt(t1_total_2[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            const double v0 = t0_total_i <= 1e+300 ? sqrt(t0_total_i) : 3.599131035634557e+162
                * sqrt(t0_total_2[i - tile_begin]);
            const double t1_total_i = t1_total[i - tile_begin];
            const double v1 = t1_total_i <= 1e+300 ? sqrt(t1_total_i) : 3.599131035634557e+162
                * sqrt(t1_total_2[i - tile_begin]);
            t0[i] = t0_total_i < 1e-280 ? sqrt(t0_total_3[i - tile_begin]) / 3.599131035634557e+162 : v0;
            t1[i] = t1_total_i < 1e-280 ? sqrt(t1_total_3[i - tile_begin]) / 3.599131035634557e+162 : v1;
        }

        /* B_2[i:n, j:k] = B[i, j] / t0[i] */
        /* A_2[i:n, j:k] = A[i, j] / t1[i] */
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

struct info_nce_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *B_2_bar;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *A_2;
    double *B_2;
    double tau;
    double t4_bar;
    const double *A;
    double *t1;
    double *grad_A;
    double *t4_parts;
};

static GRADC_APART void info_nce_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_and_grad_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const B_2_bar = given->B_2_bar;
    const int64_t k = given->k;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const A_2 = given->A_2;
    double *restrict const B_2 = given->B_2;
    const double tau = given->tau;
    const double t4_bar = given->t4_bar;
    const double *restrict const A = given->A;
    double *restrict const t1 = given->t1;
    double *restrict const grad_A = given->grad_A;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const B_2_bar_part = part == 0 ? B_2_bar : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(32*gradc_width(n), sizeof(double));
    double *const S = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const t3_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(32*n, sizeof(double));
    double *const t3_total = (void *)tile_own;
    tile_own += gradc_bytes(32, sizeof(double));
    double *const A_2_bar = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        B_2_bar_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 32) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 32 < part_end ? tile_begin + 32 : part_end;
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t3_total_most[j - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* t2[i:n, l:n] = sum[j:k](B_2[l, j] * A_2[i, j]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &A_2[tile_begin*k], k, 1,
                &B_2[strip_begin*k], 1, k, NULL, 0, t2, 1, 32, 0, 0);

            /* S[i:n, j:n] = t2[i, j] / tau */
            /* t3_total_most[i:n] = max[j:n](S[i, j]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = tile_begin; j < tile_end; ++j) {
                    const double v0 = t2[(i - strip_begin)*32 + j - tile_begin] / tau;
                    S[i*32 + j - tile_begin] = v0;
                    t3_total_most[j - tile_begin] = (t3_total_most[j - tile_begin] >= v0
                        || t3_total_most[j - tile_begin] != t3_total_most[j - tile_begin])
                        ? t3_total_most[j - tile_begin] : v0;
                }
            }
        }

        /* t3_total_term[i:n] = where(inf == abs(t3_total_most[i]), 0, t3_total_most[i]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            t3_total_most[i - tile_begin] = (double)INFINITY == fabs(t3_total_most_i) ? 0.0 : t3_total_most_i;
        }

        /* t3_total_term_2[i:n, j:n] = exp(S[i, j] - t3_total_term[i]) */
        /* t3_total[i:n] = sum[j:n](t3_total_term_2[i, j]) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t3_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double v0 = gradc_exp(S[i*32 + j - tile_begin] - t3_total_most[j - tile_begin]);
                t3_total_term_2[i*32 + j - tile_begin] = v0;
                t3_total[j - tile_begin] += v0;
            }
        }

        /* t3[i:n] = t3_total_term[i] + log(t3_total[i]) */
        /* t4 = sum[i:n](t3[i] - S[i, i]) */
        /* t2_bar_term[i:n] = 1 / t3_total[i], in the place of t3_total_most */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            const double t3_total_i = t3_total[i - tile_begin];
            t4_part_sum += t3_total_most_i + gradc_log(t3_total_i) - S[i*32 + i - tile_begin];
            t3_total_most[i - tile_begin] = 1.0 / t3_total_i;
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                A_2_bar[(i - tile_begin)*k + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* t2_bar[i:n, j:n] = (where(j == i, -t4_bar, 0) + where(-inf == S[i, j], 0, t4_bar *
             *    (t3_total_term_2[i, j] * t2_bar_term[i]))) / tau, in the place of t2 */
            const double v0 = -t4_bar;
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = tile_begin; j < tile_end; ++j) {
                    const double v1 = -(double)INFINITY == S[i*32 + j - tile_begin] ? 0.0 : t4_bar
                        * (t3_total_term_2[i*32 + j - tile_begin] * t3_total_most[j - tile_begin]);
                    t2[(i - strip_begin)*32 + j - tile_begin] = ((j == i ? v0 : 0.0) + v1) / tau;
                }
            }

            /* A_2_bar[i:n, j:k] = sum[l:n](B_2[l, j] * t2_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &B_2[strip_begin*k], 1, k, t2, 32, 1,
                NULL, 0, A_2_bar, 1, k, 1, 0);

            /* B_2_bar[i:n, j:k] = sum[l:n](A_2[l, j] * t2_bar[l, i]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &A_2[tile_begin*k], 1, k, t2, 1, 32,
                NULL, 0, &B_2_bar_part[strip_begin*k], 1, k, 1, 0);
        }

        /* t1_bar_total[i:n] = sum[j:k](A[i, j] * A_2_bar[i, j]), in the place of t3_total_most */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t3_total_most_sum = 0.0;
            double t3_total_most_sum_ = 0.0;
            double t3_total_most_sum_2 = 0.0;
            double t3_total_most_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t3_total_most_sum, t3_total_most_sum_, t3_total_most_sum_2, t3_total_most_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t3_total_most_sum += A[i*k + j] * A_2_bar[(i - tile_begin)*k + j];
                t3_total_most_sum_ += A[(i + 1)*k + j] * A_2_bar[(i + 1 - tile_begin)*k + j];
                t3_total_most_sum_2 += A[(i + 2)*k + j] * A_2_bar[(i + 2 - tile_begin)*k + j];
                t3_total_most_sum_3 += A[(i + 3)*k + j] * A_2_bar[(i + 3 - tile_begin)*k + j];
            }
            t3_total_most[i - tile_begin] = t3_total_most_sum;
            t3_total_most[i + 1 - tile_begin] = t3_total_most_sum_;
            t3_total_most[i + 2 - tile_begin] = t3_total_most_sum_2;
            t3_total_most[i + 3 - tile_begin] = t3_total_most_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t3_total_most_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_total_most_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_total_most_sum += A[i*k + j] * A_2_bar[(i - tile_begin)*k + j];
            }
            t3_total_most[i - tile_begin] = t3_total_most_sum;
        }

        /* t1_bar[i:n] = -(t1_bar_total[i] / (t1[i] * t1[i])), in the place of t3_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            const double t1_i = t1[i];
            t3_total_most[i - tile_begin] = -(t3_total_most_i / (t1_i * t1_i));
        }

        /* grad_A[i:n, j:k] = A_2_bar[i, j] / t1[i] + where(0 == t1[i], 0, A[i, j] * t1_bar[i] / t1[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const int v0 = 0.0 == t1_i;
            const double t3_total_most_i = t3_total_most[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_A[i*k + j] = A_2_bar[(i - tile_begin)*k + j] / t1_i
                    + (v0 ? 0.0 : A[i*k + j] * t3_total_most_i / t1_i);
            }
        }
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct info_nce_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *B;
    double *B_2_bar;
    double *t0;
    double *grad_B;
};

static GRADC_APART void info_nce_value_and_grad_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct info_nce_value_and_grad_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const B = given->B;
    double *restrict const B_2_bar = given->B_2_bar;
    double *restrict const t0 = given->t0;
    double *restrict const grad_B = given->grad_B;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_bar_total = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_bar_total[i:n] = sum[j:k](B[i, j] * B_2_bar[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t0_bar_total_sum = 0.0;
            double t0_bar_total_sum_ = 0.0;
            double t0_bar_total_sum_2 = 0.0;
            double t0_bar_total_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_bar_total_sum, t0_bar_total_sum_, t0_bar_total_sum_2, t0_bar_total_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_bar_total_sum += B[i*k + j] * B_2_bar[i*k + j];
                t0_bar_total_sum_ += B[(i + 1)*k + j] * B_2_bar[(i + 1)*k + j];
                t0_bar_total_sum_2 += B[(i + 2)*k + j] * B_2_bar[(i + 2)*k + j];
                t0_bar_total_sum_3 += B[(i + 3)*k + j] * B_2_bar[(i + 3)*k + j];
            }
            t0_bar_total[i - tile_begin] = t0_bar_total_sum;
            t0_bar_total[i + 1 - tile_begin] = t0_bar_total_sum_;
            t0_bar_total[i + 2 - tile_begin] = t0_bar_total_sum_2;
            t0_bar_total[i + 3 - tile_begin] = t0_bar_total_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t0_bar_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_bar_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_bar_total_sum += B[i*k + j] * B_2_bar[i*k + j];
            }
            t0_bar_total[i - tile_begin] = t0_bar_total_sum;
        }

        /* t0_bar[i:n] = -(t0_bar_total[i] / (t0[i] * t0[i])), in the place of t0_bar_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_bar_total_i = t0_bar_total[i - tile_begin];
            const double t0_i = t0[i];
            t0_bar_total[i - tile_begin] = -(t0_bar_total_i / (t0_i * t0_i));
        }

        /* grad_B[i:n, j:k] = B_2_bar[i, j] / t0[i] + where(0 == t0[i], 0, B[i, j] * t0_bar[i] / t0[i]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i];
            const int v0 = 0.0 == t0_i;
            const double t0_bar_total_i = t0_bar_total[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                grad_B[i*k + j] = B_2_bar[i*k + j] / t0_i + (v0 ? 0.0 : B[i*k + j] * t0_bar_total_i / t0_i);
            }
        }
    }
}

int info_nce_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B, double tau,
                            double *restrict value, double *restrict grad_A, double *restrict grad_B,
                            void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const B_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const A_2 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const B_2_bar = (void *)scratch;
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
    const volatile int *const stop = gradc_flag(12.0*(double)k*(double)n*(double)n + 78.0*(double)k*(double)n
        + 53.0*(double)n*(double)n + 107.0*(double)n);

    /* t4_bar = 1 / n */
    const double t4_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 24*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    {
        const struct info_nce_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, B, A, t0, t1,
            B_2, A_2};
        if (parts > 1) {
            gradc_run(parts, info_nce_value_and_grad_rows0, &given);
        } else {
            info_nce_value_and_grad_rows0(&given, 0, 0);
        }
    }
    const int64_t parts_ = gradc_parts(n, 9*k*n + 19*k + 46*n + 41, k*n);
    const size_t part_bytes = gradc_bytes(k*n, sizeof(double));
    const size_t tile_bytes_ = gradc_bytes(32*gradc_width(n), sizeof(double)) + gradc_bytes(32*n, sizeof(double))
        + gradc_bytes(32, sizeof(double)) + gradc_bytes(32*n, sizeof(double)) + gradc_bytes(32, sizeof(double))
        + gradc_bytes(32*k, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct info_nce_value_and_grad_rows1 given = {n, parts_, part_scratch, part_bytes, B_2_bar, k,
            tile_scratch_, tile_bytes_, stop, A_2, B_2, tau, t4_bar, A, t1, grad_A, t4_parts};
        if (parts_ > 1) {
            gradc_run(parts_, info_nce_value_and_grad_rows1, &given);
        } else {
            info_nce_value_and_grad_rows1(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t4 += t4_parts[part];
    }
    for (int64_t part = 1; part < parts_; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const B_2_bar_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k*n; ++at) {
            B_2_bar[at] += B_2_bar_more[at];
        }
    }
    const int64_t parts_2 = gradc_parts(n, 19*k + 8, 0);
    const size_t tile_bytes_2 = gradc_bytes(128, sizeof(double));
    {
        const struct info_nce_value_and_grad_rows2 given = {n, parts_2, tile_scratch_2, tile_bytes_2, k, stop, B,
            B_2_bar, t0, grad_B};
        if (parts_2 > 1) {
            gradc_run(parts_2, info_nce_value_and_grad_rows2, &given);
        } else {
            info_nce_value_and_grad_rows2(&given, 0, 0);
        }
    }

    /* value = t4 / n */
    *value = t4 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
