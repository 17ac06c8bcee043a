/* cox: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], time: real[n], event: real[n]):
 *         z[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0[i:n] = logsumexp[j:n](where(time[i] <= time[j], z[j], -inf))
 *         t1 = sum[i:n](event[i] * (t0[i] - z[i]))
 *         t2 = sum[i:n](event[i])
 *         value = t1 / t2
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
#include "support/vector/log.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "cox.h"

size_t cox_value_work(int64_t n, int64_t d)
{
    if (144.0*(double)n + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 5*n + 1, n)
        * gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 27*n + 31, 0)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct cox_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t0_total_most;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *z;
    const double *time_;
    const double *event;
    double *t2_parts;
};

static GRADC_APART void cox_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const t0_total_most = given->t0_total_most;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const z = given->z;
    const double *restrict const time_ = given->time_;
    const double *restrict const event = given->event;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t0_total_most_part = part == 0 ? t0_total_most : (void *)part_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        t0_total_most_part[at] = -(double)INFINITY;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &z[tile_begin], 1, 0);

        /* t0_total_most[i:n] = max[j:n](where(time[i] <= time[j], z[j], -inf)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = time_[j] <= time_i ? z_i : -(double)INFINITY;
                t0_total_most_part[j] = (t0_total_most_part[j] >= v0
                    || t0_total_most_part[j] != t0_total_most_part[j]) ? t0_total_most_part[j] : v0;
            }
        }

        /* t2 = sum[i:n](event[i]) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_part_sum += event[i];
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct cox_value_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *t0_total_most;
    const double *time_;
    double *z;
    const double *event;
    double *t1_parts;
};

static GRADC_APART void cox_value_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct cox_value_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const t0_total_most = given->t0_total_most;
    const double *restrict const time_ = given->time_;
    double *restrict const z = given->z;
    const double *restrict const event = given->event;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total_term = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i];
            t0_total_term[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total[i:n] = sum[j:n](exp(where(time[i] <= time[j], z[j], -inf) - t0_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            const double time_i_ = time_[i + 1];
            const double z_i_ = z[i + 1];
            const double time_i_2 = time_[i + 2];
            const double z_i_2 = z[i + 2];
            const double time_i_3 = time_[i + 3];
            const double z_i_3 = z[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((time_[j] <= time_i ? z_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((time_[j] <= time_i_ ? z_i_ : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((time_[j] <= time_i_2 ? z_i_2 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((time_[j] <= time_i_3 ? z_i_3 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((time_[j] <= time_i ? z_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t1 = sum[i:n](event[i] * (t0[i] - z[i])) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += event[i] * (t0_total_term[i - tile_begin] + gradc_log(t0_total[i - tile_begin]) - z[i]);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int cox_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X, const double *restrict time_,
              const double *restrict event, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t0_total_most = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 5*n + 1, n) * gradc_bytes(n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 34.0*(double)n*(double)n + 37.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 5*n + 1, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct cox_value_rows0 given = {n, parts, part_scratch, part_bytes, t0_total_most, d, stop, X, w, z,
            time_, event, t2_parts};
        if (parts > 1) {
            gradc_run(parts, cox_value_rows0, &given);
        } else {
            cox_value_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const t0_total_most_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            t0_total_most[at] = (t0_total_most[at] >= t0_total_most_more[at]
                || t0_total_most[at] != t0_total_most[at]) ? t0_total_most[at] : t0_total_most_more[at];
        }
    }
    const int64_t parts_ = gradc_parts(n, 27*n + 31, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct cox_value_rows1 given = {n, parts_, tile_scratch, tile_bytes, stop, t0_total_most, time_, z,
            event, t1_parts};
        if (parts_ > 1) {
            gradc_run(parts_, cox_value_rows1, &given);
        } else {
            cox_value_rows1(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / t2 */
    *value = t1 / t2;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t cox_forward_work(int64_t n, int64_t d)
{
    (void)d;
    return (size_t)gradc_parts(n, 32*n + 32, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct cox_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *time_;
    double *z;
    const double *event;
    double *t0;
    double *t2_parts;
    double *t1_parts;
};

static GRADC_APART void cox_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const time_ = given->time_;
    double *restrict const z = given->z;
    const double *restrict const event = given->event;
    double *restrict const t0 = given->t0;
    double *restrict const t2_parts = given->t2_parts;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total = (void *)tile_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0_total_most[i:n] = max[j:n](where(time[i] <= time[j], z[j], -inf)) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total_most[j - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double v0 = time_[j] <= time_i ? z_i : -(double)INFINITY;
                t0_total_most[j - tile_begin] = (t0_total_most[j - tile_begin] >= v0
                    || t0_total_most[j - tile_begin] != t0_total_most[j - tile_begin]) ? t0_total_most[j - tile_begin]
                    : v0;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        /* t2 = sum[i:n](event[i]) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
            t2_part_sum += event[i];
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);

        /* t0_total[i:n] = sum[j:n](exp(where(time[i] <= time[j], z[j], -inf) - t0_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            const double time_i_ = time_[i + 1];
            const double z_i_ = z[i + 1];
            const double time_i_2 = time_[i + 2];
            const double z_i_2 = z[i + 2];
            const double time_i_3 = time_[i + 3];
            const double z_i_3 = z[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((time_[j] <= time_i ? z_i : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]) + gradc_exp((time_[j] <= time_i_ ? z_i_ : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]) + gradc_exp((time_[j] <= time_i_2 ? z_i_2 : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]) + gradc_exp((time_[j] <= time_i_3 ? z_i_3 : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((time_[j] <= time_i ? z_i : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]);
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t1 = sum[i:n](event[i] * (t0[i] - z[i])) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0_total_most[i - tile_begin] + gradc_log(t0_total[i - tile_begin]);
            t0[i] = v0;
            t1_part_sum += event[i] * (v0 - z[i]);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int cox_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                const double *restrict time_, const double *restrict event, double *restrict value,
                double *restrict z, double *restrict t0, double *restrict t2, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 34.0*(double)n*(double)n + 37.0*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        z[at] = 0.0;
    }

    /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, z, 1, 1);
    const int64_t parts = gradc_parts(n, 32*n + 32, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t2_parts[GRADC_PARTS];
    double t1_parts[GRADC_PARTS];
    {
        const struct cox_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, stop, time_, z, event, t0,
            t2_parts, t1_parts};
        if (parts > 1) {
            gradc_run(parts, cox_forward_rows0, &given);
        } else {
            cox_forward_rows0(&given, 0, 0);
        }
    }
    double t2_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2_ += t2_parts[part];
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / t2 */
    *value = t1 / t2_;
    *t2 = t2_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t cox_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 44*n + 5, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 44*n + 5, d) * gradc_bytes(128, sizeof(double));
}

