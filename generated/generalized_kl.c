/* generalized_kl: the loss, and its derivatives.
 *
 *     def program(W: real[n, k], H: real[k, d], V: real[n, d]):
 *         M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l])
 *         value = sum[i:n, l:d](M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, log_ratio(where(0 < V[i, l], V[i, l], 1), M[i, l])) - V[i, l]))
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

#include "generalized_kl.h"

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

size_t generalized_kl_value_work(int64_t n, int64_t k, int64_t d)
{
    if (16384.0*d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 56*d, 0) * (gradc_bytes(128*gradc_width(d), sizeof(double)));
}

static GRADC_APART void generalized_kl_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                   unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t d,
                                                   int64_t k, const double *restrict W, const double *restrict H,
                                                   const double *restrict V, double *restrict value_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const M = (void *)tile_own;
    double value_part = 0.0;
    double value_part_low = 0.0;
    const int64_t strip = gradc_width(d);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t strip_begin = 0; strip_begin < d; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < d ? strip + strip_begin : d;

            /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &W[tile_begin*k], k, 1, &H[strip_begin],
                d, 1, NULL, 0, M, strip, 1, 0, 0);

            /* value = sum[i:n, l:d](let(s0 := where(0 < V[i, l], V[i, l], 1), s1 := abs(M[i, l]) <= abs(s0), s2 :=
             *    where(s1, M[i, l], s0), s3 := 3.599131035634557e+162 * s2, s4 := where(s1, s0, M[i, l]), s5 :=
             *    abs(s4), s6 := where(abs(s3) < s5, s3, s2), s7 := 3.599131035634557e+162 * s6, s8 :=
             *    where(abs(s7) < s5, s7, s6), M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, where(s1, 1, -1) *
             *    (where(s6 == s8, 0, 374.29947750237045) + (where(s2 == s6, 0, 374.29947750237045) + log1p((s4 -
             *    s8) / s8)))) - V[i, l]))) */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double vM_il = M[(i - tile_begin)*strip + l - strip_begin];
                    const double V_il = V[i*d + l];
                    const double v0 = 0.0 < V_il ? V_il : 1.0;
                    const int v1 = fabs(vM_il) <= fabs(v0);
                    const double v2 = v1 ? vM_il : v0;
                    const double v3 = 3.599131035634557e+162 * v2;
                    const double v4 = v1 ? v0 : vM_il;
                    const double v5 = fabs(v4);
                    const double v6 = fabs(v3) < v5 ? v3 : v2;
                    const double v7 = 3.599131035634557e+162 * v6;
                    const double v8 = fabs(v7) < v5 ? v7 : v6;
                    const double v9 = (v6 == v8 ? 0.0 : 374.29947750237045) + ((v2 == v6 ? 0.0 : 374.29947750237045)
                        + gradc_log1p((v4 - v8) / v8));
                    value_part_sum += vM_il + (V_il * (vM_il < 0.0 ? NAN : (v1 ? 1.0 : -1.0) * v9) - V_il);
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

struct generalized_kl_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    int64_t k;
    const double *W;
    const double *H;
    const double *V;
    double *value_parts;
};

static GRADC_APART void generalized_kl_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_value_rows0 *const given = context;
    generalized_kl_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->d, given->k, given->W, given->H, given->V, given->value_parts);
}

int generalized_kl_value(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                         const double *restrict V, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 3*d*k + 56*d, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double));
    double value_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct generalized_kl_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, k, W, H, V,
            value_parts};
        gradc_run(parts, generalized_kl_value_team0, &given);
    } else {
        generalized_kl_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, d, k, W, H, V, value_parts);
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value_parts[part];
    }
    *value = value_;
    return 0;
}

size_t generalized_kl_forward_work(int64_t n, int64_t k, int64_t d)
{
    (void)n;
    (void)k;
    (void)d;
    return 0;
}

