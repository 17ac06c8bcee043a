/* Ctrl-C while a kernel runs. Python's own handler only notes that there was a signal, and nothing asks until the
   kernel is done. So while a kernel that has much to do runs in the main thread, the one in which Python handles
   signals, SIGINT comes here first: it sets the flag at which the kernel looks, and then calls the handler that was
   there. Whoever called the kernel lets Python handle the signal, and calls again where that raised nothing. A signal
   that came as the last kernel ended makes the next one end at once; one that comes in the microseconds between
   Python's last look and the kernel's beginning waits for its end, or for another. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

const volatile int *gradc_interrupt(const volatile int *given_back);

static volatile int flag;
static volatile sig_atomic_t heard, answered; /* how many signals came, and for how many a kernel has ended */
static struct sigaction before;               /* what is called behind */

/* Whether the thread is the one in which Python handles signals: 0 where that has not been asked. */
static __thread int is_main;

static int in_main_thread(void)
{
    if (is_main == 0) {
#if defined(__linux__)
        is_main = syscall(SYS_gettid) == getpid() ? 1 : -1;
#elif defined(__APPLE__)
        is_main = pthread_main_np() ? 1 : -1;
#else
        is_main = -1;
#endif
    }
    return is_main > 0;
}

static void note(int number, siginfo_t *information, void *context)
{
    flag = 1;
    heard++;
    if (before.sa_flags & SA_SIGINFO)
        before.sa_sigaction(number, information, context);
    else
        before.sa_handler(number);
}

/* Gives a flag that is set by SIGINT, or NULL where nothing would be gained; takes it back where the kernel ends. */
const volatile int *gradc_interrupt(const volatile int *given_back)
{
    static const volatile int at_once = 1;
    if (given_back != NULL) {
        sigaction(SIGINT, &before, NULL);
        return NULL;
    }
    struct sigaction found;
    if (!in_main_thread() || sigaction(SIGINT, NULL, &found) != 0)
        return NULL;
    if (!((found.sa_flags & SA_SIGINFO) && found.sa_sigaction == note)) { /* as it is in a child of another thread */
        if (!(found.sa_flags & SA_SIGINFO) && (found.sa_handler == SIG_DFL || found.sa_handler == SIG_IGN))
            return NULL;
        before = found;
        found.sa_sigaction = note;
        found.sa_flags |= SA_SIGINFO;
        if (sigaction(SIGINT, &found, NULL) != 0)
            return NULL;
    }
    flag = 0;
    if (heard != answered) {
        answered = heard;
        return &at_once;
    }
    return &flag;
}

/* The thread that forked is the main thread of the child. */
static void in_child(void)
{
    is_main = 0;
}

__attribute__((constructor)) static void prepare(void)
{
    pthread_atfork(NULL, NULL, in_child);
}
