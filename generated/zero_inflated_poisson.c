/* zero_inflated_poisson: the loss, and its derivatives.
 *
 *     def program(w: real[d], v: real[d], X: real[n, d], y: real[n]):
 *         g[i:n] = sum[j:d](X[i, j] * v[j])
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = sum[i:n](let(s0 := exp(z[i]), logaddexp(0, g[i]) + where(0 < y[i], s0 - y[i] * z[i], -logaddexp(g[i], -s0))))
 *         value = t0 / n
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

#include "zero_inflated_poisson.h"

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

size_t zero_inflated_poisson_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 5*d + 124, 0) * (gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int zero_inflated_poisson_value(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                                const double *restrict X, const double *restrict y, double *restrict value,
                                void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 5*d + 124, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const g = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const z = (void *)own;
        double t0_part = 0.0;
        double t0_part_low = 0.0;
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* g[i:n] = sum[j:d](X[i, j] * v[j]) */
            /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                double g_sum = 0.0;
                double z_sum = 0.0;
                double g_sum_ = 0.0;
                double z_sum_ = 0.0;
                double g_sum_2 = 0.0;
                double z_sum_2 = 0.0;
                double g_sum_3 = 0.0;
                double z_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:g_sum, z_sum, g_sum_, z_sum_, g_sum_2, z_sum_2, g_sum_3, z_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    g_sum += X_ij * v[j];
                    z_sum += X_ij * w[j];
                    g_sum_ += X_i1j * v[j];
                    z_sum_ += X_i1j * w[j];
                    g_sum_2 += X_i2j * v[j];
                    z_sum_2 += X_i2j * w[j];
                    g_sum_3 += X_i3j * v[j];
                    z_sum_3 += X_i3j * w[j];
                }
                g[i - tile_begin] = g_sum;
                z[i - tile_begin] = z_sum;
                g[(i + 1) - tile_begin] = g_sum_;
                z[(i + 1) - tile_begin] = z_sum_;
                g[(i + 2) - tile_begin] = g_sum_2;
                z[(i + 2) - tile_begin] = z_sum_2;
                g[(i + 3) - tile_begin] = g_sum_3;
                z[(i + 3) - tile_begin] = z_sum_3;
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                double g_sum = 0.0;
                double z_sum = 0.0;
                GRADC_SIMD(reduction(+:g_sum, z_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    g_sum += X_ij * v[j];
                    z_sum += X_ij * w[j];
                }
                g[i - tile_begin] = g_sum;
                z[i - tile_begin] = z_sum;
            }

            /* t0 = sum[i:n](let(s0 := exp(z[i]), s1 := -s0, where(0 == g[i], 0.6931471805599453, maximum(0, g[i])
             *    + log1p_unit(exp(-abs(g[i])))) + where(0 < y[i], s0 - y[i] * z[i], -where(g[i] == s1,
             *    0.6931471805599453 + g[i], maximum(g[i], s1) + log1p_unit(exp(-abs(g[i] + s0))))))) */
            double t0_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double g_i = g[i - tile_begin];
                const double v0 = 0.0 == g_i ? 0.6931471805599453 : ((g_i > 0.0 || g_i != g_i) ? g_i : 0.0) + gradc_log1p_unit(gradc_exp(-fabs(g_i)));
                const double y_i = y[i];
                const double z_i = z[i - tile_begin];
                const double v1 = gradc_exp(z_i);
                const double v2 = -v1;
                const double v3 = g_i == v2 ? 0.6931471805599453 + g_i : ((g_i > v2 || g_i != g_i) ? g_i : v2) + gradc_log1p_unit(gradc_exp(-fabs(g_i + v1)));
                t0_part_sum += v0 + (0.0 < y_i ? v1 - y_i * z_i : -v3);
            }
            gradc_add(&t0_part, &t0_part_low, t0_part_sum);
        }
        t0_part = gradc_rounded(t0_part, t0_part_low);
        t0_parts[part] = t0_part;
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}

