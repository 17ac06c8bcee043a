/* multivariate_normal: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     multivariate_normal_value gives 1: solve: the matrix is singular
 *     multivariate_normal_forward gives 1: solve: the matrix is singular
 *     multivariate_normal_backward gives 1: solve: the matrix is singular
 *     multivariate_normal_backward gives 2: inv: the matrix is singular
 *     multivariate_normal_value_and_grad gives 1: solve: the matrix is singular
 *     multivariate_normal_value_and_grad gives 2: inv: the matrix is singular
 */
#ifndef MULTIVARIATE_NORMAL_H
#define MULTIVARIATE_NORMAL_H

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

size_t multivariate_normal_value_work(int64_t d, int64_t n);
int multivariate_normal_value(int64_t d, int64_t n, const double *GRADC_RESTRICT mu, const double *GRADC_RESTRICT S,
                              const double *GRADC_RESTRICT X, double *GRADC_RESTRICT value,
                              void *GRADC_RESTRICT work);
size_t multivariate_normal_forward_work(int64_t d, int64_t n);
int multivariate_normal_forward(int64_t d, int64_t n, const double *GRADC_RESTRICT mu,
                                const double *GRADC_RESTRICT S, const double *GRADC_RESTRICT X,
                                double *GRADC_RESTRICT value, double *GRADC_RESTRICT t1, void *GRADC_RESTRICT work);
size_t multivariate_normal_backward_work(int64_t d, int64_t n);
int multivariate_normal_backward(int64_t d, int64_t n, const double *GRADC_RESTRICT mu,
                                 const double *GRADC_RESTRICT S, const double *GRADC_RESTRICT X,
                                 const double *GRADC_RESTRICT t1, double cotangent, double *GRADC_RESTRICT grad_mu,
                                 double *GRADC_RESTRICT grad_S, void *GRADC_RESTRICT work);
size_t multivariate_normal_value_and_grad_work(int64_t d, int64_t n);
int multivariate_normal_value_and_grad(int64_t d, int64_t n, const double *GRADC_RESTRICT mu,
                                       const double *GRADC_RESTRICT S, const double *GRADC_RESTRICT X,
                                       double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_mu,
                                       double *GRADC_RESTRICT grad_S, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* MULTIVARIATE_NORMAL_H */
