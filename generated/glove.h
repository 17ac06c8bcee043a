/* glove: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     glove_value gives 1: row holds an index out of range for an axis of length m
 *     glove_value gives 2: column holds an index out of range for an axis of length m
 *     glove_forward gives 1: row holds an index out of range for an axis of length m
 *     glove_forward gives 2: column holds an index out of range for an axis of length m
 *     glove_backward gives 1: column holds an index out of range for an axis of length m
 *     glove_backward gives 2: row holds an index out of range for an axis of length m
 *     glove_value_and_grad gives 1: row holds an index out of range for an axis of length m
 *     glove_value_and_grad gives 2: column holds an index out of range for an axis of length m
 */
#ifndef GLOVE_H
#define GLOVE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus) && !defined(GRADC_RESTRICT)
#define GRADC_RESTRICT
#elif !defined(GRADC_RESTRICT)
#define GRADC_RESTRICT restrict
#endif

#ifdef __cplusplus
extern "C" {
#endif

size_t glove_value_work(int64_t m, int64_t k, int64_t n);
int glove_value(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT U, const double *GRADC_RESTRICT V,
                const double *GRADC_RESTRICT b, const double *GRADC_RESTRICT c, const int64_t *GRADC_RESTRICT row,
                const int64_t *GRADC_RESTRICT column, const double *GRADC_RESTRICT count, double top,
                double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t glove_forward_work(int64_t m, int64_t k, int64_t n);
int glove_forward(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT U, const double *GRADC_RESTRICT V,
                  const double *GRADC_RESTRICT b, const double *GRADC_RESTRICT c, const int64_t *GRADC_RESTRICT row,
                  const int64_t *GRADC_RESTRICT column, const double *GRADC_RESTRICT count, double top,
                  double *GRADC_RESTRICT value, double *GRADC_RESTRICT t0, void *GRADC_RESTRICT work);
size_t glove_backward_work(int64_t m, int64_t k, int64_t n);
int glove_backward(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT U, const double *GRADC_RESTRICT V,
                   const double *GRADC_RESTRICT b, const double *GRADC_RESTRICT c, const int64_t *GRADC_RESTRICT row,
                   const int64_t *GRADC_RESTRICT column, const double *GRADC_RESTRICT count, double top,
                   const double *GRADC_RESTRICT t0, double cotangent, double *GRADC_RESTRICT grad_U,
                   double *GRADC_RESTRICT grad_V, double *GRADC_RESTRICT grad_b, double *GRADC_RESTRICT grad_c,
                   void *GRADC_RESTRICT work);
size_t glove_value_and_grad_work(int64_t m, int64_t k, int64_t n);
int glove_value_and_grad(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT U,
                         const double *GRADC_RESTRICT V, const double *GRADC_RESTRICT b,
                         const double *GRADC_RESTRICT c, const int64_t *GRADC_RESTRICT row,
                         const int64_t *GRADC_RESTRICT column, const double *GRADC_RESTRICT count, double top,
                         double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_U, double *GRADC_RESTRICT grad_V,
                         double *GRADC_RESTRICT grad_b, double *GRADC_RESTRICT grad_c, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* GLOVE_H */
