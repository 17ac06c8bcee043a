/* matrix_factorization: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[p, k], row: int64[n], column: int64[n], y: real[n], lam: real):
 *         t0[o:n] = sum[j:k](U[where_integer(row[o] < 0, m + row[o], row[o]), j] * V[where_integer(column[o] < 0, p
 *            + column[o], column[o]), j])
 *         t1 = sum[o:n]((t0[o] - y[o]) ** 2)
 *         t2 = sum[l:p, j:k](V[l, j] ** 2)
 *         t3 = sum[i:m, j:k](U[i, j] ** 2)
 *         value = 0.5 * (t1 / n) + 0.5 * lam * (t2 + t3)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * matrix_factorization_value gives 1: row holds an index out of range for an axis of length m
 * matrix_factorization_value gives 2: column holds an index out of range for an axis of length p
 * matrix_factorization_forward gives 1: row holds an index out of range for an axis of length m
 * matrix_factorization_forward gives 2: column holds an index out of range for an axis of length p
 * matrix_factorization_backward gives 1: column holds an index out of range for an axis of length p
 * matrix_factorization_backward gives 2: row holds an index out of range for an axis of length m
 * matrix_factorization_value_and_grad gives 1: row holds an index out of range for an axis of length m
 * matrix_factorization_value_and_grad gives 2: column holds an index out of range for an axis of length p
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/routines/compensated.h"

#include "matrix_factorization.h"

size_t matrix_factorization_value_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)m;
    (void)p;
    return (size_t)gradc_parts(n, 9*k + 4, 0) * gradc_bytes(128, sizeof(double));
}

struct matrix_factorization_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const int64_t *row;
    int64_t m;
    const int64_t *column;
    int64_t p;
    int64_t k;
    const double *U;
    const double *V;
    const double *y;
    double *t1_parts;
};

static GRADC_APART void matrix_factorization_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct matrix_factorization_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const row = given->row;
    const int64_t m = given->m;
    const int64_t *restrict const column = given->column;
    const int64_t p = given->p;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const double *restrict const V = given->V;
    const double *restrict const y = given->y;
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

        /* t0[o:n] = sum[j:k](U[where_integer(row[o] < 0, m + row[o], row[o]), j] * V[where_integer(column[o] < 0,
         *    p + column[o], column[o]), j]) */
        for (int64_t o = tile_begin; o < 4*((tile_end - tile_begin) / 4) + tile_begin; o += 4) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            const int64_t column_o = column[o];
            const int64_t v1 = column_o < 0 ? p + column_o : column_o;
            double t0_sum = 0.0;
            const int64_t row_o_ = row[o + 1];
            const int64_t v2 = row_o_ < 0 ? m + row_o_ : row_o_;
            const int64_t column_o_ = column[o + 1];
            const int64_t v3 = column_o_ < 0 ? p + column_o_ : column_o_;
            double t0_sum_ = 0.0;
            const int64_t row_o_2 = row[o + 2];
            const int64_t v4 = row_o_2 < 0 ? m + row_o_2 : row_o_2;
            const int64_t column_o_2 = column[o + 2];
            const int64_t v5 = column_o_2 < 0 ? p + column_o_2 : column_o_2;
            double t0_sum_2 = 0.0;
            const int64_t row_o_3 = row[o + 3];
            const int64_t v6 = row_o_3 < 0 ? m + row_o_3 : row_o_3;
            const int64_t column_o_3 = column[o + 3];
            const int64_t v7 = column_o_3 < 0 ? p + column_o_3 : column_o_3;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
                t0_sum_ += U[v2*k + j] * V[v3*k + j];
                t0_sum_2 += U[v4*k + j] * V[v5*k + j];
                t0_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            t0[o - tile_begin] = t0_sum;
            t0[o + 1 - tile_begin] = t0_sum_;
            t0[o + 2 - tile_begin] = t0_sum_2;
            t0[o + 3 - tile_begin] = t0_sum_3;
        }
        for (int64_t o = 4*((tile_end - tile_begin) / 4) + tile_begin; o < tile_end; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            const int64_t column_o = column[o];
            const int64_t v1 = column_o < 0 ? p + column_o : column_o;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
            }
            t0[o - tile_begin] = t0_sum;
        }

        /* t1 = sum[o:n](let(s0 := t0[o] - y[o], s0 * s0)) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v0 = t0[o - tile_begin] - y[o];
            t1_part_sum += v0 * v0;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int matrix_factorization_value(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U,
                               const double *restrict V, const int64_t *restrict row, const int64_t *restrict column,
                               const double *restrict y, double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(3.0*(double)k*(double)m + 10.0*(double)k*(double)n
        + 3.0*(double)k*(double)p + 5.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t column_o = column[o];
            const int64_t v0 = column_o < 0 ? p + column_o : column_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    const int64_t parts = gradc_parts(n, 9*k + 4, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct matrix_factorization_value_rows0 given = {n, parts, tile_scratch, tile_bytes, stop, row, m,
            column, p, k, U, V, y, t1_parts};
        if (parts > 1) {
            gradc_run(parts, matrix_factorization_value_rows0, &given);
        } else {
            matrix_factorization_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < p; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < p ? tile_begin + tile_rows : p;

            /* t2 = sum[l:p, j:k](V[l, j] * V[l, j]) */
            double t2_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double V_lj = V[l*k + j];
                    t2_sum += V_lj * V_lj;
                }
            }
            gradc_add(&t2, &t2_low, t2_sum);
        }
    }
    t2 = gradc_rounded(t2, t2_low);
    double t3 = 0.0;
    double t3_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < m; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < m ? tile_begin + tile_rows : m;

            /* t3 = sum[i:m, j:k](U[i, j] * U[i, j]) */
            double t3_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t3_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double U_ij = U[i*k + j];
                    t3_sum += U_ij * U_ij;
                }
            }
            gradc_add(&t3, &t3_low, t3_sum);
        }
    }
    t3 = gradc_rounded(t3, t3_low);

    /* value = 0.5 * (t1 / n) + (t2 + t3) * (0.5 * lam) */
    *value = 0.5 * (t1 / (double)n) + (t2 + t3) * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t matrix_factorization_forward_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)m;
    (void)k;
    (void)p;
    (void)n;
    return 0;
}

