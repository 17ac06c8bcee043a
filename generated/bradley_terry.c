/* bradley_terry: the loss, and its derivatives.
 *
 *     def program(s: real[m], winner: int64[n], loser: int64[n]):
 *         t0 = sum[j:n](logaddexp(0, s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] < 0, m + winner[j], winner[j])]))
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

#include <stddef.h>
#include <stdint.h>

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#define GRADC_TILE 128  /* the most rows of a tile */
#define GRADC_PARTS 16  /* the most parts that rows go in, for threads to share */

/* Long straight-line code is cut into functions, which are not joined again: compilers' time grows faster than a function. */
#if defined(__GNUC__)
#define GRADC_APART __attribute__((noinline))
#else
#define GRADC_APART
#endif

#include "bradley_terry.h"

/* More bytes than this no work space has: half of what addresses reach. */
#define GRADC_MOST ((double)(SIZE_MAX / 2))

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / GRADC_TILE ? work / least : (double)rows / GRADC_TILE;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / GRADC_TILE * part / parts * GRADC_TILE;
}

/* Calls rows(context, part, thread) for each part: through the function that GRADC_TEAM names, with OpenMP, or in order. No
 * two calls at one time have the same thread, which is less than `parts`. */
#if defined(GRADC_TEAM)
void GRADC_TEAM(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context);
#elif defined(_OPENMP)
#include <omp.h>
#endif
static void gradc_run(int64_t parts, void (*rows)(const void *, int64_t, int64_t), const void *context)
{
#if defined(GRADC_TEAM)
    GRADC_TEAM(parts, rows, context);
#elif defined(_OPENMP)
    const int threads = parts < omp_get_max_threads() ? (int)parts : omp_get_max_threads();
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (int64_t part = 0; part < parts; ++part) {
        rows(context, part, omp_get_thread_num());
    }
#else
    for (int64_t part = 0; part < parts; ++part) {
        rows(context, part, 0);
    }
#endif
}

/* A loop is vectorised only if what it calls is inlined, however much that is. */
#if defined(__GNUC__)
#define GRADC_INLINE __attribute__((always_inline)) static inline
#else
#define GRADC_INLINE static inline
#endif

/* The bits of a number, and the number of some bits. */
GRADC_INLINE uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

GRADC_INLINE double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

/* exp(x + low) = 2^k exp(r), r = x + low - k log(2) in [-log(2)/2, log(2)/2], for a low of less than 1. Adding 1.5
 * * 2^52 rounds to a whole number and leaves it in the last bits; 2^k is two factors, so that results below the
 * smallest normal number are rounded once. */
GRADC_INLINE double gradc_exp_sum(double x, double low)
{
    const double c = x < -1000.0 ? -1000.0 : x, y = c > 1000.0 ? 1000.0 : c;
    /* 1.5 * 2^52 + 2 * 1023 */
    const double t = (y + low) * 1.4426950408889634 + 6755399441057790.0;
    const double k = t - 6755399441057790.0;
    const double r = ((y - k * 0.6931471803691238) + low) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r
        + 2.480150457228083e-05) * r + 0.00019841269902955413) * r + 0.0013888888932253416) * r
        + 0.008333333333314638) * r + 0.04166666666657411) * r + 0.16666666666666685) * r
        + 0.5000000000000006;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + (r + r * r * p)) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}

/* exp(x). */
GRADC_INLINE double gradc_exp(double x)
{
    return gradc_exp_sum(x, 0.0);
}

/* log(1 + x) for x in [0, 1], as gradc_log with k = 0. */
GRADC_INLINE double gradc_log1p_unit(double x)
{
    const double s = x / (2.0 + x), z = s * s, h = 0.5 * x * x;
    /* fit: atanh_unit of z */
    const double p = ((((((((0.17018472409223753 * z + 0.0834015966103369) * z + 0.12106072266605976) * z
        + 0.13300975451846603) * z + 0.15386559772430922) * z + 0.1818174393246199) * z
        + 0.22222223969501645) * z + 0.28571428547857886) * z + 0.4000000000015721) * z
        + 0.6666666666666631;
    return x - (h - s * (h + z * p));
}

