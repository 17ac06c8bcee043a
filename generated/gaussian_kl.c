/* gaussian_kl: the loss, and its derivatives.
 *
 *     def program(mu: real[n, k], log_var: real[n, k]):
 *         t0[i:n] = sum[j:k](expm1(log_var[i, j]) + mu[i, j] ** 2 - log_var[i, j])
 *         t1 = sum[i:n](t0[i])
 *         value = 0.5 * (t1 / n)
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

#include "gaussian_kl.h"

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

size_t gaussian_kl_value_work(int64_t n, int64_t k)
{
    if (32768.0*k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 27*k + 1, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void gaussian_kl_value_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                const double *restrict log_var, const double *restrict mu,
                                                double *restrict t1_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const log_var_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const mu_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* log_var_tile[i:n, j:k] = log_var[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &log_var[tile_begin*k], k, log_var_tile, 128);

        /* mu_tile[i:n, j:k] = mu[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &mu[tile_begin*k], k, mu_tile, 128);

        /* t0[i:n] = sum[j:k](expm1(log_var_tile[i, j]) + mu_tile[i, j] * mu_tile[i, j] - log_var_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                const double log_var_tile_ij_ = log_var_tile[(j + 1)*128 + i - tile_begin];
                const double mu_tile_ij_ = mu_tile[(j + 1)*128 + i - tile_begin];
                const double log_var_tile_ij_2 = log_var_tile[(j + 2)*128 + i - tile_begin];
                const double mu_tile_ij_2 = mu_tile[(j + 2)*128 + i - tile_begin];
                const double log_var_tile_ij_3 = log_var_tile[(j + 3)*128 + i - tile_begin];
                const double mu_tile_ij_3 = mu_tile[(j + 3)*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij
                    + (gradc_expm1(log_var_tile_ij_) + mu_tile_ij_ * mu_tile_ij_ - log_var_tile_ij_)
                    + (gradc_expm1(log_var_tile_ij_2) + mu_tile_ij_2 * mu_tile_ij_2 - log_var_tile_ij_2)
                    + (gradc_expm1(log_var_tile_ij_3) + mu_tile_ij_3 * mu_tile_ij_3 - log_var_tile_ij_3);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij;
            }
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += t0[i - tile_begin];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct gaussian_kl_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *log_var;
    const double *mu;
    double *t1_parts;
};

static GRADC_APART void gaussian_kl_value_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_value_rows0 *const given = context;
    gaussian_kl_value_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->log_var, given->mu, given->t1_parts);
}

int gaussian_kl_value(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                      double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 27*k + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_kl_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, log_var, mu, t1_parts};
        gradc_run(parts, gaussian_kl_value_team0, &given);
    } else {
        gaussian_kl_value_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, log_var, mu, t1_parts);
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t gaussian_kl_forward_work(int64_t n, int64_t k)
{
    if (32768.0*k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 27*k + 1, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void gaussian_kl_forward_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                  unsigned char *restrict tile_scratch, size_t tile_bytes, int64_t k,
                                                  const double *restrict log_var, const double *restrict mu,
                                                  double *restrict t1_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const log_var_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const mu_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* log_var_tile[i:n, j:k] = log_var[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &log_var[tile_begin*k], k, log_var_tile, 128);

        /* mu_tile[i:n, j:k] = mu[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &mu[tile_begin*k], k, mu_tile, 128);

        /* t0[i:n] = sum[j:k](expm1(log_var_tile[i, j]) + mu_tile[i, j] * mu_tile[i, j] - log_var_tile[i, j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t0[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < 4*(k / 4); j += 4) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                const double log_var_tile_ij_ = log_var_tile[(j + 1)*128 + i - tile_begin];
                const double mu_tile_ij_ = mu_tile[(j + 1)*128 + i - tile_begin];
                const double log_var_tile_ij_2 = log_var_tile[(j + 2)*128 + i - tile_begin];
                const double mu_tile_ij_2 = mu_tile[(j + 2)*128 + i - tile_begin];
                const double log_var_tile_ij_3 = log_var_tile[(j + 3)*128 + i - tile_begin];
                const double mu_tile_ij_3 = mu_tile[(j + 3)*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij
                    + (gradc_expm1(log_var_tile_ij_) + mu_tile_ij_ * mu_tile_ij_ - log_var_tile_ij_)
                    + (gradc_expm1(log_var_tile_ij_2) + mu_tile_ij_2 * mu_tile_ij_2 - log_var_tile_ij_2)
                    + (gradc_expm1(log_var_tile_ij_3) + mu_tile_ij_3 * mu_tile_ij_3 - log_var_tile_ij_3);
            }
        }
        for (int64_t j = 4*(k / 4); j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                t0[i - tile_begin] += gradc_expm1(log_var_tile_ij) + mu_tile_ij * mu_tile_ij - log_var_tile_ij;
            }
        }

        /* t1 = sum[i:n](t0[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += t0[i - tile_begin];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct gaussian_kl_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *log_var;
    const double *mu;
    double *t1_parts;
};

static GRADC_APART void gaussian_kl_forward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_forward_rows0 *const given = context;
    gaussian_kl_forward_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes, given->k,
        given->log_var, given->mu, given->t1_parts);
}

int gaussian_kl_forward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                        double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 27*k + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_kl_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, log_var, mu, t1_parts};
        gradc_run(parts, gaussian_kl_forward_team0, &given);
    } else {
        gaussian_kl_forward_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, log_var, mu, t1_parts);
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    return 0;
}

size_t gaussian_kl_backward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

static GRADC_APART void gaussian_kl_backward_rows0(int64_t part, int64_t n, int64_t parts, int64_t k,
                                                   double *restrict grad_mu, double t0, const double *restrict mu,
                                                   double *restrict grad_log_var, const double *restrict log_var)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);

    /* grad_mu[i:n, j:k] = t0 * (2 * mu[i, j]) */
    /* grad_log_var[i:n, j:k] = t0 * expm1(log_var[i, j]) */
    for (int64_t i = part_begin; i < part_end; ++i) {
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_mu[i*k + j] = t0 * (2.0 * mu[i*k + j]);
            grad_log_var[i*k + j] = t0 * gradc_expm1(log_var[i*k + j]);
        }
    }
}

