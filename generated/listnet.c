/* listnet: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, k, d], grade: real[n, k]):
 *         t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l])
 *         t1[i:n] = logsumexp[j:k](t0[i, j])
 *         t2[i:n] = logsumexp[j:k](grade[i, j])
 *         t3[i:n] = sum[j:k]((t0[i, j] - t1[i]) * exp(grade[i, j] - t2[i]))
 *         t4 = sum[i:n](t3[i])
 *         value = -(t4 / n)
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
#include "support/routines/dots.h"
#include "support/routines/transpose.h"

#include "listnet.h"

size_t listnet_value_work(int64_t n, int64_t k, int64_t d)
{
    if (32768.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 56*k + 59, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct listnet_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *grade;
    double *t4_parts;
};

static GRADC_APART void listnet_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct listnet_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const grade = given->grade;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grade_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d*k + k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l]) */
        for (int64_t j = 0; j < k; ++j) {
            gradc_dots(tile_end - tile_begin, d, &X[(tile_begin*k + j)*d], d*k, w, &t0[j*128], 1, 0);
        }

        /* t1_total_most[i:n] = max[j:k](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_ij = t0[j*128 + i - tile_begin];
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= t0_ij
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : t0_ij;
            }
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
        }

        /* t1_total[i:n] = sum[j:k](exp(t0[i, j] - t1_total_term[i])) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_total[i - tile_begin] += gradc_exp(t0[j*128 + i - tile_begin] - t1_total_most[i - tile_begin])
                    + gradc_exp(t0[(j + 1)*128 + i - tile_begin] - t1_total_most[i - tile_begin])
                    + gradc_exp(t0[(j + 2)*128 + i - tile_begin] - t1_total_most[i - tile_begin])
                    + gradc_exp(t0[(j + 3)*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t1_total[i - tile_begin] += gradc_exp(t0[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total[i - tile_begin]);
        }

        /* grade_tile[i:n, j:k] = grade[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &grade[tile_begin*k], k, grade_tile, 128);

        /* t2_total_most[i:n] = max[j:k](grade_tile[i, j]), in the place of t1_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double grade_tile_ij = grade_tile[j*128 + i - tile_begin];
                t1_total[i - tile_begin] = (t1_total[i - tile_begin] >= grade_tile_ij
                    || t1_total[i - tile_begin] != t1_total[i - tile_begin]) ? t1_total[i - tile_begin]
                    : grade_tile_ij;
            }
        }

        /* t2_total_term[i:n] = where(inf == abs(t2_total_most[i]), 0, t2_total_most[i]), in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total[i - tile_begin] = (double)INFINITY == fabs(t1_total_i) ? 0.0 : t1_total_i;
        }

        /* t2_total_term_2[i:n, j:k] = exp(grade_tile[i, j] - t2_total_term[i]), in the place of grade_tile */
        /* t2_total[i:n] = sum[j:k](t2_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double grade_tile_ij = grade_tile[j*128 + i - tile_begin];
                const double v0 = gradc_exp(grade_tile_ij - t1_total[i - tile_begin]);
                grade_tile[j*128 + i - tile_begin] = v0;
                t2_total[i - tile_begin] += v0;
            }
        }

        /* t2[i:n] = t2_total_term[i] + log(t2_total[i]) */
        /* t3_term[i:n] = 1 / t2_total[i], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total[i - tile_begin] = 1.0 / t2_total[i - tile_begin];
        }

        /* t3[i:n] = sum[j:k]((t0[i, j] - t1[i]) * (t2_total_term_2[i, j] * t3_term[i])), in the place of t2_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = grade_tile[j*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (t0[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                const double v1 = grade_tile[(j + 1)*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (t0[(j + 1)*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                const double v2 = grade_tile[(j + 2)*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (t0[(j + 2)*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                const double v3 = grade_tile[(j + 3)*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (t0[(j + 3)*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t2_total[i - tile_begin] += v0 + v1 + v2 + v3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = grade_tile[j*128 + i - tile_begin] * t1_total[i - tile_begin]
                    * (t0[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t2_total[i - tile_begin] += v0;
            }
        }

        /* t4 = sum[i:n](t3[i]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += t2_total[i - tile_begin];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int listnet_value(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
                  const double *restrict grade, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 64.0*(double)k*(double)n
        + 66.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 56*k + 59, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct listnet_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, stop, X, w, grade,
            t4_parts};
        if (parts > 1) {
            gradc_run(parts, listnet_value_rows0, &given);
        } else {
            listnet_value_rows0(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* value = -(t4 / n) */
    *value = -(t4 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t listnet_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)d;
    if (16384.0*(double)k + 65536.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 55*k + 59, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct listnet_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double *t0;
    const double *grade;
    double *t1;
    double *t2;
    double *t4_parts;
};

