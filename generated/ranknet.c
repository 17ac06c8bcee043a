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

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/vector/exp.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/combine.h"
#include "support/routines/compensated.h"
#include "support/routines/dots.h"

#include "ranknet.h"

size_t ranknet_value_work(int64_t n, int64_t d)
{
    (void)d;
    if (8.0*(double)n > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double));
}

struct ranknet_value_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *s;
    const double *grade;
    double *t1_parts;
};

static GRADC_APART void ranknet_value_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ranknet_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const s = given->s;
    const double *restrict const grade = given->grade;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &s[tile_begin], 1, 0);

        /* t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t1_part_sum = 0.0;
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t1_part_sum += grade_i < grade[j] ? 1.0 : 0.0;
            }
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct ranknet_value_rows1 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *grade;
    double *s;
    double *t0_parts;
};

static GRADC_APART void ranknet_value_rows1(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ranknet_value_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const grade = given->grade;
    double *restrict const s = given->s;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n, j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))), 0))) */
        double t0_part_sum = 0.0;
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            GRADC_SIMD(reduction(+:t0_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double v0 = s_i - s[j];
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(v0)));
                t0_part_sum += grade_i < grade[j] ? v1 : 0.0;
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int ranknet_value(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                  const double *restrict grade, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    double *const s = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 59.0*(double)n*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 4*n, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct ranknet_value_rows0 given = {n, parts, d, stop, X, w, s, grade, t1_parts};
        if (parts > 1) {
            gradc_run(parts, ranknet_value_rows0, &given);
        } else {
            ranknet_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }
    const int64_t parts_ = gradc_parts(n, 53*n, 0);
    double t0_parts[GRADC_PARTS];
    {
        const struct ranknet_value_rows1 given = {n, parts_, stop, grade, s, t0_parts};
        if (parts_ > 1) {
            gradc_run(parts_, ranknet_value_rows1, &given);
        } else {
            ranknet_value_rows1(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t0 += t0_parts[part];
    }

    /* value = t0 / t1 */
    *value = t0 / t1;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t ranknet_forward_work(int64_t n, int64_t d)
{
    (void)n;
    (void)d;
    return 0;
}

struct ranknet_forward_rows0 {
    int64_t n;
    int64_t parts;
    const volatile int *stop;
    const double *grade;
    double *s;
    double *t0_parts;
    double *t1_parts;
};

static GRADC_APART void ranknet_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ranknet_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const volatile int *const stop = given->stop;
    const double *restrict const grade = given->grade;
    double *restrict const s = given->s;
    double *restrict const t0_parts = given->t0_parts;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += 128) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + 128 < part_end ? tile_begin + 128 : part_end;

        /* t0 = sum[i:n, j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))), 0))) */
        /* t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t0_part_sum = 0.0;
        double t1_part_sum = 0.0;
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            GRADC_SIMD(reduction(+:t0_part_sum, t1_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const int v0 = grade_i < grade[j];
                const double v1 = s_i - s[j];
                const double v2 = 0.0 == v1 ? 0.6931471805599453 : ((v1 > 0.0 || v1 != v1) ? v1 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(v1)));
                t0_part_sum += v0 ? v2 : 0.0;
                t1_part_sum += v0 ? 1.0 : 0.0;
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int ranknet_forward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                    const double *restrict grade, double *restrict value, double *restrict s, double *restrict t1,
                    void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 59.0*(double)n*(double)n);
    for (int64_t at = 0; at < n; ++at) {
        s[at] = 0.0;
    }

    /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
    gradc_dots(n, d, X, d, w, s, 1, 1);
    const int64_t parts = gradc_parts(n, 54*n, 0);
    double t0_parts[GRADC_PARTS];
    double t1_parts[GRADC_PARTS];
    {
        const struct ranknet_forward_rows0 given = {n, parts, stop, grade, s, t0_parts, t1_parts};
        if (parts > 1) {
            gradc_run(parts, ranknet_forward_rows0, &given);
        } else {
            ranknet_forward_rows0(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t0 += t0_parts[part];
    }
    double t1_ = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1_ += t1_parts[part];
    }

    /* value = t0 / t1 */
    *value = t0 / t1_;
    *t1 = t1_;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t ranknet_backward_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 3*d + 112*n + 3, d) * gradc_bytes(d, sizeof(double))
        + (size_t)gradc_parts(n, 3*d + 112*n + 3, d) * (gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)));
}

