#ifndef GRADC_VECTOR_BITS_H
#define GRADC_VECTOR_BITS_H

#include "../frame.h"
#include "../vector/inline.h"

/* The bits of a number, and the number of some bits. */
GRADC_INLINE uint64_t gradc_bits(double x)
{
    const union { double value; uint64_t bits; } u = {x};
    return u.bits;
}

GRADC_INLINE double gradc_number(uint64_t bits)
{
    const union { uint64_t bits; double value; } u = {bits};
    return u.value;
}

#endif
