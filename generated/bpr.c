/* bpr: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[p, k], user: int64[n], liked: int64[n], other: int64[n], lam: real):
 *         margin[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] * (V[where_integer(liked[o]
 *            < 0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p + other[o], other[o]), j]))
 *         t0 = sum[o:n](logaddexp(0, -margin[o]))
 *         t1 = sum[l:p, j:k](V[l, j] ** 2)
 *         t2 = sum[i:m, j:k](U[i, j] ** 2)
 *         value = t0 / n + 0.5 * lam * (t1 + t2)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * bpr_value gives 1: user holds an index out of range for an axis of length m
 * bpr_value gives 2: liked holds an index out of range for an axis of length p
 * bpr_value gives 3: other holds an index out of range for an axis of length p
 * bpr_forward gives 1: user holds an index out of range for an axis of length m
 * bpr_forward gives 2: liked holds an index out of range for an axis of length p
 * bpr_forward gives 3: other holds an index out of range for an axis of length p
 * bpr_backward gives 1: liked holds an index out of range for an axis of length p
 * bpr_backward gives 2: other holds an index out of range for an axis of length p
 * bpr_backward gives 3: user holds an index out of range for an axis of length m
 * bpr_value_and_grad gives 1: user holds an index out of range for an axis of length m
 * bpr_value_and_grad gives 2: liked holds an index out of range for an axis of length p
 * bpr_value_and_grad gives 3: other holds an index out of range for an axis of length p
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/compensated.h"

#include "bpr.h"

size_t bpr_value_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)m;
    (void)p;
    return (size_t)gradc_parts(n, 14*k + 48, 0) * gradc_bytes(128, sizeof(double));
}

struct bpr_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const int64_t *user;
    int64_t m;
    const int64_t *liked;
    int64_t p;
    const int64_t *other;
    int64_t k;
    const double *U;
    const double *V;
    double *t0_parts;
};

static GRADC_APART void bpr_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct bpr_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const user = given->user;
    const int64_t m = given->m;
    const int64_t *restrict const liked = given->liked;
    const int64_t p = given->p;
    const int64_t *restrict const other = given->other;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const double *restrict const V = given->V;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const margin = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* margin[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] *
         *    (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p +
         *    other[o], other[o]), j])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
            const int64_t liked_o = liked[o];
            const int64_t v1 = liked_o < 0 ? p + liked_o : liked_o;
            const int64_t other_o = other[o];
            const int64_t v2 = other_o < 0 ? p + other_o : other_o;
            double margin_sum = 0.0;
            GRADC_SIMD(reduction(+:margin_sum))
            for (int64_t j = 0; j < k; ++j) {
                margin_sum += U[v0*k + j] * (V[v1*k + j] - V[v2*k + j]);
            }
            margin[o - tile_begin] = margin_sum;
        }

        /* t0 = sum[o:n](let(s0 := -margin[o], where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(margin[o])))))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double margin_o = margin[o - tile_begin];
            const double v0 = -margin_o;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(margin_o)));
            t0_part_sum += v1;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int bpr_value(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
              const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other, double lam,
              double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(3.0*(double)k*(double)m + 15.0*(double)k*(double)n
        + 3.0*(double)k*(double)p + 49.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
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
            const int64_t liked_o = liked[o];
            const int64_t v0 = liked_o < 0 ? p + liked_o : liked_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t other_o = other[o];
            const int64_t v0 = other_o < 0 ? p + other_o : other_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }
    const int64_t parts = gradc_parts(n, 14*k + 48, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct bpr_value_rows0 given = {n, parts, tile_scratch, tile_bytes, stop, user, m, liked, p, other, k,
            U, V, t0_parts};
        if (parts > 1) {
            gradc_run(parts, bpr_value_rows0, &given);
        } else {
            bpr_value_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    double t1_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < p; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < p ? tile_begin + tile_rows : p;

            /* t1 = sum[l:p, j:k](V[l, j] * V[l, j]) */
            double t1_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t1_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double V_lj = V[l*k + j];
                    t1_sum += V_lj * V_lj;
                }
            }
            gradc_add(&t1, &t1_low, t1_sum);
        }
    }
    t1 = gradc_rounded(t1, t1_low);
    double t2 = 0.0;
    double t2_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < m; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < m ? tile_begin + tile_rows : m;

            /* t2 = sum[i:m, j:k](U[i, j] * U[i, j]) */
            double t2_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double U_ij = U[i*k + j];
                    t2_sum += U_ij * U_ij;
                }
            }
            gradc_add(&t2, &t2_low, t2_sum);
        }
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = t0 / n + (t1 + t2) * (0.5 * lam) */
    *value = t0 / (double)n + (t1 + t2) * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t bpr_forward_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)m;
    (void)k;
    (void)p;
    (void)n;
    return 0;
}

