/* gaussian_kl: the loss, and its derivatives.
 *
 *     def program(mu: real[n, k], log_var: real[n, k]):
 *         t0[i:n] = sum[j:k](expm1(log_var[i, j]) + mu[i, j] ** 2 - log_var[i, j])
 *         t1 = sum[i:n](t0[i])
 *         value = 0.5 * (t1 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/expm1.h"
#include "support/routines/compensated.h"
#include "support/routines/transpose.h"

#include "gaussian_kl.h"

size_t gaussian_kl_value_work(int64_t n, int64_t k)
{
    if (32768.0*(double)k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 27*k + 1, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct gaussian_kl_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *log_var;
    const double *mu;
    double *t1_parts;
};

static GRADC_APART void gaussian_kl_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const log_var = given->log_var;
    const double *restrict const mu = given->mu;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const log_var_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const mu_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* log_var_tile[i:n, j:k] = log_var[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &log_var[tile_begin*k], k, log_var_tile, 128);

        /* mu_tile[i:n, j:k] = mu[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &mu[tile_begin*k], k, mu_tile, 128);

        /* t0[i:n] = sum[j:k](expm1(log_var_tile[i, j]) + mu_tile[i, j] * mu_tile[i, j] - log_var_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                const double log_var_tile_ij_ = log_var_tile[(j + 1)*128 + i - tile_begin];
                const double mu_tile_ij_ = mu_tile[(j + 1)*128 + i - tile_begin];
                const double log_var_tile_ij_2 = log_var_tile[(j + 2)*128 + i - tile_begin];
                const double mu_tile_ij_2 = mu_tile[(j + 2)*128 + i - tile_begin];
                const double log_var_tile_ij_3 = log_var_tile[(j + 3)*128 + i - tile_begin];
                const double mu_tile_ij_3 = mu_tile[(j + 3)*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij
                    + (gradc_expm1(log_var_tile_ij_) + mu_tile_ij_ * mu_tile_ij_ - log_var_tile_ij_)
                    + (gradc_expm1(log_var_tile_ij_2) + mu_tile_ij_2 * mu_tile_ij_2 - log_var_tile_ij_2)
                    + (gradc_expm1(log_var_tile_ij_3) + mu_tile_ij_3 * mu_tile_ij_3 - log_var_tile_ij_3);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij;
            }
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += t0[i - tile_begin];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int gaussian_kl_value(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                      double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(30.0*(double)k*(double)n + 2.0*(double)n);
    const int64_t parts = gradc_parts(n, 27*k + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct gaussian_kl_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, log_var, mu,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_kl_value_rows0, &given);
        } else {
            gaussian_kl_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_kl_forward_work(int64_t n, int64_t k)
{
    if (32768.0*(double)k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 27*k + 1, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct gaussian_kl_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *log_var;
    const double *mu;
    double *t1_parts;
};

static GRADC_APART void gaussian_kl_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const log_var = given->log_var;
    const double *restrict const mu = given->mu;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const log_var_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const mu_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* log_var_tile[i:n, j:k] = log_var[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &log_var[tile_begin*k], k, log_var_tile, 128);

        /* mu_tile[i:n, j:k] = mu[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &mu[tile_begin*k], k, mu_tile, 128);

        /* t0[i:n] = sum[j:k](expm1(log_var_tile[i, j]) + mu_tile[i, j] * mu_tile[i, j] - log_var_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                const double log_var_tile_ij_ = log_var_tile[(j + 1)*128 + i - tile_begin];
                const double mu_tile_ij_ = mu_tile[(j + 1)*128 + i - tile_begin];
                const double log_var_tile_ij_2 = log_var_tile[(j + 2)*128 + i - tile_begin];
                const double mu_tile_ij_2 = mu_tile[(j + 2)*128 + i - tile_begin];
                const double log_var_tile_ij_3 = log_var_tile[(j + 3)*128 + i - tile_begin];
                const double mu_tile_ij_3 = mu_tile[(j + 3)*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij
                    + (gradc_expm1(log_var_tile_ij_) + mu_tile_ij_ * mu_tile_ij_ - log_var_tile_ij_)
                    + (gradc_expm1(log_var_tile_ij_2) + mu_tile_ij_2 * mu_tile_ij_2 - log_var_tile_ij_2)
                    + (gradc_expm1(log_var_tile_ij_3) + mu_tile_ij_3 * mu_tile_ij_3 - log_var_tile_ij_3);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij;
            }
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += t0[i - tile_begin];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int gaussian_kl_forward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(30.0*(double)k*(double)n + 2.0*(double)n);
    const int64_t parts = gradc_parts(n, 27*k + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct gaussian_kl_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, log_var, mu,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_kl_forward_rows0, &given);
        } else {
            gaussian_kl_forward_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_kl_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

struct gaussian_kl_backward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t k;
    double *grad_mu;
    double t1_bar;
    const double *mu;
    double *grad_log_var;
    const double *log_var;
};

static GRADC_APART void gaussian_kl_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_kl_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t k = given->k;
    double *restrict const grad_mu = given->grad_mu;
    const double t1_bar = given->t1_bar;
    const double *restrict const mu = given->mu;
    double *restrict const grad_log_var = given->grad_log_var;
    const double *restrict const log_var = given->log_var;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);

    /* grad_mu[i:n, j:k] = t1_bar * (2 * mu[i, j]) */
    /* grad_log_var[i:n, j:k] = t1_bar * expm1(log_var[i, j]) */
    for (int64_t i = part_begin; i < part_end; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_mu[i*k + j] = t1_bar * (2.0 * mu[i*k + j]);
            grad_log_var[i*k + j] = t1_bar * gradc_expm1(log_var[i*k + j]);
        }
    }
}