/* Adds a term to a sum, and to `low` what the sum has lost to rounding (Neumaier, Rundungsfehleranalyse einiger Verfahren zur
 * Summation endlicher Summen, ZAMM 54, 1974): the error does not grow with the number of terms. */
static inline void gradc_add(double *sum, double *low, double term)
{
    const double next = *sum + term;
    *low += fabs(*sum) >= fabs(term) ? (*sum - next) + term : (term - next) + *sum;
    *sum = next;
}

/* The sum and what it has lost; an infinite sum has lost nothing that could be known. */
static inline double gradc_rounded(double sum, double low)
{
    return low == low ? sum + low : sum;
}

size_t bradley_terry_value_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

static GRADC_APART void bradley_terry_value_rows0(int64_t part, int64_t n, int64_t parts,
                                                  const int64_t *restrict loser, int64_t m,
                                                  const int64_t *restrict winner, const double *restrict s,
                                                  double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
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

struct bradley_terry_value_rows0 {
    int64_t n;
    int64_t parts;
    const int64_t *loser;
    int64_t m;
    const int64_t *winner;
    const double *s;
    double *t0_parts;
};

static GRADC_APART void bradley_terry_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct bradley_terry_value_rows0 *const given = context;
    (void)thread;
    bradley_terry_value_rows0(part, given->n, given->parts, given->loser, given->m, given->winner, given->s,
        given->t0_parts);
}

