/* lasso: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], y: real[n], lam: real):
 *         t0 = sum[j:d](abs(w[j]))
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n]((t1[i] - y[i]) ** 2)
 *         value = lam * t0 + 0.5 * (t2 / n)
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

#include "lasso.h"

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

size_t lasso_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 4, 0) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void lasso_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                          unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t d,
                                          const double *restrict X, const double *restrict w,
                                          const double *restrict y, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i - tile_begin] - y[i];
            t2_part_sum += v0 * v0;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct lasso_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const double *X;
    const double *w;
    const double *y;
    double *t2_parts;
};

static GRADC_APART void lasso_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_value_rows0 *const given = context;
    lasso_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->d,
        given->X, given->w, given->y, given->t2_parts);
}

int lasso_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                double lam, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t0 = sum[j:d](abs(w[j])) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_sum += fabs(w[j]);
        }
        gradc_add(&t0, &t0_low, t0_sum);
    }
    t0 = gradc_rounded(t0, t0_low);
    const int64_t parts = gradc_parts(n, 3*d + 4, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct lasso_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, X, w, y, t2_parts};
        gradc_run(parts, lasso_value_team0, &given);
    } else {
        lasso_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, d, X, w, y, t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = lam * t0 + 0.5 * (t2 / n) */
    *value = lam * t0 + 0.5 * (t2 / (double)n);
    return 0;
}

size_t lasso_forward_work(int64_t n, int64_t d)
{
    if (128.0*n > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(d, 3*n + 2, n) * (gradc_bytes(n, sizeof(double)));
}

static GRADC_APART void lasso_forward_rows0(int64_t part, int64_t d, int64_t parts,
                                            unsigned char *restrict part_scratch, size_t part_bytes,
                                            double *restrict t1, int64_t n, const double *restrict w,
                                            const double *restrict X, double *restrict t0_parts)
{
    const int64_t part_begin = gradc_cut(d, parts, part);
    const int64_t part_end = gradc_cut(d, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const t1_part = part == 0 ? t1 : (void *)part_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        t1_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[j:d](abs(w[j])) */
        double t0_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_part_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_part_sum += fabs(w[j]);
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(n, tile_end - tile_begin, &X[tile_begin], d, &w[tile_begin], t1_part, 1, 1);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

struct lasso_forward_rows0 {
    int64_t d;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t1;
    int64_t n;
    const double *w;
    const double *X;
    double *t0_parts;
};

static GRADC_APART void lasso_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_forward_rows0 *const given = context;
    (void)thread;
    lasso_forward_rows0(part, given->d, given->parts, given->part_scratch, given->part_bytes, given->t1, given->n,
        given->w, given->X, given->t0_parts);
}

int lasso_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                  double lam, double *restrict value, double *restrict t1, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(d, 3*n + 2, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    double t0_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct lasso_forward_rows0 given = {d, parts, part_scratch, part_bytes, t1, n, w, X, t0_parts};
        gradc_run(parts, lasso_forward_team0, &given);
    } else {
        lasso_forward_rows0(0, d, parts, part_scratch, part_bytes, t1, n, w, X, t0_parts);
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t1_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            t1[at] += t1_more[at];
        }
    }
    double t2 = 0.0;
    double t2_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t1[i] - y[i];
            t2_sum += v0 * v0;
        }
        gradc_add(&t2, &t2_low, t2_sum);
    }
    t2 = gradc_rounded(t2, t2_low);

    /* value = lam * t0 + 0.5 * (t2 / n) */
    *value = lam * t0 + 0.5 * (t2 / (double)n);
    return 0;
}

