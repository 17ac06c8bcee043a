/* contrastive: the loss, and its derivatives.
 *
 *     def program(A: real[n, k], B: real[n, k], same: real[n], margin: real):
 *         t0[i:n] = sum[j:k]((A[i, j] - B[i, j]) ** 2)
 *         t1 = sum[i:n](let(s0 := 1e-12 + t0[i], same[i] * s0 + (1 - same[i]) * maximum(0, margin - sqrt(s0)) ** 2))
 *         value = 0.5 * (t1 / n)
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/routines/compensated.h"

#include "contrastive.h"

size_t contrastive_value_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 4*k + 15, 0) * gradc_bytes(128, sizeof(double));
}

struct contrastive_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *A;
    const double *B;
    const double *same;
    double margin;
    double *t1_parts;
};

static GRADC_APART void contrastive_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct contrastive_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    const double *restrict const same = given->same;
    const double margin = given->margin;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:k](let(s0 := A[i, j] - B[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t0_sum = 0.0;
            double t0_sum_ = 0.0;
            double t0_sum_2 = 0.0;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                const double v1 = A[(i + 1)*k + j] - B[(i + 1)*k + j];
                const double v2 = A[(i + 2)*k + j] - B[(i + 2)*k + j];
                const double v3 = A[(i + 3)*k + j] - B[(i + 3)*k + j];
                t0_sum += v0 * v0;
                t0_sum_ += v1 * v1;
                t0_sum_2 += v2 * v2;
                t0_sum_3 += v3 * v3;
            }
            t0[i - tile_begin] = t0_sum;
            t0[i + 1 - tile_begin] = t0_sum_;
            t0[i + 2 - tile_begin] = t0_sum_2;
            t0[i + 3 - tile_begin] = t0_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                t0_sum += v0 * v0;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := 1e-12 + t0[i], s1 := maximum(0, margin - sqrt(s0)), same[i] * s0 + (1 - same[i])
         *    * (s1 * s1))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = 1e-12 + t0[i - tile_begin];
            const double v1 = margin - sqrt(v0);
            const double v2 = (v1 > 0.0 || v1 != v1) ? v1 : 0.0;
            t1_part_sum += same_i * v0 + (1.0 - same_i) * (v2 * v2);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int contrastive_value(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                      const double *restrict same, double margin, double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(5.0*(double)k*(double)n + 16.0*(double)n);
    const int64_t parts = gradc_parts(n, 4*k + 15, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct contrastive_value_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, A, B, same, margin,
            t1_parts};
        if (parts > 1) {
            gradc_run(parts, contrastive_value_rows0, &given);
        } else {
            contrastive_value_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t contrastive_forward_work(int64_t n, int64_t k)
{
    (void)n;
    (void)k;
    return 0;
}

struct contrastive_forward_rows0 {
    int64_t n;
    int64_t parts;
    int64_t k;
    const volatile int *stop;
    const double *A;
    const double *B;
    double *t0;
    const double *same;
    double margin;
    double *t1_parts;
};

static GRADC_APART void contrastive_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    (void)thread;
    const struct contrastive_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    double *restrict const t0 = given->t0;
    const double *restrict const same = given->same;
    const double margin = given->margin;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:k](let(s0 := A[i, j] - B[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t0_sum = 0.0;
            double t0_sum_ = 0.0;
            double t0_sum_2 = 0.0;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                const double v1 = A[(i + 1)*k + j] - B[(i + 1)*k + j];
                const double v2 = A[(i + 2)*k + j] - B[(i + 2)*k + j];
                const double v3 = A[(i + 3)*k + j] - B[(i + 3)*k + j];
                t0_sum += v0 * v0;
                t0_sum_ += v1 * v1;
                t0_sum_2 += v2 * v2;
                t0_sum_3 += v3 * v3;
            }
            t0[i] = t0_sum;
            t0[i + 1] = t0_sum_;
            t0[i + 2] = t0_sum_2;
            t0[i + 3] = t0_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                t0_sum += v0 * v0;
            }
            t0[i] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := 1e-12 + t0[i], s1 := maximum(0, margin - sqrt(s0)), same[i] * s0 + (1 - same[i])
         *    * (s1 * s1))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = 1e-12 + t0[i];
            const double v1 = margin - sqrt(v0);
            const double v2 = (v1 > 0.0 || v1 != v1) ? v1 : 0.0;
            t1_part_sum += same_i * v0 + (1.0 - same_i) * (v2 * v2);
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int contrastive_forward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                        const double *restrict same, double margin, double *restrict value, double *restrict t0,
                        void *restrict work)
{
    (void)work;
    const volatile int *const stop = gradc_flag(5.0*(double)k*(double)n + 16.0*(double)n);
    const int64_t parts = gradc_parts(n, 4*k + 15, 0);
    double t1_parts[GRADC_PARTS];
    {
        const struct contrastive_forward_rows0 given = {n, parts, k, stop, A, B, t0, same, margin, t1_parts};
        if (parts > 1) {
            gradc_run(parts, contrastive_forward_rows0, &given);
        } else {
            contrastive_forward_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t contrastive_backward_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 7*k + 27, 0) * gradc_bytes(128, sizeof(double));
}

struct contrastive_backward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *same;
    const double *t0;
    double margin;
    double t1_bar;
    const double *A;
    const double *B;
    double *grad_A;
    double *grad_B;
};

static GRADC_APART void contrastive_backward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct contrastive_backward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const same = given->same;
    const double *restrict const t0 = given->t0;
    const double margin = given->margin;
    const double t1_bar = given->t1_bar;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0_bar = (void *)tile_own;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0_bar[i:n] = let(s0 := sqrt(1e-12 + t0[i]), s1 := margin - s0, s2 := t1_bar * (1 - same[i]) * (2 *
         *    maximum(0, s1)), t1_bar * same[i] - 0.5 * where(0 < s1, s2, where(0 == s1, 0.5 * s2, 0)) / s0) */
        GRADC_SIMD()
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double v0 = sqrt(1e-12 + t0[i]);
            const double v1 = margin - v0;
            const double v2 = t1_bar * (1.0 - same_i) * (2.0 * ((v1 > 0.0 || v1 != v1) ? v1 : 0.0));
            const double v3 = 0.0 == v1 ? 0.5 * v2 : 0.0;
            t0_bar[i - tile_begin] = t1_bar * same_i - 0.5 * (0.0 < v1 ? v2 : v3) / v0;
        }

        /* grad_A[i:n, j:k] = t0_bar[i] * (2 * (A[i, j] - B[i, j])) */
        /* grad_B[i:n, j:k] = -(t0_bar[i] * (2 * (A[i, j] - B[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_bar_i = t0_bar[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0_bar_i * (2.0 * (A[i*k + j] - B[i*k + j]));
                grad_A[i*k + j] = v0;
                grad_B[i*k + j] = -v0;
            }
        }
    }
}

int contrastive_backward(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                         const double *restrict same, double margin, const double *restrict t0, double cotangent,
                         double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(15.0*(double)k*(double)n + 28.0*(double)n);

    /* t1_bar = 0.5 * cotangent / n */
    const double t1_bar = 0.5 * cotangent / (double)n;
    const int64_t parts = gradc_parts(n, 7*k + 27, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    {
        const struct contrastive_backward_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, same, t0,
            margin, t1_bar, A, B, grad_A, grad_B};
        if (parts > 1) {
            gradc_run(parts, contrastive_backward_rows0, &given);
        } else {
            contrastive_backward_rows0(&given, 0, 0);
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t contrastive_value_and_grad_work(int64_t n, int64_t k)
{
    return (size_t)gradc_parts(n, 11*k + 31, 0) * gradc_bytes(128, sizeof(double));
}

struct contrastive_value_and_grad_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t k;
    const volatile int *stop;
    const double *A;
    const double *B;
    const double *same;
    double margin;
    double t1_bar;
    double *grad_A;
    double *grad_B;
    double *t1_parts;
};

static GRADC_APART void contrastive_value_and_grad_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct contrastive_value_and_grad_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t k = given->k;
    const volatile int *const stop = given->stop;
    const double *restrict const A = given->A;
    const double *restrict const B = given->B;
    const double *restrict const same = given->same;
    const double margin = given->margin;
    const double t1_bar = given->t1_bar;
    double *restrict const grad_A = given->grad_A;
    double *restrict const grad_B = given->grad_B;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*k, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* t0[i:n] = sum[j:k](let(s0 := A[i, j] - B[i, j], s0 * s0)) */
        for (int64_t i = tile_begin; i < 4*((tile_end - tile_begin) / 4) + tile_begin; i += 4) {
            double t0_sum = 0.0;
            double t0_sum_ = 0.0;
            double t0_sum_2 = 0.0;
            double t0_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:t0_sum, t0_sum_, t0_sum_2, t0_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                const double v1 = A[(i + 1)*k + j] - B[(i + 1)*k + j];
                const double v2 = A[(i + 2)*k + j] - B[(i + 2)*k + j];
                const double v3 = A[(i + 3)*k + j] - B[(i + 3)*k + j];
                t0_sum += v0 * v0;
                t0_sum_ += v1 * v1;
                t0_sum_2 += v2 * v2;
                t0_sum_3 += v3 * v3;
            }
            t0[i - tile_begin] = t0_sum;
            t0[i + 1 - tile_begin] = t0_sum_;
            t0[i + 2 - tile_begin] = t0_sum_2;
            t0[i + 3 - tile_begin] = t0_sum_3;
        }
        for (int64_t i = 4*((tile_end - tile_begin) / 4) + tile_begin; i < tile_end; ++i) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = A[i*k + j] - B[i*k + j];
                t0_sum += v0 * v0;
            }
            t0[i - tile_begin] = t0_sum;
        }

        /* t1 = sum[i:n](let(s0 := 1e-12 + t0[i], s1 := maximum(0, margin - sqrt(s0)), same[i] * s0 + (1 - same[i])
         *    * (s1 * s1))) */
        /* t0_bar[i:n] = let(s0 := sqrt(1e-12 + t0[i]), s1 := margin - s0, s2 := t1_bar * (1 - same[i]) * (2 *
         *    maximum(0, s1)), t1_bar * same[i] - 0.5 * where(0 < s1, s2, where(0 == s1, 0.5 * s2, 0)) / s0), in
         *    the place of t0 */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double same_i = same[i];
            const double t0_i = t0[i - tile_begin];
            const double v0 = 1e-12 + t0_i;
            const double v1 = 1.0 - same_i;
            const double v2 = sqrt(v0);
            const double v3 = margin - v2;
            const double v4 = (v3 > 0.0 || v3 != v3) ? v3 : 0.0;
            const double v5 = t1_bar * v1 * (2.0 * v4);
            const double v6 = 0.0 == v3 ? 0.5 * v5 : 0.0;
            t1_part_sum += same_i * v0 + v1 * (v4 * v4);
            t0[i - tile_begin] = t1_bar * same_i - 0.5 * (0.0 < v3 ? v5 : v6) / v2;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);

        /* grad_A[i:n, j:k] = t0_bar[i] * (2 * (A[i, j] - B[i, j])) */
        /* grad_B[i:n, j:k] = -(t0_bar[i] * (2 * (A[i, j] - B[i, j]))) */
        for (int64_t i = tile_begin; i < tile_end; ++i) {
            const double t0_i = t0[i - tile_begin];
            GRADC_SIMD()
            for (int64_t j = 0; j < k; ++j) {
                const double v0 = t0_i * (2.0 * (A[i*k + j] - B[i*k + j]));
                grad_A[i*k + j] = v0;
                grad_B[i*k + j] = -v0;
            }
        }
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int contrastive_value_and_grad(int64_t n, int64_t k, const double *restrict A, const double *restrict B,
                               const double *restrict same, double margin, double *restrict value,
                               double *restrict grad_A, double *restrict grad_B, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(20.0*(double)k*(double)n + 44.0*(double)n);

    /* t1_bar = 0.5 / n */
    const double t1_bar = 0.5 / (double)n;
    const int64_t parts = gradc_parts(n, 11*k + 31, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct contrastive_value_and_grad_rows0 given = {n, parts, tile_scratch, tile_bytes, k, stop, A, B,
            same, margin, t1_bar, grad_A, grad_B, t1_parts};
        if (parts > 1) {
            gradc_run(parts, contrastive_value_and_grad_rows0, &given);
        } else {
            contrastive_value_and_grad_rows0(&given, 0, 0);
        }
    }
    double t1 = 0.0;
    for (int64_t part = 0; part < parts; ++part) {
        t1 += t1_parts[part];
    }

    /* value = 0.5 * (t1 / n) */
    *value = 0.5 * (t1 / (double)n);
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
