/* gaussian: the loss, and its derivatives.
 *
 *     def program(w: real[d], v: real[d], X: real[n, d], y: real[n]):
 *         s[i:n] = sum[j:d](X[i, j] * v[j])
 *         t0[i:n] = sum[j:d](X[i, j] * w[j])
 *         t1 = sum[i:n](s[i] + 0.5 * (exp(-s[i]) * (y[i] - t0[i])) ** 2)
 *         value = 0.9189385332046727 + t1 / n
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

#include "gaussian.h"

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

size_t gaussian_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 5*d + 29, 0) * (gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int gaussian_value(int64_t n, int64_t d, const double *restrict w, const double *restrict v, const double *restrict X,
                   const double *restrict y, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 5*d + 29, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const s = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t0 = (void *)own;
        double t1_part = 0.0;
        double t1_part_low = 0.0;
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* s[i:n] = sum[j:d](X[i, j] * v[j]) */
            /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                double s_sum = 0.0;
                double t0_sum = 0.0;
                double s_sum_ = 0.0;
                double t0_sum_ = 0.0;
                double s_sum_2 = 0.0;
                double t0_sum_2 = 0.0;
                double s_sum_3 = 0.0;
                double t0_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:s_sum, t0_sum, s_sum_, t0_sum_, s_sum_2, t0_sum_2, s_sum_3, t0_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    s_sum += X_ij * v[j];
                    t0_sum += X_ij * w[j];
                    s_sum_ += X_i1j * v[j];
                    t0_sum_ += X_i1j * w[j];
                    s_sum_2 += X_i2j * v[j];
                    t0_sum_2 += X_i2j * w[j];
                    s_sum_3 += X_i3j * v[j];
                    t0_sum_3 += X_i3j * w[j];
                }
                s[i - tile_begin] = s_sum;
                t0[i - tile_begin] = t0_sum;
                s[(i + 1) - tile_begin] = s_sum_;
                t0[(i + 1) - tile_begin] = t0_sum_;
                s[(i + 2) - tile_begin] = s_sum_2;
                t0[(i + 2) - tile_begin] = t0_sum_2;
                s[(i + 3) - tile_begin] = s_sum_3;
                t0[(i + 3) - tile_begin] = t0_sum_3;
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                double s_sum = 0.0;
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:s_sum, t0_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    s_sum += X_ij * v[j];
                    t0_sum += X_ij * w[j];
                }
                s[i - tile_begin] = s_sum;
                t0[i - tile_begin] = t0_sum;
            }

            /* t1 = sum[i:n](let(s0 := exp(-s[i]) * (y[i] - t0[i]), s[i] + 0.5 * (s0 * s0))) */
            double t1_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double s_i = s[i - tile_begin];
                const double v0 = gradc_exp(-s_i) * (y[i] - t0[i - tile_begin]);
                t1_part_sum += s_i + 0.5 * (v0 * v0);
            }
            gradc_add(&t1_part, &t1_part_low, t1_part_sum);
        }
        t1_part = gradc_rounded(t1_part, t1_part_low);
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.9189385332046727 + t1 / n */
    *value = 0.9189385332046727 + t1 / (double)n;
    return 0;
}

size_t gaussian_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int gaussian_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                     const double *restrict X, const double *restrict y, double *restrict value, double *restrict s,
                     double *restrict t0, void *restrict work)
{
    (void)work;

    /* s[i:n] = sum[j:d](X[i, j] * v[j]) */
    /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
    for (int64_t i = 0; i < n / 4 * 4; i += 4) {
        double s_sum = 0.0;
        double t0_sum = 0.0;
        double s_sum_ = 0.0;
        double t0_sum_ = 0.0;
        double s_sum_2 = 0.0;
        double t0_sum_2 = 0.0;
        double s_sum_3 = 0.0;
        double t0_sum_3 = 0.0;
        GRADC_SIMD(reduction(+:s_sum, t0_sum, s_sum_, t0_sum_, s_sum_2, t0_sum_2, s_sum_3, t0_sum_3))
        for (int64_t j = 0; j < d; ++j) {
            const double X_ij = X[i*d + j];
            const double X_i1j = X[(i + 1)*d + j];
            const double X_i2j = X[(i + 2)*d + j];
            const double X_i3j = X[(i + 3)*d + j];
            s_sum += X_ij * v[j];
            t0_sum += X_ij * w[j];
            s_sum_ += X_i1j * v[j];
            t0_sum_ += X_i1j * w[j];
            s_sum_2 += X_i2j * v[j];
            t0_sum_2 += X_i2j * w[j];
            s_sum_3 += X_i3j * v[j];
            t0_sum_3 += X_i3j * w[j];
        }
        s[i] = s_sum;
        t0[i] = t0_sum;
        s[(i + 1)] = s_sum_;
        t0[(i + 1)] = t0_sum_;
        s[(i + 2)] = s_sum_2;
        t0[(i + 2)] = t0_sum_2;
        s[(i + 3)] = s_sum_3;
        t0[(i + 3)] = t0_sum_3;
    }
    for (int64_t i = n / 4 * 4; i < n; ++i) {
        double s_sum = 0.0;
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:s_sum, t0_sum))
        for (int64_t j = 0; j < d; ++j) {
            const double X_ij = X[i*d + j];
            s_sum += X_ij * v[j];
            t0_sum += X_ij * w[j];
        }
        s[i] = s_sum;
        t0[i] = t0_sum;
    }
    const int64_t parts = gradc_parts(n, 29, 0);
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        double t1_part = 0.0;
        double t1_part_low = 0.0;
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
            const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

            /* t1 = sum[i:n](let(s0 := exp(-s[i]) * (y[i] - t0[i]), s[i] + 0.5 * (s0 * s0))) */
            double t1_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double s_i = s[i];
                const double v0 = gradc_exp(-s_i) * (y[i] - t0[i]);
                t1_part_sum += s_i + 0.5 * (v0 * v0);
            }
            gradc_add(&t1_part, &t1_part_low, t1_part_sum);
        }
        t1_part = gradc_rounded(t1_part, t1_part_low);
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.9189385332046727 + t1 / n */
    *value = 0.9189385332046727 + t1 / (double)n;
    return 0;
}

