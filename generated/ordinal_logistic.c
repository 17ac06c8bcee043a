/* ordinal_logistic: the loss, and its derivatives.
 *
 *     def program(w: real[d], c: real[k], X: real[n, d], y: int64[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = 0.0
 *         t1[:k] = 0
 *         t1 += each[()](at[0](c[0]))
 *         t1 += each[i:k - 1](at[i + 1](exp(c[i + 1])))
 *         with scan[t:k](t1, t2_t=t0) as t2:
 *             t4 = t2_t + t1[t]
 *             return t4
 *         ends[:k + 2] = 0
 *         ends += each[()](at[0](-inf))
 *         ends += each[l:k](at[l + 1](t2[l + 1]))
 *         ends += each[()](at[k + 1](inf))
 *         t3 = sum[i:n](logaddexp(0, z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)]) + logaddexp(0, ends[where_integer(y[i] < 0, k + y[i] + 2, 
 *         value = t3 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * ordinal_logistic_value gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_forward gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_backward gives 1: y holds an index out of range for an axis of length k + 2
 * ordinal_logistic_value_and_grad gives 1: y holds an index out of range for an axis of length k + 2
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

#include "ordinal_logistic.h"

/* More bytes than this no work space has: half of what addresses reach. */
#define GRADC_MOST ((double)(SIZE_MAX / 2))

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The nearest place inside an axis. */
static inline int64_t gradc_clamp(int64_t place, int64_t extent)
{
    return place < 0 ? 0 : place >= extent ? extent - 1 : place;
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

/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? GRADC_TILE : bytes < 384 ? GRADC_TILE / 2 : bytes < 768 ? GRADC_TILE / 4 : GRADC_TILE / 8;
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

/* (exp(y) - 1) / 2 = 2^(k-1) (exp(r) - 1) + (2^(k-1) - 1/2), with k and r as in gradc_exp_sum; half of it, as that
 * overflows where cosh and sinh do, and twice half of that, as there is no 2^1024. For y from -50 to 710.6. */
GRADC_INLINE double gradc_half_expm1_within(double y)
{
    /* 1.5 * 2^52 + 1021 */
    const double t = y * 1.4426950408889634 + 6755399441056765.0;
    const double k = t - 6755399441056765.0;
    const double r = (y - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r
        + 2.480150457228083e-05) * r + 0.00019841269902955413) * r + 0.0013888888932253416) * r
        + 0.008333333333314638) * r + 0.04166666666657411) * r + 0.16666666666666685) * r
        + 0.5000000000000006;
    const double quarter = gradc_number(gradc_bits(t) << 52); /* 2^(k-2) */
    return 2.0 * ((r + r * r * p) * quarter + (quarter - 0.25));
}

/* (exp(x) - 1) / 2, for any x. */
GRADC_INLINE double gradc_half_expm1(double x)
{
    const double c = x < -50.0 ? -50.0 : x, y = c > 710.6 ? 710.6 : c;
    return gradc_half_expm1_within(y);
}

