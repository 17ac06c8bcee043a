/* multiclass_hinge: the loss, and its derivatives.
 *
 *     def program(W: real[d, k], X: real[n, d], Y: real[n, k], lam: real):
 *         Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i])
 *         t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j]
 *         t1[l:n] = max[j:k](t0[l, j])
 *         t2[l:n] = sum[j:k](Y[l, j] * Z[l, j])
 *         t3 = sum[l:n](t1[l] - t2[l])
 *         t4 = sum[i:d, j:k](W[i, j] ** 2)
 *         value = t3 / n + t4 * (0.5 * lam)
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

#include "multiclass_hinge.h"

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

size_t multiclass_hinge_value_work(int64_t d, int64_t k, int64_t n)
{
    if (32768.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d*k + 6*k + 3, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void multiclass_hinge_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                     unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                     int64_t k, int64_t d, const double *restrict W,
                                                     const double *restrict X, const double *restrict Y,
                                                     double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, Z, 128, 1, 0, 0);

        /* Y_tile[l:n, j:k] = Y[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y_tile[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y_tile[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -INFINITY;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t2[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double Z_lj = Z[j*128 + l - tile_begin];
                const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                const double v0 = 1.0 + Z_lj - Y_tile_lj;
                t1[l - tile_begin] = (t1[l - tile_begin] >= v0 || t1[l - tile_begin] != t1[l - tile_begin]) ? t1[l
                    - tile_begin] : v0;
                t2[l - tile_begin] += Z_lj * Y_tile_lj;
            }
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1[l - tile_begin] - t2[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct multiclass_hinge_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    int64_t d;
    const double *W;
    const double *X;
    const double *Y;
    double *t3_parts;
};

static GRADC_APART void multiclass_hinge_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_value_rows0 *const given = context;
    multiclass_hinge_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->d, given->W, given->X, given->Y, given->t3_parts);
}

int multiclass_hinge_value(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                           const double *restrict Y, double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 3*d*k + 6*k + 3, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct multiclass_hinge_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, d, W, X, Y,
            t3_parts};
        gradc_run(parts, multiclass_hinge_value_team0, &given);
    } else {
        multiclass_hinge_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, d, W, X, Y, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k * sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < d; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < d ? tile_begin + tile_rows : d;

            /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
            double t4_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double W_ij = W[i*k + j];
                    t4_sum += W_ij * W_ij;
                }
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    return 0;
}

size_t multiclass_hinge_forward_work(int64_t d, int64_t k, int64_t n)
{
    if (128.0*k*n + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(d, 3*k*n + 2*k, k*n) * (gradc_bytes(k*n, sizeof(double))) + (size_t)gradc_parts(n, 5*k
        + 3, 0) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void multiclass_hinge_forward_rows0(int64_t part, int64_t d, int64_t parts,
                                                       unsigned char *restrict part_scratch, size_t part_bytes,
                                                       double *restrict Z, int64_t n, int64_t k,
                                                       const double *restrict W, const double *restrict X,
                                                       double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const Z_part = part == 0 ? Z : (void *)part_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    for (int64_t at = 0; at < k*n; ++at) {
        Z_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, n, tile_end - tile_begin, &W[tile_begin*k], 1, k, &X[tile_begin], 1, d, NULL, 0, Z_part, 1,
            k, 1, 0);

        /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
        double t4_part_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD(reduction(+:t4_part_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double W_ij = W[i*k + j];
                t4_part_sum += W_ij * W_ij;
            }
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct multiclass_hinge_forward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *Z;
    int64_t n;
    int64_t k;
    const double *W;
    const double *X;
    double *t4_parts;
};

static GRADC_APART void multiclass_hinge_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_forward_rows0 *const given = context;
    (void)thread;
    multiclass_hinge_forward_rows0(part, given->d, given->parts, given->part_scratch, given->part_bytes, given->Z,
        given->n, given->k, given->W, given->X, given->t4_parts);
}

static GRADC_APART void multiclass_hinge_forward_rows1(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                       unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                       int64_t k, double *restrict Z, const double *restrict Y,
                                                       double *restrict t1, double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t1_max = -INFINITY;
            double t2_sum = 0.0;
            for (int64_t j = 0; j < k; ++j) {
                const double Z_lj = Z[l*k + j];
                const double Y_lj = Y[l*k + j];
                const double v0 = 1.0 + Z_lj - Y_lj;
                t1_max = (t1_max >= v0 || t1_max != t1_max) ? t1_max : v0;
                t2_sum += Y_lj * Z_lj;
            }
            t1[l] = t1_max;
            t2[l - tile_begin] = t2_sum;
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1[l] - t2[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct multiclass_hinge_forward_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double *Z;
    const double *Y;
    double *t1;
    double *t3_parts;
};

static GRADC_APART void multiclass_hinge_forward_team1(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_forward_rows1 *const given = context;
    multiclass_hinge_forward_rows1(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->Z, given->Y, given->t1, given->t3_parts);
}

int multiclass_hinge_forward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                             const double *restrict Y, double lam, double *restrict value, double *restrict Z,
                             double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*k*n + 2*k, k*n) * (gradc_bytes(k*n, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(d, 3*k*n + 2*k, k*n);
    const size_t part_bytes = gradc_bytes(k*n, sizeof(double));
    double t4_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct multiclass_hinge_forward_rows0 given = {d, parts, part_scratch, part_bytes, Z, n, k, W, X,
            t4_parts};
        gradc_run(parts, multiclass_hinge_forward_team0, &given);
    } else {
        multiclass_hinge_forward_rows0(0, d, parts, part_scratch, part_bytes, Z, n, k, W, X, t4_parts);
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const Z_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k*n; ++at) {
            Z[at] += Z_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 5*k + 3, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t3_parts[GRADC_PARTS];
    if (parts_ > 1) {
        const struct multiclass_hinge_forward_rows1 given = {n, parts_, tile_scratch, tile_bytes, k, Z, Y, t1,
            t3_parts};
        gradc_run(parts_, multiclass_hinge_forward_team1, &given);
    } else {
        multiclass_hinge_forward_rows1(0, 0, n, parts_, tile_scratch, tile_bytes, k, Z, Y, t1, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t3 += t3_parts[part];
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    return 0;
}

size_t multiclass_hinge_backward_work(int64_t d, int64_t k, int64_t n)
{
    if (136.0*d*k + 32768.0*k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 3*d*k + 20*k, d*k) * (gradc_bytes(d*k,
        sizeof(double))) + (size_t)gradc_parts(n, 3*d*k + 20*k, d*k) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

static GRADC_APART void multiclass_hinge_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                        unsigned char *restrict part_scratch, size_t part_bytes,
                                                        double *restrict t6, int64_t d, int64_t k,
                                                        unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                        const double *restrict t1, const double *restrict Z,
                                                        const double *restrict Y, double t2, const double *restrict X)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const t6_part = part == 0 ? t6 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t3 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    for (int64_t at = 0; at < d*k; ++at) {
        t6_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y[l, j] */
        /* t3[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double t1_l = t1[l];
            double t3_sum = 0.0;
            GRADC_SIMD(reduction(+:t3_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = 1.0 + Z[l*k + j] - Y[l*k + j];
                t0[(l - tile_begin)*k + j] = v0;
                t3_sum += t1_l == v0 ? 1.0 : 0.0;
            }
            t3[l - tile_begin] = t3_sum;
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t4[l:n, j:k] = where(t0[l, j] == t1[l], t2 / t3[l], 0) */
            /* t5[l:n, j:k] = t4[l, j] - t2 * Y[l, j] */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t1_l = t1[l];
                const double v0 = t2 / t3[l - tile_begin];
                GRADC_SIMD()
                for (int64_t j = strip_begin; j < strip_end; ++j) {
                    t5[(l - tile_begin)*strip + j - strip_begin] = (t0[(l - tile_begin)*k + j] == t1_l ? v0 : 0.0)
                        - t2 * Y[l*k + j];
                }
            }

            /* t6[i:d, j:k] = sum[l:n](X[l, i] * t5[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t5, strip, 1,
                NULL, 0, &t6_part[strip_begin], k, 1, 1, 0);
        }
    }
}

struct multiclass_hinge_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t6;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *t1;
    const double *Z;
    const double *Y;
    double t2;
    const double *X;
};

static GRADC_APART void multiclass_hinge_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_backward_rows0 *const given = context;
    multiclass_hinge_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->t6, given->d, given->k, given->tile_scratch, given->tile_bytes, given->t1, given->Z, given->Y,
        given->t2, given->X);
}

int multiclass_hinge_backward(int64_t d, int64_t k, int64_t n, const double *restrict W, const double *restrict X,
                              const double *restrict Y, double lam, const double *restrict Z,
                              const double *restrict t1, double cotangent, double *restrict grad_W,
                              void *restrict work)
{
    unsigned char *scratch = work;
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d*k + 20*k, d*k) * (gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d*k + 20*k, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    if (parts > 1) {
        const struct multiclass_hinge_backward_rows0 given = {n, parts, part_scratch, part_bytes, t6, d, k,
            tile_scratch, tile_bytes, t1, Z, Y, t2, X};
        gradc_run(parts, multiclass_hinge_backward_team0, &given);
    } else {
        multiclass_hinge_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, t6, d, k, tile_scratch, tile_bytes,
            t1, Z, Y, t2, X);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t6_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t6[at] += t6_more[at];
        }
    }

    /* grad_W[i:d, j:k] = t6[i, j] + 2 * W[i, j] * (cotangent * (0.5 * lam)) */
    const double v0 = cotangent * (0.5 * lam);
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_W[i*k + j] = t6[i*k + j] + 2.0 * W[i*k + j] * v0;
        }
    }
    return 0;
}

