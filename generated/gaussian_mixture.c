/* gaussian_mixture: the loss, and its derivatives.
 *
 *     def program(a: real[k], mu: real[k, d], log_sigma: real[k, d], X: real[n, d]):
 *         t0 = max[i:k](a[i])
 *         t1 = logsumexp[i:k](a[i])
 *         t2[i:k, j:d] = exp(-log_sigma[i, j])
 *         t3[l:n, i:k] = sum[j:d](0.9189385332046727 + (log_sigma[i, j] + 0.5 * (t2[i, j] * (X[l, j] - mu[i, j])) ** 2))
 *         t4[l:n, i:k] = a[i] - (t0 + (t1 - t0)) - t3[l, i]
 *         t5[l:n] = max[i:k](t4[l, i])
 *         t6[l:n] = logsumexp[i:k](t4[l, i])
 *         t7 = sum[l:n](t5[l] + (t6[l] - t5[l]))
 *         value = -(t7 / n)
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
#if defined(_OPENMP)
#define GRADC_PARALLEL(parts) GRADC_PRAGMA(omp parallel for schedule(dynamic) if(parts > 1))
#else
#define GRADC_PARALLEL(parts)
#endif

#include "gaussian_mixture.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

/* The rows of a nest go in parts, which threads take as they come. How many parts there are depends on the sizes alone,
 * and so does the order in which their sums are added: the result is the same to the bit for any number of threads. */
#define GRADC_PARTS 16
static int64_t gradc_parts(int64_t rows, int64_t cost, int64_t sums)
{
    /* A part is worth a thread from some 20 microseconds on, and from several times what adding its sums up costs. */
    const double work = (double)rows * (double)cost, least = 16.0 * (double)sums > 1e5 ? 16.0 * (double)sums : 1e5;
    const double parts = work / least < (double)rows / 128 ? work / least : (double)rows / 128;
    return parts < 2 ? 1 : parts < GRADC_PARTS ? (int64_t)parts : GRADC_PARTS;
}

/* Where a part begins: at a multiple of the rows of a tile. */
static int64_t gradc_cut(int64_t rows, int64_t parts, int64_t part)
{
    return part == parts ? rows : rows / 128 * part / parts * 128;
}

/* The rows of a tile: as many as leave what is read of them in the first-level cache, for it is read more than once. */
static int64_t gradc_rows(size_t bytes)
{
    return bytes < 192 ? 128 : bytes < 384 ? 64 : bytes < 768 ? 32 : 16;
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
    const double t = (y + low) * 1.4426950408889634 + 6755399441057790.0; /* 1.5 * 2^52 + 2 * 1023 */
    const double k = t - 6755399441057790.0;
    const double r = ((y - k * 0.6931471803691238) + low) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r + 2.480150457228083e-05) * r
        + 0.00019841269902955413) * r + 0.0013888888932253416) * r + 0.008333333333314638) * r + 0.04166666666657411) * r
        + 0.16666666666666685) * r + 0.5000000000000006;
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
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z + 0.22222198567102774) * z
        + 0.2857142874243524) * z + 0.39999999999414526) * z + 0.6666666666666734;
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

