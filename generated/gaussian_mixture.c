/* gaussian_mixture: the loss, and its derivatives.
 *
 *     def program(a: real[k], mu: real[k, d], log_sigma: real[k, d], X: real[n, d]):
 *         t0[i:k, j:d] = exp(-log_sigma[i, j])
 *         t1[l:n, i:k] = sum[j:d](0.9189385332046727 + (log_sigma[i, j] + 0.5 * (t0[i, j] * (X[l, j] - mu[i, j])) **
 *            2))
 *         t2 = logsumexp[i:k](a[i])
 *         t3[l:n] = logsumexp[i:k](a[i] - t1[l, i] - t2)
 *         t4 = sum[l:n](t3[l])
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
#include "support/routines/transpose.h"

#include "gaussian_mixture.h"

size_t gaussian_mixture_value_work(int64_t k, int64_t d, int64_t n)
{
    if (8.0*(double)d*(double)k + 16384.0*(double)d + 32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 10*d*k + d + 28*k + 27, 0)
        * (gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct gaussian_mixture_value_rows0 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    double *t0;
    const double *log_sigma;
    const double *a;
    double *t2_total_most_parts;
};

static GRADC_APART void gaussian_mixture_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_value_rows0 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const log_sigma = given->log_sigma;
    const double *restrict const a = given->a;
    double *restrict const t2_total_most_parts = given->t2_total_most_parts;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_total_most_part = -(double)INFINITY;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t0[i*d + j] = gradc_exp(-log_sigma[i*d + j]);
            }
        }

        /* t2_total_most = max[i:k](a[i]) */
        double t2_total_most_part_max = -(double)INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t2_total_most_part_max = (t2_total_most_part_max >= a_i
                || t2_total_most_part_max != t2_total_most_part_max) ? t2_total_most_part_max : a_i;
        }
        t2_total_most_part = (t2_total_most_part >= t2_total_most_part_max
            || t2_total_most_part != t2_total_most_part) ? t2_total_most_part : t2_total_most_part_max;
    }
    t2_total_most_parts[part] = t2_total_most_part;
}

struct gaussian_mixture_value_rows1 {
    int64_t k;
    int64_t parts;
    const volatile int *stop;
    const double *a;
    double t2_total_term;
    double *t2_total_parts;
};

static GRADC_APART void gaussian_mixture_value_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_value_rows1 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const a = given->a;
    const double t2_total_term = given->t2_total_term;
    double *restrict const t2_total_parts = given->t2_total_parts;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_total_part = 0.0;
    double t2_total_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2_total = sum[i:k](exp(a[i] - t2_total_term)) */
        double t2_total_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_total_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total_part_sum += gradc_exp(a[i] - t2_total_term);
        }
        gradc_add(&t2_total_part, &t2_total_part_low, t2_total_part_sum);
    }
    t2_total_part = gradc_rounded(t2_total_part, t2_total_part_low);
    t2_total_parts[part] = t2_total_part;
}

struct gaussian_mixture_value_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    int64_t k;
    const volatile int *stop;
    const double *X;
    const double *log_sigma;
    double *t0;
    const double *mu;
    const double *a;
    double t2;
    double *t4_parts;
};

