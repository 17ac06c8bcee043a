/* log_logistic_survival: the loss, and its derivatives.
 *
 *     def program(w: real[d], log_sigma: real, X: real[n, d], time: real[n], event: real[n]):
 *         t0 = exp(-log_sigma)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), logaddexp(0, s1) + event[i] * (s0 + (log_sigma + logaddexp(0, -s1)))))
 *         value = t2 / n
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
double log(double);
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

#include "log_logistic_survival.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t log_logistic_survival_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int log_logistic_survival_value(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                const double *restrict X, const double *restrict time_, const double *restrict event,
                                double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;

    /* t0 = exp(-log_sigma) */
    const double t0 = exp(-log_sigma);
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                t1_sum += X[i*d + j] * w[j];
            }
            t1[i - tile_begin] = t1_sum;
        }

        /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), s2 := log1p(exp(-abs(s1))), s3 := -s1,
         *    where(0 == s1, 0.6931471805599453, maximum(0, s1) + s2) + event[i] * (s0 + (log_sigma + where(0 ==
         *    s3, 0.6931471805599453, maximum(0, s3) + s2))))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = log(time_[i]);
            const double v1 = t0 * (v0 - t1[i - tile_begin]);
            const double v2 = log1p(exp(-fabs(v1)));
            const double v3 = -v1;
            const double v4 = v0 + (log_sigma + (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2));
            const double v5 = (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2) + event[i] * v4;
            t2_sum += v5;
        }
        t2 += t2_sum;
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    return 0;
}

size_t log_logistic_survival_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int log_logistic_survival_forward(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                  const double *restrict X, const double *restrict time_,
                                  const double *restrict event, double *restrict value, double *restrict t0,
                                  double *restrict t1, void *restrict work)
{
    (void)work;

    /* t0 = exp(-log_sigma) */
    const double t0_ = exp(-log_sigma);
    double t2 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                t1_sum += X[i*d + j] * w[j];
            }
            t1[i] = t1_sum;
        }

        /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), s2 := log1p(exp(-abs(s1))), s3 := -s1,
         *    where(0 == s1, 0.6931471805599453, maximum(0, s1) + s2) + event[i] * (s0 + (log_sigma + where(0 ==
         *    s3, 0.6931471805599453, maximum(0, s3) + s2))))) */
        double t2_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = log(time_[i]);
            const double v1 = t0_ * (v0 - t1[i]);
            const double v2 = log1p(exp(-fabs(v1)));
            const double v3 = -v1;
            const double v4 = v0 + (log_sigma + (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2));
            const double v5 = (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2) + event[i] * v4;
            t2_sum += v5;
        }
        t2 += t2_sum;
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    *t0 = t0_;
    return 0;
}

size_t log_logistic_survival_backward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int log_logistic_survival_backward(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                   const double *restrict X, const double *restrict time_,
                                   const double *restrict event, double t0, const double *restrict t1,
                                   double cotangent, double *restrict grad_w, double *restrict grad_log_sigma,
                                   void *restrict work)
{
    (void)w;
    (void)log_sigma;
    unsigned char *scratch = work;
    double *const t3 = (void *)scratch;

    /* t2 = cotangent / n */
    const double t2 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    double t4 = 0.0;
    double t5 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t3[i:n] = let(s0 := t0 * (log(time[i]) - t1[i]), s1 := log1p(exp(-abs(s0))), s2 := -s0, -(t0 * (t2 *
         *    exp(s0 - where(0 == s0, 0.6931471805599453, maximum(0, s0) + s1)) - t2 * event[i] * exp(-(s0 +
         *    where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1)))))) */
        /* t4 = sum[i:n](event[i]) */
        /* t5 = sum[i:n](let(s0 := log(time[i]) - t1[i], s1 := t0 * s0, s2 := log1p(exp(-abs(s1))), s3 := -s1, s0 *
         *    (t2 * exp(s1 - where(0 == s1, 0.6931471805599453, maximum(0, s1) + s2)) - t2 * event[i] * exp(-(s1 +
         *    where(0 == s3, 0.6931471805599453, maximum(0, s3) + s2)))))) */
        double t4_sum = 0.0;
        double t5_sum = 0.0;
        GRADC_SIMD(reduction(+:t4_sum, t5_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = log(time_[i]) - t1[i];
            const double v1 = t0 * v0;
            const double v2 = log1p(exp(-fabs(v1)));
            const double v3 = t2 * exp(v1 - (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2));
            const double event_i = event[i];
            const double v4 = -v1;
            const double v5 = t2 * event_i * exp(-(v1 + (0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0) + v2)));
            const double v6 = v3 - v5;
            t3[i - tile_begin] = -(t0 * v6);
            t4_sum += event_i;
            t5_sum += v0 * v6;
        }
        t4 += t4_sum;
        t5 += t5_sum;

        /* grad_w[j:d] = sum[i:n](X[i, j] * t3[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double t3_i = t3[i - tile_begin];
            const double t3_i1 = t3[(i + 1) - tile_begin];
            const double t3_i2 = t3[(i + 2) - tile_begin];
            const double t3_i3 = t3[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t3_i + X[(i + 1)*d + j] * t3_i1 + X[(i + 2)*d + j] * t3_i2 + X[(i + 3)*d + j] * t3_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double t3_i = t3[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t3_i;
            }
        }
    }

    /* grad_log_sigma = t4 * t2 - t0 * t5 */
    *grad_log_sigma = t2 * t4 - t0 * t5;
    return 0;
}

