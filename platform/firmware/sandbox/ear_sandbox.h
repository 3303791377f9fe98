/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/sandbox/ear_sandbox.h - native plugins on Cortex-M: code that came to the device and may do nothing
 * but answer. Called from the agent's task. There is one of these on a processor.
 *
 * A plugin runs unprivileged on a stack of its own, and the memory protection unit lets it touch its own memory and
 * what it is asked, nothing else: no RAM, flash or peripheral of the host's, not even to read. A timer ends what takes
 * too long. For the agent's host it is a plugin like another, whose on_turn makes the way there and back; a call that
 * goes wrong is a fault, the plugin is loaded anew, and after three the host puts it into quarantine. The same source
 * is a shared object on Linux (platform/linux/native/ear_native.h), with the same states and reasons. */
#ifndef EAR_SANDBOX_H
#define EAR_SANDBOX_H

#include "core/judge/ear_host.h"
#include "core/port/ear_delivery.h"
#include "core/port/ear_log.h"
#include "core/port/ear_signature.h"
#include "core/port/ear_storage.h"

struct ear_sandbox_config {
    const struct ear_storage *storage; /* the partition of plugins, mapped; NULL: there is none */
    struct ear_signature signature;    /* whose plugins are taken */
    struct ear_log log;
};

/** How one of them is. */
struct ear_sandbox_about {
    const char *name;
    const char *version; /* "" if it was not read */
    const char *state;   /* "active", "quarantined", "refused" */
    const char *reason;  /* of the refusal, or of the last fault; "" */
    uint32_t at;         /* of the last fault: address in the plugin as it was linked; 0: not known */
    uint32_t address;    /* that it wanted to touch; 0: not known */
    uint32_t faults;     /* calls that failed */
    uint32_t bytes;      /* of code, constants and data */
};

/** Check what is in the partition, load it, and read what each says of itself. Once. */
void ear_sandbox_open(const struct ear_sandbox_config *config);

/** Add them all to the host, which must live as long and not move; as add_plugins of struct ear_agent_config. */
void ear_sandbox_add(void *context, struct ear_host *host);

size_t ear_sandbox_count(void);
struct ear_sandbox_about ear_sandbox_about(size_t index);

/** How a new one comes; ops NULL: there is no partition for it. */
struct ear_delivery_port ear_sandbox_delivery(void);

#endif
