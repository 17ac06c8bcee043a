/* multivariate_normal: the loss, and its derivatives.
 *
 *     def program(mu: real[d], S: real[d, d], X: real[n, d]):
 *         _, log_det = call.slogdet(S)
 *         t0[i:d, j:n] = X[j, i] - mu[i]
 *         t1 = call.solve(S, t0)
 *         distance[j:n] = sum[i:d](t1[i, j] * t0[i, j])
 *         t2 = sum[j:n](distance[j])
 *         value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * multivariate_normal_value gives 1: solve: the matrix is singular
 * multivariate_normal_forward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 1: solve: the matrix is singular
 * multivariate_normal_backward gives 2: inv: the matrix is singular
 * multivariate_normal_value_and_grad gives 1: solve: the matrix is singular
 * multivariate_normal_value_and_grad gives 2: inv: the matrix is singular
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

#include "multivariate_normal.h"

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

/* PA = LU with partial pivoting (Golub and Van Loan, Matrix Computations, 4th ed., algorithm 3.4.1), in place. Gives the
 * permutation's sign, or 0 where a pivot vanishes or is not a number; the factorisation goes on all the same. */
static int gradc_lu(int64_t n, double *restrict A, int64_t *restrict pivots)
{
    int sign = 1, singular = 0;
    for (int64_t k = 0; k < n; ++k) {
        int64_t best = k;
        for (int64_t i = k + 1; i < n; ++i) {
            if (fabs(A[i * n + k]) > fabs(A[best * n + k])) {
                best = i;
            }
        }
        pivots[k] = best;
        if (best != k) {
            sign = -sign;
            for (int64_t j = 0; j < n; ++j) {
                const double swap = A[k * n + j];
                A[k * n + j] = A[best * n + j];
                A[best * n + j] = swap;
            }
        }
        const double pivot = A[k * n + k];
        if (pivot == 0) {
            singular = 1;
            continue;
        }
        for (int64_t i = k + 1; i < n; ++i) {
            const double factor = A[i * n + k] / pivot;
            A[i * n + k] = factor;
            for (int64_t j = k + 1; j < n; ++j) {
                A[i * n + j] -= factor * A[k * n + j];
            }
        }
    }
    return singular ? 0 : sign;
}

/* Y = inv(A), a column of the identity at a time. 1 where A is singular. */
static int gradc_inv(int64_t n, int64_t m, const double *A, double *Y, double *restrict factors,
                     int64_t *restrict pivots)
{
    for (int64_t k = 0; k < n * n; ++k) {
        factors[k] = A[k];
        Y[k] = k / m == k % m;
    }
    if (gradc_lu(n, factors, pivots) == 0) {
        return 1;
    }
    for (int64_t k = 0; k < n; ++k) {
        const int64_t from = pivots[k];
        for (int64_t j = 0; from != k && j < n; ++j) {
            const double swap = Y[k * n + j];
            Y[k * n + j] = Y[from * n + j];
            Y[from * n + j] = swap;
        }
    }
    for (int64_t i = 1; i < n; ++i) {
        for (int64_t k = 0; k < i; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                Y[i * n + j] -= factors[i * n + k] * Y[k * n + j];
            }
        }
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        for (int64_t k = i + 1; k < n; ++k) {
            for (int64_t j = 0; j < n; ++j) {
                Y[i * n + j] -= factors[i * n + k] * Y[k * n + j];
            }
        }
        for (int64_t j = 0; j < n; ++j) {
            Y[i * n + j] /= factors[i * n + i];
        }
    }
    return 0;
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

/* The sign of det(A) and the logarithm of its size; 0 and -inf where A is singular. */
static void gradc_slogdet(int64_t n, int64_t m, const double *A, double *sign, double *logarithm,
                          double *restrict factors, int64_t *restrict pivots)
{
    for (int64_t k = 0; k < n * m; ++k) {
        factors[k] = A[k];
    }
    double product = (double)gradc_lu(n, factors, pivots), total = 0;
    for (int64_t k = 0; k < n; ++k) {
        const double pivot = factors[k * n + k];
        product = pivot < 0 ? -product : product;
        total += log(fabs(pivot));
    }
    *sign = product;
    *logarithm = total;
}