static GRADC_APART void generalized_kl_forward_rows0(int64_t part, int64_t n, int64_t parts, int64_t d,
                                                     double *restrict M, const double *restrict V,
                                                     double *restrict value_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double value_part = 0.0;
    double value_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* value = sum[i:n, l:d](let(s0 := where(0 < V[i, l], V[i, l], 1), s1 := abs(M[i, l]) <= abs(s0), s2 :=
         *    where(s1, M[i, l], s0), s3 := 3.599131035634557e+162 * s2, s4 := where(s1, s0, M[i, l]), s5 :=
         *    abs(s4), s6 := where(abs(s3) < s5, s3, s2), s7 := 3.599131035634557e+162 * s6, s8 := where(abs(s7) <
         *    s5, s7, s6), M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, where(s1, 1, -1) * (where(s6 == s8, 0,
         *    374.29947750237045) + (where(s2 == s6, 0, 374.29947750237045) + log1p((s4 - s8) / s8)))) - V[i, l]))) */
        double value_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:value_part_sum))
            for (int64_t l = 0; l < d; ++l) {
                const double vM_il = M[i*d + l];
                const double V_il = V[i*d + l];
                const double v0 = 0.0 < V_il ? V_il : 1.0;
                const int v1 = fabs(vM_il) <= fabs(v0);
                const double v2 = v1 ? vM_il : v0;
                const double v3 = 3.599131035634557e+162 * v2;
                const double v4 = v1 ? v0 : vM_il;
                const double v5 = fabs(v4);
                const double v6 = fabs(v3) < v5 ? v3 : v2;
                const double v7 = 3.599131035634557e+162 * v6;
                const double v8 = fabs(v7) < v5 ? v7 : v6;
                const double v9 = (v6 == v8 ? 0.0 : 374.29947750237045) + ((v2 == v6 ? 0.0 : 374.29947750237045)
                    + gradc_log1p((v4 - v8) / v8));
                value_part_sum += vM_il + (V_il * (vM_il < 0.0 ? NAN : (v1 ? 1.0 : -1.0) * v9) - V_il);
            }
        }
        gradc_add(&value_part, &value_part_low, value_part_sum);
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

struct generalized_kl_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    double *M;
    const double *V;
    double *value_parts;
};

static GRADC_APART void generalized_kl_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_forward_rows0 *const given = context;
    (void)thread;
    generalized_kl_forward_rows0(part, given->n, given->parts, given->d, given->M, given->V, given->value_parts);
}

int generalized_kl_forward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                           const double *restrict V, double *restrict value, double *restrict M, void *restrict work)
{
    (void)work;
    for (int64_t at = 0; at < d*n; ++at) {
        M[at] = 0.0;
    }

    /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
    gradc_product(n, d, k, W, k, 1, H, d, 1, NULL, 0, M, d, 1, 1, 0);
    const int64_t parts = gradc_parts(n, 56*d, 0);
    double value_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct generalized_kl_forward_rows0 given = {n, parts, d, M, V, value_parts};
        gradc_run(parts, generalized_kl_forward_team0, &given);
    } else {
        generalized_kl_forward_rows0(0, n, parts, d, M, V, value_parts);
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value_parts[part];
    }
    *value = value_;
    return 0;
}

size_t generalized_kl_backward_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*d*k + 16384.0*d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d*k + 12*d, d*k) * (gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n,
        6*d*k + 12*d, d*k) * (gradc_bytes(128*gradc_width(d), sizeof(double)));
}