struct bpr_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *user;
    int64_t m;
    const int64_t *liked;
    int64_t p;
    const int64_t *other;
    int64_t k;
    const double *U;
    const double *V;
    double *margin;
    double *t0_parts;
};

static GRADC_APART void bpr_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct bpr_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const user = given->user;
    const int64_t m = given->m;
    const int64_t *restrict const liked = given->liked;
    const int64_t p = given->p;
    const int64_t *restrict const other = given->other;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const double *restrict const V = given->V;
    double *restrict const margin = given->margin;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* margin[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] *
         *    (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p +
         *    other[o], other[o]), j])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
            const int64_t liked_o = liked[o];
            const int64_t v1 = liked_o < 0 ? p + liked_o : liked_o;
            const int64_t other_o = other[o];
            const int64_t v2 = other_o < 0 ? p + other_o : other_o;
            double margin_sum = 0.0;
            GRADC_SIMD(reduction(+:margin_sum))
            for (int64_t j = 0; j < k; ++j) {
                margin_sum += U[v0*k + j] * (V[v1*k + j] - V[v2*k + j]);
            }
            margin[o] = margin_sum;
        }

        /* t0 = sum[o:n](let(s0 := -margin[o], where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(margin[o])))))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double margin_o = margin[o];
            const double v0 = -margin_o;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(margin_o)));
            t0_part_sum += v1;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int bpr_forward(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
                const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other,
                double lam, double *restrict value, double *restrict margin, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(3.0*(double)k*(double)m + 15.0*(double)k*(double)n
        + 3.0*(double)k*(double)p + 49.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
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
            const int64_t liked_o = liked[o];
            const int64_t v0 = liked_o < 0 ? p + liked_o : liked_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t other_o = other[o];
            const int64_t v0 = other_o < 0 ? p + other_o : other_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }
    const int64_t parts = gradc_parts(n, 14*k + 48, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct bpr_forward_rows0 given = {n, parts, stop, user, m, liked, p, other, k, U, V, margin, t0_parts};
        if (parts > 1) {
            gradc_run(parts, bpr_forward_rows0, &given);
        } else {
            bpr_forward_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1 = 0.0;
    double t1_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < p; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < p ? tile_begin + tile_rows : p;

            /* t1 = sum[l:p, j:k](V[l, j] * V[l, j]) */
            double t1_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t1_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double V_lj = V[l*k + j];
                    t1_sum += V_lj * V_lj;
                }
            }
            gradc_add(&t1, &t1_low, t1_sum);
        }
    }
    t1 = gradc_rounded(t1, t1_low);
    double t2 = 0.0;
    double t2_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < m; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < m ? tile_begin + tile_rows : m;

            /* t2 = sum[i:m, j:k](U[i, j] * U[i, j]) */
            double t2_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double U_ij = U[i*k + j];
                    t2_sum += U_ij * U_ij;
                }
            }
            gradc_add(&t2, &t2_low, t2_sum);
        }
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = t0 / n + (t1 + t2) * (0.5 * lam) */
    *value = t0 / (double)n + (t1 + t2) * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t bpr_backward_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)n;
    if (8.0*(double)k*(double)m + 8.0*(double)k*(double)p + 1024.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*p, sizeof(double));
}