size_t gaussian_mixture_value_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(k*n, sizeof(double)) + (size_t)gradc_parts(k, 10*d*n + 24*d + 1, 0) * (gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(128*d, sizeof(double))) + (size_t)gradc_parts(n, 34*k + 28, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int gaussian_mixture_value(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                           const double *restrict log_sigma, const double *restrict X, double *restrict value,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(k, 10*d*n + 24*d + 1, 0) * (gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double)));
    unsigned char *const part_scratch_ = (void *)scratch;
    const int64_t parts = gradc_parts(k, 10*d*n + 24*d + 1, 0);
    const size_t part_bytes = gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(k, parts, part);
        const int64_t part_end = gradc_cut(k, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const log_sigma_tile = (void *)own;
        own += gradc_bytes(128*d, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128*d, sizeof(double));
        double *const mu_tile = (void *)own;
        double t0_part = -INFINITY;
        const int64_t tile_rows = gradc_rows(2*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0 = max[i:k](a[i]) */
            double t0_part_max = -INFINITY;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                t0_part_max = (a_i > t0_part_max || a_i != a_i) ? a_i : t0_part_max;
            }
            t0_part = (t0_part_max > t0_part || t0_part_max != t0_part_max) ? t0_part_max : t0_part;

            /* log_sigma_tile[i:k, j:d] = log_sigma[i, j] */
            gradc_transpose(tile_end - tile_begin, d, &log_sigma[tile_begin*d], d, log_sigma_tile, 128);

            /* t3[i:k, j:d] = exp(-log_sigma_tile[i, j]) */
            for (int64_t j = 0; j < d; ++j) {
                GRADC_SIMD()
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    t3[j*128 + i - tile_begin] = gradc_exp(-log_sigma_tile[j*128 + i - tile_begin]);
                }
            }

            /* mu_tile[i:k, j:d] = mu[i, j] */
            gradc_transpose(tile_end - tile_begin, d, &mu[tile_begin*d], d, mu_tile, 128);

            /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu_tile[i, j]), 0.9189385332046727 +
             *    (log_sigma_tile[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t l = 0; l < n; ++l) {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    t4[l*k + i] = 0.0;
                }
                for (int64_t j = 0; j < d / 4 * 4; j += 4) {
                    const double X_lj = X[l*d + j];
                    const double X_lj1 = X[l*d + (j + 1)];
                    const double X_lj2 = X[l*d + (j + 2)];
                    const double X_lj3 = X[l*d + (j + 3)];
                    GRADC_SIMD()
                    for (int64_t i = tile_begin; i < tile_end; ++i) {
                        const double v0 = t3[j*128 + i - tile_begin] * (X_lj - mu_tile[j*128 + i - tile_begin]);
                        const double v1 = t3[(j + 1)*128 + i - tile_begin] * (X_lj1 - mu_tile[(j + 1)*128 + i - tile_begin]);
                        const double v2 = t3[(j + 2)*128 + i - tile_begin] * (X_lj2 - mu_tile[(j + 2)*128 + i - tile_begin]);
                        const double v3 = t3[(j + 3)*128 + i - tile_begin] * (X_lj3 - mu_tile[(j + 3)*128 + i - tile_begin]);
                        t4[l*k + i] += (0.9189385332046727 + (log_sigma_tile[j*128 + i - tile_begin] + 0.5 * (v0 * v0))) + (0.9189385332046727 + (log_sigma_tile[(j + 1)*128 + i - tile_begin] + 0.5 * (v1 * v1))) + (0.9189385332046727 + (log_sigma_tile[(j + 2)*128 + i - tile_begin] + 0.5 * (v2 * v2))) + (0.9189385332046727 + (log_sigma_tile[(j + 3)*128 + i - tile_begin] + 0.5 * (v3 * v3)));
                    }
                }
                for (int64_t j = d / 4 * 4; j < d; ++j) {
                    const double X_lj = X[l*d + j];
                    GRADC_SIMD()
                    for (int64_t i = tile_begin; i < tile_end; ++i) {
                        const double v0 = t3[j*128 + i - tile_begin] * (X_lj - mu_tile[j*128 + i - tile_begin]);
                        t4[l*k + i] += 0.9189385332046727 + (log_sigma_tile[j*128 + i - tile_begin] + 0.5 * (v0 * v0));
                    }
                }
            }
        }
        t0_parts[part] = t0_part;
    }
    double t0 = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t0 = (t0_parts[part] > t0 || t0_parts[part] != t0_parts[part]) ? t0_parts[part] : t0;
    }
    const int64_t parts_ = gradc_parts(k, 26, 0);
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t1_part = 0.0;

        /* t1 = sum[i:k](exp(a[i] - where(inf == abs(t0), 0, t0))) */
        const double v0 = INFINITY == fabs(t0) ? 0.0 : t0;
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = part_begin; i < part_end; ++i) {
            t1_part_sum += gradc_exp(a[i] - v0);
        }
        t1_part += t1_part_sum;
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }

    /* t2 = log(t1) + where(inf == abs(t0), 0, t0) */
    const double t2 = gradc_log(t1) + (INFINITY == fabs(t0) ? 0.0 : t0);
    const int64_t parts_2 = gradc_parts(n, 34*k + 28, 0);
    const size_t part_bytes_2 = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t9_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(n, parts_2, part);
        const int64_t part_end = gradc_cut(n, parts_2, part + 1);
        unsigned char *own = part_scratch_ + part * part_bytes_2;
        double *const t5 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        double t9_part = 0.0;
        const int64_t tile_rows = gradc_rows(k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t5[l:n, i:k] = a[i] - (t0 + (t2 - t0)) - t4[l, i] */
            /* t6[l:n] = max[i:k](t5[l, i]) */
            const double v1 = t0 + (t2 - t0);
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                double t6_max = -INFINITY;
                for (int64_t i = 0; i < k; ++i) {
                    const double v2 = a[i] - v1 - t4[l*k + i];
                    t5[(l - tile_begin)*k + i] = v2;
                    t6_max = (v2 > t6_max || v2 != v2) ? v2 : t6_max;
                }
                t6[l - tile_begin] = t6_max;
            }

            /* t7[l:n] = sum[i:k](exp(t5[l, i] - where(inf == abs(t6[l]), 0, t6[l]))) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t6_l = t6[l - tile_begin];
                const double v2 = INFINITY == fabs(t6_l) ? 0.0 : t6_l;
                double t7_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum))
                for (int64_t i = 0; i < k; ++i) {
                    t7_sum += gradc_exp(t5[(l - tile_begin)*k + i] - v2);
                }
                t7[l - tile_begin] = t7_sum;
            }

            /* t8[l:n] = log(t7[l]) + where(inf == abs(t6[l]), 0, t6[l]) */
            /* t9 = sum[l:n](t6[l] + (t8[l] - t6[l])) */
            double t9_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_part_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t6_l = t6[l - tile_begin];
                t9_part_sum += t6_l + (gradc_log(t7[l - tile_begin]) + (INFINITY == fabs(t6_l) ? 0.0 : t6_l) - t6_l);
            }
            t9_part += t9_part_sum;
        }
        t9_parts[part] = t9_part;
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t9 += t9_parts[part];
    }

    /* value = -(t9 / n) */
    *value = -(t9 / (double)n);
    return 0;
}

