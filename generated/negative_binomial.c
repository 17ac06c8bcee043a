/* negative_binomial: the loss, and its derivatives.
 *
 *     def program(w: real[d], log_alpha: real, X: real[n, d], y: real[n]):
 *         r = exp(-log_alpha)
 *         t0 = gammaln(r)
 *         t1[i:n] = sum[j:d](X[i, j] * w[j])
 *         t2 = sum[i:n](let(s0 := log_alpha + t1[i], gammaln_difference(r + y[i], 1 - r) + (t0 + (r * logaddexp(0,
 *            s0) + y[i] * logaddexp(0, -s0)))))
 *         value = t2 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/far_gamma.h"
#include "support/vector/gamma_ratio.h"
#include "support/vector/log1p_unit.h"
#include "support/vector/psi.h"
#include "support/vector/psi_difference.h"
#include "support/special/digamma_difference.h"
#include "support/special/gammaln_difference.h"
#include "support/special/lgamma.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "negative_binomial.h"

size_t negative_binomial_value_work(int64_t n, int64_t d)
{
    return (size_t)gradc_parts(n, 3*d + 84, 0) * gradc_bytes(128, sizeof(double));
}

struct negative_binomial_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double r;
    const double *y;
    double log_alpha;
    double t0;
    double *t2_parts;
};

static GRADC_APART void negative_binomial_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double r = given->r;
    const double *restrict const y = given->y;
    const double log_alpha = given->log_alpha;
    const double t0 = given->t0;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := log1p_unit(exp(-abs(s0))), s2 := -s0,
         *    gammaln_difference(r + y[i], 1 - r) + (t0 + (r * where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    s1) + y[i] * where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1))))) */
        const double v0 = 1.0 - r;
        double t2_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                far += gradc_far_gamma(r + y_i, v0);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t2_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i - tile_begin];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gamma_ratio(r + y_i, v0) + (t0 + v4);
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i - tile_begin];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gammaln_difference(r + y_i, v0) + (t0 + v4);
                }
            }
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int negative_binomial_value(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                            const double *restrict X, const double *restrict y, double *restrict value,
                            void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 85.0*(double)n);

    /* r = exp(-log_alpha) */
    /* t0 = gammaln(r) */
    const double v0 = gradc_exp(-log_alpha);
    const double r = v0;
    const double t0 = gradc_lgamma(v0);
    const int64_t parts = gradc_parts(n, 3*d + 84, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct negative_binomial_value_rows0 given = {n, parts, tile_scratch, tile_bytes, d, stop, X, w, r, y,
            log_alpha, t0, t2_parts};
        if (parts > 1) {
            gradc_run(parts, negative_binomial_value_rows0, &given);
        } else {
            negative_binomial_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t negative_binomial_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct negative_binomial_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    double r;
    const double *y;
    double log_alpha;
    double *t1;
    double t0;
    double *t2_parts;
};

static GRADC_APART void negative_binomial_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct negative_binomial_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double r = given->r;
    const double *restrict const y = given->y;
    const double log_alpha = given->log_alpha;
    double *restrict const t1 = given->t1;
    const double t0 = given->t0;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t2 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := log1p_unit(exp(-abs(s0))), s2 := -s0,
         *    gammaln_difference(r + y[i], 1 - r) + (t0 + (r * where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    s1) + y[i] * where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1))))) */
        const double v0 = 1.0 - r;
        double t2_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                far += gradc_far_gamma(r + y_i, v0);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t2_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gamma_ratio(r + y_i, v0) + (t0 + v4);
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v1 = log_alpha + t1[i];
                    const double v2 = gradc_log1p_unit(gradc_exp(-fabs(v1)));
                    const double v3 = -v1;
                    const double v4 = r * (0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0) + v2)
                        + y_i * (0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v2);
                    t2_part_sum += gradc_gammaln_difference(r + y_i, v0) + (t0 + v4);
                }
            }
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

