/* SPDX-License-Identifier: Apache-2.0 */
/* platform/firmware/shell/ear_shell_status.c - the command `status`: `name: value` a line, in the order in which people
 * ask.
 */
#include "platform/firmware/ear_board.h"
#include "platform/firmware/shell/ear_shell_commands.h"

static void print_board(struct ear_shell *shell, const struct ear_shell_facts *facts)
{
    const struct ear_agent *agent = shell->config.agent;
    const struct ear_settings *settings = agent->config->settings;
    ear_shell_say(shell, "device: %s/%s/%s\n", settings->device_tenant, settings->device_site, settings->device_device);
    ear_shell_say(shell, "board: %s\n", facts->board);
    ear_shell_say(shell, "firmware: %s%s%s\n", agent->config->version, facts->slot != NULL ? ", slot " : "",
                  facts->slot);
    ear_shell_say(shell, "mac: %02x:%02x:%02x:%02x:%02x:%02x\n", (unsigned)facts->mac[0], (unsigned)facts->mac[1],
                  (unsigned)facts->mac[2], (unsigned)facts->mac[3], (unsigned)facts->mac[4], (unsigned)facts->mac[5]);
}

static void print_start(struct ear_shell *shell, const struct ear_shell_facts *facts)
{
    const struct ear_fault_record *fault = facts->fault;
    const unsigned uptime_s = (unsigned)(ear_board_monotonic_ms() / 1000);
    ear_shell_say(shell, "uptime: %u h %u min %u s\n", uptime_s / 3600, uptime_s / 60 % 60, uptime_s % 60);
    ear_shell_say(shell, "started by: %s\n", facts->start);
    if (facts->agent_why != NULL) {
        ear_shell_say(shell, "agent: hears nothing: %s\n", facts->agent_why);
    }
    if (fault != NULL) {
        ear_shell_say(shell, "last fault: %s at 0x%02x (from 0x%02x), status 0x%02x, address 0x%02x, after %u s; ",
                      ear_fault_name(fault->kind), (unsigned)fault->pc, (unsigned)fault->lr, (unsigned)fault->status,
                      (unsigned)fault->address, (unsigned)fault->uptime_ms / 1000);
        ear_shell_say(shell, "%u since power came\n", (unsigned)fault->count);
    }
}

static void print_clock(struct ear_shell *shell)
{
    static const char *const sources[] = {"told by nobody yet", "own clock", "network"};
    const struct ear_agent *agent = shell->config.agent;
    if (agent->now_ms < EAR_TIME_KNOWN_MS) {
        const bool by_events =
            agent->config != NULL && agent->config->settings->device_clock == EAR_SETTINGS_CLOCK_EVENTS;
        ear_shell_say(shell, by_events ? "clock: unknown; waits for an event, whose time it is (device.clock)\n"
                                       : "clock: unknown; waits for a time server, or `time`\n");
        return;
    }
    ear_shell_say(shell, "clock: ");
    ear_text_time(&shell->out, agent->now_ms);
    ear_shell_say(shell, " (%s)\n", sources[agent->clock_state < EAR_COUNT_OF(sources) ? agent->clock_state : 0]);
}

static void print_network(struct ear_shell *shell, const struct ear_shell_facts *facts)
{
    const struct ear_uplink *uplink = &shell->config.agent->uplink;
    const char *missing = NULL;
    if (facts->network_why != NULL || facts->address == NULL) {
        ear_shell_say(shell, "network: none: %s\n", facts->network_why);
    } else {
        ear_shell_say(shell, "network: %s\n", facts->address);
    }
    if (facts->broker_why != NULL) {
        ear_shell_say(shell, "broker: not tried: %s\n", facts->broker_why);
    } else {
        ear_shell_say(shell, "broker: %s%s%s%s\n", ear_uplink_state_name(uplink->state),
                      uplink->state == EAR_UPLINK_UP ? ", " : "", facts->tls, facts->resumed ? ", resumed" : "");
    }
    if (uplink->last_error[0] != '\0') {
        ear_shell_say(shell, "last error: %s (%u s ago)\n", uplink->last_error,
                      (unsigned)((shell->config.agent->monotonic_ms - uplink->last_loss_ms) / 1000));
    }
    ear_shell_say(shell, "identity: %s\n",
                  ear_identity_is_complete(shell->config.identity, &missing) ? "complete" : missing);
}