/* X = inv(A) B: forward and back substitution on the factors of A. 1 where A is singular. */
static int gradc_solve(int64_t n, int64_t m, const double *A, const double *B, double *X,
                       double *restrict factors, int64_t *restrict pivots)
{
    for (int64_t k = 0; k < n * n; ++k) {
        factors[k] = A[k];
    }
    for (int64_t k = 0; k < n * m; ++k) {
        X[k] = B[k];
    }
    if (gradc_lu(n, factors, pivots) == 0) {
        return 1;
    }
    for (int64_t k = 0; k < n; ++k) {
        const int64_t from = pivots[k];
        for (int64_t j = 0; from != k && j < m; ++j) {
            const double swap = X[k * m + j];
            X[k * m + j] = X[from * m + j];
            X[from * m + j] = swap;
        }
    }
    for (int64_t i = 1; i < n; ++i) {
        for (int64_t k = 0; k < i; ++k) {
            for (int64_t j = 0; j < m; ++j) {
                X[i * m + j] -= factors[i * n + k] * X[k * m + j];
            }
        }
    }
    for (int64_t i = n - 1; i >= 0; --i) {
        for (int64_t k = i + 1; k < n; ++k) {
            for (int64_t j = 0; j < m; ++j) {
                X[i * m + j] -= factors[i * n + k] * X[k * m + j];
            }
        }
        for (int64_t j = 0; j < m; ++j) {
            X[i * m + j] /= factors[i * n + i];
        }
    }
    return 0;
}

size_t multivariate_normal_value_work(int64_t d, int64_t n)
{
    if (16.0*d*d + 16.0*d*n + 16.0*d + 8.0*n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_value(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                              const double *restrict X, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < 4*(d / 4); i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j]
                * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = 4*(d / 4); i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    return 0;
}

size_t multivariate_normal_forward_work(int64_t d, int64_t n)
{
    if (16.0*d*d + 8.0*d*n + 16.0*d + 8.0*n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

int multivariate_normal_forward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                const double *restrict X, double *restrict value, double *restrict t1,
                                void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    for (int64_t at = 0; at < n; ++at) {
        distance[at] = 0.0;
    }

    /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
    for (int64_t i = 0; i < 4*(d / 4); i += 4) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j] + t0[(i + 1)*n + j] * t1[(i + 1)*n + j] + t0[(i + 2)*n + j]
                * t1[(i + 2)*n + j] + t0[(i + 3)*n + j] * t1[(i + 3)*n + j];
        }
    }
    for (int64_t i = 4*(d / 4); i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            distance[j] += t0[i*n + j] * t1[i*n + j];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);
    return 0;
}

size_t multivariate_normal_backward_work(int64_t d, int64_t n)
{
    if (40.0*d*d + 24.0*d*n + 16.0*d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double))
        + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t)) + (size_t)gradc_parts(d, 3*d*n + 5*n
        + 2, 0) * (gradc_bytes(128, sizeof(double))) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

