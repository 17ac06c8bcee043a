/* cox_sorted: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], event: real[n], last: int64[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         top = max[i:n](z[i])
 *         t0 = 0.0
 *         t1[i:n] = exp(z[i] - top)
 *         with scan[t:n](t1, t2_t=t0) as t2:
 *             t5 = t2_t + t1[t]
 *             return t5
 *         t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i]))
 *         t4 = sum[i:n](event[i])
 *         value = t3 / t4
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * cox_sorted_value gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_forward gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_backward gives 1: last holds an index out of range for an axis of length n + 1
 * cox_sorted_value_and_grad gives 1: last holds an index out of range for an axis of length n + 1
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

#include "cox_sorted.h"

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

size_t cox_sorted_value_work(int64_t n, int64_t d)
{
    (void)d;
    if (24.0*n + 8.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n + 1, sizeof(double));
}

static GRADC_APART void cox_sorted_value_rows0(int64_t part, int64_t n, int64_t parts, int64_t d,
                                               const double *restrict X, const double *restrict w, double *restrict z,
                                               const double *restrict event, double *restrict top_parts,
                                               double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double top_part = -INFINITY;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &z[tile_begin], 1, 0);

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_part_max = -INFINITY;
        double t4_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_part_max = (top_part_max >= z_i || top_part_max != top_part_max) ? top_part_max : z_i;
            t4_part_sum += event[i];
        }
        top_part = (top_part >= top_part_max || top_part != top_part) ? top_part : top_part_max;
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    top_parts[part] = top_part;
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct cox_sorted_value_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const double *X;
    const double *w;
    double *z;
    const double *event;
    double *top_parts;
    double *t4_parts;
};

static GRADC_APART void cox_sorted_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_rows0 *const given = context;
    (void)thread;
    cox_sorted_value_rows0(part, given->n, given->parts, given->d, given->X, given->w, given->z, given->event,
        given->top_parts, given->t4_parts);
}

static GRADC_APART void cox_sorted_value_rows1(int64_t part, int64_t n, int64_t parts, double *restrict t1,
                                               double *restrict z, double top)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);

    /* t1[i:n] = exp(z[i] - top) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        t1[i] = gradc_exp(z[i] - top);
    }
}

struct cox_sorted_value_rows1 {
    int64_t n;
    int64_t parts;
    double *t1;
    double *z;
    double top;
};

static GRADC_APART void cox_sorted_value_team1(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_rows1 *const given = context;
    (void)thread;
    cox_sorted_value_rows1(part, given->n, given->parts, given->t1, given->z, given->top);
}

static GRADC_APART void cox_sorted_value_rows2(int64_t part, int64_t n, int64_t parts, const int64_t *restrict last,
                                               const double *restrict event, double top, double *restrict t2,
                                               double *restrict z, double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3_part_sum += event[i] * (top + gradc_log(t2[v0 + 1]) - z[i]);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct cox_sorted_value_rows2 {
    int64_t n;
    int64_t parts;
    const int64_t *last;
    const double *event;
    double top;
    double *t2;
    double *z;
    double *t3_parts;
};

static GRADC_APART void cox_sorted_value_team2(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_rows2 *const given = context;
    (void)thread;
    cox_sorted_value_rows2(part, given->n, given->parts, given->last, given->event, given->top, given->t2, given->z,
        given->t3_parts);
}

int cox_sorted_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict event, const int64_t *restrict last, double *restrict value,
                     void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    const int64_t parts = gradc_parts(n, 3*d + 2, 0);
    double top_parts[GRADC_PARTS];
    double t4_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct cox_sorted_value_rows0 given = {n, parts, d, X, w, z, event, top_parts, t4_parts};
        gradc_run(parts, cox_sorted_value_team0, &given);
    } else {
        cox_sorted_value_rows0(0, n, parts, d, X, w, z, event, top_parts, t4_parts);
    }
    double top = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        top = (top >= top_parts[part] || top != top) ? top : top_parts[part];
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    const int64_t parts_ = gradc_parts(n, 23, 0);
    if (parts_ > 1) {
        const struct cox_sorted_value_rows1 given = {n, parts_, t1, z, top};
        gradc_run(parts_, cox_sorted_value_team1, &given);
    } else {
        cox_sorted_value_rows1(0, n, parts_, t1, z, top);
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t5 = t2_t + t1[t] return t5 */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        const double t2_now = t2[t];

        /* t0 = carry0 + captured0[t] */
        const double t0_ = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t0_;
    }
    const int64_t parts_2 = gradc_parts(n, 30, 0);
    double t3_parts[GRADC_PARTS];
    if (parts_2 > 1) {
        const struct cox_sorted_value_rows2 given = {n, parts_2, last, event, top, t2, z, t3_parts};
        gradc_run(parts_2, cox_sorted_value_team2, &given);
    } else {
        cox_sorted_value_rows2(0, n, parts_2, last, event, top, t2, z, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / t4 */
    *value = t3 / t4;
    return 0;
}

size_t cox_sorted_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

static GRADC_APART void cox_sorted_forward_rows0(int64_t part, int64_t n, int64_t parts, double *restrict t1,
                                                 double *restrict z, double top)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);

    /* t1[i:n] = exp(z[i] - top) */
    GRADC_SIMD()
    for (int64_t i = part_begin; i < part_end; ++i) {
        t1[i] = gradc_exp(z[i] - top);
    }
}

