#ifndef GRADC_ROUTINES_SHUFFLE_H
#define GRADC_ROUTINES_SHUFFLE_H

#include "../frame.h"
#include "../routines/vectors.h"

#if !defined(GRADC_GNU)
/* Nothing is shuffled. */
#elif defined(__clang__) || __GNUC__ >= 12
#define GRADC_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define GRADC_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, (gradc_mask){__VA_ARGS__})
#endif

#endif
