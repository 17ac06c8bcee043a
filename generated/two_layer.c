/* two_layer: the loss, and its derivatives.
 *
 *     def program(W1: real[d, h], b1: real[h], W2: real[h, k], b2: real[k], X: real[n, d], y: int64[n]):
 *         t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i])
 *         t1[m:n, j:h] = tanh(t0[m, j] + b1[j])
 *         t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j])
 *         Z[m:n, l:k] = t2[m, l] + b2[l]
 *         t3[m:n] = logsumexp[l:k](Z[m, l])
 *         t4 = sum[m:n](t3[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])])
 *         value = t4 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * two_layer_value gives 1: y holds an index out of range for an axis of length k
 * two_layer_forward gives 1: y holds an index out of range for an axis of length k
 * two_layer_backward gives 1: y holds an index out of range for an axis of length k
 * two_layer_value_and_grad gives 1: y holds an index out of range for an axis of length k
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

#include "two_layer.h"

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

/* 1 / cosh(x)^2 = (2 h + 1) / (h + 1)^2, with the h of gradc_tanh, so that a compiler computes it once for both; 0 from
 * 354 on, where it is 1e-307. */
GRADC_INLINE double gradc_sech_square(double x)
{
    const double a = fabs(x), h = gradc_half_expm1_within(a > 354.0 ? 708.0 : 2.0 * a);
    const double r = 1.0 / (h + 1.0), s = (2.0 * h + 1.0) * r * r;
    return a > 354.0 ? 0.0 : s;
}

/* tanh(x) = h / (h + 1), h = (exp(2|x|) - 1) / 2. */
GRADC_INLINE double gradc_tanh(double x)
{
    const double a = fabs(x), h = gradc_half_expm1_within(a > 354.0 ? 708.0 : 2.0 * a);
    return copysign(h / (h + 1.0), x);
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

#if defined(__clang__) || __GNUC__ >= 12
#define GRADC_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define GRADC_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (gradc_mask){__VA_ARGS__})
#endif

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

/* t[j, i] = s[i, j], both with contiguous rows, eight rows of s at a time. */
static void gradc_transpose(int64_t rows, int64_t columns, const double *restrict s, int64_t s_row,
                            double *restrict t, int64_t t_row)
{
    int64_t i = 0;
    for (; i + 8 <= rows; i += 8) {
        for (int64_t j = 0; j < columns; ++j) {
            for (int64_t r = 0; r < 8; ++r) {
                t[j * t_row + i + r] = s[(i + r) * s_row + j];
            }
        }
    }
    for (; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
            t[j * t_row + i] = s[i * s_row + j];
        }
    }
}

