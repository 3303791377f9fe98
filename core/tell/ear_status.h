/* SPDX-License-Identifier: Apache-2.0 */
/* core/tell/ear_status.h - how the device is: the retained message on its topic `status`. Pure.
 * Deterministic CBOR (RFC 8949 section 4.2.1), described by status.cddl; the numbers are those of ear_health.def. */
#ifndef EAR_STATUS_H
#define EAR_STATUS_H

#include "core/base/ear_base.h"
#include "core/port/ear_clock.h"
#include "core/tell/ear_health.h"

#define EAR_STATUS_VERSION 1
#define EAR_STATUS_FIRMWARE_BYTES 32u    /* longest version text of the firmware that is sent; the rest is cut */
#define EAR_STATUS_PLUGIN_NAME_BYTES 23u /* as ear_plugin.h allows */
#define EAR_STATUS_PLUGIN_VERSION_BYTES 15u

/** Keys of the map. */
enum ear_status_key {
    EAR_STATUS_KEY_VERSION = 0,
    EAR_STATUS_KEY_ONLINE = 1,
    EAR_STATUS_KEY_ORDERLY = 2,
    EAR_STATUS_KEY_BOOT = 3,
    EAR_STATUS_KEY_FIRMWARE = 4,
    EAR_STATUS_KEY_UPTIME = 5,
    EAR_STATUS_KEY_CLOCK = 6,
    EAR_STATUS_KEY_TIME = 7,
    EAR_STATUS_KEY_HEALTH = 8,
    EAR_STATUS_KEY_PLUGINS = 9,
    EAR_STATUS_KEY_PACKS = 10,        /* only if there are any */
    EAR_STATUS_KEY_PACK_REFUSED = 11, /* only if one was refused */
};

/** A plugin, as told. Texts are terminated; longer ones than the limits above are cut. */
struct ear_status_plugin {
    char name[EAR_STATUS_PLUGIN_NAME_BYTES + 1];
    char version[EAR_STATUS_PLUGIN_VERSION_BYTES + 1];
    uint8_t state; /* as the plugin host numbers them; 0 is at work */
};

enum ear_status_pack_state {
    EAR_STATUS_PACK_AT_WORK = 0,
    EAR_STATUS_PACK_QUARANTINED = 1,
    EAR_STATUS_PACK_REFUSED = 2
};

/** A pack that the device has, as told. */
struct ear_status_pack {
    char name[EAR_STATUS_PLUGIN_NAME_BYTES + 1];
    char version[EAR_STATUS_PLUGIN_VERSION_BYTES + 1]; /* "" where it cannot be read */
    uint32_t counter;
    bool installed; /* else it is part of the image */
    uint8_t state;  /* enum ear_status_pack_state */
    uint8_t reason; /* of EAR_STATUS_PACK_REFUSED: enum ear_pack_refusal */
};

/** What a status says. */
struct ear_status {
    bool online;
    bool orderly;  /* offline because it was stopped; the broker's will says false. Not sent when online */
    uint8_t clock; /* enum ear_clock_state */
    uint8_t plugin_count;
    uint8_t pack_count;
    uint8_t refused_reason; /* of the latest pack that was refused: enum ear_pack_refusal; 0: none was */
    uint8_t refused_key;    /* of its manifest, where that is to blame; else 0 */
    uint32_t boot;
    uint32_t uptime_s;
    int64_t time_s; /* seconds since 1970 UTC when it was made; sent if clock is not none */
    char firmware[EAR_STATUS_FIRMWARE_BYTES + 1];
    struct ear_health health; /* numbers that are 0 are not sent */
    struct ear_status_plugin plugins[EAR_PLUGINS];
    struct ear_status_pack packs[EAR_PACKS];
    char refused_name[EAR_STATUS_PLUGIN_NAME_BYTES + 1]; /* of the pack that was refused */
};

/** Longest encoded status: the head, every number, plugin and pack at their largest. For the caller's buffer. */
#define EAR_STATUS_BYTES                                                                                    \
    (40u + EAR_STATUS_FIRMWARE_BYTES + 7u * (uint32_t)(sizeof(struct ear_health) / sizeof(uint32_t)) + 3u + \
     EAR_PLUGINS * (6u + EAR_STATUS_PLUGIN_NAME_BYTES + EAR_STATUS_PLUGIN_VERSION_BYTES) + 3u +             \
     EAR_PACKS * (13u + EAR_STATUS_PLUGIN_NAME_BYTES + EAR_STATUS_PLUGIN_VERSION_BYTES) +                   \
     (7u + EAR_STATUS_PLUGIN_NAME_BYTES))

/** Encode. Of a will (neither online nor orderly) only version, online, boot and firmware are sent: the rest would be
 * as it was when the session began. Bytes written, or EAR_ERR_FULL (never with EAR_STATUS_BYTES). */
EAR_MUST_USE int32_t ear_status_encode(const struct ear_status *status, uint8_t *bytes, size_t capacity);

/** Decode; unknown keys are skipped, numbers that were not sent are 0. EAR_ERR_SYNTAX, _TYPE, _RANGE, _UTF8,
 * _DUPLICATE, _MISSING (version or online), _TOO_LONG (more plugins or packs than this build has room for), _VERSION;
 * *status is then undefined. */
EAR_MUST_USE int ear_status_decode(struct ear_status *status, const uint8_t *bytes, size_t length);

#endif