struct cox_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *time_;
    double t1_bar;
    const double *event;
    const double *t0;
    const double *z;
    const double *X;
};

static GRADC_APART void cox_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct cox_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const time_ = given->time_;
    const double t1_bar = given->t1_bar;
    const double *restrict const event = given->event;
    const double *restrict const t0 = given->t0;
    const double *restrict const z = given->z;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const z_bar_term = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z_bar_term[i:n] = sum[j:n](let(s0 := time[j] <= time[i], s1 := where(s0, z[i], -inf), s2 := s1 - t0[j],
         *    s3 := s2 - s1, s4 := s1 - (s2 - s3) - (t0[j] + s3), where(s0, where(-inf == s1, 0, t1_bar * event[j]
         *    * (exp(s2) * (1 + where(abs(s4) < 1, s4, 0)))), 0))) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            z_bar_term[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double v0 = t1_bar * event[i];
            const double t0_i = t0[i];
            const double time_i_ = time_[i + 1];
            const double v1 = t1_bar * event[i + 1];
            const double t0_i_ = t0[i + 1];
            const double time_i_2 = time_[i + 2];
            const double v2 = t1_bar * event[i + 2];
            const double t0_i_2 = t0[i + 2];
            const double time_i_3 = time_[i + 3];
            const double v3 = t1_bar * event[i + 3];
            const double t0_i_3 = t0[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v4 = time_i <= time_[j];
                const double v5 = v4 ? z[j] : -(double)INFINITY;
                const double v6 = v5 - t0_i;
                const double v7 = v6 - v5;
                const double v8 = v5 - (v6 - v7) - (t0_i + v7);
                const int v9 = time_i_ <= time_[j];
                const double v10 = v9 ? z[j] : -(double)INFINITY;
                const double v11 = v10 - t0_i_;
                const double v12 = v11 - v10;
                const double v13 = v10 - (v11 - v12) - (t0_i_ + v12);
                const int v14 = time_i_2 <= time_[j];
                const double v15 = v14 ? z[j] : -(double)INFINITY;
                const double v16 = v15 - t0_i_2;
                const double v17 = v16 - v15;
                const double v18 = v15 - (v16 - v17) - (t0_i_2 + v17);
                const int v19 = time_i_3 <= time_[j];
                const double v20 = v19 ? z[j] : -(double)INFINITY;
                const double v21 = v20 - t0_i_3;
                const double v22 = v21 - v20;
                const double v23 = v20 - (v21 - v22) - (t0_i_3 + v22);
                z_bar_term[j - tile_begin] += (v4 ? (-(double)INFINITY == v5 ? 0.0 : v0
                    * (gradc_exp(v6) * (1.0 + (fabs(v8) < 1.0 ? v8 : 0.0)))) : 0.0)
                    + (v9 ? (-(double)INFINITY == v10 ? 0.0 : v1 * (gradc_exp(v11)
                    * (1.0 + (fabs(v13) < 1.0 ? v13 : 0.0)))) : 0.0) + (v14
                    ? (-(double)INFINITY == v15 ? 0.0 : v2 * (gradc_exp(v16) * (1.0 + (fabs(v18) < 1.0 ? v18 : 0.0))))
                    : 0.0) + (v19 ? (-(double)INFINITY == v20 ? 0.0 : v3
                    * (gradc_exp(v21) * (1.0 + (fabs(v23) < 1.0 ? v23 : 0.0)))) : 0.0);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double v0 = t1_bar * event[i];
            const double t0_i = t0[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v1 = time_i <= time_[j];
                const double v2 = v1 ? z[j] : -(double)INFINITY;
                const double v3 = v2 - t0_i;
                const double v4 = v3 - v2;
                const double v5 = v2 - (v3 - v4) - (t0_i + v4);
                z_bar_term[j - tile_begin] += v1 ? (-(double)INFINITY == v2 ? 0.0 : v0
                    * (gradc_exp(v3) * (1.0 + (fabs(v5) < 1.0 ? v5 : 0.0)))) : 0.0;
            }
        }

        /* grad_w_term[i:n] = z_bar_term[i] - t1_bar * event[i], in the place of z_bar_term */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double z_bar_term_i = z_bar_term[i - tile_begin];
            z_bar_term[i - tile_begin] = z_bar_term_i - t1_bar * event[i];
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, z_bar_term, 1, grad_w_part);
    }
}

