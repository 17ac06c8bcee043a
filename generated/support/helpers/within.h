#ifndef GRADC_HELPERS_WITHIN_H
#define GRADC_HELPERS_WITHIN_H

#include "../frame.h"

/* The place in a range, its end included, that is nearest to another. */
static inline int64_t gradc_within(int64_t place, int64_t begin, int64_t end)
{
    return place < begin ? begin : place > end ? end : place;
}

#endif
