/* ordinal_logistic: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     ordinal_logistic_value gives 1: y holds an index out of range for an axis of length k + 2
 *     ordinal_logistic_forward gives 1: y holds an index out of range for an axis of length k + 2
 *     ordinal_logistic_backward gives 1: y holds an index out of range for an axis of length k + 2
 *     ordinal_logistic_value_and_grad gives 1: y holds an index out of range for an axis of length k + 2
 */
#ifndef ORDINAL_LOGISTIC_H
#define ORDINAL_LOGISTIC_H

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

size_t ordinal_logistic_value_work(int64_t n, int64_t d, int64_t k);
int ordinal_logistic_value(int64_t n, int64_t d, int64_t k, const double *GRADC_RESTRICT w,
                           const double *GRADC_RESTRICT c, const double *GRADC_RESTRICT X,
                           const int64_t *GRADC_RESTRICT y, double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t ordinal_logistic_forward_work(int64_t n, int64_t d, int64_t k);
int ordinal_logistic_forward(int64_t n, int64_t d, int64_t k, const double *GRADC_RESTRICT w,
                             const double *GRADC_RESTRICT c, const double *GRADC_RESTRICT X,
                             const int64_t *GRADC_RESTRICT y, double *GRADC_RESTRICT value, double *GRADC_RESTRICT z,
                             double *GRADC_RESTRICT t2, void *GRADC_RESTRICT work);
size_t ordinal_logistic_backward_work(int64_t n, int64_t d, int64_t k);
int ordinal_logistic_backward(int64_t n, int64_t d, int64_t k, const double *GRADC_RESTRICT w,
                              const double *GRADC_RESTRICT c, const double *GRADC_RESTRICT X,
                              const int64_t *GRADC_RESTRICT y, const double *GRADC_RESTRICT z,
                              const double *GRADC_RESTRICT t2, double cotangent, double *GRADC_RESTRICT grad_w,
                              double *GRADC_RESTRICT grad_c, void *GRADC_RESTRICT work);
size_t ordinal_logistic_value_and_grad_work(int64_t n, int64_t d, int64_t k);
int ordinal_logistic_value_and_grad(int64_t n, int64_t d, int64_t k, const double *GRADC_RESTRICT w,
                                    const double *GRADC_RESTRICT c, const double *GRADC_RESTRICT X,
                                    const int64_t *GRADC_RESTRICT y, double *GRADC_RESTRICT value,
                                    double *GRADC_RESTRICT grad_w, double *GRADC_RESTRICT grad_c,
                                    void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* ORDINAL_LOGISTIC_H */
