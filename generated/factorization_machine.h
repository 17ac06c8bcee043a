/* factorization_machine: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef FACTORIZATION_MACHINE_H
#define FACTORIZATION_MACHINE_H

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

size_t factorization_machine_value_work(int64_t d, int64_t k, int64_t n);
int factorization_machine_value(int64_t d, int64_t k, int64_t n, double b, const double *GRADC_RESTRICT w,
                                const double *GRADC_RESTRICT V, const double *GRADC_RESTRICT X,
                                const double *GRADC_RESTRICT y, double *GRADC_RESTRICT value,
                                void *GRADC_RESTRICT work);
size_t factorization_machine_forward_work(int64_t d, int64_t k, int64_t n);
int factorization_machine_forward(int64_t d, int64_t k, int64_t n, double b, const double *GRADC_RESTRICT w,
                                  const double *GRADC_RESTRICT V, const double *GRADC_RESTRICT X,
                                  const double *GRADC_RESTRICT y, double *GRADC_RESTRICT value,
                                  double *GRADC_RESTRICT t0, double *GRADC_RESTRICT t1, double *GRADC_RESTRICT t3,
                                  double *GRADC_RESTRICT t5, void *GRADC_RESTRICT work);
size_t factorization_machine_backward_work(int64_t d, int64_t k, int64_t n);
int factorization_machine_backward(int64_t d, int64_t k, int64_t n, double b, const double *GRADC_RESTRICT w,
                                   const double *GRADC_RESTRICT V, const double *GRADC_RESTRICT X,
                                   const double *GRADC_RESTRICT y, const double *GRADC_RESTRICT t0,
                                   const double *GRADC_RESTRICT t1, const double *GRADC_RESTRICT t3,
                                   const double *GRADC_RESTRICT t5, double cotangent, double *GRADC_RESTRICT grad_b,
                                   double *GRADC_RESTRICT grad_w, double *GRADC_RESTRICT grad_V,
                                   void *GRADC_RESTRICT work);
size_t factorization_machine_value_and_grad_work(int64_t d, int64_t k, int64_t n);
int factorization_machine_value_and_grad(int64_t d, int64_t k, int64_t n, double b, const double *GRADC_RESTRICT w,
                                         const double *GRADC_RESTRICT V, const double *GRADC_RESTRICT X,
                                         const double *GRADC_RESTRICT y, double *GRADC_RESTRICT value,
                                         double *GRADC_RESTRICT grad_b, double *GRADC_RESTRICT grad_w,
                                         double *GRADC_RESTRICT grad_V, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* FACTORIZATION_MACHINE_H */