static GRADC_APART void gaussian_mixture_value_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const log_sigma = given->log_sigma;
    double *restrict const t0 = given->t0;
    const double *restrict const mu = given->mu;
    const double *restrict const a = given->a;
    const double t2 = given->t2;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const X_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t3_total_most_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* X_tile[l:n, j:d] = X[l, j] */
        gradc_transpose(tile_end - tile_begin, d, &X[tile_begin*d], d, X_tile, 128);
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t1[l:n, i:k] = sum[j:d](let(s0 := t0[i, j] * (X_tile[l, j] - mu[i, j]), 0.9189385332046727 +
             *    (log_sigma[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    t1[(i - strip_begin)*128 + l - tile_begin] = 0.0;
                }
                for (int64_t j = 0; j < 4*(d / 4); j += 4) {
                    const double log_sigma_ij = log_sigma[i*d + j];
                    const double t0_ij = t0[i*d + j];
                    const double mu_ij = mu[i*d + j];
                    const double log_sigma_ij_ = log_sigma[i*d + j + 1];
                    const double t0_ij_ = t0[i*d + j + 1];
                    const double mu_ij_ = mu[i*d + j + 1];
                    const double log_sigma_ij_2 = log_sigma[i*d + j + 2];
                    const double t0_ij_2 = t0[i*d + j + 2];
                    const double mu_ij_2 = mu[i*d + j + 2];
                    const double log_sigma_ij_3 = log_sigma[i*d + j + 3];
                    const double t0_ij_3 = t0[i*d + j + 3];
                    const double mu_ij_3 = mu[i*d + j + 3];
                    GRADC_SIMD()
                    for (int64_t l = tile_begin; l < tile_end; ++l) {
                        const double v0 = t0_ij * (X_tile[j*128 + l - tile_begin] - mu_ij);
                        const double v1 = t0_ij_ * (X_tile[(j + 1)*128 + l - tile_begin] - mu_ij_);
                        const double v2 = t0_ij_2 * (X_tile[(j + 2)*128 + l - tile_begin] - mu_ij_2);
                        const double v3 = t0_ij_3 * (X_tile[(j + 3)*128 + l - tile_begin] - mu_ij_3);
                        t1[(i - strip_begin)*128 + l - tile_begin] += 0.9189385332046727
                            + (log_sigma_ij + 0.5 * (v0 * v0)) + (0.9189385332046727
                            + (log_sigma_ij_ + 0.5 * (v1 * v1))) + (0.9189385332046727
                            + (log_sigma_ij_2 + 0.5 * (v2 * v2))) + (0.9189385332046727
                            + (log_sigma_ij_3 + 0.5 * (v3 * v3)));
                    }
                }
                for (int64_t j = 4*(d / 4); j < d; ++j) {
                    const double log_sigma_ij = log_sigma[i*d + j];
                    const double t0_ij = t0[i*d + j];
                    const double mu_ij = mu[i*d + j];
                    GRADC_SIMD()
                    for (int64_t l = tile_begin; l < tile_end; ++l) {
                        const double v0 = t0_ij * (X_tile[j*128 + l - tile_begin] - mu_ij);
                        t1[(i - strip_begin)*128 + l - tile_begin] += 0.9189385332046727
                            + (log_sigma_ij + 0.5 * (v0 * v0));
                    }
                }
            }

            /* t3_total_most_term[l:n, i:k] = a[i] - t1[l, i] - t2 */
            /* t3_total_most[l:n] = max[i:k](t3_total_most_term[l, i]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = a_i - t1[(i - strip_begin)*128 + l - tile_begin] - t2;
                    t3_total_most_term[i*128 + l - tile_begin] = v0;
                    t3_total_most[l - tile_begin] = (t3_total_most[l - tile_begin] >= v0
                        || t3_total_most[l - tile_begin] != t3_total_most[l - tile_begin])
                        ? t3_total_most[l - tile_begin] : v0;
                }
            }
        }

        /* t3_total_term[l:n] = where(inf == abs(t3_total_most[l]), 0, t3_total_most[l]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_total_most_l = t3_total_most[l - tile_begin];
            t3_total_most[l - tile_begin] = (double)INFINITY == fabs(t3_total_most_l) ? 0.0 : t3_total_most_l;
        }

        /* t3_total[l:n] = sum[i:k](exp(t3_total_most_term[l, i] - t3_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_total[l - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(k / 4); i += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t3_total[l - tile_begin] += gradc_exp(t3_total_most_term[i*128 + l - tile_begin]
                    - t3_total_most[l - tile_begin]) + gradc_exp(t3_total_most_term[(i + 1)*128 + l - tile_begin]
                    - t3_total_most[l - tile_begin]) + gradc_exp(t3_total_most_term[(i + 2)*128 + l - tile_begin]
                    - t3_total_most[l - tile_begin]) + gradc_exp(t3_total_most_term[(i + 3)*128 + l - tile_begin]
                    - t3_total_most[l - tile_begin]);
            }
        }
        for (int64_t i = 4*(k / 4); i < k; ++i) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t3_total[l - tile_begin] += gradc_exp(t3_total_most_term[i*128 + l - tile_begin]
                    - t3_total_most[l - tile_begin]);
            }
        }

        /* t3[l:n] = t3_total_term[l] + log(t3_total[l]) */
        /* t4 = sum[l:n](t3[l]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4_part_sum += t3_total_most[l - tile_begin] + gradc_log(t3_total[l - tile_begin]);
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int gaussian_mixture_value(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                           const double *restrict log_sigma, const double *restrict X, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(11.0*(double)d*(double)k*(double)n + 23.0*(double)d*(double)k
        + 2.0*(double)d*(double)n + 32.0*(double)k*(double)n + 26.0*(double)k + 31.0*(double)n);
    const int64_t parts = gradc_parts(k, 22*d + 1, 0);
    double t2_total_most_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_value_rows0 given = {k, parts, d, stop, t0, log_sigma, a, t2_total_most_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_mixture_value_rows0, &given);
        } else {
            gaussian_mixture_value_rows0(&given, 0, 0);
        }
    }
    double t2_total_most = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t2_total_most = (t2_total_most >= t2_total_most_parts[part] || t2_total_most != t2_total_most) ? t2_total_most
            : t2_total_most_parts[part];
    }

    /* t2_total_term = where(inf == abs(t2_total_most), 0, t2_total_most) */
    const double t2_total_term = (double)INFINITY == fabs(t2_total_most) ? 0.0 : t2_total_most;
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t2_total_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_value_rows1 given = {k, parts_, stop, a, t2_total_term, t2_total_parts};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_mixture_value_rows1, &given);
        } else {
            gaussian_mixture_value_rows1(&given, 0, 0);
        }
    }
    double t2_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t2_total += t2_total_parts[part];
    }

    /* t2 = t2_total_term + log(t2_total) */
    const double t2 = t2_total_term + gradc_log(t2_total);
    const int64_t parts_2 = gradc_parts(n, 10*d*k + d + 28*k + 27, 0);
    const size_t tile_bytes = gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_value_rows2 given = {n, parts_2, tile_scratch, tile_bytes, d, k, stop, X,
            log_sigma, t0, mu, a, t2, t4_parts};
        if (parts_2 > 1) {
            gradc_run(parts_2, gaussian_mixture_value_rows2, &given);
        } else {
            gaussian_mixture_value_rows2(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t4 += t4_parts[part];
    }

    /* value = -(t4 / n) */
    *value = -(t4 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_mixture_forward_work(int64_t k, int64_t d, int64_t n)
{
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 10*d*k + 28*k + 27, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct gaussian_mixture_forward_rows0 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    double *t0;
    const double *log_sigma;
    const double *a;
    double *t2_total_most_parts;
};

static GRADC_APART void gaussian_mixture_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_forward_rows0 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const log_sigma = given->log_sigma;
    const double *restrict const a = given->a;
    double *restrict const t2_total_most_parts = given->t2_total_most_parts;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_total_most_part = -(double)INFINITY;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t0[i*d + j] = gradc_exp(-log_sigma[i*d + j]);
            }
        }

        /* t2_total_most = max[i:k](a[i]) */
        double t2_total_most_part_max = -(double)INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t2_total_most_part_max = (t2_total_most_part_max >= a_i
                || t2_total_most_part_max != t2_total_most_part_max) ? t2_total_most_part_max : a_i;
        }
        t2_total_most_part = (t2_total_most_part >= t2_total_most_part_max
            || t2_total_most_part != t2_total_most_part) ? t2_total_most_part : t2_total_most_part_max;
    }
    t2_total_most_parts[part] = t2_total_most_part;
}

struct gaussian_mixture_forward_rows1 {
    int64_t k;
    int64_t parts;
    const volatile int *stop;
    const double *a;
    double t2_total_term;
    double *t2_total_parts;
};

static GRADC_APART void gaussian_mixture_forward_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_forward_rows1 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const a = given->a;
    const double t2_total_term = given->t2_total_term;
    double *restrict const t2_total_parts = given->t2_total_parts;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_total_part = 0.0;
    double t2_total_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2_total = sum[i:k](exp(a[i] - t2_total_term)) */
        double t2_total_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_total_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total_part_sum += gradc_exp(a[i] - t2_total_term);
        }
        gradc_add(&t2_total_part, &t2_total_part_low, t2_total_part_sum);
    }
    t2_total_part = gradc_rounded(t2_total_part, t2_total_part_low);
    t2_total_parts[part] = t2_total_part;
}

struct gaussian_mixture_forward_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const volatile int *stop;
    double *t0;
    const double *X;
    const double *mu;
    const double *log_sigma;
    double *t1;
    const double *a;
    double t2;
    double *t3;
    double *t4_parts;
};

