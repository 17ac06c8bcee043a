/* soft_dice: the loss, and its derivatives.
 *
 * Written by gradc 0.1.0. Arrays are dense, in C order. Scratch of NAME_work(...) bytes goes to the last
 * argument, aligned as malloc aligns; where that is 0 it may be NULL, and where it is SIZE_MAX no memory is large
 * enough: then do not call NAME. 0 is success, another value says:
 *     nothing: these functions cannot fail
 */
#ifndef SOFT_DICE_H
#define SOFT_DICE_H

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

size_t soft_dice_value_work(int64_t n, int64_t k);
int soft_dice_value(int64_t n, int64_t k, const double *GRADC_RESTRICT Z, const double *GRADC_RESTRICT Y, double eps,
                    double *GRADC_RESTRICT value, void *GRADC_RESTRICT work);
size_t soft_dice_forward_work(int64_t n, int64_t k);
int soft_dice_forward(int64_t n, int64_t k, const double *GRADC_RESTRICT Z, const double *GRADC_RESTRICT Y,
                      double eps, double *GRADC_RESTRICT value, double *GRADC_RESTRICT P, double *GRADC_RESTRICT t0,
                      double *GRADC_RESTRICT t1, double *GRADC_RESTRICT t2, void *GRADC_RESTRICT work);
size_t soft_dice_backward_work(int64_t n, int64_t k);
int soft_dice_backward(int64_t n, int64_t k, const double *GRADC_RESTRICT Z, const double *GRADC_RESTRICT Y,
                       double eps, const double *GRADC_RESTRICT P, const double *GRADC_RESTRICT t0,
                       const double *GRADC_RESTRICT t1, const double *GRADC_RESTRICT t2, double cotangent,
                       double *GRADC_RESTRICT grad_Z, void *GRADC_RESTRICT work);
size_t soft_dice_value_and_grad_work(int64_t n, int64_t k);
int soft_dice_value_and_grad(int64_t n, int64_t k, const double *GRADC_RESTRICT Z, const double *GRADC_RESTRICT Y,
                             double eps, double *GRADC_RESTRICT value, double *GRADC_RESTRICT grad_Z,
                             void *GRADC_RESTRICT work);

#ifdef __cplusplus
}
#endif

#endif /* SOFT_DICE_H */
