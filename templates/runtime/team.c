/* The threads that share the parallel loops of kernels: one small team for the whole process.

   A caller opens a loop, wakes a member, which wakes the next, and takes parts from a counter as they do. A member
   that wakes late finds nothing left to do, and nobody waits for it: the caller waits for the parts alone that
   members have begun. A thread that waits sleeps; none ever spins. Members are made when they are first asked for,
   block all signals, and sleep until the process ends, so this code must never be unloaded. A forked child has none
   of them and makes its own. While one loop is shared, the loops of other callers run in the threads that call
   them.

   Where other processes want the processors, a member may lose its own in the middle of a part, and the caller waits
   for milliseconds. So a caller that would have been done sooner alone, by the processor's time that its own parts
   took, counts what it lost as a debt. Loops run alone until they have taken ten times as long. */
#define _POSIX_C_SOURCE 200809L
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef void rows_function(const void *context, int64_t part, int64_t thread);

void gradc_team(int64_t parts, rows_function *rows, const void *context);
int gradc_threads(int count);

struct team {
    pthread_mutex_t lock; /* of all that is here but `next`, which is atomic */
    pthread_cond_t work;  /* a loop was opened */
    pthread_cond_t done;  /* the last member has left the loop */
    int members;
    int busy;             /* there is a loop, or members are still in it */
    int vacant;           /* how many members may still join */
    int joined, active;   /* how many have, and how many have not left yet */
    int64_t debt;         /* nanoseconds for which loops are to run alone */
    int64_t next, parts;
    rows_function *rows;
    const void *context;
};

static const struct team fresh = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};
static struct team team = {
    .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* How many threads the loops of this thread may use, itself among them. */
static __thread int allowed = 1;

static int64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Gives how many parts it took. */
static int64_t take_parts(rows_function *rows, const void *context, int64_t parts, int64_t thread)
{
    int64_t taken = 0;
    for (int64_t part; (part = __atomic_fetch_add(&team.next, 1, __ATOMIC_RELAXED)) < parts; taken++)
        rows(context, part, thread);
    return taken;
}

static void *member(void *unused)
{
    (void)unused;
    fesetenv(FE_DFL_ENV); /* a thread begins with the environment of the one that made it */
    pthread_mutex_lock(&team.lock);
    for (;;) {
        while (team.vacant == 0)
            pthread_cond_wait(&team.work, &team.lock);
        rows_function *const rows = team.rows;
        const void *const context = team.context;
        const int64_t parts = team.parts, thread = ++team.joined;
        team.active++;
        team.vacant--;
        if (team.vacant > 0 && __atomic_load_n(&team.next, __ATOMIC_RELAXED) < parts)
            pthread_cond_signal(&team.work); /* each wakes one more, as long as there is something to do */
        pthread_mutex_unlock(&team.lock);
        take_parts(rows, context, parts, thread);
        pthread_mutex_lock(&team.lock);
        if (--team.active == 0)
            pthread_cond_signal(&team.done);
    }
    return NULL;
}

/* Makes members until there are so many, as far as the system lets. They leave signals to the threads of the
 * program. */
static void enlist(int wanted)
{
    sigset_t all, before;
    sigfillset(&all);
    for (const int *own = (const int[]){SIGSEGV, SIGBUS, SIGFPE, SIGILL, 0}; *own != 0; own++)
        sigdelset(&all, *own); /* what a thread does itself is reported as that of any other */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (pthread_t thread; team.members < wanted && pthread_create(&thread, NULL, member, NULL) == 0; team.members++)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void run_alone(int64_t parts, rows_function *rows, const void *context)
{
    for (int64_t part = 0; part < parts; part++)
        rows(context, part, 0);
}

/* Calls rows(context, part, thread) for every part. No two calls at one time have the same thread, and thread <
 * parts. */
void gradc_team(int64_t parts, rows_function *rows, const void *context)
{
    /* A part is worth some 20 microseconds, waking a member costs several: each thread shall have two parts at
     * least. */
    const int64_t most = parts / 2 < allowed ? parts / 2 : allowed;
    int helpers = 0;
    int64_t debt = 0;
    if (most > 1) {
        pthread_mutex_lock(&team.lock);
        debt = team.debt;
        if (!team.busy && debt <= 0) {
            helpers = (int)most - 1;
            if (team.members < helpers)
                enlist(helpers);
            helpers = helpers < team.members ? helpers : team.members;
        }
        if (helpers > 0) {
            team.busy = 1;
            team.vacant = helpers;
            team.joined = 0;
            team.rows = rows;
            team.context = context;
            team.parts = parts;
            team.next = 0;
        }
        pthread_mutex_unlock(&team.lock);
    }
    if (helpers == 0 && debt <= 0) {
        run_alone(parts, rows, context);
        return;
    }
    const int64_t begin = read_clock(CLOCK_MONOTONIC);
    if (helpers == 0) {
        run_alone(parts, rows, context);
        pthread_mutex_lock(&team.lock);
        team.debt -= read_clock(CLOCK_MONOTONIC) - begin;
        pthread_mutex_unlock(&team.lock);
        return;
    }
    pthread_cond_signal(&team.work);
    const int64_t before = read_clock(CLOCK_THREAD_CPUTIME_ID), taken = take_parts(rows, context, parts, 0);
    const int64_t alone = taken == 0 ? INT64_MAX : (read_clock(CLOCK_THREAD_CPUTIME_ID) - before) / taken * parts;
    pthread_mutex_lock(&team.lock);
    team.vacant = 0;
    while (team.active > 0)
        pthread_cond_wait(&team.done, &team.lock);
    team.busy = 0;
    const int64_t took = read_clock(CLOCK_MONOTONIC) - begin;
    team.debt = took > alone ? 10 * (took - alone) : 0;
    pthread_mutex_unlock(&team.lock);
}

/* Sets how many threads the loops of the calling thread may use; gives how many it was. */
int gradc_threads(int count)
{
    const int before = allowed;
    allowed = count;
    return before;
}

/* Only the thread that forked is in the child: no member is, and whoever held the lock is not either. */
static void in_child(void)
{
    team = fresh;
}

__attribute__((constructor)) static void prepare(void)
{
    pthread_atfork(NULL, NULL, in_child);
}
