/* generalized_kl: the loss, and its derivatives.
 *
 *     def program(W: real[n, k], H: real[k, d], V: real[n, d]):
 *         M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l])
 *         value = sum[i:n, l:d](M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, log_ratio(where(0 < V[i, l], V[i, l],
 *            1), M[i, l])) - V[i, l]))
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
#include "support/vector/log1p.h"
#include "support/routines/compensated.h"
#include "support/routines/product.h"

#include "generalized_kl.h"

size_t generalized_kl_value_work(int64_t n, int64_t k, int64_t d)
{
    if (16384.0*(double)d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 56*d, 0) * gradc_bytes(128*gradc_width(d), sizeof(double));
}

struct generalized_kl_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    int64_t k;
    const double *W;
    const double *H;
    const double *V;
    double *value_parts;
};

static GRADC_APART void generalized_kl_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const int64_t k = given->k;
    const double *restrict const W = given->W;
    const double *restrict const H = given->H;
    const double *restrict const V = given->V;
    double *restrict const value_parts = given->value_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const M = (void *)tile_own;
    double value_part = 0.0;
    double value_part_low = 0.0;
    const int64_t strip = gradc_width(d);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t strip_begin = 0; strip_begin < d; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < d ? strip + strip_begin : d;

            /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &W[tile_begin*k], k, 1, &H[strip_begin],
                d, 1, NULL, 0, M, strip, 1, 0, 0);

            /* value = sum[i:n, l:d](let(s0 := where(0 < V[i, l], V[i, l], 1), s1 := abs(M[i, l]) <= abs(s0), s2 :=
             *    where(s1, M[i, l], s0), s3 := 3.599131035634557e+162 * s2, s4 := where(s1, s0, M[i, l]), s5 :=
             *    abs(s4), s6 := where(abs(s3) < s5, s3, s2), s7 := 3.599131035634557e+162 * s6, s8 :=
             *    where(abs(s7) < s5, s7, s6), M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, where(s1, 1, -1) *
             *    (where(s6 == s8, 0, 374.29947750237045) + (where(s2 == s6, 0, 374.29947750237045) + log1p((s4 -
             *    s8) / s8)))) - V[i, l]))) */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double vM_il = M[(i - tile_begin)*strip + l - strip_begin];
                    const double V_il = V[i*d + l];
                    const double v0 = 0.0 < V_il ? V_il : 1.0;
                    const int v1 = fabs(vM_il) <= fabs(v0);
                    const double v2 = v1 ? vM_il : v0;
                    const double v3 = 3.599131035634557e+162 * v2;
                    const double v4 = v1 ? v0 : vM_il;
                    const double v5 = fabs(v4);
                    const double v6 = fabs(v3) < v5 ? v3 : v2;
                    const double v7 = 3.599131035634557e+162 * v6;
                    const double v8 = fabs(v7) < v5 ? v7 : v6;
                    const double v9 = (v6 == v8 ? 0.0 : 374.29947750237045)
                        + ((v2 == v6 ? 0.0 : 374.29947750237045) + gradc_log1p((v4 - v8) / v8));
                    value_part_sum += vM_il + (V_il * (vM_il < 0.0 ? (double)NAN : (v1 ? 1.0 : -1.0) * v9) - V_il);
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int generalized_kl_value(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                         const double *restrict V, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 57.0*(double)d*(double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 56*d, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double));
    double value_parts[GRADC_PARTS];
    {
        const struct generalized_kl_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, k, W, H, V,
            value_parts};
        if (parts > 1) {
            gradc_run(parts, generalized_kl_value_rows0, &given);
        } else {
            generalized_kl_value_rows0(&given, 0, 0);
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

size_t generalized_kl_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    (void)d;
    return 0;
}

struct generalized_kl_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    double *M;
    const double *V;
    double *value_parts;
};