struct matrix_factorization_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *row;
    int64_t m;
    const int64_t *column;
    int64_t p;
    int64_t k;
    const double *U;
    const double *V;
    double *t0;
    const double *y;
    double *t1_parts;
};

static GRADC_APART void matrix_factorization_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct matrix_factorization_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const row = given->row;
    const int64_t m = given->m;
    const int64_t *restrict const column = given->column;
    const int64_t p = given->p;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const double *restrict const V = given->V;
    double *restrict const t0 = given->t0;
    const double *restrict const y = given->y;
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

        /* t0[o:n] = sum[j:k](U[where_integer(row[o] < 0, m + row[o], row[o]), j] * V[where_integer(column[o] < 0,
         *    p + column[o], column[o]), j]) */
        for (int64_t o = tile_begin; o < 4*((tile_end - tile_begin) / 4) + tile_begin; o += 4) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            const int64_t column_o = column[o];
            const int64_t v1 = column_o < 0 ? p + column_o : column_o;
            double t0_sum = 0.0;
            const int64_t row_o_ = row[o + 1];
            const int64_t v2 = row_o_ < 0 ? m + row_o_ : row_o_;
            const int64_t column_o_ = column[o + 1];
            const int64_t v3 = column_o_ < 0 ? p + column_o_ : column_o_;
            double t0_sum_ = 0.0;
            const int64_t row_o_2 = row[o + 2];
            const int64_t v4 = row_o_2 < 0 ? m + row_o_2 : row_o_2;
            const int64_t column_o_2 = column[o + 2];
            const int64_t v5 = column_o_2 < 0 ? p + column_o_2 : column_o_2;
            double t0_sum_2 = 0.0;
            const int64_t row_o_3 = row[o + 3];
            const int64_t v6 = row_o_3 < 0 ? m + row_o_3 : row_o_3;
            const int64_t column_o_3 = column[o + 3];
            const int64_t v7 = column_o_3 < 0 ? p + column_o_3 : column_o_3;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
                t0_sum_ += U[v2*k + j] * V[v3*k + j];
                t0_sum_2 += U[v4*k + j] * V[v5*k + j];
                t0_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            t0[o] = t0_sum;
            t0[o + 1] = t0_sum_;
            t0[o + 2] = t0_sum_2;
            t0[o + 3] = t0_sum_3;
        }
        for (int64_t o = 4*((tile_end - tile_begin) / 4) + tile_begin; o < tile_end; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            const int64_t column_o = column[o];
            const int64_t v1 = column_o < 0 ? p + column_o : column_o;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
            }
            t0[o] = t0_sum;
        }

        /* t1 = sum[o:n](let(s0 := t0[o] - y[o], s0 * s0)) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double v0 = t0[o] - y[o];
            t1_part_sum += v0 * v0;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int matrix_factorization_forward(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U,
                                 const double *restrict V, const int64_t *restrict row,
                                 const int64_t *restrict column, const double *restrict y, double lam,
                                 double *restrict value, double *restrict t0, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(3.0*(double)k*(double)m + 10.0*(double)k*(double)n
        + 3.0*(double)k*(double)p + 5.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t column_o = column[o];
            const int64_t v0 = column_o < 0 ? p + column_o : column_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    const int64_t parts = gradc_parts(n, 9*k + 4, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct matrix_factorization_forward_rows0 given = {n, parts, stop, row, m, column, p, k, U, V, t0, y,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, matrix_factorization_forward_rows0, &given);
        } else {
            matrix_factorization_forward_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < p; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < p ? tile_begin + tile_rows : p;

            /* t2 = sum[l:p, j:k](V[l, j] * V[l, j]) */
            double t2_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double V_lj = V[l*k + j];
                    t2_sum += V_lj * V_lj;
                }
            }
            gradc_add(&t2, &t2_low, t2_sum);
        }
    }
    t2 = gradc_rounded(t2, t2_low);
    double t3 = 0.0;
    double t3_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < m; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < m ? tile_begin + tile_rows : m;

            /* t3 = sum[i:m, j:k](U[i, j] * U[i, j]) */
            double t3_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t3_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double U_ij = U[i*k + j];
                    t3_sum += U_ij * U_ij;
                }
            }
            gradc_add(&t3, &t3_low, t3_sum);
        }
    }
    t3 = gradc_rounded(t3, t3_low);

    /* value = 0.5 * (t1 / n) + (t2 + t3) * (0.5 * lam) */
    *value = 0.5 * (t1 / (double)n) + (t2 + t3) * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t matrix_factorization_backward_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)n;
    if (8.0*(double)k*(double)m + 8.0*(double)k*(double)p + 1024.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*p, sizeof(double));
}

