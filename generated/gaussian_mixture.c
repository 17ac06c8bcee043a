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

static GRADC_APART void gaussian_mixture_value_rows0(int64_t part, int64_t k, int64_t parts, int64_t d,
                                                     double *restrict t0, const double *restrict log_sigma,
                                                     const double *restrict a, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_part = -(double)INFINITY;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t0[i*d + j] = gradc_exp(-log_sigma[i*d + j]);
            }
        }

        /* t2 = max[i:k](a[i]) */
        double t2_part_max = -(double)INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t2_part_max = (t2_part_max >= a_i || t2_part_max != t2_part_max) ? t2_part_max : a_i;
        }
        t2_part = (t2_part >= t2_part_max || t2_part != t2_part) ? t2_part : t2_part_max;
    }
    t2_parts[part] = t2_part;
}

struct gaussian_mixture_value_rows0 {
    int64_t k;
    int64_t parts;
    int64_t d;
    double *t0;
    const double *log_sigma;
    const double *a;
    double *t2_parts;
};

static GRADC_APART void gaussian_mixture_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_rows0 *const given = context;
    (void)thread;
    gaussian_mixture_value_rows0(part, given->k, given->parts, given->d, given->t0, given->log_sigma, given->a,
        given->t2_parts);
}

static GRADC_APART void gaussian_mixture_value_rows1(int64_t part, int64_t k, int64_t parts,
                                                     const double *restrict a, double t3, double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t4 = sum[i:k](exp(a[i] - t3)) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += gradc_exp(a[i] - t3);
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct gaussian_mixture_value_rows1 {
    int64_t k;
    int64_t parts;
    const double *a;
    double t3;
    double *t4_parts;
};

static GRADC_APART void gaussian_mixture_value_team1(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_rows1 *const given = context;
    (void)thread;
    gaussian_mixture_value_rows1(part, given->k, given->parts, given->a, given->t3, given->t4_parts);
}

static GRADC_APART void gaussian_mixture_value_rows2(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                     unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                     int64_t d, int64_t k, const double *restrict X,
                                                     const double *restrict log_sigma, double *restrict t0,
                                                     const double *restrict mu, const double *restrict a, double t5,
                                                     double *restrict t11_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const X_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t9 = (void *)tile_own;
    double t11_part = 0.0;
    double t11_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* X_tile[l:n, j:d] = X[l, j] */
        gradc_transpose(tile_end - tile_begin, d, &X[tile_begin*d], d, X_tile, 128);
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t7[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
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

            /* t6[l:n, i:k] = a[i] - t1[l, i] - t5 */
            /* t7[l:n] = max[i:k](t6[l, i]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = a_i - t1[(i - strip_begin)*128 + l - tile_begin] - t5;
                    t6[i*128 + l - tile_begin] = v0;
                    t7[l - tile_begin] = (t7[l - tile_begin] >= v0 || t7[l - tile_begin] != t7[l - tile_begin])
                        ? t7[l - tile_begin] : v0;
                }
            }
        }

        /* t8[l:n] = where(inf == abs(t7[l]), 0, t7[l]), in the place of t7 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t7_l = t7[l - tile_begin];
            t7[l - tile_begin] = (double)INFINITY == fabs(t7_l) ? 0.0 : t7_l;
        }

        /* t9[l:n] = sum[i:k](exp(t6[l, i] - t8[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t9[l - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(k / 4); i += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t9[l - tile_begin] += gradc_exp(t6[i*128 + l - tile_begin] - t7[l - tile_begin])
                    + gradc_exp(t6[(i + 1)*128 + l - tile_begin] - t7[l - tile_begin])
                    + gradc_exp(t6[(i + 2)*128 + l - tile_begin] - t7[l - tile_begin])
                    + gradc_exp(t6[(i + 3)*128 + l - tile_begin] - t7[l - tile_begin]);
            }
        }
        for (int64_t i = 4*(k / 4); i < k; ++i) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t9[l - tile_begin] += gradc_exp(t6[i*128 + l - tile_begin] - t7[l - tile_begin]);
            }
        }

        /* t10[l:n] = t8[l] + log(t9[l]) */
        /* t11 = sum[l:n](t10[l]) */
        double t11_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t11_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t11_part_sum += t7[l - tile_begin] + gradc_log(t9[l - tile_begin]);
        }
        gradc_add(&t11_part, &t11_part_low, t11_part_sum);
    }
    t11_part = gradc_rounded(t11_part, t11_part_low);
    t11_parts[part] = t11_part;
}

struct gaussian_mixture_value_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    int64_t k;
    const double *X;
    const double *log_sigma;
    double *t0;
    const double *mu;
    const double *a;
    double t5;
    double *t11_parts;
};

static GRADC_APART void gaussian_mixture_value_team2(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_rows2 *const given = context;
    gaussian_mixture_value_rows2(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->d, given->k, given->X, given->log_sigma, given->t0, given->mu, given->a, given->t5, given->t11_parts);
}

