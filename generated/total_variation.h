/* total_variation: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef TOTAL_VARIATION_H
#define TOTAL_VARIATION_H

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

size_t total_variation_value_work(int64_t t);
int total_variation_value(int64_t t, const double *GRADC_RESTRICT x, const double *GRADC_RESTRICT y, double lam,
                          double eps, double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t total_variation_forward_work(int64_t t);
int total_variation_forward(int64_t t, const double *GRADC_RESTRICT x, const double *GRADC_RESTRICT y, double lam,
                            double eps, double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t total_variation_backward_work(int64_t t);
int total_variation_backward(int64_t t, const double *GRADC_RESTRICT x, const double *GRADC_RESTRICT y, double lam,
                             double eps, double cotangent, double *GRADC_RESTRICT grad_x, void *GRADC_RESTRICT work);
size_t total_variation_value_and_grad_work(int64_t t);
int total_variation_value_and_grad(int64_t t, const double *GRADC_RESTRICT x, const double *GRADC_RESTRICT y,
                                   double lam, double eps, double *GRADC_RESTRICT value,
                                   double *GRADC_RESTRICT grad_x, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* TOTAL_VARIATION_H */
