/* SPDX-License-Identifier: Apache-2.0 */
/* tests/support/kiosk.h - an agent among fakes, and short ways to make things happen to it. For cmocka tests. */
#ifndef KIOSK_H
#define KIOSK_H

#include "core/ear_agent.h"
#include "tests/support/fake_ports.h"
#include "tests/support/fake_storage.h"

#define NOON_MS INT64_C(1795176000000) /* 2026-11-20T12:00Z */
#define HOUR_MS INT64_C(3600000)

extern struct ear_agent agent;
extern struct ear_settings settings;
extern struct fake_clock wrist;
extern struct fake_transport broker;
extern struct fake_storage outbox_flash, state_flash;
extern struct ear_agent_config config;

/** A new device at NOON_MS, switched on: a cmocka setup function. */
int set_up(void **state);

/** Start the agent with what is in config, settings and storage. */
void power_on(void);

struct ear_str str(const char *text);

/** An event; conversation NULL and time_ms 0 leave the field out. */
struct ear_event event_of(uint8_t kind, const char *conversation, int64_t time_ms);
struct ear_event message_of(const char *conversation, uint8_t from, int64_t time_ms);
struct ear_event closing_of(const char *conversation, uint8_t by, int64_t time_ms);

/** The event with one more field. */
#define WITH(event, member_, value) ((event).member_ = (value), (event).present |= EAR_HAS(member_))

/** Let the agent hear it; it must be taken. */
void hear(const struct ear_event *event);
void speak(const char *conversation, uint8_t from, int64_t time_ms);

/** The number at `at`, added up over all windows of a resolution; total() looks that hours and days agree. */
uint32_t total_of(unsigned resolution, unsigned at);
uint32_t total(unsigned at);

/** The same for a column of a row, by the label's text. */
int64_t row_total(unsigned number, const char *label, unsigned column);

/** Wait until the agent wants to connect, and let it. Acknowledge all that is in flight, and what follows from that. */
void connect_broker(void);
void ack_all(void);

/** What a server would know after all messages so far: the number at `at` in the newest revisions of all hours. */
uint32_t told(unsigned at);

#endif