static GRADC_APART void generalized_kl_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct generalized_kl_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    double *restrict const M = given->M;
    const double *restrict const V = given->V;
    double *restrict const value_parts = given->value_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double value_part = 0.0;
    double value_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* value = sum[i:n, l:d](let(s0 := where(0 < V[i, l], V[i, l], 1), s1 := abs(M[i, l]) <= abs(s0), s2 :=
         *    where(s1, M[i, l], s0), s3 := 3.599131035634557e+162 * s2, s4 := where(s1, s0, M[i, l]), s5 :=
         *    abs(s4), s6 := where(abs(s3) < s5, s3, s2), s7 := 3.599131035634557e+162 * s6, s8 := where(abs(s7) <
         *    s5, s7, s6), M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, where(s1, 1, -1) * (where(s6 == s8, 0,
         *    374.29947750237045) + (where(s2 == s6, 0, 374.29947750237045) + log1p((s4 - s8) / s8)))) - V[i, l]))) */
        double value_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value_part_sum))
            for (int64_t l = 0; l < d; ++l) {
                const double vM_il = M[i*d + l];
                const double V_il = V[i*d + l];
                const double v0 = 0.0 < V_il ? V_il : 1.0;
                const int v1 = fabs(vM_il) <= fabs(v0);
                const double v2 = v1 ? vM_il : v0;
                const double v3 = 3.599131035634557e+162 * v2;
                const double v4 = v1 ? v0 : vM_il;
                const double v5 = fabs(v4);
                const double v6 = fabs(v3) < v5 ? v3 : v2;
                const double v7 = 3.599131035634557e+162 * v6;
                const double v8 = fabs(v7) < v5 ? v7 : v6;
                const double v9 = (v6 == v8 ? 0.0 : 374.29947750237045)
                    + ((v2 == v6 ? 0.0 : 374.29947750237045) + gradc_log1p((v4 - v8) / v8));
                value_part_sum += vM_il + (V_il * (vM_il < 0.0 ? (double)NAN : (v1 ? 1.0 : -1.0) * v9) - V_il);
            }
        }
        gradc_add(&value_part, &value_part_low, value_part_sum);
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int generalized_kl_forward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                           const double *restrict V, double *restrict value, double *restrict M, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 57.0*(double)d*(double)n);
    for (int64_t at = 0; at < d*n; ++at) {
        M[at] = 0.0;
    }

    /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
    gradc_product(n, d, k, W, k, 1, H, d, 1, NULL, 0, M, d, 1, 1, 0);
    const int64_t parts = gradc_parts(n, 56*d, 0);
    double value_parts[GRADC_PARTS];
    {
        const struct generalized_kl_forward_rows0 given = {n, parts, d, stop, M, V, value_parts};
        if (parts > 1) {
            gradc_run(parts, generalized_kl_forward_rows0, &given);
        } else {
            generalized_kl_forward_rows0(&given, 0, 0);
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

size_t generalized_kl_backward_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*(double)d*(double)k + 16384.0*(double)d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*k + 12*d, d*k) * gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 6*d*k + 12*d, d*k) * gradc_bytes(128*gradc_width(d), sizeof(double));
}

struct generalized_kl_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_H;
    int64_t k;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *grad_W;
    const double *M;
    double cotangent;
    const double *V;
    const double *H;
    const double *W;
};

