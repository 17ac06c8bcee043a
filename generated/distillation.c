/* distillation: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], y: int64[n], tau: real, mix: real):
 *         t0[i:n, j:k] = B[i, j] / tau
 *         t1[i:n] = max[j:k](t0[i, j])
 *         t2[i:n] = logsumexp[j:k](t0[i, j])
 *         t3[i:n, j:k] = A[i, j] / tau
 *         t4[i:n] = max[j:k](t3[i, j])
 *         t5[i:n] = logsumexp[j:k](t3[i, j])
 *         t6[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i] + (t2[i] - t1[i])), exp(s0) * (s0 - (t3[i, j] - (t4[i] + (t5[i] - t4[i]))))))
 *         t7 = sum[i:n](t6[i])
 *         t8[i:n] = max[j:k](A[i, j])
 *         t9[i:n] = logsumexp[j:k](A[i, j])
 *         t10[i:n, j:k] = A[i, j] - (t8[i] + (t9[i] - t8[i]))
 *         t11 = sum[i:n](t10[i, where_integer(y[i] < 0, k + y[i], y[i])])
 *         value = t7 / n * (mix * tau ** 2) - (1 - mix) * (t11 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * distillation_value gives 1: y holds an index out of range for an axis of length k
 * distillation_forward gives 1: y holds an index out of range for an axis of length k
 * distillation_backward gives 1: y holds an index out of range for an axis of length k
 * distillation_value_and_grad gives 1: y holds an index out of range for an axis of length k
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

#include "distillation.h"

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

/* The bits of a number, and the number of some bits. */
static inline uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

static inline double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

/* exp(x) = 2^k exp(r), r = x - k log(2) in [-log(2)/2, log(2)/2]. Adding 1.5 * 2^52 rounds to a whole number and
 * leaves it in the last bits; 2^k is two factors, so that results below the smallest normal number are rounded once. */
static inline double gradc_exp(double x)
{
    const double c = x < -1000.0 ? -1000.0 : x, y = c > 1000.0 ? 1000.0 : c;
    const double t = y * 1.4426950408889634 + 6755399441057790.0; /* 1.5 * 2^52 + 2 * 1023 */
    const double k = t - 6755399441057790.0;
    const double r = (y - k * 0.6931471803691238) - k * 1.9082149292705877e-10;
    /* fit: exp of r */
    const double p = ((((((((2.511446194217488e-08 * r + 2.7626282879363933e-07) * r + 2.7557228003712688e-06) * r + 2.480150457228083e-05) * r
        + 0.00019841269902955413) * r + 0.0013888888932253416) * r + 0.008333333333314638) * r + 0.04166666666657411) * r
        + 0.16666666666666685) * r + 0.5000000000000006;
    const uint64_t both = gradc_bits(t), half = both >> 1;
    return (1.0 + (r + r * r * p)) * gradc_number(half << 52) * gradc_number((both - half) << 52);
}

/* log(x) = k log(2) + log(1 + f), x = 2^k (1 + f), 1 + f in [sqrt(1/2), sqrt(2)); with s = f / (2 + f),
 * log(1 + f) = 2 atanh(s) = f - f^2/2 + s (f^2/2 + s^2 P(s^2)), whose first term is exact. Subnormal numbers are
 * scaled by 2^54. The exponent's bits become a number as the last bits of 2^52. */
static inline double gradc_log(double x)
{
    const double tiny = x < 2.2250738585072014e-308 ? 1.0 : 0.0;
    const uint64_t t = gradc_bits(tiny != 0.0 ? x * 18014398509481984.0 : x) + 0x00095f6200000000; /* 1 - sqrt(1/2) */
    const double k = gradc_number(t >> 52 | 0x4330000000000000) - (tiny != 0.0 ? 4503599627371573.0 : 4503599627371519.0);
    const double f = gradc_number((t & 0x000fffffffffffff) + 0x3fe6a09e00000000) - 1.0;
    const double s = f / (2.0 + f), z = s * s, h = 0.5 * f * f;
    /* fit: atanh of z */
    const double p = (((((0.14796068148242766 * z + 0.153140398493373) * z + 0.18183564696079318) * z + 0.22222198567102774) * z
        + 0.2857142874243524) * z + 0.39999999999414526) * z + 0.6666666666666734;
    const double y = k * 0.6931471803691238 - ((h - (s * (h + z * p) + k * 1.9082149292705877e-10)) - f);
    return x > 0.0 ? x < INFINITY ? y : x : x == 0.0 ? -INFINITY : NAN;
}