int negative_binomial_forward(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                              const double *restrict X, const double *restrict y, double *restrict value,
                              double *restrict r, double *restrict t1, void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 85.0*(double)n);

    /* r = exp(-log_alpha) */
    /* t0 = gammaln(r) */
    const double v0 = gradc_exp(-log_alpha);
    const double r_ = v0;
    const double t0 = gradc_lgamma(v0);
    for (int64_t at = 0; at < n; ++at) {
        t1[at] = 0.0;
    }

    /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, t1, 1, 1);
    const int64_t parts = gradc_parts(n, 84, 0);
    double t2_parts[GRADC_PARTS];
    {
        const struct negative_binomial_forward_rows0 given = {n, parts, stop, r_, y, log_alpha, t1, t0, t2_parts};
        if (parts > 1) {
            gradc_run(parts, negative_binomial_forward_rows0, &given);
        } else {
            negative_binomial_forward_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }

    /* value = t2 / n */
    *value = t2 / (double)n;
    *r = r_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t negative_binomial_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 149, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 149, d) * gradc_bytes(128, sizeof(double));
}

struct negative_binomial_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double r;
    double t2_bar;
    const double *y;
    const double *t1;
    double log_alpha;
    const double *X;
    double *grad_log_alpha_total_parts;
    double *r_bar_term_parts;
};

static GRADC_APART void negative_binomial_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double r = given->r;
    const double t2_bar = given->t2_bar;
    const double *restrict const y = given->y;
    const double *restrict const t1 = given->t1;
    const double log_alpha = given->log_alpha;
    const double *restrict const X = given->X;
    double *restrict const grad_log_alpha_total_parts = given->grad_log_alpha_total_parts;
    double *restrict const r_bar_term_parts = given->r_bar_term_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1_bar = (void *)tile_own;
    double grad_log_alpha_total_part = 0.0;
    double grad_log_alpha_total_part_low = 0.0;
    double r_bar_term_part = 0.0;
    double r_bar_term_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1_bar[i:n] = let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := -s0, s4 := where(0
         *    <= s3, 1, s1) / s2, s5 := s0 - log_alpha, s6 := t1[i] - s5 + (log_alpha - (s0 - s5)), s7 := -s6,
         *    where(-inf == s0, 0, r * t2_bar * (where(0 <= s0, 1, s1) / s2 * (1 + s4 * where(abs(s6) < 1, s6,
         *    0)))) + where(-inf == s3, 0, -(t2_bar * y[i] * (s4 * (1 + where(0 <= -s3, 1, s1) / s2 * where(abs(s7)
         *    < 1, s7, 0)))))) */
        /* grad_log_alpha_total = sum[i:n](let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 :=
         *    -s0, s4 := where(0 <= s3, 1, s1) / s2, s5 := s0 - log_alpha, s6 := t1[i] - s5 + (log_alpha - (s0 -
         *    s5)), s7 := -s6, where(-inf == s0, 0, r * t2_bar * (where(0 <= s0, 1, s1) / s2 * (1 + s4 *
         *    where(abs(s6) < 1, s6, 0)))) + where(-inf == s3, 0, -(t2_bar * y[i] * (s4 * (1 + where(0 <= -s3, 1,
         *    s1) / s2 * where(abs(s7) < 1, s7, 0))))))) */
        /* r_bar_term = sum[i:n](let(s0 := r + y[i], s1 := 1 - r, s2 := log_alpha + t1[i], t2_bar *
         *    digamma_difference(s0, s1) + (t2_bar * where(0 == s2, 0.6931471805599453, maximum(0, s2) +
         *    log1p_unit(exp(-abs(s2)))) - t2_bar * digamma(s0 + s1)))) */
        const double v0 = r * t2_bar;
        const double v1 = 1.0 - r;
        double grad_log_alpha_total_part_sum = 0.0;
        double r_bar_term_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                const double v2 = r + y_i;
                far += gradc_far_gamma(v2, v1);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:grad_log_alpha_total_part_sum, r_bar_term_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double t1_i = t1[i];
                    const double v2 = log_alpha + t1_i;
                    const double v3 = gradc_exp(-fabs(v2));
                    const double v4 = 1.0 + v3;
                    const double v5 = -v2;
                    const double v6 = (0.0 <= v5 ? 1.0 : v3) / v4;
                    const double v7 = v2 - log_alpha;
                    const double v8 = t1_i - v7 + (log_alpha - (v2 - v7));
                    const double v9 = -(double)INFINITY == v2 ? 0.0 : v0
                        * ((0.0 <= v2 ? 1.0 : v3) / v4 * (1.0 + v6 * (fabs(v8) < 1.0 ? v8 : 0.0)));
                    const double y_i = y[i];
                    const double v10 = -v8;
                    const double v11 = -(double)INFINITY == v5 ? 0.0 : -(t2_bar * y_i
                        * (v6 * (1.0 + (0.0 <= -v5 ? 1.0 : v3) / v4 * (fabs(v10) < 1.0 ? v10 : 0.0))));
                    const double v12 = v9 + v11;
                    const double v13 = r + y_i;
                    const double v14 = t2_bar * (0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0)
                        + gradc_log1p_unit(v3)) - t2_bar * gradc_psi(v13 + v1);
                    t1_bar[i - tile_begin] = v12;
                    grad_log_alpha_total_part_sum += v12;
                    r_bar_term_part_sum += t2_bar * gradc_psi_difference(v13, v1) + v14;
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double t1_i = t1[i];
                    const double v2 = log_alpha + t1_i;
                    const double v3 = gradc_exp(-fabs(v2));
                    const double v4 = 1.0 + v3;
                    const double v5 = -v2;
                    const double v6 = (0.0 <= v5 ? 1.0 : v3) / v4;
                    const double v7 = v2 - log_alpha;
                    const double v8 = t1_i - v7 + (log_alpha - (v2 - v7));
                    const double v9 = -(double)INFINITY == v2 ? 0.0 : v0
                        * ((0.0 <= v2 ? 1.0 : v3) / v4 * (1.0 + v6 * (fabs(v8) < 1.0 ? v8 : 0.0)));
                    const double y_i = y[i];
                    const double v10 = -v8;
                    const double v11 = -(double)INFINITY == v5 ? 0.0 : -(t2_bar * y_i
                        * (v6 * (1.0 + (0.0 <= -v5 ? 1.0 : v3) / v4 * (fabs(v10) < 1.0 ? v10 : 0.0))));
                    const double v12 = v9 + v11;
                    const double v13 = r + y_i;
                    const double v14 = t2_bar * (0.0 == v2 ? 0.6931471805599453 : ((v2 > 0.0 || v2 != v2) ? v2 : 0.0)
                        + gradc_log1p_unit(v3)) - t2_bar * gradc_psi(v13 + v1);
                    t1_bar[i - tile_begin] = v12;
                    grad_log_alpha_total_part_sum += v12;
                    r_bar_term_part_sum += t2_bar * gradc_digamma_difference(v13, v1) + v14;
                }
            }
        }
        gradc_add(&grad_log_alpha_total_part, &grad_log_alpha_total_part_low, grad_log_alpha_total_part_sum);
        gradc_add(&r_bar_term_part, &r_bar_term_part_low, r_bar_term_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t1_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1_bar, 1, grad_w_part);
    }
    grad_log_alpha_total_part = gradc_rounded(grad_log_alpha_total_part, grad_log_alpha_total_part_low);
    grad_log_alpha_total_parts[part] = grad_log_alpha_total_part;
    r_bar_term_part = gradc_rounded(r_bar_term_part, r_bar_term_part_low);
    r_bar_term_parts[part] = r_bar_term_part;
}