size_t gaussian_mixture_forward_work(int64_t k, int64_t d, int64_t n)
{
    return (size_t)gradc_parts(k, 10*d*n + 25*d + 1, 0) * (gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(128*d, sizeof(double))
           + gradc_bytes(128*d, sizeof(double))) + (size_t)gradc_parts(n, 34*k + 28, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int gaussian_mixture_forward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                             const double *restrict log_sigma, const double *restrict X, double *restrict value,
                             double *restrict t0, double *restrict t1, double *restrict t2, double *restrict t3,
                             double *restrict t5, double *restrict t6, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(k, 10*d*n + 25*d + 1, 0) * (gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double)));
    unsigned char *const part_scratch_ = (void *)scratch;
    const int64_t parts = gradc_parts(k, 10*d*n + 25*d + 1, 0);
    const size_t part_bytes = gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double)) + gradc_bytes(128*d, sizeof(double));
    double t0__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(k, parts, part);
        const int64_t part_end = gradc_cut(k, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const log_sigma_tile = (void *)own;
        own += gradc_bytes(128*d, sizeof(double));
        double *const t2_ = (void *)own;
        own += gradc_bytes(128*d, sizeof(double));
        double *const mu_tile = (void *)own;
        double t0__part = -INFINITY;
        const int64_t tile_rows = gradc_rows(3*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0 = max[i:k](a[i]) */
            double t0__part_max = -INFINITY;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                t0__part_max = (a_i > t0__part_max || a_i != a_i) ? a_i : t0__part_max;
            }
            t0__part = (t0__part_max > t0__part || t0__part_max != t0__part_max) ? t0__part_max : t0__part;

            /* log_sigma_tile[i:k, j:d] = log_sigma[i, j] */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    log_sigma_tile[(i - tile_begin)*d + j] = log_sigma[i*d + j];
                }
            }

            /* t2[i:k, j:d] = exp(-log_sigma_tile[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    t2_[(i - tile_begin)*d + j] = gradc_exp(-log_sigma_tile[(i - tile_begin)*d + j]);
                }
            }

            /* t2_2[i:k, j:d] = t2[i, j] */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    t2[i*d + j] = t2_[(i - tile_begin)*d + j];
                }
            }

            /* mu_tile[i:k, j:d] = mu[i, j] */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    mu_tile[(i - tile_begin)*d + j] = mu[i*d + j];
                }
            }

            /* t3[l:n, i:k] = sum[j:d](let(s0 := t2_2[i, j] * (X[l, j] - mu_tile[i, j]), 0.9189385332046727 +
             *    (log_sigma_tile[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                    double t3_sum = 0.0;
                    double t3_sum_ = 0.0;
                    double t3_sum_2 = 0.0;
                    double t3_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:t3_sum, t3_sum_, t3_sum_2, t3_sum_3))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t2[i*d + j] * (X[l*d + j] - mu_tile[(i - tile_begin)*d + j]);
                        const double v1 = t2[i*d + j] * (X[(l + 1)*d + j] - mu_tile[(i - tile_begin)*d + j]);
                        const double v2 = t2[i*d + j] * (X[(l + 2)*d + j] - mu_tile[(i - tile_begin)*d + j]);
                        const double v3 = t2[i*d + j] * (X[(l + 3)*d + j] - mu_tile[(i - tile_begin)*d + j]);
                        t3_sum += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v0 * v0));
                        t3_sum_ += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v1 * v1));
                        t3_sum_2 += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v2 * v2));
                        t3_sum_3 += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v3 * v3));
                    }
                    t3[l*k + i] = t3_sum;
                    t3[(l + 1)*k + i] = t3_sum_;
                    t3[(l + 2)*k + i] = t3_sum_2;
                    t3[(l + 3)*k + i] = t3_sum_3;
                }
                for (int64_t l = n / 4 * 4; l < n; ++l) {
                    double t3_sum = 0.0;
                    GRADC_SIMD(reduction(+:t3_sum))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t2[i*d + j] * (X[l*d + j] - mu_tile[(i - tile_begin)*d + j]);
                        t3_sum += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v0 * v0));
                    }
                    t3[l*k + i] = t3_sum;
                }
            }
        }
        t0__parts[part] = t0__part;
    }
    double t0_ = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t0_ = (t0__parts[part] > t0_ || t0__parts[part] != t0__parts[part]) ? t0__parts[part] : t0_;
    }
    const int64_t parts_ = gradc_parts(k, 26, 0);
    double t1__parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t1__part = 0.0;

        /* t1 = sum[i:k](exp(a[i] - where(inf == abs(t0), 0, t0))) */
        const double v0 = INFINITY == fabs(t0_) ? 0.0 : t0_;
        double t1__part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1__part_sum))
        for (int64_t i = part_begin; i < part_end; ++i) {
            t1__part_sum += gradc_exp(a[i] - v0);
        }
        t1__part += t1__part_sum;
        t1__parts[part] = t1__part;
    }
    double t1_ = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1_ += t1__parts[part];
    }

    /* t1_2 = log(t1) + where(inf == abs(t0), 0, t0) */
    const double t1_2 = gradc_log(t1_) + (INFINITY == fabs(t0_) ? 0.0 : t0_);
    const int64_t parts_2 = gradc_parts(n, 34*k + 28, 0);
    const size_t part_bytes_2 = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t7_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(n, parts_2, part);
        const int64_t part_end = gradc_cut(n, parts_2, part + 1);
        unsigned char *own = part_scratch_ + part * part_bytes_2;
        double *const t4 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t6_ = (void *)own;
        double t7_part = 0.0;
        const int64_t tile_rows = gradc_rows(k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t4[l:n, i:k] = a[i] - (t0 + (t1_2 - t0)) - t3[l, i] */
            /* t5[l:n] = max[i:k](t4[l, i]) */
            const double v1 = t0_ + (t1_2 - t0_);
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                double t5_max = -INFINITY;
                for (int64_t i = 0; i < k; ++i) {
                    const double v2 = a[i] - v1 - t3[l*k + i];
                    t4[(l - tile_begin)*k + i] = v2;
                    t5_max = (v2 > t5_max || v2 != v2) ? v2 : t5_max;
                }
                t5[l] = t5_max;
            }

            /* t6[l:n] = sum[i:k](exp(t4[l, i] - where(inf == abs(t5[l]), 0, t5[l]))) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t5_l = t5[l];
                const double v2 = INFINITY == fabs(t5_l) ? 0.0 : t5_l;
                double t6__sum = 0.0;
                GRADC_SIMD(reduction(+:t6__sum))
                for (int64_t i = 0; i < k; ++i) {
                    t6__sum += gradc_exp(t4[(l - tile_begin)*k + i] - v2);
                }
                t6_[l - tile_begin] = t6__sum;
            }

            /* t6_2[l:n] = log(t6[l]) + where(inf == abs(t5[l]), 0, t5[l]) */
            /* t7 = sum[l:n](t5[l] + (t6_2[l] - t5[l])) */
            double t7_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_part_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t5_l = t5[l];
                const double v2 = gradc_log(t6_[l - tile_begin]) + (INFINITY == fabs(t5_l) ? 0.0 : t5_l);
                t6[l] = v2;
                t7_part_sum += t5_l + (v2 - t5_l);
            }
            t7_part += t7_part_sum;
        }
        t7_parts[part] = t7_part;
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t7 += t7_parts[part];
    }

    /* value = -(t7 / n) */
    *value = -(t7 / (double)n);
    *t0 = t0_;
    *t1 = t1_2;
    return 0;
}

