/* negative_binomial: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef NEGATIVE_BINOMIAL_H
#define NEGATIVE_BINOMIAL_H

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

size_t negative_binomial_value_work(int64_t n, int64_t d);
int negative_binomial_value(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_alpha,
                            const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y,
                            double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t negative_binomial_forward_work(int64_t n, int64_t d);
int negative_binomial_forward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_alpha,
                              const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y,
                              double *GRADC_RESTRICT value, double *GRADC_RESTRICT r, double *GRADC_RESTRICT t1,
                              void *GRADC_RESTRICT work);
size_t negative_binomial_backward_work(int64_t n, int64_t d);
int negative_binomial_backward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_alpha,
                               const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y, double r,
                               const double *GRADC_RESTRICT t1, double cotangent, double *GRADC_RESTRICT grad_w,
                               double *GRADC_RESTRICT grad_log_alpha, void *GRADC_RESTRICT work);
size_t negative_binomial_value_and_grad_work(int64_t n, int64_t d);
int negative_binomial_value_and_grad(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_alpha,
                                     const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y,
                                     double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_w,
                                     double *GRADC_RESTRICT grad_log_alpha, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* NEGATIVE_BINOMIAL_H */
