/* jensen_shannon: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k]):
 *         t0[i:n] = max[j:k](A[i, j])
 *         t1[i:n] = logsumexp[j:k](A[i, j])
 *         t2[i:n] = max[j:k](B[i, j])
 *         t3[i:n] = logsumexp[j:k](B[i, j])
 *         t4[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t1[i] - t0[i])), s1 := B[i, j] - (t2[i] + (t3[i] - t2[i])), s2 := logaddexp(s0, s1) - 0.69314718055994
 *         t5 = sum[i:n](t4[i])
 *         value = 0.5 * (t5 / n)
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

#include "jensen_shannon.h"

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

/* log(1 + x) for x in [0, 1], as gradc_log with k = 0. */
static inline double gradc_log1p_unit(double x)
{
    const double s = x / (2.0 + x), z = s * s, h = 0.5 * x * x;
    /* fit: atanh_unit of z */
    const double p = ((((((((0.17018472409223753 * z + 0.0834015966103369) * z + 0.12106072266605976) * z + 0.13300975451846603) * z
        + 0.15386559772430922) * z + 0.1818174393246199) * z + 0.22222223969501645) * z + 0.28571428547857886) * z
        + 0.4000000000015721) * z + 0.6666666666666631;
    return x - (h - s * (h + z * p));
}

size_t jensen_shannon_value_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 160*k + 53, 0) * (gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int jensen_shannon_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 160*k + 53, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t7_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t1 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t4 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t2 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t6 = (void *)own;
        double t7_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n] = max[j:k](A[i, j]) */
            /* t3[i:n] = max[j:k](B[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t0_max = -INFINITY;
                double t3_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double B_ij = B[i*k + j];
                    t0_max = (A_ij > t0_max || A_ij != A_ij) ? A_ij : t0_max;
                    t3_max = (B_ij > t3_max || B_ij != B_ij) ? B_ij : t3_max;
                }
                t0[i - tile_begin] = t0_max;
                t3[i - tile_begin] = t3_max;
            }

            /* t1[i:n] = sum[j:k](exp(A[i, j] - where(inf == abs(t0[i]), 0, t0[i]))) */
            /* t4[i:n] = sum[j:k](exp(B[i, j] - where(inf == abs(t3[i]), 0, t3[i]))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double v0 = INFINITY == fabs(t0_i) ? 0.0 : t0_i;
                const double t3_i = t3[i - tile_begin];
                const double v1 = INFINITY == fabs(t3_i) ? 0.0 : t3_i;
                double t1_sum = 0.0;
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t1_sum, t4_sum))
                for (int64_t j = 0; j < k; ++j) {
                    t1_sum += gradc_exp(A[i*k + j] - v0);
                    t4_sum += gradc_exp(B[i*k + j] - v1);
                }
                t1[i - tile_begin] = t1_sum;
                t4[i - tile_begin] = t4_sum;
            }

            /* t2[i:n] = log(t1[i]) + where(inf == abs(t0[i]), 0, t0[i]) */
            /* t5[i:n] = log(t4[i]) + where(inf == abs(t3[i]), 0, t3[i]) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double t3_i = t3[i - tile_begin];
                t2[i - tile_begin] = gradc_log(t1[i - tile_begin]) + (INFINITY == fabs(t0_i) ? 0.0 : t0_i);
                t5[i - tile_begin] = gradc_log(t4[i - tile_begin]) + (INFINITY == fabs(t3_i) ? 0.0 : t3_i);
            }

            /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t2[i] - t0[i])), s1 := B[i, j] - (t3[i] + (t5[i] -
             *    t3[i])), s2 := where(s1 == s0, 0.6931471805599453 + s0, maximum(s1, s0) + log1p_unit(exp(-abs(s0
             *    - s1)))) - 0.6931471805599453, exp(s0) * (s0 - s2) + exp(s1) * (s1 - s2))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double v0 = t0_i + (t2[i - tile_begin] - t0_i);
                const double t3_i = t3[i - tile_begin];
                const double v2 = t3_i + (t5[i - tile_begin] - t3_i);
                double t6_sum = 0.0;
                GRADC_SIMD(reduction(+:t6_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = A[i*k + j] - v0;
                    const double v3 = B[i*k + j] - v2;
                    const double v4 = v3 == v1 ? 0.6931471805599453 + v1 : ((v3 > v1 || v3 != v3) ? v3 : v1) + gradc_log1p_unit(gradc_exp(-fabs(v1 - v3)));
                    const double v5 = v4 - 0.6931471805599453;
                    t6_sum += gradc_exp(v1) * (v1 - v5) + gradc_exp(v3) * (v3 - v5);
                }
                t6[i - tile_begin] = t6_sum;
            }

            /* t7 = sum[i:n](t6[i]) */
            double t7_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t7_part_sum += t6[i - tile_begin];
            }
            t7_part += t7_part_sum;
        }
        t7_parts[part] = t7_part;
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t7 += t7_parts[part];
    }

    /* value = 0.5 * (t7 / n) */
    *value = 0.5 * (t7 / (double)n);
    return 0;
}

