/* t_sne: the loss, and its derivatives.
 *
 *     def program(Y: real[n, 2], P: real[n, n]):
 *         D2[i:n, j:n] = sum[k:2]((Y[i, k] - Y[j, k]) ** 2)
 *         t0 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + D2[i, j]), 0))
 *         log_z = log(2 * t0)
 *         value = sum[i:n, j:n](P[i, j] * (log_z + (log1p(D2[i, j]) + log(where(0 < P[i, j], P[i, j], 1)))))
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
#include "support/vector/log.h"
#include "support/vector/log1p.h"
#include "support/routines/compensated.h"

#include "t_sne.h"

size_t t_sne_value_work(int64_t n)
{
    (void)n;
    return 0;
}

struct t_sne_value_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *Y;
    const double *P;
    double log_z;
    double *value_parts;
};

static GRADC_APART void t_sne_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct t_sne_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const Y = given->Y;
    const double *restrict const P = given->P;
    const double log_z = given->log_z;
    double *restrict const value_parts = given->value_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double value_part = 0.0;
    double value_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(n + 2, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* value = sum[i:n, j:n](let(s0 := Y[i, 0] - Y[j, 0], s1 := Y[i, 1] - Y[j, 1], P[i, j] * (log_z +
         *    (log(where(0 < P[i, j], P[i, j], 1)) + log1p(s0 * s0 + s1 * s1))))) */
        double value_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double Y_i = Y[i*2];
            const double Y_i_ = Y[i*2 + 1];
            GRADC_SIMD(reduction(+:value_part_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double P_ij = P[i*n + j];
                const double v0 = Y_i - Y[j*2];
                const double v1 = Y_i_ - Y[j*2 + 1];
                value_part_sum += P_ij * (log_z + (gradc_log(0.0 < P_ij ? P_ij : 1.0)
                    + gradc_log1p(v0 * v0 + v1 * v1)));
            }
        }
        gradc_add(&value_part, &value_part_low, value_part_sum);
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int t_sne_value(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(74.0*(double)n*(double)n);
    double t0 = 0.0;
    double t0_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(2, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* t0 = sum[i:n, j:n](let(s0 := Y[i, 0] - Y[j, 0], s1 := Y[i, 1] - Y[j, 1], where(j <= i - 1, 1 / (1 +
             *    (s0 * s0 + s1 * s1)), 0))) */
            double t0_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                if (gradc_stopped(stop)) {
                    return gradc_ended(stop, GRADC_STOPPED);
                }
                const double Y_i = Y[i*2];
                const double Y_i_ = Y[i*2 + 1];
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t j = 0; j < n; ++j) {
                    const double v0 = Y_i - Y[j*2];
                    const double v1 = Y_i_ - Y[j*2 + 1];
                    t0_sum += j <= i - 1 ? 1.0 / (1.0 + (v0 * v0 + v1 * v1)) : 0.0;
                }
            }
            gradc_add(&t0, &t0_low, t0_sum);
        }
    }
    t0 = gradc_rounded(t0, t0_low);

    /* log_z = log(2 * t0) */
    const double log_z = gradc_log(2.0 * t0);
    const int64_t parts = gradc_parts(n, 56*n, 0);
    double value_parts[GRADC_PARTS];
    {
        const struct t_sne_value_rows0 given = {n, parts, stop, Y, P, log_z, value_parts};
        if (parts > 1) {
            gradc_run(parts, t_sne_value_rows0, &given);
        } else {
            t_sne_value_rows0(&given, 0, 0);
        }
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value_parts[part];
    }
    *value = value_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t t_sne_forward_work(int64_t n)
{
    (void)n;
    return 0;
}

struct t_sne_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *P;
    double log_z;
    double *D2;
    double *value_parts;
};