int matrix_factorization_backward(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U,
                                  const double *restrict V, const int64_t *restrict row,
                                  const int64_t *restrict column, const double *restrict y, double lam,
                                  const double *restrict t0, double cotangent, double *restrict grad_U,
                                  double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_U_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    const volatile int *const stop = gradc_flag(7.0*(double)k*(double)m + 20.0*(double)k*(double)n
        + 7.0*(double)k*(double)p + 7.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t column_o = column[o];
            const int64_t v0 = column_o < 0 ? p + column_o : column_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }

    /* t1_bar = 0.5 * cotangent / n */
    /* t3_bar = cotangent * (0.5 * lam) */
    const double t1_bar = 0.5 * cotangent / (double)n;
    const double t3_bar = cotangent * (0.5 * lam);
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*p; ++at) {
        grad_V_total[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0_bar[o:n] = t1_bar * (2 * (t0[o] - y[o])) */
        GRADC_SIMD()
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            t0_bar[o - tile_begin] = t1_bar * (2.0 * (t0[o] - y[o]));
        }

        /* grad_U_total[:m, :k] = 0 grad_U_total += each[o:n, j:k](at[where_integer(row[o] < 0, m + row[o],
         *    row[o]), j](V[where_integer(column[o] < 0, p + column[o], column[o]), j] * t0_bar[o])) */
        /* grad_V_total[:p, :k] = 0 grad_V_total += each[o:n, j:k](at[where_integer(column[o] < 0, p + column[o],
         *    column[o]), j](U[where_integer(row[o] < 0, m + row[o], row[o]), j] * t0_bar[o])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t column_o = column[o];
            const int64_t v0 = column_o < 0 ? p + column_o : column_o;
            const double t0_bar_o = t0_bar[o - tile_begin];
            const int64_t row_o = row[o];
            const int64_t v1 = row_o < 0 ? m + row_o : row_o;
            for (int64_t j = 0; j < k; ++j) {
                grad_U_total[v1*k + j] += V[v0*k + j] * t0_bar_o;
                grad_V_total[v0*k + j] += U[v1*k + j] * t0_bar_o;
            }
        }
    }

    /* grad_V[l:p, j:k] = grad_V_total[l, j] + t3_bar * (2 * V[l, j]) */
    for (int64_t l = 0; l < p; ++l) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[l*k + j] = grad_V_total[l*k + j] + t3_bar * (2.0 * V[l*k + j]);
        }
    }

    /* grad_U[i:m, j:k] = grad_U_total[i, j] + t3_bar * (2 * U[i, j]) */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = grad_U_total[i*k + j] + t3_bar * (2.0 * U[i*k + j]);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t matrix_factorization_value_and_grad_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)n;
    if (8.0*(double)k*(double)m + 8.0*(double)k*(double)p + 1024.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*p, sizeof(double));
}