/* exp(x) - 1; x itself where it is that to the last bit, and for the sign of 0. */
GRADC_INLINE double gradc_expm1(double x)
{
    return fabs(x) < 1e-17 ? x : 2.0 * gradc_half_expm1(x);
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

/* log(1 + x) = k log(2) + log(1 + f), as gradc_log: k is that of the rounded sum, but f = 2^-k x + (2^-k - 1) has
 * no rounding that matters. Four times 2^-k is normal for every k. */
GRADC_INLINE double gradc_log1p(double x)
{
    const uint64_t e = (gradc_bits(1.0 + x) + 0x00095f6200000000) >> 52; /* k + 1023 */
    const double k = gradc_number(e | 0x4330000000000000) - 4503599627371519.0;
    const double scale = gradc_number((2048 - e) << 52);
    const double f = (x * scale) * 0.25 + (0.25 * scale - 1.0);
    const double y = k * 0.6931471803691238 + gradc_log1p_near(f, k * 1.9082149292705877e-10);
    const double w = fabs(x) < 1e-17 ? x : y;
    return x > -1.0 ? x < INFINITY ? w : x : x == -1.0 ? -INFINITY : NAN;
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

/* Vectors as wide as the machine's, through an extension that gcc and clang share; loads and stores need no alignment. */
#if defined(__AVX512F__)
#define GRADC_BYTES 64
#elif defined(__AVX__)
#define GRADC_BYTES 32
#else
#define GRADC_BYTES 16
#endif
#define GRADC_LANES ((int64_t)(GRADC_BYTES / sizeof(double)))

typedef double gradc_vector __attribute__((vector_size(GRADC_BYTES), aligned(sizeof(double)), may_alias));
typedef int64_t gradc_mask __attribute__((vector_size(GRADC_BYTES), aligned(sizeof(double)), may_alias));

/* z[j] += sum over i < rows of a[i, j] * x[i], a's rows contiguous: z stays in registers, a few vectors at a time. These rows
 * are in the cache; the ones that follow them are asked for meanwhile, so that memory is never idle. */
__attribute__((always_inline)) static inline void gradc_strip(
    const int wide, int64_t rows, const double *restrict a, int64_t a_row, const double *restrict x, int64_t x_step,
    double *restrict z, gradc_mask used)
{
    const uintptr_t ahead = (uintptr_t)a + (uintptr_t)(rows * a_row) * sizeof(double); /* perhaps past the array's end */
    gradc_vector even[6], odd[6];
    for (int v = 0; v < wide; ++v) {
        even[v] = odd[v] = (gradc_vector){0};
    }
    int64_t i = 0;
    for (; i + 2 <= rows; i += 2) {
        const double first = x[i * x_step], second = x[(i + 1) * x_step];
        for (int v = 0; v < wide; v += 64 / GRADC_BYTES) {
            __builtin_prefetch((const void *)(ahead + (uintptr_t)(i * a_row + v * GRADC_LANES) * sizeof(double)));
            __builtin_prefetch((const void *)(ahead + (uintptr_t)((i + 1) * a_row + v * GRADC_LANES) * sizeof(double)));
        }
        for (int v = 0; v < wide; ++v) {
            even[v] += first * *(const gradc_vector *)(a + i * a_row + v * GRADC_LANES);
            odd[v] += second * *(const gradc_vector *)(a + (i + 1) * a_row + v * GRADC_LANES);
        }
    }
    if (i < rows) {
        const double first = x[i * x_step];
        for (int v = 0; v < wide; ++v) {
            even[v] += first * *(const gradc_vector *)(a + i * a_row + v * GRADC_LANES);
        }
    }
    for (int v = 0; v < wide; ++v) {
        gradc_vector *place = (gradc_vector *)(z + v * GRADC_LANES);
        const gradc_vector more = even[v] + odd[v];
        *place += v + 1 == wide ? (gradc_vector)((gradc_mask)more & used) : more;
    }
}

static void gradc_combine(int64_t rows, int64_t columns, const double *restrict a, int64_t a_row,
                          const double *restrict x, int64_t x_step, double *restrict z)
{
    const int64_t last = columns - GRADC_LANES;
    gradc_mask all = {0};
    all = ~all;
    int64_t j = 0;
    for (; j + 6 * GRADC_LANES <= columns; j += 6 * GRADC_LANES) {
        gradc_strip(6, rows, a + j, a_row, x, x_step, z + j, all);
    }
    for (; j + 2 * GRADC_LANES <= columns; j += 2 * GRADC_LANES) {
        gradc_strip(2, rows, a + j, a_row, x, x_step, z + j, all);
    }
    for (; j + GRADC_LANES <= columns; j += GRADC_LANES) {
        gradc_strip(1, rows, a + j, a_row, x, x_step, z + j, all);
    }
    if (j < columns && last >= 0) { /* what overlaps is computed again, and masked out */
        for (int64_t k = 0; k < GRADC_LANES; ++k) {
            all[k] = last + k >= j ? -1 : 0;
        }
        gradc_strip(1, rows, a + last, a_row, x, x_step, z + last, all);
        return;
    }
    for (int64_t i = 0; i < rows; ++i) {
        for (int64_t k = j; k < columns; ++k) {
            z[k] += a[i * a_row + k] * x[i * x_step];
        }
    }
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

#if defined(__clang__) || __GNUC__ >= 12
#define GRADC_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define GRADC_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (gradc_mask){__VA_ARGS__})
#endif

/* The sum of a vector's lanes. Halves are added as vectors of their own: a lane written by its number costs a trip through
 * memory. */
static inline double gradc_total(gradc_vector sum)
{
    typedef double quarter __attribute__((vector_size(16)));
    quarter least;
#if GRADC_BYTES == 64
    typedef double half __attribute__((vector_size(32)));
    half low, high;
    __builtin_memcpy(&low, &sum, sizeof(half));
    __builtin_memcpy(&high, (const char *)&sum + sizeof(half), sizeof(half));
    low += high;
#else
    const gradc_vector low = sum;
#endif
    __builtin_memcpy(&least, &low, sizeof(quarter));
#if GRADC_BYTES > 16
    quarter more;
    __builtin_memcpy(&more, (const char *)&low + sizeof(quarter), sizeof(quarter));
    least += more;
#endif
    const int64_t few = 16 / sizeof(double);
    return few == 2 ? least[0] + least[1] : (least[0] + least[few / 2]) + (least[1] + least[few - 1]);
}

/* The sums of as many vectors as a vector has lanes, each in a lane of its own. Two vectors become one at a time: half of
 * its lanes are sums of neighbours in the one, half in the other. */
__attribute__((always_inline)) static inline gradc_vector gradc_totals(gradc_vector *sum)
{
#if GRADC_BYTES == 64
    for (int k = 0; k < 4; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 8, 2, 10, 4, 12, 6, 14)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int k = 0; k < 2; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 1, 8, 9, 4, 5, 12, 13)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int k = 0; k < 1; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 1, 2, 3, 8, 9, 10, 11)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#elif GRADC_BYTES == 32
    for (int k = 0; k < 2; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 4, 2, 6)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 1, 5, 3, 7);
    }
    for (int k = 0; k < 1; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 1, 4, 5)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 2, 3, 6, 7);
    }