size_t lasso_backward_work(int64_t n, int64_t d)
{
    if (136.0*d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 6, d) * (gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 3*d + 6, d) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void lasso_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                             unsigned char *restrict part_scratch, size_t part_bytes,
                                             double *restrict t3, int64_t d, unsigned char *restrict tile_scratch,
                                             size_t tile_bytes, double t0, const double *restrict t1,
                                             const double *restrict y, const double *restrict X)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const t3_part = part == 0 ? t3 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t2 = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        t3_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t2[i:n] = 2 * t0 * (t1[i] - y[i]) */
        const double v0 = 2.0 * t0;
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = (t1[i] - y[i]) * v0;
        }

        /* t3[j:d] = sum[i:n](X[i, j] * t2[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t2, 1, t3_part);
    }
}

struct lasso_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t3;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    double t0;
    const double *t1;
    const double *y;
    const double *X;
};

static GRADC_APART void lasso_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_backward_rows0 *const given = context;
    lasso_backward_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes, given->t3,
        given->d, given->tile_scratch, given->tile_bytes, given->t0, given->t1, given->y, given->X);
}

int lasso_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict y,
                   double lam, const double *restrict t1, double cotangent, double *restrict grad_w,
                   void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 6, d) * (gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t0 = 0.5 * cotangent / n */
    const double t0 = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 6, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    if (parts > 1) {
        const struct lasso_backward_rows0 given = {n, parts, part_scratch, part_bytes, t3, d, tile_scratch,
            tile_bytes, t0, t1, y, X};
        gradc_run(parts, lasso_backward_team0, &given);
    } else {
        lasso_backward_rows0(0, 0, n, parts, part_scratch, part_bytes, t3, d, tile_scratch, tile_bytes, t0, t1, y, X);
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t3_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            t3[at] += t3_more[at];
        }
    }

    /* grad_w[j:d] = t3[j] + lam * cotangent * where(w[j] != w[j], w[j], where(0 < w[j], 1, 0) - where(w[j] < 0, 1,
     *    0)) */
    const double v0 = lam * cotangent;
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        grad_w[j] = t3[j] + v0 * (w_j != w_j ? w_j : (0.0 < w_j ? 1.0 : 0.0) - (w_j < 0.0 ? 1.0 : 0.0));
    }
    return 0;
}

size_t lasso_value_and_grad_work(int64_t n, int64_t d)
{
    if (136.0*d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 6*d + 7, d) * (gradc_bytes(d, sizeof(double)))
        + (size_t)gradc_parts(n, 6*d + 7, d) * (gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void lasso_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                   unsigned char *restrict part_scratch, size_t part_bytes,
                                                   double *restrict t5, int64_t d,
                                                   unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                   const double *restrict X, const double *restrict w, double t3,
                                                   const double *restrict y, double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + part * part_bytes;
    double *const t5_part = part == 0 ? t5 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        t5_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := t1[i] - y[i], s0 * s0)) */
        /* t4[i:n] = 2 * t3 * (t1[i] - y[i]), in the place of t1 */
        const double v0 = 2.0 * t3;
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double v1 = t1_i - y[i];
            t2_part_sum += v1 * v1;
            t1[i - tile_begin] = v0 * v1;
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);

        /* t5[j:d] = sum[i:n](X[i, j] * t4[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1, 1, t5_part);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct lasso_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t5;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const double *X;
    const double *w;
    double t3;
    const double *y;
    double *t2_parts;
};

static GRADC_APART void lasso_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct lasso_value_and_grad_rows0 *const given = context;
    lasso_value_and_grad_rows0(part, thread, given->n, given->parts, given->part_scratch, given->part_bytes,
        given->t5, given->d, given->tile_scratch, given->tile_bytes, given->X, given->w, given->t3, given->y,
        given->t2_parts);
}

int lasso_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                         const double *restrict y, double lam, double *restrict value, double *restrict grad_w,
                         void *restrict work)
{
    unsigned char *scratch = work;
    double *const t5 = (void *)scratch;
    scratch += gradc_bytes(d, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 7, d) * (gradc_bytes(d, sizeof(double)));
    unsigned char *const tile_scratch = (void *)scratch;

    /* t3 = 0.5 / n */
    const double t3 = 0.5 / (double)n;
    double t0 = 0.0;
    double t0_low = 0.0;
    for (int64_t tile_begin = 0; tile_begin < d; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < d ? tile_begin + 128 : d;

        /* t0 = sum[j:d](abs(w[j])) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_sum += fabs(w[j]);
        }
        gradc_add(&t0, &t0_low, t0_sum);
    }
    t0 = gradc_rounded(t0, t0_low);
    const int64_t parts = gradc_parts(n, 6*d + 7, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct lasso_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, t5, d, tile_scratch,
            tile_bytes, X, w, t3, y, t2_parts};
        gradc_run(parts, lasso_value_and_grad_team0, &given);
    } else {
        lasso_value_and_grad_rows0(0, 0, n, parts, part_scratch, part_bytes, t5, d, tile_scratch, tile_bytes, X, w,
            t3, y, t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t5_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            t5[at] += t5_more[at];
        }
    }

    /* grad_w[j:d] = t5[j] + lam * where(w[j] != w[j], w[j], where(0 < w[j], 1, 0) - where(w[j] < 0, 1, 0)) */
    GRADC_SIMD()
    for (int64_t j = 0; j < d; ++j) {
        const double w_j = w[j];
        grad_w[j] = t5[j] + lam * (w_j != w_j ? w_j : (0.0 < w_j ? 1.0 : 0.0) - (w_j < 0.0 ? 1.0 : 0.0));
    }

    /* value = lam * t0 + 0.5 * (t2 / n) */
    *value = lam * t0 + 0.5 * (t2 / (double)n);
    return 0;
}