int gaussian_mixture_value(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                           const double *restrict log_sigma, const double *restrict X, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(k, 22*d + 1, 0);
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_mixture_value_rows0 given = {k, parts, d, t0, log_sigma, a, t2_parts};
        gradc_run(parts, gaussian_mixture_value_team0, &given);
    } else {
        gaussian_mixture_value_rows0(0, k, parts, d, t0, log_sigma, a, t2_parts);
    }
    double t2 = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t2 = (t2 >= t2_parts[part] || t2 != t2) ? t2 : t2_parts[part];
    }

    /* t3 = where(inf == abs(t2), 0, t2) */
    const double t3 = (double)INFINITY == fabs(t2) ? 0.0 : t2;
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t4_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct gaussian_mixture_value_rows1 given = {k, parts_, a, t3, t4_parts};
        gradc_run(parts_, gaussian_mixture_value_team1, &given);
    } else {
        gaussian_mixture_value_rows1(0, k, parts_, a, t3, t4_parts);
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t4 += t4_parts[part];
    }

    /* t5 = t3 + log(t4) */
    const double t5 = t3 + gradc_log(t4);
    const int64_t parts_2 = gradc_parts(n, 10*d*k + d + 28*k + 27, 0);
    const size_t tile_bytes = gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t11_parts[GRADC_PARTS];
    if (parts_2 > 1) {
        const struct gaussian_mixture_value_rows2 given = {n, parts_2, tile_scratch, tile_bytes, d, k, X, log_sigma,
            t0, mu, a, t5, t11_parts};
        gradc_run(parts_2, gaussian_mixture_value_team2, &given);
    } else {
        gaussian_mixture_value_rows2(0, 0, n, parts_2, tile_scratch, tile_bytes, d, k, X, log_sigma, t0, mu, a, t5,
            t11_parts);
    }
    double t11 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t11 += t11_parts[part];
    }

    /* value = -(t11 / n) */
    *value = -(t11 / (double)n);
    return 0;
}

size_t gaussian_mixture_forward_work(int64_t k, int64_t d, int64_t n)
{
    if (16384.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 10*d*k + 28*k + 27, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void gaussian_mixture_forward_rows0(int64_t part, int64_t k, int64_t parts, int64_t d,
                                                       double *restrict t0, const double *restrict log_sigma,
                                                       const double *restrict a, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_part = -(double)INFINITY;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t0[i*d + j] = gradc_exp(-log_sigma[i*d + j]);
            }
        }

        /* t2 = max[i:k](a[i]) */
        double t2_part_max = -(double)INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t2_part_max = (t2_part_max >= a_i || t2_part_max != t2_part_max) ? t2_part_max : a_i;
        }
        t2_part = (t2_part >= t2_part_max || t2_part != t2_part) ? t2_part : t2_part_max;
    }
    t2_parts[part] = t2_part;
}

struct gaussian_mixture_forward_rows0 {
    int64_t k;
    int64_t parts;
    int64_t d;
    double *t0;
    const double *log_sigma;
    const double *a;
    double *t2_parts;
};

static GRADC_APART void gaussian_mixture_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_forward_rows0 *const given = context;
    (void)thread;
    gaussian_mixture_forward_rows0(part, given->k, given->parts, given->d, given->t0, given->log_sigma, given->a,
        given->t2_parts);
}

static GRADC_APART void gaussian_mixture_forward_rows1(int64_t part, int64_t k, int64_t parts,
                                                       const double *restrict a, double t3,
                                                       double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t4 = sum[i:k](exp(a[i] - t3)) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += gradc_exp(a[i] - t3);
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct gaussian_mixture_forward_rows1 {
    int64_t k;
    int64_t parts;
    const double *a;
    double t3;
    double *t4_parts;
};

static GRADC_APART void gaussian_mixture_forward_team1(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_forward_rows1 *const given = context;
    (void)thread;
    gaussian_mixture_forward_rows1(part, given->k, given->parts, given->a, given->t3, given->t4_parts);
}

static GRADC_APART void gaussian_mixture_forward_rows2(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                       unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                       int64_t k, int64_t d, double *restrict t0,
                                                       const double *restrict X, const double *restrict mu,
                                                       const double *restrict log_sigma, double *restrict t1,
                                                       const double *restrict a, double t2_2, double *restrict t3,
                                                       double *restrict t9_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)tile_own;
    double t9_part = 0.0;
    double t9_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d + k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
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

        /* t5[l:n, i:k] = a[i] - t1[l, i] - t2_2 */
        /* t6[l:n] = max[i:k](t5[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t6_max = -(double)INFINITY;
            for (int64_t i = 0; i < k; ++i) {
                const double v0 = a[i] - t1[l*k + i] - t2_2;
                t5[(l - tile_begin)*k + i] = v0;
                t6_max = (t6_max >= v0 || t6_max != t6_max) ? t6_max : v0;
            }
            t6[l - tile_begin] = t6_max;
        }

        /* t7[l:n] = where(inf == abs(t6[l]), 0, t6[l]), in the place of t6 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t6_l = t6[l - tile_begin];
            t6[l - tile_begin] = (double)INFINITY == fabs(t6_l) ? 0.0 : t6_l;
        }

        /* t8[l:n] = sum[i:k](exp(t5[l, i] - t7[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t6_l = t6[l - tile_begin];
            double t8_sum = 0.0;
            GRADC_SIMD(reduction(+:t8_sum))
            for (int64_t i = 0; i < k; ++i) {
                t8_sum += gradc_exp(t5[(l - tile_begin)*k + i] - t6_l);
            }
            t8[l - tile_begin] = t8_sum;
        }

        /* t3_2[l:n] = t7[l] + log(t8[l]) */
        /* t9 = sum[l:n](t3_2[l]) */
        double t9_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = t6[l - tile_begin] + gradc_log(t8[l - tile_begin]);
            t3[l] = v0;
            t9_part_sum += v0;
        }
        gradc_add(&t9_part, &t9_part_low, t9_part_sum);
    }
    t9_part = gradc_rounded(t9_part, t9_part_low);
    t9_parts[part] = t9_part;
}

