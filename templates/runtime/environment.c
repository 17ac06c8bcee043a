/* Kernels run in the default floating-point environment: to nearest, with subnormal numbers, and nothing traps. That
 * of the caller, the exceptions that it has noted included, is as it was behind them. */
#if defined(__x86_64__) && defined(__GNUC__)
typedef unsigned gradc_environment;

static inline void gradc_enter(gradc_environment *callers)
{
    static const unsigned usual = 0x1f80;
    __asm__ volatile("stmxcsr %0\n\tldmxcsr %1" : "=m"(*callers) : "m"(usual) : "memory");
}

static inline void gradc_leave(const gradc_environment *callers)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(*callers) : "memory");
}
#else
#include <fenv.h>
typedef fenv_t gradc_environment;

static inline void gradc_enter(gradc_environment *callers)
{
    fegetenv(callers);
    fesetenv(FE_DFL_ENV);
}

static inline void gradc_leave(const gradc_environment *callers)
{
    fesetenv(callers);
}
#endif
