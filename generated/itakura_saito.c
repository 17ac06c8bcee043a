/* itakura_saito: the loss, and its derivatives.
 *
 *     def program(W: real[n, k], H: real[k, d], V: real[n, d]):
 *         t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l])
 *         value = sum[i:n, l:d](itakura_saito(V[i, l], t0[i, l]))
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
#include "support/vector/itakura.h"
#include "support/routines/compensated.h"
#include "support/routines/product.h"

#include "itakura_saito.h"

size_t itakura_saito_value_work(int64_t n, int64_t k, int64_t d)
{
    if (16384.0*(double)d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 22*d, 0) * gradc_bytes(128*gradc_width(d), sizeof(double));
}

struct itakura_saito_value_rows0 {
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

static GRADC_APART void itakura_saito_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct itakura_saito_value_rows0 *const given = context;
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
    double *const t0 = (void *)tile_own;
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

            /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &W[tile_begin*k], k, 1, &H[strip_begin],
                d, 1, NULL, 0, t0, strip, 1, 0, 0);

            /* value = sum[i:n, l:d](itakura_saito(V[i, l], t0[i, l])) */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    value_part_sum += gradc_itakura(V[i*d + l], t0[(i - tile_begin)*strip + l - strip_begin]);
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int itakura_saito_value(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                        const double *restrict V, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 23.0*(double)d*(double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 22*d, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double));
    double value_parts[GRADC_PARTS];
    {
        const struct itakura_saito_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, k, W, H, V,
            value_parts};
        if (parts > 1) {
            gradc_run(parts, itakura_saito_value_rows0, &given);
        } else {
            itakura_saito_value_rows0(&given, 0, 0);
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

size_t itakura_saito_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    (void)d;
    return 0;
}

struct itakura_saito_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *V;
    double *t0;
    double *value_parts;
};

static GRADC_APART void itakura_saito_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct itakura_saito_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const V = given->V;
    double *restrict const t0 = given->t0;
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

        /* value = sum[i:n, l:d](itakura_saito(V[i, l], t0[i, l])) */
        double value_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value_part_sum))
            for (int64_t l = 0; l < d; ++l) {
                value_part_sum += gradc_itakura(V[i*d + l], t0[i*d + l]);
            }
        }
        gradc_add(&value_part, &value_part_low, value_part_sum);
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int itakura_saito_forward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                          const double *restrict V, double *restrict value, double *restrict t0, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)k*(double)n + 23.0*(double)d*(double)n);
    for (int64_t at = 0; at < d*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
    gradc_product(n, d, k, W, k, 1, H, d, 1, NULL, 0, t0, d, 1, 1, 0);
    const int64_t parts = gradc_parts(n, 22*d, 0);
    double value_parts[GRADC_PARTS];
    {
        const struct itakura_saito_forward_rows0 given = {n, parts, d, stop, V, t0, value_parts};
        if (parts > 1) {
            gradc_run(parts, itakura_saito_forward_rows0, &given);
        } else {
            itakura_saito_forward_rows0(&given, 0, 0);
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

size_t itakura_saito_backward_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*(double)d*(double)k + 16384.0*(double)d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*k + 13*d, d*k) * gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 6*d*k + 13*d, d*k) * gradc_bytes(128*gradc_width(d), sizeof(double));
}

struct itakura_saito_backward_rows0 {
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
    const double *t0;
    double cotangent;
    const double *V;
    const double *H;
    const double *W;
};

static GRADC_APART void itakura_saito_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct itakura_saito_backward_rows0 *const given = context;
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
    const double *restrict const t0 = given->t0;
    const double cotangent = given->cotangent;
    const double *restrict const V = given->V;
    const double *restrict const H = given->H;
    const double *restrict const W = given->W;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_H_part = part == 0 ? grad_H : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_bar = (void *)tile_own;
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

            /* t0_bar[i:n, l:d] = cotangent * (t0[i, l] - V[i, l]) / t0[i, l] / t0[i, l] */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double t0_il = t0[i*d + l];
                    t0_bar[(i - tile_begin)*strip + l - strip_begin] = cotangent * (t0_il - V[i*d + l]) / t0_il
                        / t0_il;
                }
            }

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * t0_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &H[strip_begin], d, 1, t0_bar, 1, strip,
                NULL, 0, &grad_W[tile_begin*k], 1, k, 1, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * t0_bar[i, l]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &W[tile_begin*k], 1, k, t0_bar, strip, 1,
                NULL, 0, &grad_H_part[strip_begin], d, 1, 1, 0);
        }
    }
}

int itakura_saito_backward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                           const double *restrict V, const double *restrict t0, double cotangent,
                           double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 13*d, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)k*(double)n + 14.0*(double)d*(double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + 13*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double));
    {
        const struct itakura_saito_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_H, k, d,
            tile_scratch, tile_bytes, stop, grad_W, t0, cotangent, V, H, W};
        if (parts > 1) {
            gradc_run(parts, itakura_saito_backward_rows0, &given);
        } else {
            itakura_saito_backward_rows0(&given, 0, 0);
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

size_t itakura_saito_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*(double)d*(double)k + 32768.0*(double)d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 9*d*k + 31*d, d*k) * gradc_bytes(d*k, sizeof(double))
        + (size_t)gradc_parts(n, 9*d*k + 31*d, d*k) * (gradc_bytes(128*gradc_width(d), sizeof(double))
        + gradc_bytes(128*gradc_width(d), sizeof(double)));
}

struct itakura_saito_value_and_grad_rows0 {
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

static GRADC_APART void itakura_saito_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct itakura_saito_value_and_grad_rows0 *const given = context;
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
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(d), sizeof(double));
    double *const t0_bar = (void *)tile_own;
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

            /* t0[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &W[tile_begin*k], k, 1, &H[strip_begin],
                d, 1, NULL, 0, t0, strip, 1, 0, 0);

            /* value = sum[i:n, l:d](itakura_saito(V[i, l], t0[i, l])) */
            /* t0_bar[i:n, l:d] = (t0[i, l] - V[i, l]) / t0[i, l] / t0[i, l] */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double V_il = V[i*d + l];
                    const double t0_il = t0[(i - tile_begin)*strip + l - strip_begin];
                    value_part_sum += gradc_itakura(V_il, t0_il);
                    t0_bar[(i - tile_begin)*strip + l - strip_begin] = (t0_il - V_il) / t0_il / t0_il;
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * t0_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &H[strip_begin], d, 1, t0_bar, 1, strip,
                NULL, 0, &grad_W[tile_begin*k], 1, k, 1, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * t0_bar[i, l]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &W[tile_begin*k], 1, k, t0_bar, strip, 1,
                NULL, 0, &grad_H_part[strip_begin], d, 1, 1, 0);
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

int itakura_saito_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                                 const double *restrict V, double *restrict value, double *restrict grad_W,
                                 double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 9*d*k + 31*d, d*k) * gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(12.0*(double)d*(double)k*(double)n + 35.0*(double)d*(double)n);
    const int64_t parts = gradc_parts(n, 9*d*k + 31*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double))
        + gradc_bytes(128*gradc_width(d), sizeof(double));
    double value_parts[GRADC_PARTS];
    {
        const struct itakura_saito_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_H, k, d,
            tile_scratch, tile_bytes, stop, grad_W, W, H, V, value_parts};
        if (parts > 1) {
            gradc_run(parts, itakura_saito_value_and_grad_rows0, &given);
        } else {
            itakura_saito_value_and_grad_rows0(&given, 0, 0);
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