struct cox_sorted_forward_rows0 {
    int64_t n;
    int64_t parts;
    double *t1;
    double *z;
    double top;
};

static GRADC_APART void cox_sorted_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_forward_rows0 *const given = context;
    (void)thread;
    cox_sorted_forward_rows0(part, given->n, given->parts, given->t1, given->z, given->top);
}

static GRADC_APART void cox_sorted_forward_rows1(int64_t part, int64_t n, int64_t parts, const int64_t *restrict last,
                                                 const double *restrict event, double top, double *restrict t2,
                                                 double *restrict z, double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3_part_sum += event[i] * (top + gradc_log(t2[v0 + 1]) - z[i]);
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct cox_sorted_forward_rows1 {
    int64_t n;
    int64_t parts;
    const int64_t *last;
    const double *event;
    double top;
    double *t2;
    double *z;
    double *t3_parts;
};

static GRADC_APART void cox_sorted_forward_team1(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_forward_rows1 *const given = context;
    (void)thread;
    cox_sorted_forward_rows1(part, given->n, given->parts, given->last, given->event, given->top, given->t2,
        given->z, given->t3_parts);
}

int cox_sorted_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict event, const int64_t *restrict last, double *restrict value,
                       double *restrict z, double *restrict top, double *restrict t1, double *restrict t2,
                       double *restrict t4, void *restrict work)
{
    (void)work;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);
    double top_ = -INFINITY;
    double t4_ = 0.0;
    double t4_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_max = -INFINITY;
        double t4_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_max = (top_max >= z_i || top_max != top_max) ? top_max : z_i;
            t4_sum += event[i];
        }
        top_ = (top_ >= top_max || top_ != top_) ? top_ : top_max;
        gradc_add(&t4_, &t4_low, t4_sum);
    }
    t4_ = gradc_rounded(t4_, t4_low);
    const int64_t parts = gradc_parts(n, 23, 0);
    if (parts > 1) {
        const struct cox_sorted_forward_rows0 given = {n, parts, t1, z, top_};
        gradc_run(parts, cox_sorted_forward_team0, &given);
    } else {
        cox_sorted_forward_rows0(0, n, parts, t1, z, top_);
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t5 = t2_t + t1[t] return t5 */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        const double t2_now = t2[t];

        /* t0 = carry0 + captured0[t] */
        const double t0_ = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t0_;
    }
    const int64_t parts_ = gradc_parts(n, 30, 0);
    double t3_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct cox_sorted_forward_rows1 given = {n, parts_, last, event, top_, t2, z, t3_parts};
        gradc_run(parts_, cox_sorted_forward_team1, &given);
    } else {
        cox_sorted_forward_rows1(0, n, parts_, last, event, top_, t2, z, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / t4 */
    *value = t3 / t4_;
    *top = top_;
    *t4 = t4_;
    return 0;
}

size_t cox_sorted_backward_work(int64_t n, int64_t d)
{
    if (128.0*d + 16.0*n + 16400.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 21,
        d) * (gradc_bytes(d, sizeof(double))) + (size_t)gradc_parts(n, 3*d + 21, d) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void cox_sorted_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                  unsigned char *restrict part_scratch, size_t part_bytes,
                                                  double *restrict grad_w, int64_t d,
                                                  unsigned char *restrict tile_scratch, size_t tile_bytes, double t4,
                                                  double t0, double t7, double t8, const double *restrict t1,
                                                  double *restrict t6, const double *restrict event, double top,
                                                  const double *restrict z, const double *restrict X)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t9 = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z_bar[i:n] = where(top == z[i], (t4 * t0 - t7) / t8, 0) */
        /* t9[i:n] = z_bar[i] + (t1[i] * t6[n - i - 1] - t0 * event[i]) */
        const double v0 = (t4 * t0 - t7) / t8;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9[i - tile_begin] = t1[i] * t6[n - i - 1] - t0 * event[i] + (top == z[i] ? v0 : 0.0);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * t9[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t9, 1, grad_w_part);
    }
}