int bradley_terry_value(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                        const int64_t *restrict loser, double *restrict value, void *restrict work)
{
    (void)work;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }
    const int64_t parts = gradc_parts(n, 55, 0);
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct bradley_terry_value_rows0 given = {n, parts, loser, m, winner, s, t0_parts};
        gradc_run(parts, bradley_terry_value_team0, &given);
    } else {
        bradley_terry_value_rows0(0, n, parts, loser, m, winner, s, t0_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}

size_t bradley_terry_forward_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

static GRADC_APART void bradley_terry_forward_rows0(int64_t part, int64_t n, int64_t parts,
                                                    const int64_t *restrict loser, int64_t m,
                                                    const int64_t *restrict winner, const double *restrict s,
                                                    double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
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

struct bradley_terry_forward_rows0 {
    int64_t n;
    int64_t parts;
    const int64_t *loser;
    int64_t m;
    const int64_t *winner;
    const double *s;
    double *t0_parts;
};

static GRADC_APART void bradley_terry_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct bradley_terry_forward_rows0 *const given = context;
    (void)thread;
    bradley_terry_forward_rows0(part, given->n, given->parts, given->loser, given->m, given->winner, given->s,
        given->t0_parts);
}

int bradley_terry_forward(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                          const int64_t *restrict loser, double *restrict value, void *restrict work)
{
    (void)work;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }
    const int64_t parts = gradc_parts(n, 55, 0);
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct bradley_terry_forward_rows0 given = {n, parts, loser, m, winner, s, t0_parts};
        gradc_run(parts, bradley_terry_forward_team0, &given);
    } else {
        bradley_terry_forward_rows0(0, n, parts, loser, m, winner, s, t0_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
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
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }

    /* t0 = cotangent / n */
    const double t0 = cotangent / (double)n;
    for (int64_t at = 0; at < m; ++at) {
        grad_s[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] <
         *    0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := s0 - s[where_integer(loser[j]
         *    < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - (s0 -
         *    s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3), where(-inf == s0, 0, -(t0 *
         *    (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 * where(abs(s4) < 1, s4, 0)))))) */
        /* t2[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] <
         *    0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := s0 - s[where_integer(loser[j]
         *    < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - (s0 -
         *    s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3), where(-inf == s0, 0, t0 *
         *    (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 * where(abs(s4) < 1, s4, 0))))) */
        GRADC_SIMD()
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            const double s_here = s[v0];
            const int64_t winner_j = winner[j];
            const int64_t v1 = winner_j < 0 ? m + winner_j : winner_j;
            const double s_here_ = s[v1];
            const double v2 = s_here - s_here_;
            const int v3 = -INFINITY == v2;
            const double v4 = gradc_exp(-fabs(v2));
            const double v5 = 1.0 + v4;
            const double v6 = v2 - s_here;
            const double v7 = s_here - (v2 - v6) - (s_here_ + v6);
            const double v8 = (0.0 <= v2 ? 1.0 : v4) / v5 * (1.0 + (0.0 <= -v2 ? 1.0 : v4) / v5 * (fabs(v7) < 1.0
                ? v7 : 0.0));
            const double v9 = t0 * v8;
            t1[j - tile_begin] = v3 ? 0.0 : -v9;
            t2[j - tile_begin] = v3 ? 0.0 : v9;
        }

        /* grad_s[:m] = 0 grad_s += each[j:n](at[where_integer(winner[j] < 0, m + winner[j], winner[j])](t1[j]),
         *    at[where_integer(loser[j] < 0, m + loser[j], loser[j])](t2[j])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            const int64_t loser_j = loser[j];
            const int64_t v1 = loser_j < 0 ? m + loser_j : loser_j;
            grad_s[v0] += t1[j - tile_begin];
            grad_s[v1] += t2[j - tile_begin];
        }
    }
    return 0;
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
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t j = 0; j < n; ++j) {
            const int64_t loser_j = loser[j];
            const int64_t v0 = loser_j < 0 ? m + loser_j : loser_j;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }

    /* t1 = 1 / n */
    const double t1 = 1.0 / (double)n;
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t at = 0; at < m; ++at) {
        grad_s[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] -
         *    s[where_integer(winner[j] < 0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))))) */
        /* t2[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] <
         *    0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := s0 - s[where_integer(loser[j]
         *    < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - (s0 -
         *    s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3), where(-inf == s0, 0, -(t1 *
         *    (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 * where(abs(s4) < 1, s4, 0)))))) */
        /* t3[j:n] = let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] <
         *    0, m + winner[j], winner[j])], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := s0 - s[where_integer(loser[j]
         *    < 0, m + loser[j], loser[j])], s4 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - (s0 -
         *    s3) - (s[where_integer(winner[j] < 0, m + winner[j], winner[j])] + s3), where(-inf == s0, 0, t1 *
         *    (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 * where(abs(s4) < 1, s4, 0))))) */
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
            const int v4 = -INFINITY == v2;
            const double v5 = 1.0 + v3;
            const double v6 = v2 - s_here;
            const double v7 = s_here - (v2 - v6) - (s_here_ + v6);
            const double v8 = (0.0 <= v2 ? 1.0 : v3) / v5 * (1.0 + (0.0 <= -v2 ? 1.0 : v3) / v5 * (fabs(v7) < 1.0
                ? v7 : 0.0));
            const double v9 = t1 * v8;
            t0_sum += 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0) + gradc_log1p_unit(v3);
            t2[j - tile_begin] = v4 ? 0.0 : -v9;
            t3[j - tile_begin] = v4 ? 0.0 : v9;
        }
        gradc_add(&t0, &t0_low, t0_sum);

        /* grad_s[:m] = 0 grad_s += each[j:n](at[where_integer(winner[j] < 0, m + winner[j], winner[j])](t2[j]),
         *    at[where_integer(loser[j] < 0, m + loser[j], loser[j])](t3[j])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            const int64_t winner_j = winner[j];
            const int64_t v0 = winner_j < 0 ? m + winner_j : winner_j;
            const int64_t loser_j = loser[j];
            const int64_t v1 = loser_j < 0 ? m + loser_j : loser_j;
            grad_s[v0] += t2[j - tile_begin];
            grad_s[v1] += t3[j - tile_begin];
        }
    }
    t0 = gradc_rounded(t0, t0_low);

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}