int bpr_backward(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U, const double *restrict V,
                 const int64_t *restrict user, const int64_t *restrict liked, const int64_t *restrict other,
                 double lam, const double *restrict margin, double cotangent, double *restrict grad_U,
                 double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const margin_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_U_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    const volatile int *const stop = gradc_flag(7.0*(double)k*(double)m + 29.0*(double)k*(double)n
        + 7.0*(double)k*(double)p + 37.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t liked_o = liked[o];
            const int64_t v0 = liked_o < 0 ? p + liked_o : liked_o;
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
            const int64_t other_o = other[o];
            const int64_t v0 = other_o < 0 ? p + other_o : other_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }

    /* t0_bar = cotangent / n */
    /* t2_bar = cotangent * (0.5 * lam) */
    const double t0_bar = cotangent / (double)n;
    const double t2_bar = cotangent * (0.5 * lam);
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

        /* margin_bar[o:n] = let(s0 := -margin[o], s1 := exp(-abs(margin[o])), where(-inf == s0, 0, -(t0_bar *
         *    (where(0 <= s0, 1, s1) / (1 + s1))))) */
        GRADC_SIMD()
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double margin_o = margin[o];
            const double v0 = -margin_o;
            const double v1 = gradc_exp(-fabs(margin_o));
            margin_bar[o - tile_begin] = -(double)INFINITY == v0 ? 0.0
                : -(t0_bar * ((0.0 <= v0 ? 1.0 : v1) / (1.0 + v1)));
        }

        /* grad_U_total[:m, :k] = 0 grad_U_total += each[o:n, j:k](at[where_integer(user[o] < 0, m + user[o],
         *    user[o]), j](margin_bar[o] * (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] -
         *    V[where_integer(other[o] < 0, p + other[o], other[o]), j]))) */
        /* grad_V_total[:p, :k] = 0 grad_V_total += each[o:n, j:k](let(s0 := U[where_integer(user[o] < 0, m +
         *    user[o], user[o]), j] * margin_bar[o], at[where_integer(other[o] < 0, p + other[o], other[o]),
         *    j](-s0), at[where_integer(liked[o] < 0, p + liked[o], liked[o]), j](s0))) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double margin_bar_o = margin_bar[o - tile_begin];
            const int64_t liked_o = liked[o];
            const int64_t v0 = liked_o < 0 ? p + liked_o : liked_o;
            const int64_t other_o = other[o];
            const int64_t v1 = other_o < 0 ? p + other_o : other_o;
            const int64_t user_o = user[o];
            const int64_t v2 = user_o < 0 ? m + user_o : user_o;
            for (int64_t j = 0; j < k; ++j) {
                const double v3 = U[v2*k + j] * margin_bar_o;
                grad_U_total[v2*k + j] += margin_bar_o * (V[v0*k + j] - V[v1*k + j]);
                grad_V_total[v1*k + j] += -v3;
                grad_V_total[v0*k + j] += v3;
            }
        }
    }

    /* grad_V[l:p, j:k] = grad_V_total[l, j] + t2_bar * (2 * V[l, j]) */
    for (int64_t l = 0; l < p; ++l) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[l*k + j] = grad_V_total[l*k + j] + t2_bar * (2.0 * V[l*k + j]);
        }
    }

    /* grad_U[i:m, j:k] = grad_U_total[i, j] + t2_bar * (2 * U[i, j]) */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = grad_U_total[i*k + j] + t2_bar * (2.0 * U[i*k + j]);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t bpr_value_and_grad_work(int64_t m, int64_t k, int64_t p, int64_t n)
{
    (void)n;
    if (8.0*(double)k*(double)m + 8.0*(double)k*(double)p + 1024.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*p, sizeof(double));
}

