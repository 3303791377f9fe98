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
#include "platform/firmware/cpu/ear_fault.h"
#include "platform/firmware/device/ear_device_settings.h"
#include "platform/firmware/device/ear_identity.h"
#include "platform/firmware/device/ear_seed.h"
#include "platform/firmware/ear_board.h"
#include "platform/firmware/ear_clock_board.h"
#include "platform/firmware/serial/ear_log_ring.h"
#include "platform/firmware/serial/ear_serial.h"
#include "platform/firmware/shell/ear_shell.h"
#include "platform/firmware/update/ear_update.h"
#include "platform/lwip/ear_mqtt_lwip.h"
#include "platform/lwip/ear_net.h"
#include "platform/tls/ear_signature_mbedtls.h"

#define EAR_FIRMWARE_CLIENT_BYTES 104 /* tenant:site:device */

/** Public only so that callers can allocate it, statically. Does not move. */
struct ear_firmware {
    struct ear_settings settings;
    struct ear_device_settings device;
    struct ear_settings_target targets[2];
    struct ear_settings_store store;
    struct ear_identity identity;
    struct ear_seed seed;
    bool seed_was_ready;
    struct ear_entropy entropy; /* out of the seed */
    struct ear_signature_keys keys;
    struct ear_slots slots;
    struct ear_update update;
    bool has_slots; /* runs in one: update is open */
    struct ear_clock_board clock;
    struct ear_log_ring log;
    struct ear_net net;
    struct ear_mqtt_lwip *mqtt;                   /* NULL: see why_offline */
    const char *why_deaf;                         /* the agent is not up: what it lacks */
    const char *why_offline;                      /* no broker is set, or identity is not complete */
    char mqtt_reason[EAR_MQTT_LWIP_REASON_BYTES]; /* why the transport could not be opened */
    char last_loss[EAR_MQTT_LWIP_REASON_BYTES];   /* why there is no session; "" while there is one */
    char client_id[EAR_FIRMWARE_CLIENT_BYTES];
    char cmd_topic[EAR_TOPIC_BYTES];
    uint16_t cmd_length; /* of the request that is coming by MQTT */
    uint8_t cmd[EAR_CMD_BYTES];
    enum ear_board_start start;
    struct ear_fault_record fault; /* of the run before; kind EAR_FAULT_NONE: none */
    struct ear_agent_config config;
    struct ear_agent agent;
    struct ear_shell shell;
    struct ear_serial serial[EAR_BOARD_UARTS];
    uint64_t again_ms;   /* the agent did not start: when it is tried again */
    uint64_t restart_ms; /* restarting: when it happens at the latest */
    bool agent_up;
    bool clock_was_known;
    bool told;       /* the broker was heard from since the last tick */
    bool restarting; /* tells what is untold, then the board is reset */
    char address[16];
};

/** Open everything. What is missing (identity, network, storage) is logged, and the device counts without it. */
void ear_firmware_open(struct ear_firmware *firmware);

/** One turn of the loop: look at everything, then sleep until something happens or is due, at most at_most_ms. The
 * watchdog is fed here and nowhere else. */
void ear_firmware_turn(struct ear_firmware *firmware, uint32_t at_most_ms);

/** Hear an event of the image's own and make it durable. As ear_agent_hear. */
bool ear_firmware_hear(struct ear_firmware *firmware, const struct ear_event *event, struct ear_heard *heard);

/** Tell what is untold within some seconds, then reset. */
void ear_firmware_restart(struct ear_firmware *firmware);

#endif