size_t distillation_value_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 129*k + 83, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double)));
}

int distillation_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                       const int64_t *restrict y, double tau, double mix, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 129*k + 83, 0);
    const size_t part_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    double t9_parts[GRADC_PARTS];
    double t14_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t1 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t4 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t10 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t2 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t12 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t8 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t13 = (void *)own;
        double t9_part = 0.0;
        double t14_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n, j:k] = B[i, j] / tau */
            /* t1[i:n] = max[j:k](t0[i, j]) */
            /* t4[i:n, j:k] = A[i, j] / tau */
            /* t5[i:n] = max[j:k](t4[i, j]) */
            /* t10[i:n] = max[j:k](A[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t1_max = -INFINITY;
                double t5_max = -INFINITY;
                double t10_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = B[i*k + j] / tau;
                    const double A_ij = A[i*k + j];
                    const double v1 = A_ij / tau;
                    t0[(i - tile_begin)*k + j] = v0;
                    t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                    t4[(i - tile_begin)*k + j] = v1;
                    t5_max = (v1 > t5_max || v1 != v1) ? v1 : t5_max;
                    t10_max = (A_ij > t10_max || A_ij != A_ij) ? A_ij : t10_max;
                }
                t1[i - tile_begin] = t1_max;
                t5[i - tile_begin] = t5_max;
                t10[i - tile_begin] = t10_max;
            }

            /* t2[i:n] = sum[j:k](exp(t0[i, j] - where(inf == abs(t1[i]), 0, t1[i]))) */
            /* t6[i:n] = sum[j:k](exp(t4[i, j] - where(inf == abs(t5[i]), 0, t5[i]))) */
            /* t11[i:n] = sum[j:k](exp(A[i, j] - where(inf == abs(t10[i]), 0, t10[i]))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i - tile_begin];
                const double v0 = INFINITY == fabs(t1_i) ? 0.0 : t1_i;
                const double t5_i = t5[i - tile_begin];
                const double v1 = INFINITY == fabs(t5_i) ? 0.0 : t5_i;
                const double t10_i = t10[i - tile_begin];
                const double v2 = INFINITY == fabs(t10_i) ? 0.0 : t10_i;
                double t2_sum = 0.0;
                double t6_sum = 0.0;
                double t11_sum = 0.0;
                GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t2_sum += gradc_exp(t0[(i - tile_begin)*k + j] - v0);
                    t6_sum += gradc_exp(t4[(i - tile_begin)*k + j] - v1);
                    t11_sum += gradc_exp(A[i*k + j] - v2);
                }
                t2[i - tile_begin] = t2_sum;
                t6[i - tile_begin] = t6_sum;
                t11[i - tile_begin] = t11_sum;
            }

            /* t3[i:n] = log(t2[i]) + where(inf == abs(t1[i]), 0, t1[i]) */
            /* t7[i:n] = log(t6[i]) + where(inf == abs(t5[i]), 0, t5[i]) */
            /* t12[i:n] = log(t11[i]) + where(inf == abs(t10[i]), 0, t10[i]) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double t10_i = t10[i - tile_begin];
                t3[i - tile_begin] = gradc_log(t2[i - tile_begin]) + (INFINITY == fabs(t1_i) ? 0.0 : t1_i);
                t7[i - tile_begin] = gradc_log(t6[i - tile_begin]) + (INFINITY == fabs(t5_i) ? 0.0 : t5_i);
                t12[i - tile_begin] = gradc_log(t11[i - tile_begin]) + (INFINITY == fabs(t10_i) ? 0.0 : t10_i);
            }

            /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i] + (t3[i] - t1[i])), exp(s0) * (s0 - (t4[i, j] -
             *    (t5[i] + (t7[i] - t5[i])))))) */
            /* t13[i:n, j:k] = A[i, j] - (t10[i] + (t12[i] - t10[i])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i - tile_begin];
                const double v0 = t1_i + (t3[i - tile_begin] - t1_i);
                const double t5_i = t5[i - tile_begin];
                const double v2 = t5_i + (t7[i - tile_begin] - t5_i);
                const double t10_i = t10[i - tile_begin];
                const double v3 = t10_i + (t12[i - tile_begin] - t10_i);
                double t8_sum = 0.0;
                GRADC_SIMD(reduction(+:t8_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = t0[(i - tile_begin)*k + j] - v0;
                    t8_sum += gradc_exp(v1) * (v1 - (t4[(i - tile_begin)*k + j] - v2));
                    t13[(i - tile_begin)*k + j] = A[i*k + j] - v3;
                }
                t8[i - tile_begin] = t8_sum;
            }

            /* t9 = sum[i:n](t8[i]) */
            /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
            double t9_part_sum = 0.0;
            double t14_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_part_sum, t14_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                t9_part_sum += t8[i - tile_begin];
                t14_part_sum += t13[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)];
            }
            t9_part += t9_part_sum;
            t14_part += t14_part_sum;
        }
        t9_parts[part] = t9_part;
        t14_parts[part] = t14_part;
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t9 += t9_parts[part];
    }
    double t14 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t14 += t14_parts[part];
    }

    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v0 = (double)n;
    *value = t9 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v0);
    return 0;
}

