/* multiclass_hinge: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], Y: real[n, k], lam: real):
 *         Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j]
 *         t1[l:n] = max[j:k](t0[l, j])
 *         t2[l:n] = sum[j:k](Y[l, j] * Z[l, j])
 *         t3 = sum[l:n](t1[l] - t2[l])
 *         t4 = sum[i:d, j:k](W[i, j] ** 2)
 *         value = t3 / n + t4 * (0.5 * lam)
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
#include "support/routines/compensated.h"
#include "support/routines/product.h"
#include "support/routines/transpose.h"

#include "multiclass_hinge.h"

size_t multiclass_hinge_value_work(int64_t d, int64_t k, int64_t n)
{
    if (32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 6*k + 3, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct multiclass_hinge_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    int64_t d;
    const double *W;
    const double *X;
    const double *Y;
    double *t3_parts;
};

static GRADC_APART void multiclass_hinge_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const int64_t d = given->d;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double *restrict const Y = given->Y;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, Z, 128, 1, 0, 0);

        /* Y_tile[l:n, j:k] = Y[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y_tile[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y_tile[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t2[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double Z_lj = Z[j*128 + l - tile_begin];
                const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                const double v0 = 1.0 + Z_lj - Y_tile_lj;
                t1[l - tile_begin] = (t1[l - tile_begin] >= v0 || t1[l - tile_begin] != t1[l - tile_begin])
                    ? t1[l - tile_begin] : v0;
                t2[l - tile_begin] += Z_lj * Y_tile_lj;
            }
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1[l - tile_begin] - t2[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int multiclass_hinge_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                           const double *restrict Y, double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 3.0*(double)d*(double)k
        + 13.0*(double)k*(double)n + 4.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 6*k + 3, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct multiclass_hinge_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, d, W, X, Y,
            t3_parts};
        if (parts > 1) {
            gradc_run(parts, multiclass_hinge_value_rows0, &given);
        } else {
            multiclass_hinge_value_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < d; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < d ? tile_begin + tile_rows : d;

            /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
            double t4_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double W_ij = W[i*k + j];
                    t4_sum += W_ij * W_ij;
                }
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t multiclass_hinge_forward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*(double)k*(double)n + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(d, 3*k*n + 2*k, k*n) * gradc_bytes(k*n, sizeof(double))
        + (size_t)gradc_parts(n, 5*k + 3, 0) * gradc_bytes(128, sizeof(double));
}

struct multiclass_hinge_forward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *Z;
    int64_t n;
    int64_t k;
    const volatile int *stop;
    const double *W;
    const double *X;
    double *t4_parts;
};

static GRADC_APART void multiclass_hinge_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct multiclass_hinge_forward_rows0 *const given = context;
    const int64_t d = given->d;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const Z = given->Z;
    const int64_t n = given->n;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    double *restrict const t4_parts = given->t4_parts;
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const Z_part = part == 0 ? Z : (void *)part_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        Z_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, n, tile_end - tile_begin, &W[tile_begin*k], 1, k, &X[tile_begin], 1, d, NULL, 0, Z_part, 1,
            k, 1, 0);

        /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
        double t4_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t4_part_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double W_ij = W[i*k + j];
                t4_part_sum += W_ij * W_ij;
            }
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct multiclass_hinge_forward_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    double *Z;
    const double *Y;
    double *t1;
    double *t3_parts;
};

static GRADC_APART void multiclass_hinge_forward_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_forward_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    double *restrict const Z = given->Z;
    const double *restrict const Y = given->Y;
    double *restrict const t1 = given->t1;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -(double)INFINITY;
            double t2_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[l*k + j];
                const double Y_lj = Y[l*k + j];
                const double v0 = 1.0 + Z_lj - Y_lj;
                t1_max = (t1_max >= v0 || t1_max != t1_max) ? t1_max : v0;
                t2_sum += Y_lj * Z_lj;
            }
            t1[l] = t1_max;
            t2[l - tile_begin] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1[l] - t2[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int multiclass_hinge_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const double *restrict Y, double lam, double *restrict value, double *restrict Z,
                             double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*k*n + 2*k, k*n) * gradc_bytes(k*n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 3.0*(double)d*(double)k
        + 11.0*(double)k*(double)n + 4.0*(double)n);
    const int64_t parts = gradc_parts(d, 3*k*n + 2*k, k*n);
    const size_t part_bytes = gradc_bytes(k*n, sizeof(double));
    double t4_parts[GRADC_PARTS];
    {
        const struct multiclass_hinge_forward_rows0 given = {d, parts, part_scratch, part_bytes, Z, n, k, stop, W, X,
            t4_parts};
        if (parts > 1) {
            gradc_run(parts, multiclass_hinge_forward_rows0, &given);
        } else {
            multiclass_hinge_forward_rows0(&given, 0, 0);
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
        const double *const Z_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k*n; ++at) {
            Z[at] += Z_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 5*k + 3, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct multiclass_hinge_forward_rows1 given = {n, parts_, tile_scratch, tile_bytes, k, stop, Z, Y, t1,
            t3_parts};
        if (parts_ > 1) {
            gradc_run(parts_, multiclass_hinge_forward_rows1, &given);
        } else {
            multiclass_hinge_forward_rows1(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t multiclass_hinge_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (136.0*(double)d*(double)k + 32768.0*(double)k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 3*d*k + 20*k, d*k)
        * gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 3*d*k + 20*k, d*k)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct multiclass_hinge_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_W_total;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *t1;
    const double *Z;
    const double *Y;
    double t3_bar;
    const double *X;
};

static GRADC_APART void multiclass_hinge_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_W_total = given->grad_W_total;
    const int64_t d = given->d;
    const int64_t k = given->k;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const t1 = given->t1;
    const double *restrict const Z = given->Z;
    const double *restrict const Y = given->Y;
    const double t3_bar = given->t3_bar;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_W_total_part = part == 0 ? grad_W_total : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_W_total_term = (void *)tile_own;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_total_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t0_bar_total[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t0_bar_total_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_bar_total_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = 1.0 + Z[l*k + j] - Y[l*k + j];
                t0[(l - tile_begin)*k + j] = v0;
                t0_bar_total_sum += t1_l == v0 ? 1.0 : 0.0;
            }
            t0_bar_total[l - tile_begin] = t0_bar_total_sum;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar[l:n, j:k] = where(t0[l, j] == t1[l], t3_bar / t0_bar_total[l], 0) */
            /* grad_W_total_term[l:n, j:k] = t0_bar[l, j] - t3_bar * Y[l, j] */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t1_l = t1[l];
                const double v0 = t3_bar / t0_bar_total[l - tile_begin];
                GRADC_SIMD()
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    grad_W_total_term[(l - tile_begin)*strip + j - strip_begin] = (t0[(l - tile_begin)*k + j] == t1_l
                        ? v0 : 0.0) - t3_bar * Y[l*k + j];
                }
            }

            /* grad_W_total[i:d, j:k] = sum[l:n](X[l, i] * grad_W_total_term[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d,
                grad_W_total_term, strip, 1, NULL, 0, &grad_W_total_part[strip_begin], k, 1, 1, 0);
        }
    }
}

int multiclass_hinge_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                              const double *restrict Y, double lam, const double *restrict Z,
                              const double *restrict t1, double cotangent, double *restrict grad_W,
                              void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_W_total = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*k + 20*k, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 10.0*(double)d*(double)k
        + 27.0*(double)k*(double)n);

    /* t3_bar = cotangent / n */
    const double t3_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d*k + 20*k, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    {
        const struct multiclass_hinge_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_W_total, d, k,
            tile_scratch, tile_bytes, stop, t1, Z, Y, t3_bar, X};
        if (parts > 1) {
            gradc_run(parts, multiclass_hinge_backward_rows0, &given);
        } else {
            multiclass_hinge_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W_total[at] += grad_W_total_more[at];
        }
    }

    /* grad_W[i:d, j:k] = grad_W_total[i, j] + 2 * W[i, j] * (cotangent * (0.5 * lam)) */
    const double v0 = cotangent * (0.5 * lam);
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_W[i*k + j] = grad_W_total[i*k + j] + 2.0 * W[i*k + j] * v0;
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t multiclass_hinge_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (136.0*(double)d*(double)k + 49152.0*(double)k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 23*k + 3, d*k)
        * gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 23*k + 3, d*k)
        * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

