/* soft_dice: the loss, and its derivatives.
 *
 *     def program(Z: real[n, k], Y: real[n, k], eps: real):
 *         P[i:n, j:k] = exp(-logaddexp(0, -Z[i, j]))
 *         t0[i:n] = sum[j:k](Y[i, j] * P[i, j])
 *         t1[i:n] = sum[j:k](P[i, j])
 *         t2[i:n] = sum[j:k](Y[i, j])
 *         t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t1[i] + t2[i])))
 *         value = 1 - t3 / n
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

#include "soft_dice.h"

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

size_t soft_dice_value_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 71*k + 12, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void soft_dice_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                              unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                              const double *restrict Z, const double *restrict Y, double eps,
                                              double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t2 = (void *)tile_own;
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* P[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(Z[i, j])))))) */
        /* t0[i:n] = sum[j:k](Y[i, j] * P[i, j]) */
        /* t1[i:n] = sum[j:k](P[i, j]) */
        /* t2[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double Z_ij = Z[i*k + j];
                const double v0 = -Z_ij;
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(Z_ij)));
                const double v2 = gradc_exp(-v1);
                const double Y_ij = Y[i*k + j];
                t0_sum += Y_ij * v2;
                t1_sum += v2;
                t2_sum += Y_ij;
            }
            t0[i - tile_begin] = t0_sum;
            t1[i - tile_begin] = t1_sum;
            t2[i - tile_begin] = t2_sum;
        }

        /* t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t1[i] + t2[i]))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += (eps + 2.0 * t0[i - tile_begin]) / (eps + (t2[i - tile_begin] + t1[i - tile_begin]));
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct soft_dice_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *Z;
    const double *Y;
    double eps;
    double *t3_parts;
};

static GRADC_APART void soft_dice_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_value_rows0 *const given = context;
    soft_dice_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->Z, given->Y, given->eps, given->t3_parts);
}

int soft_dice_value(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                    double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 71*k + 12, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128,
        sizeof(double));
    double t3_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct soft_dice_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, Z, Y, eps, t3_parts};
        gradc_run(parts, soft_dice_value_team0, &given);
    } else {
        soft_dice_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, Z, Y, eps, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 1 - t3 / n */
    *value = 1.0 - t3 / (double)n;
    return 0;
}

size_t soft_dice_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

static GRADC_APART void soft_dice_forward_rows0(int64_t part, int64_t n, int64_t parts, int64_t k,
                                                const double *restrict Z, const double *restrict Y,
                                                double *restrict P, double *restrict t0, double *restrict t1,
                                                double *restrict t2, double eps, double *restrict t3_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t3_part = 0.0;
    double t3_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* P[i:n, j:k] = let(s0 := -Z[i, j], exp(-where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(Z[i, j])))))) */
        /* t0[i:n] = sum[j:k](Y[i, j] * P[i, j]) */
        /* t1[i:n] = sum[j:k](P[i, j]) */
        /* t2[i:n] = sum[j:k](Y[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            double t1_sum = 0.0;
            double t2_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t1_sum, t2_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double Z_ij = Z[i*k + j];
                const double v0 = -Z_ij;
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(Z_ij)));
                const double v2 = gradc_exp(-v1);
                const double Y_ij = Y[i*k + j];
                P[i*k + j] = v2;
                t0_sum += Y_ij * v2;
                t1_sum += v2;
                t2_sum += Y_ij;
            }
            t0[i] = t0_sum;
            t1[i] = t1_sum;
            t2[i] = t2_sum;
        }

        /* t3 = sum[i:n]((eps + 2 * t0[i]) / (eps + (t1[i] + t2[i]))) */
        double t3_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t3_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3_part_sum += (eps + 2.0 * t0[i]) / (eps + (t2[i] + t1[i]));
        }
        gradc_add(&t3_part, &t3_part_low, t3_part_sum);
    }
    t3_part = gradc_rounded(t3_part, t3_part_low);
    t3_parts[part] = t3_part;
}

struct soft_dice_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t k;
    const double *Z;
    const double *Y;
    double *P;
    double *t0;
    double *t1;
    double *t2;
    double eps;
    double *t3_parts;
};

static GRADC_APART void soft_dice_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_forward_rows0 *const given = context;
    (void)thread;
    soft_dice_forward_rows0(part, given->n, given->parts, given->k, given->Z, given->Y, given->P, given->t0,
        given->t1, given->t2, given->eps, given->t3_parts);
}

int soft_dice_forward(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                      double *restrict value, double *restrict P, double *restrict t0, double *restrict t1,
                      double *restrict t2, void *restrict work)
{
    (void)work;
    const int64_t parts = gradc_parts(n, 71*k + 12, 0);
    double t3_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct soft_dice_forward_rows0 given = {n, parts, k, Z, Y, P, t0, t1, t2, eps, t3_parts};
        gradc_run(parts, soft_dice_forward_team0, &given);
    } else {
        soft_dice_forward_rows0(0, n, parts, k, Z, Y, P, t0, t1, t2, eps, t3_parts);
    }
    double t3 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t3 += t3_parts[part];
    }

    /* value = 1 - t3 / n */
    *value = 1.0 - t3 / (double)n;
    return 0;
}