int negative_binomial_backward(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                               const double *restrict X, const double *restrict y, double r,
                               const double *restrict t1, double cotangent, double *restrict grad_w,
                               double *restrict grad_log_alpha, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 149, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 257.0*(double)n);

    /* t2_bar = cotangent / n */
    const double t2_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 149, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double grad_log_alpha_total_parts[GRADC_PARTS];
    double r_bar_term_parts[GRADC_PARTS];
    {
        const struct negative_binomial_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, r, t2_bar, y, t1, log_alpha, X, grad_log_alpha_total_parts,
            r_bar_term_parts};
        if (parts > 1) {
            gradc_run(parts, negative_binomial_backward_rows0, &given);
        } else {
            negative_binomial_backward_rows0(&given, 0, 0);
        }
    }
    double grad_log_alpha_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_log_alpha_total += grad_log_alpha_total_parts[part];
    }
    double r_bar_term = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        r_bar_term += r_bar_term_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* grad_log_alpha = grad_log_alpha_total - r * (r_bar_term + digamma(r) * (t2_bar * n)) */
    *grad_log_alpha = grad_log_alpha_total - r * (r_bar_term + gradc_psi(r) * (t2_bar * (double)n));
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t negative_binomial_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 6*d + 154, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 6*d + 154, d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct negative_binomial_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *X;
    const double *w;
    double r;
    double t2_bar;
    const double *y;
    double log_alpha;
    double t0;
    double *t2_parts;
    double *grad_log_alpha_total_parts;
    double *r_bar_term_parts;
};