struct gaussian_mixture_forward_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    double *t0;
    const double *X;
    const double *mu;
    const double *log_sigma;
    double *t1;
    const double *a;
    double t2_2;
    double *t3;
    double *t9_parts;
};

static GRADC_APART void gaussian_mixture_forward_team2(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_forward_rows2 *const given = context;
    gaussian_mixture_forward_rows2(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->d, given->t0, given->X, given->mu, given->log_sigma, given->t1, given->a, given->t2_2,
        given->t3, given->t9_parts);
}

int gaussian_mixture_forward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                             const double *restrict log_sigma, const double *restrict X, double *restrict value,
                             double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                             void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(k, 22*d + 1, 0);
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_mixture_forward_rows0 given = {k, parts, d, t0, log_sigma, a, t2_parts};
        gradc_run(parts, gaussian_mixture_forward_team0, &given);
    } else {
        gaussian_mixture_forward_rows0(0, k, parts, d, t0, log_sigma, a, t2_parts);
    }
    double t2_ = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t2_ = (t2_ >= t2_parts[part] || t2_ != t2_) ? t2_ : t2_parts[part];
    }

    /* t3 = where(inf == abs(t2), 0, t2) */
    const double t3_ = (double)INFINITY == fabs(t2_) ? 0.0 : t2_;
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t4_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct gaussian_mixture_forward_rows1 given = {k, parts_, a, t3_, t4_parts};
        gradc_run(parts_, gaussian_mixture_forward_team1, &given);
    } else {
        gaussian_mixture_forward_rows1(0, k, parts_, a, t3_, t4_parts);
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t4 += t4_parts[part];
    }

    /* t2_2 = t3 + log(t4) */
    const double t2_2 = t3_ + gradc_log(t4);
    const int64_t parts_2 = gradc_parts(n, 10*d*k + 28*k + 27, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t9_parts[GRADC_PARTS];
    if (parts_2 > 1) {
        const struct gaussian_mixture_forward_rows2 given = {n, parts_2, tile_scratch, tile_bytes, k, d, t0, X, mu,
            log_sigma, t1, a, t2_2, t3, t9_parts};
        gradc_run(parts_2, gaussian_mixture_forward_team2, &given);
    } else {
        gaussian_mixture_forward_rows2(0, 0, n, parts_2, tile_scratch, tile_bytes, k, d, t0, X, mu, log_sigma, t1, a,
            t2_2, t3, t9_parts);
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t9 += t9_parts[part];
    }

    /* value = -(t9 / n) */
    *value = -(t9 / (double)n);
    *t2 = t2_2;
    return 0;
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

static GRADC_APART void gaussian_mixture_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                        unsigned char *restrict part_scratch, size_t part_bytes,
                                                        double *restrict t6, int64_t k, double *restrict t10,
                                                        double *restrict t9, int64_t d, double *restrict t11,
                                                        unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                        const double *restrict t1, const double *restrict a,
                                                        double t2, const double *restrict t3, double t4,
                                                        const double *restrict X, const double *restrict mu,
                                                        double *restrict t7_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t6_part = part == 0 ? t6 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const t10_part = part == 0 ? t10 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const t9_part = part == 0 ? t9 : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const t11_part = part == 0 ? t11 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t8 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const X_tile = (void *)tile_own;
    double t7_part = 0.0;
    double t7_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        t6_part[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        t10_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t9_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t11_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d + k, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_tile[l:n, i:k] = t1[l, i] */
        gradc_transpose(tile_end - tile_begin, k, &t1[tile_begin*k], k, t1_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t5[i:k, l:n] = exp(a[i] - t1_tile[l, i] - t2 - t3[l]) */
            /* t6[i:k] = sum[l:n](let(s0 := a[i] - t1_tile[l, i], s1 := s0 - t2, s2 := s1 - t3[l], s3 := s2 - s1,
             *    s4 := s0 - a[i], s5 := s1 - s0, s6 := s1 - (s2 - s3) - (t3[l] + s3) + (a[i] - (s0 - s4) -
             *    (t1_tile[l, i] + s4) + (s0 - (s1 - s5) - (t2 + s5))), where(-inf == s1, 0, t4 * (t5[i, l] * (1 +
             *    where(abs(s6) < 1, s6, 0)))))) */
            /* t8[l:n, i:k] = let(s0 := a[i] - t1_tile[l, i], s1 := s0 - t2, s2 := s1 - t3[l], s3 := s2 - s1, s4 :=
             *    s0 - a[i], s5 := s1 - s0, s6 := s1 - (s2 - s3) - (t3[l] + s3) + (a[i] - (s0 - s4) - (t1_tile[l,
             *    i] + s4) + (s0 - (s1 - s5) - (t2 + s5))), where(-inf == s1, 0, -(t4 * (t5[i, l] * (1 +
             *    where(abs(s6) < 1, s6, 0)))))) */
            /* t10[i:k] = sum[l:n](t8[l, i]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                double t6_part_sum = 0.0;
                double t10_part_sum = 0.0;
                GRADC_SIMD(reduction(+:t6_part_sum, t10_part_sum))
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
                    const double v9 = t4 * (v3 * (1.0 + (fabs(v8) < 1.0 ? v8 : 0.0)));
                    const double v10 = v4 ? 0.0 : -v9;
                    t5[(i - strip_begin)*128 + l - tile_begin] = v3;
                    t6_part_sum += v4 ? 0.0 : v9;
                    t8[i*128 + l - tile_begin] = v10;
                    t10_part_sum += v10;
                }
                t6_part[i] += t6_part_sum;
                t10_part[i] += t10_part_sum;
            }

            /* t7 = sum[l:n, i:k](let(s0 := a[i] - t1_tile[l, i], s1 := s0 - t2, s2 := s1 - t3[l], s3 := s2 - s1,
             *    s4 := s0 - a[i], s5 := s1 - s0, s6 := s1 - (s2 - s3) - (t3[l] + s3) + (a[i] - (s0 - s4) -
             *    (t1_tile[l, i] + s4) + (s0 - (s1 - s5) - (t2 + s5))), where(-inf == s1, 0, -(t4 * (t5[i, l] * (1
             *    + where(abs(s6) < 1, s6, 0))))))) */
            double t7_part_sum = 0.0;
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                GRADC_SIMD(reduction(+:t7_part_sum))
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
                    const double v7 = -(double)INFINITY == v1 ? 0.0 : -(t4
                        * (t5[(i - strip_begin)*128 + l - tile_begin] * (1.0 + (fabs(v6) < 1.0 ? v6 : 0.0))));
                    t7_part_sum += v7;
                }
            }
            gradc_add(&t7_part, &t7_part_low, t7_part_sum);
        }

        /* X_tile[l:n, j:d] = X[l, j] */
        gradc_transpose(tile_end - tile_begin, d, &X[tile_begin*d], d, X_tile, 128);

        /* t9[i:k, j:d] = sum[l:n](t8[l, i] * (X_tile[l, j] - mu[i, j])) */
        /* t11[i:k, j:d] = sum[l:n](let(s0 := X_tile[l, j] - mu[i, j], s0 * (t8[l, i] * s0))) */
        for (int64_t i = 0; i < k; ++i) {
            for (int64_t j = 0; j < 4*(d / 4); j += 4) {
                const double mu_ij = mu[i*d + j];
                double t9_part_sum = 0.0;
                double t11_part_sum = 0.0;
                const double mu_ij_ = mu[i*d + j + 1];
                double t9_part_sum_ = 0.0;
                double t11_part_sum_ = 0.0;
                const double mu_ij_2 = mu[i*d + j + 2];
                double t9_part_sum_2 = 0.0;
                double t11_part_sum_2 = 0.0;
                const double mu_ij_3 = mu[i*d + j + 3];
                double t9_part_sum_3 = 0.0;
                double t11_part_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:t9_part_sum, t11_part_sum, t9_part_sum_, t11_part_sum_, t9_part_sum_2,
                    t11_part_sum_2, t9_part_sum_3, t11_part_sum_3))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                    const double v1 = t8[i*128 + l - tile_begin] * v0;
                    const double v2 = X_tile[(j + 1)*128 + l - tile_begin] - mu_ij_;
                    const double v3 = t8[i*128 + l - tile_begin] * v2;
                    const double v4 = X_tile[(j + 2)*128 + l - tile_begin] - mu_ij_2;
                    const double v5 = t8[i*128 + l - tile_begin] * v4;
                    const double v6 = X_tile[(j + 3)*128 + l - tile_begin] - mu_ij_3;
                    const double v7 = t8[i*128 + l - tile_begin] * v6;
                    t9_part_sum += v1;
                    t11_part_sum += v0 * v1;
                    t9_part_sum_ += v3;
                    t11_part_sum_ += v2 * v3;
                    t9_part_sum_2 += v5;
                    t11_part_sum_2 += v4 * v5;
                    t9_part_sum_3 += v7;
                    t11_part_sum_3 += v6 * v7;
                }
                t9_part[i*d + j] += t9_part_sum;
                t11_part[i*d + j] += t11_part_sum;
                t9_part[i*d + j + 1] += t9_part_sum_;
                t11_part[i*d + j + 1] += t11_part_sum_;
                t9_part[i*d + j + 2] += t9_part_sum_2;
                t11_part[i*d + j + 2] += t11_part_sum_2;
                t9_part[i*d + j + 3] += t9_part_sum_3;
                t11_part[i*d + j + 3] += t11_part_sum_3;
            }
            for (int64_t j = 4*(d / 4); j < d; ++j) {
                const double mu_ij = mu[i*d + j];
                double t9_part_sum = 0.0;
                double t11_part_sum = 0.0;
                GRADC_SIMD(reduction(+:t9_part_sum, t11_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                    const double v1 = t8[i*128 + l - tile_begin] * v0;
                    t9_part_sum += v1;
                    t11_part_sum += v0 * v1;
                }
                t9_part[i*d + j] += t9_part_sum;
                t11_part[i*d + j] += t11_part_sum;
            }
        }
    }
    t7_part = gradc_rounded(t7_part, t7_part_low);
    t7_parts[part] = t7_part;
}