static GRADC_APART void generalized_kl_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                      unsigned char *restrict part_scratch, size_t part_bytes,
                                                      double *restrict grad_H, int64_t k, int64_t d,
                                                      unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                      double *restrict grad_W, const double *restrict M,
                                                      double cotangent, const double *restrict V,
                                                      const double *restrict H, const double *restrict W)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_H_part = part == 0 ? grad_H : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const vM_bar = (void *)tile_own;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(d);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                grad_W[i*k + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < d; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < d ? strip + strip_begin : d;

            /* M_bar[i:n, l:d] = cotangent + where(M[i, l] < 0, 0, -(cotangent * V[i, l] / M[i, l])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double vM_il = M[i*d + l];
                    vM_bar[(i - tile_begin)*strip + l - strip_begin] = cotangent + (vM_il < 0.0 ? 0.0 : -(cotangent
                        * V[i*d + l] / vM_il));
                }
            }

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * M_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &H[strip_begin], d, 1, vM_bar, 1, strip,
                NULL, 0, &grad_W[tile_begin*k], 1, k, 1, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * M_bar[i, l]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &W[tile_begin*k], 1, k, vM_bar, strip,
                1, NULL, 0, &grad_H_part[strip_begin], d, 1, 1, 0);
        }
    }
}

struct generalized_kl_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_H;
    int64_t k;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double *grad_W;
    const double *M;
    double cotangent;
    const double *V;
    const double *H;
    const double *W;
};

static GRADC_APART void generalized_kl_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_backward_rows0 *const given = context;
    generalized_kl_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_H, given->k, given->d, given->tile_scratch, given->tile_bytes, given->grad_W, given->M,
        given->cotangent, given->V, given->H, given->W);
}

int generalized_kl_backward(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                            const double *restrict V, const double *restrict M, double cotangent,
                            double *restrict grad_W, double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 12*d, d*k) * (gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 6*d*k + 12*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double));
    if (parts > 1) {
        const struct generalized_kl_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_H, k, d,
            tile_scratch, tile_bytes, grad_W, M, cotangent, V, H, W};
        gradc_run(parts, generalized_kl_backward_team0, &given);
    } else {
        generalized_kl_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_H, k, d, tile_scratch,
            tile_bytes, grad_W, M, cotangent, V, H, W);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_H_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H[at] += grad_H_more[at];
        }
    }
    return 0;
}

size_t generalized_kl_value_and_grad_work(int64_t n, int64_t k, int64_t d)
{
    if (128.0*d*k + 32768.0*d > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 9*d*k + 63*d, d*k) * (gradc_bytes(d*k, sizeof(double))) + (size_t)gradc_parts(n,
        9*d*k + 63*d, d*k) * (gradc_bytes(128*gradc_width(d), sizeof(double)) + gradc_bytes(128*gradc_width(d),
        sizeof(double)));
}

static GRADC_APART void generalized_kl_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                            unsigned char *restrict part_scratch, size_t part_bytes,
                                                            double *restrict grad_H, int64_t k, int64_t d,
                                                            unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                            double *restrict grad_W, const double *restrict W,
                                                            const double *restrict H, const double *restrict V,
                                                            double *restrict value_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const grad_H_part = part == 0 ? grad_H : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const M = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(d), sizeof(double));
    double *const vM_bar = (void *)tile_own;
    double value_part = 0.0;
    double value_part_low = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        grad_H_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(d);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            for (int64_t j = 0; j < k; ++j) {
                grad_W[i*k + j] = 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < d; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < d ? strip + strip_begin : d;

            /* M[i:n, l:d] = sum[j:k](W[i, j] * H[j, l]) */
            gradc_product(tile_end - tile_begin, strip_end - strip_begin, k, &W[tile_begin*k], k, 1, &H[strip_begin],
                d, 1, NULL, 0, M, strip, 1, 0, 0);

            /* value = sum[i:n, l:d](let(s0 := where(0 < V[i, l], V[i, l], 1), s1 := abs(M[i, l]) <= abs(s0), s2 :=
             *    where(s1, M[i, l], s0), s3 := 3.599131035634557e+162 * s2, s4 := where(s1, s0, M[i, l]), s5 :=
             *    abs(s4), s6 := where(abs(s3) < s5, s3, s2), s7 := 3.599131035634557e+162 * s6, s8 :=
             *    where(abs(s7) < s5, s7, s6), M[i, l] + (V[i, l] * where(M[i, l] < 0, nan, where(s1, 1, -1) *
             *    (where(s6 == s8, 0, 374.29947750237045) + (where(s2 == s6, 0, 374.29947750237045) + log1p((s4 -
             *    s8) / s8)))) - V[i, l]))) */
            /* M_bar[i:n, l:d] = 1 + where(M[i, l] < 0, 0, -(V[i, l] / M[i, l])) */
            double value_part_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:value_part_sum))
                for (int64_t l = strip_begin; l < strip_end; ++l) {
                    const double vM_il = M[(i - tile_begin)*strip + l - strip_begin];
                    const double V_il = V[i*d + l];
                    const int v0 = vM_il < 0.0;
                    const double v1 = 0.0 < V_il ? V_il : 1.0;
                    const int v2 = fabs(vM_il) <= fabs(v1);
                    const double v3 = v2 ? vM_il : v1;
                    const double v4 = 3.599131035634557e+162 * v3;
                    const double v5 = v2 ? v1 : vM_il;
                    const double v6 = fabs(v5);
                    const double v7 = fabs(v4) < v6 ? v4 : v3;
                    const double v8 = 3.599131035634557e+162 * v7;
                    const double v9 = fabs(v8) < v6 ? v8 : v7;
                    const double v10 = (v7 == v9 ? 0.0 : 374.29947750237045) + ((v3 == v7 ? 0.0 : 374.29947750237045)
                        + gradc_log1p((v5 - v9) / v9));
                    value_part_sum += vM_il + (V_il * (v0 ? NAN : (v2 ? 1.0 : -1.0) * v10) - V_il);
                    vM_bar[(i - tile_begin)*strip + l - strip_begin] = 1.0 + (v0 ? 0.0 : -(V_il / vM_il));
                }
            }
            gradc_add(&value_part, &value_part_low, value_part_sum);

            /* grad_W[i:n, j:k] = sum[l:d](H[j, l] * M_bar[i, l]) */
            gradc_product(k, tile_end - tile_begin, strip_end - strip_begin, &H[strip_begin], d, 1, vM_bar, 1, strip,
                NULL, 0, &grad_W[tile_begin*k], 1, k, 1, 0);

            /* grad_H[j:k, l:d] = sum[i:n](W[i, j] * M_bar[i, l]) */
            gradc_product(k, strip_end - strip_begin, tile_end - tile_begin, &W[tile_begin*k], 1, k, vM_bar, strip,
                1, NULL, 0, &grad_H_part[strip_begin], d, 1, 1, 0);
        }
    }
    value_part = gradc_rounded(value_part, value_part_low);
    value_parts[part] = value_part;
}

