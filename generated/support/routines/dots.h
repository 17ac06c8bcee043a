#ifndef GRADC_ROUTINES_DOTS_H
#define GRADC_ROUTINES_DOTS_H

#include "../frame.h"
#include "../routines/shuffle.h"
#include "../vector/inline.h"

#if defined(GRADC_GNU)
/* The sum of a vector's lanes. Halves are added as vectors of their own: a lane written by its number costs a trip
 * through memory. */
static inline double gradc_total(gradc_vector sum)
{
    typedef double quarter __attribute__((vector_size(16)));
    quarter least;
#if GRADC_BYTES == 64
    typedef double half __attribute__((vector_size(32)));
    half low, high;
    __builtin_memcpy(&low, &sum, sizeof(half));
    __builtin_memcpy(&high, (const char *)&sum + sizeof(half), sizeof(half));
    low += high;
#else
    const gradc_vector low = sum;
#endif
    __builtin_memcpy(&least, &low, sizeof(quarter));
#if GRADC_BYTES > 16
    quarter more;
    __builtin_memcpy(&more, (const char *)&low + sizeof(quarter), sizeof(quarter));
    least += more;
#endif
    const int64_t few = 16 / sizeof(double);
    return few == 2 ? least[0] + least[1] : (least[0] + least[few / 2]) + (least[1] + least[few - 1]);
}

/* The sums of as many vectors as a vector has lanes, each in a lane of its own. Two vectors become one at a time:
 * half of its lanes are sums of neighbours in the one, half in the other. */
