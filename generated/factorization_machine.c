/* factorization_machine: the loss, and its derivatives.
 *
 *     def program(b: real, w: real[d], V: real[d, k], X: real[n, d], y: real[n]):
 *         t0[l:n] = sum[i:d](X[l, i] * w[i])
 *         t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i])
 *         t2[i:d, j:k] = V[i, j] ** 2
 *         t3[l:n, i:d] = X[l, i] ** 2
 *         t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i])
 *         t5[l:n] = sum[j:k](t1[l, j] ** 2 - t4[l, j])
 *         t6 = sum[l:n](logaddexp(0, -(y[l] * (b + t0[l] + 0.5 * t5[l]))))
 *         value = t6 / n
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

#include "factorization_machine.h"

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

/* How many columns of a wide array a tile has at a time: all of them, or an even share that whole registers hold. */
static int64_t gradc_width(int64_t columns)
{
    const int64_t share = columns / ((columns + 255) / 256 + (columns <= 0));
    return columns <= 256 ? columns : (share + 48) / 48 * 48;
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

/* A square of numbers, as many rows as a vector has lanes, flipped: what was row i, lane j is row j, lane i. In each step
 * squares within it, of one, two, four … numbers, change places with their neighbours. */
static void gradc_flip(gradc_vector *square)
{
    gradc_vector row[GRADC_LANES];
    for (int i = 0; i < GRADC_LANES; ++i) {
        row[i] = square[i];
    }
#if GRADC_BYTES == 64
    for (int i = 0; i < GRADC_LANES; ++i) {
        if ((i & 1) == 0) {
            const gradc_vector a = row[i], b = row[i + 1];
            row[i] = GRADC_SHUFFLE(a, b, 0, 8, 2, 10, 4, 12, 6, 14);
            row[i + 1] = GRADC_SHUFFLE(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
        }
    }
    for (int i = 0; i < GRADC_LANES; ++i) {
        if ((i & 2) == 0) {
            const gradc_vector a = row[i], b = row[i + 2];
            row[i] = GRADC_SHUFFLE(a, b, 0, 1, 8, 9, 4, 5, 12, 13);
            row[i + 2] = GRADC_SHUFFLE(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
        }
    }
    for (int i = 0; i < GRADC_LANES; ++i) {
        if ((i & 4) == 0) {
            const gradc_vector a = row[i], b = row[i + 4];
            row[i] = GRADC_SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11);
            row[i + 4] = GRADC_SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
        }
    }
#elif GRADC_BYTES == 32
    for (int i = 0; i < GRADC_LANES; ++i) {
        if ((i & 1) == 0) {
            const gradc_vector a = row[i], b = row[i + 1];
            row[i] = GRADC_SHUFFLE(a, b, 0, 4, 2, 6);
            row[i + 1] = GRADC_SHUFFLE(a, b, 1, 5, 3, 7);
        }
    }
    for (int i = 0; i < GRADC_LANES; ++i) {
        if ((i & 2) == 0) {
            const gradc_vector a = row[i], b = row[i + 2];
            row[i] = GRADC_SHUFFLE(a, b, 0, 1, 4, 5);
            row[i + 2] = GRADC_SHUFFLE(a, b, 2, 3, 6, 7);
        }
    }
#else
    for (int i = 0; i < GRADC_LANES; ++i) {
        if ((i & 1) == 0) {
            const gradc_vector a = row[i], b = row[i + 1];
            row[i] = GRADC_SHUFFLE(a, b, 0, 2);
            row[i + 1] = GRADC_SHUFFLE(a, b, 1, 3);
        }
    }
#endif
    for (int i = 0; i < GRADC_LANES; ++i) {
        square[i] = row[i];
    }
}

/* C[i, j] (+)= sum over k < depth of A[i, k] * B[k, j] * x[k], for any strides, in blocks that stay in registers. x may be
 * NULL, for weights of 1. With `below`, only what has i >= j, as they are counted here, is asked for.
 *
 * Panels of B, a few vectors wide, are copied so that they are read in order; A is read where it is. Vectors run along
 * the columns of C, which are best contiguous. After Goto and van de Geijn, Anatomy of High-Performance Matrix
 * Multiplication (ACM TOMS 34, 2008). */
#if defined(__clang__)
#define GRADC_ONE_COPY __attribute__((noinline))
#else
#define GRADC_ONE_COPY __attribute__((noinline, noclone)) /* gcc's copies for constant strides take half of all its time */
#endif
#define GRADC_WIDE 3    /* vectors in a panel: 3 for each of 4 rows, or of 8, fill the registers */
#define GRADC_DEPTH 128 /* rows in a panel: it stays in the first-level cache */
#define GRADC_FEWER(block) block(4, 1) block(4, 2) block(4, 3) block(1, 1) block(1, 2) block(1, 3)
#if GRADC_BYTES == 64
#define GRADC_ROWS 8
#define GRADC_BLOCKS(block) block(8, 1) block(8, 2) block(8, 3) GRADC_FEWER(block)
#else
#define GRADC_ROWS 4
#define GRADC_BLOCKS(block) GRADC_FEWER(block)
#endif

/* Writes a block that is no row of whole vectors: vectors of its rows, or of its columns where these are contiguous. */
GRADC_ONE_COPY static void gradc_put(int rows, int64_t columns, const double *restrict block, int64_t width,
                      double *restrict c, int64_t c_row, int64_t c_column, int add)
{
    typedef double four __attribute__((vector_size(4 * sizeof(double)), aligned(sizeof(double)), may_alias));
    int64_t left = 0;
    for (; c_row == 1 && rows % 4 == 0 && left < columns; left += GRADC_LANES) {
        const int64_t many = columns - left < GRADC_LANES ? columns - left : GRADC_LANES;
        for (int from = 0; from < rows; from += GRADC_LANES) {
            gradc_vector square[GRADC_LANES] = {{0}};
            for (int r = from; r < rows && r < from + GRADC_LANES; ++r) {
                square[r - from] = *(const gradc_vector *)(block + r * width + left);
            }
            gradc_flip(square);
            for (int64_t j = 0; j < many; ++j) {
                double *restrict place = c + from + (left + j) * c_column;
                if (rows - from >= GRADC_LANES) {
                    if (add) {
                        square[j] += *(const gradc_vector *)place;
                    }
                    *(gradc_vector *)place = square[j];
                }
                for (int part = 0; rows - from < GRADC_LANES && part < rows - from; part += 4) {
                    four sum;
                    __builtin_memcpy(&sum, (double *)&square[j] + part, sizeof(four));
                    if (add) {
                        sum += *(const four *)(place + part);
                    }
                    *(four *)(place + part) = sum;
                }
            }
        }
    }
    for (int r = 0; r < rows; ++r) {
        int64_t j = left;
        for (; c_column == 1 && j + GRADC_LANES <= columns; j += GRADC_LANES) {
            gradc_vector *place = (gradc_vector *)(c + r * c_row + j);
            gradc_vector sum = *(const gradc_vector *)(block + r * width + j);
            if (add) {
                sum += *place;
            }
            *place = sum;
        }
        for (; j < columns; ++j) {
            double *restrict place = c + r * c_row + j * c_column;
            *place = (add ? *place : 0) + block[r * width + j];
        }
    }
}

/* One block: `rows` by `wide` vectors, both known where it is inlined, of a panel of `width` numbers. Where rows are few, the
 * depth is split among as many sums as a whole block has, for each addition waits for the one before it. */
__attribute__((always_inline)) static inline void gradc_block(
    const int rows, const int wide, int64_t depth, const double *restrict a, int64_t a_row, int64_t a_depth,
    const double *restrict panel, int64_t width, double *restrict c, int64_t c_row, int64_t c_column, int64_t columns, int add)
{
    gradc_vector sum[GRADC_ROWS][GRADC_WIDE];
    const int ways = GRADC_ROWS / rows;
    for (int r = 0; r < GRADC_ROWS; ++r) {
        for (int v = 0; v < wide; ++v) {
            sum[r][v] = (gradc_vector){0};
        }
    }
    int64_t k = 0;
    for (; k + ways <= depth; k += ways) {
        for (int way = 0; way < ways; ++way) {
            for (int r = 0; r < rows; ++r) {
                const double x = a[r * a_row + (k + way) * a_depth];
                for (int v = 0; v < wide; ++v) {
                    sum[way * rows + r][v] += x * *(const gradc_vector *)(panel + (k + way) * width + v * GRADC_LANES);
                }
            }
        }
    }
    for (; k < depth; ++k) {
        for (int r = 0; r < rows; ++r) {
            const double x = a[r * a_row + k * a_depth];
            for (int v = 0; v < wide; ++v) {
                sum[r][v] += x * *(const gradc_vector *)(panel + k * width + v * GRADC_LANES);
            }
        }
    }
    for (int way = 1; way < ways; ++way) {
        for (int r = 0; r < rows; ++r) {
            for (int v = 0; v < wide; ++v) {
                sum[r][v] += sum[way * rows + r][v];
            }
        }
    }
    if (c_column == 1 && columns == wide * GRADC_LANES) {
        for (int r = 0; r < rows; ++r) {
            for (int v = 0; v < wide; ++v) {
                gradc_vector *place = (gradc_vector *)(c + r * c_row + v * GRADC_LANES);
                if (add) {
                    sum[r][v] += *place;
                }
                *place = sum[r][v];
            }
        }
        return;
    }
    double block[GRADC_ROWS * GRADC_WIDE * GRADC_BYTES / sizeof(double)];
    for (int r = 0; r < rows; ++r) {
        for (int v = 0; v < wide; ++v) {
            *(gradc_vector *)(block + (r * wide + v) * GRADC_LANES) = sum[r][v];
        }
    }
    gradc_put(rows, columns, block, wide * GRADC_LANES, c, c_row, c_column, add);
}

/* Copies rows of a panel, `wide` vectors each, which is known where it is inlined; the last one is masked. */
__attribute__((always_inline)) static inline void gradc_copy(
    const int wide, int64_t depth, const double *restrict b, int64_t b_depth, const double *restrict x, int64_t x_step,
    gradc_mask used, double *restrict panel)
{
    for (int64_t k = 0; k < depth; ++k) {
        const double weight = x[k * x_step];
        for (int v = 0; v < wide; ++v) {
            gradc_vector part = weight * *(const gradc_vector *)(b + k * b_depth + v * GRADC_LANES);
            if (v + 1 == wide) {
                part = (gradc_vector)((gradc_mask)part & used);
            }
            *(gradc_vector *)(panel + (k * wide + v) * GRADC_LANES) = part;
        }
    }
}

/* Copies a panel: `columns` of the numbers of each of its rows are there, and zeros follow them. Where a row is contiguous,
 * what follows it is read with its last vector and masked out, unless nothing does; where a column is, squares are flipped. */
GRADC_ONE_COPY static void gradc_fill(int64_t depth, int64_t columns, int64_t wide, const double *restrict b, int64_t b_depth,
                       int64_t b_column, const double *restrict x, int64_t x_step, double *restrict panel)
{
    const int64_t width = wide * GRADC_LANES;
    int64_t done = 0; /* rows that are copied */
    if (b_column == 1) {
        gradc_mask used = {0};
        for (int64_t j = 0; j < GRADC_LANES; ++j) {
            used[j] = width - GRADC_LANES + j < columns ? -1 : 0;
        }
        for (done = depth; done > 0 && (done - 1) * b_depth + width > (depth - 1) * b_depth + columns; --done) {
        }
        if (wide == 3) {
            gradc_copy(3, done, b, b_depth, x, x_step, used, panel);
        } else if (wide == 2) {
            gradc_copy(2, done, b, b_depth, x, x_step, used, panel);
        } else {
            gradc_copy(1, done, b, b_depth, x, x_step, used, panel);
        }
    }
    /* The last square of a column overlaps the one before it. */
    const int flipped = b_depth == 1 && done == 0 && depth >= GRADC_LANES;
    for (int64_t left = 0; flipped && left < width; left += GRADC_LANES) {
        for (int64_t k = 0; k < depth; k += GRADC_LANES) {
            const int64_t top = k + GRADC_LANES <= depth ? k : depth - GRADC_LANES;
            gradc_vector square[GRADC_LANES] = {{0}};
            for (int64_t j = 0; j < GRADC_LANES && left + j < columns; ++j) {
                square[j] = *(const gradc_vector *)(b + (left + j) * b_column + top);
            }
            gradc_flip(square);
            for (int64_t i = 0; i < GRADC_LANES; ++i) {
                *(gradc_vector *)(panel + (top + i) * width + left) = square[i] * x[(top + i) * x_step];
            }
        }
    }
    for (int64_t k = flipped ? depth : done; k < depth; ++k) {
        for (int64_t j = 0; j < width; ++j) {
            panel[k * width + j] = j < columns ? b[k * b_depth + j * b_column] * x[k * x_step] : 0;
        }
    }
}

/* With these roles: B is copied, and A read where it is. */
GRADC_ONE_COPY static void gradc_multiply(int64_t rows, int64_t columns, int64_t depth, const double *restrict a, int64_t a_row,
                           int64_t a_depth, const double *restrict b, int64_t b_depth, int64_t b_column,
                           const double *restrict x, int64_t x_step, double *restrict c, int64_t c_row, int64_t c_column, int add, int below)
{
    const double one = 1;
    double panel[GRADC_DEPTH * GRADC_WIDE * GRADC_BYTES / sizeof(double)] __attribute__((aligned(GRADC_BYTES)));
    for (int64_t from = 0; from < depth || from == 0; from += GRADC_DEPTH) {
        const int64_t deep = depth - from < GRADC_DEPTH ? depth - from : GRADC_DEPTH;
        for (int64_t left = 0, wide; left < columns; left += wide * GRADC_LANES) {
            const int64_t rest = columns - left;
            wide = rest >= GRADC_WIDE * GRADC_LANES ? GRADC_WIDE : (rest + GRADC_LANES - 1) / GRADC_LANES;
            const int64_t width = wide * GRADC_LANES, used = rest < width ? rest : width;
            gradc_fill(deep, used, wide, b + from * b_depth + left * b_column, b_depth, b_column,
                       x ? x + from * x_step : &one, x ? x_step : 0, panel);
            const double *restrict start = a + from * a_depth;
            double *restrict target = c + left * c_column;
            const int more = add || from > 0;
            /* Rows above a block of the diagonal are not asked for, nor vectors to the right of one. */
            for (int64_t i = below ? left - left % GRADC_ROWS : 0, count; i < rows; i += count) {
                count = rows - i >= GRADC_ROWS ? GRADC_ROWS : rows - i >= 4 ? 4 : 1;
                const int64_t past = (i + count - 1 - left) / GRADC_LANES + 1;
                const int64_t vectors = below && past < wide ? past : wide;
                const int64_t needed = used < vectors * GRADC_LANES ? used : vectors * GRADC_LANES;
                switch (8 * vectors + count) {
#define GRADC_CASE(many, broad) \
    case 8 * broad + many: \
        gradc_block(many, broad, deep, start + i * a_row, a_row, a_depth, panel, width, target + i * c_row, c_row, c_column, \
                    needed, more); \
        break;
                GRADC_BLOCKS(GRADC_CASE)
#undef GRADC_CASE
                }
            }
        }
    }
}

/* What a product takes, in operations of a vector: multiplications, copies of B's panels, and C's elements, which are written
 * once for each panel. Where neighbours in a row of B or of C are apart, squares of them are flipped. */
static int64_t gradc_effort(int64_t rows, int64_t columns, int64_t depth, int64_t b_depth, int64_t b_column, int64_t c_row,
                             int64_t c_column)
{
    const int64_t vectors = (columns + GRADC_LANES - 1) / GRADC_LANES, panels = (depth + GRADC_DEPTH - 1) / GRADC_DEPTH;
    const int64_t copy = b_column == 1 ? 2 : b_depth == 1 ? 12 : 2 * GRADC_LANES;
    const int64_t write = c_column == 1 ? 2 : c_row == 1 ? 24 : 4 * GRADC_LANES;
    return vectors * (depth * (rows + copy) + panels * rows * write);
}

GRADC_ONE_COPY static void gradc_product(int64_t rows, int64_t columns, int64_t depth, const double *restrict a, int64_t a_row,
                          int64_t a_depth, const double *restrict b, int64_t b_depth, int64_t b_column,
                          const double *restrict x, int64_t x_step, double *restrict c, int64_t c_row, int64_t c_column, int add, int below)
{
    if (!below && gradc_effort(columns, rows, depth, a_depth, a_row, c_column, c_row)
                      < gradc_effort(rows, columns, depth, b_depth, b_column, c_row, c_column)) {
        gradc_multiply(columns, rows, depth, b, b_column, b_depth, a, a_depth, a_row, x, x_step, c, c_column, c_row, add, 0);
    } else {
        gradc_multiply(rows, columns, depth, a, a_row, a_depth, b, b_depth, b_column, x, x_step, c, c_row, c_column, add, below);
    }
}

size_t factorization_machine_value_work(int64_t d, int64_t k, int64_t n)
{
    if (8.0*d*k + 16384.0*d + 32768.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0) * (gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*d, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void factorization_machine_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                          unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                          int64_t k, int64_t d, const double *restrict X,
                                                          const double *restrict w, const double *restrict V,
                                                          double *restrict t2, const double *restrict y, double b,
                                                          double *restrict t6_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t5 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, V, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t1, 128, 1, 0, 0);

        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t3[(l - tile_begin)*d + i] = X_li * X_li;
            }
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t5[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, d, t3, d, 1, &t2[strip_begin], k, 1, NULL,
                0, t4, 1, 128, 0, 0);

            /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
            for (int64_t j = strip_begin; j < 4*((strip_end - strip_begin) / 4) + strip_begin; j += 4) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    const double t1_lj_ = t1[(j + 1)*128 + l - tile_begin];
                    const double t1_lj_2 = t1[(j + 2)*128 + l - tile_begin];
                    const double t1_lj_3 = t1[(j + 3)*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin] + (t1_lj_
                        * t1_lj_ - t4[(j + 1 - strip_begin)*128 + l - tile_begin]) + (t1_lj_2 * t1_lj_2 - t4[(j + 2
                        - strip_begin)*128 + l - tile_begin]) + (t1_lj_3 * t1_lj_3 - t4[(j + 3 - strip_begin)*128 + l
                        - tile_begin]);
                }
            }
            for (int64_t j = 4*((strip_end - strip_begin) / 4) + strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin];
                }
            }
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s0)))))) */
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = y[l] * (b + t0[l - tile_begin] + 0.5 * t5[l - tile_begin]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v0)));
            t6_part_sum += v2;
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
}

