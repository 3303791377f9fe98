/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_helper.h - the process of one native plugin, seen from the agent: started, asked,
 * ended. Called by ear_native.c only. */
#ifndef EAR_NATIVE_HELPER_H
#define EAR_NATIVE_HELPER_H

#include "platform/linux/native/ear_native_wire.h"

#include <sys/types.h>

#define EAR_NATIVE_WHY_BYTES 208

struct ear_native_helper {
    pid_t pid; /* 0: there is none */
    int channel;
    struct ear_native_request *request;
    struct ear_native_response *response;
    uint32_t spin_ns;
    bool woken;                     /* it slept when the turn was posted */
    char why[EAR_NATIVE_WHY_BYTES]; /* how the last one ended, or why none could be started */
};

struct ear_native_start {
    const char *program; /* earshot-plugin-host */
    const char *file;    /* the plugin */
    uint32_t memory_mib;
};

/** Nothing runs. */
void ear_native_helper_init(struct ear_native_helper *helper, uint32_t spin_ns);

/** Start it; it loads the plugin by itself. False: helper->why. */
bool ear_native_helper_start(struct ear_native_helper *helper, const struct ear_native_start *start);

enum ear_native_ready { EAR_NATIVE_NOT_YET, EAR_NATIVE_READY, EAR_NATIVE_FAILED };

/** Whether it has loaded its plugin, waiting at most so long. FAILED: it has been ended, and helper->why. */
enum ear_native_ready ear_native_helper_ready(struct ear_native_helper *helper, int timeout_ms);

/** The request is filled in: let it be answered. */
void ear_native_helper_post(struct ear_native_helper *helper);

/** Wait for the answer to what was posted. A process that used far more than budget_us of the CPU, or did not answer
 * for deadline_ms whatever the reason, is ended. False: it has ended, and helper->why. */
bool ear_native_helper_await(struct ear_native_helper *helper, uint32_t budget_us, uint32_t deadline_ms);

/** End it, if there is one. Keeps helper->why. */
void ear_native_helper_stop(struct ear_native_helper *helper);

#endif