int cox_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                 const double *restrict time_, const double *restrict event, const double *restrict z,
                 const double *restrict t0, double t2, double cotangent, double *restrict grad_w,
                 void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 44*n + 5, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 45.0*(double)n*(double)n + 6.0*(double)n);

    /* t1_bar = cotangent / t2 */
    const double t1_bar = cotangent / t2;
    const int64_t parts = gradc_parts(n, 3*d + 44*n + 5, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct cox_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, stop, time_, t1_bar, event, t0, z, X};
        if (parts > 1) {
            gradc_run(parts, cox_backward_rows0, &given);
        } else {
            cox_backward_rows0(&given, 0, 0);
        }
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
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t cox_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 280.0*(double)n + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 5*n + 1, n) * gradc_bytes(n, sizeof(double))
        + (size_t)gradc_parts(n, 63*n + 35, n) * gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 63*n + 35, n)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))) + (size_t)gradc_parts(n, 3*d + 5, d)
        * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 5, d) * gradc_bytes(128, sizeof(double));
}

struct cox_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t0_total_most;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *z;
    const double *time_;
    const double *event;
    double *t2_parts;
};

static GRADC_APART void cox_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct cox_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const t0_total_most = given->t0_total_most;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const z = given->z;
    const double *restrict const time_ = given->time_;
    const double *restrict const event = given->event;
    double *restrict const t2_parts = given->t2_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t0_total_most_part = part == 0 ? t0_total_most : (void *)part_own;
    double t2_part = 0.0;
    double t2_part_low = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        t0_total_most_part[at] = -(double)INFINITY;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* z[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &z[tile_begin], 1, 0);

        /* t0_total_most[i:n] = max[j:n](where(time[i] <= time[j], z[j], -inf)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = time_[j] <= time_i ? z_i : -(double)INFINITY;
                t0_total_most_part[j] = (t0_total_most_part[j] >= v0
                    || t0_total_most_part[j] != t0_total_most_part[j]) ? t0_total_most_part[j] : v0;
            }
        }

        /* t2 = sum[i:n](event[i]) */
        double t2_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t2_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t2_part_sum += event[i];
        }
        gradc_add(&t2_part, &t2_part_low, t2_part_sum);
    }
    t2_part = gradc_rounded(t2_part, t2_part_low);
    t2_parts[part] = t2_part;
}