struct factorization_machine_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const double *X;
    const double *w;
    const double *V;
    double *t2;
    const double *y;
    double b;
    double *t6_parts;
};

static GRADC_APART void factorization_machine_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_value_rows0 *const given = context;
    factorization_machine_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->d, given->X, given->w, given->V, given->t2, given->y, given->b, given->t6_parts);
}

int factorization_machine_value(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                const double *restrict V, const double *restrict X, const double *restrict y,
                                double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t2[i:d, j:k] = V[i, j] * V[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            const double V_ij = V[i*k + j];
            t2[i*k + j] = V_ij * V_ij;
        }
    }
    const int64_t parts = gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128,
        sizeof(double));
    double t6_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct factorization_machine_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, X, w, V,
            t2, y, b, t6_parts};
        gradc_run(parts, factorization_machine_value_team0, &given);
    } else {
        factorization_machine_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, d, X, w, V, t2, y, b,
            t6_parts);
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    return 0;
}

size_t factorization_machine_forward_work(int64_t d, int64_t k, int64_t n)
{
    if (8.0*d*k + 16384.0*k > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0)
        * (gradc_bytes(128*gradc_width(k), sizeof(double)));
}

static GRADC_APART void factorization_machine_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                            unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                            int64_t k, int64_t d, const double *restrict X,
                                                            const double *restrict w, double *restrict t0,
                                                            const double *restrict V, double *restrict t1,
                                                            double *restrict t3, double *restrict t5,
                                                            double *restrict t2, const double *restrict y, double b,
                                                            double *restrict t6_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t4 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &t0[tile_begin], 1, 0);

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, V, 1, k, &X[tile_begin*d], 1, d, NULL, 0, &t1[tile_begin*k], 1, k,
            0, 0);

        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t3[l*d + i] = X_li * X_li;
            }
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t5[l] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, d, &t3[tile_begin*d], d, 1,
                &t2[strip_begin], k, 1, NULL, 0, t4, strip, 1, 0, 0);

            /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
            for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
                double t5_sum = 0.0;
                double t5_sum_ = 0.0;
                double t5_sum_2 = 0.0;
                double t5_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:t5_sum, t5_sum_, t5_sum_2, t5_sum_3))
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double t1_lj = t1[l*k + j];
                    const double t1_lj_ = t1[(l + 1)*k + j];
                    const double t1_lj_2 = t1[(l + 2)*k + j];
                    const double t1_lj_3 = t1[(l + 3)*k + j];
                    t5_sum += t1_lj * t1_lj - t4[(l - tile_begin)*strip + j - strip_begin];
                    t5_sum_ += t1_lj_ * t1_lj_ - t4[(l + 1 - tile_begin)*strip + j - strip_begin];
                    t5_sum_2 += t1_lj_2 * t1_lj_2 - t4[(l + 2 - tile_begin)*strip + j - strip_begin];
                    t5_sum_3 += t1_lj_3 * t1_lj_3 - t4[(l + 3 - tile_begin)*strip + j - strip_begin];
                }
                t5[l] += t5_sum;
                t5[l + 1] += t5_sum_;
                t5[l + 2] += t5_sum_2;
                t5[l + 3] += t5_sum_3;
            }
            for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
                double t5_sum = 0.0;
                GRADC_SIMD(reduction(+:t5_sum))
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    const double t1_lj = t1[l*k + j];
                    t5_sum += t1_lj * t1_lj - t4[(l - tile_begin)*strip + j - strip_begin];
                }
                t5[l] += t5_sum;
            }
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s0)))))) */
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double v0 = y[l] * (b + t0[l] + 0.5 * t5[l]);
            const double v1 = -v0;
            const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(v0)));
            t6_part_sum += v2;
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
}

