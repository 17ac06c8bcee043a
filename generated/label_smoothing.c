/* label_smoothing: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], y: int64[n], eps: real):
 *         t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t1[l:n] = logsumexp[j:k](t0[l, j])
 *         L[l:n, j:k] = t0[l, j] - t1[l]
 *         t2[l:n] = sum[j:k](L[l, j])
 *         t3 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t2[l] / k))
 *         value = -(t3 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * label_smoothing_value gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_forward gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_backward gives 1: y holds an index out of range for an axis of length k
 * label_smoothing_value_and_grad gives 1: y holds an index out of range for an axis of length k
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

#include "label_smoothing.h"

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

/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? GRADC_TILE : bytes < 384 ? GRADC_TILE / 2 : bytes < 768 ? GRADC_TILE / 4 : GRADC_TILE / 8;
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

size_t label_smoothing_value_work(int64_t d, int64_t k, int64_t n)
{
    if (16384.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 27*k + 42, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void label_smoothing_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                    unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                    int64_t k, int64_t d, const double *restrict W,
                                                    const double *restrict X, double eps, const int64_t *restrict y,
                                                    double *restrict t6_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    double t6_part = 0.0;
    double t6_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t0, 128, 1, 0, 0);

        /* t1[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_lj = t0[j*128 + l - tile_begin];
                t1[l - tile_begin] = (t1[l - tile_begin] >= t0_lj || t1[l - tile_begin] != t1[l - tile_begin]) ? t1[l
                    - tile_begin] : t0_lj;
            }
        }

        /* t2[l:n] = where(inf == abs(t1[l]), 0, t1[l]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            t1[l - tile_begin] = INFINITY == fabs(t1_l) ? 0.0 : t1_l;
        }

        /* t3[l:n] = sum[j:k](exp(t0[l, j] - t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t3[l - tile_begin] += gradc_exp(t0[j*128 + l - tile_begin] - t1[l - tile_begin]) + gradc_exp(t0[(j
                    + 1)*128 + l - tile_begin] - t1[l - tile_begin]) + gradc_exp(t0[(j + 2)*128 + l - tile_begin]
                    - t1[l - tile_begin]) + gradc_exp(t0[(j + 3)*128 + l - tile_begin] - t1[l - tile_begin]);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t3[l - tile_begin] += gradc_exp(t0[j*128 + l - tile_begin] - t1[l - tile_begin]);
            }
        }

        /* t4[l:n] = t2[l] + log(t3[l]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            t1[l - tile_begin] = t1_l + gradc_log(t3[l - tile_begin]);
        }

        /* L[l:n, j:k] = t0[l, j] - t4[l], in the place of t0 */
        /* t5[l:n] = sum[j:k](L[l, j]), in the place of t3 */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_lj = t0[j*128 + l - tile_begin];
                const double v0 = t0_lj - t1[l - tile_begin];
                t0[j*128 + l - tile_begin] = v0;
                t3[l - tile_begin] += v0;
            }
        }

        /* t6 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t5[l] / k)) */
        const double v0 = 1.0 - eps;
        const double v1 = (double)k;
        double t6_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t6_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v2 = y_l < 0 ? k + y_l : y_l;
            t6_part_sum += t0[v2*128 + l - tile_begin] * v0 + eps * (t3[l - tile_begin] / v1);
        }
        gradc_add(&t6_part, &t6_part_low, t6_part_sum);
    }
    t6_part = gradc_rounded(t6_part, t6_part_low);
    t6_parts[part] = t6_part;
}

struct label_smoothing_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const double *W;
    const double *X;
    double eps;
    const int64_t *y;
    double *t6_parts;
};

static GRADC_APART void label_smoothing_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_value_rows0 *const given = context;
    label_smoothing_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->d, given->W, given->X, given->eps, given->y, given->t6_parts);
}

int label_smoothing_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                          const int64_t *restrict y, double eps, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 3*d*k + 27*k + 42, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t6_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct label_smoothing_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, W, X, eps, y,
            t6_parts};
        gradc_run(parts, label_smoothing_value_team0, &given);
    } else {
        label_smoothing_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, d, W, X, eps, y, t6_parts);
    }
    double t6 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t6 += t6_parts[part];
    }

    /* value = -(t6 / n) */
    *value = -(t6 / (double)n);
    return 0;
}

size_t label_smoothing_forward_work(int64_t d, int64_t k, int64_t n)
{
    (void)d;
    if (16384.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 27*k + 42, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128*k, sizeof(double)));
}