static GRADC_APART void gaussian_mixture_forward_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_forward_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const X = given->X;
    const double *restrict const mu = given->mu;
    const double *restrict const log_sigma = given->log_sigma;
    double *restrict const t1 = given->t1;
    const double *restrict const a = given->a;
    const double t2 = given->t2;
    double *restrict const t3 = given->t3;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t3_total_most_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d + k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[l:n, i:k] = sum[j:d](let(s0 := t0[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 + (log_sigma[i, j]
         *    + 0.5 * (s0 * s0)))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            for (int64_t i = 0; i < 4*(k / 4); i += 4) {
                double t1_sum = 0.0;
                double t1_sum_ = 0.0;
                double t1_sum_2 = 0.0;
                double t1_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:t1_sum, t1_sum_, t1_sum_2, t1_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = t0[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                    const double v1 = t0[(i + 1)*d + j] * (X[l*d + j] - mu[(i + 1)*d + j]);
                    const double v2 = t0[(i + 2)*d + j] * (X[l*d + j] - mu[(i + 2)*d + j]);
                    const double v3 = t0[(i + 3)*d + j] * (X[l*d + j] - mu[(i + 3)*d + j]);
                    t1_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                    t1_sum_ += 0.9189385332046727 + (log_sigma[(i + 1)*d + j] + 0.5 * (v1 * v1));
                    t1_sum_2 += 0.9189385332046727 + (log_sigma[(i + 2)*d + j] + 0.5 * (v2 * v2));
                    t1_sum_3 += 0.9189385332046727 + (log_sigma[(i + 3)*d + j] + 0.5 * (v3 * v3));
                }
                t1[l*k + i] = t1_sum;
                t1[l*k + i + 1] = t1_sum_;
                t1[l*k + i + 2] = t1_sum_2;
                t1[l*k + i + 3] = t1_sum_3;
            }
            for (int64_t i = 4*(k / 4); i < k; ++i) {
                double t1_sum = 0.0;
                GRADC_SIMD(reduction(+:t1_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = t0[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                    t1_sum += 0.9189385332046727 + (log_sigma[i*d + j] + 0.5 * (v0 * v0));
                }
                t1[l*k + i] = t1_sum;
            }
        }

        /* t3_total_most_term[l:n, i:k] = a[i] - t1[l, i] - t2 */
        /* t3_total_most[l:n] = max[i:k](t3_total_most_term[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t3_total_most_max = -(double)INFINITY;
            for (int64_t i = 0; i < k; ++i) {
                const double v0 = a[i] - t1[l*k + i] - t2;
                t3_total_most_term[(l - tile_begin)*k + i] = v0;
                t3_total_most_max = (t3_total_most_max >= v0 || t3_total_most_max != t3_total_most_max)
                    ? t3_total_most_max : v0;
            }
            t3_total_most[l - tile_begin] = t3_total_most_max;
        }

        /* t3_total_term[l:n] = where(inf == abs(t3_total_most[l]), 0, t3_total_most[l]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_total_most_l = t3_total_most[l - tile_begin];
            t3_total_most[l - tile_begin] = (double)INFINITY == fabs(t3_total_most_l) ? 0.0 : t3_total_most_l;
        }

        /* t3_total[l:n] = sum[i:k](exp(t3_total_most_term[l, i] - t3_total_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_total_most_l = t3_total_most[l - tile_begin];
            double t3_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_total_sum))
            for (int64_t i = 0; i < k; ++i) {
                t3_total_sum += gradc_exp(t3_total_most_term[(l - tile_begin)*k + i] - t3_total_most_l);
            }
            t3_total[l - tile_begin] = t3_total_sum;
        }

        /* t3[l:n] = t3_total_term[l] + log(t3_total[l]) */
        /* t4 = sum[l:n](t3[l]) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t3_total_most[l - tile_begin] + gradc_log(t3_total[l - tile_begin]);
            t3[l] = v0;
            t4_part_sum += v0;
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

int gaussian_mixture_forward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                             const double *restrict log_sigma, const double *restrict X, double *restrict value,
                             double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                             void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(11.0*(double)d*(double)k*(double)n + 23.0*(double)d*(double)k
        + 32.0*(double)k*(double)n + 26.0*(double)k + 31.0*(double)n);
    const int64_t parts = gradc_parts(k, 22*d + 1, 0);
    double t2_total_most_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_forward_rows0 given = {k, parts, d, stop, t0, log_sigma, a,
            t2_total_most_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_mixture_forward_rows0, &given);
        } else {
            gaussian_mixture_forward_rows0(&given, 0, 0);
        }
    }
    double t2_total_most = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t2_total_most = (t2_total_most >= t2_total_most_parts[part] || t2_total_most != t2_total_most) ? t2_total_most
            : t2_total_most_parts[part];
    }

    /* t2_total_term = where(inf == abs(t2_total_most), 0, t2_total_most) */
    const double t2_total_term = (double)INFINITY == fabs(t2_total_most) ? 0.0 : t2_total_most;
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t2_total_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_forward_rows1 given = {k, parts_, stop, a, t2_total_term, t2_total_parts};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_mixture_forward_rows1, &given);
        } else {
            gaussian_mixture_forward_rows1(&given, 0, 0);
        }
    }
    double t2_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t2_total += t2_total_parts[part];
    }

    /* t2 = t2_total_term + log(t2_total) */
    const double t2_ = t2_total_term + gradc_log(t2_total);
    const int64_t parts_2 = gradc_parts(n, 10*d*k + 28*k + 27, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_forward_rows2 given = {n, parts_2, tile_scratch, tile_bytes, k, d, stop, t0, X,
            mu, log_sigma, t1, a, t2_, t3, t4_parts};
        if (parts_2 > 1) {
            gradc_run(parts_2, gaussian_mixture_forward_rows2, &given);
        } else {
            gaussian_mixture_forward_rows2(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t4 += t4_parts[part];
    }

    /* value = -(t4 / n) */
    *value = -(t4 / (double)n);
    *t2 = t2_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_mixture_backward_work(int64_t k, int64_t d, int64_t n)
{
    if (272.0*(double)d*(double)k + 16384.0*(double)d + 49424.0*(double)k > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + d + 91*k, 2*d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n, 6*d*k + d + 91*k, 2*d*k + 2*k)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double)));
}

struct gaussian_mixture_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_a_total;
    int64_t k;
    double *grad_log_sigma_total;
    double *grad_mu_total;
    int64_t d;
    double *grad_log_sigma_total_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *t1;
    const double *a;
    double t2;
    const double *t3;
    double t4_bar;
    const double *X;
    const double *mu;
    double *t2_bar_parts;
};

