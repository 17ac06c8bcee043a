/* gaussian_process: the loss, and its derivatives.
 *
 *     def program(log_amplitude: real, log_length: real, log_noise: real, X: real[n, d], y: real[n]):
 *         t0 = exp(2 * log_noise)
 *         t1 = exp(-2 * log_length)
 *         gap[i:n, k:n] = sum[j:d]((X[i, j] - X[k, j]) ** 2)
 *         K[i:n, j:n] = where(j == i, t0, 0) + exp(2 * log_amplitude - t1 * (0.5 * gap[i, j]))
 *         t2[i:n, j:1] = y[i]
 *         t3 = call.solve(K, t2)
 *         t4 = sum[i:n](t3[i, 0] * y[i])
 *         _, log_det = call.slogdet(K)
 *         value = 0.9189385332046727 * real(n) + 0.5 * (t4 + log_det)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * gaussian_process_value gives 1: solve: the matrix is singular
 * gaussian_process_forward gives 1: solve: the matrix is singular
 * gaussian_process_backward gives 1: inv: the matrix is singular
 * gaussian_process_backward gives 2: solve: the matrix is singular
 * gaussian_process_value_and_grad gives 1: solve: the matrix is singular
 * gaussian_process_value_and_grad gives 2: inv: the matrix is singular
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/helpers/width.h"
#include "support/vector/exp.h"
#include "support/routines/compensated.h"
#include "support/routines/inv.h"
#include "support/routines/slogdet.h"
#include "support/routines/solve.h"

#include "gaussian_process.h"

size_t gaussian_process_value_work(int64_t n, int64_t d)
{
    if (24.0*(double)n*(double)n + 16416.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + (size_t)gradc_parts(n, 4*d*n + 31*n + 1, 0) * gradc_bytes(128*gradc_width(n), sizeof(double))
        + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t)) + gradc_bytes(n*n, sizeof(double))
        + gradc_bytes(n, sizeof(int64_t));
}

struct gaussian_process_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    double log_amplitude;
    double t0;
    double t1;
    double *K;
    double *t2;
    const double *y;
};

static GRADC_APART void gaussian_process_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_process_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double log_amplitude = given->log_amplitude;
    const double t0 = given->t0;
    const double t1 = given->t1;
    double *restrict const K = given->K;
    double *restrict const t2 = given->t2;
    const double *restrict const y = given->y;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const gap = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* gap[i:n, k:n] = sum[j:d](let(s0 := X[i, j] - X[k, j], s0 * s0)) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t k = strip_begin; k < 4*((strip_end - strip_begin) / 4) + strip_begin; k += 4) {
                    double gap_sum = 0.0;
                    double gap_sum_ = 0.0;
                    double gap_sum_2 = 0.0;
                    double gap_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:gap_sum, gap_sum_, gap_sum_2, gap_sum_3))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = X[i*d + j] - X[k*d + j];
                        const double v1 = X[i*d + j] - X[(k + 1)*d + j];
                        const double v2 = X[i*d + j] - X[(k + 2)*d + j];
                        const double v3 = X[i*d + j] - X[(k + 3)*d + j];
                        gap_sum += v0 * v0;
                        gap_sum_ += v1 * v1;
                        gap_sum_2 += v2 * v2;
                        gap_sum_3 += v3 * v3;
                    }
                    gap[(i - tile_begin)*strip + k - strip_begin] = gap_sum;
                    gap[(i - tile_begin)*strip + k + 1 - strip_begin] = gap_sum_;
                    gap[(i - tile_begin)*strip + k + 2 - strip_begin] = gap_sum_2;
                    gap[(i - tile_begin)*strip + k + 3 - strip_begin] = gap_sum_3;
                }
                for (int64_t k = 4*((strip_end - strip_begin) / 4) + strip_begin; k < strip_end; ++k) {
                    double gap_sum = 0.0;
                    GRADC_SIMD(reduction(+:gap_sum))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = X[i*d + j] - X[k*d + j];
                        gap_sum += v0 * v0;
                    }
                    gap[(i - tile_begin)*strip + k - strip_begin] = gap_sum;
                }
            }

            /* K[i:n, j:n] = where(j == i, t0, 0) + exp(2 * log_amplitude - t1 * (0.5 * gap[i, j])) */
            const double v0 = 2.0 * log_amplitude;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double v1 = (j == i ? t0 : 0.0) + gradc_exp(v0 - t1
                        * (0.5 * gap[(i - tile_begin)*strip + j - strip_begin]));
                    K[i*n + j] = v1;
                }
            }
        }

        /* t2[i:n, j:1] = y[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i] = y[i];
        }
    }
}

int gaussian_process_value(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                           const double *restrict X, const double *restrict y, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const K = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 4*d*n + 31*n + 1, 0) * gradc_bytes(128*gradc_width(n), sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(5.0*(double)d*(double)n*(double)n + 2.0*(double)n*(double)n*(double)n
        + 32.0*(double)n*(double)n + 6.0*(double)n);

    /* t0 = exp(2 * log_noise) */
    /* t1 = exp(-2 * log_length) */
    const double t0 = gradc_exp(2.0 * log_noise);
    const double t1 = gradc_exp(-2.0 * log_length);
    const int64_t parts = gradc_parts(n, 4*d*n + 31*n + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(n), sizeof(double));
    {
        const struct gaussian_process_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X,
            log_amplitude, t0, t1, K, t2, y};
        if (parts > 1) {
            gradc_run(parts, gaussian_process_value_rows0, &given);
        } else {
            gaussian_process_value_rows0(&given, 0, 0);
        }
    }

    /* t3 = call.solve(K, t2) */
    if (gradc_solve(n, 1, K, t2, t3, factors, pivots, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(1, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* t4 = sum[i:n](t3[i, 0] * y[i]) */
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t4_sum += t3[i] * y[i];
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);

    /* _, log_det = call.slogdet(K) */
    double v_;
    double log_det;
    gradc_slogdet(n, n, K, &v_, &log_det, factors_, pivots_, stop);

    /* value = 0.9189385332046727 * real(n) + 0.5 * (log_det + t4) */
    *value = 0.9189385332046727 * (double)n + 0.5 * (t4 + log_det);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_process_forward_work(int64_t n, int64_t d)
{
    (void)d;
    if (16.0*(double)n*(double)n + 24.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t))
        + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t));
}