static GRADC_APART void label_smoothing_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      int64_t k, double *restrict t0, double *restrict t1, double eps,
                                                      const int64_t *restrict y, double *restrict t5_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t1_ = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const L = (void *)tile_own;
    double t5_part = 0.0;
    double t5_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            for (int64_t j = 0; j < k; ++j) {
                const double t0_lj = t0[l*k + j];
                t1_max = (t1_max >= t0_lj || t1_max != t1_max) ? t1_max : t0_lj;
            }
            t1_[l - tile_begin] = t1_max;
        }

        /* t2[l:n] = where(inf == abs(t1[l]), 0, t1[l]), in the place of t1 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1_[l - tile_begin];
            t1_[l - tile_begin] = INFINITY == fabs(t1_l) ? 0.0 : t1_l;
        }

        /* t3[l:n] = sum[j:k](exp(t0[l, j] - t2[l])) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1_[l - tile_begin];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                t3_sum += gradc_exp(t0[l*k + j] - t1_l);
            }
            t3[l - tile_begin] = t3_sum;
        }

        /* t1_2[l:n] = t2[l] + log(t3[l]) */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l] = t1_[l - tile_begin] + gradc_log(t3[l - tile_begin]);
        }

        /* L[l:n, j:k] = t0[l, j] - t1_2[l] */
        /* t4[l:n] = sum[j:k](L[l, j]), in the place of t1 */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0[l*k + j] - t1_l;
                L[(l - tile_begin)*k + j] = v0;
                t1_sum += v0;
            }
            t1_[l - tile_begin] = t1_sum;
        }

        /* t5 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t4[l] / k)) */
        const double v0 = 1.0 - eps;
        const double v1 = (double)k;
        double t5_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t5_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v2 = y_l < 0 ? k + y_l : y_l;
            t5_part_sum += L[(l - tile_begin)*k + v2] * v0 + eps * (t1_[l - tile_begin] / v1);
        }
        gradc_add(&t5_part, &t5_part_low, t5_part_sum);
    }
    t5_part = gradc_rounded(t5_part, t5_part_low);
    t5_parts[part] = t5_part;
}

struct label_smoothing_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double *t0;
    double *t1;
    double eps;
    const int64_t *y;
    double *t5_parts;
};

static GRADC_APART void label_smoothing_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_forward_rows0 *const given = context;
    label_smoothing_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->t0, given->t1, given->eps, given->y, given->t5_parts);
}

int label_smoothing_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                            const int64_t *restrict y, double eps, double *restrict value, double *restrict t0,
                            double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }
    for (int64_t at = 0; at < k*n; ++at) {
        t0[at] = 0.0;
    }

    /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
    gradc_product(k, n, d, W, 1, k, X, 1, d, NULL, 0, t0, 1, k, 1, 0);
    const int64_t parts = gradc_parts(n, 27*k + 42, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double));
    double t5_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct label_smoothing_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, t0, t1, eps, y,
            t5_parts};
        gradc_run(parts, label_smoothing_forward_team0, &given);
    } else {
        label_smoothing_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, t0, t1, eps, y, t5_parts);
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }

    /* value = -(t5 / n) */
    *value = -(t5 / (double)n);
    return 0;
}

size_t label_smoothing_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*d*k + 49152.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 52*k + 8, d*k) * (gradc_bytes(d*k, sizeof(double)))
        + (size_t)gradc_parts(n, 3*d*k + 52*k + 8, d*k) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

