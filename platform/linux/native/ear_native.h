/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native.h - native plugins: shared objects, each run by a process of its own that can do
 * nothing but answer. Called by the daemon and the tools. One task.
 *
 * For the host each is a plugin like another, whose on_turn makes the way there and back. One that crashes, hangs or
 * does what it must not loses its process; the call is a fault, the host counts it and after three puts the plugin into
 * quarantine, and the agent goes on. A process that ended is started anew at one of the next turns. */
#ifndef EAR_NATIVE_H
#define EAR_NATIVE_H

#include "core/judge/ear_host.h"
#include "core/port/ear_log.h"

#define EAR_NATIVE_REASON_BYTES 208

struct ear_native_config {
    const char *directory; /* every *.so in it, by name; "" or one that is not there: none */
    const char *file;      /* or this one alone; NULL: the directory */
    const char *program;   /* earshot-plugin-host; NULL: the one beside the running program */
    uint32_t deadline_ms;  /* the longest that a turn waits for one of them */
    uint32_t memory_mib;   /* address space of each process */
    uint32_t rest_ms;      /* before a process that ended twice in a row is started anew; then doubled; at least 1 */
};

/** How one of them is. */
struct ear_native_about {
    const char *file;
    const char *name;    /* "" if it could not be read */
    const char *version; /* likewise */
    const char *state;   /* "active", "restarting", "quarantined", "refused" */
    const char *reason;  /* of the refusal, or of the last fault; "" */
    int pid;             /* 0: no process */
    uint32_t budget_us;  /* that it asks for */
    uint32_t starts;     /* of its process */
    uint32_t faults;     /* calls that failed; verdicts against the contract are in the host's count only */
    uint32_t missed;     /* turns that went by while there was no process */
};

struct ear_native;

/** Start every plugin there is and read what it says of itself: this takes as long as they need to load, at most two
 * seconds for all. What cannot be loaded is logged and stays in the list with its reason. NULL only without memory. */
struct ear_native *ear_native_open(const struct ear_native_config *config, const struct ear_log *log);

/** Add them all to the host, which must live as long and not move. One that the host refuses loses its process. */
void ear_native_add(struct ear_native *native, struct ear_host *host);

/** Whether turns are posted to all at once (as opened) or to one after the other; for measurements. */
void ear_native_set_together(struct ear_native *native, bool together);

size_t ear_native_count(const struct ear_native *native);
struct ear_native_about ear_native_about(struct ear_native *native, size_t index);

void ear_native_close(struct ear_native *native);

#endif
