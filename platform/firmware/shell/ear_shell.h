/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell.h - what a field engineer types at a serial port, without a manual: `help` lists it
 * all. Each command ends in a line `ok` or `error: what, and what is right`, so that a program can type too. Text is
 * echoed and can be edited with backspace. Commands are the table ear_shell_commands.def.
 *
 * It knows the agent, settings and identity, and of the board only what its owner tells. Commands give their lines one
 * at a time (ear_shell_step), so that a long one does not hold up what else the device does. */
#ifndef EAR_SHELL_H
#define EAR_SHELL_H

#include "core/ear_agent.h"
#include "core/store/ear_settings_store.h"
#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/device/ear_identity.h"
#include "platform/firmware/device/ear_seed.h"
#include "platform/firmware/serial/ear_log_ring.h"
#include "platform/firmware/serial/ear_text_out.h"

#define EAR_SHELL_LINE_BYTES 200u
/** What was pasted, decoded. Where flash can only be read there is nothing to paste for. */
#define EAR_SHELL_PASTE_BYTES (EAR_ENABLED(STORAGE) ? EAR_IDENTITY_PART_BYTES : 4u)

/** What is told of board, network and broker. All zero: nothing is known. Texts live until the next call. */
struct ear_shell_facts {
    const char *board;                    /* "mps2-an386" */
    const char *slot;                     /* where this image runs; NULL: the board has no slots */
    const char *start;                    /* why it started: "power" */
    const struct ear_fault_record *fault; /* of the run before; NULL: none */
    uint8_t mac[6];
    const char *agent_why;   /* why it does not work, and what to do; NULL: it does */
    bool state_is_kept;      /* what is counted outlasts a restart */
    const char *address;     /* of the network; "" or NULL: none */
    const char *network_why; /* why nobody can be reached; NULL: all is well */
    const char *broker_why;  /* why no session is even tried, and what to do; NULL: it is */
    const char *tls;         /* version of the session's TLS; "" or NULL: there is none */
    bool resumed;
    uint32_t stack_used, stack_bytes; /* deepest so far; 0: unknown */
    uint32_t arena_used, arena_bytes; /* TLS's memory, likewise */
    uint32_t serial_lost;             /* bytes that came too fast */
    uint32_t flash_bytes;             /* that hold partitions; 0: there are none */
    bool flash_writable;
};

/** A native plugin. Texts live until the next call. */
struct ear_shell_plugin {
    const char *name;
    const char *version; /* "" if it was not read */
    const char *state;   /* "active", "quarantined", "refused" */
    const char *reason;  /* of the refusal or the last fault; "" */
    uint32_t faults;
    uint32_t at; /* of the last fault, as it was linked; 0: not known */
};

/** What only the image can do. */
struct ear_shell_owner {
    void (*facts)(void *context, struct ear_shell_facts *facts);
    /** It is so late: ms since 1970. EAR_ERR_TIME: below the clock's floor. */
    enum ear_err (*set_time)(void *context, int64_t ms);
    /** Tell what is untold, then reset: begins it, and returns. */
    void (*restart)(void *context);
    /** Keys under which packs may come were changed: use them. NULL: after a restart. */
    void (*keys_changed)(void *context);
    /** Write something to flash that nobody needs, and read it back. NULL: it works, or cannot be tried; else what is
     * wrong. May itself be NULL. */
    const char *(*test_flash)(void *context);
    /** The plugins one by one; false: there are no more. NULL: there are none. */
    bool (*plugin)(void *context, unsigned index, struct ear_shell_plugin *plugin);
    void *context;
};

/** All of it lives as long as the shell. What is NULL is left out. */
struct ear_shell_config {
    struct ear_agent *agent;
    struct ear_settings_store *store;
    struct ear_identity *identity;
    struct ear_seed *seed;
    const struct ear_log_ring *log;
    struct ear_shell_owner owner;
};

/** Base64 or PEM that comes letter by letter. */
struct ear_shell_paste {
    uint32_t bits;
    uint8_t bit_count;
    uint8_t padding; /* = signs */
    bool is_pem;     /* a line -----BEGIN was there */
    bool faulty;     /* a letter that is none */
    bool too_long;
    uint16_t length;
    uint8_t bytes[EAR_SHELL_PASTE_BYTES];
};

/** Public only so that callers can allocate it. */
struct ear_shell {
    struct ear_shell_config config;
    struct ear_text_out out;
    uint16_t length;   /* of line */
    bool too_long;     /* the line that is coming */
    bool after_return; /* the last letter was CR: an LF behind it is no further line */
    bool failed;       /* the command that runs: what is wrong was said */
    uint8_t running;   /* index of a command + 1; 0: none */
    uint8_t pasting;   /* enum ear_identity_part that a paste is for; 0: none */
    uint16_t step;     /* of the command that runs */
    char *arguments;   /* of the command that runs: within line */
    char line[EAR_SHELL_LINE_BYTES];
    struct ear_shell_paste paste;
};

void ear_shell_init(struct ear_shell *shell, const struct ear_shell_config *config);

/** One byte that was typed at the port that write belongs to; the answer goes there. A command that still runs ends
 * first. */
void ear_shell_type(struct ear_shell *shell, uint8_t byte, const struct ear_text_out *out);

/** Go on with the command that runs. True: there is more to do. */
bool ear_shell_step(struct ear_shell *shell);

#endif
