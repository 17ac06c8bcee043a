/* soft_dice: the loss, and its derivatives.
 *
 *     def program(Z: real[n, k], Y: real[n, k], eps: real):
 *         P[i:n, j:k] = exp(-logaddexp(0, -Z[i, j]))
 *         t0[i:n] = sum[j:k](Y[i, j] * P[i, j])
 *         t1[i:n] = sum[j:k](P[i, j])
 *         t2[i:n] = sum[j:k](Y[i, j])
 *         t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t1[i] + t2[i])))
 *         value = 1 - t3 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/compensated.h"
#include "support/routines/transpose.h"

#include "soft_dice.h"

size_t soft_dice_value_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 71*k + 12, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct soft_dice_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *Z;
    const double *Y;
    double eps;
    double *t3_parts;
};

static GRADC_APART void soft_dice_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const Z = given->Z;
    const double *restrict const Y = given->Y;
    const double eps = given->eps;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* P[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(Z[i, j])))))) */
        /* t0[i:n] = sum[j:k](Y[i, j] * P[i, j]) */
        /* t1[i:n] = sum[j:k](P[i, j]) */
        /* t2[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double Z_ij = Z[i*k + j];
                const double v0 = -Z_ij;
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(Z_ij)));
                const double v2 = gradc_exp(-v1);
                const double Y_ij = Y[i*k + j];
                t0_sum += Y_ij * v2;
                t1_sum += v2;
                t2_sum += Y_ij;
            }
            t0[i - tile_begin] = t0_sum;
            t1[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
        }

        /* t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t1[i] + t2[i]))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += (eps + 2.0 * t0[i - tile_begin]) / (eps + (t2[i - tile_begin] + t1[i - tile_begin]));
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int soft_dice_value(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                    double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(78.0*(double)k*(double)n + 13.0*(double)n);
    const int64_t parts = gradc_parts(n, 71*k + 12, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct soft_dice_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, Z, Y, eps, t3_parts};
        if (parts > 1) {
            gradc_run(parts, soft_dice_value_rows0, &given);
        } else {
            soft_dice_value_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 1 - t3 / n */
    *value = 1.0 - t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t soft_dice_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

struct soft_dice_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t k;
    const volatile int *stop;
    const double *Z;
    const double *Y;
    double *P;
    double *t0;
    double *t1;
    double *t2;
    double eps;
    double *t3_parts;
};

static GRADC_APART void soft_dice_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct soft_dice_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const Z = given->Z;
    const double *restrict const Y = given->Y;
    double *restrict const P = given->P;
    double *restrict const t0 = given->t0;
    double *restrict const t1 = given->t1;
    double *restrict const t2 = given->t2;
    const double eps = given->eps;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* P[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(Z[i, j])))))) */
        /* t0[i:n] = sum[j:k](Y[i, j] * P[i, j]) */
        /* t1[i:n] = sum[j:k](P[i, j]) */
        /* t2[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double Z_ij = Z[i*k + j];
                const double v0 = -Z_ij;
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(Z_ij)));
                const double v2 = gradc_exp(-v1);
                const double Y_ij = Y[i*k + j];
                P[i*k + j] = v2;
                t0_sum += Y_ij * v2;
                t1_sum += v2;
                t2_sum += Y_ij;
            }
            t0[i] = t0_sum;
            t1[i] = t1_sum;
            t2[i] = t2_sum;
        }

        /* t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t1[i] + t2[i]))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += (eps + 2.0 * t0[i]) / (eps + (t2[i] + t1[i]));
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int soft_dice_forward(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                      double *restrict value, double *restrict P, double *restrict t0, double *restrict t1,
                      double *restrict t2, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(78.0*(double)k*(double)n + 13.0*(double)n);
    const int64_t parts = gradc_parts(n, 71*k + 12, 0);
    double t3_parts[GRADC_PARTS];
    {
        const struct soft_dice_forward_rows0 given = {n, parts, k, stop, Z, Y, P, t0, t1, t2, eps, t3_parts};
        if (parts > 1) {
            gradc_run(parts, soft_dice_forward_rows0, &given);
        } else {
            soft_dice_forward_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 1 - t3 / n */
    *value = 1.0 - t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t soft_dice_backward_work(int64_t n, int64_t k)
{
    if (49152.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 45*k + 24, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)));
}

