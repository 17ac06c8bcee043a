/* triplet: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     triplet_value gives 1: anchor holds an index out of range for an axis of length m
 *     triplet_value gives 2: positive holds an index out of range for an axis of length m
 *     triplet_value gives 3: negative holds an index out of range for an axis of length m
 *     triplet_forward gives 1: anchor holds an index out of range for an axis of length m
 *     triplet_forward gives 2: positive holds an index out of range for an axis of length m
 *     triplet_forward gives 3: negative holds an index out of range for an axis of length m
 *     triplet_backward gives 1: anchor holds an index out of range for an axis of length m
 *     triplet_backward gives 2: negative holds an index out of range for an axis of length m
 *     triplet_backward gives 3: positive holds an index out of range for an axis of length m
 *     triplet_value_and_grad gives 1: anchor holds an index out of range for an axis of length m
 *     triplet_value_and_grad gives 2: positive holds an index out of range for an axis of length m
 *     triplet_value_and_grad gives 3: negative holds an index out of range for an axis of length m
 */
#ifndef TRIPLET_H
#define TRIPLET_H

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

size_t triplet_value_work(int64_t m, int64_t k, int64_t n);
int triplet_value(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT E,
                  const int64_t *GRADC_RESTRICT anchor, const int64_t *GRADC_RESTRICT positive,
                  const int64_t *GRADC_RESTRICT negative, double margin, double *GRADC_RESTRICT value,
                  void *GRADC_RESTRICT work);
size_t triplet_forward_work(int64_t m, int64_t k, int64_t n);
int triplet_forward(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT E,
                    const int64_t *GRADC_RESTRICT anchor, const int64_t *GRADC_RESTRICT positive,
                    const int64_t *GRADC_RESTRICT negative, double margin, double *GRADC_RESTRICT value,
                    double *GRADC_RESTRICT near, double *GRADC_RESTRICT far, void *GRADC_RESTRICT work);
size_t triplet_backward_work(int64_t m, int64_t k, int64_t n);
int triplet_backward(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT E,
                     const int64_t *GRADC_RESTRICT anchor, const int64_t *GRADC_RESTRICT positive,
                     const int64_t *GRADC_RESTRICT negative, double margin, const double *GRADC_RESTRICT near,
                     const double *GRADC_RESTRICT far, double cotangent, double *GRADC_RESTRICT grad_E,
                     void *GRADC_RESTRICT work);
size_t triplet_value_and_grad_work(int64_t m, int64_t k, int64_t n);
int triplet_value_and_grad(int64_t m, int64_t k, int64_t n, const double *GRADC_RESTRICT E,
                           const int64_t *GRADC_RESTRICT anchor, const int64_t *GRADC_RESTRICT positive,
                           const int64_t *GRADC_RESTRICT negative, double margin, double *GRADC_RESTRICT value,
                           double *GRADC_RESTRICT grad_E, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* TRIPLET_H */
