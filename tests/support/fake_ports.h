/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/fake_ports.h - clock, entropy and transport whose every move a test decides. */
#ifndef FAKE_PORTS_H
#define FAKE_PORTS_H

#include "core/port/ear_clock.h"
#include "core/port/ear_entropy.h"
#include "core/port/ear_transport.h"

struct fake_clock {
    uint64_t monotonic_ms;
    int64_t wall_ms;
    enum ear_clock_state state;
    uint32_t ticks;
};

struct ear_clock fake_clock_port(struct fake_clock *clock);

/** Both clocks go on. */
void fake_clock_pass(struct fake_clock *clock, uint32_t ms);

/** Not random at all: the same bytes each time. */
struct ear_entropy fake_entropy_port(void);

#define FAKE_TRANSPORT_MESSAGES 512

/** A broker that keeps what it was given and answers when the test says so. */
struct fake_transport {
    bool up;           /* a session is there */
    bool connecting;   /* connect was called; the test answers through the uplink */
    bool disconnected; /* disconnect was called */
    bool busy;         /* takes nothing */
    uint32_t count;    /* messages kept, all sessions together */
    uint32_t unacked;  /* tokens waiting */
    uint32_t tokens[64];
    struct {
        char topic[128];
        uint8_t bytes[1024];
        uint32_t length;
        bool retain;
    } messages[FAKE_TRANSPORT_MESSAGES];
};

struct ear_transport fake_transport_port(struct fake_transport *transport);

#endif
