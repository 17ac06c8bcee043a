/* bradley_terry: the loss, and its derivatives.
 *
 *     def program(s: real[m], winner: int64[n], loser: int64[n]):
 *         t0 = sum[j:n](logaddexp(0, s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] < 0, m + winner[j], winner[j])]))
 *         value = t0 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * bradley_terry_value gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_value gives 2: winner holds an index out of range for an axis of length m
 * bradley_terry_forward gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_forward gives 2: winner holds an index out of range for an axis of length m
 * bradley_terry_backward gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_backward gives 2: winner holds an index out of range for an axis of length m
 * bradley_terry_value_and_grad gives 1: loser holds an index out of range for an axis of length m
 * bradley_terry_value_and_grad gives 2: winner holds an index out of range for an axis of length m
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

#include "bradley_terry.h"

size_t bradley_terry_value_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

int bradley_terry_value(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                        const int64_t *restrict loser, double *restrict value, void *restrict work)
{
    (void)work;
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v0 = loser[j];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v1 = winner[j];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    double t0 = 0.0;
    /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] < */
    /*    0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
    /*    log1p(exp(-abs(s0)))))) */
    double t0_sum = 0.0;
    GRADC_SIMD(reduction(+:t0_sum))
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v2 = loser[j];
        const int64_t v3 = winner[j];
        const double v4 = s[(v2 < 0 ? m + v2 : v2)] - s[(v3 < 0 ? m + v3 : v3)];
        const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0) + log1p(exp(-fabs(v4)));
        t0_sum += v5;
    }
    t0 += t0_sum;
    /* value = t0 / n */
    const double value_ = t0 / (double)n;
    *value = value_;
    return 0;
}

size_t bradley_terry_forward_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

int bradley_terry_forward(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                          const int64_t *restrict loser, double *restrict value, void *restrict work)
{
    (void)work;
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v0 = loser[j];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v1 = winner[j];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    double t0 = 0.0;
    /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] < */
    /*    0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
    /*    log1p(exp(-abs(s0)))))) */
    double t0_sum = 0.0;
    GRADC_SIMD(reduction(+:t0_sum))
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v2 = loser[j];
        const int64_t v3 = winner[j];
        const double v4 = s[(v2 < 0 ? m + v2 : v2)] - s[(v3 < 0 ? m + v3 : v3)];
        const double v5 = 0.0 == v4 ? 0.6931471805599453 : ((v4 > 0.0 || v4 != v4) ? v4 : 0.0) + log1p(exp(-fabs(v4)));
        t0_sum += v5;
    }
    t0 += t0_sum;
    /* value = t0 / n */
    const double value_ = t0 / (double)n;
    *value = value_;
    return 0;
}

size_t bradley_terry_backward_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

int bradley_terry_backward(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                           const int64_t *restrict loser, double cotangent, double *restrict grad_s,
                           void *restrict work)
{
    (void)work;
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v0 = loser[j];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v1 = winner[j];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v2 = winner[j];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 2;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v3 = loser[j];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 1;
        }
    }
    /* t0 = cotangent / n */
    const double t0 = cotangent / (double)n;
    for (int64_t at = 0; at < m; ++at) {
        grad_s[at] = 0.0;
    }
    /* grad_s[:m] = 0 grad_s += each[j:n](let(s0 := where_integer(loser[j] < 0, m + loser[j], loser[j]), s1 := */
    /*    where_integer(winner[j] < 0, m + winner[j], winner[j]), s2 := s[s0] - s[s1], s3 := t0 * exp(s2 - where(0 */
    /*    == s2, 0.6931471805599453, maximum(0, s2) + log1p(exp(-abs(s2))))), at[s1](-s3), at[s0](s3))) */
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v4 = loser[j];
        const int64_t v5 = v4 < 0 ? m + v4 : v4;
        const int64_t v6 = winner[j];
        const int64_t v7 = v6 < 0 ? m + v6 : v6;
        const double v8 = s[v5] - s[v7];
        const double v9 = 0.0 == v8 ? 0.6931471805599453 : ((v8 > 0.0 || v8 != v8) ? v8 : 0.0) + log1p(exp(-fabs(v8)));
        const double v10 = t0 * exp(v8 - v9);
        grad_s[v7] += -v10;
        grad_s[v5] += v10;
    }
    return 0;
}

size_t bradley_terry_value_and_grad_work(int64_t m, int64_t n)
{
    (void)m;
    (void)n;
    return 0;
}

int bradley_terry_value_and_grad(int64_t m, int64_t n, const double *restrict s, const int64_t *restrict winner,
                                 const int64_t *restrict loser, double *restrict value, double *restrict grad_s,
                                 void *restrict work)
{
    (void)work;
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v0 = loser[j];
        if ((v0 < 0 ? m + v0 : v0) < 0 || (v0 < 0 ? m + v0 : v0) >= m) {
            return 1;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v1 = winner[j];
        if ((v1 < 0 ? m + v1 : v1) < 0 || (v1 < 0 ? m + v1 : v1) >= m) {
            return 2;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v2 = loser[j];
        if ((v2 < 0 ? m + v2 : v2) < 0 || (v2 < 0 ? m + v2 : v2) >= m) {
            return 1;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v3 = winner[j];
        if ((v3 < 0 ? m + v3 : v3) < 0 || (v3 < 0 ? m + v3 : v3) >= m) {
            return 2;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v4 = winner[j];
        if ((v4 < 0 ? m + v4 : v4) < 0 || (v4 < 0 ? m + v4 : v4) >= m) {
            return 2;
        }
    }
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v5 = loser[j];
        if ((v5 < 0 ? m + v5 : v5) < 0 || (v5 < 0 ? m + v5 : v5) >= m) {
            return 1;
        }
    }
    /* t1 = 1 / n */
    const double t1 = 1.0 / (double)n;
    double t0 = 0.0;
    for (int64_t at = 0; at < m; ++at) {
        grad_s[at] = 0.0;
    }
    /* t0 = sum[j:n](let(s0 := s[where_integer(loser[j] < 0, m + loser[j], loser[j])] - s[where_integer(winner[j] < */
    /*    0, m + winner[j], winner[j])], where(0 == s0, 0.6931471805599453, maximum(0, s0) + */
    /*    log1p(exp(-abs(s0)))))) */
    /* grad_s[:m] = 0 grad_s += each[j:n](let(s0 := where_integer(loser[j] < 0, m + loser[j], loser[j]), s1 := */
    /*    where_integer(winner[j] < 0, m + winner[j], winner[j]), s2 := s[s0] - s[s1], s3 := t1 * exp(s2 - where(0 */
    /*    == s2, 0.6931471805599453, maximum(0, s2) + log1p(exp(-abs(s2))))), at[s1](-s3), at[s0](s3))) */
    double t0_sum = 0.0;
    for (int64_t j = 0; j < n; ++j) {
        const int64_t v6 = loser[j];
        const int64_t v7 = v6 < 0 ? m + v6 : v6;
        const int64_t v8 = winner[j];
        const int64_t v9 = v8 < 0 ? m + v8 : v8;
        const double v10 = s[v7] - s[v9];
        const double v11 = 0.0 == v10 ? 0.6931471805599453 : ((v10 > 0.0 || v10 != v10) ? v10 : 0.0) + log1p(exp(-fabs(v10)));
        const double v12 = t1 * exp(v10 - v11);
        t0_sum += v11;
        grad_s[v9] += -v12;
        grad_s[v7] += v12;
    }
    t0 += t0_sum;
    /* value = t0 / n */
    const double value_ = t0 / (double)n;
    *value = value_;
    return 0;
}
