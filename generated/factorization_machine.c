/* factorization_machine: the loss, and its derivatives.
 *
 *     def program(b: real, w: real[d], V: real[d, k], X: real[n, d], y: real[n]):
 *         t0[l:n] = sum[i:d](X[l, i] * w[i])
 *         t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i])
 *         t2[i:d, j:k] = V[i, j] ** 2
 *         t3[l:n, i:d] = X[l, i] ** 2
 *         t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i])
 *         t5[l:n] = sum[j:k](t1[l, j] ** 2 - t4[l, j])
 *         t6 = sum[l:n](logaddexp(0, -(y[l] * (b + t0[l] + 0.5 * t5[l]))))
 *         value = t6 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/helpers/width.h"
#include "support/vector/exp.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"
#include "support/routines/product.h"

#include "factorization_machine.h"

size_t factorization_machine_value_work(int64_t d, int64_t k, int64_t n)
{
    if (8.0*(double)d*(double)k + 16384.0*(double)d + 32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct factorization_machine_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *V;
    double *t2;
    const double *y;
    double b;
    double *t6_parts;
};

static GRADC_APART void factorization_machine_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const V = given->V;
    double *restrict const t2 = given->t2;
    const double *restrict const y = given->y;
    const double b = given->b;
    double *restrict const t6_parts = given->t6_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t5 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, V, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t1, 128, 1, 0, 0);

        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t3[(l - tile_begin)*d + i] = X_li * X_li;
            }
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t5[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, d, t3, d, 1, &t2[strip_begin], k, 1, NULL,
                0, t4, 1, 128, 0, 0);

            /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
            for (int64_t j = strip_begin; j < 4*((strip_end - strip_begin) / 4) + strip_begin; j += 4) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    const double t1_lj_ = t1[(j + 1)*128 + l - tile_begin];
                    const double t1_lj_2 = t1[(j + 2)*128 + l - tile_begin];
                    const double t1_lj_3 = t1[(j + 3)*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin]
                        + (t1_lj_ * t1_lj_ - t4[(j + 1 - strip_begin)*128 + l - tile_begin])
                        + (t1_lj_2 * t1_lj_2 - t4[(j + 2 - strip_begin)*128 + l - tile_begin])
                        + (t1_lj_3 * t1_lj_3 - t4[(j + 3 - strip_begin)*128 + l - tile_begin]);
                }
            }
            for (int64_t j = 4*((strip_end - strip_begin) / 4) + strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin];
                }
            }
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s0)))))) */
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = y[l] * (b + t0[l - tile_begin] + 0.5 * t5[l - tile_begin]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v0)));
            t6_part_sum += v2;
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
}

