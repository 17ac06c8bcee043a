#ifndef GRADC_VECTOR_INLINE_H
#define GRADC_VECTOR_INLINE_H

#include "../frame.h"
#include "../helpers/gnu.h"

/* A loop is vectorised only if what it calls is inlined, however much that is. */
#if defined(GRADC_GNU)
#define GRADC_INLINE __attribute__((always_inline)) static inline
#else
#define GRADC_INLINE static inline
#endif

#endif
