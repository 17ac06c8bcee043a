/* bpr: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     bpr_value gives 1: user holds an index out of range for an axis of length m
 *     bpr_value gives 2: liked holds an index out of range for an axis of length p
 *     bpr_value gives 3: other holds an index out of range for an axis of length p
 *     bpr_forward gives 1: user holds an index out of range for an axis of length m
 *     bpr_forward gives 2: liked holds an index out of range for an axis of length p
 *     bpr_forward gives 3: other holds an index out of range for an axis of length p
 *     bpr_backward gives 1: liked holds an index out of range for an axis of length p
 *     bpr_backward gives 2: other holds an index out of range for an axis of length p
 *     bpr_backward gives 3: user holds an index out of range for an axis of length m
 *     bpr_value_and_grad gives 1: user holds an index out of range for an axis of length m
 *     bpr_value_and_grad gives 2: liked holds an index out of range for an axis of length p
 *     bpr_value_and_grad gives 3: other holds an index out of range for an axis of length p
 */
#ifndef BPR_H
#define BPR_H

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

size_t bpr_value_work(int64_t m, int64_t k, int64_t p, int64_t n);
int bpr_value(int64_t m, int64_t k, int64_t p, int64_t n, const double *GRADC_RESTRICT U,
              const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT user,
              const int64_t *GRADC_RESTRICT liked, const int64_t *GRADC_RESTRICT other, double lam,
              double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t bpr_forward_work(int64_t m, int64_t k, int64_t p, int64_t n);
int bpr_forward(int64_t m, int64_t k, int64_t p, int64_t n, const double *GRADC_RESTRICT U,
                const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT user,
                const int64_t *GRADC_RESTRICT liked, const int64_t *GRADC_RESTRICT other, double lam,
                double *GRADC_RESTRICT value, double *GRADC_RESTRICT margin, void *GRADC_RESTRICT work);
size_t bpr_backward_work(int64_t m, int64_t k, int64_t p, int64_t n);
int bpr_backward(int64_t m, int64_t k, int64_t p, int64_t n, const double *GRADC_RESTRICT U,
                 const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT user,
                 const int64_t *GRADC_RESTRICT liked, const int64_t *GRADC_RESTRICT other, double lam,
                 const double *GRADC_RESTRICT margin, double cotangent, double *GRADC_RESTRICT grad_U,
                 double *GRADC_RESTRICT grad_V, void *GRADC_RESTRICT work);
size_t bpr_value_and_grad_work(int64_t m, int64_t k, int64_t p, int64_t n);
int bpr_value_and_grad(int64_t m, int64_t k, int64_t p, int64_t n, const double *GRADC_RESTRICT U,
                       const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT user,
                       const int64_t *GRADC_RESTRICT liked, const int64_t *GRADC_RESTRICT other, double lam,
                       double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_U, double *GRADC_RESTRICT grad_V,
                       void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* BPR_H */
