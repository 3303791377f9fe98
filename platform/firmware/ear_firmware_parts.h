/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware_parts.h - what the files of ear_firmware tell each other. */
#ifndef EAR_FIRMWARE_PARTS_H
#define EAR_FIRMWARE_PARTS_H

#include "platform/firmware/ear_firmware.h"

void ear_firmware_say(const struct ear_firmware *firmware, enum ear_log_level level, const char *message,
                      const char *detail, int64_t number);

/* ear_firmware_net.c */

/** Network and broker, as the settings say. Before the agent. */
void ear_firmware_open_net(struct ear_firmware *firmware);
/** The part of it that needs randomness: again when that has come, and as long as there is no agent. */
void ear_firmware_open_broker(struct ear_firmware *firmware);
/** The agent's port: the broker, or what answers in its place where there is none. */
struct ear_transport ear_firmware_transport(const struct ear_firmware *firmware);
/** Take in what came. */
void ear_firmware_poll_net(struct ear_firmware *firmware);
/** Ms from now until it wants to be polled again. */
uint32_t ear_firmware_net_next_ms(const struct ear_firmware *firmware);

/* ear_firmware_update.c */

/** Find the slot that runs. */
void ear_firmware_open_update(struct ear_firmware *firmware);
/** The agent's port; ops NULL where images cannot come. */
struct ear_delivery_port ear_firmware_images(struct ear_firmware *firmware);
/** This image has reached its server: it stays. */
void ear_firmware_confirm(struct ear_firmware *firmware);

/* ear_firmware_plugins.c */

/** Check and load them. After keys are read, before the agent. */
void ear_firmware_open_plugins(struct ear_firmware *firmware);
/** The agent's port; ops NULL where none can come. */
struct ear_delivery_port ear_firmware_plugins(void);
/** As ear_agent_config has it. */
void ear_firmware_add_plugins(void *context, struct ear_host *host);
/** As ear_shell_owner has it. */
bool ear_firmware_plugin_at(void *context, unsigned index, struct ear_shell_plugin *plugin);

/* ear_firmware_facts.c */

/** Why it started, and what ended the run before. */
void ear_firmware_say_start(const struct ear_firmware *firmware);
/** What the shell's `status` tells of the board. As ear_shell_owner has it. */
void ear_firmware_facts(void *context, struct ear_shell_facts *facts);
/** Numbers for the status. As ear_agent_config has it. */
void ear_firmware_add_health(void *context, struct ear_health *health);
/** Write something to flash and read it back. As ear_shell_owner has it. */
const char *ear_firmware_test_flash(void *context);

#endif