GRADC_INLINE gradc_vector gradc_totals(
    gradc_vector *sum)
{
#if GRADC_BYTES == 64
    for (int k = 0; k < 4; ++k) {
        const gradc_vector a = sum[2 * k], b = sum[2 * k + 1];
        sum[k] = GRADC_SHUFFLE(a, b, 0, 8, 2, 10, 4, 12, 6, 14)
                 + GRADC_SHUFFLE(a, b, 1, 9, 3, 11, 5, 13, 7, 15);
    }
    for (int k = 0; k < 2; ++k) {
        const gradc_vector a = sum[2 * k], b = sum[2 * k + 1];
        sum[k] = GRADC_SHUFFLE(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
                 + GRADC_SHUFFLE(a, b, 2, 3, 10, 11, 6, 7, 14, 15);
    }
    for (int k = 0; k < 1; ++k) {
        const gradc_vector a = sum[2 * k], b = sum[2 * k + 1];
        sum[k] = GRADC_SHUFFLE(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
                 + GRADC_SHUFFLE(a, b, 4, 5, 6, 7, 12, 13, 14, 15);
    }
#elif GRADC_BYTES == 32
    for (int k = 0; k < 2; ++k) {
        const gradc_vector a = sum[2 * k], b = sum[2 * k + 1];
        sum[k] = GRADC_SHUFFLE(a, b, 0, 4, 2, 6)
                 + GRADC_SHUFFLE(a, b, 1, 5, 3, 7);
    }
    for (int k = 0; k < 1; ++k) {
        const gradc_vector a = sum[2 * k], b = sum[2 * k + 1];
        sum[k] = GRADC_SHUFFLE(a, b, 0, 1, 4, 5)
                 + GRADC_SHUFFLE(a, b, 2, 3, 6, 7);
    }
#else
    for (int k = 0; k < 1; ++k) {
        const gradc_vector a = sum[2 * k], b = sum[2 * k + 1];
        sum[k] = GRADC_SHUFFLE(a, b, 0, 2)
                 + GRADC_SHUFFLE(a, b, 1, 3);
    }
#endif
    return sum[0];
}

/* sum[r] = what lane by lane adds up to the product of a's row r with x, for as many rows as are known where it is
 * inlined. The last vector of a row overlaps the one before it, and what that one has counted is masked out. */
GRADC_INLINE void gradc_terms(
    const int rows, int64_t depth, const double *restrict a, int64_t a_row, const double *restrict x,
    gradc_mask late, gradc_vector *sum)
{
    const int64_t whole = depth / GRADC_LANES * GRADC_LANES, last = depth - GRADC_LANES;
    for (int r = 0; r < rows; ++r) {
        sum[r] = (gradc_vector){0};
    }
    for (int64_t j = 0; j < whole; j += GRADC_LANES) {
        const gradc_vector v = *(const gradc_vector *)(x + j);
        for (int r = 0; r < rows; ++r) {
            sum[r] += *(const gradc_vector *)(a + r * a_row + j) * v;
        }
    }
    if (whole < depth) {
        const gradc_vector v = *(const gradc_vector *)(x + last);
        for (int r = 0; r < rows; ++r) {
            const gradc_vector term = *(const gradc_vector *)(a + r * a_row + last) * v;
            sum[r] += (gradc_vector)((gradc_mask)term & late);
        }
    }
}

/* z[r] (+)= total[r]. */
static inline void gradc_keep(
    gradc_vector total, double *restrict z, int64_t z_row, int add)
{
    if (z_row == 1) {
        gradc_vector *place = (gradc_vector *)z;
        if (add) {
            total += *place;
        }
        *place = total;
        return;
    }
    for (int64_t r = 0; r < GRADC_LANES; ++r) {
        z[r * z_row] = (add ? z[r * z_row] : 0) + total[r];
    }
}
#endif

/* z[i] (+)= sum over j < depth of a[i, j] * x[j], a's rows contiguous: as many rows at a time as a vector has lanes,
 * so that x is loaded once for them and their sums end up in one vector. */
static void gradc_dots(int64_t rows, int64_t depth, const double *restrict a, int64_t a_row,
                       const double *restrict x, double *restrict z, int64_t z_row, int add)
{
    int64_t i = 0;
#if defined(GRADC_GNU)
    gradc_vector sum[GRADC_LANES];
    if (depth >= GRADC_LANES) {
        gradc_mask late = {0};
        for (int64_t j = 0; j < GRADC_LANES; ++j) {
            late[j] = j >= GRADC_LANES - depth % GRADC_LANES ? -1 : 0;
        }
        for (; i + GRADC_LANES <= rows; i += GRADC_LANES) {
            gradc_terms(GRADC_LANES, depth, a + i * a_row, a_row, x, late, sum);
            gradc_keep(gradc_totals(sum), z + i * z_row, z_row, add);
        }
        for (; i < rows; ++i) {
            gradc_terms(1, depth, a + i * a_row, a_row, x, late, sum);
            z[i * z_row] = (add ? z[i * z_row] : 0) + gradc_total(sum[0]);
        }
    } else { /* rows are read with what follows them, as long as that is a row */
        double padded[GRADC_BYTES / sizeof(double)] = {0};
        gradc_mask there = {0};
        for (int64_t j = 0; j < depth; ++j) {
            padded[j] = x[j];
            there[j] = -1;
        }
        const gradc_vector factor = *(const gradc_vector *)padded;
        for (; (i + GRADC_LANES - 1) * a_row + GRADC_LANES <= (rows - 1) * a_row + depth; i += GRADC_LANES) {
            for (int r = 0; r < GRADC_LANES; ++r) {
                const gradc_vector row = *(const gradc_vector *)(a + (i + r) * a_row);
                const gradc_vector term = row * factor;
                sum[r] = (gradc_vector)((gradc_mask)term & there);
            }
            gradc_keep(gradc_totals(sum), z + i * z_row, z_row, add);
        }
    }
#endif
    for (; i < rows; ++i) {
        double total = 0;
        for (int64_t j = 0; j < depth; ++j) {
            total += a[i * a_row + j] * x[j];
        }
        z[i * z_row] = (add ? z[i * z_row] : 0) + total;
    }
}

#endif
