/* plackett_luce: the loss, and its derivatives.
 *
 *     def program(w: real[d], X: real[n, d], place: real[n]):
 *         s[i:n] = sum[j:d](X[i, j] * w[j])
 *         t0[i:n] = logsumexp[j:n](where(place[i] <= place[j], s[j], -inf))
 *         t1 = sum[i:n](t0[i] - s[i])
 *         value = t1 / n
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

#include "plackett_luce.h"

size_t plackett_luce_value_work(int64_t n, int64_t d)
{
    if (144.0*(double)n + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 5*n, n)
        * gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 27*n + 29, 0)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct plackett_luce_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t0_total_most;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *s;
    const double *place;
};

static GRADC_APART void plackett_luce_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct plackett_luce_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const t0_total_most = given->t0_total_most;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const s = given->s;
    const double *restrict const place = given->place;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t0_total_most_part = part == 0 ? t0_total_most : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        t0_total_most_part[at] = -(double)INFINITY;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &s[tile_begin], 1, 0);

        /* t0_total_most[i:n] = max[j:n](where(place[i] <= place[j], s[j], -inf)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = place[j] <= place_i ? s_i : -(double)INFINITY;
                t0_total_most_part[j] = (t0_total_most_part[j] >= v0
                    || t0_total_most_part[j] != t0_total_most_part[j]) ? t0_total_most_part[j] : v0;
            }
        }
    }
}

struct plackett_luce_value_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *t0_total_most;
    const double *place;
    double *s;
    double *t1_parts;
};

static GRADC_APART void plackett_luce_value_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct plackett_luce_value_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const t0_total_most = given->t0_total_most;
    const double *restrict const place = given->place;
    double *restrict const s = given->s;
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

        /* t0_total[i:n] = sum[j:n](exp(where(place[i] <= place[j], s[j], -inf) - t0_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            const double place_i_ = place[i + 1];
            const double s_i_ = s[i + 1];
            const double place_i_2 = place[i + 2];
            const double s_i_2 = s[i + 2];
            const double place_i_3 = place[i + 3];
            const double s_i_3 = s[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((place[j] <= place_i ? s_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((place[j] <= place_i_ ? s_i_ : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((place[j] <= place_i_2 ? s_i_2 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((place[j] <= place_i_3 ? s_i_3 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((place[j] <= place_i ? s_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t1 = sum[i:n](t0[i] - s[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            t1_part_sum += t0_total_term[i - tile_begin] + gradc_log(t0_total[i - tile_begin]) - s[i];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int plackett_luce_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                        const double *restrict place, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const s = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t0_total_most = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 5*n, n) * gradc_bytes(n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 34.0*(double)n*(double)n + 33.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 5*n, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    {
        const struct plackett_luce_value_rows0 given = {n, parts, part_scratch, part_bytes, t0_total_most, d, stop, X,
            w, s, place};
        if (parts > 1) {
            gradc_run(parts, plackett_luce_value_rows0, &given);
        } else {
            plackett_luce_value_rows0(&given, 0, 0);
        }
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
    const int64_t parts_ = gradc_parts(n, 27*n + 29, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct plackett_luce_value_rows1 given = {n, parts_, tile_scratch, tile_bytes, stop, t0_total_most,
            place, s, t1_parts};
        if (parts_ > 1) {
            gradc_run(parts_, plackett_luce_value_rows1, &given);
        } else {
            plackett_luce_value_rows1(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t plackett_luce_forward_work(int64_t n, int64_t d)
{
    (void)d;
    return (size_t)gradc_parts(n, 32*n + 29, 0) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct plackett_luce_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *place;
    double *s;
    double *t0;
    double *t1_parts;
};

static GRADC_APART void plackett_luce_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct plackett_luce_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const place = given->place;
    double *restrict const s = given->s;
    double *restrict const t0 = given->t0;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total_most = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0_total_most[i:n] = max[j:n](where(place[i] <= place[j], s[j], -inf)) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total_most[j - tile_begin] = -(double)INFINITY;
        }
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double v0 = place[j] <= place_i ? s_i : -(double)INFINITY;
                t0_total_most[j - tile_begin] = (t0_total_most[j - tile_begin] >= v0
                    || t0_total_most[j - tile_begin] != t0_total_most[j - tile_begin]) ? t0_total_most[j - tile_begin]
                    : v0;
            }
        }

        /* t0_total_term[i:n] = where(inf == abs(t0_total_most[i]), 0, t0_total_most[i]), in the place of
         *    t0_total_most */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_most_i = t0_total_most[i - tile_begin];
            t0_total_most[i - tile_begin] = (double)INFINITY == fabs(t0_total_most_i) ? 0.0 : t0_total_most_i;
        }

        /* t0_total[i:n] = sum[j:n](exp(where(place[i] <= place[j], s[j], -inf) - t0_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            const double place_i_ = place[i + 1];
            const double s_i_ = s[i + 1];
            const double place_i_2 = place[i + 2];
            const double s_i_2 = s[i + 2];
            const double place_i_3 = place[i + 3];
            const double s_i_3 = s[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((place[j] <= place_i ? s_i : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]) + gradc_exp((place[j] <= place_i_ ? s_i_ : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]) + gradc_exp((place[j] <= place_i_2 ? s_i_2 : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]) + gradc_exp((place[j] <= place_i_3 ? s_i_3 : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((place[j] <= place_i ? s_i : -(double)INFINITY)
                    - t0_total_most[j - tile_begin]);
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t1 = sum[i:n](t0[i] - s[i]) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double v0 = t0_total_most[i - tile_begin] + gradc_log(t0_total[i - tile_begin]);
            t0[i] = v0;
            t1_part_sum += v0 - s[i];
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int plackett_luce_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                          const double *restrict place, double *restrict value, double *restrict s,
                          double *restrict t0, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 34.0*(double)n*(double)n + 33.0*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        s[at] = 0.0;
    }

    /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, s, 1, 1);
    const int64_t parts = gradc_parts(n, 32*n + 29, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct plackett_luce_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, stop, place, s, t0,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, plackett_luce_forward_rows0, &given);
        } else {
            plackett_luce_forward_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t plackett_luce_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 16384.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 42*n + 3, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 42*n + 3, d) * gradc_bytes(128, sizeof(double));
}

struct plackett_luce_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *place;
    const double *t0;
    const double *s;
    double t1_bar;
    const double *X;
};

static GRADC_APART void plackett_luce_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct plackett_luce_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const place = given->place;
    const double *restrict const t0 = given->t0;
    const double *restrict const s = given->s;
    const double t1_bar = given->t1_bar;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const s_bar_term = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s_bar_term[i:n] = sum[j:n](let(s0 := place[j] <= place[i], s1 := where(s0, s[i], -inf), s2 := s1 -
         *    t0[j], s3 := s2 - s1, s4 := s1 - (s2 - s3) - (t0[j] + s3), where(s0, where(-inf == s1, 0, t1_bar *
         *    (exp(s2) * (1 + where(abs(s4) < 1, s4, 0)))), 0))) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            s_bar_term[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double t0_i = t0[i];
            const double place_i_ = place[i + 1];
            const double t0_i_ = t0[i + 1];
            const double place_i_2 = place[i + 2];
            const double t0_i_2 = t0[i + 2];
            const double place_i_3 = place[i + 3];
            const double t0_i_3 = t0[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v0 = place_i <= place[j];
                const double v1 = v0 ? s[j] : -(double)INFINITY;
                const double v2 = v1 - t0_i;
                const double v3 = v2 - v1;
                const double v4 = v1 - (v2 - v3) - (t0_i + v3);
                const int v5 = place_i_ <= place[j];
                const double v6 = v5 ? s[j] : -(double)INFINITY;
                const double v7 = v6 - t0_i_;
                const double v8 = v7 - v6;
                const double v9 = v6 - (v7 - v8) - (t0_i_ + v8);
                const int v10 = place_i_2 <= place[j];
                const double v11 = v10 ? s[j] : -(double)INFINITY;
                const double v12 = v11 - t0_i_2;
                const double v13 = v12 - v11;
                const double v14 = v11 - (v12 - v13) - (t0_i_2 + v13);
                const int v15 = place_i_3 <= place[j];
                const double v16 = v15 ? s[j] : -(double)INFINITY;
                const double v17 = v16 - t0_i_3;
                const double v18 = v17 - v16;
                const double v19 = v16 - (v17 - v18) - (t0_i_3 + v18);
                s_bar_term[j - tile_begin] += (v0 ? (-(double)INFINITY == v1 ? 0.0 : t1_bar
                    * (gradc_exp(v2) * (1.0 + (fabs(v4) < 1.0 ? v4 : 0.0)))) : 0.0)
                    + (v5 ? (-(double)INFINITY == v6 ? 0.0 : t1_bar * (gradc_exp(v7)
                    * (1.0 + (fabs(v9) < 1.0 ? v9 : 0.0)))) : 0.0) + (v10
                    ? (-(double)INFINITY == v11 ? 0.0 : t1_bar * (gradc_exp(v12)
                    * (1.0 + (fabs(v14) < 1.0 ? v14 : 0.0)))) : 0.0) + (v15
                    ? (-(double)INFINITY == v16 ? 0.0 : t1_bar * (gradc_exp(v17)
                    * (1.0 + (fabs(v19) < 1.0 ? v19 : 0.0)))) : 0.0);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double t0_i = t0[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v0 = place_i <= place[j];
                const double v1 = v0 ? s[j] : -(double)INFINITY;
                const double v2 = v1 - t0_i;
                const double v3 = v2 - v1;
                const double v4 = v1 - (v2 - v3) - (t0_i + v3);
                s_bar_term[j - tile_begin] += v0 ? (-(double)INFINITY == v1 ? 0.0 : t1_bar
                    * (gradc_exp(v2) * (1.0 + (fabs(v4) < 1.0 ? v4 : 0.0)))) : 0.0;
            }
        }

        /* grad_w_term[i:n] = s_bar_term[i] - t1_bar, in the place of s_bar_term */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double s_bar_term_i = s_bar_term[i - tile_begin];
            s_bar_term[i - tile_begin] = s_bar_term_i - t1_bar;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, s_bar_term, 1, grad_w_part);
    }
}