size_t gaussian_backward_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 5*d + 33, 2*d) * (gradc_bytes(d, sizeof(double))
           + gradc_bytes(d, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int gaussian_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                      const double *restrict X, const double *restrict y, const double *restrict s,
                      const double *restrict t0, double cotangent, double *restrict grad_w, double *restrict grad_v,
                      void *restrict work)
{
    (void)w;
    (void)v;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t1 = cotangent / n */
    const double t1 = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 5*d + 33, 2*d);
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
        double *const t2 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const s_bar = (void *)own;
        for (int64_t at = 0; at < d; ++at) {
            grad_w_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d; ++at) {
            grad_v_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t2[i:n] = let(s0 := exp(-s[i]), -(s0 * (t1 * (s0 * (y[i] - t0[i]))))) */
            /* s_bar[i:n] = let(s0 := exp(-s[i]), s1 := y[i] - t0[i], t1 - s0 * (s1 * (t1 * (s0 * s1)))) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double v0 = gradc_exp(-s[i]);
                const double v1 = y[i] - t0[i];
                const double v2 = t1 * (v0 * v1);
                t2[i - tile_begin] = -(v0 * v2);
                s_bar[i - tile_begin] = t1 - v0 * (v1 * v2);
            }

            /* grad_w[j:d] = sum[i:n](X[i, j] * t2[i]) */
            /* grad_v[j:d] = sum[i:n](X[i, j] * s_bar[i]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                const double t2_i = t2[i - tile_begin];
                const double s_bar_i = s_bar[i - tile_begin];
                const double t2_i1 = t2[(i + 1) - tile_begin];
                const double s_bar_i1 = s_bar[(i + 1) - tile_begin];
                const double t2_i2 = t2[(i + 2) - tile_begin];
                const double s_bar_i2 = s_bar[(i + 2) - tile_begin];
                const double t2_i3 = t2[(i + 3) - tile_begin];
                const double s_bar_i3 = s_bar[(i + 3) - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    grad_w_part[j] += X_ij * t2_i + X_i1j * t2_i1 + X_i2j * t2_i2 + X_i3j * t2_i3;
                    grad_v_part[j] += X_ij * s_bar_i + X_i1j * s_bar_i1 + X_i2j * s_bar_i2 + X_i3j * s_bar_i3;
                }
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                const double t2_i = t2[i - tile_begin];
                const double s_bar_i = s_bar[i - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    grad_w_part[j] += X_ij * t2_i;
                    grad_v_part[j] += X_ij * s_bar_i;
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

size_t gaussian_value_and_grad_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 10*d + 36, 2*d) * (gradc_bytes(d, sizeof(double))
           + gradc_bytes(d, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int gaussian_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict v,
                            const double *restrict X, const double *restrict y, double *restrict value,
                            double *restrict grad_w, double *restrict grad_v, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t2 = 1 / n */
    const double t2 = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 10*d + 36, 2*d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double)) + gradc_bytes(d, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const grad_w_part = part == 0 ? grad_w : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const grad_v_part = part == 0 ? grad_v : (void *)own;
        own += gradc_bytes(d, sizeof(double));
        double *const s = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t0 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const s_bar = (void *)own;
        double t1_part = 0.0;
        double t1_part_low = 0.0;
        for (int64_t at = 0; at < d; ++at) {
            grad_w_part[at] = 0.0;
        }
        for (int64_t at = 0; at < d; ++at) {
            grad_v_part[at] = 0.0;
        }
        const int64_t tile_rows = gradc_rows(d * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* s[i:n] = sum[j:d](X[i, j] * v[j]) */
            /* t0[i:n] = sum[j:d](X[i, j] * w[j]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                double s_sum = 0.0;
                double t0_sum = 0.0;
                double s_sum_ = 0.0;
                double t0_sum_ = 0.0;
                double s_sum_2 = 0.0;
                double t0_sum_2 = 0.0;
                double s_sum_3 = 0.0;
                double t0_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:s_sum, t0_sum, s_sum_, t0_sum_, s_sum_2, t0_sum_2, s_sum_3, t0_sum_3))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    s_sum += X_ij * v[j];
                    t0_sum += X_ij * w[j];
                    s_sum_ += X_i1j * v[j];
                    t0_sum_ += X_i1j * w[j];
                    s_sum_2 += X_i2j * v[j];
                    t0_sum_2 += X_i2j * w[j];
                    s_sum_3 += X_i3j * v[j];
                    t0_sum_3 += X_i3j * w[j];
                }
                s[i - tile_begin] = s_sum;
                t0[i - tile_begin] = t0_sum;
                s[(i + 1) - tile_begin] = s_sum_;
                t0[(i + 1) - tile_begin] = t0_sum_;
                s[(i + 2) - tile_begin] = s_sum_2;
                t0[(i + 2) - tile_begin] = t0_sum_2;
                s[(i + 3) - tile_begin] = s_sum_3;
                t0[(i + 3) - tile_begin] = t0_sum_3;
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                double s_sum = 0.0;
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:s_sum, t0_sum))
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    s_sum += X_ij * v[j];
                    t0_sum += X_ij * w[j];
                }
                s[i - tile_begin] = s_sum;
                t0[i - tile_begin] = t0_sum;
            }

            /* t1 = sum[i:n](let(s0 := exp(-s[i]) * (y[i] - t0[i]), s[i] + 0.5 * (s0 * s0))) */
            /* t3[i:n] = let(s0 := exp(-s[i]), -(s0 * (t2 * (s0 * (y[i] - t0[i]))))) */
            /* s_bar[i:n] = let(s0 := exp(-s[i]), s1 := y[i] - t0[i], t2 - s0 * (s1 * (t2 * (s0 * s1)))) */
            double t1_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double s_i = s[i - tile_begin];
                const double v0 = gradc_exp(-s_i);
                const double v1 = y[i] - t0[i - tile_begin];
                const double v2 = v0 * v1;
                const double v3 = t2 * v2;
                t1_part_sum += s_i + 0.5 * (v2 * v2);
                t3[i - tile_begin] = -(v0 * v3);
                s_bar[i - tile_begin] = t2 - v0 * (v1 * v3);
            }
            gradc_add(&t1_part, &t1_part_low, t1_part_sum);

            /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
            /* grad_v[j:d] = sum[i:n](X[i, j] * s_bar[i]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                const double t3_i = t3[i - tile_begin];
                const double s_bar_i = s_bar[i - tile_begin];
                const double t3_i1 = t3[(i + 1) - tile_begin];
                const double s_bar_i1 = s_bar[(i + 1) - tile_begin];
                const double t3_i2 = t3[(i + 2) - tile_begin];
                const double s_bar_i2 = s_bar[(i + 2) - tile_begin];
                const double t3_i3 = t3[(i + 3) - tile_begin];
                const double s_bar_i3 = s_bar[(i + 3) - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    const double X_i1j = X[(i + 1)*d + j];
                    const double X_i2j = X[(i + 2)*d + j];
                    const double X_i3j = X[(i + 3)*d + j];
                    grad_w_part[j] += X_ij * t3_i + X_i1j * t3_i1 + X_i2j * t3_i2 + X_i3j * t3_i3;
                    grad_v_part[j] += X_ij * s_bar_i + X_i1j * s_bar_i1 + X_i2j * s_bar_i2 + X_i3j * s_bar_i3;
                }
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                const double t3_i = t3[i - tile_begin];
                const double s_bar_i = s_bar[i - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < d; ++j) {
                    const double X_ij = X[i*d + j];
                    grad_w_part[j] += X_ij * t3_i;
                    grad_v_part[j] += X_ij * s_bar_i;
                }
            }
        }
        t1_part = gradc_rounded(t1_part, t1_part_low);
        t1_parts[part] = t1_part;
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
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

    /* value = 0.9189385332046727 + t1 / n */
    *value = 0.9189385332046727 + t1 / (double)n;
    return 0;
}