struct cox_sorted_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double t4;
    double t0;
    double t7;
    double t8;
    const double *t1;
    double *t6;
    const double *event;
    double top;
    const double *z;
    const double *X;
};

static GRADC_APART void cox_sorted_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_backward_rows0 *const given = context;
    cox_sorted_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_w, given->d, given->tile_scratch, given->tile_bytes, given->t4, given->t0, given->t7, given->t8,
        given->t1, given->t6, given->event, given->top, given->z, given->X);
}

int cox_sorted_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                        const double *restrict event, const int64_t *restrict last, const double *restrict z,
                        double top, const double *restrict t1, const double *restrict t2, double t4, double cotangent,
                        double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 21, d) * (gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t0 = cotangent / t4 */
    const double t0 = cotangent / t4;
    for (int64_t at = 0; at < n + 1; ++at) {
        t3[at] = 0.0;
    }
    double t8 = 0.0;
    double t8_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t3[:n + 1] = 0 t3 += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0 + 1](t0
         *    * event[i] / t2[s0 + 1]))) */
        /* t8 = sum[i:n](where(top == z[i], 1, 0)) */
        double t8_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3[v0 + 1] += t0 * event[i] / t2[v0 + 1];
            t8_sum += top == z[i] ? 1.0 : 0.0;
        }
        gradc_add(&t8, &t8_low, t8_sum);
    }
    t8 = gradc_rounded(t8, t8_low);

    /* t5 = t3[n] */
    const double t5 = t3[n];

    /* with scan[t:n](t3, t6_t=t5) as t6: t10 = t6_t + t3[n - t - 1] return t10 */
    t6[0] = t5;
    for (int64_t t = 0; t < n; ++t) {
        const double t6_now = t6[t];

        /* t0 = carry0 + captured0[n - t - 1] */
        const double t0_ = t6_now + t3[gradc_clamp(n - t - 1, n + 1)];
        t6[t + 1] = t0_;
    }
    double t7 = 0.0;
    double t7_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t7 = sum[i:n](t1[i] * t6[n - i - 1]) */
        double t7_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t7_sum += t1[i] * t6[n - i - 1];
        }
        gradc_add(&t7, &t7_low, t7_sum);
    }
    t7 = gradc_rounded(t7, t7_low);
    const int64_t parts = gradc_parts(n, 3*d + 21, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct cox_sorted_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, t4, t0, t7, t8, t1, t6, event, top, z, X};
        gradc_run(parts, cox_sorted_backward_team0, &given);
    } else {
        cox_sorted_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch, tile_bytes, t4,
            t0, t7, t8, t1, t6, event, top, z, X);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    return 0;
}