size_t jensen_shannon_forward_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 160*k + 53, 0) * (gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int jensen_shannon_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                           double *restrict value, double *restrict t0, double *restrict t1, double *restrict t2,
                           double *restrict t3, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    const int64_t parts = gradc_parts(n, 160*k + 53, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t5_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t1_ = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t3_ = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t4 = (void *)own;
        double t5_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n] = max[j:k](A[i, j]) */
            /* t2[i:n] = max[j:k](B[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t0_max = -INFINITY;
                double t2_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double B_ij = B[i*k + j];
                    t0_max = (A_ij > t0_max || A_ij != A_ij) ? A_ij : t0_max;
                    t2_max = (B_ij > t2_max || B_ij != B_ij) ? B_ij : t2_max;
                }
                t0[i] = t0_max;
                t2[i] = t2_max;
            }

            /* t1[i:n] = sum[j:k](exp(A[i, j] - where(inf == abs(t0[i]), 0, t0[i]))) */
            /* t3[i:n] = sum[j:k](exp(B[i, j] - where(inf == abs(t2[i]), 0, t2[i]))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i];
                const double v0 = INFINITY == fabs(t0_i) ? 0.0 : t0_i;
                const double t2_i = t2[i];
                const double v1 = INFINITY == fabs(t2_i) ? 0.0 : t2_i;
                double t1__sum = 0.0;
                double t3__sum = 0.0;
                GRADC_SIMD(reduction(+:t1__sum, t3__sum))
                for (int64_t j = 0; j < k; ++j) {
                    t1__sum += gradc_exp(A[i*k + j] - v0);
                    t3__sum += gradc_exp(B[i*k + j] - v1);
                }
                t1_[i - tile_begin] = t1__sum;
                t3_[i - tile_begin] = t3__sum;
            }

            /* t1_2[i:n] = log(t1[i]) + where(inf == abs(t0[i]), 0, t0[i]) */
            /* t3_2[i:n] = log(t3[i]) + where(inf == abs(t2[i]), 0, t2[i]) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i];
                const double t2_i = t2[i];
                t1[i] = gradc_log(t1_[i - tile_begin]) + (INFINITY == fabs(t0_i) ? 0.0 : t0_i);
                t3[i] = gradc_log(t3_[i - tile_begin]) + (INFINITY == fabs(t2_i) ? 0.0 : t2_i);
            }

            /* t4[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t1_2[i] - t0[i])), s1 := B[i, j] - (t2[i] +
             *    (t3_2[i] - t2[i])), s2 := where(s1 == s0, 0.6931471805599453 + s0, maximum(s1, s0) +
             *    log1p_unit(exp(-abs(s0 - s1)))) - 0.6931471805599453, exp(s0) * (s0 - s2) + exp(s1) * (s1 - s2))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i];
                const double v0 = t0_i + (t1[i] - t0_i);
                const double t2_i = t2[i];
                const double v2 = t2_i + (t3[i] - t2_i);
                double t4_sum = 0.0;
                GRADC_SIMD(reduction(+:t4_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = A[i*k + j] - v0;
                    const double v3 = B[i*k + j] - v2;
                    const double v4 = v3 == v1 ? 0.6931471805599453 + v1 : ((v3 > v1 || v3 != v3) ? v3 : v1) + gradc_log1p_unit(gradc_exp(-fabs(v1 - v3)));
                    const double v5 = v4 - 0.6931471805599453;
                    t4_sum += gradc_exp(v1) * (v1 - v5) + gradc_exp(v3) * (v3 - v5);
                }
                t4[i - tile_begin] = t4_sum;
            }

            /* t5 = sum[i:n](t4[i]) */
            double t5_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t5_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t5_part_sum += t4[i - tile_begin];
            }
            t5_part += t5_part_sum;
        }
        t5_parts[part] = t5_part;
    }
    double t5 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t5 += t5_parts[part];
    }

    /* value = 0.5 * (t5 / n) */
    *value = 0.5 * (t5 / (double)n);
    return 0;
}

