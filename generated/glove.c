/* glove: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[m, k], b: real[m], c: real[m], row: int64[n], column: int64[n], count: real[n], top: real):
 *         t0[l:n] = sum[j:k](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * V[where_integer(column[l] < 0, m + column[l], column[l]), j])
 *         t1 = sum[l:n](minimum(1, count[l] / top) ** 0.75 * (c[where_integer(column[l] < 0, m + column[l], column[l])] + (b[where_integer(row[l] < 0, m + row[l]
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

#include <stddef.h>
#include <stdint.h>

/* With -fopenmp-simd, gcc and glibc, loops call these a vector at a time. Declared before math.h, whose own
 * declarations then add to them. */
#if defined(GRADC_OPENMP_SIMD) && defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__)
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
#pragma omp declare simd notinbranch
double pow(double, double);
#define GRADC_LIBMVEC
#endif
#endif

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

#include "glove.h"

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

#if defined(GRADC_LIBMVEC)
#define gradc_pow pow
#else
/* x^y = exp(y log|x|) with the sign that a whole y gives. The logarithm is in two parts: log(1 + f) = 2/3 s (3 +
 * s^2 + s^4 P(s^2)), s = f / (2 + f), with products of 26-bit factors, which are exact. */
GRADC_INLINE double gradc_high(double x)
{
    return gradc_number(gradc_bits(x) & 0xfffffffff8000000);
}

GRADC_INLINE double gradc_pow(double x, double y)
{
    double k;
    const double a = fabs(x), f = gradc_split(a, &k), d = 2.0 + f, d1 = gradc_high(d);
    const double s1 = gradc_high(f / d), s2 = ((f - s1 * d1) - s1 * (f - (d1 - 2.0))) / d, s = s1 + s2, z = s * s;
    /* fit: pow of z */
    const double p = (((((((0.16145157419358108 * z + 0.15684311852088592) * z + 0.17650228245209146) * z
        + 0.19999944588392685) * z + 0.23076923644696928) * z + 0.27272727269463354) * z
        + 0.33333333333342724) * z + 0.4285714285714285) * z + 0.6;
    const double r = z * z * p + s2 * (s1 + s), t1 = gradc_high(3.0 + s1 * s1 + r), t2 = r - ((t1 - 3.0) - s1 * s1);
    const double u = s1 * t1, v = s2 * t1 + t2 * s, q1 = gradc_high(u + v), q2 = v - (q1 - u);
    const double g = 0.6666666567325592 * q1, h = 0.6666666567325592 * q2 + (q1 + q2) * 9.934107462565104e-09;
    const double m = k * 0.6931471803691238, n1 = gradc_high(m + (g + h));
    const double n2 = ((m - n1) + g) + (h + k * 1.9082149292705877e-10);
    /* y log|x|: exact, and what is left */
    const double l1 = a == 0.0 ? -INFINITY : a < INFINITY ? n1 : a, top = y > 1e300 ? 1e300 : y;
    const double w = top < -1e300 ? -1e300 : top, b = fabs(w), c = 0.5 * b; /* infinity times 0 is none */
    const double y1 = b < 1e-290 ? w : gradc_high(w), high = y1 * l1;
    const double e = gradc_exp_sum(high, fabs(high) < 1000.0 ? (w - y1) * n1 + w * n2 : 0.0);
    /* a whole number with 2^52 added is unchanged when that is taken off again */
    const double part = b < 4503599627370496.0 ? (b + 4503599627370496.0) - 4503599627370496.0 - b : 0.0;
    const double odd = c < 4503599627370496.0 ? (c + 4503599627370496.0) - 4503599627370496.0 - c : 0.0;
    const double half = part == 0.0 ? odd : 0.0, signed_e = half == 0.0 ? e : copysign(e, x);
    const double lost = x < 0.0 ? part : 0.0, kept = x > -INFINITY ? lost : 0.0; /* no root of a negative number */
    const double one = y == 0.0 ? 1.0 : kept == 0.0 ? signed_e : NAN;
    return x == 1.0 ? 1.0 : one;
}
#endif

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

size_t glove_value_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    return (size_t)gradc_parts(n, 9*k + 61, 0) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void glove_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                          unsigned char *restrict tile_scratch, size_t tile_bytes,
                                          const int64_t *restrict row, int64_t m, const int64_t *restrict column,
                                          int64_t k, const double *restrict U, const double *restrict V,
                                          const double *restrict count, double top, const double *restrict c,
                                          const double *restrict b, double *restrict t1_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
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

struct glove_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
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

static GRADC_APART void glove_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct glove_value_rows0 *const given = context;
    glove_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->row,
        given->m, given->column, given->k, given->U, given->V, given->count, given->top, given->c, given->b,
        given->t1_parts);
}

int glove_value(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                const double *restrict b, const double *restrict c, const int64_t *restrict row,
                const int64_t *restrict column, const double *restrict count, double top, double *restrict value,
                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }
    const int64_t parts = gradc_parts(n, 9*k + 61, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct glove_value_rows0 given = {n, parts, tile_scratch, tile_bytes, row, m, column, k, U, V, count,
            top, c, b, t1_parts};
        gradc_run(parts, glove_value_team0, &given);
    } else {
        glove_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, row, m, column, k, U, V, count, top, c, b,
            t1_parts);
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}

size_t glove_forward_work(int64_t m, int64_t k, int64_t n)
{
    (void)m;
    (void)k;
    (void)n;
    return 0;
}

