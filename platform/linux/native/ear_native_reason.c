/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_reason.c - words for a person; the first of them, up to the colon, is for programs.
 */
#include "platform/linux/native/ear_native_reason.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Those that plugins try. Others are told by number. */
static const struct {
    long number;
    const char *name;
} calls[] = {
    {SYS_openat, "openat"},
    {SYS_newfstatat, "newfstatat"},
    {SYS_read, "read"},
    {SYS_write, "write"},
    {SYS_close, "close"},
    {SYS_mmap, "mmap"},
    {SYS_mprotect, "mprotect"},
    {SYS_socket, "socket"},
    {SYS_connect, "connect"},
    {SYS_sendto, "sendto"},
    {SYS_clone, "clone"},
    {SYS_clone3, "clone3"},
    {SYS_execve, "execve"},
    {SYS_kill, "kill"},
    {SYS_tgkill, "tgkill"},
    {SYS_ptrace, "ptrace"},
    {SYS_prctl, "prctl"},
    {SYS_ioctl, "ioctl"},
    {SYS_rt_sigaction, "rt_sigaction"},
    {SYS_clock_nanosleep, "clock_nanosleep"},
    {SYS_process_vm_writev, "process_vm_writev"},
    {SYS_unlinkat, "unlinkat"},
    {SYS_ftruncate, "ftruncate"},
    {SYS_setrlimit, "setrlimit"},
    {SYS_prlimit64, "prlimit64"},
#ifdef SYS_open
    {SYS_open, "open"},
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
    {SYS_pause, "pause"},
    {SYS_unlink, "unlink"},
#endif
};

static void name_call(uint32_t number, char *out, size_t capacity)
{
    for (size_t i = 0; i < EAR_COUNT_OF(calls); i++) {
        if (calls[i].number == (long)number) {
            snprintf(out, capacity, "syscall: %s is not allowed", calls[i].name);
            return;
        }
    }
    snprintf(out, capacity, "syscall: number %u is not allowed", number);
}

static void name_exit(int code, char *out, size_t capacity)
{
    if (code == EAR_NATIVE_EXIT_SANDBOX) {
        snprintf(out, capacity, "sandbox: this machine does not let the helper lock itself in");
    } else if (code == EAR_NATIVE_EXIT_WIRE) {
        snprintf(out, capacity, "helper: earshot-plugin-host is of another build");
    } else if (code == 127) {
        snprintf(out, capacity, "helper: earshot-plugin-host could not be run");
    } else {
        snprintf(out, capacity, "exit: the plugin ended its process with %d", code);
    }
}

void ear_native_reason_ended(int status, uint32_t trapped, char *out, size_t capacity)
{
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        snprintf(out, capacity, "signal: SIG%s", name != NULL ? name : "?");
    } else if (WEXITSTATUS(status) == EAR_NATIVE_EXIT_TRAPPED && trapped > 0) {
        name_call(trapped - 1, out, capacity);
    } else {
        name_exit(WEXITSTATUS(status), out, capacity);
    }
}

void ear_native_reason_unloadable(const struct ear_native_response *response, char *out, size_t capacity)
{
    if (atomic_load(&response->stage) == EAR_NATIVE_NO_ENTRY) {
        snprintf(out, capacity, "no_entry: it exports no ear_plugin_entry; was it built with -DEAR_PLUGIN_LOADABLE?");
        return;
    }
    size_t length = (size_t)snprintf(out, capacity, "unloadable: ");
    for (size_t i = 0; i < sizeof response->error && length + 1 < capacity; i++) {
        const char byte = ((const volatile char *)response->error)[i];
        if (byte == '\0') {
            break;
        }
        out[length++] = (char)(byte >= ' ' && byte <= '~' ? byte : '?');
    }
    out[length] = '\0';
}
