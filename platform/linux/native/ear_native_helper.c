/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_helper.c - ear_native_wire.h says what crosses; nothing that comes back is believed.
 */
#include "platform/linux/native/ear_native_helper.h"

#include "platform/linux/native/ear_native_reason.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define FIRST_HIGH_FD 20 /* descriptors on their way to the child lie above those they will have */
#define SLICE_MS 5       /* how long a call may take before it is asked what it uses */
#define GRACE_US 20000   /* beyond its budget: a virtual machine that stands still is charged to who ran in it */
#define HELPER_SPINS 4   /* it looks longer for the next turn than the agent looks for its answer */
#define LOOKS 64         /* between two readings of the clock */
#define END_WAIT_MS 200  /* for a process whose channel is closed to end by itself */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static bool fail(struct ear_native_helper *helper, const char *what, const char *why)
{
    snprintf(helper->why, sizeof helper->why, "%s: %s", what, why);
    return false;
}

void ear_native_helper_init(struct ear_native_helper *helper, uint32_t spin_ns)
{
    *helper = (struct ear_native_helper){.channel = -1, .spin_ns = spin_ns};
}

/* --- starting --- */

static int move_up(int fd)
{
    const int up = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, FIRST_HIGH_FD);
    if (fd >= 0) {
        close(fd);
    }
    return up;
}

/* Memory to share: *at is where it lies here. Of the request, the helper's mapping can never be written. */
static int share(const char *name, size_t bytes, unsigned seals, void **at)
{
    const int fd = move_up(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0) {
        *at = MAP_FAILED;
        return fd;
    }
    *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (*at != MAP_FAILED && fcntl(fd, F_ADD_SEALS, seals | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        munmap(*at, bytes);
        *at = MAP_FAILED;
    }
    return fd;
}

struct passed {
    int channel;
    int request;
    int response;
    int plugin;
};

static void close_passed(const struct passed *passed)
{
    const int fds[] = {passed->channel, passed->request, passed->response, passed->plugin};
    for (size_t i = 0; i < EAR_COUNT_OF(fds); i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
        }
    }
}