static GRADC_APART void listnet_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct listnet_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const grade = given->grade;
    double *restrict const t1 = given->t1;
    double *restrict const t2 = given->t2;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_total_most[i:n] = max[j:k](t0[i, j]) */
        /* t2_total_most[i:n] = max[j:k](grade[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_total_most_max = -(double)INFINITY;
            double t2_total_most_max = -(double)INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_ij = t0[i*k + j];
                const double grade_ij = grade[i*k + j];
                t1_total_most_max = (t1_total_most_max >= t0_ij || t1_total_most_max != t1_total_most_max)
                    ? t1_total_most_max : t0_ij;
                t2_total_most_max = (t2_total_most_max >= grade_ij || t2_total_most_max != t2_total_most_max)
                    ? t2_total_most_max : grade_ij;
            }
            t1_total_most[i - tile_begin] = t1_total_most_max;
            t2_total_most[i - tile_begin] = t2_total_most_max;
        }

        /* t1_total_term[i:n] = where(inf == abs(t1_total_most[i]), 0, t1_total_most[i]), in the place of
         *    t1_total_most */
        /* t2_total_term[i:n] = where(inf == abs(t2_total_most[i]), 0, t2_total_most[i]), in the place of
         *    t2_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t2_total_most_i = t2_total_most[i - tile_begin];
            t1_total_most[i - tile_begin] = (double)INFINITY == fabs(t1_total_most_i) ? 0.0 : t1_total_most_i;
            t2_total_most[i - tile_begin] = (double)INFINITY == fabs(t2_total_most_i) ? 0.0 : t2_total_most_i;
        }

        /* t1_total[i:n] = sum[j:k](exp(t0[i, j] - t1_total_term[i])) */
        /* t2_total_term_2[i:n, j:k] = exp(grade[i, j] - t2_total_term[i]) */
        /* t2_total[i:n] = sum[j:k](t2_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t2_total_most_i = t2_total_most[i - tile_begin];
            double t1_total_sum = 0.0;
            double t2_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_total_sum, t2_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = gradc_exp(grade[i*k + j] - t2_total_most_i);
                t1_total_sum += gradc_exp(t0[i*k + j] - t1_total_most_i);
                t2_total_term_2[(i - tile_begin)*k + j] = v0;
                t2_total_sum += v0;
            }
            t1_total[i - tile_begin] = t1_total_sum;
            t2_total[i - tile_begin] = t2_total_sum;
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]) */
        /* t2[i:n] = t2_total_term[i] + log(t2_total[i]) */
        /* t3_term[i:n] = 1 / t2_total[i], in the place of t1_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t2_total_i = t2_total[i - tile_begin];
            t1[i] = t1_total_most_i + gradc_log(t1_total[i - tile_begin]);
            t2[i] = t2_total_most[i - tile_begin] + gradc_log(t2_total_i);
            t1_total_most[i - tile_begin] = 1.0 / t2_total_i;
        }

        /* t3[i:n] = sum[j:k]((t0[i, j] - t1[i]) * (t2_total_term_2[i, j] * t3_term[i])), in the place of
         *    t2_total_most */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            const double t1_i = t1[i];
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            double t2_total_most_sum = 0.0;
            const double t1_i_ = t1[i + 1];
            const double t1_total_most_i_ = t1_total_most[i + 1 - tile_begin];
            double t2_total_most_sum_ = 0.0;
            const double t1_i_2 = t1[i + 2];
            const double t1_total_most_i_2 = t1_total_most[i + 2 - tile_begin];
            double t2_total_most_sum_2 = 0.0;
            const double t1_i_3 = t1[i + 3];
            const double t1_total_most_i_3 = t1_total_most[i + 3 - tile_begin];
            double t2_total_most_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t2_total_most_sum, t2_total_most_sum_, t2_total_most_sum_2, t2_total_most_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t2_total_most_sum += t2_total_term_2[(i - tile_begin)*k + j] * t1_total_most_i * (t0[i*k + j] - t1_i);
                t2_total_most_sum_ += t2_total_term_2[(i + 1 - tile_begin)*k + j] * t1_total_most_i_
                    * (t0[(i + 1)*k + j] - t1_i_);
                t2_total_most_sum_2 += t2_total_term_2[(i + 2 - tile_begin)*k + j] * t1_total_most_i_2
                    * (t0[(i + 2)*k + j] - t1_i_2);
                t2_total_most_sum_3 += t2_total_term_2[(i + 3 - tile_begin)*k + j] * t1_total_most_i_3
                    * (t0[(i + 3)*k + j] - t1_i_3);
            }
            t2_total_most[i - tile_begin] = t2_total_most_sum;
            t2_total_most[i + 1 - tile_begin] = t2_total_most_sum_;
            t2_total_most[i + 2 - tile_begin] = t2_total_most_sum_2;
            t2_total_most[i + 3 - tile_begin] = t2_total_most_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i];
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            double t2_total_most_sum = 0.0;
            GRADC_SIMD(reduction(+:t2_total_most_sum))
            for (int64_t j = 0; j < k; ++j) {
                t2_total_most_sum += t2_total_term_2[(i - tile_begin)*k + j] * t1_total_most_i * (t0[i*k + j] - t1_i);
            }
            t2_total_most[i - tile_begin] = t2_total_most_sum;
        }

        /* t4 = sum[i:n](t3[i]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += t2_total_most[i - tile_begin];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int listnet_forward(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
                    const double *restrict grade, double *restrict value, double *restrict t0, double *restrict t1,
                    double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 62.0*(double)k*(double)n
        + 66.0*(double)n);
    for (int64_t at = 0; at < k*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l]) */
    for (int64_t j = 0; j < k; ++j) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        gradc_dots(n, d, &X[j*d], d*k, w, &t0[j], k, 1);
    }
    const int64_t parts = gradc_parts(n, 55*k + 59, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct listnet_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, t0, grade, t1, t2,
            t4_parts};
        if (parts > 1) {
            gradc_run(parts, listnet_forward_rows0, &given);
        } else {
            listnet_forward_rows0(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* value = -(t4 / n) */
    *value = -(t4 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t listnet_backward_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*(double)d + 49152.0*(double)k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 5*d*k + 77*k, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 5*d*k + 77*k, d) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct listnet_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *grade;
    const double *t2;
    double t4_bar;
    const double *t0;
    const double *t1;
    const double *X;
};

static GRADC_APART void listnet_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct listnet_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const grade = given->grade;
    const double *restrict const t2 = given->t2;
    const double t4_bar = given->t4_bar;
    const double *restrict const t0 = given->t0;
    const double *restrict const t1 = given->t1;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grade_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_bar_term_3 = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d*k + 2*k, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grade_tile[i:n, j:k] = grade[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &grade[tile_begin*k], k, grade_tile, 128);

        /* t0_bar_term[i:n, j:k] = exp(grade_tile[i, j] - t2[i]) */
        /* t0_bar_term_2[i:n, j:k] = let(s0 := grade_tile[i, j] - t2[i], s1 := s0 - grade_tile[i, j], s2 :=
         *    grade_tile[i, j] - (s0 - s1) - (t2[i] + s1), t4_bar * (t0_bar_term[i, j] * (1 + where(abs(s2) < 1,
         *    s2, 0)))), in the place of grade_tile */
        /* t0_bar_total[i:n] = sum[j:k](let(s0 := grade_tile[i, j] - t2[i], s1 := s0 - grade_tile[i, j], s2 :=
         *    grade_tile[i, j] - (s0 - s1) - (t2[i] + s1), t0_bar_term[i, j] * (1 + where(abs(s2) < 1, s2, 0)))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0_bar_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double grade_tile_ij = grade_tile[j*128 + i - tile_begin];
                const double t2_i = t2[i];
                const double v0 = grade_tile_ij - t2_i;
                const double v1 = v0 - grade_tile_ij;
                const double v2 = grade_tile_ij - (v0 - v1) - (t2_i + v1);
                const double v3 = gradc_exp(v0) * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0));
                grade_tile[j*128 + i - tile_begin] = t4_bar * v3;
                t0_bar_total[i - tile_begin] += v3;
            }
        }

        /* t0_tile[i:n, j:k] = t0[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &t0[tile_begin*k], k, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar_term_3[i:n, j:k] = let(s0 := t0_tile[i, j] - t1[i], s1 := s0 - t0_tile[i, j], s2 :=
             *    t0_tile[i, j] - (s0 - s1) - (t1[i] + s1), where(-inf == t0_tile[i, j], 0, -(t4_bar *
             *    t0_bar_total[i] * (exp(s0) * (1 + where(abs(s2) < 1, s2, 0)))))) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double t0_tile_ij = t0_tile[j*128 + i - tile_begin];
                    const double t1_i = t1[i];
                    const double v0 = t0_tile_ij - t1_i;
                    const double v1 = v0 - t0_tile_ij;
                    const double v2 = t0_tile_ij - (v0 - v1) - (t1_i + v1);
                    const double v3 = -(double)INFINITY == t0_tile_ij ? 0.0
                        : -(t4_bar * t0_bar_total[i - tile_begin] * (gradc_exp(v0)
                        * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0))));
                    t0_bar_term_3[(j - strip_begin)*128 + i - tile_begin] = v3;
                }
            }

            /* grad_w[l:d] = sum[i:n, j:k](X[i, j, l] * (t0_bar_term_2[i, j] + t0_bar_term_3[i, j])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t j = strip_begin; j < 4*((strip_end - strip_begin) / 4) + strip_begin; j += 4) {
                    const double v0 = t0_bar_term_3[(j - strip_begin)*128 + i - tile_begin]
                        + grade_tile[j*128 + i - tile_begin];
                    const double v1 = t0_bar_term_3[(j + 1 - strip_begin)*128 + i - tile_begin]
                        + grade_tile[(j + 1)*128 + i - tile_begin];
                    const double v2 = t0_bar_term_3[(j + 2 - strip_begin)*128 + i - tile_begin]
                        + grade_tile[(j + 2)*128 + i - tile_begin];
                    const double v3 = t0_bar_term_3[(j + 3 - strip_begin)*128 + i - tile_begin]
                        + grade_tile[(j + 3)*128 + i - tile_begin];
                    GRADC_SIMD()
                    for (int64_t l = 0; l < d; ++l) {
                        grad_w_part[l] += X[(i*k + j)*d + l] * v0 + X[(i*k + j + 1)*d + l] * v1
                            + X[(i*k + j + 2)*d + l] * v2 + X[(i*k + j + 3)*d + l] * v3;
                    }
                }
                for (int64_t j = 4*((strip_end - strip_begin) / 4) + strip_begin; j < strip_end; ++j) {
                    const double v0 = t0_bar_term_3[(j - strip_begin)*128 + i - tile_begin]
                        + grade_tile[j*128 + i - tile_begin];
                    GRADC_SIMD()
                    for (int64_t l = 0; l < d; ++l) {
                        grad_w_part[l] += X[(i*k + j)*d + l] * v0;
                    }
                }
            }
        }
    }
}

int listnet_backward(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict grade, const double *restrict t0, const double *restrict t1,
                     const double *restrict t2, double cotangent, double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 5*d*k + 77*k, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(6.0*(double)d*(double)k*(double)n + 101.0*(double)k*(double)n);

    /* t4_bar = -(cotangent / n) */
    const double t4_bar = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 5*d*k + 77*k, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double));
    {
        const struct listnet_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, k, stop, grade, t2, t4_bar, t0, t1, X};
        if (parts > 1) {
            gradc_run(parts, listnet_backward_rows0, &given);
        } else {
            listnet_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t listnet_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*(double)d + 65536.0*(double)k + 81920.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 8*d*k + 69*k + 63, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 8*d*k + 69*k + 63, d) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct listnet_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *grade;
    double t4_bar;
    double *t4_parts;
};

