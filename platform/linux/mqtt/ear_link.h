/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_link.h - a verified TLS connection to the broker with a plain end for paho: dials, shakes
 * hands, and pumps. Only for ear_mqtt.c. One task; nothing blocks. Its descriptors are watched by the caller's epoll.
 */
#ifndef EAR_LINK_H
#define EAR_LINK_H

#include "platform/linux/mqtt/ear_dial.h"
#include "platform/linux/mqtt/ear_mqtt.h"
#include "platform/linux/mqtt/ear_tunnel.h"

enum ear_link_state { EAR_LINK_OFF, EAR_LINK_DIALLING, EAR_LINK_SHAKING, EAR_LINK_OPEN };

/** Public only so that callers can allocate it; use the functions. Does not move. */
struct ear_link {
    const struct ear_mqtt_config *config;
    int epoll_fd;
    enum ear_link_state state;
    int net_fd;
    uint32_t net_events; /* what the epoll waits for, as for the tunnel's far end */
    uint32_t far_events;
    int64_t look_ms; /* while a name is resolved: when to look again */
    bool reload_due; /* certificates are read again before the next connection */
    struct ear_mqtt_counts counts;
    struct ear_dial dial;
    struct ear_tunnel tunnel;
    struct ear_tls tls;
    char reason[EAR_MQTT_REASON_BYTES];
};

/** Read certificates and key. *config must outlive the link. EAR_ERR_CONFIG: see reason. */
EAR_MUST_USE enum ear_err ear_link_init(struct ear_link *link, const struct ear_mqtt_config *config, int epoll_fd);

/** Read them again, for the connections to come. EAR_ERR_CONFIG: the old ones stay, see reason. */
EAR_MUST_USE enum ear_err ear_link_reload(struct ear_link *link, char reason[EAR_MQTT_REASON_BYTES]);

/** Begin. EAR_ERR_BUSY: glibc still resolves a name that was given up; EAR_ERR_IO: no memory. */
EAR_MUST_USE enum ear_err ear_link_start(struct ear_link *link);

/** Go on. EAR_OK: open, and if it was before, bytes were moved and there may be more at once; EAR_ERR_BUSY: wait;
 *  EAR_ERR_EMPTY: paho hung up; EAR_ERR_VERSION: the broker does not speak MQTT 5; EAR_ERR_IO: failed or ended, see
 *  reason. */
EAR_MUST_USE enum ear_err ear_link_run(struct ear_link *link, int64_t now_ms);

/** For the caller's poll while it is not open: when ear_link_run wants to be called anyway; -1: no such time. */
int ear_link_timeout_ms(const struct ear_link *link, int64_t now_ms);

/** The broker has closed: let paho read what came before, and its end. ear_link_run is not called any more. */
void ear_link_drain(struct ear_link *link);

/** Close all that is open; ready for ear_link_start. */
void ear_link_close(struct ear_link *link);
void ear_link_free(struct ear_link *link);

#endif