size_t two_layer_value_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    if (32768.0*h + 16384.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*h + 3*h*k + 23*h + 26*k + 32, 0) * (gradc_bytes(128*gradc_width(h),
        sizeof(double)) + gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void two_layer_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                              unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t h,
                                              int64_t k, int64_t d, const double *restrict W1,
                                              const double *restrict X, const double *restrict b1,
                                              const double *restrict W2, const double *restrict b2,
                                              const int64_t *restrict y, double *restrict t7_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(h), sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(h), sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    double t7_part = 0.0;
    double t7_part_low = 0.0;
    const int64_t strip = gradc_width(h);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t l = 0; l < k; ++l) {
                t2[l*128 + m - tile_begin] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < h ? strip + strip_begin : h;

            /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W1[strip_begin], 1, h,
                &X[tile_begin*d], 1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b1_j = b1[j];
                GRADC_SIMD()
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    t1[(j - strip_begin)*128 + m - tile_begin] = gradc_tanh(t0[(j - strip_begin)*128 + m
                        - tile_begin] + b1_j);
                }
            }

            /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &W2[strip_begin*k], 1, k, t1, 128, 1,
                NULL, 0, t2, 128, 1, 1, 0);
        }

        /* Z[m:n, l:k] = t2[m, l] + b2[l], in the place of t2 */
        /* t3[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t3[m - tile_begin] = -INFINITY;
        }
        for (int64_t l = 0; l < k; ++l) {
            const double b2_l = b2[l];
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                const double t2_ml = t2[l*128 + m - tile_begin];
                const double v0 = t2_ml + b2_l;
                t2[l*128 + m - tile_begin] = v0;
                t3[m - tile_begin] = (t3[m - tile_begin] >= v0 || t3[m - tile_begin] != t3[m - tile_begin]) ? t3[m
                    - tile_begin] : v0;
            }
        }

        /* t4[m:n] = where(inf == abs(t3[m]), 0, t3[m]), in the place of t3 */
        GRADC_SIMD()
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m - tile_begin];
            t3[m - tile_begin] = INFINITY == fabs(t3_m) ? 0.0 : t3_m;
        }

        /* t5[m:n] = sum[l:k](exp(Z[m, l] - t4[m])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t5[m - tile_begin] = 0.0;
        }
        for (int64_t l = 0; l < 4*(k / 4); l += 4) {
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                t5[m - tile_begin] += gradc_exp(t2[l*128 + m - tile_begin] - t3[m - tile_begin]) + gradc_exp(t2[(l
                    + 1)*128 + m - tile_begin] - t3[m - tile_begin]) + gradc_exp(t2[(l + 2)*128 + m - tile_begin]
                    - t3[m - tile_begin]) + gradc_exp(t2[(l + 3)*128 + m - tile_begin] - t3[m - tile_begin]);
            }
        }
        for (int64_t l = 4*(k / 4); l < k; ++l) {
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                t5[m - tile_begin] += gradc_exp(t2[l*128 + m - tile_begin] - t3[m - tile_begin]);
            }
        }

        /* t6[m:n] = t4[m] + log(t5[m]) */
        /* t7 = sum[m:n](t6[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t7_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_part_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            t7_part_sum += t3[m - tile_begin] + gradc_log(t5[m - tile_begin]) - t2[v0*128 + m - tile_begin];
        }
        gradc_add(&t7_part, &t7_part_low, t7_part_sum);
    }
    t7_part = gradc_rounded(t7_part, t7_part_low);
    t7_parts[part] = t7_part;
}

struct two_layer_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t h;
    int64_t k;
    int64_t d;
    const double *W1;
    const double *X;
    const double *b1;
    const double *W2;
    const double *b2;
    const int64_t *y;
    double *t7_parts;
};

static GRADC_APART void two_layer_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_value_rows0 *const given = context;
    two_layer_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->h,
        given->k, given->d, given->W1, given->X, given->b1, given->W2, given->b2, given->y, given->t7_parts);
}

int two_layer_value(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1, const double *restrict b1,
                    const double *restrict W2, const double *restrict b2, const double *restrict X,
                    const int64_t *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 3*d*h + 3*h*k + 23*h + 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*gradc_width(h),
        sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128,
        sizeof(double));
    double t7_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct two_layer_value_rows0 given = {n, parts, tile_scratch, tile_bytes, h, k, d, W1, X, b1, W2, b2,
            y, t7_parts};
        gradc_run(parts, two_layer_value_team0, &given);
    } else {
        two_layer_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, h, k, d, W1, X, b1, W2, b2, y, t7_parts);
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t7 += t7_parts[part];
    }

    /* value = t7 / n */
    *value = t7 / (double)n;
    return 0;
}