#else
    for (int k = 0; k < 1; ++k) {
        sum[k] = GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 0, 2)
                 + GRADC_SHUFFLE(sum[2 * k], sum[2 * k + 1], 1, 3);
    }
#endif
    return sum[0];
}

/* sum[r] = what lane by lane adds up to the product of a's row r with x, for as many rows as are known where it is inlined.
 * The last vector of a row overlaps the one before it, and what that one has counted is masked out. */
__attribute__((always_inline)) static inline void gradc_terms(
    const int rows, int64_t depth, const double *restrict a, int64_t a_row, const double *restrict x, gradc_mask late,
    gradc_vector *sum)
{
    const int64_t whole = depth / GRADC_LANES * GRADC_LANES, last = depth - GRADC_LANES;
    for (int r = 0; r < rows; ++r) {
        sum[r] = (gradc_vector){0};
    }
    for (int64_t j = 0; j < whole; j += GRADC_LANES) {
        const gradc_vector v = *(const gradc_vector *)(x + j);
        for (int r = 0; r < rows; ++r) {
            sum[r] += *(const gradc_vector *)(a + r * a_row + j) * v;
        }
    }
    if (whole < depth) {
        const gradc_vector v = *(const gradc_vector *)(x + last);
        for (int r = 0; r < rows; ++r) {
            const gradc_vector term = *(const gradc_vector *)(a + r * a_row + last) * v;
            sum[r] += (gradc_vector)((gradc_mask)term & late);
        }
    }
}

/* z[r] (+)= total[r]. */
static inline void gradc_keep(gradc_vector total, double *restrict z, int64_t z_row, int add)
{
    if (z_row == 1) {
        gradc_vector *place = (gradc_vector *)z;
        if (add) {
            total += *place;
        }
        *place = total;
        return;
    }
    for (int64_t r = 0; r < GRADC_LANES; ++r) {
        z[r * z_row] = (add ? z[r * z_row] : 0) + total[r];
    }
}

/* z[i] (+)= sum over j < depth of a[i, j] * x[j], a's rows contiguous: as many rows at a time as a vector has lanes, so that
 * x is loaded once for them and their sums end up in one vector. */