int gaussian_kl_backward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                         double cotangent, double *restrict grad_mu, double *restrict grad_log_var,
                         void *restrict work)
{
    (void)work;

    /* t1_bar = 0.5 * cotangent / n */
    const double t1_bar = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 26*k, 0);
    {
        const struct gaussian_kl_backward_rows0 given = {n, parts, k, grad_mu, t1_bar, mu, grad_log_var, log_var};
        if (parts > 1) {
            gradc_run(parts, gaussian_kl_backward_rows0, &given);
        } else {
            gaussian_kl_backward_rows0(&given, 0, 0);
        }
    }
    return 0;
}

size_t gaussian_kl_value_and_grad_work(int64_t n, int64_t k)
{
    if (32768.0*(double)k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 33*k + 1, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct gaussian_kl_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *log_var;
    const double *mu;
    double t1_bar;
    double *grad_mu;
    double *grad_log_var;
    double *t1_parts;
};

static GRADC_APART void gaussian_kl_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const log_var = given->log_var;
    const double *restrict const mu = given->mu;
    const double t1_bar = given->t1_bar;
    double *restrict const grad_mu = given->grad_mu;
    double *restrict const grad_log_var = given->grad_log_var;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const log_var_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const mu_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* log_var_tile[i:n, j:k] = log_var[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &log_var[tile_begin*k], k, log_var_tile, 128);

        /* mu_tile[i:n, j:k] = mu[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &mu[tile_begin*k], k, mu_tile, 128);

        /* t0_term[i:n, j:k] = expm1(log_var_tile[i, j]) */
        /* t0[i:n] = sum[j:k](t0_term[i, j] + mu_tile[i, j] * mu_tile[i, j] - log_var_tile[i, j]) */
        /* grad_mu_term[i:n, j:k] = t1_bar * (2 * mu_tile[i, j]), in the place of log_var_tile */
        /* grad_log_var_term[i:n, j:k] = t1_bar * t0_term[i, j], in the place of mu_tile */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double v0 = gradc_expm1(log_var_tile_ij);
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] += v0 + mu_tile_ij * mu_tile_ij - log_var_tile_ij;
                log_var_tile[j*128 + i - tile_begin] = t1_bar * (2.0 * mu_tile_ij);
                mu_tile[j*128 + i - tile_begin] = t1_bar * v0;
            }
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += t0[i - tile_begin];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* grad_mu[i:n, j:k] = grad_mu_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, log_var_tile, 128, &grad_mu[tile_begin*k], k);

        /* grad_log_var[i:n, j:k] = grad_log_var_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, mu_tile, 128, &grad_log_var[tile_begin*k], k);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int gaussian_kl_value_and_grad(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                               double *restrict value, double *restrict grad_mu, double *restrict grad_log_var,
                               void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(46.0*(double)k*(double)n + 2.0*(double)n);

    /* t1_bar = 0.5 / n */
    const double t1_bar = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 33*k + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct gaussian_kl_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, log_var,
            mu, t1_bar, grad_mu, grad_log_var, t1_parts};
        if (parts > 1) {
            gradc_run(parts, gaussian_kl_value_and_grad_rows0, &given);
        } else {
            gaussian_kl_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