static GRADC_APART void listnet_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct listnet_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const grade = given->grade;
    const double t4_bar = given->t4_bar;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_total_term_2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grade_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar_term_3 = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d*k + k, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n, j:k] = sum[l:d](X[i, j, l] * w[l]) */
        for (int64_t j = 0; j < k; ++j) {
            gradc_dots(tile_end - tile_begin, d, &X[(tile_begin*k + j)*d], d*k, w, &t0[j*128], 1, 0);
        }

        /* t1_total_most[i:n] = max[j:k](t0[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_ij = t0[j*128 + i - tile_begin];
                t1_total_most[i - tile_begin] = (t1_total_most[i - tile_begin] >= t0_ij
                    || t1_total_most[i - tile_begin] != t1_total_most[i - tile_begin]) ? t1_total_most[i - tile_begin]
                    : t0_ij;
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
                const double v0 = gradc_exp(t0[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]);
                t1_total_term_2[j*128 + i - tile_begin] = v0;
                t1_total[i - tile_begin] += v0;
            }
        }

        /* t1[i:n] = t1_total_term[i] + log(t1_total[i]), in the place of t1_total_most */
        /* t0_bar_term_2[i:n] = 1 / t1_total[i], in the place of t1_total */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_total_most_i = t1_total_most[i - tile_begin];
            const double t1_total_i = t1_total[i - tile_begin];
            t1_total_most[i - tile_begin] = t1_total_most_i + gradc_log(t1_total_i);
            t1_total[i - tile_begin] = 1.0 / t1_total_i;
        }

        /* grade_tile[i:n, j:k] = grade[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &grade[tile_begin*k], k, grade_tile, 128);

        /* t2_total_most[i:n] = max[j:k](grade_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total_most[i - tile_begin] = -(double)INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double grade_tile_ij = grade_tile[j*128 + i - tile_begin];
                t2_total_most[i - tile_begin] = (t2_total_most[i - tile_begin] >= grade_tile_ij
                    || t2_total_most[i - tile_begin] != t2_total_most[i - tile_begin]) ? t2_total_most[i - tile_begin]
                    : grade_tile_ij;
            }
        }

        /* t2_total_term[i:n] = where(inf == abs(t2_total_most[i]), 0, t2_total_most[i]), in the place of
         *    t2_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t2_total_most_i = t2_total_most[i - tile_begin];
            t2_total_most[i - tile_begin] = (double)INFINITY == fabs(t2_total_most_i) ? 0.0 : t2_total_most_i;
        }

        /* t2_total_term_2[i:n, j:k] = exp(grade_tile[i, j] - t2_total_term[i]), in the place of grade_tile */
        /* t2_total[i:n] = sum[j:k](t2_total_term_2[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double grade_tile_ij = grade_tile[j*128 + i - tile_begin];
                const double v0 = gradc_exp(grade_tile_ij - t2_total_most[i - tile_begin]);
                grade_tile[j*128 + i - tile_begin] = v0;
                t2_total[i - tile_begin] += v0;
            }
        }

        /* t2[i:n] = t2_total_term[i] + log(t2_total[i]) */
        /* t3_term[i:n] = 1 / t2_total[i], in the place of t2_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total_most[i - tile_begin] = 1.0 / t2_total[i - tile_begin];
        }

        /* t3[i:n] = sum[j:k]((t0[i, j] - t1[i]) * (t2_total_term_2[i, j] * t3_term[i])) */
        /* t0_bar_term[i:n, j:k] = t4_bar * (t2_total_term_2[i, j] * t3_term[i]), in the place of grade_tile */
        /* t0_bar_total[i:n] = sum[j:k](t2_total_term_2[i, j] * t3_term[i]), in the place of t2_total */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double grade_tile_ij = grade_tile[j*128 + i - tile_begin];
                const double v0 = grade_tile_ij * t2_total_most[i - tile_begin];
                t3[i - tile_begin] += (t0[j*128 + i - tile_begin] - t1_total_most[i - tile_begin]) * v0;
                grade_tile[j*128 + i - tile_begin] = t4_bar * v0;
                t2_total[i - tile_begin] += v0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar_term_3[i:n, j:k] = where(-inf == t0[i, j], 0, -(t1_total_term_2[i, j] * t0_bar_term_2[i] *
             *    (t4_bar * t0_bar_total[i]))) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double v0 = -(double)INFINITY == t0[j*128 + i - tile_begin] ? 0.0
                        : -(t1_total_term_2[j*128 + i - tile_begin] * t1_total[i - tile_begin]
                        * (t4_bar * t2_total[i - tile_begin]));
                    t0_bar_term_3[(j - strip_begin)*128 + i - tile_begin] = v0;
                }
            }

            /* grad_w[l:d] = sum[i:n, j:k](X[i, j, l] * (t0_bar_term_3[i, j] + t0_bar_term[i, j])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t j = strip_begin; j < 4*((strip_end - strip_begin) / 4) + strip_begin; j += 4) {
                    const double v0 = t0_bar_term_3[(j - strip_begin)*128 + i - tile_begin]
                        + grade_tile[j*128 + i - tile_begin];
                    const double v1 = t0_bar_term_3[(j + 1 - strip_begin)*128 + i - tile_begin]
                        + grade_tile[(j + 1)*128 + i - tile_begin];
                    const double v2 = t0_bar_term_3[(j + 2 - strip_begin)*128 + i - tile_begin]
                        + grade_tile[(j + 2)*128 + i - tile_begin];
                    const double v3 = t0_bar_term_3[(j + 3 - strip_begin)*128 + i - tile_begin]
                        + grade_tile[(j + 3)*128 + i - tile_begin];
                    GRADC_SIMD()
                    for (int64_t l = 0; l < d; ++l) {
                        grad_w_part[l] += X[(i*k + j)*d + l] * v0 + X[(i*k + j + 1)*d + l] * v1
                            + X[(i*k + j + 2)*d + l] * v2 + X[(i*k + j + 3)*d + l] * v3;
                    }
                }
                for (int64_t j = 4*((strip_end - strip_begin) / 4) + strip_begin; j < strip_end; ++j) {
                    const double v0 = t0_bar_term_3[(j - strip_begin)*128 + i - tile_begin]
                        + grade_tile[j*128 + i - tile_begin];
                    GRADC_SIMD()
                    for (int64_t l = 0; l < d; ++l) {
                        grad_w_part[l] += X[(i*k + j)*d + l] * v0;
                    }
                }
            }
        }

        /* t4 = sum[i:n](t3[i]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += t3[i - tile_begin];
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int listnet_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict grade, double *restrict value, double *restrict grad_w,
                           void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 8*d*k + 69*k + 63, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(10.0*(double)d*(double)k*(double)n + 88.0*(double)k*(double)n
        + 72.0*(double)n);

    /* t4_bar = -(1 / n) */
    const double t4_bar = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(n, 8*d*k + 69*k + 63, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct listnet_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, k, stop, X, w, grade, t4_bar, t4_parts};
        if (parts > 1) {
            gradc_run(parts, listnet_value_and_grad_rows0, &given);
        } else {
            listnet_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* value = -(t4 / n) */
    *value = -(t4 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
