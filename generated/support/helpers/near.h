#ifndef GRADC_HELPERS_NEAR_H
#define GRADC_HELPERS_NEAR_H

#include "../frame.h"

/* Whether loops have sines of gradc's own, which hold up to 10^6 only. */
#if defined(GRADC_LIBMVEC)
#define GRADC_NEAR 0
#else
#define GRADC_NEAR 1
#endif

#endif