int factorization_machine_value(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                const double *restrict V, const double *restrict X, const double *restrict y,
                                double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 3.0*(double)d*(double)k
        + 7.0*(double)d*(double)n + 5.0*(double)k*(double)n + 56.0*(double)n);

    /* t2[i:d, j:k] = V[i, j] * V[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            const double V_ij = V[i*k + j];
            t2[i*k + j] = V_ij * V_ij;
        }
    }
    const int64_t parts = gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t6_parts[GRADC_PARTS];
    {
        const struct factorization_machine_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, stop, X, w,
            V, t2, y, b, t6_parts};
        if (parts > 1) {
            gradc_run(parts, factorization_machine_value_rows0, &given);
        } else {
            factorization_machine_value_rows0(&given, 0, 0);
        }
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t factorization_machine_forward_work(int64_t d, int64_t k, int64_t n)
{
    if (8.0*(double)d*(double)k + 16384.0*(double)k > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0)
        * gradc_bytes(128*gradc_width(k), sizeof(double));
}

struct factorization_machine_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    int64_t d;
    const double *X;
    const double *w;
    double *t0;
    const double *V;
    double *t1;
    double *t3;
    double *t5;
    double *t2;
    const double *y;
    double b;
    double *t6_parts;
};

static GRADC_APART void factorization_machine_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const int64_t d = given->d;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const t0 = given->t0;
    const double *restrict const V = given->V;
    double *restrict const t1 = given->t1;
    double *restrict const t3 = given->t3;
    double *restrict const t5 = given->t5;
    double *restrict const t2 = given->t2;
    const double *restrict const y = given->y;
    const double b = given->b;
    double *restrict const t6_parts = given->t6_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t4 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &t0[tile_begin], 1, 0);

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, V, 1, k, &X[tile_begin*d], 1, d, NULL, 0, &t1[tile_begin*k], 1, k,
            0, 0);

        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t3[l*d + i] = X_li * X_li;
            }
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t5[l] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, d, &t3[tile_begin*d], d, 1,
                &t2[strip_begin], k, 1, NULL, 0, t4, strip, 1, 0, 0);

            /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
            for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
                double t5_sum = 0.0;
                double t5_sum_ = 0.0;
                double t5_sum_2 = 0.0;
                double t5_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:t5_sum, t5_sum_, t5_sum_2, t5_sum_3))
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double t1_lj = t1[l*k + j];
                    const double t1_lj_ = t1[(l + 1)*k + j];
                    const double t1_lj_2 = t1[(l + 2)*k + j];
                    const double t1_lj_3 = t1[(l + 3)*k + j];
                    t5_sum += t1_lj * t1_lj - t4[(l - tile_begin)*strip + j - strip_begin];
                    t5_sum_ += t1_lj_ * t1_lj_ - t4[(l + 1 - tile_begin)*strip + j - strip_begin];
                    t5_sum_2 += t1_lj_2 * t1_lj_2 - t4[(l + 2 - tile_begin)*strip + j - strip_begin];
                    t5_sum_3 += t1_lj_3 * t1_lj_3 - t4[(l + 3 - tile_begin)*strip + j - strip_begin];
                }
                t5[l] += t5_sum;
                t5[l + 1] += t5_sum_;
                t5[l + 2] += t5_sum_2;
                t5[l + 3] += t5_sum_3;
            }
            for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
                double t5_sum = 0.0;
                GRADC_SIMD(reduction(+:t5_sum))
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double t1_lj = t1[l*k + j];
                    t5_sum += t1_lj * t1_lj - t4[(l - tile_begin)*strip + j - strip_begin];
                }
                t5[l] += t5_sum;
            }
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s0)))))) */
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = y[l] * (b + t0[l] + 0.5 * t5[l]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v0)));
            t6_part_sum += v2;
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
}

