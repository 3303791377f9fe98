/* SPDX-License-Identifier: Apache-2.0 */
/* tests/hostile/call.c - plugins that look sound until they are called. */
#include "platform/linux/native/ear_native_wire.h"
#include "tests/hostile/hostile.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Memory of a conversation only for those that need it: a host has not much of it. */
#if defined(HOSTILE_WRITES_BEHIND_STATE) || defined(HOSTILE_WRITES_BEFORE_STATE)
#define STATE_BYTES 8
#else
#define STATE_BYTES 0
#endif

#define CASE_OF(x) call_##x
#define CASE(x) CASE_OF(x)
#define TEST(name) __attribute__((unused)) static int call_##name(const struct ear_plugin_call *call)

static volatile int sink;

static int use(long value)
{
    sink = (int)value;
    return 0;
}

/* --- crashes --- */

TEST(crashes)
{
    *(volatile char *)8 = (char)call->struct_size;
    return 0;
}

TEST(runs_nonsense)
{
    (void)call;
    __builtin_trap();
}

TEST(aborts)
{
    (void)call;
    abort();
}

TEST(divides_by_zero)
{
    volatile int nothing = 0;
    return use((long)call->struct_size / nothing); /* NOLINT: that is what it is for */
}

static int deeper(volatile char *above)
{
    volatile char here[4096];
    here[0] = above[0];
    return sink == 77 ? 0 : deeper(here) + here[0];
}

TEST(overflows_stack)
{
    volatile char first = (char)call->struct_size;
    return use(deeper(&first));
}

TEST(kills_itself)
{
    (void)call;
    return use(raise(SIGKILL));
}

/* --- does not return --- */

TEST(loops)
{
    while (sink == 0 || call != NULL) {
    }
    return 0;
}

TEST(waits)
{
    char bytes[64];
    while (read(EAR_NATIVE_FD_CHANNEL, bytes, sizeof bytes) > 0) {
    }
    return use(call->struct_size);
}

TEST(sleeps)
{
    (void)call;
    return use(usleep(1));
}

TEST(exits)
{
    (void)call;
    _exit(4);
}

TEST(pretends_to_be_trapped)
{
    (void)call;
    _exit(EAR_NATIVE_EXIT_TRAPPED);
}

TEST(fails)
{
    (void)call;
    return -5;
}

/* --- writes where it must not --- */

TEST(writes_behind_state)
{
    memset(call->state, 0x55, STATE_BYTES + 8);
    return 0;
}

TEST(writes_before_state)
{
    volatile char *at = call->state;
    for (int i = 0; i < 8192; i++) {
        at[-i] = 0x55;
    }
    return 0;
}

TEST(writes_text)
{
    *(volatile char *)call->turn->text = 'x';
    return 0;
}

static struct ear_native_request *request_of(const struct ear_plugin_call *call)
{
    return (struct ear_native_request *)((char *)call->turn->text - offsetof(struct ear_native_request, text));
}

TEST(writes_request)
{
    struct ear_native_request *request = request_of(call);
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    use(mprotect((char *)request - (uintptr_t)request % page, page, PROT_READ | PROT_WRITE));
    request->spin_ns = 0;
    return 0;
}

/* The helper maps it after the request, so it lies below. */
static struct ear_native_response *response_of(const struct ear_plugin_call *call)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *request = (char *)request_of(call);
    return (struct ear_native_response *)(request - (sizeof(struct ear_native_response) + page - 1) / page * page);
}

TEST(writes_response)
{
    const uint32_t seq = request_of(call)->seq;
    struct ear_native_response *response = response_of(call);
    memset(response, 0xff, sizeof *response);
    response->result = 0;
    response->seq = seq; /* "there is my answer" */
    for (;;) {
    }
}

/* Answers that come and go while the agent reads them; none of them may be taken as it is. */
TEST(answers_early)
{
    struct ear_native_response *response = response_of(call);
    volatile uint32_t *count = &response->count;
    response->result = 0;
    for (uint32_t i = 0; i < EAR_VERDICTS; i++) {
        response->verdicts[i] = (struct ear_verdict){.question = 0xffff, .label = 0xffff};
    }
    *count = 1;
    response->seq = request_of(call)->seq;
    for (;;) {
        *count = *count == 1 ? UINT32_MAX : 1;
    }
}

TEST(allocates)
{
    for (;;) {
        *(volatile char *)malloc(1 << 20) = (char)call->struct_size;
    }
}

/* --- reaches out --- */

TEST(opens_file)
{
    (void)call;
    return use(open("/tmp/earshot-hostile", O_CREAT | O_RDWR, 0600));
}

TEST(reads_passwd)
{
    (void)call;
    return use(fopen("/etc/passwd", "r") != NULL);
}

TEST(reads_its_maps)
{
    (void)call;
    return use(open("/proc/self/fd/6", O_RDONLY));
}

TEST(removes_file)
{
    (void)call;
    return use(unlink("/tmp/earshot-hostile"));
}

TEST(opens_socket)
{
    (void)call;
    return use(socket(AF_UNIX, SOCK_STREAM, 0));
}

TEST(prints)
{
    return use(printf("%.*s\n", call->turn->text_length, call->turn->text) + fflush(stdout));
}

TEST(forks)
{
    (void)call;
    return use(fork());
}

TEST(runs_shell)
{
    (void)call;
    return use(system("id")); /* NOLINT: that is what it is for */
}

TEST(executes)
{
    char *const arguments[] = {NULL};
    (void)call;
    return use(execve("/bin/sh", arguments, arguments));
}

static void *endless(void *nothing)
{
    for (;;) {
        sink = nothing == NULL;
    }
}

TEST(spawns_thread)
{
    pthread_t thread;
    (void)call;
    return use(pthread_create(&thread, NULL, endless, NULL));
}

TEST(kills_parent)
{
    return use(kill(request_of(call)->parent, SIGKILL));
}

TEST(traces_parent)
{
    return use(ptrace(PTRACE_ATTACH, request_of(call)->parent, NULL, NULL));
}

TEST(writes_parent)
{
    char byte = 0;
    const struct iovec here = {&byte, 1};
    const struct iovec there = {(void *)0x10000, 1};
    return use(process_vm_writev(request_of(call)->parent, &here, 1, &there, 1, 0));
}

TEST(raises_limits)
{
    const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
    (void)call;
    return use(setrlimit(RLIMIT_AS, &all));
}

TEST(handles_signals)
{
    (void)call;
    return use(signal(SIGSEGV, SIG_IGN) == SIG_ERR);
}

TEST(writes_code)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = aligned_alloc(page, page);
    (void)call;
    return use(mprotect(at, page, PROT_READ | PROT_EXEC));
}

TEST(maps_code)
{
    (void)call;
    return use(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == NULL);
}

TEST(closes_channel)
{
    (void)call;
    return use(close(EAR_NATIVE_FD_CHANNEL));
}

TEST(floods_channel)
{
    char bytes[256] = {(char)call->struct_size};
    while (write(EAR_NATIVE_FD_CHANNEL, bytes, sizeof bytes) > 0) {
    }
    return 0;
}

#define NAMED_OF(x) .name = #x
#define NAMED(x) NAMED_OF(x)
EAR_PLUGIN(call, HOSTILE_SOUND, NAMED(HOSTILE_CASE), .state_size = STATE_BYTES, .on_turn = CASE(HOSTILE_CASE));