static GRADC_APART void label_smoothing_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                       unsigned char *restrict part_scratch, size_t part_bytes,
                                                       double *restrict grad_W, int64_t d, int64_t k,
                                                       unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                       double eps, double t2, const int64_t *restrict y,
                                                       const double *restrict t0, const double *restrict t1,
                                                       const double *restrict X)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const L_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t6 = (void *)tile_own;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t3[l:n] = eps * t2 / k */
        const double v0 = eps * t2 / (double)k;
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3[l - tile_begin] = v0;
        }

        /* L_bar[l:n, j:k] = t3[l] + where(j == where_integer(y[l] < 0, k + y[l], y[l]), t2 * (1 - eps), 0) */
        /* t4[l:n] = sum[j:k](L_bar[l, j]) */
        const double v1 = t2 * (1.0 - eps);
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const int64_t y_l = y[l];
                const double v2 = t3[l - tile_begin] + (j == (y_l < 0 ? k + y_l : y_l) ? v1 : 0.0);
                L_bar[j*128 + l - tile_begin] = v2;
                t4[l - tile_begin] += v2;
            }
        }

        /* t0_tile[l:n, j:k] = t0[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &t0[tile_begin*k], k, t0_tile, 128);
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t5[l:n, j:k] = let(s0 := t0_tile[l, j] - t1[l], s1 := s0 - t0_tile[l, j], s2 := t0_tile[l, j] - (s0
             *    - s1) - (t1[l] + s1), where(-inf == t0_tile[l, j], 0, -(t4[l] * (exp(s0) * (1 + where(abs(s2) <
             *    1, s2, 0)))))) */
            /* t6[l:n, j:k] = t5[l, j] + L_bar[l, j] */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t0_tile_lj = t0_tile[j*128 + l - tile_begin];
                    const double t1_l = t1[l];
                    const double v2 = t0_tile_lj - t1_l;
                    const double v3 = v2 - t0_tile_lj;
                    const double v4 = t0_tile_lj - (v2 - v3) - (t1_l + v3);
                    const double v5 = -INFINITY == t0_tile_lj ? 0.0 : -(t4[l - tile_begin] * (gradc_exp(v2) * (1.0
                        + (fabs(v4) < 1.0 ? v4 : 0.0))));
                    t6[(j - strip_begin)*128 + l - tile_begin] = L_bar[j*128 + l - tile_begin] + v5;
                }
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * t6[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t6, 1, 128,
                NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }
    }
}

struct label_smoothing_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_W;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double eps;
    double t2;
    const int64_t *y;
    const double *t0;
    const double *t1;
    const double *X;
};

static GRADC_APART void label_smoothing_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_backward_rows0 *const given = context;
    label_smoothing_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_W, given->d, given->k, given->tile_scratch, given->tile_bytes, given->eps, given->t2, given->y,
        given->t0, given->t1, given->X);
}

int label_smoothing_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const int64_t *restrict y, double eps, const double *restrict t0,
                             const double *restrict t1, double cotangent, double *restrict grad_W,
                             void *restrict work)
{
    (void)W;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*k + 52*k + 8, d*k) * (gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t2 = -(cotangent / n) */
    const double t2 = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 3*d*k + 52*k + 8, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*gradc_width(k),
        sizeof(double));
    if (parts > 1) {
        const struct label_smoothing_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_W, d, k,
            tile_scratch, tile_bytes, eps, t2, y, t0, t1, X};
        gradc_run(parts, label_smoothing_backward_team0, &given);
    } else {
        label_smoothing_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_W, d, k, tile_scratch,
            tile_bytes, eps, t2, y, t0, t1, X);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }
    return 0;
}

size_t label_smoothing_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*d*k + 65536.0*k + 65536.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*k + 48*k + 54, d*k) * (gradc_bytes(d*k, sizeof(double)))
        + (size_t)gradc_parts(n, 6*d*k + 48*k + 54, d*k) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

