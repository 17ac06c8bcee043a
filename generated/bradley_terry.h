/* bradley_terry: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     bradley_terry_value gives 1: loser holds an index out of range for an axis of length m
 *     bradley_terry_value gives 2: winner holds an index out of range for an axis of length m
 *     bradley_terry_forward gives 1: loser holds an index out of range for an axis of length m
 *     bradley_terry_forward gives 2: winner holds an index out of range for an axis of length m
 *     bradley_terry_backward gives 1: loser holds an index out of range for an axis of length m
 *     bradley_terry_backward gives 2: winner holds an index out of range for an axis of length m
 *     bradley_terry_value_and_grad gives 1: loser holds an index out of range for an axis of length m
 *     bradley_terry_value_and_grad gives 2: winner holds an index out of range for an axis of length m
 */
#ifndef BRADLEY_TERRY_H
#define BRADLEY_TERRY_H

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

size_t bradley_terry_value_work(int64_t m, int64_t n);
int bradley_terry_value(int64_t m, int64_t n, const double *GRADC_RESTRICT s, const int64_t *GRADC_RESTRICT winner,
                        const int64_t *GRADC_RESTRICT loser, double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t bradley_terry_forward_work(int64_t m, int64_t n);
int bradley_terry_forward(int64_t m, int64_t n, const double *GRADC_RESTRICT s, const int64_t *GRADC_RESTRICT winner,
                          const int64_t *GRADC_RESTRICT loser, double *GRADC_RESTRICT value,
                          void *GRADC_RESTRICT work);
size_t bradley_terry_backward_work(int64_t m, int64_t n);
int bradley_terry_backward(int64_t m, int64_t n, const double *GRADC_RESTRICT s,
                           const int64_t *GRADC_RESTRICT winner, const int64_t *GRADC_RESTRICT loser,
                           double cotangent, double *GRADC_RESTRICT grad_s, void *GRADC_RESTRICT work);
size_t bradley_terry_value_and_grad_work(int64_t m, int64_t n);
int bradley_terry_value_and_grad(int64_t m, int64_t n, const double *GRADC_RESTRICT s,
                                 const int64_t *GRADC_RESTRICT winner, const int64_t *GRADC_RESTRICT loser,
                                 double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_s,
                                 void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* BRADLEY_TERRY_H */