size_t distillation_forward_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 129*k + 83, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double)));
}

int distillation_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         const int64_t *restrict y, double tau, double mix, double *restrict value,
                         double *restrict t1, double *restrict t2, double *restrict t4, double *restrict t5,
                         double *restrict t8, double *restrict t9, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }
    const int64_t parts = gradc_parts(n, 129*k + 83, 0);
    const size_t part_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double));
    double t7_parts[GRADC_PARTS];
    double t11_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t2_ = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t5_ = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t9_ = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t10 = (void *)own;
        double t7_part = 0.0;
        double t11_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n, j:k] = B[i, j] / tau */
            /* t1[i:n] = max[j:k](t0[i, j]) */
            /* t3[i:n, j:k] = A[i, j] / tau */
            /* t4[i:n] = max[j:k](t3[i, j]) */
            /* t8[i:n] = max[j:k](A[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t1_max = -INFINITY;
                double t4_max = -INFINITY;
                double t8_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v0 = B[i*k + j] / tau;
                    const double A_ij = A[i*k + j];
                    const double v1 = A_ij / tau;
                    t0[(i - tile_begin)*k + j] = v0;
                    t1_max = (v0 > t1_max || v0 != v0) ? v0 : t1_max;
                    t3[(i - tile_begin)*k + j] = v1;
                    t4_max = (v1 > t4_max || v1 != v1) ? v1 : t4_max;
                    t8_max = (A_ij > t8_max || A_ij != A_ij) ? A_ij : t8_max;
                }
                t1[i] = t1_max;
                t4[i] = t4_max;
                t8[i] = t8_max;
            }

            /* t2[i:n] = sum[j:k](exp(t0[i, j] - where(inf == abs(t1[i]), 0, t1[i]))) */
            /* t5[i:n] = sum[j:k](exp(t3[i, j] - where(inf == abs(t4[i]), 0, t4[i]))) */
            /* t9[i:n] = sum[j:k](exp(A[i, j] - where(inf == abs(t8[i]), 0, t8[i]))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i];
                const double v0 = INFINITY == fabs(t1_i) ? 0.0 : t1_i;
                const double t4_i = t4[i];
                const double v1 = INFINITY == fabs(t4_i) ? 0.0 : t4_i;
                const double t8_i = t8[i];
                const double v2 = INFINITY == fabs(t8_i) ? 0.0 : t8_i;
                double t2__sum = 0.0;
                double t5__sum = 0.0;
                double t9__sum = 0.0;
                GRADC_SIMD(reduction(+:t2__sum, t5__sum, t9__sum))
                for (int64_t j = 0; j < k; ++j) {
                    t2__sum += gradc_exp(t0[(i - tile_begin)*k + j] - v0);
                    t5__sum += gradc_exp(t3[(i - tile_begin)*k + j] - v1);
                    t9__sum += gradc_exp(A[i*k + j] - v2);
                }
                t2_[i - tile_begin] = t2__sum;
                t5_[i - tile_begin] = t5__sum;
                t9_[i - tile_begin] = t9__sum;
            }

            /* t2_2[i:n] = log(t2[i]) + where(inf == abs(t1[i]), 0, t1[i]) */
            /* t5_2[i:n] = log(t5[i]) + where(inf == abs(t4[i]), 0, t4[i]) */
            /* t9_2[i:n] = log(t9[i]) + where(inf == abs(t8[i]), 0, t8[i]) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i];
                const double t4_i = t4[i];
                const double t8_i = t8[i];
                t2[i] = gradc_log(t2_[i - tile_begin]) + (INFINITY == fabs(t1_i) ? 0.0 : t1_i);
                t5[i] = gradc_log(t5_[i - tile_begin]) + (INFINITY == fabs(t4_i) ? 0.0 : t4_i);
                t9[i] = gradc_log(t9_[i - tile_begin]) + (INFINITY == fabs(t8_i) ? 0.0 : t8_i);
            }

            /* t6[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i] + (t2_2[i] - t1[i])), exp(s0) * (s0 - (t3[i, j] -
             *    (t4[i] + (t5_2[i] - t4[i])))))) */
            /* t10[i:n, j:k] = A[i, j] - (t8[i] + (t9_2[i] - t8[i])) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i];
                const double v0 = t1_i + (t2[i] - t1_i);
                const double t4_i = t4[i];
                const double v2 = t4_i + (t5[i] - t4_i);
                const double t8_i = t8[i];
                const double v3 = t8_i + (t9[i] - t8_i);
                double t6_sum = 0.0;
                GRADC_SIMD(reduction(+:t6_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = t0[(i - tile_begin)*k + j] - v0;
                    t6_sum += gradc_exp(v1) * (v1 - (t3[(i - tile_begin)*k + j] - v2));
                    t10[(i - tile_begin)*k + j] = A[i*k + j] - v3;
                }
                t6[i - tile_begin] = t6_sum;
            }

            /* t7 = sum[i:n](t6[i]) */
            /* t11 = sum[i:n](t10[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
            double t7_part_sum = 0.0;
            double t11_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_part_sum, t11_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                t7_part_sum += t6[i - tile_begin];
                t11_part_sum += t10[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)];
            }
            t7_part += t7_part_sum;
            t11_part += t11_part_sum;
        }
        t7_parts[part] = t7_part;
        t11_parts[part] = t11_part;
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t7 += t7_parts[part];
    }
    double t11 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t11 += t11_parts[part];
    }

    /* value = t7 / n * (mix * (tau * tau)) - (1 - mix) * (t11 / n) */
    const double v0 = (double)n;
    *value = t7 / v0 * (mix * (tau * tau)) - (1.0 - mix) * (t11 / v0);
    return 0;
}

