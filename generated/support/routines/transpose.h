#ifndef GRADC_ROUTINES_TRANSPOSE_H
#define GRADC_ROUTINES_TRANSPOSE_H

#include "../frame.h"

/* t[j, i] = s[i, j], both with contiguous rows, eight rows of s at a time. */
static void gradc_transpose(int64_t rows, int64_t columns, const double *restrict s, int64_t s_row,
                            double *restrict t, int64_t t_row)
{
    int64_t i = 0;
    for (; i + 8 <= rows; i += 8) {
        for (int64_t j = 0; j < columns; ++j) {
            for (int64_t r = 0; r < 8; ++r) {
                t[j * t_row + i + r] = s[(i + r) * s_row + j];
            }
        }
    }
    for (; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) {
            t[j * t_row + i] = s[i * s_row + j];
        }
    }
}

#endif
