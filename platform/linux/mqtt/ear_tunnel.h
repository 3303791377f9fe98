/* SPDX-License-Identifier: Apache-2.0 */
/* platform/linux/mqtt/ear_tunnel.h - plain bytes of a library that only knows TCP, through TLS. One task; Linux.
 *
 * A socketpair: the library gets the near end, we keep the far end and move bytes between it and the TLS connection.
 * How the library comes by its end: it is told to dial ear_tunnel_uri, a loopback address at which nobody listens and
 * whose port is the number of the near end's descriptor. The program is linked with -Wl,--wrap=connect; a connect to
 * that address becomes a dup2 of the near end over the library's descriptor. Nothing listens, nothing is global, and
 * every other connect in the program is the system's own. */
#ifndef EAR_TUNNEL_H
#define EAR_TUNNEL_H

#include "platform/linux/mqtt/ear_mqtt_frame.h"
#include "platform/tls/ear_tls.h"

#define EAR_TUNNEL_BUFFER_BYTES 4096
#define EAR_TUNNEL_URI_BYTES 32

/** Public only so that callers can allocate it; use the functions. */
struct ear_tunnel {
    int near;
    int far;
    struct ear_tls *tls;
    bool net_wants_write;
    bool far_wants_write;
    bool mqtt_5; /* the library's CONNECT is one of MQTT 5 */
    uint16_t out_length, out_sent;
    uint16_t in_length, in_sent;
    uint64_t bytes_out, bytes_in;
    struct ear_mqtt_frame frame;          /* what comes in */
    uint8_t out[EAR_TUNNEL_BUFFER_BYTES]; /* from the library to TLS */
    uint8_t in[EAR_TUNNEL_BUFFER_BYTES];  /* from TLS to the library */
};

/** Make the pair for an established TLS connection. EAR_ERR_IO. */
EAR_MUST_USE enum ear_err ear_tunnel_open(struct ear_tunnel *tunnel, struct ear_tls *tls);

/** What the library is to dial, while the tunnel is open: "tcp://127.255.255.254:17". */
void ear_tunnel_uri(const struct ear_tunnel *tunnel, char uri[EAR_TUNNEL_URI_BYTES]);

/** The library is connected: our copy of its end goes, so that we see it hang up. */
void ear_tunnel_handed_over(struct ear_tunnel *tunnel);

/** Move what can be moved. EAR_OK: call again at once; EAR_ERR_BUSY: wait as the *_wants_ members say, for reading in
 * any case where the buffer is empty; EAR_ERR_EMPTY: the library hung up and all it sent is on its way; EAR_ERR_IO: TLS
 * ended, ear_tls_reason says why. EAR_ERR_VERSION: to an MQTT 5 CONNECT the broker gave a CONNACK of 3.1.1 (which has
 * no properties); paho 1.3.12 must not see it, because it would free properties that it never set. EAR_ERR_TOO_LONG: a
 * packet is longer than a device takes; nor must paho see that. */
EAR_MUST_USE enum ear_err ear_tunnel_pump(struct ear_tunnel *tunnel);

/** Poll events to wait for: on the far end and on the network's descriptor. */
uint32_t ear_tunnel_far_events(const struct ear_tunnel *tunnel);
uint32_t ear_tunnel_net_events(const struct ear_tunnel *tunnel);

void ear_tunnel_close(struct ear_tunnel *tunnel);

#endif