int matrix_factorization_value_and_grad(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U,
                                        const double *restrict V, const int64_t *restrict row,
                                        const int64_t *restrict column, const double *restrict y, double lam,
                                        double *restrict value, double *restrict grad_U, double *restrict grad_V,
                                        void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_U_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    const volatile int *const stop = gradc_flag(10.0*(double)k*(double)m + 30.0*(double)k*(double)n
        + 10.0*(double)k*(double)p + 12.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t column_o = column[o];
            const int64_t v0 = column_o < 0 ? p + column_o : column_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }

    /* t1_bar = 0.5 / n */
    /* t3_bar = 0.5 * lam */
    const double t1_bar = 0.5 / (double)n;
    const double t3_bar = 0.5 * lam;
    double t3 = 0.0;
    double t3_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < m; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < m ? tile_begin + tile_rows : m;

            /* t3 = sum[i:m, j:k](U[i, j] * U[i, j]) */
            double t3_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t3_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double U_ij = U[i*k + j];
                    t3_sum += U_ij * U_ij;
                }
            }
            gradc_add(&t3, &t3_low, t3_sum);
        }
    }
    t3 = gradc_rounded(t3, t3_low);
    double t2 = 0.0;
    double t2_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < p; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < p ? tile_begin + tile_rows : p;

            /* t2 = sum[l:p, j:k](V[l, j] * V[l, j]) */
            double t2_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double V_lj = V[l*k + j];
                    t2_sum += V_lj * V_lj;
                }
            }
            gradc_add(&t2, &t2_low, t2_sum);
        }
    }
    t2 = gradc_rounded(t2, t2_low);
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*p; ++at) {
        grad_V_total[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0[o:n] = sum[j:k](U[where_integer(row[o] < 0, m + row[o], row[o]), j] * V[where_integer(column[o] < 0,
         *    p + column[o], column[o]), j]) */
        for (int64_t o = tile_begin; o < 4*((tile_end - tile_begin) / 4) + tile_begin; o += 4) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            const int64_t column_o = column[o];
            const int64_t v1 = column_o < 0 ? p + column_o : column_o;
            double t0_sum = 0.0;
            const int64_t row_o_ = row[o + 1];
            const int64_t v2 = row_o_ < 0 ? m + row_o_ : row_o_;
            const int64_t column_o_ = column[o + 1];
            const int64_t v3 = column_o_ < 0 ? p + column_o_ : column_o_;
            double t0_sum_ = 0.0;
            const int64_t row_o_2 = row[o + 2];
            const int64_t v4 = row_o_2 < 0 ? m + row_o_2 : row_o_2;
            const int64_t column_o_2 = column[o + 2];
            const int64_t v5 = column_o_2 < 0 ? p + column_o_2 : column_o_2;
            double t0_sum_2 = 0.0;
            const int64_t row_o_3 = row[o + 3];
            const int64_t v6 = row_o_3 < 0 ? m + row_o_3 : row_o_3;
            const int64_t column_o_3 = column[o + 3];
            const int64_t v7 = column_o_3 < 0 ? p + column_o_3 : column_o_3;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
                t0_sum_ += U[v2*k + j] * V[v3*k + j];
                t0_sum_2 += U[v4*k + j] * V[v5*k + j];
                t0_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            t0[o - tile_begin] = t0_sum;
            t0[o + 1 - tile_begin] = t0_sum_;
            t0[o + 2 - tile_begin] = t0_sum_2;
            t0[o + 3 - tile_begin] = t0_sum_3;
        }
        for (int64_t o = 4*((tile_end - tile_begin) / 4) + tile_begin; o < tile_end; ++o) {
            const int64_t row_o = row[o];
            const int64_t v0 = row_o < 0 ? m + row_o : row_o;
            const int64_t column_o = column[o];
            const int64_t v1 = column_o < 0 ? p + column_o : column_o;
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                t0_sum += U[v0*k + j] * V[v1*k + j];
            }
            t0[o - tile_begin] = t0_sum;
        }

        /* t1 = sum[o:n](let(s0 := t0[o] - y[o], s0 * s0)) */
        /* t0_bar[o:n] = t1_bar * (2 * (t0[o] - y[o])), in the place of t0 */
        double t1_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double t0_o = t0[o - tile_begin];
            const double v0 = t0_o - y[o];
            t1_sum += v0 * v0;
            t0[o - tile_begin] = t1_bar * (2.0 * v0);
        }
        gradc_add(&t1, &t1_low, t1_sum);

        /* grad_U_total[:m, :k] = 0 grad_U_total += each[o:n, j:k](at[where_integer(row[o] < 0, m + row[o],
         *    row[o]), j](V[where_integer(column[o] < 0, p + column[o], column[o]), j] * t0_bar[o])) */
        /* grad_V_total[:p, :k] = 0 grad_V_total += each[o:n, j:k](at[where_integer(column[o] < 0, p + column[o],
         *    column[o]), j](U[where_integer(row[o] < 0, m + row[o], row[o]), j] * t0_bar[o])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t column_o = column[o];
            const int64_t v0 = column_o < 0 ? p + column_o : column_o;
            const double t0_o = t0[o - tile_begin];
            const int64_t row_o = row[o];
            const int64_t v1 = row_o < 0 ? m + row_o : row_o;
            for (int64_t j = 0; j < k; ++j) {
                grad_U_total[v1*k + j] += V[v0*k + j] * t0_o;
                grad_V_total[v0*k + j] += U[v1*k + j] * t0_o;
            }
        }
    }
    t1 = gradc_rounded(t1, t1_low);

    /* grad_V[l:p, j:k] = grad_V_total[l, j] + t3_bar * (2 * V[l, j]) */
    for (int64_t l = 0; l < p; ++l) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[l*k + j] = grad_V_total[l*k + j] + t3_bar * (2.0 * V[l*k + j]);
        }
    }

    /* grad_U[i:m, j:k] = grad_U_total[i, j] + t3_bar * (2 * U[i, j]) */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = grad_U_total[i*k + j] + t3_bar * (2.0 * U[i*k + j]);
        }
    }

    /* value = 0.5 * (t1 / n) + (t2 + t3) * (0.5 * lam) */
    *value = 0.5 * (t1 / (double)n) + (t2 + t3) * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
