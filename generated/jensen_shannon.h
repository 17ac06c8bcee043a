/* jensen_shannon: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef JENSEN_SHANNON_H
#define JENSEN_SHANNON_H

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

size_t jensen_shannon_value_work(int64_t n, int64_t k);
int jensen_shannon_value(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                         double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t jensen_shannon_forward_work(int64_t n, int64_t k);
int jensen_shannon_forward(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                           double *GRADC_RESTRICT value, double *GRADC_RESTRICT t0, double *GRADC_RESTRICT t1,
                           void *GRADC_RESTRICT work);
size_t jensen_shannon_backward_work(int64_t n, int64_t k);
int jensen_shannon_backward(int64_t n, int64_t k, const double *GRADC_RESTRICT A, const double *GRADC_RESTRICT B,
                            const double *GRADC_RESTRICT t0, const double *GRADC_RESTRICT t1, double cotangent,
                            double *GRADC_RESTRICT grad_A, double *GRADC_RESTRICT grad_B, void *GRADC_RESTRICT work);
size_t jensen_shannon_value_and_grad_work(int64_t n, int64_t k);
int jensen_shannon_value_and_grad(int64_t n, int64_t k, const double *GRADC_RESTRICT A,
                                  const double *GRADC_RESTRICT B, double *GRADC_RESTRICT value,
                                  double *GRADC_RESTRICT grad_A, double *GRADC_RESTRICT grad_B,
                                  void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* JENSEN_SHANNON_H */
