/* skip_gram: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     skip_gram_value gives 1: word holds an index out of range for an axis of length m
 *     skip_gram_value gives 2: noise holds an index out of range for an axis of length m
 *     skip_gram_value gives 3: context holds an index out of range for an axis of length m
 *     skip_gram_forward gives 1: word holds an index out of range for an axis of length m
 *     skip_gram_forward gives 2: noise holds an index out of range for an axis of length m
 *     skip_gram_forward gives 3: context holds an index out of range for an axis of length m
 *     skip_gram_backward gives 1: context holds an index out of range for an axis of length m
 *     skip_gram_backward gives 2: noise holds an index out of range for an axis of length m
 *     skip_gram_backward gives 3: word holds an index out of range for an axis of length m
 *     skip_gram_value_and_grad gives 1: word holds an index out of range for an axis of length m
 *     skip_gram_value_and_grad gives 2: noise holds an index out of range for an axis of length m
 *     skip_gram_value_and_grad gives 3: context holds an index out of range for an axis of length m
 */
#ifndef SKIP_GRAM_H
#define SKIP_GRAM_H

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

size_t skip_gram_value_work(int64_t m, int64_t k, int64_t n, int64_t q);
int skip_gram_value(int64_t m, int64_t k, int64_t n, int64_t q, const double *GRADC_RESTRICT U,
                    const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT word,
                    const int64_t *GRADC_RESTRICT context, const int64_t *GRADC_RESTRICT noise,
                    double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t skip_gram_forward_work(int64_t m, int64_t k, int64_t n, int64_t q);
int skip_gram_forward(int64_t m, int64_t k, int64_t n, int64_t q, const double *GRADC_RESTRICT U,
                      const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT word,
                      const int64_t *GRADC_RESTRICT context, const int64_t *GRADC_RESTRICT noise,
                      double *GRADC_RESTRICT value, double *GRADC_RESTRICT drawn, double *GRADC_RESTRICT seen,
                      void *GRADC_RESTRICT work);
size_t skip_gram_backward_work(int64_t m, int64_t k, int64_t n, int64_t q);
int skip_gram_backward(int64_t m, int64_t k, int64_t n, int64_t q, const double *GRADC_RESTRICT U,
                       const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT word,
                       const int64_t *GRADC_RESTRICT context, const int64_t *GRADC_RESTRICT noise,
                       const double *GRADC_RESTRICT drawn, const double *GRADC_RESTRICT seen, double cotangent,
                       double *GRADC_RESTRICT grad_U, double *GRADC_RESTRICT grad_V, void *GRADC_RESTRICT work);
size_t skip_gram_value_and_grad_work(int64_t m, int64_t k, int64_t n, int64_t q);
int skip_gram_value_and_grad(int64_t m, int64_t k, int64_t n, int64_t q, const double *GRADC_RESTRICT U,
                             const double *GRADC_RESTRICT V, const int64_t *GRADC_RESTRICT word,
                             const int64_t *GRADC_RESTRICT context, const int64_t *GRADC_RESTRICT noise,
                             double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_U,
                             double *GRADC_RESTRICT grad_V, void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* SKIP_GRAM_H */