size_t cox_sorted_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*d + 40.0*n + 16408.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n + 1, sizeof(double))
        + gradc_bytes(n + 1, sizeof(double)) + gradc_bytes(n + 1, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 21,
        d) * (gradc_bytes(d, sizeof(double))) + (size_t)gradc_parts(n, 3*d + 21, d) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void cox_sorted_value_and_grad_rows0(int64_t part, int64_t n, int64_t parts, int64_t d,
                                                        const double *restrict X, const double *restrict w,
                                                        double *restrict z, const double *restrict event,
                                                        double *restrict top_parts, double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double top_part = -INFINITY;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &z[tile_begin], 1, 0);

        /* top = max[i:n](z[i]) */
        /* t4 = sum[i:n](event[i]) */
        double top_part_max = -INFINITY;
        double t4_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            top_part_max = (top_part_max >= z_i || top_part_max != top_part_max) ? top_part_max : z_i;
            t4_part_sum += event[i];
        }
        top_part = (top_part >= top_part_max || top_part != top_part) ? top_part : top_part_max;
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    top_parts[part] = top_part;
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct cox_sorted_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const double *X;
    const double *w;
    double *z;
    const double *event;
    double *top_parts;
    double *t4_parts;
};

static GRADC_APART void cox_sorted_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_and_grad_rows0 *const given = context;
    (void)thread;
    cox_sorted_value_and_grad_rows0(part, given->n, given->parts, given->d, given->X, given->w, given->z,
        given->event, given->top_parts, given->t4_parts);
}

static GRADC_APART void cox_sorted_value_and_grad_rows1(int64_t part, int64_t n, int64_t parts, double *restrict z,
                                                        double *restrict t1, double top, double *restrict t10_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t10_part = 0.0;
    double t10_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t1[i:n] = exp(z[i] - top) */
        /* t10 = sum[i:n](where(top == z[i], 1, 0)) */
        double t10_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t10_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            t1[i] = gradc_exp(z_i - top);
            t10_part_sum += top == z_i ? 1.0 : 0.0;
        }
        gradc_add(&t10_part, &t10_part_low, t10_part_sum);
    }
    t10_part = gradc_rounded(t10_part, t10_part_low);
    t10_parts[part] = t10_part;
}

struct cox_sorted_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    double *z;
    double *t1;
    double top;
    double *t10_parts;
};

static GRADC_APART void cox_sorted_value_and_grad_team1(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_and_grad_rows1 *const given = context;
    (void)thread;
    cox_sorted_value_and_grad_rows1(part, given->n, given->parts, given->z, given->t1, given->top, given->t10_parts);
}

static GRADC_APART void cox_sorted_value_and_grad_rows2(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                        unsigned char *restrict part_scratch, size_t part_bytes,
                                                        double *restrict grad_w, int64_t d,
                                                        unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                        double t5, double t4, double t9, double t10,
                                                        double *restrict t8, double *restrict t1,
                                                        const double *restrict event, double top, double *restrict z,
                                                        const double *restrict X)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t11 = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z_bar[i:n] = where(top == z[i], (t5 * t4 - t9) / t10, 0) */
        /* t11[i:n] = z_bar[i] + (t8[n - i - 1] * t1[i] - t5 * event[i]) */
        const double v0 = (t5 * t4 - t9) / t10;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t11[i - tile_begin] = t8[n - i - 1] * t1[i] - t5 * event[i] + (top == z[i] ? v0 : 0.0);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * t11[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t11, 1, grad_w_part);
    }
}

struct cox_sorted_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double t5;
    double t4;
    double t9;
    double t10;
    double *t8;
    double *t1;
    const double *event;
    double top;
    double *z;
    const double *X;
};

static GRADC_APART void cox_sorted_value_and_grad_team2(const void *context, int64_t part, int64_t thread)
{
    const struct cox_sorted_value_and_grad_rows2 *const given = context;
    cox_sorted_value_and_grad_rows2(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_w, given->d, given->tile_scratch, given->tile_bytes, given->t5, given->t4, given->t9, given->t10,
        given->t8, given->t1, given->event, given->top, given->z, given->X);
}

