/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_mqtt_lwip.c - an MQTT session from its opening to its end, state by state.
 *
 * OFF -> RESOLVING -> REACHING -> GREETING -> UP -> LEAVING -> OFF (ear_mqtt_lwip_parts.h). Every end goes through the
 * owner's `lost`, which is called in ear_mqtt_lwip_poll and nowhere else: lwIP may end a session within its timers, and
 * then it is only noted. lwIP keeps no time on the way to CONNACK that would suit us: that is done here. */
#include "platform/lwip/ear_mqtt_lwip.h"

#include "platform/firmware/ear_board.h"
#include "platform/lwip/ear_mqtt_lwip_parts.h"
#include "platform/lwip/ear_tls_board.h"

#include <string.h>

#define GREET_MS 20000u /* from CONNECT to CONNACK */
#define LEAVE_MS 2000u  /* until what is in the ring is out */
#define LOOK_MS 1000u   /* how often deadlines are looked at */

struct ear_mqtt_lwip ear_mqtt_lwip_one;

/* "a b c", as far as it fits. */
static void set_reason(struct ear_mqtt_lwip *mqtt, const char *a, const char *b, const char *c)
{
    const char *const parts[] = {a, b, c};
    size_t length = 0;
    for (unsigned i = 0; i < EAR_COUNT_OF(parts); i++) {
        for (const char *at = parts[i]; *at != '\0' && length < sizeof mqtt->reason - 1; at++) {
            mqtt->reason[length++] = *at;
        }
    }
    mqtt->reason[length] = '\0';
}

void ear_mqtt_lwip_end(struct ear_mqtt_lwip *mqtt, const char *a, const char *b, const char *c)
{
    if (!mqtt->ended) {
        mqtt->ended = true;
        set_reason(mqtt, a, b, c);
    }
}

void ear_mqtt_lwip_enter(struct ear_mqtt_lwip *mqtt, enum ear_mqtt_lwip_state state, uint32_t within_ms)
{
    mqtt->state = (uint8_t)state;
    mqtt->until_ms = ear_board_monotonic_ms() + within_ms;
}

static void go_on(struct ear_mqtt_lwip *mqtt)
{
    const uint8_t before = mqtt->state;
    if (mqtt->leave && before != EAR_MQTT_LWIP_UP && before != EAR_MQTT_LWIP_LEAVING) {
        ear_mqtt_lwip_end(mqtt, "left", "", "");
        return;
    }
    if (before == EAR_MQTT_LWIP_RESOLVING) {
        ear_mqtt_lwip_resolve(mqtt);
        return;
    }
    ear_altcp_tls_poll(&mqtt->link);
    if (mqtt->ended) {
        return;
    }
    if (mqtt->state == EAR_MQTT_LWIP_REACHING && mqtt->link.state == EAR_ALTCP_TLS_UP) {
        ear_mqtt_lwip_enter(mqtt, EAR_MQTT_LWIP_GREETING, GREET_MS);
    } else if (before != EAR_MQTT_LWIP_UP && mqtt->state == EAR_MQTT_LWIP_UP) {
        ear_mqtt_lwip_greet(mqtt);
    } else if (mqtt->state == EAR_MQTT_LWIP_UP && mqtt->leave) {
        ear_mqtt_lwip_enter(mqtt, EAR_MQTT_LWIP_LEAVING, LEAVE_MS);
    } else if (mqtt->state == EAR_MQTT_LWIP_LEAVING) {
        ear_mqtt_lwip_leave(mqtt);
    }
}

static void look_at_clock(struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->state == EAR_MQTT_LWIP_UP || mqtt->state == EAR_MQTT_LWIP_LEAVING ||
        ear_board_monotonic_ms() < mqtt->until_ms) {
        return;
    }
    const char *offline = ear_net_why_offline(mqtt->config.net);
    ear_mqtt_lwip_end(mqtt,
                      mqtt->state == EAR_MQTT_LWIP_GREETING ? "the broker did not answer MQTT's CONNECT"
                      : mqtt->state == EAR_MQTT_LWIP_RESOLVING && offline != NULL ? offline
                      : mqtt->link.state == EAR_ALTCP_TLS_SHAKING
                          ? "the broker did not finish the TLS handshake in time"
                          : "the broker could not be reached in time",
                      "", "");
}

void ear_mqtt_lwip_poll(struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->state == EAR_MQTT_LWIP_OFF) {
        return;
    }
    if (!mqtt->ended) {
        go_on(mqtt);
        look_at_clock(mqtt);
    }
    if (mqtt->ended) {
        mqtt_disconnect(&mqtt->client); /* close_notify, FIN; nothing if it was lwIP that ended it */
        mqtt->state = EAR_MQTT_LWIP_OFF;
        mqtt->leave = false;
        ear_tls_board_warn(&mqtt->config.log);
        mqtt->config.owner.lost(mqtt->config.owner.context, mqtt->reason);
    }
}

uint32_t ear_mqtt_lwip_next_ms(const struct ear_mqtt_lwip *mqtt)
{
    if (mqtt->state == EAR_MQTT_LWIP_OFF) {
        return UINT32_MAX;
    }
    return mqtt->ended || mqtt->leave || ear_altcp_tls_is_busy(&mqtt->link) ? 0 : LOOK_MS;
}

const char *ear_mqtt_lwip_tls_version(const struct ear_mqtt_lwip *mqtt)
{
    return ear_tls_version_name(&mqtt->link.tls);
}

bool ear_mqtt_lwip_resumed(const struct ear_mqtt_lwip *mqtt)
{
    return mqtt->link.state == EAR_ALTCP_TLS_UP && mqtt->link.tls.resumed;
}

const char *ear_mqtt_lwip_state(const struct ear_mqtt_lwip *mqtt)
{
    static const char *const names[] = {"off", "resolving", "reaching", "greeting", "up", "leaving"};
    return names[mqtt->state];
}

enum ear_err ear_mqtt_lwip_open(struct ear_mqtt_lwip **mqtt, const struct ear_mqtt_lwip_config *config,
                                char reason[EAR_MQTT_LWIP_REASON_BYTES])
{
    struct ear_mqtt_lwip *me = &ear_mqtt_lwip_one;
    struct ear_tls_config tls = config->tls;
    memset(me, 0, sizeof *me);
    me->config = *config;
    tls.in_place = true;
    if (tls.server_name == NULL || tls.server_name[0] == '\0') {
        tls.server_name = config->host;
    }
    ear_tls_board_open(config->net->config.clock);
    const enum ear_err err = ear_tls_init(&me->link.tls, &tls);
    if (err != EAR_OK) {
        set_reason(me, ear_tls_reason(&me->link.tls), "", "");
        memcpy(reason, me->reason, EAR_MQTT_LWIP_REASON_BYTES);
        return err;
    }
    *mqtt = me;
    return EAR_OK;
}
