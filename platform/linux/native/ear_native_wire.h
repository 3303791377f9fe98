/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/native/ear_native_wire.h - memory that the agent shares with the helper of one native plugin. Used by
 * ear_native_helper.c and plugin_host/ only; both are built together, and `layout` keeps others apart.
 *
 * The request is written by the agent; the helper can only read it (the memfd is sealed against later writers). The
 * response is the helper's, and the plugin in it may scribble over it at any time: the agent copies what it wants,
 * once, and then checks the copy. Texts cross here and nowhere else.
 *
 * A turn: the agent fills in the request and raises request.seq; the helper answers and sets response.seq to the same.
 * Whoever waits looks at the number for a while, then sets its `asleep` and blocks on the channel, a socket; the other
 * writes a byte to it. The socket's end is also how each learns that the other is gone. */
#ifndef EAR_NATIVE_WIRE_H
#define EAR_NATIVE_WIRE_H

#include "core/base/ear_base.h"
#include "core/judge/ear_plugin.h"

#include <stdatomic.h>

#define EAR_NATIVE_LABELS 256 /* of one plugin; more is refused */

/** Descriptors that the helper starts with, and no others but 0 to 2 on /dev/null. */
enum ear_native_fd {
    EAR_NATIVE_FD_CHANNEL = 3,
    EAR_NATIVE_FD_REQUEST = 4,
    EAR_NATIVE_FD_RESPONSE = 5,
    EAR_NATIVE_FD_PLUGIN = 6,
    EAR_NATIVE_FD_END = 7,
};

/** How the helper ends when it is not killed. */
enum ear_native_exit {
    EAR_NATIVE_EXIT_TRAPPED = 70, /* a system call that is not allowed: response.trapped */
    EAR_NATIVE_EXIT_SANDBOX = 71, /* it could not lock itself in: nothing was loaded */
    EAR_NATIVE_EXIT_WIRE = 72,    /* it was started by something else than this agent */
};

/** How far the helper has come. */
enum ear_native_stage {
    EAR_NATIVE_BEGUN = 0,
    EAR_NATIVE_LOADING = 1,    /* locked in; whatever happens from here is the plugin's doing */
    EAR_NATIVE_LOADED = 2,     /* the descriptor has been read */
    EAR_NATIVE_UNLOADABLE = 3, /* the linker refused it: error */
    EAR_NATIVE_NO_ENTRY = 4,   /* no ear_plugin_entry in it */
};

struct ear_native_request {
    uint32_t layout; /* EAR_NATIVE_LAYOUT */
    int32_t parent;  /* the agent's process */
    uint32_t spin_ns;
    uint32_t memory_mib;
    _Atomic uint32_t seq;
    _Atomic uint32_t asleep; /* the agent waits on the channel */
    uint8_t from;            /* from here: of struct ear_turn */
    uint8_t flags;
    char language[2];
    uint16_t confidence_permille;
    uint16_t turn_index;
    uint16_t low_confidence_permille;
    uint16_t text_length;
    uint16_t token_count;
    uint16_t state_size;
    uint8_t state[EAR_PLUGIN_STATE_BYTES];
    struct ear_token tokens[EAR_TOKENS];
    char text[EAR_TEXT_BYTES];
};

/** struct ear_plugin as the helper found it. Texts are cut where even cut they are too long for the host. */
struct ear_native_descriptor {
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t struct_size;
    uint32_t questions; /* from here only if ABI and size are this agent's */
    uint32_t hears;
    uint32_t budget_us;
    uint16_t state_size;
    uint16_t label_count;
    uint8_t has_on_turn;
    uint8_t has_labels;
    uint8_t has_name;
    uint8_t has_version;
    char name[32];
    char version[32];
    char labels[EAR_NATIVE_LABELS][EAR_PLUGIN_LABEL_BYTES + 5];
};

struct ear_native_response {
    _Atomic uint32_t seq;
    _Atomic uint32_t asleep; /* the helper waits on the channel */
    _Atomic uint32_t stage;  /* enum ear_native_stage */
    uint32_t trapped;        /* number of the system call + 1 */
    int32_t result;          /* of on_turn */
    uint32_t count;          /* of verdicts */
    struct ear_verdict verdicts[EAR_VERDICTS];
    uint8_t state[EAR_PLUGIN_STATE_BYTES];
    char error[192];
    struct ear_native_descriptor descriptor;
};

#define EAR_NATIVE_LAYOUT                                                                                    \
    (0x45410001u + (uint32_t)sizeof(struct ear_native_request) * 31u + (uint32_t)EAR_PLUGIN_ABI_MINOR * 7u + \
     (uint32_t)sizeof(struct ear_native_response) * 1009u)

#endif