struct factorization_machine_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const double *X;
    const double *w;
    double *t0;
    const double *V;
    double *t1;
    double *t3;
    double *t5;
    double *t2;
    const double *y;
    double b;
    double *t6_parts;
};

static GRADC_APART void factorization_machine_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_forward_rows0 *const given = context;
    factorization_machine_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->d, given->X, given->w, given->t0, given->V, given->t1, given->t3, given->t5, given->t2,
        given->y, given->b, given->t6_parts);
}

int factorization_machine_forward(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                  const double *restrict V, const double *restrict X, const double *restrict y,
                                  double *restrict value, double *restrict t0, double *restrict t1,
                                  double *restrict t3, double *restrict t5, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t2[i:d, j:k] = V[i, j] * V[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            const double V_ij = V[i*k + j];
            t2[i*k + j] = V_ij * V_ij;
        }
    }
    const int64_t parts = gradc_parts(n, 6*d*k + 5*d + 4*k + 55, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(k), sizeof(double));
    double t6_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct factorization_machine_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, X, w, t0,
            V, t1, t3, t5, t2, y, b, t6_parts};
        gradc_run(parts, factorization_machine_forward_team0, &given);
    } else {
        factorization_machine_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, d, X, w, t0, V, t1, t3, t5,
            t2, y, b, t6_parts);
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    return 0;
}