struct gaussian_process_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *X;
    double *gap;
    double log_amplitude;
    double *K;
    double t0;
    double t1;
    double *t2;
    const double *y;
};

static GRADC_APART void gaussian_process_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_process_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    double *restrict const gap = given->gap;
    const double log_amplitude = given->log_amplitude;
    double *restrict const K = given->K;
    const double t0 = given->t0;
    const double t1 = given->t1;
    double *restrict const t2 = given->t2;
    const double *restrict const y = given->y;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    const int64_t tile_rows = gradc_rows(d + n, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* gap[i:n, k:n] = sum[j:d](let(s0 := X[i, j] - X[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            for (int64_t k = 0; k < 4*(n / 4); k += 4) {
                if (gradc_stopped(stop)) {
                    return;
                }
                double gap_sum = 0.0;
                double gap_sum_ = 0.0;
                double gap_sum_2 = 0.0;
                double gap_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:gap_sum, gap_sum_, gap_sum_2, gap_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = X[i*d + j] - X[k*d + j];
                    const double v1 = X[i*d + j] - X[(k + 1)*d + j];
                    const double v2 = X[i*d + j] - X[(k + 2)*d + j];
                    const double v3 = X[i*d + j] - X[(k + 3)*d + j];
                    gap_sum += v0 * v0;
                    gap_sum_ += v1 * v1;
                    gap_sum_2 += v2 * v2;
                    gap_sum_3 += v3 * v3;
                }
                gap[i*n + k] = gap_sum;
                gap[i*n + k + 1] = gap_sum_;
                gap[i*n + k + 2] = gap_sum_2;
                gap[i*n + k + 3] = gap_sum_3;
            }
            for (int64_t k = 4*(n / 4); k < n; ++k) {
                if (gradc_stopped(stop)) {
                    return;
                }
                double gap_sum = 0.0;
                GRADC_SIMD(reduction(+:gap_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = X[i*d + j] - X[k*d + j];
                    gap_sum += v0 * v0;
                }
                gap[i*n + k] = gap_sum;
            }
        }

        /* K[i:n, j:n] = where(j == i, t0, 0) + exp(2 * log_amplitude - t1 * (0.5 * gap[i, j])) */
        const double v0 = 2.0 * log_amplitude;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                K[i*n + j] = (j == i ? t0 : 0.0) + gradc_exp(v0 - t1 * (0.5 * gap[i*n + j]));
            }
        }

        /* t2[i:n, j:1] = y[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i] = y[i];
        }
    }
}

int gaussian_process_forward(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                             const double *restrict X, const double *restrict y, double *restrict value,
                             double *restrict t0, double *restrict t1, double *restrict gap, double *restrict K,
                             double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(5.0*(double)d*(double)n*(double)n + 2.0*(double)n*(double)n*(double)n
        + 32.0*(double)n*(double)n + 6.0*(double)n);

    /* t0 = exp(2 * log_noise) */
    /* t1 = exp(-2 * log_length) */
    const double t0_ = gradc_exp(2.0 * log_noise);
    const double t1_ = gradc_exp(-2.0 * log_length);
    const int64_t parts = gradc_parts(n, 4*d*n + 31*n + 1, 0);
    {
        const struct gaussian_process_forward_rows0 given = {n, parts, d, stop, X, gap, log_amplitude, K, t0_, t1_,
            t2, y};
        if (parts > 1) {
            gradc_run(parts, gaussian_process_forward_rows0, &given);
        } else {
            gaussian_process_forward_rows0(&given, 0, 0);
        }
    }

    /* t3 = call.solve(K, t2) */
    if (gradc_solve(n, 1, K, t2, t3, factors, pivots, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(1, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* t4 = sum[i:n](t3[i, 0] * y[i]) */
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t4_sum += t3[i] * y[i];
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);

    /* _, log_det = call.slogdet(K) */
    double v_;
    double log_det;
    gradc_slogdet(n, n, K, &v_, &log_det, factors_, pivots_, stop);

    /* value = 0.9189385332046727 * real(n) + 0.5 * (log_det + t4) */
    *value = 0.9189385332046727 * (double)n + 0.5 * (t4 + log_det);
    *t0 = t0_;
    *t1 = t1_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_process_backward_work(int64_t n, int64_t d)
{
    (void)d;
    if (32.0*(double)n*(double)n + 32.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t))
        + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t));
}

