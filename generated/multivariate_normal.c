/* multivariate_normal: the loss, and its derivatives.
 *
 *     def program(mu: real[d], S: real[d, d], X: real[n, d]):
 *         _, log_det = call.slogdet(S)
 *         t0[i:d, j:n] = X[j, i] - mu[i]
 *         t1 = call.solve(S, t0)
 *         distance[j:n] = sum[i:d](t1[i, j] * t0[i, j])
 *         t2 = sum[j:n](distance[j])
 *         value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * multivariate_normal_value gives 1: solve: the matrix is singular
 * multivariate_normal_forward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 2: inv: the matrix is singular
 * multivariate_normal_value_and_grad gives 1: solve: the matrix is singular
 * multivariate_normal_value_and_grad gives 2: inv: the matrix is singular
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/routines/compensated.h"
#include "support/routines/inv.h"
#include "support/routines/product.h"
#include "support/routines/slogdet.h"
#include "support/routines/solve.h"

#include "multivariate_normal.h"

size_t multivariate_normal_value_work(int64_t d, int64_t n)
{
    if (16.0*(double)d*(double)d + 16.0*(double)d*(double)n + 16.0*(double)d + 8.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                              const double *restrict X, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(2.0*(double)d*(double)d*(double)d + 8.0*(double)d*(double)n
        + 2.0*(double)n);

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots, stop);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < 4*(d / 4); i += 4) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j]
                * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = 4*(d / 4); i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t multivariate_normal_forward_work(int64_t d, int64_t n)
{
    if (16.0*(double)d*(double)d + 8.0*(double)d*(double)n + 16.0*(double)d + 8.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_forward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                const double *restrict X, double *restrict value, double *restrict t1,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(2.0*(double)d*(double)d*(double)d + 8.0*(double)d*(double)n
        + 2.0*(double)n);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots, stop);

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < 4*(d / 4); i += 4) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j]
                * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = 4*(d / 4); i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t multivariate_normal_backward_work(int64_t d, int64_t n)
{
    if (40.0*(double)d*(double)d + 24.0*(double)d*(double)n + 16.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double))
        + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t))
        + (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * gradc_bytes(128, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

struct multivariate_normal_backward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    int64_t n;
    double *grad_mu_total_solve;
    double t2_bar;
    const double *t1;
    double *grad_mu;
    double *grad_S_total;
};

static GRADC_APART void multivariate_normal_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_backward_rows0 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t n = given->n;
    double *restrict const grad_mu_total_solve = given->grad_mu_total_solve;
    const double t2_bar = given->t2_bar;
    const double *restrict const t1 = given->t1;
    double *restrict const grad_mu = given->grad_mu;
    double *restrict const grad_S_total = given->grad_S_total;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_mu_total = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* grad_mu_total[i:d] = sum[j:n](grad_mu_total_solve[i, j] + t2_bar * t1[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double grad_mu_total_sum = 0.0;
            double grad_mu_total_sum_ = 0.0;
            double grad_mu_total_sum_2 = 0.0;
            double grad_mu_total_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:grad_mu_total_sum, grad_mu_total_sum_, grad_mu_total_sum_2, grad_mu_total_sum_3))
            for (int64_t j = 0; j < n; ++j) {
                grad_mu_total_sum += grad_mu_total_solve[i*n + j] + t2_bar * t1[i*n + j];
                grad_mu_total_sum_ += grad_mu_total_solve[(i + 1)*n + j] + t2_bar * t1[(i + 1)*n + j];
                grad_mu_total_sum_2 += grad_mu_total_solve[(i + 2)*n + j] + t2_bar * t1[(i + 2)*n + j];
                grad_mu_total_sum_3 += grad_mu_total_solve[(i + 3)*n + j] + t2_bar * t1[(i + 3)*n + j];
            }
            grad_mu_total[i - tile_begin] = grad_mu_total_sum;
            grad_mu_total[i + 1 - tile_begin] = grad_mu_total_sum_;
            grad_mu_total[i + 2 - tile_begin] = grad_mu_total_sum_2;
            grad_mu_total[i + 3 - tile_begin] = grad_mu_total_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double grad_mu_total_sum = 0.0;
            GRADC_SIMD(reduction(+:grad_mu_total_sum))
            for (int64_t j = 0; j < n; ++j) {
                grad_mu_total_sum += grad_mu_total_solve[i*n + j] + t2_bar * t1[i*n + j];
            }
            grad_mu_total[i - tile_begin] = grad_mu_total_sum;
        }

        /* grad_mu[i:d] = -grad_mu_total[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -grad_mu_total[i - tile_begin];
        }

        /* grad_S_total[i:d, k:d] = sum[j:n](t1[k, j] * grad_mu_total_solve[i, j]) */
        gradc_product(d, tile_end - tile_begin, n, t1, n, 1, &grad_mu_total_solve[tile_begin*n], 1, n, NULL, 0,
            &grad_S_total[tile_begin*d], 1, d, 0, 0);
    }
}

