/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware_plugins.c - native plugins, on boards that have them. */
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_firmware_parts.h"
#include "platform/firmware/sandbox/ear_sandbox.h"

void ear_firmware_open_plugins(struct ear_firmware *firmware)
{
    if (!EAR_ENABLED(SANDBOX)) {
        return;
    }
    const struct ear_sandbox_config config = {.storage = ear_partition_get("plugins"),
                                              .signature = ear_signature_mbedtls(&firmware->keys),
                                              .log = ear_log_ring_port(&firmware->log)};
    ear_sandbox_open(&config);
}

struct ear_delivery_port ear_firmware_plugins(void)
{
    return EAR_ENABLED(SANDBOX) ? ear_sandbox_delivery() : (struct ear_delivery_port){0};
}

void ear_firmware_add_plugins(void *context, struct ear_host *host)
{
    if (EAR_ENABLED(SANDBOX)) {
        ear_sandbox_add(context, host);
    }
}

bool ear_firmware_plugin_at(void *context, unsigned index, struct ear_shell_plugin *plugin)
{
    (void)context;
    if (!EAR_ENABLED(SANDBOX) || index >= ear_sandbox_count()) {
        return false;
    }
    const struct ear_sandbox_about about = ear_sandbox_about(index);
    *plugin = (struct ear_shell_plugin){.name = about.name,
                                        .version = about.version,
                                        .state = about.state,
                                        .reason = about.reason,
                                        .faults = about.faults,
                                        .at = about.at};
    return true;
}
