/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/socket/ear_status_page.c - plain members first, then a section each, in the order a person reads them.
 */
#include "platform/linux/socket/ear_status_page.h"

#include "platform/json/ear_json_out.h"
#include "platform/linux/socket/ear_control.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static void name(struct ear_json_out *out, const char *text)
{
    char last = out->length > 0 ? out->bytes[out->length - 1] : '{';
    if (last != '{' && last != '[') {
        ear_json_out_raw(out, ",");
    }
    ear_json_out_text(out, text, strlen(text));
    ear_json_out_raw(out, ":");
}

static void text_of(struct ear_json_out *out, const char *member, const char *text)
{
    name(out, member);
    ear_json_out_text(out, text, strlen(text));
}

static void number_of(struct ear_json_out *out, const char *member, uint64_t number)
{
    name(out, member);
    ear_json_out_number(out, number);
}

static void begin_row(struct ear_json_out *out)
{
    ear_json_out_raw(out, out->length > 0 && out->bytes[out->length - 1] == '[' ? "{" : ",{");
}

static void put_head(struct ear_json_out *out, const struct ear_status_page *page, const struct ear_status *status)
{
    static const char *const clocks[] = {"none", "rtc", "network"};
    const struct ear_settings *core = &page->settings->core;
    char device[3 * 33 + 3];
    char when[32] = "unknown";
    time_t time_s = (time_t)status->time_s;
    struct tm civil;
    snprintf(device, sizeof device, "%s/%s/%s", core->device_tenant, core->device_site, core->device_device);
    text_of(out, "device", device);
    text_of(out, "version", status->firmware);
    number_of(out, "boot", status->boot);
    number_of(out, "uptime_s", status->uptime_s);
    text_of(out, "clock",
            core->device_clock == EAR_SETTINGS_CLOCK_EVENTS ? "events" : clocks[status->clock < 3 ? status->clock : 0]);
    if (page->agent->now_ms >= EAR_TIME_KNOWN_MS && gmtime_r(&time_s, &civil) != NULL) {
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &civil);
    }
    text_of(out, "time", when);
}

static void put_broker(struct ear_json_out *out, const struct ear_status_page *page)
{
    const struct ear_uplink *uplink = &page->agent->uplink;
    struct ear_mqtt_counts counts;
    ear_mqtt_counts(page->mqtt, &counts);
    name(out, "broker");
    ear_json_out_raw(out, "{");
    text_of(out, "host", page->settings->own.broker_host);
    number_of(out, "port", page->settings->own.broker_port);
    text_of(out, "uplink", ear_uplink_state_name(uplink->state));
    text_of(out, "session", ear_mqtt_state(page->mqtt));
    text_of(out, "last_error", uplink->last_error);
    if (uplink->last_loss_ms > 0) {
        number_of(out, "last_error_s_ago", (page->agent->monotonic_ms - uplink->last_loss_ms) / 1000);
    }
    if (uplink->last_ack_ms > 0) {
        number_of(out, "last_ack_s_ago", (page->agent->monotonic_ms - uplink->last_ack_ms) / 1000);
    }
    number_of(out, "handshakes", counts.handshakes);
    number_of(out, "resumed", counts.resumed);
    number_of(out, "bytes_out", counts.bytes_out);
    number_of(out, "bytes_in", counts.bytes_in);
    ear_json_out_raw(out, "}");
}

static void put_clients(struct ear_json_out *out, const struct ear_status_page *page)
{
    struct ear_socket_counts counts = {0};
    if (page->socket == NULL) {
        return;
    }
    ear_socket_get_counts(page->socket, &counts);
    name(out, "clients");
    ear_json_out_raw(out, "{");
    text_of(out, "socket", page->settings->own.socket_path);
    number_of(out, "connected", counts.clients);
    number_of(out, "allowed", page->settings->own.socket_max_clients);
    number_of(out, "ever", counts.accepted);
    number_of(out, "turned_away", counts.busy);
    number_of(out, "paused", counts.stalled);
    number_of(out, "ended_for_faults", counts.dead);
    ear_json_out_raw(out, "}");
}

/* One file: "ok", or why it does not work. */
static void put_file(struct ear_json_out *out, const char *member, const struct ear_storage_file *file)
{
    name(out, member);
    ear_json_out_raw(out, "{");
    text_of(out, "works", file->fd < 0 ? "cannot be opened" : file->error != 0 ? strerror(file->error) : "yes");
    number_of(out, "kib", (uint64_t)file->port.sector_bytes * file->port.sector_count / 1024u);
    number_of(out, "written_bytes", file->written_bytes);
    number_of(out, "syncs", file->syncs);
    ear_json_out_raw(out, "}");
}