struct gaussian_process_backward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double *K_bar_solve_term;
    const double *K;
    double *t3_bar;
    double log_det_bar;
    const double *y;
};

static GRADC_APART void gaussian_process_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_process_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    double *restrict const K_bar_solve_term = given->K_bar_solve_term;
    const double *restrict const K = given->K;
    double *restrict const t3_bar = given->t3_bar;
    const double log_det_bar = given->log_det_bar;
    const double *restrict const y = given->y;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    const int64_t tile_rows = gradc_rows(n, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* K_bar_solve_term[i:n, j:n] = K[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                K_bar_solve_term[j*n + i] = K[i*n + j];
            }
        }

        /* t3_bar[i:n, j:1] = log_det_bar * y[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_bar[i] = log_det_bar * y[i];
        }
    }
}

struct gaussian_process_backward_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double log_amplitude;
    double *K_bar_solve;
    double log_det_bar;
    double *K_bar_inv;
    const double *t3;
    const double *gap;
    double t1;
    double *grad_log_amplitude_total_parts;
    double *grad_log_length_total_parts;
    double *t0_bar_parts;
};

static GRADC_APART void gaussian_process_backward_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_process_backward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double log_amplitude = given->log_amplitude;
    double *restrict const K_bar_solve = given->K_bar_solve;
    const double log_det_bar = given->log_det_bar;
    double *restrict const K_bar_inv = given->K_bar_inv;
    const double *restrict const t3 = given->t3;
    const double *restrict const gap = given->gap;
    const double t1 = given->t1;
    double *restrict const grad_log_amplitude_total_parts = given->grad_log_amplitude_total_parts;
    double *restrict const grad_log_length_total_parts = given->grad_log_length_total_parts;
    double *restrict const t0_bar_parts = given->t0_bar_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double grad_log_amplitude_total_part = 0.0;
    double grad_log_amplitude_total_part_low = 0.0;
    double grad_log_length_total_part = 0.0;
    double grad_log_length_total_part_low = 0.0;
    double t0_bar_part = 0.0;
    double t0_bar_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(n + 1, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* K_bar[i:n, j:n] = log_det_bar * K_bar_inv[j, i] - t3[j, 0] * K_bar_solve[i, 0] */
        /* grad_log_amplitude_total = sum[i:n, j:n](let(s0 := 2 * log_amplitude, s1 := 0.5 * gap[i, j], s2 := t1 *
         *    s1, s3 := s0 - s2, s4 := s3 - s0, s5 := -product_error(t1, s1) + (s0 - (s3 - s4) - (s2 + s4)),
         *    K_bar[i, j] * (exp(s3) * (1 + where(abs(s5) < 1, s5, 0))))) */
        /* grad_log_length_total = sum[i:n, j:n](let(s0 := 2 * log_amplitude, s1 := 0.5 * gap[i, j], s2 := t1 * s1,
         *    s3 := s0 - s2, s4 := s3 - s0, s5 := -product_error(t1, s1) + (s0 - (s3 - s4) - (s2 + s4)), gap[i, j]
         *    * K_bar[i, j] * (exp(s3) * (1 + where(abs(s5) < 1, s5, 0))))) */
        /* t0_bar = sum[i:n, j:n](where(j == i, K_bar[i, j], 0)) */
        const double v0 = 2.0 * log_amplitude;
        double grad_log_amplitude_total_part_sum = 0.0;
        double grad_log_length_total_part_sum = 0.0;
        double t0_bar_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double K_bar_solve_i = K_bar_solve[i];
            GRADC_SIMD(reduction(+:grad_log_amplitude_total_part_sum, grad_log_length_total_part_sum,
                t0_bar_part_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = log_det_bar * K_bar_inv[j*n + i] - t3[j] * K_bar_solve_i;
                const double gap_ij = gap[i*n + j];
                const double v2 = 0.5 * gap_ij;
                const double v3 = t1 * v2;
                const double v4 = v0 - v3;
                const double v5 = v4 - v0;
                const double v6 = -(fma(t1, v2, -(t1 * v2))) + (v0 - (v4 - v5) - (v3 + v5));
                const double v7 = gradc_exp(v4) * (1.0 + (fabs(v6) < 1.0 ? v6 : 0.0));
                grad_log_amplitude_total_part_sum += v1 * v7;
                grad_log_length_total_part_sum += gap_ij * v1 * v7;
                t0_bar_part_sum += j == i ? v1 : 0.0;
            }
        }
        gradc_add(&grad_log_amplitude_total_part, &grad_log_amplitude_total_part_low,
            grad_log_amplitude_total_part_sum);
        gradc_add(&grad_log_length_total_part, &grad_log_length_total_part_low, grad_log_length_total_part_sum);
        gradc_add(&t0_bar_part, &t0_bar_part_low, t0_bar_part_sum);
    }
    grad_log_amplitude_total_part = gradc_rounded(grad_log_amplitude_total_part, grad_log_amplitude_total_part_low);
    grad_log_amplitude_total_parts[part] = grad_log_amplitude_total_part;
    grad_log_length_total_part = gradc_rounded(grad_log_length_total_part, grad_log_length_total_part_low);
    grad_log_length_total_parts[part] = grad_log_length_total_part;
    t0_bar_part = gradc_rounded(t0_bar_part, t0_bar_part_low);
    t0_bar_parts[part] = t0_bar_part;
}