int cox_sorted_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                              const double *restrict event, const int64_t *restrict last, double *restrict value,
                              double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(n + 1, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 21, d) * (gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t i = 0; i < n; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            outside |= (v0 + 1 < 0) | (v0 + 1 >= n + 1);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t0 = 0.0 */
    const double t0 = 0.0;
    const int64_t parts = gradc_parts(n, 3*d + 2, 0);
    double top_parts[GRADC_PARTS];
    double t4_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct cox_sorted_value_and_grad_rows0 given = {n, parts, d, X, w, z, event, top_parts, t4_parts};
        gradc_run(parts, cox_sorted_value_and_grad_team0, &given);
    } else {
        cox_sorted_value_and_grad_rows0(0, n, parts, d, X, w, z, event, top_parts, t4_parts);
    }
    double top = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        top = (top >= top_parts[part] || top != top) ? top : top_parts[part];
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* t5 = 1 / t4 */
    const double t5 = 1.0 / t4;
    const int64_t parts_ = gradc_parts(n, 25, 0);
    double t10_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct cox_sorted_value_and_grad_rows1 given = {n, parts_, z, t1, top, t10_parts};
        gradc_run(parts_, cox_sorted_value_and_grad_team1, &given);
    } else {
        cox_sorted_value_and_grad_rows1(0, n, parts_, z, t1, top, t10_parts);
    }
    double t10 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t10 += t10_parts[part];
    }

    /* with scan[t:n](t1, t2_t=t0) as t2: t12 = t2_t + t1[t] return t12 */
    t2[0] = t0;
    for (int64_t t = 0; t < n; ++t) {
        const double t2_now = t2[t];

        /* t0 = carry0 + captured0[t] */
        const double t0_ = t2_now + ((n > 0) ? t1[gradc_clamp(t, n)] : 0);
        t2[t + 1] = t0_;
    }
    double t3 = 0.0;
    double t3_low = 0.0;
    for (int64_t at = 0; at < n + 1; ++at) {
        t6[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t3 = sum[i:n](event[i] * (top + log(t2[where_integer(last[i] < 0, n + last[i], last[i]) + 1]) - z[i])) */
        double t3_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t3_sum += event[i] * (top + gradc_log(t2[v0 + 1]) - z[i]);
        }
        gradc_add(&t3, &t3_low, t3_sum);

        /* t6[:n + 1] = 0 t6 += each[i:n](let(s0 := where_integer(last[i] < 0, n + last[i], last[i]), at[s0 + 1](t5
         *    * event[i] / t2[s0 + 1]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const int64_t last_i = last[i];
            const int64_t v0 = last_i < 0 ? n + last_i : last_i;
            t6[v0 + 1] += t5 * event[i] / t2[v0 + 1];
        }
    }
    t3 = gradc_rounded(t3, t3_low);

    /* value = t3 / t4 */
    /* t7 = t6[n] */
    *value = t3 / t4;
    const double t7 = t6[n];

    /* with scan[t:n](t6, t8_t=t7) as t8: t12 = t8_t + t6[n - t - 1] return t12 */
    t8[0] = t7;
    for (int64_t t = 0; t < n; ++t) {
        const double t8_now = t8[t];

        /* t0 = carry0 + captured0[n - t - 1] */
        const double t0_ = t8_now + t6[gradc_clamp(n - t - 1, n + 1)];
        t8[t + 1] = t0_;
    }
    double t9 = 0.0;
    double t9_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t9 = sum[i:n](t8[n - i - 1] * t1[i]) */
        double t9_sum = 0.0;
        GRADC_SIMD(reduction(+:t9_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t9_sum += t8[n - i - 1] * t1[i];
        }
        gradc_add(&t9, &t9_low, t9_sum);
    }
    t9 = gradc_rounded(t9, t9_low);
    const int64_t parts_2 = gradc_parts(n, 3*d + 21, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts_2 > 1) {
        const struct cox_sorted_value_and_grad_rows2 given = {n, parts_2, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, t5, t4, t9, t10, t8, t1, event, top, z, X};
        gradc_run(parts_2, cox_sorted_value_and_grad_team2, &given);
    } else {
        cox_sorted_value_and_grad_rows2(0, 0, n, parts_2, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, t5, t4, t9, t10, t8, t1, event, top, z, X);
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    return 0;
}