struct gaussian_mixture_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t6;
    int64_t k;
    double *t10;
    double *t9;
    int64_t d;
    double *t11;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *t1;
    const double *a;
    double t2;
    const double *t3;
    double t4;
    const double *X;
    const double *mu;
    double *t7_parts;
};

static GRADC_APART void gaussian_mixture_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_backward_rows0 *const given = context;
    gaussian_mixture_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->t6, given->k, given->t10, given->t9, given->d, given->t11, given->tile_scratch, given->tile_bytes,
        given->t1, given->a, given->t2, given->t3, given->t4, given->X, given->mu, given->t7_parts);
}

static GRADC_APART void gaussian_mixture_backward_rows1(int64_t part, int64_t k, int64_t parts, int64_t d,
                                                        const double *restrict a, double t2, double *restrict grad_a,
                                                        double *restrict t6, double t7, double *restrict t10,
                                                        const double *restrict t0, double *restrict grad_mu,
                                                        double *restrict t9, double *restrict grad_log_sigma,
                                                        double *restrict t11)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    const int64_t tile_rows = gradc_rows(3*d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grad_a[i:k] = let(s0 := a[i] - t2, s1 := s0 - a[i], s2 := a[i] - (s0 - s1) - (t2 + s1), t6[i] +
         *    where(-inf == a[i], 0, t7 * (exp(s0) * (1 + where(abs(s2) < 1, s2, 0))))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            const double v0 = a_i - t2;
            const double v1 = v0 - a_i;
            const double v2 = a_i - (v0 - v1) - (t2 + v1);
            grad_a[i] = t6[i] + (-(double)INFINITY == a_i ? 0.0 : t7
                * (gradc_exp(v0) * (1.0 + (fabs(v2) < 1.0 ? v2 : 0.0))));
        }

        /* grad_mu[i:k, j:d] = -(t0[i, j] * (t0[i, j] * t9[i, j])) */
        /* grad_log_sigma[i:k, j:d] = t10[i] - t0[i, j] * (t0[i, j] * t11[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t10_i = t10[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double t0_ij = t0[i*d + j];
                grad_mu[i*d + j] = -(t0_ij * (t0_ij * t9[i*d + j]));
                grad_log_sigma[i*d + j] = t10_i - t0_ij * (t0_ij * t11[i*d + j]);
            }
        }
    }
}

struct gaussian_mixture_backward_rows1 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const double *a;
    double t2;
    double *grad_a;
    double *t6;
    double t7;
    double *t10;
    const double *t0;
    double *grad_mu;
    double *t9;
    double *grad_log_sigma;
    double *t11;
};

static GRADC_APART void gaussian_mixture_backward_team1(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_backward_rows1 *const given = context;
    (void)thread;
    gaussian_mixture_backward_rows1(part, given->k, given->parts, given->d, given->a, given->t2, given->grad_a,
        given->t6, given->t7, given->t10, given->t0, given->grad_mu, given->t9, given->grad_log_sigma, given->t11);
}

int gaussian_mixture_backward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                              const double *restrict log_sigma, const double *restrict X, const double *restrict t0,
                              const double *restrict t1, double t2, const double *restrict t3, double cotangent,
                              double *restrict grad_a, double *restrict grad_mu, double *restrict grad_log_sigma,
                              void *restrict work)
{
    (void)log_sigma;
    unsigned char *scratch = work;
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + d + 91*k, 2*d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t4 = -(cotangent / n) */
    const double t4 = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + d + 91*k, 2*d*k + 2*k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
    double t7_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_mixture_backward_rows0 given = {n, parts, part_scratch, part_bytes, t6, k, t10, t9, d,
            t11, tile_scratch, tile_bytes, t1, a, t2, t3, t4, X, mu, t7_parts};
        gradc_run(parts, gaussian_mixture_backward_team0, &given);
    } else {
        gaussian_mixture_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, t6, k, t10, t9, d, t11,
            tile_scratch, tile_bytes, t1, a, t2, t3, t4, X, mu, t7_parts);
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t7 += t7_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t6_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t6[at] += t6_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t10_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t10[at] += t10_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t9_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t9[at] += t9_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t11_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t11[at] += t11_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(k, 10*d + 39, 0);
    if (parts_ > 1) {
        const struct gaussian_mixture_backward_rows1 given = {k, parts_, d, a, t2, grad_a, t6, t7, t10, t0, grad_mu,
            t9, grad_log_sigma, t11};
        gradc_run(parts_, gaussian_mixture_backward_team1, &given);
    } else {
        gaussian_mixture_backward_rows1(0, k, parts_, d, a, t2, grad_a, t6, t7, t10, t0, grad_mu, t9, grad_log_sigma,
            t11);
    }
    return 0;
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

