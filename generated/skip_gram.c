/* skip_gram: the loss, and its derivatives.
 *
 *     def program(U: real[m, k], V: real[m, k], word: int64[n], context: int64[n], noise: int64[n, q]):
 *         drawn[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
 *            V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j])
 *         t0[l:n] = sum[o:q](logaddexp(0, drawn[l, o]))
 *         seen[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l] <
 *            0, m + context[l], context[l]), j])
 *         t1 = sum[l:n](t0[l] + logaddexp(0, -seen[l]))
 *         value = t1 / n
 *         return value
 *
 * Written by gradc 0.1.0. C99, double; reentrant: no allocation, no globals, no input or output.
 * skip_gram_value gives 1: word holds an index out of range for an axis of length m
 * skip_gram_value gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_value gives 3: context holds an index out of range for an axis of length m
 * skip_gram_forward gives 1: word holds an index out of range for an axis of length m
 * skip_gram_forward gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_forward gives 3: context holds an index out of range for an axis of length m
 * skip_gram_backward gives 1: context holds an index out of range for an axis of length m
 * skip_gram_backward gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_backward gives 3: word holds an index out of range for an axis of length m
 * skip_gram_value_and_grad gives 1: word holds an index out of range for an axis of length m
 * skip_gram_value_and_grad gives 2: noise holds an index out of range for an axis of length m
 * skip_gram_value_and_grad gives 3: context holds an index out of range for an axis of length m
 */

#include "support/frame.h"
#include "support/helpers/bytes.h"
#include "support/helpers/parts.h"
#include "support/helpers/rows.h"
#include "support/helpers/stop.h"
#include "support/helpers/width.h"
#include "support/vector/exp.h"
#include "support/vector/log1p_unit.h"
#include "support/routines/compensated.h"

#include "skip_gram.h"

size_t skip_gram_value_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)m;
    if (16384.0*(double)q + 32768.0 > GRADC_MOST)
        return SIZE_MAX;
    return (size_t)gradc_parts(n, 9*k*q + 9*k + 47*q + 50, 0) * (gradc_bytes(128*gradc_width(q), sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128, sizeof(double)));
}

struct skip_gram_value_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t q;
    const volatile int *stop;
    const int64_t *word;
    int64_t m;
    int64_t k;
    const double *U;
    const int64_t *noise;
    const double *V;
    const int64_t *context_;
    double *t1_parts;
};