int bpr_value_and_grad(int64_t m, int64_t k, int64_t p, int64_t n, const double *restrict U,
                       const double *restrict V, const int64_t *restrict user, const int64_t *restrict liked,
                       const int64_t *restrict other, double lam, double *restrict value, double *restrict grad_U,
                       double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const margin = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_U_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    const volatile int *const stop = gradc_flag(10.0*(double)k*(double)m + 44.0*(double)k*(double)n
        + 10.0*(double)k*(double)p + 86.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
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
            const int64_t liked_o = liked[o];
            const int64_t v0 = liked_o < 0 ? p + liked_o : liked_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t o = 0; o < n; ++o) {
            const int64_t other_o = other[o];
            const int64_t v0 = other_o < 0 ? p + other_o : other_o;
            outside |= (v0 < 0) | (v0 >= p);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }

    /* t0_bar = 1 / n */
    /* t2_bar = 0.5 * lam */
    const double t0_bar = 1.0 / (double)n;
    const double t2_bar = 0.5 * lam;
    double t2 = 0.0;
    double t2_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < m; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < m ? tile_begin + tile_rows : m;

            /* t2 = sum[i:m, j:k](U[i, j] * U[i, j]) */
            double t2_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t2_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double U_ij = U[i*k + j];
                    t2_sum += U_ij * U_ij;
                }
            }
            gradc_add(&t2, &t2_low, t2_sum);
        }
    }
    t2 = gradc_rounded(t2, t2_low);
    double t1 = 0.0;
    double t1_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k, sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < p; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < p ? tile_begin + tile_rows : p;

            /* t1 = sum[l:p, j:k](V[l, j] * V[l, j]) */
            double t1_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                GRADC_SIMD(reduction(+:t1_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double V_lj = V[l*k + j];
                    t1_sum += V_lj * V_lj;
                }
            }
            gradc_add(&t1, &t1_low, t1_sum);
        }
    }
    t1 = gradc_rounded(t1, t1_low);
    double t0 = 0.0;
    double t0_low = 0.0;
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

        /* margin[o:n] = sum[j:k](U[where_integer(user[o] < 0, m + user[o], user[o]), j] *
         *    (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] - V[where_integer(other[o] < 0, p +
         *    other[o], other[o]), j])) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const int64_t user_o = user[o];
            const int64_t v0 = user_o < 0 ? m + user_o : user_o;
            const int64_t liked_o = liked[o];
            const int64_t v1 = liked_o < 0 ? p + liked_o : liked_o;
            const int64_t other_o = other[o];
            const int64_t v2 = other_o < 0 ? p + other_o : other_o;
            double margin_sum = 0.0;
            GRADC_SIMD(reduction(+:margin_sum))
            for (int64_t j = 0; j < k; ++j) {
                margin_sum += U[v0*k + j] * (V[v1*k + j] - V[v2*k + j]);
            }
            margin[o - tile_begin] = margin_sum;
        }

        /* t0 = sum[o:n](let(s0 := -margin[o], where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(margin[o])))))) */
        /* margin_bar[o:n] = let(s0 := -margin[o], s1 := exp(-abs(margin[o])), where(-inf == s0, 0, -(t0_bar *
         *    (where(0 <= s0, 1, s1) / (1 + s1))))), in the place of margin */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double margin_o = margin[o - tile_begin];
            const double v0 = -margin_o;
            const double v1 = gradc_exp(-fabs(margin_o));
            t0_sum += 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + gradc_log1p_unit(v1);
            margin[o - tile_begin] = -(double)INFINITY == v0 ? 0.0
                : -(t0_bar * ((0.0 <= v0 ? 1.0 : v1) / (1.0 + v1)));
        }
        gradc_add(&t0, &t0_low, t0_sum);

        /* grad_U_total[:m, :k] = 0 grad_U_total += each[o:n, j:k](at[where_integer(user[o] < 0, m + user[o],
         *    user[o]), j](margin_bar[o] * (V[where_integer(liked[o] < 0, p + liked[o], liked[o]), j] -
         *    V[where_integer(other[o] < 0, p + other[o], other[o]), j]))) */
        /* grad_V_total[:p, :k] = 0 grad_V_total += each[o:n, j:k](let(s0 := U[where_integer(user[o] < 0, m +
         *    user[o], user[o]), j] * margin_bar[o], at[where_integer(other[o] < 0, p + other[o], other[o]),
         *    j](-s0), at[where_integer(liked[o] < 0, p + liked[o], liked[o]), j](s0))) */
        for (int64_t o = tile_begin; o < tile_end; ++o) {
            const double margin_o = margin[o - tile_begin];
            const int64_t liked_o = liked[o];
            const int64_t v0 = liked_o < 0 ? p + liked_o : liked_o;
            const int64_t other_o = other[o];
            const int64_t v1 = other_o < 0 ? p + other_o : other_o;
            const int64_t user_o = user[o];
            const int64_t v2 = user_o < 0 ? m + user_o : user_o;
            for (int64_t j = 0; j < k; ++j) {
                const double v3 = U[v2*k + j] * margin_o;
                grad_U_total[v2*k + j] += margin_o * (V[v0*k + j] - V[v1*k + j]);
                grad_V_total[v1*k + j] += -v3;
                grad_V_total[v0*k + j] += v3;
            }
        }
    }
    t0 = gradc_rounded(t0, t0_low);

    /* grad_V[l:p, j:k] = grad_V_total[l, j] + t2_bar * (2 * V[l, j]) */
    for (int64_t l = 0; l < p; ++l) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[l*k + j] = grad_V_total[l*k + j] + t2_bar * (2.0 * V[l*k + j]);
        }
    }

    /* grad_U[i:m, j:k] = grad_U_total[i, j] + t2_bar * (2 * U[i, j]) */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = grad_U_total[i*k + j] + t2_bar * (2.0 * U[i*k + j]);
        }
    }

    /* value = t0 / n + (t1 + t2) * (0.5 * lam) */
    *value = t0 / (double)n + (t1 + t2) * (0.5 * lam);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