int factorization_machine_forward(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                  const double *restrict V, const double *restrict X, const double *restrict y,
                                  double *restrict value, double *restrict t0, double *restrict t1,
                                  double *restrict t3, double *restrict t5, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 3.0*(double)d*(double)k
        + 7.0*(double)d*(double)n + 5.0*(double)k*(double)n + 56.0*(double)n);

    /* t2[i:d, j:k] = V[i, j] * V[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            const double V_ij = V[i*k + j];
            t2[i*k + j] = V_ij * V_ij;
        }
    }
    const int64_t parts = gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(k), sizeof(double));
    double t6_parts[GRADC_PARTS];
    {
        const struct factorization_machine_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, d, X,
            w, t0, V, t1, t3, t5, t2, y, b, t6_parts};
        if (parts > 1) {
            gradc_run(parts, factorization_machine_forward_rows0, &given);
        } else {
            factorization_machine_forward_rows0(&given, 0, 0);
        }
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t factorization_machine_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (136.0*(double)d*(double)k + 264.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct factorization_machine_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    double *grad_V_total;
    int64_t k;
    double *grad_V_total_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *y;
    const double *t5;
    const double *t0;
    double b;
    double t6_bar;
    const double *X;
    const double *t1;
    const double *t3;
    double *grad_b_parts;
};

static GRADC_APART void factorization_machine_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    double *restrict const grad_V_total = given->grad_V_total;
    const int64_t k = given->k;
    double *restrict const grad_V_total_2 = given->grad_V_total_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const y = given->y;
    const double *restrict const t5 = given->t5;
    const double *restrict const t0 = given->t0;
    const double b = given->b;
    const double t6_bar = given->t6_bar;
    const double *restrict const X = given->X;
    const double *restrict const t1 = given->t1;
    const double *restrict const t3 = given->t3;
    double *restrict const grad_b_parts = given->grad_b_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const grad_V_total_part = part == 0 ? grad_V_total : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const grad_V_total_2_part = part == 0 ? grad_V_total_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_bar = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5_bar = (void *)tile_own;
    double grad_b_part = 0.0;
    double grad_b_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_V_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_V_total_2_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* grad_b = sum[l:n](let(s0 := 0.5 * t5[l], s1 := b + t0[l], s2 := s0 + s1, s3 := y[l] * s2, s4 := -s3, s5
         *    := exp(-abs(s3)), s6 := 1 + s5, s7 := s1 - b, s8 := s2 - s0, s9 := -(product_error(y[l], s2) + y[l] *
         *    (t0[l] - s7 + (b - (s1 - s7)) + (s1 - s8 + (s0 - (s2 - s8))))), where(-inf == s4, 0, -(y[l] * (t6_bar
         *    * (where(0 <= s4, 1, s5) / s6 * (1 + where(0 <= -s4, 1, s5) / s6 * where(abs(s9) < 1, s9, 0)))))))) */
        /* t0_bar[l:n] = let(s0 := 0.5 * t5[l], s1 := b + t0[l], s2 := s0 + s1, s3 := y[l] * s2, s4 := -s3, s5 :=
         *    exp(-abs(s3)), s6 := 1 + s5, s7 := s1 - b, s8 := s2 - s0, s9 := -(product_error(y[l], s2) + y[l] *
         *    (t0[l] - s7 + (b - (s1 - s7)) + (s1 - s8 + (s0 - (s2 - s8))))), where(-inf == s4, 0, -(y[l] * (t6_bar
         *    * (where(0 <= s4, 1, s5) / s6 * (1 + where(0 <= -s4, 1, s5) / s6 * where(abs(s9) < 1, s9, 0))))))) */
        /* t5_bar[l:n] = let(s0 := 0.5 * t5[l], s1 := b + t0[l], s2 := s0 + s1, s3 := y[l] * s2, s4 := -s3, s5 :=
         *    exp(-abs(s3)), s6 := 1 + s5, s7 := s1 - b, s8 := s2 - s0, s9 := -(product_error(y[l], s2) + y[l] *
         *    (t0[l] - s7 + (b - (s1 - s7)) + (s1 - s8 + (s0 - (s2 - s8))))), where(-inf == s4, 0, -(0.5 * (y[l] *
         *    (t6_bar * (where(0 <= s4, 1, s5) / s6 * (1 + where(0 <= -s4, 1, s5) / s6 * where(abs(s9) < 1, s9,
         *    0)))))))) */
        double grad_b_part_sum = 0.0;
        GRADC_SIMD(reduction(+:grad_b_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double y_l = y[l];
            const double v0 = 0.5 * t5[l];
            const double t0_l = t0[l];
            const double v1 = b + t0_l;
            const double v2 = v0 + v1;
            const double v3 = y_l * v2;
            const double v4 = -v3;
            const int v5 = -(double)INFINITY == v4;
            const double v6 = gradc_exp(-fabs(v3));
            const double v7 = 1.0 + v6;
            const double v8 = v1 - b;
            const double v9 = v2 - v0;
            const double v10 = -((fma(y_l, v2, -(y_l * v2))) + y_l
                * (t0_l - v8 + (b - (v1 - v8)) + (v1 - v9 + (v0 - (v2 - v9)))));
            const double v11 = (0.0 <= v4 ? 1.0 : v6) / v7 * (1.0 + (0.0 <= -v4 ? 1.0 : v6) / v7
                * (fabs(v10) < 1.0 ? v10 : 0.0));
            const double v12 = y_l * (t6_bar * v11);
            const double v13 = v5 ? 0.0 : -v12;
            grad_b_part_sum += v13;
            t0_bar[l - tile_begin] = v13;
            t5_bar[l - tile_begin] = v5 ? 0.0 : -(0.5 * v12);
        }
        gradc_add(&grad_b_part, &grad_b_part_low, grad_b_part_sum);

        /* grad_w[i:d] = sum[l:n](X[l, i] * t0_bar[l]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0_bar, 1, grad_w_part);

        /* grad_V_total[i:d, j:k] = sum[l:n](t1[l, j] * (X[l, i] * t5_bar[l])) */
        gradc_product(k, d, tile_end - tile_begin, &t1[tile_begin*k], 1, k, &X[tile_begin*d], d, 1, t5_bar, 1,
            grad_V_total_part, 1, k, 1, 0);

        /* grad_V_total_2[i:d] = sum[l:n](t3[l, i] * t5_bar[l]) */
        gradc_combine(tile_end - tile_begin, d, &t3[tile_begin*d], d, t5_bar, 1, grad_V_total_2_part);
    }
    grad_b_part = gradc_rounded(grad_b_part, grad_b_part_low);
    grad_b_parts[part] = grad_b_part;
}