size_t factorization_machine_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (136.0*d*k + 264.0*d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 5*d*k + 6*d
        + 75, d*k + 2*d) * (gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d,
        sizeof(double))) + (size_t)gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void factorization_machine_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                             unsigned char *restrict part_scratch, size_t part_bytes,
                                                             double *restrict grad_w, int64_t d, double *restrict t7,
                                                             int64_t k, double *restrict t8,
                                                             unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                             const double *restrict y, const double *restrict t5,
                                                             const double *restrict t0, double b, double t2,
                                                             const double *restrict X, const double *restrict t1,
                                                             const double *restrict t3, double *restrict grad_b_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const t7_part = part == 0 ? t7 : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const t8_part = part == 0 ? t8 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)tile_own;
    double grad_b_part = 0.0;
    double grad_b_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t7_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        t8_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* grad_b = sum[l:n](let(s0 := 0.5 * t5[l], s1 := b + t0[l], s2 := s0 + s1, s3 := y[l] * s2, s4 := -s3, s5
         *    := exp(-abs(s3)), s6 := 1 + s5, s7 := s1 - b, s8 := s2 - s0, s9 := -(product_error(y[l], s2) + y[l] *
         *    (t0[l] - s7 + (b - (s1 - s7)) + (s1 - s8 + (s0 - (s2 - s8))))), where(-inf == s4, 0, -(y[l] * (t2 *
         *    (where(0 <= s4, 1, s5) / s6 * (1 + where(0 <= -s4, 1, s5) / s6 * where(abs(s9) < 1, s9, 0)))))))) */
        /* t4[l:n] = let(s0 := 0.5 * t5[l], s1 := b + t0[l], s2 := s0 + s1, s3 := y[l] * s2, s4 := -s3, s5 :=
         *    exp(-abs(s3)), s6 := 1 + s5, s7 := s1 - b, s8 := s2 - s0, s9 := -(product_error(y[l], s2) + y[l] *
         *    (t0[l] - s7 + (b - (s1 - s7)) + (s1 - s8 + (s0 - (s2 - s8))))), where(-inf == s4, 0, -(y[l] * (t2 *
         *    (where(0 <= s4, 1, s5) / s6 * (1 + where(0 <= -s4, 1, s5) / s6 * where(abs(s9) < 1, s9, 0))))))) */
        /* t6[l:n] = let(s0 := 0.5 * t5[l], s1 := b + t0[l], s2 := s0 + s1, s3 := y[l] * s2, s4 := -s3, s5 :=
         *    exp(-abs(s3)), s6 := 1 + s5, s7 := s1 - b, s8 := s2 - s0, s9 := -(product_error(y[l], s2) + y[l] *
         *    (t0[l] - s7 + (b - (s1 - s7)) + (s1 - s8 + (s0 - (s2 - s8))))), where(-inf == s4, 0, -(0.5 * (y[l] *
         *    (t2 * (where(0 <= s4, 1, s5) / s6 * (1 + where(0 <= -s4, 1, s5) / s6 * where(abs(s9) < 1, s9,
         *    0)))))))) */
        double grad_b_part_sum = 0.0;
        GRADC_SIMD(reduction(+:grad_b_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double y_l = y[l];
            const double v0 = 0.5 * t5[l];
            const double t0_l = t0[l];
            const double v1 = b + t0_l;
            const double v2 = v0 + v1;
            const double v3 = y_l * v2;
            const double v4 = -v3;
            const int v5 = -INFINITY == v4;
            const double v6 = gradc_exp(-fabs(v3));
            const double v7 = 1.0 + v6;
            const double v8 = v1 - b;
            const double v9 = v2 - v0;
            const double v10 = -((fma(y_l, v2, -(y_l * v2))) + y_l * (t0_l - v8 + (b - (v1 - v8)) + (v1 - v9 + (v0
                - (v2 - v9)))));
            const double v11 = (0.0 <= v4 ? 1.0 : v6) / v7 * (1.0 + (0.0 <= -v4 ? 1.0 : v6) / v7 * (fabs(v10) < 1.0
                ? v10 : 0.0));
            const double v12 = y_l * (t2 * v11);
            const double v13 = v5 ? 0.0 : -v12;
            grad_b_part_sum += v13;
            t4[l - tile_begin] = v13;
            t6[l - tile_begin] = v5 ? 0.0 : -(0.5 * v12);
        }
        gradc_add(&grad_b_part, &grad_b_part_low, grad_b_part_sum);

        /* grad_w[i:d] = sum[l:n](X[l, i] * t4[l]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t4, 1, grad_w_part);

        /* t7[i:d, j:k] = sum[l:n](t1[l, j] * (X[l, i] * t6[l])) */
        gradc_product(k, d, tile_end - tile_begin, &t1[tile_begin*k], 1, k, &X[tile_begin*d], d, 1, t6, 1, t7_part,
            1, k, 1, 0);

        /* t8[i:d] = sum[l:n](t3[l, i] * t6[l]) */
        gradc_combine(tile_end - tile_begin, d, &t3[tile_begin*d], d, t6, 1, t8_part);
    }
    grad_b_part = gradc_rounded(grad_b_part, grad_b_part_low);
    grad_b_parts[part] = grad_b_part;
}