static GRADC_APART void t_sne_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct t_sne_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const P = given->P;
    const double log_z = given->log_z;
    double *restrict const D2 = given->D2;
    double *restrict const value_parts = given->value_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double value_part = 0.0;
    double value_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*n, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* value = sum[i:n, j:n](P[i, j] * (log_z + (log1p(D2[i, j]) + log(where(0 < P[i, j], P[i, j], 1))))) */
        double value_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            GRADC_SIMD(reduction(+:value_part_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double P_ij = P[i*n + j];
                value_part_sum += P_ij * (log_z + (gradc_log1p(D2[i*n + j]) + gradc_log(0.0 < P_ij ? P_ij : 1.0)));
            }
        }
        gradc_add(&value_part, &value_part_low, value_part_sum);
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int t_sne_forward(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                  double *restrict D2, double *restrict t0, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(68.0*(double)n*(double)n);
    double t0_ = 0.0;
    double t0_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(2, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* D2[i:n, j:n] = let(s0 := Y[i, 0] - Y[j, 0], s1 := Y[i, 1] - Y[j, 1], s0 * s0 + s1 * s1) */
            /* t0 = sum[i:n, j:n](where(j <= i - 1, 1 / (1 + D2[i, j]), 0)) */
            double t0_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                if (gradc_stopped(stop)) {
                    return gradc_ended(stop, GRADC_STOPPED);
                }
                const double Y_i = Y[i*2];
                const double Y_i_ = Y[i*2 + 1];
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t j = 0; j < n; ++j) {
                    const double v0 = Y_i - Y[j*2];
                    const double v1 = Y_i_ - Y[j*2 + 1];
                    const double v2 = v0 * v0 + v1 * v1;
                    D2[i*n + j] = v2;
                    t0_sum += j <= i - 1 ? 1.0 / (1.0 + v2) : 0.0;
                }
            }
            gradc_add(&t0_, &t0_low, t0_sum);
        }
    }
    t0_ = gradc_rounded(t0_, t0_low);

    /* log_z = log(2 * t0) */
    const double log_z = gradc_log(2.0 * t0_);
    const int64_t parts = gradc_parts(n, 48*n, 0);
    double value_parts[GRADC_PARTS];
    {
        const struct t_sne_forward_rows0 given = {n, parts, stop, P, log_z, D2, value_parts};
        if (parts > 1) {
            gradc_run(parts, t_sne_forward_rows0, &given);
        } else {
            t_sne_forward_rows0(&given, 0, 0);
        }
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value_parts[part];
    }
    *value = value_;
    *t0 = t0_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t t_sne_backward_work(int64_t n)
{
    if (16672.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(2*n, sizeof(double)) + gradc_bytes(2*n, sizeof(double)) + (size_t)gradc_parts(n, 42*n, 2*n)
        * gradc_bytes(2*n, sizeof(double)) + (size_t)gradc_parts(n, 42*n, 2*n)
        * gradc_bytes(128*gradc_width(n), sizeof(double));
}

struct t_sne_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_Y_total_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *grad_Y_total;
    const double *D2;
    double cotangent;
    const double *P;
    double t0_bar;
    const double *Y;
};