int multivariate_normal_backward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                 const double *restrict X, const double *restrict t1, double cotangent,
                                 double *restrict grad_mu, double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const grad_mu_total_solve_term = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t1_bar = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const grad_mu_total_solve = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const grad_S_inv = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const grad_S_total = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * gradc_bytes(128, sizeof(double));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(2.0*(double)d*(double)d*(double)d + 4.0*(double)d*(double)d*(double)n
        + 9.0*(double)d*(double)d + 14.0*(double)d*(double)n + 3.0*(double)d);

    /* t2_bar = 0.5 * cotangent / n */
    const double t2_bar = 0.5 * cotangent / (double)n;

    /* grad_mu_total_solve_term[i:d, j:d] = S[j, i] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_mu_total_solve_term[j*d + i] = S[i*d + j];
        }
    }

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1_bar[i:d, j:n] = t2_bar * t0[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t1_bar[i*n + j] = t2_bar * t0[i*n + j];
        }
    }

    /* grad_mu_total_solve = call.solve(grad_mu_total_solve_term, t1_bar) */
    if (gradc_solve(d, n, grad_mu_total_solve_term, t1_bar, grad_mu_total_solve, factors, pivots, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    const int64_t parts = gradc_parts(d, 3*d*n + 5*n + 2, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct multivariate_normal_backward_rows0 given = {d, parts, tile_scratch, tile_bytes, stop, n,
            grad_mu_total_solve, t2_bar, t1, grad_mu, grad_S_total};
        if (parts > 1) {
            gradc_run(parts, multivariate_normal_backward_rows0, &given);
        } else {
            multivariate_normal_backward_rows0(&given, 0, 0);
        }
    }

    /* grad_S_inv = call.inv(S) */
    if (gradc_inv(d, d, S, grad_S_inv, factors_, pivots_, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 2);
    }

    /* grad_S[i:d, j:d] = grad_S_inv[j, i] * (0.5 * cotangent) - grad_S_total[i, j] */
    const double v0 = 0.5 * cotangent;
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = grad_S_inv[j*d + i] * v0 - grad_S_total[i*d + j];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t multivariate_normal_value_and_grad_work(int64_t d, int64_t n)
{
    if (56.0*(double)d*(double)d + 32.0*(double)d*(double)n + 32.0*(double)d + 136.0*(double)n + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t))
        + (size_t)gradc_parts(d, d + 5*n, n) * gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0)
        * gradc_bytes(128, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

struct multivariate_normal_value_and_grad_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *distance;
    int64_t n;
    const volatile int *stop;
    double *t0;
    double *t1;
    double *t1_bar;
    double t2_bar;
    double *grad_mu_total_solve_term;
    const double *S;
};

static GRADC_APART void multivariate_normal_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct multivariate_normal_value_and_grad_rows0 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const distance = given->distance;
    const int64_t n = given->n;
    const volatile int *const stop = given->stop;
    double *restrict const t0 = given->t0;
    double *restrict const t1 = given->t1;
    double *restrict const t1_bar = given->t1_bar;
    const double t2_bar = given->t2_bar;
    double *restrict const grad_mu_total_solve_term = given->grad_mu_total_solve_term;
    const double *restrict const S = given->S;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const distance_part = part == 0 ? distance : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        distance_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d + 2*n, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
        /* t1_bar[i:d, j:n] = t2_bar * t0[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[i*n + j];
                distance_part[j] += t0_ij * t1[i*n + j];
                t1_bar[i*n + j] = t2_bar * t0_ij;
            }
        }

        /* grad_mu_total_solve_term[i:d, j:d] = S[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_mu_total_solve_term[j*d + i] = S[i*d + j];
            }
        }
    }
}

struct multivariate_normal_value_and_grad_rows1 {
    int64_t d;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    int64_t n;
    double *grad_mu_total_solve;
    double t2_bar;
    double *t1;
    double *grad_mu;
    double *grad_S_total;
};

static GRADC_APART void multivariate_normal_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_value_and_grad_rows1 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t n = given->n;
    double *restrict const grad_mu_total_solve = given->grad_mu_total_solve;
    const double t2_bar = given->t2_bar;
    double *restrict const t1 = given->t1;
    double *restrict const grad_mu = given->grad_mu;
    double *restrict const grad_S_total = given->grad_S_total;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_mu_total = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* grad_mu_total[i:d] = sum[j:n](grad_mu_total_solve[i, j] + t2_bar * t1[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double grad_mu_total_sum = 0.0;
            double grad_mu_total_sum_ = 0.0;
            double grad_mu_total_sum_2 = 0.0;
            double grad_mu_total_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:grad_mu_total_sum, grad_mu_total_sum_, grad_mu_total_sum_2, grad_mu_total_sum_3))
            for (int64_t j = 0; j < n; ++j) {
                grad_mu_total_sum += grad_mu_total_solve[i*n + j] + t2_bar * t1[i*n + j];
                grad_mu_total_sum_ += grad_mu_total_solve[(i + 1)*n + j] + t2_bar * t1[(i + 1)*n + j];
                grad_mu_total_sum_2 += grad_mu_total_solve[(i + 2)*n + j] + t2_bar * t1[(i + 2)*n + j];
                grad_mu_total_sum_3 += grad_mu_total_solve[(i + 3)*n + j] + t2_bar * t1[(i + 3)*n + j];
            }
            grad_mu_total[i - tile_begin] = grad_mu_total_sum;
            grad_mu_total[i + 1 - tile_begin] = grad_mu_total_sum_;
            grad_mu_total[i + 2 - tile_begin] = grad_mu_total_sum_2;
            grad_mu_total[i + 3 - tile_begin] = grad_mu_total_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double grad_mu_total_sum = 0.0;
            GRADC_SIMD(reduction(+:grad_mu_total_sum))
            for (int64_t j = 0; j < n; ++j) {
                grad_mu_total_sum += grad_mu_total_solve[i*n + j] + t2_bar * t1[i*n + j];
            }
            grad_mu_total[i - tile_begin] = grad_mu_total_sum;
        }

        /* grad_mu[i:d] = -grad_mu_total[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -grad_mu_total[i - tile_begin];
        }

        /* grad_S_total[i:d, k:d] = sum[j:n](t1[k, j] * grad_mu_total_solve[i, j]) */
        gradc_product(d, tile_end - tile_begin, n, t1, n, 1, &grad_mu_total_solve[tile_begin*n], 1, n, NULL, 0,
            &grad_S_total[tile_begin*d], 1, d, 0, 0);
    }
}

