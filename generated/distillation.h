/* distillation: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     distillation_value gives 1: y holds an index out of range for an axis of length k
 *     distillation_forward gives 1: y holds an index out of range for an axis of length k
 *     distillation_backward gives 1: y holds an index out of range for an axis of length k
 *     distillation_value_and_grad gives 1: y holds an index out of range for an axis of length k
 */
#ifndef DISTILLATION_H
#define DISTILLATION_H

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

size_t distillation_value_work(int64_t n, int64_t k);
int distillation_value(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                       const int64_t *GRADC_RESTRICT y, double tau, double mix, double *GRADC_RESTRICT value,
                       void *GRADC_RESTRICT work);
size_t distillation_forward_work(int64_t n, int64_t k);
int distillation_forward(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                         const int64_t *GRADC_RESTRICT y, double tau, double mix, double *GRADC_RESTRICT value,
                         double *GRADC_RESTRICT t1, double *GRADC_RESTRICT t3, double *GRADC_RESTRICT t6,
                         void *GRADC_RESTRICT work);
size_t distillation_backward_work(int64_t n, int64_t k);
int distillation_backward(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                          const int64_t *GRADC_RESTRICT y, double tau, double mix, const double *GRADC_RESTRICT t1,
                          const double *GRADC_RESTRICT t3, const double *GRADC_RESTRICT t6, double cotangent,
                          double *GRADC_RESTRICT grad_A, void *GRADC_RESTRICT work);
size_t distillation_value_and_grad_work(int64_t n, int64_t k);
int distillation_value_and_grad(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                                const int64_t *GRADC_RESTRICT y, double tau, double mix,
                                double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_A,
                                void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* DISTILLATION_H */