size_t multiclass_hinge_value_and_grad_work(int64_t d, int64_t k, int64_t n)
{
    if (136.0*d*k + 49152.0*k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 23*k + 3, d*k) * (gradc_bytes(d*k,
        sizeof(double))) + (size_t)gradc_parts(n, 6*d*k + 23*k + 3, d*k) * (gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(k), sizeof(double)));
}

static GRADC_APART void multiclass_hinge_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                              unsigned char *restrict part_scratch, size_t part_bytes,
                                                              double *restrict t9, int64_t d, int64_t k,
                                                              unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                              const double *restrict W, const double *restrict X,
                                                              const double *restrict Y, double t5,
                                                              double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const t9_part = part == 0 ? t9 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const Z = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t6 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t8 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    for (int64_t at = 0; at < d*k; ++at) {
        t9_part[at] = 0.0;
    }
    const int64_t strip = gradc_width(k);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* Z[l:n, j:k] = sum[i:d](W[i, j] * X[l, i]) */
        gradc_product(k, tile_end - tile_begin, d, W, 1, k, &X[tile_begin*d], 1, d, NULL, 0, Z, 128, 1, 0, 0);

        /* Y_tile[l:n, j:k] = Y[l, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t0[l:n, j:k] = 1 + Z[l, j] - Y_tile[l, j], in the place of Z */
        /* t1[l:n] = max[j:k](t0[l, j]) */
        /* t2[l:n] = sum[j:k](Y_tile[l, j] * Z[l, j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t1[l - tile_begin] = -INFINITY;
        }
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t2[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double Z_lj = Z[j*128 + l - tile_begin];
                const double Y_tile_lj = Y_tile[j*128 + l - tile_begin];
                const double v0 = 1.0 + Z_lj - Y_tile_lj;
                Z[j*128 + l - tile_begin] = v0;
                t1[l - tile_begin] = (t1[l - tile_begin] >= v0 || t1[l - tile_begin] != t1[l - tile_begin]) ? t1[l
                    - tile_begin] : v0;
                t2[l - tile_begin] += Z_lj * Y_tile_lj;
            }
        }

        /* t6[l:n] = sum[j:k](where(t0[l, j] == t1[l], 1, 0)) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t6[l - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t6[l - tile_begin] += (Z[j*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0) + (Z[(j + 1)*128
                    + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0) + (Z[(j + 2)*128 + l - tile_begin] == t1[l
                    - tile_begin] ? 1.0 : 0.0) + (Z[(j + 3)*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t6[l - tile_begin] += Z[j*128 + l - tile_begin] == t1[l - tile_begin] ? 1.0 : 0.0;
            }
        }
        for (int64_t strip_begin = 0; strip_begin < k; strip_begin += strip) {
            const int64_t strip_end = strip + strip_begin < k ? strip + strip_begin : k;

            /* t7[l:n, j:k] = where(t0[l, j] == t1[l], t5 / t6[l], 0) */
            /* t8[l:n, j:k] = t7[l, j] - t5 * Y_tile[l, j] */
            for (int64_t j = strip_begin; j < strip_end; ++j) {
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v0 = (Z[j*128 + l - tile_begin] == t1[l - tile_begin] ? t5 / t6[l - tile_begin]
                        : 0.0) - t5 * Y_tile[j*128 + l - tile_begin];
                    t8[(j - strip_begin)*128 + l - tile_begin] = v0;
                }
            }

            /* t9[i:d, j:k] = sum[l:n](X[l, i] * t8[l, j]) */
            gradc_product(d, strip_end - strip_begin, tile_end - tile_begin, &X[tile_begin*d], 1, d, t8, 1, 128,
                NULL, 0, &t9_part[strip_begin], k, 1, 1, 0);
        }

        /* t3 = sum[l:n](t1[l] - t2[l]) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t3_part_sum += t1[l - tile_begin] - t2[l - tile_begin];
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct multiclass_hinge_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t9;
    int64_t d;
    int64_t k;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *W;
    const double *X;
    const double *Y;
    double t5;
    double *t3_parts;
};

static GRADC_APART void multiclass_hinge_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multiclass_hinge_value_and_grad_rows0 *const given = context;
    multiclass_hinge_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch,
        given->part_bytes, given->t9, given->d, given->k, given->tile_scratch, given->tile_bytes, given->W, given->X,
        given->Y, given->t5, given->t3_parts);
}

int multiclass_hinge_value_and_grad(int64_t d, int64_t k, int64_t n, const double *restrict W,
                                    const double *restrict X, const double *restrict Y, double lam,
                                    double *restrict value, double *restrict grad_W, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d*k + 23*k + 3, d*k) * (gradc_bytes(d*k, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t5 = 1 / n */
    const double t5 = 1.0 / (double)n;
    double t4 = 0.0;
    double t4_low = 0.0;
    {
        const int64_t tile_rows = gradc_rows(k * sizeof(double));
        for (int64_t tile_begin = 0; tile_begin < d; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < d ? tile_begin + tile_rows : d;

            /* t4 = sum[i:d, j:k](W[i, j] * W[i, j]) */
            double t4_sum = 0.0;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double W_ij = W[i*k + j];
                    t4_sum += W_ij * W_ij;
                }
            }
            gradc_add(&t4, &t4_low, t4_sum);
        }
    }
    t4 = gradc_rounded(t4, t4_low);
    const int64_t parts = gradc_parts(n, 6*d*k + 23*k + 3, d*k);
    const size_t part_bytes = gradc_bytes(d*k, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*gradc_width(k), sizeof(double));
    double t3_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct multiclass_hinge_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, t9, d, k,
            tile_scratch, tile_bytes, W, X, Y, t5, t3_parts};
        gradc_run(parts, multiclass_hinge_value_and_grad_team0, &given);
    } else {
        multiclass_hinge_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, t9, d, k, tile_scratch,
            tile_bytes, W, X, Y, t5, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t9_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t9[at] += t9_more[at];
        }
    }

    /* grad_W[i:d, j:k] = t9[i, j] + lam * W[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_W[i*k + j] = t9[i*k + j] + lam * W[i*k + j];
        }
    }

    /* value = t3 / n + t4 * (0.5 * lam) */
    *value = t3 / (double)n + t4 * (0.5 * lam);
    return 0;
}