size_t soft_dice_backward_work(int64_t n, int64_t k)
{
    if (49152.0*k + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 45*k + 24, 0) * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128,
        sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)));
}

static GRADC_APART void soft_dice_backward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                 unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                 double eps, const double *restrict t1, const double *restrict t2,
                                                 double t3, const double *restrict t0, const double *restrict Z,
                                                 const double *restrict P, const double *restrict Y,
                                                 double *restrict grad_Z)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const t4 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t5 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const Z_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const P_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(3*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t4[i:n] = let(s0 := eps + (t1[i] + t2[i]), -(t3 * (eps + 2 * t0[i]) / s0 / s0)) */
        /* t5[i:n] = 2 * (t3 / (eps + (t1[i] + t2[i]))) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = eps + (t1[i] + t2[i]);
            t4[i - tile_begin] = -(t3 * (eps + 2.0 * t0[i]) / v0 / v0);
            t5[i - tile_begin] = 2.0 * (t3 / v0);
        }

        /* Z_tile[i:n, j:k] = Z[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Z[tile_begin*k], k, Z_tile, 128);

        /* P_tile[i:n, j:k] = P[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &P[tile_begin*k], k, P_tile, 128);

        /* Y_tile[i:n, j:k] = Y[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t6[i:n, j:k] = let(s0 := -Z_tile[i, j], s1 := exp(-abs(Z_tile[i, j])), where(-inf == s0, 0, P_tile[i, j]
         *    * (t4[i] + Y_tile[i, j] * t5[i]) * (where(0 <= s0, 1, s1) / (1 + s1)))), in the place of Z_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Z_tile_ij = Z_tile[j*128 + i - tile_begin];
                const double v0 = -Z_tile_ij;
                const double v1 = P_tile[j*128 + i - tile_begin] * (t4[i - tile_begin] + Y_tile[j*128 + i
                    - tile_begin] * t5[i - tile_begin]);
                const double v2 = gradc_exp(-fabs(Z_tile_ij));
                Z_tile[j*128 + i - tile_begin] = -INFINITY == v0 ? 0.0 : v1 * ((0.0 <= v0 ? 1.0 : v2) / (1.0 + v2));
            }
        }

        /* grad_Z[i:n, j:k] = t6[i, j] */
        gradc_transpose(k, tile_end - tile_begin, Z_tile, 128, &grad_Z[tile_begin*k], k);
    }
}

struct soft_dice_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    double eps;
    const double *t1;
    const double *t2;
    double t3;
    const double *t0;
    const double *Z;
    const double *P;
    const double *Y;
    double *grad_Z;
};

static GRADC_APART void soft_dice_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_backward_rows0 *const given = context;
    soft_dice_backward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->eps, given->t1, given->t2, given->t3, given->t0, given->Z, given->P, given->Y, given->grad_Z);
}

int soft_dice_backward(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                       const double *restrict P, const double *restrict t0, const double *restrict t1,
                       const double *restrict t2, double cotangent, double *restrict grad_Z, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t3 = -(cotangent / n) */
    const double t3 = -(cotangent / (double)n);
    const int64_t parts = gradc_parts(n, 45*k + 24, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    if (parts > 1) {
        const struct soft_dice_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, eps, t1, t2, t3, t0, Z,
            P, Y, grad_Z};
        gradc_run(parts, soft_dice_backward_team0, &given);
    } else {
        soft_dice_backward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, eps, t1, t2, t3, t0, Z, P, Y, grad_Z);
    }
    return 0;
}