static GRADC_APART void gaussian_mixture_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_a_total = given->grad_a_total;
    const int64_t k = given->k;
    double *restrict const grad_log_sigma_total = given->grad_log_sigma_total;
    double *restrict const grad_mu_total = given->grad_mu_total;
    const int64_t d = given->d;
    double *restrict const grad_log_sigma_total_2 = given->grad_log_sigma_total_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const t1 = given->t1;
    const double *restrict const a = given->a;
    const double t2 = given->t2;
    const double *restrict const t3 = given->t3;
    const double t4_bar = given->t4_bar;
    const double *restrict const X = given->X;
    const double *restrict const mu = given->mu;
    double *restrict const t2_bar_parts = given->t2_bar_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_a_total_part = part == 0 ? grad_a_total : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_log_sigma_total_part = part == 0 ? grad_log_sigma_total : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_mu_total_part = part == 0 ? grad_mu_total : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const grad_log_sigma_total_2_part = part == 0 ? grad_log_sigma_total_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const grad_a_total_term = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t1_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const X_tile = (void *)tile_own;
    double t2_bar_part = 0.0;
    double t2_bar_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_a_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_log_sigma_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_mu_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_log_sigma_total_2_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d + k, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_tile[l:n, i:k] = t1[l, i] */
        gradc_transpose(tile_end - tile_begin, k, &t1[tile_begin*k], k, t1_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* grad_a_total_term[i:k, l:n] = exp(a[i] - t1_tile[l, i] - t2 - t3[l]) */
            /* grad_a_total[i:k] = sum[l:n](let(s0 := a[i] - t1_tile[l, i], s1 := s0 - t2, s2 := s1 - t3[l], s3 :=
             *    s2 - s1, s4 := s0 - a[i], s5 := s1 - s0, s6 := s1 - (s2 - s3) - (t3[l] + s3) + (a[i] - (s0 - s4)
             *    - (t1_tile[l, i] + s4) + (s0 - (s1 - s5) - (t2 + s5))), where(-inf == s1, 0, t4_bar *
             *    (grad_a_total_term[i, l] * (1 + where(abs(s6) < 1, s6, 0)))))) */
            /* t1_bar[l:n, i:k] = let(s0 := a[i] - t1_tile[l, i], s1 := s0 - t2, s2 := s1 - t3[l], s3 := s2 - s1,
             *    s4 := s0 - a[i], s5 := s1 - s0, s6 := s1 - (s2 - s3) - (t3[l] + s3) + (a[i] - (s0 - s4) -
             *    (t1_tile[l, i] + s4) + (s0 - (s1 - s5) - (t2 + s5))), where(-inf == s1, 0, -(t4_bar *
             *    (grad_a_total_term[i, l] * (1 + where(abs(s6) < 1, s6, 0)))))) */
            /* grad_log_sigma_total[i:k] = sum[l:n](t1_bar[l, i]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                double grad_a_total_part_sum = 0.0;
                double grad_log_sigma_total_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_a_total_part_sum, grad_log_sigma_total_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_tile_li = t1_tile[i*128 + l - tile_begin];
                    const double v0 = a_i - t1_tile_li;
                    const double v1 = v0 - t2;
                    const double t3_l = t3[l];
                    const double v2 = v1 - t3_l;
                    const double v3 = gradc_exp(v2);
                    const int v4 = -(double)INFINITY == v1;
                    const double v5 = v2 - v1;
                    const double v6 = v0 - a_i;
                    const double v7 = v1 - v0;
                    const double v8 = v1 - (v2 - v5) - (t3_l + v5) + (a_i - (v0 - v6) - (t1_tile_li + v6)
                        + (v0 - (v1 - v7) - (t2 + v7)));
                    const double v9 = t4_bar * (v3 * (1.0 + (fabs(v8) < 1.0 ? v8 : 0.0)));
                    const double v10 = v4 ? 0.0 : -v9;
                    grad_a_total_term[(i - strip_begin)*128 + l - tile_begin] = v3;
                    grad_a_total_part_sum += v4 ? 0.0 : v9;
                    t1_bar[i*128 + l - tile_begin] = v10;
                    grad_log_sigma_total_part_sum += v10;
                }
                grad_a_total_part[i] += grad_a_total_part_sum;
                grad_log_sigma_total_part[i] += grad_log_sigma_total_part_sum;
            }

            /* t2_bar = sum[l:n, i:k](let(s0 := a[i] - t1_tile[l, i], s1 := s0 - t2, s2 := s1 - t3[l], s3 := s2 -
             *    s1, s4 := s0 - a[i], s5 := s1 - s0, s6 := s1 - (s2 - s3) - (t3[l] + s3) + (a[i] - (s0 - s4) -
             *    (t1_tile[l, i] + s4) + (s0 - (s1 - s5) - (t2 + s5))), where(-inf == s1, 0, -(t4_bar *
             *    (grad_a_total_term[i, l] * (1 + where(abs(s6) < 1, s6, 0))))))) */
            double t2_bar_part_sum = 0.0;
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                GRADC_SIMD(reduction(+:t2_bar_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_tile_li = t1_tile[i*128 + l - tile_begin];
                    const double v0 = a_i - t1_tile_li;
                    const double v1 = v0 - t2;
                    const double t3_l = t3[l];
                    const double v2 = v1 - t3_l;
                    const double v3 = v2 - v1;
                    const double v4 = v0 - a_i;
                    const double v5 = v1 - v0;
                    const double v6 = v1 - (v2 - v3) - (t3_l + v3) + (a_i - (v0 - v4) - (t1_tile_li + v4)
                        + (v0 - (v1 - v5) - (t2 + v5)));
                    const double v7 = -(double)INFINITY == v1 ? 0.0 : -(t4_bar
                        * (grad_a_total_term[(i - strip_begin)*128 + l - tile_begin]
                        * (1.0 + (fabs(v6) < 1.0 ? v6 : 0.0))));
                    t2_bar_part_sum += v7;
                }
            }
            gradc_add(&t2_bar_part, &t2_bar_part_low, t2_bar_part_sum);
        }

        /* X_tile[l:n, j:d] = X[l, j] */
        gradc_transpose(tile_end - tile_begin, d, &X[tile_begin*d], d, X_tile, 128);

        /* grad_mu_total[i:k, j:d] = sum[l:n](t1_bar[l, i] * (X_tile[l, j] - mu[i, j])) */
        /* grad_log_sigma_total_2[i:k, j:d] = sum[l:n](let(s0 := X_tile[l, j] - mu[i, j], s0 * (t1_bar[l, i] *
         *    s0))) */
        for (int64_t i = 0; i < k; ++i) {
            for (int64_t j = 0; j < 4*(d / 4); j += 4) {
                const double mu_ij = mu[i*d + j];
                double grad_mu_total_part_sum = 0.0;
                double grad_log_sigma_total_2_part_sum = 0.0;
                const double mu_ij_ = mu[i*d + j + 1];
                double grad_mu_total_part_sum_ = 0.0;
                double grad_log_sigma_total_2_part_sum_ = 0.0;
                const double mu_ij_2 = mu[i*d + j + 2];
                double grad_mu_total_part_sum_2 = 0.0;
                double grad_log_sigma_total_2_part_sum_2 = 0.0;
                const double mu_ij_3 = mu[i*d + j + 3];
                double grad_mu_total_part_sum_3 = 0.0;
                double grad_log_sigma_total_2_part_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:grad_mu_total_part_sum, grad_log_sigma_total_2_part_sum,
                    grad_mu_total_part_sum_, grad_log_sigma_total_2_part_sum_, grad_mu_total_part_sum_2,
                    grad_log_sigma_total_2_part_sum_2, grad_mu_total_part_sum_3, grad_log_sigma_total_2_part_sum_3))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                    const double v1 = t1_bar[i*128 + l - tile_begin] * v0;
                    const double v2 = X_tile[(j + 1)*128 + l - tile_begin] - mu_ij_;
                    const double v3 = t1_bar[i*128 + l - tile_begin] * v2;
                    const double v4 = X_tile[(j + 2)*128 + l - tile_begin] - mu_ij_2;
                    const double v5 = t1_bar[i*128 + l - tile_begin] * v4;
                    const double v6 = X_tile[(j + 3)*128 + l - tile_begin] - mu_ij_3;
                    const double v7 = t1_bar[i*128 + l - tile_begin] * v6;
                    grad_mu_total_part_sum += v1;
                    grad_log_sigma_total_2_part_sum += v0 * v1;
                    grad_mu_total_part_sum_ += v3;
                    grad_log_sigma_total_2_part_sum_ += v2 * v3;
                    grad_mu_total_part_sum_2 += v5;
                    grad_log_sigma_total_2_part_sum_2 += v4 * v5;
                    grad_mu_total_part_sum_3 += v7;
                    grad_log_sigma_total_2_part_sum_3 += v6 * v7;
                }
                grad_mu_total_part[i*d + j] += grad_mu_total_part_sum;
                grad_log_sigma_total_2_part[i*d + j] += grad_log_sigma_total_2_part_sum;
                grad_mu_total_part[i*d + j + 1] += grad_mu_total_part_sum_;
                grad_log_sigma_total_2_part[i*d + j + 1] += grad_log_sigma_total_2_part_sum_;
                grad_mu_total_part[i*d + j + 2] += grad_mu_total_part_sum_2;
                grad_log_sigma_total_2_part[i*d + j + 2] += grad_log_sigma_total_2_part_sum_2;
                grad_mu_total_part[i*d + j + 3] += grad_mu_total_part_sum_3;
                grad_log_sigma_total_2_part[i*d + j + 3] += grad_log_sigma_total_2_part_sum_3;
            }
            for (int64_t j = 4*(d / 4); j < d; ++j) {
                const double mu_ij = mu[i*d + j];
                double grad_mu_total_part_sum = 0.0;
                double grad_log_sigma_total_2_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_mu_total_part_sum, grad_log_sigma_total_2_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                    const double v1 = t1_bar[i*128 + l - tile_begin] * v0;
                    grad_mu_total_part_sum += v1;
                    grad_log_sigma_total_2_part_sum += v0 * v1;
                }
                grad_mu_total_part[i*d + j] += grad_mu_total_part_sum;
                grad_log_sigma_total_2_part[i*d + j] += grad_log_sigma_total_2_part_sum;
            }
        }
    }
    t2_bar_part = gradc_rounded(t2_bar_part, t2_bar_part_low);
    t2_bar_parts[part] = t2_bar_part;
}