static bool open_plugin(struct ear_native_helper *helper, const char *file, struct passed *passed)
{
    struct stat about;
    passed->plugin = move_up(open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (passed->plugin < 0 || fstat(passed->plugin, &about) != 0) {
        return fail(helper, "cannot be read", strerror(errno));
    }
    if (!S_ISREG(about.st_mode) || (about.st_mode & (S_IWGRP | S_IWOTH)) != 0 ||
        (about.st_uid != 0 && about.st_uid != geteuid())) {
        return fail(helper, "not trusted", "must be a file of root's or of this user's that nobody else can write");
    }
    return true;
}

static bool open_all(struct ear_native_helper *helper, const struct ear_native_start *start, struct passed *passed)
{
    int pair[2];
    void *request = MAP_FAILED;
    void *response = MAP_FAILED;
    if (!open_plugin(helper, start->file, passed)) {
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return fail(helper, "no channel", strerror(errno));
    }
    helper->channel = pair[0];
    passed->channel = move_up(pair[1]);
    passed->request = share("earshot-request", sizeof *helper->request, F_SEAL_FUTURE_WRITE, &request);
    passed->response = share("earshot-response", sizeof *helper->response, 0, &response);
    helper->request = request == MAP_FAILED ? NULL : request;
    helper->response = response == MAP_FAILED ? NULL : response;
    if (helper->request == NULL || helper->response == NULL || passed->channel < 0) {
        return fail(helper, "no shared memory", strerror(errno));
    }
    *helper->request = (struct ear_native_request){.layout = EAR_NATIVE_LAYOUT,
                                                   .parent = getpid(),
                                                   .spin_ns = HELPER_SPINS * helper->spin_ns,
                                                   .memory_mib = start->memory_mib};
    return true;
}

/* fork and exec without copying this process: no environment, no signal mask, no descriptors but the four. */
static int spawn(struct ear_native_helper *helper, const struct ear_native_start *start, const struct passed *passed)
{
    char *arguments[] = {(char[]){"earshot-plugin-host"}, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none;
    sigset_t ignored; /* by the daemon; its handlers do not outlive exec anyway */
    sigemptyset(&none);
    sigemptyset(&ignored);
    sigaddset(&ignored, SIGPIPE);
    int err = posix_spawn_file_actions_init(&files) | posix_spawnattr_init(&how);
    for (int fd = 0; fd < 3; fd++) {
        err |= posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    }
    err |= posix_spawn_file_actions_adddup2(&files, passed->channel, EAR_NATIVE_FD_CHANNEL);
    err |= posix_spawn_file_actions_adddup2(&files, passed->request, EAR_NATIVE_FD_REQUEST);
    err |= posix_spawn_file_actions_adddup2(&files, passed->response, EAR_NATIVE_FD_RESPONSE);
    err |= posix_spawn_file_actions_adddup2(&files, passed->plugin, EAR_NATIVE_FD_PLUGIN);
    err |= posix_spawn_file_actions_addclosefrom_np(&files, EAR_NATIVE_FD_END);
    err |= posix_spawnattr_setsigmask(&how, &none) | posix_spawnattr_setsigdefault(&how, &ignored);
    err |= posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (err == 0) {
        err = posix_spawn(&helper->pid, start->program, &files, &how, arguments, environment);
    }
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return err;
}

bool ear_native_helper_start(struct ear_native_helper *helper, const struct ear_native_start *start)
{
    struct passed passed = {-1, -1, -1, -1};
    bool good = open_all(helper, start, &passed);
    if (good) {
        const int err = spawn(helper, start, &passed);
        if (err != 0) {
            helper->pid = 0;
            good = fail(helper, start->program, strerror(err));
        }
    }
    close_passed(&passed);
    if (!good) {
        ear_native_helper_stop(helper);
    }
    return good;
}

/* --- ending --- */

static void release(struct ear_native_helper *helper)
{
    if (helper->channel >= 0) {
        close(helper->channel);
    }
    if (helper->request != NULL) {
        munmap(helper->request, sizeof *helper->request);
    }
    if (helper->response != NULL) {
        munmap(helper->response, sizeof *helper->response);
    }
    helper->channel = -1;
    helper->request = NULL;
    helper->response = NULL;
    helper->pid = 0;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

void ear_native_helper_stop(struct ear_native_helper *helper)
{
    if (helper->pid > 0) {
        kill(helper->pid, SIGKILL);
        reap(helper->pid);
    }
    release(helper);
}

/* Its channel is closed, so it is about to end: why? One that only closed it is ended here. */
static void bury(struct ear_native_helper *helper)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int status = 0;
    pid_t ended = 0;
    for (int i = 0; i < END_WAIT_MS && (ended = waitpid(helper->pid, &status, WNOHANG)) == 0; i++) {
        nanosleep(&pause, NULL);
    }
    if (ended == helper->pid) {
        ear_native_reason_ended(status, helper->response->trapped, helper->why, sizeof helper->why);
        helper->pid = 0;
    } else {
        (void)fail(helper, "channel", "closed by the plugin");
    }
    ear_native_helper_stop(helper);
}

/* --- being asked --- */

/* Bytes on the channel only wake: drop them. False: the other end is closed. */
static bool drain(struct ear_native_helper *helper)
{
    char bytes[64];
    const ssize_t got = recv(helper->channel, bytes, sizeof bytes, MSG_DONTWAIT);
    return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Sleep until something is on the channel. False: the other end is closed. */
static bool sleep_on(struct ear_native_helper *helper, int timeout_ms)
{
    struct pollfd channel = {.fd = helper->channel, .events = POLLIN};
    return poll(&channel, 1, timeout_ms) <= 0 || drain(helper);
}

enum ear_native_ready ear_native_helper_ready(struct ear_native_helper *helper, int timeout_ms)
{
    const int64_t until_ns = now_ns() + (int64_t)timeout_ms * 1000000;
    for (;;) {
        const uint32_t stage = atomic_load(&helper->response->stage);
        const int64_t left_ns = until_ns - now_ns();
        if (stage == EAR_NATIVE_LOADED) {
            return EAR_NATIVE_READY;
        }
        if (stage == EAR_NATIVE_UNLOADABLE || stage == EAR_NATIVE_NO_ENTRY) {
            ear_native_reason_unloadable(helper->response, helper->why, sizeof helper->why);
            ear_native_helper_stop(helper);
            return EAR_NATIVE_FAILED;
        }
        if (!sleep_on(helper, left_ns > 0 ? (int)(left_ns / 1000000) + 1 : 0)) {
            bury(helper);
            return EAR_NATIVE_FAILED;
        }
        if (left_ns <= 0) {
            return EAR_NATIVE_NOT_YET;
        }
    }
}

void ear_native_helper_post(struct ear_native_helper *helper)
{
    atomic_fetch_add(&helper->request->seq, 1);
    helper->woken = atomic_load(&helper->response->asleep) != 0;
    if (helper->woken) {
        (void)!send(helper->channel, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL); /* a fault shows when the answer is awaited */
    }
}

static bool answered(const struct ear_native_helper *helper, uint32_t seq)
{
    return atomic_load(&helper->response->seq) == seq;
}

static bool spin(const struct ear_native_helper *helper, uint32_t seq)
{
    if (helper->spin_ns == 0) {
        return answered(helper, seq);
    }
    for (const int64_t until_ns = now_ns() + helper->spin_ns; now_ns() < until_ns;) {
        for (int i = 0; i < LOOKS; i++) {
            if (answered(helper, seq)) {
                return true;
            }
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
    }
    return false;
}

/* CPU time of its process. A plugin cannot lie about it. */
static int64_t used_ns(pid_t pid)
{
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (int64_t)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* Asleep until the answer is there. What it may use is asked only after a first while, so that a busy machine makes
 * nobody guilty. */
static bool sleep_until(struct ear_native_helper *helper, uint32_t seq, uint32_t budget_us, int64_t until_ns)
{
    int64_t used_at_first_ns = -1;
    while (!answered(helper, seq)) {
        const int64_t begun_ns = now_ns();
        if (begun_ns >= until_ns) {
            return fail(helper, "timeout", "no answer before the deadline");
        }
        if (!sleep_on(helper, SLICE_MS)) {
            bury(helper);
            return false;
        }
        if (now_ns() - begun_ns < (SLICE_MS - 1) * 1000000) {
            continue;
        }
        const int64_t used = used_ns(helper->pid);
        if (used_at_first_ns >= 0 && !answered(helper, seq) &&
            used - used_at_first_ns > ((int64_t)budget_us + GRACE_US) * 1000) {
            return fail(helper, "timeout", "the call used more than its budget");
        }
        used_at_first_ns = used_at_first_ns < 0 ? used : used_at_first_ns;
    }
    return true;
}

bool ear_native_helper_await(struct ear_native_helper *helper, uint32_t budget_us, uint32_t deadline_ms)
{
    const uint32_t seq = atomic_load_explicit(&helper->request->seq, memory_order_relaxed);
    if (helper->woken ? answered(helper, seq) : spin(helper, seq)) { /* waking up takes longer than looking is worth */
        return true;
    }
    const int64_t until_ns = now_ns() + (int64_t)deadline_ms * 1000000;
    atomic_store(&helper->request->asleep, 1);
    const bool good = sleep_until(helper, seq, budget_us, until_ns);
    if (good) {
        atomic_store(&helper->request->asleep, 0);
    } else {
        ear_native_helper_stop(helper);
    }
    return good;
}
