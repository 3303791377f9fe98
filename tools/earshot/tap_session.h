/* SPDX-License-Identifier: Apache-2.0 */
/* tools/earshot/tap_session.h - earshot tap at work: what was asked for, and the session with the broker. Host only. */
#ifndef EARSHOT_TAP_SESSION_H
#define EARSHOT_TAP_SESSION_H

#include "platform/linux/mqtt/ear_mqtt.h"
#include "tools/earshot/tap.h"

enum show { SHOW_LINES, SHOW_JSON, SHOW_TABLE, SHOW_NOTHING };

struct tap {
    struct ear_mqtt_config mqtt;
    const char *topic;
    enum show show;
    unsigned resolution;
    uint64_t until_count; /* 0: no end */
    int64_t timeout_ms;   /* 0: none */
    const char *expect;
    const char *file;
    FILE *record;

    struct ear_mqtt *session;
    struct tap_store store;
    bool terminal;
    bool connected; /* at least once */
    bool changed;
    bool concluding; /* the last table is being drawn */
    unsigned drawn_lines;
    int64_t retry_at_ms; /* 0: not waiting */
    int64_t drawn_ms, checked_ms;
    char last_reason[EAR_MQTT_REASON_BYTES];
};

/** Show what arrives until one of the ends that were asked for, or a signal. */
void tap_listen(struct tap *tap);

/** Show what a file recorded. */
void tap_play_record(struct tap *tap);

/** What was asked for at the end: the table, and whether all is as expected. The exit status. */
int tap_conclude(struct tap *tap);

#endif
