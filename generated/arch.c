/* arch: the loss, and its derivatives.
 *
 *     def program(log_base: real, log_reply: real, y: real[t]):
 *         t0 = exp(log_base)
 *         t1 = exp(log_reply)
 *         t2 = sum[i:t - 1](let(s0 := t0 + t1 * y[i] ** 2, log(s0) + y[i + 1] ** 2 / s0))
 *         value = 0.9189385332046727 + 0.5 * (t2 / (t - 1))
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
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

#include "arch.h"

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

/* x = 2^k (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)): gives f. Subnormal numbers are scaled by 2^54, and the
 * exponent's bits become a number as the last bits of 2^52. */
GRADC_INLINE double gradc_split(double x, double *k)
{
    const double tiny = x < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const uint64_t t = gradc_bits(tiny != 0.0 ? x * 18014398509481984.0 : x) + 0x00095f6200000000; /* 1 - sqrt(1/2) */
    *k = gradc_number(t >> 52 | 0x4330000000000000) - (tiny != 0.0 ? 4503599627371573.0 : 4503599627371519.0);
    return gradc_number((t & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
}

/* log(1 + f) + low, 1 + f in [sqrt(1/2), sqrt(2)): with s = f / (2 + f) it is 2 atanh(s) = f - f^2/2 + s (f^2/2 +
 * s^2 P(s^2)), whose first term is exact. */
GRADC_INLINE double gradc_log1p_near(double f, double low)
{
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z
        + 0.22222198567102774) * z + 0.2857142874243524) * z + 0.39999999999414526) * z
        + 0.6666666666666734;
    return f - (h - (s * (h + z * p) + low));
}

/* log(x) = k log(2) + log(1 + f). */
GRADC_INLINE double gradc_log(double x)
{
    double k;
    const double f = gradc_split(x, &k);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    return x > 0.0 ? x < INFINITY ? y : x : x == 0.0 ? -INFINITY : NAN;
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

size_t arch_value_work(int64_t t)
{
    (void)t;
    return 0;
}

static GRADC_APART void arch_value_rows0(int64_t part, int64_t t, int64_t parts, const double *restrict y, double t0,
                                         double t1, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), log(s0) + y[i + 1] * y[i + 1] / s0)) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = t0 + t1 * (y_i * y_i);
            const double y_here = y[i + 1];
            t2_part_sum += gradc_log(v0) + y_here * y_here / v0;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct arch_value_rows0 {
    int64_t t;
    int64_t parts;
    const double *y;
    double t0;
    double t1;
    double *t2_parts;
};

static GRADC_APART void arch_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct arch_value_rows0 *const given = context;
    (void)thread;
    arch_value_rows0(part, given->t, given->parts, given->y, given->t0, given->t1, given->t2_parts);
}

int arch_value(int64_t t, double log_base, double log_reply, const double *restrict y, double *restrict value,
               void *restrict work)
{
    (void)work;

    /* t0 = exp(log_base) */
    /* t1 = exp(log_reply) */
    const double t0 = gradc_exp(log_base);
    const double t1 = gradc_exp(log_reply);
    const int64_t parts = gradc_parts(t - 1, 33, 0);
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct arch_value_rows0 given = {t, parts, y, t0, t1, t2_parts};
        gradc_run(parts, arch_value_team0, &given);
    } else {
        arch_value_rows0(0, t, parts, y, t0, t1, t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = 0.9189385332046727 + 0.5 * (t2 / (t - 1)) */
    *value = 0.9189385332046727 + 0.5 * (t2 / (double)(t - 1));
    return 0;
}

size_t arch_forward_work(int64_t t)
{
    (void)t;
    return 0;
}

static GRADC_APART void arch_forward_rows0(int64_t part, int64_t t, int64_t parts, const double *restrict y,
                                           double t0, double t1, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), log(s0) + y[i + 1] * y[i + 1] / s0)) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = t0 + t1 * (y_i * y_i);
            const double y_here = y[i + 1];
            t2_part_sum += gradc_log(v0) + y_here * y_here / v0;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct arch_forward_rows0 {
    int64_t t;
    int64_t parts;
    const double *y;
    double t0;
    double t1;
    double *t2_parts;
};

static GRADC_APART void arch_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct arch_forward_rows0 *const given = context;
    (void)thread;
    arch_forward_rows0(part, given->t, given->parts, given->y, given->t0, given->t1, given->t2_parts);
}