static GRADC_APART void negative_binomial_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct negative_binomial_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    const double r = given->r;
    const double t2_bar = given->t2_bar;
    const double *restrict const y = given->y;
    const double log_alpha = given->log_alpha;
    const double t0 = given->t0;
    double *restrict const t2_parts = given->t2_parts;
    double *restrict const grad_log_alpha_total_parts = given->grad_log_alpha_total_parts;
    double *restrict const r_bar_term_parts = given->r_bar_term_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t1 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t1_bar = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    double grad_log_alpha_total_part = 0.0;
    double grad_log_alpha_total_part_low = 0.0;
    double r_bar_term_part = 0.0;
    double r_bar_term_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t1[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, t1, 1, 0);

        /* t2 = sum[i:n](let(s0 := log_alpha + t1[i], s1 := log1p_unit(exp(-abs(s0))), s2 := -s0,
         *    gammaln_difference(r + y[i], 1 - r) + (t0 + (r * where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    s1) + y[i] * where(0 == s2, 0.6931471805599453, maximum(0, s2) + s1))))) */
        /* t1_bar[i:n] = let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := -s0, where(-inf ==
         *    s0, 0, r * t2_bar * (where(0 <= s0, 1, s1) / s2)) + where(-inf == s3, 0, -(t2_bar * y[i] * (where(0
         *    <= s3, 1, s1) / s2)))) */
        /* grad_log_alpha_total = sum[i:n](let(s0 := log_alpha + t1[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 :=
         *    -s0, where(-inf == s0, 0, r * t2_bar * (where(0 <= s0, 1, s1) / s2)) + where(-inf == s3, 0, -(t2_bar
         *    * y[i] * (where(0 <= s3, 1, s1) / s2))))) */
        /* r_bar_term = sum[i:n](let(s0 := r + y[i], s1 := 1 - r, s2 := log_alpha + t1[i], t2_bar *
         *    digamma_difference(s0, s1) + (t2_bar * where(0 == s2, 0.6931471805599453, maximum(0, s2) +
         *    log1p_unit(exp(-abs(s2)))) - t2_bar * digamma(s1 + s0)))) */
        const double v0 = 1.0 - r;
        const double v1 = r * t2_bar;
        double t2_part_sum = 0.0;
        double grad_log_alpha_total_part_sum = 0.0;
        double r_bar_term_part_sum = 0.0;
        {
            double far = 0.0;
            GRADC_SIMD(reduction(+:far))
            for (int64_t i = tile_begin; i < tile_end; ++i) {
                const double y_i = y[i];
                const double v2 = r + y_i;
                far += gradc_far_gamma(v2, v0);
                far += gradc_far_gamma(v2, v0);
            }
            if (far == 0.0) {
                GRADC_SIMD(reduction(+:t2_part_sum, grad_log_alpha_total_part_sum, r_bar_term_part_sum))
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v2 = r + y_i;
                    const double v3 = log_alpha + t1[i - tile_begin];
                    const double v4 = gradc_exp(-fabs(v3));
                    const double v5 = gradc_log1p_unit(v4);
                    const double v6 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v5;
                    const double v7 = -v3;
                    const double v8 = gradc_gamma_ratio(v2, v0) + (t0 + (r * v6 + y_i
                        * (0.0 == v7 ? 0.6931471805599453 : ((v7 > 0.0 || v7 != v7) ? v7 : 0.0) + v5)));
                    const double v9 = 1.0 + v4;
                    const double v10 = (-(double)INFINITY == v3 ? 0.0 : v1 * ((0.0 <= v3 ? 1.0 : v4) / v9))
                        + (-(double)INFINITY == v7 ? 0.0 : -(t2_bar * y_i * ((0.0 <= v7 ? 1.0 : v4) / v9)));
                    t2_part_sum += v8;
                    t1_bar[i - tile_begin] = v10;
                    grad_log_alpha_total_part_sum += v10;
                    r_bar_term_part_sum += t2_bar * gradc_psi_difference(v2, v0)
                        + (t2_bar * v6 - t2_bar * gradc_psi(v2 + v0));
                }
            } else {
                for (int64_t i = tile_begin; i < tile_end; ++i) {
                    const double y_i = y[i];
                    const double v2 = r + y_i;
                    const double v3 = log_alpha + t1[i - tile_begin];
                    const double v4 = gradc_exp(-fabs(v3));
                    const double v5 = gradc_log1p_unit(v4);
                    const double v6 = 0.0 == v3 ? 0.6931471805599453 : ((v3 > 0.0 || v3 != v3) ? v3 : 0.0) + v5;
                    const double v7 = -v3;
                    const double v8 = gradc_gammaln_difference(v2, v0)
                        + (t0 + (r * v6 + y_i * (0.0 == v7 ? 0.6931471805599453 : ((v7 > 0.0 || v7 != v7) ? v7 : 0.0)
                        + v5)));
                    const double v9 = 1.0 + v4;
                    const double v10 = (-(double)INFINITY == v3 ? 0.0 : v1 * ((0.0 <= v3 ? 1.0 : v4) / v9))
                        + (-(double)INFINITY == v7 ? 0.0 : -(t2_bar * y_i * ((0.0 <= v7 ? 1.0 : v4) / v9)));
                    t2_part_sum += v8;
                    t1_bar[i - tile_begin] = v10;
                    grad_log_alpha_total_part_sum += v10;
                    r_bar_term_part_sum += t2_bar * gradc_digamma_difference(v2, v0)
                        + (t2_bar * v6 - t2_bar * gradc_psi(v2 + v0));
                }
            }
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
        gradc_add(&grad_log_alpha_total_part, &grad_log_alpha_total_part_low, grad_log_alpha_total_part_sum);
        gradc_add(&r_bar_term_part, &r_bar_term_part_low, r_bar_term_part_sum);

        /* grad_w[j:d] = sum[i:n](X[i, j] * t1_bar[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, t1_bar, 1, grad_w_part);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    grad_log_alpha_total_part = gradc_rounded(grad_log_alpha_total_part, grad_log_alpha_total_part_low);
    grad_log_alpha_total_parts[part] = grad_log_alpha_total_part;
    r_bar_term_part = gradc_rounded(r_bar_term_part, r_bar_term_part_low);
    r_bar_term_parts[part] = r_bar_term_part;
}

int negative_binomial_value_and_grad(int64_t n, int64_t d, const double *restrict w, double log_alpha,
                                     const double *restrict X, const double *restrict y, double *restrict value,
                                     double *restrict grad_w, double *restrict grad_log_alpha, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 6*d + 154, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 292.0*(double)n);

    /* r = exp(-log_alpha) */
    /* t0 = gammaln(r) */
    /* t2_bar = 1 / n */
    const double v0 = gradc_exp(-log_alpha);
    const double r = v0;
    const double t0 = gradc_lgamma(v0);
    const double t2_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 6*d + 154, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    double grad_log_alpha_total_parts[GRADC_PARTS];
    double r_bar_term_parts[GRADC_PARTS];
    {
        const struct negative_binomial_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, X, w, r, t2_bar, y, log_alpha, t0, t2_parts, grad_log_alpha_total_parts,
            r_bar_term_parts};
        if (parts > 1) {
            gradc_run(parts, negative_binomial_value_and_grad_rows0, &given);
        } else {
            negative_binomial_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    double grad_log_alpha_total = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        grad_log_alpha_total += grad_log_alpha_total_parts[part];
    }
    double r_bar_term = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        r_bar_term += r_bar_term_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* value = t2 / n */
    /* grad_log_alpha = grad_log_alpha_total - r * (r_bar_term + digamma(r) * (t2_bar * n)) */
    const double v1 = (double)n;
    *value = t2 / v1;
    *grad_log_alpha = grad_log_alpha_total - r * (r_bar_term + gradc_psi(r) * (t2_bar * v1));
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
