#ifndef GRADC_HELPERS_CLAMP_H
#define GRADC_HELPERS_CLAMP_H

#include "../frame.h"

/* The nearest place inside an axis. */
static inline int64_t gradc_clamp(int64_t place, int64_t extent)
{
    return place < 0 ? 0 : place >= extent ? extent - 1 : place;
}

#endif
