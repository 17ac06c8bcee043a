/* plackett_luce: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef PLACKETT_LUCE_H
#define PLACKETT_LUCE_H

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

size_t plackett_luce_value_work(int64_t n, int64_t d);
int plackett_luce_value(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                        const double *GRADC_RESTRICT place, double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t plackett_luce_forward_work(int64_t n, int64_t d);
int plackett_luce_forward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                          const double *GRADC_RESTRICT place, double *GRADC_RESTRICT value, double *GRADC_RESTRICT s,
                          double *GRADC_RESTRICT t0, void *GRADC_RESTRICT work);
size_t plackett_luce_backward_work(int64_t n, int64_t d);
int plackett_luce_backward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                           const double *GRADC_RESTRICT place, const double *GRADC_RESTRICT s,
                           const double *GRADC_RESTRICT t0, double cotangent, double *GRADC_RESTRICT grad_w,
                           void *GRADC_RESTRICT work);
size_t plackett_luce_value_and_grad_work(int64_t n, int64_t d);
int plackett_luce_value_and_grad(int64_t n, int64_t d, const double *GRADC_RESTRICT w,
                                 const double *GRADC_RESTRICT X, const double *GRADC_RESTRICT place,
                                 double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_w,
                                 void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* PLACKETT_LUCE_H */