size_t log_logistic_survival_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int log_logistic_survival_value_and_grad(int64_t n, int64_t d, const double *restrict w, double log_sigma,
                                         const double *restrict X, const double *restrict time_,
                                         const double *restrict event, double *restrict value,
                                         double *restrict grad_w, double *restrict grad_log_sigma,
                                         void *restrict work)
{
    unsigned char *scratch = work;
    double *const t1 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const t4 = (void *)scratch;

    /* t0 = exp(-log_sigma) */
    /* t3 = 1 / n */
    const double t0 = exp(-log_sigma);
    const double t3 = 1.0 / (double)n;
    double t2 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    double t5 = 0.0;
    double t6 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t j = 0; j < d; ++j) {
                t1_sum += X[i*d + j] * w[j];
            }
            t1[i - tile_begin] = t1_sum;
        }

        /* t2 = sum[i:n](let(s0 := log(time[i]), s1 := t0 * (s0 - t1[i]), s2 := log1p(exp(-abs(s1))), s3 := -s1,
         *    where(0 == s1, 0.6931471805599453, maximum(0, s1) + s2) + event[i] * (s0 + (log_sigma + where(0 ==
         *    s3, 0.6931471805599453, maximum(0, s3) + s2))))) */
        /* t4[i:n] = let(s0 := t0 * (log(time[i]) - t1[i]), s1 := log1p(exp(-abs(s0))), s2 := -s0, -(t0 * (t3 *
         *    exp(s0 - where(0 == s0, 0.6931471805599453, maximum(0, s0) + s1)) - t3 * event[i] * exp(-(s0 +
         *    where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1)))))) */
        /* t5 = sum[i:n](event[i]) */
        /* t6 = sum[i:n](let(s0 := log(time[i]) - t1[i], s1 := t0 * s0, s2 := log1p(exp(-abs(s1))), s3 := -s1, s0 *
         *    (t3 * exp(s1 - where(0 == s1, 0.6931471805599453, maximum(0, s1) + s2)) - t3 * event[i] * exp(-(s1 +
         *    where(0 == s3, 0.6931471805599453, maximum(0, s3) + s2)))))) */
        double t2_sum = 0.0;
        double t5_sum = 0.0;
        double t6_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_sum, t5_sum, t6_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = log(time_[i]);
            const double v1 = v0 - t1[i - tile_begin];
            const double v2 = t0 * v1;
            const double v3 = log1p(exp(-fabs(v2)));
            const double v4 = 0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0) + v3;
            const double event_i = event[i];
            const double v5 = -v2;
            const double v6 = 0.0 == v5 ? 0.6931471805599453 : ((v5 > 0.0 || v5 != v5) ? v5 : 0.0) + v3;
            const double v7 = t3 * exp(v2 - v4) - t3 * event_i * exp(-(v2 + v6));
            t2_sum += v4 + event_i * (v0 + (log_sigma + v6));
            t4[i - tile_begin] = -(t0 * v7);
            t5_sum += event_i;
            t6_sum += v1 * v7;
        }
        t2 += t2_sum;
        t5 += t5_sum;
        t6 += t6_sum;

        /* grad_w[j:d] = sum[i:n](X[i, j] * t4[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double t4_i = t4[i - tile_begin];
            const double t4_i1 = t4[(i + 1) - tile_begin];
            const double t4_i2 = t4[(i + 2) - tile_begin];
            const double t4_i3 = t4[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t4_i + X[(i + 1)*d + j] * t4_i1 + X[(i + 2)*d + j] * t4_i2 + X[(i + 3)*d + j] * t4_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double t4_i = t4[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * t4_i;
            }
        }
    }

    /* value = t2 / n */
    /* grad_log_sigma = t5 * t3 - t0 * t6 */
    *value = t2 / (double)n;
    *grad_log_sigma = t3 * t5 - t0 * t6;
    return 0;
}