static GRADC_APART void label_smoothing_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                             unsigned char *restrict part_scratch, size_t part_bytes,
                                                             double *restrict grad_W, int64_t d, int64_t k,
                                                             unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                             const double *restrict W, const double *restrict X,
                                                             double eps, double t8, const int64_t *restrict y,
                                                             double *restrict t7_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_W_part = part == 0 ? grad_W : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const L_bar = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t10 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t13 = (void *)tile_own;
    double t7_part = 0.0;
    double t7_part_low = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_W_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, t0, 128, 1, 0, 0);

        /* t1[l:n] = max[j:k](t0[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -INFINITY;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_lj = t0[j*128 + l - tile_begin];
                t1[l - tile_begin] = (t1[l - tile_begin] >= t0_lj || t1[l - tile_begin] != t1[l - tile_begin]) ? t1[l
                    - tile_begin] : t0_lj;
            }
        }

        /* t2[l:n] = where(inf == abs(t1[l]), 0, t1[l]) */
        /* t9[l:n] = eps * t8 / k, in the place of t1 */
        const double v0 = eps * t8 / (double)k;
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l - tile_begin];
            t2[l - tile_begin] = INFINITY == fabs(t1_l) ? 0.0 : t1_l;
            t1[l - tile_begin] = v0;
        }

        /* t3[l:n, j:k] = exp(t0[l, j] - t2[l]) */
        /* t4[l:n] = sum[j:k](t3[l, j]) */
        /* L_bar[l:n, j:k] = t9[l] + where(j == where_integer(y[l] < 0, k + y[l], y[l]), t8 * (1 - eps), 0) */
        /* t10[l:n] = sum[j:k](L_bar[l, j]) */
        const double v1 = t8 * (1.0 - eps);
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4[l - tile_begin] = 0.0;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t10[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double v2 = gradc_exp(t0[j*128 + l - tile_begin] - t2[l - tile_begin]);
                const int64_t y_l = y[l];
                const double v3 = t1[l - tile_begin] + (j == (y_l < 0 ? k + y_l : y_l) ? v1 : 0.0);
                t3[j*128 + l - tile_begin] = v2;
                t4[l - tile_begin] += v2;
                L_bar[j*128 + l - tile_begin] = v3;
                t10[l - tile_begin] += v3;
            }
        }

        /* t5[l:n] = t2[l] + log(t4[l]), in the place of t1 */
        /* t11[l:n] = 1 / t4[l], in the place of t2 */
        GRADC_SIMD()
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t2_l = t2[l - tile_begin];
            const double t4_l = t4[l - tile_begin];
            t1[l - tile_begin] = t2_l + gradc_log(t4_l);
            t2[l - tile_begin] = 1.0 / t4_l;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t4[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* L[l:n, j:k] = t0[l, j] - t5[l], in the place of t0 */
            /* t6[l:n] = sum[j:k](L[l, j]), in the place of t4 */
            /* t12[l:n, j:k] = where(-inf == t0[l, j], 0, -(t10[l] * (t3[l, j] * t11[l]))) */
            /* t13[l:n, j:k] = t12[l, j] + L_bar[l, j] */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t0_lj = t0[j*128 + l - tile_begin];
                    const double v2 = t0_lj - t1[l - tile_begin];
                    const double v3 = -INFINITY == t0_lj ? 0.0 : -(t10[l - tile_begin] * (t3[j*128 + l - tile_begin]
                        * t2[l - tile_begin]));
                    t0[j*128 + l - tile_begin] = v2;
                    t4[l - tile_begin] += v2;
                    t13[(j - strip_begin)*128 + l - tile_begin] = L_bar[j*128 + l - tile_begin] + v3;
                }
            }

            /* grad_W[i:d, j:k] = sum[l:n](X[l, i] * t13[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t13, 1, 128,
                NULL, 0, &grad_W_part[strip_begin], k, 1, 1, 0);
        }

        /* t7 = sum[l:n](L[l, where_integer(y[l] < 0, k + y[l], y[l])] * (1 - eps) + eps * (t6[l] / k)) */
        const double v2 = 1.0 - eps;
        const double v3 = (double)k;
        double t7_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t7_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t y_l = y[l];
            const int64_t v4 = y_l < 0 ? k + y_l : y_l;
            t7_part_sum += t0[v4*128 + l - tile_begin] * v2 + eps * (t4[l - tile_begin] / v3);
        }
        gradc_add(&t7_part, &t7_part_low, t7_part_sum);
    }
    t7_part = gradc_rounded(t7_part, t7_part_low);
    t7_parts[part] = t7_part;
}

struct label_smoothing_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_W;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *W;
    const double *X;
    double eps;
    double t8;
    const int64_t *y;
    double *t7_parts;
};

static GRADC_APART void label_smoothing_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct label_smoothing_value_and_grad_rows0 *const given = context;
    label_smoothing_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->grad_W, given->d, given->k, given->tile_scratch, given->tile_bytes, given->W,
        given->X, given->eps, given->t8, given->y, given->t7_parts);
}

int label_smoothing_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                   const double *restrict X, const int64_t *restrict y, double eps,
                                   double *restrict value, double *restrict grad_W, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 48*k + 54, d*k) * (gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t y_l = y[l];
            const int64_t v0 = y_l < 0 ? k + y_l : y_l;
            outside |= (v0 < 0) | (v0 >= k);
        }
        if (outside != 0) {
            return 1;
        }
    }

    /* t8 = -(1 / n) */
    const double t8 = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(n, 6*d*k + 48*k + 54, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(k),
        sizeof(double));
    double t7_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct label_smoothing_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_W, d, k,
            tile_scratch, tile_bytes, W, X, eps, t8, y, t7_parts};
        gradc_run(parts, label_smoothing_value_and_grad_team0, &given);
    } else {
        label_smoothing_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_W, d, k, tile_scratch,
            tile_bytes, W, X, eps, t8, y, t7_parts);
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t7 += t7_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_W_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_W[at] += grad_W_more[at];
        }
    }

    /* value = -(t7 / n) */
    *value = -(t7 / (double)n);
    return 0;
}
