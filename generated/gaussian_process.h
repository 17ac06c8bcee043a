/* gaussian_process: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     gaussian_process_value gives 1: solve: the matrix is singular
 *     gaussian_process_forward gives 1: solve: the matrix is singular
 *     gaussian_process_backward gives 1: inv: the matrix is singular
 *     gaussian_process_backward gives 2: solve: the matrix is singular
 *     gaussian_process_value_and_grad gives 1: solve: the matrix is singular
 *     gaussian_process_value_and_grad gives 2: inv: the matrix is singular
 */
#ifndef GAUSSIAN_PROCESS_H
#define GAUSSIAN_PROCESS_H

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

size_t gaussian_process_value_work(int64_t n, int64_t d);
int gaussian_process_value(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                           const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y,
                           double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t gaussian_process_forward_work(int64_t n, int64_t d);
int gaussian_process_forward(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                             const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y,
                             double *GRADC_RESTRICT value, double *GRADC_RESTRICT t0, double *GRADC_RESTRICT t1,
                             double *GRADC_RESTRICT gap, double *GRADC_RESTRICT K, double *GRADC_RESTRICT t3,
                             void *GRADC_RESTRICT work);
size_t gaussian_process_backward_work(int64_t n, int64_t d);
int gaussian_process_backward(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                              const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y, double t0, double t1,
                              const double *GRADC_RESTRICT gap, const double *GRADC_RESTRICT K,
                              const double *GRADC_RESTRICT t3, double cotangent,
                              double *GRADC_RESTRICT grad_log_amplitude, double *GRADC_RESTRICT grad_log_length,
                              double *GRADC_RESTRICT grad_log_noise, void *GRADC_RESTRICT work);
size_t gaussian_process_value_and_grad_work(int64_t n, int64_t d);
int gaussian_process_value_and_grad(int64_t n, int64_t d, double log_amplitude, double log_length, double log_noise,
                                    const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT y,
                                    double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_log_amplitude,
                                    double *GRADC_RESTRICT grad_log_length, double *GRADC_RESTRICT grad_log_noise,
                                    void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* GAUSSIAN_PROCESS_H */