struct gaussian_mixture_backward_rows1 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *a;
    double t2;
    double *grad_a;
    double *grad_a_total;
    double t2_bar;
    double *grad_log_sigma_total;
    const double *t0;
    double *grad_mu;
    double *grad_mu_total;
    double *grad_log_sigma;
    double *grad_log_sigma_total_2;
};

static GRADC_APART void gaussian_mixture_backward_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_backward_rows1 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const a = given->a;
    const double t2 = given->t2;
    double *restrict const grad_a = given->grad_a;
    double *restrict const grad_a_total = given->grad_a_total;
    const double t2_bar = given->t2_bar;
    double *restrict const grad_log_sigma_total = given->grad_log_sigma_total;
    const double *restrict const t0 = given->t0;
    double *restrict const grad_mu = given->grad_mu;
    double *restrict const grad_mu_total = given->grad_mu_total;
    double *restrict const grad_log_sigma = given->grad_log_sigma;
    double *restrict const grad_log_sigma_total_2 = given->grad_log_sigma_total_2;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    const int64_t tile_rows = gradc_rows(3*d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grad_a[i:k] = let(s0 := a[i] - t2, s1 := s0 - a[i], s2 := a[i] - (s0 - s1) - (t2 + s1), grad_a_total[i]
         *    + where(-inf == a[i], 0, t2_bar * (exp(s0) * (1 + where(abs(s2) < 1, s2, 0))))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            const double v0 = a_i - t2;
            const double v1 = v0 - a_i;
            const double v2 = a_i - (v0 - v1) - (t2 + v1);
            grad_a[i] = grad_a_total[i] + (-(double)INFINITY == a_i ? 0.0 : t2_bar
                * (gradc_exp(v0) * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0))));
        }

        /* grad_mu[i:k, j:d] = -(t0[i, j] * (t0[i, j] * grad_mu_total[i, j])) */
        /* grad_log_sigma[i:k, j:d] = grad_log_sigma_total[i] - t0[i, j] * (t0[i, j] * grad_log_sigma_total_2[i,
         *    j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grad_log_sigma_total_i = grad_log_sigma_total[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double t0_ij = t0[i*d + j];
                grad_mu[i*d + j] = -(t0_ij * (t0_ij * grad_mu_total[i*d + j]));
                grad_log_sigma[i*d + j] = grad_log_sigma_total_i - t0_ij * (t0_ij * grad_log_sigma_total_2[i*d + j]);
            }
        }
    }
}

int gaussian_mixture_backward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                              const double *restrict log_sigma, const double *restrict X, const double *restrict t0,
                              const double *restrict t1, double t2, const double *restrict t3, double cotangent,
                              double *restrict grad_a, double *restrict grad_mu, double *restrict grad_log_sigma,
                              void *restrict work)
{
    (void)log_sigma;
    unsigned char *scratch = work;
    double *const grad_a_total = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_mu_total = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const grad_log_sigma_total = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_log_sigma_total_2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + d + 91*k, 2*d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(13.0*(double)d*(double)k*(double)n + 13.0*(double)d*(double)k
        + 2.0*(double)d*(double)n + 139.0*(double)k*(double)n + 40.0*(double)k);

    /* t4_bar = -(cotangent / n) */
    const double t4_bar = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + d + 91*k, 2*d*k + 2*k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
    double t2_bar_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_a_total, k,
            grad_log_sigma_total, grad_mu_total, d, grad_log_sigma_total_2, tile_scratch, tile_bytes, stop, t1, a, t2,
            t3, t4_bar, X, mu, t2_bar_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_mixture_backward_rows0, &given);
        } else {
            gaussian_mixture_backward_rows0(&given, 0, 0);
        }
    }
    double t2_bar = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2_bar += t2_bar_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_a_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_a_total[at] += grad_a_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_log_sigma_total_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_log_sigma_total[at] += grad_log_sigma_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_mu_total_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_mu_total[at] += grad_mu_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_log_sigma_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_log_sigma_total_2[at] += grad_log_sigma_total_2_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(k, 10*d + 39, 0);
    {
        const struct gaussian_mixture_backward_rows1 given = {k, parts_, d, stop, a, t2, grad_a, grad_a_total, t2_bar,
            grad_log_sigma_total, t0, grad_mu, grad_mu_total, grad_log_sigma, grad_log_sigma_total_2};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_mixture_backward_rows1, &given);
        } else {
            gaussian_mixture_backward_rows1(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_mixture_value_and_grad_work(int64_t k, int64_t d, int64_t n)
{
    if (280.0*(double)d*(double)k + 16384.0*(double)d + 49424.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 16*d*k + d + 55*k + 31, 2*d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n, 16*d*k + d + 55*k + 31, 2*d*k + 2*k)
        * (gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct gaussian_mixture_value_and_grad_rows0 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    double *t0;
    const double *log_sigma;
    const double *a;
    double *t2_total_most_parts;
};

static GRADC_APART void gaussian_mixture_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_value_and_grad_rows0 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    const double *restrict const log_sigma = given->log_sigma;
    const double *restrict const a = given->a;
    double *restrict const t2_total_most_parts = given->t2_total_most_parts;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_total_most_part = -(double)INFINITY;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t0[i*d + j] = gradc_exp(-log_sigma[i*d + j]);
            }
        }

        /* t2_total_most = max[i:k](a[i]) */
        double t2_total_most_part_max = -(double)INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t2_total_most_part_max = (t2_total_most_part_max >= a_i
                || t2_total_most_part_max != t2_total_most_part_max) ? t2_total_most_part_max : a_i;
        }
        t2_total_most_part = (t2_total_most_part >= t2_total_most_part_max
            || t2_total_most_part != t2_total_most_part) ? t2_total_most_part : t2_total_most_part_max;
    }
    t2_total_most_parts[part] = t2_total_most_part;
}