int gaussian_process_backward(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                              const double *restrict X, const double *restrict y, double t0, double t1,
                              const double *restrict gap, const double *restrict K, const double *restrict t3,
                              double cotangent, double *restrict grad_log_amplitude,
                              double *restrict grad_log_length, double *restrict grad_log_noise, void *restrict work)
{
    (void)d;
    (void)log_length;
    (void)log_noise;
    (void)X;
    unsigned char *scratch = work;
    double *const K_bar_inv = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const K_bar_solve_term = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t3_bar = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const K_bar_solve = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(2.0*(double)n*(double)n*(double)n + 101.0*(double)n*(double)n
        + 4.0*(double)n);

    /* log_det_bar = 0.5 * cotangent */
    const double log_det_bar = 0.5 * cotangent;

    /* K_bar_inv = call.inv(K) */
    if (gradc_inv(n, n, K, K_bar_inv, factors, pivots, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    const int64_t parts = gradc_parts(n, n + 3, 0);
    {
        const struct gaussian_process_backward_rows0 given = {n, parts, stop, K_bar_solve_term, K, t3_bar,
            log_det_bar, y};
        if (parts > 1) {
            gradc_run(parts, gaussian_process_backward_rows0, &given);
        } else {
            gaussian_process_backward_rows0(&given, 0, 0);
        }
    }

    /* K_bar_solve = call.solve(K_bar_solve_term, t3_bar) */
    if (gradc_solve(n, 1, K_bar_solve_term, t3_bar, K_bar_solve, factors_, pivots_, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 2);
    }
    const int64_t parts_ = gradc_parts(n, 52*n, 0);
    double grad_log_amplitude_total_parts[GRADC_PARTS];
    double grad_log_length_total_parts[GRADC_PARTS];
    double t0_bar_parts[GRADC_PARTS];
    {
        const struct gaussian_process_backward_rows1 given = {n, parts_, stop, log_amplitude, K_bar_solve,
            log_det_bar, K_bar_inv, t3, gap, t1, grad_log_amplitude_total_parts, grad_log_length_total_parts,
            t0_bar_parts};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_process_backward_rows1, &given);
        } else {
            gaussian_process_backward_rows1(&given, 0, 0);
        }
    }
    double grad_log_amplitude_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        grad_log_amplitude_total += grad_log_amplitude_total_parts[part];
    }
    double grad_log_length_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        grad_log_length_total += grad_log_length_total_parts[part];
    }
    double t0_bar = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t0_bar += t0_bar_parts[part];
    }

    /* grad_log_amplitude = 2 * grad_log_amplitude_total */
    /* grad_log_length = -(-2 * (t1 * (0.5 * grad_log_length_total))) */
    /* grad_log_noise = 2 * (t0 * t0_bar) */
    *grad_log_amplitude = 2.0 * grad_log_amplitude_total;
    *grad_log_length = -(-2.0 * (t1 * (0.5 * grad_log_length_total)));
    *grad_log_noise = 2.0 * (t0 * t0_bar);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t gaussian_process_value_and_grad_work(int64_t n, int64_t d)
{
    (void)d;
    if (64.0*(double)n*(double)n + 64.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n*n, sizeof(double))
        + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n*n, sizeof(double))
        + gradc_bytes(n, sizeof(int64_t)) + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t))
        + gradc_bytes(n*n, sizeof(double)) + gradc_bytes(n, sizeof(int64_t)) + gradc_bytes(n*n, sizeof(double))
        + gradc_bytes(n, sizeof(int64_t));
}