size_t gaussian_mixture_backward_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(n, 6*d*k + 52*k, 3*d*k + k) * (gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double)));
}

int gaussian_mixture_backward(int64_t k, int64_t d, int64_t n, const double *restrict a, const double *restrict mu,
                              const double *restrict log_sigma, const double *restrict X, double t0, double t1,
                              const double *restrict t2, const double *restrict t3, const double *restrict t5,
                              const double *restrict t6, double cotangent, double *restrict grad_a,
                              double *restrict grad_mu, double *restrict grad_log_sigma, void *restrict work)
{
    (void)log_sigma;
    unsigned char *scratch = work;
    double *const t12 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t16 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t17 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;

    /* t7 = -(cotangent / n) */
    const double t7 = -(cotangent / (double)n);
    double t11 = 0.0;

    /* t11 = sum[i:k](where(t0 == a[i], 1, 0)) */
    GRADC_SIMD(reduction(+:t11))
    for (int64_t i = 0; i < k; ++i) {
        t11 += t0 == a[i] ? 1.0 : 0.0;
    }
    const int64_t parts = gradc_parts(n, 6*d*k + 52*k, 3*d*k + k);
    const size_t part_bytes = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    double t10_parts[GRADC_PARTS];
    double t13_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t12_part = part == 0 ? t12 : (void *)own;
        own += gradc_bytes(k, sizeof(double));
        double *const t15_part = part == 0 ? t15 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t16_part = part == 0 ? t16 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t17_part = part == 0 ? t17 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t3_tile = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t4 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t8 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t9 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t14 = (void *)own;
        double t10_part = 0.0;
        double t13_part = 0.0;
        for (int64_t at = 0; at < k; ++at) {
            t12_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t15_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t16_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t17_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows((d + k) * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t3_tile[l:n, i:k] = t3[l, i] */
            gradc_transpose(tile_end - tile_begin, k, &t3[tile_begin*k], k, t3_tile, 128);

            /* t4[l:n, i:k] = a[i] - (t0 + (t1 - t0)) - t3_tile[l, i] */
            /* t8[l:n] = sum[i:k](where(t4[l, i] == t5[l], 1, 0)) */
            const double v0 = t0 + (t1 - t0);
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t8[l - tile_begin] = 0.0;
            }
            for (int64_t i = 0; i < k; ++i) {
                const double v1 = a[i] - v0;
                GRADC_SIMD()
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double v2 = v1 - t3_tile[i*128 + l - tile_begin];
                    t4[i*128 + l - tile_begin] = v2;
                    t8[l - tile_begin] += t5[l] == v2 ? 1.0 : 0.0;
                }
            }

            /* t9[l:n, i:k] = where(t4[l, i] == t5[l], (t7 - t7) / t8[l], 0) + where(-inf == t4[l, i], 0, t7 *
             *    exp(t4[l, i] - t6[l])) */
            /* t10 = sum[l:n, i:k](t9[l, i] - t9[l, i]) */
            /* t13 = sum[l:n, i:k](t9[l, i]) */
            /* t14[l:n, i:k] = -t9[l, i] */
            const double v1 = t7 - t7;
            double t10_part_sum = 0.0;
            double t13_part_sum = 0.0;
            for (int64_t i = 0; i < k; ++i) {
                GRADC_SIMD(reduction(+:t10_part_sum, t13_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const double t4_li = t4[i*128 + l - tile_begin];
                    const double v2 = (t4_li == t5[l] ? v1 / t8[l - tile_begin] : 0.0) + (-INFINITY == t4_li ? 0.0 : t7 * gradc_exp(t4_li - t6[l]));
                    t9[i*128 + l - tile_begin] = v2;
                    t10_part_sum += v2 - v2;
                    t13_part_sum += v2;
                    t14[i*128 + l - tile_begin] = -v2;
                }
            }
            t10_part += t10_part_sum;
            t13_part += t13_part_sum;

            /* t12[i:k] = sum[l:n](t9[l, i]) */
            for (int64_t i = 0; i < k / 4 * 4; i += 4) {
                double t12_part_sum = 0.0;
                double t12_part_sum_ = 0.0;
                double t12_part_sum_2 = 0.0;
                double t12_part_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:t12_part_sum, t12_part_sum_, t12_part_sum_2, t12_part_sum_3))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    t12_part_sum += t9[i*128 + l - tile_begin];
                    t12_part_sum_ += t9[(i + 1)*128 + l - tile_begin];
                    t12_part_sum_2 += t9[(i + 2)*128 + l - tile_begin];
                    t12_part_sum_3 += t9[(i + 3)*128 + l - tile_begin];
                }
                t12_part[i] += t12_part_sum;
                t12_part[(i + 1)] += t12_part_sum_;
                t12_part[(i + 2)] += t12_part_sum_2;
                t12_part[(i + 3)] += t12_part_sum_3;
            }
            for (int64_t i = k / 4 * 4; i < k; ++i) {
                double t12_part_sum = 0.0;
                GRADC_SIMD(reduction(+:t12_part_sum))
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    t12_part_sum += t9[i*128 + l - tile_begin];
                }
                t12_part[i] += t12_part_sum;
            }

            /* t15[i:k, j:d] = sum[l:n](t14[l, i] * (X[l, j] - mu[i, j])) */
            /* t16[i:k, j:d] = sum[l:n](t14[l, i]) */
            /* t17[i:k, j:d] = sum[l:n](let(s0 := X[l, j] - mu[i, j], s0 * (t14[l, i] * s0))) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                for (int64_t i = 0; i < k; ++i) {
                    const double t14_li = t14[i*128 + l - tile_begin];
                    GRADC_SIMD()
                    for (int64_t j = 0; j < d; ++j) {
                        const double v2 = X[l*d + j] - mu[i*d + j];
                        const double v3 = t14_li * v2;
                        t15_part[i*d + j] += v3;
                        t16_part[i*d + j] += t14_li;
                        t17_part[i*d + j] += v2 * v3;
                    }
                }
            }
        }
        t10_parts[part] = t10_part;
        t13_parts[part] = t13_part;
    }
    double t10 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t10 += t10_parts[part];
    }
    double t13 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t13 += t13_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t12_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t12[at] += t12_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t15_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t15[at] += t15_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t16_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t16[at] += t16_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const t17_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t17[at] += t17_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(k, 10*d + 40, 0);
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        const int64_t tile_rows = gradc_rows(4*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* grad_a[i:k] = where(t0 == a[i], t10 / t11, 0) + (t12[i] + where(-inf == a[i], 0, -(t13 * exp(a[i] -
             *    t1)))) */
            const double v2 = t10 / t11;
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                const double v3 = (t0 == a_i ? v2 : 0.0) + (t12[i] + (-INFINITY == a_i ? 0.0 : -(t13 * gradc_exp(a_i - t1))));
                grad_a[i] = v3;
            }

            /* grad_mu[i:k, j:d] = -(t2[i, j] * (t2[i, j] * t15[i, j])) */
            /* grad_log_sigma[i:k, j:d] = t16[i, j] - t2[i, j] * (t2[i, j] * t17[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double t2_ij = t2[i*d + j];
                    grad_mu[i*d + j] = -(t2_ij * (t2_ij * t15[i*d + j]));
                    grad_log_sigma[i*d + j] = t16[i*d + j] - t2_ij * (t2_ij * t17[i*d + j]);
                }
            }
        }
    }
    return 0;
}

size_t gaussian_mixture_value_and_grad_work(int64_t k, int64_t d, int64_t n)
{
    return gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(k*n, sizeof(double))
           + gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double)) + (size_t)gradc_parts(k, 10*d*n + 23*d + 1, 0) * (gradc_bytes(128*d, sizeof(double))) + (size_t)gradc_parts(n, 6*d*k + 76*k + 28, 3*d*k + k) * (gradc_bytes(k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(d*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double)));
}

int gaussian_mixture_value_and_grad(int64_t k, int64_t d, int64_t n, const double *restrict a,
                                    const double *restrict mu, const double *restrict log_sigma,
                                    const double *restrict X, double *restrict value, double *restrict grad_a,
                                    double *restrict grad_mu, double *restrict grad_log_sigma, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t4 = (void *)scratch;
    scratch += gradc_bytes(k*n, sizeof(double));
    double *const t15 = (void *)scratch;
    scratch += gradc_bytes(k, sizeof(double));
    double *const t18 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t19 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    double *const t20 = (void *)scratch;
    scratch += gradc_bytes(d*k, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(k, 10*d*n + 23*d + 1, 0) * (gradc_bytes(128*d, sizeof(double)));
    unsigned char *const part_scratch_ = (void *)scratch;

    /* t10 = -(1 / n) */
    const double t10 = -(1.0 / (double)n);
    const int64_t parts = gradc_parts(k, 10*d*n + 23*d + 1, 0);
    const size_t part_bytes = gradc_bytes(128*d, sizeof(double));
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(k, parts, part);
        const int64_t part_end = gradc_cut(k, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const log_sigma_tile = (void *)own;
        double t0_part = -INFINITY;
        const int64_t tile_rows = gradc_rows(3*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0 = max[i:k](a[i]) */
            double t0_part_max = -INFINITY;
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                t0_part_max = (a_i > t0_part_max || a_i != a_i) ? a_i : t0_part_max;
            }
            t0_part = (t0_part_max > t0_part || t0_part_max != t0_part_max) ? t0_part_max : t0_part;

            /* log_sigma_tile[i:k, j:d] = log_sigma[i, j] */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    log_sigma_tile[(i - tile_begin)*d + j] = log_sigma[i*d + j];
                }
            }

            /* t3[i:k, j:d] = exp(-log_sigma_tile[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    t3[i*d + j] = gradc_exp(-log_sigma_tile[(i - tile_begin)*d + j]);
                }
            }

            /* t4[l:n, i:k] = sum[j:d](let(s0 := t3[i, j] * (X[l, j] - mu[i, j]), 0.9189385332046727 +
             *    (log_sigma_tile[i, j] + 0.5 * (s0 * s0)))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                for (int64_t l = 0; l < n / 4 * 4; l += 4) {
                    double t4_sum = 0.0;
                    double t4_sum_ = 0.0;
                    double t4_sum_2 = 0.0;
                    double t4_sum_3 = 0.0;
                    GRADC_SIMD(reduction(+:t4_sum, t4_sum_, t4_sum_2, t4_sum_3))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t3[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                        const double v1 = t3[i*d + j] * (X[(l + 1)*d + j] - mu[i*d + j]);
                        const double v2 = t3[i*d + j] * (X[(l + 2)*d + j] - mu[i*d + j]);
                        const double v3 = t3[i*d + j] * (X[(l + 3)*d + j] - mu[i*d + j]);
                        t4_sum += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v0 * v0));
                        t4_sum_ += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v1 * v1));
                        t4_sum_2 += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v2 * v2));
                        t4_sum_3 += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v3 * v3));
                    }
                    t4[l*k + i] = t4_sum;
                    t4[(l + 1)*k + i] = t4_sum_;
                    t4[(l + 2)*k + i] = t4_sum_2;
                    t4[(l + 3)*k + i] = t4_sum_3;
                }
                for (int64_t l = n / 4 * 4; l < n; ++l) {
                    double t4_sum = 0.0;
                    GRADC_SIMD(reduction(+:t4_sum))
                    for (int64_t j = 0; j < d; ++j) {
                        const double v0 = t3[i*d + j] * (X[l*d + j] - mu[i*d + j]);
                        t4_sum += 0.9189385332046727 + (log_sigma_tile[(i - tile_begin)*d + j] + 0.5 * (v0 * v0));
                    }
                    t4[l*k + i] = t4_sum;
                }
            }
        }
        t0_parts[part] = t0_part;
    }
    double t0 = -INFINITY;
    for (int64_t part = 0; part < parts; ++part) {
        t0 = (t0_parts[part] > t0 || t0_parts[part] != t0_parts[part]) ? t0_parts[part] : t0;
    }
    const int64_t parts_ = gradc_parts(k, 28, 0);
    double t1_parts[GRADC_PARTS];
    double t14_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_)
    for (int64_t part = 0; part < parts_; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_, part);
        const int64_t part_end = gradc_cut(k, parts_, part + 1);
        double t1_part = 0.0;
        double t14_part = 0.0;

        /* t1 = sum[i:k](exp(a[i] - where(inf == abs(t0), 0, t0))) */
        /* t14 = sum[i:k](where(t0 == a[i], 1, 0)) */
        const double v0 = INFINITY == fabs(t0) ? 0.0 : t0;
        double t1_part_sum = 0.0;
        double t14_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum, t14_part_sum))
        for (int64_t i = part_begin; i < part_end; ++i) {
            const double a_i = a[i];
            t1_part_sum += gradc_exp(a_i - v0);
            t14_part_sum += t0 == a_i ? 1.0 : 0.0;
        }
        t1_part += t1_part_sum;
        t14_part += t14_part_sum;
        t1_parts[part] = t1_part;
        t14_parts[part] = t14_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }
    double t14 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t14 += t14_parts[part];
    }

    /* t2 = log(t1) + where(inf == abs(t0), 0, t0) */
    const double t2 = gradc_log(t1) + (INFINITY == fabs(t0) ? 0.0 : t0);
    const int64_t parts_2 = gradc_parts(n, 6*d*k + 76*k + 28, 3*d*k + k);
    const size_t part_bytes_2 = gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    double t9_parts[GRADC_PARTS];
    double t13_parts[GRADC_PARTS];
    double t16_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts_2)
    for (int64_t part = 0; part < parts_2; ++part) {
        const int64_t part_begin = gradc_cut(n, parts_2, part);
        const int64_t part_end = gradc_cut(n, parts_2, part + 1);
        unsigned char *own = part_scratch_ + part * part_bytes_2;
        double *const t15_part = part == 0 ? t15 : (void *)own;
        own += gradc_bytes(k, sizeof(double));
        double *const t18_part = part == 0 ? t18 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t19_part = part == 0 ? t19 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t20_part = part == 0 ? t20 : (void *)own;
        own += gradc_bytes(d*k, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t8 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t12 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t17 = (void *)own;
        double t9_part = 0.0;
        double t13_part = 0.0;
        double t16_part = 0.0;
        for (int64_t at = 0; at < k; ++at) {
            t15_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t18_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t19_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d*k; ++at) {
            t20_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows((d + k) * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t5[l:n, i:k] = a[i] - (t0 + (t2 - t0)) - t4[l, i] */
            /* t6[l:n] = max[i:k](t5[l, i]) */
            const double v1 = t0 + (t2 - t0);
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                double t6_max = -INFINITY;
                for (int64_t i = 0; i < k; ++i) {
                    const double v2 = a[i] - v1 - t4[l*k + i];
                    t5[(l - tile_begin)*k + i] = v2;
                    t6_max = (v2 > t6_max || v2 != v2) ? v2 : t6_max;
                }
                t6[l - tile_begin] = t6_max;
            }

            /* t7[l:n] = sum[i:k](exp(t5[l, i] - where(inf == abs(t6[l]), 0, t6[l]))) */
            /* t11[l:n] = sum[i:k](where(t5[l, i] == t6[l], 1, 0)) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t6_l = t6[l - tile_begin];
                const double v2 = INFINITY == fabs(t6_l) ? 0.0 : t6_l;
                double t7_sum = 0.0;
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t7_sum, t11_sum))
                for (int64_t i = 0; i < k; ++i) {
                    const double t5_li = t5[(l - tile_begin)*k + i];
                    t7_sum += gradc_exp(t5_li - v2);
                    t11_sum += t5_li == t6_l ? 1.0 : 0.0;
                }
                t7[l - tile_begin] = t7_sum;
                t11[l - tile_begin] = t11_sum;
            }

            /* t8[l:n] = log(t7[l]) + where(inf == abs(t6[l]), 0, t6[l]) */
            /* t9 = sum[l:n](t6[l] + (t8[l] - t6[l])) */
            double t9_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_part_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t6_l = t6[l - tile_begin];
                const double v2 = gradc_log(t7[l - tile_begin]) + (INFINITY == fabs(t6_l) ? 0.0 : t6_l);
                t8[l - tile_begin] = v2;
                t9_part_sum += t6_l + (v2 - t6_l);
            }
            t9_part += t9_part_sum;

            /* t12[l:n, i:k] = where(t5[l, i] == t6[l], (t10 - t10) / t11[l], 0) + where(-inf == t5[l, i], 0, t10 *
             *    exp(t5[l, i] - t8[l])) */
            /* t13 = sum[l:n, i:k](t12[l, i] - t12[l, i]) */
            /* t16 = sum[l:n, i:k](t12[l, i]) */
            /* t17[l:n, i:k] = -t12[l, i] */
            const double v2 = t10 - t10;
            double t13_part_sum = 0.0;
            double t16_part_sum = 0.0;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t6_l = t6[l - tile_begin];
                const double v3 = v2 / t11[l - tile_begin];
                const double t8_l = t8[l - tile_begin];
                GRADC_SIMD(reduction(+:t13_part_sum, t16_part_sum))
                for (int64_t i = 0; i < k; ++i) {
                    const double t5_li = t5[(l - tile_begin)*k + i];
                    const double v4 = (t5_li == t6_l ? v3 : 0.0) + (-INFINITY == t5_li ? 0.0 : t10 * gradc_exp(t5_li - t8_l));
                    t12[(l - tile_begin)*k + i] = v4;
                    t13_part_sum += v4 - v4;
                    t16_part_sum += v4;
                    t17[(l - tile_begin)*k + i] = -v4;
                }
            }
            t13_part += t13_part_sum;
            t16_part += t16_part_sum;

            /* t15[i:k] = sum[l:n](t12[l, i]) */
            for (int64_t l = tile_begin; l < tile_end / 4 * 4; l += 4) {
                GRADC_SIMD()
                for (int64_t i = 0; i < k; ++i) {
                    t15_part[i] += t12[(l - tile_begin)*k + i] + t12[((l + 1) - tile_begin)*k + i] + t12[((l + 2) - tile_begin)*k + i] + t12[((l + 3) - tile_begin)*k + i];
                }
            }
            for (int64_t l = tile_end / 4 * 4; l < tile_end; ++l) {
                GRADC_SIMD()
                for (int64_t i = 0; i < k; ++i) {
                    t15_part[i] += t12[(l - tile_begin)*k + i];
                }
            }

            /* t18[i:k, j:d] = sum[l:n](t17[l, i] * (X[l, j] - mu[i, j])) */
            /* t19[i:k, j:d] = sum[l:n](t17[l, i]) */
            /* t20[i:k, j:d] = sum[l:n](let(s0 := X[l, j] - mu[i, j], s0 * (t17[l, i] * s0))) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                for (int64_t i = 0; i < k; ++i) {
                    const double t17_li = t17[(l - tile_begin)*k + i];
                    GRADC_SIMD()
                    for (int64_t j = 0; j < d; ++j) {
                        const double v3 = X[l*d + j] - mu[i*d + j];
                        const double v4 = t17_li * v3;
                        t18_part[i*d + j] += v4;
                        t19_part[i*d + j] += t17_li;
                        t20_part[i*d + j] += v3 * v4;
                    }
                }
            }
        }
        t9_parts[part] = t9_part;
        t13_parts[part] = t13_part;
        t16_parts[part] = t16_part;
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t9 += t9_parts[part];
    }
    double t13 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t13 += t13_parts[part];
    }
    double t16 = 0.0;
    for (int64_t part = 0; part < parts_2; ++part) {
        t16 += t16_parts[part];
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t15_more = (void *)(part_scratch_ + part * part_bytes_2);
        GRADC_SIMD()
        for (int64_t at = 0; at < k; ++at) {
            t15[at] += t15_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t18_more = (void *)(part_scratch_ + part * part_bytes_2 + gradc_bytes(k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t18[at] += t18_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t19_more = (void *)(part_scratch_ + part * part_bytes_2 + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t19[at] += t19_more[at];
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        const double *const t20_more = (void *)(part_scratch_ + part * part_bytes_2 + gradc_bytes(k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)) + gradc_bytes(d*k, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d*k; ++at) {
            t20[at] += t20_more[at];
        }
    }
    const int64_t parts_3 = gradc_parts(k, 10*d + 40, 0);
    GRADC_PARALLEL(parts_3)
    for (int64_t part = 0; part < parts_3; ++part) {
        const int64_t part_begin = gradc_cut(k, parts_3, part);
        const int64_t part_end = gradc_cut(k, parts_3, part + 1);
        const int64_t tile_rows = gradc_rows(4*d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* grad_a[i:k] = where(t0 == a[i], t13 / t14, 0) + (t15[i] + where(-inf == a[i], 0, -(t16 * exp(a[i] -
             *    t2)))) */
            const double v3 = t13 / t14;
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double a_i = a[i];
                const double v4 = (t0 == a_i ? v3 : 0.0) + (t15[i] + (-INFINITY == a_i ? 0.0 : -(t16 * gradc_exp(a_i - t2))));
                grad_a[i] = v4;
            }

            /* grad_mu[i:k, j:d] = -(t3[i, j] * (t3[i, j] * t18[i, j])) */
            /* grad_log_sigma[i:k, j:d] = t19[i, j] - t3[i, j] * (t3[i, j] * t20[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double t3_ij = t3[i*d + j];
                    grad_mu[i*d + j] = -(t3_ij * (t3_ij * t18[i*d + j]));
                    grad_log_sigma[i*d + j] = t19[i*d + j] - t3_ij * (t3_ij * t20[i*d + j]);
                }
            }
        }
    }

    /* value = -(t9 / n) */
    *value = -(t9 / (double)n);
    return 0;
}