static GRADC_APART void skip_gram_value_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct skip_gram_value_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t q = given->q;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const word = given->word;
    const int64_t m = given->m;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const int64_t *restrict const noise = given->noise;
    const double *restrict const V = given->V;
    const int64_t *restrict const context_ = given->context_;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const drawn = (void *)tile_own;
    tile_own += gradc_bytes(128*gradc_width(q), sizeof(double));
    double *const t0 = (void *)tile_own;
    tile_own += gradc_bytes(128, sizeof(double));
    double *const seen = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(q, sizeof(double));
    const int64_t strip = gradc_width(q);
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            t0[l - tile_begin] = 0.0;
        }
        for (int64_t strip_begin = 0; strip_begin < q; strip_begin += strip) {
            if (gradc_stopped(stop)) {
                return;
            }
            const int64_t strip_end = strip + strip_begin < q ? strip + strip_begin : q;

            /* drawn[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
             *    V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j]) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const int64_t word_l = word[l];
                const int64_t v0 = word_l < 0 ? m + word_l : word_l;
                for (int64_t o = strip_begin; o < strip_end; ++o) {
                    drawn[(l - tile_begin)*strip + o - strip_begin] = 0.0;
                }
                for (int64_t j = 0; j < 4*(k / 4); j += 4) {
                    const double U_j = U[v0*k + j];
                    const double U_j_ = U[v0*k + j + 1];
                    const double U_j_2 = U[v0*k + j + 2];
                    const double U_j_3 = U[v0*k + j + 3];
                    GRADC_SIMD()
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        const int64_t noise_lo = noise[l*q + o];
                        const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                        drawn[(l - tile_begin)*strip + o - strip_begin] += U_j * V[v1*k + j] + U_j_ * V[v1*k + j + 1]
                            + U_j_2 * V[v1*k + j + 2] + U_j_3 * V[v1*k + j + 3];
                    }
                }
                for (int64_t j = 4*(k / 4); j < k; ++j) {
                    const double U_j = U[v0*k + j];
                    GRADC_SIMD()
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        const int64_t noise_lo = noise[l*q + o];
                        const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                        drawn[(l - tile_begin)*strip + o - strip_begin] += U_j * V[v1*k + j];
                    }
                }
            }

            /* t0[l:n] = sum[o:q](where(0 == drawn[l, o], 0.6931471805599453, maximum(0, drawn[l, o]) +
             *    log1p_unit(exp(-abs(drawn[l, o]))))) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                double t0_sum = 0.0;
                GRADC_SIMD(reduction(+:t0_sum))
                for (int64_t o = strip_begin; o < strip_end; ++o) {
                    const double drawn_lo = drawn[(l - tile_begin)*strip + o - strip_begin];
                    const double v0 = 0.0 == drawn_lo ? 0.6931471805599453
                        : ((drawn_lo > 0.0 || drawn_lo != drawn_lo) ? drawn_lo : 0.0)
                        + gradc_log1p_unit(gradc_exp(-fabs(drawn_lo)));
                    t0_sum += v0;
                }
                t0[l - tile_begin] += t0_sum;
            }
        }

        /* seen[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l]
         *    < 0, m + context[l], context[l]), j]) */
        for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            const int64_t context_l = context_[l];
            const int64_t v1 = context_l < 0 ? m + context_l : context_l;
            double seen_sum = 0.0;
            const int64_t word_l_ = word[l + 1];
            const int64_t v2 = word_l_ < 0 ? m + word_l_ : word_l_;
            const int64_t context_l_ = context_[l + 1];
            const int64_t v3 = context_l_ < 0 ? m + context_l_ : context_l_;
            double seen_sum_ = 0.0;
            const int64_t word_l_2 = word[l + 2];
            const int64_t v4 = word_l_2 < 0 ? m + word_l_2 : word_l_2;
            const int64_t context_l_2 = context_[l + 2];
            const int64_t v5 = context_l_2 < 0 ? m + context_l_2 : context_l_2;
            double seen_sum_2 = 0.0;
            const int64_t word_l_3 = word[l + 3];
            const int64_t v6 = word_l_3 < 0 ? m + word_l_3 : word_l_3;
            const int64_t context_l_3 = context_[l + 3];
            const int64_t v7 = context_l_3 < 0 ? m + context_l_3 : context_l_3;
            double seen_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:seen_sum, seen_sum_, seen_sum_2, seen_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                seen_sum += U[v0*k + j] * V[v1*k + j];
                seen_sum_ += U[v2*k + j] * V[v3*k + j];
                seen_sum_2 += U[v4*k + j] * V[v5*k + j];
                seen_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            seen[l - tile_begin] = seen_sum;
            seen[l + 1 - tile_begin] = seen_sum_;
            seen[l + 2 - tile_begin] = seen_sum_2;
            seen[l + 3 - tile_begin] = seen_sum_3;
        }
        for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            const int64_t context_l = context_[l];
            const int64_t v1 = context_l < 0 ? m + context_l : context_l;
            double seen_sum = 0.0;
            GRADC_SIMD(reduction(+:seen_sum))
            for (int64_t j = 0; j < k; ++j) {
                seen_sum += U[v0*k + j] * V[v1*k + j];
            }
            seen[l - tile_begin] = seen_sum;
        }

        /* t1 = sum[l:n](let(s0 := -seen[l], t0[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(seen[l])))))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double seen_l = seen[l - tile_begin];
            const double v0 = -seen_l;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(seen_l)));
            t1_part_sum += t0[l - tile_begin] + v1;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int skip_gram_value(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U, const double *restrict V,
                    const int64_t *restrict word, const int64_t *restrict context, const int64_t *restrict noise,
                    double *restrict value, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(10.0*(double)k*(double)n*(double)q + 10.0*(double)k*(double)n
        + 48.0*(double)n*(double)q + 51.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        for (int64_t l = 0; l < n; ++l) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            GRADC_SIMD(reduction(|:outside))
            for (int64_t o = 0; o < q; ++o) {
                const int64_t noise_lo = noise[l*q + o];
                const int64_t v0 = noise_lo < 0 ? m + noise_lo : noise_lo;
                outside |= (v0 < 0) | (v0 >= m);
            }
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t context_l = context[l];
            const int64_t v0 = context_l < 0 ? m + context_l : context_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }
    const int64_t parts = gradc_parts(n, 9*k*q + 9*k + 47*q + 50, 0);
    const size_t tile_bytes = gradc_bytes(128*gradc_width(q), sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct skip_gram_value_rows0 given = {n, parts, tile_scratch, tile_bytes, q, stop, word, m, k, U, noise,
            V, context, t1_parts};
        if (parts > 1) {
            gradc_run(parts, skip_gram_value_rows0, &given);
        } else {
            skip_gram_value_rows0(&given, 0, 0);
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

size_t skip_gram_forward_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)m;
    return (size_t)gradc_parts(n, 9*k*q + 9*k + 47*q + 50, 0) * gradc_bytes(128, sizeof(double));
}

struct skip_gram_forward_rows0 {
    int64_t n;
    int64_t parts;
    unsigned char *tile_scratch;
    size_t tile_bytes;
    int64_t q;
    const volatile int *stop;
    const int64_t *word;
    int64_t m;
    double *drawn;
    int64_t k;
    const double *U;
    const int64_t *noise;
    const double *V;
    const int64_t *context_;
    double *seen;
    double *t1_parts;
};

static GRADC_APART void skip_gram_forward_rows0(const void *context, int64_t part, int64_t thread)
{
    const struct skip_gram_forward_rows0 *const given = context;
    const int64_t n = given->n;
    const int64_t parts = given->parts;
    unsigned char *restrict const tile_scratch = given->tile_scratch;
    const size_t tile_bytes = given->tile_bytes;
    const int64_t q = given->q;
    const volatile int *const stop = given->stop;
    const int64_t *restrict const word = given->word;
    const int64_t m = given->m;
    double *restrict const drawn = given->drawn;
    const int64_t k = given->k;
    const double *restrict const U = given->U;
    const int64_t *restrict const noise = given->noise;
    const double *restrict const V = given->V;
    const int64_t *restrict const context_ = given->context_;
    double *restrict const seen = given->seen;
    double *restrict const t1_parts = given->t1_parts;
    const int64_t part_begin = gradc_cut(n, parts, part);
    const int64_t part_end = gradc_cut(n, parts, part + 1);
    unsigned char *tile_own = tile_scratch + (size_t)thread * tile_bytes;
    double *const t0 = (void *)tile_own;
    double t1_part = 0.0;
    double t1_part_low = 0.0;
    const int64_t tile_rows = gradc_rows(2*q, sizeof(double));
    for (int64_t tile_begin = part_begin; tile_begin < part_end; tile_begin += tile_rows) {
        if (gradc_stopped(stop)) {
            return;
        }
        const int64_t tile_end = tile_begin + tile_rows < part_end ? tile_begin + tile_rows : part_end;

        /* drawn[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
         *    V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j]) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            for (int64_t o = 0; o < q; ++o) {
                drawn[l*q + o] = 0.0;
            }
            for (int64_t j = 0; j < 4*(k / 4); j += 4) {
                const double U_j = U[v0*k + j];
                const double U_j_ = U[v0*k + j + 1];
                const double U_j_2 = U[v0*k + j + 2];
                const double U_j_3 = U[v0*k + j + 3];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t noise_lo = noise[l*q + o];
                    const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                    drawn[l*q + o] += U_j * V[v1*k + j] + U_j_ * V[v1*k + j + 1] + U_j_2 * V[v1*k + j + 2] + U_j_3
                        * V[v1*k + j + 3];
                }
            }
            for (int64_t j = 4*(k / 4); j < k; ++j) {
                const double U_j = U[v0*k + j];
                GRADC_SIMD()
                for (int64_t o = 0; o < q; ++o) {
                    const int64_t noise_lo = noise[l*q + o];
                    const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                    drawn[l*q + o] += U_j * V[v1*k + j];
                }
            }
        }

        /* t0[l:n] = sum[o:q](where(0 == drawn[l, o], 0.6931471805599453, maximum(0, drawn[l, o]) +
         *    log1p_unit(exp(-abs(drawn[l, o]))))) */
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            double t0_sum = 0.0;
            GRADC_SIMD(reduction(+:t0_sum))
            for (int64_t o = 0; o < q; ++o) {
                const double drawn_lo = drawn[l*q + o];
                const double v0 = 0.0 == drawn_lo ? 0.6931471805599453
                    : ((drawn_lo > 0.0 || drawn_lo != drawn_lo) ? drawn_lo : 0.0)
                    + gradc_log1p_unit(gradc_exp(-fabs(drawn_lo)));
                t0_sum += v0;
            }
            t0[l - tile_begin] = t0_sum;
        }

        /* seen[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] * V[where_integer(context[l]
         *    < 0, m + context[l], context[l]), j]) */
        for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            const int64_t context_l = context_[l];
            const int64_t v1 = context_l < 0 ? m + context_l : context_l;
            double seen_sum = 0.0;
            const int64_t word_l_ = word[l + 1];
            const int64_t v2 = word_l_ < 0 ? m + word_l_ : word_l_;
            const int64_t context_l_ = context_[l + 1];
            const int64_t v3 = context_l_ < 0 ? m + context_l_ : context_l_;
            double seen_sum_ = 0.0;
            const int64_t word_l_2 = word[l + 2];
            const int64_t v4 = word_l_2 < 0 ? m + word_l_2 : word_l_2;
            const int64_t context_l_2 = context_[l + 2];
            const int64_t v5 = context_l_2 < 0 ? m + context_l_2 : context_l_2;
            double seen_sum_2 = 0.0;
            const int64_t word_l_3 = word[l + 3];
            const int64_t v6 = word_l_3 < 0 ? m + word_l_3 : word_l_3;
            const int64_t context_l_3 = context_[l + 3];
            const int64_t v7 = context_l_3 < 0 ? m + context_l_3 : context_l_3;
            double seen_sum_3 = 0.0;
            GRADC_SIMD(reduction(+:seen_sum, seen_sum_, seen_sum_2, seen_sum_3))
            for (int64_t j = 0; j < k; ++j) {
                seen_sum += U[v0*k + j] * V[v1*k + j];
                seen_sum_ += U[v2*k + j] * V[v3*k + j];
                seen_sum_2 += U[v4*k + j] * V[v5*k + j];
                seen_sum_3 += U[v6*k + j] * V[v7*k + j];
            }
            seen[l] = seen_sum;
            seen[l + 1] = seen_sum_;
            seen[l + 2] = seen_sum_2;
            seen[l + 3] = seen_sum_3;
        }
        for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            const int64_t context_l = context_[l];
            const int64_t v1 = context_l < 0 ? m + context_l : context_l;
            double seen_sum = 0.0;
            GRADC_SIMD(reduction(+:seen_sum))
            for (int64_t j = 0; j < k; ++j) {
                seen_sum += U[v0*k + j] * V[v1*k + j];
            }
            seen[l] = seen_sum;
        }

        /* t1 = sum[l:n](let(s0 := -seen[l], t0[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) +
         *    log1p_unit(exp(-abs(seen[l])))))) */
        double t1_part_sum = 0.0;
        GRADC_SIMD(reduction(+:t1_part_sum))
        for (int64_t l = tile_begin; l < tile_end; ++l) {
            const double seen_l = seen[l];
            const double v0 = -seen_l;
            const double v1 = 0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                + gradc_log1p_unit(gradc_exp(-fabs(seen_l)));
            t1_part_sum += t0[l - tile_begin] + v1;
        }
        gradc_add(&t1_part, &t1_part_low, t1_part_sum);
    }
    t1_part = gradc_rounded(t1_part, t1_part_low);
    t1_parts[part] = t1_part;
}