size_t two_layer_forward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*h*k + 23*h + 26*k + 32, 0) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void two_layer_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                int64_t h, double *restrict t1, double *restrict t0,
                                                const double *restrict b1, const double *restrict W2,
                                                double *restrict t2, const double *restrict b2,
                                                const int64_t *restrict y, double *restrict t3,
                                                double *restrict t6_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            GRADC_SIMD()
            for (int64_t j = 0; j < h; ++j) {
                t1[m*h + j] = gradc_tanh(t0[m*h + j] + b1[j]);
            }
        }

        /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
        gradc_product(k, tile_end - tile_begin, h, W2, 1, k, &t1[tile_begin*h], 1, h, NULL, 0, &t2[tile_begin*k], 1,
            k, 0, 0);

        /* Z[m:n, l:k] = t2[m, l] + b2[l] */
        /* t3[m:n] = max[l:k](Z[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            double t3_max = -INFINITY;
            for (int64_t l = 0; l < k; ++l) {
                const double v0 = t2[m*k + l] + b2[l];
                Z[(m - tile_begin)*k + l] = v0;
                t3_max = (t3_max >= v0 || t3_max != t3_max) ? t3_max : v0;
            }
            t3_[m - tile_begin] = t3_max;
        }

        /* t4[m:n] = where(inf == abs(t3[m]), 0, t3[m]), in the place of t3 */
        GRADC_SIMD()
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3_[m - tile_begin];
            t3_[m - tile_begin] = INFINITY == fabs(t3_m) ? 0.0 : t3_m;
        }

        /* t5[m:n] = sum[l:k](exp(Z[m, l] - t4[m])) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3_[m - tile_begin];
            double t5_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_sum))
            for (int64_t l = 0; l < k; ++l) {
                t5_sum += gradc_exp(Z[(m - tile_begin)*k + l] - t3_m);
            }
            t5[m - tile_begin] = t5_sum;
        }

        /* t3_2[m:n] = t4[m] + log(t5[m]) */
        /* t6 = sum[m:n](t3_2[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double v0 = t3_[m - tile_begin] + gradc_log(t5[m - tile_begin]);
            const int64_t y_m = y[m];
            const int64_t v1 = y_m < 0 ? k + y_m : y_m;
            t3[m] = v0;
            t6_part_sum += v0 - Z[(m - tile_begin)*k + v1];
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
}

struct two_layer_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t h;
    double *t1;
    double *t0;
    const double *b1;
    const double *W2;
    double *t2;
    const double *b2;
    const int64_t *y;
    double *t3;
    double *t6_parts;
};

static GRADC_APART void two_layer_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_forward_rows0 *const given = context;
    two_layer_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->h, given->t1, given->t0, given->b1, given->W2, given->t2, given->b2, given->y, given->t3, given->t6_parts);
}

int two_layer_forward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                      const double *restrict b1, const double *restrict W2, const double *restrict b2,
                      const double *restrict X, const int64_t *restrict y, double *restrict value,
                      double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                      void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    for (int64_t at = 0; at < h*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
    gradc_product(h, n, d, W1, 1, h, X, 1, d, NULL, 0, t0, 1, h, 1, 0);
    const int64_t parts = gradc_parts(n, 3*h*k + 23*h + 26*k + 32, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t6_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct two_layer_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, h, t1, t0, b1, W2, t2,
            b2, y, t3, t6_parts};
        gradc_run(parts, two_layer_forward_team0, &given);
    } else {
        two_layer_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, h, t1, t0, b1, W2, t2, b2, y, t3,
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

size_t two_layer_backward_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    if (128.0*d*h + 128.0*h*k + 49280.0*h + 32896.0*k > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k) * (gradc_bytes(k, sizeof(double))
        + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)) + gradc_bytes(d*h, sizeof(double)))
        + (size_t)gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k) * (gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*h, sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*gradc_width(h), sizeof(double)));
}

static GRADC_APART void two_layer_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                 unsigned char *restrict part_scratch, size_t part_bytes,
                                                 double *restrict grad_b2, int64_t k, double *restrict grad_W2,
                                                 int64_t h, double *restrict grad_b1, double *restrict grad_W1,
                                                 int64_t d, unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                 const double *restrict t2, double t4, const double *restrict b2,
                                                 const int64_t *restrict y, const double *restrict t3,
                                                 const double *restrict W2, const double *restrict t1,
                                                 const double *restrict t0, const double *restrict b1,
                                                 const double *restrict X)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_b2_part = part == 0 ? grad_b2 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W2_part = part == 0 ? grad_W2 : (void *)part_own;
    part_own += gradc_bytes(h*k, sizeof(double));
    double *const grad_b1_part = part == 0 ? grad_b1 : (void *)part_own;
    part_own += gradc_bytes(h, sizeof(double));
    double *const grad_W1_part = part == 0 ? grad_W1 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t2_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Z_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t7 = (void *)tile_own;
    for (int64_t at = 0; at < k; ++at) {
        grad_b2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h; ++at) {
        grad_b1_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*h; ++at) {
        grad_W1_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    const int64_t strip_ = gradc_width(h);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2_tile[m:n, l:k] = t2[m, l] */
        gradc_transpose(tile_end - tile_begin, k, &t2[tile_begin*k], k, t2_tile, 128);
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            for (int64_t j = 0; j < h; ++j) {
                t5[j*128 + m - tile_begin] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* Z[m:n, l:k] = t2_tile[m, l] + b2[l] */
            /* Z_bar[m:n, l:k] = where(-inf == Z[m, l], 0, t4 * exp(Z[m, l] - t3[m])) + where(l ==
             *    where_integer(y[m] < 0, k + y[m], y[m]), -t4, 0) */
            /* grad_b2[l:k] = sum[m:n](Z_bar[m, l]) */
            const double v0 = -t4;
            for (int64_t l = strip_begin; l < strip_end; ++l) {
                const double b2_l = b2[l];
                double grad_b2_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b2_part_sum))
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v1 = t2_tile[l*128 + m - tile_begin] + b2_l;
                    const int64_t y_m = y[m];
                    const double v2 = (l == (y_m < 0 ? k + y_m : y_m) ? v0 : 0.0) + (-INFINITY == v1 ? 0.0 : t4
                        * gradc_exp(v1 - t3[m]));
                    Z_bar[(l - strip_begin)*128 + m - tile_begin] = v2;
                    grad_b2_part_sum += v2;
                }
                grad_b2_part[l] += grad_b2_part_sum;
            }

            /* t5[m:n, j:h] = sum[l:k](W2[j, l] * Z_bar[m, l]) */
            gradc_product(h, tile_end - tile_begin, strip_end - strip_begin, &W2[strip_begin], k, 1, Z_bar, 128, 1,
                NULL, 0, t5, 128, 1, 1, 0);

            /* grad_W2[j:h, l:k] = sum[m:n](t1[m, j] * Z_bar[m, l]) */
            gradc_product(h, strip_end - strip_begin, tile_end - tile_begin, &t1[tile_begin*h], 1, h, Z_bar, 1, 128,
                NULL, 0, &grad_W2_part[strip_begin], k, 1, 1, 0);
        }

        /* t0_tile[m:n, j:h] = t0[m, j] */
        gradc_transpose(tile_end - tile_begin, h, &t0[tile_begin*h], h, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip_) {
            const int64_t strip_end = strip_ + strip_begin < h ? strip_ + strip_begin : h;

            /* t6[m:n, j:h] = sech_square(t0_tile[m, j] + b1[j]) */
            /* t7[m:n, j:h] = t6[m, j] * t5[m, j] */
            /* grad_b1[j:h] = sum[m:n](t6[m, j] * t5[m, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b1_j = b1[j];
                double grad_b1_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b1_part_sum))
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v0 = t5[j*128 + m - tile_begin] * gradc_sech_square(t0_tile[j*128 + m - tile_begin]
                        + b1_j);
                    t7[(j - strip_begin)*128 + m - tile_begin] = v0;
                    grad_b1_part_sum += v0;
                }
                grad_b1_part[j] += grad_b1_part_sum;
            }

            /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t7[m, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t7, 1, 128,
                NULL, 0, &grad_W1_part[strip_begin], h, 1, 1, 0);
        }
    }
}

struct two_layer_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b2;
    int64_t k;
    double *grad_W2;
    int64_t h;
    double *grad_b1;
    double *grad_W1;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *t2;
    double t4;
    const double *b2;
    const int64_t *y;
    const double *t3;
    const double *W2;
    const double *t1;
    const double *t0;
    const double *b1;
    const double *X;
};

static GRADC_APART void two_layer_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_backward_rows0 *const given = context;
    two_layer_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_b2, given->k, given->grad_W2, given->h, given->grad_b1, given->grad_W1, given->d,
        given->tile_scratch, given->tile_bytes, given->t2, given->t4, given->b2, given->y, given->t3, given->W2,
        given->t1, given->t0, given->b1, given->X);
}

int two_layer_backward(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                       const double *restrict b1, const double *restrict W2, const double *restrict b2,
                       const double *restrict X, const int64_t *restrict y, const double *restrict t0,
                       const double *restrict t1, const double *restrict t2, const double *restrict t3,
                       double cotangent, double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                       double *restrict grad_b2, void *restrict work)
{
    (void)W1;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k) * (gradc_bytes(k,
        sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)) + gradc_bytes(d*h,
        sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t4 = cotangent / n */
    const double t4 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d*h + 6*h*k + 26*h + 37*k, d*h + h*k + h + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h,
        sizeof(double)) + gradc_bytes(d*h, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*gradc_width(h),
        sizeof(double));
    if (parts > 1) {
        const struct two_layer_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_b2, k, grad_W2, h,
            grad_b1, grad_W1, d, tile_scratch, tile_bytes, t2, t4, b2, y, t3, W2, t1, t0, b1, X};
        gradc_run(parts, two_layer_backward_team0, &given);
    } else {
        two_layer_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_b2, k, grad_W2, h, grad_b1, grad_W1,
            d, tile_scratch, tile_bytes, t2, t4, b2, y, t3, W2, t1, t0, b1, X);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_b2_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b2[at] += grad_b2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W2_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k,
            sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h*k; ++at) {
            grad_W2[at] += grad_W2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_b1_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double))
            + gradc_bytes(h*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h; ++at) {
            grad_b1[at] += grad_b1_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W1_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double))
            + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*h; ++at) {
            grad_W1[at] += grad_W1_more[at];
        }
    }
    return 0;
}