static GRADC_APART void multivariate_normal_backward_rows0(int64_t part, int64_t thread, int64_t d, int64_t parts,
                                                           unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                           int64_t n, double *restrict t5, double t3,
                                                           const double *restrict t1, double *restrict grad_mu,
                                                           double *restrict t8)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t6 = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t6[i:d] = sum[j:n](t5[i, j] + t3 * t1[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t6_sum = 0.0;
            double t6_sum_ = 0.0;
            double t6_sum_2 = 0.0;
            double t6_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t6_sum, t6_sum_, t6_sum_2, t6_sum_3))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += t5[i*n + j] + t3 * t1[i*n + j];
                t6_sum_ += t5[(i + 1)*n + j] + t3 * t1[(i + 1)*n + j];
                t6_sum_2 += t5[(i + 2)*n + j] + t3 * t1[(i + 2)*n + j];
                t6_sum_3 += t5[(i + 3)*n + j] + t3 * t1[(i + 3)*n + j];
            }
            t6[i - tile_begin] = t6_sum;
            t6[i + 1 - tile_begin] = t6_sum_;
            t6[i + 2 - tile_begin] = t6_sum_2;
            t6[i + 3 - tile_begin] = t6_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t6_sum = 0.0;
            GRADC_SIMD(reduction(+:t6_sum))
            for (int64_t j = 0; j < n; ++j) {
                t6_sum += t5[i*n + j] + t3 * t1[i*n + j];
            }
            t6[i - tile_begin] = t6_sum;
        }

        /* grad_mu[i:d] = -t6[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t6[i - tile_begin];
        }

        /* t8[i:d, k:d] = sum[j:n](t1[k, j] * t5[i, j]) */
        gradc_product(d, tile_end - tile_begin, n, t1, n, 1, &t5[tile_begin*n], 1, n, NULL, 0, &t8[tile_begin*d], 1,
            d, 0, 0);
    }
}

struct multivariate_normal_backward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t n;
    double *t5;
    double t3;
    const double *t1;
    double *grad_mu;
    double *t8;
};

static GRADC_APART void multivariate_normal_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_backward_rows0 *const given = context;
    multivariate_normal_backward_rows0(part, thread, given->d, given->parts, given->tile_scratch, given->tile_bytes,
        given->n, given->t5, given->t3, given->t1, given->grad_mu, given->t8);
}

int multivariate_normal_backward(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                 const double *restrict X, const double *restrict t1, double cotangent,
                                 double *restrict grad_mu, double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t7 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * (gradc_bytes(128, sizeof(double)));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;

    /* t3 = 0.5 * cotangent / n */
    const double t3 = 0.5 * cotangent / (double)n;

    /* t2[i:d, j:d] = S[j, i] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            t2[j*d + i] = S[i*d + j];
        }
    }

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t4[i:d, j:n] = t3 * t0[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < n; ++j) {
            t4[i*n + j] = t3 * t0[i*n + j];
        }
    }

    /* t5 = call.solve(t2, t4) */
    if (gradc_solve(d, n, t2, t4, t5, factors, pivots) != 0) {
        return 1;
    }
    const int64_t parts = gradc_parts(d, 3*d*n + 5*n + 2, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct multivariate_normal_backward_rows0 given = {d, parts, tile_scratch, tile_bytes, n, t5, t3, t1,
            grad_mu, t8};
        gradc_run(parts, multivariate_normal_backward_team0, &given);
    } else {
        multivariate_normal_backward_rows0(0, 0, d, parts, tile_scratch, tile_bytes, n, t5, t3, t1, grad_mu, t8);
    }

    /* t7 = call.inv(S) */
    if (gradc_inv(d, d, S, t7, factors_, pivots_) != 0) {
        return 2;
    }

    /* grad_S[i:d, j:d] = t7[j, i] * (0.5 * cotangent) - t8[i, j] */
    const double v0 = 0.5 * cotangent;
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = t7[j*d + i] * v0 - t8[i*d + j];
        }
    }
    return 0;
}

size_t multivariate_normal_value_and_grad_work(int64_t d, int64_t n)
{
    if (56.0*d*d + 32.0*d*n + 32.0*d + 136.0*n + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*n, sizeof(double)) + gradc_bytes(d*n, sizeof(double))
        + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t))
        + (size_t)gradc_parts(d, d + 5*n, n) * (gradc_bytes(n, sizeof(double))) + gradc_bytes(d*d, sizeof(double))
        + gradc_bytes(d, sizeof(int64_t)) + (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * (gradc_bytes(128,
        sizeof(double))) + gradc_bytes(d*d, sizeof(double)) + gradc_bytes(d, sizeof(int64_t));
}

