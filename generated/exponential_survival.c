/* exponential_survival: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], time: real[n], event: real[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0 = sum[i:n](event[i] * z[i] + time[i] * exp(-z[i]))
 *         value = t0 / n
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
#endif
#endif

#include <math.h>

#if defined(GRADC_OPENMP_SIMD)
#define GRADC_PRAGMA(text) _Pragma(#text)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#include "exponential_survival.h"

/* The bytes of a buffer, rounded up so that the next one starts on a cache line. */
static inline size_t gradc_bytes(int64_t count, size_t size)
{
    return ((size_t)count * size + 63) / 64 * 64;
}

size_t exponential_survival_value_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int exponential_survival_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                               const double *restrict time_, const double *restrict event, double *restrict value,
                               void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    double t0 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double z_sum = 0.0;
            GRADC_SIMD(reduction(+:z_sum))
            for (int64_t j = 0; j < d; ++j) {
                z_sum += X[i*d + j] * w[j];
            }
            z[i - tile_begin] = z_sum;
        }

        /* t0 = sum[i:n](event[i] * z[i] + time[i] * exp(-z[i])) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i - tile_begin];
            t0_sum += event[i] * z_i + time_[i] * exp(-z_i);
        }
        t0 += t0_sum;
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}

size_t exponential_survival_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

int exponential_survival_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                 const double *restrict time_, const double *restrict event, double *restrict value,
                                 double *restrict z, void *restrict work)
{
    (void)work;
    double t0 = 0.0;
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double z_sum = 0.0;
            GRADC_SIMD(reduction(+:z_sum))
            for (int64_t j = 0; j < d; ++j) {
                z_sum += X[i*d + j] * w[j];
            }
            z[i] = z_sum;
        }

        /* t0 = sum[i:n](event[i] * z[i] + time[i] * exp(-z[i])) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_i = z[i];
            t0_sum += event[i] * z_i + time_[i] * exp(-z_i);
        }
        t0 += t0_sum;
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}

size_t exponential_survival_backward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double));
}

int exponential_survival_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                  const double *restrict time_, const double *restrict event,
                                  const double *restrict z, double cotangent, double *restrict grad_w,
                                  void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    double *const z_bar = (void *)scratch;

    /* t0 = cotangent / n */
    const double t0 = cotangent / (double)n;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z_bar[i:n] = t0 * event[i] - exp(-z[i]) * (t0 * time[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            z_bar[i - tile_begin] = t0 * event[i] - exp(-z[i]) * (t0 * time_[i]);
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double z_bar_i = z_bar[i - tile_begin];
            const double z_bar_i1 = z_bar[(i + 1) - tile_begin];
            const double z_bar_i2 = z_bar[(i + 2) - tile_begin];
            const double z_bar_i3 = z_bar[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * z_bar_i + X[(i + 1)*d + j] * z_bar_i1 + X[(i + 2)*d + j] * z_bar_i2 + X[(i + 3)*d + j] * z_bar_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double z_bar_i = z_bar[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * z_bar_i;
            }
        }
    }
    return 0;
}

size_t exponential_survival_value_and_grad_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return gradc_bytes(128, sizeof(double))
           + gradc_bytes(128, sizeof(double));
}

int exponential_survival_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                        const double *restrict time_, const double *restrict event,
                                        double *restrict value, double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const z_bar = (void *)scratch;

    /* t1 = 1 / n */
    const double t1 = 1.0 / (double)n;
    double t0 = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w[at] = 0.0;
    }
    for (int64_t tile_begin = 0; tile_begin < n; tile_begin += 128) {
        const int64_t tile_end = tile_begin + 128 < n ? tile_begin + 128 : n;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            double z_sum = 0.0;
            GRADC_SIMD(reduction(+:z_sum))
            for (int64_t j = 0; j < d; ++j) {
                z_sum += X[i*d + j] * w[j];
            }
            z[i - tile_begin] = z_sum;
        }

        /* t0 = sum[i:n](event[i] * z[i] + time[i] * exp(-z[i])) */
        /* z_bar[i:n] = t1 * event[i] - exp(-z[i]) * (t1 * time[i]) */
        double t0_sum = 0.0;
        GRADC_SIMD(reduction(+:t0_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double event_i = event[i];
            const double z_i = z[i - tile_begin];
            const double time__i = time_[i];
            const double v0 = exp(-z_i);
            t0_sum += event_i * z_i + time__i * v0;
            z_bar[i - tile_begin] = t1 * event_i - t1 * time__i * v0;
        }
        t0 += t0_sum;

        /* grad_w[j:d] = sum[i:n](X[i, j] * z_bar[i]) */
        for (int64_t i = tile_begin; i < tile_end / 4 * 4; i += 4) {
            const double z_bar_i = z_bar[i - tile_begin];
            const double z_bar_i1 = z_bar[(i + 1) - tile_begin];
            const double z_bar_i2 = z_bar[(i + 2) - tile_begin];
            const double z_bar_i3 = z_bar[(i + 3) - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * z_bar_i + X[(i + 1)*d + j] * z_bar_i1 + X[(i + 2)*d + j] * z_bar_i2 + X[(i + 3)*d + j] * z_bar_i3;
            }
        }
        for (int64_t i = tile_end / 4 * 4; i < tile_end; ++i) {
            const double z_bar_i = z_bar[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < d; ++j) {
                grad_w[j] += X[i*d + j] * z_bar_i;
            }
        }
    }

    /* value = t0 / n */
    *value = t0 / (double)n;
    return 0;
}