int factorization_machine_backward(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                   const double *restrict V, const double *restrict X, const double *restrict y,
                                   const double *restrict t0, const double *restrict t1, const double *restrict t3,
                                   const double *restrict t5, double cotangent, double *restrict grad_b,
                                   double *restrict grad_w, double *restrict grad_V, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const grad_V_total = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const grad_V_total_2 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d)
        * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(6.0*(double)d*(double)k*(double)n + 8.0*(double)d*(double)k
        + 8.0*(double)d*(double)n + 220.0*(double)n);

    /* t6_bar = cotangent / n */
    const double t6_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double grad_b_parts[GRADC_PARTS];
    {
        const struct factorization_machine_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            grad_V_total, k, grad_V_total_2, tile_scratch, tile_bytes, stop, y, t5, t0, b, t6_bar, X, t1, t3,
            grad_b_parts};
        if (parts > 1) {
            gradc_run(parts, factorization_machine_backward_rows0, &given);
        } else {
            factorization_machine_backward_rows0(&given, 0, 0);
        }
    }
    double grad_b_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_b_ += grad_b_parts[part];
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
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_V_total_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_V_total[at] += grad_V_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_V_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_V_total_2[at] += grad_V_total_2_more[at];
        }
    }

    /* grad_V[i:d, j:k] = 2 * grad_V_total[i, j] - grad_V_total_2[i] * (2 * V[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double grad_V_total_2_i = grad_V_total_2[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[i*k + j] = 2.0 * grad_V_total[i*k + j] - grad_V_total_2_i * (2.0 * V[i*k + j]);
        }
    }
    *grad_b = grad_b_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t factorization_machine_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (144.0*(double)d*(double)k + 16648.0*(double)d + 32768.0*(double)k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d)
        * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct factorization_machine_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    double *grad_V_total;
    int64_t k;
    double *grad_V_total_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *X;
    const double *w;
    const double *V;
    double *t2;
    const double *y;
    double b;
    double t6_bar;
    double *t6_parts;
    double *grad_b_parts;
};

static GRADC_APART void factorization_machine_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    double *restrict const grad_V_total = given->grad_V_total;
    const int64_t k = given->k;
    double *restrict const grad_V_total_2 = given->grad_V_total_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double *restrict const V = given->V;
    double *restrict const t2 = given->t2;
    const double *restrict const y = given->y;
    const double b = given->b;
    const double t6_bar = given->t6_bar;
    double *restrict const t6_parts = given->t6_parts;
    double *restrict const grad_b_parts = given->grad_b_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const grad_V_total_part = part == 0 ? grad_V_total : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const grad_V_total_2_part = part == 0 ? grad_V_total_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t5 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    double grad_b_part = 0.0;
    double grad_b_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        grad_V_total_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_V_total_2_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, V, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t1, 128, 1, 0, 0);

        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t3[(l - tile_begin)*d + i] = X_li * X_li;
            }
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t5[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, d, t3, d, 1, &t2[strip_begin], k, 1, NULL,
                0, t4, 1, 128, 0, 0);

            /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
            for (int64_t j = strip_begin; j < 4*((strip_end - strip_begin) / 4) + strip_begin; j += 4) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    const double t1_lj_ = t1[(j + 1)*128 + l - tile_begin];
                    const double t1_lj_2 = t1[(j + 2)*128 + l - tile_begin];
                    const double t1_lj_3 = t1[(j + 3)*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin]
                        + (t1_lj_ * t1_lj_ - t4[(j + 1 - strip_begin)*128 + l - tile_begin])
                        + (t1_lj_2 * t1_lj_2 - t4[(j + 2 - strip_begin)*128 + l - tile_begin])
                        + (t1_lj_3 * t1_lj_3 - t4[(j + 3 - strip_begin)*128 + l - tile_begin]);
                }
            }
            for (int64_t j = 4*((strip_end - strip_begin) / 4) + strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin];
                }
            }
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s0)))))) */
        /* grad_b = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, s2 := exp(-abs(s0)), where(-inf
         *    == s1, 0, -(y[l] * (t6_bar * (where(0 <= s1, 1, s2) / (1 + s2))))))) */
        /* t0_bar[l:n] = let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, s2 := exp(-abs(s0)), where(-inf ==
         *    s1, 0, -(y[l] * (t6_bar * (where(0 <= s1, 1, s2) / (1 + s2)))))), in the place of t0 */
        /* t5_bar[l:n] = let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, s2 := exp(-abs(s0)), where(-inf ==
         *    s1, 0, -(0.5 * (y[l] * (t6_bar * (where(0 <= s1, 1, s2) / (1 + s2))))))), in the place of t5 */
        double t6_part_sum = 0.0;
        double grad_b_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum, grad_b_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double y_l = y[l];
            const double t0_l = t0[l - tile_begin];
            const double t5_l = t5[l - tile_begin];
            const double v0 = y_l * (b + t0_l + 0.5 * t5_l);
            const double v1 = -v0;
            const double v2 = gradc_exp(-fabs(v0));
            const int v3 = -(double)INFINITY == v1;
            const double v4 = y_l * (t6_bar * ((0.0 <= v1 ? 1.0 : v2) / (1.0 + v2)));
            const double v5 = v3 ? 0.0 : -v4;
            t6_part_sum += 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(v2);
            grad_b_part_sum += v5;
            t0[l - tile_begin] = v5;
            t5[l - tile_begin] = v3 ? 0.0 : -(0.5 * v4);
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
        gradc_add(&grad_b_part, &grad_b_part_low, grad_b_part_sum);

        /* grad_w[i:d] = sum[l:n](X[l, i] * t0_bar[l]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0, 1, grad_w_part);

        /* grad_V_total[i:d, j:k] = sum[l:n](t1[l, j] * (X[l, i] * t5_bar[l])) */
        gradc_product(k, d, tile_end - tile_begin, t1, 128, 1, &X[tile_begin*d], d, 1, t5, 1, grad_V_total_part, 1, k,
            1, 0);

        /* grad_V_total_2[i:d] = sum[l:n](t3[l, i] * t5_bar[l]) */
        gradc_combine(tile_end - tile_begin, d, t3, d, t5, 1, grad_V_total_2_part);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
    grad_b_part = gradc_rounded(grad_b_part, grad_b_part_low);
    grad_b_parts[part] = grad_b_part;
}