struct ranknet_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *grade;
    const double *s;
    double t0_bar;
    const double *X;
};

static GRADC_APART void ranknet_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct ranknet_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const grade = given->grade;
    const double *restrict const s = given->s;
    const double t0_bar = given->t0_bar;
    const double *restrict const X = given->X;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const s_bar_term = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const s_bar_term_2 = (void *)tile_own;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s_bar_term[i:n] = sum[j:n](let(s0 := s[j] - s[i], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := s0 - s[j], s4
         *    := s[j] - (s0 - s3) - (s[i] + s3), where(grade[j] < grade[i], -where(-inf == s0, 0, t0_bar * (where(0
         *    <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 * where(abs(s4) < 1, s4, 0)))), 0))) */
        /* s_bar_term_2[i:n] = sum[j:n](let(s0 := s[i] - s[j], s1 := exp(-abs(s0)), s2 := 1 + s1, s3 := s0 - s[i],
         *    s4 := s[i] - (s0 - s3) - (s[j] + s3), where(grade[i] < grade[j], where(-inf == s0, 0, t0_bar *
         *    (where(0 <= s0, 1, s1) / s2 * (1 + where(0 <= -s0, 1, s1) / s2 * where(abs(s4) < 1, s4, 0)))), 0))) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            s_bar_term[j - tile_begin] = 0.0;
        }
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            s_bar_term_2[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            const double grade_i_ = grade[i + 1];
            const double s_i_ = s[i + 1];
            const double grade_i_2 = grade[i + 2];
            const double s_i_2 = s[i + 2];
            const double grade_i_3 = grade[i + 3];
            const double s_i_3 = s[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double grade_j = grade[j];
                const double s_j = s[j];
                const double v0 = s_i - s_j;
                const double v1 = gradc_exp(-fabs(v0));
                const double v2 = 1.0 + v1;
                const double v3 = v0 - s_i;
                const double v4 = s_i - (v0 - v3) - (s_j + v3);
                const double v5 = (0.0 <= v0 ? 1.0 : v1) / v2 * (1.0 + (0.0 <= -v0 ? 1.0 : v1) / v2
                    * (fabs(v4) < 1.0 ? v4 : 0.0));
                const double v6 = s_j - s_i;
                const double v7 = gradc_exp(-fabs(v6));
                const double v8 = 1.0 + v7;
                const double v9 = v6 - s_j;
                const double v10 = s_j - (v6 - v9) - (s_i + v9);
                const double v11 = (0.0 <= v6 ? 1.0 : v7) / v8 * (1.0 + (0.0 <= -v6 ? 1.0 : v7) / v8
                    * (fabs(v10) < 1.0 ? v10 : 0.0));
                const double v12 = -(double)INFINITY == v6 ? 0.0 : t0_bar * v11;
                const double v13 = s_i_ - s_j;
                const double v14 = gradc_exp(-fabs(v13));
                const double v15 = 1.0 + v14;
                const double v16 = v13 - s_i_;
                const double v17 = s_i_ - (v13 - v16) - (s_j + v16);
                const double v18 = (0.0 <= v13 ? 1.0 : v14) / v15 * (1.0 + (0.0 <= -v13 ? 1.0 : v14) / v15
                    * (fabs(v17) < 1.0 ? v17 : 0.0));
                const double v19 = s_j - s_i_;
                const double v20 = gradc_exp(-fabs(v19));
                const double v21 = 1.0 + v20;
                const double v22 = v19 - s_j;
                const double v23 = s_j - (v19 - v22) - (s_i_ + v22);
                const double v24 = (0.0 <= v19 ? 1.0 : v20) / v21 * (1.0 + (0.0 <= -v19 ? 1.0 : v20) / v21
                    * (fabs(v23) < 1.0 ? v23 : 0.0));
                const double v25 = -(double)INFINITY == v19 ? 0.0 : t0_bar * v24;
                const double v26 = s_i_2 - s_j;
                const double v27 = gradc_exp(-fabs(v26));
                const double v28 = 1.0 + v27;
                const double v29 = v26 - s_i_2;
                const double v30 = s_i_2 - (v26 - v29) - (s_j + v29);
                const double v31 = (0.0 <= v26 ? 1.0 : v27) / v28 * (1.0 + (0.0 <= -v26 ? 1.0 : v27) / v28
                    * (fabs(v30) < 1.0 ? v30 : 0.0));
                const double v32 = s_j - s_i_2;
                const double v33 = gradc_exp(-fabs(v32));
                const double v34 = 1.0 + v33;
                const double v35 = v32 - s_j;
                const double v36 = s_j - (v32 - v35) - (s_i_2 + v35);
                const double v37 = (0.0 <= v32 ? 1.0 : v33) / v34 * (1.0 + (0.0 <= -v32 ? 1.0 : v33) / v34
                    * (fabs(v36) < 1.0 ? v36 : 0.0));
                const double v38 = -(double)INFINITY == v32 ? 0.0 : t0_bar * v37;
                const double v39 = s_i_3 - s_j;
                const double v40 = gradc_exp(-fabs(v39));
                const double v41 = 1.0 + v40;
                const double v42 = v39 - s_i_3;
                const double v43 = s_i_3 - (v39 - v42) - (s_j + v42);
                const double v44 = (0.0 <= v39 ? 1.0 : v40) / v41 * (1.0 + (0.0 <= -v39 ? 1.0 : v40) / v41
                    * (fabs(v43) < 1.0 ? v43 : 0.0));
                const double v45 = s_j - s_i_3;
                const double v46 = gradc_exp(-fabs(v45));
                const double v47 = 1.0 + v46;
                const double v48 = v45 - s_j;
                const double v49 = s_j - (v45 - v48) - (s_i_3 + v48);
                const double v50 = (0.0 <= v45 ? 1.0 : v46) / v47 * (1.0 + (0.0 <= -v45 ? 1.0 : v46) / v47
                    * (fabs(v49) < 1.0 ? v49 : 0.0));
                const double v51 = -(double)INFINITY == v45 ? 0.0 : t0_bar * v50;
                s_bar_term[j - tile_begin] += (grade_i < grade_j ? -(-(double)INFINITY == v0 ? 0.0 : t0_bar * v5)
                    : 0.0) + (grade_i_ < grade_j ? -(-(double)INFINITY == v13 ? 0.0 : t0_bar * v18) : 0.0)
                    + (grade_i_2 < grade_j ? -(-(double)INFINITY == v26 ? 0.0 : t0_bar * v31) : 0.0)
                    + (grade_i_3 < grade_j ? -(-(double)INFINITY == v39 ? 0.0 : t0_bar * v44) : 0.0);
                s_bar_term_2[j - tile_begin] += (grade_j < grade_i ? v12 : 0.0) + (grade_j < grade_i_ ? v25 : 0.0)
                    + (grade_j < grade_i_2 ? v38 : 0.0) + (grade_j < grade_i_3 ? v51 : 0.0);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double grade_j = grade[j];
                const double s_j = s[j];
                const double v0 = s_i - s_j;
                const double v1 = gradc_exp(-fabs(v0));
                const double v2 = 1.0 + v1;
                const double v3 = v0 - s_i;
                const double v4 = s_i - (v0 - v3) - (s_j + v3);
                const double v5 = (0.0 <= v0 ? 1.0 : v1) / v2 * (1.0 + (0.0 <= -v0 ? 1.0 : v1) / v2
                    * (fabs(v4) < 1.0 ? v4 : 0.0));
                const double v6 = s_j - s_i;
                const double v7 = gradc_exp(-fabs(v6));
                const double v8 = 1.0 + v7;
                const double v9 = v6 - s_j;
                const double v10 = s_j - (v6 - v9) - (s_i + v9);
                const double v11 = (0.0 <= v6 ? 1.0 : v7) / v8 * (1.0 + (0.0 <= -v6 ? 1.0 : v7) / v8
                    * (fabs(v10) < 1.0 ? v10 : 0.0));
                const double v12 = -(double)INFINITY == v6 ? 0.0 : t0_bar * v11;
                s_bar_term[j - tile_begin] += grade_i < grade_j ? -(-(double)INFINITY == v0 ? 0.0 : t0_bar * v5)
                    : 0.0;
                s_bar_term_2[j - tile_begin] += grade_j < grade_i ? v12 : 0.0;
            }
        }

        /* grad_w_term[i:n] = s_bar_term[i] + s_bar_term_2[i], in the place of s_bar_term */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double s_bar_term_i = s_bar_term[i - tile_begin];
            s_bar_term[i - tile_begin] = s_bar_term_2[i - tile_begin] + s_bar_term_i;
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, s_bar_term, 1, grad_w_part);
    }
}