int skip_gram_forward(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U, const double *restrict V,
                      const int64_t *restrict word, const int64_t *restrict context, const int64_t *restrict noise,
                      double *restrict value, double *restrict drawn, double *restrict seen, void *restrict work)
{
    unsigned char *scratch = work;
    unsigned char *const tile_scratch = (void *)scratch;
    const volatile int *const stop = gradc_flag(10.0*(double)k*(double)n*(double)q + 10.0*(double)k*(double)n
        + 48.0*(double)n*(double)q + 51.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        for (int64_t l = 0; l < n; ++l) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            GRADC_SIMD(reduction(|:outside))
            for (int64_t o = 0; o < q; ++o) {
                const int64_t noise_lo = noise[l*q + o];
                const int64_t v0 = noise_lo < 0 ? m + noise_lo : noise_lo;
                outside |= (v0 < 0) | (v0 >= m);
            }
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t context_l = context[l];
            const int64_t v0 = context_l < 0 ? m + context_l : context_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }
    const int64_t parts = gradc_parts(n, 9*k*q + 9*k + 47*q + 50, 0);
    const size_t tile_bytes = gradc_bytes(128, sizeof(double));
    double t1_parts[GRADC_PARTS];
    {
        const struct skip_gram_forward_rows0 given = {n, parts, tile_scratch, tile_bytes, q, stop, word, m, drawn, k,
            U, noise, V, context, seen, t1_parts};
        if (parts > 1) {
            gradc_run(parts, skip_gram_forward_rows0, &given);
        } else {
            skip_gram_forward_rows0(&given, 0, 0);
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

size_t skip_gram_backward_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)n;
    if (32.0*(double)k*(double)m + 1024.0*(double)q + 1024.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128, sizeof(double)) + gradc_bytes(k*m, sizeof(double))
        + gradc_bytes(128*gradc_width(q), sizeof(double)) + gradc_bytes(k*m, sizeof(double))
        + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double));
}