static GRADC_APART void multivariate_normal_value_and_grad_rows0(int64_t part, int64_t d, int64_t parts,
                                                                 unsigned char *restrict part_scratch,
                                                                 size_t part_bytes, double *restrict distance,
                                                                 int64_t n, double *restrict t0, double *restrict t1,
                                                                 double *restrict t5, double t4, double *restrict t3,
                                                                 const double *restrict S)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const distance_part = part == 0 ? distance : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        distance_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows((d + 2*n) * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* distance[j:n] = sum[i:d](t1[i, j] * t0[i, j]) */
        /* t5[i:d, j:n] = t4 * t0[i, j] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double t0_ij = t0[i*n + j];
                distance_part[j] += t0_ij * t1[i*n + j];
                t5[i*n + j] = t4 * t0_ij;
            }
        }

        /* t3[i:d, j:d] = S[j, i] */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                t3[j*d + i] = S[i*d + j];
            }
        }
    }
}

struct multivariate_normal_value_and_grad_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *distance;
    int64_t n;
    double *t0;
    double *t1;
    double *t5;
    double t4;
    double *t3;
    const double *S;
};

static GRADC_APART void multivariate_normal_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_value_and_grad_rows0 *const given = context;
    (void)thread;
    multivariate_normal_value_and_grad_rows0(part, given->d, given->parts, given->part_scratch, given->part_bytes,
        given->distance, given->n, given->t0, given->t1, given->t5, given->t4, given->t3, given->S);
}

static GRADC_APART void multivariate_normal_value_and_grad_rows1(int64_t part, int64_t thread, int64_t d,
                                                                 int64_t parts, unsigned char *restrict tile_scratch,
                                                                 size_t tile_bytes, int64_t n, double *restrict t6,
                                                                 double t4, double *restrict t1,
                                                                 double *restrict grad_mu, double *restrict t9)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t7 = (void *)tile_own;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t7[i:d] = sum[j:n](t6[i, j] + t4 * t1[i, j]) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t7_sum = 0.0;
            double t7_sum_ = 0.0;
            double t7_sum_2 = 0.0;
            double t7_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t7_sum, t7_sum_, t7_sum_2, t7_sum_3))
            for (int64_t j = 0; j < n; ++j) {
                t7_sum += t6[i*n + j] + t4 * t1[i*n + j];
                t7_sum_ += t6[(i + 1)*n + j] + t4 * t1[(i + 1)*n + j];
                t7_sum_2 += t6[(i + 2)*n + j] + t4 * t1[(i + 2)*n + j];
                t7_sum_3 += t6[(i + 3)*n + j] + t4 * t1[(i + 3)*n + j];
            }
            t7[i - tile_begin] = t7_sum;
            t7[i + 1 - tile_begin] = t7_sum_;
            t7[i + 2 - tile_begin] = t7_sum_2;
            t7[i + 3 - tile_begin] = t7_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t7_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_sum))
            for (int64_t j = 0; j < n; ++j) {
                t7_sum += t6[i*n + j] + t4 * t1[i*n + j];
            }
            t7[i - tile_begin] = t7_sum;
        }

        /* grad_mu[i:d] = -t7[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_mu[i] = -t7[i - tile_begin];
        }

        /* t9[i:d, k:d] = sum[j:n](t1[k, j] * t6[i, j]) */
        gradc_product(d, tile_end - tile_begin, n, t1, n, 1, &t6[tile_begin*n], 1, n, NULL, 0, &t9[tile_begin*d], 1,
            d, 0, 0);
    }
}

struct multivariate_normal_value_and_grad_rows1 {
    int64_t d;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t n;
    double *t6;
    double t4;
    double *t1;
    double *grad_mu;
    double *t9;
};