int ranknet_backward(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                     const double *restrict grade, const double *restrict s, double t1, double cotangent,
                     double *restrict grad_w, void *restrict work)
{
    (void)w;
    unsigned char *scratch = work;
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 112*n + 3, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(4.0*(double)d*(double)n + 119.0*(double)n*(double)n + 4.0*(double)n);

    /* t0_bar = cotangent / t1 */
    const double t0_bar = cotangent / t1;
    const int64_t parts = gradc_parts(n, 3*d + 112*n + 3, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    {
        const struct ranknet_backward_rows0 given = {n, parts, part_scratch, part_bytes, grad_w, d, tile_scratch,
            tile_bytes, stop, grade, s, t0_bar, X};
        if (parts > 1) {
            gradc_run(parts, ranknet_backward_rows0, &given);
        } else {
            ranknet_backward_rows0(&given, 0, 0);
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

size_t ranknet_value_and_grad_work(int64_t n, int64_t d)
{
    if (128.0*(double)d + 8.0*(double)n + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(n, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 129*n + 3, d)
        * gradc_bytes(d, sizeof(double)) + (size_t)gradc_parts(n, 3*d + 129*n + 3, d)
        * (gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct ranknet_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    int64_t d;
    const volatile int *stop;
    const double *X;
    const double *w;
    double *s;
    const double *grade;
    double *t1_parts;
};

static GRADC_APART void ranknet_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct ranknet_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t d = given->d;
    const volatile int *const stop = given->stop;
    const double *restrict const X = given->X;
    const double *restrict const w = given->w;
    double *restrict const s = given->s;
    const double *restrict const grade = given->grade;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* s[i:n] = sum[j:d](X[i, j] * w[j]) */
        gradc_dots(tile_end - tile_begin, d, &X[tile_begin*d], d, w, &s[tile_begin], 1, 0);

        /* t1 = sum[i:n, j:n](where(grade[j] < grade[i], 1, 0)) */
        double t1_part_sum = 0.0;
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            GRADC_SIMD(reduction(+:t1_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                t1_part_sum += grade_i < grade[j] ? 1.0 : 0.0;
            }
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

struct ranknet_value_and_grad_rows1 {
    int64_t n;
    int64_t parts;
    unsigned char *part_scratch;
    size_t part_bytes;
    double *grad_w;
    int64_t d;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    const volatile int *stop;
    const double *grade;
    double *s;
    double t0_bar;
    const double *X;
    double *t0_parts;
};

static GRADC_APART void ranknet_value_and_grad_rows1(const void *context, int64_t part, int64_t thread)
{
    const struct ranknet_value_and_grad_rows1 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const part_scratch = given->part_scratch;
    const size_t part_bytes = given->part_bytes;
    double *restrict const grad_w = given->grad_w;
    const int64_t d = given->d;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const volatile int *const stop = given->stop;
    const double *restrict const grade = given->grade;
    double *restrict const s = given->s;
    const double t0_bar = given->t0_bar;
    const double *restrict const X = given->X;
    double *restrict const t0_parts = given->t0_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *part_own = part_scratch + (size_t)part * part_bytes;
    double *const grad_w_part = part == 0 ? grad_w : (void *)part_own;
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const s_bar_term = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const s_bar_term_2 = (void *)tile_own;
    double t0_part = 0.0;
    double t0_part_low = 0.0;
    for (int64_t at = 0; at < d; ++at) {
        grad_w_part[at] = 0.0;
    }
    const int64_t tile_rows = gradc_rows(d, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0 = sum[i:n, j:n](let(s0 := s[j] - s[i], where(grade[j] < grade[i], where(0 == s0, 0.6931471805599453,
         *    maximum(0, s0) + log1p_unit(exp(-abs(s0)))), 0))) */
        double t0_part_sum = 0.0;
        for (int64_t i = 0; i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            GRADC_SIMD(reduction(+:t0_part_sum))
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double v0 = s_i - s[j];
                const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(v0)));
                t0_part_sum += grade_i < grade[j] ? v1 : 0.0;
            }
        }
        gradc_add(&t0_part, &t0_part_low, t0_part_sum);

        /* s_bar_term[i:n] = sum[j:n](let(s0 := s[i] - s[j], s1 := exp(-abs(s0)), where(grade[i] < grade[j],
         *    where(-inf == s0, 0, t0_bar * (where(0 <= s0, 1, s1) / (1 + s1))), 0))) */
        /* s_bar_term_2[i:n] = sum[j:n](let(s0 := s[j] - s[i], s1 := exp(-abs(s0)), where(grade[j] < grade[i],
         *    -where(-inf == s0, 0, t0_bar * (where(0 <= s0, 1, s1) / (1 + s1))), 0))) */
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            s_bar_term[j - tile_begin] = 0.0;
        }
        for (int64_t j = tile_begin; j < tile_end; ++j) {
            s_bar_term_2[j - tile_begin] = 0.0;
        }
        for (int64_t i = 0; i < 4*(n / 4); i += 4) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            const double grade_i_ = grade[i + 1];
            const double s_i_ = s[i + 1];
            const double grade_i_2 = grade[i + 2];
            const double s_i_2 = s[i + 2];
            const double grade_i_3 = grade[i + 3];
            const double s_i_3 = s[i + 3];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double grade_j = grade[j];
                const double s_j = s[j];
                const double v0 = s_j - s_i;
                const double v1 = gradc_exp(-fabs(v0));
                const double v2 = -(double)INFINITY == v0 ? 0.0 : t0_bar * ((0.0 <= v0 ? 1.0 : v1) / (1.0 + v1));
                const double v3 = s_i - s_j;
                const double v4 = gradc_exp(-fabs(v3));
                const double v5 = s_j - s_i_;
                const double v6 = gradc_exp(-fabs(v5));
                const double v7 = -(double)INFINITY == v5 ? 0.0 : t0_bar * ((0.0 <= v5 ? 1.0 : v6) / (1.0 + v6));
                const double v8 = s_i_ - s_j;
                const double v9 = gradc_exp(-fabs(v8));
                const double v10 = s_j - s_i_2;
                const double v11 = gradc_exp(-fabs(v10));
                const double v12 = -(double)INFINITY == v10 ? 0.0 : t0_bar * ((0.0 <= v10 ? 1.0 : v11) / (1.0 + v11));
                const double v13 = s_i_2 - s_j;
                const double v14 = gradc_exp(-fabs(v13));
                const double v15 = s_j - s_i_3;
                const double v16 = gradc_exp(-fabs(v15));
                const double v17 = -(double)INFINITY == v15 ? 0.0 : t0_bar * ((0.0 <= v15 ? 1.0 : v16) / (1.0 + v16));
                const double v18 = s_i_3 - s_j;
                const double v19 = gradc_exp(-fabs(v18));
                s_bar_term[j - tile_begin] += (grade_j < grade_i ? v2 : 0.0) + (grade_j < grade_i_ ? v7 : 0.0)
                    + (grade_j < grade_i_2 ? v12 : 0.0) + (grade_j < grade_i_3 ? v17 : 0.0);
                s_bar_term_2[j - tile_begin] += (grade_i < grade_j ? -(-(double)INFINITY == v3 ? 0.0 : t0_bar
                    * ((0.0 <= v3 ? 1.0 : v4) / (1.0 + v4))) : 0.0) + (grade_i_ < grade_j
                    ? -(-(double)INFINITY == v8 ? 0.0 : t0_bar * ((0.0 <= v8 ? 1.0 : v9) / (1.0 + v9))) : 0.0)
                    + (grade_i_2 < grade_j ? -(-(double)INFINITY == v13 ? 0.0 : t0_bar
                    * ((0.0 <= v13 ? 1.0 : v14) / (1.0 + v14))) : 0.0)
                    + (grade_i_3 < grade_j ? -(-(double)INFINITY == v18 ? 0.0 : t0_bar
                    * ((0.0 <= v18 ? 1.0 : v19) / (1.0 + v19))) : 0.0);
            }
        }
        for (int64_t i = 4*(n / 4); i < n; ++i) {
            if (gradc_stopped(stop)) {
                return;
            }
            const double grade_i = grade[i];
            const double s_i = s[i];
            GRADC_SIMD()
            for (int64_t j = tile_begin; j < tile_end; ++j) {
                const double grade_j = grade[j];
                const double s_j = s[j];
                const double v0 = s_j - s_i;
                const double v1 = gradc_exp(-fabs(v0));
                const double v2 = -(double)INFINITY == v0 ? 0.0 : t0_bar * ((0.0 <= v0 ? 1.0 : v1) / (1.0 + v1));
                const double v3 = s_i - s_j;
                const double v4 = gradc_exp(-fabs(v3));
                s_bar_term[j - tile_begin] += grade_j < grade_i ? v2 : 0.0;
                s_bar_term_2[j - tile_begin] += grade_i < grade_j ? -(-(double)INFINITY == v3 ? 0.0 : t0_bar
                    * ((0.0 <= v3 ? 1.0 : v4) / (1.0 + v4))) : 0.0;
            }
        }

        /* grad_w_term[i:n] = s_bar_term[i] + s_bar_term_2[i], in the place of s_bar_term */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double s_bar_term_i = s_bar_term[i - tile_begin];
            s_bar_term[i - tile_begin] = s_bar_term_i + s_bar_term_2[i - tile_begin];
        }

        /* grad_w[j:d] = sum[i:n](X[i, j] * grad_w_term[i]) */
        gradc_combine(tile_end - tile_begin, d, &X[tile_begin*d], d, s_bar_term, 1, grad_w_part);
    }
    t0_part = gradc_rounded(t0_part, t0_part_low);
    t0_parts[part] = t0_part;
}