struct generalized_kl_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_H;
    int64_t k;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double *grad_W;
    const double *W;
    const double *H;
    const double *V;
    double *value_parts;
};

static GRADC_APART void generalized_kl_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct generalized_kl_value_and_grad_rows0 *const given = context;
    generalized_kl_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->grad_H, given->k, given->d, given->tile_scratch, given->tile_bytes, given->grad_W, given->W, given->H,
        given->V, given->value_parts);
}

int generalized_kl_value_and_grad(int64_t n, int64_t k, int64_t d, const double *restrict W, const double *restrict H,
                                  const double *restrict V, double *restrict value, double *restrict grad_W,
                                  double *restrict grad_H, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 9*d*k + 63*d, d*k) * (gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 9*d*k + 63*d, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*gradc_width(d), sizeof(double)) + gradc_bytes(128*gradc_width(d),
        sizeof(double));
    double value_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct generalized_kl_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_H, k, d,
            tile_scratch, tile_bytes, grad_W, W, H, V, value_parts};
        gradc_run(parts, generalized_kl_value_and_grad_team0, &given);
    } else {
        generalized_kl_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, grad_H, k, d, tile_scratch,
            tile_bytes, grad_W, W, H, V, value_parts);
    }
    double value_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        value_ += value_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_H_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            grad_H[at] += grad_H_more[at];
        }
    }
    *value = value_;
    return 0;
}
