/* cox_sorted: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     cox_sorted_value gives 1: last holds an index out of range for an axis of length n + 1
 *     cox_sorted_forward gives 1: last holds an index out of range for an axis of length n + 1
 *     cox_sorted_backward gives 1: last holds an index out of range for an axis of length n + 1
 *     cox_sorted_value_and_grad gives 1: last holds an index out of range for an axis of length n + 1
 */
#ifndef COX_SORTED_H
#define COX_SORTED_H

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

size_t cox_sorted_value_work(int64_t n, int64_t d);
int cox_sorted_value(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                     const double *GRADC_RESTRICT event, const int64_t *GRADC_RESTRICT last,
                     double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t cox_sorted_forward_work(int64_t n, int64_t d);
int cox_sorted_forward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                       const double *GRADC_RESTRICT event, const int64_t *GRADC_RESTRICT last,
                       double *GRADC_RESTRICT value, double *GRADC_RESTRICT z, double *GRADC_RESTRICT top,
                       double *GRADC_RESTRICT t1, double *GRADC_RESTRICT t2, double *GRADC_RESTRICT t4,
                       void *GRADC_RESTRICT work);
size_t cox_sorted_backward_work(int64_t n, int64_t d);
int cox_sorted_backward(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                        const double *GRADC_RESTRICT event, const int64_t *GRADC_RESTRICT last,
                        const double *GRADC_RESTRICT z, double top, const double *GRADC_RESTRICT t1,
                        const double *GRADC_RESTRICT t2, double t4, double cotangent, double *GRADC_RESTRICT grad_w,
                        void *GRADC_RESTRICT work);
size_t cox_sorted_value_and_grad_work(int64_t n, int64_t d);
int cox_sorted_value_and_grad(int64_t n, int64_t d, const double *GRADC_RESTRICT w, const double *GRADC_RESTRICT X,
                              const double *GRADC_RESTRICT event, const int64_t *GRADC_RESTRICT last,
                              double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_w, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* COX_SORTED_H */
