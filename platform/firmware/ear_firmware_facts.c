/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/ear_firmware_facts.c - what the board tells about itself: to the log, to the shell, to the server.
 */
#include "platform/firmware/cpu/ear_start.h"
#include "platform/firmware/device/ear_partition.h"
#include "platform/firmware/ear_firmware_parts.h"
#include "platform/lwip/ear_tls_board.h"

#include <string.h>

static const char *start_name(enum ear_board_start start)
{
    static const char *const names[] = {
        [EAR_BOARD_START_POWER] = "power", [EAR_BOARD_START_RESET] = "reset", [EAR_BOARD_START_WATCHDOG] = "watchdog"};
    return names[start];
}

void ear_firmware_say_start(const struct ear_firmware *firmware)
{
    const struct ear_fault_record *fault = &firmware->fault;
    ear_firmware_say(firmware, EAR_LOG_NOTICE, "earshot " EAR_VERSION " on " EAR_BOARD_NAME " starts, because of",
                     start_name(firmware->start), 0);
    if (fault->kind == EAR_FAULT_NONE) {
        return;
    }
    ear_firmware_say(firmware, EAR_LOG_ERROR, "the run before ended", ear_fault_name(fault->kind), 0);
    ear_firmware_say(firmware, EAR_LOG_ERROR, "  at", NULL, fault->pc);
    ear_firmware_say(firmware, EAR_LOG_ERROR, "  called from", NULL, fault->lr);
    ear_firmware_say(firmware, EAR_LOG_ERROR, "  after ms", NULL, fault->uptime_ms);
}

static uint32_t serial_lost(void)
{
    uint32_t lost = 0;
    for (unsigned port = 0; port < EAR_BOARD_UARTS; port++) {
        lost += ear_board_serial_lost(port);
    }
    return lost;
}

static uint32_t frames_refused(const struct ear_firmware *firmware)
{
    uint32_t refused = 0;
    for (unsigned port = 0; port < EAR_BOARD_UARTS; port++) {
        const struct ear_serial *serial = &firmware->serial[port];
        refused += serial->given_up;
        for (unsigned i = 0; i < EAR_COUNT_OF(serial->reader.faults); i++) {
            refused += serial->reader.faults[i];
        }
    }
    return refused;
}

void ear_firmware_facts(void *context, struct ear_shell_facts *facts)
{
    struct ear_firmware *firmware = context;
    *facts = (struct ear_shell_facts){.board = EAR_BOARD_NAME,
                                      .start = start_name(firmware->start),
                                      .fault = firmware->fault.kind != EAR_FAULT_NONE ? &firmware->fault : NULL,
                                      .state_is_kept = firmware->config.state.ops != NULL,
                                      .address = ear_net_address(&firmware->net, firmware->address),
                                      .network_why = ear_net_why_offline(&firmware->net),
                                      .broker_why = firmware->why_offline,
                                      .stack_used = ear_start_stack_used(),
                                      .stack_bytes = EAR_STACK_BYTES,
                                      .arena_used = ear_tls_board_arena_peak(),
                                      .arena_bytes = EAR_TLS_ARENA_BYTES,
                                      .serial_lost = serial_lost(),
                                      .flash_bytes = EAR_BOARD_FLASH_BYTES,
                                      .flash_writable = ear_partitions_are_writable()};
    if (!firmware->agent_up) {
        facts->agent_why = firmware->why_deaf;
    }
    if (firmware->has_slots) {
        facts->slot = firmware->update.running == 0 ? "a" : "b";
    }
    ear_board_mac(facts->mac);
    if (firmware->mqtt != NULL) {
        facts->tls = ear_mqtt_lwip_tls_version(firmware->mqtt);
        facts->resumed = ear_mqtt_lwip_resumed(firmware->mqtt);
    }
}

void ear_firmware_add_health(void *context, struct ear_health *health)
{
    const struct ear_firmware *firmware = context;
    health->device_start = firmware->start;
    health->device_fault = firmware->fault.kind;
    health->device_fault_at = firmware->fault.pc;
    health->device_faults = firmware->fault.count;
    health->state_in_ram = firmware->config.state.ops == NULL;
    health->serial_lost = serial_lost();
    health->frames_refused = frames_refused(firmware);
    health->clock_refused = firmware->clock.refused;
    health->stack_high_water_bytes = ear_start_stack_used();
    health->tls_high_water_bytes = ear_tls_board_arena_peak();
}

const char *ear_firmware_test_flash(void *context)
{
    static const uint32_t pattern[] = {0x5aa55aa5u, 0x00ff00ffu};
    const struct ear_storage *scratch = ear_partition_get("scratch");
    uint32_t read[EAR_COUNT_OF(pattern)] = {0};
    (void)context;
    if (scratch == NULL || !ear_partitions_are_writable()) {
        return NULL;
    }
    if (scratch->ops->erase(scratch->context, 0) != 0 ||
        scratch->ops->program(scratch->context, 0, pattern, sizeof pattern) != 0 ||
        scratch->ops->sync(scratch->context) != 0 || scratch->ops->read(scratch->context, 0, read, sizeof read) != 0) {
        return "the flash refuses to be written";
    }
    return memcmp(read, pattern, sizeof read) == 0 ? NULL : "the flash does not keep what is written";
}