int multivariate_normal_value_and_grad(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                       const double *restrict X, double *restrict value, double *restrict grad_mu,
                                       double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const grad_mu_total_solve_term = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t1_bar = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const grad_mu_total_solve = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const grad_S_inv = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const grad_S_total = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, d + 5*n, n) * gradc_bytes(n, sizeof(double));
    double *const factors_2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_2 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * gradc_bytes(128, sizeof(double));
    double *const factors_3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_3 = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)d*(double)d + 4.0*(double)d*(double)d*(double)n
        + 7.0*(double)d*(double)d + 18.0*(double)d*(double)n + 3.0*(double)d + 2.0*(double)n);

    /* t2_bar = 0.5 / n */
    const double t2_bar = 0.5 / (double)n;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots, stop);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    const int64_t parts = gradc_parts(d, d + 5*n, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    {
        const struct multivariate_normal_value_and_grad_rows0 given = {d, parts, part_scratch, part_bytes, distance,
            n, stop, t0, t1, t1_bar, t2_bar, grad_mu_total_solve_term, S};
        if (parts > 1) {
            gradc_run(parts, multivariate_normal_value_and_grad_rows0, &given);
        } else {
            multivariate_normal_value_and_grad_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const distance_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            distance[at] += distance_more[at];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);

    /* grad_mu_total_solve = call.solve(grad_mu_total_solve_term, t1_bar) */
    if (gradc_solve(d, n, grad_mu_total_solve_term, t1_bar, grad_mu_total_solve, factors_2, pivots_2, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    const int64_t parts_ = gradc_parts(d, 3*d*n + 5*n + 2, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct multivariate_normal_value_and_grad_rows1 given = {d, parts_, tile_scratch, tile_bytes, stop, n,
            grad_mu_total_solve, t2_bar, t1, grad_mu, grad_S_total};
        if (parts_ > 1) {
            gradc_run(parts_, multivariate_normal_value_and_grad_rows1, &given);
        } else {
            multivariate_normal_value_and_grad_rows1(&given, 0, 0);
        }
    }

    /* grad_S_inv = call.inv(S) */
    if (gradc_inv(d, d, S, grad_S_inv, factors_3, pivots_3, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 2);
    }

    /* grad_S[i:d, j:d] = 0.5 * grad_S_inv[j, i] - grad_S_total[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = 0.5 * grad_S_inv[j*d + i] - grad_S_total[i*d + j];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