int ranknet_value_and_grad(int64_t n, int64_t d, const double *restrict w, const double *restrict X,
                           const double *restrict grade, double *restrict value, double *restrict grad_w,
                           void *restrict work)
{
    unsigned char *scratch = work;
    double *const s = (void *)scratch;
    scratch += gradc_bytes(n, sizeof(double));
    unsigned char *const part_scratch = (void *)scratch;
    scratch += (size_t)gradc_parts(n, 3*d + 129*n + 3, d) * gradc_bytes(d, sizeof(double));
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(8.0*(double)d*(double)n + 142.0*(double)n*(double)n + 4.0*(double)n);
    const int64_t parts = gradc_parts(n, 3*d + 4*n, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct ranknet_value_and_grad_rows0 given = {n, parts, d, stop, X, w, s, grade, t1_parts};
        if (parts > 1) {
            gradc_run(parts, ranknet_value_and_grad_rows0, &given);
        } else {
            ranknet_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* t0_bar = 1 / t1 */
    const double t0_bar = 1.0 / t1;
    const int64_t parts_ = gradc_parts(n, 3*d + 129*n + 3, d);
    const size_t part_bytes = gradc_bytes(d, sizeof(double));
    const size_t tile_bytes = gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double));
    double t0_parts[GRADC_PARTS];
    {
        const struct ranknet_value_and_grad_rows1 given = {n, parts_, part_scratch, part_bytes, grad_w, d,
            tile_scratch, tile_bytes, stop, grade, s, t0_bar, X, t0_parts};
        if (parts_ > 1) {
            gradc_run(parts_, ranknet_value_and_grad_rows1, &given);
        } else {
            ranknet_value_and_grad_rows1(&given, 0, 0);
        }
    }
    double t0 = 0.0;
    for (int64_t part = 0; part < parts_; ++part) {
        t0 += t0_parts[part];
    }
    for (int64_t part = 1; part < parts_; ++part) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        const double *const grad_w_more = (void *)(part_scratch + (size_t)part * part_bytes);
        GRADC_SIMD()
        for (int64_t at = 0; at < d; ++at) {
            grad_w[at] += grad_w_more[at];
        }
    }

    /* value = t0 / t1 */
    *value = t0 / t1;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