struct soft_dice_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double eps;
    const double *t1;
    const double *t2;
    double t3_bar;
    const double *t0;
    const double *Z;
    const double *P;
    const double *Y;
    double *grad_Z;
};

static GRADC_APART void soft_dice_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double eps = given->eps;
    const double *restrict const t1 = given->t1;
    const double *restrict const t2 = given->t2;
    const double t3_bar = given->t3_bar;
    const double *restrict const t0 = given->t0;
    const double *restrict const Z = given->Z;
    const double *restrict const P = given->P;
    const double *restrict const Y = given->Y;
    double *restrict const grad_Z = given->grad_Z;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const Z_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const P_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(3*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_bar[i:n] = let(s0 := eps + (t1[i] + t2[i]), -(t3_bar * (eps + 2 * t0[i]) / s0 / s0)) */
        /* t0_bar[i:n] = 2 * (t3_bar / (eps + (t1[i] + t2[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = eps + (t1[i] + t2[i]);
            t1_bar[i - tile_begin] = -(t3_bar * (eps + 2.0 * t0[i]) / v0 / v0);
            t0_bar[i - tile_begin] = 2.0 * (t3_bar / v0);
        }

        /* Z_tile[i:n, j:k] = Z[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Z[tile_begin*k], k, Z_tile, 128);

        /* P_tile[i:n, j:k] = P[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &P[tile_begin*k], k, P_tile, 128);

        /* Y_tile[i:n, j:k] = Y[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* grad_Z_term[i:n, j:k] = let(s0 := -Z_tile[i, j], s1 := exp(-abs(Z_tile[i, j])), where(-inf == s0, 0,
         *    P_tile[i, j] * (t1_bar[i] + Y_tile[i, j] * t0_bar[i]) * (where(0 <= s0, 1, s1) / (1 + s1)))), in the
         *    place of Z_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Z_tile_ij = Z_tile[j*128 + i - tile_begin];
                const double v0 = -Z_tile_ij;
                const double v1 = P_tile[j*128 + i - tile_begin] * (t1_bar[i - tile_begin]
                    + Y_tile[j*128 + i - tile_begin] * t0_bar[i - tile_begin]);
                const double v2 = gradc_exp(-fabs(Z_tile_ij));
                Z_tile[j*128 + i - tile_begin] = -(double)INFINITY == v0 ? 0.0 : v1
                    * ((0.0 <= v0 ? 1.0 : v2) / (1.0 + v2));
            }
        }

        /* grad_Z[i:n, j:k] = grad_Z_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, Z_tile, 128, &grad_Z[tile_begin*k], k);
    }
}

int soft_dice_backward(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                       const double *restrict P, const double *restrict t0, const double *restrict t1,
                       const double *restrict t2, double cotangent, double *restrict grad_Z, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(50.0*(double)k*(double)n + 32.0*(double)n);

    /* t3_bar = -(cotangent / n) */
    const double t3_bar = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 45*k + 24, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double));
    {
        const struct soft_dice_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, eps, t1, t2,
            t3_bar, t0, Z, P, Y, grad_Z};
        if (parts > 1) {
            gradc_run(parts, soft_dice_backward_rows0, &given);
        } else {
            soft_dice_backward_rows0(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t soft_dice_value_and_grad_work(int64_t n, int64_t k)
{
    if (65536.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 95*k + 28, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct soft_dice_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *Z;
    const double *Y;
    double eps;
    double t3_bar;
    double *grad_Z;
    double *t3_parts;
};

static GRADC_APART void soft_dice_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const Z = given->Z;
    const double *restrict const Y = given->Y;
    const double eps = given->eps;
    const double t3_bar = given->t3_bar;
    double *restrict const grad_Z = given->grad_Z;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Z_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const P_term = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const P = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* Z_tile[i:n, j:k] = Z[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Z[tile_begin*k], k, Z_tile, 128);

        /* P_term[i:n, j:k] = exp(-abs(Z_tile[i, j])) */
        /* P[i:n, j:k] = let(s0 := -Z_tile[i, j], exp(-where(0 == s0, 0.6931471805599453, log1p_unit(P_term[i, j])
         *    + maximum(0, s0)))) */
        /* t1[i:n] = sum[j:k](P[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Z_tile_ij = Z_tile[j*128 + i - tile_begin];
                const double v0 = gradc_exp(-fabs(Z_tile_ij));
                const double v1 = -Z_tile_ij;
                const double v2 = gradc_exp(-(0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                    + gradc_log1p_unit(v0)));
                P_term[j*128 + i - tile_begin] = v0;
                P[j*128 + i - tile_begin] = v2;
                t1[i - tile_begin] += v2;
            }
        }

        /* Y_tile[i:n, j:k] = Y[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t0[i:n] = sum[j:k](P[i, j] * Y_tile[i, j]) */
        /* t2[i:n] = sum[j:k](Y_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Y_tile_ij = Y_tile[j*128 + i - tile_begin];
                const double Y_tile_ij_ = Y_tile[(j + 1)*128 + i - tile_begin];
                const double Y_tile_ij_2 = Y_tile[(j + 2)*128 + i - tile_begin];
                const double Y_tile_ij_3 = Y_tile[(j + 3)*128 + i - tile_begin];
                t0[i - tile_begin] += P[j*128 + i - tile_begin] * Y_tile_ij + P[(j + 1)*128 + i - tile_begin]
                    * Y_tile_ij_ + P[(j + 2)*128 + i - tile_begin] * Y_tile_ij_2 + P[(j + 3)*128 + i - tile_begin]
                    * Y_tile_ij_3;
                t2[i - tile_begin] += Y_tile_ij + Y_tile_ij_ + Y_tile_ij_2 + Y_tile_ij_3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Y_tile_ij = Y_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] += P[j*128 + i - tile_begin] * Y_tile_ij;
                t2[i - tile_begin] += Y_tile_ij;
            }
        }

        /* t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t2[i] + t1[i]))) */
        /* t1_bar[i:n] = let(s0 := eps + (t2[i] + t1[i]), -(t3_bar * (eps + 2 * t0[i]) / s0 / s0)), in the place of
         *    t1 */
        /* t0_bar[i:n] = 2 * (t3_bar / (eps + (t2[i] + t1[i]))), in the place of t0 */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            const double v0 = eps + 2.0 * t0_i;
            const double t1_i = t1[i - tile_begin];
            const double v1 = eps + (t1_i + t2[i - tile_begin]);
            t3_part_sum += v0 / v1;
            t1[i - tile_begin] = -(t3_bar * v0 / v1 / v1);
            t0[i - tile_begin] = 2.0 * (t3_bar / v1);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);

        /* grad_Z_term[i:n, j:k] = let(s0 := -Z_tile[i, j], where(-inf == s0, 0, P[i, j] * (t1_bar[i] + Y_tile[i,
         *    j] * t0_bar[i]) * (where(0 <= s0, 1, P_term[i, j]) / (1 + P_term[i, j])))), in the place of Z_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Z_tile_ij = Z_tile[j*128 + i - tile_begin];
                const double v0 = -Z_tile_ij;
                const double v1 = P[j*128 + i - tile_begin] * (t1[i - tile_begin] + Y_tile[j*128 + i - tile_begin]
                    * t0[i - tile_begin]);
                const double P_term_ij = P_term[j*128 + i - tile_begin];
                Z_tile[j*128 + i - tile_begin] = -(double)INFINITY == v0 ? 0.0 : v1
                    * ((0.0 <= v0 ? 1.0 : P_term_ij) / (1.0 + P_term_ij));
            }
        }

        /* grad_Z[i:n, j:k] = grad_Z_term[i, j] */
        gradc_transpose(k, tile_end - tile_begin, Z_tile, 128, &grad_Z[tile_begin*k], k);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int soft_dice_value_and_grad(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                             double *restrict value, double *restrict grad_Z, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(108.0*(double)k*(double)n + 45.0*(double)n);

    /* t3_bar = -(1 / n) */
    const double t3_bar = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(n, 95*k + 28, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct soft_dice_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, Z, Y, eps,
            t3_bar, grad_Z, t3_parts};
        if (parts > 1) {
            gradc_run(parts, soft_dice_value_and_grad_rows0, &given);
        } else {
            soft_dice_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 1 - t3 / n */
    *value = 1.0 - t3 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