size_t two_layer_value_and_grad_work(int64_t d, int64_t h, int64_t k, int64_t n)
{
    if (128.0*d*h + 128.0*h*k + 65664.0*h + 49280.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k) * (gradc_bytes(k,
        sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)) + gradc_bytes(d*h,
        sizeof(double))) + (size_t)gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k)
        * (gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*h,
        sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(h), sizeof(double)));
}

static GRADC_APART void two_layer_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                       unsigned char *restrict part_scratch, size_t part_bytes,
                                                       double *restrict grad_b2, int64_t k, double *restrict grad_W2,
                                                       int64_t h, double *restrict grad_b1, double *restrict grad_W1,
                                                       int64_t d, unsigned char *restrict tile_scratch,
                                                       size_t tile_bytes, const double *restrict W1,
                                                       const double *restrict X, const double *restrict b1,
                                                       const double *restrict W2, const double *restrict b2,
                                                       const int64_t *restrict y, double t9,
                                                       double *restrict t8_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_b2_part = part == 0 ? grad_b2 : (void *)part_own;
    part_own += gradc_bytes(k, sizeof(double));
    double *const grad_W2_part = part == 0 ? grad_W2 : (void *)part_own;
    part_own += gradc_bytes(h*k, sizeof(double));
    double *const grad_b1_part = part == 0 ? grad_b1 : (void *)part_own;
    part_own += gradc_bytes(h, sizeof(double));
    double *const grad_W1_part = part == 0 ? grad_W1 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(h), sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t12 = (void *)tile_own;
    tile_own += gradc_bytes(128*h, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(k), sizeof(double));
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)tile_own;
    double t8_part = 0.0;
    double t8_part_low = 0.0;
    for (int64_t at = 0; at < k; ++at) {
        grad_b2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h*k; ++at) {
        grad_W2_part[at] = 0.0;
    }
    for (int64_t at = 0; at < h; ++at) {
        grad_b1_part[at] = 0.0;
    }
    for (int64_t at = 0; at < d*h; ++at) {
        grad_W1_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(h);
    const int64_t strip_ = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < h ? strip + strip_begin : h;

            /* t0[m:n, j:h] = sum[i:d](W1[i, j] * X[m, i]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, d, &W1[strip_begin], 1, h,
                &X[tile_begin*d], 1, d, NULL, 0, t0, 128, 1, 0, 0);

            /* t1[m:n, j:h] = tanh(t0[m, j] + b1[j]) */
            /* t12[m:n, j:h] = sech_square(t0[m, j] + b1[j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                const double b1_j = b1[j];
                GRADC_SIMD()
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v0 = t0[(j - strip_begin)*128 + m - tile_begin] + b1_j;
                    t1[j*128 + m - tile_begin] = gradc_tanh(v0);
                    t12[j*128 + m - tile_begin] = gradc_sech_square(v0);
                }
            }
        }
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t3[m - tile_begin] = -INFINITY;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip_) {
            const int64_t strip_end = strip_ + strip_begin < k ? strip_ + strip_begin : k;

            /* t2[m:n, l:k] = sum[j:h](W2[j, l] * t1[m, j]) */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, h, &W2[strip_begin], 1, k, t1, 128, 1,
                NULL, 0, t2, 128, 1, 0, 0);

            /* Z[m:n, l:k] = t2[m, l] + b2[l] */
            /* t3[m:n] = max[l:k](Z[m, l]) */
            for (int64_t l = strip_begin; l < strip_end; ++l) {
                const double b2_l = b2[l];
                GRADC_SIMD()
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v0 = t2[(l - strip_begin)*128 + m - tile_begin] + b2_l;
                    Z[l*128 + m - tile_begin] = v0;
                    t3[m - tile_begin] = (t3[m - tile_begin] >= v0 || t3[m - tile_begin] != t3[m - tile_begin])
                        ? t3[m - tile_begin] : v0;
                }
            }
        }

        /* t4[m:n] = where(inf == abs(t3[m]), 0, t3[m]), in the place of t3 */
        GRADC_SIMD()
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m - tile_begin];
            t3[m - tile_begin] = INFINITY == fabs(t3_m) ? 0.0 : t3_m;
        }

        /* t5[m:n, l:k] = exp(Z[m, l] - t4[m]) */
        /* t6[m:n] = sum[l:k](t5[m, l]) */
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            t6[m - tile_begin] = 0.0;
        }
        for (int64_t l = 0; l < k; ++l) {
            GRADC_SIMD()
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                const double v0 = gradc_exp(Z[l*128 + m - tile_begin] - t3[m - tile_begin]);
                t5[l*128 + m - tile_begin] = v0;
                t6[m - tile_begin] += v0;
            }
        }

        /* t7[m:n] = t4[m] + log(t6[m]) */
        /* t8 = sum[m:n](t7[m] - Z[m, where_integer(y[m] < 0, k + y[m], y[m])]) */
        /* t10[m:n] = 1 / t6[m], in the place of t3 */
        double t8_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t8_part_sum))
        for (int64_t m = tile_begin; m < tile_end; ++m) {
            const double t3_m = t3[m - tile_begin];
            const double t6_m = t6[m - tile_begin];
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            t8_part_sum += t3_m + gradc_log(t6_m) - Z[v0*128 + m - tile_begin];
            t3[m - tile_begin] = 1.0 / t6_m;
        }
        gradc_add(&t8_part, &t8_part_low, t8_part_sum);

        /* Z_bar[m:n, l:k] = where(-inf == Z[m, l], 0, t9 * (t5[m, l] * t10[m])) + where(l == where_integer(y[m] <
         *    0, k + y[m], y[m]), -t9, 0), in the place of Z */
        /* grad_b2[l:k] = sum[m:n](Z_bar[m, l]) */
        const double v0 = -t9;
        for (int64_t l = 0; l < k; ++l) {
            double grad_b2_part_sum = 0.0;
            GRADC_SIMD(reduction(+:grad_b2_part_sum))
            for (int64_t m = tile_begin; m < tile_end; ++m) {
                const double Z_ml = Z[l*128 + m - tile_begin];
                const int64_t y_m = y[m];
                const double v1 = (-INFINITY == Z_ml ? 0.0 : t9 * (t5[l*128 + m - tile_begin] * t3[m - tile_begin]))
                    + (l == (y_m < 0 ? k + y_m : y_m) ? v0 : 0.0);
                Z[l*128 + m - tile_begin] = v1;
                grad_b2_part_sum += v1;
            }
            grad_b2_part[l] += grad_b2_part_sum;
        }
        for (int64_t strip_begin = 0; strip_begin < h; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < h ? strip + strip_begin : h;

            /* t11[m:n, j:h] = sum[l:k](W2[j, l] * Z_bar[m, l]), in the place of t0 */
            gradc_product(strip_end - strip_begin, tile_end - tile_begin, k, &W2[strip_begin*k], k, 1, Z, 128, 1,
                NULL, 0, t0, 128, 1, 0, 0);

            /* grad_W2[j:h, l:k] = sum[m:n](Z_bar[m, l] * t1[m, j]) */
            gradc_product(strip_end - strip_begin, k, tile_end - tile_begin, &t1[strip_begin*128], 128, 1, Z, 1, 128,
                NULL, 0, &grad_W2_part[strip_begin*k], k, 1, 1, 0);

            /* t13[m:n, j:h] = t11[m, j] * t12[m, j] */
            /* grad_b1[j:h] = sum[m:n](t12[m, j] * t11[m, j]) */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                double grad_b1_part_sum = 0.0;
                GRADC_SIMD(reduction(+:grad_b1_part_sum))
                for (int64_t m = tile_begin; m < tile_end; ++m) {
                    const double v1 = t0[(j - strip_begin)*128 + m - tile_begin] * t12[j*128 + m - tile_begin];
                    t13[(j - strip_begin)*128 + m - tile_begin] = v1;
                    grad_b1_part_sum += v1;
                }
                grad_b1_part[j] += grad_b1_part_sum;
            }

            /* grad_W1[i:d, j:h] = sum[m:n](X[m, i] * t13[m, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t13, 1, 128,
                NULL, 0, &grad_W1_part[strip_begin], h, 1, 1, 0);
        }
    }
    t8_part = gradc_rounded(t8_part, t8_part_low);
    t8_parts[part] = t8_part;
}

struct two_layer_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_b2;
    int64_t k;
    double *grad_W2;
    int64_t h;
    double *grad_b1;
    double *grad_W1;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *W1;
    const double *X;
    const double *b1;
    const double *W2;
    const double *b2;
    const int64_t *y;
    double t9;
    double *t8_parts;
};

static GRADC_APART void two_layer_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct two_layer_value_and_grad_rows0 *const given = context;
    two_layer_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_b2, given->k, given->grad_W2, given->h, given->grad_b1, given->grad_W1, given->d,
        given->tile_scratch, given->tile_bytes, given->W1, given->X, given->b1, given->W2, given->b2, given->y,
        given->t9, given->t8_parts);
}

int two_layer_value_and_grad(int64_t d, int64_t h, int64_t k, int64_t n, const double *restrict W1,
                             const double *restrict b1, const double *restrict W2, const double *restrict b2,
                             const double *restrict X, const int64_t *restrict y, double *restrict value,
                             double *restrict grad_W1, double *restrict grad_b1, double *restrict grad_W2,
                             double *restrict grad_b2, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k) * (gradc_bytes(k,
        sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)) + gradc_bytes(d*h,
        sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t m = 0; m < n; ++m) {
            const int64_t y_m = y[m];
            const int64_t v0 = y_m < 0 ? k + y_m : y_m;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t9 = 1 / n */
    const double t9 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d*h + 9*h*k + 46*h + 41*k + 36, d*h + h*k + h + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h,
        sizeof(double)) + gradc_bytes(d*h, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(h), sizeof(double)) + gradc_bytes(128*h, sizeof(double))
        + gradc_bytes(128*h, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128*gradc_width(h), sizeof(double));
    double t8_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct two_layer_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_b2, k, grad_W2,
            h, grad_b1, grad_W1, d, tile_scratch, tile_bytes, W1, X, b1, W2, b2, y, t9, t8_parts};
        gradc_run(parts, two_layer_value_and_grad_team0, &given);
    } else {
        two_layer_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_b2, k, grad_W2, h, grad_b1,
            grad_W1, d, tile_scratch, tile_bytes, W1, X, b1, W2, b2, y, t9, t8_parts);
    }
    double t8 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t8 += t8_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_b2_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            grad_b2[at] += grad_b2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W2_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k,
            sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h*k; ++at) {
            grad_W2[at] += grad_W2_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_b1_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double))
            + gradc_bytes(h*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < h; ++at) {
            grad_b1[at] += grad_b1_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W1_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double))
            + gradc_bytes(h*k, sizeof(double)) + gradc_bytes(h, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*h; ++at) {
            grad_W1[at] += grad_W1_more[at];
        }
    }

    /* value = t8 / n */
    *value = t8 / (double)n;
    return 0;
}