static GRADC_APART void multivariate_normal_value_and_grad_team1(const void *context, int64_t part, int64_t thread)
{
    const struct multivariate_normal_value_and_grad_rows1 *const given = context;
    multivariate_normal_value_and_grad_rows1(part, thread, given->d, given->parts, given->tile_scratch,
        given->tile_bytes, given->n, given->t6, given->t4, given->t1, given->grad_mu, given->t9);
}

int multivariate_normal_value_and_grad(int64_t d, int64_t n, const double *restrict mu, const double *restrict S,
                                       const double *restrict X, double *restrict value, double *restrict grad_mu,
                                       double *restrict grad_S, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const distance = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t6 = (void *)scratch;
    scratch += gradc_bytes(d*n, sizeof(double));
    double *const t8 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const t9 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    double *const factors = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    double *const factors_ = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_ = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, d + 5*n, n) * (gradc_bytes(n, sizeof(double)));
    double *const factors_2 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_2 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(int64_t));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(d, 3*d*n + 5*n + 2, 0) * (gradc_bytes(128, sizeof(double)));
    double *const factors_3 = (void *)scratch;
    scratch += gradc_bytes(d*d, sizeof(double));
    int64_t *const pivots_3 = (void *)scratch;

    /* t4 = 0.5 / n */
    const double t4 = 0.5 / (double)n;

    /* _, log_det = call.slogdet(S) */
    double v_;
    double log_det;
    gradc_slogdet(d, d, S, &v_, &log_det, factors, pivots);

    /* t0[i:d, j:n] = X[j, i] - mu[i] */
    for (int64_t j = 0; j < n; ++j) {
        GRADC_SIMD()
        for (int64_t i = 0; i < d; ++i) {
            t0[i*n + j] = X[j*d + i] - mu[i];
        }
    }

    /* t1 = call.solve(S, t0) */
    if (gradc_solve(d, n, S, t0, t1, factors_, pivots_) != 0) {
        return 1;
    }
    const int64_t parts = gradc_parts(d, d + 5*n, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    if (parts > 1) {
        const struct multivariate_normal_value_and_grad_rows0 given = {d, parts, part_scratch, part_bytes, distance,
            n, t0, t1, t5, t4, t3, S};
        gradc_run(parts, multivariate_normal_value_and_grad_team0, &given);
    } else {
        multivariate_normal_value_and_grad_rows0(0, d, parts, part_scratch, part_bytes, distance, n, t0, t1, t5, t4,
            t3, S);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const distance_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            distance[at] += distance_more[at];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[j:n](distance[j]) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t2_sum += distance[j];
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = 0.9189385332046727 * real(d) + 0.5 * (log_det + t2 / n) */
    *value = 0.9189385332046727 * (double)d + 0.5 * (log_det + t2 / (double)n);

    /* t6 = call.solve(t3, t5) */
    if (gradc_solve(d, n, t3, t5, t6, factors_2, pivots_2) != 0) {
        return 1;
    }
    const int64_t parts_ = gradc_parts(d, 3*d*n + 5*n + 2, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts_ > 1) {
        const struct multivariate_normal_value_and_grad_rows1 given = {d, parts_, tile_scratch, tile_bytes, n, t6,
            t4, t1, grad_mu, t9};
        gradc_run(parts_, multivariate_normal_value_and_grad_team1, &given);
    } else {
        multivariate_normal_value_and_grad_rows1(0, 0, d, parts_, tile_scratch, tile_bytes, n, t6, t4, t1, grad_mu,
            t9);
    }

    /* t8 = call.inv(S) */
    if (gradc_inv(d, d, S, t8, factors_3, pivots_3) != 0) {
        return 2;
    }

    /* grad_S[i:d, j:d] = 0.5 * t8[j, i] - t9[i, j] */
    for (int64_t i = 0; i < d; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < d; ++j) {
            grad_S[i*d + j] = 0.5 * t8[j*d + i] - t9[i*d + j];
        }
    }
    return 0;
}
