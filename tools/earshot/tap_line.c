/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/earshot/tap.h"

#include "core/model/ear_pack.h"

#include <string.h>

static const char *clock_name(unsigned clock)
{
    static const char *const names[] = {"none", "rtc", "network"};

    return clock < EAR_COUNT_OF(names) ? names[clock] : "?";
}

static void add_string(struct text *json, const char *name, const char *value)
{
    text_printf(json, "\"%s\":", name);
    text_add_json_string(json, value, strlen(value));
}

static void add_slice(struct text *json, const struct ear_summary_head *head)
{
    static const char *const names[EAR_SLICE_PARTS] = {"channel", "sender", "automation", "automation_version"};

    if (head->other) {
        text_printf(json, "\"slice\":\"other\"");
        return;
    }
    text_printf(json, "\"slice\":{");
    for (unsigned i = 0; i < EAR_SLICE_PARTS; i++) {
        text_printf(json, "%s\"%s\":", i > 0 ? "," : "", names[i]);
        text_add_json_string(json, head->slice.parts[i].bytes, head->slice.parts[i].length);
    }
    text_printf(json, "}");
}

static void add_ledger(struct text *json, const struct ear_summary_head *head)
{
    static const char *const names[EAR_LEDGER_PARTS] = {"accepted", "refused",    "produced",
                                                        "acked",    "superseded", "expired"};

    for (unsigned i = 0; i < EAR_LEDGER_PARTS; i++) {
        text_printf(json, "%s\"%s\":%u", i > 0 ? "," : "", names[i], head->ledger[i]);
    }
}

static void add_summary(struct text *json, const struct ear_summary *summary)
{
    const struct ear_summary_head *head = &summary->head;
    char time[TIME_TEXT_BYTES];

    text_printf(json, "\"resolution\":\"%s\",", tap_resolution_name(head->resolution));
    if (!tap_is_dated(head)) {
        text_printf(json, "\"start_s\":%lld,",
                    (long long)head->start_s); /* of a device that did not know the time: no date */
    } else {
        add_string(json, "start", time_text(head->start_s * 1000, time));
        text_printf(json, ",");
    }
    text_printf(json, "\"length_s\":%u,\"revision\":%llu,\"boot\":%u,\"seq\":%u,\"clock\":\"%s\",", head->length_s,
                (unsigned long long)head->revision, head->boot, head->seq, clock_name(head->clock));
    if (head->life != 1) {
        text_printf(json, "\"life\":%u,", head->life);
    }
    add_slice(json, head);
    text_printf(json, ",\"ledger\":{");
    add_ledger(json, head);
    text_printf(json, "},\"numbers\":{");
    tap_numbers_to_json(summary, json);
    text_printf(json, "}");
}

/* Reasons by name, as docs/packs.md lists them. */
static void packs_to_json(const struct ear_status *status, struct text *json)
{
    static const char *const states[] = {"active", "quarantined", "refused"};
    text_printf(json, ",\"packs\":[");
    for (unsigned i = 0; i < status->pack_count; i++) {
        const struct ear_status_pack *pack = &status->packs[i];
        text_printf(json, "%s{", i > 0 ? "," : "");
        add_string(json, "name", pack->name);
        text_printf(json, ",");
        add_string(json, "version", pack->version);
        text_printf(json, ",\"counter\":%u,\"installed\":%s,", pack->counter, pack->installed ? "true" : "false");
        add_string(json, "state", pack->state < EAR_COUNT_OF(states) ? states[pack->state] : "unknown");
        if (pack->state == EAR_STATUS_PACK_REFUSED) {
            text_printf(json, ",");
            add_string(json, "reason", ear_pack_refusal_name((enum ear_pack_refusal)pack->reason));
        }
        text_printf(json, "}");
    }
    text_printf(json, "]");
    if (status->refused_reason != 0) {
        text_printf(json, ",\"pack_refused\":{");
        add_string(json, "name", status->refused_name);
        text_printf(json, ",");
        add_string(json, "reason", ear_pack_refusal_name((enum ear_pack_refusal)status->refused_reason));
        text_printf(json, "}");
    }
}

static void add_status(struct text *json, const struct ear_status *status)
{
    char time[TIME_TEXT_BYTES];
    bool first = true;

    text_printf(json, "\"online\":%s,", status->online ? "true" : "false");
    if (!status->online) {
        text_printf(json, "\"orderly\":%s,", status->orderly ? "true" : "false");
    }
    text_printf(json, "\"boot\":%u,\"uptime_s\":%u,\"clock\":\"%s\",", status->boot, status->uptime_s,
                clock_name(status->clock));
    if (status->clock != EAR_CLOCK_NONE) {
        add_string(json, "time", time_text(status->time_s * 1000, time));
        text_printf(json, ",");
    }
    add_string(json, "firmware", status->firmware);
    text_printf(json, ",\"health\":{");
    for (unsigned i = 0; i < ear_health_count; i++) {
        const uint32_t value = ear_health_get(&status->health, &ear_health_table[i]);
        if (value > 0) {
            text_printf(json, "%s\"%s\":%u", first ? "" : ",", ear_health_table[i].name, value);
            first = false;
        }
    }
    text_printf(json, "},\"plugins\":[");
    for (unsigned i = 0; i < status->plugin_count; i++) {
        text_printf(json, "%s{", i > 0 ? "," : "");
        add_string(json, "name", status->plugins[i].name);
        text_printf(json, ",");
        add_string(json, "version", status->plugins[i].version);
        text_printf(json, ",\"state\":%u}", status->plugins[i].state);
    }
    text_printf(json, "]");
    packs_to_json(status, json);
}

void tap_to_json(const struct tap_arrival *arrival, struct text *json)
{
    text_printf(json, "{\"kind\":\"%s\",", arrival->is_summary ? "summary" : "status");
    add_string(json, "tenant", arrival->device->tenant);
    text_printf(json, ",");
    add_string(json, "site", arrival->device->site);
    text_printf(json, ",");
    add_string(json, "device", arrival->device->name);
    text_printf(json, ",");
    if (arrival->is_summary) {
        add_summary(json, &arrival->summary);
    } else {
        add_status(json, &arrival->status);
    }
    text_printf(json, "}");
}

void tap_to_line(const struct tap_arrival *arrival, struct text *line)
{
    const struct ear_summary_head *head = &arrival->summary.head;
    char time[TIME_TEXT_BYTES];

    text_printf(line, "%s ", arrival->device->path);
    if (!arrival->is_summary) {
        text_printf(line, "%s boot=%u uptime_s=%u", arrival->status.online ? "online" : "offline", arrival->status.boot,
                    arrival->status.uptime_s);
        return;
    }
    if (tap_is_dated(head)) {
        text_printf(line, "%s %s ", tap_resolution_name(head->resolution), time_text(head->start_s * 1000, time));
    } else {
        text_printf(line, "%s life %u +%llds ", tap_resolution_name(head->resolution), head->life,
                    (long long)head->start_s);
    }
    for (unsigned i = 0; i < EAR_SLICE_PARTS && !head->other; i++) {
        text_printf(line, "%s%.*s", i > 0 ? "/" : "", head->slice.parts[i].length, head->slice.parts[i].bytes);
    }
    text_printf(line, "%s revision=%llu:", head->other ? "other" : "", (unsigned long long)head->revision);
    tap_numbers_to_line(&arrival->summary, line);
}
