#ifndef GRADC_HELPERS_GNU_H
#define GRADC_HELPERS_GNU_H

#include "../frame.h"

/* What gcc and clang have beyond C99. Other compilers do without it, and so do these with -DGRADC_PLAIN. */
#if defined(__GNUC__) && !defined(__TINYC__) && !defined(GRADC_PLAIN)
#define GRADC_GNU
#endif

#endif