struct cox_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *z_bar_term_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *t0_total_most;
    const double *time_;
    double *z;
    const double *event;
    double t1_bar;
    double *t1_parts;
};

static GRADC_APART void cox_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct cox_value_and_grad_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const z_bar_term_2 = given->z_bar_term_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const t0_total_most = given->t0_total_most;
    const double *restrict const time_ = given->time_;
    double *restrict const z = given->z;
    const double *restrict const event = given->event;
    const double t1_bar = given->t1_bar;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const z_bar_term_2_part = part == 0 ? z_bar_term_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total_term = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        z_bar_term_2_part[at] = 0.0;
    }
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i];
            t0_total_term[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total[i:n] = sum[j:n](exp(where(time[i] <= time[j], z[j], -inf) - t0_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            const double time_i_ = time_[i + 1];
            const double z_i_ = z[i + 1];
            const double time_i_2 = time_[i + 2];
            const double z_i_2 = z[i + 2];
            const double time_i_3 = time_[i + 3];
            const double z_i_3 = z[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((time_[j] <= time_i ? z_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((time_[j] <= time_i_ ? z_i_ : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((time_[j] <= time_i_2 ? z_i_2 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((time_[j] <= time_i_3 ? z_i_3 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((time_[j] <= time_i ? z_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t1 = sum[i:n](event[i] * (t0[i] - z[i])) */
        /* z_bar_term[i:n] = 1 / t0_total[i], in the place of t0_total */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            t1_part_sum += event[i] * (t0_total_term[i - tile_begin] + gradc_log(t0_total_i) - z[i]);
            t0_total[i - tile_begin] = 1.0 / t0_total_i;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* z_bar_term_2[i:n] = sum[j:n](let(s0 := time[j] <= time[i], s1 := where(s0, z[i], -inf), where(s0,
         *    where(-inf == s1, 0, t1_bar * event[j] * (z_bar_term[j] * exp(s1 - t0_total_term[j]))), 0))) */
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double time_i = time_[i];
            const double z_i = z[i];
            double z_bar_term_2_part_sum = 0.0;
            GRADC_SIMD(reduction(+:z_bar_term_2_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v0 = time_[j] <= time_i;
                const double v1 = v0 ? z_i : -(double)INFINITY;
                const double v2 = -(double)INFINITY == v1 ? 0.0 : t1_bar * event[j]
                    * (t0_total[j - tile_begin] * gradc_exp(v1 - t0_total_term[j - tile_begin]));
                z_bar_term_2_part_sum += v0 ? v2 : 0.0;
            }
            z_bar_term_2_part[i] += z_bar_term_2_part_sum;
        }
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct cox_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *z_bar_term_2;
    double t1_bar;
    const double *event;
    const double *X;
};

static GRADC_APART void cox_value_and_grad_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct cox_value_and_grad_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const z_bar_term_2 = given->z_bar_term_2;
    const double t1_bar = given->t1_bar;
    const double *restrict const event = given->event;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const grad_w_term = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* grad_w_term[i:n] = z_bar_term_2[i] - t1_bar * event[i] */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_w_term[i - tile_begin] = z_bar_term_2[i] - t1_bar * event[i];
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, grad_w_term, 1, grad_w_part);
    }
}

int cox_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                       const double *restrict time_, const double *restrict event, double *restrict value,
                       double *restrict grad_w, void *restrict work)
{
    unsigned char *scratch = work;
    double *const z = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t0_total_most = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const z_bar_term_2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 5*n + 1, n) * gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch_ = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 63*n + 35, n) * gradc_bytes(n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 63*n + 35, n) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
    unsigned char *const part_scratch_2 = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 5, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 71.0*(double)n*(double)n + 49.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 5*n + 1, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    double t2_parts[GRADC_PARTS];
    {
        const struct cox_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, t0_total_most, d, stop, X,
            w, z, time_, event, t2_parts};
        if (parts > 1) {
            gradc_run(parts, cox_value_and_grad_rows0, &given);
        } else {
            cox_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t2 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t2 += t2_parts[part];
    }
    for (int64_t part = 1; part < parts; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const t0_total_most_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            t0_total_most[at] = (t0_total_most[at] >= t0_total_most_more[at]
                || t0_total_most[at] != t0_total_most[at]) ? t0_total_most[at] : t0_total_most_more[at];
        }
    }

    /* t1_bar = 1 / t2 */
    const double t1_bar = 1.0 / t2;
    const int64_t parts_ = gradc_parts(n, 63*n + 35, n);
    const size_t part_bytes_ = gradc_bytes(n, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct cox_value_and_grad_rows1 given = {n, parts_, part_scratch_, part_bytes_, z_bar_term_2,
            tile_scratch, tile_bytes, stop, t0_total_most, time_, z, event, t1_bar, t1_parts};
        if (parts_ > 1) {
            gradc_run(parts_, cox_value_and_grad_rows1, &given);
        } else {
            cox_value_and_grad_rows1(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }
    for (int64_t part = 1; part < parts_; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const z_bar_term_2_more = (void *)(part_scratch_ + (size_t)part * part_bytes_);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            z_bar_term_2[at] += z_bar_term_2_more[at];
        }
    }

    /* value = t1 / t2 */
    *value = t1 / t2;
    const int64_t parts_2 = gradc_parts(n, 3*d + 5, d);
    const size_t part_bytes_2 = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes_ = gradc_bytes(128, sizeof(double));
    {
        const struct cox_value_and_grad_rows2 given = {n, parts_2, part_scratch_2, part_bytes_2, grad_w, d,
            tile_scratch_, tile_bytes_, stop, z_bar_term_2, t1_bar, event, X};
        if (parts_2 > 1) {
            gradc_run(parts_2, cox_value_and_grad_rows2, &given);
        } else {
            cox_value_and_grad_rows2(&given, 0, 0);
        }
    }
    for (int64_t part = 1; part < parts_2; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch_2 + (size_t)part * part_bytes_2);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