static GRADC_APART void gaussian_mixture_value_and_grad_rows0(int64_t part, int64_t k, int64_t parts, int64_t d,
                                                              double *restrict t0, const double *restrict log_sigma,
                                                              const double *restrict a, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t2_part = -(double)INFINITY;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:k, j:d] = exp(-log_sigma[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t0[i*d + j] = gradc_exp(-log_sigma[i*d + j]);
            }
        }

        /* t2 = max[i:k](a[i]) */
        double t2_part_max = -(double)INFINITY;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            t2_part_max = (t2_part_max >= a_i || t2_part_max != t2_part_max) ? t2_part_max : a_i;
        }
        t2_part = (t2_part >= t2_part_max || t2_part != t2_part) ? t2_part : t2_part_max;
    }
    t2_parts[part] = t2_part;
}

struct gaussian_mixture_value_and_grad_rows0 {
    int64_t k;
    int64_t parts;
    int64_t d;
    double *t0;
    const double *log_sigma;
    const double *a;
    double *t2_parts;
};

static GRADC_APART void gaussian_mixture_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_and_grad_rows0 *const given = context;
    (void)thread;
    gaussian_mixture_value_and_grad_rows0(part, given->k, given->parts, given->d, given->t0, given->log_sigma,
        given->a, given->t2_parts);
}