struct multiclass_hinge_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_W_total;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *W;
    const double *X;
    const double *Y;
    double t3_bar;
    double *t3_parts;
};

static GRADC_APART void multiclass_hinge_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_W_total = given->grad_W_total;
    const int64_t d = given->d;
    const int64_t k = given->k;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const W = given->W;
    const double *restrict const X = given->X;
    const double *restrict const Y = given->Y;
    const double t3_bar = given->t3_bar;
    double *restrict const t3_parts = given->t3_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_W_total_part = part == 0 ? grad_W_total : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_bar_total = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const grad_W_total_term = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_total_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, Z, 128, 1, 0, 0);

        /* Y_tile[l:n, j:k] = Y[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y_tile[l, j], in the place of Z */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y_tile[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -(double)INFINITY;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t2[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double Z_lj = Z[j*128 + l - tile_begin];
                const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                const double v0 = 1.0 + Z_lj - Y_tile_lj;
                Z[j*128 + l - tile_begin] = v0;
                t1[l - tile_begin] = (t1[l - tile_begin] >= v0 || t1[l - tile_begin] != t1[l - tile_begin])
                    ? t1[l - tile_begin] : v0;
                t2[l - tile_begin] += Z_lj * Y_tile_lj;
            }
        }

        /* t0_bar_total[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t0_bar_total[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t0_bar_total[l - tile_begin] += (Z[j*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0)
                    + (Z[(j + 1)*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0)
                    + (Z[(j + 2)*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0)
                    + (Z[(j + 3)*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t0_bar_total[l - tile_begin] += Z[j*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t0_bar[l:n, j:k] = where(t0[l, j] == t1[l], t3_bar / t0_bar_total[l], 0) */
            /* grad_W_total_term[l:n, j:k] = t0_bar[l, j] - t3_bar * Y_tile[l, j] */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = (Z[j*128 + l - tile_begin] == t1[l - tile_begin] ? t3_bar
                        / t0_bar_total[l - tile_begin] : 0.0) - t3_bar * Y_tile[j*128 + l - tile_begin];
                    grad_W_total_term[(j - strip_begin)*128 + l - tile_begin] = v0;
                }
            }

            /* grad_W_total[i:d, j:k] = sum[l:n](X[l, i] * grad_W_total_term[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d,
                grad_W_total_term, 1, 128, NULL, 0, &grad_W_total_part[strip_begin], k, 1, 1, 0);
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1[l - tile_begin] - t2[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

int multiclass_hinge_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                    const double *restrict X, const double *restrict Y, double lam,
                                    double *restrict value, double *restrict grad_W, void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_W_total = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 23*k + 3, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 9.0*(double)d*(double)k
        + 35.0*(double)k*(double)n + 4.0*(double)n);

    /* t3_bar = 1 / n */
    const double t3_bar = 1.0 / (double)n;
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < d; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < d ? tile_begin + tile_rows : d;

            /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
            double t4_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double W_ij = W[i*k + j];
                    t4_sum += W_ij * W_ij;
                }
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);
    const int64_t parts = gradc_parts(n, 6*d*k + 23*k + 3, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t3_parts[GRADC_PARTS];
    {
        const struct multiclass_hinge_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_W_total,
            d, k, tile_scratch, tile_bytes, stop, W, X, Y, t3_bar, t3_parts};
        if (parts > 1) {
            gradc_run(parts, multiclass_hinge_value_and_grad_rows0, &given);
        } else {
            multiclass_hinge_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_W_total_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W_total[at] += grad_W_total_more[at];
        }
    }

    /* grad_W[i:d, j:k] = grad_W_total[i, j] + lam * W[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_W[i*k + j] = grad_W_total[i*k + j] + lam * W[i*k + j];
        }
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
