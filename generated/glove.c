/* glove: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[m, k], b: real[m], c: real[m], row: int64[n], column: int64[n], count:
 *        real[n], top: real):
 *         t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0, m
 *            + column[l], column[l]), j])
 *         t1 = sum[l:n](minimum(1, count[l] / top) ** 0.75 * (c[where_integer(column[l] < 0, m + column[l],
 *            column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l])) ** 2)
 *         value = t1 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * glove_value gives 1: row holds an index out of range for an axis of length m
 * glove_value gives 2: column holds an index out of range for an axis of length m
 * glove_forward gives 1: row holds an index out of range for an axis of length m
 * glove_forward gives 2: column holds an index out of range for an axis of length m
 * glove_backward gives 1: column holds an index out of range for an axis of length m
 * glove_backward gives 2: row holds an index out of range for an axis of length m
 * glove_value_and_grad gives 1: row holds an index out of range for an axis of length m
 * glove_value_and_grad gives 2: column holds an index out of range for an axis of length m
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/vector/log.h"
#include "support/vector/pow.h"
#include "support/routines/compensated.h"

#include "glove.h"

size_t glove_value_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    return (size_t)gradc_parts(n, 9*k + 61, 0) * gradc_bytes(128, sizeof(double));
}

struct glove_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const int64_t *row;
    int64_t m;
    const int64_t *column;
    int64_t k;
    const double *U;
    const double *V;
    const double *count;
    double top;
    const double *c;
    const double *b;
    double *t1_parts;
};

static GRADC_APART void glove_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct glove_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const row = given->row;
    const int64_t m = given->m;
    const int64_t *restrict const column = given->column;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const double *restrict const V = given->V;
    const double *restrict const count = given->count;
    const double top = given->top;
    const double *restrict const c = given->c;
    const double *restrict const b = given->b;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0,
         *    m + column[l], column[l]), j]) */
        for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            double t0_sum = 0.0;
            const int64_t row_l_ = row[l + 1];
            const int64_t v2 = row_l_ < 0 ? m + row_l_ : row_l_;
            const int64_t column_l_ = column[l + 1];
            const int64_t v3 = column_l_ < 0 ? m + column_l_ : column_l_;
            double t0_sum_ = 0.0;
            const int64_t row_l_2 = row[l + 2];
            const int64_t v4 = row_l_2 < 0 ? m + row_l_2 : row_l_2;
            const int64_t column_l_2 = column[l + 2];
            const int64_t v5 = column_l_2 < 0 ? m + column_l_2 : column_l_2;
            double t0_sum_2 = 0.0;
            const int64_t row_l_3 = row[l + 3];
            const int64_t v6 = row_l_3 < 0 ? m + row_l_3 : row_l_3;
            const int64_t column_l_3 = column[l + 3];
            const int64_t v7 = column_l_3 < 0 ? m + column_l_3 : column_l_3;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
                t0_sum_ += U[v2*k + j] * V[v3*k + j];
                t0_sum_2 += U[v4*k + j] * V[v5*k + j];
                t0_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            t0[l - tile_begin] = t0_sum;
            t0[l + 1 - tile_begin] = t0_sum_;
            t0[l + 2 - tile_begin] = t0_sum_2;
            t0[l + 3 - tile_begin] = t0_sum_3;
        }
        for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
            }
            t0[l - tile_begin] = t0_sum;
        }

        /* t1 = sum[l:n](let(s0 := c[where_integer(column[l] < 0, m + column[l], column[l])] +
         *    (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]), minimum(1, count[l] /
         *    top) ** 0.75 * (s0 * s0))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double count_l = count[l];
            const double v0 = count_l / top;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            const int64_t row_l = row[l];
            const int64_t v2 = row_l < 0 ? m + row_l : row_l;
            const double v3 = c[v1] + (b[v2] + t0[l - tile_begin]) - gradc_log(count_l);
            t1_part_sum += gradc_pow((v0 < 1.0 || v0 != v0) ? v0 : 1.0, 0.75) * (v3 * v3);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int glove_value(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                const double *restrict b, const double *restrict c, const int64_t *restrict row,
                const int64_t *restrict column, const double *restrict count, double top, double *restrict value,
                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(10.0*(double)k*(double)n + 62.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    const int64_t parts = gradc_parts(n, 9*k + 61, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct glove_value_rows0 given = {n, parts, tile_scratch, tile_bytes, stop, row, m, column, k, U, V,
            count, top, c, b, t1_parts};
        if (parts > 1) {
            gradc_run(parts, glove_value_rows0, &given);
        } else {
            glove_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t glove_forward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return 0;
}

struct glove_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *row;
    int64_t m;
    const int64_t *column;
    int64_t k;
    const double *U;
    const double *V;
    double *t0;
    const double *count;
    double top;
    const double *c;
    const double *b;
    double *t1_parts;
};

static GRADC_APART void glove_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct glove_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const row = given->row;
    const int64_t m = given->m;
    const int64_t *restrict const column = given->column;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const double *restrict const V = given->V;
    double *restrict const t0 = given->t0;
    const double *restrict const count = given->count;
    const double top = given->top;
    const double *restrict const c = given->c;
    const double *restrict const b = given->b;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0,
         *    m + column[l], column[l]), j]) */
        for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            double t0_sum = 0.0;
            const int64_t row_l_ = row[l + 1];
            const int64_t v2 = row_l_ < 0 ? m + row_l_ : row_l_;
            const int64_t column_l_ = column[l + 1];
            const int64_t v3 = column_l_ < 0 ? m + column_l_ : column_l_;
            double t0_sum_ = 0.0;
            const int64_t row_l_2 = row[l + 2];
            const int64_t v4 = row_l_2 < 0 ? m + row_l_2 : row_l_2;
            const int64_t column_l_2 = column[l + 2];
            const int64_t v5 = column_l_2 < 0 ? m + column_l_2 : column_l_2;
            double t0_sum_2 = 0.0;
            const int64_t row_l_3 = row[l + 3];
            const int64_t v6 = row_l_3 < 0 ? m + row_l_3 : row_l_3;
            const int64_t column_l_3 = column[l + 3];
            const int64_t v7 = column_l_3 < 0 ? m + column_l_3 : column_l_3;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
                t0_sum_ += U[v2*k + j] * V[v3*k + j];
                t0_sum_2 += U[v4*k + j] * V[v5*k + j];
                t0_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            t0[l] = t0_sum;
            t0[l + 1] = t0_sum_;
            t0[l + 2] = t0_sum_2;
            t0[l + 3] = t0_sum_3;
        }
        for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
            }
            t0[l] = t0_sum;
        }

        /* t1 = sum[l:n](let(s0 := c[where_integer(column[l] < 0, m + column[l], column[l])] +
         *    (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]), minimum(1, count[l] /
         *    top) ** 0.75 * (s0 * s0))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double count_l = count[l];
            const double v0 = count_l / top;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            const int64_t row_l = row[l];
            const int64_t v2 = row_l < 0 ? m + row_l : row_l;
            const double v3 = c[v1] + (b[v2] + t0[l]) - gradc_log(count_l);
            t1_part_sum += gradc_pow((v0 < 1.0 || v0 != v0) ? v0 : 1.0, 0.75) * (v3 * v3);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int glove_forward(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                  const double *restrict b, const double *restrict c, const int64_t *restrict row,
                  const int64_t *restrict column, const double *restrict count, double top, double *restrict value,
                  double *restrict t0, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(10.0*(double)k*(double)n + 62.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    const int64_t parts = gradc_parts(n, 9*k + 61, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct glove_forward_rows0 given = {n, parts, stop, row, m, column, k, U, V, t0, count, top, c, b,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, glove_forward_rows0, &given);
        } else {
            glove_forward_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t glove_backward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int glove_backward(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                   const double *restrict b, const double *restrict c, const int64_t *restrict row,
                   const int64_t *restrict column, const double *restrict count, double top,
                   const double *restrict t0, double cotangent, double *restrict grad_U, double *restrict grad_V,
                   double *restrict grad_b, double *restrict grad_c, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0_bar_term = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t0_bar = (void *)scratch;
    const volatile int *const stop = gradc_flag(20.0*(double)k*(double)n + 76.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }

    /* t1_bar = cotangent / n */
    const double t1_bar = cotangent / (double)n;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_c[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0_bar_term[l:n] = t1_bar * minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m
         *    + column[l], column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) -
         *    log(count[l]))) */
        /* t0_bar[l:n] = t0_bar_term[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double count_l = count[l];
            const double v0 = count_l / top;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            const int64_t row_l = row[l];
            const int64_t v2 = row_l < 0 ? m + row_l : row_l;
            const double v3 = t1_bar * gradc_pow((v0 < 1.0 || v0 != v0) ? v0 : 1.0, 0.75)
                * (2.0 * (c[v1] + (b[v2] + t0[l]) - gradc_log(count_l)));
            t0_bar_term[l - tile_begin] = v3;
            t0_bar[l - tile_begin] = v3;
        }

        /* grad_U[:m, :k] = 0 grad_U += each[l:n, j:k](at[where_integer(row[l] < 0, m + row[l], row[l]),
         *    j](V[where_integer(column[l] < 0, m + column[l], column[l]), j] * t0_bar[l])) */
        /* grad_V[:m, :k] = 0 grad_V += each[l:n, j:k](at[where_integer(column[l] < 0, m + column[l], column[l]),
         *    j](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * t0_bar[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            const double t0_bar_l = t0_bar[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v1 = row_l < 0 ? m + row_l : row_l;
            for (int64_t j = 0; j < k; ++j) {
                grad_U[v1*k + j] += V[v0*k + j] * t0_bar_l;
                grad_V[v0*k + j] += U[v1*k + j] * t0_bar_l;
            }
        }

        /* grad_b[:m] = 0 grad_b += each[l:n](at[where_integer(row[l] < 0, m + row[l], row[l])](t0_bar_term[l])) */
        /* grad_c[:m] = 0 grad_c += each[l:n](at[where_integer(column[l] < 0, m + column[l],
         *    column[l])](t0_bar_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t0_bar_term_l = t0_bar_term[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            grad_b[v0] += t0_bar_term_l;
            grad_c[v1] += t0_bar_term_l;
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t glove_value_and_grad_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int glove_value_and_grad(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                         const double *restrict b, const double *restrict c, const int64_t *restrict row,
                         const int64_t *restrict column, const double *restrict count, double top,
                         double *restrict value, double *restrict grad_U, double *restrict grad_V,
                         double *restrict grad_b, double *restrict grad_c, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t0_bar_term = (void *)scratch;
    const volatile int *const stop = gradc_flag(30.0*(double)k*(double)n + 138.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }

    /* t1_bar = 1 / n */
    const double t1_bar = 1.0 / (double)n;
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_b[at] = 0.0;
    }
    for (int64_t at = 0; at < m; ++at) {
        grad_c[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0,
         *    m + column[l], column[l]), j]) */
        for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            double t0_sum = 0.0;
            const int64_t row_l_ = row[l + 1];
            const int64_t v2 = row_l_ < 0 ? m + row_l_ : row_l_;
            const int64_t column_l_ = column[l + 1];
            const int64_t v3 = column_l_ < 0 ? m + column_l_ : column_l_;
            double t0_sum_ = 0.0;
            const int64_t row_l_2 = row[l + 2];
            const int64_t v4 = row_l_2 < 0 ? m + row_l_2 : row_l_2;
            const int64_t column_l_2 = column[l + 2];
            const int64_t v5 = column_l_2 < 0 ? m + column_l_2 : column_l_2;
            double t0_sum_2 = 0.0;
            const int64_t row_l_3 = row[l + 3];
            const int64_t v6 = row_l_3 < 0 ? m + row_l_3 : row_l_3;
            const int64_t column_l_3 = column[l + 3];
            const int64_t v7 = column_l_3 < 0 ? m + column_l_3 : column_l_3;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
                t0_sum_ += U[v2*k + j] * V[v3*k + j];
                t0_sum_2 += U[v4*k + j] * V[v5*k + j];
                t0_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            t0[l - tile_begin] = t0_sum;
            t0[l + 1 - tile_begin] = t0_sum_;
            t0[l + 2 - tile_begin] = t0_sum_2;
            t0[l + 3 - tile_begin] = t0_sum_3;
        }
        for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
            }
            t0[l - tile_begin] = t0_sum;
        }

        /* t1 = sum[l:n](let(s0 := c[where_integer(column[l] < 0, m + column[l], column[l])] +
         *    (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]), minimum(1, count[l] /
         *    top) ** 0.75 * (s0 * s0))) */
        /* t0_bar_term[l:n] = t1_bar * minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m
         *    + column[l], column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) -
         *    log(count[l]))) */
        /* t0_bar[l:n] = t0_bar_term[l], in the place of t0 */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double count_l = count[l];
            const double v0 = count_l / top;
            const double v1 = gradc_pow((v0 < 1.0 || v0 != v0) ? v0 : 1.0, 0.75);
            const int64_t column_l = column[l];
            const int64_t v2 = column_l < 0 ? m + column_l : column_l;
            const int64_t row_l = row[l];
            const int64_t v3 = row_l < 0 ? m + row_l : row_l;
            const double t0_l = t0[l - tile_begin];
            const double v4 = c[v2] + (b[v3] + t0_l) - gradc_log(count_l);
            const double v5 = t1_bar * v1 * (2.0 * v4);
            t1_sum += v1 * (v4 * v4);
            t0_bar_term[l - tile_begin] = v5;
            t0[l - tile_begin] = v5;
        }
        gradc_add(&t1, &t1_low, t1_sum);

        /* grad_U[:m, :k] = 0 grad_U += each[l:n, j:k](at[where_integer(row[l] < 0, m + row[l], row[l]),
         *    j](V[where_integer(column[l] < 0, m + column[l], column[l]), j] * t0_bar[l])) */
        /* grad_V[:m, :k] = 0 grad_V += each[l:n, j:k](at[where_integer(column[l] < 0, m + column[l], column[l]),
         *    j](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * t0_bar[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            const double t0_l = t0[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v1 = row_l < 0 ? m + row_l : row_l;
            for (int64_t j = 0; j < k; ++j) {
                grad_U[v1*k + j] += V[v0*k + j] * t0_l;
                grad_V[v0*k + j] += U[v1*k + j] * t0_l;
            }
        }

        /* grad_b[:m] = 0 grad_b += each[l:n](at[where_integer(row[l] < 0, m + row[l], row[l])](t0_bar_term[l])) */
        /* grad_c[:m] = 0 grad_c += each[l:n](at[where_integer(column[l] < 0, m + column[l],
         *    column[l])](t0_bar_term[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t0_bar_term_l = t0_bar_term[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            grad_b[v0] += t0_bar_term_l;
            grad_c[v1] += t0_bar_term_l;
        }
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
