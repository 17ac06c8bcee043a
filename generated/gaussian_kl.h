/* gaussian_kl: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef GAUSSIAN_KL_H
#define GAUSSIAN_KL_H

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

size_t gaussian_kl_value_work(int64_t n, int64_t k);
int gaussian_kl_value(int64_t n, int64_t k, const double *GRADC_RESTRICT mu, const double *GRADC_RESTRICT log_var,
                      double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t gaussian_kl_forward_work(int64_t n, int64_t k);
int gaussian_kl_forward(int64_t n, int64_t k, const double *GRADC_RESTRICT mu, const double *GRADC_RESTRICT log_var,
                        double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t gaussian_kl_backward_work(int64_t n, int64_t k);
int gaussian_kl_backward(int64_t n, int64_t k, const double *GRADC_RESTRICT mu, const double *GRADC_RESTRICT log_var,
                         double cotangent, double *GRADC_RESTRICT grad_mu, double *GRADC_RESTRICT grad_log_var,
                         void *GRADC_RESTRICT work);
size_t gaussian_kl_value_and_grad_work(int64_t n, int64_t k);
int gaussian_kl_value_and_grad(int64_t n, int64_t k, const double *GRADC_RESTRICT mu,
                               const double *GRADC_RESTRICT log_var, double *GRADC_RESTRICT value,
                               double *GRADC_RESTRICT grad_mu, double *GRADC_RESTRICT grad_log_var,
                               void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* GAUSSIAN_KL_H */