size_t distillation_backward_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 160*k + 4, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int distillation_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                          const int64_t *restrict y, double tau, double mix, const double *restrict t1,
                          const double *restrict t2, const double *restrict t4, const double *restrict t5,
                          const double *restrict t8, const double *restrict t9, double cotangent,
                          double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t6 = -(cotangent * (1 - mix) / n) */
    /* t13 = cotangent * (mix * (tau * tau)) / n */
    const double v0 = (double)n;
    const double t6 = -(cotangent * (1.0 - mix) / v0);
    const double t13 = cotangent * (mix * (tau * tau)) / v0;
    const int64_t parts = gradc_parts(n, 160*k + 4, 0);
    const size_t part_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t14 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t15 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t16 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t10 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t12 = (void *)own;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;
            for (int64_t at = 0; at < 128*k; ++at) {
                t7[at] = 0.0;
            }

            /* t0[i:n, j:k] = B[i, j] / tau */
            /* t3[i:n, j:k] = A[i, j] / tau */
            /* t11[i:n] = sum[j:k](where(A[i, j] == t8[i], 1, 0)) */
            /* t14[i:n] = sum[j:k](let(s0 := t13 * exp(t0[i, j] - (t1[i] + (t2[i] - t1[i]))), s0 - s0)) */
            /* t15[i:n] = sum[j:k](where(t3[i, j] == t4[i], 1, 0)) */
            /* t16[i:n] = sum[j:k](exp(t0[i, j] - (t1[i] + (t2[i] - t1[i])))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t8_i = t8[i];
                const double t1_i = t1[i];
                const double v3 = t1_i + (t2[i] - t1_i);
                const double t4_i = t4[i];
                double t11_sum = 0.0;
                double t14_sum = 0.0;
                double t15_sum = 0.0;
                double t16_sum = 0.0;
                GRADC_SIMD(reduction(+:t11_sum, t14_sum, t15_sum, t16_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = B[i*k + j] / tau;
                    const double A_ij = A[i*k + j];
                    const double v2 = A_ij / tau;
                    const double v4 = gradc_exp(v1 - v3);
                    const double v5 = t13 * v4;
                    t0[(i - tile_begin)*k + j] = v1;
                    t3[(i - tile_begin)*k + j] = v2;
                    t11_sum += A_ij == t8_i ? 1.0 : 0.0;
                    t14_sum += v5 - v5;
                    t15_sum += t4_i == v2 ? 1.0 : 0.0;
                    t16_sum += v4;
                }
                t11[i - tile_begin] = t11_sum;
                t14[i - tile_begin] = t14_sum;
                t15[i - tile_begin] = t15_sum;
                t16[i - tile_begin] = t16_sum;
            }

            /* t7[:n, :k] = 0 t7 += each[i:n](at[i, where_integer(y[i] < 0, k + y[i], y[i])](t6)) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                t7[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)] += t6;
            }

            /* t10[i:n] = sum[j:k](t7[i, j] - t7[i, j]) */
            /* t12[i:n] = sum[j:k](t7[i, j]) */
            for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
                double t10_sum = 0.0;
                double t12_sum = 0.0;
                double t10_sum_ = 0.0;
                double t12_sum_ = 0.0;
                double t10_sum_2 = 0.0;
                double t12_sum_2 = 0.0;
                double t10_sum_3 = 0.0;
                double t12_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:t10_sum, t12_sum, t10_sum_, t12_sum_, t10_sum_2, t12_sum_2, t10_sum_3, t12_sum_3))
                for (int64_t j = 0; j < k; ++j) {
                    const double t7_ij = t7[(i - tile_begin)*k + j];
                    const double t7_i1j = t7[((i + 1) - tile_begin)*k + j];
                    const double t7_i2j = t7[((i + 2) - tile_begin)*k + j];
                    const double t7_i3j = t7[((i + 3) - tile_begin)*k + j];
                    t10_sum += t7_ij - t7_ij;
                    t12_sum += t7_ij;
                    t10_sum_ += t7_i1j - t7_i1j;
                    t12_sum_ += t7_i1j;
                    t10_sum_2 += t7_i2j - t7_i2j;
                    t12_sum_2 += t7_i2j;
                    t10_sum_3 += t7_i3j - t7_i3j;
                    t12_sum_3 += t7_i3j;
                }
                t10[i - tile_begin] = t10_sum;
                t12[i - tile_begin] = t12_sum;
                t10[(i + 1) - tile_begin] = t10_sum_;
                t12[(i + 1) - tile_begin] = t12_sum_;
                t10[(i + 2) - tile_begin] = t10_sum_2;
                t12[(i + 2) - tile_begin] = t12_sum_2;
                t10[(i + 3) - tile_begin] = t10_sum_3;
                t12[(i + 3) - tile_begin] = t12_sum_3;
            }
            for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
                double t10_sum = 0.0;
                double t12_sum = 0.0;
                GRADC_SIMD(reduction(+:t10_sum, t12_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double t7_ij = t7[(i - tile_begin)*k + j];
                    t10_sum += t7_ij - t7_ij;
                    t12_sum += t7_ij;
                }
                t10[i - tile_begin] = t10_sum;
                t12[i - tile_begin] = t12_sum;
            }

            /* grad_A[i:n, j:k] = where(A[i, j] == t8[i], t10[i] / t11[i], 0) + (t7[i, j] + where(-inf == A[i, j],
             *    0, -(t12[i] * exp(A[i, j] - t9[i])))) + (where(t3[i, j] == t4[i], t14[i] / t15[i], 0) +
             *    (where(-inf == t3[i, j], 0, t13 * t16[i] * exp(t3[i, j] - t5[i])) - t13 * exp(t0[i, j] - (t1[i] +
             *    (t2[i] - t1[i]))))) / tau */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t8_i = t8[i];
                const double v1 = t10[i - tile_begin] / t11[i - tile_begin];
                const double t12_i = t12[i - tile_begin];
                const double t9_i = t9[i];
                const double t4_i = t4[i];
                const double v3 = t14[i - tile_begin] / t15[i - tile_begin];
                const double v4 = t13 * t16[i - tile_begin];
                const double t5_i = t5[i];
                const double t1_i = t1[i];
                const double v5 = t1_i + (t2[i] - t1_i);
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double v2 = t7[(i - tile_begin)*k + j] + (-INFINITY == A_ij ? 0.0 : -(t12_i * gradc_exp(A_ij - t9_i)));
                    const double t3_ij = t3[(i - tile_begin)*k + j];
                    const double v6 = (-INFINITY == t3_ij ? 0.0 : v4 * gradc_exp(t3_ij - t5_i)) - t13 * gradc_exp(t0[(i - tile_begin)*k + j] - v5);
                    grad_A[i*k + j] = (A_ij == t8_i ? v1 : 0.0) + v2 + ((t3_ij == t4_i ? v3 : 0.0) + v6) / tau;
                }
            }
        }
    }
    return 0;
}