int plackett_luce_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict place, const double *restrict s, const double *restrict t0,
                           double cotangent, double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 42*n + 3, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 43.0*(double)n*(double)n + 4.0*(double)n);

    /* t1_bar = cotangent / n */
    const double t1_bar = cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 42*n + 3, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct plackett_luce_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, place, t0, s, t1_bar, X};
        if (parts > 1) {
            gradc_run(parts, plackett_luce_backward_rows0, &given);
        } else {
            plackett_luce_backward_rows0(&given, 0, 0);
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

size_t plackett_luce_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 280.0*(double)n + 49152.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double)) + gradc_bytes(n, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 5*n, n) * gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 61*n + 33, n)
        * gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 61*n + 33, n)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double))) + (size_t)gradc_parts(n, 3*d + 3, d)
        * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 3, d) * gradc_bytes(128, sizeof(double));
}

struct plackett_luce_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *t0_total_most;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *s;
    const double *place;
};

static GRADC_APART void plackett_luce_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct plackett_luce_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const t0_total_most = given->t0_total_most;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const s = given->s;
    const double *restrict const place = given->place;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const t0_total_most_part = part == 0 ? t0_total_most : (void *)part_own;
    for (int64_t at = 0; at < n; ++at) {
        t0_total_most_part[at] = -(double)INFINITY;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &s[tile_begin], 1, 0);

        /* t0_total_most[i:n] = max[j:n](where(place[i] <= place[j], s[j], -inf)) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = 0; j < n; ++j) {
                const double v0 = place[j] <= place_i ? s_i : -(double)INFINITY;
                t0_total_most_part[j] = (t0_total_most_part[j] >= v0
                    || t0_total_most_part[j] != t0_total_most_part[j]) ? t0_total_most_part[j] : v0;
            }
        }
    }
}

struct plackett_luce_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *s_bar_term_2;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *t0_total_most;
    const double *place;
    double *s;
    double t1_bar;
    double *t1_parts;
};

static GRADC_APART void plackett_luce_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct plackett_luce_value_and_grad_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const s_bar_term_2 = given->s_bar_term_2;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const t0_total_most = given->t0_total_most;
    const double *restrict const place = given->place;
    double *restrict const s = given->s;
    const double t1_bar = given->t1_bar;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const s_bar_term_2_part = part == 0 ? s_bar_term_2 : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_total_term = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const t0_total = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t at = 0; at < n; ++at) {
        s_bar_term_2_part[at] = 0.0;
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

        /* t0_total[i:n] = sum[j:n](exp(where(place[i] <= place[j], s[j], -inf) - t0_total_term[i])) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            t0_total[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            const double place_i_ = place[i + 1];
            const double s_i_ = s[i + 1];
            const double place_i_2 = place[i + 2];
            const double s_i_2 = s[i + 2];
            const double place_i_3 = place[i + 3];
            const double s_i_3 = s[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((place[j] <= place_i ? s_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((place[j] <= place_i_ ? s_i_ : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((place[j] <= place_i_2 ? s_i_2 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]) + gradc_exp((place[j] <= place_i_3 ? s_i_3 : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t0_total[j - tile_begin] += gradc_exp((place[j] <= place_i ? s_i : -(double)INFINITY)
                    - t0_total_term[j - tile_begin]);
            }
        }

        /* t0[i:n] = t0_total_term[i] + log(t0_total[i]) */
        /* t1 = sum[i:n](t0[i] - s[i]) */
        /* s_bar_term[i:n] = 1 / t0_total[i], in the place of t0_total */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_total_i = t0_total[i - tile_begin];
            t1_part_sum += t0_total_term[i - tile_begin] + gradc_log(t0_total_i) - s[i];
            t0_total[i - tile_begin] = 1.0 / t0_total_i;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* s_bar_term_2[i:n] = sum[j:n](let(s0 := place[j] <= place[i], s1 := where(s0, s[i], -inf), where(s0,
         *    where(-inf == s1, 0, t1_bar * (s_bar_term[j] * exp(s1 - t0_total_term[j]))), 0))) */
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double place_i = place[i];
            const double s_i = s[i];
            double s_bar_term_2_part_sum = 0.0;
            GRADC_SIMD(reduction(+:s_bar_term_2_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v0 = place[j] <= place_i;
                const double v1 = v0 ? s_i : -(double)INFINITY;
                const double v2 = v0 ? (-(double)INFINITY == v1 ? 0.0 : t1_bar
                    * (t0_total[j - tile_begin] * gradc_exp(v1 - t0_total_term[j - tile_begin]))) : 0.0;
                s_bar_term_2_part_sum += v2;
            }
            s_bar_term_2_part[i] += s_bar_term_2_part_sum;
        }
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct plackett_luce_value_and_grad_rows2 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    double *s_bar_term_2;
    double t1_bar;
    const double *X;
};