static GRADC_APART void gaussian_mixture_value_and_grad_rows1(int64_t part, int64_t k, int64_t parts,
                                                              const double *restrict a, double t3,
                                                              double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t4 = sum[i:k](exp(a[i] - t3)) */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t4_part_sum += gradc_exp(a[i] - t3);
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct gaussian_mixture_value_and_grad_rows1 {
    int64_t k;
    int64_t parts;
    const double *a;
    double t3;
    double *t4_parts;
};

static GRADC_APART void gaussian_mixture_value_and_grad_team1(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_and_grad_rows1 *const given = context;
    (void)thread;
    gaussian_mixture_value_and_grad_rows1(part, given->k, given->parts, given->a, given->t3, given->t4_parts);
}

static GRADC_APART void gaussian_mixture_value_and_grad_rows2(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                              unsigned char *restrict part_scratch,
                                                              size_t part_bytes, double *restrict t15, int64_t k,
                                                              double *restrict t20, double *restrict t19, int64_t d,
                                                              double *restrict t21,
                                                              unsigned char *restrict tile_scratch,
                                                              size_t tile_bytes, const double *restrict X,
                                                              const double *restrict log_sigma, double *restrict t0,
                                                              const double *restrict mu, const double *restrict a,
                                                              double t5, double t13, double *restrict t12_parts,
                                                              double *restrict t16_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t15_part = part == 0 ? t15 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const t20_part = part == 0 ? t20 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const t19_part = part == 0 ? t19 : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const t21_part = part == 0 ? t21 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const X_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t7 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t10 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t18 = (void *)tile_own;
    double t12_part = 0.0;
    double t12_part_low = 0.0;
    double t16_part = 0.0;
    double t16_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        t15_part[at] = 0.0;
    }
    for (int64_t at = 0; at < k; ++at) {
        t20_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t19_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t21_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
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

        /* t6[l:n, i:k] = a[i] - t1[l, i] - t5 */
        /* t7[l:n] = max[i:k](t6[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t7[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = 0; i < k; ++i) {
            const double a_i = a[i];
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v0 = a_i - t1[i*128 + l - tile_begin] - t5;
                t6[i*128 + l - tile_begin] = v0;
                t7[l - tile_begin] = (t7[l - tile_begin] >= v0 || t7[l - tile_begin] != t7[l - tile_begin])
                    ? t7[l - tile_begin] : v0;
            }
        }

        /* t8[l:n] = where(inf == abs(t7[l]), 0, t7[l]), in the place of t7 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t7_l = t7[l - tile_begin];
            t7[l - tile_begin] = (double)INFINITY == fabs(t7_l) ? 0.0 : t7_l;
        }

        /* t9[l:n, i:k] = exp(t6[l, i] - t8[l]), in the place of t6 */
        /* t10[l:n] = sum[i:k](t9[l, i]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t10[l - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < k; ++i) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t6_li = t6[i*128 + l - tile_begin];
                const double v0 = gradc_exp(t6_li - t7[l - tile_begin]);
                t6[i*128 + l - tile_begin] = v0;
                t10[l - tile_begin] += v0;
            }
        }

        /* t11[l:n] = t8[l] + log(t10[l]) */
        /* t12 = sum[l:n](t11[l]) */
        /* t14[l:n] = 1 / t10[l], in the place of t7 */
        double t12_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t12_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t7_l = t7[l - tile_begin];
            const double t10_l = t10[l - tile_begin];
            t12_part_sum += t7_l + gradc_log(t10_l);
            t7[l - tile_begin] = 1.0 / t10_l;
        }
        gradc_add(&t12_part, &t12_part_low, t12_part_sum);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t15[i:k] = sum[l:n](where(-inf == a[i] - t1[l, i] - t5, 0, t13 * (t9[l, i] * t14[l]))) */
            /* t18[l:n, i:k] = where(-inf == a[i] - t1[l, i] - t5, 0, -(t13 * (t9[l, i] * t14[l]))) */
            /* t20[i:k] = sum[l:n](t18[l, i]) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                double t15_part_sum = 0.0;
                double t20_part_sum = 0.0;
                GRADC_SIMD(reduction(+:t15_part_sum, t20_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const int v0 = -(double)INFINITY == a_i - t1[i*128 + l - tile_begin] - t5;
                    const double v1 = t13 * (t6[i*128 + l - tile_begin] * t7[l - tile_begin]);
                    const double v2 = v0 ? 0.0 : -v1;
                    t15_part_sum += v0 ? 0.0 : v1;
                    t18[(i - strip_begin)*128 + l - tile_begin] = v2;
                    t20_part_sum += v2;
                }
                t15_part[i] += t15_part_sum;
                t20_part[i] += t20_part_sum;
            }

            /* t16 = sum[l:n, i:k](where(-inf == a[i] - t1[l, i] - t5, 0, -(t13 * (t9[l, i] * t14[l])))) */
            double t16_part_sum = 0.0;
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                const double a_i = a[i];
                GRADC_SIMD(reduction(+:t16_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = -(double)INFINITY == a_i - t1[i*128 + l - tile_begin] - t5 ? 0.0
                        : -(t13 * (t6[i*128 + l - tile_begin] * t7[l - tile_begin]));
                    t16_part_sum += v0;
                }
            }
            gradc_add(&t16_part, &t16_part_low, t16_part_sum);

            /* t19[i:k, j:d] = sum[l:n](t18[l, i] * (X_tile[l, j] - mu[i, j])) */
            /* t21[i:k, j:d] = sum[l:n](let(s0 := X_tile[l, j] - mu[i, j], s0 * (t18[l, i] * s0))) */
            for (int64_t i = strip_begin; i < strip_end; ++i) {
                for (int64_t j = 0; j < 4*(d / 4); j += 4) {
                    const double mu_ij = mu[i*d + j];
                    double t19_part_sum = 0.0;
                    double t21_part_sum = 0.0;
                    const double mu_ij_ = mu[i*d + j + 1];
                    double t19_part_sum_ = 0.0;
                    double t21_part_sum_ = 0.0;
                    const double mu_ij_2 = mu[i*d + j + 2];
                    double t19_part_sum_2 = 0.0;
                    double t21_part_sum_2 = 0.0;
                    const double mu_ij_3 = mu[i*d + j + 3];
                    double t19_part_sum_3 = 0.0;
                    double t21_part_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:t19_part_sum, t21_part_sum, t19_part_sum_, t21_part_sum_, t19_part_sum_2,
                        t21_part_sum_2, t19_part_sum_3, t21_part_sum_3))
                    for (int64_t l = tile_begin; l < tile_end; ++l) {
                        const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                        const double v1 = t18[(i - strip_begin)*128 + l - tile_begin] * v0;
                        const double v2 = X_tile[(j + 1)*128 + l - tile_begin] - mu_ij_;
                        const double v3 = t18[(i - strip_begin)*128 + l - tile_begin] * v2;
                        const double v4 = X_tile[(j + 2)*128 + l - tile_begin] - mu_ij_2;
                        const double v5 = t18[(i - strip_begin)*128 + l - tile_begin] * v4;
                        const double v6 = X_tile[(j + 3)*128 + l - tile_begin] - mu_ij_3;
                        const double v7 = t18[(i - strip_begin)*128 + l - tile_begin] * v6;
                        t19_part_sum += v1;
                        t21_part_sum += v0 * v1;
                        t19_part_sum_ += v3;
                        t21_part_sum_ += v2 * v3;
                        t19_part_sum_2 += v5;
                        t21_part_sum_2 += v4 * v5;
                        t19_part_sum_3 += v7;
                        t21_part_sum_3 += v6 * v7;
                    }
                    t19_part[i*d + j] += t19_part_sum;
                    t21_part[i*d + j] += t21_part_sum;
                    t19_part[i*d + j + 1] += t19_part_sum_;
                    t21_part[i*d + j + 1] += t21_part_sum_;
                    t19_part[i*d + j + 2] += t19_part_sum_2;
                    t21_part[i*d + j + 2] += t21_part_sum_2;
                    t19_part[i*d + j + 3] += t19_part_sum_3;
                    t21_part[i*d + j + 3] += t21_part_sum_3;
                }
                for (int64_t j = 4*(d / 4); j < d; ++j) {
                    const double mu_ij = mu[i*d + j];
                    double t19_part_sum = 0.0;
                    double t21_part_sum = 0.0;
                    GRADC_SIMD(reduction(+:t19_part_sum, t21_part_sum))
                    for (int64_t l = tile_begin; l < tile_end; ++l) {
                        const double v0 = X_tile[j*128 + l - tile_begin] - mu_ij;
                        const double v1 = t18[(i - strip_begin)*128 + l - tile_begin] * v0;
                        t19_part_sum += v1;
                        t21_part_sum += v0 * v1;
                    }
                    t19_part[i*d + j] += t19_part_sum;
                    t21_part[i*d + j] += t21_part_sum;
                }
            }
        }
    }
    t12_part = gradc_rounded(t12_part, t12_part_low);
    t12_parts[part] = t12_part;
    t16_part = gradc_rounded(t16_part, t16_part_low);
    t16_parts[part] = t16_part;
}

