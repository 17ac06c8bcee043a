/* autoregressive: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef AUTOREGRESSIVE_H
#define AUTOREGRESSIVE_H

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

size_t autoregressive_value_work(int64_t t);
int autoregressive_value(int64_t t, double c, const double *GRADC_RESTRICT phi, double log_sigma,
                         const double *GRADC_RESTRICT y, double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t autoregressive_forward_work(int64_t t);
int autoregressive_forward(int64_t t, double c, const double *GRADC_RESTRICT phi, double log_sigma,
                           const double *GRADC_RESTRICT y, double *GRADC_RESTRICT value, double *GRADC_RESTRICT t0,
                           void *GRADC_RESTRICT work);
size_t autoregressive_backward_work(int64_t t);
int autoregressive_backward(int64_t t, double c, const double *GRADC_RESTRICT phi, double log_sigma,
                            const double *GRADC_RESTRICT y, double t0, double cotangent,
                            double *GRADC_RESTRICT grad_c, double *GRADC_RESTRICT grad_phi,
                            double *GRADC_RESTRICT grad_log_sigma, void *GRADC_RESTRICT work);
size_t autoregressive_value_and_grad_work(int64_t t);
int autoregressive_value_and_grad(int64_t t, double c, const double *GRADC_RESTRICT phi, double log_sigma,
                                  const double *GRADC_RESTRICT y, double *GRADC_RESTRICT value,
                                  double *GRADC_RESTRICT grad_c, double *GRADC_RESTRICT grad_phi,
                                  double *GRADC_RESTRICT grad_log_sigma, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* AUTOREGRESSIVE_H */