int skip_gram_backward(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U,
                       const double *restrict V, const int64_t *restrict word, const int64_t *restrict context,
                       const int64_t *restrict noise, const double *restrict drawn, const double *restrict seen,
                       double cotangent, double *restrict grad_U, double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const seen_bar = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const grad_U_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const drawn_bar = (void *)scratch;
    scratch += gradc_bytes(128*gradc_width(q), sizeof(double));
    double *const grad_U_total_2 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total_2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(20.0*(double)k*(double)n*(double)q + 8.0*(double)k*(double)m
        + 20.0*(double)k*(double)n + 35.0*(double)n*(double)q + 37.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t context_l = context[l];
            const int64_t v0 = context_l < 0 ? m + context_l : context_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        for (int64_t l = 0; l < n; ++l) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            GRADC_SIMD(reduction(|:outside))
            for (int64_t o = 0; o < q; ++o) {
                const int64_t noise_lo = noise[l*q + o];
                const int64_t v0 = noise_lo < 0 ? m + noise_lo : noise_lo;
                outside |= (v0 < 0) | (v0 >= m);
            }
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }

    /* t1_bar = cotangent / n */
    const double t1_bar = cotangent / (double)n;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U_total_2[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V_total_2[at] = 0.0;
    }
    {
        const int64_t tile_rows = gradc_rows(2*q, sizeof(double));
        const int64_t strip = gradc_width(q);
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;

            /* seen_bar[l:n] = let(s0 := -seen[l], s1 := exp(-abs(seen[l])), where(-inf == s0, 0, -(t1_bar *
             *    (where(0 <= s0, 1, s1) / (1 + s1))))) */
            GRADC_SIMD()
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double seen_l = seen[l];
                const double v0 = -seen_l;
                const double v1 = gradc_exp(-fabs(seen_l));
                seen_bar[l - tile_begin] = -(double)INFINITY == v0 ? 0.0
                    : -(t1_bar * ((0.0 <= v0 ? 1.0 : v1) / (1.0 + v1)));
            }

            /* grad_U_total[:m, :k] = 0 grad_U_total += each[l:n, j:k](at[where_integer(word[l] < 0, m + word[l],
             *    word[l]), j](V[where_integer(context[l] < 0, m + context[l], context[l]), j] * seen_bar[l])) */
            /* grad_V_total_2[:m, :k] = 0 grad_V_total_2 += each[l:n, j:k](at[where_integer(context[l] < 0, m +
             *    context[l], context[l]), j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
             *    seen_bar[l])) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const int64_t context_l = context[l];
                const int64_t v0 = context_l < 0 ? m + context_l : context_l;
                const double seen_bar_l = seen_bar[l - tile_begin];
                const int64_t word_l = word[l];
                const int64_t v1 = word_l < 0 ? m + word_l : word_l;
                for (int64_t j = 0; j < k; ++j) {
                    grad_U_total[v1*k + j] += V[v0*k + j] * seen_bar_l;
                    grad_V_total_2[v0*k + j] += U[v1*k + j] * seen_bar_l;
                }
            }
            for (int64_t strip_begin = 0; strip_begin < q; strip_begin += strip) {
                if (gradc_stopped(stop)) {
                    return gradc_ended(stop, GRADC_STOPPED);
                }
                const int64_t strip_end = strip + strip_begin < q ? strip + strip_begin : q;

                /* drawn_bar[l:n, o:q] = let(s0 := exp(-abs(drawn[l, o])), where(-inf == drawn[l, o], 0, t1_bar *
                 *    (where(0 <= drawn[l, o], 1, s0) / (1 + s0)))) */
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    GRADC_SIMD()
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        const double drawn_lo = drawn[l*q + o];
                        const double v0 = gradc_exp(-fabs(drawn_lo));
                        drawn_bar[(l - tile_begin)*strip + o - strip_begin] = -(double)INFINITY == drawn_lo ? 0.0
                            : t1_bar * ((0.0 <= drawn_lo ? 1.0 : v0) / (1.0 + v0));
                    }
                }

                /* grad_U_total_2[:m, :k] = 0 grad_U_total_2 += each[l:n, o:q, j:k](at[where_integer(word[l] < 0, m
                 *    + word[l], word[l]), j](V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j] *
                 *    drawn_bar[l, o])) */
                /* grad_V_total[:m, :k] = 0 grad_V_total += each[l:n, o:q, j:k](at[where_integer(noise[l, o] < 0, m
                 *    + noise[l, o], noise[l, o]), j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
                 *    drawn_bar[l, o])) */
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const int64_t word_l = word[l];
                    const int64_t v0 = word_l < 0 ? m + word_l : word_l;
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        const int64_t noise_lo = noise[l*q + o];
                        const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                        const double drawn_bar_lo = drawn_bar[(l - tile_begin)*strip + o - strip_begin];
                        for (int64_t j = 0; j < k; ++j) {
                            grad_U_total_2[v0*k + j] += V[v1*k + j] * drawn_bar_lo;
                            grad_V_total[v1*k + j] += U[v0*k + j] * drawn_bar_lo;
                        }
                    }
                }
            }
        }
    }

    /* grad_U[i:m, j:k] = grad_U_total[i, j] + grad_U_total_2[i, j] */
    /* grad_V[i:m, j:k] = grad_V_total[i, j] + grad_V_total_2[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = grad_U_total_2[i*k + j] + grad_U_total[i*k + j];
            grad_V[i*k + j] = grad_V_total_2[i*k + j] + grad_V_total[i*k + j];
        }
    }
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}

size_t skip_gram_value_and_grad_work(int64_t m, int64_t k, int64_t n, int64_t q)
{
    (void)n;
    if (32.0*(double)k*(double)m + 2048.0*(double)q + 2048.0 > GRADC_MOST)
        return SIZE_MAX;
    return gradc_bytes(128*gradc_width(q), sizeof(double)) + gradc_bytes(128, sizeof(double))
        + gradc_bytes(128, sizeof(double)) + gradc_bytes(128*gradc_width(q), sizeof(double))
        + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double)) + gradc_bytes(k*m, sizeof(double))
        + gradc_bytes(k*m, sizeof(double));
}

int skip_gram_value_and_grad(int64_t m, int64_t k, int64_t n, int64_t q, const double *restrict U,
                             const double *restrict V, const int64_t *restrict word, const int64_t *restrict context,
                             const int64_t *restrict noise, double *restrict value, double *restrict grad_U,
                             double *restrict grad_V, void *restrict work)
{
    unsigned char *scratch = work;
    double *const drawn = (void *)scratch;
    scratch += gradc_bytes(128*gradc_width(q), sizeof(double));
    double *const t0 = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const seen = (void *)scratch;
    scratch += gradc_bytes(128, sizeof(double));
    double *const drawn_bar = (void *)scratch;
    scratch += gradc_bytes(128*gradc_width(q), sizeof(double));
    double *const grad_U_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_U_total_2 = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total = (void *)scratch;
    scratch += gradc_bytes(k*m, sizeof(double));
    double *const grad_V_total_2 = (void *)scratch;
    const volatile int *const stop = gradc_flag(30.0*(double)k*(double)n*(double)q + 8.0*(double)k*(double)m
        + 30.0*(double)k*(double)n + 65.0*(double)n*(double)q + 88.0*(double)n);
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t word_l = word[l];
            const int64_t v0 = word_l < 0 ? m + word_l : word_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 1);
        }
    }
    {
        int64_t outside = 0;
        for (int64_t l = 0; l < n; ++l) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            GRADC_SIMD(reduction(|:outside))
            for (int64_t o = 0; o < q; ++o) {
                const int64_t noise_lo = noise[l*q + o];
                const int64_t v0 = noise_lo < 0 ? m + noise_lo : noise_lo;
                outside |= (v0 < 0) | (v0 >= m);
            }
        }
        if (outside != 0) {
            return gradc_ended(stop, 2);
        }
    }
    {
        int64_t outside = 0;
        GRADC_SIMD(reduction(|:outside))
        for (int64_t l = 0; l < n; ++l) {
            const int64_t context_l = context[l];
            const int64_t v0 = context_l < 0 ? m + context_l : context_l;
            outside |= (v0 < 0) | (v0 >= m);
        }
        if (outside != 0) {
            return gradc_ended(stop, 3);
        }
    }

    /* t1_bar = 1 / n */
    const double t1_bar = 1.0 / (double)n;
    double t1 = 0.0;
    double t1_low = 0.0;
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_U_total_2[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V_total[at] = 0.0;
    }
    for (int64_t at = 0; at < k*m; ++at) {
        grad_V_total_2[at] = 0.0;
    }
    {
        const int64_t tile_rows = gradc_rows(q, sizeof(double));
        const int64_t strip = gradc_width(q);
        for (int64_t tile_begin = 0; tile_begin < n; tile_begin += tile_rows) {
            if (gradc_stopped(stop)) {
                return gradc_ended(stop, GRADC_STOPPED);
            }
            const int64_t tile_end = tile_begin + tile_rows < n ? tile_begin + tile_rows : n;
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                t0[l - tile_begin] = 0.0;
            }
            for (int64_t strip_begin = 0; strip_begin < q; strip_begin += strip) {
                if (gradc_stopped(stop)) {
                    return gradc_ended(stop, GRADC_STOPPED);
                }
                const int64_t strip_end = strip + strip_begin < q ? strip + strip_begin : q;

                /* drawn[l:n, o:q] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
                 *    V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j]) */
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const int64_t word_l = word[l];
                    const int64_t v0 = word_l < 0 ? m + word_l : word_l;
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        drawn[(l - tile_begin)*strip + o - strip_begin] = 0.0;
                    }
                    for (int64_t j = 0; j < 4*(k / 4); j += 4) {
                        const double U_j = U[v0*k + j];
                        const double U_j_ = U[v0*k + j + 1];
                        const double U_j_2 = U[v0*k + j + 2];
                        const double U_j_3 = U[v0*k + j + 3];
                        GRADC_SIMD()
                        for (int64_t o = strip_begin; o < strip_end; ++o) {
                            const int64_t noise_lo = noise[l*q + o];
                            const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                            drawn[(l - tile_begin)*strip + o - strip_begin] += U_j * V[v1*k + j] + U_j_
                                * V[v1*k + j + 1] + U_j_2 * V[v1*k + j + 2] + U_j_3 * V[v1*k + j + 3];
                        }
                    }
                    for (int64_t j = 4*(k / 4); j < k; ++j) {
                        const double U_j = U[v0*k + j];
                        GRADC_SIMD()
                        for (int64_t o = strip_begin; o < strip_end; ++o) {
                            const int64_t noise_lo = noise[l*q + o];
                            const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                            drawn[(l - tile_begin)*strip + o - strip_begin] += U_j * V[v1*k + j];
                        }
                    }
                }

                /* t0_term[l:n, o:q] = exp(-abs(drawn[l, o])) */
                /* t0[l:n] = sum[o:q](where(0 == drawn[l, o], 0.6931471805599453, log1p_unit(t0_term[l, o]) +
                 *    maximum(0, drawn[l, o]))) */
                /* drawn_bar[l:n, o:q] = where(-inf == drawn[l, o], 0, t1_bar * (where(0 <= drawn[l, o], 1,
                 *    t0_term[l, o]) / (1 + t0_term[l, o]))) */
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    double t0_sum = 0.0;
                    GRADC_SIMD(reduction(+:t0_sum))
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        const double drawn_lo = drawn[(l - tile_begin)*strip + o - strip_begin];
                        const double v0 = gradc_exp(-fabs(drawn_lo));
                        t0_sum += 0.0 == drawn_lo ? 0.6931471805599453 : ((drawn_lo > 0.0 || drawn_lo != drawn_lo)
                            ? drawn_lo : 0.0) + gradc_log1p_unit(v0);
                        drawn_bar[(l - tile_begin)*strip + o - strip_begin] = -(double)INFINITY == drawn_lo ? 0.0
                            : t1_bar * ((0.0 <= drawn_lo ? 1.0 : v0) / (1.0 + v0));
                    }
                    t0[l - tile_begin] += t0_sum;
                }

                /* grad_U_total[:m, :k] = 0 grad_U_total += each[l:n, o:q, j:k](at[where_integer(word[l] < 0, m +
                 *    word[l], word[l]), j](V[where_integer(noise[l, o] < 0, m + noise[l, o], noise[l, o]), j] *
                 *    drawn_bar[l, o])) */
                /* grad_V_total[:m, :k] = 0 grad_V_total += each[l:n, o:q, j:k](at[where_integer(noise[l, o] < 0, m
                 *    + noise[l, o], noise[l, o]), j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
                 *    drawn_bar[l, o])) */
                for (int64_t l = tile_begin; l < tile_end; ++l) {
                    const int64_t word_l = word[l];
                    const int64_t v0 = word_l < 0 ? m + word_l : word_l;
                    for (int64_t o = strip_begin; o < strip_end; ++o) {
                        const int64_t noise_lo = noise[l*q + o];
                        const int64_t v1 = noise_lo < 0 ? m + noise_lo : noise_lo;
                        const double drawn_bar_lo = drawn_bar[(l - tile_begin)*strip + o - strip_begin];
                        for (int64_t j = 0; j < k; ++j) {
                            grad_U_total[v0*k + j] += V[v1*k + j] * drawn_bar_lo;
                            grad_V_total[v1*k + j] += U[v0*k + j] * drawn_bar_lo;
                        }
                    }
                }
            }

            /* seen[l:n] = sum[j:k](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
             *    V[where_integer(context[l] < 0, m + context[l], context[l]), j]) */
            for (int64_t l = tile_begin; l < 4*((tile_end - tile_begin) / 4) + tile_begin; l += 4) {
                const int64_t word_l = word[l];
                const int64_t v0 = word_l < 0 ? m + word_l : word_l;
                const int64_t context_l = context[l];
                const int64_t v1 = context_l < 0 ? m + context_l : context_l;
                double seen_sum = 0.0;
                const int64_t word_l_ = word[l + 1];
                const int64_t v2 = word_l_ < 0 ? m + word_l_ : word_l_;
                const int64_t context_l_ = context[l + 1];
                const int64_t v3 = context_l_ < 0 ? m + context_l_ : context_l_;
                double seen_sum_ = 0.0;
                const int64_t word_l_2 = word[l + 2];
                const int64_t v4 = word_l_2 < 0 ? m + word_l_2 : word_l_2;
                const int64_t context_l_2 = context[l + 2];
                const int64_t v5 = context_l_2 < 0 ? m + context_l_2 : context_l_2;
                double seen_sum_2 = 0.0;
                const int64_t word_l_3 = word[l + 3];
                const int64_t v6 = word_l_3 < 0 ? m + word_l_3 : word_l_3;
                const int64_t context_l_3 = context[l + 3];
                const int64_t v7 = context_l_3 < 0 ? m + context_l_3 : context_l_3;
                double seen_sum_3 = 0.0;
                GRADC_SIMD(reduction(+:seen_sum, seen_sum_, seen_sum_2, seen_sum_3))
                for (int64_t j = 0; j < k; ++j) {
                    seen_sum += U[v0*k + j] * V[v1*k + j];
                    seen_sum_ += U[v2*k + j] * V[v3*k + j];
                    seen_sum_2 += U[v4*k + j] * V[v5*k + j];
                    seen_sum_3 += U[v6*k + j] * V[v7*k + j];
                }
                seen[l - tile_begin] = seen_sum;
                seen[l + 1 - tile_begin] = seen_sum_;
                seen[l + 2 - tile_begin] = seen_sum_2;
                seen[l + 3 - tile_begin] = seen_sum_3;
            }
            for (int64_t l = 4*((tile_end - tile_begin) / 4) + tile_begin; l < tile_end; ++l) {
                const int64_t word_l = word[l];
                const int64_t v0 = word_l < 0 ? m + word_l : word_l;
                const int64_t context_l = context[l];
                const int64_t v1 = context_l < 0 ? m + context_l : context_l;
                double seen_sum = 0.0;
                GRADC_SIMD(reduction(+:seen_sum))
                for (int64_t j = 0; j < k; ++j) {
                    seen_sum += U[v0*k + j] * V[v1*k + j];
                }
                seen[l - tile_begin] = seen_sum;
            }

            /* t1 = sum[l:n](let(s0 := -seen[l], t0[l] + where(0 == s0, 0.6931471805599453, maximum(0, s0) +
             *    log1p_unit(exp(-abs(seen[l])))))) */
            /* seen_bar[l:n] = let(s0 := -seen[l], s1 := exp(-abs(seen[l])), where(-inf == s0, 0, -(t1_bar *
             *    (where(0 <= s0, 1, s1) / (1 + s1))))), in the place of t0 */
            double t1_sum = 0.0;
            GRADC_SIMD(reduction(+:t1_sum))
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const double t0_l = t0[l - tile_begin];
                const double seen_l = seen[l - tile_begin];
                const double v0 = -seen_l;
                const double v1 = gradc_exp(-fabs(seen_l));
                t1_sum += t0_l + (0.0 == v0 ? 0.6931471805599453 : ((v0 > 0.0 || v0 != v0) ? v0 : 0.0)
                    + gradc_log1p_unit(v1));
                t0[l - tile_begin] = -(double)INFINITY == v0 ? 0.0 : -(t1_bar
                    * ((0.0 <= v0 ? 1.0 : v1) / (1.0 + v1)));
            }
            gradc_add(&t1, &t1_low, t1_sum);

            /* grad_U_total_2[:m, :k] = 0 grad_U_total_2 += each[l:n, j:k](at[where_integer(word[l] < 0, m +
             *    word[l], word[l]), j](V[where_integer(context[l] < 0, m + context[l], context[l]), j] *
             *    seen_bar[l])) */
            /* grad_V_total_2[:m, :k] = 0 grad_V_total_2 += each[l:n, j:k](at[where_integer(context[l] < 0, m +
             *    context[l], context[l]), j](U[where_integer(word[l] < 0, m + word[l], word[l]), j] *
             *    seen_bar[l])) */
            for (int64_t l = tile_begin; l < tile_end; ++l) {
                const int64_t context_l = context[l];
                const int64_t v0 = context_l < 0 ? m + context_l : context_l;
                const double t0_l = t0[l - tile_begin];
                const int64_t word_l = word[l];
                const int64_t v1 = word_l < 0 ? m + word_l : word_l;
                for (int64_t j = 0; j < k; ++j) {
                    grad_U_total_2[v1*k + j] += V[v0*k + j] * t0_l;
                    grad_V_total_2[v0*k + j] += U[v1*k + j] * t0_l;
                }
            }
        }
    }
    t1 = gradc_rounded(t1, t1_low);

    /* grad_U[i:m, j:k] = grad_U_total[i, j] + grad_U_total_2[i, j] */
    /* grad_V[i:m, j:k] = grad_V_total_2[i, j] + grad_V_total[i, j] */
    for (int64_t i = 0; i < m; ++i) {
        if (gradc_stopped(stop)) {
            return gradc_ended(stop, GRADC_STOPPED);
        }
        GRADC_SIMD()
        for (int64_t j = 0; j < k; ++j) {
            grad_U[i*k + j] = grad_U_total[i*k + j] + grad_U_total_2[i*k + j];
            grad_V[i*k + j] = grad_V_total[i*k + j] + grad_V_total_2[i*k + j];
        }
    }

    /* value = t1 / n */
    *value = t1 / (double)n;
    if (gradc_stopped(stop)) {
        return gradc_ended(stop, GRADC_STOPPED);
    }
    return gradc_ended(stop, 0);
}