size_t distillation_value_and_grad_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 251*k + 87, 0) * (gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128*k, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int distillation_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                const int64_t *restrict y, double tau, double mix, double *restrict value,
                                double *restrict grad_A, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    for (int64_t i = 0; i < n; ++i) {
        const int64_t y_i = y[i];
        const int64_t v0 = y_i < 0 ? k + y_i : y_i;
        if (v0 < 0 || v0 >= k) {
            return 1;
        }
    }

    /* t15 = -((1 - mix) / n) */
    /* t20 = mix * (tau * tau) / n */
    const double v0 = (double)n;
    const double t15 = -((1.0 - mix) / v0);
    const double t20 = mix * (tau * tau) / v0;
    const int64_t parts = gradc_parts(n, 251*k + 87, 0);
    const size_t part_bytes = gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*k, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t9_parts[GRADC_PARTS];
    double t14_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t1 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t4 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t10 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t2 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t18 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t22 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t12 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t16 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t8 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t13 = (void *)own;
        own += gradc_bytes(128*k, sizeof(double));
        double *const t17 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t19 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t21 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t23 = (void *)own;
        double t9_part = 0.0;
        double t14_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;
            for (int64_t at = 0; at < 128*k; ++at) {
                t16[at] = 0.0;
            }

            /* t0[i:n, j:k] = B[i, j] / tau */
            /* t1[i:n] = max[j:k](t0[i, j]) */
            /* t4[i:n, j:k] = A[i, j] / tau */
            /* t5[i:n] = max[j:k](t4[i, j]) */
            /* t10[i:n] = max[j:k](A[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t1_max = -INFINITY;
                double t5_max = -INFINITY;
                double t10_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = B[i*k + j] / tau;
                    const double A_ij = A[i*k + j];
                    const double v2 = A_ij / tau;
                    t0[(i - tile_begin)*k + j] = v1;
                    t1_max = (v1 > t1_max || v1 != v1) ? v1 : t1_max;
                    t4[(i - tile_begin)*k + j] = v2;
                    t5_max = (v2 > t5_max || v2 != v2) ? v2 : t5_max;
                    t10_max = (A_ij > t10_max || A_ij != A_ij) ? A_ij : t10_max;
                }
                t1[i - tile_begin] = t1_max;
                t5[i - tile_begin] = t5_max;
                t10[i - tile_begin] = t10_max;
            }

            /* t2[i:n] = sum[j:k](exp(t0[i, j] - where(inf == abs(t1[i]), 0, t1[i]))) */
            /* t6[i:n] = sum[j:k](exp(t4[i, j] - where(inf == abs(t5[i]), 0, t5[i]))) */
            /* t11[i:n] = sum[j:k](exp(A[i, j] - where(inf == abs(t10[i]), 0, t10[i]))) */
            /* t18[i:n] = sum[j:k](where(A[i, j] == t10[i], 1, 0)) */
            /* t22[i:n] = sum[j:k](where(t4[i, j] == t5[i], 1, 0)) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i - tile_begin];
                const double v1 = INFINITY == fabs(t1_i) ? 0.0 : t1_i;
                const double t5_i = t5[i - tile_begin];
                const double v2 = INFINITY == fabs(t5_i) ? 0.0 : t5_i;
                const double t10_i = t10[i - tile_begin];
                const double v3 = INFINITY == fabs(t10_i) ? 0.0 : t10_i;
                double t2_sum = 0.0;
                double t6_sum = 0.0;
                double t11_sum = 0.0;
                double t18_sum = 0.0;
                double t22_sum = 0.0;
                GRADC_SIMD(reduction(+:t2_sum, t6_sum, t11_sum, t18_sum, t22_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double t4_ij = t4[(i - tile_begin)*k + j];
                    const double A_ij = A[i*k + j];
                    t2_sum += gradc_exp(t0[(i - tile_begin)*k + j] - v1);
                    t6_sum += gradc_exp(t4_ij - v2);
                    t11_sum += gradc_exp(A_ij - v3);
                    t18_sum += A_ij == t10_i ? 1.0 : 0.0;
                    t22_sum += t4_ij == t5_i ? 1.0 : 0.0;
                }
                t2[i - tile_begin] = t2_sum;
                t6[i - tile_begin] = t6_sum;
                t11[i - tile_begin] = t11_sum;
                t18[i - tile_begin] = t18_sum;
                t22[i - tile_begin] = t22_sum;
            }

            /* t3[i:n] = log(t2[i]) + where(inf == abs(t1[i]), 0, t1[i]) */
            /* t7[i:n] = log(t6[i]) + where(inf == abs(t5[i]), 0, t5[i]) */
            /* t12[i:n] = log(t11[i]) + where(inf == abs(t10[i]), 0, t10[i]) */
            /* t16[:n, :k] = 0 t16 += each[i:n](at[i, where_integer(y[i] < 0, k + y[i], y[i])](t15)) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double t10_i = t10[i - tile_begin];
                const int64_t y_i = y[i];
                t3[i - tile_begin] = gradc_log(t2[i - tile_begin]) + (INFINITY == fabs(t1_i) ? 0.0 : t1_i);
                t7[i - tile_begin] = gradc_log(t6[i - tile_begin]) + (INFINITY == fabs(t5_i) ? 0.0 : t5_i);
                t12[i - tile_begin] = gradc_log(t11[i - tile_begin]) + (INFINITY == fabs(t10_i) ? 0.0 : t10_i);
                t16[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)] += t15;
            }

            /* t8[i:n] = sum[j:k](let(s0 := t0[i, j] - (t1[i] + (t3[i] - t1[i])), exp(s0) * (s0 - (t4[i, j] -
             *    (t5[i] + (t7[i] - t5[i])))))) */
            /* t13[i:n, j:k] = A[i, j] - (t10[i] + (t12[i] - t10[i])) */
            /* t17[i:n] = sum[j:k](t16[i, j] - t16[i, j]) */
            /* t19[i:n] = sum[j:k](t16[i, j]) */
            /* t21[i:n] = sum[j:k](let(s0 := t20 * exp(t0[i, j] - (t1[i] + (t3[i] - t1[i]))), s0 - s0)) */
            /* t23[i:n] = sum[j:k](exp(t0[i, j] - (t1[i] + (t3[i] - t1[i])))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t1_i = t1[i - tile_begin];
                const double v1 = t1_i + (t3[i - tile_begin] - t1_i);
                const double t5_i = t5[i - tile_begin];
                const double v4 = t5_i + (t7[i - tile_begin] - t5_i);
                const double t10_i = t10[i - tile_begin];
                const double v5 = t10_i + (t12[i - tile_begin] - t10_i);
                double t8_sum = 0.0;
                double t17_sum = 0.0;
                double t19_sum = 0.0;
                double t21_sum = 0.0;
                double t23_sum = 0.0;
                GRADC_SIMD(reduction(+:t8_sum, t17_sum, t19_sum, t21_sum, t23_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v2 = t0[(i - tile_begin)*k + j] - v1;
                    const double v3 = gradc_exp(v2);
                    const double t16_ij = t16[(i - tile_begin)*k + j];
                    const double v6 = t20 * v3;
                    t8_sum += v3 * (v2 - (t4[(i - tile_begin)*k + j] - v4));
                    t13[(i - tile_begin)*k + j] = A[i*k + j] - v5;
                    t17_sum += t16_ij - t16_ij;
                    t19_sum += t16_ij;
                    t21_sum += v6 - v6;
                    t23_sum += v3;
                }
                t8[i - tile_begin] = t8_sum;
                t17[i - tile_begin] = t17_sum;
                t19[i - tile_begin] = t19_sum;
                t21[i - tile_begin] = t21_sum;
                t23[i - tile_begin] = t23_sum;
            }

            /* t9 = sum[i:n](t8[i]) */
            /* t14 = sum[i:n](t13[i, where_integer(y[i] < 0, k + y[i], y[i])]) */
            double t9_part_sum = 0.0;
            double t14_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t9_part_sum, t14_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const int64_t y_i = y[i];
                t9_part_sum += t8[i - tile_begin];
                t14_part_sum += t13[(i - tile_begin)*k + (y_i < 0 ? k + y_i : y_i)];
            }
            t9_part += t9_part_sum;
            t14_part += t14_part_sum;

            /* grad_A[i:n, j:k] = where(A[i, j] == t10[i], t17[i] / t18[i], 0) + (t16[i, j] + where(-inf == A[i,
             *    j], 0, -(t19[i] * exp(A[i, j] - t12[i])))) + (where(t4[i, j] == t5[i], t21[i] / t22[i], 0) +
             *    (where(-inf == t4[i, j], 0, t20 * t23[i] * exp(t4[i, j] - t7[i])) - t20 * exp(t0[i, j] - (t1[i] +
             *    (t3[i] - t1[i]))))) / tau */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t10_i = t10[i - tile_begin];
                const double v1 = t17[i - tile_begin] / t18[i - tile_begin];
                const double t19_i = t19[i - tile_begin];
                const double t12_i = t12[i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double v3 = t21[i - tile_begin] / t22[i - tile_begin];
                const double v4 = t20 * t23[i - tile_begin];
                const double t7_i = t7[i - tile_begin];
                const double t1_i = t1[i - tile_begin];
                const double v5 = t1_i + (t3[i - tile_begin] - t1_i);
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double v2 = t16[(i - tile_begin)*k + j] + (-INFINITY == A_ij ? 0.0 : -(t19_i * gradc_exp(A_ij - t12_i)));
                    const double t4_ij = t4[(i - tile_begin)*k + j];
                    const double v6 = (-INFINITY == t4_ij ? 0.0 : v4 * gradc_exp(t4_ij - t7_i)) - t20 * gradc_exp(t0[(i - tile_begin)*k + j] - v5);
                    grad_A[i*k + j] = (A_ij == t10_i ? v1 : 0.0) + v2 + ((t4_ij == t5_i ? v3 : 0.0) + v6) / tau;
                }
            }
        }
        t9_parts[part] = t9_part;
        t14_parts[part] = t14_part;
    }
    double t9 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t9 += t9_parts[part];
    }
    double t14 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t14 += t14_parts[part];
    }

    /* value = t9 / n * (mix * (tau * tau)) - (1 - mix) * (t14 / n) */
    const double v1 = (double)n;
    *value = t9 / v1 * (mix * (tau * tau)) - (1.0 - mix) * (t14 / v1);
    return 0;
}