static GRADC_APART void glove_forward_rows0(int64_t part, int64_t n, int64_t parts, const int64_t *restrict row,
                                            int64_t m, const int64_t *restrict column, int64_t k,
                                            const double *restrict U, const double *restrict V, double *restrict t0,
                                            const double *restrict count, double top, const double *restrict c,
                                            const double *restrict b, double *restrict t1_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
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

struct glove_forward_rows0 {
    int64_t n;
    int64_t parts;
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

static GRADC_APART void glove_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct glove_forward_rows0 *const given = context;
    (void)thread;
    glove_forward_rows0(part, given->n, given->parts, given->row, given->m, given->column, given->k, given->U,
        given->V, given->t0, given->count, given->top, given->c, given->b, given->t1_parts);
}

int glove_forward(int64_t m, int64_t k, int64_t n, const double *restrict U, const double *restrict V,
                  const double *restrict b, const double *restrict c, const int64_t *restrict row,
                  const int64_t *restrict column, const double *restrict count, double top, double *restrict value,
                  double *restrict t0, void *restrict work)
{
    (void)work;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }
    const int64_t parts = gradc_parts(n, 9*k + 61, 0);
    double t1_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct glove_forward_rows0 given = {n, parts, row, m, column, k, U, V, t0, count, top, c, b, t1_parts};
        gradc_run(parts, glove_forward_team0, &given);
    } else {
        glove_forward_rows0(0, n, parts, row, m, column, k, U, V, t0, count, top, c, b, t1_parts);
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
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
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }

    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
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
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2[l:n] = t1 * minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m + column[l],
         *    column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]))) */
        /* t3[l:n] = t2[l] */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double count_l = count[l];
            const double v0 = count_l / top;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            const int64_t row_l = row[l];
            const int64_t v2 = row_l < 0 ? m + row_l : row_l;
            const double v3 = t1 * gradc_pow((v0 < 1.0 || v0 != v0) ? v0 : 1.0, 0.75) * (2.0 * (c[v1] + (b[v2]
                + t0[l]) - gradc_log(count_l)));
            t2[l - tile_begin] = v3;
            t3[l - tile_begin] = v3;
        }

        /* grad_U[:m, :k] = 0 grad_U += each[l:n, j:k](at[where_integer(row[l] < 0, m + row[l], row[l]),
         *    j](V[where_integer(column[l] < 0, m + column[l], column[l]), j] * t3[l])) */
        /* grad_V[:m, :k] = 0 grad_V += each[l:n, j:k](at[where_integer(column[l] < 0, m + column[l], column[l]),
         *    j](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * t3[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t column_l = column[l];
            const int64_t v0 = column_l < 0 ? m + column_l : column_l;
            const double t3_l = t3[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v1 = row_l < 0 ? m + row_l : row_l;
            for (int64_t j = 0; j < k; ++j) {
                grad_U[v1*k + j] += V[v0*k + j] * t3_l;
                grad_V[v0*k + j] += U[v1*k + j] * t3_l;
            }
        }

        /* grad_b[:m] = 0 grad_b += each[l:n](at[where_integer(row[l] < 0, m + row[l], row[l])](t2[l])) */
        /* grad_c[:m] = 0 grad_c += each[l:n](at[where_integer(column[l] < 0, m + column[l], column[l])](t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            grad_b[v0] += t2_l;
            grad_c[v1] += t2_l;
        }
    }
    return 0;
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
    double *const t3 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return 1;
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
            return 2;
        }
    }

    /* t2 = 1 / n */
    const double t2 = 1.0 / (double)n;
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
        /* t3[l:n] = t2 * minimum(1, count[l] / top) ** 0.75 * (2 * (c[where_integer(column[l] < 0, m + column[l],
         *    column[l])] + (b[where_integer(row[l] < 0, m + row[l], row[l])] + t0[l]) - log(count[l]))) */
        /* t4[l:n] = t3[l], in the place of t0 */
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
            const double v5 = t2 * v1 * (2.0 * v4);
            t1_sum += v1 * (v4 * v4);
            t3[l - tile_begin] = v5;
            t0[l - tile_begin] = v5;
        }
        gradc_add(&t1, &t1_low, t1_sum);

        /* grad_U[:m, :k] = 0 grad_U += each[l:n, j:k](at[where_integer(row[l] < 0, m + row[l], row[l]),
         *    j](V[where_integer(column[l] < 0, m + column[l], column[l]), j] * t4[l])) */
        /* grad_V[:m, :k] = 0 grad_V += each[l:n, j:k](at[where_integer(column[l] < 0, m + column[l], column[l]),
         *    j](U[where_integer(row[l] < 0, m + row[l], row[l]), j] * t4[l])) */
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

        /* grad_b[:m] = 0 grad_b += each[l:n](at[where_integer(row[l] < 0, m + row[l], row[l])](t3[l])) */
        /* grad_c[:m] = 0 grad_c += each[l:n](at[where_integer(column[l] < 0, m + column[l], column[l])](t3[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t3_l = t3[l - tile_begin];
            const int64_t row_l = row[l];
            const int64_t v0 = row_l < 0 ? m + row_l : row_l;
            const int64_t column_l = column[l];
            const int64_t v1 = column_l < 0 ? m + column_l : column_l;
            grad_b[v0] += t3_l;
            grad_c[v1] += t3_l;
        }
    }
    t1 = gradc_rounded(t1, t1_low);

    /* value = t1 / n */
    *value = t1 / (double)n;
    return 0;
}
