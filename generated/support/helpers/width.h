#ifndef GRADC_HELPERS_WIDTH_H
#define GRADC_HELPERS_WIDTH_H

#include "../frame.h"

/* How many columns of a wide array a tile has at a time: all of them, or an even share that whole registers hold. */
static int64_t gradc_width(int64_t columns)
{
    const int64_t share = columns / ((columns + 255) / 256 + (columns <= 0));
    return columns <= 256 ? columns : (share + 48) / 48 * 48;
}

#endif