static GRADC_APART void generalized_kl_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_H = given->grad_H;
    const int64_t k = given->k;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const grad_W = given->grad_W;
    const double *restrict const M = given->M;
    const double cotangent = given->cotangent;
    const double *restrict const V = given->V;
    const double *restrict const H = given->H;
    const double *restrict const W = given->W;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_H_part = part == 0 ? grad_H : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const vM_bar = (void *)tile_own;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(d);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                grad_W[i*k + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < d; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < d ? strip + strip_begin : d;

            /* M_bar[i:n, l:d] = cotangent + where(M[i, l] < 0, 0, -(cotangent * V[i, l] / M[i, l])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double vM_il = M[i*d + l];
                    vM_bar[(i - tile_begin)*strip + l - strip_begin] = cotangent
                        + (vM_il < 0.0 ? 0.0 : -(cotangent * V[i*d + l] / vM_il));
                }
            }

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * M_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &H[strip_begin], d, 1, vM_bar, 1, strip,
                NULL, 0, &grad_W[tile_begin*k], 1, k, 1, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * M_bar[i, l]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &W[tile_begin*k], 1, k, vM_bar, strip, 1,
                NULL, 0, &grad_H_part[strip_begin], d, 1, 1, 0);
        }
    }
}

int generalized_kl_backward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                            const double *restrict V, const double *restrict M, double cotangent,
                            double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 12*d, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 13.0*(double)d*(double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + 12*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double));
    {
        const struct generalized_kl_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_H, k, d,
            tile_scratch, tile_bytes, stop, grad_W, M, cotangent, V, H, W};
        if (parts > 1) {
            gradc_run(parts, generalized_kl_backward_rows0, &given);
        } else {
            generalized_kl_backward_rows0(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_H_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H[at] += grad_H_more[at];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t generalized_kl_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*(double)d*(double)k + 32768.0*(double)d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 9*d*k + 63*d, d*k) * gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 9*d*k + 63*d, d*k) * (gradc_bytes(128*gradc_width(d), sizeof(double))
        + gradc_bytes(128*gradc_width(d), sizeof(double)));
}

struct generalized_kl_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_H;
    int64_t k;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *grad_W;
    const double *W;
    const double *H;
    const double *V;
    double *value_parts;
};

static GRADC_APART void generalized_kl_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_H = given->grad_H;
    const int64_t k = given->k;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const grad_W = given->grad_W;
    const double *restrict const W = given->W;
    const double *restrict const H = given->H;
    const double *restrict const V = given->V;
    double *restrict const value_parts = given->value_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_H_part = part == 0 ? grad_H : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const M = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(d), sizeof(double));
    double *const vM_bar = (void *)tile_own;
    double value_part = 0.0;
    double value_part_low = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(d);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                grad_W[i*k + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < d; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < d ? strip + strip_begin : d;

            /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &W[tile_begin*k], k, 1, &H[strip_begin],
                d, 1, NULL, 0, M, strip, 1, 0, 0);

            /* value = sum[i:n, l:d](let(s0 := where(0 < V[i, l], V[i, l], 1), s1 := abs(M[i, l]) <= abs(s0), s2 :=
             *    where(s1, M[i, l], s0), s3 := 3.599131035634557e+162 * s2, s4 := where(s1, s0, M[i, l]), s5 :=
             *    abs(s4), s6 := where(abs(s3) < s5, s3, s2), s7 := 3.599131035634557e+162 * s6, s8 :=
             *    where(abs(s7) < s5, s7, s6), M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, where(s1, 1, -1) *
             *    (where(s6 == s8, 0, 374.29947750237045) + (where(s2 == s6, 0, 374.29947750237045) + log1p((s4 -
             *    s8) / s8)))) - V[i, l]))) */
            /* M_bar[i:n, l:d] = 1 + where(M[i, l] < 0, 0, -(V[i, l] / M[i, l])) */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double vM_il = M[(i - tile_begin)*strip + l - strip_begin];
                    const double V_il = V[i*d + l];
                    const int v0 = vM_il < 0.0;
                    const double v1 = 0.0 < V_il ? V_il : 1.0;
                    const int v2 = fabs(vM_il) <= fabs(v1);
                    const double v3 = v2 ? vM_il : v1;
                    const double v4 = 3.599131035634557e+162 * v3;
                    const double v5 = v2 ? v1 : vM_il;
                    const double v6 = fabs(v5);
                    const double v7 = fabs(v4) < v6 ? v4 : v3;
                    const double v8 = 3.599131035634557e+162 * v7;
                    const double v9 = fabs(v8) < v6 ? v8 : v7;
                    const double v10 = (v7 == v9 ? 0.0 : 374.29947750237045)
                        + ((v3 == v7 ? 0.0 : 374.29947750237045) + gradc_log1p((v5 - v9) / v9));
                    value_part_sum += vM_il + (V_il * (v0 ? (double)NAN : (v2 ? 1.0 : -1.0) * v10) - V_il);
                    vM_bar[(i - tile_begin)*strip + l - strip_begin] = 1.0 + (v0 ? 0.0 : -(V_il / vM_il));
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * M_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &H[strip_begin], d, 1, vM_bar, 1, strip,
                NULL, 0, &grad_W[tile_begin*k], 1, k, 1, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * M_bar[i, l]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &W[tile_begin*k], 1, k, vM_bar, strip, 1,
                NULL, 0, &grad_H_part[strip_begin], d, 1, 1, 0);
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int generalized_kl_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict W,
                                  const double *restrict H, const double *restrict V, double *restrict value,
                                  double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 9*d*k + 63*d, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(12.0*(double)d*(double)k*(double)n + 68.0*(double)d*(double)n);
    const int64_t parts = gradc_parts(n, 9*d*k + 63*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double))
        + gradc_bytes(128*gradc_width(d), sizeof(double));
    double value_parts[GRADC_PARTS];
    {
        const struct generalized_kl_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_H, k, d,
            tile_scratch, tile_bytes, stop, grad_W, W, H, V, value_parts};
        if (parts > 1) {
            gradc_run(parts, generalized_kl_value_and_grad_rows0, &given);
        } else {
            generalized_kl_value_and_grad_rows0(&given, 0, 0);
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
        const double *const grad_H_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H[at] += grad_H_more[at];
        }
    }
    *value = value_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
