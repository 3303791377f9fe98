/* SPDX-License-Identifier: Apache-2.0 */
/* platform/lwip/ear_altcp_tls.h - lwIP's TLS layer (lwip/altcp_tls.h) with platform/tls: a TCP connection, whose
 * application (lwIP's MQTT client) sees plain bytes. lwIP's callbacks only note what happened; everything else, the
 * handshake above all, is done by ear_altcp_tls_poll. There is no layer without TLS in an image. */
#ifndef EAR_ALTCP_TLS_H
#define EAR_ALTCP_TLS_H

#include "platform/lwip/ear_mqtt_gather.h"
#include "platform/tls/ear_tls.h"

#include "lwip/altcp.h"
#include "lwip/altcp_tls.h"
#include "lwip/pbuf.h"
#include "lwip/tcp.h"

enum ear_altcp_tls_state {
    EAR_ALTCP_TLS_OFF = 0,
    EAR_ALTCP_TLS_DIALLING = 1,
    EAR_ALTCP_TLS_SHAKING = 2,
    EAR_ALTCP_TLS_UP = 3,
};

/** One connection at a time. Public only so that callers can allocate it. It is what lwIP calls altcp_tls_config. */
struct altcp_tls_config {
    struct ear_tls tls;
    struct altcp_pcb *conn; /* lwIP's handle of it; NULL: none */
    struct tcp_pcb *tcp;    /* NULL: none any more */
    struct pbuf *received;  /* not yet taken by TLS */
    struct ear_mqtt_gather gather;
    uint8_t state; /* enum ear_altcp_tls_state */
    bool dialled;  /* TCP stands */
    bool closed;   /* by the other side, after `received` */
    bool broke;    /* reset, or given up by TCP */
    bool again;    /* there is more to do at once */
    bool owes;     /* mbedTLS holds a record that TCP had no room for */
    int8_t error;  /* lwIP's, where it broke */
    uint32_t handshakes;
    uint32_t resumed;
    char reason[EAR_TLS_REASON_BYTES]; /* why the last connection ended */
};

/** Go on: handshake by one step, decrypt what came, hand over what waits. The application's callbacks are called from
 * here. */
void ear_altcp_tls_poll(struct altcp_tls_config *link);

/** Whether there is something to do at once. */
bool ear_altcp_tls_is_busy(const struct altcp_tls_config *link);

#endif