size_t jensen_shannon_backward_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 398*k, 0) * (gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int jensen_shannon_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                            const double *restrict t0, const double *restrict t1, const double *restrict t2,
                            const double *restrict t3, double cotangent, double *restrict grad_A,
                            double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t4 = 0.5 * cotangent / n */
    const double t4 = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 398*k, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t5 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t7 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t8 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t9 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t10 = (void *)own;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t5[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t1[i] - t0[i])), s1 := exp(s0), s2 := B[i, j] -
             *    (t2[i] + (t3[i] - t2[i])), s3 := s0 - s2, s4 := exp(-abs(s3)), s5 := t4 * s1, s6 := s1 * (t4 *
             *    (s0 - (where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p_unit(s4)) -
             *    0.6931471805599453))) + (s5 + where(-inf == s0, 0, -((s5 + t4 * exp(s2)) * (where(0 <= s3, 1, s4)
             *    / (1 + s4))))), s6 - s6)) */
            /* t6[i:n] = sum[j:k](where(A[i, j] == t0[i], 1, 0)) */
            /* t7[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t1[i] - t0[i])), s1 := exp(s0), s2 := B[i, j] -
             *    (t2[i] + (t3[i] - t2[i])), s3 := s0 - s2, s4 := exp(-abs(s3)), s5 := t4 * s1, s1 * (t4 * (s0 -
             *    (where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p_unit(s4)) -
             *    0.6931471805599453))) + (s5 + where(-inf == s0, 0, -((s5 + t4 * exp(s2)) * (where(0 <= s3, 1, s4)
             *    / (1 + s4))))))) */
            /* t8[i:n] = sum[j:k](let(s0 := B[i, j] - (t2[i] + (t3[i] - t2[i])), s1 := exp(s0), s2 := t4 * s1, s3
             *    := A[i, j] - (t0[i] + (t1[i] - t0[i])), s4 := s0 - s3, s5 := exp(-abs(s4)), s6 := s2 + s1 * (t4 *
             *    (s0 - (where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + log1p_unit(exp(-abs(s3 - s0))))
             *    - 0.6931471805599453))) + where(-inf == s0, 0, -((t4 * exp(s3) + s2) * (where(0 <= s4, 1, s5) /
             *    (1 + s5)))), s6 - s6)) */
            /* t9[i:n] = sum[j:k](where(B[i, j] == t2[i], 1, 0)) */
            /* t10[i:n] = sum[j:k](let(s0 := B[i, j] - (t2[i] + (t3[i] - t2[i])), s1 := exp(s0), s2 := t4 * s1, s3
             *    := A[i, j] - (t0[i] + (t1[i] - t0[i])), s4 := s0 - s3, s5 := exp(-abs(s4)), s2 + s1 * (t4 * (s0 -
             *    (where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + log1p_unit(exp(-abs(s3 - s0)))) -
             *    0.6931471805599453))) + where(-inf == s0, 0, -((t4 * exp(s3) + s2) * (where(0 <= s4, 1, s5) / (1
             *    + s5)))))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i];
                const double v0 = t0_i + (t1[i] - t0_i);
                const double t2_i = t2[i];
                const double v3 = t2_i + (t3[i] - t2_i);
                double t5_sum = 0.0;
                double t6_sum = 0.0;
                double t7_sum = 0.0;
                double t8_sum = 0.0;
                double t9_sum = 0.0;
                double t10_sum = 0.0;
                GRADC_SIMD(reduction(+:t5_sum, t6_sum, t7_sum, t8_sum, t9_sum, t10_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double v1 = A_ij - v0;
                    const double v2 = gradc_exp(v1);
                    const double B_ij = B[i*k + j];
                    const double v4 = B_ij - v3;
                    const double v5 = v1 - v4;
                    const double v6 = gradc_exp(-fabs(v5));
                    const double v7 = v4 == v1 ? 0.6931471805599453 + v1 : ((v4 > v1 || v4 != v4) ? v4 : v1) + gradc_log1p_unit(v6);
                    const double v8 = v7 - 0.6931471805599453;
                    const double v9 = t4 * v2;
                    const double v10 = gradc_exp(v4);
                    const double v11 = t4 * v10;
                    const double v12 = v11 + v9;
                    const double v13 = v2 * (t4 * (v1 - v8)) + (v9 + (-INFINITY == v1 ? 0.0 : -(v12 * ((0.0 <= v5 ? 1.0 : v6) / (1.0 + v6)))));
                    const double v14 = v4 - v1;
                    const double v15 = gradc_exp(-fabs(v14));
                    const double v16 = (-INFINITY == v4 ? 0.0 : -(v12 * ((0.0 <= v14 ? 1.0 : v15) / (1.0 + v15)))) + (v11 + v10 * (t4 * (v4 - v8)));
                    t5_sum += v13 - v13;
                    t6_sum += A_ij == t0_i ? 1.0 : 0.0;
                    t7_sum += v13;
                    t8_sum += v16 - v16;
                    t9_sum += B_ij == t2_i ? 1.0 : 0.0;
                    t10_sum += v16;
                }
                t5[i - tile_begin] = t5_sum;
                t6[i - tile_begin] = t6_sum;
                t7[i - tile_begin] = t7_sum;
                t8[i - tile_begin] = t8_sum;
                t9[i - tile_begin] = t9_sum;
                t10[i - tile_begin] = t10_sum;
            }

            /* grad_A[i:n, j:k] = let(s0 := A[i, j] - (t0[i] + (t1[i] - t0[i])), s1 := exp(s0), s2 := B[i, j] -
             *    (t2[i] + (t3[i] - t2[i])), s3 := s0 - s2, s4 := exp(-abs(s3)), s5 := t4 * s1, where(A[i, j] ==
             *    t0[i], t5[i] / t6[i], 0) + (where(-inf == A[i, j], 0, -(t7[i] * exp(A[i, j] - t1[i]))) + (s1 *
             *    (t4 * (s0 - (where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p_unit(s4)) -
             *    0.6931471805599453))) + (s5 + where(-inf == s0, 0, -((s5 + t4 * exp(s2)) * (where(0 <= s3, 1, s4)
             *    / (1 + s4)))))))) */
            /* grad_B[i:n, j:k] = let(s0 := B[i, j] - (t2[i] + (t3[i] - t2[i])), s1 := exp(s0), s2 := t4 * s1, s3
             *    := A[i, j] - (t0[i] + (t1[i] - t0[i])), s4 := s0 - s3, s5 := exp(-abs(s4)), where(B[i, j] ==
             *    t2[i], t8[i] / t9[i], 0) + (where(-inf == B[i, j], 0, -(t10[i] * exp(B[i, j] - t3[i]))) + (s2 +
             *    s1 * (t4 * (s0 - (where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) +
             *    log1p_unit(exp(-abs(s3 - s0)))) - 0.6931471805599453))) + where(-inf == s0, 0, -((t4 * exp(s3) +
             *    s2) * (where(0 <= s4, 1, s5) / (1 + s5))))))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i];
                const double v0 = t5[i - tile_begin] / t6[i - tile_begin];
                const double t7_i = t7[i - tile_begin];
                const double t1_i = t1[i];
                const double v1 = t0_i + (t1_i - t0_i);
                const double t2_i = t2[i];
                const double t3_i = t3[i];
                const double v4 = t2_i + (t3_i - t2_i);
                const double v16 = t8[i - tile_begin] / t9[i - tile_begin];
                const double t10_i = t10[i - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double v2 = A_ij - v1;
                    const double v3 = gradc_exp(v2);
                    const double B_ij = B[i*k + j];
                    const double v5 = B_ij - v4;
                    const double v6 = v2 - v5;
                    const double v7 = gradc_exp(-fabs(v6));
                    const double v8 = v5 == v2 ? 0.6931471805599453 + v2 : ((v5 > v2 || v5 != v5) ? v5 : v2) + gradc_log1p_unit(v7);
                    const double v9 = v8 - 0.6931471805599453;
                    const double v10 = t4 * v3;
                    const double v11 = gradc_exp(v5);
                    const double v12 = t4 * v11;
                    const double v13 = v12 + v10;
                    const double v14 = v3 * (t4 * (v2 - v9)) + (v10 + (-INFINITY == v2 ? 0.0 : -(v13 * ((0.0 <= v6 ? 1.0 : v7) / (1.0 + v7)))));
                    const double v15 = (A_ij == t0_i ? v0 : 0.0) + ((-INFINITY == A_ij ? 0.0 : -(t7_i * gradc_exp(A_ij - t1_i))) + v14);
                    const double v17 = v5 - v2;
                    const double v18 = gradc_exp(-fabs(v17));
                    const double v19 = (-INFINITY == v5 ? 0.0 : -(v13 * ((0.0 <= v17 ? 1.0 : v18) / (1.0 + v18)))) + (v12 + v11 * (t4 * (v5 - v9)));
                    const double v20 = (B_ij == t2_i ? v16 : 0.0) + ((-INFINITY == B_ij ? 0.0 : -(t10_i * gradc_exp(B_ij - t3_i))) + v19);
                    grad_A[i*k + j] = v15;
                    grad_B[i*k + j] = v20;
                }
            }
        }
    }
    return 0;
}

size_t jensen_shannon_value_and_grad_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 455*k + 53, 0) * (gradc_bytes(128, sizeof(double))
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
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double)));
}

int jensen_shannon_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                                  double *restrict value, double *restrict grad_A, double *restrict grad_B,
                                  void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;

    /* t8 = 0.5 / n */
    const double t8 = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 455*k + 53, 0);
    const size_t part_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t7_parts[GRADC_PARTS];
    GRADC_PARALLEL(parts)
    for (int64_t part = 0; part < parts; ++part) {
        const int64_t part_begin = gradc_cut(n, parts, part);
        const int64_t part_end = gradc_cut(n, parts, part + 1);
        unsigned char *own = part_scratch + part * part_bytes;
        double *const t0 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t3 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t1 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t4 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t10 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t13 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t2 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t5 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t6 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t9 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t11 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t12 = (void *)own;
        own += gradc_bytes(128, sizeof(double));
        double *const t14 = (void *)own;
        double t7_part = 0.0;
        const int64_t tile_rows = gradc_rows(2*k * sizeof(double));
        for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
            const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

            /* t0[i:n] = max[j:k](A[i, j]) */
            /* t3[i:n] = max[j:k](B[i, j]) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                double t0_max = -INFINITY;
                double t3_max = -INFINITY;
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double B_ij = B[i*k + j];
                    t0_max = (A_ij > t0_max || A_ij != A_ij) ? A_ij : t0_max;
                    t3_max = (B_ij > t3_max || B_ij != B_ij) ? B_ij : t3_max;
                }
                t0[i - tile_begin] = t0_max;
                t3[i - tile_begin] = t3_max;
            }

            /* t1[i:n] = sum[j:k](exp(A[i, j] - where(inf == abs(t0[i]), 0, t0[i]))) */
            /* t4[i:n] = sum[j:k](exp(B[i, j] - where(inf == abs(t3[i]), 0, t3[i]))) */
            /* t10[i:n] = sum[j:k](where(A[i, j] == t0[i], 1, 0)) */
            /* t13[i:n] = sum[j:k](where(B[i, j] == t3[i], 1, 0)) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double v0 = INFINITY == fabs(t0_i) ? 0.0 : t0_i;
                const double t3_i = t3[i - tile_begin];
                const double v1 = INFINITY == fabs(t3_i) ? 0.0 : t3_i;
                double t1_sum = 0.0;
                double t4_sum = 0.0;
                double t10_sum = 0.0;
                double t13_sum = 0.0;
                GRADC_SIMD(reduction(+:t1_sum, t4_sum, t10_sum, t13_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double B_ij = B[i*k + j];
                    t1_sum += gradc_exp(A_ij - v0);
                    t4_sum += gradc_exp(B_ij - v1);
                    t10_sum += A_ij == t0_i ? 1.0 : 0.0;
                    t13_sum += B_ij == t3_i ? 1.0 : 0.0;
                }
                t1[i - tile_begin] = t1_sum;
                t4[i - tile_begin] = t4_sum;
                t10[i - tile_begin] = t10_sum;
                t13[i - tile_begin] = t13_sum;
            }

            /* t2[i:n] = log(t1[i]) + where(inf == abs(t0[i]), 0, t0[i]) */
            /* t5[i:n] = log(t4[i]) + where(inf == abs(t3[i]), 0, t3[i]) */
            GRADC_SIMD()
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double t3_i = t3[i - tile_begin];
                t2[i - tile_begin] = gradc_log(t1[i - tile_begin]) + (INFINITY == fabs(t0_i) ? 0.0 : t0_i);
                t5[i - tile_begin] = gradc_log(t4[i - tile_begin]) + (INFINITY == fabs(t3_i) ? 0.0 : t3_i);
            }

            /* t6[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t2[i] - t0[i])), s1 := B[i, j] - (t3[i] + (t5[i] -
             *    t3[i])), s2 := where(s1 == s0, 0.6931471805599453 + s0, maximum(s1, s0) + log1p_unit(exp(-abs(s0
             *    - s1)))) - 0.6931471805599453, exp(s0) * (s0 - s2) + exp(s1) * (s1 - s2))) */
            /* t9[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t2[i] - t0[i])), s1 := exp(s0), s2 := B[i, j] -
             *    (t3[i] + (t5[i] - t3[i])), s3 := s0 - s2, s4 := exp(-abs(s3)), s5 := t8 * s1, s6 := s1 * (t8 *
             *    (s0 - (where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p_unit(s4)) -
             *    0.6931471805599453))) + (s5 + where(-inf == s0, 0, -((t8 * exp(s2) + s5) * (where(0 <= s3, 1, s4)
             *    / (1 + s4))))), s6 - s6)) */
            /* t11[i:n] = sum[j:k](let(s0 := A[i, j] - (t0[i] + (t2[i] - t0[i])), s1 := exp(s0), s2 := B[i, j] -
             *    (t3[i] + (t5[i] - t3[i])), s3 := s0 - s2, s4 := exp(-abs(s3)), s5 := t8 * s1, s1 * (t8 * (s0 -
             *    (where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p_unit(s4)) -
             *    0.6931471805599453))) + (s5 + where(-inf == s0, 0, -((t8 * exp(s2) + s5) * (where(0 <= s3, 1, s4)
             *    / (1 + s4))))))) */
            /* t12[i:n] = sum[j:k](let(s0 := B[i, j] - (t3[i] + (t5[i] - t3[i])), s1 := exp(s0), s2 := t8 * s1, s3
             *    := A[i, j] - (t0[i] + (t2[i] - t0[i])), s4 := s0 - s3, s5 := exp(-abs(s4)), s6 := where(-inf ==
             *    s0, 0, -((s2 + t8 * exp(s3)) * (where(0 <= s4, 1, s5) / (1 + s5)))) + (s2 + s1 * (t8 * (s0 -
             *    (where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + log1p_unit(exp(-abs(s3 - s0)))) -
             *    0.6931471805599453)))), s6 - s6)) */
            /* t14[i:n] = sum[j:k](let(s0 := B[i, j] - (t3[i] + (t5[i] - t3[i])), s1 := exp(s0), s2 := t8 * s1, s3
             *    := A[i, j] - (t0[i] + (t2[i] - t0[i])), s4 := s0 - s3, s5 := exp(-abs(s4)), where(-inf == s0, 0,
             *    -((s2 + t8 * exp(s3)) * (where(0 <= s4, 1, s5) / (1 + s5)))) + (s2 + s1 * (t8 * (s0 - (where(s0
             *    == s3, 0.6931471805599453 + s3, maximum(s0, s3) + log1p_unit(exp(-abs(s3 - s0)))) -
             *    0.6931471805599453)))))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double v0 = t0_i + (t2[i - tile_begin] - t0_i);
                const double t3_i = t3[i - tile_begin];
                const double v3 = t3_i + (t5[i - tile_begin] - t3_i);
                double t6_sum = 0.0;
                double t9_sum = 0.0;
                double t11_sum = 0.0;
                double t12_sum = 0.0;
                double t14_sum = 0.0;
                GRADC_SIMD(reduction(+:t6_sum, t9_sum, t11_sum, t12_sum, t14_sum))
                for (int64_t j = 0; j < k; ++j) {
                    const double v1 = A[i*k + j] - v0;
                    const double v2 = gradc_exp(v1);
                    const double v4 = B[i*k + j] - v3;
                    const double v5 = v1 - v4;
                    const double v6 = gradc_exp(-fabs(v5));
                    const double v7 = v4 == v1 ? 0.6931471805599453 + v1 : ((v4 > v1 || v4 != v4) ? v4 : v1) + gradc_log1p_unit(v6);
                    const double v8 = v7 - 0.6931471805599453;
                    const double v9 = v1 - v8;
                    const double v10 = gradc_exp(v4);
                    const double v11 = v4 - v8;
                    const double v12 = t8 * v2;
                    const double v13 = t8 * v10;
                    const double v14 = v13 + v12;
                    const double v15 = v2 * (t8 * v9) + (v12 + (-INFINITY == v1 ? 0.0 : -(v14 * ((0.0 <= v5 ? 1.0 : v6) / (1.0 + v6)))));
                    const double v16 = v4 - v1;
                    const double v17 = gradc_exp(-fabs(v16));
                    const double v18 = v13 + v10 * (t8 * v11) + (-INFINITY == v4 ? 0.0 : -(v14 * ((0.0 <= v16 ? 1.0 : v17) / (1.0 + v17))));
                    t6_sum += v2 * v9 + v10 * v11;
                    t9_sum += v15 - v15;
                    t11_sum += v15;
                    t12_sum += v18 - v18;
                    t14_sum += v18;
                }
                t6[i - tile_begin] = t6_sum;
                t9[i - tile_begin] = t9_sum;
                t11[i - tile_begin] = t11_sum;
                t12[i - tile_begin] = t12_sum;
                t14[i - tile_begin] = t14_sum;
            }

            /* t7 = sum[i:n](t6[i]) */
            double t7_part_sum = 0.0;
            GRADC_SIMD(reduction(+:t7_part_sum))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                t7_part_sum += t6[i - tile_begin];
            }
            t7_part += t7_part_sum;

            /* grad_A[i:n, j:k] = let(s0 := A[i, j] - (t0[i] + (t2[i] - t0[i])), s1 := exp(s0), s2 := B[i, j] -
             *    (t3[i] + (t5[i] - t3[i])), s3 := s0 - s2, s4 := exp(-abs(s3)), s5 := t8 * s1, where(A[i, j] ==
             *    t0[i], t9[i] / t10[i], 0) + (where(-inf == A[i, j], 0, -(t11[i] * exp(A[i, j] - t2[i]))) + (s1 *
             *    (t8 * (s0 - (where(s2 == s0, 0.6931471805599453 + s0, maximum(s2, s0) + log1p_unit(s4)) -
             *    0.6931471805599453))) + (s5 + where(-inf == s0, 0, -((t8 * exp(s2) + s5) * (where(0 <= s3, 1, s4)
             *    / (1 + s4)))))))) */
            /* grad_B[i:n, j:k] = let(s0 := B[i, j] - (t3[i] + (t5[i] - t3[i])), s1 := exp(s0), s2 := t8 * s1, s3
             *    := A[i, j] - (t0[i] + (t2[i] - t0[i])), s4 := s0 - s3, s5 := exp(-abs(s4)), where(B[i, j] ==
             *    t3[i], t12[i] / t13[i], 0) + (where(-inf == B[i, j], 0, -(t14[i] * exp(B[i, j] - t5[i]))) +
             *    (where(-inf == s0, 0, -((s2 + t8 * exp(s3)) * (where(0 <= s4, 1, s5) / (1 + s5)))) + (s2 + s1 *
             *    (t8 * (s0 - (where(s0 == s3, 0.6931471805599453 + s3, maximum(s0, s3) + log1p_unit(exp(-abs(s3 -
             *    s0)))) - 0.6931471805599453))))))) */
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double t0_i = t0[i - tile_begin];
                const double v0 = t9[i - tile_begin] / t10[i - tile_begin];
                const double t11_i = t11[i - tile_begin];
                const double t2_i = t2[i - tile_begin];
                const double v1 = t0_i + (t2_i - t0_i);
                const double t3_i = t3[i - tile_begin];
                const double t5_i = t5[i - tile_begin];
                const double v4 = t3_i + (t5_i - t3_i);
                const double v16 = t12[i - tile_begin] / t13[i - tile_begin];
                const double t14_i = t14[i - tile_begin];
                GRADC_SIMD()
                for (int64_t j = 0; j < k; ++j) {
                    const double A_ij = A[i*k + j];
                    const double v2 = A_ij - v1;
                    const double v3 = gradc_exp(v2);
                    const double B_ij = B[i*k + j];
                    const double v5 = B_ij - v4;
                    const double v6 = v2 - v5;
                    const double v7 = gradc_exp(-fabs(v6));
                    const double v8 = v5 == v2 ? 0.6931471805599453 + v2 : ((v5 > v2 || v5 != v5) ? v5 : v2) + gradc_log1p_unit(v7);
                    const double v9 = v8 - 0.6931471805599453;
                    const double v10 = t8 * v3;
                    const double v11 = gradc_exp(v5);
                    const double v12 = t8 * v11;
                    const double v13 = v12 + v10;
                    const double v14 = v3 * (t8 * (v2 - v9)) + (v10 + (-INFINITY == v2 ? 0.0 : -(v13 * ((0.0 <= v6 ? 1.0 : v7) / (1.0 + v7)))));
                    const double v15 = (A_ij == t0_i ? v0 : 0.0) + ((-INFINITY == A_ij ? 0.0 : -(t11_i * gradc_exp(A_ij - t2_i))) + v14);
                    const double v17 = v5 - v2;
                    const double v18 = gradc_exp(-fabs(v17));
                    const double v19 = v12 + v11 * (t8 * (v5 - v9)) + (-INFINITY == v5 ? 0.0 : -(v13 * ((0.0 <= v17 ? 1.0 : v18) / (1.0 + v18))));
                    const double v20 = (B_ij == t3_i ? v16 : 0.0) + ((-INFINITY == B_ij ? 0.0 : -(t14_i * gradc_exp(B_ij - t5_i))) + v19);
                    grad_A[i*k + j] = v15;
                    grad_B[i*k + j] = v20;
                }
            }
        }
        t7_parts[part] = t7_part;
    }
    double t7 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t7 += t7_parts[part];
    }

    /* value = 0.5 * (t7 / n) */
    *value = 0.5 * (t7 / (double)n);
    return 0;
}
