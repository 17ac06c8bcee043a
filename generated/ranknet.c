/* ranknet: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], grade: real[n]):
 *         s[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = sum[i:n, j:n](where(grade[j] < grade[i], logaddexp(0, s[j] - s[i]), 0))
 *         t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0))
 *         value = t0 / t1
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include <stddef.h>
#include <stdint.h>

/* With -fopenmp-simd, gcc and glibc, loops call these a vector at a time. Declared before math.h, whose own
 * declarations then add to them. */
#if defined(GRADC_OPENMP_SIMD) && defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__)
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
#pragma omp declare simd notinbranch
double exp(double);
#pragma omp declare simd notinbranch
double log1p(double);
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "ranknet.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t ranknet_value_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n, sizeof(double));
}

int ranknet_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                  const double *restrict grade, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const s = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double s_sum = 0.0;
            GRADC_SIMD(reduction(+:s_sum))
            for (int64_t j = 0; j < d; ++j) {
                s_sum += X[i*d + j] * w[j];
            }
            s[i] = s_sum;
        }

        /* t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t1_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grade_i = grade[i];
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < n; ++j) {
                t1_sum += grade[j] < grade_i ? 1.0 : 0.0;
            }
        }
        t1 += t1_sum;
    }
    double t0 = 0.0;

    /* t0 = sum[i:n, j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453,
     *    maximum(0, s0) + log1p(exp(-abs(s0)))), 0))) */
    for (int64_t i = 0; i < n; ++i) {
        const double grade_i = grade[i];
        const double s_i = s[i];
        GRADC_SIMD(reduction(+:t0))
        for (int64_t j = 0; j < n; ++j) {
            const double v0 = s[j] - s_i;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            t0 += grade[j] < grade_i ? v1 : 0.0;
        }
    }

    /* value = t0 / t1 */
    *value = t0 / t1;
    return 0;
}

size_t ranknet_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int ranknet_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                    const double *restrict grade, double *restrict value, double *restrict s, double *restrict t1,
                    void *restrict work)
{
    (void)work;
    double t1_ = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double s_sum = 0.0;
            GRADC_SIMD(reduction(+:s_sum))
            for (int64_t j = 0; j < d; ++j) {
                s_sum += X[i*d + j] * w[j];
            }
            s[i] = s_sum;
        }

        /* t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t1__sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grade_i = grade[i];
            GRADC_SIMD(reduction(+:t1__sum))
            for (int64_t j = 0; j < n; ++j) {
                t1__sum += grade[j] < grade_i ? 1.0 : 0.0;
            }
        }
        t1_ += t1__sum;
    }
    double t0 = 0.0;

    /* t0 = sum[i:n, j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453,
     *    maximum(0, s0) + log1p(exp(-abs(s0)))), 0))) */
    for (int64_t i = 0; i < n; ++i) {
        const double grade_i = grade[i];
        const double s_i = s[i];
        GRADC_SIMD(reduction(+:t0))
        for (int64_t j = 0; j < n; ++j) {
            const double v0 = s[j] - s_i;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            t0 += grade[j] < grade_i ? v1 : 0.0;
        }
    }

    /* value = t0 / t1 */
    *value = t0 / t1_;
    *t1 = t1_;
    return 0;
}

