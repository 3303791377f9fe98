/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/plugin_host/earshot_plugin_host.c - earshot-plugin-host: answers the agent's turns with one
 * native plugin. Started by ear_native_helper.c with the descriptors of enum ear_native_fd; of no use to anybody else.
 */
#include "platform/linux/native/plugin_host/host_plugin.h"
#include "platform/linux/native/plugin_host/host_sandbox.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOKS 64 /* between two readings of the clock */

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void pause_briefly(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Look for the next turn for a while: in a stream it is there before that is over. */
static bool spin(const struct ear_native_request *request, uint32_t last)
{
    if (request->spin_ns == 0) {
        return false;
    }
    for (const int64_t until_ns = now_ns() + request->spin_ns; now_ns() < until_ns;) {
        for (int i = 0; i < LOOKS; i++) {
            if (atomic_load_explicit(&request->seq, memory_order_acquire) != last) {
                return true;
            }
            pause_briefly();
        }
    }
    return false;
}

/* The number of the next turn. Ends the process when the agent has gone. */
static uint32_t next(const struct ear_native_request *request, struct ear_native_response *response, uint32_t last)
{
    if (!spin(request, last)) {
        char byte;
        atomic_store(&response->asleep, 1);
        while (atomic_load(&request->seq) == last) {
            if (read(EAR_NATIVE_FD_CHANNEL, &byte, 1) <= 0) {
                _exit(0);
            }
        }
        atomic_store(&response->asleep, 0);
    }
    return atomic_load(&request->seq);
}

static void wake(void)
{
    if (write(EAR_NATIVE_FD_CHANNEL, "", 1) != 1) {
        _exit(0);
    }
}

static void *map(int fd, size_t bytes, int protection)
{
    struct stat about;
    if (fstat(fd, &about) != 0 || about.st_size < (off_t)bytes) {
        return NULL;
    }
    void *at = mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
    close(fd);
    return at == MAP_FAILED ? NULL : at;
}

static void serve(struct host_plugin *host, const struct ear_native_request *request,
                  struct ear_native_response *response)
{
    for (uint32_t seq = 0;;) {
        seq = next(request, response, seq);
        host_plugin_turn(host, request, response);
        atomic_store(&response->seq, seq);
        if (atomic_load(&request->asleep) != 0) {
            wake();
        }
    }
}

int main(void)
{
    static struct host_plugin host;
    const struct ear_native_request *request = map(EAR_NATIVE_FD_REQUEST, sizeof *request, PROT_READ);
    struct ear_native_response *response = map(EAR_NATIVE_FD_RESPONSE, sizeof *response, PROT_READ | PROT_WRITE);
    if (request == NULL || response == NULL || request->layout != EAR_NATIVE_LAYOUT) {
        fputs("earshot-plugin-host is started by earshotd, and must be of the same build\n", stderr);
        return EAR_NATIVE_EXIT_WIRE;
    }
    if (!host_sandbox_enter(request, response)) {
        return EAR_NATIVE_EXIT_SANDBOX;
    }
    atomic_store(&response->stage, EAR_NATIVE_LOADING);
    const bool loaded = host_plugin_load(&host, response);
    wake();
    if (loaded) {
        serve(&host, request, response);
    }
    return 0;
}