int arch_forward(int64_t t, double log_base, double log_reply, const double *restrict y, double *restrict value,
                 double *restrict t0, double *restrict t1, void *restrict work)
{
    (void)work;

    /* t0 = exp(log_base) */
    /* t1 = exp(log_reply) */
    const double t0_ = gradc_exp(log_base);
    const double t1_ = gradc_exp(log_reply);
    const int64_t parts = gradc_parts(t - 1, 33, 0);
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct arch_forward_rows0 given = {t, parts, y, t0_, t1_, t2_parts};
        gradc_run(parts, arch_forward_team0, &given);
    } else {
        arch_forward_rows0(0, t, parts, y, t0_, t1_, t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = 0.9189385332046727 + 0.5 * (t2 / (t - 1)) */
    *value = 0.9189385332046727 + 0.5 * (t2 / (double)(t - 1));
    *t0 = t0_;
    *t1 = t1_;
    return 0;
}

size_t arch_backward_work(int64_t t)
{
    (void)t;
    return 0;
}

int arch_backward(int64_t t, double log_base, double log_reply, const double *restrict y, double t0, double t1,
                  double cotangent, double *restrict grad_log_base, double *restrict grad_log_reply,
                  void *restrict work)
{
    (void)log_base;
    (void)log_reply;
    (void)work;

    /* t2 = 0.5 * cotangent / (t - 1) */
    const double t2 = 0.5 * cotangent / (double)(t - 1);
    double t3 = 0.0;
    double t3_low = 0.0;
    double t4 = 0.0;
    double t4_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < t - 1; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < t - 1 ? tile_begin + 128 : t - 1;

        /* t3 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), t2 / s0 - t2 * (y[i + 1] * y[i + 1]) / s0 / s0)) */
        /* t4 = sum[i:t - 1](let(s0 := y[i] * y[i], s1 := t0 + t1 * s0, s0 * (t2 / s1 - t2 * (y[i + 1] * y[i + 1])
         *    / s1 / s1))) */
        double t3_sum = 0.0;
        double t4_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum, t4_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = y_i * y_i;
            const double v1 = t0 + t1 * v0;
            const double y_here = y[i + 1];
            const double v2 = t2 / v1 - t2 * (y_here * y_here) / v1 / v1;
            t3_sum += v2;
            t4_sum += v0 * v2;
        }
        gradc_add(&t3, &t3_low, t3_sum);
        gradc_add(&t4, &t4_low, t4_sum);
    }
    t3 = gradc_rounded(t3, t3_low);
    t4 = gradc_rounded(t4, t4_low);

    /* grad_log_base = t0 * t3 */
    /* grad_log_reply = t1 * t4 */
    *grad_log_base = t0 * t3;
    *grad_log_reply = t1 * t4;
    return 0;
}

size_t arch_value_and_grad_work(int64_t t)
{
    (void)t;
    return 0;
}

static GRADC_APART void arch_value_and_grad_rows0(int64_t part, int64_t t, int64_t parts, const double *restrict y,
                                                  double t0, double t1, double t3, double *restrict t2_parts,
                                                  double *restrict t4_parts, double *restrict t5_parts)
{
    const int64_t part_begin = gradc_cut(t - 1, parts, part);
    const int64_t part_end = gradc_cut(t - 1, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), log(s0) + y[i + 1] * y[i + 1] / s0)) */
        /* t4 = sum[i:t - 1](let(s0 := t0 + t1 * (y[i] * y[i]), t3 / s0 - t3 * (y[i + 1] * y[i + 1]) / s0 / s0)) */
        /* t5 = sum[i:t - 1](let(s0 := y[i] * y[i], s1 := t0 + t1 * s0, s0 * (t3 / s1 - t3 * (y[i + 1] * y[i + 1])
         *    / s1 / s1))) */
        double t2_part_sum = 0.0;
        double t4_part_sum = 0.0;
        double t5_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum, t4_part_sum, t5_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double y_i = y[i];
            const double v0 = y_i * y_i;
            const double v1 = t0 + t1 * v0;
            const double y_here = y[i + 1];
            const double v2 = y_here * y_here;
            const double v3 = t3 / v1 - t3 * v2 / v1 / v1;
            t2_part_sum += gradc_log(v1) + v2 / v1;
            t4_part_sum += v3;
            t5_part_sum += v0 * v3;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
}

struct arch_value_and_grad_rows0 {
    int64_t t;
    int64_t parts;
    const double *y;
    double t0;
    double t1;
    double t3;
    double *t2_parts;
    double *t4_parts;
    double *t5_parts;
};

static GRADC_APART void arch_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct arch_value_and_grad_rows0 *const given = context;
    (void)thread;
    arch_value_and_grad_rows0(part, given->t, given->parts, given->y, given->t0, given->t1, given->t3,
        given->t2_parts, given->t4_parts, given->t5_parts);
}

int arch_value_and_grad(int64_t t, double log_base, double log_reply, const double *restrict y,
                        double *restrict value, double *restrict grad_log_base, double *restrict grad_log_reply,
                        void *restrict work)
{
    (void)work;

    /* t0 = exp(log_base) */
    /* t1 = exp(log_reply) */
    /* t3 = 0.5 / (t - 1) */
    const double t0 = gradc_exp(log_base);
    const double t1 = gradc_exp(log_reply);
    const double t3 = 0.5 / (double)(t - 1);
    const int64_t parts = gradc_parts(t - 1, 49, 0);
    double t2_parts[GRADC_PARTS];
    double t4_parts[GRADC_PARTS];
    double t5_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct arch_value_and_grad_rows0 given = {t, parts, y, t0, t1, t3, t2_parts, t4_parts, t5_parts};
        gradc_run(parts, arch_value_and_grad_team0, &given);
    } else {
        arch_value_and_grad_rows0(0, t, parts, y, t0, t1, t3, t2_parts, t4_parts, t5_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }

    /* value = 0.9189385332046727 + 0.5 * (t2 / (t - 1)) */
    /* grad_log_base = t4 * t0 */
    /* grad_log_reply = t5 * t1 */
    *value = 0.9189385332046727 + 0.5 * (t2 / (double)(t - 1));
    *grad_log_base = t4 * t0;
    *grad_log_reply = t1 * t5;
    return 0;
}
