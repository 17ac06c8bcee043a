/* bradley_terry: the loss, and its derivatives.
 *
 *     def program(s: real[m], winner: int64[n], loser: int64[n]):
 *         t0 = sum[j:n](logaddexp(0, s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
 *            s[where_integer(winner[j] < 0, m + winner[j], winner[j])]))
 *         value = t0 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * bradley_terry_value gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_value gives 2: winner holds an index out of range for an axis of length m
 * bradley_terry_forward gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_forward gives 2: winner holds an index out of range for an axis of length m
 * bradley_terry_backward gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_backward gives 2: winner holds an index out of range for an axis of length m
 * bradley_terry_value_and_grad gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_value_and_grad gives 2: winner holds an index out of range for an axis of length m
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/compensated.h"

#include "bradley_terry.h"

size_t bradley_terry_value_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

struct bradley_terry_value_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *loser;
    int64_t m;
    const int64_t *winner;
    const double *s;
    double *t0_parts;
};

static GRADC_APART void bradley_terry_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct bradley_terry_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const loser = given->loser;
    const int64_t m = given->m;
    const int64_t *restrict const winner = given->winner;
    const double *restrict const s = given->s;
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

        /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            const int64_t winner_j = winner[j];
            const int64_t v1 = winner_j < 0 ? m + winner_j : winner_j;
            const double v2 = s[v0] - s[v1];
            const double v3 = 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v2)));
            t0_part_sum += v3;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int bradley_terry_value(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                        const int64_t *restrict loser, double *restrict value, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(56.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    const int64_t parts = gradc_parts(n, 55, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct bradley_terry_value_rows0 given = {n, parts, stop, loser, m, winner, s, t0_parts};
        if (parts > 1) {
            gradc_run(parts, bradley_terry_value_rows0, &given);
        } else {
            bradley_terry_value_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t bradley_terry_forward_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

struct bradley_terry_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const int64_t *loser;
    int64_t m;
    const int64_t *winner;
    const double *s;
    double *t0_parts;
};

static GRADC_APART void bradley_terry_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct bradley_terry_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const loser = given->loser;
    const int64_t m = given->m;
    const int64_t *restrict const winner = given->winner;
    const double *restrict const s = given->s;
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

        /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))))) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            const int64_t winner_j = winner[j];
            const int64_t v1 = winner_j < 0 ? m + winner_j : winner_j;
            const double v2 = s[v0] - s[v1];
            const double v3 = 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v2)));
            t0_part_sum += v3;
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int bradley_terry_forward(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                          const int64_t *restrict loser, double *restrict value, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(56.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    const int64_t parts = gradc_parts(n, 55, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct bradley_terry_forward_rows0 given = {n, parts, stop, loser, m, winner, s, t0_parts};
        if (parts > 1) {
            gradc_run(parts, bradley_terry_forward_rows0, &given);
        } else {
            bradley_terry_forward_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t bradley_terry_backward_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int bradley_terry_backward(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                           const int64_t *restrict loser, double cotangent, double *restrict grad_s,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_s_term = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_s_term_2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(132.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }

    /* t0_bar = cotangent / n */
    const double t0_bar = cotangent / (double)n;
    for (int64_t at = 0; at < m; ++at) {
        grad_s[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* grad_s_term[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 :=
         *    s0 - s[where_integer(loser[j] < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m +
         *    loser[j], loser[j])] - (s0 - s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3),
         *    where(-inf == s0, 0, -(t0_bar * (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 *
         *    where(abs(s4) < 1, s4, 0)))))) */
        /* grad_s_term_2[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 :=
         *    s0 - s[where_integer(loser[j] < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m +
         *    loser[j], loser[j])] - (s0 - s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3),
         *    where(-inf == s0, 0, t0_bar * (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 *
         *    where(abs(s4) < 1, s4, 0))))) */
        GRADC_SIMD()
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            const double s_here = s[v0];
            const int64_t winner_j = winner[j];
            const int64_t v1 = winner_j < 0 ? m + winner_j : winner_j;
            const double s_here_ = s[v1];
            const double v2 = s_here - s_here_;
            const int v3 = -(double)INFINITY == v2;
            const double v4 = gradc_exp(-fabs(v2));
            const double v5 = 1.0 + v4;
            const double v6 = v2 - s_here;
            const double v7 = s_here - (v2 - v6) - (s_here_ + v6);
            const double v8 = (0.0 <= v2 ? 1.0 : v4) / v5 * (1.0 + (0.0 <= -v2 ? 1.0 : v4) / v5
                * (fabs(v7) < 1.0 ? v7 : 0.0));
            const double v9 = t0_bar * v8;
            grad_s_term[j - tile_begin] = v3 ? 0.0 : -v9;
            grad_s_term_2[j - tile_begin] = v3 ? 0.0 : v9;
        }

        /* grad_s[:m] = 0 grad_s += each[j:n](at[where_integer(winner[j] < 0, m + winner[j],
         *    winner[j])](grad_s_term[j]), at[where_integer(loser[j] < 0, m + loser[j],
         *    loser[j])](grad_s_term_2[j])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            const int64_t loser_j = loser[j];
            const int64_t v1 = loser_j < 0 ? m + loser_j : loser_j;
            grad_s[v0] += grad_s_term[j - tile_begin];
            grad_s[v1] += grad_s_term_2[j - tile_begin];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t bradley_terry_value_and_grad_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
}

int bradley_terry_value_and_grad(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                                 const int64_t *restrict loser, double *restrict value, double *restrict grad_s,
                                 void *restrict work)
{
    unsigned char *scratch = work;
    double *const grad_s_term = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_s_term_2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(188.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }

    /* t0_bar = 1 / n */
    const double t0_bar = 1.0 / (double)n;
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t at = 0; at < m; ++at) {
        grad_s[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))))) */
        /* grad_s_term[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 :=
         *    s0 - s[where_integer(loser[j] < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m +
         *    loser[j], loser[j])] - (s0 - s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3),
         *    where(-inf == s0, 0, -(t0_bar * (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 *
         *    where(abs(s4) < 1, s4, 0)))))) */
        /* grad_s_term_2[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 :=
         *    s0 - s[where_integer(loser[j] < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m +
         *    loser[j], loser[j])] - (s0 - s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3),
         *    where(-inf == s0, 0, t0_bar * (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 *
         *    where(abs(s4) < 1, s4, 0))))) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            const double s_here = s[v0];
            const int64_t winner_j = winner[j];
            const int64_t v1 = winner_j < 0 ? m + winner_j : winner_j;
            const double s_here_ = s[v1];
            const double v2 = s_here - s_here_;
            const double v3 = gradc_exp(-fabs(v2));
            const int v4 = -(double)INFINITY == v2;
            const double v5 = 1.0 + v3;
            const double v6 = v2 - s_here;
            const double v7 = s_here - (v2 - v6) - (s_here_ + v6);
            const double v8 = (0.0 <= v2 ? 1.0 : v3) / v5 * (1.0 + (0.0 <= -v2 ? 1.0 : v3) / v5
                * (fabs(v7) < 1.0 ? v7 : 0.0));
            const double v9 = t0_bar * v8;
            t0_sum += 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0) + gradc_log1p_unit(v3);
            grad_s_term[j - tile_begin] = v4 ? 0.0 : -v9;
            grad_s_term_2[j - tile_begin] = v4 ? 0.0 : v9;
        }
        gradc_add(&t0, &t0_low, t0_sum);

        /* grad_s[:m] = 0 grad_s += each[j:n](at[where_integer(winner[j] < 0, m + winner[j],
         *    winner[j])](grad_s_term[j]), at[where_integer(loser[j] < 0, m + loser[j],
         *    loser[j])](grad_s_term_2[j])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            const int64_t loser_j = loser[j];
            const int64_t v1 = loser_j < 0 ? m + loser_j : loser_j;
            grad_s[v0] += grad_s_term[j - tile_begin];
            grad_s[v1] += grad_s_term_2[j - tile_begin];
        }
    }
    t0 = gradc_rounded(t0, t0_low);

    /* value = t0 / n */
    *value = t0 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
