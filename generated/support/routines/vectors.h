#ifndef GRADC_ROUTINES_VECTORS_H
#define GRADC_ROUTINES_VECTORS_H

#include "../frame.h"
#include "../helpers/gnu.h"

#if defined(GRADC_GNU)
/* Vectors as wide as the machine's, through an extension that gcc and clang share; loads and stores need no
 * alignment. */
#if defined(__AVX512F__)
#define GRADC_BYTES 64
#elif defined(__AVX__)
#define GRADC_BYTES 32
#else
#define GRADC_BYTES 16
#endif
#define GRADC_LANES ((int64_t)(GRADC_BYTES / sizeof(double)))
#define GRADC_VECTOR(bytes) __attribute__((vector_size(bytes), aligned(sizeof(double)), may_alias))

typedef double gradc_vector GRADC_VECTOR(GRADC_BYTES);
typedef int64_t gradc_mask GRADC_VECTOR(GRADC_BYTES);
#endif

#endif
