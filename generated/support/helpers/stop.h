#ifndef GRADC_HELPERS_STOP_H
#define GRADC_HELPERS_STOP_H

#include "../frame.h"

/* A kernel that has much to do asks for a flag as it begins, and gives it back as it ends, to the function that
 * GRADC_STOP names; that may give NULL. Soon after the flag is set the kernel ends with the status GRADC_STOPPED, and
 * what it has written is not to be used. */
#define GRADC_STOPPED (-1)
#if defined(GRADC_STOP)
const volatile int *GRADC_STOP(const volatile int *given_back);
#define gradc_flag(work) ((work) > 3e7 ? GRADC_STOP(NULL) : NULL)
#define gradc_stopped(flag) ((flag) != NULL && *(flag) != 0)
#define gradc_ended(flag, status) ((flag) != NULL ? (void)GRADC_STOP(flag) : (void)0, (status))
#else
#define gradc_flag(work) ((const volatile int *)NULL)
#define gradc_stopped(flag) ((void)(flag), 0)
#define gradc_ended(flag, status) (status)
#endif

#endif