size_t zero_inflated_poisson_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int zero_inflated_poisson_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                                  const double *restrict X, const double *restrict y, double *restrict value,
                                  double *restrict g, double *restrict z, void *restrict work)
{
    (void)work;

    /* g[i:n] = sum[j:d](X[i, j] * v[j]) */
    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        double g_sum = 0.0;
        double z_sum = 0.0;
        double g_sum_ = 0.0;
        double z_sum_ = 0.0;
        double g_sum_2 = 0.0;
        double z_sum_2 = 0.0;
        double g_sum_3 = 0.0;
        double z_sum_3 = 0.0;
        GRADC_SIMD(reduction(+:g_sum, z_sum, g_sum_, z_sum_, g_sum_2, z_sum_2, g_sum_3, z_sum_3))
        for (int64_t j = 0; j < d; ++j) {
            const double X_ij = X[i*d + j];
            const double X_i1j = X[(i + 1)*d + j];
            const double X_i2j = X[(i + 2)*d + j];
            const double X_i3j = X[(i + 3)*d + j];
            g_sum += X_ij * v[j];
            z_sum += X_ij * w[j];
            g_sum_ += X_i1j * v[j];
            z_sum_ += X_i1j * w[j];
            g_sum_2 += X_i2j * v[j];
            z_sum_2 += X_i2j * w[j];
            g_sum_3 += X_i3j * v[j];
            z_sum_3 += X_i3j * w[j];
        }
        g[i] = g_sum;
        z[i] = z_sum;
        g[(i + 1)] = g_sum_;
        z[(i + 1)] = z_sum_;
        g[(i + 2)] = g_sum_2;
        z[(i + 2)] = z_sum_2;
        g[(i + 3)] = g_sum_3;
        z[(i + 3)] = z_sum_3;
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        double g_sum = 0.0;
        double z_sum = 0.0;
        GRADC_SIMD(reduction(+:g_sum, z_sum))
        for (int64_t j = 0; j < d; ++j) {
            const double X_ij = X[i*d + j];
            g_sum += X_ij * v[j];
            z_sum += X_ij * w[j];
        }
        g[i] = g_sum;
        z[i] = z_sum;
    }
    const int64_t parts = gradc_parts(n, 124, 0);
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        double t0_part = 0.0;
        double t0_part_low = 0.0;
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
            const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

            /* t0 = sum[i:n](let(s0 := exp(z[i]), s1 := -s0, where(0 == g[i], 0.6931471805599453, maximum(0, g[i])
             *    + log1p_unit(exp(-abs(g[i])))) + where(0 < y[i], s0 - y[i] * z[i], -where(g[i] == s1,
             *    0.6931471805599453 + g[i], maximum(g[i], s1) + log1p_unit(exp(-abs(g[i] + s0))))))) */
            double t0_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double g_i = g[i];
                const double v0 = 0.0 == g_i ? 0.6931471805599453 : ((g_i > 0.0 || g_i != g_i) ? g_i : 0.0) + gradc_log1p_unit(gradc_exp(-fabs(g_i)));
                const double y_i = y[i];
                const double z_i = z[i];
                const double v1 = gradc_exp(z_i);
                const double v2 = -v1;
                const double v3 = g_i == v2 ? 0.6931471805599453 + g_i : ((g_i > v2 || g_i != g_i) ? g_i : v2) + gradc_log1p_unit(gradc_exp(-fabs(g_i + v1)));
                t0_part_sum += v0 + (0.0 < y_i ? v1 - y_i * z_i : -v3);
            }
            gradc_add(&t0_part, &t0_part_low, t0_part_sum);
        }
        t0_part = gradc_rounded(t0_part, t0_part_low);
        t0_parts[part] = t0_part;
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}