size_t soft_dice_value_and_grad_work(int64_t n, int64_t k)
{
    if (65536.0*k + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 95*k + 28, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void soft_dice_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                       unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                       int64_t k, const double *restrict Z, const double *restrict Y,
                                                       double eps, double t5, double *restrict grad_Z,
                                                       double *restrict t4_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const Z_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const P = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t2 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const Y_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t3 = (void *)tile_own;
    double t4_part = 0.0;
    double t4_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* Z_tile[i:n, j:k] = Z[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Z[tile_begin*k], k, Z_tile, 128);

        /* t0[i:n, j:k] = exp(-abs(Z_tile[i, j])) */
        /* P[i:n, j:k] = let(s0 := -Z_tile[i, j], exp(-where(0 == s0, 0.6931471805599453, log1p_unit(t0[i, j]) +
         *    maximum(0, s0)))) */
        /* t2[i:n] = sum[j:k](P[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Z_tile_ij = Z_tile[j*128 + i - tile_begin];
                const double v0 = gradc_exp(-fabs(Z_tile_ij));
                const double v1 = -Z_tile_ij;
                const double v2 = gradc_exp(-(0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                    + gradc_log1p_unit(v0)));
                t0[j*128 + i - tile_begin] = v0;
                P[j*128 + i - tile_begin] = v2;
                t2[i - tile_begin] += v2;
            }
        }

        /* Y_tile[i:n, j:k] = Y[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &Y[tile_begin*k], k, Y_tile, 128);

        /* t1[i:n] = sum[j:k](P[i, j] * Y_tile[i, j]) */
        /* t3[i:n] = sum[j:k](Y_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = 0.0;
        }
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t3[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Y_tile_ij = Y_tile[j*128 + i - tile_begin];
                const double Y_tile_ij_ = Y_tile[(j + 1)*128 + i - tile_begin];
                const double Y_tile_ij_2 = Y_tile[(j + 2)*128 + i - tile_begin];
                const double Y_tile_ij_3 = Y_tile[(j + 3)*128 + i - tile_begin];
                t1[i - tile_begin] += P[j*128 + i - tile_begin] * Y_tile_ij + P[(j + 1)*128 + i - tile_begin]
                    * Y_tile_ij_ + P[(j + 2)*128 + i - tile_begin] * Y_tile_ij_2 + P[(j + 3)*128 + i - tile_begin]
                    * Y_tile_ij_3;
                t3[i - tile_begin] += Y_tile_ij + Y_tile_ij_ + Y_tile_ij_2 + Y_tile_ij_3;
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Y_tile_ij = Y_tile[j*128 + i - tile_begin];
                t1[i - tile_begin] += P[j*128 + i - tile_begin] * Y_tile_ij;
                t3[i - tile_begin] += Y_tile_ij;
            }
        }

        /* t4 = sum[i:n]((eps + 2 * t1[i]) / (eps + (t3[i] + t2[i]))) */
        /* t6[i:n] = let(s0 := eps + (t3[i] + t2[i]), -(t5 * (eps + 2 * t1[i]) / s0 / s0)), in the place of t2 */
        /* t7[i:n] = 2 * (t5 / (eps + (t3[i] + t2[i]))), in the place of t1 */
        double t4_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t1_i = t1[i - tile_begin];
            const double v0 = eps + 2.0 * t1_i;
            const double t2_i = t2[i - tile_begin];
            const double v1 = eps + (t2_i + t3[i - tile_begin]);
            t4_part_sum += v0 / v1;
            t2[i - tile_begin] = -(t5 * v0 / v1 / v1);
            t1[i - tile_begin] = 2.0 * (t5 / v1);
        }
        gradc_add(&t4_part, &t4_part_low, t4_part_sum);

        /* t8[i:n, j:k] = let(s0 := -Z_tile[i, j], where(-inf == s0, 0, P[i, j] * (t6[i] + Y_tile[i, j] * t7[i]) *
         *    (where(0 <= s0, 1, t0[i, j]) / (1 + t0[i, j])))), in the place of Z_tile */
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double Z_tile_ij = Z_tile[j*128 + i - tile_begin];
                const double v0 = -Z_tile_ij;
                const double v1 = P[j*128 + i - tile_begin] * (t2[i - tile_begin] + Y_tile[j*128 + i - tile_begin]
                    * t1[i - tile_begin]);
                const double t0_ij = t0[j*128 + i - tile_begin];
                Z_tile[j*128 + i - tile_begin] = -INFINITY == v0 ? 0.0 : v1 * ((0.0 <= v0 ? 1.0 : t0_ij) / (1.0
                    + t0_ij));
            }
        }

        /* grad_Z[i:n, j:k] = t8[i, j] */
        gradc_transpose(k, tile_end - tile_begin, Z_tile, 128, &grad_Z[tile_begin*k], k);
    }
    t4_part = gradc_rounded(t4_part, t4_part_low);
    t4_parts[part] = t4_part;
}

struct soft_dice_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *Z;
    const double *Y;
    double eps;
    double t5;
    double *grad_Z;
    double *t4_parts;
};

static GRADC_APART void soft_dice_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct soft_dice_value_and_grad_rows0 *const given = context;
    soft_dice_value_and_grad_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->Z, given->Y, given->eps, given->t5, given->grad_Z, given->t4_parts);
}

int soft_dice_value_and_grad(int64_t n, int64_t k, const double *restrict Z, const double *restrict Y, double eps,
                             double *restrict value, double *restrict grad_Z, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t5 = -(1 / n) */
    const double t5 = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(n, 95*k + 28, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t4_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct soft_dice_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, Z, Y, eps, t5,
            grad_Z, t4_parts};
        gradc_run(parts, soft_dice_value_and_grad_team0, &given);
    } else {
        soft_dice_value_and_grad_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, Z, Y, eps, t5, grad_Z, t4_parts);
    }
    double t4 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t4 += t4_parts[part];
    }

    /* value = 1 - t4 / n */
    *value = 1.0 - t4 / (double)n;
    return 0;
}
