/* SPDX-License-Identifier: Apache-2.0 */
/* tests/fault/sim/device.h - a small device whole: the agent on simulated flash, a clock, a broker, and a server that
 * merges what it is told (core/tell/SPEC.md: the highest revision of a key wins). All of it is one flat object without
 * outside state, so that a copy of its bytes, put back in its place, is the device as it was. */
#ifndef FAULT_DEVICE_H
#define FAULT_DEVICE_H

#include "core/ear_agent.h"
#include "tests/support/flash.h"

enum {
    DEVICE_SECTOR = EAR_CONVERSATIONS > 16 ? 4096 : 1024,
    DEVICE_OUTBOX_SECTORS = EAR_CONVERSATIONS > 16 ? 64 : 24,
    DEVICE_ENTRY_BYTES = EAR_CONVERSATIONS > 16 ? 32768 : 4096, /* of the journal, between two checkpoints */
    DEVICE_STATE_SECTORS_MAX = EAR_CONVERSATIONS > 16 ? 256 : 64,
    DEVICE_PACK_SECTORS = EAR_PACKS * 2 + 1, /* one receives: core/store/ear_pack_store.h */
    DEVICE_KEYS = 512,                       /* of the server */
    DEVICE_KEPT_BYTES = 600,
    DEVICE_WAITING = 16,
};

/** The ports beside storage whose n-th call can fail. */
enum device_port { PORT_CLOCK, PORT_ENTROPY, PORT_CONNECT, PORT_PUBLISH, PORT_SIGNATURE, PORTS };

struct device_port_fault {
    uint64_t calls;
    uint64_t fail_at; /* 0: never */
    bool for_good;
};

/** The server's newest state of a key. */
struct device_told {
    int64_t start_s;
    uint64_t revision;
    uint64_t slice;   /* checksum of its labels */
    uint64_t numbers; /* checksum of all of them */
    uint32_t life;    /* part of the key */
    uint16_t length;  /* of the numbers; kept as far as they fit, to show what differs */
    uint8_t resolution;
    uint8_t kept[DEVICE_KEPT_BYTES];
};

/** The server: one entry of each key. */
struct device_server {
    uint32_t key_count;
    bool full;                     /* a key found no room */
    bool broken;                   /* a summary could not be read */
    uint64_t waiting[EAR_NUMBERS]; /* sums of hours that wait on the device until it knows the time */
    struct device_told keys[DEVICE_KEYS];
};

/** What a start cost. */
struct device_start {
    uint64_t reads, read_bytes, operations;
};

struct device {
    struct ear_agent agent;
    struct ear_settings settings;
    struct ear_agent_config config;

    struct flash_device power;
    struct flash outbox, state, packs;
    uint32_t outbox_room[FLASH_ROOM(DEVICE_SECTOR, DEVICE_OUTBOX_SECTORS) / 4 + 1];
    uint32_t state_room[FLASH_ROOM(DEVICE_SECTOR, DEVICE_STATE_SECTORS_MAX) / 4 + 1];
    uint32_t packs_room[FLASH_ROOM(DEVICE_SECTOR, DEVICE_PACK_SECTORS) / 4 + 1];

    uint64_t next_cut_at; /* at the next start, this goes to power.cut_at; 0: nothing */
    uint8_t next_cut;
    bool next_fail_for_good;
    uint64_t next_fail_at; /* the same for power.fail_at */

    uint64_t passed_ms; /* in truth, since the beginning */
    uint64_t monotonic_ms;
    int64_t wall_ms;
    uint8_t clock_state; /* enum ear_clock_state */
    struct device_port_fault ports[PORTS];
    uint64_t draws;    /* of entropy */
    bool key_is_fixed; /* something was acknowledged: entropy must not be asked for the same again */

    bool online; /* the broker can be reached */
    bool connecting, connected, disconnecting;
    bool spins; /* the agent wants to be called at once, again and again, and nothing comes of it */
    uint32_t waiting_count;
    uint32_t waiting[DEVICE_WAITING]; /* tokens to acknowledge */

    struct device_server server;

    uint32_t starts;
    uint32_t start_errors;            /* starts that the agent refused and that were tried again */
    struct device_start start, worst; /* the last, and the greatest of each */
    uint32_t warnings;                /* lines of the log at that level or above */
    char said[96];                    /* the last of them */
};

/** The one device: its bytes refer to their own place. */
extern struct device device;

/** A new device, erased, off. */
void device_make(uint64_t seed, int64_t at_ms, uint8_t clock_state);

/** Power on and start; a start that fails is tried a few times more, as a platform would. False: it does not come up,
 * or the power went (device.power.off). */
bool device_power_on(void);

/** One turn of the loop: a tick, and what the broker has to say. Milliseconds until the next. */
uint32_t device_turn(void);

/** Let time pass, with turns. False: the power went. */
bool device_pass(uint64_t ms);

/** Turns until the broker has everything. False: the power went, or that does not come to an end. */
bool device_settle(void);

/** An orderly end. False: the power went or it does not come to an end. */
bool device_stop(void);

/** A summary comes to the server: the highest revision of its key stays. */
void device_serve(const uint8_t *bytes, size_t length);

/** Whether the server knows the same windows and numbers as another. If not, what differs first. */
bool device_server_is(const struct device_server *other, char *says, size_t capacity);

/** Note what waits on the device for the time to be known: SPEC.md says that it is not told before. */
void device_note_waiting(void);

/** The sum of a number over all windows of a resolution that a server has. */
uint64_t device_server_sum(const struct device_server *of, uint8_t resolution, unsigned number);

#endif
