/* log_normal_survival: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef LOG_NORMAL_SURVIVAL_H
#define LOG_NORMAL_SURVIVAL_H

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

size_t log_normal_survival_value_work(int64_t n, int64_t d);
int log_normal_survival_value(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_sigma,
                              const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT time_,
                              const double *GRADC_RESTRICT event, double *GRADC_RESTRICT value,
                              void *GRADC_RESTRICT work);
size_t log_normal_survival_forward_work(int64_t n, int64_t d);
int log_normal_survival_forward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_sigma,
                                const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT time_,
                                const double *GRADC_RESTRICT event, double *GRADC_RESTRICT value,
                                double *GRADC_RESTRICT t0, double *GRADC_RESTRICT t1, void *GRADC_RESTRICT work);
size_t log_normal_survival_backward_work(int64_t n, int64_t d);
int log_normal_survival_backward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_sigma,
                                 const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT time_,
                                 const double *GRADC_RESTRICT event, double t0, const double *GRADC_RESTRICT t1,
                                 double cotangent, double *GRADC_RESTRICT grad_w,
                                 double *GRADC_RESTRICT grad_log_sigma, void *GRADC_RESTRICT work);
size_t log_normal_survival_value_and_grad_work(int64_t n, int64_t d);
int log_normal_survival_value_and_grad(int64_t n, int64_t d, const double *GRADC_RESTRICT w, double log_sigma,
                                       const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT time_,
                                       const double *GRADC_RESTRICT event, double *GRADC_RESTRICT value,
                                       double *GRADC_RESTRICT grad_w, double *GRADC_RESTRICT grad_log_sigma,
                                       void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* LOG_NORMAL_SURVIVAL_H */
