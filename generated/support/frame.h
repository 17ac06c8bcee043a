#ifndef GRADC_FRAME_H
#define GRADC_FRAME_H

#include <stddef.h>
#include <stdint.h>

/* With -fopenmp-simd, gcc and glibc, loops call these a vector at a time. Declared before math.h, whose own
 * declarations then add to them. */
#if defined(GRADC_OPENMP_SIMD) && defined(__GLIBC__) && defined(__x86_64__) && !defined(__clang__)
#if __GLIBC__ > 2 || __GLIBC_MINOR__ >= 35
#pragma omp declare simd notinbranch
double acos(double);
#pragma omp declare simd notinbranch
double acosh(double);
#pragma omp declare simd notinbranch
double asin(double);
#pragma omp declare simd notinbranch
double asinh(double);
#pragma omp declare simd notinbranch
double atan(double);
#pragma omp declare simd notinbranch
double atan2(double, double);
#pragma omp declare simd notinbranch
double atanh(double);
#pragma omp declare simd notinbranch
double cbrt(double);
#pragma omp declare simd notinbranch
double cos(double);
#pragma omp declare simd notinbranch
double cosh(double);
#pragma omp declare simd notinbranch
double erf(double);
#pragma omp declare simd notinbranch
double erfc(double);
#pragma omp declare simd notinbranch
double exp(double);
#pragma omp declare simd notinbranch
double exp2(double);
#pragma omp declare simd notinbranch
double expm1(double);
#pragma omp declare simd notinbranch
double hypot(double, double);
#pragma omp declare simd notinbranch
double log(double);
#pragma omp declare simd notinbranch
double log10(double);
#pragma omp declare simd notinbranch
double log1p(double);
#pragma omp declare simd notinbranch
double log2(double);
#pragma omp declare simd notinbranch
double pow(double, double);
#pragma omp declare simd notinbranch
double sin(double);
#pragma omp declare simd notinbranch
double sinh(double);
#pragma omp declare simd notinbranch
double tan(double);
#pragma omp declare simd notinbranch
double tanh(double);
#define GRADC_LIBMVEC
#endif
#endif

#include <math.h>

#define GRADC_PRAGMA(text) _Pragma(#text)
#if defined(GRADC_OPENMP_SIMD) && !defined(__TINYC__)
#define GRADC_SIMD(...) GRADC_PRAGMA(omp simd __VA_ARGS__)
#else
#define GRADC_SIMD(...)
#endif

#define GRADC_TILE 128  /* the most rows of a tile */
#define GRADC_PARTS 16  /* the most parts that rows go in, for threads to share */

/* Long straight-line code is cut into functions, which are not joined again: compilers' time grows faster than a
 * function. */
#if defined(__GNUC__) && !defined(GRADC_PLAIN)
#define GRADC_APART __attribute__((noinline))
#else
#define GRADC_APART
#endif

#endif