struct gaussian_process_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *X;
    double *gap;
    double log_amplitude;
    double *K;
    double t0;
    double t1;
    const double *y;
    double *t2;
    double *t3_bar;
    double *K_bar_solve_term;
};

static GRADC_APART void gaussian_process_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_process_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    double *restrict const gap = given->gap;
    const double log_amplitude = given->log_amplitude;
    double *restrict const K = given->K;
    const double t0 = given->t0;
    const double t1 = given->t1;
    const double *restrict const y = given->y;
    double *restrict const t2 = given->t2;
    double *restrict const t3_bar = given->t3_bar;
    double *restrict const K_bar_solve_term = given->K_bar_solve_term;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    const int64_t tile_rows = gradc_rows(d + 2*n, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* gap[i:n, k:n] = sum[j:d](let(s0 := X[i, j] - X[k, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            for (int64_t k = 0; k < 4*(n / 4); k += 4) {
                if (gradc_stopped(stop)) {
                    return;
                }
                double gap_sum = 0.0;
                double gap_sum_ = 0.0;
                double gap_sum_2 = 0.0;
                double gap_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:gap_sum, gap_sum_, gap_sum_2, gap_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = X[i*d + j] - X[k*d + j];
                    const double v1 = X[i*d + j] - X[(k + 1)*d + j];
                    const double v2 = X[i*d + j] - X[(k + 2)*d + j];
                    const double v3 = X[i*d + j] - X[(k + 3)*d + j];
                    gap_sum += v0 * v0;
                    gap_sum_ += v1 * v1;
                    gap_sum_2 += v2 * v2;
                    gap_sum_3 += v3 * v3;
                }
                gap[i*n + k] = gap_sum;
                gap[i*n + k + 1] = gap_sum_;
                gap[i*n + k + 2] = gap_sum_2;
                gap[i*n + k + 3] = gap_sum_3;
            }
            for (int64_t k = 4*(n / 4); k < n; ++k) {
                if (gradc_stopped(stop)) {
                    return;
                }
                double gap_sum = 0.0;
                GRADC_SIMD(reduction(+:gap_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double v0 = X[i*d + j] - X[k*d + j];
                    gap_sum += v0 * v0;
                }
                gap[i*n + k] = gap_sum;
            }
        }

        /* K[i:n, j:n] = where(j == i, t0, 0) + exp(2 * log_amplitude - t1 * (0.5 * gap[i, j])) */
        const double v0 = 2.0 * log_amplitude;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                K[i*n + j] = (j == i ? t0 : 0.0) + gradc_exp(v0 - t1 * (0.5 * gap[i*n + j]));
            }
        }

        /* t2[i:n, j:1] = y[i] */
        /* t3_bar[i:n, j:1] = 0.5 * y[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            t2[i] = y_i;
            t3_bar[i] = 0.5 * y_i;
        }

        /* K_bar_solve_term[i:n, j:n] = K[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                K_bar_solve_term[j*n + i] = K[i*n + j];
            }
        }
    }
}

struct gaussian_process_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double log_amplitude;
    double *K_bar_solve;
    double *K_bar_inv;
    double *t3;
    double *gap;
    double t1;
    double *grad_log_amplitude_total_parts;
    double *grad_log_length_total_parts;
    double *t0_bar_parts;
};

static GRADC_APART void gaussian_process_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct gaussian_process_value_and_grad_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double log_amplitude = given->log_amplitude;
    double *restrict const K_bar_solve = given->K_bar_solve;
    double *restrict const K_bar_inv = given->K_bar_inv;
    double *restrict const t3 = given->t3;
    double *restrict const gap = given->gap;
    const double t1 = given->t1;
    double *restrict const grad_log_amplitude_total_parts = given->grad_log_amplitude_total_parts;
    double *restrict const grad_log_length_total_parts = given->grad_log_length_total_parts;
    double *restrict const t0_bar_parts = given->t0_bar_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double grad_log_amplitude_total_part = 0.0;
    double grad_log_amplitude_total_part_low = 0.0;
    double grad_log_length_total_part = 0.0;
    double grad_log_length_total_part_low = 0.0;
    double t0_bar_part = 0.0;
    double t0_bar_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(n + 1, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* K_bar[i:n, j:n] = 0.5 * K_bar_inv[j, i] - K_bar_solve[i, 0] * t3[j, 0] */
        /* grad_log_amplitude_total = sum[i:n, j:n](K_bar[i, j] * exp(2 * log_amplitude - t1 * (0.5 * gap[i, j]))) */
        /* grad_log_length_total = sum[i:n, j:n](K_bar[i, j] * gap[i, j] * exp(2 * log_amplitude - t1 * (0.5 *
         *    gap[i, j]))) */
        /* t0_bar = sum[i:n, j:n](where(j == i, K_bar[i, j], 0)) */
        const double v0 = 2.0 * log_amplitude;
        double grad_log_amplitude_total_part_sum = 0.0;
        double grad_log_length_total_part_sum = 0.0;
        double t0_bar_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double K_bar_solve_i = K_bar_solve[i];
            GRADC_SIMD(reduction(+:grad_log_amplitude_total_part_sum, grad_log_length_total_part_sum,
                t0_bar_part_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double v1 = 0.5 * K_bar_inv[j*n + i] - t3[j] * K_bar_solve_i;
                const double gap_ij = gap[i*n + j];
                const double v2 = gradc_exp(v0 - t1 * (0.5 * gap_ij));
                grad_log_amplitude_total_part_sum += v1 * v2;
                grad_log_length_total_part_sum += gap_ij * v1 * v2;
                t0_bar_part_sum += j == i ? v1 : 0.0;
            }
        }
        gradc_add(&grad_log_amplitude_total_part, &grad_log_amplitude_total_part_low,
            grad_log_amplitude_total_part_sum);
        gradc_add(&grad_log_length_total_part, &grad_log_length_total_part_low, grad_log_length_total_part_sum);
        gradc_add(&t0_bar_part, &t0_bar_part_low, t0_bar_part_sum);
    }
    grad_log_amplitude_total_part = gradc_rounded(grad_log_amplitude_total_part, grad_log_amplitude_total_part_low);
    grad_log_amplitude_total_parts[part] = grad_log_amplitude_total_part;
    grad_log_length_total_part = gradc_rounded(grad_log_length_total_part, grad_log_length_total_part_low);
    grad_log_length_total_parts[part] = grad_log_length_total_part;
    t0_bar_part = gradc_rounded(t0_bar_part, t0_bar_part_low);
    t0_bar_parts[part] = t0_bar_part;
}

