/* two_layer: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     two_layer_value gives 1: y holds an index out of range for an axis of length k
 *     two_layer_forward gives 1: y holds an index out of range for an axis of length k
 *     two_layer_backward gives 1: y holds an index out of range for an axis of length k
 *     two_layer_value_and_grad gives 1: y holds an index out of range for an axis of length k
 */
#ifndef TWO_LAYER_H
#define TWO_LAYER_H

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

size_t two_layer_value_work(int64_t d, int64_t h, int64_t k, int64_t n);
int two_layer_value(int64_t d, int64_t h, int64_t k, int64_t n, const double *GRADC_RESTRICT W1,
                    const double *GRADC_RESTRICT b1, const double *GRADC_RESTRICT W2,
                    const double *GRADC_RESTRICT b2, const double *GRADC_RESTRICT X, const int64_t *GRADC_RESTRICT y,
                    double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t two_layer_forward_work(int64_t d, int64_t h, int64_t k, int64_t n);
int two_layer_forward(int64_t d, int64_t h, int64_t k, int64_t n, const double *GRADC_RESTRICT W1,
                      const double *GRADC_RESTRICT b1, const double *GRADC_RESTRICT W2,
                      const double *GRADC_RESTRICT b2, const double *GRADC_RESTRICT X,
                      const int64_t *GRADC_RESTRICT y, double *GRADC_RESTRICT value, double *GRADC_RESTRICT t0,
                      double *GRADC_RESTRICT t1, double *GRADC_RESTRICT t2, double *GRADC_RESTRICT t3,
                      void *GRADC_RESTRICT work);
size_t two_layer_backward_work(int64_t d, int64_t h, int64_t k, int64_t n);
int two_layer_backward(int64_t d, int64_t h, int64_t k, int64_t n, const double *GRADC_RESTRICT W1,
                       const double *GRADC_RESTRICT b1, const double *GRADC_RESTRICT W2,
                       const double *GRADC_RESTRICT b2, const double *GRADC_RESTRICT X,
                       const int64_t *GRADC_RESTRICT y, const double *GRADC_RESTRICT t0,
                       const double *GRADC_RESTRICT t1, const double *GRADC_RESTRICT t2,
                       const double *GRADC_RESTRICT t3, double cotangent, double *GRADC_RESTRICT grad_W1,
                       double *GRADC_RESTRICT grad_b1, double *GRADC_RESTRICT grad_W2,
                       double *GRADC_RESTRICT grad_b2, void *GRADC_RESTRICT work);
size_t two_layer_value_and_grad_work(int64_t d, int64_t h, int64_t k, int64_t n);
int two_layer_value_and_grad(int64_t d, int64_t h, int64_t k, int64_t n, const double *GRADC_RESTRICT W1,
                             const double *GRADC_RESTRICT b1, const double *GRADC_RESTRICT W2,
                             const double *GRADC_RESTRICT b2, const double *GRADC_RESTRICT X,
                             const int64_t *GRADC_RESTRICT y, double *GRADC_RESTRICT value,
                             double *GRADC_RESTRICT grad_W1, double *GRADC_RESTRICT grad_b1,
                             double *GRADC_RESTRICT grad_W2, double *GRADC_RESTRICT grad_b2,
                             void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* TWO_LAYER_H */