size_t ranknet_backward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int ranknet_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict grade, const double *restrict s, double t1, double cotangent,
                     double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const s_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const s_bar_2 = (void *)scratch;

    /* t0 = cotangent / t1 */
    const double t0 = cotangent / t1;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* s_bar[i:n] = sum[j:n](let(s0 := s[i] - s[j], where(grade[i] < grade[j], t0 * exp(s0 - where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0))))), 0))) */
        /* s_bar_2[i:n] = sum[j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], -(t0 * exp(s0 - where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0)))))), 0))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grade_i = grade[i];
            const double s_i = s[i];
            double s_bar_sum = 0.0;
            double s_bar_2_sum = 0.0;
            GRADC_SIMD(reduction(+:s_bar_sum, s_bar_2_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double grade_j = grade[j];
                const double s_j = s[j];
                const double v0 = s_i - s_j;
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
                const double v2 = s_j - s_i;
                const double v3 = 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0) + log1p(exp(-fabs(v2)));
                s_bar_sum += grade_i < grade_j ? t0 * exp(v0 - v1) : 0.0;
                s_bar_2_sum += grade_j < grade_i ? -(t0 * exp(v2 - v3)) : 0.0;
            }
            s_bar[i - tile_begin] = s_bar_sum;
            s_bar_2[i - tile_begin] = s_bar_2_sum;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * (s_bar_2[i] + s_bar[i])) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v0 = s_bar_2[i - tile_begin] + s_bar[i - tile_begin];
            const double v1 = s_bar_2[(i + 1) - tile_begin] + s_bar[(i + 1) - tile_begin];
            const double v2 = s_bar_2[(i + 2) - tile_begin] + s_bar[(i + 2) - tile_begin];
            const double v3 = s_bar_2[(i + 3) - tile_begin] + s_bar[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v0 = s_bar_2[i - tile_begin] + s_bar[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v0;
            }
        }
    }
    return 0;
}

size_t ranknet_value_and_grad_work(int64_t n, int64_t d)
{
    (void)d;
    return gradc_bytes(n, sizeof(double))
           + gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int ranknet_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict grade, double *restrict value, double *restrict grad_w,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const s = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const s_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const s_bar_2 = (void *)scratch;
    double t1 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double s_sum = 0.0;
            GRADC_SIMD(reduction(+:s_sum))
            for (int64_t j = 0; j < d; ++j) {
                s_sum += X[i*d + j] * w[j];
            }
            s[i] = s_sum;
        }

        /* t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t1_sum = 0.0;
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grade_i = grade[i];
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < n; ++j) {
                t1_sum += grade[j] < grade_i ? 1.0 : 0.0;
            }
        }
        t1 += t1_sum;
    }
    double t0 = 0.0;

    /* t0 = sum[i:n, j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453,
     *    maximum(0, s0) + log1p(exp(-abs(s0)))), 0))) */
    for (int64_t i = 0; i < n; ++i) {
        const double grade_i = grade[i];
        const double s_i = s[i];
        GRADC_SIMD(reduction(+:t0))
        for (int64_t j = 0; j < n; ++j) {
            const double v0 = s[j] - s_i;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
            t0 += grade[j] < grade_i ? v1 : 0.0;
        }
    }

    /* value = t0 / t1 */
    /* t2 = 1 / t1 */
    *value = t0 / t1;
    const double t2 = 1.0 / t1;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* s_bar[i:n] = sum[j:n](let(s0 := s[i] - s[j], where(grade[i] < grade[j], t2 * exp(s0 - where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0))))), 0))) */
        /* s_bar_2[i:n] = sum[j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], -(t2 * exp(s0 - where(0 == s0,
         *    0.6931471805599453, maximum(0, s0) + log1p(exp(-abs(s0)))))), 0))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double grade_i = grade[i];
            const double s_i = s[i];
            double s_bar_sum = 0.0;
            double s_bar_2_sum = 0.0;
            GRADC_SIMD(reduction(+:s_bar_sum, s_bar_2_sum))
            for (int64_t j = 0; j < n; ++j) {
                const double grade_j = grade[j];
                const double s_j = s[j];
                const double v0 = s_i - s_j;
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0) + log1p(exp(-fabs(v0)));
                const double v2 = s_j - s_i;
                const double v3 = 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0) + log1p(exp(-fabs(v2)));
                s_bar_sum += grade_i < grade_j ? t2 * exp(v0 - v1) : 0.0;
                s_bar_2_sum += grade_j < grade_i ? -(t2 * exp(v2 - v3)) : 0.0;
            }
            s_bar[i - tile_begin] = s_bar_sum;
            s_bar_2[i - tile_begin] = s_bar_2_sum;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * (s_bar[i] + s_bar_2[i])) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double v0 = s_bar[i - tile_begin] + s_bar_2[i - tile_begin];
            const double v1 = s_bar[(i + 1) - tile_begin] + s_bar_2[(i + 1) - tile_begin];
            const double v2 = s_bar[(i + 2) - tile_begin] + s_bar_2[(i + 2) - tile_begin];
            const double v3 = s_bar[(i + 3) - tile_begin] + s_bar_2[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v0 + X[(i + 1)*d + j] * v1 + X[(i + 2)*d + j] * v2 + X[(i + 3)*d + j] * v3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double v0 = s_bar[i - tile_begin] + s_bar_2[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * v0;
            }
        }
    }
    return 0;
}