struct gaussian_kl_backward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t k;
    double *grad_mu;
    double t0;
    const double *mu;
    double *grad_log_var;
    const double *log_var;
};

static GRADC_APART void gaussian_kl_backward_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_backward_rows0 *const given = context;
    (void)thread;
    gaussian_kl_backward_rows0(part, given->n, given->parts, given->k, given->grad_mu, given->t0, given->mu,
        given->grad_log_var, given->log_var);
}

int gaussian_kl_backward(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                         double cotangent, double *restrict grad_mu, double *restrict grad_log_var,
                         void *restrict work)
{
    (void)work;

    /* t0 = 0.5 * cotangent / n */
    const double t0 = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 26*k, 0);
    if (parts > 1) {
        const struct gaussian_kl_backward_rows0 given = {n, parts, k, grad_mu, t0, mu, grad_log_var, log_var};
        gradc_run(parts, gaussian_kl_backward_team0, &given);
    } else {
        gaussian_kl_backward_rows0(0, n, parts, k, grad_mu, t0, mu, grad_log_var, log_var);
    }
    return 0;
}

size_t gaussian_kl_value_and_grad_work(int64_t n, int64_t k)
{
    if (32768.0*k + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 33*k + 1, 0) * (gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k,
        sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

static GRADC_APART void gaussian_kl_value_and_grad_rows0(int64_t part, int64_t thread, int64_t n, int64_t parts,
                                                         unsigned char *restrict tile_scratch, size_t tile_bytes,
                                                         int64_t k, const double *restrict log_var,
                                                         const double *restrict mu, double t3,
                                                         double *restrict grad_mu, double *restrict grad_log_var,
                                                         double *restrict t2_parts)
{
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + thread * tile_bytes;
    double *const log_var_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const mu_tile = (void *)tile_own;
    tile_own += gradc_bytes(128*k, sizeof(double));
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* log_var_tile[i:n, j:k] = log_var[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &log_var[tile_begin*k], k, log_var_tile, 128);

        /* mu_tile[i:n, j:k] = mu[i, j] */
        gradc_transpose(tile_end - tile_begin, k, &mu[tile_begin*k], k, mu_tile, 128);

        /* t0[i:n, j:k] = expm1(log_var_tile[i, j]) */
        /* t1[i:n] = sum[j:k](t0[i, j] + mu_tile[i, j] * mu_tile[i, j] - log_var_tile[i, j]) */
        /* t4[i:n, j:k] = t3 * (2 * mu_tile[i, j]), in the place of log_var_tile */
        /* t5[i:n, j:k] = t3 * t0[i, j], in the place of mu_tile */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1[i - tile_begin] = 0.0;
        }
        for (int64_t j = 0; j < k; ++j) {
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double log_var_tile_ij = log_var_tile[j*128 + i - tile_begin];
                const double v0 = gradc_expm1(log_var_tile_ij);
                const double mu_tile_ij = mu_tile[j*128 + i - tile_begin];
                t1[i - tile_begin] += v0 + mu_tile_ij * mu_tile_ij - log_var_tile_ij;
                log_var_tile[j*128 + i - tile_begin] = t3 * (2.0 * mu_tile_ij);
                mu_tile[j*128 + i - tile_begin] = t3 * v0;
            }
        }

        /* t2 = sum[i:n](t1[i]) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_part_sum += t1[i - tile_begin];
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);

        /* grad_mu[i:n, j:k] = t4[i, j] */
        gradc_transpose(k, tile_end - tile_begin, log_var_tile, 128, &grad_mu[tile_begin*k], k);

        /* grad_log_var[i:n, j:k] = t5[i, j] */
        gradc_transpose(k, tile_end - tile_begin, mu_tile, 128, &grad_log_var[tile_begin*k], k);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct gaussian_kl_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const double *log_var;
    const double *mu;
    double t3;
    double *grad_mu;
    double *grad_log_var;
    double *t2_parts;
};

static GRADC_APART void gaussian_kl_value_and_grad_team0(const void *context, int64_t part, int64_t thread)
{
    const struct gaussian_kl_value_and_grad_rows0 *const given = context;
    gaussian_kl_value_and_grad_rows0(part, thread, given->n, given->parts, given->tile_scratch, given->tile_bytes,
        given->k, given->log_var, given->mu, given->t3, given->grad_mu, given->grad_log_var, given->t2_parts);
}

int gaussian_kl_value_and_grad(int64_t n, int64_t k, const double *restrict mu, const double *restrict log_var,
                               double *restrict value, double *restrict grad_mu, double *restrict grad_log_var,
                               void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;

    /* t3 = 0.5 / n */
    const double t3 = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 33*k + 1, 0);
    const size_t tile_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    if (parts > 1) {
        const struct gaussian_kl_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, log_var, mu,
            t3, grad_mu, grad_log_var, t2_parts};
        gradc_run(parts, gaussian_kl_value_and_grad_team0, &given);
    } else {
        gaussian_kl_value_and_grad_rows0(0, 0, n, parts, tile_scratch, tile_bytes, k, log_var, mu, t3, grad_mu,
            grad_log_var, t2_parts);
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = 0.5 * (t2 / n) */
    *value = 0.5 * (t2 / (double)n);
    return 0;
}