int gaussian_process_value_and_grad(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                                    const double *restrict X, const double *restrict y, double *restrict value,
                                    double *restrict grad_log_amplitude, double *restrict grad_log_length,
                                    double *restrict grad_log_noise, void *restrict work)
{
    unsigned char *scratch = work;
    double *const gap = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const K = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const K_bar_inv = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const K_bar_solve_term = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    double *const t3_bar = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const K_bar_solve = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(int64_t));
    double *const factors_2 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots_2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(int64_t));
    double *const factors_3 = (void *)scratch;
    scratch += gradc_bytes(n*n, sizeof(double));
    int64_t *const pivots_3 = (void *)scratch;
    const volatile int *const stop = gradc_flag(5.0*(double)d*(double)n*(double)n + 4.0*(double)n*(double)n*(double)n
        + 106.0*(double)n*(double)n + 9.0*(double)n);

    /* t0 = exp(2 * log_noise) */
    /* t1 = exp(-2 * log_length) */
    const double t0 = gradc_exp(2.0 * log_noise);
    const double t1 = gradc_exp(-2.0 * log_length);
    const int64_t parts = gradc_parts(n, 4*d*n + 32*n + 2, 0);
    {
        const struct gaussian_process_value_and_grad_rows0 given = {n, parts, d, stop, X, gap, log_amplitude, K, t0,
            t1, y, t2, t3_bar, K_bar_solve_term};
        if (parts > 1) {
            gradc_run(parts, gaussian_process_value_and_grad_rows0, &given);
        } else {
            gaussian_process_value_and_grad_rows0(&given, 0, 0);
        }
    }

    /* t3 = call.solve(K, t2) */
    if (gradc_solve(n, 1, K, t2, t3, factors, pivots, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(1, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* t4 = sum[i:n](t3[i, 0] * y[i]) */
            double t4_sum = 0.0;
            GRADC_SIMD(reduction(+:t4_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t4_sum += t3[i] * y[i];
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);

    /* _, log_det = call.slogdet(K) */
    double v_;
    double log_det;
    gradc_slogdet(n, n, K, &v_, &log_det, factors_, pivots_, stop);

    /* value = 0.9189385332046727 * real(n) + 0.5 * (log_det + t4) */
    *value = 0.9189385332046727 * (double)n + 0.5 * (t4 + log_det);

    /* K_bar_inv = call.inv(K) */
    if (gradc_inv(n, n, K, K_bar_inv, factors_2, pivots_2, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 2);
    }

    /* K_bar_solve = call.solve(K_bar_solve_term, t3_bar) */
    if (gradc_solve(n, 1, K_bar_solve_term, t3_bar, K_bar_solve, factors_3, pivots_3, stop) != 0) {
        return gradc_ended(stop, gradc_stopped(stop) ? GRADC_STOPPED : 1);
    }
    const int64_t parts_ = gradc_parts(n, 38*n, 0);
    double grad_log_amplitude_total_parts[GRADC_PARTS];
    double grad_log_length_total_parts[GRADC_PARTS];
    double t0_bar_parts[GRADC_PARTS];
    {
        const struct gaussian_process_value_and_grad_rows1 given = {n, parts_, stop, log_amplitude, K_bar_solve,
            K_bar_inv, t3, gap, t1, grad_log_amplitude_total_parts, grad_log_length_total_parts, t0_bar_parts};
        if (parts_ > 1) {
            gradc_run(parts_, gaussian_process_value_and_grad_rows1, &given);
        } else {
            gaussian_process_value_and_grad_rows1(&given, 0, 0);
        }
    }
    double grad_log_amplitude_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        grad_log_amplitude_total += grad_log_amplitude_total_parts[part];
    }
    double grad_log_length_total = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        grad_log_length_total += grad_log_length_total_parts[part];
    }
    double t0_bar = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t0_bar += t0_bar_parts[part];
    }

    /* grad_log_amplitude = 2 * grad_log_amplitude_total */
    /* grad_log_length = -(-2 * (t1 * (0.5 * grad_log_length_total))) */
    /* grad_log_noise = 2 * (t0 * t0_bar) */
    *grad_log_amplitude = 2.0 * grad_log_amplitude_total;
    *grad_log_length = -(-2.0 * (t1 * (0.5 * grad_log_length_total)));
    *grad_log_noise = 2.0 * (t0 * t0_bar);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