static void gradc_dots(int64_t rows, int64_t depth, const double *restrict a, int64_t a_row,
                       const double *restrict x, double *restrict z, int64_t z_row, int add)
{
    int64_t i = 0;
    gradc_vector sum[GRADC_LANES];
    if (depth >= GRADC_LANES) {
        gradc_mask late = {0};
        for (int64_t j = 0; j < GRADC_LANES; ++j) {
            late[j] = j >= GRADC_LANES - depth % GRADC_LANES ? -1 : 0;
        }
        for (; i + GRADC_LANES <= rows; i += GRADC_LANES) {
            gradc_terms(GRADC_LANES, depth, a + i * a_row, a_row, x, late, sum);
            gradc_keep(gradc_totals(sum), z + i * z_row, z_row, add);
        }
        for (; i < rows; ++i) {
            gradc_terms(1, depth, a + i * a_row, a_row, x, late, sum);
            z[i * z_row] = (add ? z[i * z_row] : 0) + gradc_total(sum[0]);
        }
    } else { /* rows are read with what follows them, as long as that is a row */
        double padded[GRADC_BYTES / sizeof(double)] = {0};
        gradc_mask there = {0};
        for (int64_t j = 0; j < depth; ++j) {
            padded[j] = x[j];
            there[j] = -1;
        }
        const gradc_vector factor = *(const gradc_vector *)padded;
        for (; (i + GRADC_LANES - 1) * a_row + GRADC_LANES <= (rows - 1) * a_row + depth; i += GRADC_LANES) {
            for (int r = 0; r < GRADC_LANES; ++r) {
                const gradc_vector term = *(const gradc_vector *)(a + (i + r) * a_row) * factor;
                sum[r] = (gradc_vector)((gradc_mask)term & there);
            }
            gradc_keep(gradc_totals(sum), z + i * z_row, z_row, add);
        }
    }
    for (; i < rows; ++i) {
        double sum = 0;
        for (int64_t j = 0; j < depth; ++j) {
            sum += a[i * a_row + j] * x[j];
        }
        z[i * z_row] = (add ? z[i * z_row] : 0) + sum;
    }
}

size_t ordinal_logistic_value_work(int64_t n, int64_t d, int64_t k)
{
    if (24.0*k + 16408.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 2, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 189, 0) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void ordinal_logistic_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                     unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                     int64_t d, const double *restrict X, const double *restrict w,
                                                     const int64_t *restrict y, int64_t k, double *restrict ends,
                                                     double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const z = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

        /* t3 = sum[i:n](let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
         *    ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s2 := ends[where_integer(y[i] < 0, k + y[i]
         *    + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p_unit(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s1)))) - where(-0.6931471805599453 < s2, log(-expm1(s2)),
         *    log1p(-exp(s2))))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            const double ends_here = ends[v0];
            const double v1 = z_i - ends_here;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v1)));
            const int64_t v3 = y_i < 0 ? k + y_i + 2 : y_i;
            const double ends_here_ = ends[v3];
            const double v4 = ends_here_ - z_i;
            const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v4)));
            const double v6 = ends_here_ - ends_here;
            const double v7 = v2 + v5 - (-0.6931471805599453 < v6 ? gradc_log(-gradc_expm1(v6))
                : gradc_log1p(-gradc_exp(v6)));
            t3_part_sum += v7;
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct ordinal_logistic_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const double *X;
    const double *w;
    const int64_t *y;
    int64_t k;
    double *ends;
    double *t3_parts;
};

static GRADC_APART void ordinal_logistic_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct ordinal_logistic_value_rows0 *const given = context;
    ordinal_logistic_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->d, given->X, given->w, given->y, given->k, given->ends, given->t3_parts);
}

int ordinal_logistic_value(int64_t n, int64_t d, int64_t k, const double *restrict w, const double *restrict c,
                           const double *restrict X, const int64_t *restrict y, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const ends = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t1[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* t0 = 0.0 */
    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    const double t0 = 0.0;
    if (0 >= 0 && 0 < k) {
        t1[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    ends[0] += -INFINITY;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += INFINITY;

    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = 0; i < k - 1; ++i) {
        t1[i + 1] += gradc_exp(c[i + 1]);
    }

    /* with scan[t:k](t1, t2_t=t0) as t2: t4 = t2_t + t1[t] return t4 */
    t2[0] = t0;
    for (int64_t t = 0; t < k; ++t) {
        const double t2_now = t2[t];

        /* t0 = carry0 + captured0[t] */
        const double t0_ = t2_now + ((k > 0) ? t1[gradc_clamp(t, k)] : 0);
        t2[t + 1] = t0_;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    const int64_t parts = gradc_parts(n, 3*d + 189, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct ordinal_logistic_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, X, w, y, k, ends,
            t3_parts};
        gradc_run(parts, ordinal_logistic_value_team0, &given);
    } else {
        ordinal_logistic_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, d, X, w, y, k, ends, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    return 0;
}

size_t ordinal_logistic_forward_work(int64_t n, int64_t d, int64_t k)
{
    (void)n;
    (void)d;
    if (16.0*k + 16.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 2, sizeof(double));
}

static GRADC_APART void ordinal_logistic_forward_rows0(int64_t part, int64_t n, int64_t parts, double *restrict z,
                                                       const int64_t *restrict y, int64_t k, double *restrict ends,
                                                       double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t3 = sum[i:n](let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
         *    ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s2 := ends[where_integer(y[i] < 0, k + y[i]
         *    + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p_unit(exp(-abs(s0)))) + where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s1)))) - where(-0.6931471805599453 < s2, log(-expm1(s2)),
         *    log1p(-exp(s2))))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            const double ends_here = ends[v0];
            const double v1 = z_i - ends_here;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v1)));
            const int64_t v3 = y_i < 0 ? k + y_i + 2 : y_i;
            const double ends_here_ = ends[v3];
            const double v4 = ends_here_ - z_i;
            const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v4)));
            const double v6 = ends_here_ - ends_here;
            const double v7 = v2 + v5 - (-0.6931471805599453 < v6 ? gradc_log(-gradc_expm1(v6))
                : gradc_log1p(-gradc_exp(v6)));
            t3_part_sum += v7;
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct ordinal_logistic_forward_rows0 {
    int64_t n;
    int64_t parts;
    double *z;
    const int64_t *y;
    int64_t k;
    double *ends;
    double *t3_parts;
};