struct gaussian_mixture_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t15;
    int64_t k;
    double *t20;
    double *t19;
    int64_t d;
    double *t21;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *X;
    const double *log_sigma;
    double *t0;
    const double *mu;
    const double *a;
    double t5;
    double t13;
    double *t12_parts;
    double *t16_parts;
};

static GRADC_APART void gaussian_mixture_value_and_grad_team2(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_and_grad_rows2 *const given = context;
    gaussian_mixture_value_and_grad_rows2(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->t15, given->k, given->t20, given->t19, given->d, given->t21, given->tile_scratch,
        given->tile_bytes, given->X, given->log_sigma, given->t0, given->mu, given->a, given->t5, given->t13,
        given->t12_parts, given->t16_parts);
}

static GRADC_APART void gaussian_mixture_value_and_grad_rows3(int64_t part, int64_t k, int64_t parts, int64_t d,
                                                              const double *restrict a, double *restrict grad_a,
                                                              double *restrict t15, double t16, double t17,
                                                              double t3, double *restrict t20, double *restrict t0,
                                                              double *restrict grad_mu, double *restrict t19,
                                                              double *restrict grad_log_sigma, double *restrict t21)
{
    const int64_t part_begin = gradc_cut(k, parts, part);
    const int64_t part_end = gradc_cut(k, parts, part + 1);
    const int64_t tile_rows = gradc_rows(3*d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grad_a[i:k] = t15[i] + where(-inf == a[i], 0, t16 * (t17 * exp(a[i] - t3))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double a_i = a[i];
            grad_a[i] = t15[i] + (-(double)INFINITY == a_i ? 0.0 : t16 * (t17 * gradc_exp(a_i - t3)));
        }

        /* grad_mu[i:k, j:d] = -(t0[i, j] * (t0[i, j] * t19[i, j])) */
        /* grad_log_sigma[i:k, j:d] = t20[i] - t0[i, j] * (t0[i, j] * t21[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t20_i = t20[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                const double t0_ij = t0[i*d + j];
                grad_mu[i*d + j] = -(t0_ij * (t19[i*d + j] * t0_ij));
                grad_log_sigma[i*d + j] = t20_i - t0_ij * (t0_ij * t21[i*d + j]);
            }
        }
    }
}

struct gaussian_mixture_value_and_grad_rows3 {
    int64_t k;
    int64_t parts;
    int64_t d;
    const double *a;
    double *grad_a;
    double *t15;
    double t16;
    double t17;
    double t3;
    double *t20;
    double *t0;
    double *grad_mu;
    double *t19;
    double *grad_log_sigma;
    double *t21;
};

static GRADC_APART void gaussian_mixture_value_and_grad_team3(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_mixture_value_and_grad_rows3 *const given = context;
    (void)thread;
    gaussian_mixture_value_and_grad_rows3(part, given->k, given->parts, given->d, given->a, given->grad_a, given->t15,
        given->t16, given->t17, given->t3, given->t20, given->t0, given->grad_mu, given->t19, given->grad_log_sigma,
        given->t21);
}

int gaussian_mixture_value_and_grad(int64_t k, int64_t d, int64_t n, const double *restrict a,
                                    const double *restrict mu, const double *restrict log_sigma,
                                    const double *restrict X, double *restrict value, double *restrict grad_a,
                                    double *restrict grad_mu, double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t21 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 16*d*k + d + 55*k + 31, 2*d*k + 2*k)
        * (gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t13 = -(1 / n) */
    const double t13 = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(k, 22*d + 1, 0);
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_mixture_value_and_grad_rows0 given = {k, parts, d, t0, log_sigma, a, t2_parts};
        gradc_run(parts, gaussian_mixture_value_and_grad_team0, &given);
    } else {
        gaussian_mixture_value_and_grad_rows0(0, k, parts, d, t0, log_sigma, a, t2_parts);
    }
    double t2 = -(double)INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t2 = (t2 >= t2_parts[part] || t2 != t2) ? t2 : t2_parts[part];
    }

    /* t3 = where(inf == abs(t2), 0, t2) */
    const double t3 = (double)INFINITY == fabs(t2) ? 0.0 : t2;
    const int64_t parts_ = gradc_parts(k, 23, 0);
    double t4_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct gaussian_mixture_value_and_grad_rows1 given = {k, parts_, a, t3, t4_parts};
        gradc_run(parts_, gaussian_mixture_value_and_grad_team1, &given);
    } else {
        gaussian_mixture_value_and_grad_rows1(0, k, parts_, a, t3, t4_parts);
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t4 += t4_parts[part];
    }

    /* t5 = t3 + log(t4) */
    /* t17 = 1 / t4 */
    const double t5 = t3 + gradc_log(t4);
    const double t17 = 1.0 / t4;
    const int64_t parts_2 = gradc_parts(n, 16*d*k + d + 55*k + 31, 2*d*k + 2*k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t12_parts[GRADC_PARTS];
    double t16_parts[GRADC_PARTS];
    if (parts_2 > 1) {
        const struct gaussian_mixture_value_and_grad_rows2 given = {n, parts_2, part_scratch, part_bytes, t15, k, t20,
            t19, d, t21, tile_scratch, tile_bytes, X, log_sigma, t0, mu, a, t5, t13, t12_parts, t16_parts};
        gradc_run(parts_2, gaussian_mixture_value_and_grad_team2, &given);
    } else {
        gaussian_mixture_value_and_grad_rows2(0, 0, n, parts_2, part_scratch, part_bytes, t15, k, t20, t19, d, t21,
            tile_scratch, tile_bytes, X, log_sigma, t0, mu, a, t5, t13, t12_parts, t16_parts);
    }
    double t12 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t12 += t12_parts[part];
    }
    double t16 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t16 += t16_parts[part];
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t15_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t15[at] += t15_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t20_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t20[at] += t20_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t19_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t19[at] += t19_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t21_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t21[at] += t21_more[at];
        }
    }
    const int64_t parts_3 = gradc_parts(k, 10*d + 31, 0);
    if (parts_3 > 1) {
        const struct gaussian_mixture_value_and_grad_rows3 given = {k, parts_3, d, a, grad_a, t15, t16, t17, t3, t20,
            t0, grad_mu, t19, grad_log_sigma, t21};
        gradc_run(parts_3, gaussian_mixture_value_and_grad_team3, &given);
    } else {
        gaussian_mixture_value_and_grad_rows3(0, k, parts_3, d, a, grad_a, t15, t16, t17, t3, t20, t0, grad_mu, t19,
            grad_log_sigma, t21);
    }

    /* value = -(t12 / n) */
    *value = -(t12 / (double)n);
    return 0;
}