struct factorization_machine_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    double *t7;
    int64_t k;
    double *t8;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *y;
    const double *t5;
    const double *t0;
    double b;
    double t2;
    const double *X;
    const double *t1;
    const double *t3;
    double *grad_b_parts;
};

static GRADC_APART void factorization_machine_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_backward_rows0 *const given = context;
    factorization_machine_backward_rows0(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->grad_w, given->d, given->t7, given->k, given->t8, given->tile_scratch,
        given->tile_bytes, given->y, given->t5, given->t0, given->b, given->t2, given->X, given->t1, given->t3,
        given->grad_b_parts);
}

int factorization_machine_backward(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                   const double *restrict V, const double *restrict X, const double *restrict y,
                                   const double *restrict t0, const double *restrict t1, const double *restrict t3,
                                   const double *restrict t5, double cotangent, double *restrict grad_b,
                                   double *restrict grad_w, double *restrict grad_V, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 5*d*k + 6*d + 75, d*k + 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d,
        sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double grad_b_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct factorization_machine_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, t7,
            k, t8, tile_scratch, tile_bytes, y, t5, t0, b, t2, X, t1, t3, grad_b_parts};
        gradc_run(parts, factorization_machine_backward_team0, &given);
    } else {
        factorization_machine_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_w, d, t7, k, t8,
            tile_scratch, tile_bytes, y, t5, t0, b, t2, X, t1, t3, grad_b_parts);
    }
    double grad_b_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_b_ += grad_b_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t7_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t7[at] += t7_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t8_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(d, sizeof(double))
            + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            t8[at] += t8_more[at];
        }
    }

    /* grad_V[i:d, j:k] = 2 * t7[i, j] - t8[i] * (2 * V[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        const double t8_i = t8[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[i*k + j] = 2.0 * t7[i*k + j] - t8_i * (2.0 * V[i*k + j]);
        }
    }
    *grad_b = grad_b_;
    return 0;
}

size_t factorization_machine_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (144.0*d*k + 16648.0*d + 32768.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double))) + (size_t)gradc_parts(n, 11*d*k + 11*d
        + 4*k + 71, d*k + 2*d) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128,
        sizeof(double)));
}

static GRADC_APART void factorization_machine_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n,
                                                                   int64_t parts,
                                                                   unsigned char *restrict part_scratch,
                                                                   size_t part_bytes, double *restrict grad_w,
                                                                   int64_t d, double *restrict t10, int64_t k,
                                                                   double *restrict t11,
                                                                   unsigned char *restrict tile_scratch,
                                                                   size_t tile_bytes, const double *restrict X,
                                                                   const double *restrict w, const double *restrict V,
                                                                   double *restrict t2, const double *restrict y,
                                                                   double b, double t7, double *restrict t6_parts,
                                                                   double *restrict grad_b_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    part_own += gradc_bytes(d, sizeof(double));
    double *const t10_part = part == 0 ? t10 : (void *)part_own;
    part_own += gradc_bytes(d*k, sizeof(double));
    double *const t11_part = part == 0 ? t11 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*d, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t5 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    double grad_b_part = 0.0;
    double grad_b_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*k; ++at) {
        t10_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d; ++at) {
        t11_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n] = sum[i:d](X[l, i] * w[i]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t0, 1, 0);

        /* t1[l:n, j:k] = sum[i:d](V[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, V, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t1, 128, 1, 0, 0);

        /* t3[l:n, i:d] = X[l, i] * X[l, i] */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            GRADC_SIMD()
            for (int64_t i = 0; i < d; ++i) {
                const double X_li = X[l*d + i];
                t3[(l - tile_begin)*d + i] = X_li * X_li;
            }
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t5[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = sum[i:d](t2[i, j] * t3[l, i]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, d, t3, d, 1, &t2[strip_begin], k, 1, NULL,
                0, t4, 1, 128, 0, 0);

            /* t5[l:n] = sum[j:k](t1[l, j] * t1[l, j] - t4[l, j]) */
            for (int64_t j = strip_begin; j < 4*((strip_end - strip_begin) / 4) + strip_begin; j += 4) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    const double t1_lj_ = t1[(j + 1)*128 + l - tile_begin];
                    const double t1_lj_2 = t1[(j + 2)*128 + l - tile_begin];
                    const double t1_lj_3 = t1[(j + 3)*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin] + (t1_lj_
                        * t1_lj_ - t4[(j + 1 - strip_begin)*128 + l - tile_begin]) + (t1_lj_2 * t1_lj_2 - t4[(j + 2
                        - strip_begin)*128 + l - tile_begin]) + (t1_lj_3 * t1_lj_3 - t4[(j + 3 - strip_begin)*128 + l
                        - tile_begin]);
                }
            }
            for (int64_t j = 4*((strip_end - strip_begin) / 4) + strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t1_lj = t1[j*128 + l - tile_begin];
                    t5[l - tile_begin] += t1_lj * t1_lj - t4[(j - strip_begin)*128 + l - tile_begin];
                }
            }
        }

        /* t6 = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, where(0 == s1, 0.6931471805599453,
         *    maximum(0, s1) + log1p_unit(exp(-abs(s0)))))) */
        /* grad_b = sum[l:n](let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, s2 := exp(-abs(s0)), where(-inf
         *    == s1, 0, -(y[l] * (t7 * (where(0 <= s1, 1, s2) / (1 + s2))))))) */
        /* t8[l:n] = let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, s2 := exp(-abs(s0)), where(-inf == s1,
         *    0, -(y[l] * (t7 * (where(0 <= s1, 1, s2) / (1 + s2)))))), in the place of t0 */
        /* t9[l:n] = let(s0 := y[l] * (b + t0[l] + 0.5 * t5[l]), s1 := -s0, s2 := exp(-abs(s0)), where(-inf == s1,
         *    0, -(0.5 * (y[l] * (t7 * (where(0 <= s1, 1, s2) / (1 + s2))))))), in the place of t5 */
        double t6_part_sum = 0.0;
        double grad_b_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum, grad_b_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double y_l = y[l];
            const double t0_l = t0[l - tile_begin];
            const double t5_l = t5[l - tile_begin];
            const double v0 = y_l * (b + t0_l + 0.5 * t5_l);
            const double v1 = -v0;
            const double v2 = gradc_exp(-fabs(v0));
            const int v3 = -INFINITY == v1;
            const double v4 = y_l * (t7 * ((0.0 <= v1 ? 1.0 : v2) / (1.0 + v2)));
            const double v5 = v3 ? 0.0 : -v4;
            t6_part_sum += 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                + gradc_log1p_unit(v2);
            grad_b_part_sum += v5;
            t0[l - tile_begin] = v5;
            t5[l - tile_begin] = v3 ? 0.0 : -(0.5 * v4);
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
        gradc_add(&grad_b_part, &grad_b_part_low, grad_b_part_sum);

        /* grad_w[i:d] = sum[l:n](X[l, i] * t8[l]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t0, 1, grad_w_part);

        /* t10[i:d, j:k] = sum[l:n](t1[l, j] * (X[l, i] * t9[l])) */
        gradc_product(k, d, tile_end - tile_begin, t1, 128, 1, &X[tile_begin*d], d, 1, t5, 1, t10_part, 1, k, 1, 0);

        /* t11[i:d] = sum[l:n](t3[l, i] * t9[l]) */
        gradc_combine(tile_end - tile_begin, d, t3, d, t5, 1, t11_part);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
    grad_b_part = gradc_rounded(grad_b_part, grad_b_part_low);
    grad_b_parts[part] = grad_b_part;
}