static void print_counts(struct ear_shell *shell)
{
    const struct ear_agent *agent = shell->config.agent;
    unsigned refused = 0;
    for (unsigned i = 0; i < EAR_ERR_COUNT; i++) {
        refused += (unsigned)agent->counts.refused[i];
    }
    ear_shell_say(shell, "events: %u counted, %u came again, %u refused\n", (unsigned)agent->counts.accepted,
                  (unsigned)agent->counts.again, refused);
    ear_shell_say(shell, "summaries: %u made, %u told, %u wait in flash\n", (unsigned)agent->counts.produced,
                  (unsigned)agent->counts.acked, (unsigned)ear_outbox_live(&agent->outbox));
}

static void print_packs(struct ear_shell *shell)
{
    struct ear_agent_pack_info info;
    unsigned all = 0;
    unsigned at_work = 0;
    for (; ear_agent_pack_at(shell->config.agent, all, &info); all++) {
        at_work += info.at_work && !info.quarantined ? 1 : 0;
    }
    ear_shell_say(shell, "packs: %u of %u at work\n", at_work, all);
}

static void print_plugins(struct ear_shell *shell)
{
    const struct ear_shell_owner *owner = &shell->config.owner;
    struct ear_shell_plugin plugin;
    for (unsigned i = 0; owner->plugin != NULL && owner->plugin(owner->context, i, &plugin); i++) {
        ear_shell_say(shell, "native plugin: %s%s%s, %s%s%s", plugin.name, plugin.version[0] != '\0' ? " " : "",
                      plugin.version, plugin.state, plugin.reason[0] != '\0' ? ", " : "", plugin.reason);
        if (plugin.faults > 0) {
            ear_shell_say(shell, ", %u faults, the last at 0x%02x", (unsigned)plugin.faults, (unsigned)plugin.at);
        }
        ear_shell_say(shell, "\n");
    }
}

static void print_memory(struct ear_shell *shell, const struct ear_shell_facts *facts)
{
    ear_shell_say(shell, "flash: %u KB, %s; %s\n", (unsigned)facts->flash_bytes / 1024,
                  facts->flash_writable ? "can be written" : "can only be read",
                  facts->state_is_kept ? "what is counted outlasts a restart" : "what is counted is in RAM only");
    if (facts->stack_used > 0) {
        ear_shell_say(shell, "stack: %u of %u bytes at most\n", (unsigned)facts->stack_used,
                      (unsigned)facts->stack_bytes);
    }
    if (facts->arena_bytes > 0) {
        ear_shell_say(shell, "tls memory: %u of %u bytes at most\n", (unsigned)facts->arena_used,
                      (unsigned)facts->arena_bytes);
    }
    ear_shell_say(shell, "serial: %u bytes lost\n", (unsigned)facts->serial_lost);
}

enum ear_shell_turn ear_shell_do_status(struct ear_shell *shell)
{
    const struct ear_shell_facts facts = ear_shell_facts(shell);
    switch (shell->step) {
    case 0:
        print_board(shell, &facts);
        return EAR_SHELL_MORE;
    case 1:
        print_start(shell, &facts);
        return EAR_SHELL_MORE;
    case 2:
        print_clock(shell);
        return EAR_SHELL_MORE;
    case 3:
        print_network(shell, &facts);
        return EAR_SHELL_MORE;
    case 4:
        print_counts(shell);
        return EAR_SHELL_MORE;
    case 5:
        print_packs(shell);
        return EAR_SHELL_MORE;
    case 6:
        print_plugins(shell);
        return EAR_SHELL_MORE;
    default:
        print_memory(shell, &facts);
        return EAR_SHELL_OK;
    }
}