struct gaussian_mixture_value_and_grad_rows1 {
    int64_t k;
    int64_t parts;
    const volatile int *stop;
    const double *a;
    double t2_total_term;
    double *t2_total_parts;
};

static GRADC_APART void gaussian_mixture_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_value_and_grad_rows1 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const a = given->a;
    const double t2_total_term = given->t2_total_term;
    double *restrict const t2_total_parts = given->t2_total_parts;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_total_part = 0.0;
    double t2_total_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2_total = sum[i:k](exp(a[i] - t2_total_term)) */
        double t2_total_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_total_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_total_part_sum += gradc_exp(a[i] - t2_total_term);
        }
        gradc_add(&t2_total_part, &t2_total_part_low, t2_total_part_sum);
    }
    t2_total_part = gradc_rounded(t2_total_part, t2_total_part_low);
    t2_total_parts[part] = t2_total_part;
}

struct gaussian_mixture_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_a_total;
    int64_t k;
    double *grad_log_sigma_total;
    double *grad_mu_total;
    int64_t d;
    double *grad_log_sigma_total_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *X;
    const double *log_sigma;
    double *t0;
    const double *mu;
    const double *a;
    double t2;
    double t4_bar;
    double *t4_parts;
    double *t2_bar_parts;
};

static GRADC_APART void gaussian_mixture_value_and_grad_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_and_grad_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_a_total = given->grad_a_total;
    const int64_t k = given->k;
    double *restrict const grad_log_sigma_total = given->grad_log_sigma_total;
    double *restrict const grad_mu_total = given->grad_mu_total;
    const int64_t d = given->d;
    double *restrict const grad_log_sigma_total_2 = given->grad_log_sigma_total_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const log_sigma = given->log_sigma;
    double *restrict const t0 = given->t0;
    const double *restrict const mu = given->mu;
    const double *restrict const a = given->a;
    const double t2 = given->t2;
    const double t4_bar = given->t4_bar;
    double *restrict const t4_parts = given->t4_parts;
    double *restrict const t2_bar_parts = given->t2_bar_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_a_total_part = part == 0 ? grad_a_total : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_log_sigma_total_part = part == 0 ? grad_log_sigma_total : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_mu_total_part = part == 0 ? grad_mu_total : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const grad_log_sigma_total_2_part = part == 0 ? grad_log_sigma_total_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const X_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_bar = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    double t2_bar_part = 0.0;
    double t2_bar_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_a_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        grad_log_sigma_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_mu_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_log_sigma_total_2_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* X_tile[l:n, j:d] = X[l, j] */
        gradc_transpose(tile_end - tile_begin, d, &X[tile_begin*d], d, X_tile, 128);

        /* t1[l:n, i:k] = sum[j:d](let(s0 := t0[i, j] * (X_tile[l, j] - mu[i, j]), 0.9189385332046727 +
         *    (log_sigma[i, j] + 0.5 * (s0 * s0)))) */
        for (int64_t i = 0; i < k; ++i) {
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t1[i*128 + l - tile_begin] = 0.0;
            }
            for (int64_t j = 0; j < 4*(d / 4); j += 4) {
                const double log_sigma_ij = log_sigma[i*d + j];
                const double t0_ij = t0[i*d + j];
                const double mu_ij = mu[i*d + j];
                const double log_sigma_ij_ = log_sigma[i*d + j + 1];
                const double t0_ij_ = t0[i*d + j + 1];
                const double mu_ij_ = mu[i*d + j + 1];
                const double log_sigma_ij_2 = log_sigma[i*d + j + 2];
                const double t0_ij_2 = t0[i*d + j + 2];
                const double mu_ij_2 = mu[i*d + j + 2];
                const double log_sigma_ij_3 = log_sigma[i*d + j + 3];
                const double t0_ij_3 = t0[i*d + j + 3];
                const double mu_ij_3 = mu[i*d + j + 3];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = t0_ij * (X_tile[j*128 + l - tile_begin] - mu_ij);
                    const double v1 = t0_ij_ * (X_tile[(j + 1)*128 + l - tile_begin] - mu_ij_);
                    const double v2 = t0_ij_2 * (X_tile[(j + 2)*128 + l - tile_begin] - mu_ij_2);
                    const double v3 = t0_ij_3 * (X_tile[(j + 3)*128 + l - tile_begin] - mu_ij_3);
                    t1[i*128 + l - tile_begin] += 0.9189385332046727 + (log_sigma_ij + 0.5 * (v0 * v0))
                        + (0.9189385332046727 + (log_sigma_ij_ + 0.5 * (v1 * v1)))
                        + (0.9189385332046727 + (log_sigma_ij_2 + 0.5 * (v2 * v2)))
                        + (0.9189385332046727 + (log_sigma_ij_3 + 0.5 * (v3 * v3)));
                }
            }
            for (int64_t j = 4*(d / 4); j < d; ++j) {
                const double log_sigma_ij = log_sigma[i*d + j];
                const double t0_ij = t0[i*d + j];
                const double mu_ij = mu[i*d + j];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = t0_ij * (X_tile[j*128 + l - tile_begin] - mu_ij);
                    t1[i*128 + l - tile_begin] += 0.9189385332046727 + (log_sigma_ij + 0.5 * (v0 * v0));
                }
            }
        }

        /* t3_total_most_term[l:n, i:k] = a[i] - t1[l, i] - t2 */
        /* t3_total_most[l:n] = max[i:k](t3_total_most_term[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_total_most[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = 0; i < k; ++i) {
            const double a_i = a[i];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v0 = a_i - t1[i*128 + l - tile_begin] - t2;
                t3_total_most_term[i*128 + l - tile_begin] = v0;
                t3_total_most[l - tile_begin] = (t3_total_most[l - tile_begin] >= v0
                    || t3_total_most[l - tile_begin] != t3_total_most[l - tile_begin]) ? t3_total_most[l - tile_begin]
                    : v0;
            }
        }

        /* t3_total_term[l:n] = where(inf == abs(t3_total_most[l]), 0, t3_total_most[l]), in the place of
         *    t3_total_most */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_total_most_l = t3_total_most[l - tile_begin];
            t3_total_most[l - tile_begin] = (double)INFINITY == fabs(t3_total_most_l) ? 0.0 : t3_total_most_l;
        }

        /* t3_total_term_2[l:n, i:k] = exp(t3_total_most_term[l, i] - t3_total_term[l]), in the place of
         *    t3_total_most_term */
        /* t3_total[l:n] = sum[i:k](t3_total_term_2[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_total[l - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < k; ++i) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t3_total_most_term_li = t3_total_most_term[i*128 + l - tile_begin];
                const double v0 = gradc_exp(t3_total_most_term_li - t3_total_most[l - tile_begin]);
                t3_total_most_term[i*128 + l - tile_begin] = v0;
                t3_total[l - tile_begin] += v0;
            }
        }

        /* t3[l:n] = t3_total_term[l] + log(t3_total[l]) */
        /* t4 = sum[l:n](t3[l]) */
        /* grad_a_total_term[l:n] = 1 / t3_total[l], in the place of t3_total_most */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_total_most_l = t3_total_most[l - tile_begin];
            const double t3_total_l = t3_total[l - tile_begin];
            t4_part_sum += t3_total_most_l + gradc_log(t3_total_l);
            t3_total_most[l - tile_begin] = 1.0 / t3_total_l;
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* grad_a_total[i:k] = sum[l:n](where(-inf == a[i] - t1[l, i] - t2, 0, t4_bar * (t3_total_term_2[l, i]
             *    * grad_a_total_term[l]))) */
            /* t1_bar[l:n, i:k] = where(-inf == a[i] - t1[l, i] - t2, 0, -(t4_bar * (t3_total_term_2[l, i] *
             *    grad_a_total_term[l]))) */
            /* grad_log_sigma_total[i:k] = sum[l:n](t1_bar[l, i]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                double grad_a_total_part_sum = 0.0;
                double grad_log_sigma_total_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_a_total_part_sum, grad_log_sigma_total_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const int v0 = -(double)INFINITY == a_i - t1[i*128 + l - tile_begin] - t2;
                    const double v1 = t4_bar * (t3_total_most_term[i*128 + l - tile_begin]
                        * t3_total_most[l - tile_begin]);
                    const double v2 = v0 ? 0.0 : -v1;
                    grad_a_total_part_sum += v0 ? 0.0 : v1;
                    t1_bar[(i - strip_begin)*128 + l - tile_begin] = v2;
                    grad_log_sigma_total_part_sum += v2;
                }
                grad_a_total_part[i] += grad_a_total_part_sum;
                grad_log_sigma_total_part[i] += grad_log_sigma_total_part_sum;
            }

            /* t2_bar = sum[l:n, i:k](where(-inf == a[i] - t1[l, i] - t2, 0, -(t4_bar * (t3_total_term_2[l, i] *
             *    grad_a_total_term[l])))) */
            double t2_bar_part_sum = 0.0;
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                GRADC_SIMD(reduction(+:t2_bar_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = -(double)INFINITY == a_i - t1[i*128 + l - tile_begin] - t2 ? 0.0
                        : -(t4_bar * (t3_total_most_term[i*128 + l - tile_begin] * t3_total_most[l - tile_begin]));
                    t2_bar_part_sum += v0;
                }
            }
            gradc_add(&t2_bar_part, &t2_bar_part_low, t2_bar_part_sum);

            /* grad_mu_total[i:k, j:d] = sum[l:n](t1_bar[l, i] * (X_tile[l, j] - mu[i, j])) */
            /* grad_log_sigma_total_2[i:k, j:d] = sum[l:n](let(s0 := X_tile[l, j] - mu[i, j], s0 * (t1_bar[l, i] *
             *    s0))) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                for (int64_t j = 0; j < 4*(d / 4); j += 4) {
                    const double mu_ij = mu[i*d + j];
                    double grad_mu_total_part_sum = 0.0;
                    double grad_log_sigma_total_2_part_sum = 0.0;
                    const double mu_ij_ = mu[i*d + j + 1];
                    double grad_mu_total_part_sum_ = 0.0;
                    double grad_log_sigma_total_2_part_sum_ = 0.0;
                    const double mu_ij_2 = mu[i*d + j + 2];
                    double grad_mu_total_part_sum_2 = 0.0;
                    double grad_log_sigma_total_2_part_sum_2 = 0.0;
                    const double mu_ij_3 = mu[i*d + j + 3];
                    double grad_mu_total_part_sum_3 = 0.0;
                    double grad_log_sigma_total_2_part_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:grad_mu_total_part_sum, grad_log_sigma_total_2_part_sum,
                        grad_mu_total_part_sum_, grad_log_sigma_total_2_part_sum_, grad_mu_total_part_sum_2,
                        grad_log_sigma_total_2_part_sum_2, grad_mu_total_part_sum_3,
                        grad_log_sigma_total_2_part_sum_3))
                    for (int64_t l = tile_begin; l < tile_end; ++l) {
                        const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                        const double v1 = t1_bar[(i - strip_begin)*128 + l - tile_begin] * v0;
                        const double v2 = X_tile[(j + 1)*128 + l - tile_begin] - mu_ij_;
                        const double v3 = t1_bar[(i - strip_begin)*128 + l - tile_begin] * v2;
                        const double v4 = X_tile[(j + 2)*128 + l - tile_begin] - mu_ij_2;
                        const double v5 = t1_bar[(i - strip_begin)*128 + l - tile_begin] * v4;
                        const double v6 = X_tile[(j + 3)*128 + l - tile_begin] - mu_ij_3;
                        const double v7 = t1_bar[(i - strip_begin)*128 + l - tile_begin] * v6;
                        grad_mu_total_part_sum += v1;
                        grad_log_sigma_total_2_part_sum += v0 * v1;
                        grad_mu_total_part_sum_ += v3;
                        grad_log_sigma_total_2_part_sum_ += v2 * v3;
                        grad_mu_total_part_sum_2 += v5;
                        grad_log_sigma_total_2_part_sum_2 += v4 * v5;
                        grad_mu_total_part_sum_3 += v7;
                        grad_log_sigma_total_2_part_sum_3 += v6 * v7;
                    }
                    grad_mu_total_part[i*d + j] += grad_mu_total_part_sum;
                    grad_log_sigma_total_2_part[i*d + j] += grad_log_sigma_total_2_part_sum;
                    grad_mu_total_part[i*d + j + 1] += grad_mu_total_part_sum_;
                    grad_log_sigma_total_2_part[i*d + j + 1] += grad_log_sigma_total_2_part_sum_;
                    grad_mu_total_part[i*d + j + 2] += grad_mu_total_part_sum_2;
                    grad_log_sigma_total_2_part[i*d + j + 2] += grad_log_sigma_total_2_part_sum_2;
                    grad_mu_total_part[i*d + j + 3] += grad_mu_total_part_sum_3;
                    grad_log_sigma_total_2_part[i*d + j + 3] += grad_log_sigma_total_2_part_sum_3;
                }
                for (int64_t j = 4*(d / 4); j < d; ++j) {
                    const double mu_ij = mu[i*d + j];
                    double grad_mu_total_part_sum = 0.0;
                    double grad_log_sigma_total_2_part_sum = 0.0;
                    GRADC_SIMD(reduction(+:grad_mu_total_part_sum, grad_log_sigma_total_2_part_sum))
                    for (int64_t l = tile_begin; l < tile_end; ++l) {
                        const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                        const double v1 = t1_bar[(i - strip_begin)*128 + l - tile_begin] * v0;
                        grad_mu_total_part_sum += v1;
                        grad_log_sigma_total_2_part_sum += v0 * v1;
                    }
                    grad_mu_total_part[i*d + j] += grad_mu_total_part_sum;
                    grad_log_sigma_total_2_part[i*d + j] += grad_log_sigma_total_2_part_sum;
                }
            }
        }
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
    t2_bar_part = gradc_rounded(t2_bar_part, t2_bar_part_low);
    t2_bar_parts[part] = t2_bar_part;
}

struct gaussian_mixture_value_and_grad_rows3 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *a;
    double *grad_a;
    double *grad_a_total;
    double t2_bar;
    double grad_a_term;
    double t2_total_term;
    double *grad_log_sigma_total;
    double *t0;
    double *grad_mu;
    double *grad_mu_total;
    double *grad_log_sigma;
    double *grad_log_sigma_total_2;
};

static GRADC_APART void gaussian_mixture_value_and_grad_rows3(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_mixture_value_and_grad_rows3 *const given = context;
    const int64_t k = given->k;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const a = given->a;
    double *restrict const grad_a = given->grad_a;
    double *restrict const grad_a_total = given->grad_a_total;
    const double t2_bar = given->t2_bar;
    const double grad_a_term = given->grad_a_term;
    const double t2_total_term = given->t2_total_term;
    double *restrict const grad_log_sigma_total = given->grad_log_sigma_total;
    double *restrict const t0 = given->t0;
    double *restrict const grad_mu = given->grad_mu;
    double *restrict const grad_mu_total = given->grad_mu_total;
    double *restrict const grad_log_sigma = given->grad_log_sigma;
    double *restrict const grad_log_sigma_total_2 = given->grad_log_sigma_total_2;
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    const int64_t tile_rows = gradc_rows(3*d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grad_a[i:k] = grad_a_total[i] + where(-inf == a[i], 0, t2_bar * (grad_a_term * exp(a[i] -
         *    t2_total_term))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            grad_a[i] = grad_a_total[i] + (-(double)INFINITY == a_i ? 0.0 : t2_bar
                * (grad_a_term * gradc_exp(a_i - t2_total_term)));
        }

        /* grad_mu[i:k, j:d] = -(t0[i, j] * (t0[i, j] * grad_mu_total[i, j])) */
        /* grad_log_sigma[i:k, j:d] = grad_log_sigma_total[i] - t0[i, j] * (t0[i, j] * grad_log_sigma_total_2[i,
         *    j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grad_log_sigma_total_i = grad_log_sigma_total[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double t0_ij = t0[i*d + j];
                grad_mu[i*d + j] = -(t0_ij * (grad_mu_total[i*d + j] * t0_ij));
                grad_log_sigma[i*d + j] = grad_log_sigma_total_i - t0_ij * (t0_ij * grad_log_sigma_total_2[i*d + j]);
            }
        }
    }
}

int gaussian_mixture_value_and_grad(int64_t k, int64_t d, int64_t n, const double *restrict a,
                                    const double *restrict mu, const double *restrict log_sigma,
                                    const double *restrict X, double *restrict value, double *restrict grad_a,
                                    double *restrict grad_mu, double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const grad_a_total = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_mu_total = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const grad_log_sigma_total = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const grad_log_sigma_total_2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 16*d*k + d + 55*k + 31, 2*d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(24.0*(double)d*(double)k*(double)n + 36.0*(double)d*(double)k
        + 2.0*(double)d*(double)n + 77.0*(double)k*(double)n + 58.0*(double)k + 37.0*(double)n);

    /* t4_bar = -(1 / n) */
    const double t4_bar = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(k, 22*d + 1, 0);
    double t2_total_most_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_value_and_grad_rows0 given = {k, parts, d, stop, t0, log_sigma, a,
            t2_total_most_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_mixture_value_and_grad_rows0, &given);
        } else {
            gaussian_mixture_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t2_total_most = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t2_total_most = (t2_total_most >= t2_total_most_parts[part] || t2_total_most != t2_total_most) ? t2_total_most
            : t2_total_most_parts[part];
    }

    /* t2_total_term = where(inf == abs(t2_total_most), 0, t2_total_most) */
    const double t2_total_term = (double)INFINITY == fabs(t2_total_most) ? 0.0 : t2_total_most;
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t2_total_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_value_and_grad_rows1 given = {k, parts_, stop, a, t2_total_term,
            t2_total_parts};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_mixture_value_and_grad_rows1, &given);
        } else {
            gaussian_mixture_value_and_grad_rows1(&given, 0, 0);
        }
    }
    double t2_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t2_total += t2_total_parts[part];
    }

    /* t2 = t2_total_term + log(t2_total) */
    /* grad_a_term = 1 / t2_total */
    const double t2 = t2_total_term + gradc_log(t2_total);
    const double grad_a_term = 1.0 / t2_total;
    const int64_t parts_2 = gradc_parts(n, 16*d*k + d + 55*k + 31, 2*d*k + 2*k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t4_parts[GRADC_PARTS];
    double t2_bar_parts[GRADC_PARTS];
    {
        const struct gaussian_mixture_value_and_grad_rows2 given = {n, parts_2, part_scratch, part_bytes,
            grad_a_total, k, grad_log_sigma_total, grad_mu_total, d, grad_log_sigma_total_2, tile_scratch, tile_bytes,
            stop, X, log_sigma, t0, mu, a, t2, t4_bar, t4_parts, t2_bar_parts};
        if (parts_2 > 1) {
            gradc_run(parts_2, gaussian_mixture_value_and_grad_rows2, &given);
        } else {
            gaussian_mixture_value_and_grad_rows2(&given, 0, 0);
        }
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t4 += t4_parts[part];
    }
    double t2_bar = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t2_bar += t2_bar_parts[part];
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_a_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_a_total[at] += grad_a_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_log_sigma_total_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_log_sigma_total[at] += grad_log_sigma_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_mu_total_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_mu_total[at] += grad_mu_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_log_sigma_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_log_sigma_total_2[at] += grad_log_sigma_total_2_more[at];
        }
    }
    const int64_t parts_3 = gradc_parts(k, 10*d + 31, 0);
    {
        const struct gaussian_mixture_value_and_grad_rows3 given = {k, parts_3, d, stop, a, grad_a, grad_a_total,
            t2_bar, grad_a_term, t2_total_term, grad_log_sigma_total, t0, grad_mu, grad_mu_total, grad_log_sigma,
            grad_log_sigma_total_2};
        if (parts_3 > 1) {
            gradc_run(parts_3, gaussian_mixture_value_and_grad_rows3, &given);
        } else {
            gaussian_mixture_value_and_grad_rows3(&given, 0, 0);
        }
    }

    /* value = -(t4 / n) */
    *value = -(t4 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
