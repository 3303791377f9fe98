/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_parts.h - what ear_native.c (who there is) and ear_native_turn.c (what happens in a
 * turn) share. For nobody else. */
#ifndef EAR_NATIVE_PARTS_H
#define EAR_NATIVE_PARTS_H

#include "platform/linux/native/ear_native.h"
#include "platform/linux/native/ear_native_helper.h"

#include <limits.h>

#define EAR_NATIVE_LOAD_MS 2000 /* for constructors and labels */
#define EAR_NATIVE_FILES 32     /* more than a host takes */

struct ear_native_plugin {
    struct ear_native *native;
    char *file;
    struct ear_native_helper helper;
    struct ear_native_descriptor *about; /* a copy; NULL: none was read */
    const char *labels[EAR_NATIVE_LABELS];
    struct ear_plugin plugin; /* for the host */
    char reason[EAR_NATIVE_REASON_BYTES];
    bool refused;
    bool ready;  /* its process can be asked */
    bool posted; /* and was, and its answer has not been collected */
    bool due;    /* the host has yet to ask it about the turn that was posted to all */
    uint32_t starts;
    uint32_t faults;
    uint32_t missed;
    uint32_t failed;     /* calls that were a fault to the host */
    uint32_t good_calls; /* since it was started */
    uint32_t rest_ms;
    int64_t start_at_ms; /* not before; while it loads: by when it has to be done */
    int32_t place;       /* in the host, when last looked for */
};

struct ear_native {
    struct ear_log log;
    struct ear_native_start start;
    char program[PATH_MAX];
    uint32_t deadline_ms;
    uint32_t rest_ms;
    struct ear_host *host;
    bool together;
    const void *posted_state; /* of the turn that was posted to all: whose it was */
    uint16_t posted_index;
    size_t count;
    struct ear_native_plugin *plugins[EAR_NATIVE_FILES];
};

/** Start its process. False: helper.why. */
bool ear_native_begin(struct ear_native_plugin *p);

/** It is not to be used, now and later. */
void ear_native_refuse(struct ear_native_plugin *p, const char *reason);

/** The host's own record of it, or NULL. */
const struct ear_host_plugin *ear_native_record(struct ear_native_plugin *p);

/** The on_turn of each; its data is a pointer to the pointer to the plugin. */
int ear_native_on_turn(const struct ear_plugin_call *call);

#endif