int factorization_machine_value_and_grad(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                         const double *restrict V, const double *restrict X,
                                         const double *restrict y, double *restrict value, double *restrict grad_b,
                                         double *restrict grad_w, double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const grad_V_total_2 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d)
        * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(14.0*(double)d*(double)k*(double)n + 11.0*(double)d*(double)k
        + 15.0*(double)d*(double)n + 5.0*(double)k*(double)n + 192.0*(double)n);

    /* t6_bar = 1 / n */
    const double t6_bar = 1.0 / (double)n;

    /* t2[i:d, j:k] = V[i, j] * V[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            const double V_ij = V[i*k + j];
            t2[i*k + j] = V_ij * V_ij;
        }
    }
    const int64_t parts = gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double))
        + gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t6_parts[GRADC_PARTS];
    double grad_b_parts[GRADC_PARTS];
    {
        const struct factorization_machine_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w,
            d, grad_V_total, k, grad_V_total_2, tile_scratch, tile_bytes, stop, X, w, V, t2, y, b, t6_bar, t6_parts,
            grad_b_parts};
        if (parts > 1) {
            gradc_run(parts, factorization_machine_value_and_grad_rows0, &given);
        } else {
            factorization_machine_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }
    double grad_b_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_b_ += grad_b_parts[part];
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
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_V_total_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_V_total[at] += grad_V_total_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_V_total_2_more = (void *)(part_scratch + (size_t)part * part_bytes
            + gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_V_total_2[at] += grad_V_total_2_more[at];
        }
    }

    /* grad_V[i:d, j:k] = 2 * grad_V_total[i, j] - grad_V_total_2[i] * (2 * V[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double grad_V_total_2_i = grad_V_total_2[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[i*k + j] = 2.0 * grad_V_total[i*k + j] - grad_V_total_2_i * (2.0 * V[i*k + j]);
        }
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    *grad_b = grad_b_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