static GRADC_APART void ordinal_logistic_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct ordinal_logistic_forward_rows0 *const given = context;
    (void)thread;
    ordinal_logistic_forward_rows0(part, given->n, given->parts, given->z, given->y, given->k, given->ends,
        given->t3_parts);
}

int ordinal_logistic_forward(int64_t n, int64_t d, int64_t k, const double *restrict w, const double *restrict c,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict z, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const ends = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t1[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* t0 = 0.0 */
    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    const double t0 = 0.0;
    if (0 >= 0 && 0 < k) {
        t1[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    ends[0] += -INFINITY;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += INFINITY;
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);

    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = 0; i < k - 1; ++i) {
        t1[i + 1] += gradc_exp(c[i + 1]);
    }

    /* with scan[t:k](t1, t2_t=t0) as t2: t4 = t2_t + t1[t] return t4 */
    t2[0] = t0;
    for (int64_t t = 0; t < k; ++t) {
        const double t2_now = t2[t];

        /* t0 = carry0 + captured0[t] */
        const double t0_ = t2_now + ((k > 0) ? t1[gradc_clamp(t, k)] : 0);
        t2[t + 1] = t0_;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    const int64_t parts = gradc_parts(n, 189, 0);
    double t3_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct ordinal_logistic_forward_rows0 given = {n, parts, z, y, k, ends, t3_parts};
        gradc_run(parts, ordinal_logistic_forward_team0, &given);
    } else {
        ordinal_logistic_forward_rows0(0, n, parts, z, y, k, ends, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n */
    *value = t3 / (double)n;
    return 0;
}

size_t ordinal_logistic_backward_work(int64_t n, int64_t d, int64_t k)
{
    (void)n;
    (void)d;
    if (48.0*k + 3120.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(k + 1, sizeof(double))
        + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double));
}

static GRADC_APART void ordinal_logistic_backward_rows0(int64_t part, int64_t k, int64_t parts, double *restrict t7,
                                                        double *restrict t6, const double *restrict c)
{
    const int64_t part_begin = gradc_cut(k - 1, parts, part);
    const int64_t part_end = gradc_cut(k - 1, parts, part + 1);

    /* t7[:k] = 0 t7 += each[i:k - 1](at[i + 1](t6[k - i - 2] * exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        t7[i + 1] = t6[k - i - 2] * gradc_exp(c[i + 1]);
    }
}

struct ordinal_logistic_backward_rows0 {
    int64_t k;
    int64_t parts;
    double *t7;
    double *t6;
    const double *c;
};

static GRADC_APART void ordinal_logistic_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct ordinal_logistic_backward_rows0 *const given = context;
    (void)thread;
    ordinal_logistic_backward_rows0(part, given->k, given->parts, given->t7, given->t6, given->c);
}

int ordinal_logistic_backward(int64_t n, int64_t d, int64_t k, const double *restrict w, const double *restrict c,
                              const double *restrict X, const int64_t *restrict y, const double *restrict z,
                              const double *restrict t2, double cotangent, double *restrict grad_w,
                              double *restrict grad_c, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const ends = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const z_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t8 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    /* t0 = cotangent / n */
    ends[0] += -INFINITY;
    const double t0 = cotangent / (double)n;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += INFINITY;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends_bar[at] = 0.0;
    }
    {
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* z_bar[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    exp(-abs(s0)), s2 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s3 :=
             *    exp(-abs(s2)), where(-inf == s0, 0, t0 * (where(0 <= s0, 1, s1) / (1 + s1))) + where(-inf == s2,
             *    0, -(t0 * (where(0 <= s2, 1, s3) / (1 + s3))))) */
            /* t1[i:n] = let(s0 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s1 := exp(-abs(s0)),
             *    t0 / expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0,
             *    k + y[i] + 3, y[i] + 1)])) + where(-inf == s0, 0, t0 * (where(0 <= s0, 1, s1) / (1 + s1)))) */
            /* t3[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    exp(-abs(s0)), where(-inf == s0, 0, -(t0 * (where(0 <= s0, 1, s1) / (1 + s1)))) - t0 /
             *    expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k +
             *    y[i] + 3, y[i] + 1)]))) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double z_i = z[i];
                const int64_t y_i = y[i];
                const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                const double ends_here = ends[v0];
                const double v1 = z_i - ends_here;
                const int v2 = -INFINITY == v1;
                const double v3 = gradc_exp(-fabs(v1));
                const double v4 = t0 * ((0.0 <= v1 ? 1.0 : v3) / (1.0 + v3));
                const int64_t v5 = y_i < 0 ? k + y_i + 2 : y_i;
                const double ends_here_ = ends[v5];
                const double v6 = ends_here_ - z_i;
                const int v7 = -INFINITY == v6;
                const double v8 = gradc_exp(-fabs(v6));
                const double v9 = t0 * ((0.0 <= v6 ? 1.0 : v8) / (1.0 + v8));
                const double v10 = t0 / gradc_expm1(-(ends_here_ - ends_here));
                z_bar[i - tile_begin] = (v2 ? 0.0 : v4) + (v7 ? 0.0 : -v9);
                t1[i - tile_begin] = v10 + (v7 ? 0.0 : v9);
                t3[i - tile_begin] = (v2 ? 0.0 : -v4) - v10;
            }

            /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
            gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z_bar, 1, grad_w);

            /* ends_bar[:k + 2] = 0 ends_bar += each[i:n](at[where_integer(y[i] < 0, k + y[i] + 2, y[i])](t1[i]),
             *    at[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)](t3[i])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
                const int64_t v1 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                ends_bar[v0] += t1[i - tile_begin];
                ends_bar[v1] += t3[i - tile_begin];
            }
        }
    }
    t4[0] = 0.0;

    /* t4[:k + 1] = 0 t4 += each[l:k](at[l + 1](ends_bar[l + 1])) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        t4[l + 1] = ends_bar[l + 1];
    }

    /* t5 = t4[k] */
    const double t5 = t4[k];

    /* with scan[t:k](t4, t6_t=t5) as t6: t9 = t6_t + t4[k - t - 1] return t9 */
    t6[0] = t5;
    for (int64_t t = 0; t < k; ++t) {
        const double t6_now = t6[t];

        /* t0 = carry0 + captured0[k - t - 1] */
        const double t0_ = t6_now + t4[gradc_clamp(k - t - 1, k + 1)];
        t6[t + 1] = t0_;
    }
    for (int64_t at = 0; at < k; ++at) {
        t8[at] = 0.0;
    }

    /* t8[:k] = 0 t8 += each[()](at[0](t6[k - 1])) */
    if (0 >= 0 && 0 < k) {
        t8[0] += t6[gradc_clamp(k - 1, k + 1)];
    }
    t7[0] = 0.0;
    const int64_t parts = gradc_parts(k - 1, 23, 0);
    if (parts > 1) {
        const struct ordinal_logistic_backward_rows0 given = {k, parts, t7, t6, c};
        gradc_run(parts, ordinal_logistic_backward_team0, &given);
    } else {
        ordinal_logistic_backward_rows0(0, k, parts, t7, t6, c);
    }

    /* grad_c[l:k] = t8[l] + t7[l] */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        grad_c[l] = t7[l] + t8[l];
    }
    return 0;
}

size_t ordinal_logistic_value_and_grad_work(int64_t n, int64_t d, int64_t k)
{
    (void)n;
    (void)d;
    if (64.0*k + 3128.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k + 1, sizeof(double))
        + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(k + 2, sizeof(double)) + gradc_bytes(k + 1, sizeof(double)) + gradc_bytes(k + 1,
        sizeof(double)) + gradc_bytes(k, sizeof(double)) + gradc_bytes(k, sizeof(double));
}

static GRADC_APART void ordinal_logistic_value_and_grad_rows0(int64_t part, int64_t k, int64_t parts,
                                                              double *restrict t11, double *restrict t9,
                                                              const double *restrict c)
{
    const int64_t part_begin = gradc_cut(k - 1, parts, part);
    const int64_t part_end = gradc_cut(k - 1, parts, part + 1);

    /* t11[:k] = 0 t11 += each[i:k - 1](at[i + 1](t9[k - i - 2] * exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        t11[i + 1] = t9[k - i - 2] * gradc_exp(c[i + 1]);
    }
}

struct ordinal_logistic_value_and_grad_rows0 {
    int64_t k;
    int64_t parts;
    double *t11;
    double *t9;
    const double *c;
};

static GRADC_APART void ordinal_logistic_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct ordinal_logistic_value_and_grad_rows0 *const given = context;
    (void)thread;
    ordinal_logistic_value_and_grad_rows0(part, given->k, given->parts, given->t11, given->t9, given->c);
}

int ordinal_logistic_value_and_grad(int64_t n, int64_t d, int64_t k, const double *restrict w,
                                    const double *restrict c, const double *restrict X, const int64_t *restrict y,
                                    double *restrict value, double *restrict grad_w, double *restrict grad_c,
                                    void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const ends = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const ends_bar = (void *)scratch;
    scratch += gradc_bytes(k + 2, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(k + 1, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t11 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t y_i = y[i];
            const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
            outside |= (v0 < 0) | (v0 >= k + 2);
        }
        if (outside != 0) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k; ++at) {
        t1[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends[at] = 0.0;
    }

    /* t0 = 0.0 */
    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    /* t4 = 1 / n */
    const double t0 = 0.0;
    if (0 >= 0 && 0 < k) {
        t1[0] += (k > 0) ? c[gradc_clamp(0, k)] : 0;
    }
    ends[0] += -INFINITY;
    const double t4 = 1.0 / (double)n;

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    ends[k + 1] += INFINITY;

    /* t1[:k] = 0 t1 += each[()](at[0](c[0])) t1 += each[i:k - 1](at[i + 1](exp(c[i + 1]))) */
    GRADC_SIMD()
    for (int64_t i = 0; i < k - 1; ++i) {
        t1[i + 1] += gradc_exp(c[i + 1]);
    }

    /* with scan[t:k](t1, t2_t=t0) as t2: t12 = t2_t + t1[t] return t12 */
    t2[0] = t0;
    for (int64_t t = 0; t < k; ++t) {
        const double t2_now = t2[t];

        /* t0 = carry0 + captured0[t] */
        const double t0_ = t2_now + ((k > 0) ? t1[gradc_clamp(t, k)] : 0);
        t2[t + 1] = t0_;
    }

    /* ends[:k + 2] = 0 ends += each[()](at[0](-inf)) ends += each[l:k](at[l + 1](t2[l + 1])) ends += each[()](at[k
     *    + 1](inf)) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        ends[l + 1] += t2[l + 1];
    }
    double t3 = 0.0;
    double t3_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t at = 0; at < k + 2; ++at) {
        ends_bar[at] = 0.0;
    }
    {
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
            gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, z, 1, 0);

            /* t3 = sum[i:n](let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s2 := ends[where_integer(y[i] < 0, k +
             *    y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], where(0 == s0,
             *    0.6931471805599453, maximum(0, s0) + log1p_unit(exp(-abs(s0)))) + where(0 == s1,
             *    0.6931471805599453, maximum(0, s1) + log1p_unit(exp(-abs(s1)))) - where(-0.6931471805599453 < s2,
             *    log(-expm1(s2)), log1p(-exp(s2))))) */
            /* z_bar[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    exp(-abs(s0)), s2 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s3 :=
             *    exp(-abs(s2)), where(-inf == s0, 0, t4 * (where(0 <= s0, 1, s1) / (1 + s1))) + where(-inf == s2,
             *    0, -(t4 * (where(0 <= s2, 1, s3) / (1 + s3))))), in the place of z */
            /* t5[i:n] = let(s0 := ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - z[i], s1 := exp(-abs(s0)),
             *    t4 / expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0,
             *    k + y[i] + 3, y[i] + 1)])) + where(-inf == s0, 0, t4 * (where(0 <= s0, 1, s1) / (1 + s1)))) */
            /* t6[i:n] = let(s0 := z[i] - ends[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)], s1 :=
             *    exp(-abs(s0)), where(-inf == s0, 0, -(t4 * (where(0 <= s0, 1, s1) / (1 + s1)))) - t4 /
             *    expm1(-(ends[where_integer(y[i] < 0, k + y[i] + 2, y[i])] - ends[where_integer(y[i] + 1 < 0, k +
             *    y[i] + 3, y[i] + 1)]))) */
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double z_i = z[i - tile_begin];
                const int64_t y_i = y[i];
                const int64_t v0 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                const double ends_here = ends[v0];
                const double v1 = z_i - ends_here;
                const double v2 = gradc_exp(-fabs(v1));
                const int64_t v3 = y_i < 0 ? k + y_i + 2 : y_i;
                const double ends_here_ = ends[v3];
                const double v4 = ends_here_ - z_i;
                const double v5 = gradc_exp(-fabs(v4));
                const double v6 = (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                    + gradc_log1p_unit(v2)) + (0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0)
                    + gradc_log1p_unit(v5));
                const double v7 = ends_here_ - ends_here;
                const int v8 = -INFINITY == v1;
                const double v9 = t4 * ((0.0 <= v1 ? 1.0 : v2) / (1.0 + v2));
                const int v10 = -INFINITY == v4;
                const double v11 = t4 * ((0.0 <= v4 ? 1.0 : v5) / (1.0 + v5));
                const double v12 = t4 / gradc_expm1(-v7);
                t3_sum += v6 - (-0.6931471805599453 < v7 ? gradc_log(-gradc_expm1(v7)) : gradc_log1p(-gradc_exp(v7)));
                z[i - tile_begin] = (v8 ? 0.0 : v9) + (v10 ? 0.0 : -v11);
                t5[i - tile_begin] = v12 + (v10 ? 0.0 : v11);
                t6[i - tile_begin] = (v8 ? 0.0 : -v9) - v12;
            }
            gradc_add(&t3, &t3_low, t3_sum);

            /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
            gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z, 1, grad_w);

            /* ends_bar[:k + 2] = 0 ends_bar += each[i:n](at[where_integer(y[i] < 0, k + y[i] + 2, y[i])](t5[i]),
             *    at[where_integer(y[i] + 1 < 0, k + y[i] + 3, y[i] + 1)](t6[i])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                const int64_t v0 = y_i < 0 ? k + y_i + 2 : y_i;
                const int64_t v1 = y_i + 1 < 0 ? k + y_i + 3 : y_i + 1;
                ends_bar[v0] += t5[i - tile_begin];
                ends_bar[v1] += t6[i - tile_begin];
            }
        }
    }
    t3 = gradc_rounded(t3, t3_low);
    t7[0] = 0.0;

    /* t7[:k + 1] = 0 t7 += each[l:k](at[l + 1](ends_bar[l + 1])) */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        t7[l + 1] = ends_bar[l + 1];
    }

    /* value = t3 / n */
    /* t8 = t7[k] */
    *value = t3 / (double)n;
    const double t8 = t7[k];

    /* with scan[t:k](t7, t9_t=t8) as t9: t12 = t9_t + t7[k - t - 1] return t12 */
    t9[0] = t8;
    for (int64_t t = 0; t < k; ++t) {
        const double t9_now = t9[t];

        /* t0 = carry0 + captured0[k - t - 1] */
        const double t0_ = t9_now + t7[gradc_clamp(k - t - 1, k + 1)];
        t9[t + 1] = t0_;
    }
    for (int64_t at = 0; at < k; ++at) {
        t10[at] = 0.0;
    }

    /* t10[:k] = 0 t10 += each[()](at[0](t9[k - 1])) */
    if (0 >= 0 && 0 < k) {
        t10[0] += t9[gradc_clamp(k - 1, k + 1)];
    }
    t11[0] = 0.0;
    const int64_t parts = gradc_parts(k - 1, 23, 0);
    if (parts > 1) {
        const struct ordinal_logistic_value_and_grad_rows0 given = {k, parts, t11, t9, c};
        gradc_run(parts, ordinal_logistic_value_and_grad_team0, &given);
    } else {
        ordinal_logistic_value_and_grad_rows0(0, k, parts, t11, t9, c);
    }

    /* grad_c[l:k] = t10[l] + t11[l] */
    GRADC_SIMD()
    for (int64_t l = 0; l < k; ++l) {
        grad_c[l] = t11[l] + t10[l];
    }
    return 0;
}