static void put_storage(struct ear_json_out *out, const struct ear_status_page *page)
{
    name(out, "storage");
    ear_json_out_raw(out, "{");
    text_of(out, "directory", page->settings->own.state_directory);
    put_file(out, "state", &page->state->state);
    put_file(out, "outbox", &page->state->outbox);
    ear_json_out_raw(out, "}");
}

static void put_table(struct ear_json_out *out, const char *table, uint32_t used, uint32_t size)
{
    begin_row(out);
    text_of(out, "name", table);
    number_of(out, "used", used);
    number_of(out, "size", size);
    ear_json_out_raw(out, "}");
}

static void put_tables(struct ear_json_out *out, const struct ear_health *health)
{
    name(out, "tables");
    ear_json_out_raw(out, "[");
    put_table(out, "conversations", EAR_CONVERSATIONS - health->conversations_free, EAR_CONVERSATIONS);
    put_table(out, "slices", EAR_SLICES - 1u - health->slices_free, EAR_SLICES - 1u);
    put_table(out, "cells.minute", EAR_MINUTE_CELLS - health->minute_cells_free, EAR_MINUTE_CELLS);
    put_table(out, "cells.hour", EAR_HOUR_CELLS - health->hour_cells_free, EAR_HOUR_CELLS);
    put_table(out, "cells.day", EAR_DAY_CELLS - health->day_cells_free, EAR_DAY_CELLS);
    ear_json_out_raw(out, "]");
}

static void put_plugins(struct ear_json_out *out, const struct ear_host *host)
{
    name(out, "plugins");
    ear_json_out_raw(out, "[");
    for (unsigned i = 0; i < host->loaded; i++) {
        const struct ear_host_plugin *plugin = &host->plugins[host->order[i]];
        uint64_t per_call = plugin->meter.metered > 0 ? plugin->meter.ticks / plugin->meter.metered : 0;
        begin_row(out);
        text_of(out, "name", plugin->plugin.name);
        text_of(out, "version", plugin->plugin.version);
        text_of(out, "state", plugin->quarantined ? "quarantined" : "active");
        number_of(out, "calls", plugin->meter.calls);
        number_of(out, "mean_ns", per_call * 1000u / host->ticks.per_us);
        number_of(out, "max_us", plugin->meter.ticks_max / host->ticks.per_us);
        number_of(out, "faults", plugin->meter.faults);
        number_of(out, "overruns", plugin->meter.overruns);
        ear_json_out_raw(out, "}");
    }
    for (uint32_t i = 0; i < host->refused_count && i < EAR_HOST_REFUSED; i++) {
        begin_row(out);
        text_of(out, "name", host->refused[i].name);
        text_of(out, "state", "refused");
        text_of(out, "reason", ear_refusal_name(host->refused[i].reason));
        ear_json_out_raw(out, "}");
    }
    ear_json_out_raw(out, "]");
}

static void put_native(struct ear_json_out *out, struct ear_native *native)
{
    name(out, "native");
    ear_json_out_raw(out, "[");
    for (size_t i = 0; i < ear_native_count(native); i++) {
        const struct ear_native_about plugin = ear_native_about(native, i);
        const char *slash = strrchr(plugin.file, '/');
        begin_row(out);
        text_of(out, "file", slash != NULL ? slash + 1 : plugin.file);
        text_of(out, "name", plugin.name);
        text_of(out, "state", plugin.state);
        text_of(out, "reason", plugin.reason);
        number_of(out, "pid", (uint64_t)plugin.pid);
        number_of(out, "starts", plugin.starts);
        number_of(out, "faults", plugin.faults);
        number_of(out, "missed", plugin.missed);
        ear_json_out_raw(out, "}");
    }
    ear_json_out_raw(out, "]");
}

static void put_health(struct ear_json_out *out, const struct ear_health *health)
{
    name(out, "health");
    ear_json_out_raw(out, "{");
    for (uint16_t i = 0; i < ear_health_count; i++) {
        number_of(out, ear_health_table[i].name, ear_health_get(health, &ear_health_table[i]));
    }
    ear_json_out_raw(out, "}");
}

int32_t ear_status_page_write(const struct ear_status_page *page, char *out, size_t capacity)
{
    struct ear_json_out line = {.bytes = out, .capacity = capacity};
    struct ear_status status;
    ear_agent_status(page->agent, &status);
    if (page->socket != NULL) {
        struct ear_socket_counts counts;
        ear_socket_get_counts(page->socket, &counts);
        status.health.clients_refused = counts.busy;
    }
    ear_json_out_raw(&line, "{");
    put_head(&line, page, &status);
    put_broker(&line, page);
    put_clients(&line, page);
    put_storage(&line, page);
    put_tables(&line, &status.health);
    put_plugins(&line, &page->agent->host);
    put_native(&line, page->native);
    ear_control_put_packs(&line, page->agent);
    put_health(&line, &status.health);
    ear_json_out_raw(&line, "}\n");
    return ear_json_out_length(&line);
}
