/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware.h - the agent with all its ports on a board: opened once, then one loop. What a
 * product's own code in the image calls, from the same task:
 *
 *     ear_firmware_open(&firmware);
 *     for (;;) {
 *         if (a key was pressed) { ear_firmware_hear(&firmware, &event, &heard); }
 *         ear_firmware_turn(&firmware, 1000);
 *     }
 */
#ifndef EAR_FIRMWARE_H
#define EAR_FIRMWARE_H

#include "core/ear_agent.h"
#include "core/store/ear_settings_store.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/ear_clock_board.h"
#include "platform/firmware/ear_device_settings.h"
#include "platform/firmware/ear_fault.h"
#include "platform/firmware/ear_identity.h"
#include "platform/firmware/ear_log_ring.h"
#include "platform/firmware/ear_serial.h"
#include "platform/lwip/ear_mqtt_lwip.h"
#include "platform/lwip/ear_net.h"
#include "platform/tls/ear_signature_mbedtls.h"

/** Public only so that callers can allocate it, statically. Does not move. */
struct ear_firmware {
    struct ear_settings settings;
    struct ear_device_settings device;
    struct ear_settings_target targets[2];
    struct ear_settings_store store;
    struct ear_identity identity;
    struct ear_signature_keys keys;
    struct ear_clock_board clock;
    struct ear_log_ring log;
    struct ear_net net;
    struct ear_mqtt_lwip *mqtt; /* NULL: no broker is set, or identity is not complete; why_offline says which */
    const char *why_offline;
    char mqtt_reason[EAR_MQTT_LWIP_REASON_BYTES];
    enum ear_board_start start;
    struct ear_fault_record fault; /* of the run before; kind EAR_FAULT_NONE: none */
    struct ear_agent_config config;
    struct ear_agent agent;
    struct ear_shell shell;
    struct ear_serial serial[EAR_BOARD_UARTS];
    bool restarting; /* told what is untold, then the board is reset */
};

/** Open everything. What is missing (identity, network, storage) is logged, and the device counts without it. */
void ear_firmware_open(struct ear_firmware *firmware);

/** One turn of the loop: sleep until something happens or is due, at most at_most_ms; feeds the watchdog. */
void ear_firmware_turn(struct ear_firmware *firmware, uint32_t at_most_ms);

/** Hear an event of the image's own and make it durable. As ear_agent_hear. */
bool ear_firmware_hear(struct ear_firmware *firmware, const struct ear_event *event, struct ear_heard *heard);

/** Tell what is untold within some seconds, then reset. */
void ear_firmware_restart(struct ear_firmware *firmware);

#endif