struct factorization_machine_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    double *t10;
    int64_t k;
    double *t11;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *X;
    const double *w;
    const double *V;
    double *t2;
    const double *y;
    double b;
    double t7;
    double *t6_parts;
    double *grad_b_parts;
};

static GRADC_APART void factorization_machine_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct factorization_machine_value_and_grad_rows0 *const given = context;
    factorization_machine_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->grad_w, given->d, given->t10, given->k, given->t11, given->tile_scratch,
        given->tile_bytes, given->X, given->w, given->V, given->t2, given->y, given->b, given->t7, given->t6_parts,
        given->grad_b_parts);
}

int factorization_machine_value_and_grad(int64_t d, int64_t k, int64_t n, double b, const double *restrict w,
                                         const double *restrict V, const double *restrict X, const double *restrict y,
                                         double *restrict value, double *restrict grad_b, double *restrict grad_w,
                                         double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t10 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t11 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d) * (gradc_bytes(d, sizeof(double))
        + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t7 = 1 / n */
    const double t7 = 1.0 / (double)n;

    /* t2[i:d, j:k] = V[i, j] * V[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            const double V_ij = V[i*k + j];
            t2[i*k + j] = V_ij * V_ij;
        }
    }
    const int64_t parts = gradc_parts(n, 11*d*k + 11*d + 4*k + 71, d*k + 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d,
        sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128,
        sizeof(double));
    double t6_parts[GRADC_PARTS];
    double grad_b_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct factorization_machine_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w,
            d, t10, k, t11, tile_scratch, tile_bytes, X, w, V, t2, y, b, t7, t6_parts, grad_b_parts};
        gradc_run(parts, factorization_machine_value_and_grad_team0, &given);
    } else {
        factorization_machine_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_w, d, t10, k, t11,
            tile_scratch, tile_bytes, X, w, V, t2, y, b, t7, t6_parts, grad_b_parts);
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }
    double grad_b_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_b_ += grad_b_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t10_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t10[at] += t10_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t11_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(d, sizeof(double))
            + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            t11[at] += t11_more[at];
        }
    }

    /* grad_V[i:d, j:k] = 2 * t10[i, j] - t11[i] * (2 * V[i, j]) */
    for (int64_t i = 0; i < d; ++i) {
        const double t11_i = t11[i];
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_V[i*k + j] = 2.0 * t10[i*k + j] - t11_i * (2.0 * V[i*k + j]);
        }
    }

    /* value = t6 / n */
    *value = t6 / (double)n;
    *grad_b = grad_b_;
    return 0;
}