size_t zero_inflated_poisson_backward_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 5*d + 113, 2*d) * (gradc_bytes(d, sizeof(double))
           + gradc_bytes(d, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int zero_inflated_poisson_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                                   const double *restrict X, const double *restrict y, const double *restrict g,
                                   const double *restrict z, double cotangent, double *restrict grad_w,
                                   double *restrict grad_v, void *restrict work)
{
    (void)w;
    (void)v;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t0 = cotangent / n */
    const double t0 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 5*d + 113, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_w_part = part == 0 ? grad_w : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const grad_v_part = part == 0 ? grad_v : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const z_bar = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const g_bar = (void *)own;
        for (int64_t at = 0; at < d; ++at) {
            grad_w_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d; ++at) {
            grad_v_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* z_bar[i:n] = let(s0 := 0 < y[i], s1 := exp(z[i]), s2 := g[i] + s1, s3 := exp(-abs(s2)), where(s0,
             *    -(t0 * y[i]), 0) + s1 * (where(s0, t0, 0) + where(s0, 0, -where(-inf == -s1, 0, -(t0 * (where(0
             *    <= -s2, 1, s3) / (1 + s3))))))) */
            /* g_bar[i:n] = let(s0 := -inf == g[i], s1 := exp(-abs(g[i])), s2 := g[i] + exp(z[i]), s3 :=
             *    exp(-abs(s2)), where(s0, 0, t0 * (where(0 <= g[i], 1, s1) / (1 + s1))) + where(0 < y[i], 0,
             *    where(s0, 0, -(t0 * (where(0 <= s2, 1, s3) / (1 + s3)))))) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                const int v0 = 0.0 < y_i;
                const double v1 = gradc_exp(z[i]);
                const double g_i = g[i];
                const double v2 = g_i + v1;
                const double v3 = gradc_exp(-fabs(v2));
                const double v4 = 1.0 + v3;
                const double v5 = (v0 ? t0 : 0.0) + (v0 ? 0.0 : -(-INFINITY == -v1 ? 0.0 : -(t0 * ((0.0 <= -v2 ? 1.0 : v3) / v4))));
                const int v6 = -INFINITY == g_i;
                const double v7 = gradc_exp(-fabs(g_i));
                const double v8 = (v6 ? 0.0 : t0 * ((0.0 <= g_i ? 1.0 : v7) / (1.0 + v7))) + (v0 ? 0.0 : (v6 ? 0.0 : -(t0 * ((0.0 <= v2 ? 1.0 : v3) / v4))));
                z_bar[i - tile_begin] = (v0 ? -(t0 * y_i) : 0.0) + v1 * v5;
                g_bar[i - tile_begin] = v8;
            }

            /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
            /* grad_v[j:d] = sum[i:n](X[i, j] * g_bar[i]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                const double z_bar_i = z_bar[i - tile_begin];
                const double g_bar_i = g_bar[i - tile_begin];
                const double z_bar_i1 = z_bar[(i + 1) - tile_begin];
                const double g_bar_i1 = g_bar[(i + 1) - tile_begin];
                const double z_bar_i2 = z_bar[(i + 2) - tile_begin];
                const double g_bar_i2 = g_bar[(i + 2) - tile_begin];
                const double z_bar_i3 = z_bar[(i + 3) - tile_begin];
                const double g_bar_i3 = g_bar[(i + 3) - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    grad_w_part[j] += X_ij * z_bar_i + X_i1j * z_bar_i1 + X_i2j * z_bar_i2 + X_i3j * z_bar_i3;
                    grad_v_part[j] += X_ij * g_bar_i + X_i1j * g_bar_i1 + X_i2j * g_bar_i2 + X_i3j * g_bar_i3;
                }
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                const double z_bar_i = z_bar[i - tile_begin];
                const double g_bar_i = g_bar[i - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    grad_w_part[j] += X_ij * z_bar_i;
                    grad_v_part[j] += X_ij * g_bar_i;
                }
            }
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_v_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_v[at] += grad_v_more[at];
        }
    }
    return 0;
}

size_t zero_inflated_poisson_value_and_grad_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 10*d + 167, 2*d) * (gradc_bytes(d, sizeof(double))
           + gradc_bytes(d, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int zero_inflated_poisson_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                                         const double *restrict X, const double *restrict y, double *restrict value,
                                         double *restrict grad_w, double *restrict grad_v, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t1 = 1 / n */
    const double t1 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 10*d + 167, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_w_part = part == 0 ? grad_w : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const grad_v_part = part == 0 ? grad_v : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const g = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const z = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const z_bar = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const g_bar = (void *)own;
        double t0_part = 0.0;
        double t0_part_low = 0.0;
        for (int64_t at = 0; at < d; ++at) {
            grad_w_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d; ++at) {
            grad_v_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* g[i:n] = sum[j:d](X[i, j] * v[j]) */
            /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                double g_sum = 0.0;
                double z_sum = 0.0;
                double g_sum_ = 0.0;
                double z_sum_ = 0.0;
                double g_sum_2 = 0.0;
                double z_sum_2 = 0.0;
                double g_sum_3 = 0.0;
                double z_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:g_sum, z_sum, g_sum_, z_sum_, g_sum_2, z_sum_2, g_sum_3, z_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    g_sum += X_ij * v[j];
                    z_sum += X_ij * w[j];
                    g_sum_ += X_i1j * v[j];
                    z_sum_ += X_i1j * w[j];
                    g_sum_2 += X_i2j * v[j];
                    z_sum_2 += X_i2j * w[j];
                    g_sum_3 += X_i3j * v[j];
                    z_sum_3 += X_i3j * w[j];
                }
                g[i - tile_begin] = g_sum;
                z[i - tile_begin] = z_sum;
                g[(i + 1) - tile_begin] = g_sum_;
                z[(i + 1) - tile_begin] = z_sum_;
                g[(i + 2) - tile_begin] = g_sum_2;
                z[(i + 2) - tile_begin] = z_sum_2;
                g[(i + 3) - tile_begin] = g_sum_3;
                z[(i + 3) - tile_begin] = z_sum_3;
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                double g_sum = 0.0;
                double z_sum = 0.0;
                GRADC_SIMD(reduction(+:g_sum, z_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    g_sum += X_ij * v[j];
                    z_sum += X_ij * w[j];
                }
                g[i - tile_begin] = g_sum;
                z[i - tile_begin] = z_sum;
            }

            /* t0 = sum[i:n](let(s0 := exp(z[i]), s1 := -s0, where(0 == g[i], 0.6931471805599453, maximum(0, g[i])
             *    + log1p_unit(exp(-abs(g[i])))) + where(0 < y[i], s0 - y[i] * z[i], -where(g[i] == s1,
             *    0.6931471805599453 + g[i], maximum(g[i], s1) + log1p_unit(exp(-abs(g[i] + s0))))))) */
            /* z_bar[i:n] = let(s0 := 0 < y[i], s1 := exp(z[i]), s2 := g[i] + s1, s3 := exp(-abs(s2)), where(s0,
             *    -(t1 * y[i]), 0) + s1 * (where(s0, t1, 0) + where(s0, 0, -where(-inf == -s1, 0, -(t1 * (where(0
             *    <= -s2, 1, s3) / (1 + s3))))))) */
            /* g_bar[i:n] = let(s0 := -inf == g[i], s1 := exp(-abs(g[i])), s2 := g[i] + exp(z[i]), s3 :=
             *    exp(-abs(s2)), where(s0, 0, t1 * (where(0 <= g[i], 1, s1) / (1 + s1))) + where(0 < y[i], 0,
             *    where(s0, 0, -(t1 * (where(0 <= s2, 1, s3) / (1 + s3)))))) */
            double t0_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double g_i = g[i - tile_begin];
                const double v0 = gradc_exp(-fabs(g_i));
                const double v1 = 0.0 == g_i ? 0.6931471805599453 : ((g_i > 0.0 || g_i != g_i) ? g_i : 0.0) + gradc_log1p_unit(v0);
                const double y_i = y[i];
                const int v2 = 0.0 < y_i;
                const double z_i = z[i - tile_begin];
                const double v3 = gradc_exp(z_i);
                const double v4 = -v3;
                const double v5 = g_i + v3;
                const double v6 = gradc_exp(-fabs(v5));
                const double v7 = g_i == v4 ? 0.6931471805599453 + g_i : ((g_i > v4 || g_i != g_i) ? g_i : v4) + gradc_log1p_unit(v6);
                const double v8 = 1.0 + v6;
                const double v9 = (v2 ? t1 : 0.0) + (v2 ? 0.0 : -(-INFINITY == v4 ? 0.0 : -(t1 * ((0.0 <= -v5 ? 1.0 : v6) / v8))));
                const int v10 = -INFINITY == g_i;
                const double v11 = (v10 ? 0.0 : t1 * ((0.0 <= g_i ? 1.0 : v0) / (1.0 + v0))) + (v2 ? 0.0 : (v10 ? 0.0 : -(t1 * ((0.0 <= v5 ? 1.0 : v6) / v8))));
                t0_part_sum += v1 + (v2 ? v3 - y_i * z_i : -v7);
                z_bar[i - tile_begin] = (v2 ? -(t1 * y_i) : 0.0) + v3 * v9;
                g_bar[i - tile_begin] = v11;
            }
            gradc_add(&t0_part, &t0_part_low, t0_part_sum);

            /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
            /* grad_v[j:d] = sum[i:n](X[i, j] * g_bar[i]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                const double z_bar_i = z_bar[i - tile_begin];
                const double g_bar_i = g_bar[i - tile_begin];
                const double z_bar_i1 = z_bar[(i + 1) - tile_begin];
                const double g_bar_i1 = g_bar[(i + 1) - tile_begin];
                const double z_bar_i2 = z_bar[(i + 2) - tile_begin];
                const double g_bar_i2 = g_bar[(i + 2) - tile_begin];
                const double z_bar_i3 = z_bar[(i + 3) - tile_begin];
                const double g_bar_i3 = g_bar[(i + 3) - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    grad_w_part[j] += X_ij * z_bar_i + X_i1j * z_bar_i1 + X_i2j * z_bar_i2 + X_i3j * z_bar_i3;
                    grad_v_part[j] += X_ij * g_bar_i + X_i1j * g_bar_i1 + X_i2j * g_bar_i2 + X_i3j * g_bar_i3;
                }
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                const double z_bar_i = z_bar[i - tile_begin];
                const double g_bar_i = g_bar[i - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    grad_w_part[j] += X_ij * z_bar_i;
                    grad_v_part[j] += X_ij * g_bar_i;
                }
            }
        }
        t0_part = gradc_rounded(t0_part, t0_part_low);
        t0_parts[part] = t0_part;
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_w_more = (void *)(part_scratch + part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    for (int64_t part = 1; part < parts; ++part) {
        const double *const grad_v_more = (void *)(part_scratch + part * part_bytes + gradc_bytes(d, sizeof(double)));
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_v[at] += grad_v_more[at];
        }
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}
