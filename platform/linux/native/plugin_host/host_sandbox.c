/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/plugin_host/host_sandbox.c - no file is ever opened in here: the dynamic linker's openat is
 * caught like every call that is not on the list, and only where it names the plugin's file it is answered, with a copy
 * of the descriptor that the agent opened. So a plugin's constructors, which run inside dlopen, find no files either.
 */
#include "platform/linux/native/plugin_host/host_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_BYTES (1024 * 1024)
#define DESCRIPTORS 10 /* those it has, and one for the linker */

static struct ear_native_response *told;
static volatile bool loading = true;
static volatile uint32_t opened;
static uint8_t trap_stack[16384];

/* --- caught system calls --- */

static uintptr_t argument(const ucontext_t *at, unsigned index)
{
#if defined(__x86_64__)
    static const int registers[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10};
    return (uintptr_t)at->uc_mcontext.gregs[registers[index]];
#elif defined(__aarch64__)
    return (uintptr_t)at->uc_mcontext.regs[index];
#elif defined(__arm__)
    return (uintptr_t)(&at->uc_mcontext.arm_r0)[index];
#else
#error "where this machine keeps the arguments of a system call is not known here"
#endif
}

static void answer(ucontext_t *at, long result)
{
#if defined(__x86_64__)
    at->uc_mcontext.gregs[REG_RAX] = result;
#elif defined(__aarch64__)
    at->uc_mcontext.regs[0] = (unsigned long long)result;
#elif defined(__arm__)
    at->uc_mcontext.arm_r0 = (unsigned long)result;
#endif
}

static long or_errno(long result)
{
    return result < 0 ? -errno : result;
}

/* The plugin's file again, or a file that is not there. */
static long open_named(const char *path, int call)
{
    if (strcmp(path, HOST_PLUGIN_PATH) == 0) {
        return or_errno(syscall(SYS_fcntl, EAR_NATIVE_FD_PLUGIN, F_DUPFD_CLOEXEC, EAR_NATIVE_FD_END));
    }
    opened = (uint32_t)call + 1;
    return -ENOENT;
}

/* What the linker may ask for while it loads; false: nobody may. */
static bool loads(ucontext_t *at, int call)
{
    if (call == SYS_openat) {
        answer(at, open_named((const char *)argument(at, 1), call));
        return true;
    }
#ifdef SYS_open
    if (call == SYS_open) {
        answer(at, open_named((const char *)argument(at, 0), call));
        return true;
    }
#endif
#ifdef SYS_newfstatat
    if (call == SYS_newfstatat) {
        const bool by_name = *(const char *)argument(at, 1) != '\0';
        answer(at, by_name ? -ENOENT : or_errno(syscall(SYS_fstat, argument(at, 0), argument(at, 2))));
        return true;
    }
#endif
    return false;
}

static void caught(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (loading && loads(context, info->si_syscall)) {
        return;
    }
    told->trapped = (uint32_t)info->si_syscall + 1;
    for (;;) {
        syscall(SYS_exit_group, EAR_NATIVE_EXIT_TRAPPED);
    }
}

static bool catch_calls(void)
{
    const stack_t stack = {.ss_sp = trap_stack, .ss_size = sizeof trap_stack};
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    return sigaltstack(&stack, NULL) == 0 && sigaction(SIGSYS, &action, NULL) == 0;
}

/* --- the list --- */

/* Allowed whatever their arguments: memory, time, the end; reading is bounded by the descriptors there are. */
static const int free_calls[] = {
    SCMP_SYS(read),          SCMP_SYS(pread64),      SCMP_SYS(fstat),          SCMP_SYS(lseek),
    SCMP_SYS(munmap),        SCMP_SYS(brk),          SCMP_SYS(madvise),        SCMP_SYS(futex),
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),      SCMP_SYS(getpid),
    SCMP_SYS(gettid),        SCMP_SYS(sched_yield),  SCMP_SYS(rt_sigreturn),   SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),   SCMP_SYS(restart_syscall)};

static bool allow_some(scmp_filter_ctx filter)
{
    const uint32_t ok = SCMP_ACT_ALLOW;
    const scmp_datum_t wx = PROT_WRITE | PROT_EXEC;
    int bad = 0;
    bad |= seccomp_rule_add(filter, ok, SCMP_SYS(write), 1, SCMP_A0(SCMP_CMP_EQ, EAR_NATIVE_FD_CHANNEL));
    bad |= seccomp_rule_add(filter, ok, SCMP_SYS(close), 1, SCMP_A0(SCMP_CMP_GE, EAR_NATIVE_FD_END));
    bad |= seccomp_rule_add(filter, ok, SCMP_SYS(fcntl), 2, SCMP_A0(SCMP_CMP_EQ, EAR_NATIVE_FD_PLUGIN),
                            SCMP_A1(SCMP_CMP_EQ, F_DUPFD_CLOEXEC));
    bad |= seccomp_rule_add(filter, ok, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    bad |= seccomp_rule_add(filter, ok, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    for (scmp_datum_t prot = 0; prot <= wx; prot++) { /* memory to be run comes from a file and is not written */
        if ((prot & wx) != wx && (prot & PROT_READ) == 0) {
            bad |= seccomp_rule_add(filter, ok, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, wx, prot));
        }
    }
    return bad == 0;
}

static bool filter_calls(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
    bool good = filter != NULL;
    for (size_t i = 0; good && i < EAR_COUNT_OF(free_calls); i++) {
        good = seccomp_rule_add(filter, SCMP_ACT_ALLOW, free_calls[i], 0) == 0;
    }
    good = good && allow_some(filter) && seccomp_load(filter) == 0;
    seccomp_release(filter);
    return good;
}

/* --- limits --- */

static bool limit(int what, rlim_t most)
{
    const struct rlimit both = {.rlim_cur = most, .rlim_max = most};
    return setrlimit((__rlimit_resource_t)what, &both) == 0;
}

static bool limit_all(const struct ear_native_request *request)
{
    return limit(RLIMIT_AS, (rlim_t)request->memory_mib << 20) && limit(RLIMIT_STACK, STACK_BYTES) &&
           limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0) &&
           limit(RLIMIT_NOFILE, DESCRIPTORS) && limit(RLIMIT_MEMLOCK, 0);
}

/* Where memory runs out, this process goes and not the agent. */
static void go_first(void)
{
    const int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1000", 4); /* not possible everywhere, and the limit of memory holds all the same */
        close(fd);
    }
}

bool host_sandbox_enter(const struct ear_native_request *request, struct ear_native_response *response)
{
    told = response;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != request->parent) {
        return false; /* or the parent has gone already */
    }
    go_first();
    return limit_all(request) && prctl(PR_SET_DUMPABLE, 0) == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           catch_calls() && filter_calls();
}

void host_sandbox_loaded(void)
{
    loading = false;
}

uint32_t host_sandbox_opened(void)
{
    return opened;
}