static GRADC_APART void plackett_luce_value_and_grad_rows2(const void *context, int64_t part, int64_t thread)
{
    const struct plackett_luce_value_and_grad_rows2 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    double *restrict const s_bar_term_2 = given->s_bar_term_2;
    const double t1_bar = given->t1_bar;
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

        /* grad_w_term[i:n] = s_bar_term_2[i] - t1_bar */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            grad_w_term[i - tile_begin] = s_bar_term_2[i] - t1_bar;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, grad_w_term, 1, grad_w_part);
    }
}

int plackett_luce_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                                 const double *restrict place, double *restrict value, double *restrict grad_w,
                                 void *restrict work)
{
    unsigned char *scratch = work;
    double *const s = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const t0_total_most = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    double *const s_bar_term_2 = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 5*n, n) * gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch_ = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 61*n + 33, n) * gradc_bytes(n, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 61*n + 33, n) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
    unsigned char *const part_scratch_2 = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 3, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch_ = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 69.0*(double)n*(double)n + 43.0*(double)n);

    /* t1_bar = 1 / n */
    const double t1_bar = 1.0 / (double)n;
    const int64_t parts = gradc_parts(n, 3*d + 5*n, n);
    const size_t part_bytes = gradc_bytes(n, sizeof(double));
    {
        const struct plackett_luce_value_and_grad_rows0 given = {n, parts, part_scratch, part_bytes, t0_total_most, d,
            stop, X, w, s, place};
        if (parts > 1) {
            gradc_run(parts, plackett_luce_value_and_grad_rows0, &given);
        } else {
            plackett_luce_value_and_grad_rows0(&given, 0, 0);
        }
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
    const int64_t parts_ = gradc_parts(n, 61*n + 33, n);
    const size_t part_bytes_ = gradc_bytes(n, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct plackett_luce_value_and_grad_rows1 given = {n, parts_, part_scratch_, part_bytes_, s_bar_term_2,
            tile_scratch, tile_bytes, stop, t0_total_most, place, s, t1_bar, t1_parts};
        if (parts_ > 1) {
            gradc_run(parts_, plackett_luce_value_and_grad_rows1, &given);
        } else {
            plackett_luce_value_and_grad_rows1(&given, 0, 0);
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
        const double *const s_bar_term_2_more = (void *)(part_scratch_ + (size_t)part * part_bytes_);
        GRADC_SIMD()
        for (int64_t at = 0; at < n; ++at) {
            s_bar_term_2[at] += s_bar_term_2_more[at];
        }
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    const int64_t parts_2 = gradc_parts(n, 3*d + 3, d);
    const size_t part_bytes_2 = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes_ = gradc_bytes(128, sizeof(double));
    {
        const struct plackett_luce_value_and_grad_rows2 given = {n, parts_2, part_scratch_2, part_bytes_2, grad_w, d,
            tile_scratch_, tile_bytes_, stop, s_bar_term_2, t1_bar, X};
        if (parts_2 > 1) {
            gradc_run(parts_2, plackett_luce_value_and_grad_rows2, &given);
        } else {
            plackett_luce_value_and_grad_rows2(&given, 0, 0);
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