static GRADC_APART void t_sne_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct t_sne_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_Y_total_2 = given->grad_Y_total_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const grad_Y_total = given->grad_Y_total;
    const double *restrict const D2 = given->D2;
    const double cotangent = given->cotangent;
    const double *restrict const P = given->P;
    const double t0_bar = given->t0_bar;
    const double *restrict const Y = given->Y;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_Y_total_2_part = part == 0 ? grad_Y_total_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const D2_bar = (void *)tile_own;
    for (int64_t at = 0; at < 2*n; ++at) {
        grad_Y_total_2_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(2*n + 2, sizeof(double));
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                grad_Y_total[i*2 + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* D2_bar[i:n, j:n] = let(s0 := 1 + D2[i, j], cotangent * P[i, j] / s0 + where(j <= i - 1, -(t0_bar /
             *    s0 / s0), 0)) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double v0 = 1.0 + D2[i*n + j];
                    D2_bar[(i - tile_begin)*strip + j - strip_begin] = cotangent * P[i*n + j] / v0
                        + (j <= i - 1 ? -(t0_bar / v0 / v0) : 0.0);
                }
            }

            /* grad_Y_total[i:n, j:2] = sum[k:n](D2_bar[i, k] * (Y[i, j] - Y[k, j])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t j = 0; j < 2; ++j) {
                    const double Y_ij = Y[i*2 + j];
                    double grad_Y_total_sum = 0.0;
                    GRADC_SIMD(reduction(+:grad_Y_total_sum))
                    for (int64_t k = strip_begin; k < strip_end; ++k) {
                        grad_Y_total_sum += D2_bar[(i - tile_begin)*strip + k - strip_begin] * (Y_ij - Y[k*2 + j]);
                    }
                    grad_Y_total[i*2 + j] += grad_Y_total_sum;
                }
            }

            /* grad_Y_total_2[i:n, j:2] = sum[k:n](D2_bar[k, i] * (Y[k, j] - Y[i, j])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t j = 0; j < 2; ++j) {
                    const double Y_ij = Y[i*2 + j];
                    GRADC_SIMD()
                    for (int64_t k = strip_begin; k < strip_end; ++k) {
                        grad_Y_total_2_part[k*2 + j] += D2_bar[(i - tile_begin)*strip + k - strip_begin]
                            * (Y_ij - Y[k*2 + j]);
                    }
                }
            }
        }
    }
}

int t_sne_backward(int64_t n, const double *restrict Y, const double *restrict P, const double *restrict D2,
                   double t0, double cotangent, double *restrict grad_Y, void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_Y_total = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    double *const grad_Y_total_2 = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 42*n, 2*n) * gradc_bytes(2*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(49.0*(double)n*(double)n + 12.0*(double)n);
    double t0_bar_total = 0.0;
    double t0_bar_total_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(n, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* t0_bar_total = sum[i:n, j:n](P[i, j]) */
            double t0_bar_total_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                if (gradc_stopped(stop)) {
                    return gradc_ended(stop, GRADC_STOPPED);
                }
                GRADC_SIMD(reduction(+:t0_bar_total_sum))
                for (int64_t j = 0; j < n; ++j) {
                    t0_bar_total_sum += P[i*n + j];
                }
            }
            gradc_add(&t0_bar_total, &t0_bar_total_low, t0_bar_total_sum);
        }
    }
    t0_bar_total = gradc_rounded(t0_bar_total, t0_bar_total_low);

    /* t0_bar = 2 * (cotangent * t0_bar_total / (2 * t0)) */
    const double t0_bar = 2.0 * (cotangent * t0_bar_total / (2.0 * t0));
    const int64_t parts = gradc_parts(n, 42*n, 2*n);
    const size_t part_bytes = gradc_bytes(2*n, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(n), sizeof(double));
    {
        const struct t_sne_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_Y_total_2, tile_scratch,
            tile_bytes, stop, grad_Y_total, D2, cotangent, P, t0_bar, Y};
        if (parts > 1) {
            gradc_run(parts, t_sne_backward_rows0, &given);
        } else {
            t_sne_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_Y_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < 2*n; ++at) {
            grad_Y_total_2[at] += grad_Y_total_2_more[at];
        }
    }

    /* grad_Y[i:n, j:2] = 2 * grad_Y_total[i, j] - 2 * grad_Y_total_2[i, j] */
    for (int64_t i = 0; i < n; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < 2; ++j) {
            grad_Y[i*2 + j] = 2.0 * grad_Y_total[i*2 + j] - 2.0 * grad_Y_total_2[i*2 + j];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t t_sne_value_and_grad_work(int64_t n)
{
    if (16672.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(2*n, sizeof(double)) + gradc_bytes(2*n, sizeof(double)) + (size_t)gradc_parts(n, 94*n, 2*n)
        * gradc_bytes(2*n, sizeof(double)) + (size_t)gradc_parts(n, 94*n, 2*n)
        * gradc_bytes(128*gradc_width(n), sizeof(double));
}

struct t_sne_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_Y_total_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *grad_Y_total;
    const double *Y;
    const double *P;
    double log_z;
    double t0_bar;
    double *value_parts;
};

static GRADC_APART void t_sne_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct t_sne_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_Y_total_2 = given->grad_Y_total_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const grad_Y_total = given->grad_Y_total;
    const double *restrict const Y = given->Y;
    const double *restrict const P = given->P;
    const double log_z = given->log_z;
    const double t0_bar = given->t0_bar;
    double *restrict const value_parts = given->value_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_Y_total_2_part = part == 0 ? grad_Y_total_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const D2_bar = (void *)tile_own;
    double value_part = 0.0;
    double value_part_low = 0.0;
    for (int64_t at = 0; at < 2*n; ++at) {
        grad_Y_total_2_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(n + 2, sizeof(double));
    const int64_t strip = gradc_width(n);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < 2; ++j) {
                grad_Y_total[i*2 + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < n; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < n ? strip + strip_begin : n;

            /* value = sum[i:n, j:n](let(s0 := Y[i, 0] - Y[j, 0], s1 := Y[i, 1] - Y[j, 1], P[i, j] * (log_z +
             *    (log(where(0 < P[i, j], P[i, j], 1)) + log1p(s0 * s0 + s1 * s1))))) */
            /* D2_bar[i:n, j:n] = let(s0 := Y[i, 0] - Y[j, 0], s1 := Y[i, 1] - Y[j, 1], s2 := 1 + (s0 * s0 + s1 *
             *    s1), P[i, j] / s2 + where(j <= i - 1, -(t0_bar / s2 / s2), 0)) */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Y_i = Y[i*2];
                const double Y_i_ = Y[i*2 + 1];
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double P_ij = P[i*n + j];
                    const double v0 = Y_i - Y[j*2];
                    const double v1 = Y_i_ - Y[j*2 + 1];
                    const double v2 = v0 * v0 + v1 * v1;
                    const double v3 = 1.0 + v2;
                    value_part_sum += P_ij * (log_z + (gradc_log(0.0 < P_ij ? P_ij : 1.0) + gradc_log1p(v2)));
                    D2_bar[(i - tile_begin)*strip + j - strip_begin] = P_ij / v3
                        + (j <= i - 1 ? -(t0_bar / v3 / v3) : 0.0);
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);

            /* grad_Y_total[i:n, j:2] = sum[k:n](D2_bar[i, k] * (Y[i, j] - Y[k, j])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t j = 0; j < 2; ++j) {
                    const double Y_ij = Y[i*2 + j];
                    double grad_Y_total_sum = 0.0;
                    GRADC_SIMD(reduction(+:grad_Y_total_sum))
                    for (int64_t k = strip_begin; k < strip_end; ++k) {
                        grad_Y_total_sum += D2_bar[(i - tile_begin)*strip + k - strip_begin] * (Y_ij - Y[k*2 + j]);
                    }
                    grad_Y_total[i*2 + j] += grad_Y_total_sum;
                }
            }

            /* grad_Y_total_2[i:n, j:2] = sum[k:n](D2_bar[k, i] * (Y[k, j] - Y[i, j])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t j = 0; j < 2; ++j) {
                    const double Y_ij = Y[i*2 + j];
                    GRADC_SIMD()
                    for (int64_t k = strip_begin; k < strip_end; ++k) {
                        grad_Y_total_2_part[k*2 + j] += D2_bar[(i - tile_begin)*strip + k - strip_begin]
                            * (Y_ij - Y[k*2 + j]);
                    }
                }
            }
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int t_sne_value_and_grad(int64_t n, const double *restrict Y, const double *restrict P, double *restrict value,
                         double *restrict grad_Y, void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_Y_total = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    double *const grad_Y_total_2 = (void *)scratch;
    scratch += gradc_bytes(2*n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 94*n, 2*n) * gradc_bytes(2*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(129.0*(double)n*(double)n + 12.0*(double)n);
    double t0 = 0.0;
    double t0_low = 0.0;
    double log_z_bar = 0.0;
    double log_z_bar_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(n + 2, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* t0 = sum[i:n, j:n](let(s0 := Y[i, 0] - Y[j, 0], s1 := Y[i, 1] - Y[j, 1], where(j <= i - 1, 1 / (1 +
             *    (s0 * s0 + s1 * s1)), 0))) */
            /* log_z_bar = sum[i:n, j:n](P[i, j]) */
            double t0_sum = 0.0;
            double log_z_bar_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                if (gradc_stopped(stop)) {
                    return gradc_ended(stop, GRADC_STOPPED);
                }
                const double Y_i = Y[i*2];
                const double Y_i_ = Y[i*2 + 1];
                GRADC_SIMD(reduction(+:t0_sum, log_z_bar_sum))
                for (int64_t j = 0; j < n; ++j) {
                    const double v0 = Y_i - Y[j*2];
                    const double v1 = Y_i_ - Y[j*2 + 1];
                    t0_sum += j <= i - 1 ? 1.0 / (1.0 + (v0 * v0 + v1 * v1)) : 0.0;
                    log_z_bar_sum += P[i*n + j];
                }
            }
            gradc_add(&t0, &t0_low, t0_sum);
            gradc_add(&log_z_bar, &log_z_bar_low, log_z_bar_sum);
        }
    }
    t0 = gradc_rounded(t0, t0_low);
    log_z_bar = gradc_rounded(log_z_bar, log_z_bar_low);

    /* log_z = log(2 * t0) */
    /* t0_bar = 2 * (log_z_bar / (2 * t0)) */
    const double v0 = 2.0 * t0;
    const double log_z = gradc_log(v0);
    const double t0_bar = 2.0 * (log_z_bar / v0);
    const int64_t parts = gradc_parts(n, 94*n, 2*n);
    const size_t part_bytes = gradc_bytes(2*n, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(n), sizeof(double));
    double value_parts[GRADC_PARTS];
    {
        const struct t_sne_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_Y_total_2,
            tile_scratch, tile_bytes, stop, grad_Y_total, Y, P, log_z, t0_bar, value_parts};
        if (parts > 1) {
            gradc_run(parts, t_sne_value_and_grad_rows0, &given);
        } else {
            t_sne_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_Y_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < 2*n; ++at) {
            grad_Y_total_2[at] += grad_Y_total_2_more[at];
        }
    }

    /* grad_Y[i:n, j:2] = 2 * grad_Y_total[i, j] - 2 * grad_Y_total_2[i, j] */
    for (int64_t i = 0; i < n; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < 2; ++j) {
            grad_Y[i*2 + j] = 2.0 * grad_Y_total[i*2 + j] - 2.0 * grad_Y_total_2[i*2 + j];
        }
    }
    *value = value_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
